"""A counter with readers in front of it: the real counter, ledger and limiter, and a listener of ours in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bots.counter import Counter, Services
from bots.errors import SendError
from bots.events import Asked, Person, Press
from bots.platforms.listening import Batch, Enclosed, Known, MenuEntry, Offer
from tests.roundworld import Stage

T = TypeVar("T")

READER = Person("5", "Ada")


@dataclass
class Listener:
    """Keeps what it is told to say."""

    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[Asked | Press, tuple[Enclosed, ...]]] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    entries: list[MenuEntry] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    faults: list[SendError] = field(default_factory=list)
    """What the next answers end with."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        nothing: tuple[Batch, ...] = ()
        for batch in nothing:
            yield batch

    async def acknowledge(self, ref: str, words: str) -> None:
        self.acknowledged.append((ref, words))

    async def answer(self, to: Asked | Press, messages: Sequence[Enclosed], *, private: bool = True) -> None:
        if messages and self.faults:
            raise self.faults.pop(0)
        self.answers.append((to, tuple(messages)))

    async def catch_up(self, known: Known) -> AsyncGenerator[Batch, None]:
        nothing: tuple[Batch, ...] = ()
        for batch in nothing:
            yield batch

    async def role(self, press: Press, role_id: str) -> bool:
        if self.faults:
            raise self.faults.pop(0)
        self.roles ^= {role_id}
        return role_id in self.roles

    async def complete(self, ref: str, choices: Sequence[tuple[str, str]]) -> None:
        self.choices = list(choices)

    async def offer(self, ref: str, found: Sequence[Offer]) -> None:
        self.offers = list(found)

    async def menu(self, menu: Sequence[MenuEntry]) -> None:
        self.entries = list(menu)


@dataclass
class Talk:
    """What was answered."""

    texts: list[str]
    buttons: dict[str, str]
    """Label to data, of the last message that has any."""
    enclosed: list[Enclosed]


class Readers:
    """Readers of a stage's column."""

    def __init__(self, stage: Stage, services: Services | None = None) -> None:
        self.stage, self.listener = stage, Listener()
        self.counter = Counter(stage.app, lambda _: self.listener, services)

    async def ask(
        self, line: str, *, private: bool = True, language: str = "en", platform: str = "telegram", chat: str = "5"
    ) -> Talk:
        """A command, as in `/issue 23`."""
        command, _, words = line.removeprefix("/").partition(" ")
        asked = Asked(platform, READER, chat, private, command, words, "ref", language)
        self.listener.answers.clear()
        await self.counter.asked(asked)
        return self._heard()

    async def press(
        self, data: str, *, private: bool = True, language: str = "en", platform: str = "telegram", chat: str = "5"
    ) -> Talk:
        self.listener.answers.clear()
        await self.counter.pressed(Press(platform, READER, chat, "1", data, "ref", private, language))
        return self._heard()

    def _heard(self) -> Talk:
        shown = [one for _, messages in self.listener.answers for one in messages]
        assert all(len(messages) <= 1 for _, messages in self.listener.answers)
        rows = [one.message.body["buttons"] for one in shown if "buttons" in one.message.body]
        return Talk([one.message.text for one in shown], {k: v for row in rows[-1:] for r in row for k, v in r}, shown)


def post(number: int, *, title: str = "", more: str = "") -> str:
    return (
        f"---\ntitle: {title or f'第 {number} 期'}\ndate: 2026-01-{number:02}\n---\nOpening {number}\n\n"
        f"# News\n\nNews {number} about Rust\n\n# 工具\n\n工具 {number} 大模型{more}\n"
    )


async def published(here: Stage, *numbers: int) -> None:
    for number in numbers:
        here.write(post(number), f"issue-{number}.md")
        made = await here.app.plan(here.folder / "posts" / f"issue-{number}.md", here.app.destinations())
        await here.app.publish(made, here.app.destinations())


def with_issues(here: Stage, life: Coroutine[Any, Any, T], *numbers: int) -> T:
    async def all_() -> T:
        await published(here, *numbers)
        return await life

    return here.live(all_())
