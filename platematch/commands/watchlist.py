"""`platematch watchlist`: imports, exports and lists watchlists of a running service."""

from __future__ import annotations

import getpass
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import click

from platematch.commands.client import Client, Refused, Upload, connect, segment
from platematch.commands.options import WATCHLIST_ID, format_option, guess_format, service_options
from platematch.errors import NotFound

BAR_FROM_BYTES = 1 << 20
SHOWN_ROWS = 20


@click.group()
def watchlist() -> None:
    """Import, export and list watchlists.

    Talks to a running service (--url, PLATEMATCH_URL) with a key of role police (--key, PLATEMATCH_KEY).
    """


@watchlist.command("list")
@service_options
def list_watchlists(url: str | None, key: str | None) -> None:
    """List the watchlists that the key may see."""
    for found in connect(url, key).items("/v1/watchlists"):
        covert = "  covert" if found.get("covert") else ""
        click.echo(f"{found['watchlist_id']:<24}  {found['name']}: {found['purpose']} ({found['owner']}){covert}")


@watchlist.command("import")
@click.argument("watchlist_id", type=WATCHLIST_ID)
@click.argument("file", type=click.File("rb"))
@format_option
@click.option("--mode", type=click.Choice(["replace", "merge"]), default="replace", show_default=True,
              help="replace: entries that the file lacks are removed; merge: they stay.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@click.option("--force", metavar="REASON", help="Import although the list would shrink; goes into the audit log.")
@click.option("--name", help="Name of the list, if it is new. [default: its id]")
@click.option("--purpose", help="Purpose of the list, if it is new. [default: stolen vehicles]")
@click.option("--owner", help="Owner of the list, if it is new. [default: your user name]")
@service_options
def import_file(
    watchlist_id: str, file: BinaryIO, file_format: str | None, mode: str, dry_run: bool, force: str | None,
    name: str | None, purpose: str | None, owner: str | None, url: str | None, key: str | None,
) -> None:  # fmt: skip
    """Import a file into a watchlist.

    The watchlist WATCHLIST_ID is made if it does not exist. `-` as FILE reads standard input.

    \b
    Formats:
      csv  a header of entry fields: plate, reason, and entry_id, region, make, model, color, type, …
      mvs  the stolen-vehicle register of Ukraine's Ministry of Internal Affairs, JSON, all three layouts
    Rows that hold no valid plate are rejected by number and reason; the others are imported all the same.

    \b
    Examples:
      platematch watchlist import stolen vehicles.csv
      platematch watchlist import stolen carswanted.json --format mvs --dry-run
    """
    client = connect(url, key)
    fmt = guess_format(getattr(file, "name", "-"), file_format)
    path = f"/v1/watchlists/{segment(watchlist_id)}"
    described = {"name": name or watchlist_id, "purpose": purpose or "stolen vehicles", "owner": owner or user()}
    new = not _exists(client, path)
    if new and dry_run:
        raise NotFound(f"there is no watchlist {watchlist_id!r} to try the import on; import without --dry-run")
    if new:
        client.call("PUT", path, described)
    try:
        with sending(file) as body:
            done = client.call("POST", f"{path}/import", body, format=fmt, mode=mode, dry_run=dry_run, force=force)
        _report(done, dry_run)
    except Refused:
        if new:
            client.call("DELETE", path)
        raise
    if new:
        click.echo(f"Watchlist {watchlist_id} is new: {described['purpose']}, owned by {described['owner']}.", err=True)


@watchlist.command()
@click.argument("watchlist_id", type=WATCHLIST_ID)
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@service_options
def export(watchlist_id: str, file: io.TextIOBase, url: str | None, key: str | None) -> None:
    """Export a watchlist as CSV.

    Writes the entries of WATCHLIST_ID to FILE, or to standard output; import takes them again.
    """
    import msgspec

    from platematch.watchlist import Entry
    from platematch.watchlist.importing import write_csv

    client = connect(url, key)
    path = f"/v1/watchlists/{segment(watchlist_id)}"
    client.call("GET", path)  # an older export is not written over where there is nothing to write
    for line in write_csv(msgspec.convert(item, Entry) for item in client.items(f"{path}/entries")):
        file.write(line)
    file.flush()


def _exists(client: Client, path: str) -> bool:
    try:
        client.call("GET", path)
    except NotFound:
        return False
    return True


@contextmanager
def sending(file: BinaryIO) -> Iterator[bytes | Upload]:
    """The file to send; on a terminal a large one shows a progress bar."""
    try:
        size = os.fstat(file.fileno()).st_size if file.seekable() else 0
    except (OSError, io.UnsupportedOperation):
        size = 0
    if not size:
        yield file.read()
    elif size < BAR_FROM_BYTES or not sys.stderr.isatty():
        yield Upload(file, size, lambda _: None)
    else:
        with click.progressbar(length=size, label="Uploading", file=sys.stderr) as bar:
            yield Upload(file, size, bar.update)


def _report(done: dict[str, Any], dry_run: bool) -> None:
    rejected = done["rejected"]
    for row in rejected[:SHOWN_ROWS]:
        click.echo(f"row {row['row']}: {row['problem']['detail']}", err=True)
    if len(rejected) > SHOWN_ROWS:
        click.echo(f"… and {len(rejected) - SHOWN_ROWS} more rejected rows", err=True)
    counts = ", ".join(f"{done[name]} {name}" for name in ("added", "changed", "removed", "unchanged"))
    outlook = "would be " if dry_run else ""
    rows = "row" if len(rejected) == 1 else "rows"
    if rejected and not done["added"] + done["changed"] + done["unchanged"]:
        raise Refused(f"no row of the file is valid; {len(rejected)} {rows} rejected")
    click.echo(f"{outlook}{counts}; {len(rejected)} {rows} rejected; version {done['version']}")


def user() -> str:
    """Who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"
