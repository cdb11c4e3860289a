"""The second port: what connecting a chat and looking for faults ask of a platform. Publishing needs none of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bots.model import Destination, Kind


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that brings the bot to readers, asking for no more rights than its use needs."""

    use: str
    """What it is for, in the author's words."""
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """A chat the bot can see, as `weektech connect` offers it."""

    kind: Kind
    chat: str
    """As `Destination.chat`."""
    title: str
    """As readers see it."""
    topic: str | None = None
    named: bool = False
    """True when the author pointed at it with this run's code, so it can't be a stranger's."""
    tags: tuple[str, ...] = ()
    """Tags of which a post needs one; () where none is asked for."""


class Finder(Protocol):
    """Looks for chats to publish to. Sends nothing."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def invitations(self, code: str) -> Sequence[Invitation]:
        """Links for each use of the bot; those that can, carry this run's code."""
        ...

    async def hints(self, code: str) -> Sequence[str]:
        """What the author may do now to have a chat found, a sentence each."""
        ...

    def find(self, code: str) -> AsyncGenerator[Found, None]:
        """Chats as they are found; ends by itself only where there is a list that has an end."""
        ...

    async def look(self, chat: str, topic: str | None = None) -> Found:
        """The chat of that id or name. Raises ChatClosed."""
        ...


class Level(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    NOTE = "note"
    """Publishing works; something else that could be had is not."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `weektech doctor` looked at."""

    level: Level
    what: str
    cost: str = ""
    """What the author loses by it, empty when fine."""
    remedy: str = ""


class Examiner(Protocol):
    """What `Sender.check` does not look at because publishing works without it. Changes nothing."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def account(self) -> Sequence[Finding]:
        """The bot itself: its settings, its intents, this machine's clock against the platform's."""
        ...

    async def chat(self, destination: Destination) -> Sequence[Finding]:
        """What one chat lacks. Raises ChatClosed where the bot can't look."""
        ...
