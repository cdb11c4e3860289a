"""The local Telegram's chat as a page shows it: text with entities in UTF-16 units becomes a tree of formatted text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from bots import pages
from bots.pages import Button, Card, Look, Node, Picture, Reaction, Span
from bots.rehearsal.telegram import Chat, ChatKind, Entity, MediaKind, Message

_LOOKS = {
    "bold": Look.BOLD,
    "italic": Look.ITALIC,
    "underline": Look.UNDERLINE,
    "strikethrough": Look.STRIKE,
    "spoiler": Look.SPOILER,
    "code": Look.CODE,
    "pre": Look.PRE,
    "blockquote": Look.QUOTE,
    "expandable_blockquote": Look.QUOTE,
    "text_link": Look.LINK,
    "url": Look.LINK,
}
"""Entities with a look of their own; the others (mentions, hashtags, commands ...) are coloured words."""


_EMOJI = {"paid": "⭐", "custom_emoji": "🔣"}
"""Reactions that aren't an emoji; the picture of a custom one isn't known here."""
_KINDS = {
    ChatKind.CHANNEL: "channel",
    ChatKind.SUPERGROUP: "supergroup",
    ChatKind.GROUP: "basic group",
    ChatKind.PRIVATE: "private chat",
}


def telegram_view(
    chat: Chat, zone: tzinfo, media: str = "/media/telegram", *, topic: int = 0, anchor: str = ""
) -> pages.Chat:
    """The chat, or one topic of it, oldest message first, an album as one message.

    `media` is where pictures are served by the ids of their chat and message.
    """
    frame = _Frame(chat, zone, f"{media}/{chat.id}")
    here = [message for message in chat.messages if not topic or message.thread == topic]
    shown = tuple(_message(album, frame) for album in _albums(here))
    title = f"{chat.title} › {chat.topics[topic].name}" if topic else chat.title
    kind = "forum topic" if topic else "discussion group" if chat.group and chat.linked else _KINDS[chat.kind]
    return pages.Chat("telegram", title, shown, anchor, kind, names=chat.group)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a message is shown in."""

    chat: Chat
    zone: tzinfo
    media: str


def formatted(text: str, entities: Sequence[Entity]) -> tuple[Node, ...]:
    """Text and entities as a tree; entities may nest or overlap in any way."""
    at = _code_points(text)
    return pages.nest(text, [_span(text, at, entity) for entity in entities])


def _albums(messages: Iterable[Message]) -> Iterator[list[Message]]:
    for _, together in groupby(messages, key=lambda message: message.album or message.id):
        yield list(together)


def _message(album: Sequence[Message], frame: _Frame) -> pages.Message:
    # Telegram shows the text of an album when exactly one of its messages has some.
    spoken = next((each for each in album if each.text), album[0])
    first = album[0]
    return pages.Message(
        id=str(first.id),
        time=first.date.astimezone(frame.zone),
        author=_author(first, frame.chat),
        nodes=formatted(spoken.text, spoken.entities),
        pictures=tuple(picture for each in album for picture in _pictures(each, frame.media)),
        files=tuple(file for each in album for file in _files(each)),
        cards=_cards(spoken),
        buttons=_buttons(first),
        reactions=_reactions(album, frame.chat),
        caption_above=spoken.content.caption_above,
        edited=any(each.edited is not None for each in album),
        silent=first.silent,
        pinned=frame.chat.pinned in {each.id for each in album},
        source="forwarded from the channel" if first.automatic else "",
    )


def _author(message: Message, chat: Chat) -> str:
    """A channel speaks for itself, here and in its discussion group; elsewhere people and bots do."""
    if message.sender_chat:
        return str(message.sender_chat["title"])
    if message.author:
        return message.author.name
    if message.automatic and message.origin:
        return str(message.origin["chat"]["title"])
    return "weektech" if chat.group and message.bot else chat.title


def _pictures(message: Message, media: str) -> tuple[Picture, ...]:
    shown = message.media
    if shown is None or shown.kind is not MediaKind.PHOTO:
        return ()
    largest = shown.sizes[-1]
    return (Picture(f"{media}/{message.id}", shown.name, largest.width, largest.height),)


def _files(message: Message) -> tuple[pages.File, ...]:
    shown = message.media
    if shown is None or shown.kind is not MediaKind.DOCUMENT:
        return ()
    return (pages.File(shown.name, len(shown.content)),)


def _cards(message: Message) -> tuple[Card, ...]:
    """The preview Telegram would draw: for the address asked for, else for the first link, unless switched off."""
    wish = message.content.preview if isinstance(message.content.preview, dict) else {}
    if message.media is not None or wish.get("is_disabled"):
        return ()
    address = str(wish.get("url") or _first_link(message))
    host = urlsplit(address).hostname or ""
    if not host:
        return ()
    return (Card(address, host, bool(wish.get("prefer_large_media")), bool(wish.get("show_above_text"))),)


def _buttons(message: Message) -> tuple[tuple[Button, ...], ...]:
    rows = (message.content.markup or {}).get("inline_keyboard", ())
    return tuple(tuple(Button(button["text"], _effect(button)) for button in row) for row in rows)


def _effect(button: Mapping[str, Any]) -> str:
    """What a reader's press would do, for the few kinds that say where they lead."""
    if "url" in button:
        return f"opens {button['url']}"
    if "callback_data" in button:
        return f"asks the bot: {button['callback_data']}"
    return f"copies {button['copy_text']['text']}" if "copy_text" in button else ""


def _reactions(album: Sequence[Message], chat: Chat) -> tuple[Reaction, ...]:
    counts: Counter[str] = Counter()
    for message in album:
        for reaction, count in chat.counted(message):
            counts[_EMOJI.get(reaction["type"], reaction.get("emoji", ""))] += count
    return tuple(Reaction(*pair) for pair in counts.most_common())


def _first_link(message: Message) -> str:
    at = _code_points(message.text)
    spans = (_span(message.text, at, entity) for entity in sorted(message.entities, key=lambda each: each.offset))
    return next((span.href for span in spans if span.look is Look.LINK), "")


def _code_points(text: str) -> list[int]:
    """For each UTF-16 offset the index of its character; one more entry for the end."""
    table: list[int] = []
    for index, char in enumerate(text):
        table += [index] * (2 if ord(char) > 0xFFFF else 1)
    return [*table, len(text)]


def _span(text: str, at: Sequence[int], entity: Entity) -> Span:
    start, end = (at[min(offset, len(at) - 1)] for offset in (entity.offset, entity.end))
    span = Span(start, end, _LOOKS.get(entity.type, Look.MENTION), entity.url, entity.language)
    if entity.type != "url":
        return span
    shown = text[start:end]
    return replace(span, href=shown if "://" in shown else f"http://{shown}")
