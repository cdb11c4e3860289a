"""What the bot says back on Telegram, and how it listens: the real client against the local Telegram, over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bots import speech
from bots.clock import SystemClock
from bots.errors import ChatClosed, InDoubt, NotSent, Rejected, TokenRejected, TryLater
from bots.events import Event, Press, Said
from bots.model import Button, Destination, Kind, Message
from bots.platforms.listening import Batch, Enclosed, MenuEntry, Offer
from bots.platforms.telegram.listen import TelegramListener
from bots.platforms.telegram.render import TelegramRenderer
from bots.platforms.telegram.updates import read
from bots.rehearsal.faults import Fault, Faults
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import Chat, ChatKind, People, Standing, Telegram, make_app
from tests.telegram_calls import album, photo, png
from tests.telegram_readers import CHANNEL, GROUP, OTHER, READER, TALK, done, post, stage
from tests.telegram_world import TOKEN

ROWS = [[Button("Next", "p:2")]]
AUTHOR = "21"
BOT = int(TOKEN.split(":", maxsplit=1)[0])
FORUM = -1001000000009


def said(text: str, rows: Any = ()) -> list[Enclosed]:
    """The bot's own words as they are rendered for a private chat."""
    place = Destination("x", "telegram", Kind.PRIVATE, "21")
    return [Enclosed(message, {}) for message in speech.messages(TelegramRenderer(), place, text, rows)]


@dataclass
class Bench:
    """A listener, the world it listens to, and what is said there."""

    world: Telegram
    people: People
    listener: TelegramListener
    faults: Faults
    batches: AsyncGenerator[Batch, None]

    async def hear(self) -> list[Event]:
        """What came since the last time; waits until something did."""
        batch = await anext(self.batches)
        return [event for update in batch.updates for event in read(update)]

    async def last(self) -> Any:
        return (await self.hear())[-1]

    def texts(self, chat: int) -> list[str]:
        return [message.text for message in self.world.chats[chat].messages]


@asynccontextmanager
async def bench(*, author: str | None = None, **bot: Any) -> AsyncIterator[Bench]:
    world, faults = stage(SystemClock(), **bot), Faults()
    async with serve(make_app(world, faults)) as base:
        listener = TelegramListener(TOKEN, base, author=author, patience=1)
        await listener.open()
        batches = listener.listen(None)
        try:
            yield Bench(world, People(world), listener, faults, batches)
        finally:
            await batches.aclose()
            await listener.close()


# Commands


async def test_a_command_in_private_is_answered_there() -> None:
    async with bench() as here:
        here.people.say(READER.id, READER, "/latest")
        await here.listener.answer(await here.last(), said("one\n\ntwo"))
        (_, answer) = here.world.chats[READER.id].messages
        assert (answer.text, answer.reply_to) == ("one\n\ntwo", 0)


async def test_a_command_in_a_group_is_answered_as_a_reply() -> None:
    async with bench() as here:
        asked = here.people.say(GROUP, READER, "/latest@weektech_bot")
        await here.listener.answer(await here.last(), [*said("one"), *said("two")])
        _, first, second = here.world.chats[GROUP].messages
        assert (first.text, first.reply_to, second.text, second.reply_to) == ("one", asked.id, "two", 0)


async def test_a_command_whose_message_is_gone_is_answered_all_the_same() -> None:
    async with bench() as here:
        asked = here.people.say(GROUP, READER, "/latest@weektech_bot")
        event = await here.last()
        here.people.delete(GROUP, asked.id)
        await here.listener.answer(event, said("one"))
        assert here.texts(GROUP) == ["one"]


async def test_a_command_in_a_topic_is_answered_in_it() -> None:
    async with bench() as here:
        here.world.chats[FORUM] = Chat(FORUM, ChatKind.SUPERGROUP, "Forum", forum=True)
        topic = here.people.open_topic(FORUM, "News").id
        here.people.say(FORUM, READER, "/latest@weektech_bot", thread=topic)
        await here.listener.answer(await here.last(), [*said("one"), *said("two")])
        assert [message.thread for message in here.world.chats[FORUM].messages] == [topic] * 3


async def test_a_command_below_a_post_is_answered_below_it() -> None:
    async with bench() as here:
        number = post(here.world)
        here.people.comment(CHANNEL, number, READER, "/latest@weektech_bot")
        await here.listener.answer(await here.last(), said("one"))
        copy, asked, answer = here.world.chats[TALK].messages
        assert (answer.reply_to, answer.thread) == (asked.id, copy.id)


async def test_pictures_come_along() -> None:
    async with bench() as here:
        here.people.say(READER.id, READER, "/latest")
        files = {"1.png": png(), "2.png": png()}
        pictures = [Enclosed(photo("one", "a.png"), {"1.png": png()}), Enclosed(album("two", "a.png", "b.png"), files)]
        await here.listener.answer(await here.last(), pictures)
        assert here.texts(READER.id) == ["/latest", "one", "two", ""]


