"""What a first user may do wrong at the command line: one clear sentence, never a traceback, nothing spoilt."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from platematch.commands import options
from platematch.reads import Identifier, PlateRead
from platematch.watchlist import Watchlist, importing

CSV = "plate,reason\nKM4321AX,stolen\n"
BYTE = "\udcff"  # how a byte that is no UTF-8 comes in as an argument


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8080", "http://", "http://127.0.0.1:many", "http://[::1", "http://exa mple", "http://приклад",
     f"http://{'a' * 70}.invalid", "http://127.0.0.1:8080/?x=1", "http://u:secret@127.0.0.1:9", "ftp://127.0.0.1"],
)  # fmt: skip
def test_a_wrong_address_is_told(command: Any, url: str) -> None:
    done = command("watchlist", "list", url=url, key="pm_x")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "http://127.0.0.1:8080" in done.err
    assert "secret" not in done.err


@pytest.mark.parametrize("key", ["pm_a\nb", "ключ", f"pm_{BYTE}", " "])
def test_a_damaged_key_is_told_and_not_shown(command: Any, key: str) -> None:
    done = command("watchlist", "list", key=key)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "key" in done.err
    assert key.strip() == "" or key not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["match", "AA1234BB", "--region", "Ukraine"], ["match", "AA1234BB", "--confidence", "nan"],
        ["match", "AA1234BB", "--format", "xls"], ["demo", "--seconds", "nan"], ["demo", "--seconds", "inf"],
        ["demo", "--rate", "nan"], ["watchlist", "export", "no id"], ["watchlist", "export", ""],
        ["watchlist", "import", "../x", __file__], ["keys", "create", "--role", "camera", "--scope", ""],
        ["keys", "create", "--role", "camera", "--owner", "two\nlines"],
        ["keys", "create", "--role", "camera", "--owner", "x" * 201],
    ],
)  # fmt: skip
def test_a_wrong_option_is_told_in_words(command: Any, arguments: list[str]) -> None:
    done = command(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Error:" in done.err
    assert "regex" not in done.err


@pytest.mark.parametrize("arguments", [["serve", "--workers"], ["demo", "--cameras"], ["demo", "--rate"]])
def test_what_is_no_number_is_told_without_talk_of_ranges(command: Any, arguments: list[str]) -> None:
    done = command(*arguments, "two")
    assert (done.code, done.out) == (2, "")
    assert "'two' is not a valid " in done.err
    assert "range" not in done.err.lower()


@pytest.mark.parametrize("arguments", ["watchlist list", "watchlist import stolen - --format csv"])
def test_another_program_at_the_address_is_told(command: Any, arguments: str) -> None:
    """One that knows none of our calls; it is neither taken for an empty service nor sent a new list."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.command)
            self.send_error(404)

        do_PUT = do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{other.server_port}"
        done = command(*arguments.split(), url=url, key="pm_x", stdin=CSV)
        other.shutdown()
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert f"{url} is no platematch" in done.err
    assert "PLATEMATCH_URL" in done.err
    assert asked == ["GET"]


@pytest.mark.parametrize(
    ("text", "kind", "samples"),
    [
        (options.LABEL, Identifier, ["gate-1", "ворота 1", "", "a\nb", "x" * 200, "x" * 201]),
        (options.REGION, PlateRead.__annotations__["region"], ["UA", "US-TX", "USA", "U", "US-", "US-ABCD", "U1"]),
        (options.WATCHLIST_ID, "watchlist_id", ["stolen", "a.b-c_d", "", ".x", "a b", "a/b", "x" * 64, "x" * 65]),
    ],
)
def test_the_words_mean_what_the_service_takes(text: options.Text, kind: Any, samples: list[str]) -> None:
    for sample in samples:
        assert _taken(text.convert, sample, None, None) == _taken(_as, kind, sample), sample


