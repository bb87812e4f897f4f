"""The reads of the ingest benchmark: 341 bytes each, fresh ids, one in a thousand of a listed plate."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, cycle

from benchmarks._load import Request
from platematch.matcher import Matcher
from platematch.plates.formats import FORMATS
from platematch.reads import PlateRead
from platematch.watchlist import Entry, Watchlist

SIZE = 341
EVERY = 1000
"""One read in so many shows a listed plate, each time another one."""
CAMERAS = 200
_READ = (
    b'{"read_id":"%012d","camera_id":"gate-%03d","captured_at":"%b","plate":"%b","confidence":0.914,'
    b'"char_confidences":[0.99,0.98,0.97,0.99,0.91,0.96,0.99,0.98],"region":"UA","direction":"towards","lane":2,'
    b'"vehicle":{"make":"Seat","model":"Leon","color":"red","type":"car"},'
    b'"location":{"lat":50.45012,"lon":30.52341}}'
)


class Traffic:
    """listed: the plates on the list; ordinary: others, that none of the listed could be; seen: listed, to be shown.

    left_out: how many drawn plates are neither, since the matcher finds a listed plate for them, or several.
    """

    def __init__(self, plates: int, rng: random.Random, ordinary: int = 20_000) -> None:
        drawn: dict[str, None] = {}
        while len(drawn) < plates + ordinary:
            plate = FORMATS["UA"].random(rng)
            if len(plate) == 8:
                drawn[plate] = None
        texts = list(drawn)
        self.listed = texts[:plates]
        matches = _matches(self.listed, texts)
        self.seen = [plate for plate in self.listed if matches[plate] == [plate]]
        self.ordinary = [plate for plate in texts[plates:] if not matches[plate]]
        self.left_out = len(texts) - len(self.seen) - len(self.ordinary)
        self.shown = 0
        self._numbers = count()
        self._ordinary = cycle(self.ordinary)
        self._captured_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()

    def requests(self, key: str, lines: int) -> Iterator[Request]:
        """Requests of so many reads: one as JSON, more as NDJSON."""
        kind = "application/json" if lines == 1 else "application/x-ndjson"
        size = SIZE if lines == 1 else lines * (SIZE + 1)
        head = (
            f"POST /v1/reads HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
        ).encode()
        while True:
            shown = self.shown
            body = self._read() if lines == 1 else b"".join(self._read() + b"\n" for _ in range(lines))
            yield Request(head + body, lines, self.shown - shown)

    def _read(self) -> bytes:
        number = next(self._numbers)
        if number % EVERY == EVERY - 1:
            plate = self.seen[self.shown]
            self.shown += 1
        else:
            plate = next(self._ordinary)
        return _READ % (number, number % CAMERAS, self._captured_at, plate.encode())


def _matches(listed: list[str], plates: list[str]) -> dict[str, list[str]]:
    """The listed plates that the matcher finds for a read of each plate."""
    matcher = Matcher()
    now = datetime.now(UTC)
    matcher.put_watchlist(Watchlist(watchlist_id="listed", name="-", purpose="-", owner="-"), now, 1)
    matcher.load("listed", (Entry(entry_id=plate, plate=plate, reason="-") for plate in listed))
    found = matcher.match([PlateRead(plate=plate, region="UA") for plate in plates], [now] * len(plates))
    return {plate: [match.entry_id for match in matches] for plate, matches in zip(plates, found, strict=True)}
