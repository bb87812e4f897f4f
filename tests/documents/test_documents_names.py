"""What the documents name is there: links, files, settings, commands with their options, modules, names of the code."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import click
import interface
import pytest
from documents import BLOCKS, DOCUMENTS, ROOT, Document, document, spans
from test_layers import LEVEL, PURE

from platematch import settings
from platematch.__main__ import cli
from platematch.errors import SettingsError

each = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
NAMES = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:\(.*\))?")
OURS = (".py", ".pyi", ".c", ".h", ".md", ".svg")


@each
def test_links_lead_somewhere(page: Document) -> None:
    for target in page.links:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.path.parent / path).resolve() if path else page.path
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            (found,) = [other for other in DOCUMENTS if other.path == linked]
            assert anchor in found.anchors, f"{page.name} links to {target}"


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for target in next((page.links for page in DOCUMENTS if page.path == path), []):
            linked = (path.parent / target.partition("#")[0]).resolve()
            waiting += sorted(linked.glob("*.md")) if linked.is_dir() else [linked]
    assert {page.path for page in DOCUMENTS} <= reached


@each
def test_settings_exist_and_take_what_is_said(page: Document) -> None:
    known = {source.variable for source in settings.load_with_sources({})[1]} | {
        settings.FILE_VARIABLE,
        settings.PROBE_VARIABLE,
    }
    for variable in re.findall(r"PLATEMATCH_[A-Z_]+", page.text):
        assert variable in known, f"{page.name} names the setting {variable}"
    for variable, value in re.findall(r"`(PLATEMATCH_[A-Z_]+)=([^` ]*)`", page.text):
        if variable != settings.FILE_VARIABLE:
            try:
                settings.load({variable: value})
            except SettingsError as error:
                raise AssertionError(f"{page.name} says {variable}={value}: {error}") from error


@each
def test_files_and_folders_exist(page: Document) -> None:
    for span in page.spans:
        if re.fullmatch(r"[\w./*-]+", span) and (span.endswith(OURS) or re.fullmatch(r"(\w+/)+\*?", span)):
            places = [ROOT, ROOT / "platematch", ROOT / "native", ROOT / "docs", page.path.parent]
            found = [path for place in places for path in place.glob(span)]
            assert found or list((ROOT / "platematch").rglob(span)), f"{page.name} names {span}"


@each
def test_names_of_the_code_exist(page: Document) -> None:
    known = names_in_the_code() | interface.fields() | {name for path in interface.PATHS for name in path.split("/")}
    for span in page.spans:
        if "_" in span and NAMES.fullmatch(span) and not span.startswith(("PLATEMATCH_", "/")):
            for name in span.partition("(")[0].split("."):
                assert name in known, f"{page.name} names {span}"


@cache
def names_in_the_code() -> set[str]:
    """What the sources define: functions, classes, variables, arguments, modules, settings of other programs."""
    names = {path.stem for place in ("tests/**/*.py", "benchmarks/*.py", "native/*.[ch]") for path in ROOT.glob(place)}
    for path in [*ROOT.glob("platematch/**/*.py"), *ROOT.glob("platematch/*.pyi"), *ROOT.glob("tests/**/*.py")]:
        names |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                names |= {node.value, f"{node.value}_total"}  # as Prometheus names a counter
    for path in [*ROOT.glob("native/*.[ch]"), ROOT / "pyproject.toml"]:
        names |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return names | FOREIGN


# Names of other programs that the documents tell users of.
FOREIGN = {"upload_address", "pg_dump", "levenshtein_less_equal"}


def commands() -> list[tuple[str, str]]:
    """Every command of ours that inline code or a shell block names, with where."""
    found = [(page.name, span) for page in DOCUMENTS for span in page.spans]
    for block in BLOCKS:
        if block.language in ("sh", "ini"):
            joined = block.text.replace("\\\n", " ")
            found += [(str(block), line.partition("=")[2] if block.language == "ini" else line)
                      for line in joined.splitlines()]  # fmt: skip
    pieces = [(where, piece) for where, text in found for piece in re.split(r"\$\(|\)|[|;&]", text)]
    return [(where, piece.strip()) for where, piece in pieces if _PROGRAM.search(piece.strip())]


_PROGRAM = re.compile(r"^(?:[A-Z_]+=\S* )*(?:[\w./]*/)?(platematch|make|python -m)(?: |$)")


@pytest.mark.parametrize(("where", "command"), commands())
def test_commands_exist_with_their_options(where: str, command: str) -> None:
    words = shlex.split(command.replace("…", ""), comments=True)
    while "=" in words[0]:
        words = words[1:]
    program, arguments = Path(words[0]).name, words[1:]
    if program == "platematch":
        check_platematch(where, arguments)
    elif program == "make":
        targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        wanted = {word for word in arguments if "=" not in word and not word.startswith("-")}
        assert wanted <= targets, f"{where}: {command}"
    else:
        check_module(where, arguments[1], arguments[2:])


def check_platematch(where: str, arguments: list[str]) -> None:
    """The commands and options of `platematch …` are those of the command line."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        found = command.get_command(context, arguments[0])
        assert found is not None, f"{where}: platematch has no command {arguments[0]}"
        command, arguments = found, arguments[1:]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    for word in arguments:
        if word.startswith("--"):
            assert word.partition("=")[0] in options, f"{where}: platematch {command.name} has no option {word}"


def check_module(where: str, module: str, arguments: list[str]) -> None:
    """`python -m MODULE` can be run, and a module of ours knows the options."""
    if module.startswith("benchmarks."):
        if module != "benchmarks.NAME":
            options = [word for word in arguments if word.startswith("--")]
            assert set(options) <= options_of(module), f"{where}: {module} has not all of {options}"
    else:
        assert importlib.util.find_spec(module), f"{where}: python -m {module}"


@cache
def options_of(module: str) -> set[str]:
    """The options of a benchmark, as its help tells them."""
    command = [sys.executable, "-m", module, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"--[a-z-]+", done.stdout))


def test_options_by_themselves_are_of_some_command() -> None:
    """`--scope` in a sentence belongs to the command that the sentence is about."""
    known = {name for command in every_command(cli) for parameter in command.params for name in parameter.opts}
    known |= {"--help"}.union(*(options_of(f"benchmarks.{path.stem}") for path in ROOT.glob("benchmarks/[a-z]*.py")))
    for page in DOCUMENTS:
        for span in page.spans:
            if span.startswith("--"):
                assert span.split()[0].partition("=")[0] in known, f"{page.name} names {span}"


def every_command(command: click.Command) -> list[click.Command]:
    """The command and those below it."""
    if not isinstance(command, click.Group):
        return [command]
    context = click.Context(command)
    below = [command.get_command(context, name) for name in command.list_commands(context)]
    return [command, *(other for found in below if found for other in every_command(found))]


def test_the_layers_are_those_that_are_kept() -> None:
    (chain,) = re.findall(r"^`plates` ←.*$", document("docs/architecture.md").prose, re.MULTILINE)
    levels = [spans(part) for part in chain.partition(". ")[0].split("←")]
    assert {name for names in levels for name in names} <= set(LEVEL)
    for below, above in pairwise(levels):
        assert max(LEVEL[name] for name in below) < min(LEVEL[name] for name in above), f"{below} ← {above}"
    pure = re.search(r"The pure parts \((.+?)\)", document("docs/architecture.md").prose)
    assert pure is not None
    assert spans(pure[1]) == PURE
