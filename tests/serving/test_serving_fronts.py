"""Two fronts are one service: what one knows or is told holds at the other at once."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from fronted import CONNECTIONS, Fronted
from running import Running

from platematch.serving.sieving import BETWEEN_SAMPLES_S

Make = Callable[..., dict[str, Any]]


async def test_a_change_is_live_at_every_front_when_it_is_answered(fronted: Fronted, read: Make) -> None:
    await fronted.put_list("live")
    for number in range(5):
        plate = f"KA{number:04d}HT"
        before = await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read(plate, read_id=f"before {number}"))
        assert not any(answer["hits"] for _, answer, _ in before)
        await fronted.put_entry("live", plate)
        after = await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read(plate, read_id=f"after {number}"))
        assert [len(answer["hits"]) for _, answer, _ in after] == [1] * CONNECTIONS
        assert (await fronted.ask("DELETE", f"/v1/watchlists/live/entries/{plate}", key="police"))[0] == 204
        gone = await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read(plate, read_id=f"gone {number}"))
        assert not any(answer["hits"] for _, answer, _ in gone)


async def test_a_repeat_is_one_at_every_front(fronted: Fronted, read: Make) -> None:
    await fronted.put_list("again")
    await fronted.put_entry("again", "BH1111AX")
    for plate, hits in (("BH1111AX", 1), ("CE9999MM", 0)):
        answers = await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read(plate, read_id=f"again {plate}"))
        outcomes = Counter((answer["accepted"], answer["duplicates"]) for _, answer, _ in answers)
        assert outcomes == {(1, 0): 1, (0, 1): CONNECTIONS - 1}
        assert [len(answer["hits"]) for _, answer, _ in answers] == [hits] * CONNECTIONS
        assert len({hit["hit_id"] for _, answer, _ in answers for hit in answer["hits"]}) == hits


async def test_a_repeat_that_holds_something_else_repeats_the_first(fronted: Fronted, read: Make) -> None:
    await fronted.put_list("else")
    await fronted.put_entry("else", "BH2222AX")
    first = await fronted.ask("POST", "/v1/reads", key="patrol", json=read("BH2222AX", read_id="else"))
    answers = await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read("???", read_id="else"))
    assert {answer["duplicates"] for _, answer, _ in answers} == {1}
    assert all(answer["hits"] == first[1]["hits"] for _, answer, _ in answers)


async def test_many_kinds_of_items_keep_their_places(fronted: Fronted, read: Make) -> None:
    await fronted.put_list("places")
    await fronted.put_entry("places", "BH3333AX")
    items = [read("BH3333AX", read_id="p1"), {}, read("CE8888MM", read_id="p2"), read("-"), read("BH3333AX")]
    items += [items[0], items[2]]
    _, answer, _ = await fronted.ask("POST", "/v1/reads", key="patrol", json=items)
    assert (answer["accepted"], answer["duplicates"]) == (3, 2)
    assert [rejected["index"] for rejected in answer["rejected"]] == [1, 3]
    assert [hit["read_id"] for hit in answer["hits"]][::2] == ["p1", "p1"]


async def test_a_revoked_key_is_refused_at_every_front_at_once(fronted: Fronted, read: Make) -> None:
    token = fronted.command("keys", "create", "--role", "camera")
    used = await fronted.ask_all("POST", "/v1/reads", key=token, json=read("CE7777MM"))
    assert {status for status, _, _ in used} == {200}
    assert (await fronted.ask("DELETE", f"/v1/keys/{token.split('_')[1]}", key="admin"))[0] == 204
    refused = await fronted.ask_all("POST", "/v1/reads", key=token, json=read("CE7777MM"))
    assert {status for status, _, _ in refused} == {401}


async def test_the_metrics_are_of_all_processes(fronted: Fronted, read: Make) -> None:
    async def counts() -> list[float]:
        async with aiohttp.ClientSession() as session, session.get(fronted.url + "/metrics") as answer:
            lines = dict(line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if line[0] != "#")
        names = (
            'platematch_reads_total{outcome="accepted"}',
            'platematch_reads_total{outcome="rejected"}',
            'platematch_http_requests_total{method="POST",route="/v1/reads",status="200"}',
            'platematch_http_request_duration_seconds_count{route="/v1/reads"}',
            'platematch_http_requests_total{method="GET",route="/readyz",status="200"}',
        )
        return [float(lines.get(name, 0)) for name in names]

    before = await counts()
    await asyncio.gather(
        *(fronted.ask("POST", "/v1/reads", key="patrol", json=[read(f"CE{i:04d}MM"), {}]) for i in range(CONNECTIONS)),
        *(fronted.ask("GET", "/readyz") for _ in range(CONNECTIONS)),
    )
    assert [new - old for new, old in zip(await counts(), before, strict=True)] == [CONNECTIONS] * 5


async def test_the_private_calls_are_not_on_the_port(fronted: Fronted) -> None:
    for method, path in (("POST", "/settle"), ("GET", f"/keys/{fronted.keys['admin'].split('_')[1]}")):
        assert (await fronted.ask(method, path, key="admin"))[0] == 404


async def test_a_compressed_body_is_relayed_unpacked(fronted: Fronted) -> None:
    body = gzip.compress(json.dumps({"name": "z", "purpose": "z", "owner": "z"}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for data, expected in ((body, 200), (body[:20] + b"!" * 20, 400)):
        put = fronted.ask("PUT", "/v1/watchlists/packed", key="police", data=data, headers=headers)
        assert (await put)[0] == expected


async def test_a_body_in_chunks_is_relayed_as_it_comes(fronted: Fronted) -> None:
    await fronted.put_list("chunks")
    rows = [b"entry_id,plate,reason\n", *(f"e{i},BK{i:04d}AX,stolen\n".encode() for i in range(500))]

    async def slowly() -> Any:
        for row in rows:
            yield row
            await asyncio.sleep(0)

    path = "/v1/watchlists/chunks/import?format=csv&mode=replace"
    status, answer, _ = await fronted.ask("POST", path, key="police", data=slowly())
    assert (status, answer["added"]) == (200, 500)


async def test_a_client_that_goes_away_ends_its_relayed_request(fronted: Fronted) -> None:
    """The owner holds a half-sent body until then, on a connection that nobody else can use."""
    request = f"POST /v1/match HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fronted.keys['police']}\r\n"
    half = request.encode() + b"Content-Length: 1000\r\n\r\n{"
    many = 4 * CONNECTIONS
    async with asyncio.timeout(20):
        writers = [(await asyncio.open_connection("127.0.0.1", fronted.port))[1] for _ in range(many)]
        for writer in writers:
            writer.write(half)
        await _until(lambda: _owner_connections() >= many)
        for writer in writers:
            writer.close()
        await _until(lambda: _owner_connections() < many // 2)


def _owner_connections() -> int:
    """How many connections to an owner's socket there are, idle ones too."""
    return sum(name.endswith("/api") for name in _unix_sockets())


