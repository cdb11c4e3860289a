"""Issues as Telegram messages: text and entities, photos, files and albums with captions. Pure: no client, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bots.flow import flow
from bots.layout import cutting
from bots.layout import notes as words
from bots.layout.address import post_address
from bots.layout.atoms import Atom, MarkKind
from bots.layout.lead import lead_atoms
from bots.model import LEAD, Button, Destination, Format, Issue, Kind, Message, Section
from bots.packing import Run, pack
from bots.platforms.telegram import bodies, notes
from bots.platforms.telegram.albums import evened
from bots.platforms.telegram.digest import digest, unlinked
from bots.platforms.telegram.edits import possible
from bots.platforms.telegram.entities import utf16_offsets
from bots.platforms.telegram.inert import cleaned, inert
from bots.platforms.telegram.shape import TelegramMeasure

_WITHOUT_LINKS = (Kind.GROUP, Kind.PRIVATE)
"""Kinds of chat whose messages have no address (telegram.md 8)."""
_PHOTO_BYTES, _FILE_BYTES = 10 * 1024 * 1024, 50 * 1024 * 1024


class TelegramRenderer:
    """The pure half of Telegram.

    `site` is the address of a post on the author's site with `{slug}` in it, empty for none: relative links need it.
    `language` chooses the word above the contents and those before errata, `zh` or `en`.
    """

    def __init__(self, site: str = "", language: str = "zh") -> None:
        self._site, self._contents = site, cutting.CONTENTS[language]
        self._correction, self._withdrawn = words.CORRECTION[language], words.WITHDRAWN[language]

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> list[Message]:
        """The issue's messages in sending order; a section with nothing to show has none."""
        site = post_address(self._site, issue.post)
        silent = cutting.silent(issue, destination)
        found: list[Message] = []
        for section in issue.sections[:1] if destination.format is Format.DIGEST else issue.sections:
            packed = self._runs(issue, section, destination, unreadable, site)
            shown = [made for run in packed if (made := bodies.message(run)) is not None]
            preview = _preview(packed) if destination.preview else None
            found.extend(_numbered(shown, section.id, preview, silent=silent))
        if destination.pin and found:
            found[0] = replace(found[0], after=("pin",))
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
        return replace(message, body=bodies.with_entities(message.body, added), slots=rest)

    def erratum(self, text: str, part: int, to: Message, destination: Destination) -> Message:
        """A reply to `to`, the section's first message."""
        made = notes.erratum(self._correction, text, to, destination)
        return replace(made, section=to.section, part=part)

    def withdrawn(self, message: Message) -> Message:
        """The message struck through, for one that Telegram does not delete any more."""
        return notes.withdrawn(self._withdrawn, message)

    def owns(self, message: Message) -> int:
        """Message ids it has: an album's pictures are messages of their own."""
        return len(message.body.get("media", "1"))

    def can_edit(self, old: Message, new: Message) -> bool:
        """Text to text, caption to caption, text to one picture, albums of the same length and kind (telegram.md 2)."""
        return possible(old, new)

    def with_buttons(self, message: Message, rows: Sequence[Sequence[Button]]) -> Message:
        """An inline keyboard below the message; an edit without one takes away what was there (telegram.md 8)."""
        body = {name: value for name, value in message.body.items() if name != "reply_markup"}
        if rows:
            body["reply_markup"] = {"inline_keyboard": [[_key(button) for button in row] for row in rows]}
        return replace(message, body=body)

    def prepared(self, content: bytes, message: Message, name: str) -> bytes:
        """The picture as a photo or a file Telegram takes, in the format its name says (telegram.md 2)."""
        from bots.pictures import Target, reencode

        kind = "png" if name.endswith(".png") else "jpeg"
        if bodies.is_file(message):
            return reencode(content, Target(_FILE_BYTES, formats=(kind,)))
        return reencode(content, Target(_PHOTO_BYTES, max_sum=10_000, max_ratio=20, formats=(kind,), opaque=True))

    def _runs(
        self, issue: Issue, section: Section, destination: Destination, unreadable: frozenset[str], site: str
    ) -> list[Run]:
        def packed(atoms: Sequence[Atom]) -> list[Run]:
            measure = TelegramMeasure()
            return evened(pack(_settled(atoms, destination), measure), measure)

        if section.id != LEAD:
            return cutting.runs(section, unreadable, lambda blocks, missing: packed(flow(blocks, missing, site)))
        if destination.format is Format.DIGEST:
            return digest(issue, unreadable, site, self._contents, packed)
        atoms = lead_atoms(issue, unreadable, site, self._contents)
        return packed(unlinked(atoms) if destination.kind in _WITHOUT_LINKS else atoms)


def _key(button: Button) -> dict[str, str]:
    return {"text": button.label} | ({"url": button.url} if button.url else {"callback_data": button.data})


def _settled(atoms: Sequence[Atom], destination: Destination) -> list[Atom]:
    kept = [cleaned(atom) for atom in atoms]
    return [inert(atom) for atom in kept] if destination.inert else kept


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
