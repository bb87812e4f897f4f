"""Imports go one way, and the pure parts stay pure: read from the source, so that lazy imports count too."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "platematch"

# Each part may import the parts of the lines above its own, and those named beside it.
LAYERS = [
    ["errors"],
    ["problem", "settings", "plates"],
    ["reads"],
    ["watchlist", "access", "simulation"],
    ["cameras", "matcher", "recognition"],
    ["hits"],
    ["webhooks"],
    ["store"],
    ["recent"],
    ["memory", "outcome"],
    ["sampling"],
    ["intake", "learner"],
    ["recorder"],
    ["pipeline"],
    ["api"],
    ["serving"],
    ["demo"],
    ["commands"],
    ["__main__"],
]
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
ONLY = {"simulation": {"plates", "reads", "simulation"}}
PURE = ["plates", "reads", "cameras", "watchlist", "access", "matcher", "hits"]
CLOCK_AND_IO = {"time", "socket", "asyncio", "aiohttp", "sqlalchemy", "urllib.request", "subprocess", "threading", "os"}
SETTINGS_FROM = LEVEL["memory"]


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The full names of the modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_every_part_has_its_layer() -> None:
    parts = {part_of(path) for path in sources()} - {"__init__"}
    assert parts == set(LEVEL)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    own = part_of(path)
    if own == "__init__":
        return
    for name in imported(path):
        if not name.startswith("platematch.") or name == "platematch.__version__":
            continue
        other = name.split(".")[1]
        if other == "_native":
            assert own in ("plates", "matcher", "recent"), f"{path.name}: the C extension is reached through these"
            continue
        if own == other:
            continue
        assert LEVEL[other] < LEVEL[own], f"{path.name} ({own}) imports {other}"
        assert other != "settings" or LEVEL[own] >= SETTINGS_FROM, f"{path.name} ({own}) reads settings"
        assert other in ONLY.get(own, {other}), f"{path.name} ({own}) imports {other}"


@pytest.mark.parametrize("part", PURE)
def test_pure_parts_know_no_clock_and_do_no_io(part: str) -> None:
    for path in [p for p in sources() if part_of(p) == part]:
        used = {f"{name}." for name in imported(path)}
        unwanted = {module for module in CLOCK_AND_IO if any(name.startswith(f"{module}.") for name in used)}
        assert not unwanted, f"{path}: {unwanted}"
        text = path.read_text(encoding="utf-8")
        for call in ("datetime.now(", "datetime.utcnow(", "date.today(", "open("):
            assert call not in text, f"{path}: {call}"
