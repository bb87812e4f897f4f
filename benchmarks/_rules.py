"""The rules that the matcher is measured against, over the pairs of a read and a listed plate that a search found."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from platematch.plates import pack_batch, unpack

Codes = NDArray[np.uint8]
Scores = NDArray[np.float64]

GENETEC = ("0ODQ", "1I", "2Z", "5S", "8B", "6G")
OPS_COM = (*GENETEC, "38B", "EF", "FP", "HKMR", "TY", "VY")
_SYMBOLS = 256


class Pairs(NamedTuple):
    """p pairs: codes and lengths of the read's text and of the listed plate, as pack_batch gives them."""

    read: Codes
    read_lengths: NDArray[np.int32]
    plate: Codes
    plate_lengths: NDArray[np.int32]

    def distances(self) -> NDArray[np.int64]:
        """Levenshtein distances, 2 for more than 1."""
        reads, plates = ([unpack(row) for row in codes] for codes in (self.read, self.plate))
        found: NDArray[np.int64] = cpdist(reads, plates, scorer=Levenshtein.distance, score_cutoff=1).astype(np.int64)
        return found


class Rule(NamedTuple):
    """name; score (p,) of each pair, the higher the surer, -inf where the rule says no; what it alerts at itself."""

    name: str
    score: Callable[[Pairs], Scores]
    alerts_at: float | None


def rules(list_codes: Codes, list_lengths: NDArray[np.int32]) -> list[Rule]:
    """All of them, for a list of these plates."""
    splink = Weights(list_codes, list_lengths)
    return [
        Rule("exact text", _exact, 1.0),
        Rule("Genetec, one look-alike", lambda pairs: _one_of(pairs, _alike(GENETEC)), 1.0),
        Rule("OPS-COM, one look-alike", lambda pairs: _one_of(pairs, _alike(OPS_COM)), 1.0),
        Rule("Levenshtein ≤ 1 (RapidFuzz)", _levenshtein, 1.0),
        Rule("weighted edit distance", lambda pairs: -weighted(pairs), None),
        Rule("match weights (Splink-like)", splink.score, None),
    ]


def _exact(pairs: Pairs) -> Scores:
    return np.where((pairs.read == pairs.plate).all(axis=1), 1.0, -np.inf)


def _levenshtein(pairs: Pairs) -> Scores:
    distance = pairs.distances()
    return np.where(distance <= 1, 2.0 - distance, -np.inf)


def _one_of(pairs: Pairs, alike: NDArray[np.bool_]) -> Scores:
    differ = pairs.read != pairs.plate
    fine = ~differ | alike[pairs.read, pairs.plate]
    count = np.where(fine.all(axis=1) & (pairs.read_lengths == pairs.plate_lengths), differ.sum(axis=1), 2)
    return np.where(count <= 1, 2.0 - count, -np.inf)


def _alike(groups: tuple[str, ...]) -> NDArray[np.bool_]:
    """Whether two symbols, by their codes, stand together in a group, (256, 256)."""
    alike = np.zeros((_SYMBOLS, _SYMBOLS), np.bool_)
    for group in groups:
        codes = pack_batch(list(group), np.zeros(len(group), np.bool_))[0][:, 0]
        alike[np.ix_(codes, codes)] = True
    return alike


LOOK_ALIKE, EDGE, OTHER = 0.3, 0.6, 1.0
"""What weighted edit distance charges: a look-alike of OPS-COM, a character more or less at an end, the rest."""


def weighted(pairs: Pairs) -> Scores:
    """Weighted edit distance of each pair (Wagner and Fischer 1974, with the charges above)."""
    width = int(max(pairs.read_lengths.max(initial=0), pairs.plate_lengths.max(initial=0)))
    rows = np.arange(len(pairs.read))
    before = np.zeros((width + 1, len(rows)))
    result = np.zeros(len(rows))
    for i in range(width + 1):
        row = _next_row(pairs, before, i)
        ends = pairs.read_lengths == i
        result[ends] = row[pairs.plate_lengths[ends], rows[ends]]
        before = row
    return result


def _next_row(pairs: Pairs, before: Scores, i: int) -> Scores:
    """The distances of the reads' first i characters from each beginning of the plates, from those of i - 1."""
    alike = _alike(OPS_COM)
    row = np.full_like(before, np.inf)
    if i == 0:
        row[0] = 0.0
    for j in range(len(row)):
        if i:
            row[j] = np.minimum(row[j], before[j] + np.where((j == 0) | (j == pairs.plate_lengths), EDGE, OTHER))
        if j:
            row[j] = np.minimum(row[j], row[j - 1] + np.where((i == 0) | (i == pairs.read_lengths), EDGE, OTHER))
        if i and j:
            a, b = pairs.read[:, i - 1], pairs.plate[:, j - 1]
            cost = np.where(a == b, 0.0, np.where(alike[a, b], LOOK_ALIKE, OTHER))
            row[j] = np.minimum(row[j], before[j - 1] + cost)
    return row


class Weights:
    """Match weights of Fellegi and Sunter (1969) as Splink adds them up: per position, log2 of m over u of its level.

    Levels: the same character, a look-alike of OPS-COM's table, another one. u of sameness is the character's
    frequency at that position of the list. Texts of other lengths are compared from both ends; the better counts.
    """

    M = (0.985, 0.01, 0.005)
    SHIFTED = 0.02
    """Of the reads of listed plates: those with a character more or less."""

    def __init__(self, codes: Codes, lengths: NDArray[np.int32]) -> None:
        self._alike = _alike(OPS_COM)
        self._u = np.zeros((17, 16, _SYMBOLS))
        for length in np.unique(lengths):
            part = codes[lengths == length]
            for place in range(int(length)):
                self._u[length, place] = np.bincount(part[:, place], minlength=_SYMBOLS) / len(part)

    def score(self, pairs: Pairs) -> Scores:
        """The sum of the weights of each pair."""
        shift = pairs.read_lengths - pairs.plate_lengths
        result = np.full(len(shift), -np.inf)
        for cut in (-1, 0, 1):
            here = np.flatnonzero(shift == cut)
            chance = np.log2(self.SHIFTED if cut else 1.0 - self.SHIFTED)
            for offset in {0, cut}:
                result[here] = np.maximum(result[here], chance + self._aligned(pairs, here, offset))
        return result

    def _aligned(self, pairs: Pairs, rows: NDArray[np.int64], offset: int) -> Scores:
        """With the read's character place + offset held against the plate's at place."""
        total = np.zeros(len(rows))
        lengths, read_lengths = pairs.plate_lengths[rows], pairs.read_lengths[rows]
        for place in range(16):
            at = place + offset
            if not 0 <= at < 16:
                continue
            held = (lengths > place) & (read_lengths > at)
            plate, read = pairs.plate[rows, place], pairs.read[rows, at]
            u = np.clip(self._u[lengths, place, plate], 1e-4, 0.9)
            level = np.where(plate == read, 0, np.where(self._alike[plate, read], 1, 2))
            by_chance = np.choose(level, [u, np.full_like(u, 0.05), 0.951 - u])
            total += np.where(held, np.log2(np.array(self.M)[level] / by_chance), 0.0)
        return total
