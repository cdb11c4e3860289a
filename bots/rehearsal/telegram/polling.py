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
WEBHOOK = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
SECOND = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


def get_updates(call: Call) -> Json:
    """What is there now; sends away whoever else waits for this bot's updates."""
    if call.bot.webhook:
        raise BotApiError(409, WEBHOOK)
    inbox = call.state.inboxes[call.bot.id]
    inbox.interrupt()
    inbox.allow(_allowed(call.params))
    return _taken(inbox, call.params)


def _allowed(params: Params) -> list[str] | None:
    listed = params.json("allowed_updates", "allowed updates")
    if listed is not None and not isinstance(listed, list):
        raise bad_request("can't parse allowed updates JSON object")
    return None if listed is None else [str(kind) for kind in listed]


def _taken(inbox: Inbox, params: Params) -> Json:
    return inbox.take(params.integer("offset"), params.integer("limit"))


async def wait_for_updates(state: State, token: str, values: Mapping[str, Json]) -> None:
    """Return when getUpdates with these parameters has something to give, or its timeout is over.

    Raises the conflict for the poller that was there first when a second one comes. An unknown token is left to the
    call itself.
    """
    bot, params = state.bots.get(token), Params(values)
    seconds = min(LONGEST, params.integer("timeout"))
    if bot is None or bot.webhook or seconds <= 0:
        return
    inbox = state.inboxes[bot.id]
    inbox.allow(_allowed(params))
    bell = _Bell()
    inbox.wait(bell.ring)
    try:
        if not _taken(inbox, params) and await bell.heard(state.clock, seconds):
            raise BotApiError(409, SECOND)
    finally:
        inbox.leave(bell.ring)


class _Bell:
    """Rung from any thread: tests speak from theirs while the server waits in its own."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung: asyncio.Future[bool] = self._loop.create_future()

    def ring(self, conflict: bool) -> None:
        self._loop.call_soon_threadsafe(self._set, conflict)

    def _set(self, conflict: bool) -> None:
        if not self._rung.done():
            self._rung.set_result(conflict)

    async def heard(self, clock: Clock, seconds: float) -> bool:
        """Wait for a ring or for the time to pass; True when another poller rang."""
        timer = asyncio.ensure_future(clock.sleep(seconds))
        timer.add_done_callback(lambda _: self._set(conflict=False))
        try:
            return await self._rung
        finally:
            timer.cancel()
