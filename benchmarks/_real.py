"""Real pictures with known plates: whether the matcher finds the plate that the project's own reader made of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks._curve import Scored
from benchmarks._judged import CHUNK, FLOOR_OF_A_PLATE, answers, matcher_of
from benchmarks._near import Sample
from benchmarks._seen import START
from platematch.plates import canonical
from platematch.reads import Candidate, PlateRead
from platematch.recognition import recognise

SETS = ("openalpr_eu", "openalpr_us", "openalpr_br", "nomeroff_ua")


class Pair(NamedTuple):
    """The plate in a picture, and what was read; a picture in which nothing was read gives no pair."""

    plate: str
    read: PlateRead


def pairs(folder: Path) -> list[Pair]:
    """Of all pictures of SETS that manifest.csv in the folder names; kept in memory alone."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        known = [(folder / row["file"], row["plate"]) for row in csv.DictReader(file) if row["set"] in SETS]
    with ProcessPoolExecutor(2) as pool:
        found = pool.map(_read, [path for path, _ in known])
        return [Pair(canonical(plate), read) for (_, plate), read in zip(known, found, strict=True) if read is not None]


def rows(real: Sequence[Pair], plates: Sequence[str], traffic: Sample) -> list[dict[str, Any]]:
    """A table: the share found of the pairs, listed among plates, with thresholds set by the simulated traffic."""
    listed = list(dict.fromkeys([*plates, *(pair.plate for pair in real)]))
    matcher = matcher_of(listed)
    false = answers(matcher, listed, traffic.seen, "text", 1).best
    table = []
    for name, soft in (("text only", False), ("with what the reader knows", True)):
        own = np.full(len(real), -np.inf)
        posted = [pair.read if soft else PlateRead(plate=pair.read.plate) for pair in real]
        for start in range(0, len(posted), CHUNK):
            part = posted[start : start + CHUNK]
            found = matcher.match(part, [START] * len(part), floor=FLOOR_OF_A_PLATE * len(listed))
            for i, matches in enumerate(found, start):
                own[i] = max((m.log_odds for m in matches if m.entry_id == real[i].plate), default=-np.inf)
        curve = Scored(own, false, traffic.weights)
        exact = float(np.mean([canonical(pair.read.plate) == pair.plate for pair in real]))
        table.append({
            "what": f"matcher, {name}", "pairs": len(real), "read exactly": exact,
            "found at 1": curve.share_at(1.0), "found at 10": curve.share_at(10.0), "found as set": curve.at(0.0)[0],
        })  # fmt: skip
    return table


def _read(path: Path) -> PlateRead | None:
    """The first of what is found in the picture."""
    for seen in recognise(path.read_bytes(), timeout_s=60):
        others = [Candidate(seen.plate, seen.confidence), *seen.candidates]
        return PlateRead(plate=seen.plate, char_confidences=seen.char_confidences, candidates=others)
    return None
