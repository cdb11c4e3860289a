"""Which Bot API calls turn one message into another (telegram.md 6; design, "Edits"). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bots.model import Message

ATTACHED = re.compile(r"attach://(.+)")
SINGLE: Mapping[str, str] = {"sendPhoto": "photo", "sendDocument": "document"}
"""Calls that send one picture -> the parameter it is in, which is also its `InputMedia` type."""
_CAPTION = ("caption", "caption_entities", "parse_mode", "show_caption_above_media")
_TEXT = ("text", "entities", "parse_mode", "link_preview_options", "reply_markup")
_PICTURE = (*_CAPTION, "has_spoiler")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the method's name in the Bot API and its parameters, without the chat."""

    method: str
    body: Mapping[str, Any]

    def uploads(self) -> tuple[str, ...]:
        """Names that the parameters refer to as `attach://<name>`."""
        return tuple(found[1] for place in self.places() if (found := ATTACHED.fullmatch(place)))

    def places(self) -> tuple[str, ...]:
        """What stands for each picture, in order: `attach://<name>`, an address or a file id."""
        media = self.body.get("media", ())
        items = [media] if isinstance(media, Mapping) else list(media)
        single = (self.body[name] for name in SINGLE.values() if name in self.body)
        return (*single, *(item["media"] for item in items))


def possible(old: Message, new: Message) -> bool:
    """Whether Telegram can turn the one message into the other in place."""
    return edits(["0"] * len(old.body.get("media", "0")), old, new) is not None


def edits(ids: Sequence[str], old: Message, new: Message) -> list[Call] | None:
    """The calls that turn `old`, out there under `ids`, into `new`; None when Telegram has no such edit."""
    if new.method == "sendMessage" and old.method == "sendMessage":
        return [Call("editMessageText", _only(new.body, _TEXT) | {"message_id": int(ids[0])})]
    if new.method in SINGLE and old.method in ("sendMessage", *SINGLE):
        return [_picture_edit(ids[0], old, new)]
    if new.method == old.method == "sendMediaGroup" and _same_kinds(old, new) and len(ids) == len(new.body["media"]):
        return list(_album_edits(ids, old, new))
    return None


def unchanging(message_id: str, message: Message) -> Call:
    """The edit that makes a message what it is, its keyboard included; for one that is not an album."""
    keyboard = _only(message.body, ("reply_markup",))
    if message.method in SINGLE:
        call = _caption_edit(message_id, message.body)
        return Call(call.method, {**call.body, **keyboard})
    return Call("editMessageText", _only(message.body, _TEXT) | keyboard | {"message_id": int(message_id)})


def _same_kinds(old: Message, new: Message) -> bool:
    """As many items of the same type: an album's photo can't become a file (telegram.md 2)."""
    return [item["type"] for item in old.body["media"]] == [item["type"] for item in new.body["media"]]


def _picture_edit(message_id: str, old: Message, new: Message) -> Call:
    """The caption alone where the picture stays: then a repeated edit is answered with "not modified"."""
    kind = SINGLE[new.method]
    if old.method == new.method and _source(old, old.body[kind]) == _source(new, new.body[kind]):
        return _caption_edit(message_id, new.body)
    media = {"type": kind, "media": new.body[kind]} | _only(new.body, _PICTURE)
    return Call("editMessageMedia", {"message_id": int(message_id), "media": media})


def _album_edits(ids: Sequence[str], old: Message, new: Message) -> Iterator[Call]:
    for message_id, before, after in zip(ids, old.body["media"], new.body["media"], strict=True):
        if _source(old, before["media"]) != _source(new, after["media"]):
            yield Call("editMessageMedia", {"message_id": int(message_id), "media": after})
        elif _only(before, _CAPTION) != _only(after, _CAPTION):
            yield _caption_edit(message_id, after)


def _caption_edit(message_id: str, item: Mapping[str, Any]) -> Call:
    return Call("editMessageCaption", _only(item, _CAPTION) | {"message_id": int(message_id)})


def _source(message: Message, place: str) -> str:
    """What `attach://<name>` stands for in the post; an address or a file id stands for itself."""
    found = ATTACHED.fullmatch(place)
    return next((file.source for file in message.files if found and file.name == found[1]), place)


def _only(body: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: body[name] for name in names if name in body}
