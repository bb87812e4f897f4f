"""`platematch demo`: the service at work on an invented city, in one command."""

from __future__ import annotations

import click

from platematch.commands.options import Finite, Whole


@click.command()
@click.option("--seconds", type=Finite(min=1), help="Play so long, then sum up and end. [default: until Ctrl-C]")
@click.option("--port", type=Whole(1, 65535), default=8080, show_default=True, help="Port of the service.")
@click.option("--cameras", type=Whole(1, 5000), default=200, show_default=True, help="Cameras in the city.")
@click.option("--rate", type=Finite(1, 2000), default=200.0, show_default=True, help="Reads a second in all.")
def demo(seconds: float | None, port: int, cameras: int, rate: float) -> int:
    """Show the service at work on an invented city.

    Starts the real service with an empty database in a temporary folder, imports a list of 500 invented stolen
    vehicles, registers a webhook at a built-in receiver and lets the city's cameras post what they read, rightly
    or wrongly, as plain JSON and in the formats of Hikvision, OpenALPR and Plate Recognizer; three more cameras post
    pictures, whose plates the service reads itself. Each hit is shown as its webhook arrives: camera, what was read,
    the listed plate, the probability, and why.

    At the end it tells how many listed vehicles passed, how many were found and missed, false hits, and whether
    every webhook came with a valid signature; the exit code is 0 only if all that is within the stated bounds.

    \b
    Examples:
      platematch demo --seconds 20         a short look, ends by itself
      platematch demo                      plays on; prints keys and calls to try; Ctrl-C ends it
      platematch demo --port 9000 --rate 500
    """
    from platematch.demo import run_demo

    return run_demo(seconds, port, cameras=cameras, rate=rate, say=click.echo)
