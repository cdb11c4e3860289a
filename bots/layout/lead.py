"""The lead as atoms: title card, description, date, the lead's own blocks and the contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.document import Block, Heading, Paragraph
from bots.flow import flow
from bots.layout.atoms import Atom, Cut, Frame, Mark, MarkKind, Span
from bots.layout.spans import plain
from bots.model import Issue, Post, Section

# Blocks of a section count from 1; the card and the contents take numbers that no section reaches.
_CARD, _CONTENTS = -1, 1_000_000_000


def lead_atoms(issue: Issue, unreadable: frozenset[str], site: str, contents: str) -> tuple[Atom, ...]:
    """The lead of an issue, from title to contents. `contents` is the word above the contents list.

    The contents come last, so a lead of several messages has them in its last ones; an issue without further
    sections has none. Every entry carries a SECTION mark.
    """
    lead, others = issue.sections[0], issue.sections[1:]
    card = _card(issue.post, lead.blocks)
    own = flow(lead.blocks, unreadable, site)
    if card and own:
        own = (replace(own[0], gap=True, cut=min(own[0].cut, Cut.BLOCK)), *own[1:])
    return (*card, *own, *_contents(others, contents, opens=not card and not own))


def _card(post: Post, blocks: Sequence[Block]) -> tuple[Atom, ...]:
    atoms: list[Atom] = []
    if post.title and post.title != _first_words(blocks):
        atoms.append(Atom(Frame(_CARD, heading=1), Cut.BLOCK, (Span(post.title),)))
    if post.description and post.description != post.title:
        italic = Span(post.description, (Mark(MarkKind.ITALIC),))
        atoms.append(Atom(Frame(_CARD), Cut.NEVER, (italic,)))
    if post.date is not None:
        atoms.append(Atom(Frame(_CARD), Cut.NEVER, (Span(post.date.date().isoformat()),)))
    return tuple(atoms)


def _first_words(blocks: Sequence[Block]) -> str:
    """The text of the first block, if it is one that may repeat the title."""
    if blocks and isinstance(block := blocks[0], Heading | Paragraph):
        return plain(block.content).strip()
    return ""


def _contents(sections: Sequence[Section], word: str, *, opens: bool) -> tuple[Atom, ...]:
    if not sections:
        return ()
    heading = Atom(Frame(_CONTENTS, heading=2), Cut.BLOCK, (Span(word),), gap=not opens)
    frame = Frame(_CONTENTS, marker="•", item=True)
    entries = [
        Atom(frame, Cut.LINE if at else Cut.NEVER, (Span(section.title, (Mark(MarkKind.SECTION, section.id),)),))
        for at, section in enumerate(sections)
        if section.title.strip()
    ]
    return (heading, *entries) if entries else ()
