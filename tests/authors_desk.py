"""The author at the command line, over a ledger in which an issue is out there and readers have answered it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bots import exits
from bots.cli import cli
from bots.commands.session import Session
from bots.errors import WeektechError
from bots.ledger import Ledger
from tests.answer_world import ADA, BO, PLACES, discord, forwarded, telegram, world_in

DESTINATIONS = "".join(
    f'  {one.name}:\n    platform: {one.platform}\n    kind: {one.kind}\n    chat: "{one.chat}"\n' for one in PLACES
)
# The ids of this world are shorter than real ones.
CONFIG = "comments:\n  export: [channel, server]\ndestinations:\n" + DESTINATIONS.replace('"-1003"', '"-1001000000003"')


class Desk:
    """The author at the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(self.folder / "config.yaml"), *words])

    def says(self, *words: str) -> str:
        found = self.run(*words)
        assert found.exception is None, found.exception
        return found.stdout

    def records(self, *words: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.says(*words, "--json").splitlines()]

    def refuses(self, *words: str) -> str:
        found = self.run(*words)
        assert isinstance(found.exception, WeektechError)
        return str(found.exception)

    def code(self, *words: str) -> int:
        """What the command ends with."""
        found = self.run(*words)
        return exits.of(found.exception) if isinstance(found.exception, WeektechError) else found.exit_code

    def ledger(self) -> Ledger:
        return Ledger.open(f"sqlite:///{self.folder / 'ledger.db'}")


def desk_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose issue `one` has three comments: a question of Ada's, and two of Bo's."""
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setattr(Session, "path", Session.path)
    for name in [name for name in os.environ if name.endswith("_TOKEN") or name == "WEEKTECH_SECRET"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", "ledger.db")
    with world_in(folder) as world:
        world.filing.take(forwarded("101", "9001"))
        world.filing.take(telegram("1", "why?", ADA, reply_to="9001"))
        world.filing.take(discord("2", "spam", BO, reply_to="801"))
        world.filing.take(discord("3", "more spam", BO, reply_to="2"))
    return Desk(folder)
