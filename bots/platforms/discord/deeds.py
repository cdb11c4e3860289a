"""What an interaction means: a command, what is typed behind one, a button (discord.md 6). Pure.

It is answered by its reference, see `replies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bots.events import Asked, Completing, Event, Person, Press
from bots.platforms.discord.sayings import PLATFORM, in_thread, person

COMMAND, COMPONENT, TYPING = 2, 3, 4
"""Kinds of interaction; forms are not used."""
_CHAT_INPUT = 1
_GROUPS = frozenset({1, 2})
"""Types of option that only hold others: sub-commands and groups of them."""

Json = Mapping[str, Any]


def reference(data: Json) -> str:
    """By which an interaction is answered: its number and its token, which is as good as a password for 15 minutes."""
    return f"{data['id']}/{data['token']}"


def done(data: Json) -> Sequence[Event]:
    """What somebody did."""
    reader = _READERS.get(data["type"])
    return reader(data) if reader else ()


def _pressed(data: Json) -> Sequence[Event]:
    message = data["message"]
    press = Press(
        platform=PLATFORM,
        by=_by(data),
        chat=str(data["channel_id"]),
        message_id=str(message["id"]),
        data=str(data["data"]["custom_id"]),
        ref=reference(data),
        private="guild_id" not in data,
        language=str(data.get("locale") or ""),
    )
    return (press,)


def _asked(data: Json) -> Sequence[Event]:
    command, channel = data["data"], str(data["channel_id"])
    if command.get("type", _CHAT_INPUT) != _CHAT_INPUT:
        return ()
    asked = Asked(
        platform=PLATFORM,
        by=_by(data),
        chat=channel,
        private="guild_id" not in data,
        command=str(command["name"]),
        words=" ".join(str(option["value"]) for option in _options(command) if "value" in option),
        ref=reference(data),
        language=str(data.get("locale") or ""),
        thread=channel if in_thread(data.get("channel") or {}) else None,
    )
    return (asked,)


def _typing(data: Json) -> Sequence[Event]:
    command = data["data"]
    for option in _options(command):
        if option.get("focused"):
            words, language = str(option.get("value", "")), str(data.get("locale") or "")
            name, ref = str(command["name"]), reference(data)
            return (Completing(PLATFORM, name, str(option["name"]), words, ref, language),)
    return ()


def _options(holder: Json, depth: int = 2) -> Iterator[Json]:
    """What stands behind a command, at whatever depth; Discord knows two."""
    for option in holder.get("options") or ():
        if option.get("type") in _GROUPS and depth:
            yield from _options(option, depth - 1)
        else:
            yield option


def _by(data: Json) -> Person:
    """Whoever caused it: a member of a server, or a user in a chat with the bot alone."""
    member = data.get("member")
    return person(member["user"] if member else data["user"], member)


_READERS: Mapping[int, Callable[[Json], Sequence[Event]]] = {COMMAND: _asked, COMPONENT: _pressed, TYPING: _typing}
