"""Issues on their way to subscribers: after the chats of config.yaml have one, and as those have it.

Who subscribed before an issue came out is taken in once, in the ledger; from then on every kill can be made up for.
Thousands of chats are served in slices, so that a round never lasts longer than one of them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bots import editions
from bots.agenda import content
from bots.app import App
from bots.column import Draft
from bots.editions import Edition
from bots.errors import ConfigError, LedgerError, SendError
from bots.ledger import Delivery, IssueRow, Ledger, Past, Subscriber
from bots.ledger.codec import digest
from bots.ledger.mailings import Open
from bots.ledger.readers import BLOCKED, SOME, read_name
from bots.ledger.rows import READER_GONE
from bots.looking import pause
from bots.model import Destination, State
from bots.plan import Limits, Plan, Wanted, plan, withdrawal
from bots.publisher import Publisher, Rules

MAILED = "mailed"
"""The ruling that subscribers were taken in for an issue: a hash of what they get."""
_RECALLED = "recalled"
"""What it says once they were told to forget it."""
SLICE = 500
"""Subscribers served in one go; at Telegram's pace that takes 20 s."""
AT_ONCE = 64
"""Of them at the same time: their calls wait for the platform's pace, not for each other's answers."""
KEPT = timedelta(days=35)
"""How long it is remembered what subscribers got: so long corrections reach them."""
_SWEEP = timedelta(days=1)
# Nobody can be asked about each of them: what may have arrived is not sent again (telegram.md 7.5).
_RULES = Rules(limits=Limits(sends=2**31), tries=2, in_doubt="skip")

log = logging.getLogger("weektech")


