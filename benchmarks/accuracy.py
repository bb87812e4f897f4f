"""Who is found and who is stopped for nothing: simple rules and the matcher on the traffic of an invented city.

The cameras of platematch.simulation misread as pictures of glyphs do, so their channel is not the matcher's model.
Ordinary vehicles and listed ones are driven past the cameras apart, as if listed ones came by as often as the
matcher's prior says: in reality so few of any 100,000 reads that nothing could be counted. Of the matcher's stated
probabilities the calibration table says how often they were right, each read counted with its weight.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks._report import environment, say, show
from platematch._native import Index
from platematch.matcher import Matcher
from platematch.matcher.observe import Packed, rows_by_row
from platematch.matcher.posterior import DEFAULT_PRIOR
from platematch.plates import pack_batch, unpack
from platematch.plates.lookalikes import FOLD
from platematch.reads import Read
from platematch.simulation import City, Passage, Vehicle
from platematch.simulation.vehicles import random_vehicle
from platematch.watchlist import Entry, Watchlist

BATCH = 1024
START = datetime(2026, 1, 1, tzinfo=UTC)
COUNTRIES = {"UA": 0.97, "PL": 0.02, "DE": 0.01}
"""Of the listed vehicles."""
RULES = ("exact text", "Levenshtein ≤ 1", "matcher at 0.5")
ALERT, FLOOR = 0.5, 0.01
BINS = (FLOOR, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0)


class Batch(NamedTuple):
    """Reads, the plates that really passed (None: an ordinary one), and the reads' plates as the matcher packs them."""

    reads: list[Read]
    shown: list[str | None]
    packed: Packed


class Verdict(NamedTuple):
    """What the rules say of one read. alerts: those of RULES that name the plate, or any plate where none is listed.

    stated: the matcher's probabilities from FLOOR up, each with whether it is right.
    """

    alerts: list[bool]
    stated: list[tuple[float, bool]]


