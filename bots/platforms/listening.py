"""The third port: what listening asks of a platform. Publishing needs none of it.

A listener hands over raw updates and is asked for more only when they are stored; what they mean is worked out
afterwards, by a pure function, so that an update nobody understands is neither lost nor in anybody's way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bots.events import Event
from bots.ledger import Update


@dataclass(frozen=True, slots=True)
class Batch:
    """What came at once."""

    updates: tuple[Update, ...]
    cursor: str | None = None
    """Where to go on when these are stored; None where a platform keeps no place."""


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


Read = Callable[[Update], Sequence[Event]]
"""What an update means; () for what nobody asked about. Raises anything for an update that is not as it should be."""
