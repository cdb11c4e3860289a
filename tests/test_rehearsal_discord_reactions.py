"""Reactions, members' roles and private conversations in the local Discord."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import discord
import pytest

from bots.rehearsal.discord import members
from bots.rehearsal.discord.limits import Rules
from bots.rehearsal.discord.model import PUBLISHER, Emoji, Message, Permission, User
from bots.rehearsal.discord.people import People
from bots.rehearsal.discord.reactions import read_emoji
from bots.rehearsal.discord.wire import Answer, Refused
from tests.discord_world import World, client_of, fast_world, make_world, refusal


@pytest.fixture
def world() -> World:
    made = make_world()
    made.state.permit(made.channel.id, PUBLISHER | Permission.ADD_REACTIONS)
    return made


@pytest.fixture
def reader(world: World) -> User:
    return world.state.add_user("reader")


def message_of(world: World) -> Message:
    number = world.send({"content": "第一期"}).body["id"]
    return world.state.message(world.channel.id, int(number))


def path_of(message: Message, emoji: str = "", who: str = "") -> str:
    parts = [f"/channels/{message.channel}/messages/{message.id}/reactions", quote(emoji), who]
    return "/".join(each for each in parts if each)


def shown(world: World, message: Message) -> Any:
    return world.call("GET", f"/channels/{message.channel}/messages/{message.id}").body.get("reactions")


# ---------------------------------------------------------------- reactions

EMOJI = {
    "👍": True,
    "👍🏽": True,
    "❤️": True,
    "❤": True,
    "1️⃣": True,
    "🇩🇪": True,
    "👨‍👩‍👧": True,
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿": True,
    "weektech:7": True,
    "a:weektech:7": True,
    "weektech:8": False,
    "👍👍": False,
    "1": False,
    "a": False,
    "中": False,
    ":thumbsup:": False,
}


@pytest.mark.parametrize("text", EMOJI)
def test_what_is_an_emoji(world: World, text: str) -> None:
    world.state.emojis[7] = Emoji("weektech", 7)
    if EMOJI[text]:
        assert read_emoji(world.state, quote(text)).name in (text, "weektech")
    else:
        with pytest.raises(Refused, match="400 10014"):
            read_emoji(world.state, quote(text))


def test_a_message_counts_its_reactions_by_kind(world: World, reader: User) -> None:
    message, other = message_of(world), world.state.add_user("other")
    assert shown(world, message) is None
    world.people.react(message, reader, "❤️")
    world.people.react(message, reader, "❤️", burst=True)
    world.people.react(message, other, "❤")  # the same emoji in another variant
    assert world.call("PUT", path_of(message, "👍", "@me")).status == 204
    heart, thumb = shown(world, message)
    assert (heart["emoji"]["name"], heart["count"], heart["me"]) == ("❤️", 3, False)
    assert heart["count_details"] == {"normal": 2, "burst": 1}
    assert (thumb["count"], thumb["me"], thumb["me_burst"]) == (1, True, False)
    (page,) = world.call("GET", f"/channels/{message.channel}/messages").body
    assert page["reactions"] == [heart, thumb]


def test_who_reacted_is_listed_by_kind_and_in_pages(world: World) -> None:
    message = message_of(world)
    users = [world.state.add_user(str(n)) for n in range(5)]
    for user in reversed(users):
        world.people.react(message, user, "👍")
    world.people.react(message, users[0], "👍", burst=True)

    def page(**query: str) -> list[str]:
        return [each["username"] for each in world.call("GET", path_of(message, "👍"), query=query).body]

    assert page() == ["0", "1", "2", "3", "4"]
    assert page(type="1") == ["0"]
    assert page(limit="2") == ["0", "1"]
    assert page(limit="2", after=str(users[1].id)) == ["2", "3"]
    assert refusal(world.call("GET", path_of(message, "👍"), query={"limit": "101"})) == (400, 50035)
    assert refusal(world.call("GET", path_of(message, "x"))) == (400, 10014)


def test_reactions_are_taken_back(world: World, reader: User) -> None:
    message = message_of(world)
    for emoji in ("👍", "👎"):
        world.people.react(message, reader, emoji)
        world.call("PUT", path_of(message, emoji, "@me"))
    assert world.call("DELETE", path_of(message, "👍", "@me")).status == 204
    assert [each["count"] for each in shown(world, message)] == [1, 2]
    for path in (path_of(message, "👍", str(reader.id)), path_of(message, "👎"), path_of(message)):
        assert refusal(world.call("DELETE", path)) == (403, 50013)
    world.state.permit(world.channel.id, PUBLISHER | Permission.MANAGE_MESSAGES)
    world.call("DELETE", path_of(message, "👍", str(reader.id)))
    assert [each["emoji"]["name"] for each in shown(world, message)] == ["👎"]
    world.call("DELETE", path_of(message, "👎"))
    assert shown(world, message) is None


def test_twenty_emoji_and_no_more(world: World) -> None:
    message = message_of(world)
    for n in range(20):
        assert world.call("PUT", path_of(message, chr(0x1F600 + n), "@me")).status == 204
    assert refusal(world.call("PUT", path_of(message, "👍", "@me"))) == (400, 30010)
    assert world.call("PUT", path_of(message, chr(0x1F600), "@me")).status == 204


def test_the_right_to_react_is_for_the_first_with_an_emoji(world: World, reader: User) -> None:
    world.state.permit(world.channel.id, PUBLISHER)
    message = message_of(world)
    assert refusal(world.call("PUT", path_of(message, "👍", "@me"))) == (403, 50013)
    world.people.react(message, reader, "👍")
    assert world.call("PUT", path_of(message, "👍", "@me")).status == 204
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.READ_MESSAGE_HISTORY)
    assert refusal(world.call("GET", path_of(message, "👍"))) == (403, 50013)


def test_nobody_reacts_in_an_archived_thread(world: World, reader: User) -> None:
    thread = world.people.start_thread(message_of(world), reader, "x")
    said = world.people.say(thread.id, reader, "x")
    world.clock.advance(2 * 24 * 3600)
    assert refusal(world.call("PUT", path_of(said, "👍", "@me"))) == (400, 50083)


def test_reactions_have_a_window_of_their_own() -> None:
    world = make_world(Rules())
    message = message_of(world)
    statuses = [world.call("PUT", path_of(message, "👍", "@me")).status for _ in range(2)]
    assert statuses == [403, 429]
    world.clock.advance(0.25)
    assert world.call("PUT", path_of(message, "👍", "@me")).status == 403


async def test_the_library_reads_reactions_of_both_kinds() -> None:
    world, channel = fast_world()
    world.state.permit(channel.id, PUBLISHER | Permission.ADD_REACTIONS)
    people = People(world.state)
    users = [world.state.add_user(str(n)) for n in range(130)]
    async with client_of(world) as client:
        there = client.get_partial_messageable(channel.id)
        sent = await there.send("x")
        for user in users:
            people.react(world.state.message(channel.id, sent.id), user, "❤️")
        people.react(world.state.message(channel.id, sent.id), users[3], "❤️", burst=True)
        await sent.add_reaction("👍")
        await sent.remove_reaction("👍", client.user)  # type: ignore[arg-type]
        (reaction,) = (await there.fetch_message(sent.id)).reactions
        normal = [user.name async for user in reaction.users(type=discord.ReactionType.normal)]
        burst = [user.name async for user in reaction.users(type=discord.ReactionType.burst)]
    assert (reaction.normal_count, reaction.burst_count, burst) == (130, 1, ["3"])
    assert sorted(normal, key=int) == [str(n) for n in range(130)]  # the library turns each page around


# ---------------------------------------------------------------- roles


def role_call(world: World, user: User, role: int, method: str = "PUT") -> Answer:
    return world.call(method, f"/guilds/{world.channel.guild}/members/{user.id}/roles/{role}")


def test_a_role_is_given_by_who_may_and_stands_above(world: World, reader: User) -> None:
    state, guild = world.state, world.channel.guild
    low = state.add_role(guild, "AI")
    own = state.add_role(guild, "weektech", permissions=Permission.MANAGE_ROLES)
    high = state.add_role(guild, "editors")
    assert refusal(role_call(world, reader, low.id)) == (403, 50013)
    members.give(state, guild, state.bot.id, own.id)
    assert role_call(world, reader, low.id).status == 204
    assert refusal(role_call(world, reader, own.id)) == (403, 50013)
    assert refusal(role_call(world, reader, high.id)) == (403, 50013)
    assert refusal(role_call(world, reader, 7)) == (404, 10011)
    assert refusal(role_call(world, User(7, "x"), low.id)) == (404, 10007)
    member = world.call("GET", f"/guilds/{guild}/members/{reader.id}").body
    assert member["roles"] == [str(low.id)]
    assert role_call(world, reader, low.id, "DELETE").status == 204
    assert members.roles(state, guild, reader.id) == ()


def test_a_role_is_made_below_the_bots(world: World, reader: User) -> None:
    state, guild = world.state, world.channel.guild
    path = f"/guilds/{guild}/roles"
    assert refusal(world.call("POST", path, {"name": "AI"})) == (403, 50013)
    own = state.add_role(guild, "weektech", permissions=Permission.MANAGE_ROLES)
    members.give(state, guild, state.bot.id, own.id)
    made = world.call("POST", path, {"name": "AI", "mentionable": True})
    assert (made.status, made.body["name"], made.body["mentionable"]) == (200, "AI", True)
    assert role_call(world, reader, int(made.body["id"])).status == 204
    assert refusal(world.call("POST", path, {"name": "x" * 101})) == (400, 50035)
    grown = {"name": "x", "permissions": str(int(Permission.ADMINISTRATOR))}
    assert refusal(world.call("POST", path, grown)) == (403, 50013)
    assert [each["name"] for each in world.call("GET", path).body] == ["@everyone", "AI", "weektech"]


# ---------------------------------------------------------------- private conversations


def test_a_conversation_is_opened_once_and_written_into(world: World, reader: User) -> None:
    first, second = (world.call("POST", "/users/@me/channels", {"recipient_id": str(reader.id)}).body for _ in range(2))
    assert (first["id"], first["type"]) == (second["id"], 1)
    assert [each["username"] for each in first["recipients"]] == ["reader"]
    messages = f"/channels/{first['id']}/messages"
    assert world.call("POST", messages, {"content": "hello", "embeds": [{"title": "t"}]}).body["embeds"] != []
    world.people.say(int(first["id"]), reader, "hi")
    assert [each["content"] for each in world.call("GET", messages).body] == ["hi", "hello"]
    assert world.people.converse(reader).id == int(first["id"])


def test_who_takes_no_messages_gets_none(world: World, reader: User) -> None:
    number = world.call("POST", "/users/@me/channels", {"recipient_id": str(reader.id)}).body["id"]
    world.people.refuse_messages(reader)
    assert refusal(world.call("POST", f"/channels/{number}/messages", {"content": "x"})) == (403, 50007)
    world.people.refuse_messages(reader, refuse=False)
    assert world.call("POST", f"/channels/{number}/messages", {"content": "x"}).status == 200


def test_nobody_converses_with_bots_or_strangers(world: World) -> None:
    for number in ("7", str(world.state.bot.id)):
        assert refusal(world.call("POST", "/users/@me/channels", {"recipient_id": number})) == (400, 50033)
    assert refusal(world.call("POST", "/users/@me/channels", {})) == (400, 50035)


async def test_the_library_writes_to_one_person() -> None:
    world, _ = fast_world()
    reader = world.state.add_user("reader")
    async with client_of(world) as client:
        there = await client.create_dm(discord.Object(reader.id))
        await there.send("hello")
        People(world.state).refuse_messages(reader)
        with pytest.raises(discord.Forbidden) as caught:
            await there.send("hello?")
    assert caught.value.code == 50007
    assert [each.content for each in world.state.messages(there.id)] == ["hello"]
