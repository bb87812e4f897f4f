"""A model: all that judging one camera's reads needs; and where the model of each camera is found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, Protocol

from platematch.matcher.background import background
from platematch.matcher.calibration import IDENTITY, Calibration
from platematch.matcher.kernels import Channel, Formats


class Model(NamedTuple):
    """channel: of the camera; formats: of the ordinary plates it sees.

    common: the same patterns with each share multiplied by how common its country is here, 1 for the most common: a
    plate's density in it over that in formats says how common vehicles with such a plate are.
    """

    channel: Channel
    formats: Formats
    common: Formats
    calibration: Calibration


class Models(Protocol):
    """The models in use. They do not change: what was learnt meanwhile is another Models of a higher version."""

    @property
    def default(self) -> Model:
        """Of cameras that nothing is known of."""

    @property
    def version(self) -> int:
        """0 while nothing was learnt."""

    def of(self, camera_id: str | None) -> Model:
        """Of a camera, or of a read whose camera is not told."""

    def all(self) -> Iterable[Model]:
        """Every distinct model that of() may give, the default one too."""


class Fixed:
    """One model for every camera."""

    version = 0

    def __init__(self, model: Model) -> None:
        self.default = model

    @classmethod
    def home(cls, home_country: str) -> Fixed:
        """The start of a service in home_country, before anything is learnt."""
        return cls(_start(home_country))

    def of(self, camera_id: str | None) -> Model:
        return self.default

    def all(self) -> Iterable[Model]:
        return (self.default,)


@cache
def _start(home_country: str) -> Model:
    formats, common, channel = background(home_country)
    return Model(channel, formats, common, IDENTITY)
