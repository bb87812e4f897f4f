"""The end of a front whose owner is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WATCH = """
import socket, sys, threading, time
from pathlib import Path
from platematch.serving.front import _end_with_owner

ours, theirs = socket.socketpair()
threading.Thread(target=_end_with_owner, args=(theirs, Path(sys.argv[1])), daemon=True).start()
ours.close()
time.sleep(60)
"""


@pytest.mark.parametrize("folder", ["there", "gone", "foreign"])
def test_it_ends_whatever_became_of_the_folder(tmp_path: Path, folder: str) -> None:
    """Its fellow fronts clear it away at the same moment."""
    private = tmp_path / folder
    if folder != "gone":
        private.mkdir()
        (private / "api").touch()
    if folder == "foreign":
        (private / "api").unlink()
        (private / "api").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(private)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert private.exists() == (folder == "foreign")
