"""Turns reads into counts: arrays for the kernel that counts, and its sums into the counts of each camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from platematch.matcher.background import by_start
from platematch.matcher.calibration import BINS, bins
from platematch.matcher.channel import DENSE
from platematch.matcher.counting import COUNTED, Seen, Sums, count
from platematch.matcher.counts import Counts, Source
from platematch.matcher.kernels import ANY_ROW, Channel, Codes, Floats, Formats, Ints, Longs
from platematch.matcher.observe import MAX_CANDIDATES, TWO_LINE, rows_by_row
from platematch.plates import ALPHABET, MAX_SYMBOLS, pack_batch
from platematch.plates.formats import FORMATS
from platematch.reads import PlateRead

AT_ONCE, CAMERAS_AT_ONCE = 4096, 64
LEAST_SIGHT = 0.05
"""Where a smaller share of the misreadings shows, a position says nothing of them."""
NO_PLATE = 1e-2
"""Share of texts that are no plate at all, by whatever symbols, so that none is explained by impossible misreadings."""


class Tally:
    """Counts by one channel and one mix of formats: those of the reads' camera, or of all."""

    def __init__(self, channel: Channel, formats: Formats) -> None:
        self.channel = channel
        self.formats = formats
        self.keys = pattern_keys(formats)
        rows = formats.frequencies.shape[0]
        standing = np.ascontiguousarray(formats.frequencies[:, :COUNTED])
        emit = np.array(channel.emit[:, :COUNTED, :COUNTED])
        emit[:, ANY_ROW] = 0.0
        read = np.einsum("ra,sab->srb", standing, emit)
        shares = np.divide(
            standing[None, :, :, None] * emit[:, None], read[:, :, None], where=read[:, :, None] > 0,
            out=np.zeros((len(emit), rows, COUNTED, COUNTED)),
        )  # fmt: skip
        self._showing = standing <= 0.0  # (rows, symbol): a symbol that is none of what the row stands for
        self._shown = shares  # (S, rows, a, b): P(the character was a | row, symbol read b)
        self._sight = self._sights(standing, emit)

    def _sights(self, standing: Floats, emit: Floats) -> Floats:
        """Of the misreadings of what each row stands for, the share that shows, (rows,); 0 where it is next to none."""
        mean = np.einsum("s,sab->ab", self.channel.shares, emit)
        mean[:, ANY_ROW] = 0.0
        np.fill_diagonal(mean, 0.0)
        read = standing @ mean
        wrong = read.sum(axis=1)
        sight = np.divide((read * self._showing).sum(axis=1), wrong, where=wrong > 0, out=np.zeros(len(wrong)))
        return np.where(sight < LEAST_SIGHT, 0.0, sight)

    def traffic(self, reads: Sequence[PlateRead]) -> Source:
        """What reads of vehicles that nobody knows say, by camera and in total."""
        return self._counted(reads, None)

    def pairs(self, truths: Sequence[str], reads: Sequence[PlateRead]) -> Source:
        """What n reads say beside the plates that they showed. Formats are not counted: pairs may be chosen ones."""
        return self._counted(reads, truths)

    def likelihood(self, reads: Sequence[PlateRead], truths: Sequence[str] | None = None) -> float:
        """The sum of ln P(read | truth), or of ln P(read | just another vehicle), over the reads."""
        return sum(part[1] for part in self._parts(reads, truths))

    def _counted(self, reads: Sequence[PlateRead], truths: Sequence[str] | None) -> Source:
        source = Source(Counts.none(len(self.channel.shares)))
        for fresh, _ in self._parts(reads, truths):
            source.add(fresh, fading=False)
        return source

    def _parts(self, reads: Sequence[PlateRead], truths: Sequence[str] | None) -> Iterator[tuple[Source, float]]:
        names = [getattr(read, "camera_id", None) or "" for read in reads]
        order = sorted(range(len(reads)), key=names.__getitem__)
        for places in _slices(order, names):
            part = [reads[i] for i in places]
            cameras, numbers = np.unique([names[i] for i in places], return_inverse=True)
            shown = None if truths is None else [truths[i] for i in places]
            yield self._part(part, shown, [str(name) for name in cameras], numbers.astype(np.int64))

    def _part(
        self, reads: Sequence[PlateRead], truths: Sequence[str] | None, names: Sequence[str], numbers: Longs
    ) -> tuple[Source, float]:
        formats = self.formats if truths is None else _as_patterns(truths, self.formats)
        seen = _seen(reads, numbers, None if truths is None else formats, len(self.formats.lengths))
        severities, patterns = len(self.channel.shares), len(formats.lengths)
        sums = Sums(
            np.zeros((len(names), severities, formats.frequencies.shape[0], COUNTED)),
            np.zeros((len(names), severities, 4)),
            np.zeros((len(names), severities, 4)),
            np.zeros((len(names), 2, COUNTED)),
            np.zeros((len(names), severities)),
            np.zeros((len(names), patterns)),
            np.zeros((patterns, MAX_SYMBOLS, COUNTED)),
            np.zeros((len(names), 2, BINS)),
        )
        total = count(seen, formats, self.channel, self._sight, NO_PLATE, sums)
        source = Source(Counts.none(severities))
        hints = _hints(reads, numbers, len(names))
        texts = None if truths is None else _candidates(reads, truths, numbers, len(names))
        for c, name in enumerate(names):
            counts = self._counts(sums, c, hints[c])
            counts.reads = float((numbers == c).sum())
            if truths is None:
                counts.formats = {k: float(v) for k, v in zip(self.keys, sums.formats[c], strict=True) if v > 0}
            if texts is not None:
                counts.candidates += texts[c]
            source.cameras[name] = counts
            source.total.add(counts)
        if truths is None:
            source.total.positions = self._positions(sums.positions)
        return source, total

    def _counts(self, sums: Sums, c: int, hints: Floats) -> Counts:
        used = np.flatnonzero(sums.rows[c].any(axis=(0, 2)))
        showing = self._showing[used].astype(np.float64)
        read_as = sums.rows[c][:, used, None, :] * self._shown[:, used]
        return Counts(
            severities=sums.severities[c].copy(),
            shown=np.einsum("srab,rb->sab", read_as, showing),
            chances=np.einsum("sra,rb->sab", read_as.sum(axis=3), showing),
            gaps=sums.gaps[c].copy(),
            gap_chances=sums.chances[c].copy(),
            strays=sums.strays[c].copy(),
            characters=sums.characters[c].copy(),
            candidates=np.zeros((2, BINS)),
            hinted=hints,
            reads=0.0,
        )

    def _positions(self, positions: Floats) -> dict[str, Floats]:
        lengths = self.formats.lengths.tolist()
        return {
            key: table[:m].copy()
            for key, table, m in zip(self.keys, positions, lengths, strict=True)
            if table[:m].any()
        }


