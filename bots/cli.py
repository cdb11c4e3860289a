"""Words in, words out: the command line of `weektech`, put together from `bots/commands`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bots import __version__, exits, terminal
from bots.commands import answering, connecting, correcting, looking, publishing, running, setting_up
from bots.commands.session import Session
from bots.errors import ConfigError, WeektechError
from bots.redaction import guard, quiet

cli = typer.Typer(
    help="Publish a weekly Markdown column to Telegram and Discord, section by section.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all as planned, 1 an error in a file or the set-up, 2 wrong words on the command line, "
    "3 something failed or is in doubt (see `weektech status`), 4 the ledger is busy or can't be used.",
)

COMMANDS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "Look": {
        "rehearse": looking.rehearse,
        "check": looking.check,
        "plan": looking.plan,
        "render": looking.render,
        "status": looking.status,
        "schedule": running.schedule,
    },
    "Publish": {
        "run": running.run,
        "publish": publishing.publish,
        "test": publishing.send_test,
        "retry": correcting.retry,
        "settle": publishing.settle,
        "answer": running.answer,
        "unpublish": correcting.unpublish,
        "adopt": correcting.adopt,
        "pause": publishing.pause,
        "resume": publishing.resume,
    },
    "Readers": {
        "comments": answering.comments,
        "stats": answering.stats,
        "moderate": answering.moderate,
        "export": answering.export,
    },
    "Set up": {
        "connect": connecting.connect,
        "doctor": setting_up.doctor,
        "migrate": setting_up.migrate,
        "panel": setting_up.panel,
    },
}
"""Panel of `weektech --help` -> its commands, in the order they are shown."""

for _panel, _commands in COMMANDS.items():
    for _name, _command in _commands.items():
        cli.command(_name, rich_help_panel=_panel)(_command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"weektech {__version__}")
        raise typer.Exit


@cli.callback()
def _root(
    config_path: Annotated[Path, typer.Option("--config", "-c", help="The column's configuration.")] = Path(
        "config.yaml"
    ),
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    if config_path != Session.path and not config_path.is_file():
        raise ConfigError("there is no such file.", path=config_path, remedy="Correct --config.")
    Session.path = config_path


def main() -> NoReturn:
    """Entry point of the console script: errors become one line on stderr and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A title is no reason to crash on a terminal that has no letters for it.
            stream.reconfigure(errors="backslashreplace")
    quiet()
    guard(logging.getLogger().handlers)
    try:
        cli()
    except WeektechError as error:
        terminal.error(error)
        sys.exit(exits.of(error))
    sys.exit(0)
