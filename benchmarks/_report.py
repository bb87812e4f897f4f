"""What every benchmark says of itself: the machine, the versions and the seed, as a table for people or as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = (
    "platematch", "numpy", "numba", "msgspec", "aiohttp", "uvloop", "sqlalchemy", "opencv-python-headless", "rapidfuzz"
)  # fmt: skip


def environment() -> dict[str, Any]:
    """The day, the machine and the versions that a figure depends on."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform()),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def say(words: str) -> None:
    """Progress, which is no part of the answer."""
    print(words, file=sys.stderr, flush=True)


def show(result: dict[str, Any], tables: Sequence[tuple[str, Sequence[dict[str, Any]]]], as_json: bool) -> None:
    """Print the result: as it is, in one JSON object, or its tables (title, rows) under what it was measured with.

    Its "rival", if any, says what the rival is better at. The columns of a table name their units.
    """
    if as_json:
        print(json.dumps(result, indent=2))
        return
    print(", ".join(f"{name} {value}" for name, value in result["environment"].items()))
    print(", ".join(f"{name} {value}" for name, value in result["options"].items()))
    for title, rows in tables:
        print(f"\n{title}")
        _print_rows(rows)
    if "rival" in result:
        print(f"\n{result['rival']}")


def _print_rows(rows: Sequence[dict[str, Any]]) -> None:
    columns = list(rows[0])
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for first, *others in cells:
        print(
            first.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)),
            sep="  ",
        )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
