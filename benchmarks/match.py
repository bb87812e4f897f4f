"""How fast listed plates are found: the index and the whole matcher, beside RapidFuzz and a dict of exact texts.

The answers are checked in the same run: every plate that RapidFuzz finds within Levenshtein distance 1 of a read must
be among the index's candidates, and every exact one among the matches; the exit code is 1 if one is missing.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from benchmarks._report import environment, say, show
from platematch._native import Index
from platematch.matcher import Matcher
from platematch.plates import ALPHABET, pack_batch
from platematch.plates.formats import FORMATS
from platematch.plates.lookalikes import FOLD
from platematch.reads import PlateRead
from platematch.watchlist import Entry, Watchlist

BATCH = 1024
COUNTRIES = {"UA": 0.7, "GB": 0.1, "US": 0.1, "BR": 0.1}
NEAR = 0.001
"""Share of the traffic's reads that show a listed plate; about three times what cameras see."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RIVAL = (
    "What RapidFuzz is better at: it needs no index, takes any distance and any scorer, and scores all pairs. What the "
    "dict is better at: nothing is faster where exact text is enough."
)


class Workload(NamedTuple):
    """plates: distinct texts that are listed; traffic: reads of which NEAR are of listed plates; near: all are.

    Half the reads of a listed plate are exact, the others have one character changed, lost or added.
    """

    plates: list[str]
    traffic: list[str]
    near: list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit code whether the answers were right."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.match", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--plates", type=int, default=100_000, help="how many are listed (default: %(default)s)")
    parser.add_argument("--reads", type=int, default=32_768, help="how many are matched (default: %(default)s)")
    parser.add_argument("--rival-reads", type=int, default=128, help="of those, for RapidFuzz (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many counts (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    result = measure(options)
    checks = result["checks"]
    show(result, [("Speed, one thread", result["rows"]), ("Answers", [checks])], options.json)
    return 1 if checks["missing"] else 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Time every way to match on one workload, and compare their answers."""
    say(f"drawing {options.plates:,} plates and {options.reads:,} reads")
    work = workload(options.plates, options.reads, random.Random(options.seed))
    batches = [work.traffic[i : i + BATCH] for i in range(0, len(work.traffic), BATCH)]
    say("filling the dict, the index and the matcher")
    exact = {plate: number for number, plate in enumerate(work.plates)}
    index, matcher = index_of(work.plates), matcher_of(work.plates)
    packed = [pack_batch(batch) for batch in batches]
    seen = [[PlateRead(plate=text) for text in batch] for batch in batches]
    wanted = [PlateRead(plate=text) for text in work.near]
    few = [*work.near[: options.rival_reads // 2], *work.traffic[: options.rival_reads // 2]]

    def timed(name: str, run: Callable[[], object], reads: int = len(work.traffic)) -> dict[str, Any]:
        say(f"timing {name}")
        seconds = statistics.median(_seconds(run) for _ in range(options.repeats))
        return {"what": name, "reads/s": reads / seconds, "µs/batch of 1024": seconds / reads * BATCH * 1e6}

    return {
        "environment": environment(),
        "options": {name: getattr(options, name) for name in ("plates", "reads", "rival_reads", "repeats", "seed")},
        "rows": [
            timed("dict, exact texts (floor)", lambda: [[exact.get(text) for text in batch] for batch in batches]),
            timed("pack_batch", lambda: [pack_batch(batch) for batch in batches]),
            timed("Index.search, packed reads", lambda: [index.search(*arrays) for arrays in packed]),
            timed("Matcher.match, traffic", lambda: [matcher.match(batch, [NOW] * len(batch)) for batch in seen]),
            timed("Matcher.match, listed", lambda: matcher.match(wanted, [NOW] * len(wanted)), len(wanted)),
            timed("RapidFuzz cdist, distance 1", lambda: rival(few, work.plates), len(few)),
        ],
        "checks": compare(few, work.plates, index, matcher),
        "rival": RIVAL,
    }


def workload(plates: int, reads: int, rng: random.Random) -> Workload:
    """Random plates of COUNTRIES, and the reads."""
    listed: dict[str, None] = {}
    while len(listed) < plates:
        listed[_plate(rng)] = None
    texts = list(listed)
    near = [_misread(rng.choice(texts), rng) for _ in range(min(reads, BATCH))]
    return Workload(texts, [rng.choice(near) if rng.random() < NEAR else _plate(rng) for _ in range(reads)], near)


def index_of(plates: Sequence[str]) -> Index:
    """The native index alone; a plate's number is its place."""
    index = Index(FOLD)
    index.build(pack_batch(plates)[0], np.arange(len(plates), dtype=np.uint32))
    return index


def matcher_of(plates: Sequence[str]) -> Matcher:
    """A matcher with one list of them; an entry's id is its plate."""
    matcher = Matcher()
    matcher.put_watchlist(Watchlist(watchlist_id="listed", name="-", purpose="-", owner="-"), NOW, 1)
    matcher.load("listed", (Entry(entry_id=plate, plate=plate, reason="-") for plate in plates))
    matcher.warm()
    return matcher


def rival(reads: Sequence[str], plates: Sequence[str]) -> Any:
    """RapidFuzz's distances of every read to every plate, over 1 as 2: (reads, plates) uint8."""
    return process.cdist(reads, plates, scorer=Levenshtein.distance, score_cutoff=1, dtype=np.uint8, workers=1)


def compare(reads: Sequence[str], plates: Sequence[str], index: Index, matcher: Matcher) -> dict[str, int]:
    """How many pairs RapidFuzz finds, and how many of them the index, or of the exact ones the matcher, lacks."""
    distances = rival(reads, plates)
    near = {(int(read), int(plate)) for read, plate in np.argwhere(distances <= 1)}
    texts, numbers = index.search(*pack_batch(reads))
    candidates = set(zip(texts.tolist(), numbers.tolist(), strict=True))
    matches = matcher.match([PlateRead(plate=text) for text in reads], [NOW] * len(reads))
    exact = {read: plates[plate] for read, plate in near if distances[read, plate] == 0}
    unmatched = [read for read, plate in exact.items() if plate not in {match.entry_id for match in matches[read]}]
    return {
        "reads": len(reads),
        "within 1": len(near),
        "exact": len(exact),
        "candidates": len(candidates),
        "missing": len(near - candidates) + len(unmatched),
    }


def _plate(rng: random.Random) -> str:
    return FORMATS[rng.choices(list(COUNTRIES), list(COUNTRIES.values()))[0]].random(rng)


def _misread(plate: str, rng: random.Random) -> str:
    if rng.random() < 0.5:
        return plate
    place, other = rng.randrange(len(plate)), rng.choice(ALPHABET[1:37])
    lost, added = plate[:place] + plate[place + 1 :], plate[:place] + other + plate[place:]
    return rng.choice([lost, added, plate[:place] + other + plate[place + 1 :]])


def _seconds(run: Callable[[], object]) -> float:
    """Of processor time, which other work on the machine hardly changes."""
    start = time.process_time()
    run()
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
