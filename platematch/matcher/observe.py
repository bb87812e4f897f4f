"""Turns reads into observations: the texts that an engine may have meant, as symbols, with their weights.

An engine's alternative texts are alternative observations, so P(read | plate) is the weighted sum over them. The same
holds for a text that may be one line or, as two-line plates are read row by row, two: `BEAA9212` is `BE9212AA` or
itself. Region UA decides for the one-line form, another region for the text as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platematch.matcher.channel import DENSE
from platematch.matcher.kernels import Codes, Ints, Longs, Texts
from platematch.matcher.patterns import two_line_region
from platematch.plates import MAX_SYMBOLS, pack_batch
from platematch.reads import PlateRead

MAX_CANDIDATES = 10
MAIN_WEIGHT = 0.8
"""Of the main text where there are alternatives, which share the rest by their confidence."""
TWO_LINE = 0.1
"""Of texts of the two-line shape without a region: those that are two lines. Set by hand, not measured."""

Packed = tuple[Codes, Ints]


class Observations(NamedTuple):
    """n reads with their t texts, grouped by read: texts for the kernels, codes (t, 16) for the index.

    readers (t,) int64: the read of each text; mains (n,): how many of a read's first texts are forms of its main one.
    """

    texts: Texts
    codes: Codes
    readers: NDArray[np.int64]
    mains: Sequence[int]


class _Text(NamedTuple):
    codes: bytes
    length: int
    weight: float


def rows_by_row(reads: Sequence[PlateRead]) -> NDArray[np.bool_]:
    """Which reads may be two-line plates read row by row, (n,): those of Ukraine and of no stated region."""
    return np.array([read.region is None or two_line_region(read.region) for read in reads], dtype=np.bool_)


def observe(reads: Sequence[PlateRead], packed: Packed | None = None) -> Observations:
    """The observations of n reads. packed: their plates by pack_batch with rows_by_row, where that was done already.

    A text without symbols, or with more than MAX_SYMBOLS, has length and weight 0.
    """
    plates = [read.plate for read in reads]
    codes, lengths = pack_batch(plates, rows_by_row(reads)) if packed is None else packed
    plain, _ = pack_batch(plates, np.zeros(len(plates), dtype=np.bool_))
    special = [i for i, read in enumerate(reads) if read.candidates]
    turned = np.flatnonzero((codes != plain).any(axis=1)).tolist()
    special += [i for i in turned if (reads[i].region or "")[:2] != "UA" and not reads[i].candidates]
    if not special:
        return _assemble(codes, lengths, np.ones(len(reads)), np.arange(len(reads)), [1] * len(reads))
    return _with_alternatives(reads, codes, lengths, sorted(special))


def pairs(seen: Observations, texts: Ints, ids: NDArray[np.uint32]) -> tuple[Longs, Longs]:
    """The (read, row) pairs of the index's (text, row) pairs, each once, ascending by read; empty texts left out."""
    usable = seen.texts.lengths[texts] > 0
    groups, rows = seen.readers[texts[usable]], ids[usable].astype(np.int64)
    if len(seen.readers) > len(seen.mains):
        both = np.unique((groups << 32) | rows)
        groups, rows = both >> 32, both & 0xFFFFFFFF
    return groups, rows


def _with_alternatives(reads: Sequence[PlateRead], codes: Codes, lengths: Ints, special: Sequence[int]) -> Observations:
    alternatives = _alternatives([reads[i] for i in special])
    counts = np.ones(len(reads), dtype=np.int64)
    counts[special] = [len(texts) for texts, _ in alternatives]
    readers = np.repeat(np.arange(len(reads)), counts)
    all_codes, all_lengths, weights = codes[readers], lengths[readers], np.ones(len(readers))
    mains = [1] * len(reads)
    starts = np.cumsum(counts) - counts
    for i, (texts, main) in zip(special, alternatives, strict=True):
        mains[i] = main
        for t, text in enumerate(texts, int(starts[i])):
            all_codes[t] = np.frombuffer(text.codes, dtype=np.uint8)
            all_lengths[t], weights[t] = text.length, text.weight
    return _assemble(all_codes, all_lengths, weights, readers, mains)


def _assemble(
    codes: Codes, lengths: Ints, weights: NDArray[np.float64], readers: NDArray[np.int64], mains: Sequence[int]
) -> Observations:
    usable = (lengths >= 1) & (lengths <= MAX_SYMBOLS)
    starts = np.searchsorted(readers, np.arange(len(mains) + 1)).astype(np.int64)
    lengths = np.where(usable, lengths, 0).astype(np.int32)
    texts = Texts(starts, DENSE[codes], lengths, np.where(usable, weights, 0.0))
    return Observations(texts, codes, readers.astype(np.int64), mains)


def _alternatives(reads: Sequence[PlateRead]) -> list[tuple[list[_Text], int]]:
    """For each read its distinct texts, the forms of the main one first, and how many those are."""
    plates = [text for read in reads for text in _texts(read)]
    lined, lengths = pack_batch(plates, np.ones(len(plates), dtype=np.bool_))
    plain, _ = pack_batch(plates, np.zeros(len(plates), dtype=np.bool_))
    result = []
    at = 0
    for read in reads:
        found: dict[bytes, _Text] = {}
        main = 0
        for k, weight in enumerate(_weights(read)):
            for form, share in _forms(read.region, lined[at].tobytes(), plain[at].tobytes()):
                before = found[form].weight if form in found else 0.0
                found[form] = _Text(form, int(lengths[at]), before + weight * share)
            main = main if k else len(found)
            at += 1
        result.append((list(found.values()), main))
    return result


def _texts(read: PlateRead) -> list[str]:
    return [read.plate, *(candidate.plate for candidate in read.candidates[:MAX_CANDIDATES])]


def _weights(read: PlateRead) -> list[float]:
    """The weight of the main text and of each candidate; they sum to one."""
    confidences = [candidate.confidence for candidate in read.candidates[:MAX_CANDIDATES]]
    if not confidences:
        return [1.0]
    stated = [c for c in confidences if c is not None]
    fill = min(stated, default=1.0)
    amounts = [fill if c is None else c for c in confidences]
    total = sum(amounts)
    shares = [a / total if total > 0 else 1 / len(amounts) for a in amounts]
    return [MAIN_WEIGHT, *((1.0 - MAIN_WEIGHT) * share for share in shares)]


def _forms(region: str | None, lined: bytes, plain: bytes) -> list[tuple[bytes, float]]:
    if not two_line_region(region):
        return [(plain, 1.0)]
    if region is not None or lined == plain:
        return [(lined, 1.0)]
    return [(lined, TWO_LINE), (plain, 1.0 - TWO_LINE)]
