"""The service under demonstration: a process of its own with a database in a temporary folder, and calls to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import msgspec

from platematch.errors import StartError

HOST = "127.0.0.1"
READY_WITHIN_S = 300.0
STOPPED_WITHIN_S = 15.0
LAST_LINES, LAST_CHARACTERS = 15, 1000

Say = Callable[[str], None]


@dataclass
class Service:
    """The running process. environment: what it and the commands beside it are started with."""

    port: int
    folder: Path
    environment: dict[str, str]
    process: asyncio.subprocess.Process

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the process said."""
        return self.folder / "service.log"

    async def create_key(self, role: str) -> str:
        """A new key of this role, as `platematch keys create` prints it."""
        return await _create_key(role, self.environment, self.folder)

    def check_alive(self) -> None:
        """Raises StartError where the process has ended."""
        if self.process.returncode is not None:
            raise StartError(f"the service ended with code {self.process.returncode}")

    def last_words(self) -> str:
        """The end of what the process said, for whoever has to find out what went wrong."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "".join(f"\n  {line[-LAST_CHARACTERS:]}" for line in lines)


@contextlib.asynccontextmanager
async def running_service(port: int, say: Say) -> AsyncIterator[Service]:
    """Start the service and wait until it is ready; at the end stop it and remove its folder.

    Raises StartError where the port is taken, the process ends, or it is not ready in time; a StartError from
    within gets the end of the service's log.
    """
    _check_free(port)
    with TemporaryDirectory(prefix="platematch-demo-") as name:
        folder = Path(name)
        environment = _environment(port, folder)
        log = folder / "service.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "platematch", "serve",
                env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        service = Service(port, folder, environment, process)
        try:
            await _wait_until_ready(service, say)
            yield service
        except StartError as error:
            raise StartError(error.message + service.last_words()) from None
        finally:
            await _stop(process)


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise StartError(
                f"port {port} of {HOST} cannot be used ({error.strerror}): stop what holds it, or give another "
                f"one, as in `platematch demo --port {port + 1 if port < 65535 else 8080}`"
            ) from None


def _environment(port: int, folder: Path) -> dict[str, str]:
    """The present environment, with the demonstration's settings in place of any that the user has set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLATEMATCH_")}
    return kept | {
        "PLATEMATCH_HOST": HOST,
        "PLATEMATCH_PORT": str(port),
        "PLATEMATCH_DATA": str(folder),
        "PLATEMATCH_WEBHOOK_ALLOW_PRIVATE": "true",
        "PLATEMATCH_LOG_LEVEL": "warning",
    }


async def _create_key(role: str, environment: dict[str, str], folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "platematch", "keys", "create", "--role", role, "--owner", f"demo {role}",
        env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, complaint = await process.communicate()
    if process.returncode != 0:
        raise StartError(f"`platematch keys create --role {role}` failed: {complaint.decode(errors='replace').strip()}")
    return output.decode().strip()


async def _wait_until_ready(service: Service, say: Say) -> None:
    started = time.monotonic()
    told = started
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            service.check_alive()
            try:
                async with session.get(f"{service.url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            waited = time.monotonic() - started
            if waited > READY_WITHIN_S:
                raise StartError(f"the service is not ready after {waited:.0f} s")
            if time.monotonic() - told >= 5:
                told = time.monotonic()
                say(f"  … {waited:.0f} s; the first start compiles the matching kernels, later ones find them cached")
            await asyncio.sleep(0.1)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOPPED_WITHIN_S)
    finally:
        if process.returncode is None:
            process.kill()


class Caller:
    """Calls to the service's API with one key; any answer but a 2xx is a StartError with the service's own words."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        self._session = session
        self._url = url
        self.key = key

    async def call(self, method: str, path: str, **request: Any) -> Any:
        """The decoded JSON answer; request: as for aiohttp (json=, data=, params=)."""
        headers = {"Authorization": f"Bearer {self.key}"} | request.pop("headers", {})
        try:
            async with self._session.request(method, self._url + path, headers=headers, **request) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StartError(f"{method} {path} was not answered: {error or type(error).__name__}") from None
        if not 200 <= answer.status < 300:
            raise StartError(f"{method} {path} was answered {answer.status}: {body.decode(errors='replace')[:500]}")
        return msgspec.json.decode(body)

    async def items(self, path: str, **params: str) -> list[Any]:
        """All items of a paged list."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            asked = params | {"limit": "500"} | ({"cursor": cursor} if cursor else {})
            page = await self.call("GET", path, params=asked)
            found += page["items"]
            cursor = page.get("next")
            if not cursor:
                return found
