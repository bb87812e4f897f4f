"""Keys by the interface: made once, shown without their secret, and no way around covert lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


def test_a_key_is_made_shown_and_revoked(service: Any) -> None:
    made = service.call("POST", "/v1/keys", {"role": "camera", "owner": "gate", "scope": ["gate-1"]}, role="admin")
    assert made.status == 201
    token, key = made.json["token"], made.json["key"]
    assert service.call("POST", "/v1/reads", [], token=token).status == 200
    assert service.call("GET", f"/v1/keys/{key['key_id']}", role="auditor").json == key
    listed = service.call("GET", "/v1/keys?limit=1000", role="admin")
    assert key["key_id"] in [item["key_id"] for item in listed.json["items"]]
    assert token.split("_", 2)[2].encode() not in listed.body
    assert service.call("DELETE", f"/v1/keys/{key['key_id']}", role="admin").status == 204
    assert service.call("POST", "/v1/reads", [], token=token).status == 401
    assert service.call("GET", f"/v1/keys/{key['key_id']}", role="admin").json["revoked_at"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "boss", "owner": "x"}, "$.role"),
        ({"role": "police"}, "$.owner"),
        ({"role": "police", "owner": ""}, "$.owner"),
        ({"role": "police", "owner": "x", "scopes": []}, "$.scopes"),
        (
            {"role": "police", "owner": "x", "expires_at": (datetime.now(UTC) - timedelta(1)).isoformat()},
            "$.expires_at",
        ),
    ],
)
def test_a_wrong_key_names_its_field(service: Any, body: Any, field: str) -> None:
    answer = service.call("POST", "/v1/keys", body, role="admin")
    assert (answer.status, answer.json["field"]) == (422, field)


def test_an_admin_gives_no_covert_list_away_that_its_key_does_not_name(service: Any) -> None:
    service.list_with("y-covert", covert=True)
    asked = {"role": "police", "owner": "x", "scope": ["y-covert"]}
    assert service.call("POST", "/v1/keys", asked, role="admin").status == 403
    limited = service.key("admin", "y-covert")
    assert service.call("POST", "/v1/keys", {"role": "police", "owner": "x"}, token=limited).status == 403
    made = service.call("POST", "/v1/keys", asked, token=limited)
    assert made.status == 201
    assert service.call("GET", "/v1/watchlists/y-covert", token=made.json["token"]).status == 200
    shown = service.call("GET", f"/v1/keys/{made.json['key']['key_id']}", role="admin")
    assert shown.json["scope"] == ["(hidden)"]
    assert b"y-covert" not in service.call("GET", "/v1/keys?limit=1000", role="auditor").body
