"""The third port: what listening asks of a platform. Publishing needs none of it.

A listener hands over raw updates and is asked for more only when they are stored; what they mean is worked out
afterwards, by a pure function, so that an update nobody understands is neither lost nor in anybody's way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bots.events import Asked, Event, Press
from bots.ledger import Update
from bots.model import Message
from bots.platforms.base import Files


@dataclass(frozen=True, slots=True)
class Batch:
    """What came at once."""

    updates: tuple[Update, ...]
    cursor: str | None = None
    """Where to go on when these are stored; None where a platform keeps no place."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A message with its pictures, as `Sender.send` takes them."""

    message: Message
    files: Files


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be shared."""

    key: str
    title: str
    description: str
    message: Message
    """Text alone."""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A command as readers see it."""

    command: str
    words: Mapping[str, str]
    """Language (`en`, `zh`) to what it does."""
    option: str = ""
    """What may stand behind it, empty for nothing."""
    option_words: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    completes: bool = False
    """Suggestions are given while the option is typed."""
    author: bool = False
    """For the author's private chat alone."""


class Listener(Protocol):
    """Hears what happens in the chats of one bot. One at a time may listen for a token."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Batches as they come; asking for the next one says that the last is stored. Raises SendError."""
        ...

    async def acknowledge(self, ref: str, words: str) -> None:
        """Tell whoever pressed a button that it was heard; too late is no failure."""
        ...

    async def answer(self, to: Asked | Press, messages: Sequence[Enclosed], *, private: bool = True) -> None:
        """Answer a command or a press where it was made; `private`: for that reader's eyes alone where that can be.

        Discord is acknowledged within its three seconds by the call that comes first. Raises SendError.
        """
        ...

    async def complete(self, ref: str, choices: Sequence[tuple[str, str]]) -> None:
        """Suggest at most 25 answers, each the label and the value; too late is no failure."""
        ...

    async def offer(self, ref: str, found: Sequence[Offer]) -> None:
        """Answer somebody who looks for something to share; too late is no failure."""
        ...

    async def menu(self, menu: Sequence[MenuEntry]) -> None:
        """Tell the platform which commands there are, in every language, if it was not told the same before."""
        ...


Read = Callable[[Update], Sequence[Event]]
"""What an update means; () for what nobody asked about. Raises anything for an update that is not as it should be."""
