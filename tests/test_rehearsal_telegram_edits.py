"""Edits, reactions and deletions in the local Telegram, and how fast a bot may write."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from telegram.constants import ReactionEmoji

from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import Bot, Limits, Telegram, Window, make_app
from bots.rehearsal.telegram.editing import NOT_MODIFIED, REACTIONS
from tests.telegram_world import (
    BAD,
    CHANNEL,
    TOKEN,
    HandClock,
    call,
    chats,
    picture,
    post,
    send_picture,
    upload,
    world_of,
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> Telegram:
    return world_of(clock)


# --- edits ----------------------------------------------------------------------------------------------------------


def test_an_edit_that_changes_nothing_is_refused_whatever_way_it_is_written(world: Telegram) -> None:
    number = post(world, "hello README.md", entities=[{"type": "bold", "offset": 0, "length": 5}])
    halves = [{"type": "bold", "offset": 1, "length": 2}, {"type": "bold", "offset": 3, "length": 3}]
    reply = call(world, "editMessageText", message_id=number, text=" hello README.md\t", entities=halves)
    assert reply.description == BAD + NOT_MODIFIED
    assert world.chats[CHANNEL].messages[0].edited is None


EDITS = [
    ("text", {"text": "other"}),
    ("entities", {"text": "hello", "entities": [{"type": "bold", "offset": 0, "length": 5}]}),
    ("preview", {"text": "hello", "link_preview_options": {"is_disabled": True}}),
    ("keyboard", {"text": "hello", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}}),
]


@pytest.mark.parametrize("params", [r[1] for r in EDITS], ids=[r[0] for r in EDITS])
def test_an_edit_keeps_what_was_there_before(world: Telegram, params: dict[str, Any]) -> None:
    number = post(world)
    assert call(world, "editMessageText", message_id=number, **params).ok
    (message,) = world.chats[CHANNEL].messages
    assert [content.text for content in message.history] == ["hello"]
    assert message.edited is not None


def test_an_edit_without_a_keyboard_takes_the_keyboard_away(world: Telegram) -> None:
    keyboard = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    number = post(world, reply_markup=keyboard)
    assert call(world, "editMessageText", message_id=number, text="other").ok
    assert world.chats[CHANNEL].messages[0].content.markup is None
    assert call(world, "editMessageReplyMarkup", message_id=number, reply_markup=keyboard).ok
    assert call(world, "editMessageReplyMarkup", message_id=number, reply_markup=keyboard).description.endswith(
        NOT_MODIFIED
    )


def test_the_wrong_kind_of_edit_is_refused(world: Telegram) -> None:
    text, photo = post(world), send_picture(world).result["message_id"]
    as_text = call(world, "editMessageText", message_id=photo, text="x")
    as_caption = call(world, "editMessageCaption", message_id=text, caption="x")
    assert as_text.description == BAD + "there is no text in the message to edit"
    assert as_caption.description == BAD + "there is no caption in the message to edit"


def test_another_bots_message_and_a_forward_cannot_be_edited(world: Telegram) -> None:
    number = post(world)
    forward = call(world, "forwardMessage", from_chat_id=CHANNEL, message_id=number).result["message_id"]
    params = {"chat_id": CHANNEL, "message_id": number, "text": "x"}
    assert world.call("77:other", "editMessageText", params).description == BAD + "message can't be edited"
    assert call(world, "editMessageText", message_id=forward, text="x").description == BAD + "message can't be edited"


def test_a_caption_can_be_edited_and_emptied(world: Telegram) -> None:
    number = send_picture(world, caption="one").result["message_id"]
    assert call(world, "editMessageCaption", message_id=number, caption="two").ok
    assert call(world, "editMessageCaption", message_id=number).ok
    assert [c.text for c in world.chats[CHANNEL].messages[0].history] == ["one", "two"]


@pytest.mark.parametrize(("hours", "ok"), [(47.9, True), (48, False)], ids=["just under two days", "two days"])
def test_a_post_can_be_deleted_for_48_hours(world: Telegram, clock: HandClock, hours: float, ok: bool) -> None:
    number = post(world)
    clock.seconds += hours * 3600
    reply = call(world, "deleteMessage", message_id=number)
    assert reply.ok is ok
    assert reply.description == ("" if ok else BAD + "message can't be deleted")


def test_message_ids_only_grow_and_are_never_used_twice(world: Telegram) -> None:
    first = post(world)
    assert call(world, "deleteMessage", message_id=first).ok
    assert [post(world), post(world)] == [first + 1, first + 2]
    assert post(world, chat_id=7) == 1


def test_protected_posts_cannot_be_forwarded(world: Telegram) -> None:
    number = post(world, chat_id=-1007)
    reply = call(world, "forwardMessage", from_chat_id=-1007, message_id=number)
    assert reply.description == BAD + "message has protected content and can't be forwarded"


def test_reactions_are_those_of_telegram(world: Telegram) -> None:
    known = {emoji.value.replace("\ufe0f", "") for emoji in ReactionEmoji}
    assert set(REACTIONS.split()) == known
    number = post(world)
    with_selector = {"type": "emoji", "emoji": "❤\ufe0f"}
    assert call(world, "setMessageReaction", message_id=number, reaction=[with_selector]).ok
    wrong = call(world, "setMessageReaction", message_id=number, reaction=[{"type": "emoji", "emoji": "🦀"}])
    assert wrong.description == BAD + "REACTION_INVALID"


# --- how fast -------------------------------------------------------------------------------------------------------


def limited(clock: HandClock, limits: Limits) -> Telegram:
    return Telegram([Bot(TOKEN)], chats(), clock, limits)


def test_the_twenty_first_message_of_a_minute_waits_until_the_first_is_a_minute_old(clock: HandClock) -> None:
    world = limited(clock, Limits(bot=(), chat=()))
    for _ in range(20):
        post(world)
        clock.seconds += 1
    reply = call(world, "sendMessage", text="x")
    assert (reply.status, reply.description) == (429, "Too Many Requests: retry after 40")
    assert reply.body["parameters"] == {"retry_after": 40}
    clock.seconds += 40
    assert call(world, "sendMessage", text="x").ok


def test_edits_share_the_budget_and_an_album_counts_its_pictures(clock: HandClock) -> None:
    world = limited(clock, Limits(bot=(), chat=(Window(4, 10),), group=()))
    number = post(world)
    assert call(world, "editMessageText", message_id=number, text="b").ok
    media = [{"type": "photo", "media": "attach://photo"}] * 3
    assert call(world, "sendMediaGroup", upload(picture()), media=media).status == 429
    assert call(world, "sendMediaGroup", upload(picture()), media=media[:2]).ok
    assert call(world, "sendMessage", text="x").status == 429


def test_private_chats_have_no_minute_window_but_share_the_bots_second(clock: HandClock) -> None:
    world = limited(clock, Limits(bot=(Window(30, 1),), chat=()))
    for _ in range(30):
        post(world, chat_id=7)
    assert call(world, "sendMessage", text="x").body["parameters"] == {"retry_after": 1}
    clock.seconds += 1
    assert call(world, "sendMessage", text="x").ok


def test_a_refused_message_costs_nothing(clock: HandClock) -> None:
    world = limited(clock, Limits(bot=(), chat=(Window(1, 10),), group=()))
    assert call(world, "sendMessage", text=" ").status == 400
    assert call(world, "sendMessage", text="x").ok


async def test_429_carries_the_header_too(clock: HandClock) -> None:
    world = limited(clock, Limits(bot=(), chat=(Window(1, 10),), group=()))
    async with serve(make_app(world)) as base, aiohttp.ClientSession() as http:
        url = f"{base}/bot{TOKEN}/sendMessage"
        for status in (200, 429):
            async with http.post(url, json={"chat_id": CHANNEL, "text": "x"}) as answer:
                assert answer.status == status
        assert answer.headers["Retry-After"] == "10"
