"""What happens in the local Discord, as the gateway hears of it. Values of the model; `dispatch` makes JSON of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from bots.rehearsal.discord.interactions import Interaction
from bots.rehearsal.discord.model import Channel, Emoji, Guild, Message, Role

Change = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class MessageEvent:
    change: Change
    message: Message
    """As it is now; when it was deleted, as it was."""


@dataclass(frozen=True, slots=True)
class BulkDeletion:
    """Several messages of one channel deleted at once."""

    channel: int
    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReactionEvent:
    change: Literal["ADD", "REMOVE", "REMOVE_ALL", "REMOVE_EMOJI"]
    message: Message
    user: int = 0
    """Whose, where it is one person's."""
    emoji: Emoji | None = None
    burst: bool = False


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """Of a channel or a thread."""

    change: Change
    channel: Channel


@dataclass(frozen=True, slots=True)
class GuildEvent:
    """The bot was let into a guild, or sent away."""

    change: Literal["CREATE", "DELETE"]
    guild: Guild


@dataclass(frozen=True, slots=True)
class RoleEvent:
    """A role was made."""

    guild: int
    role: Role


@dataclass(frozen=True, slots=True)
class MemberEvent:
    """A member's roles changed."""

    guild: int
    user: int


@dataclass(frozen=True, slots=True)
class InteractionEvent:
    """Somebody used a command, a button, a menu or a form."""

    done: Interaction


Event = (
    MessageEvent | BulkDeletion | ReactionEvent | ChannelEvent | GuildEvent | RoleEvent | MemberEvent | InteractionEvent
)


class News:
    """Tells whoever listens what happened, in order."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Event], None]] = []
        self._held: list[Event] | None = None

    def tell(self, event: Event) -> None:
        if self._held is not None:
            self._held.append(event)
            return
        for listener in self.listeners:
            listener(event)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep news back until the block ends; if it is refused, nothing of it ever happened."""
        self._held = []
        try:
            yield
            told = self._held
        except BaseException:
            told = []
            raise
        finally:
            self._held = None
            for event in told:
                self.tell(event)

    @contextmanager
    def replaced(self, event: Event) -> Iterator[None]:
        """Tell of the whole block as of one event."""
        self._held = []
        try:
            yield
        finally:
            self._held = None
        self.tell(event)
