"""What a read counts, in plain Python: every way in which the plate can have given it, weighed by its probability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from platematch.matcher.kernels import ADDED_EDGE, ADDED_INSIDE, LOST_EDGE, LOST_INSIDE, Channel

Event = tuple[Any, ...]


def expected(plate: Sequence[int], read: Sequence[int], channel: Channel) -> tuple[float, dict[Event, float]]:
    """P(read | plate), and the expected number of each event given the read.

    Events: ("severity", s), ("shown", s, row, symbol), ("gap", s, kind), ("chance", s, kind), ("stray", edge, symbol).
    """
    total, sums = 0.0, defaultdict[Event, float](float)
    for s, share in enumerate(channel.shares):
        for probability, events in _ways(list(plate), list(read), 0, channel, s):
            weight = float(share) * probability
            total += weight
            sums["severity", s] += weight
            for event in events:
                sums[event] += weight
    return total, {event: amount / total for event, amount in sums.items()}


def _ways(
    plate: list[int], read: list[int], i: int, channel: Channel, s: int
) -> Iterator[tuple[float, tuple[Event, ...]]]:
    edge = i in (0, len(plate))
    kind = ADDED_EDGE if edge else ADDED_INSIDE
    added = float(channel.gaps[s, kind])
    if read:
        stray = added * float(channel.added[s, int(edge), read[0]])
        here: tuple[Event, ...] = (("gap", s, kind), ("chance", s, kind), ("stray", int(edge), read[0]))
        for probability, events in _ways(plate, read[1:], i, channel, s):
            yield stray * probability, (*here, *events)
    stop = ("chance", s, kind)
    if i == len(plate):
        if not read:
            yield 1.0 - added, (stop,)
        return
    kind = LOST_EDGE if i in (0, len(plate) - 1) else LOST_INSIDE
    lost = float(channel.gaps[s, kind])
    for probability, events in _ways(plate, read, i + 1, channel, s):
        yield (1.0 - added) * lost * probability, (stop, ("gap", s, kind), ("chance", s, kind), *events)
    if read:
        shown = (1.0 - added) * (1.0 - lost) * float(channel.emit[s, plate[i], read[0]])
        here = (stop, ("chance", s, kind), ("shown", s, plate[i], read[0]))
        for probability, events in _ways(plate, read[1:], i + 1, channel, s):
            yield shown * probability, (*here, *events)
