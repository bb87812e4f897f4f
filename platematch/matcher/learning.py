"""Learning: from counts to models, each camera's drawn to that of all cameras, and that one to the default.

Rates are maximum a posteriori: of an event that the model to start from expects E times and that was counted n times,
the rate becomes (n + K) / (E + K) times the former one (a Gamma prior of mean 1 on the factor, worth K expected
events); shares and frequencies have Dirichlet priors. K and the like were chosen on simulated traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from platematch.matcher.calibration import Calibration, curve
from platematch.matcher.channel import LATIN, OTHER_ROW, SYMBOL_ROWS
from platematch.matcher.counting import COUNTED
from platematch.matcher.counts import LEAST_READS, Counts, Experience, Source
from platematch.matcher.kernels import ANY_ROW, Channel, Floats, Formats
from platematch.matcher.model import Fixed, Model
from platematch.matcher.tally import Tally, pattern_keys
from platematch.matcher.worth import Worth, Worths
from platematch.reads import PlateRead


class Trust(NamedTuple):
    """K of all confusions together, of one pair of characters, and of lost and added characters."""

    level: float
    pair: float
    gap: float


OF_ALL, OF_CAMERA = Trust(20.0, 0.5, 5.0), Trust(20.0, 3.0, 10.0)
"""Of the default rates against the counts of all cameras, and of all cameras' rates against those of one."""
STRAYS = 20.0
HINT, TEMPER = 20.0, 0.5
"""Candidates worth as much as the default, and the power to which what they hint at is taken: an engine's doubts are
like its mistakes, but not they."""
SHARES, SEVERITIES, POSITIONS = 200.0, 200.0, 200.0
"""Reads that the shares of patterns, of severities and a position's symbols start from."""
MOST = 100.0
"""A learnt rate is at most so many times the default one, and no less than one in so many."""
LEAST_RIGHT = 0.25
LEAST_SHARE = 0.05
"""A pattern keeps so much of its default share, whatever passes: a first plate of its kind must stay explicable."""
FIRST = 50_000
"""Reads that the rounds before the last are content with, about: they only find where to start from."""
OWN_MODELS = 256
"""Cameras with a model of their own, those with most reads; each takes half a megabyte."""


@dataclass(slots=True, frozen=True)
class Learnt:
    """What was learnt, as models; fulfils model.Models. version: of the experience behind it."""

    default: Model
    cameras: Mapping[str, Model] = field(default_factory=dict)
    version: int = 0

    def of(self, camera_id: str | None) -> Model:
        """The camera's own model, or the one of all cameras."""
        return self.default if camera_id is None else self.cameras.get(camera_id, self.default)

    def worths(self) -> Worths:
        """What the cameras' confidences are worth by these models."""
        cameras = {camera_id: Worth.of_model(model) for camera_id, model in self.cameras.items()}
        return Worths(self.version, Worth.of_model(self.default), cameras)

    def all(self) -> Iterable[Model]:
        """Every model in use."""
        return [self.default, *self.cameras.values()]


def learn(experience: Experience, start: Model) -> Learnt:
    """The models of what was counted; `start`, the default one, where nothing was."""
    total = experience.total()
    common = adapted(start, start, total, OF_ALL)
    amounts = {name: experience.camera(name) for name in experience.cameras}
    known = sorted((name for name in amounts if amounts[name].reads >= LEAST_READS), key=lambda n: -amounts[n].reads)
    cameras = {name: adapted(common, start, amounts[name], OF_CAMERA) for name in known[:OWN_MODELS]}
    return Learnt(common, cameras, experience.version)


def learn_traffic(reads: Sequence[PlateRead], *, home_country: str = "UA", rounds: int = 2) -> Learnt:
    """The models of reads of vehicles that nobody knows; of the cameras that their camera_id names, where it does."""
    return _learn(reads, None, home_country, rounds)


def learn_pairs(
    truths: Sequence[str], reads: Sequence[PlateRead], *, home_country: str = "UA", rounds: int = 2
) -> Learnt:
    """The models of n reads, the i-th of which showed the plate truths[i]; such reads count as traffic, too."""
    return _learn(reads, truths, home_country, rounds)