@dataclass
class Tally:
    """Sums over the lists of one size. bins: of each of BINS the weight of what was stated, stated x weight, right."""

    listed: int = 0
    ordinary: int = 0
    found: list[int] = field(default_factory=lambda: [0] * len(RULES))
    false: list[int] = field(default_factory=lambda: [0] * len(RULES))
    bins: list[list[float]] = field(default_factory=lambda: [[0.0] * 5 for _ in BINS[1:]])

    def add(self, verdict: Verdict, weight: float, listed: bool) -> None:
        """Count one read that stands for `weight` reads of its kind."""
        self.listed += listed
        self.ordinary += not listed
        sums = self.found if listed else self.false
        for rule, alert in enumerate(verdict.alerts):
            sums[rule] += alert
        for probability, right in verdict.stated:
            row = self.bins[int(np.searchsorted(BINS[1:-1], probability, side="right"))]
            for i, amount in enumerate((weight, weight * probability, weight * right, right, not right)):
                row[i] += amount


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--plates", type=int, nargs="+", default=[10_000, 100_000], help="sizes of lists")
    parser.add_argument("--lists", type=int, default=2, help="lists of each size (default: %(default)s)")
    parser.add_argument("--reads", type=int, default=100_000, help="of ordinary vehicles (default: %(default)s)")
    parser.add_argument("--listed-reads", type=int, default=10_000, help="of listed ones (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    result = measure(options)
    tables = []
    for size in result["sizes"]:
        tables.append((f"{size['plates']:,} listed: found, and false alerts per 100,000 reads", size["rules"]))
        tables.append((f"{size['plates']:,} listed: stated probabilities and how often they were right", size["bins"]))
    show(result, tables, options.json)
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The rules' figures for each size of list, over the same ordinary reads."""
    rng = random.Random(options.seed)
    pool = vehicles(max(options.plates) * options.lists, rng)
    plates = {vehicle.plate for vehicle in pool}
    say(f"driving ordinary vehicles past cameras for {options.reads:,} reads")
    city = City(rng.getrandbits(64))
    ordinary = (passage for passage in _passages(city) if passage.vehicle.plate not in plates)
    traffic = list(batches(islice(ordinary, options.reads)))
    sizes = []
    for size in options.plates:
        tally = Tally()
        for number in range(options.lists):
            say(f"list {number + 1} of {options.lists} with {size:,} plates")
            listed = pool[number * size : (number + 1) * size]
            passing = City(rng.getrandbits(64), listed=listed, listed_share=1.0)
            wanted = list(batches(islice(_passages(passing), options.listed_reads // options.lists)))
            count(tally, listed, traffic, wanted)
        sizes.append({"plates": size, "rules": _rules(tally), "bins": _bins(tally)})
    names = ("plates", "lists", "reads", "listed_reads", "seed")
    return {
        "environment": environment(),
        "options": {name: getattr(options, name) for name in names},
        "sizes": sizes,
    }


def vehicles(count: int, rng: random.Random) -> list[Vehicle]:
    """Vehicles with as many different plates."""
    found: dict[str, Vehicle] = {}
    while len(found) < count:
        vehicle = random_vehicle(rng, COUNTRIES)
        found.setdefault(vehicle.plate, vehicle)
    return list(found.values())


def batches(passages: Iterator[Passage]) -> Iterator[Batch]:
    """The passages, some at a time."""
    while part := list(islice(passages, BATCH)):
        reads = [passage.read for passage in part]
        shown = [passage.vehicle.plate if passage.listed else None for passage in part]
        yield Batch(reads, shown, pack_batch([read.plate for read in reads], rows_by_row(reads)))


def count(tally: Tally, listed: Sequence[Vehicle], traffic: Sequence[Batch], wanted: Sequence[Batch]) -> None:
    """Let the rules judge ordinary and listed reads by one list."""
    judge = Rules(listed)
    ordinary_n = sum(len(batch.reads) for batch in traffic)
    wanted_n = sum(len(batch.reads) for batch in wanted)
    weight = DEFAULT_PRIOR * len(listed) * ordinary_n / wanted_n
    for batch in wanted:
        for verdict in judge.verdicts(batch):
            tally.add(verdict, weight, True)
    for batch in traffic:
        for verdict in judge.verdicts(batch):
            tally.add(verdict, 1.0, False)


class Rules:
    """The rules over one list; the simple ones know canonical texts and two-line plates as the matcher does."""

    def __init__(self, listed: Sequence[Vehicle]) -> None:
        self._plates = [vehicle.plate for vehicle in listed]
        self._index = Index(FOLD)
        self._index.build(pack_batch(self._plates)[0], np.arange(len(listed), dtype=np.uint32))
        self._matcher = Matcher()
        self._matcher.put_watchlist(Watchlist(watchlist_id="listed", name="-", purpose="-", owner="-"), START, 1)
        self._matcher.load("listed", (Entry(entry_id=plate, plate=plate, reason="-") for plate in self._plates))

    def verdicts(self, batch: Batch) -> Iterator[Verdict]:
        """What the rules say of each read."""
        near: list[list[tuple[str, int]]] = [[] for _ in batch.reads]
        codes, lengths = batch.packed
        for read, number in zip(*(part.tolist() for part in self._index.search(codes, lengths)), strict=True):
            plate = self._plates[number]
            near[read].append((plate, Levenshtein.distance(unpack(codes[read]), plate, score_cutoff=1)))
        found = self._matcher.match(batch.reads, [START] * len(batch.reads), packed=batch.packed, floor=FLOOR)
        for shown, pairs, matches in zip(batch.shown, near, found, strict=True):
            alerts = [
                {plate for plate, distance in pairs if distance == 0},
                {plate for plate, distance in pairs if distance <= 1},
                {match.entry_id for match in matches if match.probability >= ALERT},
            ]
            said = [bool(named) if shown is None else shown in named for named in alerts]
            yield Verdict(said, [(match.probability, match.entry_id == shown) for match in matches])


def _passages(city: City) -> Iterator[Passage]:
    return city.passages(START, per_second=1.0)


def _rules(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "rule": name,
            "found": tally.found[i] / max(tally.listed, 1),
            "false per 100,000": tally.false[i] / max(tally.ordinary, 1) * 1e5,
            "false": tally.false[i],
        }
        for i, name in enumerate(RULES)
    ]


def _bins(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "stated": f"{low:g} to {high:g}",
            "mean": stated / weight if weight else None,
            "right": right / weight if weight else None,
            "right pairs": int(rights),
            "wrong pairs": int(wrongs),
        }
        for (low, high), (weight, stated, right, rights, wrongs) in zip(pairwise(BINS), tally.bins, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
