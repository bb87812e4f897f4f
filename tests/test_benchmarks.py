"""The benchmarks in small, for their answers: what they time is not looked at here."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from photographs import photograph

from benchmarks._load import Request
from benchmarks._traffic import Traffic
from benchmarks.ingest import wrong
from platematch.reads import Read

REPOSITORY = Path(__file__).parents[1]
ABOUT = {"date", "cpu", "cores", "system", "python", "platematch", "numpy", "numba", "aiohttp", "rapidfuzz"}


def run(module: str, *arguments: str) -> dict[str, Any]:
    """What the benchmark prints as JSON, about the machine and the options it ran with."""
    command = [sys.executable, "-m", f"benchmarks.{module}", "--json", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert set(result["environment"]) >= ABOUT
    return result


def test_speed_is_measured_and_the_answers_agree() -> None:
    result = run("match", "--plates", "2000", "--reads", "2048", "--rival-reads", "200", "--repeats", "1")
    assert result["options"] == {"plates": 2000, "reads": 2048, "rival_reads": 200, "repeats": 1, "seed": 1}
    assert all(row["reads/s"] > 0 for row in result["rows"])
    assert {"dict, exact texts (floor)", "Matcher.match, traffic", "RapidFuzz cdist, distance 1"} <= {
        row["what"] for row in result["rows"]
    }
    assert result["checks"]["missing"] == 0
    assert result["checks"]["candidates"] >= result["checks"]["within 1"] >= 100 > result["checks"]["exact"] > 20


def test_rules_are_compared_and_probabilities_checked() -> None:
    result = run("accuracy", "--plates", "1000", "3000", "--lists", "1", "--reads", "3000", "--listed-reads", "600")
    assert [size["plates"] for size in result["sizes"]] == [1000, 3000]
    for size in result["sizes"]:
        exact, edit, matcher = (rule["found"] for rule in size["rules"])
        assert 0.8 < exact < matcher < edit < 1.0
        stray, _, false = (rule["false"] for rule in size["rules"])
        assert stray <= false <= 1
        assert sum(row["right pairs"] for row in size["bins"]) > 500
        assert all(row["right"] > 0.5 for row in size["bins"] if row["right pairs"] > 100)


def test_pictures_are_read_and_compared_with_what_they_show(tmp_path: Path) -> None:
    """Two that show what the manifest says, one that does not, one without a known box."""
    shown = {"AC9182TB": "AC9182TB", "KA2463HE": "KA2463HE", "BH7391CX": "BH7391CE"}
    rows = ["file,set,plate,country,x,y,w,h"]
    for plate, said in shown.items():
        (tmp_path / f"{plate}.jpg").write_bytes(photograph(plate))
        rows.append(f"{plate}.jpg,openalpr_eu,{said},ua,{'0,0,640,480' if said == 'KA2463HE' else ',,,'}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    result = run("pictures", "--images", str(tmp_path))
    (row,) = result["rows"]
    assert (row["set"], row["pictures"]) == ("eu", 3)
    assert row["exact"] == row["folded"] == pytest.approx(2 / 3)
    assert (row["OpenALPR exact"], row["stray"]) == (0.741, 0.0)
    assert row["ms"] > row["of that finding"] > 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_service_is_measured_and_its_answers_agree(workers: str) -> None:
    result = run("ingest", "--plates", "2000", "--seconds", "0.4", "--rounds", "2", "--workers", workers)
    assert result["options"]["bytes a read"] == 341
    assert {row["server"] for row in result["rows"]} == {
        f"{server}, {reads}" for server in ("platematch", "bare aiohttp") for reads in ("single", "NDJSON")
    }
    assert all(row["reads/s"] > 0 and row["CPU µs/read"] > 0 for row in result["rows"])
    assert all(row["least"] <= row["CPU a read"] <= row["most"] for row in result["ratios"])
    checks = result["checks"]
    assert checks["wrong"] == 0
    assert checks["hits stored"] == checks["of listed plates"] > 0
    assert checks["reads"] >= 1000


def test_the_generator_tells_what_is_wrong() -> None:
    request = Request(b"", reads=2, listed=1)
    good = b'{"accepted":2,"duplicates":0,"rejected":[],"hits":[{}],"version":1}'
    assert wrong(True, request, 200, good) is None
    for status, body in ((503, good), (200, good.replace(b"{}", b"")), (200, good.replace(b"2", b"1"))):
        complaint = wrong(True, request, status, body)
        assert complaint is not None
        assert f"answered {status}" in complaint
    assert wrong(False, request, 200, good) is not None


def test_every_read_is_as_long_and_fresh() -> None:
    traffic = Traffic(500, random.Random(1), ordinary=500)
    single, lines = traffic.requests("key", 1), traffic.requests("key", 1000)
    bodies = [next(single).wire.partition(b"\r\n\r\n")[2]]
    request = next(lines)
    bodies += request.wire.partition(b"\r\n\r\n")[2].splitlines()
    reads = [msgspec.json.decode(body, type=Read) for body in bodies]
    assert {len(body) for body in bodies} == {341}
    assert len({read.read_id for read in reads}) == len(reads) == 1001
    assert [read.plate in traffic.listed for read in reads].count(True) == request.listed == 1


def test_a_seed_gives_the_same_figures() -> None:
    small = ("accuracy", "--plates", "200", "--lists", "1", "--reads", "200", "--listed-reads", "100", "--seed", "5")
    assert run(*small) == run(*small)
