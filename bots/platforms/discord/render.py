"""Issues as Discord messages: content with pictures attached below it. Pure: no client, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import category

from bots.document import Block, Image
from bots.flow import flow
from bots.layout import cutting
from bots.layout import notes as words
from bots.layout.address import post_address
from bots.layout.atoms import Atom, Cut, Mark, MarkKind, Span
from bots.layout.lead import lead_atoms
from bots.layout.onward import WORDS, onward
from bots.model import LEAD, Button, Destination, Format, Issue, Kind, Message, Section, Slot, Upload
from bots.packing import Run, pack
from bots.pictures import Target, reencode
from bots.platforms.discord import notes
from bots.platforms.discord.dialect import compose, visible
from bots.platforms.discord.edits import FORUM_POST, MESSAGE, inner
from bots.platforms.discord.escape import JOINER, line_start, plain
from bots.platforms.discord.inline import render as render_line
from bots.platforms.discord.layouts import laid_out, name_of, with_content
from bots.platforms.discord.measure import LIMIT, LONGEST_ADDRESS, DiscordMeasure, overtaking, units

# discord 3.2
_SUPPRESS_EMBEDS, _SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
_ALT, _LABEL = 1024, 80
_FILE_BYTES = 10 * 1024 * 1024
# Shown by every client as they are; the name's ending decides what a picture is sent as.
_FORMATS = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "gif": "gif", "webp": "webp"}
_ENDING = re.compile(r"\.([A-Za-z0-9]+)(?:[?#].*)?$")
_SECTION_HEADING, _BOLD_LINE = 2, 4
_HEADED = (Kind.ANNOUNCEMENT, Kind.FORUM)
"""Everything hangs on their first message, which therefore is always the lead's."""


class DiscordRenderer:
    """The pure half of Discord.

    `site` is the address of a post on the author's site with `{slug}` in it, empty for none: relative links need it.
    `language` chooses the word above the contents and those before errata, `zh` or `en`.

    A section's own heading is `##`, the next level in it `###`, deeper ones are bold lines; the title is `#`.
    A message's slots are offsets into its content, escapes included.
    """

    def __init__(self, site: str = "", language: str = "zh") -> None:
        self._site, self._contents, self._onward = site, cutting.CONTENTS[language], WORDS[language]
        self._correction, self._withdrawn = words.CORRECTION[language], words.WITHDRAWN[language]

    def render(self, issue: Issue, destination: Destination, unreadable: frozenset[str]) -> list[Message]:
        """The issue's messages in sending order; a section with nothing to show has none."""
        site = post_address(self._site, issue.post)
        found: list[Message] = []
        for section in issue.sections if destination.format is Format.FULL else issue.sections[:1]:
            # Whoever follows the role is told once, by the issue's first message.
            look = _Look(destination, cutting.silent(issue, destination), "" if found else _call(destination))
            if section.id == LEAD:
                runs = pack(_settled(self._lead(issue, destination, unreadable, site)), look.measure)
            else:
                runs = _runs(section, unreadable, site, look.measure)
            runs = [part for run in runs for part in _small_enough(run, look.measure)]
            card = _card(runs) if destination.preview else _Card()
            shown = [message for run in runs if (message := _message(run, look, card)) is not None]
            found += _numbered(shown, section.id, look)
        return laid_out(found, issue, destination)

    def _lead(self, issue: Issue, destination: Destination, unreadable: frozenset[str], site: str) -> tuple[Atom, ...]:
        """The lead as the destination's kind wants it: a head message is never empty, a post's name is its title."""
        titled = replace(issue, post=replace(issue.post, title=name_of(issue)))
        if destination.kind is Kind.FORUM:
            bare = replace(issue, post=replace(issue.post, title=""))
            atoms = lead_atoms(bare, unreadable, site, self._contents)
        else:
            atoms = lead_atoms(issue, unreadable, site, self._contents)
        if destination.kind in _HEADED and not atoms:
            atoms = lead_atoms(titled, unreadable, site, self._contents)
        partial = destination.kind is Kind.ANNOUNCEMENT or destination.format is Format.DIGEST
        return onward(atoms, site if partial else "", self._onward)

    def link(self, message: Message, urls: Mapping[str, str]) -> Message:
        """The message with its contents entries linked, as far as `urls` knows their sections and they fit."""
        content = str(inner(message).get("content", ""))
        slots = list(message.slots)
        left: list[Slot] = []
        while slots:
            slot = slots.pop(0)
            linked = _linked(content, slot, urls.get(slot.section, ""))
            if linked is None:
                left.append(slot)
                continue
            grown = len(linked) - len(content)
            slots = [replace(later, offset=later.offset + grown) for later in slots]
            content = linked
        if len(left) == len(message.slots):
            return message
        return replace(with_content(message, content), slots=tuple(left))

    def erratum(self, text: str, part: int, to: Message, destination: Destination) -> Message:
        """A reply to `to`, the section's first message, which for a post's own first one stands in the post."""
        silent = bool(inner(to).get("flags", 0) & _SUPPRESS_NOTIFICATIONS)
        look = _Look(destination, silent, "")
        shown = _message((words.erratum(self._correction, text),), look, _Card())
        if shown is None:
            raise ValueError("an erratum that readers can't see")  # its opening word is always there
        (made,) = _numbered([shown], to.section, look)
        return replace(made, part=part, inside=to.inside or to.method == FORUM_POST, answers=True)

    def withdrawn(self, message: Message) -> Message:
        """The message struck through."""
        return notes.withdrawn(self._withdrawn, message)

    def owns(self, message: Message) -> int:
        """Message ids it has: pictures are attached to their message."""
        return 1

    def can_edit(self, old: Message, new: Message) -> bool:
        """Content and attachments of a message can both be replaced, but it stays where it is (discord 3.4)."""
        return (old.method, old.inside) == (new.method, new.inside)

    def with_buttons(self, message: Message, rows: Sequence[Sequence[Button]]) -> Message:
        """Action rows of at most five buttons each (discord.md 1.2)."""
        body = {name: value for name, value in message.body.items() if name != "components"}
        if rows:
            body["components"] = [{"type": 1, "components": [_key(button) for button in row]} for row in rows]
        return replace(message, body=body)

    def prepared(self, content: bytes, message: Message, name: str) -> bytes:
        """The picture in the format its name promises, at most 10 MiB (discord 1.1)."""
        return reencode(content, Target(_FILE_BYTES, formats=(_FORMATS[name.rpartition(".")[2]],)))


