"""What people do with commands, buttons, menus and forms, and what the bot made of it (discord.md 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from bots.rehearsal.discord.model import Channel, Message, User
from bots.rehearsal.discord.wire import Json

PATIENCE = timedelta(seconds=3)
"""How long Discord waits for the first answer."""
LIFE = timedelta(minutes=15)
"""How long the token is good for."""


class Kind(IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    FORM = 5


class Reply(IntEnum):
    """Kinds of first answer."""

    MESSAGE = 4
    LATER = 5
    """A message is promised: the person sees that the bot thinks."""
    UPDATE_LATER = 6
    UPDATE = 7
    """Change the message that the button stands under."""
    CHOICES = 8
    FORM = 9


FITTING = {
    Kind.COMMAND: frozenset({Reply.MESSAGE, Reply.LATER, Reply.FORM}),
    Kind.COMPONENT: frozenset(Reply) - {Reply.CHOICES},
    Kind.AUTOCOMPLETE: frozenset({Reply.CHOICES}),
    Kind.FORM: frozenset({Reply.MESSAGE, Reply.LATER, Reply.UPDATE_LATER, Reply.UPDATE}),
}
"""What may be answered to what. A form that no message led to has none to change."""


@dataclass(slots=True)
class Interaction:
    """One person's deed. The fields after `data` say what became of it, for tests to read."""

    id: int
    token: str = field(repr=False)
    kind: Kind
    user: User
    channel: Channel
    sent: datetime
    message: Message | None = None
    """What the component stands under, as it was when it was used; None for commands."""
    data: Json = field(default_factory=dict)
    """The command with its options, the component with its values, the form with its fields."""
    locale: str = "en-US"
    reply: Reply | None = None
    """The first answer; None: the person reads that the application did not respond."""
    acknowledged: datetime | None = None
    ephemeral: bool = False
    """Only the person sees the first answer."""
    original: int | None = None
    """The message of the first answer, which for an update is the component's own."""
    written: list[int] = field(default_factory=list)
    """Every message that answers it, the original first unless it is the component's own."""
    choices: tuple[Json, ...] = ()
    """Of an autocompletion."""
    form: Json | None = None
    """What the person is asked to fill in."""

    @property
    def waiting(self) -> bool:
        return self.acknowledged is None

    def late(self, now: datetime) -> bool:
        """True when nobody answered in time, and nobody can any more."""
        return self.waiting and now - self.sent > PATIENCE

    def expired(self, now: datetime) -> bool:
        return now - self.sent > LIFE

    def callback_json(self, message: dict[str, Any] | None, *, loading: bool) -> dict[str, Any]:
        """The answer to `with_response`."""
        about: dict[str, Any] = {"id": str(self.id), "type": int(self.kind), "channel_id": str(self.channel.id)}
        if message is None or self.reply is None:
            return {"interaction": about}
        about |= {
            "response_message_id": message["id"],
            "response_message_loading": loading,
            "response_message_ephemeral": self.ephemeral,
        }
        return {"interaction": about, "resource": {"type": int(self.reply), "message": message}}
