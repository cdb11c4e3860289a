"""What people and platforms tell a listening bot, in words that no platform owns. Everything in it is untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who speaks or presses."""

    id: str
    """The platform's lasting number of the account; names can be given up and taken by others."""
    name: str
    """As others see it, whatever it says."""
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed."""

    platform: str
    by: Person
    chat: str
    message_id: str
    data: str
    """What the button carries; anybody may claim to have pressed anything."""
    ref: str
    """By which the press is acknowledged, see `Listener.acknowledge`."""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote a message."""

    platform: str
    by: Person
    chat: str
    message_id: str
    text: str
    at: datetime
    private: bool = False
    """In a chat with the bot alone."""
    forwarded: tuple[str, str] | None = None
    """Chat and message id of the post this is a forward of, where the platform says."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of a chat turned up elsewhere, such as a channel's post in its discussion group."""

    platform: str
    chats: tuple[str, ...]
    """Every name the chat has: its number, its @name."""
    message_id: str
    where: str
    """Chat in which it turned up."""
    message_there: str
    """Its id there."""
    payload: Mapping[str, Any]
    """As the platform describes it; only the platform's own code opens it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A chat lives on under another id."""

    platform: str
    chat: str
    moved_to: str


Event = Press | Said | Seen | Moved