@dataclass(frozen=True, slots=True)
class _Look:
    """What a destination asks of its messages."""

    destination: Destination
    silent: bool
    call: str
    """The mention that goes before the section's first message, empty for none."""

    @property
    def measure(self) -> DiscordMeasure:
        return DiscordMeasure(self.destination.inert, units(self.call))


@dataclass(frozen=True, slots=True)
class _Card:
    """The one link of a section that shows a preview card, and the message it stands in."""

    run: Run = ()
    href: str = ""


def _key(button: Button) -> dict[str, Any]:
    """A link of style 5, or a grey button that tells the bot something."""
    target: dict[str, Any] = {"style": 5, "url": button.url} if button.url else {"style": 2, "custom_id": button.data}
    return {"type": 2, "label": button.label[:_LABEL], **target}


def _call(destination: Destination) -> str:
    return f"<@&{destination.role}>\n" if destination.role else ""


# ── sections ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _runs(section: Section, unreadable: frozenset[str], site: str, measure: DiscordMeasure) -> list[Run]:
    levels = _levels(flow(section.blocks, unreadable, site))

    def packed(blocks: Sequence[Block], missing: frozenset[str]) -> list[Run]:
        return pack(_settled(_levelled(flow(blocks, missing, site), levels)), measure)

    return cutting.runs(section, unreadable, packed)


def _levels(atoms: Sequence[Atom]) -> dict[int, int]:
    """Heading level in the post -> level on Discord, by rank: authors skip levels."""
    used = sorted({atom.frame.heading for atom in atoms if atom.frame.heading})
    return {level: min(_SECTION_HEADING + rank, _BOLD_LINE) for rank, level in enumerate(used)}


def _levelled(atoms: Sequence[Atom], levels: Mapping[int, int]) -> list[Atom]:
    return [
        replace(atom, frame=replace(atom.frame, heading=levels[atom.frame.heading])) if atom.frame.heading else atom
        for atom in atoms
    ]


