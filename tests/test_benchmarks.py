"""The benchmarks in small, for their answers: what they time is not looked at here."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from photographs import photograph

from benchmarks._curve import Said, Scored
from benchmarks._judged import Rivals
from benchmarks._load import Request
from benchmarks._near import ordinary
from benchmarks._rules import Pairs, rules, weighted
from benchmarks._seen import City
from benchmarks._traffic import Traffic
from benchmarks.ingest import wrong
from platematch.plates import pack_batch
from platematch.reads import Read
from platematch.simulation import fleet
from platematch.simulation.fleet import distinct

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
    small = ("--plates", "2000", "--reads", "2048", "--rival-reads", "200", "--rivals", "0", "--repeats", "1")
    result = run("match", *small)
    assert result["options"] == {"plates": 2000, "reads": 2048, "rival_reads": 200, "repeats": 1, "seed": 1}
    assert all(row["reads/s"] > 0 for row in result["rows"])
    assert {
        "floor: ten random cache lines a read",
        "search and bound (Matcher.sift)",
        "search, bound and scores (Matcher.score)",
        "Matcher.match, traffic",
        "RapidFuzz cdist",
    } <= {row["what"] for row in result["rows"]}
    assert {row["what"] for row in result["calls"]} == {"one read", "put an entry", "remove an entry"}
    checks = result["checks"]
    assert checks["missing"] == checks["wrongly dropped"] == checks["wrong scores"] == 0
    assert checks["candidates"] >= checks["within 1"] >= 100 > checks["exact"] > 20
    assert checks["scores"] > 20


def test_reads_that_stand_for_others_say_what_plain_ones_say() -> None:
    rng = np.random.default_rng(5)
    city, listed = City("pictures", 5), distinct(20_000, fleet.listed(), rng)
    rule = Rivals(listed.plates())
    shares = []
    for sample in (
        ordinary(city, 100_000, fleet.passing(), listed, rng, plain=True),
        ordinary(city, 800_000, fleet.passing(), listed, rng),
    ):
        _, curve, setting = next(row for row in rule.judged(sample.seen.take(slice(9)), sample) if "≤ 1" in row[0].name)
        assert setting is not None
        assert curve.at(1.0)[1] <= setting[1]
        shares.append(setting[1] / 1e5)
        assert abs(sample.stands_for / (800_000 if len(shares) == 2 else 100_000) - 1.0) < 0.01
    assert 0.02 < shares[0] < 0.06
    assert shares[1] == pytest.approx(shares[0], rel=0.08)


def test_rules_are_compared_and_probabilities_checked(tmp_path: Path) -> None:
    result = run(
        "accuracy", "--plates", "1000", "5000", "--reads", "60000", "--soft-reads", "4000", "--listed-reads", "500",
        "--learn", "600", "--plots", str(tmp_path),
    )  # fmt: skip
    titles = list(result["tables"])
    assert titles[:2] == ["1,000 listed", "5,000 listed"]
    others = ("the second simulator", "a wrong mix of formats", "another city")
    assert titles[2:] == [f"5,000 listed, {name}" for name in others]
    for title, rows in result["tables"].items():
        found = {row["rule"]: row["found as set"] for row in rows}
        exact, edit, matcher = (
            found[rule] for rule in ("exact text", "Levenshtein ≤ 1 (RapidFuzz)", "matcher, text only")
        )
        assert 0.85 < exact < edit < 1.0, title
        assert exact - 0.02 < matcher < 1.0, title
        false = {row["rule"]: row["false as set"] for row in rows}
        assert false["exact text"] <= false["Genetec, one look-alike"] <= false["OPS-COM, one look-alike"]
        assert false["OPS-COM, one look-alike"] < false["Levenshtein ≤ 1 (RapidFuzz)"]
        assert all(0 <= row["found at 1"] <= row["found at 10"] <= 1 for row in rows)
        assert any(row["gap"] is not None for row in rows)
    for name in ("found-false.png", "reliability.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_thresholds_and_gaps_are_those_worked_out_by_hand() -> None:
    curve = Scored(np.array([5.0, 3.0, 1.0, -np.inf]), np.array([4.0, 2.0, -np.inf]), np.array([1.0, 9.0, 99_990.0]))
    assert [curve.share_at(rate) for rate in (0.5, 1, 9, 10)] == [0.25, 0.5, 0.5, 0.75]
    assert curve.at(2.0) == (0.5, pytest.approx(10.0))
    said = Said(np.array([0.2, 0.2, 0.9]), np.array([True, False, True]), np.array([1.0, 3.0, 4.0]))
    assert said.gap() == pytest.approx((4 * abs(0.2 - 0.25) + 4 * abs(0.9 - 1.0)) / 8)


def test_rules_score_what_they_are_shipped_for() -> None:
    plates, reads = ["AB1234CD"] * 6, ["AB1234CD", "AB1Z34CD", "A81234CD", "EB1234CD", "IAB1234CD", "AB12340D"]
    codes, lengths = pack_batch(plates)
    pairs = Pairs(*pack_batch(reads), codes, lengths)
    says = {rule.name: (rule.score(pairs) > -np.inf).tolist() for rule in rules(codes, lengths)}
    assert says["exact text"] == [True] + [False] * 5
    assert says["Genetec, one look-alike"] == [True, True, True, False, False, False]
    assert says["Levenshtein ≤ 1 (RapidFuzz)"] == [True] * 6
    assert weighted(pairs).tolist() == pytest.approx([0.0, 0.3, 0.3, 1.0, 0.6, 1.0])


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
    small = ("accuracy", "--text", "--plates", "200", "--reads", "300", "--listed-reads", "100", "--learn", "0")
    assert run(*small) == run(*small)
