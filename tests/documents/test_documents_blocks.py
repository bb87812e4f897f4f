"""Every code block of the documents is run, or taken by what it is meant for; one of a new kind fails here."""

from __future__ import annotations

import ast
import configparser
import json
import re
import tempfile
from collections.abc import Callable

import interface
import pytest
from documents import BLOCKS, DOCUMENTS, ROOT, Block, spans

from platematch import settings
from platematch.api.reads import parse_lines
from platematch.reads import Read
from platematch.watchlist.importing import read_file


def runs_in_its_terminal(block: Block) -> None:
    """tests/documents/test_documents_commands.py runs all shell blocks of a document, and knows each document's."""
    from test_documents_commands import BY_DOCUMENT

    assert block in BY_DOCUMENT[block.document]


def follows_a_command(block: Block) -> None:
    """What a terminal shows belongs to the commands before it, whose output test_documents_commands.py compares."""
    from test_documents_commands import BY_DOCUMENT

    before = BY_DOCUMENT[block.document][: BY_DOCUMENT[block.document].index(block)]
    assert [other for other in before if other.language == "sh"], f"{block}: the output of what?"


def is_json_of_the_interface(block: Block) -> None:
    """A body or an answer of a call that its section names, or an event of a webhook; with no unknown field."""
    value = json.loads(block.text)
    schemas = [
        schema
        for method, path, _ in interface.calls(block.section)
        for operation in interface.operations(method, path)
        for schema in interface.bodies(operation)
    ]
    if "hit.created" in spans(block.section):
        schemas.append(interface.component("HitEvent"))
    assert any(interface.is_valid(value, schema) for schema in schemas), f"{block} is nothing that its section names"


def is_a_list(block: Block) -> None:
    """Every row is an entry."""
    imported = read_file("csv", block.text.encode())
    assert imported.entries, block
    assert not imported.rejected, f"{block}: {imported.rejected}"


def is_reads_line_by_line(block: Block) -> None:
    """Every line is a read."""
    items, _ = parse_lines(block.text.encode(), most=1000)
    assert items, block
    assert all(isinstance(item, Read) for item in items), f"{block}: {items}"


def is_a_settings_file(block: Block) -> None:
    """Every name is a setting, every value one that it takes, and none is the default."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(block.text.encode())
        file.flush()
        loaded, sources = settings.load_with_sources({settings.FILE_VARIABLE: file.name})
    given = {source.name for source in sources if source.origin != "default"}
    assert given, block
    assert not [name for name in given if getattr(loaded, name) == getattr(settings.Settings(), name)], block


def is_a_unit(block: Block) -> None:
    """A systemd unit that runs the service and starts it again; its command is checked with the others."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block.text)
    assert re.search(r"/platematch serve\b", unit["Service"]["ExecStart"]), block
    assert unit["Service"]["Restart"] in ("always", "on-failure"), block
    given = re.findall(r"^Environment=(\w+)=(\S*)$", block.text, re.MULTILINE)
    assert given, block
    assert settings.load(dict(given)), block


def is_a_program_of_the_webhooks(block: Block) -> None:
    """tests/webhooks/test_webhooks_document.py starts the one program in each language and posts to it."""
    assert block.document == "docs/webhooks.md", f"no test runs {block}"
    same = [other for other in BLOCKS if (other.document, other.language) == (block.document, block.language)]
    assert same == [block], "only one program a language is run"
    runner = (ROOT / "tests/webhooks/test_webhooks_document.py").read_text()
    assert f'"{block.language}")' in runner
    if block.language == "python":
        ast.parse(block.text)


def is_an_example_that_runs(block: Block) -> None:
    """tests/documents/test_documents_examples.py runs all examples of a document, one after another."""
    from test_documents_examples import EXAMPLES

    assert block in EXAMPLES[block.document]
    assert ">>> " in block.text


KINDS: dict[str, Callable[[Block], None]] = {
    "sh": runs_in_its_terminal,
    "text": follows_a_command,
    "json": is_json_of_the_interface,
    "ndjson": is_reads_line_by_line,
    "csv": is_a_list,
    "toml": is_a_settings_file,
    "ini": is_a_unit,
    "pycon": is_an_example_that_runs,
    "python": is_a_program_of_the_webhooks,
    "js": is_a_program_of_the_webhooks,
}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_is_true(block: Block) -> None:
    assert block.language in KINDS, f"{block}: no test knows what to do with a block marked {block.language!r}"
    KINDS[block.language](block)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_no_block_hides(page: object) -> None:
    """Fences that are indented, of tildes, or left open, and code by indentation, would be seen by readers alone."""
    text = page.prose  # type: ignore[attr-defined]
    assert not re.search(r"^\s*(```|~~~)", text, re.MULTILINE)
    assert not re.search(r"\n\n(    |\t)(?![-*\d ])", text)
    assert "<pre" not in text
    assert "<code" not in text
