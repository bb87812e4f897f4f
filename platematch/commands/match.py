"""`platematch match`: which listed vehicles a plate could be, and the same for a file of reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import click

from platematch.commands.client import connect
from platematch.commands.options import (
    COUNTRY,
    FORMAT_OF_EXTENSION,
    REGION,
    Confidences,
    Finite,
    Guess,
    guess_format,
    service_options,
)
from platematch.errors import PlatematchError

FLOOR = 1e-6
SOME_WRONG = 3


@click.command()
@click.argument("plate", required=False)
@click.option("--watchlist", "lists", multiple=True, type=click.Path(exists=True, dir_okay=False), metavar="LIST",
              help="Match against this list file, without a service; may be given several times.")  # fmt: skip
@click.option("--format", "file_format", type=click.Choice(list(FORMAT_OF_EXTENSION.values())),
              help="What LIST holds. [default: by its extension]")  # fmt: skip
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, allow_dash=True), metavar="READS",
              help="Match the reads of this file, or of standard input (-).")  # fmt: skip
@click.option("--output", type=click.Path(dir_okay=False, allow_dash=True), default="-",
              help="Where matches go: NDJSON, or CSV if named so. [default: standard output]")  # fmt: skip
@click.option("--min-probability", type=Finite(0, 1), help="Show matches from here up. [default: 0.05 with --file]")
@click.option(
    "--home-country",
    type=COUNTRY,
    metavar="UA",
    help="Whose plates most of the traffic carries. [default: the setting]",
)
@click.option("--candidate", "candidates", type=Guess(), multiple=True, metavar="PLATE[=CONFIDENCE]",
              help="What else the engine may have read; may be given several times.")  # fmt: skip
@click.option("--confidence", type=Finite(0, 1), help="The camera's confidence, 0 to 1.")
@click.option("--char-confidences", type=Confidences(), metavar="C,C,…", help="Its confidence in each character.")
@click.option("--region", type=REGION, metavar="UA", help="The country that the camera saw on the plate.")
@click.option("--make", help="The make that it saw.")
@click.option("--color", help="The colour that it saw.")
@click.option("--type", "kind", help="The type of vehicle that it saw.")
@click.option("--camera", "camera_id", metavar="ID", help="Which camera, for what was learnt of it.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@service_options
def match(
    plate: str | None, lists: tuple[str, ...], file_format: str | None, path: str | None, output: str,
    min_probability: float | None, home_country: str | None, candidates: tuple[dict[str, Any], ...],
    confidence: float | None, char_confidences: list[float] | None, region: str | None, make: str | None,
    color: str | None, kind: str | None, camera_id: str | None, as_json: bool, url: str | None, key: str | None,
) -> int:  # fmt: skip
    """Show which listed vehicles PLATE could be, the most probable first, with the arithmetic.

    A running service is asked (--url, --key of role police or operator); with --watchlist, none is needed.

    With --file, all reads of a file are matched against list files: one read a line as JSON in the form of
    POST /v1/reads, CSV with a column plate, or one plate a line; in gzip too. The matches come in the order of the
    reads. Lines that hold no read are told at the end.

    Exit code: 0 all went well, matches or not; 3 with --file, some lines held no read; 1 nothing could be matched; 2
    wrong options; 130 interrupted.

    \b
    Examples:
      platematch match AA1Z34BB
      platematch match AA1Z34BB --watchlist vehicles.csv --region UA --color black --make BMW
      platematch match --file reads.ndjson.gz --watchlist vehicles.csv --output hits.csv
    """
    if (plate is None) == (path is None):
        raise click.UsageError("give either a PLATE, or with --file a file of reads (--watchlist is for list files)")
    if path is not None and not lists:
        raise click.UsageError("--file needs at least one list file, by --watchlist")
    formats = [(name, guess_format(name, file_format)) for name in lists]
    told = {"candidate": candidates, "confidence": confidence, "char-confidences": char_confidences, "region": region,
            "make": make, "color": color, "type": kind, "camera": camera_id, "json": as_json}  # fmt: skip
    if path is not None:
        if given := [f"--{name}" for name, value in told.items() if value not in (None, (), False)]:
            raise click.UsageError(f"{given[0]} goes with one PLATE; with --file each read has its own")
        return _match_file(path, formats, output, 0.05 if min_probability is None else min_probability, home_country)
    if char_confidences is not None and len(char_confidences) != _length(str(plate)):
        told_of = f"{len(char_confidences)} confidences for the {_length(str(plate))} characters of {plate}"
        raise click.UsageError(f"--char-confidences: {told_of}; give one for each")
    vehicle = {"make": make, "color": color, "type": kind}
    read = {
        "plate": plate,
        "confidence": confidence,
        "char_confidences": char_confidences,
        "candidates": list(candidates) or None,
        "region": region,
        "vehicle": _given(vehicle) or None,
        "camera_id": camera_id,
    }
    if lists:
        answer = _match_plate(_given(read), formats, home_country)
    elif home_country is not None:
        raise click.UsageError("--home-country is a setting of the service; here it goes with --watchlist")
    else:
        answer = connect(url, key).call("POST", "/v1/match", _given(read))
    answer["matches"] = [found for found in answer["matches"] if found["probability"] >= (min_probability or 0.0)]
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        from platematch.commands.arithmetic import show

        show(str(plate), answer)
    return 0


def _length(plate: str) -> int:
    from platematch.plates import pack

    return len(pack(plate))


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _country(home_country: str | None) -> str:
    """The home country asked for, or the setting; and a place for the kernels."""
    from platematch.commands.data import place_kernels
    from platematch.settings import load

    settings = load({"PLATEMATCH_HOME_COUNTRY": home_country}) if home_country else load()
    place_kernels(load())
    return settings.home_country


def _match_plate(read: dict[str, Any], formats: list[tuple[str, str]], home_country: str | None) -> Any:
    """The answer of a service whose only lists are the files."""
    country = _country(home_country)

    from datetime import UTC, datetime

    import msgspec

    from platematch.commands.matching_files import load_matcher
    from platematch.commands.reading import FileRead
    from platematch.errors import InvalidInput, InvalidPlate
    from platematch.intake import plate_problem
    from platematch.plates import MAX_SYMBOLS, pack

    try:
        asked = msgspec.convert(read, FileRead)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from None
    if problem := plate_problem(asked.plate, len(pack(asked.plate)), MAX_SYMBOLS):
        raise InvalidPlate(problem.detail)
    matcher = load_matcher(formats, country)
    matches = matcher.match([asked], [datetime.now(UTC)], floor=FLOOR)[0]
    return msgspec.to_builtins({"matches": matches, "background": matcher.background(asked), "version": 0})


def _match_file(path: str, formats: list[tuple[str, str]], output: str, floor: float, home_country: str | None) -> int:
    """Match a file of reads; the exit code."""
    country = _country(home_country)

    import sys

    from platematch.commands.matching_files import CsvWriter, NdjsonWriter, Tally, load_matcher, match_file
    from platematch.commands.progress import Progress
    from platematch.commands.reading import open_reads

    tally = Tally()
    with open_reads(path) as reads:
        matcher = load_matcher(formats, country)
        with _named(output), click.open_file(output, "wb") as opened:
            file = cast(BinaryIO, opened)
            writer = CsvWriter(file) if output.lower().endswith(".csv") else NdjsonWriter(file)
            progress = Progress("reads", reads.size, shown=output != "-" or not sys.stdout.isatty())
            try:
                match_file(matcher, reads, writer, tally, floor, progress)
            finally:
                _report(tally, progress.end(), reads.unused)
    if tally.rejected and not tally.matched:
        raise PlatematchError("no line of the file holds a read")
    return SOME_WRONG if tally.rejected else 0


@contextmanager
def _named(output: str) -> Iterator[None]:
    """An error of writing names the file, which is not whole then."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or output == "-":
            raise
        raise PlatematchError(f"{output}: {error.strerror}; it does not hold all matches") from None


def _report(tally: Any, seconds: float, unused: list[str]) -> None:
    if unused:
        click.echo(f"Columns that were not used: {', '.join(unused)}.", err=True)
    for line, reason in sorted(tally.wrong):
        click.echo(f"line {line}: {reason}", err=True)
    if tally.rejected > len(tally.wrong):
        click.echo(f"… and {tally.rejected - len(tally.wrong)} more lines that hold no read", err=True)
    rate = tally.matched / max(seconds, 1e-3)
    wrong = f"; lines that hold no read: {tally.rejected:,}" if tally.rejected else ""
    click.echo(f"Reads: {tally.matched:,} in {seconds:.1f} s, {rate:,.0f}/s; matches: {tally.found:,}{wrong}", err=True)