def _unix_sockets() -> list[str]:
    return [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if "/platematch-" in line]


async def _until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 it is seen from outside only
        await asyncio.sleep(0.02)


@contextmanager
def stalled(fronted: Fronted) -> Iterator[None]:
    assert fronted.process is not None
    fronted.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        fronted.process.send_signal(signal.SIGCONT)


async def test_a_stalled_owner_is_a_503_for_what_needs_it(fronted: Fronted, read: Make) -> None:
    await fronted.put_list("stalled")
    await fronted.put_entry("stalled", "BH4444AX")
    await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read("CE6666MM"))
    with stalled(fronted):
        missing = await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read("CE5555MM"))
        assert {status for status, _, _ in missing} == {200}, "what surely matches nothing needs no owner"
        status, answer, headers = await fronted.ask("POST", "/v1/reads", key="patrol", json=read("BH4444AX"))
        assert (status, answer["type"]) == (503, "/problems/unavailable")
        assert int(headers["Retry-After"]) > 0
    status, answer, _ = await fronted.ask("POST", "/v1/reads", key="patrol", json=read("BH4444AX"))
    assert (status, len(answer["hits"])) == (200, 1)


async def test_fronts_are_told_what_was_learnt(fronted: Fronted, read: Make) -> None:
    """Until then each read with confidences that is near a listed plate is the owner's, who is stalled here."""
    await fronted.put_list("learnt")
    await fronted.put_entry("learnt", "HH1234HH")
    rows = [f"AA{i:04}BB,AA{i:04}B{'8' if i % 5 else 'B'},{'0.9 ' * 7}0.{9 - i % 5}" for i in range(300)]
    csv = "\n".join(["truth,read,char_confidences", *rows])
    status, answer, _ = await fronted.ask("POST", "/v1/learning/pairs", key="admin", data=csv)
    assert status == 200, answer
    near = read("HP7234HH", char_confidences=[0.99] * 8)
    await asyncio.sleep(2 * BETWEEN_SAMPLES_S)
    await fronted.ask_all("POST", "/v1/reads", key="patrol", json=read("CE7777MM"))  # now fronts know the key
    with stalled(fronted):
        answers = await fronted.ask_all("POST", "/v1/reads", key="patrol", json=near)
    assert {status for status, _, _ in answers} == {200}
    assert (await fronted.ask("DELETE", "/v1/learning", key="admin"))[0] == 200


async def test_a_second_service_is_told_that_the_port_is_in_use(fronted: Fronted, tmp_path: Path) -> None:
    for workers in ("1", "2"):
        other = Running(tmp_path, workers=workers)
        other.environment["PLATEMATCH_PORT"] = str(fronted.port)
        other.begin()
        assert other.process is not None
        assert await asyncio.to_thread(other.process.wait, 60) == 1
        assert "in use" in other.log.read_text()


async def test_of_two_services_that_start_at_once_on_a_port_one_is_told(tmp_path: Path) -> None:
    services = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        services.append(Running(tmp_path / name, workers="2"))
    services[1].environment["PLATEMATCH_PORT"] = str(services[0].port)
    for service in services:
        service.begin()
    async with asyncio.timeout(60):
        await _until(lambda: any(service.process.poll() is not None for service in services if service.process))
    told, ready = sorted(services, key=lambda service: service.process is None or service.process.poll() is None)
    assert "in use" in told.log.read_text()
    assert await asyncio.to_thread(ready.stop) == 0, ready.log.read_text()


async def test_a_folder_too_deep_for_sockets_is_told(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    service = Running(tmp_path, workers="2")
    service.environment["TMPDIR"] = str(deep)
    service.begin()
    assert service.process is not None
    assert await asyncio.to_thread(service.process.wait, 60) == 1
    assert "set TMPDIR to a shorter one" in service.log.read_text()
    assert not list(deep.iterdir())


def test_the_folder_of_the_sockets_is_private(fronted: Fronted) -> None:
    folders = {Path(name).parent for name in _unix_sockets()}
    there = [folder for folder in folders if folder.exists()]
    assert there
    assert {folder.stat().st_mode & 0o777 for folder in there} == {0o700}
