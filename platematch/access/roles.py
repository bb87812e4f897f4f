"""Who may do what: the actions that roles allow, as data, and the rules of scope."""

from __future__ import annotations

from typing import Literal, get_args

from platematch.access.key import Key, Role
from platematch.errors import Forbidden

Action = Literal[
    "reads.post",
    "reads.see_hits",
    "match",
    "watchlists.read",
    "watchlists.write",
    "hits.read",
    "hits.dispose",
    "webhooks.read",
    "webhooks.write",
    "keys.read",
    "keys.write",
    "learning.read",
    "learning.write",
]

ACTIONS: tuple[Action, ...] = get_args(Action)
ROLES: tuple[Role, ...] = get_args(Role)

# A camera's key may be stolen from its mast, so it never sees a hit; an auditor reads everything and changes nothing.
ALLOWED: dict[Role, frozenset[Action]] = {
    "camera": frozenset({"reads.post"}),
    "patrol": frozenset({"reads.post", "reads.see_hits"}),
    "police": frozenset({"match", "watchlists.read", "watchlists.write", "hits.read"}),
    "operator": frozenset({"match", "hits.read", "hits.dispose", "webhooks.read", "webhooks.write", "learning.read"}),
    "auditor": frozenset({"watchlists.read", "hits.read", "webhooks.read", "keys.read", "learning.read"}),
    "admin": frozenset(ACTIONS),
}

# The roles whose scope is a set of cameras; the scope of the others is a set of watchlists.
CAMERA_SCOPED: frozenset[Role] = frozenset({"camera", "patrol"})


def allowed(key: Key, action: Action) -> bool:
    """Whether the key's role allows the action, whatever its scope."""
    return action in ALLOWED[key.role]


def check_allowed(key: Key, action: Action) -> None:
    """Raises Forbidden where the key's role does not allow the action; the message names the roles that do."""
    if not allowed(key, action):
        roles = ", ".join(role for role in ROLES if action in ALLOWED[role])
        raise Forbidden(f"a key of role {key.role} may not do this; it takes one of: {roles}")


def may_post_for(key: Key, camera_id: str) -> bool:
    """Whether the key may post reads of this camera: one in its scope, or any where the scope is empty."""
    return key.role not in CAMERA_SCOPED or not key.scope or camera_id in key.scope


def names_camera(key: Key, camera_id: str) -> bool:
    """Whether the key's scope holds the camera by name: it is then a known device."""
    return key.role in CAMERA_SCOPED and camera_id in key.scope


def list_scope(key: Key) -> frozenset[str] | None:
    """The watchlists open to the key: those of its scope, or None for every list that is not covert."""
    if key.role in CAMERA_SCOPED:
        return None
    return key.scope or None


def sees_list(key: Key, watchlist_id: str, *, covert: bool) -> bool:
    """Whether the list exists for this key: a covert one only where the scope names it, an admin's key included."""
    scope = list_scope(key)
    return not covert if scope is None else watchlist_id in scope