def _learn(reads: Sequence[PlateRead], truths: Sequence[str] | None, home_country: str, rounds: int) -> Learnt:
    start = Fixed.home(home_country).default
    learnt = Learnt(start)
    for after in reversed(range(rounds)):
        every = max(1, len(reads) // FIRST) if after else 1
        part = reads[::every]
        tally = Tally(learnt.default.channel, learnt.default.formats)
        experience = Experience.none(len(start.channel.shares))
        experience.traffic = tally.traffic(part)
        if truths is not None:
            only_formats(experience.traffic)
            experience.pairs = tally.pairs(truths[::every], part)
        experience.version = 1
        learnt = learn(experience, start)
    return learnt


def only_formats(source: Source) -> None:
    """Of the traffic nothing but which formats it carries: what it was read as, labelled pairs tell better."""
    severities = len(source.total.severities)
    for counts in [source.total, *source.cameras.values()]:
        reads, formats, positions = counts.reads, counts.formats, counts.positions
        counts.add(Counts.none(severities))
        counts.scale(0.0)
        counts.reads, counts.formats, counts.positions = reads, formats, positions


def adapted(base: Model, default: Model, counts: Counts, trust: Trust) -> Model:
    """The model of the counts, drawn to base; no rate farther from the default's than MOST."""
    positions = _positions(base.formats, counts)
    shares = _shares(base.formats, default.formats, counts)
    formats = positions._replace(shares=shares)
    countries = default.common.shares / default.formats.shares
    channel = _channel(base.channel, default.channel, counts, trust, formats.frequencies)
    return base._replace(
        channel=channel,
        formats=formats,
        common=formats._replace(shares=shares * countries),
        calibration=_calibration(base.calibration, counts),
    )


def _channel(base: Channel, default: Channel, counts: Counts, trust: Trust, frequencies: Floats) -> Channel:
    emit = base.emit.copy()
    for s in range(len(emit)):
        emit[s, 1:COUNTED, :COUNTED] = _confused(base.emit, default.emit, counts, trust, s)
        _settle(emit[s])
    emit[:, ANY_ROW] = emit[:, list(LATIN)].mean(axis=1)
    emit[:, OTHER_ROW] = emit[:, ANY_ROW]
    alphabets = np.flatnonzero(frequencies.any(axis=1))
    alphabets = alphabets[alphabets >= SYMBOL_ROWS]
    own = base.own
    if not np.array_equal(own[alphabets], frequencies[alphabets]):
        own = own.copy()
        own[alphabets] = frequencies[alphabets]
    for s in range(len(emit)):
        emit[s, alphabets] = frequencies[alphabets] @ emit[s, :SYMBOL_ROWS]
    gaps = _capped(base.gaps * _factor(counts.gaps, counts.gap_chances * base.gaps, trust.gap), default.gaps)
    return base._replace(
        emit=emit,
        own=own,
        added=_strays(base.added, counts),
        gaps=np.minimum(gaps, 0.2),
        shares=_severities(base.shares, counts),
    )


def _confused(base: Floats, default: Floats, counts: Counts, trust: Trust, s: int) -> Floats:
    """The rates off the diagonal, of characters 1..COUNTED to symbols 0..COUNTED, at severity s."""
    expected = counts.chances * base[:, :COUNTED, :COUNTED]
    shown = counts.shown.copy()
    square = np.arange(COUNTED)
    expected[:, square, square] = shown[:, square, square] = 0.0
    level = _factor(shown.sum(axis=(1, 2)), expected.sum(axis=(1, 2)), trust.level)[s] * _hinted(base, counts)
    pair = (shown.sum(axis=0) + trust.pair * level) / (expected.sum(axis=0) + trust.pair)
    factor = (shown[s] + trust.pair * pair) / (expected[s] + trust.pair)
    rates = _capped(base[s, :COUNTED, :COUNTED] * factor, default[s, :COUNTED, :COUNTED])
    rates[square, square] = 0.0
    return rates[1:COUNTED]


def _hinted(base: Floats, counts: Counts) -> Floats:
    """How much more often than expected each pair is in the engines' candidates, tempered: a weak hint at its rate."""
    there = counts.chances.max(axis=2)[:, :, None]
    expected = (there * base[:, :COUNTED, :COUNTED]).sum(axis=0)
    np.fill_diagonal(expected, 0.0)
    expected[:, ANY_ROW] = 0.0
    total = float(expected.sum())
    if total < 1.0:  # hints without reads to weigh them by
        return np.ones_like(expected)
    expected *= counts.hinted.sum() / total
    hint: Floats = _factor(counts.hinted, expected, HINT) ** TEMPER
    hint[:, ANY_ROW] = 1.0
    return hint


def _settle(table: Floats) -> None:
    """Give what is left to the character itself, at least LEAST_RIGHT: each row a distribution."""
    rows = np.arange(1, COUNTED)
    table[rows, rows] = 0.0
    wrong = table[rows].sum(axis=1)
    table[rows] *= np.minimum(1.0, (1.0 - LEAST_RIGHT) / np.maximum(wrong, 1e-300))[:, None]
    table[rows, rows] = 1.0 - table[rows].sum(axis=1)


def _factor(counted: Floats, expected: Floats, weight: float) -> Floats:
    factor: Floats = (counted + weight) / (expected + weight)
    return factor


def _capped(rates: Floats, default: Floats) -> Floats:
    capped: Floats = np.clip(rates, default / MOST, default * MOST)
    return capped


def _strays(base: Floats, counts: Counts) -> Floats:
    """What is added at the edges and inside, with a Dirichlet prior of STRAYS characters; the same at any severity."""
    added = base.copy()
    for kind, seen in enumerate(counts.strays):
        known = base[:, kind, :COUNTED].sum(axis=1, keepdims=True)
        mixed = (seen + STRAYS * base[:, kind, :COUNTED] / known) / (seen.sum() + STRAYS)
        added[:, kind, :COUNTED] = known * mixed
    return added


def _severities(base: Floats, counts: Counts) -> Floats:
    mixed = (counts.severities + SEVERITIES * base) / (counts.severities.sum() + SEVERITIES)
    shares: Floats = np.clip(mixed, base / MOST, None)
    shares /= shares.sum()
    return shares


def _shares(base: Formats, default: Formats, counts: Counts) -> Floats:
    seen = np.array([counts.formats.get(key, 0.0) for key in pattern_keys(default)])
    mixed = (seen + SHARES * base.shares) / (seen.sum() + SHARES)
    shares: Floats = np.maximum(mixed, LEAST_SHARE * default.shares)
    shares /= shares.sum()
    return shares


def _positions(base: Formats, counts: Counts) -> Formats:
    """The symbols' frequencies at the positions of the commonest patterns, each in a row of its own while there are."""
    if not counts.positions:
        return base  # shared, since each table takes half a megabyte
    free = [int(row) for row in np.flatnonzero(~base.frequencies.any(axis=1)) if row >= SYMBOL_ROWS]
    codes, frequencies = base.patterns.copy(), base.frequencies.copy()
    keys = pattern_keys(base)
    for key in sorted(counts.positions, key=lambda key: -float(counts.positions[key].sum())):
        table = counts.positions[key]
        p = keys.index(key) if key in keys else -1
        open_ = [i for i in range(len(table)) if p >= 0 and np.count_nonzero(base.frequencies[codes[p, i]]) > 1]
        if p < 0 or len(table) != base.lengths[p] or table.sum(axis=1).max() < POSITIONS or len(open_) > len(free):
            continue
        for i in open_:
            row, start = free.pop(0), base.frequencies[codes[p, i]]
            seen = np.zeros(len(start))
            seen[:COUNTED] = np.where(start[:COUNTED] > 0, table[i], 0.0)
            frequencies[row] = (seen + POSITIONS * start) / (seen.sum() + POSITIONS)
            codes[p, i] = row
    return base._replace(patterns=codes, frequencies=frequencies)


def _calibration(base: Calibration, counts: Counts) -> Calibration:
    right, wrong = np.maximum(counts.characters, 0.0)
    return Calibration(
        curve(right, wrong, base.characters),
        curve(counts.candidates[0], counts.candidates[1], base.candidates),
    )
