"""What people do in the local Telegram, and how a bot that polls hears of it (telegram.md 4.2, 4.3)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import telegram
from telegram import error
from telegram.request import HTTPXRequest

from bots.clock import SystemClock
from bots.rehearsal.serving import serve, serve_in_thread
from bots.rehearsal.telegram import (
    NO_LIMITS,
    Bot,
    Chat,
    ChatKind,
    People,
    Permissions,
    Standing,
    Telegram,
    User,
    make_app,
)
from bots.rehearsal.telegram.inbox import FIRST
from tests.telegram_world import TOKEN, HandClock

EDITOR = User(11, "Editor", "editor")
CHANNEL, GROUP, FORUM, BASIC, TALK, DISCUSSED = -1001, -1002, -1003, -4, -1005, -1007


def world_of(clock: Any, bot: Bot | None = None) -> Telegram:
    chats = [
        Chat(CHANNEL, title="Column", username="column"),
        Chat(DISCUSSED, title="Discussed", linked=TALK),
        Chat(GROUP, ChatKind.SUPERGROUP, "Readers", standing=Standing.MEMBER),
        Chat(FORUM, ChatKind.SUPERGROUP, "Forum", forum=True),
        Chat(BASIC, ChatKind.GROUP, "Friends"),
        Chat(TALK, ChatKind.SUPERGROUP, "Talk", linked=DISCUSSED),
        Chat(-1006, title="Elsewhere", standing=Standing.LEFT),
    ]
    return Telegram([bot or Bot(TOKEN)], chats, clock, NO_LIMITS)


@pytest.fixture
def world() -> Telegram:
    return world_of(HandClock())


@pytest.fixture
def people(world: Telegram) -> People:
    return People(world)


def heard(world: Telegram, offset: int = 0, **params: Any) -> list[dict[str, Any]]:
    """What getUpdates gives, without ids."""
    reply = world.call(TOKEN, "getUpdates", {"offset": offset, **params})
    assert reply.ok, reply.description
    return [{k: v for k, v in update.items() if k != "update_id"} for update in reply.result]


def texts(world: Telegram, offset: int = 0, **params: Any) -> list[str]:
    return [next(iter(update.values())).get("text", "") for update in heard(world, offset, **params)]


# ── who hears what ───────────────────────────────────────────────────────────────────────────────────────────────────

SPEECH = [
    # where, what is said, heard in privacy mode
    ("in private", 11, "hello", True),
    ("in a channel", CHANNEL, "hello", True),
    ("in a group, to nobody", GROUP, "hello", False),
    ("in a group, a command", GROUP, "/connect 42", True),
    ("in a group, a command for us", GROUP, "/connect@Weektech_bot 42", True),
    ("in a group, a command for another bot", GROUP, "/connect@other_bot 42", False),
    ("in a group where the bot is an administrator", FORUM, "hello", True),
    ("where the bot is not", -1006, "hello", False),
]


@pytest.mark.parametrize(("chat", "text", "reaches"), [r[1:] for r in SPEECH], ids=[r[0] for r in SPEECH])
def test_privacy_mode(world: Telegram, people: People, chat: int, text: str, reaches: bool) -> None:
    people.say(chat, EDITOR, text)
    assert texts(world) == [text] * reaches


def test_without_privacy_mode_a_bot_hears_all_of_a_group() -> None:
    world = world_of(HandClock(), Bot(TOKEN, reads_groups=True))
    People(world).say(GROUP, EDITOR, "hello")
    assert texts(world) == ["hello"]


def test_a_reply_to_the_bot_reaches_it(world: Telegram, people: People) -> None:
    said = world.call(TOKEN, "sendMessage", {"chat_id": GROUP, "text": "question"}).result["message_id"]
    people.say(GROUP, EDITOR, "answer", reply_to=said)
    (update,) = heard(world)
    assert update["message"]["reply_to_message"]["text"] == "question"


def test_a_bot_does_not_hear_itself_but_its_own_pin(world: Telegram) -> None:
    said = world.call(TOKEN, "sendMessage", {"chat_id": EDITOR.id, "text": "x"})
    assert not said.ok  # nobody wrote to the bot yet
    People(world).say(EDITOR.id, EDITOR, "/start")
    number = world.call(TOKEN, "sendMessage", {"chat_id": EDITOR.id, "text": "x"}).result["message_id"]
    assert world.call(TOKEN, "pinChatMessage", {"chat_id": EDITOR.id, "message_id": number}).ok
    start, pin = heard(world)
    assert start["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert pin["message"]["pinned_message"]["message_id"] == number


def test_a_forwarded_post_names_its_channel_though_the_bot_is_not_in_it(world: Telegram, people: People) -> None:
    post = people.say(-1006, EDITOR, "from elsewhere")
    people.forward(world.chats[-1006], post.id, EDITOR, to=EDITOR.id)
    (update,) = heard(world)
    origin = update["message"]["forward_origin"]
    assert (origin["type"], origin["chat"]["id"], origin["message_id"]) == ("channel", -1006, post.id)


def test_being_let_in_tells_the_rights_before_and_after(world: Telegram, people: People) -> None:
    people.admit(-1006, EDITOR, can_post=True, can_edit=True)
    (update,) = heard(world)
    change = update["my_chat_member"]
    assert (change["chat"]["title"], change["from"]["id"]) == ("Elsewhere", EDITOR.id)
    assert change["old_chat_member"]["status"] == "left"
    assert change["new_chat_member"]["can_edit_messages"]


def test_a_basic_group_becomes_a_supergroup_under_a_new_id(world: Telegram, people: People) -> None:
    new = people.upgrade(BASIC)
    told = [update["message"] for update in heard(world)]
    assert [message["chat"]["type"] for message in told] == ["group", "supergroup"]
    assert (told[0]["migrate_to_chat_id"], told[1]["migrate_from_chat_id"]) == (new.id, BASIC)
    refused = world.call(TOKEN, "sendMessage", {"chat_id": BASIC, "text": "x"})
    assert refused.body["parameters"] == {"migrate_to_chat_id": new.id}
    assert world.call(TOKEN, "sendMessage", {"chat_id": new.id, "text": "x"}).ok


def test_a_post_comes_to_the_discussion_group_by_itself(world: Telegram) -> None:
    world.call(TOKEN, "sendMessage", {"chat_id": TALK, "text": "talk"})
    post = world.call(TOKEN, "sendMessage", {"chat_id": DISCUSSED, "text": "post"}).result
    (update,) = heard(world)
    copy = update["message"]
    assert (copy["text"], copy["is_automatic_forward"]) == ("post", True)
    assert (copy["from"]["id"], copy["sender_chat"]["id"]) == (777000, DISCUSSED)
    assert copy["forward_origin"]["message_id"] == post["message_id"] != copy["message_id"]
    world.call(TOKEN, "editMessageText", {"chat_id": DISCUSSED, "message_id": post["message_id"], "text": "better"})
    assert [message.text for message in world.chats[TALK].messages] == ["talk", "better"]
    assert world.call(TOKEN, "getChat", {"chat_id": DISCUSSED}).result["linked_chat_id"] == TALK


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_updates_stay_until_they_are_confirmed(world: Telegram, people: People) -> None:
    for word in ("one", "two", "three"):
        people.say(CHANNEL, EDITOR, word)
    assert texts(world) == texts(world) == ["one", "two", "three"]
    assert texts(world, FIRST + 1) == ["two", "three"]
    assert texts(world, limit=1) == ["two"]
    assert texts(world, -1) == texts(world) == ["three"]


def test_only_what_is_allowed_is_queued_and_the_wish_is_remembered(world: Telegram, people: People) -> None:
    assert heard(world, allowed_updates=["my_chat_member"]) == []
    people.say(CHANNEL, EDITOR, "unheard")
    people.admit(GROUP, EDITOR)
    assert [list(update) for update in heard(world)] == [["my_chat_member"]]
    assert texts(world, FIRST + 1, allowed_updates=[]) == []
    people.say(CHANNEL, EDITOR, "heard")
    assert texts(world) == ["heard"]


def test_updates_are_kept_for_a_day() -> None:
    clock = HandClock()
    world = world_of(clock)
    People(world).say(CHANNEL, EDITOR, "old")
    clock.seconds += 24 * 3600 + 1
    assert heard(world) == []


def test_people_in_many_threads_lose_nothing_and_repeat_nothing(world: Telegram, people: People) -> None:
    def speak(who: int) -> None:
        for n in range(50):
            people.say(FORUM, User(who), f"{who} {n}")

    speakers = [threading.Thread(target=speak, args=(who,)) for who in range(1, 5)]
    for speaker in speakers:
        speaker.start()
    said: list[dict[str, Any]] = []
    offset = 0
    while len(said) < 200:
        taken = world.call(TOKEN, "getUpdates", {"offset": offset}).result
        said += [update["message"] for update in taken]
        offset = taken[-1]["update_id"] + 1 if taken else offset
    for speaker in speakers:
        speaker.join()
    assert len({message["message_id"] for message in said}) == len({message["text"] for message in said}) == 200


# ── over HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def polling(base: str) -> AsyncIterator[telegram.Bot]:
    bot = telegram.Bot(TOKEN, f"{base}/bot", request=HTTPXRequest(), get_updates_request=HTTPXRequest())
    async with bot:
        yield bot


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the server has nothing to wait on
        await asyncio.sleep(0.005)


async def test_a_poll_ends_when_somebody_speaks_from_another_thread() -> None:
    world = world_of(SystemClock())
    with serve_in_thread(lambda: make_app(world)) as base:
        async with polling(base) as bot:
            poll = asyncio.ensure_future(bot.get_updates(timeout=30))
            await until(lambda: world.inboxes[bot.id].awaited)
            People(world).say(CHANNEL, EDITOR, "/connect 42")
            (update,) = await poll
    assert update.channel_post is not None
    assert update.channel_post.text == "/connect 42"


async def test_a_poll_ends_empty_after_its_time() -> None:
    async with serve(make_app(world_of(SystemClock(speed=1000)))) as base, polling(base) as bot:
        assert await bot.get_updates(timeout=30) == ()


async def test_a_second_poller_sends_the_first_away() -> None:
    world = world_of(SystemClock())
    async with serve(make_app(world)) as base, polling(base) as one, polling(base) as other:
        first = asyncio.ensure_future(one.get_updates(timeout=30))
        await until(lambda: world.inboxes[one.id].awaited)
        second = asyncio.ensure_future(other.get_updates(timeout=30))
        with pytest.raises(error.Conflict, match="only one bot instance"):
            await first
        People(world).say(CHANNEL, EDITOR, "x")
        assert len(await second) == 1


async def test_a_polling_client_understands_all_of_it() -> None:
    world = world_of(SystemClock())
    people = People(world)
    async with serve(make_app(world)) as base, polling(base) as bot:
        assert await bot.delete_webhook()
        people.say(EDITOR.id, EDITOR, "/start")
        people.admit(GROUP, EDITOR, can_pin=True)
        people.open_topic(FORUM, "Weekly")
        people.upgrade(BASIC)
        await bot.send_message(DISCUSSED, "post")
        updates = await bot.get_updates(allowed_updates=telegram.Update.ALL_TYPES)
        full = [await bot.get_chat(chat) for chat in (DISCUSSED, GROUP, FORUM, TALK)]
    messages = [update.message for update in updates if update.message is not None]
    assert len(updates) == 6
    assert messages[0].from_user is not None
    assert messages[0].from_user.username == "editor"
    assert messages[1].forum_topic_created is not None
    assert messages[-1].is_automatic_forward
    assert [chat.linked_chat_id for chat in full] == [TALK, None, None, DISCUSSED]
    assert full[2].is_forum
    assert full[1].permissions is not None
    assert full[1].permissions.can_send_photos is Permissions().photos


async def test_the_same_question_again_at_once_waits_and_gets_one_update() -> None:
    clock = SystemClock(speed=50)
    world = world_of(clock)
    people = People(world)
    async with serve(make_app(world)) as base, polling(base) as bot:
        assert await bot.get_updates() == ()
        began = clock.monotonic()
        assert await bot.get_updates() == ()
        assert clock.monotonic() - began >= 3
        await clock.sleep(3)
        for word in ("one", "two"):
            people.say(CHANNEL, EDITOR, word)
        assert len(await bot.get_updates()) == 2
        hasty = world_of(SystemClock(speed=0.01))
    async with serve(make_app(hasty)) as base, polling(base) as bot:
        for word in ("one", "two", "three"):
            People(hasty).say(CHANNEL, EDITOR, word)
        assert [len(await bot.get_updates()) for _ in range(2)] == [3, 1]
        assert len(await bot.get_updates(offset=FIRST + 1)) == 2  # another question


async def test_a_poll_ends_when_totals_are_due_that_were_held_back() -> None:
    clock = SystemClock(speed=100)
    world = world_of(clock)
    people = People(world)
    async with serve(make_app(world)) as base, polling(base) as bot:
        await bot.get_updates(allowed_updates=["message_reaction_count"])
        post = people.say(CHANNEL, EDITOR, "post")
        poll = asyncio.ensure_future(bot.get_updates(timeout=50))
        await until(lambda: world.inboxes[bot.id].awaited)
        began = clock.monotonic()
        people.react(CHANNEL, post.id, EDITOR, ["👍"])
        (update,) = await poll
        assert 5 <= clock.monotonic() - began < 40
    assert update.message_reaction_count is not None
    assert update.message_reaction_count.reactions[0].total_count == 1
