from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from drawing import encoded
from PIL import Image

from platematch.errors import TooLarge
from platematch.recognition import InvalidPicture
from platematch.recognition.decode import JPEG, PNG, decode

ENOUGH = 1_000_000
GREY = np.linspace(0, 255, 60 * 80).reshape(60, 80).astype(np.uint8)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def turned_jpeg(orientation: int) -> bytes:
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    jpeg = encoded(GREY, ".jpg")
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_grey_picture_comes_as_it_is(ending: str) -> None:
    pixels = decode(encoded(GREY, ending), ENOUGH)
    assert pixels.shape == GREY.shape
    assert np.abs(pixels.astype(int) - GREY).max() <= 8


def test_colour_becomes_grey() -> None:
    blue = np.zeros((60, 80, 3), np.uint8)
    blue[:, :, 0] = 255
    assert np.unique(decode(encoded(blue), ENOUGH)).tolist() == [29]


def test_sixteen_bits_are_scaled() -> None:
    deep = GREY.astype(np.uint16) * 257
    assert np.abs(decode(encoded(deep), ENOUGH).astype(int) - GREY).max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_what_is_transparent_is_white(kind: type[np.generic]) -> None:
    clear = np.zeros((60, 80, 4), kind)
    clear[:, 40:, 3] = np.iinfo(kind).max  # type: ignore[type-var]
    pixels = decode(encoded(clear), ENOUGH)
    assert (np.unique(pixels[:, :40]).tolist(), np.unique(pixels[:, 40:]).tolist()) == ([255], [0])


def test_a_turned_picture_is_set_upright() -> None:
    upright = decode(turned_jpeg(6), ENOUGH)
    assert upright.shape == (80, 60)
    assert upright[0].mean() < 140 < upright[:, 0].mean()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (b"", "neither a JPEG nor a PNG"),
        (b"GIF89a" + bytes(100), "neither a JPEG nor a PNG"),
        (PNG, "cut off"),
        (JPEG, "cut off"),
        (encoded(GREY)[:-20], "cut off"),
        (encoded(GREY, ".jpg")[:-20], "cut off"),
        (PNG + chunk(b"IDAT", b"") + chunk(b"IEND", b""), "does not begin with its header"),
        (png(80, 60, 8, 0, b""), "damaged"),
        (png(23, 60, 8, 0, bytes(24 * 60)), "no plate can be read"),
        (png(0, 0, 8, 0, b""), "no plate can be read"),
        (b"\xff\xd8\xff\xc3" + bytes(20) + b"\xff\xda\xff\xd9", "no frame header"),
        (b"\xff\xd8\xff\xe0\0\0" * 9 + b"\xff\xda\xff\xd9", "no frame header"),
        (encoded(GREY, ".jpg")[:-2] + b"\xff\xda" * 101 + b"\xff\xd9", "more than 100 scans"),
    ],
)
def test_a_bad_picture_is_refused(picture: bytes, message: str) -> None:
    with pytest.raises(InvalidPicture, match=message):
        decode(picture, ENOUGH)


def test_the_bound_counts_pixels() -> None:
    assert decode(encoded(GREY), 4800).shape == (60, 80)
    for ending in (".png", ".jpg"):
        with pytest.raises(TooLarge, match="80 x 60 pixels, more than 4,799"):
            decode(encoded(GREY, ending), 4799)


def test_a_picture_longer_than_opencv_can_turn_is_too_large() -> None:
    assert decode(encoded(np.zeros((24, 32_766), np.uint8)), ENOUGH).shape == (24, 32_766)
    for shape in ((24, 32_767), (32_767, 24)):
        with pytest.raises(TooLarge, match="32,766"):
            decode(encoded(np.zeros(shape, np.uint8)), ENOUGH)


def test_a_frame_header_cannot_hide_from_the_bound() -> None:
    """What follows FF 00 is no segment to the decoder, which finds the header within it."""
    whole = encoded(GREY, ".jpg")
    place = whole.index(b"\xff\xc0")
    frame, rest = whole[place : place + 13], whole[place + 13 :]
    hidden, shown = (frame[:5] + struct.pack(">HH", side, side) + frame[9:] for side in (20_000, 24))
    comment = b"\xff\xfe" + struct.pack(">H", len(shown) + 2)
    passed_over = b"\xff\x00" + struct.pack(">H", 2 + len(hidden) + len(comment)) + hidden + comment
    with pytest.raises(InvalidPicture, match="no frame header"):
        decode(whole[:place] + passed_over + shown + rest, ENOUGH)


def test_no_byte_of_a_picture_can_crash_it() -> None:
    rng = np.random.default_rng(5)
    for ending in (".png", ".jpg"):
        whole = encoded(GREY, ending)
        for _ in range(100):
            broken = bytearray(whole)
            for place in rng.integers(0, len(whole), 3):
                broken[place] = rng.integers(0, 256)
            try:
                assert decode(bytes(broken), ENOUGH).dtype == np.uint8
            except (InvalidPicture, TooLarge):
                continue


def test_a_bomb_takes_no_memory() -> None:
    bomb = png(50_000, 50_000, 1, 0, bytes(6251) * 50_000)
    assert len(bomb) < 500_000
    script = (
        "import sys\nfrom platematch.errors import TooLarge\nfrom platematch.recognition import recognise\n"
        "try:\n    recognise(sys.stdin.buffer.read())\nexcept TooLarge as error:\n    print(error)"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))

    done = subprocess.run(
        [sys.executable, "-c", script], input=bomb, capture_output=True, preexec_fn=limited, check=True
    )
    assert b"50000 x 50000 pixels" in done.stdout


def test_four_inks_become_grey() -> None:
    """CMYK as printing shops save it; Pillow comes with pytesseract."""
    file = io.BytesIO()
    Image.fromarray(np.dstack([np.zeros((60, 80, 3), np.uint8), 255 - GREY]), "CMYK").save(file, "JPEG", quality=95)
    pixels = decode(file.getvalue(), ENOUGH)
    assert np.abs(pixels.astype(int) - GREY).max() <= 12
