"""A run of atoms as the content of one Discord message.

Everything is written line by line: no emphasis, quote or list marker reaches over a line end, so that a message may
start at any line and reads the same. Choices where Discord has no match:

- headings are written at the level the atoms carry, 1 to 3; deeper ones, and headings in list items, become bold lines;
- code blocks stand at the margin, out of list items and quotes, because clients disagree about fences in there;
- a caption is subtext (`-#`), a task box is a bullet with ☐ or ☑, a number above 50 is plain text (clients showed 50).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from bots.layout.atoms import Atom, Frame, Mark, MarkKind, Span
from bots.model import Slot
from bots.platforms.discord.escape import GUARD, SLOT_CLOSE, SLOT_OPEN, fence, line_start
from bots.platforms.discord.inline import render

_BOLD = Mark(MarkKind.BOLD)
_LAST_NUMBER = 50
_DEEPEST_HEADING = 3


@dataclass(frozen=True, slots=True)
class Composed:
    """A message's content and the places in it that are to become links."""

    text: str
    slots: tuple[Slot, ...] = ()
    """Offsets and lengths in code points of `text`, as it stands with its escapes."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it will stand in the message, or a whole code block."""

    frame: Frame
    gap: bool
    text: str
    caption: bool = False


@dataclass(frozen=True, slots=True)
class _Lists:
    """Where in a list we are: depths count from the first item that this message shows."""

    base: int = 0
    open: bool = False
    """True once the message has shown an item that later lines can belong to."""
    kinds: tuple[str, ...] = ()
    """Per depth, whether its last item was numbered ("1") or not ("-")."""


@dataclass(slots=True)
class Page:
    """What the lines written so far mean for the next one."""

    before: Line | None = None
    lists: _Lists = _Lists()

    def opening(self, line: Line) -> str:
        """What ends the line before, and what stands before this one."""
        before = self.before
        if before is None or context(before.frame, before.caption) != context(line.frame, line.caption):
            self.lists = _Lists(base=line.frame.indent)
        apart = _changes_kind(line.frame, self.lists)
        self.lists = _entered(self.lists, line.frame)
        self.before = line
        return (_separator(before, line, apart) if before else "") + _prefix(line, self.lists)


def compose(atoms: Sequence[Atom], *, inert: bool = True, card: str = "") -> Composed:
    """The content for the atoms' text; pictures are not content.

    `inert` as in `Destination`; `card` is the address of the one link that may show a preview card.
    """
    page = Page()
    parts = [page.opening(line) + line.text for line in _lines(atoms, inert, card)]
    return _with_slots("".join(parts).strip(), [id_ for atom in atoms for id_ in _sections(atom)])


def visible(atoms: Sequence[Atom]) -> str:
    """What a reader sees of the atoms' text, markers included, without any Markdown."""
    parts: list[str] = []
    for atom, spans in _rows(atoms):
        text = "".join(span.text for span in spans)
        parts.append(("\n" if atom.gap else "") + f"{atom.frame.marker} {text}".strip())
    return "\n".join(parts).strip()


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(atoms: Sequence[Atom], inert: bool, card: str) -> Iterator[Line]:
    rows = list(_rows(atoms))
    for _, group in groupby(rows, key=lambda row: (row[0].frame.block, row[0].frame.code)):
        block = list(group)
        first = block[0][0]
        if first.frame.code is not None:
            text = fence("\n".join("".join(span.text for span in spans) for _, spans in block), first.frame.code)
            yield Line(first.frame, first.gap, text)
        else:
            yield from _text_lines(block, inert, card)


def _rows(atoms: Sequence[Atom]) -> Iterator[tuple[Atom, tuple[Span, ...]]]:
    """The atom that begins each line, and the spans of all the atoms on it."""
    row: list[Atom] = []
    apart = False
    for each in atoms:
        if each.image is not None:
            # The pictures stand below; their captions are set off from the text in their stead.
            apart = each.gap and not (row and row[0].caption)
            continue
        atom = replace(each, gap=True) if apart and each.caption else each
        apart = False
        if row and (atom.starts or atom.frame.block != row[0].frame.block):
            yield row[0], tuple(span for part in row for span in part.spans)
            row = []
        row.append(atom)
    if row:
        yield row[0], tuple(span for part in row for span in part.spans)


