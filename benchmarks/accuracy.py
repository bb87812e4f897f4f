"""Who is found and who is stopped for nothing: the matcher and the rules that others ship, on simulated traffic.

The cameras of platematch.simulation misread as noisy pictures of glyphs do (and, in a second simulator, as points
that scatter), so their channel is not the matcher's model. Ordinary vehicles and listed ones are driven past the
cameras apart: in reality so few of any 100,000 reads are of listed ones that nothing could be counted. Of what each
rule scores, the threshold is swept: what share is found where no more than 1, or 10, in 100,000 ordinary reads raise
a false alert. Seeds 1 to 99 are for reporting; whoever tunes the matcher does so on seeds from 101 up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks._curve import Said, Scored
from benchmarks._judged import Rivals, answers, matcher_of, said, scored, thinned
from benchmarks._near import ordinary
from benchmarks._report import environment, say, show
from benchmarks._seen import City, Simulator, Soft, passing, reads
from platematch.matcher.learning import learn_pairs, learn_traffic
from platematch.matcher.model import Fixed, Models
from platematch.simulation import fleet, series

IMAGES = Path(__file__).parents[2] / "shared" / "images"
START = Fixed.home("UA")
"""What the matcher knows before it has learnt."""
OWN_REGION = 120.0
"""Weight among series.LISTED of the region around a city's cameras: half of what passes."""
DENSE = 100_000
"""Listed plates beyond which fewer ordinary vehicles do, by the square root: more of them are near a listed one."""
HALF_BY = 4.0
"""How many times too often half of the layouts pass where the traffic's mix is wrong."""


class Row(NamedTuple):
    """A way to use the matcher. learnt: from nothing, from pairs of truth and read, or from the traffic alone."""

    name: str
    soft: Soft
    learnt: str = ""


BEFORE = (
    Row("matcher, text only", "text"),
    Row("matcher, confidences", "confidences"),
    Row("matcher, ten candidates", "candidates"),
    Row("matcher, degraded confidences", "degraded"),
    Row("matcher, meaningless confidences", "meaningless"),
)
ROWS = (
    *BEFORE,
    *(Row(f"{row.name}, pairs learnt", row.soft, "pairs") for row in BEFORE if row.soft != "degraded"),
    Row("matcher, text only, traffic learnt", "text", "traffic"),
    Row("matcher, ten candidates, traffic learnt", "candidates", "traffic"),
)
CROSS = (ROWS[0], ROWS[2], ROWS[5], ROWS[7], ROWS[9])
"""What is measured on the second simulator and with a wrong mix, too."""
Line = dict[str, Any]


