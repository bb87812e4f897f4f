"""Starting and stopping: every mistake of a first user is told in one clear message, and SIGTERM loses nothing."""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from running import Running


def serve_briefly(service: Running, **settings: str) -> tuple[int, str]:
    """Exit code and standard error of a `platematch serve` that is expected to refuse."""
    environment = service.environment | {f"PLATEMATCH_{name.upper()}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "platematch", "serve"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"store": "nonsense"}, "nonsense"),
        ({"store": "oracle://nobody@db.invalid/x"}, "oracle"),
        ({"store": "sqlite:////proc/nowhere/platematch.db"}, "/proc/nowhere"),
        ({"store": "postgresql+psycopg://nobody:secret@127.0.0.1:1/x"}, "127.0.0.1:1 cannot be reached"),
        ({"data": "/dev/null/data"}, "/dev/null"),
        ({"home_country": "XX"}, "home_country"),
        ({"prot": "8080"}, "'prot'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_told_without_a_traceback(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    code, told = serve_briefly(Running(tmp_path), **settings)
    assert code not in (0, None)
    assert words in told
    assert "Traceback" not in told
    assert "secret" not in told
    assert len(told.strip().splitlines()) <= 3, told


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    service = Running(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", service.port))
        other.listen()
        code, told = serve_briefly(service)
    assert code not in (0, None)
    assert str(service.port) in told
    assert "in use" in told
    assert "PLATEMATCH_PORT" in told
    assert "Traceback" not in told


def test_a_second_service_on_the_same_store_is_refused(tmp_path: Path, deployment: dict[str, str]) -> None:
    """The index of the one would not follow the changes of the other; commands that only use the store may."""
    service = Running(tmp_path, **deployment)
    service.start()
    code, told = serve_briefly(Running(tmp_path, **deployment))
    assert code not in (0, None)
    assert "in use by another service" in told
    assert ("PLATEMATCH_STORE" if "store" in deployment else "PLATEMATCH_DATA") in told
    assert "Traceback" not in told
    assert service.command("keys", "create", "--role", "police").startswith("pm_")
    assert service.stop() == 0


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "platematch.db").write_bytes(b"These are the minutes of a meeting." * 100)
    code, told = serve_briefly(Running(tmp_path))
    assert code not in (0, None)
    assert "platematch.db" in told
    assert "Traceback" not in told


def test_a_full_data_folder_is_told(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the full disk: it fails the same writes."""
    service = Running(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "platematch", "serve"],
        env=service.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
    )
    assert done.returncode not in (0, None)
    assert "platematch.db" in done.stderr
    assert "Traceback" not in done.stderr


async def test_sigterm_finishes_what_is_under_way(tmp_path: Path, deployment: dict[str, str]) -> None:
    """Open keep-alive connections do not hold the service, and requests that were taken are answered."""
    service = Running(tmp_path, **deployment)
    await asyncio.to_thread(service.start)
    key = await asyncio.to_thread(service.command, "keys", "create", "--role", "patrol")
    answered = 0
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:

        async def post(number: int) -> None:
            nonlocal answered
            read = {"camera_id": "cam", "captured_at": datetime.now(UTC).isoformat(), "plate": f"KA{number:04d}HT"}
            async with session.post(f"{service.url}/v1/reads", json=read) as response:
                assert response.status == 200
                answered += 1

        await asyncio.gather(*(post(number) for number in range(20)))
        assert answered == 20
        code = await asyncio.to_thread(service.stop, timeout_s=10)
    assert code == 0, service.log.read_text()
    assert "Traceback" not in service.log.read_text()
