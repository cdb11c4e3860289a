"""An issue as one message that leads to the author's site: the usual form in private chats. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bots.layout.atoms import Atom, Mark, MarkKind, Span
from bots.layout.lead import lead_atoms
from bots.layout.links import target
from bots.model import Issue
from bots.packing import Run


def digest(
    issue: Issue, unreadable: frozenset[str], site: str, contents: str, packed: Callable[[Sequence[Atom]], list[Run]]
) -> list[Run]:
    """The lead as far as one message holds it, else its card and the contents alone.

    With `site`, the post's own address, the title links to the post and each entry to its section there; without it
    they are plain text. `packed` makes messages of atoms.
    """
    whole = packed(_addressed(lead_atoms(issue, unreadable, site, contents), issue, site))
    if len(whole) < 2:
        return whole
    lead, *sections = issue.sections
    bare = replace(issue, sections=(replace(lead, blocks=()), *sections))
    return packed(_addressed(lead_atoms(bare, unreadable, site, contents), issue, site)) or whole


def unlinked(atoms: Sequence[Atom]) -> list[Atom]:
    """The contents as plain text, for chats whose messages have no links."""
    return [_with_sections(atom, lambda _: None) for atom in atoms]


def _addressed(atoms: Sequence[Atom], issue: Issue, site: str) -> list[Atom]:
    linked = [_with_sections(atom, lambda section: target(f"#{section}", site)) for atom in atoms]
    address = target(site)
    at = next((at for at, atom in enumerate(linked) if atom.text == issue.title), None)
    if address and at is not None and issue.title:
        linked[at] = replace(linked[at], spans=(Span(issue.title, (Mark(MarkKind.LINK, address),)),))
    return linked


def _with_sections(atom: Atom, address: Callable[[str], str | None]) -> Atom:
    """The atom with what `address` says in place of each contents entry's mark; None takes the mark away."""
    if not any(mark.kind is MarkKind.SECTION for span in atom.spans for mark in span.marks):
        return atom
    return replace(atom, spans=tuple(replace(span, marks=_marks(span, address)) for span in atom.spans))


def _marks(span: Span, address: Callable[[str], str | None]) -> tuple[Mark, ...]:
    found = []
    for mark in span.marks:
        link = address(mark.value) if mark.kind is MarkKind.SECTION else None
        if mark.kind is not MarkKind.SECTION:
            found.append(mark)
        elif link:
            found.append(Mark(MarkKind.LINK, link))
    return tuple(found)
