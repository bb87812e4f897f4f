"""`platematch settings`: every setting, its value, where that came from and what it means."""

from __future__ import annotations

import textwrap

import click


@click.command()
def settings() -> None:
    """Show every setting, its value, where that came from and what it means.

    Settings come from variables of the environment and from one optional TOML file, which PLATEMATCH_CONFIG names
    and whose names are those of the variables without PLATEMATCH_ and in small letters. The environment wins.

    \b
    Example:
      PLATEMATCH_PORT=9000 platematch settings
    """
    from platematch.settings import load_with_sources

    for source in load_with_sources()[1]:
        click.echo(f"{source.variable} = {_shown(source.value)}  ({source.origin})")
        click.echo(textwrap.indent(textwrap.fill(source.meaning, 96), "    "))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return '""' if value == "" else str(value)
