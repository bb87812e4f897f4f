"""Narrows a batch down to the reads that may be of a listed vehicle: the search in the index, and the bound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from platematch._native import Index
from platematch.matcher.block import Block, bound_of
from platematch.matcher.evidence import favour
from platematch.matcher.kernels import Codes, Floats, Ints, Longs, Texts
from platematch.matcher.model import Models
from platematch.matcher.observe import Errors, Packed, errors_of, observe, pairs
from platematch.matcher.sift import Ids, sift
from platematch.matcher.worth import Worths
from platematch.plates import pack_batch
from platematch.reads import PlateRead

READY = 4096
_ONES, _PLACES, _NO_DOUBTS = np.ones(READY), np.arange(READY + 1), np.empty((0, 16))
_NONE: Longs = np.empty(0, dtype=np.int64)


class Narrower:
    """Of one index and its block, which it only reads; several threads may ask at once.

    Where rows were freed or the bound's tables changed meanwhile, every read near a listed plate is taken to be one.
    """

    def __init__(self, index: Index, block: Block) -> None:
        self._index, self._block = index, block
        self._plates: Codes = np.asarray(index.plates)
        self._tables = (-1, bound_of(block))

    def reads(
        self, reads: Sequence[PlateRead], packed: Packed | None, floor: float | None, models: Models | Worths | None
    ) -> Longs:
        """The places of the reads, ascending, that may match. The arguments are Matcher.match's, and its models.

        models: None where they are not known; then what is near at all may match if it is more than text.
        """
        plates = [read.plate for read in reads]
        codes, lengths = pack_batch(plates) if packed is None else packed
        as_sent, _ = pack_batch(plates, np.zeros(len(plates), dtype=np.bool_))
        soft = [i for i, read in enumerate(reads) if _more_than_text(read)]
        if codes.tobytes() != as_sent.tobytes():
            soft = sorted({*soft, *np.flatnonzero((codes != as_sent).any(axis=1)).tolist()})
        if not soft:
            return self.texts(codes, lengths, floor)
        plain = np.ones(len(reads), dtype=np.bool_)
        plain[soft] = False
        others = np.flatnonzero(plain)
        near = self.texts(codes[others], lengths[others], floor) if len(others) else _NONE
        seen = self._observed([reads[i] for i in soft], floor, models)
        return np.sort(np.concatenate([others[near], np.array(soft)[seen]]))

    def texts(self, codes: Codes, lengths: Ints, floor: float | None) -> Longs:
        """The same for n reads of which there is a text alone: codes (n, 16), zero padded, and lengths (n,)."""
        n = len(lengths)
        ones, places = (_ONES, _PLACES) if n <= READY else (np.ones(n), np.arange(n + 1))
        before = self._changes()
        readers, ids = search(self._index, codes, lengths, errors_of(codes))
        if not len(readers):
            return _NONE
        near = self._sift(Texts(places, codes, lengths, ones, _NO_DOUBTS), ones, floor, readers, ids)
        return near if before == self._changes() else np.unique(readers).astype(np.int64)

    def _observed(self, reads: Sequence[PlateRead], floor: float | None, models: Models | Worths | None) -> Longs:
        """The same for reads of which there is more than a text, or which may be read in two ways."""
        before = self._changes()
        seen = observe(reads, models=models)
        if models is None:
            seen = seen._replace(errors=np.full_like(seen.errors, 2))
        readers, rows = pairs(seen, *search(self._index, seen.codes, seen.texts.lengths, seen.errors))
        if models is None or not len(readers):
            return np.unique(readers)
        texts, favours = seen.texts._replace(codes=seen.codes), np.array([favour(read) for read in reads])
        near = self._sift(texts, favours, floor, readers.astype(np.int32), rows.astype(np.uint32))
        return near if before == self._changes() else np.unique(readers)

    def _sift(self, texts: Texts, favours: Floats, floor: float | None, readers: Ints, ids: Ids) -> Longs:
        """texts: with codes of symbols, not rows of the emission table."""
        block = self._block
        learnt = int(block.learnt[0])
        if self._tables[0] != learnt:
            self._tables = (learnt, bound_of(block))
        return sift(
            texts.codes, texts.lengths, texts.starts, texts.weights, texts.doubts, favours,
            -1.0 if floor is None else floor, readers, ids, self._plates, block.lists, block.policies, *self._tables[1],
        )  # fmt: skip

    def _changes(self) -> tuple[int, int]:
        """What stays the same as long as the tables and the rows that were found do."""
        learnt = int(self._block.learnt[0])
        return int(self._block.freed[0]), learnt if learnt % 2 == 0 else -1


def search(index: Index, codes: Codes, lengths: Ints, errors: Errors) -> tuple[Ints, Ids]:
    """The (text, row) pairs within the index's reach, ascending by text."""
    if errors.tobytes().find(2) >= 0:
        return index.search(codes, lengths, errors)
    return index.search(codes, lengths)


def _more_than_text(read: PlateRead) -> bool:
    return bool(read.candidates or read.char_confidences or read.region or read.vehicle)
