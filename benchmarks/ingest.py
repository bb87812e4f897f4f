"""What a read costs the running service over HTTP, beside a bare aiohttp handler that only decodes it, in turns.

Both get the same reads of 341 bytes with fresh ids, singly over 64 connections and 1,000 a request over 4; one in a
thousand shows a listed plate. The servers have one core and the load generator the other, where there are two and
the service is one process. Every answer is checked, and at the end the stored hits are; the exit code is 1 if any was
wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec

from benchmarks._load import Load, Request, post
from benchmarks._report import environment, say, show
from benchmarks._server import Server, free_port, serving
from benchmarks._service import listing_service, stored_hits
from benchmarks._traffic import SIZE, Traffic

RIVAL = (
    "What the bare handler is better at: it costs what aiohttp costs at least, since it asks for no key, looks for no "
    "plate, knows no repeats, keeps no hit and loses all when it ends."
)
SERVICE, BARE = "platematch", "bare aiohttp"
WARM_UP_S = 0.5


class Shape(NamedTuple):
    """How reads are sent."""

    name: str
    lines: int
    connections: int


SHAPES = (Shape("single", 1, 64), Shape("NDJSON", 1000, 4))


class Target(NamedTuple):
    """A server, the key to show it, and whether it looks for listed plates."""

    name: str
    server: Server
    key: str
    finds: bool


class Run(NamedTuple):
    """One server under one load for some seconds; cpu_s: processor time of the server."""

    load: Load
    cpu_s: float

    @property
    def cost(self) -> float:
        """Processor time of the server in µs per read."""
        return self.cpu_s / self.load.reads * 1e6


Runs = dict[tuple[str, Shape], list[Run]]


class Answer(msgspec.Struct):
    """The part of an answer that is checked."""

    accepted: int
    duplicates: int
    rejected: list[Any]
    hits: list[Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit code whether the answers were right."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--plates", type=int, default=100_000, help="how many are listed (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each load in each round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many counts (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer, of both (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    result = measure(options)
    tables = [("Reads over HTTP", result["rows"]), ("The service, times the bare handler", result["ratios"])]
    show(result, [*tables, ("Answers", [result["checks"]])], options.json)
    return 1 if result["checks"]["wrong"] else 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Start both servers, load them in turns, and compare what came back with what was sent."""
    say(f"drawing {options.plates:,} plates")
    traffic = Traffic(options.plates, random.Random(options.seed))
    runs: Runs = {kind: [] for kind in product((SERVICE, BARE), SHAPES)}
    with TemporaryDirectory(prefix="platematch-ingest-") as name, ExitStack() as stack:
        say("starting the servers")
        targets = _start(stack, Path(name), traffic, options.workers)
        for number in range(options.rounds + 1):
            say(f"round {number} of {options.rounds}" if number else "warming up")
            for shape, target in product(SHAPES, targets):
                done = _run(target, shape, traffic, options.seconds if number else WARM_UP_S)
                runs[target.name, shape].append(done)
        stored = stored_hits(targets[0].server, targets[0].key)
    timed = {key: done[1:] for key, done in runs.items()}
    names = ("plates", "seconds", "rounds", "workers", "seed")
    return {
        "environment": environment(),
        "options": {"bytes a read": SIZE} | {name: getattr(options, name) for name in names},
        "rows": [_row(name, shape, done) for (name, shape), done in timed.items()],
        "ratios": [_ratio(shape, timed[SERVICE, shape], timed[BARE, shape]) for shape in SHAPES],
        "checks": _checks(traffic, runs, stored),
        "rival": RIVAL,
    }


def _start(stack: ExitStack, folder: Path, traffic: Traffic, workers: int) -> list[Target]:
    """Both servers, ready and with their lists, on the cores that are theirs; the rest of this process on its own."""
    cores = sorted(os.sched_getaffinity(0))
    apart = workers == 1 and len(cores) > 1
    theirs, mine = ({cores[0]}, {cores[1]}) if apart else (set(cores), set(cores))
    service, key = stack.enter_context(listing_service(folder, traffic.listed, workers, theirs))
    port = free_port()
    bare = serving(("benchmarks._bare", str(port)), port, folder, {}, theirs, workers)
    targets = [Target(SERVICE, service, key, True), Target(BARE, stack.enter_context(bare), "-", False)]
    os.sched_setaffinity(0, mine)
    stack.callback(os.sched_setaffinity, 0, set(cores))
    return targets


def _run(target: Target, shape: Shape, traffic: Traffic, seconds: float) -> Run:
    requests, check = traffic.requests(target.key, shape.lines), partial(wrong, target.finds)
    before = target.server.cpu_s()
    load = post(target.server.port, shape.connections, requests, check, seconds)
    return Run(load, target.server.cpu_s() - before)


def wrong(finds: bool, request: Request, status: int, body: bytes) -> str | None:
    """What is wrong with an answer."""
    if status == 200:
        answer = msgspec.json.decode(body, type=Answer)
        counts = (answer.accepted, answer.duplicates, len(answer.rejected), len(answer.hits))
        if counts == (request.reads, 0, 0, request.listed if finds else 0):
            return None
    return f"{request.reads} reads, {request.listed} listed, were answered {status} {body[:200]!r}"


def _row(name: str, shape: Shape, runs: Sequence[Run]) -> dict[str, Any]:
    """Medians over the rounds; the latencies are of all requests."""
    latencies = sorted(latency for run in runs for latency in run.load.latencies)
    return {
        "server": f"{name}, {shape.name}",
        "reads/s": statistics.median(run.load.reads / run.load.elapsed for run in runs),
        "CPU µs/read": statistics.median(run.cost for run in runs),
        "ms/request, median": latencies[len(latencies) // 2] * 1e3,
        "99 %": latencies[len(latencies) * 99 // 100] * 1e3,
        "generator busy": statistics.median(run.load.cpu_s / run.load.elapsed for run in runs),
    }


def _ratio(shape: Shape, service: Sequence[Run], bare: Sequence[Run]) -> dict[str, Any]:
    """Medians, least and most of the ratios within a round."""
    costs = [mine.cost / other.cost for mine, other in zip(service, bare, strict=True)]
    return {
        "reads": shape.name,
        "CPU a read": statistics.median(costs),
        "least": min(costs),
        "most": max(costs),
        "more CPU µs/read": statistics.median(m.cost - o.cost for m, o in zip(service, bare, strict=True)),
    }


def _checks(traffic: Traffic, runs: Runs, stored: int) -> dict[str, Any]:
    """What was sent to the service in all, what it stored, and how much of the answers of both was wrong."""
    loads = [run.load for (name, _), done in runs.items() for run in done if name == SERVICE]
    complaints = [complaint for done in runs.values() for run in done for complaint in run.load.wrong]
    for complaint in complaints[:5]:
        say(complaint)
    listed = sum(load.listed for load in loads)
    return {
        "reads": sum(load.reads for load in loads),
        "of listed plates": listed,
        "hits stored": stored,
        "plates left out": traffic.left_out,
        "wrong": len(complaints) + (stored != listed),
    }


if __name__ == "__main__":
    sys.exit(main())
