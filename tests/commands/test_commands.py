"""The commands that need no service: help, version, settings, keys, matching against a file, and their complaints."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from platematch import __version__
from platematch.__main__ import COMMANDS, cli

CSV = "entry_id,plate,reason\n1,АА1234ВВ,stolen\n2,!!!,stolen\n3,KA9999AX,stolen\n"


def test_help_names_every_command_without_loading_the_matcher(command: Any) -> None:
    done = command("--help")
    assert done.code == 0
    assert all(name in done.out for name in COMMANDS)
    script = (
        "import sys; from platematch.__main__ import cli; cli.main(['--help'], standalone_mode=False);"
        "heavy = {'numba', 'numpy', 'sqlalchemy', 'aiohttp', 'msgspec'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize("arguments", [[name] for name in COMMANDS] + [["keys", "create"], ["watchlist", "import"]])
def test_every_command_has_help_with_an_example(command: Any, arguments: list[str]) -> None:
    done = command(*arguments, "--help")
    assert done.code == 0
    assert len(done.out) > 200


def test_the_table_tells_what_each_command_tells_of_itself() -> None:
    import click

    for name, (_, meaning) in COMMANDS.items():
        found = cli.get_command(click.Context(cli), name)
        assert found is not None
        assert meaning.split()[0] in (found.help or ""), name


def test_the_version(command: Any) -> None:
    assert command("--version").out == f"platematch {__version__}\n"


def test_settings_say_where_they_come_from(command: Any, tmp_path: Path) -> None:
    file = tmp_path / "platematch.toml"
    file.write_text("max_items = 5\n")
    done = command("settings", config=str(file), port="9999", key="pm_secret")
    assert "PLATEMATCH_PORT = 9999  (environment PLATEMATCH_PORT)" in done.out
    assert f"PLATEMATCH_MAX_ITEMS = 5  (file {file})" in done.out
    assert "PLATEMATCH_HOST = 127.0.0.1  (default)" in done.out
    assert "pm_secret" not in done.out


@pytest.mark.parametrize(("name", "value"), [("prot", "1"), ("port", "many"), ("port", "70000"), ("drain_s", "nan")])
def test_a_wrong_setting_is_named(command: Any, name: str, value: str) -> None:
    done = command("settings", **{name: value})
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("platematch: ")
    assert name in done.err
    assert done.err.count("\n") == 1


def test_keys_are_kept_in_postgresql_as_well(command: Any, postgresql_url: str, tmp_path: Path) -> None:
    made = command("keys", "create", "--role", "police", store=postgresql_url)
    assert made.code == 0, made.err
    assert made.out.split("_")[1] in command("keys", "list", store=postgresql_url).out
    assert command("keys", "revoke", made.out.strip(), store=postgresql_url).code == 0
    assert "revoked" in command("keys", "list", store=postgresql_url).out
    assert not (tmp_path / "data").exists()
    refused = command("keys", "list", store=postgresql_url.replace(":sesame@", ":secret@"))
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "refuses the name platematch or its password" in refused.err
    assert "secret" not in refused.err


def test_a_key_is_printed_alone_listed_and_revoked(command: Any) -> None:
    made = command(
        "keys", "create", "--role", "camera", "--scope", "gate-1", "--owner", "north gate", "--expires-in", "90d"
    )
    assert made.code == 0
    token = made.out.removesuffix("\n")
    assert token.startswith("pm_")
    assert len(token.split()) == 1
    key_id = token.split("_")[1]
    listed = command("keys", "list").out
    assert all(part in listed for part in (key_id, "camera", "north gate", "gate-1", "good"))
    assert token.split("_", 2)[2] not in listed
    assert command("keys", "revoke", key_id).code == 0
    assert "revoked" in command("keys", "list").out
    again = command("keys", "revoke", key_id)
    assert (again.code, again.err.count("\n")) == (1, 1)


def test_the_data_folder_is_made_for_its_owner_alone(command: Any, tmp_path: Path) -> None:
    assert command("keys", "create", "--role", "admin").code == 0
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys", "create"], ["keys", "create", "--role", "boss"],
        ["keys", "create", "--role", "admin", "--expires-in", "soon"],
        ["nothing"], ["match"], ["watchlist", "import", "stolen", "/nowhere.csv"],
        ["match", "AA1234BB", "--watchlist", __file__],
    ],
)  # fmt: skip
def test_wrong_usage_is_a_2(command: Any, arguments: list[str]) -> None:
    done = command(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Error:" in done.err


def test_a_bad_store_is_one_sentence(command: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for settings in (
        {"store": "nonsense"},
        {"store": "sqlite:////proc/nowhere/x.db"},
        {"data": str(tmp_path / "file")},
    ):
        for arguments in (["serve"], ["keys", "list"]):
            done = command(*arguments, **{"port": "0", **settings})
            assert done.code == 1, (arguments, settings)
            assert done.err.startswith("platematch: ")


def test_a_port_in_use_is_one_sentence(command: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command("serve", port=str(taken.getsockname()[1]))
    assert done.code == 1
    assert "in use" in done.err
    assert "PLATEMATCH_PORT" in done.err


def test_without_a_service_the_way_to_start_one_is_told(command: Any) -> None:
    done = command("match", "AA1234BB", url="http://127.0.0.1:9", key="pm_x")
    assert done.code == 1
    assert "platematch serve" in done.err


def test_without_a_key_the_way_to_make_one_is_told(command: Any) -> None:
    done = command("watchlist", "list")
    assert done.code == 1
    assert "keys create --role police" in done.err


def test_a_plate_is_matched_against_a_file(command: Any, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(CSV)
    done = command("match", "aa 1Z34-bb", "--watchlist", str(file))
    assert done.code == 0
    assert "АА1234ВВ" in done.out.splitlines()[0]
    assert "reads of 2 show Z" in done.out
    answer = json.loads(command("match", "AA1234BB", "--watchlist", str(file), "--json").out)
    assert answer["matches"][0]["entry_id"] == "1"
    assert answer["matches"][0]["probability"] > 0.5
    assert "like no listed plate" in command("match", "XY77777", "--watchlist", str(file)).out


@pytest.mark.parametrize("plate", ["", "...", "A" * 70])
def test_what_is_no_plate_is_told(command: Any, tmp_path: Path, plate: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(CSV)
    done = command("match", plate, "--watchlist", str(file))
    assert (done.code, done.out) == (1, "")
