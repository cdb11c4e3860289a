"""The composition root: the only place that knows all the parts."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bots import editions, posts
from bots.agenda import Entry, Known, Today, Verb, agenda, by_name
from bots.clock import Clock, SystemClock
from bots.column import Column, Draft
from bots.config import TOKENS, Config
from bots.errors import ChatClosed, ConfigError, PlanRefused, PostError, TryLater
from bots.ledger import Delivery, IssueRow, Ledger, Past
from bots.limiter import Limiter
from bots.model import Destination, Message, Post, Receipt
from bots.pacing import Load, estimate
from bots.plan import Limits, Plan, Wanted, approve, plan
from bots.planning.matching import same_issue
from bots.planning.places import renamed
from bots.planning.withdrawing import held_back
from bots.platforms import PLATFORMS, load
from bots.platforms.base import Attempt, Files, Renderer, Sender, Verdict
from bots.platforms.listening import Listener
from bots.platforms.setup import Examiner, Finder
from bots.publisher import Crew, Publisher, Rules
from bots.redaction import Secret
from bots.report import Progress, Report

log = logging.getLogger("weektech")

WHERE = "where"
"""The ruling that says where an issue was to go when it came out: names of destinations."""

STARTING = frozenset({Verb.PUBLISH, Verb.PREVIEW, Verb.ASK, Verb.SKIP})
"""What is done about an issue of which nothing is out there."""


def _nothing(_: object) -> None:
    """The hook of an ordinary run."""


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at a chat showed."""

    why: str = ""
    """Why nothing can be sent there now, empty when it can."""
    passing: bool = False
    """True when it is the platform that can't be reached, not the chat that is closed."""
    absent: bool = False
    """True when there is no such chat: a wrong word in config.yaml, or the bot was thrown out."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a run may be watched with."""

    progress: Callable[[Progress], None] = _nothing
    point: Callable[[str], None] = _nothing
    """Called at each moment worth dying at, for kill tests."""


def renderers(config: Config) -> Mapping[str, Renderer]:
    """The pure halves of all platforms; needs no token."""
    return {
        name: load(platform.renderer)(site=config.site or "", language=config.language)
        for name, platform in PLATFORMS.items()
    }


