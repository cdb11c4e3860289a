"""What a message of Discord means: something a reader said, or a copy of ours that turned up elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bots.events import Event, Person, Said, Seen
from bots.platforms.discord.marks import spoken

PLATFORM = "discord"
_WRITTEN = frozenset({0, 19})
"""Types of message that people write: a plain one and a reply. Others the server writes itself, such as “pinned”."""
_FORWARD = 1
_IS_CROSSPOST = 1 << 1
_THREADS = frozenset({10, 11, 12})

Json = Mapping[str, Any]


def said(data: Json) -> Sequence[Event]:
    """A new message. Of bots and webhooks only a copy of an announcement counts, which names what it is a copy of."""
    if is_copy(data):
        return _copy(data)
    return () if is_noise(data) else (_said(data, at=data["timestamp"]),)


def changed(data: Json) -> Sequence[Event]:
    """A changed message.

    Discord also reports link cards that it found by itself: those changes have no time. Words that the bot may not
    read come empty, and must not take the place of those it knew.
    """
    if is_copy(data) or "author" not in data or is_noise(data):
        return ()
    if not data.get("edited_timestamp") or not (data.get("content") or data.get("attachments")):
        return ()
    return (_said(data, at=data["edited_timestamp"], edited=True),)


def person(user: Json, member: Json | None) -> Person:
    """Somebody, by the name that the server shows."""
    name = (member or {}).get("nick") or user.get("global_name") or user.get("username") or ""
    return Person(str(user["id"]), str(name), bool(user.get("bot")))


def is_noise(data: Json) -> bool:
    """True for what a bot, a webhook or the server itself wrote: nobody's words, and nothing to keep."""
    if is_copy(data):
        return False
    by_machine = bool(data.get("webhook_id")) or bool(data["author"].get("bot"))
    return by_machine or data.get("type", 0) not in _WRITTEN


def is_copy(data: Json) -> bool:
    """True for an announcement in a server that follows it."""
    return bool(data.get("flags", 0) & _IS_CROSSPOST)


def in_thread(channel: Json) -> bool:
    """True for a channel that is a thread or a forum's post."""
    return channel.get("type") in _THREADS


def _said(data: Json, *, at: str, edited: bool = False) -> Said:
    channel, number, guild = str(data["channel_id"]), str(data["id"]), data.get("guild_id")
    reference = data.get("message_reference") or {}
    forwarded = reference if reference.get("type", 0) == _FORWARD else {}
    names = {str(each["id"]): person(each, each.get("member")).name for each in data.get("mentions") or ()}
    text, marks = spoken(_words(data), names)
    # Only messages in threads have a position (and a channel's type, where Discord tells it).
    inside = "position" in data or in_thread({"type": data.get("channel_type")})
    return Said(
        platform=PLATFORM,
        by=person(data["author"], data.get("member")),
        chat=channel,
        message_id=number,
        text=text,
        at=datetime.fromisoformat(at),
        private=guild is None,
        edited=edited,
        forwarded=(str(forwarded["channel_id"]), str(forwarded["message_id"])) if forwarded else None,
        reply_to=_answered(reference) if not forwarded else None,
        thread=channel if inside else None,
        marks=marks,
        url=f"https://discord.com/channels/{guild or '@me'}/{channel}/{number}",
        picture=bool(data.get("attachments") or data.get("sticker_items")),
    )


def _words(data: Json) -> str:
    """What was written; a forward has the words of what it shows in a snapshot."""
    if data.get("content"):
        return str(data["content"])
    shown = data.get("message_snapshots") or ()
    return str(shown[0]["message"].get("content") or "") if shown else ""


def _answered(reference: Json) -> str | None:
    found = reference.get("message_id")
    return str(found) if found is not None else None


def _copy(data: Json) -> Sequence[Event]:
    """An announcement in a server that follows it, if the bot is there too (discord.md 4.3)."""
    origin = data.get("message_reference") or {}
    if "message_id" not in origin:
        return ()
    there = str(data["channel_id"]), str(data["id"])
    return (Seen(PLATFORM, (str(origin["channel_id"]),), str(origin["message_id"]), *there, data),)
