"""Telegram's sender in every kind of chat: links, what the check says, pins, and pictures that are sent again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bots.errors import Rejected
from bots.model import Destination, Kind
from bots.platforms.base import Place
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import Chat, ChatKind, Permissions, Standing, Topic
from tests.telegram_calls import CHANNEL, Script, album, attempt, document, opened, photo, png, refusal, rehearsal, text

FORUM = Chat(-1001234567890, ChatKind.SUPERGROUP, username="weekly", forum=True, topics={3: Topic(3, "Issues")})
QUIET = replace(FORUM, username="")
SUPERGROUP = Chat(-1001234567890, ChatKind.SUPERGROUP)
LINKS = (
    # the chat, its kind and topic, the beginning of a link to a message in it
    (Chat(-1001234567890, username="weekly"), Kind.CHANNEL, None, "https://t.me/weekly/"),
    (Chat(-1001234567890), Kind.CHANNEL, None, "https://t.me/c/1234567890/"),
    (SUPERGROUP, Kind.SUPERGROUP, None, "https://t.me/c/1234567890/"),
    (FORUM, Kind.TOPIC, "3", "https://t.me/weekly/3/"),
    (QUIET, Kind.TOPIC, "3", "https://t.me/c/1234567890/3/"),
    (FORUM, Kind.TOPIC, "1", "https://t.me/weekly/"),
    (Chat(-44, ChatKind.GROUP), Kind.GROUP, None, None),
    (Chat(44, ChatKind.PRIVATE), Kind.PRIVATE, None, None),
)


@pytest.mark.parametrize(("chat", "kind", "topic", "start"), LINKS)
async def test_links_to_a_message(chat: Chat, kind: Kind, topic: str | None, start: str | None) -> None:
    destination = Destination("d", "telegram", kind, str(chat.id), topic)
    async with rehearsal(replace(chat, messages=[])) as sender:
        receipt = await sender.send(destination, text("Words"), {}, attempt())
        again = await sender.edit(destination, Place(receipt.message_ids), text("Words"), text("Words"), {})
    expected = start + receipt.message_ids[0] if start else None
    assert (receipt.url, again.url) == (expected, expected)


CLOSED_TOPIC, DELETED_TOPIC = Topic(3, "Issues", closed=True), Topic(3, "Issues", deleted=True)
MEMBER = replace(SUPERGROUP, standing=Standing.MEMBER)
CHATS = (
    # the chat as the bot finds it, the kind it should be of, what `check` must say
    (Chat(-1001234567890), Kind.CHANNEL, None),
    (Chat(-1001234567890, can_post=False), Kind.CHANNEL, "right to post messages"),
    (Chat(-1001234567890, standing=Standing.MEMBER), Kind.CHANNEL, "administrator"),
    (Chat(-1001234567890, standing=Standing.KICKED), Kind.CHANNEL, "removed from the chat"),
    (Chat(-1001234567890, standing=Standing.LEFT), Kind.CHANNEL, "not in the chat"),
    (MEMBER, Kind.SUPERGROUP, None),
    (MEMBER, Kind.CHANNEL, "`kind` to supergroup"),
    (replace(MEMBER, permissions=Permissions(messages=False)), Kind.SUPERGROUP, "may not send messages"),
    (replace(MEMBER, permissions=Permissions(photos=False)), Kind.SUPERGROUP, "may not send photos"),
    (replace(MEMBER, permissions=Permissions(documents=False)), Kind.SUPERGROUP, "may not send files"),
    (Chat(-5, ChatKind.GROUP), Kind.GROUP, None),
    (Chat(-5, ChatKind.GROUP, migrated_to=-1006), Kind.GROUP, "-1006"),
    (FORUM, Kind.TOPIC, None),
    (replace(FORUM, forum=False), Kind.TOPIC, "has no topics"),
    (replace(FORUM, topics={}), Kind.TOPIC, "does not exist"),
    (replace(FORUM, topics={3: CLOSED_TOPIC}), Kind.TOPIC, "manage topics"),
    (replace(FORUM, topics={3: CLOSED_TOPIC}, can_manage_topics=True), Kind.TOPIC, None),
    (replace(FORUM, topics={3: DELETED_TOPIC}), Kind.TOPIC, "deleted"),
    (Chat(5, ChatKind.PRIVATE), Kind.PRIVATE, None),
    (Chat(5, ChatKind.PRIVATE), Kind.CHANNEL, None),  # a test message to the author
)


@pytest.mark.parametrize(("chat", "kind", "problem"), CHATS)
async def test_what_the_check_says(chat: Chat, kind: Kind, problem: str | None) -> None:
    async with rehearsal(replace(chat, messages=[])) as sender:
        verdict = await sender.check(Destination("d", "telegram", kind, str(chat.id), "3"))
    assert verdict.ok == (problem is None)
    assert problem is None or problem in verdict.problems[0]
    assert chat.messages == []


PINS = (
    # the chat as the bot finds it, its kind, whether it may pin
    (Chat(-1001234567890), Kind.CHANNEL, False),
    (Chat(-1001234567890, can_edit=True), Kind.CHANNEL, True),
    (SUPERGROUP, Kind.SUPERGROUP, False),
    (replace(SUPERGROUP, can_pin=True), Kind.SUPERGROUP, True),
    (MEMBER, Kind.SUPERGROUP, False),
    (replace(MEMBER, permissions=Permissions(pin=True)), Kind.SUPERGROUP, True),
    (Chat(5, ChatKind.PRIVATE), Kind.PRIVATE, True),
)


@pytest.mark.parametrize(("chat", "kind", "allowed"), PINS)
async def test_the_check_knows_whether_the_bot_may_pin(chat: Chat, kind: Kind, allowed: bool) -> None:
    async with rehearsal(chat) as sender:
        verdict = await sender.check(Destination("d", "telegram", kind, str(chat.id), pin=True))
    assert verdict.ok is allowed
    assert allowed or "may not pin" in verdict.problems[0]


async def test_a_pin_makes_no_sound_and_one_that_is_there_is_a_success() -> None:
    pinned = replace(text("Words"), after=("pin",))
    script = Script(*refusal(400, "Bad Request: CHAT_NOT_MODIFIED"))
    async with serve(script.app()) as base, opened(base) as sender:
        await sender.finish(CHANNEL, Place(("7",)), pinned)
    assert script.seen == {"chat_id": CHANNEL.chat, "message_id": "7", "disable_notification": "true"}


STALE = (
    # what stands for a picture that was sent before, as Telegram sees it
    ("an id of another bot", "AgACMToxOjA"),
    ("no id at all", "nonsense"),
    ("an id of another kind", "a document's"),
)


@pytest.mark.parametrize("kept", [row[1] for row in STALE], ids=[row[0] for row in STALE])
async def test_a_picture_telegram_no_longer_knows_is_named_as_stale(kept: str) -> None:
    chat = Chat(-1001234567890)
    async with rehearsal(chat) as sender:
        if kept.startswith("a "):
            kept = (await sender.send(CHANNEL, document("Words", "a"), {"1.png": png()}, attempt())).uploaded["1.png"]
        for message in (photo("Words", "a"), album("Words", "a", "b")):
            with pytest.raises(Rejected) as raised:
                await sender.send(CHANNEL, message, {"1.png": kept, "2.png": png()}, attempt())
            assert raised.value.code == "stale upload"


async def test_files_keep_their_bytes_and_can_be_sent_again() -> None:
    chat = Chat(-1001234567890)
    files = album("Words", "a", "b", kind="document")
    async with rehearsal(chat) as sender:
        first = await sender.send(CHANNEL, files, {"1.png": png(), "2.png": png()}, attempt())
        await sender.send(CHANNEL, files, first.uploaded, replace(attempt(), nonce="other"))
        single = await sender.send(CHANNEL, document("Words", "a"), {"1.png": first.uploaded["1.png"]}, attempt())
    assert [message.media.content for message in chat.messages if message.media] == [png()] * 5
    assert single.uploaded == {"1.png": first.uploaded["1.png"]}


async def test_an_edit_names_the_pictures_it_exchanged_by_their_largest_size() -> None:
    chat = Chat(-1001234567890)
    old, new = album("Words", "a", "b"), album("Words", "a", "c")
    files = {"1.png": png(200), "2.png": png(300)}
    async with rehearsal(chat) as sender:
        sent = await sender.send(CHANNEL, old, files, attempt())
        edited = await sender.edit(CHANNEL, Place(sent.message_ids), old, new, files)
    assert chat.messages[1].media is not None
    assert len(chat.messages[1].media.sizes) == 2
    assert edited.uploaded == {"2.png": chat.messages[1].media.file_id}


async def test_a_photo_becomes_a_file_in_place() -> None:
    chat = Chat(-1001234567890)
    old, new = photo("Old", "a"), document("New", "a")
    async with rehearsal(chat) as sender:
        sent = await sender.send(CHANNEL, old, {"1.png": png()}, attempt())
        edited = await sender.edit(CHANNEL, Place(sent.message_ids), old, new, {"1.png": png()})
    (message,) = chat.messages
    assert message.media is not None
    assert (message.media.kind, message.text) == ("document", "New")
    assert edited.uploaded == {"1.png": message.media.file_id}
