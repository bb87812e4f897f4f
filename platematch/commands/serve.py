"""`platematch serve`: runs the service in the foreground."""

from __future__ import annotations

import click


@click.command()
def serve() -> None:
    """Run the service until Ctrl-C or SIGTERM.

    It listens on PLATEMATCH_HOST and PLATEMATCH_PORT (127.0.0.1:8080) and keeps its data in PLATEMATCH_DATA
    (./data). `platematch settings` shows every setting. The first start compiles the matching kernels, which may take
    a minute; later ones find them cached.

    \b
    Examples:
      platematch serve
      PLATEMATCH_PORT=9000 PLATEMATCH_DATA=/var/lib/platematch platematch serve
    """
    from platematch.commands.data import make_data_folder, place_kernels
    from platematch.settings import load

    settings = load()
    make_data_folder(settings)
    place_kernels(settings)

    from platematch.api.serve import serve as run

    run(settings)
