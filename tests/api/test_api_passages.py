"""The life of a hit as its operators hear of it: one per entry and passage, told, raised, taken back, each once."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from platematch.store import hits

Post = Callable[..., list[dict[str, Any]]]
START = datetime.now(UTC) - timedelta(hours=2)


@pytest.fixture
def post(service: Any, camera_id: str) -> Post:
    """Post a read so many seconds after START with a patrol's key; its hits."""

    def post(plate: str, seconds: float, **fields: Any) -> list[dict[str, Any]]:
        at = (START + timedelta(seconds=seconds)).isoformat()
        read = {"camera_id": camera_id, "captured_at": at, "plate": plate, **fields}
        found: list[dict[str, Any]] = service.call("POST", "/v1/reads", read, role="patrol").json["hits"]
        return found

    return post


def ids(*posted: list[dict[str, Any]]) -> list[str]:
    return [hit["hit_id"] for found in posted for hit in found]


def hook(service: Any, url: str, watchlist_id: str) -> str:
    made = service.call("POST", "/v1/webhooks", {"url": url, "lists": [watchlist_id]}, role="operator").json
    return str(made["webhook_id"])


def test_a_passage_ends_300_s_after_its_last_read(service: Any, post: Post) -> None:
    service.list_with("p-window", "KS1111AX")
    one, *rest = ids(*(post("KS1111AX", seconds) for seconds in (0, 300, 600, 900.001, 1100)))
    assert rest[:2] == [one, one]
    assert rest[2] == rest[3] != one
    earlier, between = ids(post("KS1111AX", -250), post("KS1111AX", 850))
    assert (earlier, between) == (one, rest[2])
    shown = service.call("GET", f"/v1/hits/{one}", role="operator").json
    assert shown["reads"] == 4


def test_neighbouring_cameras_share_a_passage_and_far_ones_do_not(service: Any, post: Post) -> None:
    service.list_with("p-near", "KS2222AX")
    here, near, far = ({"lat": 50.45 + north, "lon": 30.52} for north in (0, 0.004, 0.009))
    one, two, three, nowhere = ids(
        post("KS2222AX", 0, camera_id="p-here", location=here),
        post("KS2222AX", 20, camera_id="p-near", location=near),
        post("KS2222AX", 40, camera_id="p-nowhere"),
        post("KS2222AX", 60, camera_id="p-far", location={"lat": far["lat"] + 1, "lon": 30.52}),
    )
    assert one == two
    assert len({one, three, nowhere}) == 3


def test_two_wanted_cars_at_one_camera_are_two_hits(service: Any, post: Post) -> None:
    service.list_with("p-two", "KS3333AX", "KS4445AX")
    first, second, again = ids(post("KS3333AX", 0), post("KS4445AX", 1), post("KS3333AX", 2))
    assert first == again != second


def test_the_ids_of_a_read_that_came_without_are_the_documented_digest(service: Any, camera_id: str) -> None:
    service.list_with("p-derived", "КS1234АХ")
    at = START.replace(microsecond=123_999)
    east = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    read = {"camera_id": camera_id, "captured_at": east, "plate": "ks 1234-ах"}
    (hit,) = service.call("POST", "/v1/reads", read, role="patrol").json["hits"]
    milliseconds = int(at.timestamp()) * 1000 + 123
    assert hit["read_id"] == hashlib.sha256(f"{camera_id}\n{milliseconds}\nKS1234AX".encode()).hexdigest()
    moved = {**read, "captured_at": at.replace(microsecond=123_001).isoformat(), "plate": "KS1234AX"}
    assert service.call("POST", "/v1/reads", moved, role="patrol").json["duplicates"] == 1


def test_a_hit_is_told_when_it_alerts_when_its_odds_double_and_when_it_is_taken_back(
    service: Any, receiver: Any, post: Post
) -> None:
    token = service.list_with("p-told", "KS5558AX", min_probability=0.0001, alert_probability=0.0001)
    other = hook(service, receiver.url + "/second", "p-told")
    webhook_id = hook(service, receiver.url, "p-told")
    (hit_id,) = ids(post("KS555BAX", 0, confidence=0.5))
    (same,) = ids(post("KS5558AX", 5))
    (again,) = ids(post("KS5558AX", 6))
    assert hit_id == same == again
    service.call("POST", f"/v1/hits/{hit_id}/disposition", {"verdict": "confirmed"}, role="operator")
    service.call("DELETE", "/v1/watchlists/p-told/entries/e0", token=token)
    types = ["hit.created", "hit.updated", "hit.updated", "hit.disposed", "hit.withdrawn"]
    events = receiver.wait_for(2 * len(types))
    assert {event["data"]["hit_id"] for event in events} == {hit_id}
    sent = Counter(headers["webhook-id"] for headers, _ in receiver.received)
    assert sorted(sent.values()) == [2] * len(types)
    raised = {event["data"]["probability"] for event in events if event["type"] in ("hit.created", "hit.updated")}
    odds = sorted(probability / (1 - probability) for probability in raised)
    assert len(odds) == 3
    assert all(after >= 2 * before for before, after in pairwise(odds))
    for endpoint in (other, webhook_id):
        items = service.call("GET", f"/v1/webhooks/{endpoint}/deliveries", role="operator").json["items"]
        assert [item["type"] for item in items][::-1] == types