def _text_lines(rows: Sequence[tuple[Atom, tuple[Span, ...]]], inert: bool, card: str) -> Iterator[Line]:
    for atom, spans in rows:
        text = line_start(written(marked(atom.frame, spans), inert, card))
        if text:
            yield Line(atom.frame, atom.gap, text, atom.caption)


def marked(frame: Frame, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans of a line as it is going to be shown: headings that Discord has no level for are bold."""
    return tuple(_bold(span) for span in spans) if _is_bold_heading(frame) else spans


@lru_cache(maxsize=2048)  # packing and rendering ask for the same lines
def written(spans: tuple[Span, ...], inert: bool, card: str = "") -> str:
    """A line's text, or a part of it, in Discord's Markdown."""
    return render(spans, inert, card).strip()


def _is_bold_heading(frame: Frame) -> bool:
    return frame.heading > _DEEPEST_HEADING or (frame.heading > 0 and frame.item)


def _bold(span: Span) -> Span:
    return span if _BOLD in span.marks else replace(span, marks=(_BOLD, *span.marks))


# ── what stands before a line ────────────────────────────────────────────────────────────────────────────────────────


def context(frame: Frame, caption: bool) -> tuple[bool, bool, bool]:
    """Lines that differ in this are never in one list: code, captions and quotes stand at the margin."""
    return frame.quote, frame.item, frame.code is not None or caption


def _separator(before: Line, line: Line, apart: bool) -> str:
    """What ends the line before: Discord sets headings off by itself, and merges quotes and lists that touch."""
    heading = before.frame.heading > 0 and not _is_bold_heading(before.frame)
    quotes = _quoted(before.frame) and _quoted(line.frame)
    if quotes and line.gap and before.frame.block == line.frame.block:
        return f"\n> {GUARD}\n"
    gap = line.gap or apart or (quotes and before.frame.block != line.frame.block)
    return "\n\n" if gap and not heading else "\n"


def _prefix(line: Line, lists: _Lists) -> str:
    if line.frame.code is not None:
        return ""
    quote = "> " if line.frame.quote else ""
    if line.caption:
        return quote + "-# "
    if line.frame.item:
        return quote + _item_prefix(line.frame, lists)
    return quote + ("" if not line.frame.heading or _is_bold_heading(line.frame) else "#" * line.frame.heading + " ")


def _item_prefix(frame: Frame, lists: _Lists) -> str:
    depth = max(frame.indent - lists.base, 0)
    if not frame.marker:
        return "  " * (depth + 1) if lists.open else ""
    number = frame.marker.removesuffix(".")
    if number.isdecimal():
        return "  " * depth + (f"{number}. " if int(number) <= _LAST_NUMBER else f"{number}\\. ")
    return "  " * depth + ("- " if frame.marker == "•" else f"- {frame.marker} ")


def _quoted(frame: Frame) -> bool:
    return frame.quote and frame.code is None


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _kind(frame: Frame) -> str:
    return "1" if frame.marker[:1].isdecimal() else "-"


def _changes_kind(frame: Frame, lists: _Lists) -> bool:
    """True for an item that would be drawn with the marker of the list right before it."""
    depth = max(frame.indent - lists.base, 0)
    return bool(frame.marker) and depth < len(lists.kinds) and lists.kinds[depth] not in ("", _kind(frame))


def _entered(lists: _Lists, frame: Frame) -> _Lists:
    if not frame.item or frame.code is not None:
        return lists
    base = min(lists.base, frame.indent)
    if not frame.marker:
        return replace(lists, base=base)
    depth = frame.indent - base
    kinds = (*lists.kinds[:depth], *("" for _ in range(depth - len(lists.kinds))), _kind(frame))
    return _Lists(base, True, kinds)


# ── slots ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sections(atom: Atom) -> Iterator[str]:
    for span in atom.spans:
        yield from (mark.value for mark in span.marks if mark.kind is MarkKind.SECTION)


def _with_slots(marked: str, sections: Sequence[str]) -> Composed:
    """The text without the signs around its contents entries, and where they stood."""
    pieces = marked.split(SLOT_OPEN)
    text, slots = pieces[0], []
    for section, piece in zip(sections, pieces[1:], strict=False):
        label, _, rest = piece.partition(SLOT_CLOSE)
        slots.append(Slot(section, len(text), len(label)))
        text += label + rest
    return Composed(text, tuple(slots))
