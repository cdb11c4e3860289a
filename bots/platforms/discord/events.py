"""What a gateway event means. Pure: reads Discord's own JSON (discord.md 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bots.events import Event, Person, Press, Said
from bots.ledger import Update

PLATFORM = "discord"
KINDS = frozenset(
    {
        "INTERACTION_CREATE",
        "MESSAGE_CREATE",
        "MESSAGE_UPDATE",
        "MESSAGE_DELETE",
        "MESSAGE_DELETE_BULK",
        "MESSAGE_REACTION_ADD",
        "MESSAGE_REACTION_REMOVE",
        "MESSAGE_REACTION_REMOVE_ALL",
        "MESSAGE_REACTION_REMOVE_EMOJI",
        "THREAD_CREATE",
        "THREAD_DELETE",
    }
)
"""What is worth keeping of all that a gateway says."""
_COMPONENT = 3

Json = Mapping[str, Any]


def stored(session: str, sequence: int, name: str, data: Json) -> Update:
    """An event as the inbox keeps it; a session that is taken up again repeats its own numbers."""
    return Update(f"{session}:{sequence}", name, data)


def read(update: Update) -> Sequence[Event]:
    """The events of one update."""
    reader = _READERS.get(update.kind)
    return reader(update.payload) if reader else ()


def _interaction(data: Json) -> Sequence[Event]:
    if data["type"] != _COMPONENT:
        return ()
    message = data["message"]
    ref = f"{data['id']}/{data['token']}"
    pressed = data["data"]["custom_id"]
    return (Press(PLATFORM, _person(data), str(data["channel_id"]), str(message["id"]), pressed, ref),)


def _message(data: Json) -> Sequence[Event]:
    author = data["author"]
    said = Said(
        platform=PLATFORM,
        by=Person(str(author["id"]), _name(author, data.get("member")), bool(author.get("bot"))),
        chat=str(data["channel_id"]),
        message_id=str(data["id"]),
        text=data.get("content") or "",
        at=datetime.fromisoformat(data["timestamp"]),
        private="guild_id" not in data,
    )
    return (said,)


def _person(data: Json) -> Person:
    """Whoever caused an interaction: a member of a server, or a user in a chat with the bot alone."""
    member = data.get("member")
    user = member["user"] if member else data["user"]
    return Person(str(user["id"]), _name(user, member))


def _name(user: Json, member: Json | None) -> str:
    return str((member or {}).get("nick") or user.get("global_name") or user["username"])


_READERS: Mapping[str, Callable[[Json], Sequence[Event]]] = {
    "INTERACTION_CREATE": _interaction,
    "MESSAGE_CREATE": _message,
}
