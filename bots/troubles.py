"""What did not work: destinations that rest, sends nobody knows the end of, and what the author is told of either.

A destination is never given up: a missing right can be the platform's own incident (telegram.md 6), so it is tried
again, more and more rarely.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from bots.agenda import APPROVED
from bots.answers import CHOICES, DOUBT
from bots.app import App, Look
from bots.errors import Busy, ConfigError, SendError
from bots.ledger import Delivery, Pause, Task
from bots.looking import due, hopeless
from bots.model import Destination, State
from bots.report import Report

log = logging.getLogger("weektech")

_FIRST, _RARELY = timedelta(minutes=5), timedelta(hours=6)
"""How long a destination rests that can't be written to, at first and at the most."""
_PASSING, _SOON = timedelta(seconds=30), timedelta(minutes=10)
"""The same for one whose platform can't be reached: nobody waits for hours after the network is back."""
_SILENT = 3
"""Times a platform may be out of reach before the author hears of it."""


class Troubles:
    """Keeps what can't be done now from stopping what can."""

    def __init__(self, app: App, woke: Callable[[], None]) -> None:
        """`woke` is called when a destination can be written to again."""
        self._app, self._ledger, self._woke = app, app.ledger, woke
        self._in_doubt: frozenset[int] = frozenset()
        """Deliveries that were in doubt in the last round."""

    async def awake(self, destinations: Sequence[Destination]) -> tuple[Destination, ...]:
        """Those that can be written to now. One that can't rests, and the author is told why."""
        resting = await asyncio.to_thread(self._ledger.rulings.resting)
        now = self._app.clock.now()
        ready = [one for one in destinations if one.name not in resting or _rested(resting[one.name], now)]
        return tuple([one for one in ready if await self._open(one, resting.get(one.name))])

    async def knock(self) -> None:
        """Look again at the destinations that have rested long enough, and forget those that are no more."""
        configured = {one.name: one for one in self._app.config.destinations}
        for name, pause in (await asyncio.to_thread(self._ledger.rulings.resting)).items():
            if name not in configured:
                await asyncio.to_thread(self._ledger.rulings.wake, name)
            elif _rested(pause, self._app.clock.now()):
                await self._open(configured[name], pause)

    async def note(self, issue: str, reports: Iterable[Report]) -> None:
        """Log what was done, and tell the author of what failed and of what can't be settled by evidence."""
        for report in reports:
            if report.done:  # nothing new is no news, however often it is tried
                counts = ", ".join(part for part in (report.done, report.left) if part)
                log.info("%s in %s: %s", issue, report.destination, counts)
            for row in report.failed:
                words = f"{_place(row)} was refused: {row.error} Correct the post; the rest of the issue waits."
                await self._tell(f"failed:{row.id}:{row.attempt}", words, issue)
            for row in report.in_doubt:
                await self._ask(row)
            for words in report.advice:
                await self._tell(f"advice:{_digest(words)}", f"{report.destination}: {words}", issue)

    async def owed(self, issue: str, destinations: Iterable[Destination]) -> bool:
        """True while some of what was approved has not gone out: a correction must not get ahead of it.

        What the platform refuses can only be corrected.
        """
        past = await asyncio.to_thread(self._ledger.past, issue)
        if past.issue is None or past.issue.hold != APPROVED:
            return False
        opened = [[row for row in past.of(one.name) if row.task is Task.SEND] for one in destinations]
        return any(rows and not any(row.state is State.FAILED for row in rows) for rows in opened)

    async def resume(self, others: Iterable[str]) -> None:
        """Go on with what is open of issues that are out there; `others` have their own way to be carried out.

        An issue of which nothing left yet goes out by its file alone: without it nobody knows when it is due.
        """
        left_alone, now = frozenset(others), self._app.clock.now()
        issues = {row.id: row for row in await asyncio.to_thread(self._ledger.issues)}
        begun = set(await asyncio.to_thread(self._ledger.begun))
        begun |= {name for name, row in issues.items() if row.first_published_at is not None}
        rows: defaultdict[str, list[Delivery]] = defaultdict(list)
        unfinished = await asyncio.to_thread(self._ledger.unfinished)
        in_doubt = frozenset(row.id for row in unfinished if row.unsettled)
        if self._in_doubt - in_doubt:  # what was settled may have been corrected in the meantime
            self._woke()
        self._in_doubt = in_doubt
        again = frozenset(row.id for row in due(unfinished, now))
        for row in unfinished:
            withdrawn = issues[row.issue].withdrawn_at is not None
            if withdrawn or (row.issue in begun and row.issue not in left_alone):
                rows[row.issue].append(row)
        for issue, found in rows.items():
            await self._resumed(issue, [row for row in found if row.id in again])
            for row in found:
                await self._ask(row)

    async def _resumed(self, issue: str, rows: Sequence[Delivery]) -> None:
        names = {row.destination for row in rows}
        places = await self.awake([one for one in self._app.config.destinations if one.name in names])
        if places:
            try:
                await self.note(issue, await self._app.carry_on(issue, places))
            except Busy as busy:
                log.info("%s waits: %s", issue, busy)

    async def _ask(self, row: Delivery) -> None:
        if hopeless(row, self._app.clock.now()):
            words = f"{_place(row)} may be out there or not: {row.error}"
            await asyncio.to_thread(
                self._ledger.letters.write, f"{DOUBT}:{row.id}:{row.attempt}", words, CHOICES[DOUBT], row.issue
            )

    async def _open(self, destination: Destination, pause: Pause | None) -> bool:
        found = await self._look(destination)
        if not found.why:
            if pause is not None:
                await asyncio.to_thread(self._ledger.rulings.wake, destination.name)
                log.info("%s works again", destination.name)
                self._woke()
            return True
        tries = pause.tries if pause else 0
        first, longest = (_PASSING, _SOON) if found.passing else (_FIRST, _RARELY)
        retry_at = self._app.clock.now() + min(longest, first * 2 ** min(tries, 12))
        rests = await asyncio.to_thread(self._ledger.rulings.rest, destination.name, found.why, retry_at)
        log.warning("%s rests until %s: %s", destination.name, f"{retry_at:%H:%M:%S} UTC", found.why)
        if not found.passing or rests.tries > _SILENT:
            words = f"Nothing can be sent to {destination.name}: {found.why} It is tried again by itself."
            await self._tell(f"rest:{destination.name}:{rests.since.isoformat()}", words)
        return False

    async def _look(self, destination: Destination) -> Look:
        try:
            return await self._app.look(destination)
        except (SendError, ConfigError) as error:
            return Look(str(error))

    async def _tell(self, key: str, words: str, issue: str | None = None) -> None:
        await asyncio.to_thread(self._ledger.letters.write, key, words, (), issue)


def _rested(pause: Pause, now: datetime) -> bool:
    """True when it is time to look again; a pause longer than any comes from a clock that was set back since."""
    return not timedelta() < pause.retry_at - now <= _RARELY


def _place(row: Delivery) -> str:
    return f"“{_beginning(row.payload.text)}” ({row.section} {row.part} of {row.issue} in {row.destination})"


def _beginning(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= 60 else line[:60] + "…"


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]