class App:
    """A column with its ledger, its platforms' senders opened as they are needed."""

    def __init__(self, column: Column, ledger: Ledger, clock: Clock, stack: AsyncExitStack, hooks: Hooks) -> None:
        self.column, self.ledger = column, ledger
        self.clock, self._stack, self._hooks = clock, stack, hooks
        self._open: dict[str, Any] = {}
        """What is logged in, by its place in the registry."""
        self.limiter = Limiter(clock, column.config.pacing)
        self._looked: dict[str, Look] = {}
        """By destination."""

    @property
    def config(self) -> Config:
        return self.column.config

    def destinations(self, names: Iterable[str] = ()) -> tuple[Destination, ...]:
        """Those named, or all. Raises ConfigError for an unknown name and for a column without any."""
        chosen = tuple(self.config.destination(name) for name in names) or self.config.destinations
        if not chosen:
            raise ConfigError(
                "no destination is configured.",
                path=self.config.root / "config.yaml",
                remedy="Add one under `destinations`.",
            )
        return chosen

    async def sender(self, platform: str) -> Sender:
        """The platform's sender, logged in. Raises ConfigError without a token, SendError if it is refused."""
        author = self.config.platforms[platform].author
        found: Sender = await self._logged_in(platform, PLATFORMS[platform].sender, author=author, clock=self.clock)
        return found

    async def finder(self, platform: str) -> Finder:
        """What looks for the platform's chats, logged in. Raises as `sender`."""
        found: Finder = await self._logged_in(platform, PLATFORMS[platform].finder)
        return found

    async def examiner(self, platform: str) -> Examiner:
        """What looks for the platform's faults, logged in. Raises as `sender`."""
        found: Examiner = await self._logged_in(platform, PLATFORMS[platform].examiner, **self._hook(platform))
        return found

    async def listener(self, platform: str) -> Listener:
        """What listens to the platform, logged in. Raises as `sender`."""
        parts, hook, author = PLATFORMS[platform], self._hook(platform), self.config.platforms[platform].author
        place = parts.pushed if hook else parts.listener
        found: Listener = await self._logged_in(platform, place, author=author, **hook)
        return found

    def _hook(self, platform: str) -> Mapping[str, Any]:
        """What those that deal with updates are told, where they are pushed."""
        hook = self.config.platforms[platform].hook
        return {"hook": hook} if hook else {}

    @property
    def point(self) -> Callable[[str], None]:
        """For kill tests, as `Hooks.point`."""
        return self._hooks.point

    async def names_of(self, destination: Destination) -> frozenset[str]:
        """Every name of a destination's chat, lower-cased."""
        sender = await self.sender(destination.platform)
        return frozenset(name.lower() for name in await sender.names(destination))

    def token(self, platform: str) -> Secret:
        """The bot's token on a platform. Raises ConfigError without one."""
        found = self.config.platforms[platform].token
        if found is None:
            raise ConfigError(
                f"{TOKENS[platform][0]} is not set.", remedy="Put the bot's token into .env or the environment."
            )
        return found

    async def _logged_in(self, platform: str, place: str, **more: Any) -> Any:
        """One of a platform's parts, opened once, closed with everything else."""
        if place in self._open:
            return self._open[place]
        part, token = self.config.platforms[platform], self.token(platform)
        made = load(place)(token, part.api, part.proxy, **more)
        try:
            await made.open()
        except BaseException:  # it is made anew at the next try, and its connections would stay
            await made.close()
            raise
        self._stack.push_async_callback(made.close)
        self._open[place] = made
        return made

    async def looked_at(self, destination: Destination) -> Verdict:
        """What is missing in a chat; a group that has become a supergroup is looked for there."""
        sender = await self.sender(destination.platform)
        located = await asyncio.to_thread(self.ledger.located, destination)
        verdict = await sender.check(located)
        if verdict.moved_to is None:
            return verdict
        await asyncio.to_thread(self.ledger.move, destination.platform, located.chat, verdict.moved_to)
        return await sender.check(await asyncio.to_thread(self.ledger.located, destination))

    def agenda(self, read: Sequence[Post], restless: frozenset[Path] = frozenset()) -> tuple[Entry, ...]:
        """What each of the posts needs now."""
        known = Known(
            issues=self.ledger.issues(),
            rulings=self.ledger.rulings.all(),
            start=self.config.start or self.ledger.made_at(),
            begun=self.ledger.begun(),
            staying=self.ledger.staying(),
        )
        today = Today(self.config.release, self.config.zone, self.clock.now(), restless)
        found = agenda(read, known, today)
        renamed = self._renamed([entry for entry in found if entry.verb in STARTING], known.issues)
        return agenda(read, replace(known, renamed=renamed), today) if renamed else found

    def _renamed(self, starting: Sequence[Entry], known: Sequence[IssueRow]) -> Mapping[Path, str]:
        """The issues that only seem to begin: known ones whose file has another name by now."""
        names = {row.id for row in known}
        unknown = [entry for entry in starting if entry.issue not in names]
        digests = self._digests(known) if unknown else {}
        found: dict[Path, str] = {}
        for entry in unknown if digests else ():
            with suppress(PostError):  # whoever plans it says what is wrong with it
                same = same_issue(self.column.draft(entry.path).issue, known, digests)
                if same is not None:
                    found[entry.path] = same.id
        return found

    def due(self) -> tuple[Path, ...]:
        """The posts that publishing without a name is about, oldest first.

        Raises PostError for any post that can't be read: a published one could not be corrected then.
        """
        return by_name(self.agenda([posts.read(path, self.config.zone) for path in self.column.files()]))

    def destine(self, issue: str, destinations: Iterable[Destination]) -> None:
        """Remember where an issue was to go when it came out, whatever kept it from one of them that day."""
        self.ledger.rulings.rule_once(issue, WHERE, " ".join(one.name for one in destinations), "published")

    def planned_for(self, issue: str) -> tuple[Destination, ...]:
        """Where the issue goes by itself: where it was to go when it came out, and wherever it is.

        A destination that was added later gets the archive only by name.
        """
        wanted = self.ledger.rulings.of(issue).get(WHERE)
        names = set(wanted.value.split()) if wanted else {one.name for one in self.config.destinations}
        names |= {row.destination for row in self.ledger.past(issue).deliveries}
        return tuple(one for one in self.config.destinations if one.name in names)

    async def plan(self, path: Path, destinations: Sequence[Destination], *, named: bool = False) -> Plan:
        """What one post needs in the destinations. Pictures on the web are fetched, nothing is sent.

        `named` says that the author asked for this very post: only then does an issue that was withdrawn or adopted go
        out, and a destination where it was is left out of the plan otherwise.
        """
        draft = await self.column.fetched(await asyncio.to_thread(self.column.draft, path))
        return await asyncio.to_thread(self._planned, draft, destinations, named=named)

    def _planned(self, draft: Draft, destinations: Sequence[Destination], *, named: bool) -> Plan:
        """Reads and compares much: never on the loop, where it would keep whoever listens waiting."""
        known = self.ledger.issues()
        found = same_issue(draft.issue, known, self._digests(known))
        self._alone(draft.issue.post, found)
        past = self.ledger.past(found.id) if found else Past()
        served = [one for one in destinations if named or not held_back(past, one.name)]
        wanted = [self._wanted(draft, one) for one in served]
        made = plan(draft.issue, wanted, past, self.column.digests(draft), self.config.pacing)
        twice = renamed(past.deliveries, destinations, (one.name for one in self.config.destinations))
        return self._with_subscribers(replace(made, questions=(*made.questions, *twice)), draft)

    def _with_subscribers(self, made: Plan, draft: Draft) -> Plan:
        """The plan of an issue that is not out yet, with what its subscribers will cost; they come last."""
        known = self.ledger.readers.subscribed() if made.issue.first_published_at is None else ()
        loads: list[Load] = []
        for edition, some in editions.by_edition(known, self.config.language).items():
            names = editions.names_of(made, draft)
            wanted = editions.shown(self.column, draft, edition, edition.place(), names)
            weights = [max(1, len(message.files)) for message in wanted.messages if wanted.takes(message)]
            loads += [Load(one.platform, one.chat, weights) for one in some]
        seconds = made.seconds + estimate(loads, self.config.pacing)
        return replace(made, subscribers=len(known), seconds=seconds) if known else made

    def _alone(self, post: Post, found: IssueRow | None) -> None:
        """Raises PostError when another file is the issue this one claims to be: it would be edited into this one."""
        if found is None:
            return
        other = next((one for one in (self.config.root / found.path, Path(found.path)) if one.is_file()), None)
        if other is not None and post.path.is_file() and not other.samefile(post.path):
            raise posts.twin(post.path, post, other)

    def _wanted(self, draft: Draft, destination: Destination) -> Wanted:
        shown = tuple(self.column.messages(draft, destination))
        errata = tuple(self.column.errata(draft, destination, shown))
        return Wanted(destination, self.column.renderers[destination.platform], shown, errata)

    def _digests(self, known: Iterable[IssueRow]) -> Mapping[str, frozenset[str]]:
        """The content of the issues whose file is gone: a renamed file is known by it, a similar new one is not."""
        kept = {row.id for row in known if (self.config.root / row.path).exists() or Path(row.path).exists()}
        return {issue: found for issue, found in self.ledger.section_digests().items() if issue not in kept}

    def refusal(self, made: Plan) -> str:
        """Why `publish` would refuse the plan without a yes, empty when it would not."""
        try:
            approve(made, self._limits)
        except PlanRefused as refused:
            return str(refused)
        return ""

    async def publish(
        self, made: Plan, destinations: Sequence[Destination], *, yes: bool = False
    ) -> tuple[Report, ...]:
        """Carry a plan out. Every chat is looked at before the first message leaves.

        A chat that can't be written to now is left out, with a report that says why. Raises PlanRefused, LedgerError,
        or ChatClosed for a chat that is not there at all, which is a wrong word in config.yaml; nothing was sent then.
        """
        approve(made, self._limits, yes=yes)
        await asyncio.to_thread(self.destine, made.issue.id, destinations)
        closed = {} if made.idle else await self.closed(destinations)
        left = replace(made, steps=tuple(step for step in made.steps if step.destination not in closed))
        names = {step.destination for step in left.steps}
        publisher = await self.publisher([one for one in destinations if one.name in names])
        done = await publisher.publish(left, yes=yes) if left.steps else ()
        return (*done, *(Report(name, stopped=why) for name, why in closed.items()))

    async def carry_on(self, issue: str, destinations: Sequence[Destination]) -> tuple[Report, ...]:
        """Do what the ledger says is still to be done for an issue, as it was planned; nothing is planned anew."""
        publisher = await self.publisher(destinations)
        return await publisher.carry_on(issue, [one.name for one in destinations])

    def freeze(self, made: Plan, hold: str) -> None:
        """Record a plan of which nothing may be sent yet, for the reason given, and keep its pictures as they are."""
        files = [file for step in made.steps if step.new for file in step.new.files if not file.missing]
        path = Path(made.issue.path)
        try:
            self.column.pictures(path).keep({file.source for file in files})
        except ValueError as error:
            raise PostError(f"a picture can't be read: {error}", path=path) from error
        except OSError as error:  # a picture that is exchanged until then is refused at its release
            log.warning("the pictures of %s can't be kept until its release: %s", path.name, error)
        self.ledger.record(made.issue, made.sections, made.changes(), made.texts)
        self.ledger.rulings.hold(made.issue.id, hold)

    async def settle(self, delivery: int, receipt: Receipt | None) -> Delivery:
        """The author's word on a delivery in doubt; touches no platform."""
        return await self._publisher({}).settle(delivery, receipt)

    async def test(self, path: Path, platforms: Iterable[str]) -> int:
        """Send a post to the author's own chats, unrecorded; returns the number of messages."""
        draft = await self.column.fetched(await asyncio.to_thread(self.column.draft, path))
        sent = 0
        for platform in platforms:
            author = self.config.platforms[platform].author
            if author is None:
                raise ConfigError(
                    f"{platform}.author is not set.", remedy="Name the chat that tests go to in config.yaml."
                )
            like = next((d for d in self.config.destinations if d.platform == platform), None)
            kind = PLATFORMS[platform].own
            place = like or Destination(platform, platform, kind, author)
            place = replace(place, name="author", kind=kind, chat=author, topic=None, tags=(), role=None, pin=False)
            for message in await asyncio.to_thread(self.column.messages, draft, place):
                await self._send_once(place, draft, message)
                sent += 1
        return sent

    async def _send_once(self, place: Destination, draft: Draft, message: Message) -> None:
        sender, renderer = await self.sender(place.platform), self.column.renderers[place.platform]

        def prepared() -> Files:
            return {
                upload.name: renderer.prepared(draft.pictures.content(upload.source), message, upload.name)
                for upload in message.files
                if not upload.missing
            }

        files = await asyncio.to_thread(prepared)
        await self.limiter.acquire(place.platform, place.chat, max(1, len(files)))
        nonce = secrets.token_hex(12)
        await sender.send(place, message, files, Attempt(nonce, nonce, self.clock.now()))

    async def look(self, destination: Destination) -> Look:
        """Whether a chat can be written to now; `publish` relies on what was seen last. Raises as `sender`."""
        try:
            verdict = await self.looked_at(destination)
        except TryLater as error:
            found = Look(str(error), passing=True)
        else:
            found = Look("" if verdict.ok else " ".join(verdict.problems), absent=not verdict.ok and not verdict.title)
        self._looked[destination.name] = found
        return found

    async def closed(self, destinations: Sequence[Destination]) -> Mapping[str, str]:
        """Destination to the reason why it can't be written to now; looked up once a run."""
        for one in destinations:
            found = self._looked.get(one.name) or await self.look(one)
            if found.absent:
                raise ChatClosed(f"{one.name}: {found.why}", remedy="Nothing was sent.")
        return {one.name: why for one in destinations if (why := self._looked[one.name].why)}

    async def publisher(self, destinations: Sequence[Destination], rules: Rules | None = None) -> Publisher:
        """What works on the ledger's rows, with the senders that the destinations need logged in.

        They may be others than those of config.yaml, and have `rules` of their own.
        """
        senders = {one: await self.sender(one) for one in {place.platform for place in destinations}}
        return self._publisher(senders, destinations, rules)

    @property
    def _limits(self) -> Limits:
        return Limits(share=self.config.most_removed, sends=self.config.most_sends)

    def _publisher(
        self, senders: Mapping[str, Sender], more: Iterable[Destination] = (), rules: Rules | None = None
    ) -> Publisher:
        config = self.config
        usual = Rules(limits=self._limits, in_doubt=config.in_doubt)
        crew = Crew(
            ledger=self.ledger,
            senders=senders,
            renderers=self.column.renderers,
            destinations={one.name: one for one in (*config.destinations, *more)},
            pictures=self.column.pictures,
            clock=self.clock,
            limiter=self.limiter,
            point=self._hooks.point,
        )
        return Publisher(crew, rules=rules or usual, progress=self._hooks.progress)


@asynccontextmanager
async def opened(config: Config, clock: Clock | None = None, hooks: Hooks | None = None) -> AsyncIterator[App]:
    """The column at work: its ledger open and up to date, closed with everything else at the end."""
    clock, hooks = clock or SystemClock(), hooks or Hooks()
    async with AsyncExitStack() as stack:
        ledger = await asyncio.to_thread(Ledger.open, config.database, now=clock.now, point=hooks.point)
        stack.callback(ledger.close)
        yield App(Column(config, renderers(config)), ledger, clock, stack, hooks)
