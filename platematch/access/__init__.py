"""Access: keys with a role and a scope, their tokens, and what each role allows."""

from platematch.access.key import Key, Role, StoredKey
from platematch.access.roles import (
    ACTIONS,
    ALLOWED,
    CAMERA_SCOPED,
    ROLES,
    Action,
    allowed,
    check_allowed,
    list_scope,
    may_post_for,
    names_camera,
    sees_list,
)
from platematch.access.token import check_alive, digest, issue, key_id_of, redact, verify

__all__ = [
    "ACTIONS",
    "ALLOWED",
    "CAMERA_SCOPED",
    "ROLES",
    "Action",
    "Key",
    "Role",
    "StoredKey",
    "allowed",
    "check_alive",
    "check_allowed",
    "digest",
    "issue",
    "key_id_of",
    "list_scope",
    "may_post_for",
    "names_camera",
    "redact",
    "sees_list",
    "verify",
]
