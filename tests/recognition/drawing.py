"""Pictures for the tests: plates drawn with OpenCV's own stroke font, and files as cameras encode them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
LETTER = 40


def plate(text: str, *, ink: int = 20, ground: int = 230) -> Pixels:
    """A framed one-line plate, letters LETTER pixels high and set apart as on plates."""
    scale, pitch = LETTER / 21.5, int(LETTER * 1.15)
    picture = np.full((LETTER + 44, pitch * len(text) + 50), ground, np.uint8)
    for i, letter in enumerate(text):
        (width, _), _ = cv2.getTextSize(letter, cv2.FONT_HERSHEY_SIMPLEX, scale, 6)
        at = (25 + i * pitch + (pitch - width) // 2, LETTER + 22)
        cv2.putText(picture, letter, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 6, cv2.LINE_AA)
    cv2.rectangle(picture, (4, 4), (picture.shape[1] - 5, picture.shape[0] - 5), ink, 3)
    return picture


def scene(*plates: tuple[Pixels, int, int], size: tuple[int, int] = (480, 800), seed: int = 1) -> Pixels:
    """A noisy grey street of (height, width) with plates put at x, y."""
    rng = np.random.default_rng(seed)
    picture = cv2.GaussianBlur(rng.normal(110, 25, size), (0, 0), 3) + rng.normal(0, 3, size)
    street = np.clip(picture, 0, 255).astype(np.uint8)
    for pixels, x, y in plates:
        street[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return street


def turned(picture: Pixels, degrees: float) -> Pixels:
    """The picture turned about its middle."""
    high, wide = picture.shape
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, 1)
    return cv2.warpAffine(picture, matrix, (wide, high), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def encoded(picture: NDArray[np.generic], ending: str = ".png") -> bytes:
    """The picture as a file."""
    return bytes(cv2.imencode(ending, picture)[1])
