"""Roles and scopes: who may do what, as design states it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from platematch.access import (
    ACTIONS,
    ALLOWED,
    ROLES,
    Action,
    Key,
    Role,
    allowed,
    check_allowed,
    list_scope,
    may_post_for,
    names_camera,
    sees_list,
)
from platematch.errors import Forbidden

NOW = datetime.now(UTC)


def key(role: Role, *scope: str) -> Key:
    return Key(key_id="0" * 12, role=role, owner="someone", created_at=NOW, scope=frozenset(scope))


def test_every_role_has_its_actions_and_admin_has_all() -> None:
    assert set(ALLOWED) == set(ROLES)
    assert ALLOWED["admin"] == set(ACTIONS)


def test_a_camera_posts_and_sees_nothing() -> None:
    assert ALLOWED["camera"] == {"reads.post"}


def test_an_auditor_changes_nothing() -> None:
    assert all(action.endswith(".read") for action in ALLOWED["auditor"])


@pytest.mark.parametrize(
    ("role", "action", "expected"),
    [
        ("patrol", "reads.see_hits", True),
        ("police", "reads.post", False),
        ("police", "match", True),
        ("police", "hits.dispose", False),
        ("operator", "hits.dispose", True),
        ("operator", "watchlists.read", False),
        ("operator", "keys.read", False),
        ("auditor", "match", False),
    ],
)
def test_single_cells_of_the_matrix(role: Role, action: Action, expected: bool) -> None:
    assert allowed(key(role), action) is expected


def test_a_refusal_names_the_roles_that_may() -> None:
    with pytest.raises(Forbidden, match="operator, admin"):
        check_allowed(key("police"), "hits.dispose")


def test_a_camera_scope_limits_cameras_and_an_empty_one_does_not() -> None:
    assert may_post_for(key("camera", "gate-1"), "gate-1")
    assert not may_post_for(key("camera", "gate-1"), "gate-2")
    assert may_post_for(key("camera"), "gate-2")
    assert may_post_for(key("admin", "stolen"), "gate-2")


def test_a_device_is_known_where_the_scope_names_it() -> None:
    assert names_camera(key("camera", "gate-1"), "gate-1")
    assert not names_camera(key("camera"), "gate-1")
    assert not names_camera(key("admin", "gate-1"), "gate-1")


@pytest.mark.parametrize("role", ["police", "operator", "auditor", "admin"])
def test_covert_lists_exist_only_where_the_scope_names_them(role: Role) -> None:
    assert sees_list(key(role), "stolen", covert=False)
    assert not sees_list(key(role), "secret", covert=True)
    assert sees_list(key(role, "secret"), "secret", covert=True)
    assert not sees_list(key(role, "secret"), "stolen", covert=False)


def test_the_scope_of_a_patrol_is_cameras_and_never_a_list() -> None:
    patrol = key("patrol", "secret")
    assert list_scope(patrol) is None
    assert not sees_list(patrol, "secret", covert=True)
    assert sees_list(patrol, "stolen", covert=False)
