"""The pieces a section is made of once it is laid out: what `bots.flow` makes and `bots.packing` shares out.

A platform's renderer turns a run of atoms into its own text. No message boundary may fall inside an atom.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bots.document import Image

RULE = "———"
"""The line that stands for a thematic break; at the edge of a message it says nothing and is left out."""


class Cut(IntEnum):
    """What it costs to start a new message right before an atom, least painful first."""

    FORCED = 0
    """The author asked for a break here: a new message must start."""
    SUBHEADING = 1
    BLOCK = 2
    ITEM = 3
    LINE = 4
    """Between lines of one block: hard breaks, code lines, table rows, nested items."""
    SENTENCE = 5
    WORD = 6
    NEVER = 9
    """A heading and what follows, a caption and its picture, inside a link, a code span or a grapheme."""


class MarkKind(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strikethrough"
    UNDERLINE = "underline"
    SPOILER = "spoiler"
    CODE = "code"
    LINK = "link"
    SECTION = "section"
    """A contents entry: becomes a link to that section once it is out there."""


@dataclass(frozen=True, slots=True)
class Mark:
    kind: MarkKind
    value: str = ""
    """A link's target, already checked to be one that a reader can open; a section's id; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of visible text with the marks that cover it, outermost first."""

    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a line. Atoms of one block share one frame, so that a cut can close and reopen it."""

    block: int
    """Counts the blocks of a section; two atoms with different numbers never share a code block or a quote."""
    heading: int = 0
    """1 to 6 in a heading, else 0."""
    quote: bool = False
    """Inside a block quote (nested quotes are one: neither platform nests them)."""
    code: str | None = None
    """Inside a code block: its language, "" for none; None elsewhere."""
    indent: int = 0
    """Depth of the list item the line belongs to: 0 outside lists and in top-level items."""
    marker: str = ""
    """What stands before an item's first line: "•", "3.", "☐", "☑"; empty on every other line and atom."""
    item: bool = False
    """True on every line of a list item, its first and its later ones."""
    expandable: bool = False
    """What a <details> hides: shown folded where the platform can."""


@dataclass(frozen=True, slots=True)
class Atom:
    """Either text (spans) or a picture (image), never both. A blank line of code has neither."""

    frame: Frame
    cut: Cut
    """The cost of starting a message before this atom."""
    spans: tuple[Span, ...] = ()
    starts: bool = True
    """True: begins a line of its own; False: goes on on the line of the atom before."""
    gap: bool = False
    """A blank line before it, unless it opens a message. A code block's first line always has one."""
    image: Image | None = None
    caption: bool = False
    """Text that is the caption of the picture or pictures right before it."""
    missing: Image | None = None
    """The picture that can't be read and that this text stands for."""

    @property
    def text(self) -> str:
        """The visible text, without marker and markup."""
        return "".join(span.text for span in self.spans)
