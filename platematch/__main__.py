"""The command line: `platematch --help` lists the commands; each is imported only when it is used."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from platematch import __version__
from platematch.errors import PlatematchError

# Name -> (module.attribute, what it does). Importing a command may load the matcher, which takes seconds.
COMMANDS = {
    "serve": ("platematch.commands.serve:serve", "Run the service."),
    "demo": ("platematch.commands.demo:demo", "Show the service at work on an invented city."),
    "keys": ("platematch.commands.keys:keys", "Create, list and revoke keys."),
    "watchlist": ("platematch.commands.watchlist:watchlist", "Import, export and list watchlists."),
    "match": ("platematch.commands.match:match", "Show which listed vehicles a plate could be."),
    "learn": ("platematch.commands.learn:learn", "Learn what cameras confuse, from pairs of truth and read."),
    "settings": ("platematch.commands.settings:settings", "Show every setting, its value and its meaning."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not when their names are shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order that a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and meanings from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, meaning) for name, (_, meaning) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="platematch %(version)s")
def cli() -> None:
    """Find listed vehicles among the number plates that cameras read.

    \b
    A first look:
      platematch demo --seconds 20
    A first service, camera and list:
      platematch serve
      export PLATEMATCH_KEY=$(platematch keys create --role police)
      platematch watchlist import stolen vehicles.csv
      platematch match AA1234BB
      platematch keys create --role camera --scope gate-1

    Exit codes: 0 done; 1 not done, standard error says why; 2 wrong options; 3 done, but lines of the file of reads
    held no read (match --file); 130 interrupted.
    """


def main() -> None:
    """The entry point: errors become one line on standard error, and an exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would spin beside small products
    if sys.stdout is None:
        _complain("standard output is closed; what is printed would be lost")
        sys.exit(1)
    try:
        sys.exit(cli.main(prog_name="platematch", standalone_mode=False) or 0)
    except PlatematchError as error:
        _complain(error.message)
        sys.exit(1)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _complain(error.format_message())
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter would complain when it flushes.
        sys.stdout = None
        sys.exit(1)
    except UnicodeEncodeError as error:
        character = ascii(error.object[error.start])
        _complain(f"the character {character} cannot be used here; set a UTF-8 locale, as in LC_ALL=C.UTF-8")
        sys.exit(1)
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error))
        sys.stdout = None  # as above: it may be what cannot be written
        sys.exit(1)


def _complain(message: str) -> None:
    click.echo(f"platematch: {message}", err=True)


if __name__ == "__main__":
    main()
