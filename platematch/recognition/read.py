"""Reads cut-outs with Tesseract, all of a picture in one call, down to the alternatives of each character."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytesseract
from numpy.typing import NDArray

from platematch.plates.formats.format import DIGITS, LETTERS
from platematch.recognition.sighted import RecognitionUnavailable

PAGE_MODE = 7
OPTIONS = (
    f"--psm {PAGE_MODE} -c tessedit_char_whitelist={DIGITS}{LETTERS} -c hocr_char_boxes=1 -c lstm_choice_mode=2"
    " -c load_system_dawg=0 -c load_freq_dawg=0"
)
ENGINE = (
    "Tesseract is not installed, without which no picture is read; install it (Debian: apt-get install tesseract-ocr)"
)

os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # its threads cost more than they save on lines this short


class Letter(NamedTuple):
    """text: one character. confidence: 0..1. others: what it may also be, and how surely. centre: a column."""

    text: str
    confidence: float
    others: dict[str, float]
    centre: float


_PART = re.compile(r"x_bboxes (\d+) \d+ (\d+) \d+; x_conf ([\d.]+)'>([0-9A-Z])<|title='x_confs ([\d.]+)'>([0-9A-Z])<")


def read_all(pictures: Sequence[NDArray[np.uint8]], timeout_s: float) -> list[list[Letter]]:
    """The letters of each picture, empty where nothing was read; raises RecognitionUnavailable."""
    if not pictures:
        return []
    with tempfile.TemporaryDirectory(prefix="platematch-") as folder:
        names = [f"{folder}/{i}.png" for i in range(len(pictures))]
        for name, picture in zip(names, pictures, strict=True):
            cv2.imwrite(name, picture, [cv2.IMWRITE_PNG_COMPRESSION, 0])
        index = Path(folder, "cut-outs.txt")
        index.write_text("\n".join(names))
        hocr = _call(str(index), timeout_s)
    pages = hocr.split("class='ocr_page'")[1:]
    if len(pages) != len(pictures):
        raise RecognitionUnavailable(f"Tesseract answered {len(pages)} of {len(pictures)} cut-outs")
    return [_letters(page) for page in pages]


def _call(index: str, timeout_s: float) -> str:
    try:
        answer = pytesseract.image_to_pdf_or_hocr(
            index, lang="eng", config=OPTIONS, extension="hocr", timeout=timeout_s
        )
    except pytesseract.TesseractNotFoundError as error:
        raise RecognitionUnavailable(ENGINE) from error
    except RuntimeError as error:
        raise RecognitionUnavailable(f"Tesseract failed: {error}") from error
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)


def _letters(page: str) -> list[Letter]:
    letters: list[Letter] = []
    for kind, *found in _parts(page):
        if kind == "choice":
            text, confidence = found
            if letters and len(text) == 1 and text != letters[-1].text:
                others = letters[-1].others
                others[text] = max(float(confidence) / 100, others.get(text, 0.0))
            continue
        text, left, right, confidence = found
        letters.append(Letter(text, min(float(confidence) / 100, 1.0), {}, (int(left) + int(right)) / 2))
    return letters


def _parts(page: str) -> Iterator[tuple[str, ...]]:
    for match in _PART.finditer(page):
        left, right, sure, text, choice_sure, choice = match.groups()
        if text is not None:
            yield "letter", text, left, right, sure
        else:
            yield "choice", choice, choice_sure
