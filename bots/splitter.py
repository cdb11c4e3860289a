"""Cuts a post into its lead and its sections, and gives each section the identity that reactions and edits hang on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from markdown_it.common.utils import normalizeReference

from bots.document import Block, Break, Directive, Heading, Rule
from bots.errors import PostError
from bots.markdown import Reading, read
from bots.markup.footnotes import Note
from bots.markup.inlines import plain
from bots.model import LEAD, Issue, Notice, Post, Section

_NOT_WORD = re.compile(r"[^\w]+")
_BRACKETED = re.compile(r"\[([^\[\]]+)\]")


def split(post: Post) -> Issue:
    """The issue made of a post: the lead first, then the sections in the author's order.

    The one H1 that comes before all other headings is the issue's title; the shallowest level among the rest is the
    level of sections. Raises PostError for a pinned id used twice, and for a post that shows nothing.
    """
    found = _read(post)
    blocks, skipped, notices = _obeyed(found.blocks)
    title = _title(blocks)
    if title and (not post.title or _same(plain(title.content), _words(post.title))):
        post = replace(post, title=plain(title.content).strip())
        blocks = [block for block in blocks if block is not title]
        title = None
    pieces = _cut(blocks, title, post.first_line)
    _check_visible(pieces, post)
    lines = _Lines(post, skipped, found.targets)
    sections = _with_notes(_sections(pieces, post, lines), found.notes, lines)
    sections = _with_errata(sections, found.errata, lines)
    return Issue(post, _with_metadata(sections, post), (*post.warnings, *found.notices, *notices))


def groups(section: Section) -> tuple[tuple[Block, ...], ...]:
    """The section's blocks cut before each sub-heading of the shallowest level used in it.

    The first group holds the section's own heading and what stands before the first sub-heading.
    """
    levels = [block.level for block in section.blocks[1:] if isinstance(block, Heading)]
    done: list[list[Block]] = [[]]
    for index, block in enumerate(section.blocks):
        if index and isinstance(block, Heading) and block.level == min(levels):
            done.append([])
        done[-1].append(block)
    return tuple(tuple(group) for group in done if group)


def slug(title: str) -> str:
    """A heading as an id: lower case, words of any script joined by "-"."""
    return _NOT_WORD.sub("-", normalize("NFKC", title).lower()).strip("-_") or "section"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A section before it has an identity; the lead has no heading."""

    heading: Heading | None
    blocks: tuple[Block, ...]
    line: int


@dataclass(frozen=True, slots=True)
class _Lines:
    """The post's lines, for cutting the sections' sources out of them."""

    post: Post
    skipped: Sequence[tuple[int, int]]
    """Ranges of lines that the author took out: first line, and the line behind the last."""
    targets: Mapping[str, str]

    def out(self, line: int) -> bool:
        """True for a line in a part that the author took out."""
        return any(start <= line < end for start, end in self.skipped)

    def source(self, start: int, end: int) -> str:
        """The lines from `start` up to `end`, and the addresses of the references in them, defined elsewhere."""
        first = self.post.first_line
        lines = self.post.body.split("\n")[start - first : end - first]
        text = "\n".join(line for number, line in enumerate(lines, start) if not self.out(number)).strip("\n")
        labels = {normalizeReference(label) for label in _BRACKETED.findall(text)} if self.targets else set()
        used = [f"[{label}]: {self.targets[label]}" for label in sorted(labels & self.targets.keys())]
        return "\n".join([text, *used])


def _read(post: Post) -> Reading:
    try:
        return read(post.body, post.first_line)
    except PostError as error:
        raise PostError(error.what, path=post.path, line=error.line, remedy=error.remedy) from None


def _title(blocks: Iterable[Block]) -> Heading | None:
    headings = [block for block in blocks if isinstance(block, Heading)]
    if headings and headings[0].level == 1 and all(heading.level > 1 for heading in headings[1:]):
        return headings[0]
    return None


def _words(title: str) -> str:
    """A title as its heading would show it: emoji by name and code marks are read."""
    return "".join(plain(block.content) for block in read(f"# {title}").blocks if isinstance(block, Heading))


def _same(left: str, right: str) -> bool:
    return " ".join(left.split()).casefold() == " ".join(right.split()).casefold()


def _cut(blocks: Sequence[Block], title: Heading | None, first_line: int) -> list[_Piece]:
    levels = [block.level for block in blocks if isinstance(block, Heading) and block is not title]
    pieces = [_Piece(None, (), first_line)]
    for block in blocks:
        if isinstance(block, Heading) and block is not title and block.level == min(levels):
            pieces.append(_Piece(block, (block,), block.line))
        else:
            pieces[-1] = replace(pieces[-1], blocks=(*pieces[-1].blocks, block))
    return pieces


def _check_visible(pieces: Iterable[_Piece], post: Post) -> None:
    if not any(not isinstance(block, Rule | Break) for piece in pieces for block in piece.blocks):
        remedy = "Write some text or add a picture."
        raise PostError("There is nothing in this post that a reader would see.", path=post.path, remedy=remedy)


# --- instructions ---------------------------------------------------------------------------------------------------