def _settled(atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms with a break wherever text would overtake a picture, and no address too long for a message."""
    kept = [_short_links(atom) for atom in atoms]
    for at in overtaking(kept):
        kept[at] = replace(kept[at], cut=Cut.FORCED)
    return kept


def _short_links(atom: Atom) -> Atom:
    if all(len(mark.value) <= LONGEST_ADDRESS for span in atom.spans for mark in span.marks):
        return atom
    spans = (
        Span(span.text, tuple(mark for mark in span.marks if len(mark.value) <= LONGEST_ADDRESS)) for span in atom.spans
    )
    return replace(atom, spans=tuple(spans))


def _small_enough(run: Run, measure: DiscordMeasure) -> list[Run]:
    """The run, or where packing found no place to cut, the run without its links packed again."""
    if measure.fits(run):
        return [run]
    bare = [replace(atom, spans=tuple(replace(span, marks=()) for span in atom.spans)) for atom in run]
    return pack(bare, measure)


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _message(run: Run, look: _Look, card: _Card) -> Message | None:
    """The run as a message without section and number; None when a reader would see nothing."""
    composed = compose(run, inert=look.destination.inert, card=card.href if run is card.run else "")
    uploads = [_upload(number, image) for number, image in enumerate(_images(run), 1)]
    missing = [
        Upload(f"missing-{number}", atom.missing.src, atom.missing.alt, missing=True)
        for number, atom in enumerate((atom for atom in run if atom.missing), 1)
        if atom.missing
    ]
    readable = any(_is_visible(char) for char in composed.text)
    if not readable and not uploads:
        return None
    body: dict[str, Any] = {"content": composed.text} if readable else {}
    if uploads:
        body["attachments"] = [_attachment(at, upload) for at, upload in enumerate(uploads)]
    return Message("", 0, MESSAGE, body, visible(run), (*uploads, *missing), composed.slots)


def _is_visible(char: str) -> bool:
    """False for what makes an empty message (error 50006) when there is nothing else."""
    return not char.isspace() and category(char) not in ("Cc", "Cf")


def _card(runs: Sequence[Run]) -> _Card:
    """The first link of a section without pictures; a picture says more than a card."""
    if any(atom.image is not None for run in runs for atom in run):
        return _Card()
    links = ((run, mark) for run in runs for atom in run for span in atom.spans for mark in span.marks)
    return next((_Card(run, mark.value) for run, mark in links if mark.kind is MarkKind.LINK), _Card())


def _images(run: Run) -> Iterator[Image]:
    yield from (atom.image for atom in run if atom.image is not None)


def _upload(number: int, image: Image) -> Upload:
    found = _ENDING.search(image.src)
    ending = found[1].lower() if found else ""
    return Upload(f"{number}.{ending if ending in _FORMATS else 'jpg'}", image.src, image.alt)


def _attachment(at: int, upload: Upload) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": at, "filename": upload.name}
    return {**entry, "description": upload.alt[:_ALT]} if upload.alt.strip() else entry


def _numbered(shown: Sequence[Message], section: str, look: _Look) -> Iterator[Message]:
    """The section's messages with what they share, and the role called by the first."""
    flags = _SUPPRESS_NOTIFICATIONS * look.silent | _SUPPRESS_EMBEDS * (not look.destination.preview)
    for part, message in enumerate(shown, 1):
        call = look.call if part == 1 else ""
        body: dict[str, Any] = {**message.body, "allowed_mentions": _allowed(look.destination if call else None)}
        if flags:
            body["flags"] = flags
        if call:
            body["content"] = (call + body.get("content", "")).strip()
        slots = tuple(replace(slot, offset=slot.offset + len(call)) for slot in message.slots)
        yield replace(message, section=section, part=part, body=body, slots=slots)


def _allowed(called: Destination | None) -> dict[str, Any]:
    """Nobody is notified but the one role (discord 3.1); said in every message, as silence allows everything."""
    return {"parse": [], "roles": [called.role]} if called else {"parse": []}


def _linked(content: str, slot: Slot, url: str) -> str | None:
    """The content with one contents entry linked; None without an address or room."""
    if not url:
        return None
    end = slot.offset + slot.length
    label = content[slot.offset : end]
    title = plain(label)
    entry = line_start(render_line((Span(title, (Mark(MarkKind.LINK, url),)),), inert=JOINER in label))
    linked = content[: slot.offset] + entry + content[end:]
    return linked if units(linked) <= LIMIT else None
