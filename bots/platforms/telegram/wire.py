"""A planned call and its files as python-telegram-bot's methods take them, and the links to messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Chat, ChatFullInfo, InputFile, InputMediaPhoto

from bots.errors import Rejected
from bots.platforms.telegram.edits import Call

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "sendMessage": ("text",),
    "sendPhoto": ("photo",),
    "sendMediaGroup": ("media",),
    "editMessageText": ("text",),
    "editMessageCaption": (),
    "editMessageMedia": ("media",),
}
"""The calls in use, with the parameters their methods insist on."""


def arguments(call: Call, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Keyword arguments for the Bot's method of the call's name, without the chat.

    All but the required ones go through `api_kwargs`, which the library passes on as they are: an entity or an option
    that it does not know yet arrives all the same. Files become parts under the names that `attach://` refers to.
    Raises Rejected for a call that isn't in use, before anything is sent.
    """
    if call.method not in _REQUIRED:
        raise Rejected(f"Telegram's {call.method} can't be sent by this version.", code="unknown method")
    body = {name: _media(value) if name == "media" else value for name, value in call.body.items()}
    uploads = {name: InputFile(files[name], filename=name) for name in call.uploads() if name in files}
    required = {name: body.pop(name) for name in _REQUIRED[call.method]}
    return {**required, "api_kwargs": {**body, **uploads}}


def _media(value: Any) -> Any:
    """Album items (or the one item of an edit) as the library's class, with every field it was planned with."""
    if isinstance(value, Mapping):
        rest = {name: each for name, each in value.items() if name not in ("type", "media")}
        return InputMediaPhoto(value["media"], api_kwargs=rest)
    return [_media(each) for each in value]


def link(chat: Chat | ChatFullInfo, message_id: int) -> str | None:
    """Where a message can be opened: by anyone in a public chat, by its members in a private one; else None.

    Private chats and basic groups have no links (telegram.md 8).
    """
    if chat.type in (Chat.PRIVATE, Chat.GROUP):
        return None
    return f"https://t.me/{chat.username or 'c/' + str(chat.id).removeprefix('-100')}/{message_id}"
