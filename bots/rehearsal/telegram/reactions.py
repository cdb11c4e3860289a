"""What people think of messages: told one by one in groups, as totals after a while in channels (telegram.md 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.rehearsal.telegram.editing import REACTIONS
from bots.rehearsal.telegram.news import PRESENT, announce
from bots.rehearsal.telegram.replies import Json
from bots.rehearsal.telegram.state import State
from bots.rehearsal.telegram.values import Chat, ChatKind, Message, Standing, User
from bots.rehearsal.telegram.wire import chat_json, person_json

AT_MOST = 3
"""Reactions of one person to one message; one without Premium."""
PAID = "⭐"


def react(state: State, chat: Chat, message: Message, who: User | Chat, chosen: Sequence[str]) -> None:
    """Set what a person, or a chat that a person speaks as, thinks of a message; nothing at all takes it back.

    `chosen` holds emoji, ids of custom emoji, or a star that was paid for. Raises ValueError for anything else.
    """
    if len(set(chosen)) != len(chosen) or len(chosen) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} different reactions")
    new = tuple(reaction_type(each) for each in chosen)
    of_message = chat.reactions.setdefault(message.id, {})
    old, first = of_message.get(who.id, ()), not any(of_message.values())
    if new == old:
        return
    of_message[who.id] = new
    if chat.kind is ChatKind.CHANNEL or message.automatic:
        _tell_totals(state, chat, message)
        if first and state.habits.reaction_edits_post and chat.kind is ChatKind.CHANNEL:
            # Told to whoever may hear, the author too: a bot must not take it for a change of the text.
            announce(state, chat, replace(message, bot=0, edited=state.clock.now()), edited=True)
    else:
        actor = {"user": person_json(who)} if isinstance(who, User) else {"actor_chat": chat_json(who)}
        _tell_one(state, chat, message, actor | {"old_reaction": list(old), "new_reaction": list(new)})


def reaction_type(chosen: str) -> Json:
    """The `ReactionType` of an emoji, of a custom emoji's id, or of the star. Raises ValueError for anything else."""
    if chosen == PAID:
        return {"type": "paid"}
    if chosen.isdecimal():
        return {"type": "custom_emoji", "custom_emoji_id": chosen}
    plain = chosen.replace("\ufe0f", "")
    if plain not in REACTIONS.split():
        raise ValueError(f"{chosen!r} is not a reaction")
    return {"type": "emoji", "emoji": plain}


def _tell_one(state: State, chat: Chat, message: Message, change: Json) -> None:
    """Only administrators hear of it in groups, and only those who asked."""
    if chat.standing is Standing.ADMINISTRATOR or (chat.kind is ChatKind.PRIVATE and chat.standing in PRESENT):
        for inbox in state.inboxes.values():
            inbox.put("message_reaction", _place(state, chat, message) | change)


def _tell_totals(state: State, chat: Chat, message: Message) -> None:
    """Totals gather for a while, and only the last ones are told."""
    if chat.standing is not Standing.ADMINISTRATOR:
        return
    counts = [{"type": reaction, "total_count": count} for reaction, count in chat.counted(message)]
    totals = _place(state, chat, message) | {"reactions": counts}
    for inbox in state.inboxes.values():
        inbox.put_later((chat.id, message.id), "message_reaction_count", totals, state.habits.totals_after)


def _place(state: State, chat: Chat, message: Message) -> dict[str, Json]:
    return {"chat": chat_json(chat), "message_id": message.id, "date": int(state.clock.now().timestamp())}
