"""A real service on a free port, in a thread with its own event loop, and a plain client for it."""

from __future__ import annotations

import asyncio
import base64
import http.client
import http.server
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from platematch.access import ROLES, Role, issue
from platematch.api.openapi import document
from platematch.api.routes import ENDPOINTS
from platematch.pipeline import Pipeline
from platematch.serving.listening import bind
from platematch.serving.serve import serving
from platematch.settings import Settings
from platematch.store import keys, open_sync


@dataclass
class Answer:
    """An answer: status, headers (names in small letters), and the body as bytes."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


@cache
def _validator(path: str, method: str, status: str, media: str) -> Draft202012Validator:
    described = document(ENDPOINTS)
    responses = described["paths"][path][method]["responses"]
    assert status in responses, f"{method} {path} answered {status}, which the document does not know"
    content = responses[status].get("content", {})
    assert media in content or "*/*" in content or not (media or content), f"{method} {path} {status} came as {media!r}"
    schema = content.get(media, {}).get("schema", {})
    return Draft202012Validator({**schema, "components": described["components"]})


def check_documented(method: str, path: str, answer: Answer) -> None:
    """Every answer to every test is one that the OpenAPI document describes, our own errors aside."""
    templates = [
        endpoint.path
        for endpoint in ENDPOINTS
        if endpoint.method == method
        and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(endpoint.path)), path.partition("?")[0])
    ]
    if not templates or answer.status == 500:
        return
    media = answer.headers.get("content-type", "").partition(";")[0]
    validator = _validator(templates[0], method.lower(), str(answer.status), media)
    validator.validate(answer.json if media.endswith("json") else None)


@dataclass
class Running:
    """A running service."""

    port: int
    settings: Settings
    pipeline: Pipeline
    tokens: dict[str, str]
    loop: asyncio.AbstractEventLoop

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        role: str | None = None,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own; a body that is not bytes goes as JSON."""
        sent = dict(headers or {})
        if role is not None or token is not None:
            sent.setdefault("Authorization", f"Bearer {token or self.tokens[role or '']}")
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            content = answer.read()
            done = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)
        finally:
            connection.close()
        check_documented(method, path, done)
        return done

    def key(self, role: Role, *scope: str, expires_at: datetime | None = None) -> str:
        """A new key, made in the store as the command line makes it."""
        return make_key(self.settings.store_url, role, *scope, expires_at=expires_at)

    def list_with(self, watchlist_id: str, *plates: str, **policy: object) -> str:
        """A watchlist with these plates as entries e0, e1, …; the key that made it, whose scope is that list."""
        token = self.key("police", watchlist_id)
        described = {"name": watchlist_id, "purpose": "tests", "owner": "tests", **policy}
        assert self.call("PUT", f"/v1/watchlists/{watchlist_id}", described, token=token).status == 200
        for number, plate in enumerate(plates):
            path = f"/v1/watchlists/{watchlist_id}/entries/e{number}"
            made = self.call("PUT", path, {"plate": plate, "reason": "stolen"}, token=token)
            assert made.status == 200, made.body
        return token

    def run(self, work: Any) -> Any:
        """Await something on the service's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)


def make_key(url: str, role: Role, *scope: str, expires_at: datetime | None = None) -> str:
    """A new key in the store at `url`."""
    token, stored = issue(role, f"test {role}", datetime.now(UTC), scope=frozenset(scope), expires_at=expires_at)
    with open_sync(url) as engine, engine.begin() as conn:
        keys.create(conn, stored)
    return token


@contextmanager
def running(settings: Settings) -> Iterator[Running]:
    """Start the service, its owner in this process, and stop it at the end as SIGTERM would."""
    listeners = bind("127.0.0.1", 0, settings.workers)
    port: int = listeners[0].getsockname()[1]
    started = threading.Event()
    state: dict[str, Any] = {}

    async def live() -> None:
        stop = asyncio.Event()
        pipeline = await Pipeline.start(settings)
        try:
            async with serving(pipeline, listeners) as answering:
                await answering
                state.update(loop=asyncio.get_running_loop(), stop=stop, pipeline=pipeline)
                started.set()
                await stop.wait()
        finally:
            await pipeline.close()

    def work() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            state["error"] = error
            raise
        finally:
            for listener in listeners:
                listener.close()
            started.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert started.wait(600)
    if "error" in state:
        raise state["error"]
    tokens = {role: make_key(settings.store_url, role) for role in ROLES}
    try:
        yield Running(port, settings, state["pipeline"], tokens, state["loop"])
    finally:
        state["loop"].call_soon_threadsafe(state["stop"].set)
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture(scope="session", params=["one-process", "two-fronts", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all tests of the interface; each uses lists and cameras of its own."""
    data = tmp_path_factory.mktemp("service")
    settings = Settings(
        data=str(data),
        store=request.getfixturevalue("postgres").migrated() if request.param == "postgresql" else "",
        workers=2 if request.param == "two-fronts" else 1,
        webhook_allow_private=True,
    )
    with running(settings) as service:
        yield service


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Any]:
    """Start a further service with settings of its own: `with start(max_items=3) as service`."""
    return lambda **settings: running(Settings(data=str(tmp_path), **settings))


_cameras = itertools.count(1)


@pytest.fixture
def camera_id() -> str:
    """A camera that no other test uses."""
    return f"cam-{next(_cameras)}"


@pytest.fixture
def read(camera_id: str) -> Callable[..., dict[str, Any]]:
    """Make the JSON of reads of this camera, each a second after the one before."""
    start = datetime.now(UTC) - timedelta(seconds=60)
    seconds = itertools.count()

    def make(plate: str, **fields: Any) -> dict[str, Any]:
        at = (start + timedelta(seconds=next(seconds))).isoformat()
        return {"camera_id": camera_id, "captured_at": at, "plate": plate, **fields}

    return make


@pytest.fixture
def basic() -> Callable[[str], dict[str, str]]:
    """The Basic header with a key as password."""
    return lambda token: {"Authorization": "Basic " + base64.b64encode(f"device:{token}".encode()).decode()}


@dataclass
class Receiver:
    """A webhook receiver: its address, and the headers (names in small letters) and body of each request."""

    url: str
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def wait_for(self, count: int) -> list[Any]:
        """The bodies of the first `count` requests, decoded, once they are there."""
        deadline = time.monotonic() + 15
        while len(self.received) < count:
            assert time.monotonic() < deadline, self.received
            time.sleep(0.02)
        return [json.loads(body) for _, body in self.received[:count]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()
