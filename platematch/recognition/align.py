"""Lays what the engine read over the characters that the cut-out shows, which are surer in number than the reading."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from platematch.recognition.read import Letter

TWICE = 0.4
"""Cost of a second letter on one character, in character widths of displacement; Tesseract tells 5 as S and 5."""
MISSED = 0.7


def align(letters: list[Letter], spans: NDArray[np.int32]) -> list[list[Letter]]:
    """The letters on each of the spans (n, 2), in order; the cheapest way by displacement, doubles and gaps."""
    count = len(spans)
    at = [[] for _ in range(count)] if count else []  # type: list[list[Letter]]
    if not letters or not count:
        return at
    centres = spans.mean(axis=1)
    pitch = float(np.median(np.diff(centres))) if count > 1 else float(spans[0, 1] - spans[0, 0])
    cost = np.abs(np.array([[letter.centre] for letter in letters]) - centres) / max(pitch, 1.0)
    best = np.full(cost.shape, np.inf)
    came = np.zeros(cost.shape, int)
    best[0] = cost[0] + MISSED * np.arange(count)
    for i in range(1, len(letters)):
        for j in range(count):
            steps = [best[i - 1, k] + (TWICE if k == j else MISSED * (j - k - 1)) for k in range(j + 1)]
            came[i, j] = int(np.argmin(steps))
            best[i, j] = steps[came[i, j]] + cost[i, j]
    place = int(np.argmin(best[-1] + MISSED * np.arange(count)[::-1]))
    for i in range(len(letters) - 1, -1, -1):
        at[place].insert(0, letters[i])
        place = int(came[i, place])
    return at
