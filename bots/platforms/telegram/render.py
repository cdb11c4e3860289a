"""Issues as Telegram messages: text and entities, photos and albums with captions. Pure: no client, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bots.document import Block, Image
from bots.flow import flow
from bots.layout import cutting
from bots.layout.address import post_address
from bots.layout.atoms import Atom, MarkKind
from bots.layout.lead import lead_atoms
from bots.model import LEAD, Destination, Issue, Message, Section, Upload
from bots.packing import Run, pack
from bots.platforms.telegram.entities import Composed, composed, utf16_offsets
from bots.platforms.telegram.inert import cleaned, inert
from bots.platforms.telegram.shape import Shape, TelegramMeasure, shape

# Only these make the server call a text empty (telegram.md 1.5).
_INVISIBLE = "".join(
    map(chr, [*range(0x21), 0xA0, *range(0x2000, 0x2010), 0x202F, 0x205F, 0x2060, 0x2800, 0x3000, 0xFEFF, 0xFFFC])
)


class TelegramRenderer:
    """The pure half of Telegram.

    `site` is the address of a post on the author's site with `{slug}` in it, empty for none: relative links need it.
    `language` chooses the word above the contents, `zh` or `en`.
    """

    def __init__(self, site: str = "", language: str = "zh") -> None:
        self._site, self._contents = site, cutting.CONTENTS[language]

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> list[Message]:
        """The issue's messages in sending order; a section with nothing to show has none."""
        site = post_address(self._site, issue.post)
        silent = cutting.silent(issue, destination)
        found: list[Message] = []
        for section in issue.sections:
            packed = self._runs(issue, section, destination, unreadable, site)
            shown = [message for run in packed if (message := _message(run)) is not None]
            preview = _preview(packed) if destination.preview else None
            found.extend(_numbered(shown, section.id, preview, silent=silent))
        return found

    def link(self, message: Message, urls: Mapping[str, str]) -> Message:
        """The message with its contents entries linked as far as `urls` knows their sections."""
        known = [slot for slot in message.slots if slot.section in urls]
        if not known:
            return message
        units = utf16_offsets(message.text)
        added = [
            {
                "type": "text_link",
                "offset": units[slot.offset],
                "length": units[slot.offset + slot.length] - units[slot.offset],
                "url": urls[slot.section],
            }
            for slot in known
        ]
        rest = tuple(slot for slot in message.slots if slot not in known)
        return replace(message, body=_with_entities(message.body, added), slots=rest)

    def can_edit(self, old: Message, new: Message) -> bool:
        """Text to text, caption to caption, text to one photo, and albums of the same length (telegram.md 4)."""
        if old.method == "sendMediaGroup" or new.method == "sendMediaGroup":
            return old.method == new.method and len(old.body["media"]) == len(new.body["media"])
        return (old.method, new.method) != ("sendPhoto", "sendMessage")

    def prepared(self, content: bytes, message: Message, name: str) -> bytes:
        """The picture as a photo Telegram takes, in the format its name says (telegram.md 2)."""
        from bots.pictures import Target, reencode

        kind = "png" if name.endswith(".png") else "jpeg"
        return reencode(content, Target(10 * 1024 * 1024, max_sum=10_000, max_ratio=20, formats=(kind,), opaque=True))

    def _runs(
        self, issue: Issue, section: Section, destination: Destination, unreadable: frozenset[str], site: str
    ) -> list[Run]:
        measure = TelegramMeasure()
        if section.id == LEAD:
            return pack(_settled(lead_atoms(issue, unreadable, site, self._contents), destination), measure)

        def packed(blocks: Sequence[Block], missing: frozenset[str]) -> list[Run]:
            return pack(_settled(flow(blocks, missing, site), destination), measure)

        return cutting.runs(section, unreadable, packed)


def _settled(atoms: Sequence[Atom], destination: Destination) -> list[Atom]:
    kept = [cleaned(atom) for atom in atoms]
    return [inert(atom) for atom in kept] if destination.inert else kept


def _message(run: Run) -> Message | None:
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


def _name(number: int, image: Image) -> str:
    """A file name Telegram takes for a photo; screenshots stay PNG, everything else becomes JPEG."""
    return f"{number}.png" if image.src.lower().endswith(".png") else f"{number}.jpg"


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
    if len(names) == 1:
        return "sendPhoto", {"photo": f"attach://{names[0]}", **caption}
    media = [{"type": "photo", "media": f"attach://{name}"} for name in names]
    # Clients show one common caption only when exactly one item has one (telegram.md 2).
    first, *others = media
    above = {"show_caption_above_media": True} if outline.above and text.text else {}
    return "sendMediaGroup", {"media": [{**first, **caption}, *({**item, **above} for item in others)]}


def _preview(runs: Sequence[Run]) -> str | None:
    """The first web link of a section that has no picture."""
    atoms = [atom for run in runs for atom in run]
    if any(atom.image is not None for atom in atoms):
        return None
    marks = (mark for atom in atoms for span in atom.spans for mark in span.marks)
    return next((mark.value for mark in marks if mark.kind is MarkKind.LINK and mark.value.startswith("http")), None)


def _numbered(shown: Sequence[Message], section: str, preview: str | None, *, silent: bool) -> Iterator[Message]:
    for part, message in enumerate(shown, 1):
        body = dict(message.body)
        if message.method == "sendMessage":
            body["link_preview_options"] = _preview_options(preview if part == 1 else None)
        if silent:
            body["disable_notification"] = True
        yield replace(message, section=section, part=part, body=body)


def _preview_options(address: str | None) -> dict[str, Any]:
    """Always said: left unsaid, the first address in the text is previewed (telegram.md 1.9)."""
    if address is None:
        return {"is_disabled": True}
    return {"url": address, "prefer_large_media": True}


def _with_entities(body: Mapping[str, Any], added: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if "media" in body:
        first, *others = body["media"]
        return {**body, "media": [_with_entities(first, added), *others]}
    key = "entities" if "text" in body else "caption_entities"
    return {**body, key: sorted([*body.get(key, ()), *added], key=lambda entity: (entity["offset"], -entity["length"]))}
