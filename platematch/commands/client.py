"""Talks to a running service for the commands that need one: urllib, one key, errors as sentences."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from platematch.errors import NotFound, PlatematchError

TIMEOUT_S = 600.0
PAGE = 1000
CHUNK = 1 << 16


class Refused(PlatematchError):
    """The service answered, but not as asked."""


@dataclass(frozen=True, slots=True)
class Client:
    """Calls to the service at `url` with `key`. Every failure is a PlatematchError that says what to do."""

    url: str
    key: str

    def call(self, method: str, path: str, body: object = None, **query: str | int | bool | None) -> Any:
        """The decoded answer, None where it is empty. body: bytes, a binary file with a length, or JSON-like values."""
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        data: Any = body
        if isinstance(body, dict | list):
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False).encode()
        elif body is not None:
            headers["Content-Type"] = "application/octet-stream"
        if isinstance(data, Upload):
            headers["Content-Length"] = str(data.size)
        request = urllib.request.Request(self._address(path, query), data, headers, method=method)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        try:
            return json.loads(content) if content else None
        except ValueError:
            raise PlatematchError(f"what answers at {self.url} is no platematch: its answer is no JSON") from None

    def items(self, path: str, **query: str | int | bool | None) -> Iterator[Any]:
        """All items of a paged list."""
        cursor: str | None = None
        while True:
            page = self.call("GET", path, cursor=cursor, limit=PAGE, **query)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _address(self, path: str, query: dict[str, str | int | bool | None]) -> str:
        given = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in query.items()
            if value is not None
        }
        return f"{self.url.rstrip('/')}{path}{'?' + urlencode(given) if given else ''}"

    def _unreachable(self, error: Exception) -> PlatematchError:
        reason = getattr(error, "reason", None) or error
        return PlatematchError(
            f"no service answers at {self.url} ({reason}); start one with `platematch serve`, "
            "or say where it runs with --url or PLATEMATCH_URL"
        )

    def _refused(self, error: urllib.error.HTTPError) -> PlatematchError:
        try:
            problem = json.loads(error.read())
            message, field = str(problem["detail"]), problem.get("field")
        except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
            return PlatematchError(
                f"what answers at {self.url} is no platematch: it says {error.code} {error.reason}; say where the "
                "service runs with --url or PLATEMATCH_URL, or see what stands before it"
            )
        if error.code == 404:
            return NotFound(message)
        # A field of the body is worth naming; a query parameter is in the message, and no option is called so.
        return Refused(f"{message} ({field})" if str(field).startswith("$") else message)


# Neither proxies nor redirects: a key goes to the address that was named and nowhere else.
class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


class Upload:
    """A file that is sent piece by piece. size: in bytes; told: called with the length of each piece."""

    def __init__(self, file: BinaryIO, size: int, told: Callable[[int], object]) -> None:
        self.size = size
        self._file = file
        self._told = told

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._file.read(CHUNK):
            yield piece
            self._told(len(piece))


def connect(url: str | None, key: str | None) -> Client:
    """The client of the options, or of the settings where they are absent.

    Raises PlatematchError where there is no key, or where the address or the key cannot be one.
    """
    from platematch.settings import load

    settings = load()
    key = key or settings.key
    if not key:
        raise PlatematchError(
            "this needs a key: give --key, or set PLATEMATCH_KEY=$(platematch keys create --role police)"
        )
    if not re.fullmatch(r"[!-~]+", key.strip()):
        raise PlatematchError("the key holds characters that are in no key; copy the whole of it again, and it alone")
    url = url or settings.service_url
    if not _is_address(url):
        raise PlatematchError("the service's address (--url, PLATEMATCH_URL) must look like http://127.0.0.1:8080")
    return Client(url, key.strip())


def _is_address(url: str) -> bool:
    """Whether the URL names a host and at most a port and a folder: no user, who would be shown, and no query."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        # The port is only looked at when it is asked for.
        plain = parts.port != 0 and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and plain and bool(re.fullmatch(r"[!-~]+", url))


def segment(text: str) -> str:
    """A name as one segment of a path."""
    return quote(text, safe="")
