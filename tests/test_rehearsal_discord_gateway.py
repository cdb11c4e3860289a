"""The local Discord's gateway: the protocol by itself, and with unmodified discord.py over a websocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import discord
import pytest

from bots.rehearsal.discord.api import TOKEN
from bots.rehearsal.discord.gateway import Gateway
from bots.rehearsal.discord.intents import Intent
from bots.rehearsal.discord.people import People
from bots.rehearsal.discord.sessions import WINDOW, Link
from tests.discord_world import Hearing, World, fast_world, listening, make_world, until

EVERYTHING = int(Intent.GUILDS | Intent.GUILD_MESSAGES | Intent.GUILD_MESSAGE_REACTIONS | Intent.DIRECT_MESSAGES)


@dataclass
class Caller:
    """A client of the protocol, without a socket."""

    world: World
    frames: list[dict[str, Any]] = field(default_factory=list)
    closed: int | None = None

    def __post_init__(self) -> None:
        self.link = Link(lambda text: self.frames.append(json.loads(text)), self._close, "http://127.0.0.1")
        self.world.discord.gateway.connected(self.link)

    def _close(self, code: int) -> None:
        self.closed = code
        self.world.discord.gateway.lost(self.link, code)

    def send(self, op: int, data: object = None) -> None:
        self.world.discord.gateway.received(self.link, json.dumps({"op": op, "d": data}))

    def identify(self, intents: object = EVERYTHING, token: str = TOKEN) -> Caller:
        self.send(2, {"token": token, "intents": intents, "properties": {}})
        return self

    def leave(self, code: int | None = None) -> None:
        self.world.discord.gateway.lost(self.link, code)

    @property
    def ops(self) -> list[int]:
        return [frame["op"] for frame in self.frames]

    @property
    def names(self) -> list[str]:
        return [frame["t"] for frame in self.frames if frame["op"] == 0]

    @property
    def ready(self) -> dict[str, Any]:
        found: dict[str, Any] = next(frame["d"] for frame in self.frames if frame["t"] == "READY")
        return found


@pytest.fixture
def world() -> World:
    return make_world()


def resume(caller: Caller, session: str, seq: int) -> None:
    caller.send(6, {"token": TOKEN, "session_id": session, "seq": seq})


# ---------------------------------------------------------------- the protocol


def test_hello_comes_first_and_heartbeats_are_answered(world: World) -> None:
    caller = Caller(world)
    assert caller.frames[0]["d"]["heartbeat_interval"] == 41_250
    caller.send(1)
    assert caller.ops == [10, 11]
    world.discord.gateway.acknowledges = False
    caller.send(1)
    assert caller.ops == [10, 11]


def test_ready_is_followed_by_each_guild_with_its_channels_roles_and_the_bot(world: World) -> None:
    role = world.state.add_role(world.channel.guild, "读者")
    world.state.member_roles[world.channel.guild, world.state.bot.id] = frozenset({role.id})
    caller = Caller(world).identify()
    assert caller.names == ["READY", "GUILD_CREATE"]
    assert caller.ready["resume_gateway_url"] == "ws://127.0.0.1/gateway/"
    guild = caller.frames[-1]["d"]
    assert [each["name"] for each in guild["channels"]] == ["issues"]
    assert [each["name"] for each in guild["roles"]] == ["@everyone", "读者"]
    assert [(each["user"]["id"], each["roles"]) for each in guild["members"]] == [
        (str(world.state.bot.id), [str(role.id)])
    ]


TURNED_AWAY: dict[str, tuple[dict[str, Any], int]] = {
    "a wrong token": ({"token": "another"}, 4004),
    "no intents": ({"intents": None}, 4013),
    "intents that don't exist": ({"intents": 1 << 40}, 4013),
    "message content without the portal's switch": ({"intents": int(Intent.MESSAGE_CONTENT)}, 4014),
    "members without the portal's switch": ({"intents": int(Intent.GUILD_MEMBERS)}, 4014),
}


@pytest.mark.parametrize("case", TURNED_AWAY)
def test_who_is_turned_away(world: World, case: str) -> None:
    more, code = TURNED_AWAY[case]
    caller = Caller(world).identify(**more)
    assert (caller.closed, caller.names) == (code, [])
    assert world.discord.gateway.identified == []


def test_privileged_intents_are_granted_by_the_portal(world: World) -> None:
    world.state.message_content = world.state.server_members = True
    caller = Caller(world).identify(int(Intent.MESSAGE_CONTENT | Intent.GUILD_MEMBERS | Intent.GUILDS))
    assert caller.closed is None
    assert len(caller.frames[-1]["d"]["members"]) == len(world.state.users)


BROKEN: dict[str, tuple[str, int]] = {
    "no JSON": ("{", 4002),
    "no object": ("[]", 4002),
    "too long": (json.dumps({"op": 1, "d": "x" * 4096}), 4002),
    "an opcode nobody knows": ('{"op": 99}', 4001),
    "a request before the login": ('{"op": 8, "d": {}}', 4003),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_frames_close_the_connection(world: World, case: str) -> None:
    text, code = BROKEN[case]
    caller = Caller(world)
    world.discord.gateway.received(caller.link, text)
    assert caller.closed == code


def test_nobody_logs_in_twice_or_talks_too_much(world: World) -> None:
    assert Caller(world).identify().identify().closed == 4005
    caller = Caller(world)
    for _ in range(120):
        caller.send(1)
    assert caller.closed is None
    caller.send(1)
    assert caller.closed == 4008


def test_who_comes_back_hears_what_they_missed_and_nothing_twice(world: World) -> None:
    first = Caller(world).identify()
    reader = world.state.add_user("reader")
    world.people.say(world.channel.id, reader, "heard")
    seen = first.frames[-1]["s"]
    first.leave(None)
    world.people.say(world.channel.id, reader, "missed")
    world.clock.advance(WINDOW.total_seconds() - 1)
    second = Caller(world)
    resume(second, first.ready["session_id"], seen)
    assert second.names == ["MESSAGE_CREATE", "RESUMED"]
    assert [frame["s"] for frame in second.frames[1:]] == [seen + 1, seen + 2]
    world.people.say(world.channel.id, reader, "now")
    assert second.frames[-1]["s"] == seen + 3
    assert world.discord.gateway.resumed == 1


def test_sessions_end_after_a_while_or_with_a_goodbye(world: World) -> None:
    late, gone = Caller(world).identify(), Caller(world).identify()
    late.leave(4000)
    world.clock.advance(WINDOW.total_seconds() + 1)
    gone.leave(1000)
    for old in (late, gone):
        back = Caller(world)
        resume(back, old.ready["session_id"], 1)
        assert (back.frames[-1]["op"], back.frames[-1]["d"], back.closed) == (9, False, None)
        assert back.identify().names[0] == "READY"


def test_a_sequence_from_the_future_is_refused(world: World) -> None:
    first = Caller(world).identify()
    first.leave()
    second = Caller(world)
    resume(second, first.ready["session_id"], 999)
    assert second.closed == 4007


def test_gateways_address_is_told(world: World) -> None:
    for path in ("/gateway", "/gateway/bot"):
        assert world.call("GET", path, origin="http://127.0.0.1:1").body["url"] == "ws://127.0.0.1:1/gateway/"


# ---------------------------------------------------------------- through discord.py


async def test_the_library_gets_ready_and_knows_its_servers() -> None:
    world, channel = fast_world(speed=1)
    client = Hearing()
    async with listening(world, client):
        (guild,) = client.guilds
        assert (guild.name, guild.me.id) == ("Readers", world.state.bot.id)
        assert [each.name for each in guild.text_channels] == ["issues"]
        assert guild.get_channel(channel.id) is not None
        assert world.gateway.identified == [Intent(client.intents.value)]


async def test_the_library_is_told_why_it_is_turned_away() -> None:
    world, _ = fast_world(speed=1)
    client = Hearing(discord.Intents(guilds=True, message_content=True))
    async with listening(world, client) as running:
        await until(running.done)
        assert isinstance(running.exception(), discord.PrivilegedIntentsRequired)


TROUBLE: dict[str, tuple[Callable[[Gateway], None], bool]] = {
    "closed with 4000": (lambda gateway: gateway.drop(), True),
    "broken off": (lambda gateway: gateway.drop(0), True),
    "asked to reconnect": (lambda gateway: gateway.ask_to_reconnect(), True),
    "told to take it up again": (lambda gateway: gateway.invalidate(resumable=True), True),
    "told that it is over": (lambda gateway: gateway.invalidate(), False),
}


@pytest.mark.parametrize("case", TROUBLE)
async def test_the_library_comes_back_and_misses_nothing_it_can_have(case: str) -> None:
    trouble, resumes = TROUBLE[case]
    world, channel = fast_world(speed=1)
    people, reader = People(world.state), world.state.add_user("reader")
    heard: list[int] = []
    client = Hearing()

    @client.event
    async def on_message(message: discord.Message) -> None:
        heard.append(message.id)

    async with listening(world, client):
        first = people.say(channel.id, reader, "before")
        await until(lambda: heard)
        trouble(world.gateway)
        missed = people.say(channel.id, reader, "meanwhile")
        await until(lambda: world.gateway.resumed or len(world.gateway.identified) > 1)
        later = people.say(channel.id, reader, "after")
        await until(lambda: later.id in heard)
    assert (world.gateway.resumed, len(world.gateway.identified)) == ((1, 1) if resumes else (0, 2))
    assert heard == [first.id, missed.id, later.id] if resumes else heard[0] == first.id


async def test_people_in_several_threads_are_all_heard_in_one_order() -> None:
    world, channel = fast_world(speed=1)
    people, readers = People(world.state), [world.state.add_user(str(n)) for n in range(4)]
    world.state.message_content = True
    heard: list[tuple[str, str]] = []
    client = Hearing(discord.Intents(guilds=True, messages=True, message_content=True))

    @client.event
    async def on_message(message: discord.Message) -> None:
        heard.append((message.author.name, message.content))

    def talk(n: int) -> None:
        for word in range(25):
            people.say(channel.id, readers[n], str(word))

    async with listening(world, client):
        await asyncio.gather(*(asyncio.to_thread(talk, n) for n in range(4)))
        await until(lambda: len(heard) >= 100)
    assert [(each.author.name, each.content) for each in world.state.messages(channel.id)] == heard
    assert len(set(heard)) == 100


async def test_a_silent_gateway_is_left_and_found_again() -> None:
    world, _ = fast_world(speed=1)
    world.gateway.heartbeat_ms = 40
    world.gateway.acknowledges = False
    client = Hearing(discord.Intents(guilds=True), heartbeat_timeout=0.5)
    async with listening(world, client):
        await until(lambda: world.gateway.resumed)
    assert len(world.gateway.identified) == 1


async def test_events_that_make_no_sense_can_be_sent() -> None:
    world, channel = fast_world(speed=1)
    client = Hearing()
    seen: list[str] = []

    @client.event
    async def on_socket_event_type(name: str) -> None:
        seen.append(name)

    async with listening(world, client) as running:
        world.gateway.dispatch("SOMETHING_NEW", {"a": 1})
        world.gateway.push('{"op": 77, "d": null}')
        People(world.state).say(channel.id, world.state.add_user("reader"), "x")
        await until(lambda: "MESSAGE_CREATE" in seen)
        assert "SOMETHING_NEW" in seen
        assert not running.done()
