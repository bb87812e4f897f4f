"""Joins the two rows of a plate on two lines into one text, upper row first, as cameras tell such plates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from platematch.reads import Candidate
from platematch.recognition.rank import MOST_CANDIDATES, plausibility
from platematch.recognition.sighted import Sighted

MOST_IN_ROW = 5
ALIKE = 0.7
"""How high the lower of two rows is at least, by the other; and how much of the narrower stands below the other."""
GAP = (-0.2, 0.8)
"""Between two rows, in row heights; below nothing where a slope makes their boxes overlap."""


def joined(found: Sequence[Sighted]) -> list[Sighted]:
    """What was found, all of a confidence above 0, with the two rows of a plate as one."""
    left = list(found)
    for upper, lower in permutations(found, 2):
        if upper in left and lower in left and _stacked(upper, lower) and _makes_a_plate(upper, lower):
            left.remove(upper)
            left.remove(lower)
            left.append(_joined(upper, lower))
    return left


def _stacked(upper: Sighted, lower: Sighted) -> bool:
    (x, y, w, h), (other_x, other_y, other_w, other_h) = upper.box, lower.box
    tall = max(h, other_h)
    common = min(x + w, other_x + other_w) - max(x, other_x)
    near = GAP[0] * tall <= other_y - (y + h) <= GAP[1] * tall
    return near and min(h, other_h) >= ALIKE * tall and common >= ALIKE * min(w, other_w)


def _makes_a_plate(upper: Sighted, lower: Sighted) -> bool:
    short = max(len(upper.plate), len(lower.plate)) <= MOST_IN_ROW
    return short and plausibility(upper.plate + lower.plate) == 1.0


def _joined(upper: Sighted, lower: Sighted) -> Sighted:
    """Sure as both rows are; what each lost for being half a plate is given back."""
    confidence = upper.confidence / plausibility(upper.plate) * lower.confidence / plausibility(lower.plate)
    others = [(one.plate + lower.plate, (one.confidence or 0) / upper.confidence) for one in upper.candidates]
    others += [(upper.plate + one.plate, (one.confidence or 0) / lower.confidence) for one in lower.candidates]
    others = sorted(others, key=lambda other: -other[1])[:MOST_CANDIDATES]
    (x, y, w, h), (other_x, other_y, other_w, other_h) = upper.box, lower.box
    above, below = upper.char_confidences, lower.char_confidences
    left, right = min(x, other_x), max(x + w, other_x + other_w)
    return Sighted(
        plate=upper.plate + lower.plate,
        confidence=round(confidence, 4),
        char_confidences=None if above is None or below is None else above + below,
        candidates=[Candidate(text, round(confidence * share, 4)) for text, share in others],
        box=(left, min(y, other_y), right - left, max(y + h, other_y + other_h) - min(y, other_y)),
    )
