"""Telegram's sender on its own: what goes over the wire, and what each refusal means (telegram.md 6 and 7.4)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bots.errors import ChatClosed, Gone, InDoubt, ReaderGone, Rejected, SendError, TokenRejected, TryLater
from bots.model import Message
from bots.platforms.base import Place
from bots.platforms.telegram.edits import Call, edits
from bots.platforms.telegram.send import TelegramSender
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import Chat
from tests.telegram_calls import (
    CHANNEL,
    TOKEN,
    Script,
    album,
    attempt,
    document,
    opened,
    photo,
    png,
    refusal,
    rehearsal,
    text,
)


async def outcome(status: int, body: str, message: Message | None = None) -> SendError:
    script = Script(status, body)
    async with serve(script.app()) as base, opened(base) as sender:
        with pytest.raises(SendError) as raised:
            await sender.send(CHANNEL, message or text("Words"), {"1.png": png()}, attempt())
    return raised.value


REFUSALS: tuple[tuple[str, type[SendError]], ...] = (
    ("400 Bad Request: chat not found", ChatClosed),
    ("400 Bad Request: need administrator rights in the channel chat", ChatClosed),
    ("400 Bad Request: not enough rights to send text messages to the chat", ChatClosed),
    ("400 Bad Request: have no write access to the chat", ChatClosed),
    ("400 Bad Request: CHAT_WRITE_FORBIDDEN", ChatClosed),
    ("400 Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", ChatClosed),
    ("400 Bad Request: message thread not found", ChatClosed),
    ("400 Bad Request: TOPIC_CLOSED", ChatClosed),
    ("403 Forbidden: bot was kicked from the channel chat", ChatClosed),
    ("403 Forbidden: bot is not a member of the supergroup chat", ChatClosed),
    ("403 Forbidden: bot was blocked by the user", ReaderGone),
    ("403 Forbidden: user is deactivated", ReaderGone),
    ("403 Forbidden: something new", ChatClosed),
    ("400 Bad Request: message is too long", Rejected),
    ("400 Bad Request: message caption is too long", Rejected),
    ("400 Bad Request: text must be non-empty", Rejected),
    ("400 Bad Request: Entity URL 'localhost' is invalid: Wrong HTTP URL", Rejected),
    ("400 Bad Request: PHOTO_INVALID_DIMENSIONS", Rejected),
    ("400 Bad Request: something new", Rejected),
    ("413 Request Entity Too Large: too many parameters", Rejected),
    ("400 Bad Request: IMAGE_PROCESS_FAILED", InDoubt),
    ('400 Bad Request: failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS"', InDoubt),
    ("400 Bad Request: group send failed", InDoubt),
    ("401 Unauthorized", TokenRejected),
    ("401 Unauthorized: invalid token specified", TokenRejected),
    ("421 Misdirected Request: unallowed token specified", TokenRejected),
    ("409 Conflict: terminated by other getUpdates request", TryLater),
    ("500 Internal Server Error: restart", InDoubt),
    ("502 Bad Gateway", InDoubt),
)


@pytest.mark.parametrize(("line", "expected"), REFUSALS, ids=[row[0] for row in REFUSALS])
async def test_what_telegrams_own_refusals_mean(line: str, expected: type[SendError]) -> None:
    status, description = line.split(" ", 1)
    assert type(await outcome(*refusal(int(status), description))) is expected


STRANGERS = (
    # what somebody in front of Telegram answers
    (404, ""),
    (404, '{"error": "no such page"}'),
    (401, "<html>log in to the network</html>"),
    (403, "<html>blocked by your company</html>"),
    (400, "<html>bad request</html>"),
    (502, "<html>bad gateway</html>"),
    (200, "welcome to the hotel"),
)


@pytest.mark.parametrize(("status", "body"), STRANGERS)
async def test_an_answer_by_somebody_else_proves_nothing(status: int, body: str) -> None:
    assert type(await outcome(status, body)) is InDoubt


async def test_a_rate_limit_names_its_seconds() -> None:
    error = await outcome(*refusal(429, "Too Many Requests: retry after 17", retry_after=17))
    assert isinstance(error, TryLater)
    assert error.after == 17.0


async def test_a_group_that_moved_names_its_new_id() -> None:
    status, body = refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100777)
    error = await outcome(status, body)
    assert isinstance(error, ChatClosed)
    assert error.moved_to == "-100777"


async def test_every_parameter_goes_out_as_planned() -> None:
    entities = [
        {"type": "text_link", "offset": 0, "length": 2, "url": "https://example.org/a?b=c&d"},
        {"type": "pre", "offset": 3, "length": 4, "language": "c++"},
        {"type": "something newer than the library", "offset": 0, "length": 1},
    ]
    preview = {"url": "https://example.org/", "prefer_large_media": True}
    more = {"entities": entities, "link_preview_options": preview, "disable_notification": True, "new_one": {"a": [1]}}
    script = Script(*refusal(400, "Bad Request: enough"))
    async with serve(script.app()) as base, opened(base) as sender:
        with pytest.raises(Rejected):
            await sender.send(CHANNEL, text("ab cdef 世界", **more), {}, attempt())
    assert script.seen is not None
    decoded = {name: value if name in ("text", "chat_id") else json.loads(value) for name, value in script.seen.items()}
    assert decoded == {"chat_id": CHANNEL.chat, "text": "ab cdef 世界", **more}


async def test_album_items_go_out_as_planned_with_their_files() -> None:
    message = album("Words", "a.png", "b.png")
    message.body["media"][0]["caption_entities"] = [{"type": "bold", "offset": 0, "length": 5}]
    message.body["media"][1]["new_one"] = True
    script = Script(*refusal(400, "Bad Request: enough"))
    async with serve(script.app()) as base, opened(base) as sender:
        with pytest.raises(Rejected):
            await sender.send(CHANNEL, message, {"1.png": png(), "2.png": png()}, attempt())
    assert script.seen is not None
    assert json.loads(script.seen["media"]) == message.body["media"]
    assert {name for name, value in script.seen.items() if not isinstance(value, str)} == {"1.png", "2.png"}


async def test_a_post_older_than_the_bot_may_delete_says_so() -> None:
    script = Script(*refusal(400, "Bad Request: message can't be deleted for everyone"))
    async with serve(script.app()) as base, opened(base) as sender:
        with pytest.raises(Rejected, match="by hand"):
            await sender.delete(CHANNEL, Place(("1",)))


async def test_a_dead_proxy_is_tried_later() -> None:
    sender = TelegramSender(TOKEN, base_url="http://127.0.0.1:1", proxy="http://user:word@127.0.0.1:1")
    with pytest.raises(TryLater, match="proxy"):
        await sender.open()
    await sender.close()


async def test_calls_go_through_the_configured_proxy() -> None:
    script = Script(*refusal(400, "Bad Request: enough"))
    async with serve_any_host(script.app()) as proxy, opened("http://telegram.invalid", proxy) as sender:
        with pytest.raises(Rejected):
            await sender.send(CHANNEL, text("Words"), {}, attempt())
    assert script.seen is not None


@asynccontextmanager
async def serve_any_host(app: web.Application) -> AsyncIterator[str]:
    """A forward proxy that answers for every host itself; the rehearsal's own server refuses foreign names."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


