"""`platematch keys`: creates, lists and revokes keys in the store itself, with or without a running service."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from platematch.access import CAMERA_SCOPED, ROLES, Key, Role, issue
from platematch.commands.options import LABEL
from platematch.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PERIOD = re.compile(r"(\d+)([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


class Period(click.ParamType[timedelta]):
    """A number and a unit: 30m, 12h, 90d, 4w."""

    name = "period"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """A timedelta above zero, at most a hundred years."""
        match = _PERIOD.fullmatch(str(value))
        if match is None or not 0 < int(match[1]) * _SECONDS[match[2]] < 100 * 365 * 86400:
            self.fail(f"{value!r} is no period; use a number and m, h, d or w, as in 90d", param, ctx)
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


@click.group()
def keys() -> None:
    """Create, list and revoke keys.

    Works on the store of the settings (PLATEMATCH_DATA, PLATEMATCH_STORE) directly, before and while the service
    runs; a running service notices a revoked key within 5 seconds.
    """


@keys.command()
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the key may do.")
@click.option(
    "--owner", type=LABEL, metavar="NAME", help="The person or device that holds it. [default: your user name]"
)
@click.option(
    "--scope", type=LABEL, metavar="ID", multiple=True, help="A camera or watchlist that it is limited to; repeat it."
)
@click.option("--expires-in", type=Period(), metavar="90d", help="How long it is good: m, h, d or w. [default: ever]")
def create(role: Role, owner: str | None, scope: tuple[str, ...], expires_in: timedelta | None) -> None:
    """Create a key and print it, alone, on standard output. It cannot be shown again.

    \b
    Roles:
      camera    posts reads, sees no hits        scope: camera ids
      patrol    posts reads, sees their hits     scope: camera ids
      police    keeps watchlists, sees their hits, asks about plates
      operator  sees hits and gives verdicts, keeps webhooks, asks about plates
      auditor   reads everything, changes nothing
      admin     keys, and all of the above
    The scope of the last four is watchlist ids; covert lists exist only for keys that name them.

    \b
    Examples:
      platematch keys create --role camera --scope gate-1
      export PLATEMATCH_KEY=$(platematch keys create --role police --owner "Ana Kovač" --expires-in 90d)
    """
    from platematch.store import audit
    from platematch.store import keys as stored

    now = datetime.now(UTC)
    expires_at = None if expires_in is None else now + expires_in
    token, key = issue(role, owner or _user(), now, scope=frozenset(scope), expires_at=expires_at)
    with _store() as conn:
        stored.create(conn, key)
        detail = {"role": role, "owner": key.key.owner, "scope": sorted(scope)}
        audit.append(conn, now, f"command line ({_user()})", "key.create", f"key/{key.key.key_id}", detail)
        # Within the transaction: a key that could not be shown must not be there.
        click.echo(token)
    about = f"Key {key.key.key_id}: {role} for {key.key.owner}{_limits(key.key)}"
    click.echo(f"{about}. Keep it; it is shown once.", err=True)


@keys.command("list")
def list_keys() -> None:
    """List all keys, newest first.

    Each with its id, role, state, owner and scope; the keys themselves are not kept and cannot be shown.
    """
    from platematch.store import keys as stored

    now = datetime.now(UTC)
    cursor: str | None = None
    with _store() as conn:
        while True:
            page, cursor = stored.page(conn, cursor, 500)
            for key in page:
                click.echo(f"{key.key_id}  {key.role:<8}  {_state(key, now):<8}  {key.owner}{_limits(key)}")
            if cursor is None:
                return


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke the key KEY_ID.

    That is the part after pm_, which `platematch keys list` shows too. Nobody can use the key any more.
    """
    from platematch.store import audit
    from platematch.store import keys as stored

    now = datetime.now(UTC)
    # A whole key is taken too: whoever finds one published should not have to take it apart.
    key_id = key_id.removeprefix("pm_").partition("_")[0]
    with _store() as conn:
        if not stored.revoke(conn, key_id, now):
            raise NotFound(f"there is no key {key_id!r} that is still good; `platematch keys list` shows all")
        audit.append(conn, now, f"command line ({_user()})", "key.revoke", f"key/{key_id}")
    click.echo(f"Key {key_id} is revoked.", err=True)


@contextmanager
def _store() -> Iterator[Connection]:
    """A transaction in the store of the settings."""
    from platematch.commands.data import make_data_folder
    from platematch.settings import load
    from platematch.store import open_sync

    settings = load()
    make_data_folder(settings)
    with open_sync(settings.store_url) as engine, engine.begin() as conn:
        yield conn


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"


def _limits(key: Key) -> str:
    things = "cameras" if key.role in CAMERA_SCOPED else "lists"
    scope = f", {things} {', '.join(sorted(key.scope))}" if key.scope else ""
    return scope + (f", until {key.expires_at:%Y-%m-%d %H:%M %Z}" if key.expires_at else "")


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "good"
