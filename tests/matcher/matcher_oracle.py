"""The model in plain Python, by its definition: the oracle of the kernels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from platematch.matcher.kernels import ADDED_EDGE, ADDED_INSIDE, LOST_EDGE, LOST_INSIDE, Channel


def shown(row: int, symbol: int, doubt: float, channel: Channel, s: int) -> float:
    """P(symbol read | row), of which what is no misread stays, and the rest is 1 + doubt times as likely."""
    whole = float(channel.emit[s, row, symbol])
    right = min(whole, float(channel.own[row, symbol] * channel.emit[s, symbol, symbol]))
    return right + (1.0 + doubt) * (whole - right)


def enumerated(
    plate: Sequence[int], read: Sequence[int], channel: Channel, doubts: Sequence[float] | None = None
) -> float:
    """P(read | plate) by listing every way in which the plate can give the read."""
    symbols = list(zip(read, doubts or [0.0] * len(read), strict=True))
    return sum(float(share) * sum(_ways(list(plate), symbols, 0, channel, s)) for s, share in enumerate(channel.shares))


def _ways(plate: list[int], read: list[tuple[int, float]], i: int, channel: Channel, s: int) -> Iterator[float]:
    """The probabilities of all ways to give `read` from the gap before character i on."""
    edge = i in (0, len(plate))
    added = float(channel.gaps[s, ADDED_EDGE if edge else ADDED_INSIDE])
    if read:
        stray = added * float(channel.added[s, int(edge), read[0][0]])
        yield from (stray * way for way in _ways(plate, read[1:], i, channel, s))
    if i == len(plate):
        if not read:
            yield 1.0 - added
        return
    lost = float(channel.gaps[s, LOST_EDGE if i in (0, len(plate) - 1) else LOST_INSIDE])
    yield from ((1.0 - added) * lost * way for way in _ways(plate, read, i + 1, channel, s))
    if read:
        kept = (1.0 - added) * (1.0 - lost) * shown(plate[i], *read[0], channel, s)
        yield from (kept * way for way in _ways(plate, read[1:], i + 1, channel, s))


def forward(
    plate: Sequence[int], read: Sequence[int], channel: Channel, doubts: Sequence[float] | None = None
) -> float:
    """P(read | plate) by the recursion of Durbin et al., section 4.2, with memory, for plates of any length."""
    m, n = len(plate), len(read)
    doubts = doubts or [0.0] * n
    total = 0.0
    for s, share in enumerate(channel.shares):
        reached = {(0, 0): 1.0}
        for i in range(m + 1):
            edge = i in (0, m)
            added = float(channel.gaps[s, ADDED_EDGE if edge else ADDED_INSIDE])
            for j in range(n):
                stray = added * float(channel.added[s, int(edge), read[j]])
                reached[i, j + 1] = reached.get((i, j + 1), 0.0) + reached[i, j] * stray
            if i < m:
                lost = float(channel.gaps[s, LOST_EDGE if i in (0, m - 1) else LOST_INSIDE])
                for j in range(n + 1):
                    stays = reached[i, j] * (1.0 - added) * lost
                    kept = 0.0
                    if j:
                        kept = shown(plate[i], read[j - 1], doubts[j - 1], channel, s)
                        kept *= reached[i, j - 1] * (1.0 - added) * (1.0 - lost)
                    reached[i + 1, j] = stays + kept
        total += float(share) * reached[m, n] * (1.0 - float(channel.gaps[s, ADDED_EDGE]))
    return total


def plates_of(patterns: Sequence[tuple[Sequence[str], float]]) -> dict[str, float]:
    """Every plate of the patterns with its share of the traffic."""
    shares: dict[str, float] = {}
    whole = sum(share for _, share in patterns)
    for positions, share in patterns:
        plates = ["".join(characters) for characters in product(*positions)]
        for plate in plates:
            shares[plate] = shares.get(plate, 0.0) + share / whole / len(plates)
    return shares
