"""The calls by which a bot finds out what is in a chat, in the local Telegram (telegram.md 7.3)."""

from __future__ import annotations

from typing import Any

import pytest
import telegram

from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import People, Telegram, User, make_app
from tests.telegram_world import BAD, CHANNEL, TOKEN, HandClock, call, post, send_picture, world_of

READER, BLOCKS, EDITORS = 7, 8, -1008
ED = User(5, "Ed")


@pytest.fixture
def world() -> Telegram:
    return world_of(HandClock())


PROBES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("setMessageReaction", {"reaction": []}, "message to react not found"),
    ("forwardMessage", {"chat_id": READER, "from_chat_id": CHANNEL}, "message to forward not found"),
    ("copyMessage", {"chat_id": READER, "from_chat_id": CHANNEL}, "message to copy not found"),
    ("editMessageText", {"text": "hello"}, "message to edit not found"),
)


@pytest.mark.parametrize(("method", "params", "missing"), PROBES, ids=[row[0] for row in PROBES])
def test_a_probe_tells_a_missing_message_from_one_that_is_there(
    world: Telegram, method: str, params: dict[str, Any], missing: str
) -> None:
    number = post(world)
    there, gone = (call(world, method, message_id=one, **params) for one in (number, number + 1))
    assert there.ok or "not modified" in there.description
    assert gone.description == BAD + missing


def test_taking_back_a_reaction_that_is_not_there_changes_nothing(world: Telegram) -> None:
    number = post(world)
    before = list(world.chats[CHANNEL].messages)
    assert call(world, "setMessageReaction", message_id=number, reaction=[]).ok
    assert world.chats[CHANNEL].messages == before


def test_a_copy_by_forwarding_is_a_message_of_the_chat_it_goes_to(world: Telegram) -> None:
    number = post(world, "hello")
    reply = call(world, "forwardMessage", chat_id=READER, from_chat_id=CHANNEL, message_id=number)
    (copy,) = world.chats[READER].messages
    assert (reply.result["text"], reply.result["message_id"], copy.id) == ("hello", copy.id, copy.id)
    assert reply.result["forward_origin"]["message_id"] == number
    assert call(world, "deleteMessage", chat_id=READER, message_id=copy.id).ok
    assert (
        call(world, "forwardMessage", chat_id=BLOCKS, from_chat_id=CHANNEL, message_id=number).body["error_code"] == 403
    )


def test_protected_content_can_be_edited_but_neither_forwarded_nor_copied(world: Telegram) -> None:
    number = post(world, chat_id=-1007)
    for method, word in (("forwardMessage", "forwarded"), ("copyMessage", "copied")):
        reply = call(world, method, chat_id=READER, from_chat_id=-1007, message_id=number)
        assert reply.description == BAD + f"message has protected content and can't be {word}"
    assert "not modified" in call(world, "editMessageText", chat_id=-1007, message_id=number, text="hello").description


RIGHTS = [
    # the channel, the post's kind, what becomes of an edit
    ("without the right", CHANNEL, "say", "message can't be edited"),
    ("with the right", EDITORS, "say", ""),
    ("a forward, with the right", EDITORS, "forward", "message can't be edited"),
]


@pytest.mark.parametrize(("chat", "kind", "refusal"), [row[1:] for row in RIGHTS], ids=[row[0] for row in RIGHTS])
def test_somebody_elses_post_is_overwritten_only_with_the_right_to_edit(
    world: Telegram, chat: int, kind: str, refusal: str
) -> None:
    people = People(world)
    said = people.say(chat, ED, "their words")
    if kind == "forward":
        said = people.forward(world.chats[chat], said.id, ED, chat)
    reply = call(world, "editMessageText", chat_id=chat, message_id=said.id, text="our words")
    assert reply.description == (BAD + refusal if refusal else "")
    found = world.chats[chat].find(said.id)
    assert found is not None
    assert found.text == ("their words" if refusal else "our words")


def personal(world: Telegram, **params: Any) -> Any:
    return world.call(TOKEN, "getUserPersonalChatMessages", {"user_id": READER, "limit": 20, **params})


def test_the_channel_in_a_profile_can_be_read_the_newest_first(world: Telegram) -> None:
    world.chats[READER].personal = CHANNEL
    for number in range(25):
        post(world, f"post {number}")
    assert [one["text"] for one in personal(world, limit=2).result] == ["post 24", "post 23"]
    assert len(personal(world).result) == 20
    assert call(world, "getChat", chat_id=READER).result["personal_chat"]["id"] == CHANNEL


def test_a_profile_without_a_channel_shows_nothing(world: Telegram) -> None:
    post(world)
    assert personal(world).result == []
    assert "personal_chat" not in call(world, "getChat", chat_id=READER).result


@pytest.mark.parametrize(
    ("params", "words"),
    [({"user_id": 99}, "user not found"), ({"user_id": CHANNEL}, "user not found"), ({"limit": 21}, "limit must be")],
    ids=["a stranger", "a channel", "too many"],
)
def test_what_a_profile_is_not_asked(world: Telegram, params: dict[str, Any], words: str) -> None:
    assert personal(world, **params).description.startswith(BAD + words)


async def test_the_real_client_reads_a_profile(world: Telegram) -> None:
    world.chats[READER].personal = CHANNEL
    post(world, "one", entities=[{"type": "text_link", "offset": 0, "length": 3, "url": "https://x.org"}])
    assert send_picture(world, caption="two").ok
    async with serve(make_app(world)) as base, telegram.Bot(TOKEN, base_url=f"{base}/bot") as bot:
        found = await bot.get_user_personal_chat_messages(READER, 20)
    assert [one.text or one.caption for one in found] == ["two", "one"]
    assert found[0].photo
    assert [one.chat.id for one in found] == [CHANNEL, CHANNEL]
