"""The third port: what listening asks of a platform. Publishing needs none of it.

A listener hands over raw updates and is asked for more only when they are stored; what they mean is worked out
afterwards, by a pure function, so that an update nobody understands is neither lost nor in anybody's way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bots.events import Asked, Event, Press
from bots.ledger import Update
from bots.model import Destination, Message
from bots.platforms.base import Files, Place


@dataclass(frozen=True, slots=True)
class Batch:
    """What came at once."""

    updates: tuple[Update, ...]
    cursor: str | None = None
    """Where to go on when these are stored; None where a platform keeps no place."""
    gap: bool = False
    """Something may have happened of which nobody will tell: it is time to catch up."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a platform's chats, for a look at what was missed. It may be out of date, or empty."""

    since: datetime
    """What is older is not looked at again."""
    cursor: str | None
    """Up to where everything was heard, as the listener's own batches said."""
    chats: tuple[str, ...]
    """The column's own."""
    author: str = ""
    """The author's, empty where there is none. Words there count only from the cursor on: old ones are no orders."""
    ours: tuple[tuple[Destination, Place], ...] = ()
    """Messages of ours."""
    remarks: Mapping[tuple[str, str], datetime | None] = field(default_factory=dict)
    """Chat and id of readers' messages that are still there as far as is known, and when each was changed last."""
    totals: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """Chat and id of messages to their reactions."""


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

    def catch_up(self, known: Known) -> AsyncGenerator[Batch, None]:
        """What happened while nobody listened and can still be found out, as updates whose repetition is harmless.

        Begun after a batch with a `gap`, beside `listen`, and again when it fails. Raises SendError.
        """
        ...

    async def acknowledge(self, ref: str, words: str) -> None:
        """Tell whoever pressed a button that it was heard; too late is no failure."""
        ...

    async def answer(self, to: Asked | Press, messages: Sequence[Enclosed], *, private: bool = True) -> None:
        """Answer a command or a press where it was made; `private`: for that reader's eyes alone where that can be.

        Discord is acknowledged within its three seconds by the call that comes first; without messages that is all a
        call does, and later ones send what there is to say, in order. Raises SendError.
        """
        ...

    async def complete(self, ref: str, choices: Sequence[tuple[str, str]]) -> None:
        """Suggest at most 25 answers, each the label and the value; too late is no failure."""
        ...

    async def offer(self, ref: str, found: Sequence[Offer]) -> None:
        """Answer somebody who looks for something to share; too late is no failure."""
        ...

    async def role(self, press: Press, role_id: str) -> bool:
        """Give whoever pressed a role of the server, or take it back; True when they have it now.

        Raises ChatClosed with what the author has to change, Rejected where a platform has no roles.
        """
        ...

    async def menu(self, menu: Sequence[MenuEntry]) -> None:
        """Tell the platform which commands there are, in every language, if it was not told the same before."""
        ...


Read = Callable[[Update], Sequence[Event]]
"""What an update means; () for what nobody asked about. Raises anything for an update that is not as it should be."""
