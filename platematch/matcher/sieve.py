"""The sieve: which reads surely match no listed plate, told by the memory that another process's Matcher fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from platematch._native import Index
from platematch.matcher.block import RESTING, block_of
from platematch.matcher.channel import DENSE
from platematch.matcher.kernels import Codes, Ints, Longs, Plates, likelihoods
from platematch.matcher.observe import Observations, Packed, observe, pairs
from platematch.matcher.rows import has_wildcard
from platematch.matcher.scoring import Flags, Scorer
from platematch.reads import PlateRead

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Sieve:
    """A view of a Matcher's memory. It locks nothing: the Matcher neither waits for it nor knows of it."""

    def __init__(self, memory: Buffer, *, home_country: str = "UA") -> None:
        """memory: as long as the Matcher's own, writable or not. ValueError: there is no Matcher's index in it."""
        self._block = block_of(memory)
        self._index = Index.attach(self._block.index_memory)
        self._scorer = Scorer(home_country)

    @property
    def version(self) -> int:
        """Of the lists, as the Matcher last set it: what may_match() says afterwards is of this version or later."""
        return int(self._block.version[0])

    def may_match(self, reads: Sequence[PlateRead], *, packed: Packed | None = None) -> Flags:
        """Whether Matcher.match may find a listed plate for each of n reads, whenever it was captured, (n,).

        packed: as in Matcher.match. False is certain, for entries and policies that do not change meanwhile; what
        changes too fast to be looked at gives True.
        """
        if not reads:
            return np.zeros(0, dtype=np.bool_)
        freed = int(self._block.freed[0])
        seen = observe(reads, packed)
        try:
            texts, ids = self._index.search(seen.codes, seen.texts.lengths)
        except TimeoutError:
            return np.ones(len(reads), dtype=np.bool_)
        may = self._near(seen, *pairs(seen, texts, ids))
        if int(self._block.freed[0]) - freed >= RESTING:
            may[:] = True
        return may

    def warm(self) -> None:
        """Compile or load the kernels, so that the first read does not wait for them."""
        observations = observe([PlateRead(plate="AA1234BB")])
        row = np.zeros(1, dtype=np.int64)
        self._reach(observations, row, observations.codes, observations.texts.lengths, row)

    def _near(self, seen: Observations, groups: Longs, rows: Longs) -> Flags:
        """Which reads may match, given the (read, row) pairs."""
        may = np.zeros(len(seen.mains), dtype=np.bool_)
        if not len(rows):
            return may
        block = self._block
        codes, lengths, lists = block.codes[rows], block.lengths[rows], block.lists[rows].astype(np.int64) - 1
        may[groups[lists < 0]] = True  # freed since they were found: the entry may have new rows
        held = np.flatnonzero(lists >= 0)
        if len(held):
            groups = groups[held]
            reach = self._reach(seen, groups, codes[held], lengths[held], lists[held])
            may[groups[reach]] = True
        return may

    def _reach(self, seen: Observations, groups: Longs, codes: Codes, lengths: Ints, lists: Longs) -> Flags:
        plates = Plates(DENSE[codes], lengths, groups)
        likelihood = likelihoods(plates, seen.texts, self._scorer.channel)
        priors, floors = self._block.priors[lists], self._block.floors[lists]
        return self._scorer.may_reach(plates, seen.texts, has_wildcard(codes), likelihood, priors, floors)
