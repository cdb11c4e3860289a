"""`weektech run`: one process that watches the posts, keeps every chat in step with them, and listens.

Its parts are begun again when they fail and never fell each other. Of several processes on one ledger one works, and
another takes over when that is gone.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing, suppress
from datetime import timedelta
from functools import partial

from bots import missed
from bots.app import App
from bots.counter import Counter, Services
from bots.counter.menu import menu
from bots.errors import LedgerError, TokenRejected
from bots.feedback import Filing
from bots.ledger import Comment, Owner
from bots.ledger.leases import LIFETIME
from bots.mail import Mail
from bots.platforms.listening import Batch, Listener
from bots.readers import Readers
from bots.rounds import Rounds
from bots.schedule import Alarm
from bots.shelving import shelve
from bots.supervision import supervised, words

LEASE = "run"
"""Whoever holds it makes the rounds and listens."""
STANDBY = 10.0
"""Seconds after which a process that stands by looks whether it is wanted."""
KEPT = timedelta(days=2)
"""How long updates are kept after they were handled: longer than Telegram may repeat one."""

log = logging.getLogger("weektech")


class Runner:
    """Runs one column until it is cancelled."""

    def __init__(self, app: App, alarm: Alarm, services: Services | None = None) -> None:
        self._app, self._alarm = app, alarm
        self._owner = Owner.this_process()
        self._bell, self._post = asyncio.Event(), asyncio.Event()
        self._rounds = Rounds(app)
        self._listeners: dict[str, Listener] = {}
        self._gaps: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        counter = Counter(app, self._listeners.get, services or readers_side(app))
        self._mail = Mail(app, self._acknowledge, self._bell.set, counter, self._post.set)

    async def run(self) -> None:
        """Work while the lease is ours; stand by while it is another's."""
        said = ""
        while True:
            try:
                await asyncio.to_thread(self._app.ledger.acquire, LEASE, self._owner)
            except LedgerError as error:
                if str(error) != said:
                    log.warning("standing by: %s", error)
                said = str(error)
                await self._app.clock.sleep(STANDBY)
                continue
            said = ""
            await self._at_work()

    async def _at_work(self) -> None:
        """Until the lease is lost or this is cancelled."""
        log.info("at work")
        self._alarm.start(self._bell.set)
        self._bell.set()
        clock = self._app.clock
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(supervised("rounds", self._make_rounds, clock, _untold))
                group.create_task(supervised("mail", self._handle_mail, clock, _untold))
                group.create_task(self._shelve())
                for name in self._platforms():
                    group.create_task(supervised(name, partial(self._listen, name), clock, partial(self._tell, name)))
                    catch_up = partial(self._catch_up, name)
                    group.create_task(supervised(f"{name}, what was missed", catch_up, clock, _untold))
                group.create_task(self._keep_lease())
        except* _LeaseLost as lost:
            log.warning("stopped working: %s", words(lost))
        finally:
            self._alarm.stop()
            with suppress(LedgerError):
                await asyncio.to_thread(self._app.ledger.give_back, LEASE, self._owner)

    def _platforms(self) -> tuple[str, ...]:
        """Those with a token and something to listen to."""
        config = self._app.config
        used = {one.platform for one in config.destinations} | {config.release.tell}
        return tuple(name for name, part in config.platforms.items() if part.token is not None and name in used)

    async def _keep_lease(self) -> None:
        while True:
            await self._app.clock.sleep(LIFETIME.total_seconds() / 3)
            try:
                await asyncio.to_thread(self._app.ledger.acquire, LEASE, self._owner)
            except LedgerError as error:
                raise _LeaseLost(str(error)) from None

    async def _make_rounds(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            self._alarm.set(await self._rounds.make())
            await asyncio.to_thread(self._app.ledger.inbox.forget, self._app.clock.now() - KEPT)

    async def _handle_mail(self) -> None:
        try:
            while True:
                if not await self._mail.handle():
                    await self._post.wait()
                self._post.clear()
        finally:
            await self._mail.close()

    async def _listen(self, platform: str) -> None:
        """Store what a platform tells, then ask for more."""
        listener = await self._app.listener(platform)
        self._listeners[platform] = listener
        await self._show_menu(platform, listener)
        cursor = await asyncio.to_thread(self._app.ledger.inbox.cursor, platform)
        async with aclosing(listener.listen(cursor)) as batches:
            async for batch in batches:
                await self._take(platform, batch)
                if batch.gap:
                    self._gaps[platform].set()

    async def _catch_up(self, platform: str) -> None:
        """Store what happened while nobody listened, whenever that may be something."""
        gap = self._gaps[platform]
        while True:
            await gap.wait()
            gap.clear()
            try:
                known = await asyncio.to_thread(missed.known, self._app, platform)
                async with aclosing(self._listeners[platform].catch_up(known)) as batches:
                    async for batch in batches:
                        await self._take(platform, batch)
            except BaseException:
                gap.set()
                raise

    async def _take(self, platform: str, batch: Batch) -> None:
        place = (platform, batch.cursor) if batch.cursor is not None else None
        self._app.point("inbox.before")
        await asyncio.to_thread(self._app.ledger.inbox.take, platform, batch.updates, place)
        self._app.point("inbox.after")
        self._post.set()

    async def _tell(self, platform: str, error: Exception) -> None:
        """The author is told, once a token, that it is good no more; anything else passes."""
        if isinstance(error, TokenRejected):
            token = str(self._app.config.platforms[platform].token)
            which = hashlib.sha256(token.encode()).hexdigest()[:8]
            await asyncio.to_thread(self._app.ledger.letters.write, f"token:{platform}:{which}", f"{platform}: {error}")
            self._bell.set()

    async def _shelve(self) -> None:
        """Once, for what was published before there was a library; the next start does what this one could not."""
        try:
            await shelve(self._app)
        except Exception as error:  # whatever it is, the issues that come are not the worse for it
            log.warning("older issues can't be looked up: %s", words(error))

    async def _show_menu(self, platform: str, listener: Listener) -> None:
        """Commands work without a menu, so nothing else waits for it."""
        try:
            await listener.menu(menu())
        except Exception as error:  # whatever it is, listening matters more
            log.warning("%s does not show the commands: %s", platform, words(error))

    async def _acknowledge(self, platform: str, ref: str, said: str) -> None:
        if platform in self._listeners:
            await self._listeners[platform].acknowledge(ref, said)


def readers_side(app: App) -> Services:
    """What the column's comments are asked for at the counter: those everybody may see, and to let go of a reader's."""
    filing, readers = Filing(app.ledger, app.config), Readers(app.ledger, app.config)

    def comments(issue: str) -> Sequence[Comment]:
        return sorted((voice.comment for voice in readers.public(issue).voices), key=lambda one: one.said_at)

    async def forget(platform: str, who: str) -> None:
        await asyncio.to_thread(filing.forget, platform, who)

    return Services(comments, forget)


class _LeaseLost(Exception):
    """Another process is at work, or the ledger is away."""


async def _untold(_: Exception) -> None:
    """The log has it."""
