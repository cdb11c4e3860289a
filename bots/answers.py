"""What the author's answers do. Each can be done twice without harm: a crash before a letter is closed repeats it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bots.agenda import APPROVAL, APPROVED, HELD, NOW, PREVIEW, RELEASE, SKIP, about
from bots.app import App
from bots.desk import Desk
from bots.errors import Busy
from bots.ledger import Choice, Ledger, Letter
from bots.releases import MIDNIGHT, at

log = logging.getLogger("weektech")

LATE, APPROVE, APPLY, DOUBT = "late", "approve", "apply", "doubt"
"""Kinds of question."""
CHOICES: Mapping[str, tuple[Choice, ...]] = {
    LATE: (Choice(NOW, "Send now"), Choice("next", "Next slot"), Choice(SKIP, "Skip")),
    APPROVE: (Choice("approve", "Approve"), Choice("hold", "Hold")),
    APPLY: (Choice("apply", "Apply"), Choice("leave", "Leave it")),
    DOUBT: (Choice("there", "It is there"), Choice("again", "Send again")),
}

_OUT = "It is out there already."
_UNLINKED = "You said that it is there; without its link it can't be corrected. `weektech adopt` takes one."


class Answers:
    """Acts on answered letters."""

    def __init__(self, app: App, desk: Desk) -> None:
        self._app, self._desk = app, desk

    @property
    def _ledger(self) -> Ledger:
        return self._app.ledger

    async def act(self) -> int:
        """Do what the answers ask for; returns how many there were."""
        answered = await asyncio.to_thread(self._ledger.letters.answered)
        for letter in answered:
            doing = _DOINGS.get(letter.kind)
            try:
                words = await doing(self, letter) if doing else ""
            except Busy as busy:  # the answer waits, and nothing else with it
                log.info("the answer to %s waits: %s", letter.id, busy)
                continue
            await asyncio.to_thread(self._ledger.letters.close, letter)
            if words:
                await self._desk.settled(letter, words)
        return len(answered)

    async def _late(self, letter: Letter) -> str:
        issue, config = letter.issue or "", self._app.config
        if await self._out(issue):
            return _OUT
        due = datetime.fromisoformat(letter.about.partition(f"{issue}:")[2])
        earlier = (await asyncio.to_thread(self._ledger.rulings.of, issue)).get(RELEASE)
        if letter.answer != "next":
            await self._rule(issue, RELEASE, about(letter.answer or SKIP, due, earlier), letter)
            return "It goes out now." if letter.answer == NOW else "It is skipped."
        slot = config.release.slot or MIDNIGHT
        written = slot.following(self._app.clock.now(), config.zone)
        await self._rule(issue, RELEASE, about(f"{written.isoformat()} {config.zone.key}", due, earlier), letter)
        return f"It goes out at {at(written, config.zone).written}."

    async def _approve(self, letter: Letter) -> str:
        issue = letter.issue or ""
        if await self._out(issue):
            return _OUT
        shown = (await asyncio.to_thread(self._ledger.rulings.of, issue)).get(PREVIEW)
        if shown is None or shown.value != letter.about.rpartition(":")[2]:
            return "It has changed since: there is a newer question."
        if letter.answer == "approve":
            await self._rule(issue, APPROVAL, "yes", letter)
            await asyncio.to_thread(self._ledger.rulings.hold, issue, APPROVED)
            return "Approved. It goes out at its time."
        await asyncio.to_thread(self._ledger.rulings.hold, issue, HELD)
        return "Held back. Change the post and you will be asked again."

    async def _apply(self, letter: Letter) -> str:
        digest = letter.about.rpartition(":")[2]
        await self._rule(letter.issue or "", letter.answer or "leave", digest, letter)
        return "It is being applied." if letter.answer == "apply" else "It is left as it is."

    async def _doubt(self, letter: Letter) -> str:
        number = int(letter.about.partition(":")[0])
        row = await asyncio.to_thread(self._ledger.delivery, number)
        if row is None or not row.unsettled:
            return "It was settled in the meantime."
        if letter.answer == "again":
            await self._app.settle(number, None)
            return "It is sent again."
        await asyncio.to_thread(self._ledger.pass_over, row, _UNLINKED, vouched=True)
        return "Noted."

    async def _out(self, issue: str) -> bool:
        """True when its going out was begun otherwise: there is nothing left to decide."""
        return issue in await asyncio.to_thread(self._ledger.begun)

    async def _rule(self, issue: str, what: str, value: str, letter: Letter) -> None:
        await asyncio.to_thread(self._ledger.rulings.rule, issue, what, value, letter.answered_by or "")


_DOINGS: Mapping[str, Callable[[Answers, Letter], Awaitable[str]]] = {
    LATE: Answers._late,
    APPROVE: Answers._approve,
    APPLY: Answers._apply,
    DOUBT: Answers._doubt,
}
