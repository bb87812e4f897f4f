"""The data folder: made when it is absent, with rights for its owner alone, since it holds hits and keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from platematch.errors import StartError

if TYPE_CHECKING:
    from platematch.settings import Settings


def make_data_folder(settings: Settings) -> None:
    """Make the folder where the store is to be kept in it. Raises StartError where that is impossible."""
    if settings.store:
        return
    try:
        Path(settings.data).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"the data folder {settings.data} cannot be made: {error.strerror}; set PLATEMATCH_DATA to another one"
        ) from None
