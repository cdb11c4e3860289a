"""What the author's answers do. Each can be done twice without harm: a crash before a letter is closed repeats it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bots.agenda import APPROVAL, APPROVED, HELD, NOW, PREVIEW, RELEASE, SKIP, Entry, about, content
from bots.app import App
from bots.desk import Desk
from bots.errors import Busy
from bots.ledger import Choice, Delivery, Ledger, Letter
from bots.model import Post
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

_SETTLED = "It was settled in the meantime."
_UNLINKED = "You said that it is there; without its link it can't be corrected. `weektech adopt` takes one."


Today = Callable[[], Awaitable[Mapping[str, tuple[Entry, Post]]]]
"""Looks up what the agenda says by now of each issue, and its file."""


class Answers:
    """Acts on answered letters."""

    def __init__(self, app: App, desk: Desk) -> None:
        self._app, self._desk = app, desk

    @property
    def _ledger(self) -> Ledger:
        return self._app.ledger

    async def act(self, today: Today) -> int:
        """Do what the answers ask for, and close what needs none any more; returns how many that were."""
        letters = self._ledger.letters
        answered = await asyncio.to_thread(letters.answered)
        done = 0
        for letter in (*answered, *await asyncio.to_thread(letters.questions)):
            try:
                over = await self._over(letter, today)
                words = over or await self._done(letter)
            except Busy as busy:  # the answer waits, and nothing else with it
                log.info("the answer to %s waits: %s", letter.id, busy)
                continue
            if words is None:
                continue
            await asyncio.to_thread(self._lapse if over else letters.close, letter)
            done += 1
            if words:
                await self._desk.settled(letter, words)
        return done

    def _lapse(self, letter: Letter) -> None:
        """Close a question so that it can be asked once more: what overtook it may be taken back."""
        if letter.kind == APPROVE:
            self._ledger.rulings.revoke(letter.issue or "", PREVIEW)
        self._ledger.letters.lapse(letter)

    async def _done(self, letter: Letter) -> str | None:
        """Do what an answer asks for; returns what came of it, None for a question without an answer."""
        if letter.answer is None:
            return None
        doing = _DOINGS.get(letter.kind)
        return await doing(self, letter) if doing else ""

    async def _over(self, letter: Letter, today: Today) -> str:
        """Why an answer to the question would change nothing any more, empty while it would."""
        if letter.kind == DOUBT:
            return "" if await self._doubted(letter) else _SETTLED
        if letter.kind not in {LATE, APPROVE}:
            return ""
        if letter.issue in await asyncio.to_thread(self._ledger.begun):
            return "It is out there already."
        if letter.kind == APPROVE and letter.answer is not None:
            return ""  # what was approved goes out, whatever became of the file since
        found = (await today()).get(letter.issue or "")
        return _lapsed(letter, *found) if found else ""

    async def _late(self, letter: Letter) -> str:
        issue, config = letter.issue or "", self._app.config
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
        shown = (await asyncio.to_thread(self._ledger.rulings.of, issue)).get(PREVIEW)
        if shown is None or shown.value != letter.about.rpartition(":")[2]:
            return "It has changed since: there is a newer question."
        if letter.answer == "approve":
            await self._rule(issue, APPROVAL, "yes", letter)
            await asyncio.to_thread(self._ledger.rulings.hold, issue, APPROVED)
            return "Approved. It goes out at its time."
        await asyncio.to_thread(self._ledger.rulings.hold, issue, HELD)
        return "Held back. Change its words and you will be asked again."

    async def _apply(self, letter: Letter) -> str:
        digest = letter.about.rpartition(":")[2]
        await self._rule(letter.issue or "", letter.answer or "leave", digest, letter)
        return "It is being applied." if letter.answer == "apply" else "It is left as it is."

    async def _doubt(self, letter: Letter) -> str:
        row = await self._doubted(letter)
        if row is None:
            return _SETTLED
        if letter.answer == "again":
            await self._app.settle(row.id, None)
            return "It is sent again."
        await asyncio.to_thread(self._ledger.pass_over, row, _UNLINKED, vouched=True)
        return "Noted."

    async def _doubted(self, letter: Letter) -> Delivery | None:
        """The delivery a question is about, None once that attempt is not in doubt any more."""
        number, _, attempt = letter.about.partition(":")
        row = await asyncio.to_thread(self._ledger.delivery, int(number))
        return row if row is not None and row.unsettled and row.attempt == int(attempt) else None

    async def _rule(self, issue: str, what: str, value: str, letter: Letter) -> None:
        await asyncio.to_thread(self._ledger.rulings.rule, issue, what, value, letter.answered_by or "")


def _lapsed(letter: Letter, entry: Entry, post: Post) -> str:
    """How the file has overtaken a question, empty when it has not."""
    if post.draft:
        return "It is a draft by now."
    if letter.kind == APPROVE:
        same = letter.about.rpartition(":")[2] == content(post)
        return "" if same else "It has changed since: you will be shown it once more."
    if entry.release is None:
        return "It has no date any more."
    same = letter.about.partition(f"{letter.issue}:")[2] == entry.release.moment.isoformat()
    return "" if same else f"Its time is another by now: {entry.release.written}."


_DOINGS: Mapping[str, Callable[[Answers, Letter], Awaitable[str]]] = {
    LATE: Answers._late,
    APPROVE: Answers._approve,
    APPLY: Answers._apply,
    DOUBT: Answers._doubt,
}
