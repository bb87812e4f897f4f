"""Keys as Bearer, as Basic and in the path; expiry, revocation, and every role against every route."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platematch.access import ALLOWED, ROLES
from platematch.api.routes import ENDPOINTS
from platematch.store import keys, open_sync

Make = Callable[..., dict[str, Any]]


def address(path: str, token: str) -> str:
    """The path of an endpoint with something in place of its parameters."""
    return (
        path.replace("{key}", token)
        .replace("{vendor}", "platerecognizer")
        .replace("{watchlist_id}", "nowhere")
        .replace("{camera_id}", "cam")
        .replace("{hit_id}", "none")
        .replace("{webhook_id}", "none")
        .replace("{entry_id}", "none")
        .replace("{key_id}", "none")
    )


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_every_role_against_every_route(service: Any, role: str, endpoint: Any) -> None:
    path = address(endpoint.path, service.tokens[role])
    answer = service.call(endpoint.method, path, b"not json", role=role)
    if endpoint.action is None:
        assert answer.status == 200
    elif endpoint.action in ALLOWED[role]:
        assert answer.status not in (401, 403, 404 if "{" not in endpoint.path else 403, 405, 500)
    else:
        assert (answer.status, answer.json["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_without_a_key_only_open_routes_answer(service: Any, endpoint: Any) -> None:
    answer = service.call(endpoint.method, address(endpoint.path, "pm_0123456789ab_" + "x" * 43))
    if endpoint.action is None:
        assert answer.status == 200
    else:
        assert (answer.status, answer.json["type"]) == (401, "/problems/unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer x", "Bearer pm_0123456789ab_" + "x" * 43, "Basic", "Basic !!", "Basic eA==", "Digest x", "é"],
)
def test_wrong_authorization_is_a_401(service: Any, header: str) -> None:
    answer = service.call("GET", "/v1/hits", headers={"Authorization": header})
    assert answer.status == 401


def test_the_key_id_with_another_secret_is_unknown(service: Any) -> None:
    token = service.tokens["police"]
    assert service.call("GET", "/v1/hits", token=token[:-1] + ("a" if token[-1] != "a" else "b")).status == 401


def test_basic_takes_the_key_as_password(service: Any, read: Make, basic: Callable[[str], dict[str, str]]) -> None:
    answer = service.call("POST", "/v1/reads", read("KA1111AX"), headers=basic(service.tokens["camera"]))
    assert answer.json["accepted"] == 1


def test_a_key_in_the_path_serves_devices_without_headers(service: Any) -> None:
    token = service.key("camera", "cam-in-path")
    heartbeat = b'{"data_type": "heartbeat"}'
    assert service.call("POST", f"/v1/k/{token}/cameras/cam-in-path/openalpr", heartbeat).status == 200
    other = service.call("POST", f"/v1/k/{token}/cameras/another/openalpr", heartbeat)
    assert (other.status, other.json["field"]) == (403, "camera_id")
    assert token[-43:].encode() not in other.body


def test_an_expired_key_is_told_so(service: Any) -> None:
    token = service.key("police", expires_at=datetime.now(UTC) + timedelta(seconds=0.3))
    assert service.call("GET", "/v1/hits", token=token).status == 200
    time.sleep(0.4)
    answer = service.call("GET", "/v1/hits", token=token)
    assert (answer.status, "expired" in answer.json["detail"]) == (401, True)


def test_a_key_revoked_by_the_interface_is_dead_at_once(service: Any) -> None:
    token = service.key("police")
    key_id = token.split("_")[1]
    assert service.call("GET", "/v1/hits", token=token).status == 200
    assert service.call("DELETE", f"/v1/keys/{key_id}", role="admin").status == 204
    assert service.call("GET", "/v1/hits", token=token).status == 401
    assert service.call("DELETE", f"/v1/keys/{key_id}", role="admin").status == 404


def test_a_key_revoked_by_another_process_is_dead_within_seconds(service: Any) -> None:
    token = service.key("police")
    assert service.call("GET", "/v1/hits", token=token).status == 200
    with open_sync(service.settings.store_url) as engine, engine.begin() as conn:
        assert keys.revoke(conn, token.split("_")[1], datetime.now(UTC))
    deadline = time.monotonic() + 7
    while service.call("GET", "/v1/hits", token=token).status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_key_made_after_it_was_refused_works_soon(service: Any) -> None:
    """A key shown before the store knows it must not stay refused."""
    from platematch.access import issue

    token, stored = issue("police", "late", datetime.now(UTC))
    assert service.call("GET", "/v1/hits", token=token).status == 401
    with open_sync(service.settings.store_url) as engine, engine.begin() as conn:
        keys.create(conn, stored)
    deadline = time.monotonic() + 3
    while service.call("GET", "/v1/hits", token=token).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_many_unknown_keys_are_forgotten(service: Any) -> None:
    from platematch.api import auth

    async def flood() -> int:
        authenticator = auth.Authenticator(service.pipeline.find_key, bytearray(8), monotonic=time.monotonic)
        for number in range(auth.MOST_REMEMBERED + 500):
            authenticator._remember(number.to_bytes(32, "big"), None)
        return len(authenticator._remembered)

    assert service.run(flood()) == auth.MOST_REMEMBERED
