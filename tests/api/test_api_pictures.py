"""Pictures: read by the real processes, recorded and answered like other reads, refused where they are none."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from photographs import photograph
from running import Running

JPEG = {"Content-Type": "image/jpeg"}
BOUNDARY = "xyz"


def post(service: Any, camera_id: str, picture: bytes, query: str = "", **given: Any) -> Any:
    given = {"role": "patrol", "headers": JPEG} | given
    return service.call("POST", f"/v1/cameras/{camera_id}/picture{query}", picture, **given)


def form(*parts: tuple[str, bytes]) -> bytes:
    chunks = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{kind}"; filename="x"\r\nContent-Type: {kind}\r\n\r\n'
        .encode()
        + body
        + b"\r\n"
        for kind, body in parts
    ]  # fmt: skip
    return b"".join(chunks) + f"--{BOUNDARY}--\r\n".encode()


def test_a_listed_plate_in_a_picture_is_a_hit_with_the_picture(service: Any, camera_id: str) -> None:
    service.list_with("p-hit", "КХ1234АХ")
    picture = photograph("KX1234AX")
    at = (datetime.now(UTC) - timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%S.250Z")
    answer = post(service, camera_id, picture, f"?captured_at={at}&region=UA&direction=north&lane=2")
    assert answer.status == 200, answer.body
    (read,), (hit,) = answer.json["reads"], answer.json["hits"]
    assert (answer.json["accepted"], answer.json["duplicates"], answer.json["rejected"]) == (1, 0, [])
    assert (read["plate"], hit["read_id"]) == ("KX1234AX", read["read_id"])
    assert 0 < read["confidence"] <= 1
    left, top, width, height = read["box"]
    assert 0 <= left < left + width <= 360
    assert 0 <= top < top + height <= 240

    shown = service.call("GET", f"/v1/hits/{hit['hit_id']}", role="operator").json
    assert shown["probability"] > 0.5
    assert shown["read"]["confidence"] == read["confidence"]
    assert shown["read"].get("candidates", []) == read["candidates"]
    told = {name: shown["read"][name] for name in ("camera_id", "region", "direction", "lane")}
    assert told == {"camera_id": camera_id, "region": "UA", "direction": "north", "lane": "2"}
    assert datetime.fromisoformat(shown["read"]["captured_at"]) == datetime.fromisoformat(at)
    kept = service.call("GET", f"/v1/hits/{hit['hit_id']}/picture", role="operator")
    assert (kept.headers["content-type"], kept.body) == ("image/jpeg", picture)


@pytest.mark.parametrize("query", ["", "?read_id=r-1", "?captured_at=2026-03-01T10:00:00Z"])
def test_the_same_picture_again_is_a_duplicate_and_repeats_its_hits(service: Any, camera_id: str, query: str) -> None:
    service.list_with("p-again", "KX2234AX")
    first, again = (post(service, camera_id, photograph("KX2234AX"), query).json for _ in range(2))
    assert (first["accepted"], again["accepted"], again["duplicates"]) == (1, 0, 1)
    assert first["hits"]
    assert first["hits"] == again["hits"]
    assert first["reads"] == again["reads"]
    assert first["reads"][0]["read_id"] == "r-1" or query != "?read_id=r-1"
    elsewhere = post(service, f"{camera_id}-2", photograph("KX2234AX"), query).json
    assert elsewhere["accepted"] == 1


def test_a_camera_sees_what_was_read_but_no_hits(service: Any, camera_id: str) -> None:
    service.list_with("p-camera", "KX3234AX")
    token = service.key("camera", camera_id)
    path = f"/v1/k/{token}/cameras/{camera_id}/picture"
    answer = service.call("POST", path, photograph("KX3234AX"), headers=JPEG)
    assert answer.status == 200
    assert [read["plate"] for read in answer.json["reads"]] == ["KX3234AX"]
    assert answer.json["hits"] == []
    assert service.call("GET", f"/v1/hits?camera_id={camera_id}", role="operator").json["items"]
    assert post(service, "c-else", b"", token=token, role=None).status == 403


def test_png_forms_and_wrongly_named_types_are_taken(service: Any, camera_id: str) -> None:
    cv2 = pytest.importorskip("cv2")
    numpy = pytest.importorskip("numpy")
    picture = photograph("KX4234AX")
    png = cv2.imencode(".png", cv2.imdecode(numpy.frombuffer(picture, numpy.uint8), 1))[1].tobytes()
    multipart = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    for body, headers in (
        (png, {"Content-Type": "image/png"}),
        (picture, {"Content-Type": "application/x-www-form-urlencoded"}),
        (form(("text/plain", b"gate"), ("image/jpeg", picture)), multipart),
    ):
        answer = post(service, camera_id, body, headers=headers)
        assert answer.status == 200, answer.body
        assert [read["plate"] for read in answer.json["reads"]] == ["KX4234AX"]
    assert post(service, camera_id, form(("image/png", png), ("image/jpeg", picture)), headers=multipart).status == 422
    assert post(service, camera_id, form(("text/plain", b"gate")), headers=multipart).status == 415


def test_a_picture_without_a_plate_has_no_reads(service: Any, camera_id: str) -> None:
    answer = post(service, camera_id, blank())
    assert answer.status == 200
    told = {name: answer.json[name] for name in ("accepted", "duplicates", "rejected", "hits", "reads")}
    assert told == {"accepted": 0, "duplicates": 0, "rejected": [], "hits": [], "reads": []}


def blank() -> bytes:
    import cv2
    import numpy as np

    return cv2.imencode(".jpg", np.full((240, 320, 3), 90, np.uint8))[1].tobytes()


@pytest.mark.parametrize("body", [b"", b"GIF89a" + bytes(100), b"{}", b"<svg/>", b"BM" + bytes(100), b"--x\r\n\r\n"])
def test_another_type_is_refused_unread(service: Any, body: bytes) -> None:
    answer = post(service, "p-type", body)
    assert (answer.status, answer.json["type"]) == (415, "/problems/unsupported-type")
    assert "JPEG" in answer.json["detail"]


def test_a_broken_picture_is_refused_and_says_how(service: Any) -> None:
    picture = photograph("KX5234AX")
    for broken in (picture[: len(picture) // 2], b"\xff\xd8\xff" + bytes(1000), b"\x89PNG\r\n\x1a\n" + bytes(100)):
        answer = post(service, "p-broken", broken)
        assert (answer.status, answer.json["type"]) == (422, "/problems/invalid")
        assert answer.json["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?captured_at=yesterday", "captured_at"),
        ("?captured_at=2026-03-01T10:00:00", "captured_at"),
        ("?region=ukraine", "region"),
        ("?read_id=" + "x" * 191, "read_id"),
        ("?read_id=two%0A", "read_id"),
        ("?plate=AA1234BB", "plate"),
    ],
)
def test_a_wrong_parameter_is_named(service: Any, query: str, field: str) -> None:
    answer = post(service, "p-query", photograph("KX6234AX"), query)
    assert (answer.status, answer.json["field"]) == (400, field)


def test_a_time_ahead_of_the_clock_is_rejected_as_for_other_reads(service: Any, camera_id: str) -> None:
    at = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = post(service, camera_id, photograph("KX7234AX"), f"?captured_at={at}")
    assert (answer.status, answer.json["accepted"]) == (200, 0)
    (rejected,) = answer.json["rejected"]
    assert rejected["problem"]["field"] == "$.captured_at"


def test_too_large_and_too_many(start: Callable[..., Any]) -> None:
    picture = photograph("KX8234AX")
    with start(max_picture_pixels=80_000, max_body_bytes=100_000, picture_workers=1, picture_queue=0) as service:
        answer = post(service, "c", picture)
        assert (answer.status, answer.json["type"]) == (413, "/problems/too-large")
        assert "80,000" in answer.json["detail"]
        assert post(service, "c", picture + bytes(100_000)).status == 413


def test_a_full_queue_and_a_lost_process_ask_the_camera_to_come_again(tmp_path: Path) -> None:
    service = Running(tmp_path, picture_workers="1", picture_queue="0", picture_timeout_s="2")
    service.start()
    key = service.command("keys", "create", "--role", "patrol")
    assert answer_to(service, key) == 200
    (worker,) = workers(service)
    os.kill(worker, signal.SIGSTOP)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(answer_to(service, key))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [503, 503], "one was turned away at once, one when its process was found to hang"
    assert answer_to(service, key) == 200
    assert workers(service) != [worker]
    service.stop()
    assert not alive(worker)


def test_the_processes_end_with_the_service_also_by_kill(tmp_path: Path) -> None:
    service = Running(tmp_path)
    for end in (service.stop, service.kill):
        service.start()
        key = service.command("keys", "create", "--role", "patrol")
        assert answer_to(service, key) == 200
        (worker,) = workers(service)
        end()
        deadline = time.monotonic() + 20
        while alive(worker):
            assert time.monotonic() < deadline, end
            time.sleep(0.02)


def test_a_service_without_the_engine_says_so_at_its_start(tmp_path: Path) -> None:
    service = Running(tmp_path)
    service.environment["PATH"] = "/nowhere"
    service.start()
    service.stop()
    assert "apt-get install tesseract-ocr" in service.log.read_text()


def answer_to(service: Running, key: str) -> int:
    """The status that a picture is answered with; a 503 says when to come again."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    try:
        headers = {"Authorization": f"Bearer {key}"} | JPEG
        connection.request("POST", "/v1/cameras/c/picture", photograph("KX9234AX"), headers)
        answer = connection.getresponse()
        told = json.load(answer)
    finally:
        connection.close()
    assert (answer.status == 503) == bool(answer.headers["Retry-After"])
    assert answer.status == 503 or [read["plate"] for read in told["reads"]] == ["KX9234AX"]
    return answer.status


def workers(service: Running) -> list[int]:
    """The processes that read pictures for this service."""
    assert service.process is not None
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = stat.with_name("cmdline").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if parent == service.process.pid and b"recognition.worker" in command:
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
