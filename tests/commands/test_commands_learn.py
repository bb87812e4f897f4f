"""`platematch learn`: teaching a service, or a data folder, and seeing, carrying and forgetting it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any


def pairs_file(folder: Path, count: int = 120, extra: str = "") -> Path:
    rng = random.Random(4)
    plates = [f"AA{rng.randrange(10_000):04}BB" for _ in range(count)]
    rows = [f"{plate},{plate.replace('2', '7')},gate" for plate in plates]
    file = folder / "truth.csv"
    file.write_text("\n".join(["truth,read,camera_id", *rows, extra]), encoding="utf-8")
    return file


def admin_key(on_service: Any) -> str:
    return str(on_service("keys", "create", "--role", "admin").out).strip()


def test_a_service_is_taught_shown_carried_and_reset(on_service: Any, tmp_path: Path) -> None:
    key = admin_key(on_service)
    file = pairs_file(tmp_path, extra="AA1234BB\n")
    taught = on_service("learn", "--pairs", str(file), key=key)
    assert taught.code == 0, taught.err
    assert "learnt from 120 pairs; 1 row rejected" in taught.out
    assert "row 121: " in taught.err
    shown = on_service("learn", "show", key=key).out
    assert "120 pairs" in shown
    assert "2      7" in shown
    assert "gate" in shown
    assert "2      7" in on_service("learn", "show", "--camera", "gate", key=key).out
    exported = tmp_path / "learnt.json"
    assert on_service("learn", "export", str(exported), key=key).code == 0
    assert on_service("learn", "reset", "--yes", key=key).code == 0
    assert "0 pairs" in on_service("learn", "show", key=key).out
    assert "imported" in on_service("learn", "import", str(exported), key=key).out
    assert "120 pairs" in on_service("learn", "show", key=key).out
    assert on_service("learn", "reset", "--camera", "gate", "--yes", key=key).code == 0


def test_a_reset_asks_first(on_service: Any) -> None:
    asked = on_service("learn", "reset", stdin="n\n", key=admin_key(on_service))
    assert asked.code == 130
    assert "Forget what was learnt of all cameras?" in asked.err


def test_a_data_folder_is_taught_without_a_service(command: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    file = pairs_file(tmp_path)
    taught = command("learn", "--pairs", str(file), "--data", str(data))
    assert taught.code == 0, taught.err
    assert "learnt from 120 pairs; 0 rows rejected; version 1" in taught.out
    assert "version 2" in command("learn", "--pairs", str(file), "--data", str(data)).out


def test_mistakes_are_told(command: Any, on_service: Any, tmp_path: Path) -> None:
    few = pairs_file(tmp_path, 3)
    told = command("learn", "--pairs", str(few), "--data", str(tmp_path))
    assert told.code == 1
    assert "too few" in told.err
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("plate,read\nA,B\n", encoding="utf-8")
    told = command("learn", "--pairs", str(wrong), "--data", str(tmp_path))
    assert told.code == 1
    assert "no column is called 'plate'" in told.err
    assert on_service("learn", "show").code == 1, "the key is of role police"
    assert command("learn", "--pairs", str(few), "show").code == 2
    assert "truth,read" in command("learn").out
