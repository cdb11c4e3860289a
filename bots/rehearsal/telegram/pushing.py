"""Updates pushed to webhooks: one POST each, in order within a chat, again and again until one is accepted.

Only addresses on this machine are ever contacted (telegram.md 4.3; telegram-bot-api: WebhookActor.cpp).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from bots.rehearsal.telegram.inbox import Inbox, Update
from bots.rehearsal.telegram.state import Bot, Hook, State
from bots.rehearsal.telegram.webhooks import local

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
LONGEST_DELAY = 60.0
LONGEST_RETRY_AFTER = 3600.0
GIVE_UP = 23 * 3600.0
"""Seconds of nothing but 410 after which the webhook is closed."""
ANSWER_WITHIN = ClientTimeout(total=60)
"""Real seconds: whoever answers is on this machine."""


async def push_updates(state: State, app: web.Application) -> AsyncIterator[None]:
    """Push the updates of every bot with a webhook, for as long as the server runs."""
    async with ClientSession(timeout=ANSWER_WITHIN, trust_env=False) as http:
        pushers = [Pusher(state, bot, http) for bot in state.bots.values()]
        tasks = [asyncio.ensure_future(pusher.run()) for pusher in pushers]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an update was not accepted."""

    why: str
    wait: float | None = None
    """Seconds that the answer asked to wait."""


class Pusher:
    """Pushes one bot's updates, those of different chats at the same time."""

    def __init__(self, state: State, bot: Bot, http: ClientSession) -> None:
        self._state, self._bot, self._http = state, bot, http
        self._lanes: dict[Hashable, asyncio.Task[None]] = {}
        self._bell = asyncio.Event()
        self._gone_since: float | None = None

    @property
    def _inbox(self) -> Inbox:
        return self._state.inboxes[self._bot.id]

    @property
    def _hook(self) -> Hook:
        return self._state.hooks[self._bot.id]

    async def run(self) -> None:
        loop = asyncio.get_running_loop()

        def ring() -> None:
            loop.call_soon_threadsafe(self._bell.set)

        self._inbox.watch(ring)
        hook, gate = Hook(), asyncio.Semaphore()
        try:
            while True:
                self._bell.clear()
                if self._hook is not hook:
                    await self._stop()
                    hook = self._hook
                    gate, self._gone_since = asyncio.Semaphore(hook.connections), None
                if hook.url and local(hook.url):
                    self._start(hook, gate)
                await self._rest()
        finally:
            self._inbox.watch(None)
            await self._stop()

    async def _rest(self) -> None:
        """Until something happens, or an update that was held back is due."""
        due = self._inbox.due_in()
        if due is None:
            await self._bell.wait()
            return
        timer = asyncio.ensure_future(self._state.clock.sleep(due))
        timer.add_done_callback(lambda _: self._bell.set())
        try:
            await self._bell.wait()
        finally:
            timer.cancel()

    async def _stop(self) -> None:
        for task in self._lanes.values():
            task.cancel()
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)
        self._lanes = {}

    def _start(self, hook: Hook, gate: asyncio.Semaphore) -> None:
        for lane in dict.fromkeys(update.lane for update in self._inbox.waiting()):
            if lane not in self._lanes or self._lanes[lane].done():
                self._lanes[lane] = asyncio.ensure_future(self._run_lane(lane, hook, gate))

    async def _run_lane(self, lane: Hashable, hook: Hook, gate: asyncio.Semaphore) -> None:
        while update := next((each for each in self._inbox.waiting() if each.lane == lane), None):
            await self._deliver(update, hook, gate)
        self._bell.set()  # one may have come between the last look and the end of this lane

    async def _deliver(self, update: Update, hook: Hook, gate: asyncio.Semaphore) -> None:
        """Push one update until it is accepted or too old: again at once, after 2 seconds, 4, 8 ..."""
        delay, failures = 1.0, 0
        while True:
            async with gate:
                refusal = await self._post(update, hook)
            if refusal is None:
                break
            hook.failed, hook.failure = self._state.clock.now(), refusal.why
            if refusal.wait is None and failures:
                delay = min(LONGEST_DELAY, delay * 2)
            pause = refusal.wait if refusal.wait is not None else delay if failures else 0.0
            failures += 1
            if self._state.clock.now() + timedelta(seconds=pause) > update.until:
                break
            await self._state.clock.sleep(pause)
        self._inbox.confirm(update)

    async def _post(self, update: Update, hook: Hook) -> Refusal | None:
        headers = {SECRET: hook.secret} if hook.secret else {}
        try:
            async with self._http.post(hook.url, json=update.json(), headers=headers, allow_redirects=False) as answer:
                if 200 <= answer.status < 300:
                    self._gone_since = None
                    return None
                self._count_gone(answer.status, hook)
                why = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                return Refusal(why, _seconds(answer.headers.get("Retry-After", "")))
        except TimeoutError:
            return Refusal("Read timeout expired")
        except (ClientError, OSError):
            return Refusal("Connection refused")

    def _count_gone(self, status: int, hook: Hook) -> None:
        now = self._state.clock.monotonic()
        if status != 410:
            self._gone_since = None
        elif self._gone_since is None:
            self._gone_since = now
        elif now > self._gone_since + GIVE_UP and self._hook is hook:
            self._state.hooks[self._bot.id] = Hook()
            self._bell.set()


def _seconds(retry_after: str) -> float | None:
    with suppress(ValueError):
        return min(LONGEST_RETRY_AFTER, float(int(retry_after))) or None
    return None
