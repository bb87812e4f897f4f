"""`platematch match PLATE`: which listed vehicles a plate could be, by a running service or by a file alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from platematch.commands.client import connect
from platematch.commands.options import REGION, Finite, format_option, guess_format, service_options
from platematch.errors import PlatematchError

FLOOR = 1e-6


@click.command()
@click.argument("plate")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False), help="Match against this list alone.")
@format_option
@click.option("--region", type=REGION, metavar="UA", help="The country that the camera saw on the plate.")
@click.option("--confidence", type=Finite(0, 1), help="The camera's confidence, 0 to 1.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@service_options
def match(
    plate: str, path: str | None, file_format: str | None, region: str | None, confidence: float | None,
    as_json: bool, url: str | None, key: str | None,
) -> None:  # fmt: skip
    """Show which listed vehicles PLATE could be, the most probable first, and why.

    With --file no service is needed; without it, one is asked (--url, --key of role police or operator).

    \b
    Examples:
      platematch match AA1Z34BB --file vehicles.csv
      platematch match AA1Z34BB --region UA
    """
    read = {"plate": plate, "region": region, "confidence": confidence}
    read = {name: value for name, value in read.items() if value is not None}
    if path is not None:
        answer = _match_file(read, path, guess_format(path, file_format))
    else:
        answer = connect(url, key).call("POST", "/v1/match", read)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for found in answer["matches"]:
        click.echo(f"{found['probability']:7.2%}  {found['plate']}  ({found['watchlist_id']}, {found['entry_id']})")
        click.echo(f"         {found['explanation']['sentence']}")
    if not answer["matches"]:
        click.echo(f"{plate} is like no listed plate.")


def _match_file(read: dict[str, Any], path: str, file_format: str) -> Any:
    """The answer of a service whose only list is the file."""
    from platematch.commands.data import place_kernels
    from platematch.settings import load

    settings = load()
    place_kernels(settings)

    import msgspec

    from platematch.errors import InvalidInput
    from platematch.matcher import Matcher, check_plate
    from platematch.reads import PlateRead
    from platematch.watchlist import Watchlist
    from platematch.watchlist.importing import read_file

    try:
        asked = msgspec.convert(read, PlateRead)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from None
    check_plate(asked.plate, wildcards=False)
    name = Path(path).name
    imported = read_file(file_format, Path(path).read_bytes())
    if not imported.entries:
        raise PlatematchError(f"{path} holds no valid row: {imported.rejected[0].message if imported.rejected else ''}")
    if imported.rejected:
        click.echo(f"Rows of {name} that are no entries and left out: {len(imported.rejected)}.", err=True)
    now = datetime.now(UTC)
    matcher = Matcher(home_country=settings.home_country)
    matcher.put_watchlist(Watchlist(watchlist_id="file", name=name, purpose="match", owner="command line"), now, 1)
    matcher.load("file", imported.entries)
    matches = matcher.match([asked], [now], floor=FLOOR)[0]
    return msgspec.to_builtins({"matches": matches, "background": matcher.background(asked), "version": 0})
