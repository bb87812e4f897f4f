"""Opaque cursors: where the next page of a list starts, as the key of the last row shown."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

import msgspec

from platematch.errors import InvalidInput
from platematch.reads import Instant

# Anyone can write a cursor, so its parts must be what a column can be compared with.
_STRICT = {datetime: Instant, int: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]}


def cursor_of(*key: Any) -> str:
    """The cursor behind the row of this key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def key_of(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The key in a cursor, of these types; InvalidInput where the text is no cursor of this list."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        strict = tuple(_STRICT.get(kind, kind) for kind in kinds)
        key: tuple[Any, ...] = msgspec.json.decode(packed, type=tuple.__class_getitem__(strict))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidInput("the cursor is not one that this list gave; start again without one", field="cursor") from (
            None
        )
    return key