class World(NamedTuple):
    """One simulator's city, the vehicles that may be listed, what passes, and what was learnt from other reads."""

    name: str
    city: City
    pool: fleet.Fleet
    mix: fleet.Mix
    models: dict[tuple[Soft, str], Models]
    seed: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    result = measure(options)
    drawn = result.pop("drawn")
    if options.plots:
        from benchmarks._plots import draw

        draw(options.plots, drawn)
    tables = [(title, rows) for title, rows in result["tables"].items()]
    show(result, tables, options.json)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write found-false.png and reliability.png there")
    parser.add_argument("--full", action="store_true", help="four times the reads, and all of 300,000 to learn from")
    parser.add_argument("--text", action="store_true", help="only the rules over the text alone")
    parser.add_argument("--plates", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="sizes of lists")
    parser.add_argument("--reads", type=int, default=2_000_000, help="of ordinary vehicles (default: %(default)s)")
    parser.add_argument("--soft-reads", type=int, default=500_000, help="of others, with soft output")
    parser.add_argument("--listed-reads", type=int, default=5_000, help="of listed ones (default: %(default)s)")
    parser.add_argument("--learn", type=int, default=20_000, help="reads to learn from (default: %(default)s)")
    parser.add_argument("--images", type=Path, default=IMAGES, help="real pictures with manifest.csv, for --full")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.full:
        options.reads, options.soft_reads, options.listed_reads = 8_000_000, 2_000_000, 12_000
        options.learn = 300_000
    return options


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The tables by title, and under "drawn" what the plots show."""
    tables: dict[str, list[Line]] = {}
    drawn: dict[str, Any] = {}
    world = _world(options, "pictures", fleet.passing(), ROWS)
    for size in options.plates:
        title = f"{size:,} listed"
        tables[title], drawn[title] = _compare(options, world, size, ROWS)
    size = options.plates[min(1, len(options.plates) - 1)]
    rows = CROSS if options.full else [row for row in CROSS if not row.learnt]
    for name, simulator, mix in _others():
        title = f"{size:,} listed, {name}"
        cross = _world(options, simulator, mix, rows)
        tables[title], _ = _compare(options, cross, size, rows)
    if options.full and (options.images / "manifest.csv").is_file():
        from benchmarks import _real

        say("reading real pictures")
        listed = world.pool.take(slice(size))
        traffic = ordinary(world.city, options.soft_reads, world.mix, listed, np.random.default_rng(options.seed))
        tables[f"{size:,} listed, real pictures"] = _real.rows(_real.pairs(options.images), listed.plates(), traffic)
    names = ("plates", "reads", "soft_reads", "listed_reads", "learn", "seed")
    return {
        "environment": environment(),
        "options": {name: getattr(options, name) for name in names},
        "tables": tables,
        "drawn": drawn,
    }


def _others() -> Iterator[tuple[str, Simulator, fleet.Mix]]:
    yield "the second simulator", "points", fleet.passing()
    plain = fleet.passing()
    wrong = plain.shares * np.where(np.arange(len(plain.shares)) % 2, HALF_BY, 1.0)
    yield "a wrong mix of formats", "pictures", plain._replace(shares=wrong / wrong.sum())
    yield "another city", "pictures", plain._replace(regions=series.LISTED | {"Lviv": OWN_REGION})


def _world(options: argparse.Namespace, simulator: Simulator, mix: fleet.Mix, rows: Sequence[Row]) -> World:
    rng = np.random.default_rng(options.seed)
    city = City(simulator, options.seed)
    pool = fleet.distinct(max(options.plates), fleet.listed(), rng)
    models = _models(options, city, mix, _kept(rows, options), rng)
    return World(simulator, city, pool, mix, models, options.seed)


def _kept(rows: Sequence[Row], options: argparse.Namespace) -> list[Row]:
    """The rows asked for, and of those that need learning none without reads to learn from."""
    return [row for row in rows if (row.soft == "text" or not options.text) and (options.learn or not row.learnt)]


def _models(
    options: argparse.Namespace, city: City, mix: fleet.Mix, rows: Sequence[Row], rng: np.random.Generator
) -> dict[tuple[Soft, str], Models]:
    """What is learnt for each row that learns: from reads of the same cameras, of other vehicles."""
    learning = [row for row in rows if row.learnt]
    models: dict[tuple[Soft, str], Models] = {}
    if learning:
        drawn = fleet.draw(options.learn, mix, rng)
        seen = city.see(drawn, rng, soft=any(row.soft != "text" for row in learning))
        truths = drawn.plates()
    for row in learning:
        say(f"learning: {row.name}")
        posted = reads(seen, row.soft, rng)
        models[row.soft, row.learnt] = learn_pairs(truths, posted) if row.learnt == "pairs" else learn_traffic(posted)
    return models


def _compare(
    options: argparse.Namespace, world: World, size: int, rows: Sequence[Row]
) -> tuple[list[Line], dict[str, Any]]:
    """A table for lists of this size, and what of it is drawn: Scored by name, and what each row stated."""
    say(f"{world.name}: {size:,} listed")
    rng = np.random.default_rng([world.seed, size])
    listed = world.pool.take(slice(size))
    plates, keys = listed.plates(), listed.keys()
    kept = _kept(rows, options)
    soft = any(row.soft != "text" for row in kept)
    fewer_by = max(1.0, size / DENSE) ** 0.5
    whole = ordinary(world.city, int(options.reads / fewer_by), world.mix, listed, rng)
    wanted = passing(world.city, options.listed_reads, listed, rng, soft=soft)
    rivals = Rivals(plates).judged(wanted, whole)
    table = [_line(rule.name, curve, setting, None) for rule, curve, setting in rivals]
    curves = {rule.name: curve for rule, curve, _ in rivals}
    matcher = matcher_of(plates)
    if soft:
        drawn = ordinary(world.city, int(options.soft_reads / fewer_by), world.mix, listed, rng, soft=True)
        near = answers(matcher, plates, drawn.seen, "text", world.seed).best > -np.inf
        fewer = thinned(drawn, near, keys, rng)
    stated: dict[str, Said] = {}
    for row in kept:
        say(f"  {row.name}")
        matcher.learn(world.models.get((row.soft, row.learnt), START))
        sample = whole if row.soft == "text" else fewer
        own, other = (answers(matcher, plates, seen, row.soft, world.seed) for seen in (wanted, sample.seen))
        curves[row.name] = scored(own, other, sample.weights)
        stated[row.name] = said(own, other, sample.weights, size)
        table.append(_line(row.name, curves[row.name], curves[row.name].at(0.0), stated[row.name]))
    settings = {rule.name: setting for rule, _, setting in rivals}
    return table, {"curves": curves, "settings": settings, "stated": stated}


def _line(name: str, curve: Scored, setting: tuple[float, float] | None, stated: Said | None) -> Line:
    """Of the table. alerts behind: the false alerts that were seen where 1, and 10, in 100,000 are allowed; as set: at
    the rule's own setting, for the matcher at a probability of one half."""
    found, false = setting or (None, None)
    return {
        "rule": name,
        "found at 1": curve.share_at(1.0),
        "found at 10": curve.share_at(10.0),
        "alerts behind": f"{curve.behind(1.0)}/{curve.behind(10.0)}",
        "found as set": found,
        "false as set": false,
        "gap": None if stated is None else stated.gap(),
        "by chance": None if stated is None else stated.by_chance(),
    }


if __name__ == "__main__":
    sys.exit(main())
