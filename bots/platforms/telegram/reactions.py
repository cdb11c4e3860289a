"""What Telegram tells of reactions: one by one in groups, as totals in channels (telegram.md 4.1). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bots.events import Event, Reacted, Tallied
from bots.platforms.telegram.people import PLATFORM, Json, chat_as_person, person


def reacted(change: Json) -> Sequence[Event]:
    """Everything somebody thinks of a message now; () for another bot."""
    by = person(change["user"]) if "user" in change else chat_as_person(change["actor_chat"])
    if by.bot:
        return ()
    chosen = tuple(name(reaction) for reaction in change["new_reaction"])
    return (Reacted(PLATFORM, by, str(change["chat"]["id"]), str(change["message_id"]), chosen),)


def tallied(totals: Json) -> Sequence[Event]:
    """How often each reaction was chosen."""
    counts = {name(one["type"]): int(one["total_count"]) for one in totals["reactions"]}
    return (Tallied(PLATFORM, str(totals["chat"]["id"]), str(totals["message_id"]), counts),)


def name(reaction: Json) -> str:
    """The emoji; `custom_emoji:<id>` for one of somebody's own, `paid` for a star, the type of anything newer."""
    match reaction["type"]:
        case "emoji":
            return str(reaction["emoji"])
        case "custom_emoji":
            return f"custom_emoji:{reaction['custom_emoji_id']}"
        case newer:
            return str(newer)
