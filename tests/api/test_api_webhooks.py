"""Webhooks: registered behind the guard, tested, delivered, and kept from keys that have nothing to do with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

Make = Callable[..., dict[str, Any]]


def test_a_webhook_lives_and_its_test_arrives_signed(service: Any, receiver: Any) -> None:
    url, received = receiver.url, receiver.received
    made = service.call("POST", "/v1/webhooks", {"url": url, "description": "mine"}, role="operator")
    assert made.status == 201
    webhook_id, secret = made.json["webhook_id"], made.json["secret"]
    shown = service.call("GET", f"/v1/webhooks/{webhook_id}", role="operator")
    assert shown.json["description"] == "mine"
    assert secret.encode() not in shown.body
    assert secret.encode() not in service.call("GET", "/v1/webhooks", role="operator").body
    sent = service.call("POST", f"/v1/webhooks/{webhook_id}/test", role="operator")
    assert sent.status == 202
    receiver.wait_for(1)
    headers, body = received[0]
    assert Verifier(secret).verify(body, headers)["type"] == "test"
    assert b"platematch_webhook_attempts_total" not in service.call("GET", "/metrics").body
    assert b"platematch_webhook_attempts_total" not in service.call("GET", "/metrics", role="camera").body
    told = service.call("GET", "/metrics", role="auditor").body.decode().splitlines()
    (delivered,) = [line for line in told if line.startswith('platematch_webhook_attempts_total{outcome="delivered"}')]
    assert float(delivered.split()[1]) >= 1
    assert headers["webhook-id"] == sent.json["event_id"]
    deadline = time.monotonic() + 5
    while True:
        (delivery,) = service.call("GET", f"/v1/webhooks/{webhook_id}/deliveries", role="operator").json["items"]
        if delivery["state"] == "delivered" or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert (delivery["state"], delivery["last_status"]) == ("delivered", 204)
    disabled = service.call("PATCH", f"/v1/webhooks/{webhook_id}", {"enabled": False}, role="operator").json
    assert (disabled["enabled"], disabled["description"]) == (False, "mine")
    assert service.call("POST", f"/v1/webhooks/{webhook_id}/test", role="operator").status == 409
    assert service.call("DELETE", f"/v1/webhooks/{webhook_id}", role="operator").status == 204
    assert service.call("GET", f"/v1/webhooks/{webhook_id}", role="operator").status == 404


def test_a_hit_reaches_the_webhook_of_its_list(service: Any, receiver: Any, read: Make) -> None:
    url, received = receiver.url, receiver.received
    service.list_with("k-list", "KP1234AX")
    service.list_with("k-other", "KP5678AX")
    made = service.call("POST", "/v1/webhooks", {"url": url, "lists": ["k-list"]}, role="operator").json
    service.call("POST", "/v1/reads", [read("KP5678AX"), read("KP1234AX")], role="camera")
    receiver.wait_for(1)
    event = Verifier(made["secret"]).verify(received[0][1], received[0][0])
    assert event["type"] == "hit.created"
    assert event["data"]["entry"]["plate"] == "KP1234AX"
    service.call("DELETE", f"/v1/webhooks/{made['webhook_id']}", role="operator")
    assert len(received) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com/",
        "http://169.254.169.254/latest",
        "http://user:secret@example.com/",
        "http://",
        "nonsense",
    ],
)
def test_a_url_that_leads_nowhere_good_is_refused(service: Any, url: str) -> None:
    answer = service.call("POST", "/v1/webhooks", {"url": url}, role="operator")
    assert answer.status == 422
    assert answer.json["field"] == "$.url"


def test_private_receivers_are_refused_without_the_setting(start: Callable[..., Any]) -> None:
    with start() as service:
        answer = service.call("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/"}, role="operator")
        assert (answer.status, answer.json["field"]) == (422, "$.url")
        assert "PLATEMATCH_WEBHOOK_ALLOW_PRIVATE" in answer.json["detail"]


def test_unknown_fields_and_lists_are_named(service: Any) -> None:
    answer = service.call("POST", "/v1/webhooks", {"url": "https://example.com/", "filter": 1}, role="operator")
    assert (answer.status, answer.json["field"]) == (422, "$.filter")
    answer = service.call(
        "POST", "/v1/webhooks", {"url": "https://example.com/", "lists": ["nowhere"]}, role="operator"
    )
    assert (answer.status, answer.json["field"]) == (422, "$.lists")


def test_a_limited_key_keeps_webhooks_of_its_lists_and_others_do_not_see_covert_ones(service: Any) -> None:
    service.list_with("k-covert", covert=True)
    own = service.key("operator", "k-covert")
    made = service.call("POST", "/v1/webhooks", {"url": "https://example.com/"}, token=own).json
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert made["webhook"]["lists"] == made["webhook"]["covert_lists"] == ["k-covert"]
    assert service.call("GET", path, token=own).status == 200
    for key in ({"role": "operator"}, {"role": "admin"}, {"token": service.key("operator", "k-else")}):
        assert service.call("GET", path, **key).status == 404
        assert service.call("PATCH", path, {"url": "https://example.org/"}, **key).status in (403, 404)
        listed = service.call("GET", "/v1/webhooks?limit=1000", **key).json["items"]
        assert made["webhook_id"] not in [item["webhook_id"] for item in listed]
    beyond = service.call("POST", "/v1/webhooks", {"url": "https://example.com/", "lists": ["k-list"]}, token=own)
    assert (beyond.status, beyond.json["field"]) == (403, "$.lists")
    assert service.call("DELETE", path, token=own).status == 204