def pattern_keys(formats: Formats) -> list[str]:
    """A name for each pattern that outlives a change of the others: its country and shape, as `UA LL9999LL`."""
    standing = formats.frequencies > 0.0
    lengths = tuple(formats.lengths.tolist())
    return list(_keys(formats.patterns.tobytes(), lengths, standing.tobytes(), standing.shape[1]))


@lru_cache(maxsize=8)
def _keys(patterns: bytes, lengths: tuple[int, ...], standing: bytes, symbols: int) -> tuple[str, ...]:
    countries = {
        tuple("".join(sorted(symbol[0] for symbol in alphabet)) for alphabet in positions): name
        for name, country in reversed(FORMATS.items())
        for pattern in country.patterns
        for positions, _ in by_start(pattern)
    }
    table = np.frombuffer(standing, dtype=np.bool_).reshape(-1, symbols)
    alphabets = ["".join(sorted(ALPHABET[a] for a in np.flatnonzero(row))) for row in table]
    keys: list[str] = []
    for p, length in enumerate(lengths):
        positions = tuple(alphabets[row] for row in patterns[p * MAX_SYMBOLS : p * MAX_SYMBOLS + length])
        key = f"{countries.get(positions, '?')} {''.join(map(_letter, positions))}"
        keys.append(key if key not in keys else f"{key} {sum(k.startswith(key) for k in keys) + 1}")
    return tuple(keys)


def _letter(alphabet: str) -> str:
    if len(alphabet) == 1:
        return alphabet
    return "9" if alphabet.isdigit() else "L" if alphabet.isalpha() else "?"


def _slices(order: Sequence[int], names: Sequence[str]) -> Iterator[list[int]]:
    """Places of reads, of few cameras at once, so that the kernel's sums stay small."""
    part: list[int] = []
    cameras: set[str] = set()
    for place in order:
        if part and (len(part) == AT_ONCE or (len(cameras) == CAMERAS_AT_ONCE and names[place] not in cameras)):
            yield part
            part, cameras = [], set()
        part.append(place)
        cameras.add(names[place])
    if part:
        yield part


def _as_patterns(truths: Sequence[str], formats: Formats) -> Formats:
    """Each plate as a pattern of its own; one that is none, or too long, has length 0."""
    codes, lengths = pack_batch(truths)
    usable = np.where((lengths > 0) & (lengths <= MAX_SYMBOLS), lengths, 0).astype(np.int32)
    return Formats(DENSE[codes], usable, np.ones(len(truths)), formats.frequencies)


