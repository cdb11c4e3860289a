"""What each atom adds to a Telegram message at the least: characters, entities, pictures and turns.

A turn is where text meets pictures: a message has its text above the pictures or below them, so it holds one turn at
most. Counted without composing anything; `fits` looks exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bots.layout.atoms import Atom, Frame, MarkKind, Span
from bots.layout.measuring import Weight
from bots.platforms.telegram.entities import prefix

_LINKS = (MarkKind.LINK, MarkKind.SECTION)
_BOLD = (MarkKind.BOLD, "")
# What the server trims at both ends of a text (telegram.md 1.5).
_SPACE = " \n"

_Key = tuple[MarkKind, str]
"""An entity's kind and value."""
_Open = dict[_Key, bool]
"""Entities that reach to the end of the text so far, and whether they were counted: one on spaces alone is none."""


def weights(atoms: Sequence[Atom]) -> list[tuple[Weight, Weight]]:
    """For each atom what it adds as the first in a message, and behind the atom before it."""
    text = _Text()
    found: list[tuple[Weight, Weight]] = []
    pictured = False
    for atom, (opening, turns) in zip(atoms, _turns(atoms), strict=True):
        if atom.image is not None:
            found.append(((0, 0, 1, opening), (0, 0, 1, turns)))
        else:
            first, (characters, entities) = text.add(atom)
            # Behind a picture it may be the first text all the same.
            characters = min(first[0], characters) if pictured else characters
            found.append(((*first, 0, opening), (characters, entities, 0, turns)))
        pictured = atom.image is not None
    return found


# ── characters and entities ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Text:
    """What the text so far leaves behind for the next atom."""

    line: Frame | None = None
    waiting: int = 0
    """Spaces and line ends that count only if something follows."""
    open: _Open = field(default_factory=dict)

    def add(self, atom: Atom) -> tuple[tuple[int, int], tuple[int, int]]:
        """Characters and entities, of a message that starts with the atom and added to the text so far."""
        full = (prefix(atom.frame) if atom.starts else "") + atom.text
        shown = full.rstrip(_SPACE)
        before, apart = self.waiting, 1 + atom.gap if atom.starts and self.line else 0
        self.waiting = len(full) - len(shown) + (0 if shown else before + apart)
        first, behind = self._entities(atom)
        if shown:
            first += _blocks(atom, None)
            behind += _blocks(atom, self.line)
        self.line = atom.frame
        if not shown:
            # What waits before a message's first atom does not count, though the next text is going to count it.
            return (-before - apart, first), (0, behind)
        # A code block keeps the spaces it begins with: the server trims nothing inside an entity.
        alone = len(shown if atom.frame.code is not None else shown.lstrip(_SPACE))
        return (alone, first), (before + apart + len(shown), behind)

    def _entities(self, atom: Atom) -> tuple[int, int]:
        if atom.frame.code is not None:
            self.open = {}
            return 0, 0
        before = {} if atom.starts else self.open
        behind, self.open = _counted(atom, before)
        return (_counted(atom, {})[0] if before else behind), behind


def _counted(atom: Atom, before: _Open) -> tuple[int, _Open]:
    """How many entities begin in the atom, and what is open at its end."""
    count, now = 0, before
    for span in atom.spans:
        shown = not span.text.isspace()
        after: _Open = {}
        for key in _keys(span, heading=atom.frame.heading > 0):
            known = now.get(key, False)
            count += shown and not known
            after[key] = known or shown
        if atom.frame.heading and _BOLD in now:
            after.setdefault(_BOLD, now[_BOLD])
        now = after
    return count, now


def _keys(span: Span, *, heading: bool) -> Iterator[_Key]:
    """The entities that cover a span: code stands alone unless it is in a link, a heading is bold."""
    linked = any(mark.kind in _LINKS for mark in span.marks)
    if not linked and any(mark.kind is MarkKind.CODE for mark in span.marks):
        yield MarkKind.CODE, ""
        return
    if heading:
        yield _BOLD
    for mark in span.marks:
        if mark.kind is not MarkKind.CODE and not (heading and mark.kind is MarkKind.BOLD):
            yield mark.kind, mark.value


def _blocks(atom: Atom, line: Frame | None) -> int:
    """Code blocks and quotes that begin with the atom. A folded quote may turn out to be none: it isn't counted."""
    frame = atom.frame
    if line is not None and not atom.starts:
        return 0
    code = frame.code is not None and (line is None or atom.gap or (line.block, line.code) != (frame.block, frame.code))
    quote = frame.quote and (line is None or not line.quote or line.block != frame.block)
    return code + quote


# ── pictures and text ────────────────────────────────────────────────────────────────────────────────────────────────


def _turns(atoms: Sequence[Atom]) -> Iterator[tuple[int, int]]:
    """For each atom its turns as the first in a message and behind what stands before it.

    Captions go with their pictures. A heading may stand above a picture as it may above text: there the turn lies
    between the picture and what stands before the heading, and a message that begins with the heading takes it back.
    """
    last: Atom | None = None  # the last picture, or the last text that is neither caption nor such a heading
    led = False
    for atom, picture in zip(atoms, _pictures_ahead(atoms), strict=True):
        if atom.caption and atom.image is None:
            yield 0, 0
        elif atom.image is None and atom.frame.heading and picture is not None:
            yield -_meeting(last, picture, led=True), _meeting(last, atom) if not led else 0
            led = True
        else:
            yield 0, _meeting(last, atom, led=led)
            last, led = atom, False


def _pictures_ahead(atoms: Sequence[Atom]) -> list[Atom | None]:
    """For each atom the next picture from it on, if only headings stand between."""
    ahead: list[Atom | None] = []
    picture: Atom | None = None
    for atom in reversed(atoms):
        if atom.image is not None:
            picture = atom
        elif not atom.frame.heading and not atom.caption:
            picture = None
        ahead.append(picture)
    return ahead[::-1]


def _meeting(before: Atom | None, after: Atom, *, led: bool = False) -> int:
    """Turns from one to the other, with a heading in between if `led`; 2 for what can't share a message at all.

    Files have their text below them and never share a message with photos.
    """
    if before is None:
        return 0
    if before.image is not None and after.image is not None:
        return 1 if led else 2 * (before.image.large != after.image.large)
    if after.image is not None:
        return 2 if after.image.large else 1
    return int(before.image is not None)
