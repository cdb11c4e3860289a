"""What each atom adds to a Discord message at the least: characters and pictures.

Every atom is written out once by itself; what a style or a link costs is left out where it goes on from the atom
before. `fits` looks exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bots.layout.atoms import Atom, Frame, Mark, MarkKind, Span
from bots.layout.measuring import Weight
from bots.platforms.discord.dialect import Line, Page, context, marked, written
from bots.platforms.discord.escape import SLOT_OPEN, fence, line_start

LINK_ROOM = len("[](<https://discord.com/channels/>)") + 3 * 20 + 2
"""What a contents entry grows by when it becomes a link to a message: three ids of at most 20 digits."""


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def weights(atoms: Sequence[Atom], *, inert: bool) -> list[tuple[Weight, Weight]]:
    """For each atom what it adds as the first in a message, and behind the atom before it."""
    text = _Text(inert)
    found: list[tuple[Weight, Weight]] = []
    pictured = False
    for atom, saved in zip(atoms, _saved(atoms), strict=True):
        if atom.image is not None:
            found.append(((0, 1), (0, 1)))
        else:
            first, behind = text.add(atom)
            # Behind a picture it may be the first text all the same.
            found.append(((first - saved, 0), (min(first - saved, behind) if pictured else behind, 0)))
        pictured = atom.image is not None
    return found


@dataclass(slots=True)
class _Text:
    """What the text so far leaves behind for the next atom."""

    inert: bool
    page: Page = field(default_factory=Page)
    last: Atom | None = None
    waiting: int = 0
    """Spaces at the end, which count only if more follows on the line."""
    blank: int = 0
    """The same for lines at the end of a code block."""

    def add(self, atom: Atom) -> tuple[int, int]:
        """Characters of a message that starts with the atom, and those that it adds to the text so far."""
        starts = self.last is None or atom.starts or self.last.frame.block != atom.frame.block
        found = self._code(atom, starts=starts) if atom.frame.code is not None else self._words(atom, starts=starts)
        self.last = atom
        self.waiting = len(atom.text) - len(atom.text.rstrip())
        return found

    def _code(self, atom: Atom, *, starts: bool) -> tuple[int, int]:
        frame, last = atom.frame, self.last.frame if self.last is not None else None
        goes_on = last is not None and (last.block, last.code) == (frame.block, frame.code)
        before = "" if goes_on else self.page.opening(Line(frame, atom.gap, ""))
        # A block with nothing in it is shown as an empty one, so blank lines count only if more follows.
        waiting = self.blank + starts if goes_on else 0
        size, fences = units(atom.text), units(fence("x", frame.code or "")) - 1
        opened = 0 if goes_on else fences + units(before)
        if not atom.text.strip():
            self.blank = waiting + size
            return fences - waiting, opened
        self.blank = 0
        return fences + size, opened + waiting + size

    def _words(self, atom: Atom, *, starts: bool) -> tuple[int, int]:
        spans = marked(atom.frame, atom.spans)
        text = written(spans, self.inert)
        if not text:
            return 0, 0
        line = Line(atom.frame, atom.gap, "", atom.caption)
        opened = line_start(text)
        first = units(Page().opening(line)) + _size(opened)
        if starts:
            return first, units(self.page.opening(line)) + _size(opened)
        return first, self.waiting + self._going_on(spans, text)

    def _going_on(self, spans: tuple[Span, ...], text: str) -> int:
        """The size of text behind other text on its line: marks on both are written once."""
        last = marked(self.last.frame, self.last.spans[-1:]) if self.last is not None else ()
        shared = [mark for mark in spans[0].marks if any(mark in span.marks for span in last)]
        # An opening bracket is escaped only where a text begins.
        bracket = spans[0].text.lstrip().startswith("(")
        if not shared:
            return _size(text) - bracket
        code = 2 * any(mark.kind is MarkKind.CODE for mark in shared)
        bare = tuple(replace(span, marks=_without(span.marks, shared)) for span in spans)
        return _size(written(bare, self.inert)) - code - bracket


def _size(text: str) -> int:
    """Units of a text with the links that its contents entries are going to be."""
    return units(text) + (LINK_ROOM - 2) * text.count(SLOT_OPEN)


def _without(marks: Sequence[Mark], shared: Sequence[Mark]) -> tuple[Mark, ...]:
    return tuple(mark for mark in marks if mark not in shared or mark.kind is MarkKind.CODE)


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_MOST_LINES = 500
"""No message has more list lines than this."""


def _saved(atoms: Sequence[Atom]) -> list[int]:
    """For each atom what a message that begins there saves at most in later lines of the same list.

    Items are indented from the first one that the message shows, and lines before the first marker not at all: if a
    message begins inside the atom, its marker is gone.
    """
    found: list[int] = []
    here: tuple[bool, bool, bool] | None = None
    levels: list[int] = []  # by indent of the first line: what the lines from here on save
    unmarked = 0
    for atom in reversed(atoms):
        frame = atom.frame
        if atom.image is not None:
            found.append(0)
            continue
        if context(frame, atom.caption) != here:
            here, levels, unmarked = context(frame, atom.caption), [], 0
        saves = _level(levels, frame.indent) + unmarked
        found.append(min(saves, 2 * _MOST_LINES * (frame.indent + 1)) if frame.item else 0)
        if frame.item and atom.starts:
            unmarked = 0 if frame.marker else unmarked + 2 * (frame.indent + 1)
            levels = _deeper(levels, frame)
    return found[::-1]


def _level(levels: Sequence[int], indent: int) -> int:
    return levels[min(indent, len(levels) - 1)] if levels else 0


def _deeper(levels: Sequence[int], frame: Frame) -> list[int]:
    """The savings with one more line before the others: it saves its own indent, or a deeper list's ends with it."""
    indents = range(max(len(levels), frame.indent + 1))
    return [2 * min(indent, frame.indent) + _level(levels, min(indent, frame.indent)) for indent in indents]
