"""Groups, forums and pins of the local Telegram: who may do what, refused in the words of the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bots.rehearsal.telegram import (
    NO_LIMITS,
    Bot,
    Chat,
    ChatKind,
    File,
    People,
    Permissions,
    Standing,
    Telegram,
    User,
)
from tests.telegram_world import BAD, TOKEN, HandClock, picture

GROUP, FORUM, CHANNEL, PRIVATE = -1002, -1003, -1001, 7
EDITOR = User(11, "Editor")


@pytest.fixture
def world() -> Telegram:
    chats = [
        Chat(CHANNEL),
        Chat(GROUP, ChatKind.SUPERGROUP, "Readers", standing=Standing.MEMBER),
        Chat(FORUM, ChatKind.SUPERGROUP, "Forum", "forum", forum=True),
        Chat(PRIVATE, ChatKind.PRIVATE, "Reader"),
    ]
    return Telegram([Bot(TOKEN)], chats, HandClock(), NO_LIMITS)


@pytest.fixture
def people(world: Telegram) -> People:
    return People(world)


def answer(world: Telegram, method: str, chat: int, **params: Any) -> str:
    """The refusal, empty when the call was carried out."""
    files = {"photo": File("a.png", picture()), "document": File("a.txt", b"words")}
    reply = world.call(TOKEN, method, {"chat_id": chat, **params}, files)
    return "" if reply.ok else reply.description


# ── permissions ──────────────────────────────────────────────────────────────────────────────────────────────────────

ALBUM = {"media": [{"type": "document", "media": "attach://document"}] * 2}
MAY = [
    # method and parameters, the permission it needs, what a refusal calls it
    ("sendMessage", {"text": "x"}, "messages", "text messages"),
    ("sendPhoto", {}, "photos", "photos"),
    ("sendDocument", {}, "documents", "documents"),
    ("sendMediaGroup", {"media": [{"type": "photo", "media": "attach://photo"}] * 2}, "photos", "photos"),
    ("sendMediaGroup", ALBUM, "documents", "documents"),
]


@pytest.mark.parametrize(("method", "params", "permission", "what"), MAY)
def test_permissions_bind_members_and_not_administrators(
    world: Telegram, method: str, params: dict[str, Any], permission: str, what: str
) -> None:
    chat = world.chats[GROUP]
    assert answer(world, method, GROUP, **params) == ""
    chat.permissions = replace(Permissions(), **{permission: False})
    assert answer(world, method, GROUP, **params) == BAD + f"not enough rights to send {what} to the chat"
    chat.standing = Standing.ADMINISTRATOR
    assert answer(world, method, GROUP, **params) == ""


# ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_topic_holds_what_is_sent_to_it(world: Telegram, people: People) -> None:
    topic = people.open_topic(FORUM, "Issues")
    sent = world.call(TOKEN, "sendMessage", {"chat_id": FORUM, "text": "in it", "message_thread_id": topic.id}).result
    plain = world.call(TOKEN, "sendMessage", {"chat_id": FORUM, "text": "in General"}).result
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic.id, True)
    assert "message_thread_id" not in plain
    assert sent["message_id"] == topic.id + 1
    assert [(message.text, message.thread) for message in world.chats[FORUM].messages] == [
        ("in it", topic.id),
        ("in General", 0),
    ]


NOWHERE = [
    # the topic asked for, the refusal
    ("no such topic", 99, "message thread not found"),
    ("General by its id", 1, "message thread not found"),
    ("a closed one", 1001, "TOPIC_CLOSED"),
    ("a deleted one", 1002, "TOPIC_DELETED"),
]


@pytest.mark.parametrize("method", ["sendMessage", "sendPhoto", "sendChatAction"])
@pytest.mark.parametrize(("topic", "why"), [row[1:] for row in NOWHERE], ids=[row[0] for row in NOWHERE])
def test_topics_that_take_nothing(world: Telegram, people: People, method: str, topic: int, why: str) -> None:
    closed, deleted = people.open_topic(FORUM, "Closed"), people.open_topic(FORUM, "Deleted")
    people.close_topic(FORUM, closed.id)
    people.delete_topic(FORUM, deleted.id)
    number = {1001: closed.id, 1002: deleted.id}.get(topic, topic)
    assert answer(world, method, FORUM, text="x", action="typing", message_thread_id=number) == BAD + why
    assert world.chats[FORUM].messages == []


def test_a_bot_that_manages_topics_writes_to_closed_ones(world: Telegram, people: People) -> None:
    people.close_topic(FORUM, 1)
    assert answer(world, "sendMessage", FORUM, text="x") == BAD + "TOPIC_CLOSED"
    people.admit(FORUM, EDITOR, can_manage_topics=True)
    assert answer(world, "sendMessage", FORUM, text="x") == ""


def test_without_topics_a_thread_means_nothing(world: Telegram) -> None:
    for chat in (GROUP, CHANNEL, PRIVATE):
        assert answer(world, "sendMessage", chat, text="x", message_thread_id=99) == ""
        assert world.chats[chat].messages[0].thread == 0


def test_a_bot_with_the_right_makes_closes_and_deletes_topics(world: Telegram, people: People) -> None:
    refused = answer(world, "createForumTopic", FORUM, name="Issues")
    people.admit(FORUM, EDITOR, can_manage_topics=True)
    made = world.call(TOKEN, "createForumTopic", {"chat_id": FORUM, "name": "Issues"}).result
    number = made["message_thread_id"]
    assert refused == BAD + "not enough rights to manage topics"
    assert answer(world, "createForumTopic", GROUP, name="Issues") == BAD + "the chat is not a forum"
    assert answer(world, "closeForumTopic", FORUM, message_thread_id=number) == ""
    assert answer(world, "closeForumTopic", FORUM, message_thread_id=number) == BAD + "TOPIC_NOT_MODIFIED"
    assert answer(world, "reopenForumTopic", FORUM, message_thread_id=number) == ""
    assert answer(world, "sendMessage", FORUM, text="x", message_thread_id=number) == ""
    assert answer(world, "deleteForumTopic", FORUM, message_thread_id=number) == ""
    assert answer(world, "reopenForumTopic", FORUM, message_thread_id=number) == BAD + "TOPIC_ID_INVALID"
    assert [message.text for message in world.chats[FORUM].deleted] == ["x"]


# ── pins ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

PINS = [
    # where, the right it takes, as a field of the chat
    ("a channel", CHANNEL, {"can_edit": True}, {"can_pin": True}),
    ("a forum", FORUM, {"can_pin": True}, {"can_edit": True}),
    ("a group, as a member", GROUP, {"permissions": Permissions(pin=True)}, {"can_pin": True}),
    ("a private chat", PRIVATE, {}, None),
]


@pytest.mark.parametrize(("chat", "right", "other"), [row[1:] for row in PINS], ids=[row[0] for row in PINS])
def test_pins_need_a_right_and_tell_of_themselves_once(
    world: Telegram, chat: int, right: dict[str, Any], other: dict[str, Any] | None
) -> None:
    where = world.chats[chat]
    assert answer(world, "sendMessage", chat, text="x") == ""
    for name, value in (other or {}).items():
        setattr(where, name, value)
    refused = answer(world, "pinChatMessage", chat, message_id=1)
    assert refused == (BAD + "not enough rights to manage pinned messages in the chat" if other else "")
    for name, value in right.items():
        setattr(where, name, value)
    assert answer(world, "pinChatMessage", chat, message_id=1) == ""
    assert answer(world, "pinChatMessage", chat, message_id=1) == ""
    assert (where.pinned, [told.id for told in where.services], len(where.messages)) == (1, [2], 1)
    assert world.call(TOKEN, "sendMessage", {"chat_id": chat, "text": "y"}).result["message_id"] == 3


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_files_and_photos_share_no_album(world: Telegram) -> None:
    media = [{"type": "document", "media": "attach://document"}, {"type": "photo", "media": "attach://photo"}]
    refused = answer(world, "sendMediaGroup", CHANNEL, media=media)
    assert refused == BAD + "document can't be mixed with other media types"
    assert answer(world, "sendMediaGroup", CHANNEL, **ALBUM) == ""
    first, second = world.chats[CHANNEL].messages
    assert (first.album == second.album != "", [each.media.name for each in (first, second) if each.media]) == (
        True,
        ["a.txt", "a.txt"],
    )
