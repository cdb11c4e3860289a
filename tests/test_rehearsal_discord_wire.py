"""The local Discord on the wire: unmodified discord.py must be content with it, and broken requests must not be."""

from __future__ import annotations

import asyncio
import io

import aiohttp
import discord
import pytest

from bots.rehearsal.discord.api import TOKEN, route_name
from bots.rehearsal.discord.limits import Rules
from bots.rehearsal.discord.model import PUBLISHER, Permission
from bots.rehearsal.discord.server import PREFIX, application
from bots.rehearsal.faults import Fault, Faults, Planned
from bots.rehearsal.serving import serve
from tests.discord_world import client_of, fast_world, picture

AUTHORISED = {"Authorization": f"Bot {TOKEN}"}


# ---------------------------------------------------------------- through discord.py


async def test_the_library_sees_the_server_channel_and_rights() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        seen = await client.fetch_channel(channel.id)
        guild = await client.fetch_guild(channel.guild)
        me = await guild.fetch_member(world.state.bot.id)
    assert isinstance(seen, discord.TextChannel)
    assert (seen.name, guild.name) == ("issues", "Readers")
    rights = seen.permissions_for(me)
    assert rights.send_messages
    assert rights.attach_files
    assert not rights.manage_messages


async def test_the_library_sends_edits_reads_and_deletes() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        there = client.get_partial_messageable(channel.id)
        content = picture().content
        file = discord.File(io.BytesIO(content), "周 刊.png", description="封面")
        sent = await there.send("hello", file=file, nonce="n1", silent=True)
        assert await sent.attachments[0].read() == content
        assert (sent.attachments[0].width, sent.attachments[0].description) == (6, "封面")
        await there.get_partial_message(sent.id).edit(content="changed", attachments=[])
        (seen,) = [message async for message in there.history(limit=None)]
        assert (seen.content, seen.attachments, seen.flags.suppress_notifications) == ("changed", [], True)
        await there.get_partial_message(sent.id).delete()
        with pytest.raises(discord.NotFound) as caught:
            await there.fetch_message(sent.id)
    assert caught.value.code == 10008
    assert world.state.deleted[0].nonce == "n1"


async def test_the_library_reads_the_tree_of_field_errors() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        with pytest.raises(discord.HTTPException, match="In content: Must be 2000 or fewer in length"):
            await client.get_partial_messageable(channel.id).send("x" * 2001)


async def test_the_library_pages_through_history_in_order() -> None:
    world, channel = fast_world()
    for n in range(230):
        world.state.say(channel.id, world.state.bot, str(n))
    start = discord.Object(world.state.messages(channel.id)[9].id)
    async with client_of(world) as client:
        history = client.get_partial_messageable(channel.id).history(after=start, oldest_first=True, limit=None)
        seen = [int(message.content) async for message in history]
    assert seen == list(range(10, 230))


async def test_the_library_paces_itself_by_the_headers_and_meets_no_429() -> None:
    world, channel = fast_world(Rules())
    faults = Faults()
    async with client_of(world, faults) as client:
        there = client.get_partial_messageable(channel.id)
        for n in range(12):
            await there.send(str(n))
    assert [message.content for message in world.state.messages(channel.id)] == [str(n) for n in range(12)]
    assert faults.calls.count("createMessage") == 12


async def test_a_wrong_token_fails_the_login() -> None:
    world, _ = fast_world()
    world.token = "another"
    with pytest.raises(discord.LoginFailure):
        async with client_of(world):
            pytest.fail("logged in")


async def test_a_planned_429_is_waited_for_and_a_long_one_raised() -> None:
    world, channel = fast_world()
    faults = Faults([Planned(1, Fault.RATE_SHORT, "createMessage"), Planned(3, Fault.RATE_LONG, "createMessage")])
    async with client_of(world, faults) as client:
        there = client.get_partial_messageable(channel.id)
        await there.send("after a moment")
        with pytest.raises(discord.RateLimited):
            await there.send("not today")
    assert [message.content for message in world.state.messages(channel.id)] == ["after a moment"]


async def test_a_reply_that_was_lost_leaves_one_message_under_its_nonce() -> None:
    world, channel = fast_world()
    faults = Faults([Planned(1, Fault.TAKEN_RESET, "createMessage")])
    async with client_of(world, faults) as client:
        there = client.get_partial_messageable(channel.id)
        with pytest.raises((aiohttp.ClientError, OSError)):
            await there.send("once", nonce="n1")
        again = await there.send("once", nonce="n1")
    assert [message.id for message in world.state.messages(channel.id)] == [again.id]


async def test_trouble_is_planned_for_reactions_and_answers_by_their_names() -> None:
    world, channel = fast_world()
    world.state.permit(channel.id, PUBLISHER | Permission.ADD_REACTIONS)
    faults = Faults([Planned(1, Fault.RATE_SHORT, "addReaction")])
    async with client_of(world, faults) as client:
        sent = await client.get_partial_messageable(channel.id).send("x")
        await sent.add_reaction("👍")
    assert faults.calls.count("addReaction") == 2
    assert route_name("POST", "/interactions/1/t/callback") == "answerInteraction"
    assert route_name("POST", "/webhooks/1/t") == "followUp"
    assert route_name("PATCH", "/webhooks/1/t/messages/@original") == "editAnswer"
    assert route_name("PUT", "/applications/1/guilds/2/commands") == "overwriteGuildCommands"


# ---------------------------------------------------------------- the wire itself


async def test_answers_are_plain_json_and_attachments_need_their_signature() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        await client.get_partial_messageable(channel.id).send(file=discord.File(io.BytesIO(picture().content), "a.png"))
    async with serve(application(world)) as base, aiohttp.ClientSession() as session:
        async with session.get(f"{base}{PREFIX}/channels/{channel.id}/messages", headers=AUTHORISED) as response:
            assert response.headers["Content-Type"] == "application/json"
            (url,) = [each["url"] for each in (await response.json())[0]["attachments"]]
        async with session.get(url) as response:
            assert (response.status, response.content_type) == (200, "image/png")
        async with session.get(url.replace("&hm=", "&hm=0")) as response:
            assert response.status == 404


BROKEN = {
    "not JSON": (b"{", "application/json", 400, 50109),
    "JSON that is no object": (b"[]", "application/json", 400, 50109),
    "a request over 25 MiB": (bytes(25 * 1024 * 1024 + 1), "application/json", 413, 40005),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_broken_requests_are_refused(case: str) -> None:
    body, kind, status, code = BROKEN[case]
    world, channel = fast_world()
    async with serve(application(world)) as base, aiohttp.ClientSession() as session:
        url = f"{base}{PREFIX}/channels/{channel.id}/messages"
        headers = {**AUTHORISED, "Content-Type": kind}
        async with session.post(url, data=io.BytesIO(body), headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (status, code)
    assert world.state.messages(channel.id) == ()


async def test_another_hosts_name_is_not_served() -> None:
    world, _ = fast_world()
    async with (
        serve(application(world)) as base,
        aiohttp.ClientSession(headers={"Host": "example.org"}) as session,
        session.get(f"{base}{PREFIX}/gateway") as response,
    ):
        assert response.status == 421


async def test_many_calls_at_once_are_all_answered() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        there = client.get_partial_messageable(channel.id)
        await asyncio.gather(*(there.send(str(n)) for n in range(30)))
    assert {message.content for message in world.state.messages(channel.id)} == {str(n) for n in range(30)}
