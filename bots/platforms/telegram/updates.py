"""What a Telegram update means. Pure: reads the Bot API's own JSON, so that no field is lost and none has to be there.

Messages are read in `said`, reactions in `reactions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bots.events import Event, Left, Press, Sought
from bots.ledger import Update
from bots.platforms.telegram import reactions, said
from bots.platforms.telegram.people import PLATFORM, Json, Own, language, person
from bots.platforms.telegram.refs import ref_to

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
EARS = "heard_by"
"""Beside what Telegram said the inbox keeps which bot heard it: only its name tells for whom a command was meant."""
_GONE = ("kicked", "left")
"""The bot's standing in the private chat of somebody who blocked it."""


def stored(raw: Json, own: Own) -> Update:
    """An update as the inbox keeps it; `update_id` is unique for a bot. Raises KeyError where there is none."""
    kind = next((name for name in raw if name != "update_id"), "")
    return Update(str(raw["update_id"]), kind, {**raw, EARS: {"id": own.id, "username": own.username}})


def read(update: Update) -> Sequence[Event]:
    """The events of one update; raises whatever comes for one that is not as it should be."""
    reader = _READERS.get(update.kind)
    if reader is None:
        return ()
    ears = update.payload.get(EARS) or {}
    return reader(update.payload[update.kind], Own(str(ears.get("id", "")), str(ears.get("username", ""))))


def _callback(query: Json, _: Own) -> Sequence[Event]:
    """A pressed button; below what was shared by inline mode nothing is known of the chat."""
    message = query.get("message")
    if message is None or "data" not in query:
        return ()
    press = Press(
        platform=PLATFORM,
        by=person(query["from"]),
        chat=str(message["chat"]["id"]),
        message_id=str(message["message_id"]),
        data=str(query["data"]),
        ref=str(ref_to(message, str(query["id"]))),
        private=message["chat"]["type"] == "private",
        language=language(query["from"]),
    )
    return (press,)


def _standing(change: Json, _: Own) -> Sequence[Event]:
    """The bot's own standing. Of all chats only a private one is somebody."""
    chat = change["chat"]
    if chat["type"] != "private":
        return ()
    gone = change["new_chat_member"]["status"] in _GONE
    return (Left(PLATFORM, person(change["from"]), str(chat["id"]), gone),)


def _sought(query: Json, _: Own) -> Sequence[Event]:
    asked = query["from"]
    return (Sought(PLATFORM, person(asked), str(query["query"]), str(query["id"]), language(asked)),)


_READERS: Mapping[str, Callable[[Json, Own], Sequence[Event]]] = {
    "message": said.heard,
    "edited_message": said.changed,
    "callback_query": _callback,
    "my_chat_member": _standing,
    "message_reaction": lambda change, _: reactions.reacted(change),
    "message_reaction_count": lambda totals, _: reactions.tallied(totals),
    "inline_query": _sought,
}