def _seen(reads: Sequence[PlateRead], cameras: Longs, truths: Formats | None, patterns: int) -> Seen:
    """The kernel's arrays; where a text may be two lines read row by row, both readings."""
    n = len(reads)
    plates = [read.plate for read in reads]
    may_turn = rows_by_row(reads)
    lined, lengths = pack_batch(plates, may_turn)
    plain, _ = pack_batch(plates, np.zeros(n, dtype=np.bool_))
    turned = (lined != plain).any(axis=1)
    both = turned & np.array([read.region is None for read in reads], dtype=np.bool_)
    texts = np.repeat(np.arange(n), 1 + both)
    second = np.concatenate([[False], texts[1:] == texts[:-1]]) if n else np.zeros(0, dtype=np.bool_)
    codes = np.where((second & both[texts])[:, None], plain[texts], lined[texts])
    weights = np.where(both[texts], np.where(second, 1.0 - TWO_LINE, TWO_LINE), 1.0)
    straight = second | ~turned[texts]
    starts = np.searchsorted(texts, np.arange(n + 1)).astype(np.int64)
    usable = np.where(lengths <= MAX_SYMBOLS, lengths, 0)[texts].astype(np.int32)
    first = np.zeros(n, dtype=np.int64) if truths is None else np.arange(n, dtype=np.int64)
    last = np.full(n, patterns, dtype=np.int64) if truths is None else first + (truths.lengths > 0)
    stated = _bins(reads, lengths)[texts]
    stated[~straight] = -1
    return Seen(starts, DENSE[codes], usable, weights, stated, cameras, first, last)


def _bins(reads: Sequence[PlateRead], lengths: Ints) -> Longs:
    stated = np.full((len(reads), MAX_SYMBOLS), -1, dtype=np.int64)
    having = [
        i
        for i, read in enumerate(reads)
        if read.char_confidences is not None and len(read.char_confidences) == lengths[i] <= MAX_SYMBOLS
    ]
    figures = [figure for i in having for figure in reads[i].char_confidences or ()]
    mask = np.zeros(stated.shape, dtype=np.bool_)
    mask[having] = np.arange(MAX_SYMBOLS) < lengths[having][:, None]
    stated[mask] = bins(np.array(figures, dtype=np.float64))
    return stated


def _hints(reads: Sequence[PlateRead], cameras: Longs, count: int) -> Floats:
    """Of candidates that differ from the main text in one character: that pair, by the candidate's share, (c, N, N)."""
    hints = np.zeros((count, COUNTED, COUNTED))
    places = [i for i, read in enumerate(reads) for _ in read.candidates[:MAX_CANDIDATES]]
    if not places:
        return hints
    main, others, weights = _texts(reads, places)
    differing = main != others
    single = (differing.sum(axis=1) == 1) & (main > 0).any(axis=1)
    rows, columns = np.nonzero(differing[single])
    a, b = others[single][rows, columns], main[single][rows, columns]
    known = (a > 0) & (b > 0) & (a < COUNTED) & (b < COUNTED)
    np.add.at(hints, (cameras[np.array(places)[single]][known], a[known], b[known]), weights[single][known])
    return hints


def _texts(reads: Sequence[PlateRead], places: Sequence[int]) -> tuple[Codes, Codes, Floats]:
    """Beside each candidate its read's main text, both as rows, and the candidate's share among the candidates."""
    candidates = [candidate for read in reads for candidate in read.candidates[:MAX_CANDIDATES]]
    straight = np.zeros(len(candidates), dtype=np.bool_)
    main = DENSE[pack_batch([reads[i].plate for i in places], straight)[0]]
    others = DENSE[pack_batch([candidate.plate for candidate in candidates], straight)[0]]
    amounts = np.array([1e-3 if c.confidence is None else c.confidence + 1e-6 for c in candidates])
    totals = np.bincount(places, amounts, len(reads))
    return main, others, amounts / totals[places]


def _candidates(reads: Sequence[PlateRead], truths: Sequence[str], cameras: Longs, count: int) -> Floats:
    """Of candidates with a confidence: right and wrong ones by its bin, (c, 2, BINS)."""
    found = np.zeros((count, 2, BINS))
    stated = [
        (i, c) for i, read in enumerate(reads) for c in read.candidates[:MAX_CANDIDATES] if c.confidence is not None
    ]
    if not stated:
        return found
    places = np.array([i for i, _ in stated])
    texts, _ = pack_batch([c.plate for _, c in stated], rows_by_row([reads[i] for i, _ in stated]))
    shown, _ = pack_batch(truths)
    wrong = (texts != shown[places]).any(axis=1).astype(np.int64)
    np.add.at(found, (cameras[places], wrong, bins(np.array([c.confidence for _, c in stated], dtype=np.float64))), 1.0)
    return found
