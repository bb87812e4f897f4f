"""The documents' shell blocks work as printed, one after another, and print what the documents show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, Block, document
from postgres import PASSWORD, Server
from sqlalchemy import func, select
from terminal import Terminal, disagreement

from platematch.store import open_sync
from platematch.store.schema import hits

BY_DOCUMENT: dict[str, list[Block]] = {
    page.name: [block for block in page.blocks if block.language in ("sh", "text")] for page in DOCUMENTS
}
# What cannot run inside a test, since it runs all tests or takes the machine for long, and the file that runs it.
RUN_BY = {
    "make test": ".ci/run",
    "make check": ".ci/run",
    "make sanitize": ".ci/run",
    "make bench": "tests",
}


# What readers of a document have beforehand, beside a service that runs.
GIVEN = {
    "docs/api.md": {"KEY": "$(platematch keys create --role admin)"},
    "docs/webhooks.md": {
        "KEY": "$(platematch keys create --role operator)",
        "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "ID": "msg_1",
        "TIMESTAMP": "1700000000",
    },
    "docs/operating.md": {"PGHOST": "127.0.0.1", "PGUSER": "postgres", "PGPASSWORD": PASSWORD},
}


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL server that nobody has made anything on."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def prepared(name: str, terminal: Terminal, tmp_path: Path, request: pytest.FixtureRequest) -> Terminal:
    """The terminal of a reader of that document."""
    if name in GIVEN:
        terminal.run("make serve")
        terminal.run("".join(f"export {variable}={value}\n" for variable, value in GIVEN[name].items()))
    if name == "docs/operating.md":
        terminal.run(f"export PGPORT={request.getfixturevalue('server').port}")
    if name == "docs/webhooks.md":
        terminal.folder = tmp_path
        (tmp_path / "body.json").write_text("{}")
    if name == "docs/api.md":
        terminal.folder = tmp_path
        rows = [f"AA{i:04}BB,AA{i:04}B8" for i in range(60)]
        (tmp_path / "truth.csv").write_text("\n".join(["truth,read", *rows]))
    return terminal


@pytest.mark.parametrize("name", [name for name, blocks in BY_DOCUMENT.items() if blocks])
def test_commands_work_as_printed_and_print_what_is_shown(
    name: str, prepared: Terminal, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    printed = ""
    for block in BY_DOCUMENT[name]:
        if block.language == "text":
            part = disagreement(block.text, printed)
            assert part is None, f"{block}: this is not printed, or not there: {part}\n\nprinted:\n{printed}"
        elif block.text.strip() in RUN_BY:
            check_it_is_run(block.text.strip())
            printed = ""
        else:
            printed = prepared.run(block.text)
    if name == "docs/operating.md":
        check_backups(tmp_path / "backups", request.getfixturevalue("server"), prepared)


def check_backups(folder: Path, server: Server, terminal: Terminal) -> None:
    """Nobody else may read them, and each is a store again when it is put back as the document says."""
    assert folder.stat().st_mode & 0o077 == 0
    (of_sqlite,), (of_postgresql,) = folder.glob("*.db"), folder.glob("*.dump")
    (restore,) = [span for span in document("docs/operating.md").spans if span.startswith("pg_restore ")]
    terminal.close()
    server.execute("DROP DATABASE platematch")
    server.execute("CREATE DATABASE platematch OWNER platematch")
    terminal.run(f"{restore} {of_postgresql}")
    for url in (f"sqlite:///{of_sqlite}", server.url("platematch", password="change-me")):
        with open_sync(url) as engine, engine.connect() as connection:
            assert connection.execute(select(func.count()).select_from(hits)).scalar_one() == 0


def check_it_is_run(command: str) -> None:
    """The file that is to run the command does; of `make bench`, some test runs each benchmark in small."""
    if command != "make bench":
        runner = (ROOT / RUN_BY[command]).read_text()
        assert re.search(rf"^(stage|make) {command.removeprefix('make ')}\b", runner, re.MULTILINE), (
            f"{RUN_BY[command]} does not run {command}"
        )
        return
    tests = "\n".join(path.read_text() for path in ROOT.glob("tests/**/test_*.py") if path != Path(__file__))
    for path in ROOT.glob("benchmarks/[a-z]*.py"):
        assert re.search(rf'run\(\s*"{path.stem}"|benchmarks\.{path.stem}\b', tests), f"no test runs {path.stem}"


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ('{"hits":4}', '{"hits":5}'),
        ("one\n…\nthree", "one\ntwo"),
        ("two", "one\ntwo"),
        ("one", "one\ntwo"),
        ("one … two", "two one"),
    ],
)
def test_what_is_not_printed_is_noticed(said: str, printed: str) -> None:
    assert disagreement(said, printed) is not None


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("took 12 ms", "took 3 ms"),
        ("0.768, 3,891", "0.9, 1,234,567"),
        ("…\ntwo\n…", "one\ntwo\nthree"),
        ('{"hit_id":"a3a6e2b0e33871934bee2baf1370d4ab"}', '{"hit_id":"00000000000000000000000000000000"}'),
        ("a long\nline", "a long line"),
    ],
)
def test_what_differs_from_run_to_run_is_not(said: str, printed: str) -> None:
    assert disagreement(said, printed) is None
