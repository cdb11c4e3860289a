"""`weektech run` in this process, on a clock that runs fast, beside a local Telegram with an author and readers."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bots.app import App, Hooks, opened
from bots.clock import SystemClock
from bots.config import load
from bots.ledger import Letter
from bots.rehearsal.faults import Faults
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, Message, People, Press, Telegram, User, make_app
from bots.running import Runner
from bots.schedule import ScheduledAlarm
from tests.telegram_calls import TOKEN

AUTHOR, STRANGER, READER = User(77, "Author"), User(78, "Stranger"), User(79, "Reader")
CHANNEL, TALK = -1001000000001, -1001000000002
BOT = int(TOKEN.split(":", maxsplit=1)[0])
TEXTS = ["Models\nFirst words.", "Papers\nSecond words."]
"""What stands in the channel below the opening."""

_POST = """---
title: Weekly one
date: {date}
---
Welcome.

# Models

First words.

# Papers

Second words.
"""
_CONFIG = """column:
  title: Column
  start: 2026-01-01
telegram:
  api: {base}
  author: "{author}"
{telegram}
destinations:
  channel:
    platform: telegram
    chat: "@column"
{rules}
"""


@dataclass
class House:
    """A column and what its author and readers see."""

    folder: Path
    world: Telegram
    people: People
    faults: Faults
    clock: SystemClock
    base: str

    @property
    def post(self) -> Path:
        return self.folder / "posts" / "one.md"

    def __post_init__(self) -> None:
        self.post.parent.mkdir(parents=True)
        self.configure()

    def write(self, due: timedelta = timedelta()) -> None:
        """A post that is to go out so long from now."""
        date = (self.clock.now() + due).isoformat(timespec="seconds")
        self.post.write_text(_POST.format(date=date), encoding="utf-8")

    def configure(self, rules: Sequence[str] = (), telegram: Sequence[str] = ()) -> None:
        own = "\n".join(f"  {line}" for line in telegram)
        text = _CONFIG.format(base=self.base, author=AUTHOR.id, telegram=own, rules="\n".join(rules))
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def texts(self, chat: int = CHANNEL) -> list[str]:
        return [message.text for message in self.world.chats[chat].messages]

    def letters(self) -> list[Message]:
        """What the author was told and asked, with the buttons that are still there."""
        return [message for message in self.world.chats[AUTHOR.id].messages if message.bot]

    async def question(self, label: str) -> Message:
        """Wait for a letter with such a button."""

        def found() -> list[Message]:
            return [letter for letter in self.letters() if label in labels(letter)]

        await until(lambda: bool(found()))
        return found()[-1]

    async def press(self, label: str, user: User = AUTHOR) -> Press:
        """Wait for a question and press one of its buttons; gives the press once it was answered."""
        letter = await self.question(label)
        pressed = self.people.press(AUTHOR.id, letter.id, user, label)
        await until(lambda: pressed.answer is not None)
        return pressed

    async def published(self) -> None:
        await until(lambda: self.texts()[1:] == TEXTS)


@dataclass(frozen=True)
class Kept:
    """An update in the inbox."""

    key: str
    text: str
    done: bool
    error: str


def kept(folder: Path) -> list[Kept]:
    """The inbox of the column in `folder`, in the order in which it is handled; its writer is not disturbed."""
    ledger = folder / ".weektech" / "ledger.db"
    if not ledger.exists():
        return []
    query = "SELECT key, payload, done_at IS NOT NULL, error FROM inbox ORDER BY id"
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        try:
            rows = connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # not made yet
            return []
    return [Kept(key, _text(json.loads(payload)), bool(done), error) for key, payload, done, error in rows]


def _text(payload: Any) -> str:
    return str(payload.get("message", {}).get("text", ""))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def labels(message: Message) -> list[str]:
    rows = (message.content.markup or {}).get("inline_keyboard", ())
    return [button["text"] for row in rows for button in row]


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that will be so; fails when that takes absurdly long."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the server has nothing to wait on
            await asyncio.sleep(0.01)


@asynccontextmanager
async def house(folder: Path, speed: float = 60) -> AsyncIterator[House]:
    """A channel with its discussion group, and an author who started the bot some time ago."""
    chats = [
        Chat(CHANNEL, title="Column", username="column", linked=TALK),
        Chat(TALK, ChatKind.SUPERGROUP, "Talk", linked=CHANNEL),
        Chat(AUTHOR.id, ChatKind.PRIVATE, AUTHOR.name),
    ]
    clock, faults = SystemClock(speed), Faults()
    world = Telegram([Bot(TOKEN)], chats, SystemClock(), NO_LIMITS)
    people = People(world)
    async with serve(make_app(world, faults)) as base:
        yield House(folder, world, people, faults, clock, base)


@asynccontextmanager
async def running(
    here: House, hooks: Hooks | None = None, environ: Mapping[str, str] | None = None
) -> AsyncIterator[App]:
    """One process at work."""
    config = load(here.folder / "config.yaml", {"TELEGRAM_BOT_TOKEN": TOKEN, **(environ or {})})
    async with opened(config, here.clock, hooks) as app:
        work = asyncio.create_task(Runner(app, ScheduledAlarm(here.clock)).run())
        try:
            yield app
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


def asked(app: App) -> tuple[Letter, ...]:
    return app.ledger.letters.questions()
