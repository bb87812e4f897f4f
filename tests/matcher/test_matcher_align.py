"""The kernel of the best alignment against its plain definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platematch.matcher.align import Aligner, paths
from platematch.matcher.channel import symbols
from platematch.matcher.kernels import ADDED_EDGE, ADDED_INSIDE, LOST_EDGE, LOST_INSIDE
from platematch.matcher.model import Fixed
from platematch.plates import pack

CHANNEL = Fixed.home("UA").default.channel
EMIT = np.einsum("s,spr->pr", CHANNEL.shares, CHANNEL.emit)
STRAYS = np.einsum("s,ser->er", CHANNEL.shares, CHANNEL.added)
GAPS = CHANNEL.shares @ CHANNEL.gaps
texts = st.text("AB018?Ж", min_size=1, max_size=16)


def best(plate: list[int], read: list[int]) -> dict[tuple[int, int], tuple[float, int]]:
    """Of each cell the best path's likelihood and by which step it comes there, 0 paired, 1 lost, 2 added."""
    m = len(plate)
    found = {(0, 0): (1.0, 0)}
    for i in range(m + 1):
        lost = GAPS[LOST_EDGE if i in (1, m) else LOST_INSIDE]
        grow, strays = GAPS[ADDED_EDGE if i in (0, m) else ADDED_INSIDE], STRAYS[int(i in (0, m))]
        for j in range(len(read) + 1):
            ways = []
            if i and j:
                ways.append((found[i - 1, j - 1][0] * EMIT[plate[i - 1], read[j - 1]] * (1.0 - lost), 0))
            if i:
                ways.append((found[i - 1, j][0] * lost, 1))
            if j:
                ways.append((found[i, j - 1][0] * grow * strays[read[j - 1]], 2))
            if ways:
                found[i, j] = max(ways, key=lambda way: (way[0], -way[1]))
    return found


@settings(max_examples=100, deadline=None)
@given(texts, texts, st.booleans())
def test_paths_are_the_best_ones(listed: str, other: str, near: bool) -> None:
    read = listed[: len(listed) // 2] + other[:1] + listed[len(listed) // 2 + len(other) % 2 :] if near else other
    plate, shown = symbols(pack(listed)), symbols(pack(read[:16]))
    likelihood, arrivals = paths(plate, shown, EMIT, STRAYS, GAPS)
    found = best(plate.tolist(), shown.tolist())
    assert likelihood == pytest.approx(found[len(plate), len(shown)][0], rel=1e-12)
    assert arrivals.tolist() == [[found[i, j][1] for j in range(len(shown) + 1)] for i in range(len(plate) + 1)]


@settings(max_examples=50, deadline=None)
@given(texts, texts)
def test_steps_spell_both_texts(listed: str, read: str) -> None:
    _, steps = Aligner(CHANNEL).align(pack(listed), pack(read))
    assert "".join(step.listed for step in steps) == listed
    assert "".join(step.read for step in steps) == read
