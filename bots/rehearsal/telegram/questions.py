"""What bots are asked and what they say of themselves: pressed buttons, inline queries, profiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bots.rehearsal.telegram.replies import Json
from bots.rehearsal.telegram.values import Content, User


@dataclass(frozen=True, slots=True)
class Toast:
    """What answerCallbackQuery shows to the one who pressed: a note, an alert, or an address that opens."""

    text: str = ""
    alert: bool = False
    url: str = ""
    cached: int = 0
    """Seconds that the app may show it again without asking the bot."""


@dataclass(slots=True)
class Press:
    """A pressed button, a `callback_query` of `bot`."""

    id: str
    bot: int
    user: User
    data: str
    since: datetime
    answers: list[Toast] = field(default_factory=list)

    @property
    def answer(self) -> Toast | None:
        """What the reader saw, None while the button still spins."""
        return self.answers[0] if self.answers else None


@dataclass(frozen=True, slots=True)
class Result:
    """One result of an inline query; `content` is the message it becomes."""

    id: str
    title: str
    content: Content
    shown: Json
    """As the bot gave it."""


@dataclass(frozen=True, slots=True)
class Results:
    """A bot's answer to an inline query."""

    items: tuple[Result, ...] = ()
    cached: int = 300
    """Seconds that the servers answer the same query by themselves."""
    personal: bool = False
    next_offset: str = ""
    button: Json = None
    since: datetime | None = None


@dataclass(slots=True)
class Question:
    """An inline query of `user` to `bot`."""

    id: str
    bot: int
    user: User
    text: str
    offset: str
    since: datetime
    results: Results | None = None


@dataclass(slots=True)
class Profile:
    """What a bot says of itself. Languages are two letters, "" is for everybody else."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    """By scope, as `commands` writes it, and language."""
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    menus: dict[int, Json] = field(default_factory=dict)
    """`MenuButton` by private chat; 0 is for all the others."""
