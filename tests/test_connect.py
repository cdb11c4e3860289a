"""From a chat to a destination: finding it on both platforms, and the command that writes it down."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bots.clock import SystemClock
from bots.configtext import entry, snippet
from bots.connect import destination, listen
from bots.errors import ChatClosed, TryLater
from bots.model import Kind
from bots.platforms.discord.finding import DiscordFinder
from bots.platforms.discord.send import DiscordSender
from bots.platforms.setup import Found
from bots.platforms.telegram.finding import TelegramFinder
from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.model import ChannelType, Permission
from bots.rehearsal.discord.server import application as discord_application
from bots.rehearsal.discord.state import State as DiscordState
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, People, Standing, Telegram, User
from bots.rehearsal.telegram import make_app as telegram_application
from tests.theatre import Theatre, theatre

TOKEN = "123456789:" + "A" * 35
CODE = "0badc0de"
READER = User(5, "Reader")
CHANNEL = Found(Kind.CHANNEL, "@weekly", "Weekly")

# ------------------------------------------------------------------------------------------------------ on Telegram


class Telegrams:
    """A local Telegram with a finder that is logged in."""

    def __init__(self, telegram: Telegram, finder: TelegramFinder) -> None:
        self.telegram, self.people, self.finder = telegram, People(telegram), finder

    async def found(self, seconds: float = 5.0) -> list[Found]:
        """What a run finds until it was told by code, or the time is up."""
        heard: list[Found] = []
        await listen(self.finder, CODE, seconds, heard.append)
        return heard

    async def listening(self) -> None:
        """Return when the bot waits for updates."""
        inbox = next(iter(self.telegram.inboxes.values()))
        while not inbox.awaited:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.005)


@pytest.fixture
async def telegrams() -> AsyncIterator[Telegrams]:
    chats = [
        Chat(-1001, title="Weekly", username="weekly"),
        Chat(-1002, ChatKind.SUPERGROUP, "Talk", standing=Standing.MEMBER, forum=True),
        Chat(-3, ChatKind.GROUP, "Friends", standing=Standing.MEMBER),
        Chat(-1004, title="Elsewhere", standing=Standing.LEFT),
    ]
    telegram = Telegram([Bot(TOKEN)], chats, SystemClock(), NO_LIMITS)
    async with serve(telegram_application(telegram)) as base:
        finder = TelegramFinder(TOKEN, base)
        await finder.open()
        yield Telegrams(telegram, finder)
        await finder.close()


def say(chat: int, text: str, topic: str = "") -> Callable[[Telegrams], None]:
    def act(there: Telegrams) -> None:
        there.people.say(chat, READER, "the first message has the id that General has as a topic")
        thread = there.people.open_topic(chat, topic).id if topic else 0
        there.people.say(chat, READER, text, thread=thread)

    return act


COMMANDS = [
    # where the code is posted, and what is found
    ("a channel", say(-1001, f"/connect {CODE}"), Found(Kind.CHANNEL, "@weekly", "Weekly", named=True)),
    ("a group", say(-3, f"/connect@weektech_bot {CODE}"), Found(Kind.GROUP, "-3", "Friends", named=True)),
    ("a supergroup", say(-1002, f"/connect {CODE}"), Found(Kind.SUPERGROUP, "-1002", "Talk", named=True)),
    ("a topic", say(-1002, f"/connect {CODE}", "News"), Found(Kind.TOPIC, "-1002", "Talk", "2", named=True)),
    ("a private chat", say(5, f"/start {CODE}"), Found(Kind.PRIVATE, "5", "Reader", named=True)),
]


@pytest.mark.parametrize(("act", "found"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
async def test_the_code_names_its_chat_and_ends_the_search(
    telegrams: Telegrams, act: Callable[[Telegrams], None], found: Found
) -> None:
    act(telegrams)
    async with asyncio.timeout(5.0):
        assert await telegrams.found(60.0) == [found]


IGNORED = [
    ("another run's code", say(-3, "/connect 12345678")),
    ("a command without a code", say(-3, "/connect")),
    ("the code in a sentence", say(-1001, f"the code is {CODE}")),
    ("a reader's greeting", say(5, "/start")),
    ("ordinary talk", say(5, "hello")),
]


@pytest.mark.parametrize("act", [row[1] for row in IGNORED], ids=[row[0] for row in IGNORED])
async def test_whatever_else_is_said_finds_nothing(telegrams: Telegrams, act: Callable[[Telegrams], None]) -> None:
    act(telegrams)
    assert await telegrams.found(0.3) == []


async def test_a_forwarded_post_shows_its_channel_even_where_the_bot_is_not(telegrams: Telegrams) -> None:
    elsewhere = telegrams.telegram.chats[-1004]
    post = telegrams.people.say(-1004, READER, "a post")
    telegrams.people.forward(elsewhere, post.id, READER, READER.id)
    telegrams.people.forward(elsewhere, post.id, READER, READER.id)
    assert await telegrams.found(0.3) == [Found(Kind.CHANNEL, "-1004", "Elsewhere")]


async def test_being_added_shows_the_chat_and_being_removed_does_not(telegrams: Telegrams) -> None:
    telegrams.people.admit(-1004, READER)
    telegrams.people.admit(-3, READER, Standing.LEFT)
    assert await telegrams.found(0.3) == [Found(Kind.CHANNEL, "-1004", "Elsewhere")]


async def test_a_chat_is_found_while_it_listens(telegrams: Telegrams) -> None:
    searching = asyncio.ensure_future(telegrams.found(10.0))
    await telegrams.listening()
    telegrams.people.say(-1001, READER, f"/connect {CODE}")
    assert [one.chat for one in await searching] == ["@weekly"]


async def test_another_poller_is_named(telegrams: Telegrams) -> None:
    searching = asyncio.ensure_future(telegrams.found(10.0))
    await telegrams.listening()
    telegrams.telegram.call(TOKEN, "getUpdates", {})
    with pytest.raises(TryLater):
        await searching


async def test_a_webhook_is_named_before_anything_is_listened_for() -> None:
    telegram = Telegram([Bot(TOKEN, webhook="https://example.com/hook")], [], SystemClock(), NO_LIMITS)
    async with serve(telegram_application(telegram)) as base:
        finder = TelegramFinder(TOKEN, base)
        await finder.open()
        with pytest.raises(TryLater, match="webhook"):
            await listen(finder, CODE, 5.0, print)
        await finder.close()


async def test_a_chat_can_be_looked_up(telegrams: Telegrams) -> None:
    assert await telegrams.finder.look("@weekly") == Found(Kind.CHANNEL, "@weekly", "Weekly")
    assert await telegrams.finder.look("-1002", "17") == Found(Kind.TOPIC, "-1002", "Talk", "17")
    with pytest.raises(ChatClosed):
        await telegrams.finder.look("@nowhere")


async def test_telegram_links_ask_for_just_the_rights_needed(telegrams: Telegrams) -> None:
    links = {
        one.use: one.url.removeprefix("https://t.me/weektech_bot?") for one in await telegrams.finder.invitations(CODE)
    }
    assert links == {
        "a channel": "startchannel&admin=post_messages",
        "a channel, with pins": "startchannel&admin=post_messages+edit_messages",
        "a group": f"startgroup={CODE}",
        "a group, with pins": f"startgroup={CODE}&admin=pin_messages",
        "yourself": f"start={CODE}",
    }


# ------------------------------------------------------------------------------------------------------- on Discord

EVERYTHING = Permission(sum(Permission))


class Discords:
    """A local Discord with one server, and a finder that is logged in."""

    def __init__(self, discord: Discord, base: str, finder: DiscordFinder) -> None:
        self.discord, self.base, self.finder = discord, base, finder
        self.guild = discord.state.add_guild("Guild").id

    async def found(self) -> list[Found]:
        heard: list[Found] = []
        await listen(self.finder, CODE, 5.0, heard.append)
        return heard


@pytest.fixture
async def discords() -> AsyncIterator[Discords]:
    discord = Discord(DiscordState(SystemClock()))
    async with serve(discord_application(discord)) as base:
        finder = DiscordFinder(discord.token, base)
        await finder.open()
        yield Discords(discord, base, finder)
        await finder.close()


async def test_discord_lists_what_can_be_published_to(discords: Discords) -> None:
    state = discords.discord.state
    text = state.add_channel(discords.guild, "weekly").id
    news = state.add_channel(discords.guild, "news", ChannelType.ANNOUNCEMENT).id
    forum = state.add_forum(discords.guild, "issues", ("每周", "b"), require_tag=True).id
    state.add_channel(discords.guild, "talk", ChannelType.CATEGORY)
    state.add_channel(discords.guild, "hidden", permissions=Permission(0))
    assert await discords.found() == [
        Found(Kind.TEXT, str(text), "Guild #weekly"),
        Found(Kind.ANNOUNCEMENT, str(news), "Guild #news"),
        Found(Kind.FORUM, str(forum), "Guild #issues", tags=("每周", "b")),
    ]
    assert await discords.finder.look(str(forum)) == Found(Kind.FORUM, str(forum), "Guild #issues", tags=("每周", "b"))


@pytest.mark.parametrize("chat", ["weekly", "12345"])
async def test_what_is_no_channel_is_refused(discords: Discords, chat: str) -> None:
    with pytest.raises(ChatClosed):
        await discords.finder.look(chat)


CHANNELS = [
    ("text channels", Kind.TEXT, ChannelType.TEXT),
    ("announcement channels", Kind.ANNOUNCEMENT, ChannelType.ANNOUNCEMENT),
    ("forums", Kind.FORUM, ChannelType.FORUM),
]


@pytest.mark.parametrize(("use", "kind", "type_"), CHANNELS, ids=[row[0] for row in CHANNELS])
async def test_the_permissions_of_a_link_are_enough_and_none_is_too_many(
    discords: Discords, use: str, kind: Kind, type_: ChannelType
) -> None:
    links = {one.use: one.url for one in await discords.finder.invitations(CODE)}
    asked = parse_qs(urlsplit(links[use]).query)
    assert asked["scope"] == ["bot"]
    rights = Permission(int(asked["permissions"][0]))
    state = discords.discord.state
    channel = state.add_channel(discords.guild, "weekly", type_, rights).id
    sender = DiscordSender(discords.discord.token, discords.base)
    await sender.open()
    place = destination("new", "discord", Found(kind, str(channel), ""))
    assert (await sender.check(place)).problems == ()
    for right in Permission:
        if right in rights:
            state.permit(channel, rights & ~right)
            assert not (await sender.check(place)).ok, right
    await sender.close()


# ---------------------------------------------------------------------------------------------------- as a command


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path / "column") as found:
        yield found


def test_connect_from_the_first_link_to_a_published_issue(house: Theatre) -> None:
    house.telegram.chats[-1009] = Chat(-1009, title="Second", username="second")
    command, environment = (
        house.command("connect", "telegram", "--json", "--write", "--name", "two"),
        house.environment({}),
    )
    with subprocess.Popen(command, cwd=house.folder, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        People(house.telegram).say(-1009, READER, f"/connect@weektech_bot {told['code']}")
        events = [json.loads(line) for line in running.stdout]
    assert running.returncode == 0
    assert [event["event"] for event in events] == ["found", "destination"]
    assert (events[1]["name"], events[1]["chat"], events[1]["written"], events[1]["problems"]) == (
        "two",
        "@second",
        True,
        [],
    )
    assert house.run("publish", "--to", "two").returncode == 0
    assert len(house.telegram.chats[-1009].messages) == 5  # the code, then the issue


def test_ctrl_c_ends_the_search_and_keeps_what_was_found(house: Theatre) -> None:
    house.telegram.chats[-1009] = Chat(-1009, title="Second", username="second")
    People(house.telegram).admit(-1009, READER)
    command, pipe = house.command("connect", "telegram"), subprocess.PIPE
    with subprocess.Popen(
        command, cwd=house.folder, env=house.environment({}), stdout=pipe, stderr=pipe, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        while "@second" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        printed, complained = running.stdout.read(), running.stderr.read()
    assert (running.returncode, 'chat: "@second"' in printed) == (0, True), complained
    assert "Traceback" not in complained


def test_connect_by_id_prints_what_may_be_pasted_and_writes_nothing(house: Theatre) -> None:
    before = (house.folder / "config.yaml").read_bytes()
    found = house.run("connect", "discord", "--channel", str(house.text))
    assert found.returncode == 0, found.stderr
    lines = entry("guild-weekly", "discord", Found(Kind.TEXT, str(house.text), "Guild #weekly"))
    assert found.stdout == snippet(lines) + "\n"
    assert (house.folder / "config.yaml").read_bytes() == before


def test_connect_lists_channels_and_asks_for_nothing(house: Theatre) -> None:
    found = house.run("connect", "discord", "--list")
    assert (found.returncode, found.stdout) == (0, "")
    assert f"  1  text         Guild #weekly   {house.text}" in found.stderr
    assert "permissions=117760" in found.stderr


WRONG = [
    ("a platform nobody knows", ["connect", "telegran"], 1, "Did you mean 'telegram'?"),
    ("a chat nobody knows", ["connect", "telegram", "--chat", "@nowhere"], 3, "chat"),
    ("a name in use", ["connect", "telegram", "--chat", "@column", "--name", "channel", "--write"], 1, "already"),
    ("nothing found", ["connect", "telegram", "--seconds", "1"], 1, "no chat was found"),
    ("a topic alone", ["connect", "telegram", "--topic", "4"], 2, "--topic needs --chat"),
]


@pytest.mark.parametrize(("words", "code", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_connect_says_what_is_wrong(house: Theatre, words: list[str], code: int, says: str) -> None:
    before = (house.folder / "config.yaml").read_bytes()
    found = house.run(*words)
    assert (found.returncode, says in found.stderr) == (code, True), found.stderr
    assert (house.folder / "config.yaml").read_bytes() == before
