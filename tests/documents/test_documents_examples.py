"""The documents' Python examples print what they show, one after another, and those of the matcher's docstring."""

from __future__ import annotations

import doctest
from collections.abc import Iterable
from typing import Any

import pytest
from documents import DOCUMENTS, ROOT, Block

import platematch.matcher

EXAMPLES: dict[str, list[Block]] = {
    page.name: [block for block in page.blocks if block.language == "pycon"] for page in DOCUMENTS
}


def failures(examples: Iterable[tuple[str, int, str]]) -> list[str]:
    """What the examples, (name, line, text) each, print otherwise than they show; they share their variables."""
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    variables: dict[str, Any] = {}
    for name, line, text in examples:
        test = doctest.DocTestParser().get_doctest(text, variables, name, name, line)
        test.globs = variables
        runner.run(test, out=said.append, clear_globs=False)
    return said


@pytest.mark.parametrize("name", [name for name, blocks in EXAMPLES.items() if blocks])
def test_examples_print_what_they_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = failures((block.document, block.line, block.text) for block in EXAMPLES[name])
    assert not said, "".join(said)


def test_the_example_of_the_matcher_prints_what_it_shows() -> None:
    text = platematch.matcher.__doc__ or ""
    assert ">>> " in text
    said = failures([("platematch.matcher", 0, text)])
    assert not said, "".join(said)


def test_a_wrong_example_is_noticed() -> None:
    assert failures([("wrong", 0, ">>> 1 + 1\n3\n")])
    assert failures([("wrong", 0, ">>> unknown\n")])
    assert not failures([("right", 0, ">>> a = 1\n"), ("right", 1, ">>> a\n1\n")])
