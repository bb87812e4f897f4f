"""/v1/learning: seeing, teaching, carrying and forgetting, and who may do which."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def forgotten(service: Any) -> None:
    """Each test begins with nothing learnt."""
    assert service.call("DELETE", "/v1/learning", role="admin").status == 200


def csv(count: int, camera_id: str = "gate", extra: str = "") -> bytes:
    rng = random.Random(3)
    plates = [f"AA{rng.randrange(10_000):04}BB" for _ in range(count)]
    rows = [f"{plate},{plate.replace('2', '7')},{camera_id}" for plate in plates]
    return "\n".join(["truth,read,camera_id", *rows, extra]).encode()


def post(service: Any, body: bytes, role: str = "admin", file_format: str = "csv") -> Any:
    return service.call("POST", f"/v1/learning/pairs?format={file_format}", body, role=role)


def test_pairs_are_learnt_and_shown_with_what_was_wrong(service: Any) -> None:
    answer = post(service, csv(200, extra="AA1234BB"))
    assert answer.status == 200, answer.body
    assert answer.json["counted"] == 200
    assert [row["row"] for row in answer.json["rejected"]] == [201]
    shown = service.call("GET", "/v1/learning", role="auditor").json
    assert shown["version"] == answer.json["version"]
    assert shown["cameras"][0]["camera_id"] == "gate"
    assert shown["cameras"][0]["own_model"] is True
    confused = {(c["shown"], c["read"]): c for c in shown["total"]["confusions"]}["2", "7"]
    assert confused["rate"] > 5 * confused["default"]
    camera = service.call("GET", "/v1/learning/cameras/gate", role="operator").json
    assert camera["pairs"] == pytest.approx(200, abs=1)


def test_lines_of_json_are_taken_too(service: Any) -> None:
    lines = [{"truth": f"AA{i:04}BB", "read": f"AA{i:04}B8", "camera_id": "gate"} for i in range(60)]
    answer = post(service, b"\n".join(json.dumps(line).encode() for line in lines), file_format="ndjson")
    assert (answer.status, answer.json["counted"]) == (200, 60)


def test_what_cannot_be_learnt_is_told(service: Any) -> None:
    assert post(service, csv(10)).status == 422
    same = "\n".join(["truth,read", *["AA1234BB,AA1234B8"] * 200])
    assert post(service, same.encode()).status == 422, "sums over one plate are that plate"
    assert post(service, b"plate,read\nA,B\n").status == 422
    assert post(service, csv(60), file_format="xml").status == 400
    assert service.call("GET", "/v1/learning", role="admin").json["cameras"] == []


def test_an_export_comes_back_by_an_import(service: Any) -> None:
    post(service, csv(200))
    exported = service.call("GET", "/v1/learning/export", role="auditor").json
    service.call("DELETE", "/v1/learning", role="admin")
    assert service.call("PUT", "/v1/learning", exported, role="admin").status == 200
    again = service.call("GET", "/v1/learning/export", role="auditor").json
    assert again["pairs"] == exported["pairs"]
    assert again["version"] > exported["version"]
    assert service.call("PUT", "/v1/learning", {**exported, "format": "other"}, role="admin").status == 422
    exported["pairs"]["total"]["gaps"] = [1.0]
    assert service.call("PUT", "/v1/learning", exported, role="admin").status == 422


def test_a_camera_is_forgotten(service: Any) -> None:
    post(service, csv(100, "one"))
    assert service.call("DELETE", "/v1/learning/cameras/one", role="admin").status == 200
    assert service.call("GET", "/v1/learning/cameras/one", role="admin").status == 404
    assert service.call("DELETE", "/v1/learning/cameras/one", role="admin").status == 404


@pytest.mark.parametrize("role", ["camera", "patrol", "police", "operator", "auditor"])
def test_only_admins_change_what_was_learnt(service: Any, role: str) -> None:
    assert post(service, csv(60), role=role).status == 403
    assert service.call("DELETE", "/v1/learning", role=role).status == 403
    allowed = 200 if role in ("operator", "auditor") else 403
    assert service.call("GET", "/v1/learning", role=role).status == allowed


def test_reads_are_counted_by_whichever_process_takes_them(service: Any, read: Any, camera_id: str) -> None:
    for second in range(4):  # each of which has room for so many of one camera
        sent = [read(f"AA{second}{i:03}BB") for i in range(80)]
        assert service.call("POST", "/v1/reads", sent, role="camera").json["accepted"] == 80
        time.sleep(1.1)
    deadline = time.monotonic() + 60
    while True:
        service.run(service.pipeline.learner.count())
        found = service.call("GET", f"/v1/learning/cameras/{camera_id}", role="admin")
        if found.status == 200:
            break
        assert time.monotonic() < deadline, "no front has handed its sample over"
        time.sleep(0.5)
    assert 50 <= found.json["reads"] <= 160
