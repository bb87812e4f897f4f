"""The service as the benchmarks run it: `platematch serve` over a folder, with a list of plates."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks._server import Server, free_port, serving

LIST = "/v1/watchlists/listed"


@contextlib.contextmanager
def listing_service(folder: Path, plates: Sequence[str], workers: int, cores: set[int]) -> Iterator[tuple[Server, str]]:
    """The running service with the plates on a list, and a key that may do everything."""
    port = free_port()
    settings = {
        "PLATEMATCH_DATA": str(folder),
        "PLATEMATCH_PORT": str(port),
        "PLATEMATCH_WORKERS": str(workers),
        "PLATEMATCH_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "platematch", "keys", "create", "--role", "admin"]
    made = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True)
    key = made.stdout.strip()
    with serving(("platematch", "serve"), port, folder, settings, cores) as server:
        _call(server, key, "PUT", LIST, b'{"name":"Listed","purpose":"benchmark","owner":"benchmark"}')
        table = "plate,reason\n" + "".join(f"{plate},stolen\n" for plate in plates)
        done = _call(server, key, "POST", f"{LIST}/import?format=csv", table.encode())
        if done["added"] != len(plates):
            raise RuntimeError(f"of {len(plates)} plates {done['added']} were listed")
        yield server, key


def stored_hits(server: Server, key: str) -> int:
    """How many hits the service has on disk, by its API."""
    count, page = 0, _call(server, key, "GET", "/v1/hits?limit=1000")
    while page["next"] is not None:
        count += len(page["items"])
        page = _call(server, key, "GET", f"/v1/hits?limit=1000&cursor={page['next']}")
    return count + len(page["items"])


def _call(server: Server, key: str, method: str, path: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(server.url + path, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return msgspec.json.decode(answer.read())
