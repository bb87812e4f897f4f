"""Every setting: its name, its default, what it means; read from the environment and one optional TOML file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from platematch.errors import SettingsError

PREFIX = "PLATEMATCH_"
FILE_VARIABLE = "PLATEMATCH_CONFIG"
PROBE_VARIABLE = "PLATEMATCH_PROBE"
"""The C extension reads it when it is loaded."""
MIB = 1 << 20


def _setting(default: Any, meaning: str, *, least: float | None = None, most: float | None = None) -> Any:
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process. Durations in seconds, sizes in bytes."""

    host: str = _setting("127.0.0.1", "Address that the service listens on")
    port: int = _setting(8080, "Port that the service listens on; 0 takes a free one", least=0, most=65535)
    workers: int = _setting(1, "Processes that answer requests; from 2 on one more owns the lists", least=1, most=64)
    data: str = _setting("data", "Folder of the embedded database; made when absent")
    store: str = _setting("", "postgresql://USER:PASSWORD@HOST/DATABASE; empty: SQLite in the data folder")
    public_url: str = _setting("", "Address under which others reach the service; empty: http://HOST:PORT")
    home_country: str = _setting("UA", "Country (ISO 3166, two letters) whose plates most of the traffic carries")
    max_body_bytes: int = _setting(16 * MIB, "Largest request body", least=1024)
    max_import_bytes: int = _setting(256 * MIB, "Largest list file", least=1024)
    max_picture_pixels: int = _setting(25_000_000, "Most pixels of a picture that plates are read in", least=1024)
    picture_workers: int = _setting(0, "Processes that read pictures; 0: half of the cores", least=0, most=64)
    picture_queue: int = _setting(16, "Most pictures that wait to be read; beyond it cameras get 503", least=0)
    picture_timeout_s: float = _setting(10.0, "How long reading one picture may take", least=0.1)
    max_items: int = _setting(10_000, "Most reads in one request", least=1)
    max_plate_length: int = _setting(16, "Most characters of a plate, separators left out", least=1, most=16)
    max_entries: int = _setting(10_000_000, "Most entries on all lists together", least=1000, most=1_000_000_000)
    clock_skew_s: float = _setting(600.0, "How far ahead of the server's clock a read's time may be", least=0)
    late_s: float = _setting(600.0, "Reads older than this when they arrive are marked late", least=0)
    queue_size: int = _setting(10_000, "Most writes that wait for the store; beyond it clients get 503", least=1)
    recent_reads: int = _setting(100_000, "Read ids remembered in memory to recognise repeats", least=1)
    sighting_window_s: float = _setting(300.0, "A sighting stays open so long after its last read", least=0)
    neighbour_m: float = _setting(500.0, "Cameras no farther apart than this, in metres, share a sighting", least=0)
    webhook_allow_private: bool = _setting(False, "Allow webhook receivers at private and loopback addresses")
    webhook_timeout_s: float = _setting(15.0, "How long a webhook receiver may take to answer", least=0.1)
    learning: bool = _setting(True, "Learn what each camera confuses from a sample of the reads; keeps sums, no plates")
    drain_s: float = _setting(8.0, "How long a stopping service waits for work under way", least=0, most=60)
    log_level: str = _setting("info", "debug, info, warning or error")
    url: str = _setting("", "The service that the watchlist and match commands talk to; empty: the one of HOST:PORT")
    key: str = _setting("", "The key that the watchlist and match commands use")

    @property
    def store_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.store or f"sqlite:///{Path(self.data).absolute() / 'platematch.db'}"

    @property
    def picture_processes(self) -> int:
        """How many processes read pictures, with the default filled in."""
        return self.picture_workers or max(1, len(os.sched_getaffinity(0)) // 2)

    @property
    def service_url(self) -> str:
        """Where the command line finds the service."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104
        return self.url or address(host, self.port)

    @property
    def base_url(self) -> str:
        """The address under which others reach the service, without a slash at its end."""
        return (self.public_url or address(self.host, self.port)).rstrip("/")


def address(host: str, port: int) -> str:
    """The URL of a port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one setting's value came from, for people who wonder."""

    name: str
    variable: str
    value: Any
    origin: str
    meaning: str


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment and its TOML file give; SettingsError names any that is unknown or wrong."""
    return load_with_sources(environment)[0]


def load_with_sources(environment: Mapping[str, str] | None = None) -> tuple[Settings, list[Source]]:
    """As `load`, with where each value came from, in the order of their definition."""
    environment = os.environ if environment is None else environment
    given: dict[str, tuple[Any, str]] = {}
    path = environment.get(FILE_VARIABLE)
    if path:
        given.update({name: (value, f"file {path}") for name, value in _read_file(path).items()})
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable not in (FILE_VARIABLE, PROBE_VARIABLE):
            given[variable.removeprefix(PREFIX).lower()] = (text, f"environment {variable}")
    types = get_type_hints(Settings)
    definitions = {definition.name: definition for definition in fields(Settings)}
    for name, (_, origin) in given.items():
        if name not in definitions:
            raise SettingsError(f"unknown setting {name!r} ({origin}); `platematch settings` lists all", field=name)
    values = {
        name: _checked(name, value, origin, types[name], definitions[name].metadata)
        for name, (value, origin) in given.items()
    }
    settings = Settings(**values)
    sources = [
        Source(name, PREFIX + name.upper(), _shown(settings, name), given.get(name, ("", "default"))[1], meaning)
        for name, meaning in ((d.name, d.metadata["meaning"]) for d in definitions.values())
    ]
    return settings, sources


def _shown(settings: Settings, name: str) -> Any:
    value = getattr(settings, name)
    if name == "key" and value:
        return "(hidden)"
    if name == "store":
        return re.sub(r"(password=)[^&]*", r"\1***", re.sub(r"(://[^:/@]*:).*@", r"\1***@", value))
    return value


def _read_file(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}", field=FILE_VARIABLE) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}", field=FILE_VARIABLE) from None


def _checked(name: str, value: Any, origin: str, kind: type, bounds: Mapping[str, Any]) -> Any:
    try:
        result = _converted(value, kind)
    except (ValueError, TypeError):
        raise SettingsError(f"setting {name} ({origin}) is {value!r}, but must be {_KINDS[kind]}", field=name) from None
    least, most = bounds["least"], bounds["most"]
    if (least is not None and not result >= least) or (most is not None and not result <= most):
        span = f"at least {least}" if most is None else f"from {least} to {most}"
        raise SettingsError(f"setting {name} ({origin}) is {value!r}, but must be {span}", field=name)
    if name == "log_level" and result not in ("debug", "info", "warning", "error"):
        raise SettingsError(f"setting {name} ({origin}) is {value!r}: use debug, info, warning or error", field=name)
    return result


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def _converted(value: Any, kind: type) -> Any:
    """A TOML value or the text of a variable as the setting's type; ValueError or TypeError where it is none."""
    if kind is bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in _TRUTHS:
            return _TRUTHS[value.strip().lower()]
        raise ValueError(value)
    if kind is str:
        if not isinstance(value, str):
            raise TypeError(value)
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(value)
    if kind is int and isinstance(value, float):
        raise TypeError(value)
    number = kind(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(value)
    return number
