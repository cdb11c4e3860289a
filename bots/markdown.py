"""A post's Markdown, and the HTML inside it, as the neutral tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bots.document import Block, Directive
from bots.markup import reading
from bots.markup.blocks import convert
from bots.markup.footnotes import Note
from bots.model import Notice


@dataclass(frozen=True, slots=True)
class Reading:
    """A parsed text whose footnotes are still apart from it."""

    blocks: tuple[Block, ...]
    notes: tuple[Note, ...]
    targets: Mapping[str, str]
    """Reference definitions: normalised label to address and title."""
    errata: tuple[Directive, ...]
    """In the order of their lines."""
    notices: tuple[Notice, ...]
    """In the order of their lines."""


def read(body: str, first_line: int = 1) -> Reading:
    """The blocks of `body`, which starts at line `first_line` of its file.

    Raises PostError for quotes or lists that are nested absurdly deep, and for nothing else.
    """
    tree = reading.read(body, first_line)
    blocks, notes, errata, notices = convert(tree.root)
    ordered = sorted({*tree.repairs, *notices}, key=lambda notice: (notice.line, notice.what))
    marks = sorted(errata, key=lambda mark: mark.line)
    return Reading(blocks, notes, tree.targets, tuple(marks), tuple(ordered))


def parse(body: str, first_line: int = 1) -> tuple[tuple[Block, ...], tuple[Notice, ...]]:
    """Like `read`, with the footnotes at the end of the blocks."""
    found = read(body, first_line)
    return found.blocks + tuple(block for note in found.notes for block in note.blocks), found.notices
