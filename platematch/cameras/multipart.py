"""Takes apart multipart bodies as devices really send them, in one pass over the bytes.

Cameras leave out the final boundary or Content-Length, end lines with LF or CRLF in one message, put a blank line
after the boundary (`--boundary` LF CRLF), and announce a boundary that is not the one they use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from platematch.errors import InvalidMessage

MAX_PARTS = 64
_MAX_DELIMITERS = 1000  # places that look like one: a search bound for a body made of nothing else
_MAX_HEADERS = 8192
_MAX_LINE = 256
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]*)"|([^;,\s]+))', re.IGNORECASE)
_NAME = re.compile(r'(?<![\w*])name\s*=\s*(?:"([^"]*)"|([^;\s]+))', re.IGNORECASE)
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*[ \t]*:")


class Part(Struct, frozen=True):
    """One part. name: of its Content-Disposition, "" if none; whole: False where its end may have been cut off."""

    name: str
    content_type: str
    body: bytes
    whole: bool


def is_multipart(content_type: str, body: bytes) -> bool:
    """Whether the type says so, or the body begins with a boundary."""
    return content_type.strip().lower().startswith("multipart/") or body[:64].lstrip().startswith(b"--")


def parts(content_type: str, body: bytes) -> list[Part]:
    """The parts of the body, in order. Raises InvalidMessage if it has no boundary or more than 64 parts."""
    delimiter = _delimiter(content_type, body)
    found: list[Part] = []
    start: int | None = None
    for at, end, final in _delimiters(body, delimiter):
        if start is not None:
            found.append(_part(body[start:at], closed=True))
            if len(found) > MAX_PARTS:
                raise InvalidMessage(f"a multipart message of more than {MAX_PARTS} parts")
        start = None if final else end
        if final:
            break
    if start is not None:
        found.append(_part(body[start:], closed=False))
    return found


def _delimiter(content_type: str, body: bytes) -> bytes:
    """The announced boundary where the body uses it, else the body's first line."""
    announced = _BOUNDARY.search(content_type)
    if announced is not None:
        delimiter = b"--" + (announced[1] or announced[2] or "").encode("utf-8", "replace")
        if len(delimiter) > 2 and next(_delimiters(body, delimiter), None) is not None:
            return delimiter
    first = body[: 2 * _MAX_LINE].lstrip().split(b"\n", 1)[0].rstrip()
    if not first.startswith(b"--") or not 2 < len(first) <= _MAX_LINE:
        raise InvalidMessage("a multipart message without the boundary that its Content-Type announces")
    return first


def _delimiters(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Each delimiter line: its start, the start of the next line, and whether it is the final one.

    Raises InvalidMessage where the delimiter is all over the body.
    """
    at = body.find(delimiter)
    for _ in range(_MAX_DELIMITERS):
        if at < 0:
            return
        rest = at + len(delimiter)
        if at == 0 or body[at - 1] == ord("\n"):
            line = body[rest : rest + _MAX_LINE].split(b"\n", 1)[0]
            final = line.startswith(b"--")
            if final or not line.strip():
                yield at, min(rest + len(line) + 1, len(body)), final
        at = body.find(delimiter, rest)
    raise InvalidMessage(f"a multipart message in which {delimiter[:40]!r} occurs {_MAX_DELIMITERS} times")


def _part(chunk: bytes, *, closed: bool) -> Part:
    head, body = _split(chunk)
    headers = dict(_headers(head))
    length = headers.get("content-length", "")
    announced = int(length) if length.isdecimal() and len(length) < 12 else None
    if closed:
        body = body.removesuffix(b"\n").removesuffix(b"\r")
    elif announced:
        closed = len(body) >= announced
        body = body[:announced]
    name = _NAME.search(headers.get("content-disposition", ""))
    return Part(
        name=(name[1] or name[2] or "") if name else "",
        content_type=headers.get("content-type", "").lower(),
        body=body,
        whole=closed,
    )


def _split(chunk: bytes) -> tuple[bytes, bytes]:
    """Headers and body; the blank lines that some firmware puts before the headers are passed over."""
    blank = len(chunk[:16]) - len(chunk[:16].lstrip(b"\r\n"))
    if _HEADER.match(chunk, blank) is None:
        return b"", chunk[blank:]
    ends = [
        (at, at + len(gap)) for gap in (b"\n\r\n", b"\n\n") if (at := chunk.find(gap, blank, blank + _MAX_HEADERS)) >= 0
    ]
    if not ends:
        return chunk[blank : blank + _MAX_HEADERS], b""
    end, start = min(ends)
    return chunk[blank:end], chunk[start:]


def _headers(head: bytes) -> Iterator[tuple[str, str]]:
    for line in head.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
