"""A posted picture as grey pixels, within bounds that are checked on its header before anything is decoded."""

from __future__ import annotations

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

from platematch.errors import TooLarge
from platematch.recognition.sighted import InvalidPicture

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
MIN_SIDE = 24
MAX_SIDE = 32_766
"""OpenCV can turn no longer one."""
MAX_SCANS = 100
"""A progressive JPEG is decoded once over all its pixels for each scan; honest ones have about ten."""

_BARE_MARKERS = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive; the others are not decoded by libjpeg
_PNG_ALPHA = (4, 6)

Pixels = NDArray[np.uint8]


def decode(picture: bytes, max_pixels: int) -> Pixels:
    """Grey pixels (height, width), upright; transparent ones are white.

    Raises InvalidPicture, TooLarge for too many pixels.
    """
    if picture.startswith(PNG):
        width, height, colour = _png_header(picture)
    elif picture.startswith(JPEG):
        (width, height), colour = _jpeg_size(picture), 0
    else:
        raise InvalidPicture("the picture is neither a JPEG nor a PNG; send one of these")
    if width * height > max_pixels:
        raise TooLarge(f"the picture has {width} x {height} pixels, more than {max_pixels:,}; send a smaller one")
    if max(width, height) > MAX_SIDE:
        raise TooLarge(
            f"the picture has {width} x {height} pixels, a side of more than {MAX_SIDE:,}; send a part of it"
        )
    if min(width, height) < MIN_SIDE:
        raise InvalidPicture(f"the picture has {width} x {height} pixels; no plate can be read under {MIN_SIDE}")
    flags = cv2.IMREAD_UNCHANGED if colour in _PNG_ALPHA else cv2.IMREAD_GRAYSCALE
    try:
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), flags)
    except cv2.error as error:
        raise InvalidPicture("the picture is damaged and cannot be decoded") from error
    if pixels is None:
        raise InvalidPicture("the picture is damaged and cannot be decoded")
    return _grey(pixels)  # type: ignore[arg-type]


def _png_header(picture: bytes) -> tuple[int, int, int]:
    """Width, height and colour type (PNG specification, 11.2.1), of a file whose chunks reach its end mark."""
    place, kind, length = len(PNG), b"", 0
    while kind != b"IEND":
        if place + 12 > len(picture):
            raise InvalidPicture("the PNG is cut off before its end")
        length, kind = struct.unpack_from(">I4s", picture, place)
        if place == len(PNG) and (kind != b"IHDR" or length != 13):
            raise InvalidPicture("the PNG does not begin with its header")
        place += 12 + length
    if place > len(picture):
        raise InvalidPicture("the PNG is cut off before its end")
    width, height, _, colour = struct.unpack_from(">IIBB", picture, len(PNG) + 8)
    return width, height, colour


def _jpeg_size(picture: bytes) -> tuple[int, int]:
    """Width and height from the frame header (ITU-T T.81, B.2.2) of a file that reaches its end mark."""
    first_scan, last_scan = picture.find(b"\xff\xda"), picture.rfind(b"\xff\xda")
    if first_scan < 0 or picture.find(b"\xff\xd9", last_scan) < 0:
        raise InvalidPicture("the JPEG is cut off before its end")
    if picture.count(b"\xff\xda", first_scan) > MAX_SCANS:
        raise InvalidPicture(f"the JPEG has more than {MAX_SCANS} scans; send a plain one")
    place = 2
    while place + 9 <= len(picture) and picture[place] == 0xFF:
        marker = picture[place + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", picture, place + 5)
            return width, height
        if marker in (0x00, 0xDA):  # 00 makes no marker, and what follows it is not passed over by the decoder
            break
        if marker == 0xFF or marker in _BARE_MARKERS:
            place += 1 if marker == 0xFF else 2
        else:
            place += 2 + int.from_bytes(picture[place + 2 : place + 4], "big")
    raise InvalidPicture("the JPEG has no frame header of a kind that can be decoded")


def _grey(pixels: Pixels | NDArray[np.uint16]) -> Pixels:
    shown = (pixels // 257 if pixels.dtype == np.uint16 else pixels).astype(np.uint8)
    if shown.ndim == 2:
        return shown
    if shown.shape[2] == 3:
        return cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY).astype(np.uint8)
    grey = cv2.cvtColor(shown, cv2.COLOR_BGRA2GRAY).astype(np.uint16)
    opaque = shown[:, :, 3].astype(np.uint16)
    return ((grey * opaque + 255 * (255 - opaque)) // 255).astype(np.uint8)
