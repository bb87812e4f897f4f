"""How fast listed plates are found: the index and the whole matcher, beside a floor, RapidFuzz and indexed rivals.

The answers are checked in the same run: every plate that RapidFuzz finds within Levenshtein distance 1 of a read must
be among the index's candidates, every exact one among the matches, and what the bound drops must be what the model
would not report; the exit code is 1 if something is missing.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from benchmarks._floor import Floor
from benchmarks._plates import Workload, dense, soft, workload
from benchmarks._report import environment, say, show
from benchmarks._rivals import Pairs, installed, trigrams
from platematch._native import Index
from platematch.matcher import Matcher
from platematch.plates import pack_batch
from platematch.plates.lookalikes import FOLD
from platematch.reads import PlateRead
from platematch.watchlist import Entry, Watchlist

BATCH = 1024
AT_ONCE = 1_000_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RIVAL = (
    "What the rivals are better at: RapidFuzz needs no index, takes any distance and any scorer. symspellpy and "
    "tantivy take texts of any length, tantivy whole documents. A dict finds exact texts faster than anything here."
)
Timed = tuple[str, Callable[[], object], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit code whether the answers were right."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.match", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--plates", type=int, default=100_000, help="how many are listed (default: %(default)s)")
    parser.add_argument("--reads", type=int, default=32_768, help="how many are matched (default: %(default)s)")
    parser.add_argument("--rival-reads", type=int, default=128, help="of those, for the rivals (default: %(default)s)")
    parser.add_argument("--rivals", type=int, default=1, help="0: RapidFuzz alone (default: %(default)s)")
    parser.add_argument("--postgres", help="address of an empty PostgreSQL database, to try pg_trgm in")
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many rounds (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    result = measure(options)
    checks = result["checks"]
    tables = [("Speed, one core", result["rows"]), ("One at a time", result["calls"])]
    show(
        result,
        [
            *tables,
            ("Ratios", [result["ratios"]]),
            ("Of the plates within one error, found by", result["recall"]),
            ("Size", [result["size"]]),
            ("Candidates a read", [result["candidates a read"]]),
            ("Answers", [checks]),
        ],
        options.json,
    )
    return 1 if checks["missing"] or checks["wrongly dropped"] or checks["wrong scores"] else 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Time every way to match on one workload, and compare their answers."""
    rng = random.Random(options.seed)
    say(f"drawing {options.plates:,} plates and {options.reads:,} reads")
    work, crowd = workload(options.plates, options.reads, rng), dense(options.plates, options.reads, rng)
    say("filling the index and the matchers")
    index, size = index_of(work.plates)
    matcher, crowded = matcher_of(work.plates), matcher_of(crowd.plates)
    floor = Floor(round(size["bytes a plate"] * options.plates))
    few = [*work.near[: options.rival_reads // 2], *work.traffic[: options.rival_reads // 2]]
    timed = [
        ("floor: ten random cache lines a read", lambda: floor.run(options.reads // 32 * 32), options.reads),
        *searches(index, matcher, work, options.reads),
        ("dense list: search and bound", over(crowded.sift, packed(crowd.traffic)), options.reads),
    ]
    answers: dict[str, Pairs] = {}
    for name, make in installed(work.plates):
        if options.rivals or "RapidFuzz" in name:
            say(f"filling {name}")
            search = make(work.plates)
            answers[name] = search(few)
            timed.append((name, partial(search, few), len(few)))
    if options.postgres:
        say("filling PostgreSQL")
        trigrams_of = trigrams(psycopg.connect(options.postgres, autocommit=True), work.plates)
        answers["pg_trgm"] = trigrams_of(few)
        timed.append(("pg_trgm", partial(trigrams_of, few), len(few)))
    rows = rounds(timed, options.repeats)
    return {
        "environment": environment(),
        "options": {name: getattr(options, name) for name in ("plates", "reads", "rival_reads", "repeats", "seed")},
        "rows": rows,
        "calls": [*single_reads(matcher, work), *changes(matcher, work)],
        "ratios": ratios({row["what"]: row["reads/s"] for row in rows}),
        "recall": recall(answers),
        "size": size,
        "candidates a read": candidates(index, work),
        "checks": compare(few, work, answers["RapidFuzz cdist"], index, matcher),
        "rival": RIVAL,
    }


def searches(index: Index, matcher: Matcher, work: Workload, reads: int) -> list[Timed]:
    """The product's own ways, from the index alone to whole answers."""
    arrays, near = packed(work.traffic), packed(work.near)
    texts = batches(work.traffic)

    def answers(*reads: PlateRead) -> object:
        return matcher.match(reads, [NOW] * len(reads))

    asked = [[PlateRead(plate=text) for text in batch] for batch in texts]
    wanted = [[PlateRead(plate=text) for text in batch] for batch in batches(work.near[:BATCH])]
    doubtful = batches(soft(work.traffic[: 4 * BATCH], random.Random(1)))
    codes, lengths = pack_batch(work.traffic)

    return [
        ("search in C, all reads in one call", lambda: index.search(codes, lengths), reads),
        ("search through Python, batches of 1024", over(index.search, arrays), reads),
        ("search and bound (Matcher.sift)", over(matcher.sift, arrays), reads),
        ("search, bound and scores (Matcher.score)", over(matcher.score, arrays), reads),
        ("listed reads: search and bound", over(matcher.sift, near), reads),
        ("Matcher.match, traffic", over(answers, asked), reads),
        ("Matcher.match, listed", over(answers, wanted), len(wanted[0])),
        ("Matcher.match, soft", over(answers, doubtful), 4 * BATCH),
        ("pack_batch", lambda: [pack_batch(batch) for batch in texts], reads),
    ]  # fmt: skip


def over(call: Callable[..., object], batches: Sequence[Any]) -> Callable[[], object]:
    """Calls it with each batch."""

    def run() -> None:
        for batch in batches:
            call(*batch)

    return run


def batches(texts: Sequence[Any]) -> list[Sequence[Any]]:
    """In batches of BATCH."""
    return [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]


def packed(texts: Sequence[str]) -> list[Any]:
    """The batches' codes and lengths."""
    return [pack_batch(batch) for batch in batches(texts)]


def rounds(timed: Sequence[Timed], repeats: int) -> list[dict[str, Any]]:
    """The median of each over rounds in which all take turns, so that a slow minute falls on all alike."""
    seconds: dict[str, list[float]] = {name: [] for name, _, _ in timed}
    for number in range(repeats):
        say(f"round {number + 1} of {repeats}")
        for name, run, _ in timed:
            clock = time.perf_counter if name == "pg_trgm" else time.process_time  # a server's time is not ours
            start = clock()
            run()
            seconds[name].append(max(clock() - start, 1e-9))
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    return [
        {"what": name, "reads/s": reads / medians[name], "µs/batch of 1024": medians[name] / reads * BATCH * 1e6}
        for name, _, reads in timed
    ]


def ratios(speed: dict[str, float]) -> dict[str, float]:
    """Of search and scores, by how much it is slower than the floor and faster than each rival."""
    ours = speed["search, bound and scores (Matcher.score)"]
    floor = speed["floor: ten random cache lines a read"]
    rivals = [
        name for name in speed if name.split(",")[0].split()[0] in ("RapidFuzz", "symspellpy", "tantivy", "pg_trgm")
    ]
    return {
        "floor over ours": floor / ours,
        "floor over search in C": floor / speed["search in C, all reads in one call"],
        **{f"ours over {name}": ours / speed[name] for name in rivals},
    }


def single_reads(matcher: Matcher, work: Workload) -> list[dict[str, Any]]:
    """One read at a time through Matcher.match."""
    reads = [PlateRead(plate=text) for text in work.traffic[:4096]]
    return [{"what": "one read", **_spread([_timed(partial(matcher.match, [read], [NOW])) for read in reads])}]


def changes(matcher: Matcher, work: Workload) -> list[dict[str, Any]]:
    """Entries put and removed, one at a time; the matcher is as before afterwards."""
    entries = [Entry(entry_id=f"new {i}", plate=text, reason="-") for i, text in enumerate(work.traffic[:2000]) if text]
    put = [_timed(partial(matcher.put, "listed", entry)) for entry in entries]
    removed = [_timed(partial(matcher.remove, "listed", entry.entry_id)) for entry in entries]
    return [{"what": "put an entry", **_spread(put)}, {"what": "remove an entry", **_spread(removed)}]


def index_of(plates: Sequence[str]) -> tuple[Index, dict[str, Any]]:
    """The native index alone, where a plate's number is its place; how large it is, and how long it took."""
    codes, numbers = pack_batch(plates)[0], np.arange(len(plates), dtype=np.uint32)
    before = _resident()
    index = Index(FOLD, rows=len(plates))
    built = _timed(lambda: index.build(codes, numbers))
    size = max(_resident() - before, 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        saved = _timed(lambda: index.save(path))
        some = codes[:BATCH]
        opened = _timed(lambda: Index.open(path, FOLD).search(some, np.full(len(some), 8, np.int32)))
    return index, {"bytes a plate": size / len(plates), "build s": built, "save s": saved, "open and search s": opened}


def matcher_of(plates: Sequence[str]) -> Matcher:
    """A matcher with one list of them; an entry's id is its plate."""
    matcher = Matcher()
    matcher.put_watchlist(Watchlist(watchlist_id="listed", name="-", purpose="-", owner="-"), NOW, 1)
    for i in range(0, len(plates), AT_ONCE):
        part = plates[i : i + AT_ONCE]
        matcher.load("listed", (Entry(entry_id=plate, plate=plate, reason="-") for plate in part))
    matcher.warm()
    return matcher


def recall(answers: dict[str, Pairs]) -> list[dict[str, Any]]:
    """Which share of RapidFuzz's pairs, which are all there are, each rival found."""
    true = answers["RapidFuzz cdist"]
    return [{"what": name, "share": len(found & true) / max(len(true), 1)} for name, found in answers.items()]


def candidates(index: Index, work: Workload) -> dict[str, float]:
    """How many plates the search finds for a read of the traffic, and the share of reads for which it finds any."""
    texts, _ = index.search(*pack_batch(work.traffic))
    return {"mean": len(texts) / len(work.traffic), "reads with any": len(np.unique(texts)) / len(work.traffic)}


def compare(reads: Sequence[str], work: Workload, near: Pairs, index: Index, matcher: Matcher) -> dict[str, int]:
    """How many pairs RapidFuzz finds, how many of them the index, or of the exact ones the matcher, lacks."""
    texts, numbers = index.search(*pack_batch(reads))
    candidates = set(zip(texts.tolist(), numbers.tolist(), strict=True))
    asked = [PlateRead(plate=text) for text in reads]
    matches = matcher.match(asked, [NOW] * len(asked))
    exact = {read: work.plates[plate] for read, plate in near if reads[read] == work.plates[plate]}
    unmatched = [read for read, plate in exact.items() if plate not in {match.entry_id for match in matches[read]}]
    whole = matcher.match(asked, [NOW] * len(asked), floor=0.0)  # nothing is dropped before the model
    scored = matcher.score(*pack_batch(reads))
    chances = [{m.entry_id: m.probability for m in found} for found in matches]
    pairs = [(chances[read], _plate_of(matcher, row)) for read, row in zip(scored.reads, scored.rows, strict=True)]
    told = [chance.get(plate, 0.0) for chance, plate in pairs]
    least = matcher.watchlist("listed")
    assert least is not None
    reported = [[m for m in found if m.probability >= least.min_probability] for found in whole]
    return {
        "reads": len(reads),
        "within 1": len(near),
        "exact": len(exact),
        "candidates": len(candidates),
        "missing": len(near - candidates) + len(unmatched),
        "scores": len(told),
        "wrong scores": int((~np.isclose(told, scored.probabilities, rtol=1e-6)).sum()),
        "wrongly dropped": sum(matches != alone for matches, alone in zip(matches, reported, strict=True)),
    }


def _plate_of(matcher: Matcher, row: int) -> str:
    entry = matcher.entry_of(int(row))
    return "" if entry is None else entry.entry_id


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    p50, p99, most = (float(figure) * 1e6 for figure in np.percentile(seconds, [50, 99, 100]))
    return {"p50 µs": p50, "p99 µs": p99, "max µs": most}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    sys.exit(main())