async def test_who_has_gone_can_not_be_answered() -> None:
    async with bench() as here:
        here.people.say(READER.id, READER, "/latest")
        asked = await here.last()
        here.people.block(READER)
        with pytest.raises(ChatClosed):
            await here.listener.answer(asked, said("one"))


async def test_a_lost_answer_is_in_doubt_and_a_refusal_is_not() -> None:
    async with bench() as here:
        here.people.say(READER.id, READER, "/latest")
        asked = await here.last()
        here.faults.at(here.faults.calls.count("sendMessage") + 1, Fault.TAKEN_CLOSED, "sendMessage")
        with pytest.raises(InDoubt):
            await here.listener.answer(asked, said("one"))
        here.faults.at(here.faults.calls.count("sendMessage") + 1, Fault.RATE_SHORT, "sendMessage")
        with pytest.raises(TryLater) as later:
            await here.listener.answer(asked, said("one"))
        assert later.value.after == 1


# Presses


async def pressed(here: Bench, chat: int, number: int) -> tuple[Press, Any]:
    press = here.people.press(chat, number, READER, "Next")
    event = await here.last()
    assert isinstance(event, Press)
    return event, press


async def test_pages_are_turned_in_place() -> None:
    async with bench() as here:
        asked = here.people.say(READER.id, READER, "/list")
        await here.listener.answer(await here.last(), said("page 1", ROWS))
        event, press = await pressed(here, READER.id, here.world.chats[READER.id].messages[-1].id)
        await here.listener.answer(event, said("page 2", ROWS))
        assert here.texts(READER.id) == [asked.text, "page 2"]
        await here.listener.answer(event, said("page 2", ROWS))  # Telegram says that nothing changes
        assert here.texts(READER.id) == [asked.text, "page 2"]
        assert press.answer is not None


async def test_pages_are_turned_in_groups_too() -> None:
    async with bench() as here:
        here.people.say(GROUP, READER, "/list@weektech_bot")
        await here.listener.answer(await here.last(), said("page 1", ROWS))
        event, _ = await pressed(here, GROUP, here.world.chats[GROUP].messages[-1].id)
        await here.listener.answer(event, said("page 2", ROWS))
        assert here.texts(GROUP)[1:] == ["page 2"]


async def test_a_page_that_is_gone_comes_anew() -> None:
    async with bench() as here:
        here.people.say(READER.id, READER, "/list")
        await here.listener.answer(await here.last(), said("page 1", ROWS))
        number = here.world.chats[READER.id].messages[-1].id
        event, _ = await pressed(here, READER.id, number)
        here.people.delete(READER.id, number)
        await here.listener.answer(event, said("page 2", ROWS))
        assert here.texts(READER.id)[1:] == ["page 2"]


ANSWERS: list[tuple[str, list[Enclosed]]] = [
    ("a text without buttons", said("more")),
    ("two texts", [*said("more"), *said("still more", ROWS)]),
    ("a picture", [Enclosed(photo("more", "a.png"), {"1.png": png()})]),
]


