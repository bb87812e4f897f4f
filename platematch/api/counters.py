"""Counts of requests in memory that other processes may map: rows that carry their own labels."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

LATENCIES_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SUM = len(LATENCIES_S) + 1  # the place of the sum of all seconds, behind the counts of the buckets and of the rest

REQUESTS, LATENCY, UNREADABLE = "requests", "latency", "unreadable"
Labels = tuple[str, ...]

_LABELS_BYTES = 256
_ROW = np.dtype([("labels", f"S{_LABELS_BYTES}"), ("values", np.float64, (SUM + 1,))])
_MOST_ROWS = 4096
_BETWEEN = "\t"


class Counters:
    """What one process counts while it answers. Only that process writes; one that takes its place counts on."""

    def __init__(self, memory: Buffer) -> None:
        """memory: zeros at first; what does not fit into it is counted in the last row, which has no labels."""
        view = memoryview(memory)
        self._rows = np.frombuffer(view, _ROW, min(_MOST_ROWS, view.nbytes // _ROW.itemsize))
        self._values = {labels: self._rows["values"][row] for row, labels in enumerate(_labels_of(self._rows))}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. route: the path's template, so that labels stay few and hold no key."""
        self._cells((REQUESTS, method, route, str(status)))[0] += 1
        latency = self._cells((LATENCY, route))
        latency[bisect_left(LATENCIES_S, seconds)] += 1
        latency[SUM] += seconds

    def count_unreadable(self, vendor: str) -> None:
        """Count a vendor message that its parser refused."""
        self._cells((UNREADABLE, vendor))[0] += 1

    def _cells(self, labels: Labels) -> NDArray[np.float64]:
        values: NDArray[np.float64] | None = self._values.get(labels)
        if values is None:
            row = min(len(self._values), len(self._rows) - 1)
            text = _BETWEEN.join(labels).encode()
            if row < len(self._rows) - 1 and len(text) <= _LABELS_BYTES:
                self._rows["labels"][row] = text
                self._values[labels] = self._rows["values"][row]
            values = self._rows["values"][row]
        return values


def totals(memories: Iterable[Buffer]) -> dict[Labels, NDArray[np.float64]]:
    """The counts of all processes together, by labels.

    (REQUESTS, method, route, status) and (UNREADABLE, vendor): a count at 0. (LATENCY, route): the counts of the
    buckets and of what took longer, and at SUM the seconds.
    """
    found: dict[Labels, NDArray[np.float64]] = {}
    for memory in memories:
        view = memoryview(memory)
        rows = np.frombuffer(view, _ROW, min(_MOST_ROWS, view.nbytes // _ROW.itemsize))
        for row, labels in enumerate(_labels_of(rows)):
            found[labels] = found.get(labels, 0.0) + rows["values"][row]
    return found


def _labels_of(rows: NDArray[np.void]) -> list[Labels]:
    """Of the rows in use, which come first."""
    labels: list[Labels] = []
    for text in rows["labels"]:
        if not text:
            break
        labels.append(tuple(text.decode().split(_BETWEEN)))
    return labels
