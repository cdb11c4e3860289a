"""What a Telegram message means: words, a command, a chat that moved, a channel's post turning up. Pure.

Which field holds what: telegram.md 4.2 and 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bots.events import Asked, Event, Moved, Said, Seen
from bots.platforms.telegram.evidence import witnessed
from bots.platforms.telegram.marks import marks
from bots.platforms.telegram.people import PLATFORM, Json, Own, language, writer
from bots.platforms.telegram.refs import ref_to

_CONTENT = (
    *("animation", "audio", "checklist", "contact", "dice", "document", "game", "invoice", "live_photo", "location"),
    *("paid_media", "photo", "poll", "rich_message", "sticker", "story", "venue", "video", "video_note", "voice"),
)
"""What a message may hold beside text. One that has neither tells of something that happened."""


def heard(message: Json, own: Own) -> Sequence[Event]:
    """A new message."""
    chat = str(message["chat"]["id"])
    if "migrate_to_chat_id" in message:
        return (Moved(PLATFORM, chat, str(message["migrate_to_chat_id"])),)
    if "migrate_from_chat_id" in message:
        return (Moved(PLATFORM, str(message["migrate_from_chat_id"]), chat),)
    if message.get("is_automatic_forward"):
        return _automatic(message)
    if not _by_somebody(message, own):
        return ()
    command = _command(message)
    if command is None or not (command[1] or _meant_for(message, own)):
        return _said(message, edited=False)
    name, target, words = command
    return _asked(message, name, words) if not target or own.named(target) else ()


def changed(message: Json, own: Own) -> Sequence[Event]:
    """A message that was edited. A command is not heard twice; neither is a channel's post in its group."""
    if message.get("is_automatic_forward") or not _by_somebody(message, own):
        return ()
    command = _command(message)
    return () if command and (command[1] or _meant_for(message, own)) else _said(message, edited=True)


def _automatic(message: Json) -> Sequence[Event]:
    """A channel's post as its discussion group gets it: the only witness of what the bot itself posted."""
    found = witnessed(message)
    there = str(message["chat"]["id"]), str(message["message_id"])
    return (Seen(PLATFORM, *found, *there, message),) if found else ()


def _by_somebody(message: Json, own: Own) -> bool:
    """False for a bot's words, and for those of ours that somebody shared by inline mode."""
    found = writer(message)
    shared = str((message.get("via_bot") or {}).get("id", ""))
    return found is not None and not found[0].bot and not (shared and shared == own.id)


def _said(message: Json, *, edited: bool) -> Sequence[Event]:
    found = writer(message)
    text = str(message.get("text") or message.get("caption") or "")
    picture = any(name in message for name in _CONTENT)
    if found is None or not (text or picture):
        return ()
    by, anonymous = found
    said = Said(
        platform=PLATFORM,
        by=by,
        chat=str(message["chat"]["id"]),
        message_id=str(message["message_id"]),
        text=text,
        at=datetime.fromtimestamp(message["edit_date" if edited else "date"], UTC),
        private=message["chat"]["type"] == "private",
        edited=edited,
        forwarded=_origin(message),
        reply_to=_reply_to(message),
        thread=_thread(message),
        marks=marks(text, message.get("entities" if "text" in message else "caption_entities") or ()),
        url=_link(message),
        picture=picture,
        anonymous=anonymous,
    )
    return (said,)


def _origin(message: Json) -> tuple[str, str] | None:
    """The channel's post that a message is a forward of."""
    origin = message.get("forward_origin") or {}
    if origin.get("type") != "channel":
        return None
    return str(origin["chat"]["id"]), str(origin["message_id"])


# Threads


def _reply_to(message: Json) -> str | None:
    """What it answers. In a topic a message that answers nothing refers to the topic's beginning."""
    reply = message.get("reply_to_message")
    if reply is None or (message.get("is_topic_message") and reply["message_id"] == message.get("message_thread_id")):
        return None
    return str(reply["message_id"])


def _thread(message: Json) -> str | None:
    """The root of the thread: for a comment the post as the group has it, in a forum the topic."""
    if message.get("message_thread_id"):
        return str(message["message_thread_id"])
    reply = message.get("reply_to_message") or {}
    return str(reply["message_id"]) if reply.get("is_automatic_forward") else None


def _link(message: Json) -> str | None:
    """Where it can be opened: a comment below its post if it answers the post itself, else in its group."""
    chat, number = message["chat"], message["message_id"]
    if chat["type"] != "supergroup":  # other chats have no links
        return None
    reply, thread = message.get("reply_to_message") or {}, _thread(message)
    if witnessed(reply):
        origin = reply["forward_origin"]
        return f"{_address(origin['chat'])}/{origin['message_id']}?comment={number}"
    if message.get("is_topic_message"):
        return f"{_address(chat)}/{thread}/{number}"
    return f"{_address(chat)}/{number}" + (f"?thread={thread}" if thread else "")


def _address(chat: Json) -> str:
    return f"https://t.me/{chat.get('username') or 'c/' + str(chat['id']).removeprefix('-100')}"


# Commands


def _command(message: Json) -> tuple[str, str, str] | None:
    """The command a text begins with, the bot it names, and what stands behind it. A forward commands nothing."""
    text = str(message.get("text") or "")
    found = [one for one in message.get("entities") or () if one["type"] == "bot_command" and one["offset"] == 0]
    if not found or "forward_origin" in message:
        return None
    length = int(found[0]["length"])  # a command is ASCII, so units are characters
    name, _, target = text[1:length].partition("@")
    return name.lower(), target, text[length:].strip()


def _meant_for(message: Json, own: Own) -> bool:
    """Where a command names no bot: in private it can mean no other, in a group only as an answer to ours."""
    author = (message.get("reply_to_message") or {}).get("from") or {}
    return message["chat"]["type"] == "private" or (bool(own.id) and str(author.get("id")) == own.id)


def _asked(message: Json, name: str, words: str) -> Sequence[Event]:
    found = writer(message)
    if found is None or not name:
        return ()
    asked = Asked(
        platform=PLATFORM,
        by=found[0],
        chat=str(message["chat"]["id"]),
        private=message["chat"]["type"] == "private",
        command=name,
        words=words,
        ref=str(ref_to(message)),
        language=language(message["from"]),
        message_id=str(message["message_id"]),
        thread=_thread(message),
        reply_to=_reply_to(message),
    )
    return (asked,)
