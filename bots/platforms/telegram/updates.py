"""What a Telegram update means. Pure: reads the Bot API's own JSON, so that no field is lost and none has to be there.

Which field holds what: telegram.md 4.2 and 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bots.events import Event, Moved, Person, Press, Said, Seen
from bots.ledger import Update
from bots.platforms.telegram.evidence import witnessed

PLATFORM = "telegram"
KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
)
"""What is asked for. Reactions come only when named, and from then on so does everything else (telegram.md 4.1)."""

Json = Mapping[str, Any]


def stored(raw: Json) -> Update:
    """An update as the inbox keeps it; `update_id` is unique for a bot."""
    kind = next((name for name in raw if name != "update_id"), "")
    return Update(str(raw["update_id"]), kind, raw)


def read(update: Update) -> Sequence[Event]:
    """The events of one update."""
    reader = _READERS.get(update.kind)
    return reader(update.payload[update.kind]) if reader else ()


def _callback(query: Json) -> Sequence[Event]:
    message = query.get("message")
    if message is None or "data" not in query:
        return ()
    chat, number = str(message["chat"]["id"]), str(message["message_id"])
    return (Press(PLATFORM, _person(query["from"]), chat, number, query["data"], str(query["id"])),)


def _message(message: Json) -> Sequence[Event]:
    chat = message["chat"]
    if "migrate_to_chat_id" in message:
        return (Moved(PLATFORM, str(chat["id"]), str(message["migrate_to_chat_id"])),)
    if message.get("is_automatic_forward"):
        return _automatic(message)
    if "from" not in message:
        return ()
    said = Said(
        platform=PLATFORM,
        by=_person(message["from"]),
        chat=str(chat["id"]),
        message_id=str(message["message_id"]),
        text=message.get("text") or message.get("caption") or "",
        at=datetime.fromtimestamp(message["date"], UTC),
        private=chat["type"] == "private",
        forwarded=_origin(message),
    )
    return (said,)


def _automatic(message: Json) -> Sequence[Event]:
    """A channel's post as its discussion group gets it: the only witness of what the bot itself posted."""
    found = witnessed(message)
    there = str(message["chat"]["id"]), str(message["message_id"])
    return (Seen(PLATFORM, *found, *there, message),) if found else ()


def _origin(message: Json) -> tuple[str, str] | None:
    origin = message.get("forward_origin") or {}
    if origin.get("type") != "channel":
        return None
    return str(origin["chat"]["id"]), str(origin["message_id"])


def _person(user: Json) -> Person:
    name = " ".join(part for part in (user.get("first_name"), user.get("last_name")) if part)
    return Person(str(user["id"]), name, bool(user.get("is_bot")))


_READERS: Mapping[str, Callable[[Json], Sequence[Event]]] = {
    "message": _message,
    "callback_query": _callback,
}