@pytest.mark.parametrize("answer", [row[1] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
async def test_anything_else_leaves_the_message_as_it_is(answer: list[Enclosed]) -> None:
    async with bench() as here:
        keys = {"inline_keyboard": [[{"text": "Next", "callback_data": "p:2"}]]}
        here.people.start(READER)
        await here.hear()
        number = post(here.world, READER.id, "page 1", reply_markup=keys)
        event, press = await pressed(here, READER.id, number)
        await here.listener.answer(event, answer)
        assert here.texts(READER.id)[1:3] == ["page 1", "more"]
        assert press.answer is not None, "the button still spins"


async def test_a_published_section_is_never_written_over() -> None:
    async with bench() as here:
        keys = {"inline_keyboard": [[{"text": "Next", "callback_data": "p:2"}]]}
        number = post(here.world, GROUP, "section", reply_markup=keys)
        event, _ = await pressed(here, GROUP, number)
        await here.listener.answer(event, said("page 2", ROWS))
        assert here.texts(GROUP) == ["section", "page 2"]
        assert here.world.chats[GROUP].messages[1].reply_to == number


async def test_a_press_below_a_channels_post_is_answered_in_the_readers_own_chat() -> None:
    async with bench() as here:
        keys = {"inline_keyboard": [[{"text": "Next", "callback_data": "p:2"}]]}
        number = post(here.world, CHANNEL, "post", reply_markup=keys)
        event, press = await pressed(here, CHANNEL, number)
        with pytest.raises(ChatClosed):  # which the reader has not begun
            await here.listener.answer(event, said("page 2", ROWS))
        assert press.answer is not None
        here.people.start(READER)
        await here.listener.answer(event, said("page 2", ROWS))
        assert here.texts(CHANNEL) == ["post"]
        assert here.texts(READER.id) == ["/start", "page 2"]


async def test_an_answer_in_several_calls_acknowledges_once() -> None:
    async with bench() as here:
        keys = {"inline_keyboard": [[{"text": "Next", "callback_data": "p:2"}]]}
        number = post(here.world, GROUP, "section", reply_markup=keys)
        event, press = await pressed(here, GROUP, number)
        for messages in ([], said("one"), said("two")):
            await here.listener.answer(event, messages)
        assert here.texts(GROUP) == ["section", "one", "two"]
        assert here.faults.calls.count("answerCallbackQuery") == 1
        assert press.answer is not None


async def test_there_are_no_roles_and_nothing_to_catch_up_with() -> None:
    async with bench() as here:
        number = post(
            here.world, GROUP, "x", reply_markup={"inline_keyboard": [[{"text": "Next", "callback_data": "r"}]]}
        )
        event, _ = await pressed(here, GROUP, number)
        with pytest.raises(Rejected, match="no roles"):
            await here.listener.role(event, "1")
        assert [batch async for batch in here.listener.catch_up(None)] == []


async def test_words_over_the_chat() -> None:
    async with bench() as here:
        keys = {"inline_keyboard": [[{"text": "Next", "callback_data": "p:2"}]]}
        number = post(here.world, GROUP, "section", reply_markup=keys)
        event, press = await pressed(here, GROUP, number)
        await here.listener.acknowledge(event.ref, "x" * 300)
        assert press.answer is not None
        assert press.answer.text == "x" * 200
        await here.listener.acknowledge("1:group::", "too late is no failure")


# Looking for something to share


def offer(key: str, text: str = "words", **more: Any) -> Offer:
    (enclosed,) = said(text) if text else [Enclosed(Message("x", 1, "sendMessage", {"text": ""}, ""), {})]
    return replace(Offer(key, f"Title {key}", "about", enclosed.message), **more)


async def test_offers_are_shown_and_shared() -> None:
    async with bench(inline=True) as here:
        asked = here.people.inline(READER, "weekly")
        event = await here.last()
        await here.listener.offer(event.ref, [offer("one:lead", "**words**"), offer("k" * 90), offer("one:lead")])
        assert asked.results is not None
        first, second = asked.results.items
        assert (first.id, first.title, first.shown["description"]) == ("one:lead", "Title one:lead", "about")
        assert (len(second.id), asked.results.personal) == (64, True)
        here.people.choose(asked, first.id, GROUP)
        assert here.texts(GROUP) == ["**words**"]


OFFERS: list[tuple[str, list[Offer], int]] = [
    ("none", [], 0),
    ("more than fit", [offer(str(number)) for number in range(70)], 50),
    ("one without words", [offer("a"), offer("b", "")], 1),
    ("one without a title", [offer("a", title=" ")], 1),
    ("one with pictures", [offer("a", message=photo("x", "a.png"))], 0),
]


@pytest.mark.parametrize(("found", "shown"), [row[1:] for row in OFFERS], ids=[row[0] for row in OFFERS])
async def test_what_can_be_offered(found: list[Offer], shown: int) -> None:
    async with bench(inline=True) as here:
        asked = here.people.inline(READER, "weekly")
        await here.listener.offer((await here.last()).ref, found)
        assert asked.results is not None
        assert len(asked.results.items) == shown


async def test_an_offer_that_comes_too_late_is_no_failure() -> None:
    async with bench(inline=True) as here:
        await here.listener.offer("12", [offer("a")])


# The menu

LATEST = MenuEntry("latest", {"en": "The newest issue", "zh": "最新一期"})
SEARCH = MenuEntry("search", {"en": "Search", "zh": "搜索"}, "words", {"en": "words", "zh": "关键词"}, required=True)
STATUS = MenuEntry("status", {"en": "Where issues stand", "zh": "进度"}, author=True)


async def test_commands_are_shown_in_each_language_and_the_authors_to_the_author() -> None:
    async with bench(author=AUTHOR) as here:
        here.people.start(READER)
        here.people.start(OTHER)
        await here.listener.menu([LATEST, SEARCH, STATUS])

        def shown(chat: int, user: Any) -> list[tuple[str, str]]:
            return [(one["command"], one["description"]) for one in here.people.menu(chat, user)]

        public = [("latest", "The newest issue"), ("search", "Search (words)")]
        assert shown(OTHER.id, OTHER) == shown(GROUP, OTHER) == public
        assert shown(GROUP, READER) == [("latest", "最新一期"), ("search", "搜索 (关键词)")]
        assert shown(READER.id, READER) == [*shown(GROUP, READER), ("status", "进度")]
        assert shown(READER.id, replace(READER, language="fr")) == [*public, ("status", "Where issues stand")]


async def test_commands_are_set_only_when_they_changed() -> None:
    async with bench(author=AUTHOR) as here:
        here.people.start(READER)
        await here.listener.menu([LATEST, SEARCH, STATUS])
        first = here.faults.calls.count("setMyCommands")
        await here.listener.menu([LATEST, SEARCH, STATUS])
        assert here.faults.calls.count("setMyCommands") == first == 6
        await here.listener.menu([LATEST, SEARCH])
        assert here.faults.calls.count("setMyCommands") == first + 3, "the author's own lists alone"


async def test_an_author_who_has_not_started_the_bot_yet_keeps_nobody_from_the_menu() -> None:
    async with bench(author="5") as here:
        await here.listener.menu([LATEST, STATUS])
        assert [one["command"] for one in here.people.menu(GROUP, READER)] == ["latest"]


async def test_a_list_of_commands_that_is_refused_is_called_that() -> None:
    async with bench() as here:
        with pytest.raises(Rejected, match=r"^Telegram refuses the list of commands\. They work all the same\.$"):
            await here.listener.menu([replace(LATEST, command="The latest")])


async def test_suggestions_are_not_asked_for_here() -> None:
    async with bench() as here:
        await here.listener.complete("1", [("a", "b")])
        assert here.faults.calls == ["getMe"]


# Who may listen


async def batches_of(listener: TelegramListener, cursor: str | None = None) -> Batch:
    batches = listener.listen(cursor)
    try:
        return await anext(batches)
    finally:
        await batches.aclose()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the server has nothing to wait on
        await asyncio.sleep(0.005)


async def test_a_second_listener_is_told_plainly() -> None:
    async with bench() as here:
        first = asyncio.create_task(batches_of(here.listener))
        await until(lambda: here.world.inboxes[BOT].awaited)
        done(here.world, "getUpdates")  # the second one
        with pytest.raises(TryLater, match=r"Another program asks for the bot's updates\. Stop the other one"):
            await first
        # It is no end: when the other one is gone, listening goes on.
        here.people.say(READER.id, READER, "hello")
        assert len((await batches_of(here.listener)).updates) == 1


async def test_numbers_that_begin_anew_lose_nothing() -> None:
    async with bench() as here:
        here.people.say(READER.id, READER, "one")
        assert [event.text for event in await here.hear() if isinstance(event, Said)] == ["one"]
        waiting = asyncio.create_task(here.hear())
        # Nothing comes for a while, which the listener must notice to be safe; then a week passes.
        await until(lambda: here.faults.calls.count("getUpdates") >= 3)
        here.world.inboxes[BOT].begin_anew(7)
        here.people.say(READER.id, READER, "two")
        assert [event.text for event in await waiting if isinstance(event, Said)] == ["two"]
        here.people.say(READER.id, READER, "three")
        assert [event.text for event in await here.hear() if isinstance(event, Said)] == ["three"]
        # A process that starts has no idea how long it was away.
        here.world.inboxes[BOT].begin_anew(3)
        here.people.say(READER.id, READER, "four")
        batch = await batches_of(here.listener, "500000001")
        assert batch.updates[-1].key == "3"


async def test_a_webhook_that_was_left_behind_is_named() -> None:
    async with bench() as here:
        done(here.world, "setWebhook", url="https://example.org/")
        with pytest.raises(TryLater, match=r"A webhook is set for the bot.*deleteWebhook"):
            await batches_of(here.listener)


async def test_a_token_that_was_revoked_is_named() -> None:
    async with bench() as here:
        here.world.bots.clear()
        with pytest.raises(TokenRejected):
            await batches_of(here.listener)
        for call in (here.listener.menu([LATEST]), here.listener.offer("1", [])):
            with pytest.raises(NotSent):
                await call


async def test_an_update_that_means_nothing_is_handed_over_all_the_same() -> None:
    async with bench() as here:
        here.people.say(READER.id, READER, "hello")
        here.world.inboxes[BOT].put("message", {"broken": True})
        batch = await batches_of(here.listener)
        assert [update.kind for update in batch.updates] == ["message", "message"]
        with pytest.raises(KeyError):
            read(batch.updates[1])


async def test_a_chat_that_the_bot_was_thrown_out_of_says_so_in_the_senders_words() -> None:
    async with bench() as here:
        here.people.say(GROUP, READER, "/latest@weektech_bot")
        asked = await here.last()
        here.world.chats[GROUP].standing = Standing.KICKED
        with pytest.raises(ChatClosed, match="removed from the chat"):
            await here.listener.answer(asked, said("one"))
