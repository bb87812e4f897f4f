"""The benchmarks in small, for their answers: what they time is not looked at here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
ABOUT = {"cpu", "cores", "system", "python", "platematch", "numpy", "numba", "rapidfuzz"}


def run(module: str, *arguments: str) -> dict[str, Any]:
    """What the benchmark prints as JSON, about the machine and the options it ran with."""
    command = [sys.executable, "-m", f"benchmarks.{module}", "--json", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert set(result["environment"]) == ABOUT
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


def test_a_seed_gives_the_same_figures() -> None:
    small = ("accuracy", "--plates", "200", "--lists", "1", "--reads", "200", "--listed-reads", "100", "--seed", "5")
    assert run(*small) == run(*small)
