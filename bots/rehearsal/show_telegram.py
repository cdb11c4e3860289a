"""The local Telegram's chat as a page shows it: text with entities in UTF-16 units becomes a tree of formatted text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from itertools import groupby
from urllib.parse import urlsplit

from bots import pages
from bots.pages import Card, Look, Node, Picture, Span
from bots.rehearsal.telegram import Chat, Entity, MediaKind, Message

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


def telegram_view(chat: Chat, zone: tzinfo, media: str = "/media/telegram") -> pages.Chat:
    """The chat, oldest message first, an album as one message; `media` is where pictures are served by message id."""
    author = chat.title
    shown = (_message(album, author, zone, media) for album in _albums(chat.messages))
    return pages.Chat("telegram", chat.title, tuple(shown))


def formatted(text: str, entities: Sequence[Entity]) -> tuple[Node, ...]:
    """Text and entities as a tree; entities may nest or overlap in any way."""
    at = _code_points(text)
    return pages.nest(text, [_span(text, at, entity) for entity in entities])


def _albums(messages: Iterable[Message]) -> Iterator[list[Message]]:
    for _, together in groupby(messages, key=lambda message: message.album or message.id):
        yield list(together)


def _message(album: Sequence[Message], author: str, zone: tzinfo, media: str) -> pages.Message:
    # Telegram shows the text of an album when exactly one of its messages has some.
    spoken = next((each for each in album if each.text), album[0])
    return pages.Message(
        id=str(album[0].id),
        time=album[0].date.astimezone(zone),
        author=author,
        nodes=formatted(spoken.text, spoken.entities),
        pictures=tuple(picture for each in album for picture in _pictures(each, media)),
        files=tuple(file for each in album for file in _files(each)),
        cards=_cards(spoken),
        caption_above=spoken.content.caption_above,
        edited=any(each.edited is not None for each in album),
        silent=album[0].silent,
    )


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
