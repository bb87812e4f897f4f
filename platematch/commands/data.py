"""The data folder, with rights for its owner alone since it holds hits and keys; and a place for compiled kernels."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from platematch.errors import StartError

if TYPE_CHECKING:
    from platematch.settings import Settings


def make_data_folder(settings: Settings) -> None:
    """Make the folder where the store is to be kept in it. Raises StartError where that is impossible."""
    if not settings.store:
        _make(Path(settings.data), settings)


def place_kernels(settings: Settings) -> None:
    """Let Numba keep compiled kernels in the data folder where its own places, which it takes first, are read-only.

    So it is for a service in a container or of a user without a home. Has to come before Numba is imported. Raises
    StartError where the data folder is read-only too.
    """
    if os.environ.get("NUMBA_CACHE_DIR") or _any_writable(_numba_places()):
        return
    folder = Path(settings.data).absolute() / "kernels"
    _make(folder, settings)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


def _numba_places() -> list[Path]:
    """Beside the kernels, and the user's cache: numba/core/caching.py."""
    own = Path(__file__).parents[1] / "matcher" / "__pycache__"
    return [own, Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "numba"]


def _any_writable(folders: Iterable[Path]) -> bool:
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return True
        except OSError:
            continue
    return False


def _make(folder: Path, settings: Settings) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"the data folder {settings.data} cannot be made: {error.strerror}; set PLATEMATCH_DATA to another one"
        ) from None
