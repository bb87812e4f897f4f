"""Settings: each source is honoured, and every mistake is an error that names the setting."""

from pathlib import Path

import pytest

from platematch import settings
from platematch.errors import SettingsError


def test_defaults_environment_and_file_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "platematch.toml"
    path.write_text('port = 9000\nhost = "0.0.0.0"\nwebhook_allow_private = true\n')
    given = {"PLATEMATCH_CONFIG": str(path), "PLATEMATCH_PORT": "9001", "HOME": "/root"}
    loaded, sources = settings.load_with_sources(given)
    assert (loaded.port, loaded.host, loaded.webhook_allow_private) == (9001, "0.0.0.0", True)
    origins = {source.name: source.origin for source in sources}
    assert origins["port"] == "environment PLATEMATCH_PORT"
    assert origins["host"] == f"file {path}"
    assert origins["data"] == "default"
    assert all(source.meaning for source in sources)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PLATEMATCH_PROT", "1", "'prot'"),
        ("PLATEMATCH_PORT", "high", "whole number"),
        ("PLATEMATCH_PORT", "65536", "from 0 to 65535"),
        ("PLATEMATCH_PORT", "8.5", "whole number"),
        ("PLATEMATCH_CLOCK_SKEW_S", "nan", "a number"),
        ("PLATEMATCH_CLOCK_SKEW_S", "-1", "at least 0"),
        ("PLATEMATCH_WEBHOOK_ALLOW_PRIVATE", "perhaps", "true or false"),
        ("PLATEMATCH_MAX_PLATE_LENGTH", "17", "from 1 to 16"),
        ("PLATEMATCH_LOG_LEVEL", "loud", "debug, info"),
        ("PLATEMATCH_CONFIG", "/nonexistent/platematch.toml", "/nonexistent/platematch.toml"),
    ],
)
def test_wrong_setting_is_an_error_that_names_it(variable: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=r"(?s).*") as caught:
        settings.load({variable: value})
    assert words in caught.value.message
    assert caught.value.field == ("PLATEMATCH_CONFIG" if "CONFIG" in variable else variable[11:].lower())


def test_wrong_toml_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("port = = 1")
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        settings.load({"PLATEMATCH_CONFIG": str(path)})
    path.write_text("port = true")
    with pytest.raises(SettingsError, match="whole number"):
        settings.load({"PLATEMATCH_CONFIG": str(path)})


def test_secrets_are_not_shown() -> None:
    _, sources = settings.load_with_sources(
        {"PLATEMATCH_KEY": "pm_1_secret", "PLATEMATCH_STORE": "postgresql+psycopg://me:secret@db.example/x"}
    )
    assert not [source for source in sources if "secret" in str(source.value)]
    assert any(source.value == "postgresql+psycopg://me:***@db.example/x" for source in sources)


def test_a_password_with_an_at_sign_is_not_shown_either() -> None:
    _, sources = settings.load_with_sources({"PLATEMATCH_STORE": "postgresql+psycopg://me:se@cret@db.example/x"})
    assert not [source for source in sources if "cret" in str(source.value)]


def test_a_password_among_the_parameters_is_not_shown_either() -> None:
    url = "postgresql+psycopg://db.example/x?user=me&password=secret&sslmode=require"
    _, sources = settings.load_with_sources({"PLATEMATCH_STORE": url})
    assert not [source for source in sources if "secret" in str(source.value)]
    assert any(str(source.value).endswith("?user=me&password=***&sslmode=require") for source in sources)


def test_the_commands_find_the_service_of_the_same_settings() -> None:
    assert settings.load({"PLATEMATCH_PORT": "9000"}).service_url == "http://127.0.0.1:9000"
    assert settings.load({"PLATEMATCH_HOST": "0.0.0.0"}).service_url == "http://127.0.0.1:8080"
    assert settings.load({"PLATEMATCH_HOST": "::"}).service_url == "http://[::1]:8080"
    assert settings.load({"PLATEMATCH_HOST": "2001:db8::1"}).base_url == "http://[2001:db8::1]:8080"
    given = {"PLATEMATCH_URL": "https://pm.example", "PLATEMATCH_PORT": "1"}
    assert settings.load(given).service_url == "https://pm.example"


def test_paths_follow_the_data_folder() -> None:
    assert settings.load({"PLATEMATCH_DATA": "/srv/pm"}).store_url == "sqlite:////srv/pm/platematch.db"
    assert settings.load({"PLATEMATCH_PORT": "1"}).base_url == "http://127.0.0.1:1"
    assert settings.load({"PLATEMATCH_PUBLIC_URL": "https://pm.example/"}).base_url == "https://pm.example"


def test_the_variable_of_the_extension_is_no_setting() -> None:
    assert settings.load({settings.PROBE_VARIABLE: "scalar"}) == settings.load({})
