"""What subscribers get of an issue: a digest, the whole, or the sections they chose. Alike for all who chose alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bots import buttons, speech
from bots.column import Column, Draft
from bots.ledger import Subscriber
from bots.ledger.readers import DIGEST, SOME, read_name
from bots.model import LEAD, Button, Destination, Format, Message
from bots.plan import Plan, Wanted
from bots.platforms import PLATFORMS
from bots.platforms.base import Renderer
from bots.wording import tongue


@dataclass(frozen=True, slots=True)
class Edition:
    """A way of getting an issue."""

    platform: str
    form: str
    """As a subscriber's destination ends, see `bots.ledger.readers`."""
    sections: frozenset[str]
    """Ids in the ledger; empty for all of them."""
    language: str

    def place(self, name: str = "", chat: str = "") -> Destination:
        """A chat that gets it."""
        kind = PLATFORMS[self.platform].own
        wanted = Format.DIGEST if self.form == DIGEST else Format.FULL
        return Destination(name, self.platform, kind, chat, format=wanted)


def by_edition(subscribers: Iterable[Subscriber], language: str) -> Mapping[Edition, Sequence[Subscriber]]:
    """The subscribers by what they get; `language` is that of those who chose none."""
    found: defaultdict[Edition, list[Subscriber]] = defaultdict(list)
    for one in subscribers:
        *_, form = read_name(one.destination)
        found[Edition(one.platform, form, frozenset(one.sections), one.language or language)].append(one)
    return found


@dataclass(frozen=True, slots=True)
class Names:
    """An issue's ids in the ledger."""

    issue: str
    sections: Mapping[str, str]
    """Id in the file to id in the ledger."""


def names_of(made: Plan, draft: Draft) -> Names:
    """The ids that a plan for the same draft found."""
    pairs = zip(draft.issue.sections, made.sections, strict=True)
    return Names(made.issue.id, {section.id: row.id for section, row in pairs})


def shown(column: Column, draft: Draft, edition: Edition, place: Destination, names: Names) -> Wanted:
    """What should be in a chat that gets the edition."""
    renderer = column.renderers[place.platform]
    messages = column.messages(draft, place)
    errata = column.errata(draft, place, messages)
    if edition.form == DIGEST:
        messages = _with_contents(renderer, place, messages, _contents(draft, names, edition.language))
    only = edition.sections if edition.form == SOME else None
    return Wanted(place, renderer, messages, errata, only)


def contents(issue: str, sections: Sequence[tuple[str, str]], language: str) -> tuple[tuple[Button, ...], ...]:
    """A button for each section, given by id and title, and one for all of them."""
    each = [Button(buttons.label(title), buttons.of_section(issue, name)) for name, title in sections]
    whole = Button(tongue(language)("All of it"), buttons.of_section(issue, buttons.ALL))
    return buttons.rows(each, [whole])


def _contents(draft: Draft, names: Names, language: str) -> tuple[tuple[Button, ...], ...]:
    sections = [(names.sections[one.id], one.title) for one in draft.issue.sections if one.id != LEAD]
    return contents(names.issue, sections, language)


def _with_contents(
    renderer: Renderer, place: Destination, messages: Sequence[Message], rows: Sequence[Sequence[Button]]
) -> Sequence[Message]:
    """The buttons stand below the last message, or below one of their own where that can't have any (telegram.md 8)."""
    if not messages:
        return messages
    *before, last = messages
    if renderer.owns(last) == 1:
        return (*before, renderer.with_buttons(last, rows))
    (own,) = speech.messages(renderer, place, "↓", rows)
    return (*messages, replace(own, section=last.section, part=last.part + 1))