def _obeyed(blocks: Sequence[Block]) -> tuple[list[Block], list[tuple[int, int]], list[Notice]]:
    """The blocks with the author's instructions carried out: without them and without what is to be skipped."""
    kept: list[Block | None] = list(blocks)
    skipped: list[tuple[int, int]] = []
    notices: list[Notice] = []
    for index, block in enumerate(blocks):
        if not isinstance(block, Directive):
            continue
        kept[index] = None
        about = _about(blocks, index)
        heading = kept[about] if about is not None else None
        if block.name == "skip":
            start, end = _subtree(blocks, about)
            kept[start:end] = [None] * (end - start)
            skipped.append((blocks[start].line if about is not None else 0, _line(blocks, end)))
        elif about is not None and isinstance(heading, Heading):
            kept[about] = replace(heading, id=block.value)
        else:
            notices.append(Notice("There is no heading here that could have this id.", block.line))
    return [block for block in kept if block is not None], skipped, notices


def _line(blocks: Sequence[Block], index: int) -> int:
    return blocks[index].line if index < len(blocks) else 1 << 31


def _about(blocks: Sequence[Block], index: int) -> int | None:
    """The heading an instruction is about: right above it, else right below it, else the last one before it."""
    above = index
    while above >= 0 and isinstance(blocks[above], Directive):
        above -= 1
    if above >= 0 and isinstance(blocks[above], Heading):
        return above
    below = index
    while below < len(blocks) and isinstance(blocks[below], Directive):
        below += 1
    if below < len(blocks) and isinstance(blocks[below], Heading):
        return below
    return next((place for place in range(above, -1, -1) if isinstance(blocks[place], Heading)), None)


def _subtree(blocks: Sequence[Block], start: int | None) -> tuple[int, int]:
    """From a heading to the next one of its level or above; without a heading, the lead."""
    head = blocks[start] if start is not None else None
    level = head.level if isinstance(head, Heading) else 6
    first = 0 if start is None else start
    for index in range(first + (start is not None), len(blocks)):
        block = blocks[index]
        if isinstance(block, Heading) and block.level <= level:
            return first, index
    return first, len(blocks)


# --- identity -------------------------------------------------------------------------------------------------------


def _sections(pieces: Sequence[_Piece], post: Post, lines: _Lines) -> list[Section]:
    pinned = _pinned(pieces, post)
    taken = {LEAD, *pinned}
    ends = [piece.line for piece in pieces[1:]] + [post.first_line + post.body.count("\n") + 1]
    sections = []
    for piece, end in zip(pieces, ends, strict=True):
        source = lines.source(piece.line, end)
        if piece.heading is None:
            sections.append(Section(LEAD, post.title, (), piece.blocks, piece.line, source))
            continue
        title = plain(piece.heading.content).strip()
        name = piece.heading.id or _free(slug(title), taken)
        taken.add(name)
        sections.append(Section(name, title, (title,), piece.blocks, piece.line, source))
    return sections


def _pinned(pieces: Iterable[_Piece], post: Post) -> dict[str, int]:
    lines: dict[str, int] = {}
    for piece in pieces:
        pin = piece.heading.id if piece.heading else ""
        if pin == LEAD:
            what = 'The id "lead" belongs to the part before the first heading.'
            raise PostError(what, path=post.path, line=piece.line, remedy="Choose another id.")
        if pin in lines:
            what = f'The id "{pin}" is used in line {lines[pin]} and again here.'
            raise PostError(what, path=post.path, line=piece.line, remedy="Give one of them another id.")
        if pin:
            lines[pin] = piece.line
    return lines


def _free(name: str, taken: set[str]) -> str:
    number = 2
    free = name
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    return free


# --- what belongs to a section but is written elsewhere ---------------------------------------------------------------


def _with_notes(sections: list[Section], notes: Iterable[Note], lines: _Lines) -> list[Section]:
    """Each footnote at the end of the first section that refers to it; in its source too, so that edits are noticed."""
    for note in notes:
        line = next((line for line in note.lines if not lines.out(line)), None)
        if line is None:
            continue
        index = max(index for index, section in enumerate(sections) if index == 0 or section.line <= line)
        section = sections[index]
        source = f"{section.source}\n{lines.source(*note.defined)}"
        sections[index] = replace(section, blocks=section.blocks + note.blocks, source=source)
    return sections


def _with_errata(sections: list[Section], marks: Iterable[Directive], lines: _Lines) -> list[Section]:
    """Each erratum with the section it stands in; the same words twice in one section are said once."""
    for mark in marks:
        if lines.out(mark.line):
            continue
        index = max(index for index, section in enumerate(sections) if index == 0 or section.line <= mark.line)
        errata = dict.fromkeys((*sections[index].errata, mark.value))
        sections[index] = replace(sections[index], errata=tuple(errata))
    return sections


def _with_metadata(sections: Sequence[Section], post: Post) -> tuple[Section, ...]:
    """The lead shows the title card and the contents, so what they say is part of its source."""
    lead, *rest = sections
    date = post.date.isoformat() if post.date else ""
    card = [post.title, post.description, date, *(f"- {section.title}" for section in rest)]
    return (replace(lead, source="\n".join([*card, lead.source])), *rest)
