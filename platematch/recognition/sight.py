"""From a posted picture to the plates in it: decode, find, cut out, read, rank, join rows."""

from __future__ import annotations

import time

from platematch.reads import Candidate
from platematch.recognition.align import align
from platematch.recognition.cutout import cut_outs
from platematch.recognition.decode import decode
from platematch.recognition.find import Line, find_lines, overlap
from platematch.recognition.rank import Ranked, Sighting, evidence, plausibility, rank
from platematch.recognition.read import read_all
from platematch.recognition.sighted import RecognitionUnavailable, Sighted
from platematch.recognition.stack import joined

MOST_LINES = 5
GOOD_LINE = 8.0
"""The score of a line that leaves no doubt of being a plate's."""
LEAST = 0.35
"""Under this confidence a find is taken for no plate."""


def recognise(picture: bytes, *, max_pixels: int = 25_000_000, timeout_s: float = 10.0) -> list[Sighted]:
    """The plates of a JPEG or PNG, surest first, their boxes apart from each other.

    timeout_s bounds the call of the OCR engine, in seconds. Raises InvalidPicture; TooLarge for too many pixels;
    RecognitionUnavailable where the engine is missing, fails or takes too long.
    """
    start = time.monotonic()
    grey = decode(picture, max_pixels)
    lines = find_lines(grey, MOST_LINES)
    rows = [cut_outs(grey, line) for line in lines]
    left = timeout_s - (time.monotonic() - start)
    if left <= 0:
        raise RecognitionUnavailable(f"the picture took longer than {timeout_s:g} s")
    readings = iter(read_all([cut.pixels for row in rows for cut in row.cuts], left))
    found = []
    for line, row in zip(lines, rows, strict=True):
        seen = Sighting(row.shapes, row.found, [align(next(readings), cut.spans) for cut in row.cuts])
        ranked = rank(seen)
        if ranked:
            found.append(_sighted(line, evidence(seen), ranked))
    return _apart(joined([sighted for sighted in found if sighted.confidence >= LEAST]))


def _sighted(line: Line, sure: float, ranked: list[Ranked]) -> Sighted:
    first, *others = ranked
    confidence = plausibility(first.text) * sure * min(1.0, max(0.0, line.score / GOOD_LINE))
    left, top, right, bottom = (round(side) for side in line.box)
    return Sighted(
        plate=first.text,
        confidence=round(confidence, 4),
        char_confidences=[round(p, 4) for p in first.characters],
        candidates=[Candidate(one.text, round(confidence * one.share / first.share, 4)) for one in others],
        box=(left, top, right - left, bottom - top),
    )


def _apart(found: list[Sighted]) -> list[Sighted]:
    kept: list[Sighted] = []
    for one in sorted(found, key=lambda sighted: -sighted.confidence):
        if not any(overlap(_corners(one), _corners(other)) > 0 for other in kept):
            kept.append(one)
    return kept


def _corners(sighted: Sighted) -> tuple[float, ...]:
    x, y, w, h = sighted.box
    return x, y, x + w, y + h
