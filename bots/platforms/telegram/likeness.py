"""Whether a message that Telegram shows is the one that was planned, by what readers see of it. Pure.

Compared are the text, the links in it and the kind and number of pictures, never lists of entities: the server splits,
merges and adds to those (telegram.md 1.3). The author's links are left as they are, so no mark of ours is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bots.model import Message
from bots.platforms.telegram.edits import SINGLE

# What the server takes out of a text, or exchanges for each other, and what it turns into spaces (telegram.md 1.5).
_TAKEN_OUT = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a\u200c\u200e\u200f]")
_BLANK = re.compile("[\x00-\x09\x0b-\x20]")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_A_PERSON = "tg://user?"
"""A link of this kind comes back as a mention, without its address (telegram.md 1.7)."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a reader sees of one message."""

    kind: str
    """`text`, `photo`, `document`; empty for what weektech never sends."""
    text: str
    """Or the caption."""
    links: frozenset[tuple[str, str]] = frozenset()
    """Address and linked words."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message as it was found in a chat."""

    id: int
    look: Look
    album: str = ""
    """Name of the album it belongs to, empty for none or where that is not told."""
    ours: bool | None = None
    """Whether the bot wrote it; None where nobody says, as in channels."""


def planned(message: Message) -> tuple[Look, ...]:
    """What readers will see of a planned message, item by item."""
    body = message.body
    if message.method == "sendMediaGroup":
        return tuple(_look(item["type"], item, "caption") for item in body["media"])
    kind = SINGLE.get(message.method)
    return (_look(kind, body, "caption") if kind else _look("text", body, "text"),)


def shown(payload: Mapping[str, Any]) -> Look:
    """What readers see of a message in the Bot API's JSON."""
    kind = _kind(payload)
    return _look(kind, payload, "text" if kind == "text" else "caption")


def wordless(looks: Sequence[Look]) -> bool:
    """True when only pictures would tell it from others, and those can't be compared."""
    return not any(look.text for look in looks)


def fits(looks: Sequence[Look], posts: Sequence[Post]) -> list[tuple[Post, ...]]:
    """The posts, one after the other and complete, that show exactly this; the oldest first."""
    row = sorted((post for post in posts if post.ours is not False), key=lambda post: post.id)
    runs = (tuple(row[at : at + len(looks)]) for at in range(len(row) - len(looks) + 1))
    return [run for run in runs if tuple(post.look for post in run) == tuple(looks) and _complete(run, row)]


def _complete(run: Sequence[Post], row: Sequence[Post]) -> bool:
    """No part of a larger album, no mixture of two."""
    albums = {post.album for post in run}
    if albums == {""}:
        return True
    return len(albums) == 1 and len(run) > 1 and sum(post.album in albums for post in row) == len(run)


def _kind(payload: Mapping[str, Any]) -> str:
    if payload.get("animation"):
        return ""  # comes with a document of the same content
    return next((kind for kind in ("text", "photo", "document") if payload.get(kind)), "")


def _look(kind: str, source: Mapping[str, Any], field: str) -> Look:
    text = str(source.get(field) or "")
    entities = source.get("entities" if field == "text" else "caption_entities") or ()
    return Look(kind, _plain(text), frozenset(_links(text, entities)))


def _links(text: str, entities: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in entities:
        url = str(entity.get("url") or "")
        if entity.get("type") == "text_link" and not url.lower().startswith(_A_PERSON):
            start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
            yield _address(url), _plain(units[start:end].decode("utf-16-le", "replace"))


def _plain(text: str) -> str:
    """The text as far as the server leaves it alone."""
    return _BLANK.sub(" ", _TAKEN_OUT.sub("", text)).strip(" \n")


def _address(url: str) -> str:
    """An address as the server writes it: scheme and host in lower case, a path in any case (telegram.md 1.7)."""
    found = _ADDRESS.fullmatch(url.strip())
    if found is None:
        return url
    rest = found[3] if found[3].startswith("/") else f"/{found[3]}"
    return f"{found[1].lower()}://{found[2].lower()}{rest}"
