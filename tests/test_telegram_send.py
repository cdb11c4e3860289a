"""Telegram's sender on its own: what goes over the wire, and what each refusal means (telegram.md 6 and 7.4)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from bots.clock import SystemClock
from bots.errors import ChatClosed, Gone, InDoubt, Rejected, SendError, TokenRejected, TryLater
from bots.model import Destination, Kind, Message, Upload
from bots.platforms.base import Attempt
from bots.platforms.telegram.edits import Call, edits
from bots.platforms.telegram.send import TelegramSender
from bots.rehearsal.serving import serve
from bots.rehearsal.telegram import NO_LIMITS, Bot, Chat, ChatKind, Standing, Telegram, make_app

TOKEN = "123456789:" + "A" * 35
CHANNEL = Destination("channel", "telegram", Kind.CHANNEL, "-1001234567890")


def attempt() -> Attempt:
    return Attempt("key", "nonce", SystemClock().now())


def text(words: str, **more: Any) -> Message:
    return Message("section", 1, "sendMessage", {"text": words, **more}, words)


def photo(words: str, source: str) -> Message:
    body = {"photo": "attach://1.png", "caption": words}
    return Message("section", 1, "sendPhoto", body, words, (Upload("1.png", source),))


def album(words: str, *sources: str) -> Message:
    media: list[dict[str, Any]] = [{"type": "photo", "media": f"attach://{n}.png"} for n, _ in enumerate(sources, 1)]
    media[0]["caption"] = words
    files = tuple(Upload(f"{n}.png", source) for n, source in enumerate(sources, 1))
    return Message("section", 1, "sendMediaGroup", {"media": media}, words, files)


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (30, 20)).save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def opened(base: str, proxy: str | None = None) -> AsyncIterator[TelegramSender]:
    sender = TelegramSender(TOKEN, base_url=base, proxy=proxy, answer_within=2.0)
    await sender.open()
    try:
        yield sender
    finally:
        await sender.close()


@asynccontextmanager
async def rehearsal(chat: Chat) -> AsyncIterator[TelegramSender]:
    server = Telegram([Bot(TOKEN)], [chat], SystemClock(), NO_LIMITS)
    async with serve(make_app(server)) as base, opened(base) as sender:
        yield sender


@dataclass
class Script:
    """A server that answers getMe properly and everything else as told."""

    status: int = 200
    body: str = ""
    seen: dict[str, Any] | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        if request.path.endswith("/getMe"):
            me = {"id": 123456789, "is_bot": True, "first_name": "weektech", "username": "weektech_bot"}
            return web.json_response({"ok": True, "result": me})
        self.seen = dict(await request.post())
        return web.Response(status=self.status, text=self.body, content_type="application/json")


def refusal(status: int, description: str, **parameters: Any) -> tuple[int, str]:
    body = {"ok": False, "error_code": status, "description": description}
    return status, json.dumps(body | ({"parameters": parameters} if parameters else {}))


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
    ("403 Forbidden: bot was blocked by the user", ChatClosed),
    ("403 Forbidden: user is deactivated", ChatClosed),
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


LINKS = (
    # the chat, the beginning of a link to a message in it
    (Chat(-1001234567890, username="weekly"), "https://t.me/weekly/"),
    (Chat(-1001234567890), "https://t.me/c/1234567890/"),
    (Chat(-1001234567890, ChatKind.SUPERGROUP), "https://t.me/c/1234567890/"),
    (Chat(-44, ChatKind.GROUP), None),
    (Chat(44, ChatKind.PRIVATE), None),
)


@pytest.mark.parametrize(("chat", "start"), LINKS)
async def test_links_to_a_message(chat: Chat, start: str | None) -> None:
    destination = replace(CHANNEL, chat=str(chat.id))
    async with rehearsal(chat) as sender:
        receipt = await sender.send(destination, text("Words"), {}, attempt())
        again = await sender.edit(destination, receipt.message_ids, text("Words"), text("Words"), {})
    expected = start + receipt.message_ids[0] if start else None
    assert (receipt.url, again.url) == (expected, expected)


CHATS = (
    # the chat as the bot finds it, what `check` must say
    (Chat(-1001234567890), None),
    (Chat(-1001234567890, can_post=False), "right to post messages"),
    (Chat(-1001234567890, standing=Standing.MEMBER), "administrator"),
    (Chat(-1001234567890, standing=Standing.KICKED), "removed from the chat"),
    (Chat(-1001234567890, standing=Standing.LEFT), "not in the chat"),
    (Chat(-1001234567890, ChatKind.SUPERGROUP, standing=Standing.MEMBER), None),
    (Chat(5, ChatKind.PRIVATE), None),
)


@pytest.mark.parametrize(("chat", "problem"), CHATS)
async def test_what_the_check_says(chat: Chat, problem: str | None) -> None:
    async with rehearsal(chat) as sender:
        verdict = await sender.check(replace(CHANNEL, chat=str(chat.id)))
    assert verdict.ok == (problem is None)
    assert problem is None or problem in verdict.problems[0]
    assert chat.messages == []


async def test_a_post_older_than_the_bot_may_delete_says_so() -> None:
    script = Script(*refusal(400, "Bad Request: message can't be deleted for everyone"))
    async with serve(script.app()) as base, opened(base) as sender:
        with pytest.raises(Rejected, match="by hand"):
            await sender.delete(CHANNEL, ["1"])


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
            await sender.edit(CHANNEL, ["1"], photo("Old", "a"), text("New"), {})


async def test_an_album_that_lost_a_picture_says_gone() -> None:
    chat = Chat(-1001234567890)
    old, new = album("Old", "a", "b"), album("New", "a", "b")
    async with rehearsal(chat) as sender:
        receipt = await sender.send(CHANNEL, old, {"1.png": png(), "2.png": png()}, attempt())
        chat.remove(chat.messages[0])
        with pytest.raises(Gone):
            await sender.edit(CHANNEL, receipt.message_ids, old, new, {"1.png": png(), "2.png": png()})