CAPTION = {"caption": "New"}
EDITS: tuple[tuple[str, Message, Message, list[tuple[str, Mapping[str, Any]]] | None], ...] = (
    ("text to text", text("Old"), text("New"), [("editMessageText", {"text": "New"})]),
    ("caption", photo("Old", "a"), photo("New", "a"), [("editMessageCaption", CAPTION)]),
    (
        "picture",
        photo("Old", "a"),
        photo("New", "b"),
        [("editMessageMedia", {"media": {"type": "photo", "media": "attach://1.png", **CAPTION}})],
    ),
    (
        "text to picture",
        text("Old"),
        photo("New", "a"),
        [("editMessageMedia", {"media": {"type": "photo", "media": "attach://1.png", **CAPTION}})],
    ),
    ("album caption", album("Old", "a", "b"), album("New", "a", "b"), [("editMessageCaption", CAPTION)]),
    (
        "second picture of an album",
        album("Same", "a", "b"),
        album("Same", "a", "c"),
        [("editMessageMedia", {"media": {"type": "photo", "media": "attach://2.png"}})],
    ),
    ("album unchanged", album("Same", "a", "b"), album("Same", "a", "b"), []),
    (
        "picture to file",
        photo("Old", "a"),
        document("New", "a"),
        [("editMessageMedia", {"media": {"type": "document", "media": "attach://1.png", **CAPTION}})],
    ),
    ("caption of a file", document("Old", "a"), document("New", "a"), [("editMessageCaption", CAPTION)]),
    ("album of files to one of photos", album("Old", "a", "b", kind="document"), album("New", "a", "b"), None),
    ("picture to text", photo("Old", "a"), text("New"), None),
    ("album of another length", album("Old", "a", "b"), album("New", "a", "b", "c"), None),
    ("album to picture", album("Old", "a", "b"), photo("New", "a"), None),
)


@pytest.mark.parametrize(("name", "old", "new", "expected"), EDITS, ids=[row[0] for row in EDITS])
def test_which_calls_make_an_edit(
    name: str, old: Message, new: Message, expected: list[tuple[str, Mapping[str, Any]]] | None
) -> None:
    found = edits(["7", "8", "9"][: len(old.body.get("media", "1"))], old, new)
    shown = None if found is None else [(call.method, without_id(call)) for call in found]
    assert shown == expected


def without_id(call: Call) -> dict[str, Any]:
    return {name: value for name, value in call.body.items() if name != "message_id"}


async def test_a_call_that_is_not_in_use_is_refused_before_it_leaves() -> None:
    newer = Message("section", 1, "sendNews", {"news": "Words"}, "Words")
    async with rehearsal(Chat(-1001234567890)) as sender:
        with pytest.raises(Rejected, match="sendNews"):
            await sender.send(CHANNEL, newer, {}, attempt())


async def test_an_edit_telegram_does_not_have_is_refused_before_any_call() -> None:
    async with rehearsal(Chat(-1001234567890)) as sender:
        with pytest.raises(Rejected):
            await sender.edit(CHANNEL, Place(("1",)), photo("Old", "a"), text("New"), {})


async def test_an_album_that_lost_a_picture_says_gone() -> None:
    chat = Chat(-1001234567890)
    old, new = album("Old", "a", "b"), album("New", "a", "b")
    async with rehearsal(chat) as sender:
        receipt = await sender.send(CHANNEL, old, {"1.png": png(), "2.png": png()}, attempt())
        chat.remove(chat.messages[0])
        with pytest.raises(Gone):
            await sender.edit(CHANNEL, Place(receipt.message_ids), old, new, {"1.png": png(), "2.png": png()})
