"""docs/webhooks.md holds what it promises: its event is a real one, and its receivers tell genuine from forged."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
import pytest
from running import lacking

from platematch.hits.hit import Hit
from platematch.webhooks.events import HitEvent, hit_event
from platematch.webhooks.signature import new_secret, sign

TEXT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()


def block(language: str, holding: str = "") -> str:
    """The one code block of that language that holds the words."""
    [found] = [text for text in re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.M | re.S) if holding in text]
    return found


def test_the_example_is_the_event_of_such_a_hit():
    event = msgspec.json.decode(block("json"), type=HitEvent)
    data = event.data
    hit = Hit(
        hit_id=data.hit_id,
        sighting_id=data.sighting_id,
        watchlist_id=data.watchlist.watchlist_id,
        entry_id=data.entry.entry_id,
        probability=data.probability,
        explanation=data.explanation,
        read=data.read,
        reads=1,
        entry=data.entry,
        watchlist=data.watchlist,
        version=data.version,
        list_age_s=data.list_age_s,
        created_at=event.timestamp,
        updated_at=event.timestamp,
        picture_url=data.picture_url,
    )
    made = json.loads(hit_event("hit.created", hit, event.timestamp, 0).body)
    assert made == json.loads(block("json"))
    assert "".join(step["read"] for step in made["data"]["explanation"]["alignment"]) == made["data"]["read"]["plate"]


@pytest.fixture
def start_program(tmp_path):
    """Starts a receiver's program; gives it and its port."""
    running = []

    def start(command: str, source: str, secret: str) -> tuple[subprocess.Popen[str], int]:
        program = tmp_path / "receiver"
        program.write_text(source)
        process = subprocess.Popen(
            [command, str(program)],
            env={**os.environ, "SECRET": secret, "PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        return process, int(process.stdout.readline().split()[-1])

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(("command", "language"), [(sys.executable, "python"), ("node", "js")])
async def test_the_receivers_take_what_is_genuine_once_and_refuse_the_rest(
    command, language, start_program, outbox, clock, start_sender, until
):
    if shutil.which(command) is None:
        lacking(f"needs {command}")
    secret, now = new_secret(), clock()
    process, port = start_program(command, block(language), secret)
    url = f"http://127.0.0.1:{port}/"

    hook = await outbox.register(url, [new_secret(), secret])
    await start_sender()
    await outbox.put(hook, now)
    await until(lambda: outbox.attempts)
    assert outbox.attempts[0].status == 204

    body = block("json").encode()
    headers = sign([secret], "msg_1", now, body)
    forged = {
        "other secret": (sign([new_secret()], "msg_1", now, body), body),
        "changed body": (headers, body.replace(b"0.9312", b"0.0001")),
        "other id": ({**headers, "webhook-id": "msg_2"}, body),
        "old": (sign([secret], "msg_1", datetime.fromtimestamp(now.timestamp() - 400, UTC), body), body),
        "other version": ({**headers, "webhook-signature": headers["webhook-signature"].replace("v1", "v2")}, body),
        "unsigned": ({}, body),
        "malformed": ({**headers, "webhook-signature": "v1 , v1,", "webhook-timestamp": "now"}, body),
    }
    async with aiohttp.ClientSession() as session:

        async def post(headers, body):
            async with session.post(url, data=body, headers=headers) as response:
                return response.status

        for what, delivery in forged.items():
            assert await post(*delivery) == 401, what
        assert await post(headers, body) == 204
        assert await post(headers, body) == 204
    process.terminate()
    lines = process.communicate()[0].splitlines()
    assert [line.split()[0] for line in lines] == ["test", "hit.created"]
    assert lines[1].endswith(json.loads(body)["data"]["hit_id"])


def test_the_signature_by_hand_is_the_one_that_is_sent(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    secret, now, body = new_secret(), datetime.now(UTC), block("json").encode()
    headers = sign([secret], "msg_1", now, body)
    (tmp_path / "body.json").write_bytes(body)
    printed = subprocess.run(
        ["bash", "-c", block("sh", "openssl")],
        cwd=tmp_path,
        env={**os.environ, "SECRET": secret, "ID": "msg_1", "TIMESTAMP": headers["webhook-timestamp"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "v1," + printed.stdout.strip() == headers["webhook-signature"]
