"""What a session of the local Discord hears: by its intents, by the bot's rights, and with or without words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord
import pytest

from bots.rehearsal.discord import members
from bots.rehearsal.discord.dispatch import Ear, told
from bots.rehearsal.discord.intents import Intent
from bots.rehearsal.discord.model import NO_RIGHTS, ChannelType, Emoji, Message, User
from bots.rehearsal.discord.people import People
from tests.discord_world import Hearing, World, fast_world, listening, make_world, picture, until

ALL = Intent(sum(Intent))


class Log:
    """What one session was told, in order."""

    def __init__(self, world: World, intents: Intent = ALL) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._desk, self._ear = world.discord.desk, Ear(intents, "http://127.0.0.1")
        world.state.news.listeners.append(self._hear)

    def _hear(self, event: Any) -> None:
        if (news := told(self._desk, event, self._ear)) is not None:
            self.told.append(news)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def reader(world: World) -> User:
    return world.state.add_user("reader")


Deed = Callable[[World, User, Message], object]


def then(*deeds: Deed) -> Deed:
    def all_of_them(world: World, user: User, message: Message) -> None:
        for deed in deeds:
            deed(world, user, message)

    return all_of_them


def react(world: World, user: User, message: Message) -> None:
    world.people.react(message, user, "👍")


def unreact(world: World, user: User, message: Message) -> None:
    world.people.unreact(message, user, "👍")


DEEDS: dict[str, tuple[Deed, list[str]]] = {
    "says": (lambda w, u, m: w.people.say(m.channel, u, "x"), ["MESSAGE_CREATE"]),
    "edits": (lambda w, u, m: w.people.edit(m, "y"), ["MESSAGE_UPDATE"]),
    "deletes": (lambda w, u, m: w.people.delete(m), ["MESSAGE_DELETE"]),
    "deletes several": (lambda w, u, m: w.people.delete_many([m]), ["MESSAGE_DELETE_BULK"]),
    "reacts": (react, ["MESSAGE_REACTION_ADD"]),
    "reacts twice": (then(react, react), ["MESSAGE_REACTION_ADD"]),
    "takes it back": (then(react, unreact), ["MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"]),
    "takes back what isn't there": (unreact, []),
    "clears reactions": (
        then(react, lambda w, u, m: w.people.clear_reactions(m)),
        ["MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE_ALL"],
    ),
    "clears an emoji": (
        then(react, lambda w, u, m: w.people.clear_reactions(m, "👍")),
        ["MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE_EMOJI"],
    ),
    "opens a thread": (
        lambda w, u, m: w.people.start_thread(m, u, "一"),
        ["THREAD_CREATE", "MESSAGE_UPDATE", "MESSAGE_CREATE"],
    ),
    "closes a thread": (
        lambda w, u, m: w.people.close_thread(w.people.start_thread(m, u, "一").id, locked=True),
        ["THREAD_CREATE", "MESSAGE_UPDATE", "MESSAGE_CREATE", "THREAD_UPDATE"],
    ),
    "deletes a thread": (
        lambda w, u, m: w.people.delete_channel(w.people.start_thread(m, u, "一").id),
        ["THREAD_CREATE", "MESSAGE_UPDATE", "MESSAGE_CREATE", "THREAD_DELETE"],
    ),
    "sends the bot away": (lambda w, u, m: w.people.send_bot_away(w.channel.guild), ["GUILD_DELETE"]),
    "gives somebody a role": (
        lambda w, u, m: members.give(w.state, w.channel.guild, u.id, 1),
        ["GUILD_MEMBER_UPDATE"],
    ),
    "makes a channel": (lambda w, u, m: w.state.add_channel(w.channel.guild, "new"), ["CHANNEL_CREATE"]),
    "lets the bot in": (lambda w, u, m: w.state.add_guild("New"), ["GUILD_CREATE"]),
    "makes a role": (lambda w, u, m: w.state.add_role(w.channel.guild, "new"), ["GUILD_ROLE_CREATE"]),
    "renames a channel": (lambda w, u, m: w.state.put(replace(w.channel, name="new")), ["CHANNEL_UPDATE"]),
    "deletes a channel": (lambda w, u, m: w.state.remove_channel(m.channel), ["CHANNEL_DELETE"]),
}


@pytest.mark.parametrize("case", DEEDS)
def test_what_is_told_of_what_people_do(world: World, reader: User, case: str) -> None:
    deed, names = DEEDS[case]
    message = world.people.say(world.channel.id, reader, "hello")
    log = Log(world)
    deed(world, reader, message)
    assert log.names == names


@pytest.mark.parametrize("case", DEEDS)
def test_nothing_is_told_without_intents(world: World, reader: User, case: str) -> None:
    message = world.people.say(world.channel.id, reader, "hello")
    log = Log(world, Intent(0))
    DEEDS[case][0](world, reader, message)
    assert log.names == []


def test_reactions_and_messages_are_wanted_apart(world: World, reader: User) -> None:
    words, marks = Log(world, Intent.GUILD_MESSAGES), Log(world, Intent.GUILD_MESSAGE_REACTIONS)
    private = Log(world, Intent.DIRECT_MESSAGES)
    world.people.react(world.people.say(world.channel.id, reader, "x"), reader, "👍")
    world.people.say(world.people.converse(reader).id, reader, "x")
    assert (words.names, marks.names, private.names) == (
        ["MESSAGE_CREATE"],
        ["MESSAGE_REACTION_ADD"],
        ["MESSAGE_CREATE"],
    )
    assert "guild_id" in words.told[0][1]
    assert "guild_id" not in private.told[0][1]


def test_what_the_bot_may_not_see_is_not_told(world: World, reader: User) -> None:
    world.state.permit(world.channel.id, NO_RIGHTS)
    log = Log(world)
    world.people.react(world.people.say(world.channel.id, reader, "x"), reader, "👍")
    assert log.names == []


def test_the_bot_hears_itself(world: World) -> None:
    log = Log(world)
    number = world.send({"content": "第一期"}).body["id"]
    world.edit(number, {"content": "更正"})
    world.delete(number)
    assert log.names == ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"]
    assert (log.told[0][1]["author"]["id"], log.told[0][1]["content"]) == (str(world.state.bot.id), "第一期")


def test_a_thread_brought_back_by_a_word_says_so_first(world: World, reader: User) -> None:
    thread = world.people.start_thread(world.people.say(world.channel.id, reader, "x"), reader, "一")
    world.people.close_thread(thread.id)
    log = Log(world)
    world.people.say(thread.id, reader, "y")
    world.people.say(thread.id, reader, "z")
    assert log.names == ["THREAD_UPDATE", "MESSAGE_CREATE", "MESSAGE_CREATE"]


def test_a_refused_post_is_never_heard_of(world: World) -> None:
    forum = world.state.add_forum(world.channel.guild, "archive")
    log = Log(world)
    world.call("POST", f"/channels/{forum.id}/threads", {"name": "x", "message": {"content": " "}})
    assert log.names == []
    world.call("POST", f"/channels/{forum.id}/threads", {"name": "x", "message": {"content": "y"}})
    assert log.names == ["THREAD_CREATE", "MESSAGE_CREATE"]


def test_a_reaction_says_whose_message_it_is_under_and_of_what_kind_it_is(world: World, reader: User) -> None:
    number = world.send({"content": "x"}).body["id"]
    own = world.state.emojis.setdefault(7, Emoji("weektech", 7))
    log = Log(world)
    message = world.state.message(world.channel.id, int(number))
    world.people.react(message, reader, "👍")
    world.people.react(message, reader, f"{own.name}:{own.id}", burst=True)
    world.people.unreact(message, reader, "weektech:7")
    normal, burst, gone = (data for _, data in log.told)
    assert (normal["type"], burst["type"], gone["type"]) == (0, 1, 1)
    assert normal["message_author_id"] == str(world.state.bot.id)
    assert (normal["emoji"]["id"], burst["emoji"]["id"]) == (None, "7")
    assert normal["member"]["user"]["username"] == "reader"


# ---------------------------------------------------------------- whose words are told


def told_words(world: World, log: Log, message: Message) -> tuple[str, str]:
    """The words of a message in the last event and over REST."""
    answer = world.call("GET", f"/channels/{message.channel}/messages/{message.id}")
    return log.told[-1][1]["content"], answer.body["content"]


def test_without_the_intent_only_what_is_meant_for_the_bot_has_words(world: World, reader: User) -> None:
    sent = int(world.send({"content": "第一期"}).body["id"])
    log = Log(world, Intent.GUILD_MESSAGES | Intent.DIRECT_MESSAGES)
    say, here = world.people.say, world.channel.id
    assert told_words(world, log, say(here, reader, "among us", files=(picture(),))) == ("", "")
    assert log.told[-1][1]["attachments"] == []
    assert told_words(world, log, say(here, reader, "quiet", reply_to=sent, ping=False)) == ("", "")
    assert told_words(world, log, say(here, reader, "loud", reply_to=sent)) == ("loud", "loud")
    named = f"<@{world.state.bot.id}> hey"
    assert told_words(world, log, say(here, reader, named)) == (named, named)
    assert told_words(world, log, say(world.people.converse(reader).id, reader, "you")) == ("you", "you")


def test_with_the_intent_all_words_are_told_to_those_who_asked(world: World, reader: User) -> None:
    world.state.message_content = True
    asked, other = Log(world), Log(world, Intent.GUILD_MESSAGES)
    message = world.people.say(world.channel.id, reader, "among us")
    assert told_words(world, asked, message) == ("among us", "among us")
    # Over REST the portal's switch alone decides (discord.md 5.1).
    assert told_words(world, other, message) == ("", "among us")


def test_an_edit_keeps_or_loses_what_was_meant_for_the_bot(world: World, reader: User) -> None:
    message = world.people.say(world.channel.id, reader, f"<@{world.state.bot.id}> one")
    log = Log(world, Intent.GUILD_MESSAGES)
    world.people.edit(message, f"<@{world.state.bot.id}> two")
    world.people.edit(message, "three")
    assert [data["content"] for _, data in log.told] == [f"<@{world.state.bot.id}> two", ""]


def test_a_reply_carries_what_it_answers(world: World, reader: User) -> None:
    sent = world.send({"content": "第一期"}).body["id"]
    log = Log(world)
    answer = world.people.say(world.channel.id, reader, "?", reply_to=int(sent))
    data = log.told[-1][1]
    assert (data["type"], data["message_reference"]["message_id"]) == (19, sent)
    assert data["referenced_message"]["content"] == "第一期"
    world.delete(sent)
    gone = world.call("GET", f"/channels/{world.channel.id}/messages/{answer.id}").body
    assert gone["referenced_message"] is None


# ---------------------------------------------------------------- through discord.py


async def test_the_library_hears_readers_in_every_way() -> None:
    world, channel = fast_world(speed=1)
    world.state.message_content = True
    forum = world.state.add_forum(channel.guild, "archive")
    news = world.state.add_channel(channel.guild, "news", ChannelType.ANNOUNCEMENT)
    people, reader = People(world.state), world.state.add_user("读者")
    heard: list[tuple[str, Any]] = []
    client = Hearing(
        discord.Intents(guilds=True, messages=True, message_content=True, reactions=True), max_messages=None
    )

    @client.event
    async def on_message(message: discord.Message) -> None:
        heard.append(("message", message.content))

    @client.event
    async def on_raw_message_edit(payload: discord.RawMessageUpdateEvent) -> None:
        heard.append(("edit", payload.data["content"]))

    @client.event
    async def on_raw_message_delete(payload: discord.RawMessageDeleteEvent) -> None:
        heard.append(("delete", payload.message_id))

    @client.event
    async def on_raw_bulk_message_delete(payload: discord.RawBulkMessageDeleteEvent) -> None:
        heard.append(("bulk", payload.message_ids))

    @client.event
    async def on_raw_reaction_add(payload: discord.RawReactionActionEvent) -> None:
        heard.append(("react", (str(payload.emoji), payload.type.name, payload.message_author_id)))

    @client.event
    async def on_raw_reaction_remove(payload: discord.RawReactionActionEvent) -> None:
        heard.append(("unreact", payload.user_id))

    @client.event
    async def on_thread_create(thread: discord.Thread) -> None:
        heard.append(("thread", (thread.name, thread.parent_id)))

    async with listening(world, client):
        head = await client.get_partial_messageable(news.id).send("第一期")
        message = world.state.message(news.id, head.id)
        people.react(message, reader, "👍")
        people.react(message, reader, "❤️", burst=True)
        people.unreact(message, reader, "👍")
        thread = people.start_thread(message, reader, "讨论")
        said = people.say(thread.id, reader, "好")
        people.edit(said, "很好")
        people.delete(said)
        many = [people.say(channel.id, reader, str(n)) for n in range(2)]
        people.delete_many(many)
        posts = client.get_channel(forum.id)
        assert isinstance(posts, discord.ForumChannel)
        await posts.create_thread(name="帖", content="正文")
        people.say(people.converse(reader).id, reader, "悄悄")
        await until(lambda: ("message", "悄悄") in heard)
    assert heard == [
        ("message", "第一期"),
        ("react", ("👍", "normal", world.state.bot.id)),
        ("react", ("❤️", "burst", world.state.bot.id)),
        ("unreact", reader.id),
        ("thread", ("讨论", news.id)),
        ("edit", "第一期"),
        ("message", ""),
        ("message", "好"),
        ("edit", "很好"),
        ("delete", said.id),
        ("message", "0"),
        ("message", "1"),
        ("bulk", {each.id for each in many}),
        ("thread", ("帖", forum.id)),
        ("message", "正文"),
        ("message", "悄悄"),
    ]
