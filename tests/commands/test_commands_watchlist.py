"""The commands beside a running service: import, export, list, match, keys."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

CSV = "entry_id,plate,region,reason,make\n1,АА1234ВВ,UA,stolen,BMW\n2,!!!,,stolen,\n3,KA99?9AX,,stolen,\n"


def test_an_import_makes_the_list_and_names_the_rejected_rows(on_service: Any, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(CSV)
    first = on_service("watchlist", "import", "first", str(file), "--purpose", "theft", "--owner", "Ana")
    assert first.code == 0
    assert "2 added" in first.out
    assert "1 row rejected" in first.out
    assert "is new" in first.err
    assert "row 2: " in first.err
    again = on_service("watchlist", "import", "first", "-", "--format", "csv", "--mode", "merge", stdin=CSV)
    assert "2 unchanged" in again.out
    assert "is new" not in again.err
    listed = on_service("watchlist", "list").out
    assert "theft (Ana)" in next(line for line in listed.splitlines() if line.startswith("first "))


def test_an_export_can_be_imported_again(on_service: Any, tmp_path: Path) -> None:
    on_service("watchlist", "import", "source", "-", "--format", "csv", stdin=CSV)
    out = tmp_path / "out.csv"
    assert on_service("watchlist", "export", "source", str(out)).code == 0
    assert on_service("watchlist", "export", "source").out.splitlines() == out.read_text().splitlines()
    done = on_service("watchlist", "import", "source", str(out))
    assert "0 added, 0 changed, 0 removed, 2 unchanged" in done.out


def test_a_dry_run_changes_nothing(on_service: Any, tmp_path: Path) -> None:
    absent = on_service("watchlist", "import", "dry", "-", "--format", "csv", "--dry-run", stdin=CSV)
    assert absent.code == 1
    on_service("watchlist", "import", "dry", "-", "--format", "csv", stdin="plate,reason\nKA1111AX,stolen\n")
    tried = on_service("watchlist", "import", "dry", "-", "--format", "csv", "--dry-run", stdin=CSV)
    assert "would be 2 added, 0 changed, 1 removed" in tried.out
    assert "KA1111AX" in on_service("watchlist", "export", "dry").out


def test_a_file_without_a_valid_row_fails(on_service: Any) -> None:
    done = on_service("watchlist", "import", "invalid", "-", "--format", "csv", stdin="plate,reason\n!!!,stolen\n")
    assert done.code == 1
    assert "no row" in done.err
    done = on_service("watchlist", "import", "invalid", "-", "--format", "mvs", stdin="no json")
    assert done.code == 1
    done = on_service("watchlist", "import", "invalid", "-", "--format", "xls", stdin="x")
    assert done.code == 2
    assert "csv" in done.err


def test_a_plate_is_matched_by_the_service(on_service: Any) -> None:
    on_service("watchlist", "import", "asked", "-", "--format", "csv", stdin="plate,reason\nKM4321AX,stolen\n")
    done = on_service("match", "KM4Z21AX")
    assert "KM4321AX  (asked, " in done.out
    assert "about 1 in" in done.out
    answer = json.loads(on_service("match", "KM4321AX", "--json").out)
    assert answer["matches"][0]["plate"] == "KM4321AX"
    refused = on_service("match", "...")
    assert (refused.code, refused.out) == (1, "")


@pytest.mark.parametrize("key", ["nonsense", "pm_0123456789ab_" + "x" * 43])
def test_a_wrong_key_is_told(on_service: Any, key: str) -> None:
    done = on_service("watchlist", "list", key=key)
    assert (done.code, done.out) == (1, "")
    assert "not known" in done.err


def test_a_key_of_another_role_is_told_which_are_needed(on_service: Any) -> None:
    camera = on_service("keys", "create", "--role", "camera").out.strip()
    done = on_service("watchlist", "list", "--key", camera)
    assert done.code == 1
    assert "police" in done.err


def test_keys_work_while_the_service_runs(on_service: Any, served: Any) -> None:
    token = on_service("keys", "create", "--role", "operator").out.strip()
    request = urllib.request.Request(f"{served.url}/v1/hits", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    made = on_service("keys", "create", "--role", "operator").out.strip()
    assert on_service("keys", "revoke", made.split("_")[1]).code == 0
    request = urllib.request.Request(f"{served.url}/v1/hits", headers={"Authorization": f"Bearer {made}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    refused.value.close()
    assert refused.value.code == 401
