"""A theatre with readers in it: a channel with its discussion group, a server, and people who talk in both."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bots.rehearsal.discord.interactions import Interaction
from bots.rehearsal.discord.model import Message as Posted
from bots.rehearsal.discord.model import User as Member
from bots.rehearsal.discord.people import People as DiscordPeople
from bots.rehearsal.telegram import Chat, ChatKind, Message, User
from bots.rehearsal.telegram import People as TelegramPeople
from tests.telegram_house import labels
from tests.theatre import POST, Theatre, theatre

TALK = -1001000000002
ADA = User(501, "Ada", "ada", language="en")
TITLES = ["Weekly one", "Models", "Papers", "Closing"]
"""How the messages of `tests.theatre.POST` begin, in order."""
RULES = """corrections:
  quiet: 1s
comments:
  export: [channel, server]
  note: {note}
"""


@dataclass
class House:
    """The column as its readers meet it: Ada on Telegram, Bo on Discord."""

    theatre: Theatre
    bo: Member
    telegram: TelegramPeople = field(init=False)
    discord: DiscordPeople = field(init=False)

    def __post_init__(self) -> None:
        self.telegram, self.discord = TelegramPeople(self.theatre.telegram), DiscordPeople(self.theatre.discord.state)

    @property
    def log(self) -> Path:
        return self.theatre.folder / "log"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """`weektech run`; what it says is in `log`."""
        with self.log.open("ab") as log:
            command, around = self.theatre.command("run"), self.theatre.environment({})
            process = subprocess.Popen(command, cwd=self.theatre.folder, env=around, stdout=log, stderr=log)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def configure(self, note: str = '""', discord: str = "") -> None:
        """The rules of the house; `discord` are further lines for that platform."""
        config = self.theatre.folder / "config.yaml"
        text = config.read_text(encoding="utf-8").partition("corrections:")[0]
        text = text.replace(f'author: "{self.theatre.text}"\n', f'author: "{self.theatre.text}"\n{discord}')
        config.write_text(text + RULES.format(note=note), encoding="utf-8")

    def complete(self) -> bool:
        """The first issue is out there."""
        both = self.theatre.telegram_texts(), self.theatre.discord_texts()
        return all([text.lstrip("# ").split("\n")[0] for text in texts][:4] == TITLES for texts in both)

    def posted(self, title: str) -> tuple[Message, Posted]:
        """A section's messages of the first issue."""
        place = TITLES.index(title)
        return self.theatre.channel.messages[place], self.theatre.discord.state.messages(self.theatre.text)[place]

    def told(self, user: User = ADA) -> list[Message]:
        """What the bot wrote to somebody on Telegram."""
        return [one for one in self.theatre.telegram.chats[user.id].messages if one.bot]

    def answers(self, asked: Interaction) -> list[str]:
        return [one.content for one in self.discord.answers(asked)]

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        """From the ledger's file, beside the process that writes to it; nothing before there is one."""
        ledger = self.theatre.folder / ".weektech" / "ledger.db"
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", timeout=30, uri=True)) as database:
            return database.execute(query).fetchall()

    def comments(self) -> list[str]:
        """What readers said, as far as it belongs somewhere and is still there."""
        return [
            str(text)
            for (text,) in self.asked("select text from comments where gone_at is null and issue != '' order by text")
        ]

    def records(self, *words: str) -> list[dict[str, Any]]:
        """What a command says, a record a line."""
        found = self.theatre.run(*words, "--json")
        assert found.returncode == 0, found.stderr
        return [json.loads(line) for line in found.stdout.splitlines()]


def button(message: Message, label: str) -> bool:
    return label in labels(message)


def buttons_of(message: Posted) -> dict[str, str]:
    """Label to id of the buttons below a message of Discord."""
    return {one["label"]: one["custom_id"] for row in message.components for one in row["components"]}


@contextmanager
def house(folder: Path) -> Iterator[House]:
    due = f"{datetime.now(UTC):%Y-%m-%d %H:%M} +00:00"
    with theatre(folder / "column", POST.replace("2026-11-21", due)) as found:
        found.channel.linked = TALK
        found.author.kind = ChatKind.PRIVATE
        found.telegram.chats[TALK] = Chat(TALK, ChatKind.SUPERGROUP, "Talk", linked=found.channel.id)
        found.discord.state.message_content = True
        made = House(found, found.discord.state.add_user("bo"))
        made.configure()
        yield made
