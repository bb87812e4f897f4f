"""`platematch serve`: runs the service in the foreground."""

from __future__ import annotations

from dataclasses import replace

import click

from platematch.commands.options import Whole


@click.command()
@click.option(
    "--workers",
    type=Whole(1, 64),
    metavar="N",
    help="Processes that answer requests; from 2 on one more owns the lists. [default: PLATEMATCH_WORKERS or 1]",
)
def serve(workers: int | None) -> None:
    """Run the service until Ctrl-C or SIGTERM.

    It listens on PLATEMATCH_HOST and PLATEMATCH_PORT (127.0.0.1:8080) and keeps its data in PLATEMATCH_DATA
    (./data). `platematch settings` shows every setting. The first start compiles the matching kernels, which may take
    a minute; later ones find them cached.

    One process does all of it on small machines. With --workers N as many share the port and match reads in parallel,
    for one more that owns the lists, the store and the webhooks; one of them that dies is replaced.

    \b
    Examples:
      platematch serve
      platematch serve --workers 4
      PLATEMATCH_PORT=9000 PLATEMATCH_DATA=/var/lib/platematch platematch serve
    """
    from platematch.commands.data import make_data_folder, place_kernels
    from platematch.settings import load

    settings = load() if workers is None else replace(load(), workers=workers)
    make_data_folder(settings)
    place_kernels(settings)

    from platematch.serving.serve import serve as run

    run(settings)
