"""Talks to a running service for the commands that need one: urllib, one key, errors as sentences."""

from __future__ import annotations

import http.client
import json
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
    """The service answered with a problem. status: of the answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


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
            data = json.dumps(body).encode()
        elif body is not None:
            headers["Content-Type"] = "application/octet-stream"
        if isinstance(data, Upload):
            headers["Content-Length"] = str(data.size)
        request = urllib.request.Request(self._address(path, query), data, headers, method=method)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        return json.loads(content) if content else None

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
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise PlatematchError(f"the service's address {self.url!r} must begin with http:// or https://")
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
    """The client of the options, or of the settings where they are absent. Raises PlatematchError without a key."""
    from platematch.settings import load

    settings = load()
    key = key or settings.key
    if not key:
        raise PlatematchError(
            "this needs a key: give --key, or set PLATEMATCH_KEY=$(platematch keys create --role police)"
        )
    return Client(url or settings.url, key)


def segment(text: str) -> str:
    """A name as one segment of a path."""
    return quote(text, safe="")


def _refused(error: urllib.error.HTTPError) -> PlatematchError:
    try:
        problem = json.loads(error.read())
        message, field = str(problem["detail"]), problem.get("field")
    except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
        message, field = f"the service answered {error.code} {error.reason}", None
    if error.code == 404:
        return NotFound(message)
    return Refused(f"{message} ({field})" if field else message, error.code)
