"""POST /v1/reads: items, batches, limits and what each role sees, to the letter of the interface."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

NDJSON = {"Content-Type": "application/x-ndjson"}
Make = Callable[..., dict[str, Any]]


def lines(*items: object) -> bytes:
    return b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in items)


def test_one_read_is_accepted(service: Any, read: Make) -> None:
    answer = service.call("POST", "/v1/reads", read("KA1111AX"), role="camera")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    version = answer.json.pop("version")
    assert answer.json == {"accepted": 1, "duplicates": 0, "rejected": [], "hits": [], "version": version}


def test_a_body_without_content_type_is_json(service: Any, read: Make) -> None:
    answer = service.call("POST", "/v1/reads", json.dumps(read("KA1111AX")).encode(), role="camera")
    assert answer.json["accepted"] == 1


def test_an_array_survives_its_wrong_items(service: Any, read: Make) -> None:
    items = [read("KA1111AX"), 5, {"plate": "KA1112AX"}, read("KA1113AX", confidence="high"), read("KA1114AX")]
    answer = service.call("POST", "/v1/reads", items, role="camera").json
    assert (answer["accepted"], answer["duplicates"]) == (2, 0)
    rejected = {item["index"]: item["problem"] for item in answer["rejected"]}
    assert sorted(rejected) == [1, 2, 3]
    assert rejected[2]["field"] == "$[2].camera_id"
    assert rejected[3]["field"] == "$[3].confidence"


def test_an_empty_array_is_no_items(service: Any) -> None:
    answer = service.call("POST", "/v1/reads", [], role="camera")
    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (200, 0, [])


def test_a_single_wrong_object_is_one_rejected_item(service: Any, read: Make) -> None:
    answer = service.call("POST", "/v1/reads", read("KA1111AX", captured_at="yesterday"), role="camera")
    assert answer.status == 200
    assert [item["index"] for item in answer.json["rejected"]] == [0]
    assert answer.json["rejected"][0]["problem"]["field"] == "$.captured_at"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[1,", b"nonsense", b"5", b'"AA1234BB"', b"null", b"\xff\xfe", b'{"plate": NaN}',
        b'[{"plate": 5}, {"confidence": NaN}]', b'[{"plate": "\xff"}]', b"[" * 100_000, b'{"x":' * 100_000,
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)  # fmt: skip
def test_what_is_no_json_is_refused_as_a_whole(service: Any, body: bytes) -> None:
    answer = service.call("POST", "/v1/reads", body, role="camera")
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["type"] == "/problems/malformed"


def test_a_bad_line_of_ndjson_is_one_rejected_item(service: Any, read: Make) -> None:
    nan = json.dumps(read("KA1112AX")).replace("}", ', "confidence": NaN}').encode()
    broken = b'{"camera_id": "c", "captured_at"'
    body = lines(read("KA1111AX"), nan, b"", b"  \r", broken, b"\xff", b"5", read("KA1113AX")) + b"\n"
    answer = service.call("POST", "/v1/reads", body, role="camera", headers=NDJSON)
    assert answer.status == 200
    assert answer.json["accepted"] == 2
    assert [item["index"] for item in answer.json["rejected"]] == [1, 2, 3, 4]


def test_ndjson_lines_may_end_in_carriage_returns(service: Any, read: Make) -> None:
    body = b"\r\n".join(json.dumps(read(plate)).encode() for plate in ("KA1111AX", "KA1112AX"))
    assert service.call("POST", "/v1/reads", body, role="camera", headers=NDJSON).json["accepted"] == 2


def test_the_same_camera_and_read_id_is_a_duplicate_whatever_it_holds(service: Any, read: Make) -> None:
    first = service.call("POST", "/v1/reads", read("KA1111AX", read_id="r1"), role="camera").json
    again = service.call("POST", "/v1/reads", read("KA9999AX", read_id="r1"), role="camera").json
    assert (first["accepted"], first["duplicates"]) == (1, 0)
    assert (again["accepted"], again["duplicates"]) == (0, 1)


def test_duplicates_within_one_batch_add_up(service: Any, read: Make) -> None:
    one = read("KA1111AX")
    answer = service.call("POST", "/v1/reads", [one, one, {}, read("KA1112AX", read_id="x")], role="camera").json
    assert (answer["accepted"], answer["duplicates"], len(answer["rejected"])) == (2, 1, 1)


def test_a_duplicate_repeats_its_hits(service: Any, read: Make) -> None:
    service.list_with("repeats", "KB2221AX")
    one = read("KB2221AX", read_id="r1")
    first = service.call("POST", "/v1/reads", one, role="patrol").json
    again = service.call("POST", "/v1/reads", one, role="patrol").json
    assert again["duplicates"] == 1
    assert [hit["hit_id"] for hit in again["hits"]] == [hit["hit_id"] for hit in first["hits"]] != []


def test_a_patrol_sees_hits_and_a_camera_none(service: Any, read: Make) -> None:
    service.list_with("patrolled", "KB3331AX")
    seen = service.call("POST", "/v1/reads", read("KB3331AX"), role="patrol").json
    hidden = service.call("POST", "/v1/reads", read("KB3331AX"), role="camera").json
    (hit,) = seen["hits"]
    assert (hit["watchlist_id"], hit["entry_id"]) == ("patrolled", "e0")
    assert (hit["plate"], hit["read"]) == ("KB3331AX", "KB3331AX")
    assert hit["probability"] >= 0.5
    assert (hidden["accepted"], hidden["hits"]) == (1, [])


def test_hits_of_covert_lists_reach_no_patrol(service: Any, read: Make) -> None:
    service.list_with("covert-reads", "KB4441AX", covert=True)
    answer = service.call("POST", "/v1/reads", read("KB4441AX"), role="patrol").json
    assert (answer["accepted"], answer["hits"]) == (1, [])
    scoped = service.key("admin", "covert-reads")
    answer = service.call("POST", "/v1/reads", read("KB4441AX"), token=scoped).json
    assert [hit["watchlist_id"] for hit in answer["hits"]] == ["covert-reads"]


def test_another_camera_than_the_keys_own_is_a_rejected_item(service: Any, read: Make, camera_id: str) -> None:
    token = service.key("camera", camera_id)
    answer = service.call("POST", "/v1/reads", [read("KA1111AX"), read("KA1112AX", camera_id="other")], token=token)
    assert answer.status == 200
    assert answer.json["accepted"] == 1
    (rejected,) = answer.json["rejected"]
    assert (rejected["index"], rejected["problem"]["status"]) == (1, 403)
    assert rejected["problem"]["field"] == "$[1].camera_id"


def test_the_far_future_is_rejected_and_the_past_is_not(service: Any, read: Make) -> None:
    now = datetime.now(UTC)
    items = [
        read("KA1111AX", captured_at="2034-01-01T00:00:00Z"),
        read("KA1112AX", captured_at=(now + timedelta(minutes=11)).isoformat()),
        read("KA1113AX", captured_at=(now + timedelta(minutes=9)).isoformat()),
        read("KA1114AX", captured_at=(now - timedelta(days=400)).isoformat()),
    ]
    answer = service.call("POST", "/v1/reads", items, role="camera").json
    assert answer["accepted"] == 2
    assert [item["index"] for item in answer["rejected"]] == [0, 1]
    assert all(item["problem"]["field"].endswith("captured_at") for item in answer["rejected"])


def test_plates_that_are_none_are_rejected(service: Any, read: Make) -> None:
    items = [read(plate) for plate in ("", "--", "A" * 17, "A" * 65)]
    answer = service.call("POST", "/v1/reads", items, role="camera").json
    assert (answer["accepted"], len(answer["rejected"])) == (0, 4)


def test_wrongly_many_char_confidences_do_not_reject(service: Any, read: Make) -> None:
    answer = service.call("POST", "/v1/reads", read("KA1111AX", char_confidences=[0.5]), role="camera").json
    assert answer["accepted"] == 1


def test_two_line_plates_are_found(service: Any, read: Make) -> None:
    service.list_with("two-lines", "ВЕАА9212")
    (hit,) = service.call("POST", "/v1/reads", read("BE9212AA"), role="patrol").json["hits"]
    assert (hit["watchlist_id"], hit["plate"]) == ("two-lines", "ВЕАА9212")


def test_more_items_than_the_limit_are_refused_with_nothing_accepted(service: Any, read: Make) -> None:
    many = [read("KA1111AX", read_id=f"r{number}") for number in range(100_000)]
    for body, headers in ((json.dumps(many).encode(), {}), (lines(*many), NDJSON)):
        answer = service.call("POST", "/v1/reads", body, role="camera", headers=headers)
        assert (answer.status, answer.json["type"]) == (413, "/problems/too-large")
    single = service.call("POST", "/v1/reads", read("KA1111AX", read_id="r5"), role="camera").json
    assert single["duplicates"] == 0


@pytest.mark.parametrize("item", [b"1", b"{}", b'""', b"[]"])
def test_an_array_of_millions_of_wrong_items_is_refused_without_being_built(service: Any, item: bytes) -> None:
    body = b"[" + b",".join([item] * 3_000_000) + b"]"
    answer = service.call("POST", "/v1/reads", body, role="camera")
    assert answer.status == 413


def test_ten_megabytes_of_garbage_are_refused_and_the_service_lives_on(service: Any, read: Make) -> None:
    garbage = bytes(range(256)) * 40_000
    assert service.call("POST", "/v1/reads", garbage, role="camera").status == 400
    answer = service.call("POST", "/v1/reads", garbage, role="camera", headers=NDJSON)
    assert answer.status in (200, 413)
    assert service.call("POST", "/v1/reads", read("KA1111AX"), role="camera").json["accepted"] == 1


def test_a_body_over_the_limit_is_refused(service: Any) -> None:
    body = b" " * (service.settings.max_body_bytes + 1)
    answer = service.call("POST", "/v1/reads", body, role="camera")
    assert answer.status == 413


def test_query_parameters_that_do_not_exist_are_named(service: Any, read: Make) -> None:
    answer = service.call("POST", "/v1/reads?fast=1", read("KA1111AX"), role="camera")
    assert (answer.status, answer.json["field"]) == (400, "fast")


GZIP = {"Content-Encoding": "gzip"}


def test_a_compressed_body_is_bounded_by_what_it_unpacks_to(service: Any, read: Make) -> None:
    body = gzip.compress(json.dumps(read("KA1111AX")).encode())
    assert service.call("POST", "/v1/reads", body, role="camera", headers=GZIP).json["accepted"] == 1
    bomb = gzip.compress(b" " * 20 * service.settings.max_body_bytes, 1)
    assert service.call("POST", "/v1/reads", bomb, role="camera", headers=GZIP).status == 413
    broken = service.call("POST", "/v1/reads", b"no gzip at all", role="camera", headers=GZIP)
    assert (broken.status, broken.json["type"]) == (400, "/problems/malformed")


@pytest.mark.parametrize(
    "changed", [{"plate": "--"}, {"plate": "A" * 20}, {"captured_at": "2034-01-01T00:00:00Z"}, {"plate": "KB9999AX"}]
)
def test_a_known_read_id_is_a_duplicate_even_with_what_would_be_rejected(
    service: Any, read: Make, changed: dict[str, str]
) -> None:
    service.list_with("same-id", "KB5551AX")
    one = read("KB5551AX", read_id="r1")
    first = service.call("POST", "/v1/reads", one, role="patrol").json
    again = service.call("POST", "/v1/reads", {**one, **changed}, role="patrol").json
    assert (again["duplicates"], again["rejected"]) == (1, [])
    assert again["hits"] == first["hits"] != []


def test_a_byte_order_mark_costs_no_read(service: Any, read: Make) -> None:
    mark = b"\xef\xbb\xbf"
    whole = service.call("POST", "/v1/reads", mark + json.dumps(read("KA1111AX")).encode(), role="camera")
    assert whole.json["accepted"] == 1
    body = mark + lines(read("KA1112AX"), read("KA1113AX"))
    assert service.call("POST", "/v1/reads", body, role="camera", headers=NDJSON).json["accepted"] == 2


def test_a_rejected_item_names_its_field_from_the_root_of_the_body(service: Any, read: Make) -> None:
    wrong = [read("--"), read("KA1", captured_at="2034-01-01T00:00:00Z"), read("KA1", confidence=3), {}]
    fields = ["plate", "captured_at", "confidence", "plate"]
    for body, headers in ((json.dumps([read("KA1"), *wrong]).encode(), {}), (lines(read("KA2"), *wrong), NDJSON)):
        answer = service.call("POST", "/v1/reads", body, role="camera", headers=headers).json
        assert [item["index"] for item in answer["rejected"]] == [1, 2, 3, 4]
        assert [item["problem"]["field"] for item in answer["rejected"]] == [
            f"$[{index}].{field}" for index, field in enumerate(fields, 1)
        ]
    for item, field in zip(wrong, fields, strict=True):
        (rejected,) = service.call("POST", "/v1/reads", item, role="camera").json["rejected"]
        assert rejected["problem"]["field"] == f"$.{field}"
    other = service.call("POST", "/v1/reads", read("KA1"), token=service.key("camera", "none")).json
    assert other["rejected"][0]["problem"]["field"] == "$.camera_id"


def test_millions_of_lines_are_refused_at_the_first_too_many(service: Any) -> None:
    started = time.monotonic()
    answer = service.call("POST", "/v1/reads", b"1\n" * 8_000_000, role="camera", headers=NDJSON)
    assert answer.status == 413
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    "ends", [{"expires_at": "9999-12-31T23:59:59-05:00"}, {"valid_from": "0001-01-01T00:00:00+14:00"}]
)
def test_an_entry_valid_to_the_calendars_edge_is_hit(service: Any, read: Make, ends: dict[str, str]) -> None:
    token = service.list_with("edges")
    entry = {"plate": "KB6661AX", "reason": "stolen", **ends}
    assert service.call("PUT", "/v1/watchlists/edges/entries/e", entry, token=token).status == 200
    answer = service.call("POST", "/v1/reads", read("KB6661AX"), role="patrol")
    assert (answer.status, len(answer.json["hits"])) == (200, 1)


def test_hit_read_ids_outlast_floods_restarts_and_their_entry(start: Callable[..., Any], read: Make) -> None:
    ids = [f"r{number}" for number in range(4)]
    with start(recent_reads=3) as service:
        token = service.list_with("outlast", "KB7771AX")
        hits = [
            service.call("POST", "/v1/reads", read("KB7771AX", read_id=name), role="patrol").json["hits"]
            for name in ids
        ]
        assert service.call("DELETE", "/v1/watchlists/outlast/entries/e0", token=token).status == 204
        service.call("POST", "/v1/reads", [read(f"KA11{number:02}AX") for number in range(9)], role="patrol")
        again = service.call("POST", "/v1/reads", read("KA2222AX", read_id="r3"), role="patrol").json
        assert (again["duplicates"], again["hits"]) == (1, hits[3])
    with start(recent_reads=3) as service:
        service.call("PUT", "/v1/watchlists/other", {"name": "x", "purpose": "x", "owner": "x"}, role="police")
        service.call("PUT", "/v1/watchlists/other/entries/e", {"plate": "KB8881AX", "reason": "x"}, role="police")
        assert service.call("POST", "/v1/reads", read("KB8881AX"), role="patrol").json["hits"]
        again = service.call("POST", "/v1/reads", read("KA2222AX", read_id="r3"), role="patrol").json
        assert (again["duplicates"], again["hits"]) == (1, hits[3])
