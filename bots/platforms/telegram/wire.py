"""A planned call and its files as python-telegram-bot's methods take them, and what its answers tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import Chat, ChatFullInfo, InputFile, InputMediaDocument, InputMediaPhoto
from telegram import Message as Posted

from bots.errors import Rejected
from bots.model import Destination, Kind
from bots.platforms.base import Files
from bots.platforms.telegram.edits import ATTACHED, Call

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "sendMessage": ("text",),
    "sendPhoto": ("photo",),
    "sendDocument": ("document",),
    "sendMediaGroup": ("media",),
    "editMessageText": ("text",),
    "editMessageCaption": (),
    "editMessageMedia": ("media",),
}
"""The calls in use, with the parameters their methods insist on."""

_MEDIA = {"photo": InputMediaPhoto, "document": InputMediaDocument}

GENERAL = "1"
"""Id of a forum's first topic, which takes messages without a topic and refuses its own id (telegram.md 1.9)."""


def arguments(call: Call, files: Files) -> dict[str, Any]:
    """Keyword arguments for the Bot's method of the call's name, without the chat.

    All but the required ones go through `api_kwargs`, which the library passes on as they are: an entity or an option
    that it does not know yet arrives all the same. Files become parts under the names that `attach://` refers to, ids
    of files sent before take the place of that reference.
    Raises Rejected for a call that isn't in use, before anything is sent.
    """
    if call.method not in _REQUIRED:
        raise Rejected(f"Telegram's {call.method} can't be sent by this version.", code="unknown method")
    body = {name: _value(name, value, files) for name, value in call.body.items()}
    uploads = {
        name: InputFile(content, filename=name)
        for name in call.uploads()
        if isinstance(content := files.get(name), bytes)
    }
    required = {name: body.pop(name) for name in _REQUIRED[call.method]}
    return {**required, "api_kwargs": {**body, **uploads}}


def topic(destination: Destination) -> dict[str, Any]:
    """The parameter that puts a new message into the destination's topic; none for the General one."""
    if destination.kind is not Kind.TOPIC or destination.topic in (None, GENERAL):
        return {}
    return {"message_thread_id": int(destination.topic)}


def _value(name: str, value: Any, files: Files) -> Any:
    if name == "media":
        return _media(value, files)
    return _reference(value, files) if name in _MEDIA else value


def _media(value: Any, files: Files) -> Any:
    """Album items (or the one item of an edit) as the library's class, with every field it was planned with."""
    if isinstance(value, Mapping):
        rest = {name: each for name, each in value.items() if name not in ("type", "media")}
        return _MEDIA[value["type"]](_reference(value["media"], files), api_kwargs=rest)
    return [_media(each, files) for each in value]


def _reference(place: str, files: Files) -> str:
    """The id of a file that Telegram has already; else the place itself."""
    found = ATTACHED.fullmatch(place)
    known = files.get(found[1]) if found else None
    return known if isinstance(known, str) else place


def uploaded(call: Call, posted: Sequence[Posted]) -> dict[str, str]:
    """The file id that each picture of the call got, by the picture's name; it lasts, and is this bot's alone."""
    found = {}
    for place, message in zip(call.places(), posted, strict=False):
        name, kept = ATTACHED.fullmatch(place), _file_id(message)
        if name and kept:
            found[name[1]] = kept
    return found


def _file_id(message: Posted) -> str | None:
    if message.photo:
        return message.photo[-1].file_id  # the largest size comes last
    return message.document.file_id if message.document else None


def leads_to(url: str, chat: Chat | ChatFullInfo) -> bool:
    """True for the link of a message in the chat, by its name or by its number (telegram.md 8)."""
    host, *places = url.partition("://")[2].split("/")
    own = {f"c/{str(chat.id).removeprefix('-100')}", (chat.username or "").lower()}
    named = "/".join(places[: 2 if places[:1] == ["c"] else 1]).lower()
    return host.lower().removeprefix("www.") in {"t.me", "telegram.me", "telegram.dog"} and named in own - {""}


def link(chat: Chat | ChatFullInfo, message_id: int, destination: Destination) -> str | None:
    """Where a message can be opened: by anyone in a public chat, by its members in a private one; else None.

    Private chats and basic groups have no links (telegram.md 8).
    """
    if chat.type in (Chat.PRIVATE, Chat.GROUP):
        return None
    place = chat.username or f"c/{str(chat.id).removeprefix('-100')}"
    thread = topic(destination).get("message_thread_id")
    return f"https://t.me/{place}/{thread}/{message_id}" if thread else f"https://t.me/{place}/{message_id}"
