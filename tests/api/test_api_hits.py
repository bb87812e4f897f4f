"""Hits: paging, filters, pictures, verdicts, and who may see them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

JPEG = b"\xff\xd8\xff\xe0 a small picture"
Make = Callable[..., dict[str, Any]]


def hit(service: Any, read: dict[str, Any]) -> str:
    """Post a read that hits, and return the hit's id."""
    (found,) = service.call("POST", "/v1/reads", read, role="patrol").json["hits"]
    return str(found["hit_id"])


def test_a_hit_shows_its_read_entry_and_explanation(service: Any, read: Make, camera_id: str) -> None:
    service.list_with("h-show", "KN1234AX")
    hit_id = hit(service, read("KN1Z34AX", confidence=0.9))
    shown = service.call("GET", f"/v1/hits/{hit_id}", role="police").json
    assert (shown["hit_id"], shown["watchlist_id"], shown["entry"]["plate"]) == (hit_id, "h-show", "KN1234AX")
    assert (shown["read"]["plate"], shown["read"]["camera_id"]) == ("KN1Z34AX", camera_id)
    assert " reads of " in shown["explanation"]["sentence"]
    assert "замість" in shown["explanation"]["sentence_uk"]


def test_the_picture_comes_back_as_it_was_sent(service: Any, read: Make) -> None:
    service.list_with("h-picture", "KN2234AX")
    hit_id = hit(service, read("KN2234AX", picture=base64.b64encode(JPEG).decode()))
    answer = service.call("GET", f"/v1/hits/{hit_id}/picture", role="operator")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/jpeg", JPEG)
    assert answer.headers["x-content-type-options"] == "nosniff"
    shown = service.call("GET", f"/v1/hits/{hit_id}", role="operator").json
    assert "picture" not in shown["read"]
    assert shown["picture_url"].endswith(f"/v1/hits/{hit_id}/picture")


def test_a_hit_without_picture_has_none(service: Any, read: Make) -> None:
    service.list_with("h-bare", "KN3234AX")
    hit_id = hit(service, read("KN3234AX"))
    assert service.call("GET", f"/v1/hits/{hit_id}/picture", role="operator").status == 404


def test_hits_are_filtered_by_list_camera_and_time(service: Any, read: Make, camera_id: str) -> None:
    service.list_with("h-filter", "KN4234AX", "KN5234AX")
    ids = {hit(service, read("KN4234AX")), hit(service, read("KN5234AX", camera_id="h-other"))}

    def listed(query: str) -> set[str]:
        return {item["hit_id"] for item in service.call("GET", f"/v1/hits?{query}", role="operator").json["items"]}

    assert listed("watchlist_id=h-filter") == ids
    assert len(listed(f"watchlist_id=h-filter&camera_id={camera_id}")) == 1
    past, future = (quote((datetime.now(UTC) + timedelta(hours=hours)).isoformat()) for hours in (-1, 1))
    assert listed(f"watchlist_id=h-filter&since={past}") == ids
    assert listed(f"watchlist_id=h-filter&since={future}") == set()
    pages = service.call("GET", "/v1/hits?watchlist_id=h-filter&limit=1", role="operator").json
    rest = service.call("GET", f"/v1/hits?watchlist_id=h-filter&limit=1&cursor={pages['next']}", role="operator").json
    assert {pages["items"][0]["hit_id"], rest["items"][0]["hit_id"]} == ids
    assert rest["next"] is None


@pytest.mark.parametrize("query", ["since=yesterday", "since=2026-01-01T00:00:00", "camera_id=", "order=x"])
def test_wrong_filters_are_named(service: Any, query: str) -> None:
    answer = service.call("GET", f"/v1/hits?{query}", role="operator")
    assert (answer.status, answer.json["field"]) == (400, query.partition("=")[0])


def test_a_verdict_is_kept_with_who_and_when(service: Any, read: Make) -> None:
    service.list_with("h-verdict", "KN6234AX")
    hit_id = hit(service, read("KN6234AX"))
    path = f"/v1/hits/{hit_id}/disposition"
    given = {"verdict": "confirmed", "action": "stopped", "note": "driver fled"}
    answer = service.call("POST", path, given, role="operator")
    assert answer.status == 200
    assert answer.json["disposition"] == given
    assert "operator" in answer.json["disposed_by"]
    assert service.call("GET", f"/v1/hits/{hit_id}", role="police").json == answer.json


@pytest.mark.parametrize(("body", "field"), [({"verdict": "maybe"}, "$.verdict"), ({}, "$.verdict"), ([], "$")])
def test_a_wrong_verdict_names_its_field(service: Any, read: Make, body: Any, field: str) -> None:
    answer = service.call("POST", "/v1/hits/none/disposition", body, role="operator")
    assert (answer.status, answer.json["field"]) == (422, field)


def test_an_unknown_hit_is_not_found(service: Any) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/picture", None),
        ("POST", "/disposition", {"verdict": "misread"}),
    ):
        answer = service.call(method, f"/v1/hits/none{path}", body, role="operator")
        assert (answer.status, answer.json["type"]) == (404, "/problems/not-found")


def test_hits_exist_for_keys_of_their_lists_only(service: Any, read: Make) -> None:
    own = service.list_with("h-covert", "KN7234AX", covert=True)
    other = service.key("operator", "h-else")
    scoped = service.key("admin", "h-covert")
    (found,) = service.call("POST", "/v1/reads", read("KN7234AX"), token=scoped).json["hits"]
    path = f"/v1/hits/{found['hit_id']}"
    verdict = {"verdict": "misread"}
    for key in ({"role": "admin"}, {"role": "auditor"}, {"token": other}):
        assert service.call("GET", path, **key).status == 404
        listed = service.call("GET", "/v1/hits?limit=1000", **key).json["items"]
        assert found["hit_id"] not in [item["hit_id"] for item in listed]
    assert service.call("POST", path + "/disposition", verdict, token=other).status == 404
    assert service.call("GET", path, token=own).status == 200
    assert service.call("POST", path + "/disposition", verdict, token=scoped).status == 200


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/v1/hits", ("2026-01-01T00:00:00", "x")),
        ("/v1/hits", (10**30, "x")),
        ("/v1/keys", ("2026-01-01T00:00:00", "x")),
        ("/v1/webhooks/WEBHOOK/deliveries", (10**25,)),
        ("/v1/webhooks/WEBHOOK/deliveries", (-1,)),
        ("/v1/watchlists", (5,)),
    ],
)
def test_a_forged_cursor_is_named(service: Any, path: str, parts: tuple[object, ...]) -> None:
    made = service.call("POST", "/v1/webhooks", {"url": "https://example.com/"}, role="admin").json
    path = path.replace("WEBHOOK", made["webhook_id"])
    answer = service.call("GET", f"{path}?cursor={cursor(*parts)}", role="admin")
    assert (answer.status, answer.json["field"]) == (400, "cursor")


def test_an_unknown_field_of_a_verdict_is_named(service: Any, read: Make) -> None:
    service.list_with("h-typo", "KN8234AX")
    path = f"/v1/hits/{hit(service, read('KN8234AX'))}/disposition"
    answer = service.call("POST", path, {"verdict": "misread", "actoin": "stopped"}, role="operator")
    assert (answer.status, answer.json["field"]) == (422, "$.actoin")
