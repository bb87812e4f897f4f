"""Watchlists, entries and imports: live before the answer, named where wrong, absent for keys that may not know."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

POLICY = {"name": "Stolen", "purpose": "theft", "owner": "Police"}
ENTRY = {"plate": "KD1111AX", "reason": "stolen"}
CSV = b"entry_id,plate,reason,make,color\n1,KE1111AX,stolen,BMW,black\n2,!!!,stolen,,\n3,KE1113AX,stolen,,\n"
Make = Callable[..., dict[str, Any]]


def match(service: Any, plate: str, **asked: Any) -> list[str]:
    answer = service.call("POST", "/v1/match", {"plate": plate}, **(asked or {"role": "police"}))
    assert answer.status == 200, answer.body
    likely = [found for found in answer.json["matches"] if found["probability"] > 0.3]
    return [f"{found['watchlist_id']}/{found['entry_id']}" for found in likely]


def test_a_watchlist_is_put_changed_listed_and_removed(service: Any) -> None:
    path = "/v1/watchlists/w-life"
    made = service.call("PUT", path, POLICY, role="police")
    assert (made.status, made.json["watchlist_id"]) == (200, "w-life")
    patched = service.call("PATCH", path, {"priority": 1, "match": {"errors": 2}, "name": "New"}, role="police").json
    assert (patched["priority"], patched["match"]["errors"], patched["name"]) == (1, 2, "New")
    assert patched["purpose"] == "theft"
    reset = service.call("PATCH", path, {"priority": None, "match": None}, role="police").json
    assert ("priority" in reset, "match" in reset) == (False, False)
    listed = service.call("GET", "/v1/watchlists", role="police").json["items"]
    assert "w-life" in [item["watchlist_id"] for item in listed]
    assert service.call("DELETE", path, role="police").status == 204
    assert service.call("GET", path, role="police").status == 404
    assert service.call("DELETE", path, role="police").status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**POLICY, "watchlist_id": "other"}, "$.watchlist_id"),
        ({**POLICY, "alert_probabilty": 0.9}, "$.alert_probabilty"),
        ({**POLICY, "priority": 101}, "$.priority"),
        ({**POLICY, "match": {"errors": 3}}, "$.match.errors"),
        ({"name": "x", "purpose": "y"}, "$.owner"),
        ({**POLICY, "valid_from": "2026-01-01T00:00:00"}, "$.valid_from"),
        ([], "$"),
    ],
)
def test_a_wrong_watchlist_names_its_field(service: Any, body: Any, field: str) -> None:
    answer = service.call("PUT", "/v1/watchlists/w-wrong", body, role="police")
    assert (answer.status, answer.json["field"]) == (422, field)
    assert service.call("GET", "/v1/watchlists/w-wrong", role="police").status == 404


def test_a_watchlist_id_must_be_plain(service: Any) -> None:
    answer = service.call("PUT", "/v1/watchlists/a%20b", POLICY, role="police")
    assert (answer.status, answer.json["field"]) == (422, "$.watchlist_id")


def test_an_entry_is_live_before_the_answer_and_gone_after_its_removal(service: Any) -> None:
    service.list_with("w-live")
    path = "/v1/watchlists/w-live/entries/a%2Fb"
    made = service.call("PUT", path, ENTRY, role="police")
    assert (made.status, made.json["entry_id"]) == (200, "a/b")
    assert match(service, "KD1111AX") == ["w-live/a/b"]
    assert service.call("GET", path, role="police").json == made.json
    assert service.call("DELETE", path, role="police").status == 204
    assert match(service, "KD1111AX") == []
    assert service.call("GET", path, role="police").status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**ENTRY, "plate": "---"}, "$.plate"),
        ({**ENTRY, "plate": "*"}, "$.plate"),
        ({**ENTRY, "plate": "A" * 17}, "$.plate"),
        ({**ENTRY, "vehicle": {"make": 5}}, "$.vehicle.make"),
        ({"plate": "KD1111AX"}, "$.reason"),
        ({**ENTRY, "colour": "red"}, "$.colour"),
    ],
)
def test_a_wrong_entry_names_its_field(service: Any, body: Any, field: str) -> None:
    service.list_with("w-entries")
    answer = service.call("PUT", "/v1/watchlists/w-entries/entries/x", body, role="police")
    assert (answer.status, answer.json["field"]) == (422, field)


def test_wildcards_match(service: Any) -> None:
    service.list_with("w-wild", "KF1?11AX")
    assert match(service, "KF1711AX") == ["w-wild/e0"]


def test_entries_page_by_cursor(service: Any) -> None:
    service.list_with("w-pages", *(f"KG11{number:02}AX" for number in range(7)))
    path, seen, cursor = "/v1/watchlists/w-pages/entries?limit=3", [], ""
    while True:
        page = service.call("GET", path + cursor, role="police").json
        seen += [item["entry_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [f"e{number}" for number in range(7)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=x", "limit"), ("limit=1001", "limit"), ("cursor=%21", "cursor"),
        ("page=1", "page"), ("limit=1&limit=2", "limit"),
    ],
)  # fmt: skip
def test_wrong_query_parameters_are_named(service: Any, query: str, field: str) -> None:
    for path in ("/v1/watchlists", "/v1/hits", "/v1/webhooks", "/v1/keys"):
        answer = service.call("GET", f"{path}?{query}", role="admin")
        assert (answer.status, answer.json["field"]) == (400, field), path


def test_an_import_takes_the_valid_rows_and_names_the_others(service: Any) -> None:
    service.list_with("w-import")
    path = "/v1/watchlists/w-import/import?format=csv"
    tried = service.call("POST", path + "&dry_run=true", CSV, role="police").json
    assert (tried["added"], len(tried["rejected"])) == (2, 1)
    assert match(service, "KE1111AX") == []
    done = service.call("POST", path, CSV, role="police").json
    assert (done["added"], done["changed"], done["removed"], done["unchanged"]) == (2, 0, 0, 0)
    (row,) = done["rejected"]
    assert (row["row"], row["problem"]["status"]) == (2, 422)
    assert match(service, "KE1111AX") == ["w-import/1"]
    again = service.call("POST", path, CSV, role="police").json
    assert (again["added"], again["unchanged"]) == (0, 2)


def test_replace_removes_what_the_file_lacks_and_merge_keeps_it(service: Any) -> None:
    service.list_with("w-modes")
    many = b"plate,reason\n" + b"".join(b"KH%d11AX,stolen\n" % number for number in range(10, 30))
    path = "/v1/watchlists/w-modes/import?format=csv&mode="
    assert service.call("POST", path + "replace", many, role="police").json["added"] == 20
    merged = service.call("POST", path + "merge", CSV, role="police").json
    assert (merged["added"], merged["removed"]) == (2, 0)
    refused = service.call("POST", path + "replace", CSV, role="police")
    assert (refused.status, refused.json["type"]) == (409, "/problems/import-refused")
    forced = service.call("POST", path + "replace&force=agreed%20with%20Ana", CSV, role="police").json
    assert (forced["removed"], forced["unchanged"]) == (20, 2)


def test_an_import_needs_a_list_and_a_known_format(service: Any) -> None:
    assert service.call("POST", "/v1/watchlists/w-none/import?format=csv", CSV, role="police").status == 404
    service.list_with("w-formats")
    unknown = service.call("POST", "/v1/watchlists/w-formats/import?format=xls", CSV, role="police")
    assert (unknown.status, unknown.json["field"]) == (400, "format")
    missing = service.call("POST", "/v1/watchlists/w-formats/import", CSV, role="police")
    assert (missing.status, missing.json["field"]) == (400, "format")


def test_garbage_is_no_import(service: Any) -> None:
    service.list_with("w-garbage", "KI1111AX")
    for fmt in ("csv", "mvs"):
        path = f"/v1/watchlists/w-garbage/import?format={fmt}"
        answer = service.call("POST", path, b"\x00\xff" * 5000, role="police")
        assert answer.status == 422, fmt
    assert match(service, "KI1111AX") == ["w-garbage/e0"]


def test_a_key_with_a_scope_knows_its_lists_only(service: Any) -> None:
    token = service.list_with("w-mine", "KJ1111AX")
    service.list_with("w-theirs", "KJ1111AX")
    listed = service.call("GET", "/v1/watchlists", token=token).json["items"]
    assert [item["watchlist_id"] for item in listed] == ["w-mine"]
    assert match(service, "KJ1111AX", token=token) == ["w-mine/e0"]
    for method, path in (("GET", ""), ("GET", "/entries"), ("DELETE", ""), ("DELETE", "/entries/e0")):
        assert service.call(method, f"/v1/watchlists/w-theirs{path}", token=token).status == 404, (method, path)
    assert service.call("PUT", "/v1/watchlists/w-third", POLICY, token=token).status == 403


def test_a_covert_list_exists_only_for_keys_that_name_it(service: Any) -> None:
    token = service.list_with("w-covert", "KK1111AX", covert=True)
    for role in ("police", "admin", "auditor"):
        assert service.call("GET", "/v1/watchlists/w-covert", role=role).status == 404
        listed = service.call("GET", "/v1/watchlists?limit=1000", role=role).json["items"]
        assert "w-covert" not in [item["watchlist_id"] for item in listed]
    assert service.call("PATCH", "/v1/watchlists/w-covert", {"covert": False}, role="admin").status == 404
    assert service.call("PUT", "/v1/watchlists/w-covert", POLICY, role="admin").status == 404
    assert match(service, "KK1111AX", role="admin") == []
    assert match(service, "KK1111AX", token=token) == ["w-covert/e0"]


def test_nobody_makes_a_list_covert_that_their_key_does_not_name(service: Any) -> None:
    answer = service.call("PUT", "/v1/watchlists/w-new-covert", {**POLICY, "covert": True}, role="admin")
    assert (answer.status, answer.json["field"]) == (403, "$.covert")


def test_a_match_is_explained_and_audited(service: Any) -> None:
    from platematch.store import audit

    service.list_with("w-match", "KL1234AX")
    answer = service.call("POST", "/v1/match", {"plate": "KL1Z34AX"}, role="police").json
    found = next(item for item in answer["matches"] if item["watchlist_id"] == "w-match")
    assert set(found) == {"entry_id", "watchlist_id", "plate", "probability", "log_odds", "explanation"}
    assert " reads of " in found["explanation"]["sentence"]
    assert "замість" in found["explanation"]["sentence_uk"]
    assert 0 < answer["background"] < 1
    lines, _ = service.run(service.pipeline.store.read(audit.page, None, 5))
    assert any((line.action, line.object) == ("match", "plate/KL1Z34AX") for line in lines)


@pytest.mark.parametrize("plate", ["", "-", "A" * 17])
def test_a_match_of_no_plate_is_refused(service: Any, plate: str) -> None:
    answer = service.call("POST", "/v1/match", {"plate": plate}, role="police")
    assert (answer.status, answer.json["type"], answer.json["field"]) == (422, "/problems/invalid-plate", "$.plate")


def test_nan_in_a_match_is_no_json(service: Any) -> None:
    answer = service.call("POST", "/v1/match", b'{"plate": "AA1234BB", "confidence": NaN}', role="police")
    assert answer.status == 400


def test_unicode_ids_and_plates_come_back_as_they_went(service: Any) -> None:
    service.list_with("w-unicode")
    entry = {"plate": "КМ1111АХ", "reason": "викрадено", "entry_id": "запис"}
    path = "/v1/watchlists/w-unicode/entries/%D0%B7%D0%B0%D0%BF%D0%B8%D1%81"
    assert service.call("PUT", path, json.dumps(entry).encode(), role="police").json == entry
    assert match(service, "KM1111AX") == ["w-unicode/запис"]
