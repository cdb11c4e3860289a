"""The words of an issue, for those who look it up or search it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bots.flow import flow
from bots.ledger import IssueText, Texts
from bots.model import LEAD, Issue, Section


def texts_of(issue: Issue, names: Mapping[str, str]) -> Texts:
    """Section by section; `names` maps the ids in the file to those in the ledger."""
    return Texts(
        issue.post.date,
        tuple(
            IssueText(names[section.id], section.title, _text(issue, section), place)
            for place, section in enumerate(issue.sections)
        ),
    )


def _text(issue: Issue, section: Section) -> str:
    """A heading of its own is the section's title already."""
    shown = [atom.text for atom in flow(section.blocks, frozenset())]
    if section.id == LEAD and issue.post.description:
        shown.insert(0, issue.post.description)
    elif shown and shown[0] == section.title:
        del shown[0]
    return "\n".join(line for line in shown if line.strip())
