"""How well plates are found and read in pictures with known plates, beside OpenALPR's figures on the same pictures.

The pictures are not part of the repository: manifest.csv in the folder names file, set, plate, box and country. A text
counts as folded when it is right with O and Q taken for 0 and I for 1. Found: the box of a find covers the plate's;
said of sets whose boxes are known, as is stray: the plate is painted over, and something is found all the same.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from benchmarks._report import environment, say, show
from platematch.recognition import Sighted, recognise
from platematch.recognition.decode import decode
from platematch.recognition.find import find_lines, overlap
from platematch.recognition.sight import MOST_LINES

IMAGES = Path(__file__).parents[2] / "shared" / "images"
SETS = {"openalpr_eu": "eu", "openalpr_us": "us", "openalpr_br": "br", "nomeroff_ua": "ua one-line"}
OPENALPR = {
    "openalpr_eu": (0.741, 0.889),
    "openalpr_us": (0.518, 0.536),
    "openalpr_br": (0.421, 0.649),
    "nomeroff_ua": (2 / 21, None),
}
"""Exact and folded of OpenALPR 2.3 in its default configuration, measured once on all pictures of these sets."""
RIVAL = (
    "OpenALPR's figures are of all pictures of its sets, of which the folder may hold a part. It is better at European "
    "plates once O and 0, I and 1 count as one, and at American ones, which are small and dim here. The weights in "
    "recognition/rank.py and the choice of cut-outs were made on half A; failures were looked at in both halves."
)
MAX_PIXELS = 25_000_000

_FOLD = str.maketrans("OQI", "001")


class Answer(NamedTuple):
    """What came of one picture; None where its box is not known. Times in seconds."""

    half: str
    exact: bool
    folded: bool
    among: bool
    found: bool | None
    stray: bool | None
    finding: float
    whole: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; where there are no pictures say so, which is a mistake (2) if they were named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--images", type=Path, default=IMAGES, help="folder with manifest.csv (default: %(default)s)")
    parser.add_argument(
        "--set", action="append", dest="sets", metavar="NAME", help="only these (default: all in one line)"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth picture of a set")
    parser.add_argument("--processes", type=int, default=1, choices=(1, 2), help="times are of one (default: 1)")
    options = parser.parse_args(arguments)
    if not (options.images / "manifest.csv").is_file():
        say(f"no pictures: {options.images} has no manifest.csv; name another folder by --images")
        return 0 if options.images == IMAGES else 2
    result = measure(options)
    show(result, [("Plates read, as shares of the pictures", result["rows"])], options.json)
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every picture of the sets once whole and, where its box is known, once without its plate."""
    with (options.images / "manifest.csv").open(newline="", encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    rows = []
    with ProcessPoolExecutor(options.processes) as pool:
        for name in options.sets or SETS:
            pictures = [row for row in listed if row["set"] == name][:: options.every]
            say(f"reading {len(pictures)} pictures of {name}")
            answers = list(pool.map(look, [options.images / row["file"] for row in pictures], pictures))
            if answers:
                rows.append(summary(name, answers))
    return {
        "environment": environment(),
        "options": {"every": options.every, "processes": options.processes},
        "rows": rows,
        "rival": RIVAL,
    }


def look(path: Path, known: dict[str, str]) -> Answer:
    """Recognise one picture and compare."""
    picture = path.read_bytes()
    start = time.perf_counter()
    grey = decode(picture, MAX_PIXELS)
    find_lines(grey, MOST_LINES)
    middle = time.perf_counter()
    finds = recognise(picture, timeout_s=60)
    end = time.perf_counter()
    plate, top = known["plate"], finds[0].plate if finds else ""
    texts = {one.plate for one in finds} | {other.plate for one in finds for other in one.candidates}
    box = tuple(int(known[side]) for side in "xywh") if known["x"] else None
    return Answer(
        half="AB"[sha256(known["file"].encode()).digest()[0] & 1],
        exact=top == plate,
        folded=folded(top) == folded(plate),
        among=folded(plate) in map(folded, texts),
        found=any(_covers(one, box) for one in finds) if box else None,
        stray=bool(recognise(without(grey, box), timeout_s=60)) if box else None,
        finding=middle - start,
        whole=end - middle,
    )


def folded(text: str) -> str:
    """The text with O and Q as 0 and I as 1."""
    return text.translate(_FOLD)


def without(grey: np.ndarray[Any, np.dtype[np.uint8]], box: tuple[int, ...]) -> bytes:
    """The picture as PNG with the plate's box and a margin painted in its mean grey."""
    x, y, w, h = box
    blank = grey.copy()
    place = np.s_[max(0, y - h // 3) : y + h + h // 3, max(0, x - h // 3) : x + w + h // 3]
    blank[place] = np.uint8(blank[place].mean())
    return bytes(cv2.imencode(".png", blank)[1])


def summary(name: str, answers: Sequence[Answer]) -> dict[str, Any]:
    """One row of the table."""
    first, second = ([answer for answer in answers if answer.half == half] for half in "AB")
    exact, fold = OPENALPR.get(name, (None, None))
    return {
        "set": SETS.get(name, name),
        "pictures": len(answers),
        "exact": _share([answer.exact for answer in answers]),
        "folded": _share([answer.folded for answer in answers]),
        "folded, half A": _share([answer.folded for answer in first]),
        "half B": _share([answer.folded for answer in second]),
        "OpenALPR exact": exact,
        "OpenALPR folded": fold,
        "among candidates": _share([answer.among for answer in answers]),
        "found": _share([answer.found for answer in answers]),
        "stray": _share([answer.stray for answer in answers]),
        "ms": statistics.median(answer.whole for answer in answers) * 1000,
        "of that finding": statistics.median(answer.finding for answer in answers) * 1000,
    }


def _share(values: Sequence[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _covers(find: Sighted, box: tuple[int, ...]) -> bool:
    def corners(x: int, y: int, w: int, h: int) -> tuple[int, ...]:
        return x, y, x + w, y + h

    return overlap(corners(*find.box), corners(*box)) > 0.5


if __name__ == "__main__":
    sys.exit(main())