def test_a_correction_a_removal_and_an_import_take_hits_back_but_no_decided_ones(
    service: Any, post: Post, camera_id: str
) -> None:
    plates = [f"KT11{number}{number}AX" for number in range(2, 8)]
    token = service.list_with("p-back", *plates)
    made = [ids(post(plate, 0, camera_id=f"{camera_id}-{plate}"))[0] for plate in plates]
    path = "/v1/watchlists/p-back"

    def withdrawn() -> list[bool]:
        return ["withdrawn_at" in service.call("GET", f"/v1/hits/{hit}", role="operator").json for hit in made]

    def entry(number: int, plate: str) -> None:
        body = {"plate": plate, "reason": "corrected"}
        assert service.call("PUT", f"{path}/entries/e{number}", body, token=token).status == 200

    entry(0, "кт 1122-ах")
    assert withdrawn() == [False] * 6
    entry(0, "KT1129AX")
    service.call("POST", f"/v1/hits/{made[1]}/disposition", {"verdict": "misread"}, role="operator")
    assert service.call("DELETE", f"{path}/entries/e1", token=token).status == 204
    assert withdrawn() == [True, False, False, False, False, False]
    file = "entry_id,plate,reason\n" + "".join(f"e{n},{plates[n]},stolen\n" for n in (3, 4, 5))
    assert service.call("POST", f"{path}/import?format=csv", file.encode(), token=token).json["removed"] == 2
    assert withdrawn() == [True, False, True, False, False, False]
    past = {"plate": plates[3], "reason": "x", "expires_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    service.call("PUT", f"{path}/entries/e3", past, token=token)
    service.run(service.pipeline.store.write(hits.expire, datetime.now(UTC)))
    assert withdrawn() == [True, False, True, True, False, False]
    assert service.call("DELETE", path, token=token).status == 204
    assert withdrawn() == [True, False, True, True, True, True]


def test_a_read_matched_before_its_entry_went_and_recorded_after_is_no_hit(
    service: Any, receiver: Any, post: Post
) -> None:
    """The change's own withdrawals are done by then, so such a hit would stand for ever."""
    token = service.list_with("p-race", "KU1111AX", "KU2229AX")
    hook(service, receiver.url, "p-race")
    entered, release, answers = threading.Event(), threading.Event(), []

    def removal() -> None:
        answers.append(service.call("DELETE", "/v1/watchlists/p-race/entries/e0", token=token).status)

    async def block() -> Any:
        return service.pipeline.store.write(lambda conn: (entered.set(), release.wait(10)))

    blocked = service.run(block())
    waiting = threading.Thread(target=lambda: service.run(blocked))
    waiting.start()
    assert entered.wait(10)
    change = threading.Thread(target=removal)
    change.start()
    while service.pipeline.store.queued < 1:
        time.sleep(0.01)
    read = threading.Thread(target=lambda: answers.append(ids(post("KU1111AX", 0), post("KU2229AX", 0))))
    read.start()
    while service.pipeline.store.queued < 2:
        time.sleep(0.01)
    release.set()
    for thread in (waiting, change, read):
        thread.join()
    kept = [
        item["entry_id"] for item in service.call("GET", "/v1/hits?watchlist_id=p-race", role="police").json["items"]
    ]
    assert kept == ["e1"]
    (event,) = receiver.wait_for(1)
    assert event["data"]["entry"]["entry_id"] == "e1"


def test_an_entry_counts_when_its_validity_covers_the_capture(service: Any, post: Post) -> None:
    token = service.list_with("p-valid")

    def found(seconds: float, **validity: float) -> bool:
        times = {name: (START + timedelta(seconds=at)).isoformat() for name, at in validity.items()}
        body = {"plate": "KU3333AX", "reason": "stolen", **times}
        assert service.call("PUT", "/v1/watchlists/p-valid/entries/e", body, token=token).status == 200
        return bool(post("KU3333AX", seconds))

    assert found(0)
    assert not found(1, valid_from=1.5)
    assert found(2, valid_from=2)
    assert not found(3, expires_at=3)
    assert found(4, expires_at=4.001)
    shown = service.call("GET", "/v1/hits?watchlist_id=p-valid", role="operator").json["items"]
    assert all(hit["late"] for hit in shown)


def test_versions_have_no_gaps_and_answers_say_theirs(service: Any, post: Post) -> None:
    token = service.list_with("p-version")

    def version() -> int:
        return int(service.call("POST", "/v1/reads", [], role="camera").json["version"])

    path, before = "/v1/watchlists/p-version", version()
    calls: list[tuple[str, str, object]] = [
        ("PUT", "/entries/a", {"plate": "KU4444AX", "reason": "x"}),
        ("PATCH", "", {"priority": 3}),
        ("POST", "/import?format=csv&mode=merge", b"plate,reason\nKU5555AX,x\n"),
        ("POST", "/import?format=csv&mode=merge&dry_run=true", b"plate,reason\nKU6666AX,x\n"),
        ("PUT", "/entries/b", {"plate": "", "reason": "x"}),
        ("DELETE", "/entries/a", None),
    ]
    for number, (method, tail, body) in enumerate(calls):
        service.call(method, path + tail, body, token=token)
        assert version() == before + [1, 2, 3, 3, 3, 4][number]
    (hit_id,) = ids(post("KU5555AX", 0))
    assert service.call("GET", f"/v1/hits/{hit_id}", role="operator").json["version"] == before + 4
