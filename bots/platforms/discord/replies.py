"""Answers to interactions: each is acknowledged within Discord's three seconds, whoever is busy (discord.md 6).

Whatever is not answered soon after it came is promised an answer, so that the real one has a quarter of an hour. An
answer after the first goes the way of follow-ups, also after a restart: there the first may be anybody's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from discord.http import Route

from bots.clock import Clock
from bots.errors import NotSent, SendError, TryLater
from bots.model import Message
from bots.platforms.base import Files
from bots.platforms.discord import wire
from bots.platforms.discord.calls import harmlessly
from bots.platforms.discord.client import RestClient
from bots.platforms.discord.deeds import COMMAND, COMPONENT, reference
from bots.platforms.discord.edits import NOBODY, attachments, inner
from bots.platforms.discord.errors import number
from bots.platforms.listening import Enclosed

PATIENCE = 1.0
"""Seconds until an answer is promised; Discord waits three, and the way there takes some of them."""
MOST_CHOICES, LONGEST_CHOICE = 25, 100
"""Suggestions at once, and characters in each (discord.md 6)."""
_EPHEMERAL, _KEPT = 1 << 6, 1 << 2 | 1 << 15
"""For that person's eyes alone; and what of a message's own flags an answer may have: no link cards, components V2."""
_MESSAGE, _LATER, _UNSEEN, _CHOICES = 4, 5, 6, 8
"""Kinds of first answer."""
_PROMISES: Mapping[int, Mapping[str, Any]] = {
    COMMAND: {"type": _LATER, "data": {"flags": _EPHEMERAL}},
    # Whoever pressed a button sees nothing of it, and of a follow-up only what that says.
    COMPONENT: {"type": _UNSEEN},
}
_KNOWN_ALREADY = 40060
_TOO_LATE = frozenset({10062, 10015, 50027})
"""Unknown interaction, unknown webhook, a token that has run out."""
_REMEMBERED = 2000

log = logging.getLogger("weektech")


@dataclass(slots=True)
class _Heard:
    """What this process knows of an interaction."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    acknowledged: bool = False


class Replies:
    """Answers of one bot, by reference."""

    def __init__(self, rest: RestClient, clock: Clock) -> None:
        self._rest, self._clock = rest, clock
        self._heard: dict[str, _Heard] = {}
        self._promises: set[asyncio.Task[None]] = set()

    def heard(self, data: Mapping[str, Any]) -> None:
        """An interaction came: from now on the time runs."""
        if (promise := _PROMISES.get(data["type"])) is not None:
            task = asyncio.create_task(self._promise(reference(data), promise))
            self._promises.add(task)
            task.add_done_callback(self._promises.discard)

    async def close(self) -> None:
        tasks = list(self._promises)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def acknowledge(self, ref: str, words: str) -> None:
        """Say something to whoever pressed a button, for their eyes alone, or nothing. Too late is no failure."""
        said: dict[str, Any] = {"content": words, "flags": _EPHEMERAL, "allowed_mentions": NOBODY}
        try:
            first = await self._first(ref, {"type": _MESSAGE, "data": said} if words else {"type": _UNSEEN})
            if words and not first:
                await self._follow_up(ref, said, {})
        except NotSent as refused:
            _passed_over(refused)

    async def answer(self, ref: str, messages: Sequence[Enclosed], *, private: bool) -> None:
        """Answer with messages. Too late is no failure; raises SendError for any other refusal."""
        try:
            await self._first(ref, {"type": _LATER, "data": {"flags": _EPHEMERAL if private else 0}})
            for each in messages:
                await self._follow_up(ref, body(each.message, private=private), each.files)
        except NotSent as refused:
            if number(refused) not in _TOO_LATE:
                raise
            _passed_over(refused)

    async def complete(self, ref: str, choices: Sequence[tuple[str, str]]) -> None:
        """Suggest what may be typed. Too late is no failure."""
        shown = [
            {"name": label[:LONGEST_CHOICE], "value": value}
            for label, value in choices
            if label.strip() and len(value) <= LONGEST_CHOICE
        ]
        try:
            await self._first(ref, {"type": _CHOICES, "data": {"choices": shown[:MOST_CHOICES]}})
        except NotSent as refused:
            _passed_over(refused)

    async def _promise(self, ref: str, promise: Mapping[str, Any]) -> None:
        await self._clock.sleep(PATIENCE)
        try:
            await self._first(ref, promise)
        except SendError as refused:
            _passed_over(refused)

    async def _first(self, ref: str, answer: Mapping[str, Any]) -> bool:
        """Acknowledge with `answer`; False when somebody has acknowledged before."""
        heard = self._heard.setdefault(ref, _Heard())
        for old in list(self._heard)[: max(0, len(self._heard) - _REMEMBERED)]:
            del self._heard[old]
        async with heard.turn:
            if heard.acknowledged:
                return False
            new = await self._acknowledged(ref, answer)
            heard.acknowledged = True
            return new

    async def _acknowledged(self, ref: str, answer: Mapping[str, Any]) -> bool:
        interaction, _, token = ref.partition("/")
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        route = Route("POST", path, webhook_id=int(interaction), webhook_token=token)
        call = partial(self._rest.client.http.request, route, json=answer)
        try:
            try:
                await harmlessly(call)
            except TryLater:  # whether it arrived shows when it is said again
                await harmlessly(call)
        except NotSent as refused:
            if number(refused) != _KNOWN_ALREADY:
                raise
            return False
        return True

    async def _follow_up(self, ref: str, said: Mapping[str, Any], files: Files) -> None:
        path = "/webhooks/{webhook_id}/{webhook_token}"
        route = Route(
            "POST", path, webhook_id=int(self._rest.client.application_id or 0), webhook_token=ref.partition("/")[2]
        )
        with wire.parameters(said, files) as params:
            sent = {"json": params.payload} if not params.files else {"files": params.files, "form": params.multipart}
            await harmlessly(partial(self._rest.client.http.request, route, **sent))


def body(message: Message, *, private: bool) -> dict[str, Any]:
    """The planned body as an answer: it notifies nobody, and keeps what of its flags an answer may have."""
    planned = inner(message)
    flags = planned.get("flags", 0) & _KEPT | (_EPHEMERAL if private else 0)
    made = {**planned, "allowed_mentions": NOBODY, **({"flags": flags} if flags else {})}
    return {**made, "attachments": attached} if (attached := attachments(message)) else made


def _passed_over(refused: SendError) -> None:
    """Whoever waited has read by now that nothing came."""
    log.info("an answer on Discord came too late or was refused: %s", refused.code.partition("\n")[0] or refused)
