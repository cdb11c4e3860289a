"""A listener of ours on a local Discord, over sockets, with all that it reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bots.clock import Clock, SystemClock
from bots.events import Event
from bots.ledger import Update
from bots.platforms.discord.events import read
from bots.platforms.discord.listen import DiscordListener
from bots.platforms.listening import Batch
from bots.rehearsal.discord.api import TOKEN, Discord
from bots.rehearsal.discord.forms import Form
from bots.rehearsal.discord.limits import NO_LIMITS
from bots.rehearsal.discord.model import Channel, Message, User
from bots.rehearsal.discord.people import People
from bots.rehearsal.discord.server import application
from bots.rehearsal.discord.state import State
from bots.rehearsal.faults import Faults
from bots.rehearsal.serving import serve
from tests.discord_world import until

BUTTON: Mapping[str, Any] = {
    "type": 1,
    "components": [{"type": 2, "style": 1, "label": "Now", "custom_id": "q:99:now"}],
}
"""A row with one button."""


@dataclass
class Audience:
    """A Discord with one channel and one reader, and what was heard there."""

    discord: Discord
    channel: Channel
    reader: User
    faults: Faults
    base: str
    batches: list[Batch] = field(default_factory=list)

    @property
    def people(self) -> People:
        return People(self.discord.state)

    @property
    def updates(self) -> list[Update]:
        return [update for batch in self.batches for update in batch.updates]

    @property
    def events(self) -> list[Event]:
        return [event for update in self.updates for event in read(update)]

    @property
    def sessions(self) -> int:
        return sum(batch.gap for batch in self.batches)

    def post(self, text: str, *rows: Mapping[str, Any], channel: int | None = None) -> Message:
        """A message of the bot's own, with rows of buttons."""
        form = Form(content=text, components=rows or None)
        return self.discord.state.post(channel or self.channel.id, form, ())

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def keys(self) -> Sequence[str]:
        return [update.key for update in self.updates]

    @asynccontextmanager
    async def listener(self, token: str = TOKEN, clock: Clock | None = None) -> AsyncIterator[DiscordListener]:
        """Logged in, not listening yet."""
        made = DiscordListener(token, self.base, clock=clock)
        await made.open()
        try:
            yield made
        finally:
            await made.close()

    @asynccontextmanager
    async def hearing(self, token: str = TOKEN, clock: Clock | None = None) -> AsyncIterator[DiscordListener]:
        """Listening, in a session; the listening may end by itself only in an error, which is raised here."""
        async with self.listener(token, clock) as listener:
            before = self.sessions
            task = asyncio.create_task(self.keep(listener))
            try:
                await until(lambda: self.sessions > before or task.done(), 20)
                yield listener
            finally:
                ended = task.done()
                task.cancel()
                (result,) = await asyncio.gather(task, return_exceptions=True)
            if ended and isinstance(result, BaseException):
                raise result

    async def keep(self, listener: DiscordListener, cursor: str | None = None) -> None:
        """Take in whatever comes, for ever."""
        batches = listener.listen(cursor)
        try:
            async for batch in batches:
                self.batches.append(batch)
        finally:
            await batches.aclose()


@asynccontextmanager
async def audience(*, content: bool = True, clock: Clock | None = None) -> AsyncIterator[Audience]:
    state = State(clock or SystemClock())
    state.message_content = content
    channel = state.add_channel(state.add_guild("Readers").id, "issues")
    discord, faults = Discord(state, NO_LIMITS), Faults()
    async with serve(application(discord, faults)) as base:
        yield Audience(discord, channel, state.add_user("ann"), faults, base)
