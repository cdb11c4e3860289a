"""A reader's formatting in our words: Telegram counts UTF-16 units, we count code points (telegram.md 1.1). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bots.events import Mark
from bots.platforms.telegram.entities import utf16_offsets
from bots.platforms.telegram.people import Json

_KINDS: Mapping[str, str] = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "quote",
    "expandable_blockquote": "quote",
    "text_link": "link",
    "url": "link",
}
"""The server's name of an entity -> ours. Names, hashtags, emoji and dates are words like any other."""


def marks(text: str, entities: Sequence[Json]) -> tuple[Mark, ...]:
    """The entities that mean something to us. Raises KeyError for one that does not lie on the text's characters."""
    return tuple(_marks(text, entities))


def _marks(text: str, entities: Sequence[Json]) -> Iterator[Mark]:
    points = {unit: point for point, unit in enumerate(utf16_offsets(text))}
    for entity in entities:
        kind = _KINDS.get(entity["type"])
        if kind is None:
            continue
        start, end = points[entity["offset"]], points[entity["offset"] + entity["length"]]
        if end > start:
            yield Mark(kind, start, end - start, _href(entity, text[start:end]) if kind == "link" else "")


def _href(entity: Json, shown: str) -> str:
    """Where a link leads; an address written without a scheme is opened as http (telegram.md 1.7)."""
    if entity["type"] == "text_link":
        return str(entity["url"])
    return shown if "://" in shown else f"http://{shown}"
