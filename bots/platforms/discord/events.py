"""What a gateway event means, and how the inbox knows it again. Pure: reads Discord's own JSON (discord.md 5 and 6).

The same thing has the same key whether the gateway told it, told it again, or the history did after a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bots.events import Event, Stirred, Tallied, Unsaid
from bots.ledger import Update
from bots.platforms.discord.deeds import done
from bots.platforms.discord.sayings import PLATFORM, changed, is_noise, said

SAID, CHANGED, UNSAID, UNSAID_MANY = "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"
THREAD_GONE, CHANNEL_GONE, DONE = "THREAD_DELETE", "CHANNEL_DELETE", "INTERACTION_CREATE"
REACTIONS = frozenset(
    {
        "MESSAGE_REACTION_ADD",
        "MESSAGE_REACTION_REMOVE",
        "MESSAGE_REACTION_REMOVE_ALL",
        "MESSAGE_REACTION_REMOVE_EMOJI",
    }
)
"""They come one by one and may be missed or doubled (discord.md 5.2): what counts is asked for, see `totals`."""
TALLY = "WEEKTECH_TALLY"
"""A kind of our own: a message's reactions as Discord gave them when it was asked."""
KINDS = frozenset({DONE, SAID, CHANGED, UNSAID, UNSAID_MANY, THREAD_GONE, CHANNEL_GONE}) | REACTIONS
"""What is worth keeping of all that a gateway says."""

Json = Mapping[str, Any]


def stored(session: str, sequence: object, name: str, data: object) -> Update:
    """An event as the inbox keeps it, whatever is wrong with it."""
    payload = data if isinstance(data, dict) else {"d": data}
    try:
        key = _KEYS[name](payload)
    except (KeyError, TypeError, AttributeError):
        key = ""
    # A session that is taken up again repeats its own numbers.
    return Update(key or f"{session}:{sequence}", name, payload)


def spoken_again(message: Json, *, known: bool) -> Update:
    """A message that history holds, new or changed; `known`: it was heard of before."""
    name = CHANGED if known else SAID
    return Update(_changed_key(message) if message.get("edited_timestamp") else _said_key(message), name, message)


def gone(guild: object, channel: str, message_id: str) -> Update:
    """A message that history doesn't hold any more."""
    return stored("", "", UNSAID, {"id": message_id, "channel_id": channel, "guild_id": guild})


def tally(message: Json, moment: str) -> Update:
    """The reactions to a message at a moment: later the same numbers may be news again."""
    kept = {name: message.get(name) for name in ("id", "channel_id", "reactions")}
    return Update(f"tally:{message['id']}:{moment}", TALLY, kept)


def counts(message: Json) -> dict[str, int]:
    """Reactions to a message, super reactions among them: an emoji, or `name:id` of a server's own, to how many."""
    found: dict[str, int] = {}
    for reaction in message.get("reactions") or ():
        emoji = reaction["emoji"]
        name = f"{emoji['name']}:{emoji['id']}" if emoji.get("id") else str(emoji["name"])
        found[name] = found.get(name, 0) + int(reaction["count"])
    return {name: number for name, number in found.items() if number > 0}


def message_number(update: Update) -> int:
    """Id of the message that was written; 0 for any other update."""
    found = str(update.payload.get("id", "")) if update.kind == SAID else ""
    return int(found) if found.isdecimal() else 0


def is_worthless(update: Update) -> bool:
    """True for what need not be kept: words of bots, webhooks and the server itself. Raises for what makes no sense."""
    return update.kind in (SAID, CHANGED) and "author" in update.payload and is_noise(update.payload)


def read(update: Update) -> Sequence[Event]:
    """The events of one update."""
    reader = _READERS.get(update.kind)
    return reader(update.payload) if reader else ()


def _unsaid(data: Json) -> Sequence[Event]:
    return (Unsaid(PLATFORM, str(data["channel_id"]), (str(data["id"]),)),)


def _unsaid_many(data: Json) -> Sequence[Event]:
    return (Unsaid(PLATFORM, str(data["channel_id"]), tuple(str(each) for each in data["ids"])),)


def _closed(data: Json) -> Sequence[Event]:
    """A thread or a channel was deleted, with everything in it."""
    return (Unsaid(PLATFORM, str(data["id"]), (), everything=True),)


def _stirred(data: Json) -> Sequence[Event]:
    return (Stirred(PLATFORM, str(data["channel_id"]), str(data["message_id"])),)


def _tallied(data: Json) -> Sequence[Event]:
    return (Tallied(PLATFORM, str(data["channel_id"]), str(data["id"]), counts(data)),)


def _said_key(data: Json) -> str:
    return f"message:{data['id']}"


def _changed_key(data: Json) -> str:
    return f"message:{data['id']}:{data['edited_timestamp']}" if data.get("edited_timestamp") else ""


_KEYS: Mapping[str, Callable[[Json], str]] = {
    DONE: lambda data: f"interaction:{data['id']}",
    SAID: _said_key,
    CHANGED: _changed_key,
    UNSAID: lambda data: f"gone:{data['id']}",
    THREAD_GONE: lambda data: f"gone:{data['id']}:all",
    CHANNEL_GONE: lambda data: f"gone:{data['id']}:all",
}
"""Whatever is not here, or lacks what its key is made of, is known by its number in the session."""
_READERS: Mapping[str, Callable[[Json], Sequence[Event]]] = {
    DONE: done,
    SAID: said,
    CHANGED: changed,
    UNSAID: _unsaid,
    UNSAID_MANY: _unsaid_many,
    THREAD_GONE: _closed,
    CHANNEL_GONE: _closed,
    TALLY: _tallied,
    **dict.fromkeys(REACTIONS, _stirred),
}
