"""A run of atoms as Telegram's text and entities, built so that the server has nothing left to change.

Offsets count code points here and become UTF-16 units at the very end (telegram.md 1.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from bots.layout.atoms import Atom, Frame, Mark, MarkKind
from bots.model import Slot

INDENT = "\u2003"
"""An em space: the server trims ordinary spaces at the start of a text, this one stays (telegram.md 1.5)."""

_Line = tuple[Frame, bool, int, int]
"""A line's frame, the gap before it, and where it starts and ends."""

_LINKS = (MarkKind.LINK, MarkKind.SECTION)
_BLOCKS = ("blockquote", "expandable_blockquote", "pre")
# Order of entities over the same stretch, outermost first (telegram.md 1.4).
_ORDER = [*_BLOCKS, "code", "text_link", "section", "bold", "italic", "underline", "strikethrough", "spoiler"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """An entity by code points: `kind` is Telegram's type, or `section` for a contents entry not linked yet."""

    start: int
    end: int
    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A message's text and its stretches, trimmed as the server trims."""

    text: str
    stretches: tuple[Stretch, ...]

    def entities(self) -> list[dict[str, Any]]:
        """In the Bot API's form: sorted, UTF-16 offsets."""
        units = utf16_offsets(self.text)
        return [_entity(stretch, units) for stretch in self.stretches if stretch.kind != "section"]

    def slots(self) -> tuple[Slot, ...]:
        return tuple(Slot(s.value, s.start, s.end - s.start) for s in self.stretches if s.kind == "section")


def composed(atoms: Sequence[Atom]) -> Composed:
    """Text atoms as one text. Pictures among them are passed over."""
    page = _Page()
    for atom in atoms:
        if atom.image is None:
            page.add(atom)
    return page.finished()


def utf16_offsets(text: str) -> list[int]:
    """For each code point offset, the end included, the offset in UTF-16 units."""
    if text.isascii():
        return list(range(len(text) + 1))
    return list(accumulate((2 if ord(char) > 0xFFFF else 1 for char in text), initial=0))


def _entity(stretch: Stretch, units: Sequence[int]) -> dict[str, Any]:
    offset = units[stretch.start]
    entity: dict[str, Any] = {"type": stretch.kind, "offset": offset, "length": units[stretch.end] - offset}
    if stretch.kind == "text_link":
        entity["url"] = stretch.value
    elif stretch.kind == "pre" and stretch.value:
        entity["language"] = stretch.value
    return entity


class _Page:
    """Text as it grows, with its stretches in order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._found: list[Stretch] = []
        self._last: dict[str, int] = {}  # kind -> where its latest stretch stands in `_found`
        self._lines: list[_Line] = []

    def add(self, atom: Atom) -> None:
        if atom.starts and self._lines:
            self._write("\n\n" if atom.gap else "\n")
        begin = self._length
        if atom.starts:
            self._write(prefix(atom.frame))
        start = self._length
        for span in atom.spans:
            self._mark(span.marks, self._length, self._length + len(span.text), atom.frame)
            self._write(span.text)
        if atom.frame.heading:
            self._stretch(start, self._length, "bold", "")
        if self._lines and not atom.starts:
            frame, gap, begin, _ = self._lines.pop()
            self._lines.append((frame, gap, begin, self._length))
        else:
            self._lines.append((atom.frame, atom.gap, begin, self._length))

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _mark(self, marks: Sequence[Mark], start: int, end: int, frame: Frame) -> None:
        if frame.code is not None:
            return
        link = next((mark for mark in marks if mark.kind in _LINKS), None)
        code = link is None and any(mark.kind is MarkKind.CODE for mark in marks)
        if link is not None:
            self._stretch(start, end, "text_link" if link.kind is MarkKind.LINK else "section", link.value)
        if code:  # the server keeps no other style on code
            self._stretch(start, end, "code", "")
            return
        for mark in marks:
            if mark.kind not in (*_LINKS, MarkKind.CODE) and not (mark.kind is MarkKind.BOLD and frame.heading):
                self._stretch(start, end, mark.kind.value, "")

    def _stretch(self, start: int, end: int, kind: str, value: str) -> None:
        """Add a stretch, or lengthen the one of the same kind that ends here: one entity costs less than two."""
        known = self._found[self._last[kind]] if kind in self._last else None
        if known is not None and known.end == start and known.value == value:
            self._found[self._last[kind]] = Stretch(known.start, end, kind, value)
        elif end > start:
            self._last[kind] = len(self._found)
            self._found.append(Stretch(start, end, kind, value))

    def finished(self) -> Composed:
        text = "".join(self._parts)
        inline = (_trimmed(stretch, text) for stretch in _without_code(self._found))
        blocks = [*_pre(self._lines), *_quotes(self._lines)]
        return _cut_to_size(text, sorted([*(s for s in inline if s.end > s.start), *blocks], key=_sorting))


def prefix(frame: Frame) -> str:
    """What stands before a line: a list item's marker, or space that shows a later line belongs to it."""
    if frame.code is not None or not frame.item:
        return ""
    if frame.marker:
        return INDENT * frame.indent + frame.marker + " "
    return INDENT * (frame.indent + 1)


def _sorting(stretch: Stretch) -> tuple[int, int, int]:
    return stretch.start, -stretch.end, _ORDER.index(stretch.kind)


def _without_code(found: Sequence[Stretch]) -> list[Stretch]:
    """Bold headings cut around the code in them, as the server would."""
    code = [stretch for stretch in found if stretch.kind == "code"]
    kept: list[Stretch] = []
    for stretch in found:
        if stretch.kind == "bold":
            kept.extend(_around(stretch, code))
        else:
            kept.append(stretch)
    return kept


def _around(stretch: Stretch, holes: Iterable[Stretch]) -> list[Stretch]:
    pieces, start = [], stretch.start
    for hole in holes:
        if hole.start < stretch.end and hole.end > start:
            pieces.append(replace(stretch, start=start, end=max(start, hole.start)))
            start = hole.end
    pieces.append(replace(stretch, start=min(start, stretch.end)))
    return pieces


def _trimmed(stretch: Stretch, text: str) -> Stretch:
    """Without white space at its ends."""
    inner = text[stretch.start : stretch.end]
    start = stretch.start + len(inner) - len(inner.lstrip())
    return replace(stretch, start=start, end=max(start, stretch.start + len(inner.rstrip())))


def _runs(lines: Sequence[_Line], joins: Callable[[Frame, Frame, bool], bool]) -> list[list[_Line]]:
    """Neighbouring lines put together as long as `joins(before, after, gap)` says so."""
    runs: list[list[_Line]] = []
    for line in lines:
        if runs and joins(runs[-1][-1][0], line[0], line[1]):
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _pre(lines: Sequence[_Line]) -> list[Stretch]:
    def joins(before: Frame, after: Frame, gap: bool) -> bool:
        return not gap and before.code is not None and (before.block, before.code) == (after.block, after.code)

    return [
        Stretch(run[0][2], run[-1][3], "pre", run[0][0].code or "")
        for run in _runs(lines, joins)
        if run[0][0].code is not None and run[-1][3] > run[0][2]
    ]


def _quotes(lines: Sequence[_Line]) -> list[Stretch]:
    """Quotes, and what a <details> hides as a folded quote, unless a quote is in it: the server nests none."""

    def folded(before: Frame, after: Frame, _: bool) -> bool:
        return before.expandable and after.expandable

    def quoted(before: Frame, after: Frame, _: bool) -> bool:
        return before.quote and after.quote and before.block == after.block

    found = []
    for run in _runs(lines, folded):
        if run[0][0].expandable and not any(line[0].quote for line in run):
            found.append(Stretch(run[0][2], run[-1][3], "expandable_blockquote"))
    for run in _runs(lines, quoted):
        if run[0][0].quote:
            found.append(Stretch(run[0][2], run[-1][3], "blockquote"))
    return [stretch for stretch in found if stretch.end > stretch.start]


def _cut_to_size(text: str, stretches: Sequence[Stretch]) -> Composed:
    """Trimmed as the server trims: the end, and the start up to the first entity."""
    end = len(text.rstrip(" \n"))
    kept = [replace(s, end=min(s.end, end)) for s in stretches if s.start < end]
    first = min((s.start for s in kept), default=end)
    lead = min(len(text) - len(text.lstrip(" \n")), first)
    moved = tuple(replace(s, start=s.start - lead, end=s.end - lead) for s in kept)
    return Composed(text[lead:end], moved)
