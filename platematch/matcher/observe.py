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

from platematch.matcher.calibration import IDENTITY, Calibration
from platematch.matcher.channel import DENSE
from platematch.matcher.kernels import Codes, Floats, Ints, Longs, Texts
from platematch.matcher.model import Models
from platematch.matcher.patterns import two_line_region
from platematch.matcher.soft import SOFT, confirmed, doubts, weights
from platematch.matcher.worth import Worth, Worths
from platematch.plates import ANY, MAX_SYMBOLS, pack_batch
from platematch.reads import PlateRead

MAX_CANDIDATES = 10
TWO_LINE = 0.1
"""Of texts of the two-line shape without a region: those that are two lines. Set by hand, not measured."""

USUAL_ERRORS = 0.01
"""Share of characters that a camera misreads of which nothing is known."""
TURNED = (0, 1, 4, 5, 6, 7, 2, 3, *range(8, MAX_SYMBOLS))
"""Where the characters of a two-line plate, as read row by row, stand in its one line."""
NO_DOUBTS: Floats = np.zeros(MAX_SYMBOLS)
UNREAD = 2
"""Unread characters from which a text is searched with two errors."""

Packed = tuple[Codes, Ints]
Errors = NDArray[np.uint8]


class Observations(NamedTuple):
    """n reads with their t texts, grouped by read: texts for the kernels, codes (t, 16) for the index.

    readers (t,) int64: the read of each text; mains (n,): how many of a read's first texts are forms of its main one;
    errors (t,) uint8: with how many arbitrary errors each text is searched, 2 where it is soft.
    """

    texts: Texts
    codes: Codes
    readers: NDArray[np.int64]
    mains: Sequence[int]
    errors: Errors


class _Text(NamedTuple):
    codes: bytes
    length: int
    weight: float
    doubts: Floats
    errors: int


def rows_by_row(reads: Sequence[PlateRead]) -> NDArray[np.bool_]:
    """Which reads may be two-line plates read row by row, (n,): those of Ukraine and of no stated region."""
    return np.array([read.region is None or two_line_region(read.region) for read in reads], dtype=np.bool_)


def observe(
    reads: Sequence[PlateRead], packed: Packed | None = None, models: Models | Worths | None = None
) -> Observations:
    """The observations of n reads. packed: their plates by pack_batch with rows_by_row, where that was done already.

    models: of the reads' cameras, for what their confidences are worth; None: nothing is known of it. A text without
    symbols, or with more than MAX_SYMBOLS, has length and weight 0.
    """
    plates = [read.plate for read in reads]
    codes, lengths = pack_batch(plates, rows_by_row(reads)) if packed is None else packed
    plain, _ = pack_batch(plates, np.zeros(len(plates), dtype=np.bool_))
    special = [i for i, read in enumerate(reads) if read.candidates or read.char_confidences]
    turned = np.flatnonzero((codes != plain).any(axis=1)).tolist()
    open_ = [i for i in turned if (reads[i].region or "")[:2] != "UA"]
    special += [i for i in open_ if not (reads[i].candidates or reads[i].char_confidences)]
    if not special:
        return _assemble(codes, lengths, np.ones(len(reads)), np.arange(len(reads)), [1] * len(reads))
    return _with_alternatives(reads, codes, lengths, sorted(special), _Worth(models))


def errors_of(codes: Codes) -> Errors:
    """With how many errors texts (n, 16) are searched for their unread characters alone, (n,): 2 from UNREAD on."""
    errors = np.ones(len(codes), dtype=np.uint8)
    if codes.tobytes().find(ANY) >= 0:
        errors += np.count_nonzero(codes == ANY, axis=1) >= UNREAD
    return errors


def pairs(seen: Observations, texts: Ints, ids: NDArray[np.uint32]) -> tuple[Longs, Longs]:
    """The (read, row) pairs of the index's (text, row) pairs, each once, ascending by read; empty texts left out."""
    usable = seen.texts.lengths[texts] > 0
    groups, rows = seen.readers[texts[usable]], ids[usable].astype(np.int64)
    if len(seen.readers) > len(seen.mains):
        both = np.unique((groups << 32) | rows)
        groups, rows = both >> 32, both & 0xFFFFFFFF
    return groups, rows


class _Worth:
    """What confidences are worth, by camera."""

    def __init__(self, models: Models | Worths | None) -> None:
        self._models = models
        self._known: dict[int, Worth] = {}

    def of(self, read: PlateRead) -> Worth:
        """That of the read's camera."""
        if self._models is None:
            return Worth(IDENTITY, USUAL_ERRORS)
        model = self._models.of(getattr(read, "camera_id", None))
        if isinstance(model, Worth):
            return model
        if id(model) not in self._known:
            self._known[id(model)] = Worth.of_model(model)
        return self._known[id(model)]


