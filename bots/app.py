"""The composition root: the only place that knows all the parts."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bots import posts
from bots.clock import Clock, SystemClock
from bots.column import Column, Draft, age
from bots.config import TOKENS, Config
from bots.errors import ChatClosed, ConfigError
from bots.ledger import Delivery, Ledger, Past
from bots.limiter import Limiter
from bots.model import Destination, Message, Receipt
from bots.plan import Limits, Plan, Wanted, due, plan
from bots.planning.matching import same_issue
from bots.platforms import PLATFORMS, load
from bots.platforms.base import Attempt, Renderer, Sender, Verdict
from bots.publisher import Crew, Publisher, Rules
from bots.report import Progress, Report


def _nothing(_: object) -> None:
    """The hook of an ordinary run."""


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
        self._clock, self._stack, self._hooks = clock, stack, hooks
        self._senders: dict[str, Sender] = {}
        self._limiter = Limiter(clock)

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
        if platform not in self._senders:
            part = self.config.platforms[platform]
            if part.token is None:
                raise ConfigError(
                    f"{TOKENS[platform][0]} is not set.", remedy="Put the bot's token into .env or the environment."
                )
            sender: Sender = load(PLATFORMS[platform].sender)(part.token, part.api, part.proxy)
            await sender.open()
            self._stack.push_async_callback(sender.close)
            self._senders[platform] = sender
        return self._senders[platform]

    async def looked_at(self, destination: Destination) -> Verdict:
        """What is missing in a chat."""
        return await (await self.sender(destination.platform)).check(destination)

    def due(self) -> tuple[Path, ...]:
        """The posts that publishing without a name is about, oldest first.

        Raises PostError for any post that can't be read: a published one could not be corrected then.
        """
        read = {path: posts.read(path, self.config.zone) for path in self.column.files()}
        wanted = due(read.values(), self.ledger.issues(), self.config.start, self._clock.now())
        return tuple(sorted((post.path for post in wanted), key=lambda path: age(read[path])))

    async def plan(self, path: Path, destinations: Sequence[Destination]) -> Plan:
        """What one post needs in the destinations. Pictures on the web are fetched, nothing is sent."""
        draft = await self.column.fetched(self.column.draft(path))
        known = self.ledger.issues()
        found = same_issue(draft.issue, known, self.ledger.section_digests())
        past = self.ledger.past(found.id) if found else Past()
        wanted = [
            Wanted(one, self.column.renderers[one.platform], tuple(self.column.messages(draft, one)))
            for one in destinations
        ]
        return plan(draft.issue, wanted, past, self.column.digests(draft))

    async def publish(
        self, made: Plan, destinations: Sequence[Destination], *, yes: bool = False
    ) -> tuple[Report, ...]:
        """Carry a plan out. Every chat is looked at before the first message leaves.

        Raises PlanRefused, LedgerError or ChatClosed; nothing was sent then.
        """
        publisher = self._publisher(await self._reachable(destinations))
        return await publisher.publish(made, yes=yes)

    async def settle(self, delivery: int, receipt: Receipt | None) -> Delivery:
        """The author's word on a delivery in doubt; touches no platform."""
        return await self._publisher({}).settle(delivery, receipt)

    async def test(self, path: Path, platforms: Iterable[str]) -> int:
        """Send a post to the author's own chats, unrecorded; returns the number of messages."""
        draft = await self.column.fetched(self.column.draft(path))
        sent = 0
        for platform in platforms:
            author = self.config.platforms[platform].author
            if author is None:
                raise ConfigError(
                    f"{platform}.author is not set.", remedy="Name the chat that tests go to in config.yaml."
                )
            like = next((d for d in self.config.destinations if d.platform == platform), None)
            place = (
                replace(like, chat=author, role=None)
                if like
                else Destination(platform, platform, PLATFORMS[platform].kind, author)
            )
            for message in self.column.messages(draft, place):
                await self._send_once(place, draft, message)
                sent += 1
        return sent

    async def _send_once(self, place: Destination, draft: Draft, message: Message) -> None:
        sender, renderer = await self.sender(place.platform), self.column.renderers[place.platform]
        files = {
            upload.name: renderer.prepared(draft.pictures.content(upload.source), message, upload.name)
            for upload in message.files
            if not upload.missing
        }
        await self._limiter.acquire(place.platform, place.chat, max(1, len(files)))
        nonce = secrets.token_hex(12)
        await sender.send(place, message, files, Attempt(nonce, nonce, self._clock.now()))

    async def _reachable(self, destinations: Sequence[Destination]) -> Mapping[str, Sender]:
        """The senders of the destinations, each chat looked at; raises ChatClosed naming the first that is closed."""
        senders = {one.platform: await self.sender(one.platform) for one in destinations}
        for one in destinations:
            verdict = await senders[one.platform].check(one)
            if not verdict.ok:
                raise ChatClosed(f"{one.name}: {' '.join(verdict.problems)}", remedy="Nothing was sent.")
        return senders

    def _publisher(self, senders: Mapping[str, Sender]) -> Publisher:
        config = self.config
        crew = Crew(
            ledger=self.ledger,
            senders=senders,
            renderers=self.column.renderers,
            destinations={one.name: one for one in config.destinations},
            pictures=self._picture,
            clock=self._clock,
            limiter=self._limiter,
            point=self._hooks.point,
        )
        rules = Rules(limits=Limits(share=config.most_removed, sends=config.most_sends))
        return Publisher(crew, rules=rules, progress=self._hooks.progress)

    def _picture(self, path: Path, source: str) -> bytes:
        return self.column.pictures(path).content(source)


@asynccontextmanager
async def opened(config: Config, clock: Clock | None = None, hooks: Hooks | None = None) -> AsyncIterator[App]:
    """The column at work: its ledger open and up to date, closed with everything else at the end."""
    clock, hooks = clock or SystemClock(), hooks or Hooks()
    async with AsyncExitStack() as stack:
        ledger = await asyncio.to_thread(Ledger.open, config.database, now=clock.now, point=hooks.point)
        stack.callback(ledger.close)
        yield App(Column(config, renderers(config)), ledger, clock, stack, hooks)
