"""The documents are true: their commands run as printed, and what they name exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from running import Running

from platematch import settings
from platematch.reads import Read
from platematch.watchlist import Watchlist

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(document: Path, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    service = Running(tmp_path_factory.mktemp("documents"), webhook_allow_private="false")
    service.start()
    yield service
    assert service.stop() == 0


def shell(service: Running, lines: str) -> str:
    """Run commands as printed, at the service's address instead of the default one; what they printed."""
    script = "set -e\n" + lines.replace("http://127.0.0.1:8080", service.url)
    environment = service.environment | {
        "PLATEMATCH_URL": service.url,
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def commands(document: Path) -> str:
    """Every shell block but those that start the service or the tests themselves, which `make` does."""
    return "\n".join(block for block in blocks(document, "sh") if not block.startswith("make "))


def test_the_readme_commands_for_a_first_camera_work(service: Running) -> None:
    printed = shell(service, commands(ROOT / "README.md"))
    answers: list[dict[str, Any]] = [
        json.loads(line) for line in printed.replace("}{", "}\n{").splitlines() if line.startswith("{")
    ]
    assert answers[0] | {"version": 0} == {"accepted": 1, "duplicates": 0, "rejected": [], "hits": [], "version": 0}
    (hit,) = answers[1]["items"]
    assert hit["entry"]["plate"] == "АС9182ТВ"
    assert hit["probability"] > 0.5
    assert "read Z where the list has 2" in hit["explanation"]["sentence"]


def test_the_quickstart_commands_work(service: Running) -> None:
    printed = shell(service, commands(ROOT / "docs" / "quickstart.md"))
    assert '"accepted":1' in printed
    assert '"secret":"whsec_' in printed
    assert "АС9182ТВ" in printed


def test_the_quickstarts_table_can_be_imported(service: Running, tmp_path: Path) -> None:
    (table,) = blocks(ROOT / "docs" / "quickstart.md", "csv")
    (tmp_path / "list.csv").write_text(table, encoding="utf-8")
    service.environment["PLATEMATCH_KEY"] = service.command("keys", "create", "--role", "police")
    service.environment["PLATEMATCH_URL"] = service.url
    assert service.command("watchlist", "import", "table", str(tmp_path / "list.csv")).startswith("2 added")


def test_the_apis_examples_are_what_the_service_takes() -> None:
    read, _, watchlist = blocks(ROOT / "docs" / "api.md", "json")
    assert msgspec.json.decode(read, type=Read).camera_id == "gate-1"
    assert msgspec.convert(json.loads(watchlist) | {"watchlist_id": "x"}, Watchlist).priority == 10


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"
    known = {source.variable for source in settings.load_with_sources({})[1]} | {settings.FILE_VARIABLE}
    for variable in re.findall(r"PLATEMATCH_[A-Z_]+", text):
        assert variable in known, f"{document.name} names the setting {variable}"


def test_the_architecture_names_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|c))`", text):
        found = list(ROOT.glob(f"platematch/**/{name}")) + list(ROOT.glob(name))
        assert found, f"docs/architecture.md names {name}"
