"""`platematch learn`: teaches a service what its cameras confuse, and shows, carries and forgets what it has learnt."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any, BinaryIO, TextIO

import click

from platematch.commands.client import connect, segment
from platematch.commands.options import LABEL, service_options
from platematch.commands.progress import Progress
from platematch.commands.watchlist import SHOWN_ROWS, sending, user
from platematch.errors import PlatematchError

_DATA = click.option(
    "--data", type=click.Path(exists=True, file_okay=False), metavar="FOLDER",
    help="Learn into this data folder; its service must not be running.",
)  # fmt: skip


@click.group(invoke_without_command=True)
@click.option("--pairs", type=click.File("rb"), metavar="FILE", help="Learn from the pairs in FILE: CSV, or NDJSON.")
@_DATA
@service_options
@click.pass_context
def learn(ctx: click.Context, pairs: BinaryIO | None, data: str | None, url: str | None, key: str | None) -> None:
    """Learn what cameras confuse, from pairs of truth and read.

    A service learns by itself from its own traffic (setting `learning`): which formats pass, and which misreadings
    show because no plate of the format holds them. That a 7 was really a 2 only labelled pairs can tell. All that is
    kept are sums over many reads, from which no plate can be told; so it takes at least 50 different plates.

    \b
    FILE, as CSV:
      truth,read,camera_id,char_confidences,candidates,candidate_confidences
      AA1234BB,AA1Z34BB,gate-1,.9 .9 .9 .4 .9 .9 .9 .9,AA1234BB AA1734BB,.5 .1
    Only truth and read are needed. A file called .ndjson or .jsonl holds one object of these fields a line.

    \b
    Examples:
      platematch learn --pairs truth.csv
      platematch learn show
    The key (--key, PLATEMATCH_KEY) must be of role admin; to show and export, operator or auditor will do.
    """
    if ctx.invoked_subcommand is not None:
        if pairs is not None or data is not None:
            raise click.UsageError("--pairs and --data go without a command")
        ctx.obj = (url, key)
    elif pairs is None:
        click.echo(ctx.get_help())
    else:
        lines = str(getattr(pairs, "name", "")).lower().endswith((".ndjson", ".jsonl"))
        file_format = "ndjson" if lines else "csv"
        if data is not None:
            _report(_learn_here(pairs.read(), file_format, data))
            return
        with sending(pairs) as body:
            _report(connect(url, key).call("POST", "/v1/learning/pairs", body, format=file_format))


@learn.command()
@click.option("--camera", type=LABEL, metavar="ID", help="Show what was learnt of this camera alone.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@service_options
@click.pass_obj
def show(
    service: tuple[str | None, str | None], camera: str | None, as_json: bool, url: str | None, key: str | None
) -> None:
    """Show what was learnt: the mix of formats, and what is confused how often, against the default."""
    client = connect(url or service[0], key or service[1])
    path = "/v1/learning" if camera is None else f"/v1/learning/cameras/{segment(camera)}"
    answer = client.call("GET", path)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    if camera is None:
        state = "on" if answer["learning"] else "off"
        click.echo(f"Version {answer['version']}, {len(answer['cameras'])} cameras; learning from traffic is {state}.")
    _show(answer if camera is not None else answer["total"])
    for found in answer.get("cameras", ()):
        own = "rates of its own" if found["own_model"] else "rates of all cameras"
        click.echo(f"{found['camera_id']:<24} {found['reads']:>12,.0f} reads {found['pairs']:>10,.0f} pairs  {own}")


@learn.command()
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@service_options
@click.pass_obj
def export(service: tuple[str | None, str | None], file: TextIO, url: str | None, key: str | None) -> None:
    """Export what was learnt to FILE, or to standard output; import takes it again."""
    answer = connect(url or service[0], key or service[1]).call("GET", "/v1/learning/export")
    json.dump(answer, file, ensure_ascii=False)
    file.write("\n")
    file.flush()


@learn.command("import")
@click.argument("file", type=click.File("rb"))
@service_options
@click.pass_obj
def import_file(service: tuple[str | None, str | None], file: BinaryIO, url: str | None, key: str | None) -> None:
    """Import what `platematch learn export` wrote, in the place of what this service has learnt."""
    client = connect(url or service[0], key or service[1])
    with sending(file) as body:
        done = client.call("PUT", "/v1/learning", body)
    click.echo(f"imported; version {done['version']}")


@learn.command()
@click.option("--camera", type=LABEL, metavar="ID", help="Forget this camera alone, as when it was replaced.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@service_options
@click.pass_obj
def reset(
    service: tuple[str | None, str | None], camera: str | None, yes: bool, url: str | None, key: str | None
) -> None:
    """Forget what was learnt, of one camera or of all; the default rates hold again."""
    client = connect(url or service[0], key or service[1])
    if not yes:
        click.confirm(f"Forget what was learnt of {camera or 'all cameras'}?", abort=True, err=True)
    path = "/v1/learning" if camera is None else f"/v1/learning/cameras/{segment(camera)}"
    click.echo(f"forgotten; version {client.call('DELETE', path)['version']}")


def _show(lesson: dict[str, Any]) -> None:
    click.echo(
        f"{lesson['reads']:,.0f} reads and {lesson['pairs']:,.0f} pairs counted; "
        f"{lesson['dirty']:.1%} of reads are bad."
    )
    click.echo("\nformat                      share    default")
    for found in lesson["formats"][:8]:
        click.echo(f"{found['format']:<24} {found['share']:>8.2%} {found['default']:>10.2%}")
    if lesson["confusions"]:
        click.echo("\nshown  read      rate    default   counted")
    for found in lesson["confusions"]:
        click.echo(
            f"{found['shown']:<6} {found['read']:<6} {found['rate']:>8.3%} {found['default']:>9.3%}"
            f" {found['counted']:>9,.0f}"
        )
    known = lesson["calibrated"]
    if known["characters"] or known["candidates"]:
        click.echo(
            f"\nConfidences are calibrated by {known['characters']:,.0f} characters "
            f"and {known['candidates']:,.0f} candidates."
        )
    click.echo("")


def _report(done: dict[str, Any]) -> None:
    rejected = done["rejected"]
    for row in rejected[:SHOWN_ROWS]:
        click.echo(f"row {row['row']}: {row['problem']['detail']}", err=True)
    if len(rejected) > SHOWN_ROWS:
        click.echo(f"… and {len(rejected) - SHOWN_ROWS} more rejected rows", err=True)
    rows = "row" if len(rejected) == 1 else "rows"
    click.echo(f"learnt from {done['counted']} pairs; {len(rejected)} {rows} rejected; version {done['version']}")


def _learn_here(body: bytes, file_format: str, data: str) -> dict[str, Any]:
    """Without a service: the store of the data folder is taken for oneself meanwhile."""
    from dataclasses import replace

    from platematch.commands.data import place_kernels
    from platematch.settings import load

    settings = replace(load(), data=data, store="")
    place_kernels(settings)

    from platematch.learner import Learner
    from platematch.matcher.labelled import read_csv, read_ndjson
    from platematch.sampling import Sampler
    from platematch.store.store import Store

    pairs = (read_ndjson if file_format == "ndjson" else read_csv)(body)

    count = len(pairs.truths)
    progress = Progress("pairs", count)

    def tell(counted: int) -> None:
        progress.tell(counted, counted)

    async def work() -> int:
        store = await asyncio.to_thread(Store.open, settings.store_url)
        try:
            learner = Learner(store, lambda _: None, settings.home_country, Sampler(0))
            await learner.load()
            actor = f"command line ({user()})"
            return await learner.add_pairs(pairs.truths, pairs.reads, datetime.now(UTC), actor, tell)
        finally:
            await store.close()

    if not pairs.truths and pairs.wrong:
        raise PlatematchError(f"no row of the file is valid; the first: {pairs.wrong[0].message}")
    try:
        version = asyncio.run(work())
    finally:
        progress.end()
    rejected = [{"row": wrong.row, "problem": {"detail": wrong.message}} for wrong in pairs.wrong]
    return {"counted": count, "rejected": rejected, "version": version}
