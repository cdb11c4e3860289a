"""A column on disk that is kept in step by rounds, with platforms of our own, on a virtual clock.

The agenda, the planner, the publisher, the limiter and the ledger are the real ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bots.app import App, Hooks
from bots.column import Column
from bots.config import Config, PlatformConfig, ReleaseRules, load
from bots.ledger import Letter, LetterState
from bots.model import LEAD, Destination, Format, Issue, Kind, Message, Section
from bots.platforms.base import Sender
from bots.redaction import Secret
from bots.rounds import Rounds
from tests.fakechat import Chat, Platform, Process
from tests.fakeworld import MortalLedger, Plain
from tests.ledgers import laid_out
from tests.virtual import DAWN, VirtualClock, run

T = TypeVar("T")

AUTHOR = "77"
CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "@news")
SERVER = Destination("server", "discord", Kind.TEXT, "88")
DUE = datetime(2026, 1, 2, 9, 0, tzinfo=ZoneInfo("UTC"))
"""When the post of this world goes out."""
HOUR = timedelta(hours=1)
POST = """---
title: One
date: 2026-01-02
---
Hello

# A

alpha

# B

beta
"""
TEXTS = ["One", "2026-01-02T00:00:00+00:00\n- A\n- B\nHello", "A\nB", "# A", "alpha", "# B", "beta"]
"""What readers see of it: the renderer of this world makes a message of each paragraph."""


class Renderer(Plain):
    """What the bot says itself is one message, and a digest is the lead."""

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> list[Message]:
        made = super().render(issue, destination, unreadable)
        return [one for one in made if destination.format is Format.FULL or one.section in {LEAD, "words"}]

    def section(self, issue: Issue, section: Section) -> list[Message]:
        if section.id == "words":
            return [self.message(section.id, 1, section.source)]
        return super().section(issue, section)


class OwnApp(App):
    """An app whose senders are ours."""

    platforms: dict[str, Platform]

    async def sender(self, platform: str) -> Sender:
        return self.platforms[platform]


@dataclass
class Stage:
    """One column; `rounds` is what a process remembers, and a new one remembers nothing."""

    folder: Path
    rules: ReleaseRules = field(default_factory=ReleaseRules)
    destinations: tuple[Destination, ...] = (CHANNEL, SERVER)
    clock: VirtualClock = field(default_factory=VirtualClock)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    making: type[OwnApp] = field(default=OwnApp)

    def __post_init__(self) -> None:
        self.process = Process()
        self.telegram = Platform(self.clock, remembers=False)
        self.discord = Platform(self.clock, remembers=True)
        self.ledger = MortalLedger.open(laid_out(self.folder / "ledger.db"), now=self.clock.now, point=self.point)
        self.write(POST)
        self.restart()

    @property
    def config(self) -> Config:
        parts = {
            name: PlatformConfig(Secret("1:x"), author=AUTHOR, admins=frozenset({AUTHOR}))
            for name in ("telegram", "discord")
        }
        return replace(
            load(self.folder / "config.yaml", {}),
            zone=self.zone,
            platforms=parts,
            destinations=self.destinations,
            release=self.rules,
            start=DAWN,
        )

    def restart(self, process: Process | None = None) -> None:
        """A new process, which finds what the last one left."""
        self.process = process or Process()
        self.ledger.process = self.telegram.process = self.discord.process = self.process
        stack = AsyncExitStack()
        column = Column(self.config, {"telegram": Renderer(), "discord": Renderer()})
        self.app = self.making(column, self.ledger, self.clock, stack, Hooks(point=self.point))
        self.app.platforms = {"telegram": self.telegram, "discord": self.discord}
        self.rounds = Rounds(self.app)

    def point(self, name: str) -> None:
        self.process.point(name)

    def write(self, text: str, name: str = "one.md") -> None:
        """Write a post, an hour before dawn, so that it rests already."""
        path = self.folder / "posts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, ((DAWN - HOUR).timestamp(),) * 2)

    async def until(self, moment: datetime) -> None:
        """Let time pass."""
        await self.clock.sleep(max(0.0, (moment - self.clock.now()).total_seconds()))

    async def round_at(self, moment: datetime) -> datetime | None:
        await self.until(moment)
        return await self.rounds.make()

    def live(self, life: Coroutine[Any, Any, T]) -> T:
        return run(life)

    # What there is

    @property
    def channel(self) -> Chat:
        return self.telegram.chat(CHANNEL)

    @property
    def server(self) -> Chat:
        return self.discord.chat(SERVER)

    @property
    def told(self) -> list[str]:
        """What stands in the author's chat, the platform named first in the rules."""
        platform = {"telegram": self.telegram, "discord": self.discord}[self.rules.tell or "telegram"]
        return platform.chats["author"].texts if "author" in platform.chats else []

    def question(self) -> Letter:
        """The one question that is open."""
        (found,) = self.ledger.letters.questions()
        assert found.state is LetterState.SENT
        return found

    def answer(self, value: str) -> None:
        self.ledger.letters.answer(self.question().id, value, f"telegram:{AUTHOR}")


@contextmanager
def stage_in(folder: Path, rules: ReleaseRules, **more: Any) -> Iterator[Stage]:
    """A stage in an empty folder; `more` are further fields of it."""
    (folder / "config.yaml").write_text("column:\n  title: Column\n", encoding="utf-8")
    made = Stage(folder, rules, **more)
    yield made
    made.ledger.close()


@contextmanager
def stages(folder: Path, usual: ReleaseRules) -> Iterator[Callable[..., Stage]]:
    """What makes stages in the folder, with `usual` rules and two chats unless others are named."""
    with ExitStack() as stack:

        def make(rules: ReleaseRules = usual, *destinations: Destination) -> Stage:
            more = {"destinations": destinations} if destinations else {}
            return stack.enter_context(stage_in(folder, rules, **more))

        yield make
