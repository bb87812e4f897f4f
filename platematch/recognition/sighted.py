"""One plate that was seen in a picture, and the error of a picture that cannot be looked at."""

from __future__ import annotations

from msgspec import Struct

from platematch.errors import InvalidInput, RecognitionUnavailable
from platematch.reads import Candidate

__all__ = ["InvalidPicture", "RecognitionUnavailable", "Sighted"]


class InvalidPicture(InvalidInput):
    """Not a JPEG or PNG, cut off, damaged, too large or too small."""


class Sighted(Struct, frozen=True):
    """One plate in one picture.

    plate: the likeliest text, canonical. confidence: of the whole text, 0..1; char_confidences: one per character of
    plate, None where the engine told none. candidates: other readings, likeliest first, without plate itself.
    box: x, y, width, height in pixels of the upright picture (turned as its EXIF orientation says).
    """

    plate: str
    confidence: float
    char_confidences: list[float] | None
    candidates: list[Candidate]
    box: tuple[int, int, int, int]
