"""getUpdates: at once as a plain call, and with waiting over HTTP (telegram.md 4.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bots.clock import Clock
from bots.rehearsal.telegram.inbox import Inbox
from bots.rehearsal.telegram.params import Params
from bots.rehearsal.telegram.replies import BotApiError, Json, bad_request
from bots.rehearsal.telegram.state import Call, State

LONGEST = 50
"""Seconds that a getUpdates may last."""
HASTE = 3
"""Seconds within which the same question again waits this long, however short its own timeout is."""
WEBHOOK = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
SECOND = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


def get_updates(call: Call) -> Json:
    """What is there now; sends away whoever else waits for this bot's updates."""
    if call.state.hooks[call.bot.id].url:
        raise BotApiError(409, WEBHOOK)
    inbox = call.state.inboxes[call.bot.id]
    inbox.interrupt(SECOND)
    inbox.allow(allowed_updates(call.params))
    return _taken(inbox, call.params)


def allowed_updates(params: Params) -> list[str] | None:
    """The kinds a call wants, None when it says nothing about them."""
    listed = params.json("allowed_updates", "allowed updates")
    if listed is not None and not isinstance(listed, list):
        raise bad_request("can't parse allowed updates JSON object")
    return None if listed is None else [str(kind) for kind in listed]


def _taken(inbox: Inbox, params: Params) -> Json:
    return inbox.take(params.integer("offset"), params.integer("limit"))


async def wait_for_updates(state: State, token: str, values: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return when getUpdates with these parameters has something to give, or its timeout is over.

    Gives the parameters it is to be carried out with. Raises the conflict for the poller that was there first when a
    second one comes, or a webhook. An unknown token is left to the call itself.
    """
    bot, params = state.bots.get(token), Params(values)
    if bot is None or state.hooks[bot.id].url:
        return values
    again = state.inboxes[bot.id].asked(params.integer("offset"))
    seconds = min(LONGEST, params.integer("timeout"))
    if again < HASTE:
        seconds = max(seconds, HASTE)
    if seconds > 0:
        await _something(state, bot.id, params, seconds)
    return {**values, "limit": 1} if again < 0.5 else values


async def _something(state: State, bot: int, params: Params, seconds: float) -> None:
    inbox = state.inboxes[bot]
    inbox.allow(allowed_updates(params))
    end = state.clock.monotonic() + seconds
    while True:
        bell = _Bell()
        inbox.wait(bell.ring, SECOND)
        try:
            left = end - state.clock.monotonic()
            if _taken(inbox, params) or left <= 0:
                return
            due = inbox.due_in()
            reason = await bell.heard(state.clock, left if due is None else min(left, due))
        finally:
            inbox.leave(bell.ring)
        if reason:
            raise BotApiError(409, reason)


class _Bell:
    """Rung from any thread: tests speak from theirs while the server waits in its own."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung: asyncio.Future[str] = self._loop.create_future()

    def ring(self, reason: str) -> None:
        self._loop.call_soon_threadsafe(self._set, reason)

    def _set(self, reason: str) -> None:
        if not self._rung.done():
            self._rung.set_result(reason)

    async def heard(self, clock: Clock, seconds: float) -> str:
        """Wait for a ring or for the time to pass; gives the reason why the poller must go, empty if it need not."""
        timer = asyncio.ensure_future(clock.sleep(seconds))
        timer.add_done_callback(lambda _: self._set(""))
        try:
            return await self._rung
        finally:
            timer.cancel()
