"""Covert lists: for keys that do not name them they do not exist, nor do their hits, also once they are removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

POLICY = {"name": "Open", "purpose": "tests", "owner": "tests"}
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def removed(service: Any, read: Make, request: pytest.FixtureRequest) -> tuple[str, str]:
    """A covert list that hit and was removed, and the id of its hit."""
    watchlist_id = f"gone-{abs(hash(request.node.name))}"
    token = service.list_with(watchlist_id, "KR1234AX", covert=True)
    service.call("POST", "/v1/webhooks", {"url": "https://example.com/"}, token=service.key("operator", watchlist_id))
    posted = service.call("POST", "/v1/reads", read("KR1234AX"), token=service.key("admin", watchlist_id)).json
    (hit_id,) = [hit["hit_id"] for hit in posted["hits"] if hit["watchlist_id"] == watchlist_id]
    assert service.call("DELETE", f"/v1/watchlists/{watchlist_id}", token=token).status == 204
    return watchlist_id, hit_id


def test_the_name_of_a_removed_covert_list_stays_hidden(service: Any, removed: tuple[str, str]) -> None:
    for path in ("/v1/keys", "/v1/webhooks", "/v1/watchlists", "/v1/hits"):
        for role in ("admin", "auditor"):
            answer = service.call("GET", f"{path}?limit=1000", role=role)
            assert answer.status == 200
            assert removed[0].encode() not in answer.body, (path, role)


def test_nobody_gets_at_its_hits_by_a_new_key_or_a_new_list(service: Any, removed: tuple[str, str], read: Make) -> None:
    watchlist_id, hit_id = removed
    asked = {"role": "police", "owner": "x", "scope": [watchlist_id]}
    assert service.call("POST", "/v1/keys", asked, role="admin").status == 403
    assert service.call("PUT", f"/v1/watchlists/{watchlist_id}", POLICY, role="admin").status == 404
    assert service.call("GET", f"/v1/hits/{hit_id}", role="admin").status == 404
    own = service.key("police", watchlist_id)
    assert service.call("GET", f"/v1/hits/{hit_id}", token=own).json["withdrawn_at"]
    assert service.call("PUT", f"/v1/watchlists/{watchlist_id}", POLICY, token=own).status == 200
    assert service.call("GET", f"/v1/hits/{hit_id}", role="admin").status == 404


def test_a_limited_key_learns_nothing_of_lists_beyond_its_scope(service: Any) -> None:
    service.list_with("beyond-open")
    service.list_with("beyond-covert", covert=True)
    token = service.key("police", "beyond-mine")
    ids = ("beyond-open", "beyond-covert", "beyond-none")
    for method, tail, body in (
        ("PUT", "", POLICY),
        ("PATCH", "", {"priority": 1}),
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/entries", None),
        ("PUT", "/entries/e", {"plate": "KR5678AX", "reason": "x"}),
        ("POST", "/import?format=csv", b"plate,reason\n"),
    ):
        answers = [
            (answer.status, answer.body.replace(name.encode(), b"ID"))
            for name in ids
            for answer in [service.call(method, f"/v1/watchlists/{name}{tail}", body, token=token)]
        ]
        assert len(set(answers)) == 1, (method, tail, answers)
        assert answers[0][0] in (403, 404)


def test_a_key_that_may_not_know_a_list_redirects_none_of_its_events(service: Any, receiver: Any, read: Make) -> None:
    """A webhook of an open list may be changed by all operators; if the list becomes covert, it is not theirs."""
    token = service.list_with("turned", "KR2345AX")
    made = service.call(
        "POST", "/v1/webhooks", {"url": "https://example.com/"}, token=service.key("operator", "turned")
    ).json
    path = f"/v1/webhooks/{made['webhook_id']}"
    moved = service.call("PATCH", path, {"url": receiver.url}, role="operator")
    assert (moved.status, moved.json["url"]) == (200, receiver.url)
    assert service.call("PATCH", "/v1/watchlists/turned", {"covert": True}, token=token).status == 200
    service.call("POST", "/v1/reads", read("KR2345AX"), role="camera")
    assert service.call("GET", "/v1/hits?watchlist_id=turned", token=token).json["items"]
    deliveries = service.call("GET", f"{path}/deliveries", token=service.key("operator", "turned")).json["items"]
    assert (deliveries, receiver.received) == ([], [])


def test_what_anyone_may_read_tells_no_camera_key_whether_its_read_hit(service: Any, read: Make) -> None:
    service.list_with("oracle", "KR3456AX")

    def told() -> set[str]:
        exposition = service.call("GET", "/metrics").body.decode().splitlines()
        moved = ("platematch_http", "platematch_reads_total", "platematch_store_queue")
        return {line for line in exposition if not line.startswith(("#", *moved))}

    before = told()
    service.call("POST", "/v1/reads", read("KR3456AX"), role="camera")
    assert told() == before
