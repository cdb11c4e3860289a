"""Who speaks in a Telegram update, and whose ears heard it (telegram.md 4.2). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.events import Person

Json = Mapping[str, Any]

PLATFORM = "telegram"


@dataclass(frozen=True, slots=True)
class Own:
    """The bot itself. Without it no command in a group is known to be meant for it."""

    id: str = ""
    username: str = ""
    """Without "@"."""

    def named(self, name: str) -> bool:
        """True for the bot's own name, however it is written."""
        return bool(name) and name.lower() == self.username.lower()


def person(user: Json) -> Person:
    """A `User`."""
    name = " ".join(part for part in (user.get("first_name"), user.get("last_name")) if part)
    return Person(str(user["id"]), name, bool(user.get("is_bot")))


def chat_as_person(chat: Json) -> Person:
    """A group or channel in whose name somebody speaks."""
    return Person(str(chat["id"]), str(chat.get("title") or chat.get("username") or ""))


def writer(message: Json) -> tuple[Person, bool] | None:
    """Who wrote a message, and whether it is a chat that somebody speaks as; None for a channel's own post.

    Behind such a chat stands a bot's name in `from`: it is nobody (telegram.md 4.2).
    """
    if "from" not in message:
        return None
    if message.get("sender_chat"):
        return chat_as_person(message["sender_chat"]), True
    return person(message["from"]), False


def language(user: Json) -> str:
    """Of the user's app, empty where Telegram does not say."""
    return str(user.get("language_code") or "")