def _with_alternatives(
    reads: Sequence[PlateRead], codes: Codes, lengths: Ints, special: Sequence[int], worth: _Worth
) -> Observations:
    alternatives = _alternatives([reads[i] for i in special], worth)
    counts = np.ones(len(reads), dtype=np.int64)
    counts[special] = [len(texts) for texts, _ in alternatives]
    readers = np.repeat(np.arange(len(reads)), counts)
    all_codes, all_lengths, weights = codes[readers], lengths[readers], np.ones(len(readers))
    seen = _assemble(all_codes, all_lengths, weights, readers, [1] * len(reads))
    mains = [1] * len(reads)
    for i, (texts, main) in zip(special, alternatives, strict=True):
        mains[i] = main
        for t, text in enumerate(texts, int(seen.texts.starts[i])):
            all_codes[t] = np.frombuffer(text.codes, dtype=np.uint8)
            all_lengths[t], weights[t] = text.length, text.weight
            seen.texts.doubts[t], seen.errors[t] = text.doubts, text.errors
    whole = _assemble(all_codes, all_lengths, weights, readers, mains)
    return whole._replace(texts=whole.texts._replace(doubts=seen.texts.doubts), errors=seen.errors)


def _assemble(
    codes: Codes, lengths: Ints, weights: NDArray[np.float64], readers: NDArray[np.int64], mains: Sequence[int]
) -> Observations:
    usable = (lengths >= 1) & (lengths <= MAX_SYMBOLS)
    starts = np.searchsorted(readers, np.arange(len(mains) + 1)).astype(np.int64)
    lengths = np.where(usable, lengths, 0).astype(np.int32)
    texts = Texts(starts, DENSE[codes], lengths, np.where(usable, weights, 0.0), np.zeros(codes.shape))
    return Observations(texts, codes, readers.astype(np.int64), mains, errors_of(codes))


def _alternatives(reads: Sequence[PlateRead], worth: _Worth) -> list[tuple[list[_Text], int]]:
    """For each read its distinct texts, the forms of the main one first, and how many those are."""
    plates = [text for read in reads for text in _texts(read)]
    lined, lengths = pack_batch(plates, np.ones(len(plates), dtype=np.bool_))
    plain, _ = pack_batch(plates, np.zeros(len(plates), dtype=np.bool_))
    result = []
    at = 0
    for read in reads:
        calibration, usual = worth.of(read)
        found: dict[bytes, _Text] = {}
        main = 0
        several = slice(at, at + 1 + len(read.candidates[:MAX_CANDIDATES]))
        doubted, expected = _doubts(read, plain[several], lengths[several].tolist(), calibration, usual)
        errors = 2 if expected >= SOFT and not read.candidates else 1
        for k, weight in enumerate(_weights(read, calibration)):
            length = int(lengths[at])
            for form, share in _forms(read.region, lined[at].tobytes(), plain[at].tobytes()):
                before = found[form].weight if form in found else 0.0
                turned = form != plain[at].tobytes()
                found[form] = _Text(
                    form,
                    length,
                    before + weight * share,
                    doubted[list(TURNED)] if turned else doubted if length == int(lengths[at - k]) else NO_DOUBTS,
                    2 if form.count(ANY) >= UNREAD else 1 if k else errors,
                )
            main = main if k else len(found)
            at += 1
        result.append((list(found.values()), main))
    return result


def _doubts(
    read: PlateRead, codes: Codes, lengths: Sequence[int], calibration: Calibration, usual: float
) -> tuple[Floats, float]:
    """The doubts (16,) of the main text as it stands, and how many characters of it are misread in expectation.

    codes, lengths: of the main text and its candidates. Confidences of another number than the characters are left
    out; an unread character counts as misread.
    """
    length = lengths[0]
    unread = int((codes[0, : min(length, MAX_SYMBOLS)] == ANY).sum())
    result = np.zeros(MAX_SYMBOLS)
    stated = read.char_confidences
    if not stated or len(stated) != length or length > MAX_SYMBOLS:
        return result, float(unread)
    main, *others = [row[:n].tobytes() for row, n in zip(codes, lengths, strict=True)]
    agree = confirmed(stated, main, others)
    result[:length], expected = doubts(np.array(stated), calibration, usual, agree)
    result[codes[0] == ANY] = 0.0
    return result, max(expected, float(unread))


def _texts(read: PlateRead) -> list[str]:
    return [read.plate, *(candidate.plate for candidate in read.candidates[:MAX_CANDIDATES])]


def _weights(read: PlateRead, calibration: Calibration) -> list[float]:
    """The weight of the main text and of each candidate; they sum to one."""
    others = read.candidates[:MAX_CANDIDATES]
    if not others:
        return [1.0]
    own = [c.confidence for c in others if c.plate == read.plate and c.confidence is not None]
    main = own[0] if own else read.confidence
    return weights(main, [0.0 if c.plate == read.plate else c.confidence for c in others], calibration)


def _forms(region: str | None, lined: bytes, plain: bytes) -> list[tuple[bytes, float]]:
    if not two_line_region(region):
        return [(plain, 1.0)]
    if region is not None or lined == plain:
        return [(lined, 1.0)]
    return [(lined, TWO_LINE), (plain, 1.0 - TWO_LINE)]
