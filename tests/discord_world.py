"""A local Discord to test: called directly on a clock that moves when told, or over the wire by discord.py."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import yarl
from PIL import Image

from bots.clock import SystemClock
from bots.rehearsal.discord.api import TOKEN, Discord
from bots.rehearsal.discord.limits import NO_LIMITS, Rules
from bots.rehearsal.discord.model import Channel
from bots.rehearsal.discord.people import People
from bots.rehearsal.discord.server import PREFIX, application
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Answer, Call, FilePart
from bots.rehearsal.faults import Faults
from bots.rehearsal.serving import serve


class HandClock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.speed = 1.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class World:
    clock: HandClock
    state: State
    discord: Discord
    channel: Channel

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        return self.discord.call(Call(method, path, **{"token": f"Bot {TOKEN}", "body": body or {}, **more}))

    def send(self, body: Mapping[str, Any], *files: FilePart, size: int = 0) -> Answer:
        return self.call("POST", f"/channels/{self.channel.id}/messages", body, files=files, size=size)

    def edit(self, number: str, body: Mapping[str, Any], *files: FilePart) -> Answer:
        return self.call("PATCH", f"/channels/{self.channel.id}/messages/{number}", body, files=files)

    def delete(self, number: str) -> Answer:
        return self.call("DELETE", f"/channels/{self.channel.id}/messages/{number}")

    @property
    def people(self) -> People:
        return People(self.state)

    def contents(self) -> list[str]:
        return [message.content for message in self.state.messages(self.channel.id)]


def make_world(rules: Rules = NO_LIMITS) -> World:
    clock = HandClock()
    state = State(clock)
    channel = state.add_channel(state.add_guild("Readers").id, "issues")
    return World(clock, state, Discord(state, rules), channel)


def picture(key: int = 0, name: str = "one.png") -> FilePart:
    held = io.BytesIO()
    Image.new("RGB", (6, 4)).save(held, "PNG")
    return FilePart(key, name, held.getvalue())


@asynccontextmanager
async def client_of(world: Discord, faults: Faults | None = None) -> AsyncIterator[discord.Client]:
    before = discord.http.Route.BASE
    async with serve(application(world, faults)) as base:
        discord.http.Route.BASE = base + PREFIX
        try:
            async with discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30) as client:
                await client.login(TOKEN)
                yield client
        finally:
            discord.http.Route.BASE = before


@asynccontextmanager
async def listening(
    world: Discord, client: discord.Client, faults: Faults | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """`client` connected and ready; gives its task, which ends when the gateway turns it away for good."""
    rest, gateway = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    async with serve(application(world, faults)) as base:
        discord.http.Route.BASE = base + PREFIX
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(base.replace("http", "ws") + "/gateway/")
        running = asyncio.create_task(client.start(TOKEN))
        try:
            await until(lambda: client.is_ready() or running.done())
            yield running
        finally:
            await client.close()
            await asyncio.gather(running, return_exceptions=True)
            discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = rest, gateway


class Hearing(discord.Client):
    """A client that is ready as soon as it has heard of its servers, and doesn't wait 5 s before it logs in again."""

    def __init__(self, intents: discord.Intents | None = None, **options: Any) -> None:
        super().__init__(intents=intents or discord.Intents.default(), guild_ready_timeout=0.05, **options)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        pass


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait for a condition that something else brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- what is waited for is told to nobody
            await asyncio.sleep(0.005)


def fast_world(rules: Rules = NO_LIMITS, speed: float = 100) -> tuple[Discord, Channel]:
    state = State(SystemClock(speed))
    channel = state.add_channel(state.add_guild("Readers").id, "issues")
    return Discord(state, rules), channel


def refusal(answer: Answer) -> tuple[int, int]:
    """The status and Discord's code of an answer that must be a refusal."""
    assert answer.status >= 400, answer.body
    return answer.status, answer.body["code"]
