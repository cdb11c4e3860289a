"""A column on disk and both local servers in a thread of their own, for tests that run weektech as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bots.clock import SystemClock
from bots.ledger import Ledger
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.limits import NO_LIMITS as WIDE
from bots.rehearsal.discord.server import application as discord_application
from bots.rehearsal.discord.state import State as DiscordState
from bots.rehearsal.faults import Faults
from bots.rehearsal.serving import serve_in_thread
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, Standing, Telegram
from bots.rehearsal.telegram import make_app as telegram_application

TELEGRAM_TOKEN = "123456789:" + "A" * 35
ROOT = Path(__file__).parent.parent
NEVER = ("never", 1)
Finished = subprocess.CompletedProcess[str]

POST = """---
title: Weekly one
date: 2026-11-21
---
Welcome.

# Models

A first paragraph about models.

# Papers

A second paragraph about papers.

# Closing

Tell us what you think.
"""

CONFIG = """column:
  title: Column
  start: 2026-11-01
telegram:
  api: {telegram}
  author: "77"
discord:
  api: {discord}
  author: "{text}"
destinations:
  channel:
    platform: telegram
    chat: "@column"
  server:
    platform: discord
    chat: "{text}"
"""


@dataclass
class Theatre:
    """Where a process is run, and what readers see of it."""

    folder: Path
    channel: Chat
    author: Chat
    discord: Discord
    text: int
    telegram_faults: Faults
    discord_faults: Faults
    telegram: Telegram
    database: str = ""
    """What DATABASE_URL says: the ledger's address, empty for the usual file."""

    @property
    def post(self) -> Path:
        return self.folder / "posts" / "one.md"

    def telegram_texts(self) -> list[str]:
        """What stands in the Telegram channel, oldest first."""
        return [message.text for message in self.channel.messages]

    def discord_texts(self) -> list[str]:
        """What stands in the Discord channel, oldest first."""
        return [message.content for message in self.discord.state.messages(self.text)]

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        tokens = {"TELEGRAM_BOT_TOKEN": TELEGRAM_TOKEN, "DISCORD_BOT_TOKEN": self.discord.token}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONUTF8": "1",
            "COLUMNS": "200",
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.database,
            **tokens,
            **more,
        }

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The column's ledger, while no process writes to it."""
        with closing(Ledger.open(self.database or self.folder / ".weektech" / "ledger.db")) as ledger:
            yield ledger

    def run(self, *words: str, die: tuple[str, int] = NEVER, more: Mapping[str, str] | None = None) -> Finished:
        """`weektech` as a user runs it, only faster; `die` names the moment to be killed at, `more` sets variables."""
        return subprocess.run(
            self.command(*words, die=die), cwd=self.folder, env=self.environment(more or {}),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def start(self, *words: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """The same, running beside the test."""
        nowhere = subprocess.DEVNULL
        command = self.command(*words)
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment(more or {}), stdout=nowhere, stderr=nowhere
        )

    @staticmethod
    def command(*words: str, die: tuple[str, int] = NEVER) -> list[str]:
        """The words of a process that runs weektech, see `run`."""
        return [sys.executable, str(ROOT / "tests" / "hasty.py"), die[0], str(die[1]), *words]


@contextmanager
def theatre(folder: Path, post: str = POST, database: str = "") -> Iterator[Theatre]:
    """Both servers without rate windows, config.yaml facing them, and one post; the ledger at `database`."""
    clock = SystemClock()
    channel = Chat(-1001000000001, title="Column", username="column")
    author = Chat(77, ChatKind.PRIVATE, "Author", standing=Standing.MEMBER)
    telegram = Telegram([Bot(TELEGRAM_TOKEN)], [channel, author], clock, NO_LIMITS)
    discord = Discord(DiscordState(clock), WIDE)
    text = discord.state.add_channel(discord.state.add_guild("Guild").id, "weekly").id
    faults = Faults(), Faults()
    with (
        serve_in_thread(lambda: telegram_application(telegram, faults[0])) as telegram_base,
        serve_in_thread(lambda: discord_application(discord, faults[1])) as discord_base,
    ):
        (folder / "posts").mkdir(parents=True)
        (folder / "posts" / "one.md").write_text(post, encoding="utf-8")
        config = CONFIG.format(telegram=telegram_base, discord=discord_base, text=text)
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        yield Theatre(folder, channel, author, discord, text, *faults, telegram, database)
