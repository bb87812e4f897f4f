"""The matcher and its rivals over what the cameras saw: a score for every read, and what the matcher stated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks._curve import LOW, Said, Scored
from benchmarks._near import Sample
from benchmarks._rules import Pairs, Rule, rules
from benchmarks._seen import START, Seen, Soft, reads
from platematch._native import Index
from platematch.matcher import Matcher
from platematch.matcher.posterior import DEFAULT_PRIOR
from platematch.plates import pack_batch
from platematch.plates.lookalikes import FOLD
from platematch.simulation.fleet import numbered
from platematch.watchlist import Entry, Watchlist

CHUNK = 16_384
FLOOR_OF_A_PLATE = 1e-8
"""Times the size of the list: what is less likely is no answer at 10 false alerts per 100,000 reads anyway."""
THINNED = 16
"""Of soft reads far from every listed plate one in so many is judged, and stands for as many."""


class Answers(NamedTuple):
    """What the matcher said of n reads: the greatest log odds of each, those of the plate it shows (-inf: not named),
    and of all hits from LOW up the read, the probability and whether it is right."""

    best: NDArray[np.float64]
    own: NDArray[np.float64]
    hits: NDArray[np.int64]
    stated: NDArray[np.float64]
    right: NDArray[np.bool_]


def matcher_of(plates: Sequence[str]) -> Matcher:
    """A matcher with one list of these plates."""
    matcher = Matcher()
    matcher.put_watchlist(Watchlist(watchlist_id="listed", name="-", purpose="-", owner="-"), START, 1)
    matcher.load("listed", (Entry(entry_id=plate, plate=plate, reason="-") for plate in plates))
    return matcher


def answers(matcher: Matcher, plates: Sequence[str], seen: Seen, soft: Soft, seed: int) -> Answers:
    """What it says of these reads. seed: of how degraded confidences are exchanged."""
    rng = np.random.default_rng(seed)
    floor = FLOOR_OF_A_PLATE * len(plates)
    best, own = np.full(len(seen), -np.inf), np.full(len(seen), -np.inf)
    hits: list[tuple[int, float, bool]] = []
    for start in range(0, len(seen), CHUNK):
        part = seen.take(slice(start, start + CHUNK))
        found = matcher.match(reads(part, soft, rng), [START] * len(part), floor=floor)
        for i, (matches, shown) in enumerate(zip(found, part.truth.tolist(), strict=True), start):
            for match in matches:
                right = shown >= 0 and match.entry_id == plates[shown]
                best[i] = max(best[i], match.log_odds)
                if right:
                    own[i] = match.log_odds
                if match.probability >= LOW:
                    hits.append((i, match.probability, right))
    read, stated, rights = zip(*hits, strict=True) if hits else ((), (), ())
    return Answers(best, own, np.array(read, np.int64), np.array(stated), np.array(rights, np.bool_))


def thinned(sample: Sample, near: NDArray[np.bool_], listed: NDArray[np.uint64], rng: np.random.Generator) -> Sample:
    """Reads with soft output for less work: all that are near, or have a listed plate among the simulator's ten
    candidates, and some of the others, weighted. That changes no expectation, only how much chance there is in it."""
    seen = sample.seen
    assert seen.others is not None
    certain = near | np.isin(numbered(seen.others), listed).any(axis=1)
    kept = certain | (rng.random(len(seen)) < 1 / THINNED)
    return Sample(seen.take(kept), (sample.weights * np.where(certain, 1.0, float(THINNED)))[kept])


def scored(wanted: Answers, traffic: Answers, weights: NDArray[np.float64]) -> Scored:
    """Found against false. weights: of the ordinary reads."""
    return Scored(wanted.own, traffic.best, weights)


def said(wanted: Answers, traffic: Answers, weights: NDArray[np.float64], plates: int) -> Said:
    """The hits, those of listed reads weighted as if listed vehicles came by as often as the matcher's prior says."""
    weight = DEFAULT_PRIOR * plates * weights.sum() / len(wanted.best)
    return Said(
        np.concatenate([wanted.stated, traffic.stated]),
        np.concatenate([wanted.right, traffic.right]),
        np.concatenate([np.full(len(wanted.hits), weight), weights[traffic.hits]]),
    )


class Rivals:
    """The rules over one list."""

    def __init__(self, plates: Sequence[str]) -> None:
        self._codes, self._lengths = pack_batch(plates)
        self._index = Index(FOLD, rows=len(plates))
        self._index.build(self._codes, np.arange(len(plates), dtype=np.uint32))
        self.rules = rules(self._codes, self._lengths)

    def judged(self, wanted: Seen, sample: Sample) -> list[tuple[Rule, Scored, tuple[float, float] | None]]:
        """Of each rule: found against false, and share found and false alerts per 100,000 at its own setting."""
        none = np.ones(len(wanted))
        own = [self._scores(wanted, none, start) for start in range(0, len(wanted), CHUNK)]
        others = [self._scores(sample.seen, sample.weights, start) for start in range(0, len(sample.seen), CHUNK)]
        result = []
        for number, rule in enumerate(self.rules):
            found = np.concatenate([part[number][1] for part in own])
            best = np.concatenate([part[number][0] for part in others])
            alerts = sum(part[number][2] for part in others)
            setting = None
            if rule.alerts_at is not None:
                setting = (float((found >= rule.alerts_at).mean()), alerts / sample.weights.sum() * 1e5)
            result.append((rule, Scored(found, best, sample.weights), setting))
        return result

    def _scores(
        self, seen: Seen, weights: NDArray[np.float64], start: int
    ) -> list[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
        """Of each rule the best score of each read from start on, its shown plate's, and the pairs that it alerts."""
        part = seen.take(slice(start, start + CHUNK))
        codes, lengths = part.codes()
        read, row = self._index.search(codes, lengths)
        row = row.astype(np.int64)
        pairs = Pairs(codes[read], lengths[read], self._codes[row], self._lengths[row])
        result = []
        for rule in self.rules:
            score = rule.score(pairs)
            best, own = np.full(len(part), -np.inf), np.full(len(part), -np.inf)
            np.maximum.at(best, read, score)
            shown = part.truth[read] == row
            own[read[shown]] = score[shown]
            alerting = ~shown & (score >= (np.inf if rule.alerts_at is None else rule.alerts_at))
            alerts = float(weights[start:][read[alerting]].sum())
            result.append((best, own, alerts))
        return result
