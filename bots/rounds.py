"""One round of a running weektech: everything that is due now, for every issue. Safe to make at any time.

A round remembers nothing that matters: the agenda is made anew from the posts and the ledger each time. One issue's
trouble keeps no other from its round.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from bots import posts
from bots.agenda import APPROVAL, PREVIEW, RELEASE, SKIP, Entry, Verb, about, content, wake
from bots.answers import APPLY, APPROVE, CHOICES, LATE, Answers
from bots.app import App
from bots.chores import Chores
from bots.desk import Desk
from bots.durations import in_words
from bots.errors import (
    Busy,
    ChatClosed,
    ConfigError,
    LedgerError,
    PlanRefused,
    PostError,
    Rejected,
    TokenRejected,
    WeektechError,
)
from bots.ledger import Choice, Task
from bots.mailing import Mailing
from bots.model import Destination, Post
from bots.plan import Plan, completes, digest_of
from bots.planning.summary import summary
from bots.troubles import Troubles
from bots.watching import Watch

log = logging.getLogger("weektech")


class Rounds:
    """Makes rounds for one column."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._desk = Desk(app)
        self._answers = Answers(app, self._desk)
        self._chores = Chores(app)
        self._watch = Watch(app.column, app.clock)
        self._troubles = Troubles(app, self._watch.again)
        self._mailing = Mailing(app)
        self._said: set[str] = set()
        """Keys of what the log of this process has."""

    async def make(self) -> datetime | None:
        """Do what is due; returns when something is due again by itself. Raises LedgerError alone."""
        found = await asyncio.to_thread(self._posts)
        if await self._answers.act(partial(self._today, found)):
            self._watch.again()
        if await asyncio.to_thread(self._app.ledger.paused) is None:
            await self._keep_up(found)
        await self._chores.do()
        await self._desk.deliver()
        await self._mailing.recall()
        if await self._mailing.deliver():
            return self._app.clock.now()
        return wake(await self._entries(found), self._app.clock.now())

    async def _keep_up(self, found: Mapping[Path, Post]) -> None:
        """Everything that readers may see. A pause in the middle of it is seen before each call."""
        await self._troubles.knock()
        entries = await self._entries(found)
        for entry in entries:
            await self._guarded(entry, found)
        await self._troubles.resume(entry.issue for entry in entries if entry.verb is not Verb.CORRECT)

    def _posts(self) -> Mapping[Path, Post]:
        """Every post that can be read; the author is told of the others."""
        read: dict[Path, Post] = {}
        for path in self._app.column.files():
            try:
                read[path] = posts.read(path, self._app.config.zone)
            except PostError as error:
                self._tell("post", str(error), str(error))
        self._watch.look(read)
        return read

    async def _entries(self, found: Mapping[Path, Post]) -> tuple[Entry, ...]:
        return await asyncio.to_thread(self._app.agenda, tuple(found.values()), self._watch.restless())

    async def _today(self, found: Mapping[Path, Post]) -> Mapping[str, tuple[Entry, Post]]:
        entries = await self._entries(found)
        count = Counter(entry.issue for entry in entries)
        return {one.issue: (one, found[one.path]) for one in entries if count[one.issue] == 1}

    async def _guarded(self, entry: Entry, found: Mapping[Path, Post]) -> None:
        if entry.release is not None and entry.why == entry.release.problem:
            words = f"“{entry.title}” can't go out by itself: {entry.why}"
            await asyncio.to_thread(self._tell, "time", entry.why, words, entry.issue)
        doing = _DOINGS.get(entry.verb)
        if doing is None or (entry.verb is not Verb.CORRECT and not self._watch.ready(entry.path)):
            return
        try:
            await doing(self, entry, found[entry.path])
        except Busy as busy:
            log.info("%s waits: %s", entry.title, busy)
        except LedgerError:
            raise
        except Exception as error:  # whatever it is, no other issue waits for it
            why = str(error) if isinstance(error, WeektechError) else f"{type(error).__name__}: {error}"
            self._watch.done(entry.path)  # until the file changes nothing else would come of it
            self._watch.put_off(entry.path)
            await asyncio.to_thread(self._tell, "trouble", why, f"“{entry.title}”: {why}", entry.issue)

    # What the verbs mean

    async def _publish(self, entry: Entry, _: Post) -> None:
        destinations = await self._troubles.awake(self._app.config.destinations)
        if destinations:
            log.info("publishing “%s”: %s", entry.title, entry.why)
            made = await self._app.plan(entry.path, destinations)
            await asyncio.to_thread(self._app.destine, made.issue.id, self._app.config.destinations)
            await self._carry_out(entry, made, destinations)
            self._watch.put_off(entry.path)  # unless it has begun: then it is corrected

    async def _release(self, entry: Entry, _: Post) -> None:
        """What was approved is in the ledger already, every byte of it."""
        log.info("releasing “%s” as approved: %s", entry.title, entry.why)
        await asyncio.to_thread(self._app.destine, entry.issue, self._app.config.destinations)
        destinations = await self._troubles.awake(await asyncio.to_thread(self._app.planned_for, entry.issue))
        if destinations:
            await self._troubles.note(entry.issue, await self._app.carry_on(entry.issue, destinations))
            self._watch.put_off(entry.path)

    async def _preview(self, entry: Entry, post: Post) -> None:
        """Freeze it, show it, ask. The order matters: a death in between shows it once more rather than never."""
        app, letters = self._app, self._app.ledger.letters
        made = await app.plan(entry.path, app.config.destinations)
        await asyncio.to_thread(app.freeze, made, APPROVAL)
        await self._close(APPROVE, made.issue.id)
        shown = "What was sent above is what readers will get."
        if (place := self._desk.place()) is not None:
            try:
                await app.test(entry.path, [place.platform])
            except (Rejected, ChatClosed, TokenRejected, ConfigError) as error:  # another try would end the same way
                shown = f"It could not be shown to you as a whole: {error}"
        if content(await asyncio.to_thread(posts.read, entry.path, app.config.zone)) != content(post):
            return  # it changed under our hands: what was shown may not be what is frozen, so it is shown once more
        when = entry.release.written if entry.release else "once you approve it"
        words = f"“{entry.title}”: {when}. {shown}"
        if made.questions or (refusal := app.refusal(made)):
            words += f"\n\n{' '.join(made.questions) or refusal}"
        # Named by the plan as well: what was changed and changed back, or shown twice, is asked about anew.
        key = f"{APPROVE}:{made.issue.id}:{made.issue.revision + 1}:{content(post)}"
        await asyncio.to_thread(letters.write, key, words, CHOICES[APPROVE], made.issue.id)
        await asyncio.to_thread(app.ledger.rulings.rule, made.issue.id, PREVIEW, content(post), "weektech")

    async def _ask(self, entry: Entry, _: Post) -> None:
        if entry.release is None:
            return
        late = in_words(self._app.clock.now() - entry.release.moment)
        words = f"“{entry.title}” was due at {entry.release.written} and is {late} late. What shall become of it?"
        key = f"{LATE}:{entry.issue}:{entry.release.moment.isoformat()}"
        await asyncio.to_thread(self._app.ledger.letters.write, key, words, CHOICES[LATE], entry.issue)

    async def _skip(self, entry: Entry, _: Post) -> None:
        words = f"“{entry.title}” was not sent: it is too late ({entry.why}). `weektech publish {entry.path}` sends it."
        await asyncio.to_thread(
            self._tell, "skipped", entry.release.written if entry.release else "", words, entry.issue
        )
        # In this order: told of twice, by the letter's key, it is still told once; ruled first, it might be never.
        earlier = (await asyncio.to_thread(self._app.ledger.rulings.of, entry.issue)).get(RELEASE)
        skip = about(SKIP, entry.release.moment, earlier) if entry.release else SKIP
        await asyncio.to_thread(self._app.ledger.rulings.rule, entry.issue, RELEASE, skip, "late: skip")

    async def _correct(self, entry: Entry, _: Post) -> None:
        if not self._watch.due(entry.path):
            return
        destinations = await self._troubles.awake(await asyncio.to_thread(self._app.planned_for, entry.issue))
        if await self._troubles.owed(entry.issue, destinations):
            return
        made = await self._app.plan(entry.path, destinations)
        if completes(made):
            await self._mailing.follow(entry.path, made.issue.id)
        if made.idle and not made.changes():
            self._watch.done(entry.path)
            await self._close(APPLY, made.issue.id)
            rows = (await asyncio.to_thread(self._app.ledger.past, entry.issue)).deliveries
            if all(row.task is Task.NONE for row in rows):
                await asyncio.to_thread(self._app.column.pictures(entry.path).let_go)
        else:
            await self._corrected(entry, made, destinations)

    async def _corrected(self, entry: Entry, made: Plan, destinations: Sequence[Destination]) -> None:
        """As the column's policy says. What only completes an issue is no correction."""
        policy = "auto" if completes(made) else self._app.config.release.corrections
        rulings = await asyncio.to_thread(self._app.ledger.rulings.of, made.issue.id)
        said = {what for what in ("apply", "leave") if what in rulings and rulings[what].value == digest_of(made)}
        if "leave" in said or (policy == "manual" and "apply" not in said):
            there = {step.destination for step in made.steps if step.row is not None and step.row.out_there}
            missing = [one for one in destinations if one.name not in there]
            self._watch.done(entry.path)
            if "leave" not in said and 0 < len(missing) < len(destinations):
                # Elsewhere it is a correction; where nothing is yet, the issue itself is still owed.
                await self._corrected(entry, await self._app.plan(entry.path, missing), missing)
        elif policy == "ask" and "apply" not in said:
            await self._ask_about(entry, made, "")
        else:
            log.info("correcting “%s”", entry.title)
            await self._carry_out(entry, made, destinations)

    async def _carry_out(self, entry: Entry, made: Plan, destinations: Sequence[Destination]) -> None:
        """Publish a plan, or ask when it is larger than the column allows."""
        rulings = await asyncio.to_thread(self._app.ledger.rulings.of, made.issue.id)
        yes = "apply" in rulings and rulings["apply"].value == digest_of(made)
        try:
            reports = await self._app.publish(made, destinations, yes=yes)
        except PlanRefused as refused:
            await self._ask_about(entry, made, str(refused))
            return
        await self._mailing.follow(entry.path, made.issue.id)
        # What is left is gone on with from the ledger; what failed waits for a change of the file.
        if not await self._uncovered(made):
            self._watch.done(entry.path)
        await self._troubles.note(made.issue.id, reports)

    async def _uncovered(self, made: Plan) -> bool:
        """True when a doubt is settled by now that kept the plan from correcting what lies behind it."""
        hidden = [step.row.id for step in made.steps if step.behind and step.row is not None]
        rows = [await asyncio.to_thread(self._app.ledger.delivery, one) for one in hidden]
        return any(row is not None and not row.unsettled for row in rows)

    async def _ask_about(self, entry: Entry, made: Plan, why: str) -> None:
        """A question of the planner's can't be answered by a button: the file has to say it."""
        self._watch.done(entry.path)
        choices: tuple[Choice, ...] = () if made.questions else CHOICES[APPLY]
        words = f"“{entry.title}”: {summary(made, why)}"
        # Named by what is out there as well: a correction that was taken back may be made again.
        key = f"{APPLY}:{made.issue.id}:{made.issue.revision}:{digest_of(made)}"
        await self._close(APPLY, made.issue.id, but=key)
        await asyncio.to_thread(self._app.ledger.letters.write, key, words, choices, made.issue.id)

    async def _close(self, kind: str, issue: str, but: str = "") -> None:
        """Nobody wants to know any more: a newer question takes the place of the issue's others of the kind."""
        letters = self._app.ledger.letters
        for older in await asyncio.to_thread(letters.questions):
            if older.kind == kind and older.issue == issue and older.key != but:
                await asyncio.to_thread(letters.close, older)

    def _tell(self, kind: str, about: str, words: str, issue: str | None = None) -> None:
        """Tell the author once: the same trouble has the same key."""
        key = f"{kind}:{hashlib.sha256(f'{issue}:{about}'.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
        self._app.ledger.letters.write(key, words, issue=issue)
        if key not in self._said:
            log.warning("%s", words)
            self._said.add(key)


_Doing = Callable[[Rounds, Entry, Post], Awaitable[None]]
_DOINGS: Mapping[Verb, _Doing] = {
    Verb.PUBLISH: Rounds._publish,
    Verb.RELEASE: Rounds._release,
    Verb.PREVIEW: Rounds._preview,
    Verb.ASK: Rounds._ask,
    Verb.SKIP: Rounds._skip,
    Verb.CORRECT: Rounds._correct,
}
