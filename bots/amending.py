"""What an author can do to what is out there: take it back, take it over, try again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bots.app import App
from bots.config import did_you_mean
from bots.errors import ConfigError, PlanRefused
from bots.ledger import Delivery, IssueRow, Past
from bots.model import Destination
from bots.plan import Plan, withdrawal
from bots.planning.adopting import Link, adoptions, claimed
from bots.planning.matching import same_path
from bots.planning.standing import is_open
from bots.planning.summary import summary
from bots.platforms.base import Place
from bots.report import Report


@dataclass(frozen=True, slots=True)
class Adopted:
    """Messages taken over."""

    rows: tuple[Delivery, ...]
    seen: bool
    """The platform showed them, and they are the bot's own."""


class Amends:
    """Later words on issues that are published, or were."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def correction(self, path: Path, destinations: Sequence[Destination]) -> str:
        """What publishing the post would change, in a few plain words for its author."""
        made = await self._app.plan(path, destinations)
        return summary(made, self._app.refusal(made))

    def known(self, name: str) -> Past:
        """The issue an author means by its id, its slug or its file. Raises ConfigError for one the ledger has not."""
        issues = self._app.ledger.issues()
        path = Path(name).as_posix()
        by: tuple[Callable[[IssueRow], bool], ...] = (
            lambda row: row.id == name,
            lambda row: row.slug == name,
            lambda row: same_path(row.path, path),
        )
        for means in by:
            if len(found := [row for row in issues if means(row)]) == 1:
                return self._app.ledger.past(found[0].id)
        remedy = did_you_mean(name, [row.id for row in issues]) if issues else "Nothing was published yet."
        raise ConfigError(f"the ledger has no issue {name!r}.", remedy=remedy)

    async def withdrawal(self, issue: str, destinations: Sequence[Destination]) -> Plan:
        """The plan that takes an issue back, see `publish`; sends with a lost answer are looked for first.

        Raises LedgerError when another writer is at work.
        """
        past = await asyncio.to_thread(self._app.ledger.past, issue)
        lost = [one for one in destinations if any(row.unsettled for row in past.of(one.name))]
        if lost:
            publisher = await self._app.publisher(lost)
            for one in lost:
                await publisher.look(one.name)
            past = await asyncio.to_thread(self._app.ledger.past, issue)
        return withdrawal(past, destinations, self._app.clock.now())

    async def adopt(
        self, path: Path, destination: Destination, links: Sequence[Link], *, section: str = "", correct: bool = False
    ) -> Adopted:
        """Take messages over that the bot posted before; nothing is sent.

        Raises ConfigError when the links don't fit the plan, SendError when the platform shows that one is wrong.
        """
        made = await self._app.plan(path, [destination], named=True)
        if made.questions:
            raise PlanRefused(" ".join(made.questions))
        steps = [step for step in made.of(destination.name) if not section or step.section == section]
        if not steps:
            raise ConfigError(f"the issue has no section {section!r}.", remedy="`weektech plan --json` names them.")
        claims = claimed(steps, links, self._app.column.renderers[destination.platform].owns)
        rows = self._app.ledger.deliveries(made.issue.id, destination.name)
        found = adoptions(claims, rows, destination.chat, correct=correct)
        sender = await self._app.sender(destination.platform)
        seen = True
        for one, claim in zip(found, claims, strict=True):
            await self._app.limiter.acquire(destination.platform, destination.chat)
            place = Place(one.receipt.message_ids, one.within)
            seen = await sender.recognise(destination, place, tuple(link.url for link in claim.links)) and seen
        known = self._app.ledger.issue(made.issue.id)
        issue = replace(made.issue, withdrawn_at=known.withdrawn_at if known else None)
        noted = [step.change for step in steps if step.change and step.new and step.new.answers and not step.row]
        await (await self._app.publisher(())).adopt(replace(made, issue=issue), destination.name, (*found, *noted))
        # Where it is not known to be, it goes by name only: it may be there, too.
        self._app.destine(made.issue.id, [destination])
        keys = {(one.change.section, one.change.part) for one in found}
        rows = self._app.ledger.deliveries(made.issue.id, destination.name)
        return Adopted(tuple(row for row in rows if (row.section, row.part) in keys), seen)

    async def done_elsewhere(self, path: Path) -> IssueRow:
        """Note that an issue was published without this ledger: nothing of it is sent until the author names it."""
        made = await self._app.plan(path, (), named=True)
        issue = replace(made.issue, withdrawn_at=made.issue.withdrawn_at or self._app.clock.now())
        await asyncio.to_thread(self._app.ledger.record, issue, made.sections, ())
        return issue

    async def retry(self, issue: str, destinations: Sequence[Destination]) -> tuple[Report, ...]:
        """Try again what failed or waits, as it was planned; nothing is planned anew. Raises as `publish` does."""
        past = await asyncio.to_thread(self._app.ledger.past, issue)
        left = [one for one in destinations if any(map(is_open, past.of(one.name)))]
        closed = await self._app.closed(left)
        ready = [one for one in left if one.name not in closed]
        publisher = await self._app.publisher(ready)
        done = await publisher.retry(issue, [one.name for one in ready])
        return (*done, *(Report(name, stopped=why) for name, why in closed.items()))
