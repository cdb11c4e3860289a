"""A run of atoms as one call of the Bot API: its method, parameters and uploads. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from bots.document import Image
from bots.model import Message, Upload
from bots.packing import Run
from bots.platforms.telegram.entities import Composed, composed
from bots.platforms.telegram.shape import Shape, shape

# Only these make the server call a text empty (telegram.md 1.5).
_INVISIBLE = "".join(
    map(chr, [*range(0x21), 0xA0, *range(0x2000, 0x2010), 0x202F, 0x205F, 0x2060, 0x2800, 0x3000, 0xFEFF, 0xFFFC])
)
_DRAWN = (".png", ".svg", "data:image/png", "data:image/svg")
"""Sources that JPEG would blur: screenshots and drawings."""
_LONGEST_NAME = 40


def message(run: Run) -> Message | None:
    """The run as a message without section and number; None when a reader would see nothing."""
    outline = shape(run)
    if outline is None:
        raise ValueError("a run that no message can hold")  # packing never makes one
    text = composed(outline.text)
    if not text.text.strip(_INVISIBLE):
        text = Composed("", ())
    if not text.text and not outline.images:
        return None
    names = [_name(number, image) for number, image in enumerate(outline.images, 1)]
    files = [Upload(name, image.src, image.alt) for name, image in zip(names, outline.images, strict=True)]
    lost = [atom.missing for atom in run if atom.missing]
    absent = [
        Upload(f"missing{_name(number, image)}", image.src, image.alt, True) for number, image in enumerate(lost, 1)
    ]
    method, body = _body(outline, text, names)
    return Message("", 0, method, body, text.text, (*files, *absent), text.slots())


def is_file(message: Message) -> bool:
    """True when the message's pictures go out as files, not as photos."""
    media = message.body.get("media", ())
    return message.method == "sendDocument" or any(item["type"] == "document" for item in media)


def with_entities(body: Mapping[str, Any], added: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The body with more entities in its text, in order; an album's text is that of its one item that has some."""
    if "media" not in body:
        return _with_entities(body, added)
    media = [_with_entities(item, added) if "caption" in item else item for item in body["media"]]
    return {**body, "media": media}


def _with_entities(item: Mapping[str, Any], added: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    key = "entities" if "text" in item else "caption_entities"
    return {**item, key: sorted([*item.get(key, ()), *added], key=lambda entity: (entity["offset"], -entity["length"]))}


def _name(number: int, image: Image) -> str:
    """A file name Telegram takes for a photo; screenshots and drawings stay PNG, everything else becomes JPEG.

    Readers see the name of a picture that goes out as a file, so that one keeps the author's, as far as ASCII goes.
    """
    address = image.src.lower().partition("?")[0]
    drawn = address.startswith(_DRAWN) or address.endswith(_DRAWN)
    ending = "png" if drawn else "jpg"
    return f"{number}{_stem(image.src)}.{ending}" if image.large else f"{number}.{ending}"


def _stem(source: str) -> str:
    if source.startswith("data:"):
        return ""
    stem = PurePosixPath(unquote(source.partition("?")[0])).stem
    words = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[:_LONGEST_NAME]
    return f"-{words}" if words else ""


def _body(outline: Shape, text: Composed, names: Sequence[str]) -> tuple[str, dict[str, Any]]:
    entities = text.entities()
    if not outline.images:
        return "sendMessage", {"text": text.text} | ({"entities": entities} if entities else {})
    caption: dict[str, Any] = {}
    if text.text:
        caption = {"caption": text.text}
        if entities:
            caption["caption_entities"] = entities
        if outline.above:
            caption["show_caption_above_media"] = True
    if len(names) > 1:
        return "sendMediaGroup", {"media": _album(outline, caption, names)}
    if outline.files:
        return "sendDocument", {"document": f"attach://{names[0]}", **caption}
    return "sendPhoto", {"photo": f"attach://{names[0]}", **caption}


def _album(outline: Shape, caption: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """One item carries all of the text: photos then show it as the album's own (telegram.md 2).

    Files are shown one below the other, each with its own text, so theirs goes to the last one.
    """
    kind = "document" if outline.files else "photo"
    above = {"show_caption_above_media": True} if "show_caption_above_media" in caption else {}
    media: list[dict[str, Any]] = [{"type": kind, "media": f"attach://{name}", **above} for name in names]
    media[-1 if outline.files else 0] |= caption
    return media