class Mailing:
    """Serves the subscribers of one column."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._swept: datetime | None = None

    @property
    def _ledger(self) -> Ledger:
        return self._app.ledger

    async def follow(self, path: Path, issue: str) -> None:
        """Let subscribers have what the chats have: the issue when it came out, or its corrections later.

        Nothing happens while the file says something else than the chats. Raises LedgerError, PostError.
        """
        row = await asyncio.to_thread(self._ledger.issue, issue)
        if row is None or row.first_published_at is None or row.withdrawn_at is not None:
            return
        given = (await asyncio.to_thread(self._ledger.rulings.of, issue)).get(MAILED)
        if given is None and not await self._awaited(row):
            await asyncio.to_thread(self._ledger.rulings.rule_once, issue, MAILED, "", "weektech")
        elif given is None or dict(await asyncio.to_thread(self._ledger.mailings.tally, issue)):
            await self._served(row, path, given.value if given else "")

    async def recall(self) -> None:
        """Take back from subscribers what was taken back everywhere else."""
        staying = await asyncio.to_thread(self._ledger.staying)
        for row in await asyncio.to_thread(self._ledger.issues):
            if row.withdrawn_at is not None and row.id not in staying:
                await self._recalled(row, row.withdrawn_at)

    async def _recalled(self, row: IssueRow, withdrawn: datetime) -> None:
        rulings = await asyncio.to_thread(self._ledger.rulings.of, row.id)
        if MAILED not in rulings or rulings[MAILED].value == _RECALLED:
            return
        past = await asyncio.to_thread(self._ledger.mailings.past, row.id)
        made = withdrawal(past, self._places(past, {}), withdrawn)
        if made.changes():
            await asyncio.to_thread(self._ledger.record, made.issue, (), made.changes())
        await asyncio.to_thread(self._ledger.rulings.rule, row.id, MAILED, _RECALLED, "weektech")

    async def deliver(self) -> bool:
        """Send a slice of what is due; True when there is more that can be done at once."""
        await self._sweep()
        if await asyncio.to_thread(self._ledger.paused) is not None:
            return False
        now = self._app.clock.now()
        left = await asyncio.to_thread(self._ledger.mailings.left)
        due = [one for one in left if not one.tried or now - one.updated_at >= pause(one.attempt)]
        moved = await self._sent(due[:SLICE])
        return moved and len(due) > SLICE

    # Taking in

    async def _awaited(self, row: IssueRow) -> bool:
        """True when somebody subscribed before the issue came out, and it was not adopted as published."""
        begun = await asyncio.to_thread(self._ledger.begun)
        return row.id in begun and bool(
            await asyncio.to_thread(self._ledger.readers.subscribed, row.first_published_at)
        )

    async def _served(self, row: IssueRow, path: Path, known: str) -> None:
        column = self._app.column
        draft = await column.fetched(column.draft(path))
        digests = await asyncio.to_thread(column.digests, draft)
        now = digest(json.dumps([content(draft.issue.post), sorted(digests.items())]))
        past = await asyncio.to_thread(self._ledger.past, row.id)
        made = plan(draft.issue, (), past, digests)
        if now == known or made.questions or not _in_step(made, past):
            return
        if known:
            await self._corrected(draft, made, digests)
        else:
            await self._enrolled(row, draft, replace(past, deliveries=()), digests)
        await asyncio.to_thread(self._ledger.rulings.rule, row.id, MAILED, now, "weektech")

    async def _enrolled(self, row: IssueRow, draft: Draft, past: Past, digests: Mapping[str, str]) -> None:
        names = editions.names_of(plan(draft.issue, (), past, digests), draft)
        subscribers = await asyncio.to_thread(self._ledger.readers.subscribed, row.first_published_at)
        taken = 0
        for edition, some in editions.by_edition(subscribers, self._app.config.language).items():
            wanted = editions.shown(self._app.column, draft, edition, edition.place(), names)
            changes = plan(draft.issue, [wanted], past, digests).changes()
            taken += await asyncio.to_thread(
                self._ledger.mailings.enroll, row.id, [one.destination for one in some], changes
            )
        log.info("“%s” goes to %d subscribers", row.title, taken)

    async def _corrected(self, draft: Draft, made: Plan, digests: Mapping[str, str]) -> None:
        past = await asyncio.to_thread(self._ledger.mailings.past, made.issue.id)
        known = await asyncio.to_thread(self._ledger.readers.subscribed)
        subscribers = {(one.platform, one.chat): one for one in known}
        places, names = self._places(past, subscribers), editions.names_of(made, draft)
        wanted = self._wanted(past, places, subscribers, draft, names)
        correction = await asyncio.to_thread(plan, draft.issue, wanted, past, digests)
        if changes := correction.changes():
            await asyncio.to_thread(
                self._ledger.record, correction.issue, correction.sections, changes, correction.texts
            )

    def _wanted(
        self,
        past: Past,
        places: Iterable[Destination],
        subscribers: Mapping[tuple[str, str], Subscriber],
        draft: Draft,
        names: editions.Names,
    ) -> list[Wanted]:
        """What each should have now: the same kind of thing as it got, whatever is wanted of the next issue."""
        sections: dict[str, set[str]] = {}
        for row in past.deliveries:
            sections.setdefault(row.destination, set()).add(row.section)
        rendered: dict[Edition, Wanted] = {}
        found: list[Wanted] = []
        for place in places:
            platform, chat, form = read_name(place.name)
            some = frozenset(sections[place.name]) if form == SOME else frozenset[str]()
            language = subscribers[platform, chat].language or self._app.config.language
            edition = Edition(platform, form, some, language)
            if edition not in rendered:
                rendered[edition] = editions.shown(self._app.column, draft, edition, edition.place(), names)
            found.append(replace(rendered[edition], destination=place))
        return found

    def _places(self, past: Past, subscribers: Mapping[tuple[str, str], Subscriber]) -> list[Destination]:
        """The chats that have something of an issue; of those that can be told whether they are wanted, the wanted."""
        names = dict.fromkeys(row.destination for row in past.deliveries)
        return [place(name) for name in names if not subscribers or read_name(name)[:2] in subscribers]

    # Sending

    async def _sent(self, due: Sequence[Open]) -> bool:
        """Do what is due; True when anything moved."""
        places = {one.destination: place(one.destination) for one in due}
        ready = {name for name in {one.platform for one in places.values()} if await self._ready(name)}
        served = [one for one in due if places[one.destination].platform in ready]
        if not served:
            return False
        publisher = await self._app.publisher([places[one.destination] for one in served], rules=_RULES)
        room = asyncio.Semaphore(AT_ONCE)

        async def serve(one: Open) -> bool:
            async with room:
                return await self._one(publisher, one)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(serve(one)) for one in served]
        return any(task.result() for task in tasks)

    async def _one(self, publisher: Publisher, one: Open) -> bool:
        """Serve one chat; True when something came of it."""
        try:
            report = await publisher.deliver(one.issue, one.destination)
        except LedgerError as error:
            # The reader left in this very moment, or another process is at it; a ledger that is away says so again.
            log.info("%s: %s", one.destination, error)
            return False
        if report.failed:
            await self._tell(one.issue, report.failed[0])
        if report.ok:
            return True
        gone = await asyncio.to_thread(self._ledger.mailings.trouble, one.destination, READER_GONE)
        if gone:
            platform, chat, _ = read_name(one.destination)
            await asyncio.to_thread(self._ledger.readers.end, platform, chat, BLOCKED)
        return gone

    async def _ready(self, platform: str) -> bool:
        try:
            await self._app.sender(platform)
        except (ConfigError, SendError) as error:
            log.warning("subscribers on %s have to wait: %s", platform, error)
            return False
        return True

    async def _tell(self, issue: str, row: Delivery) -> None:
        """Once an issue: what one subscriber's chat refuses, the others' refuse as well."""
        words = f"Subscribers can't be sent {row.section} part {row.part} of {issue}: {row.error} Correct the post."
        await asyncio.to_thread(self._ledger.letters.write, f"mail:{issue}", words, (), issue)

    async def _sweep(self) -> None:
        now = self._app.clock.now()
        if self._swept is None or now - self._swept >= _SWEEP:
            self._swept = now
            await asyncio.to_thread(self._ledger.mailings.sweep, now - KEPT)


def place(name: str) -> Destination:
    """A subscriber's chat, by the name of its destination."""
    platform, chat, form = read_name(name)
    return Edition(platform, form, frozenset(), "").place(name, chat)


def _in_step(made: Plan, past: Past) -> bool:
    """True when the file says what was last planned for the chats."""
    known = {row.id: row.digest for row in past.sections}
    there = {row.section for row in past.deliveries if row.state is not State.DELETED and not row.left_over}
    now = {row.id: row.digest for row in made.sections}
    return there <= set(now) and all(known.get(name) == found for name, found in now.items())