def _as(kind: Any, sample: str) -> None:
    if kind == "watchlist_id":
        msgspec.convert({"watchlist_id": sample, "name": "n", "purpose": "p", "owner": "o"}, Watchlist)
    elif kind is Identifier:
        msgspec.convert(sample, Identifier)
    else:
        msgspec.convert({"plate": "AA1234BB", "region": sample}, PlateRead)


def _taken(take: Callable[..., object], *arguments: Any) -> bool:
    try:
        take(*arguments)
    except (click.UsageError, msgspec.ValidationError):
        return False
    return True


def test_the_formats_are_those_of_the_importer() -> None:
    assert set(options.FORMAT_OF_EXTENSION.values()) == set(importing.FORMATS)


@pytest.mark.parametrize(
    "arguments", [["keys", "create", "--role", "police", "--owner", BYTE], ["match", BYTE, "--key", "pm_x"]]
)
def test_bytes_that_are_no_text_are_told(command: Any, arguments: list[str]) -> None:
    done = command(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "UTF-8" in done.err


def test_a_key_that_could_not_be_shown_is_not_made(command: Any, tmp_path: Path) -> None:
    assert command("keys", "list").out == ""
    environment = {"PLATEMATCH_DATA": str(tmp_path / "data"), "PATH": "/usr/bin:/bin"}
    for redirection in (">/dev/full", ">&-"):
        script = f"{sys.executable} -m platematch keys create --role police {redirection}"
        done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert command("keys", "list").out == ""


@pytest.mark.parametrize("arguments", ["--help", "settings", "keys list"])
def test_a_reader_that_has_seen_enough_is_no_error_to_tell(command: Any, tmp_path: Path, arguments: str) -> None:
    script = f"{sys.executable} -m platematch {arguments} | true"
    environment = {"PLATEMATCH_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["match", "--help"], ["keys", "list"], ["settings"]])
def test_a_plain_locale_and_a_narrow_screen_will_do(command: Any, monkeypatch: Any, arguments: list[str]) -> None:
    for name, value in {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "20"}.items():
        monkeypatch.setenv(name, value)
    command("keys", "create", "--role", "police", "--owner", "Ana Kovac")
    assert command(*arguments).code == 0


@pytest.mark.parametrize("content", ["", "no,known\ncolumn,x\n", "plate,reason\n!!!,stolen\n"])
def test_a_refused_file_leaves_no_new_list(on_service: Any, content: str) -> None:
    done = on_service("watchlist", "import", "refused", "-", "--format", "csv", stdin=content)
    assert done.code == 1
    assert "is new" not in done.err
    assert "refused " not in on_service("watchlist", "list").out


def test_a_refused_file_leaves_an_old_list_as_it_was(on_service: Any) -> None:
    on_service("watchlist", "import", "older", "-", "--format", "csv", stdin=CSV)
    assert on_service("watchlist", "import", "older", "-", "--format", "csv", stdin="").code == 1
    assert "KM4321AX" in on_service("watchlist", "export", "older").out


def test_a_failed_export_spoils_no_older_one(on_service: Any, tmp_path: Path) -> None:
    older = tmp_path / "older.csv"
    older.write_text(CSV)
    for arguments, settings in (
        (["absent"], {}),
        (["stolen"], {"key": "pm_x"}),
        (["x"], {"url": "http://127.0.0.1:9"}),
    ):
        done = on_service("watchlist", "export", *arguments, str(older), **settings)
        assert (done.code, done.out) == (1, "")
        assert older.read_text() == CSV
    on_service("watchlist", "import", "full", "-", "--format", "csv", stdin=CSV)
    done = on_service("watchlist", "export", "full", "/dev/full")
    assert (done.code, done.err.count("\n")) == (1, 1)


def test_a_region_is_taken_in_small_letters(on_service: Any, command: Any, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(CSV)
    assert "KM4321AX" in command("match", "KM4321AX", "--region", "ua", "--watchlist", str(file)).out
