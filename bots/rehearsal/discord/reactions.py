"""Reactions under messages: who reacted with what, and what a message shows of it (discord.md 5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import regex

from bots.rehearsal.discord.events import ReactionEvent
from bots.rehearsal.discord.model import Emoji, Message, Reaction
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Refused

MOST_EMOJI = 20
"""Different emoji under one message (discord.md 1.1)."""

_ONE = r"\p{Emoji}(?:\p{EMod}|\uFE0F)?[\U000E0020-\U000E007F]*"
_CHARACTER = regex.compile(rf"\p{{RI}}\p{{RI}}|[0-9#*]\uFE0F?\u20E3|(?![0-9#*]){_ONE}(?:\u200D{_ONE})*")
_OWN = regex.compile(r"(?:a:)?(\w{2,32}):(\d{1,20})")


def read_emoji(state: State, text: str) -> Emoji:
    """The emoji of a path: a character, or `name:id`. Raises Refused 10014 for what is none."""
    text = unquote(text)
    if _CHARACTER.fullmatch(text):
        return Emoji(text)
    found = _OWN.fullmatch(text)
    known = state.emojis.get(int(found[2])) if found else None
    if known is None:
        raise Refused(400, 10014, "Unknown Emoji")
    return known


def add(state: State, message: Message, user: int, emoji: Emoji, *, burst: bool = False) -> None:
    """React; doing it again changes nothing. Refused 30010 for one emoji too many."""
    there = state.reactions.get(message.id, ())
    shown = {each.emoji.key for each in there}
    if emoji.key not in shown and len(shown) >= MOST_EMOJI:
        raise Refused(400, 30010, f"Maximum number of reactions reached ({MOST_EMOJI})")
    # The first one's variant of the emoji is everybody's.
    emoji = next((each.emoji for each in there if each.emoji.key == emoji.key), emoji)
    reaction = Reaction(user, emoji, burst)
    if reaction not in there:
        state.reactions[message.id] = (*there, reaction)
        state.news.tell(ReactionEvent("ADD", message, user, emoji, burst))


def remove(state: State, message: Message, user: int, emoji: Emoji) -> None:
    """Take one person's reactions with this emoji back; nothing happens if there is none."""
    for each in _with(state, message, emoji):
        if each.user == user:
            _keep(state, message, [other for other in state.reactions[message.id] if other != each])
            state.news.tell(ReactionEvent("REMOVE", message, user, each.emoji, each.burst))


def clear(state: State, message: Message) -> None:
    """Take everybody's reactions away."""
    if state.reactions.pop(message.id, ()):
        state.news.tell(ReactionEvent("REMOVE_ALL", message))


def clear_emoji(state: State, message: Message, emoji: Emoji) -> None:
    """Take everybody's reactions with one emoji away."""
    gone = _with(state, message, emoji)
    if gone:
        _keep(state, message, [each for each in state.reactions[message.id] if each not in gone])
        state.news.tell(ReactionEvent("REMOVE_EMOJI", message, emoji=gone[0].emoji))


def users(state: State, message: Message, emoji: Emoji, *, burst: bool) -> list[int]:
    """Who reacted with this emoji in this way, by their ids (discord.md 5.3)."""
    return sorted(each.user for each in _with(state, message, emoji) if each.burst == burst)


def tally(state: State, message: int) -> list[tuple[Emoji, int, int]]:
    """Each emoji with its normal and its burst reactions, in the order in which they appeared."""
    there = state.reactions.get(message, ())
    emojis = dict.fromkeys(each.emoji for each in there)
    counts = [(emoji, [each.burst for each in there if each.emoji == emoji]) for emoji in emojis]
    return [(emoji, kinds.count(False), kinds.count(True)) for emoji, kinds in counts]


def emoji_json(emoji: Emoji) -> dict[str, Any]:
    return {"id": str(emoji.id) if emoji.id else None, "name": emoji.name, "animated": False}


def reactions_json(state: State, message: int) -> list[dict[str, Any]]:
    """`reactions` of a message object, as the bot sees it."""
    own = {(each.emoji, each.burst) for each in state.reactions.get(message, ()) if each.user == state.bot.id}
    return [
        {
            "emoji": emoji_json(emoji),
            "count": normal + burst,
            "count_details": {"normal": normal, "burst": burst},
            "me": (emoji, False) in own,
            "me_burst": (emoji, True) in own,
            "burst_colors": [],
        }
        for emoji, normal, burst in tally(state, message)
    ]


def _with(state: State, message: Message, emoji: Emoji) -> list[Reaction]:
    return [each for each in state.reactions.get(message.id, ()) if each.emoji.key == emoji.key]


def _keep(state: State, message: Message, rest: list[Reaction]) -> None:
    state.reactions[message.id] = tuple(rest)
    if not rest:
        del state.reactions[message.id]
