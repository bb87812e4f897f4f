"""What each camera's confidences are worth: all that a search needs to know of the models that judge afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from platematch.matcher.calibration import Calibration
from platematch.matcher.model import Model
from platematch.matcher.soft import usual_errors


class Worth(NamedTuple):
    """Of one model. usual: the share of characters that its camera misreads."""

    calibration: Calibration
    usual: float

    @classmethod
    def of_model(cls, model: Model) -> Worth:
        return cls(model.calibration, usual_errors(model.channel))


class Worths(NamedTuple):
    """Of the Models of a version, in whose place it may stand where reads are only searched for."""

    version: int
    default: Worth
    cameras: Mapping[str, Worth] = {}

    def of(self, camera_id: str | None) -> Worth:
        """Of a camera, or of a read whose camera is not told."""
        return self.default if camera_id is None else self.cameras.get(camera_id, self.default)
