"""The local Telegram over HTTP: spoken to by an unmodified python-telegram-bot, by hand, and with faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx
import pytest
import telegram
from telegram import error

from bots.rehearsal.faults import Fault, Faults, Moment, Phase
from bots.rehearsal.serving import serve, serve_in_thread
from bots.rehearsal.telegram import Telegram, make_app
from tests.telegram_world import CHANNEL, TOKEN, HandClock, picture, world_of

READ_TIMEOUT = 0.4
"""Seconds; short, because one fault is silence."""


@pytest.fixture
def world() -> Telegram:
    return world_of(HandClock())


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def base(world: Telegram, faults: Faults) -> AsyncIterator[str]:
    async with serve(make_app(world, faults)) as address:
        yield address


@pytest.fixture
async def bot(base: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[telegram.Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # or RetryAfter warns about its own future
    request = telegram.request.HTTPXRequest(read_timeout=READ_TIMEOUT)
    client = telegram.Bot(TOKEN, f"{base}/bot", f"{base}/file/bot", request=request)
    async with client:
        yield client


# --- through python-telegram-bot ------------------------------------------------------------------------------------


async def test_an_unmodified_client_can_introduce_itself_and_look_around(bot: telegram.Bot) -> None:
    chat = await bot.get_chat("@Column")
    member = await bot.get_chat_member(CHANNEL, bot.id)
    assert (bot.username, chat.id, chat.title) == ("weektech_bot", CHANNEL, "Column")
    assert isinstance(member, telegram.ChatMemberAdministrator)
    assert member.can_post_messages
    assert await bot.get_chat_member_count(CHANNEL) == 1
    assert await bot.get_updates() == ()


async def test_text_with_entities_arrives_as_readers_see_it(bot: telegram.Bot, world: Telegram) -> None:
    entities = [telegram.MessageEntity("text_link", 2, 3, url="https://X.com")]
    sent = await bot.send_message("@column", "  see README.md \n", entities=entities, disable_notification=True)
    assert (sent.text, sent.message_id) == ("see README.md", 1)
    assert [(e.type, e.offset, e.length, e.url) for e in sent.entities] == [
        ("text_link", 0, 3, "https://x.com/"),
        ("url", 4, 9, None),
    ]
    (kept,) = world.chats[CHANNEL].messages
    assert (kept.text, kept.silent) == ("see README.md", True)


async def test_pictures_albums_and_files_arrive_and_can_be_fetched_and_reused(
    bot: telegram.Bot, world: Telegram
) -> None:
    photo = await bot.send_photo(CHANNEL, picture(400, 300), caption="one", filename="a.png")
    items = [
        telegram.InputMediaPhoto(picture(), caption="two", filename="b.png"),
        telegram.InputMediaPhoto(photo.photo[-1].file_id),
    ]
    album = await bot.send_media_group(CHANNEL, items)
    document = await bot.send_document(CHANNEL, b"words", filename="notes.txt")
    fetched = await bot.get_file(photo.photo[-1].file_id)
    assert bytes(await fetched.download_as_bytearray()) == picture(400, 300)
    assert [(s.width, s.height) for s in photo.photo] == [(90, 68), (320, 240), (400, 300)]
    assert album[0].media_group_id == album[1].media_group_id is not None
    assert album[1].photo[-1].file_unique_id == photo.photo[-1].file_unique_id
    assert document.document is not None
    assert document.document.file_name == "notes.txt"
    assert [m.id for m in world.chats[CHANNEL].messages] == [1, 2, 3, 4]


async def test_edits_reactions_copies_pins_and_deletions(bot: telegram.Bot, world: Telegram) -> None:
    first = await bot.send_message(-1008, "one")
    edited = await first.edit_text("two")
    assert isinstance(edited, telegram.Message)
    assert edited.edit_date is not None
    assert await first.set_reaction("👍")
    forwarded = await first.forward(7)
    copied = await first.copy(7)
    assert isinstance(forwarded.forward_origin, telegram.MessageOriginChannel)
    assert forwarded.forward_origin.message_id == first.message_id
    assert await first.pin()
    pinned = (await bot.get_chat(-1008)).pinned_message
    assert pinned is not None
    assert pinned.text == "two"
    assert await first.delete()
    assert [m.id for m in world.chats[7].messages] == [forwarded.message_id, copied.message_id]
    assert world.chats[-1008].messages == []
    (gone,) = world.chats[-1008].deleted
    assert [content.text for content in gone.history] == ["one"]


async def test_a_text_post_can_become_a_picture(bot: telegram.Bot, world: Telegram) -> None:
    sent = await bot.send_message(CHANNEL, "soon a picture")
    await sent.edit_media(telegram.InputMediaPhoto(picture(), caption="now", filename="a.png"))
    (kept,) = world.chats[CHANNEL].messages
    assert kept.media is not None
    assert (kept.text, kept.history[0].text) == ("now", "soon a picture")


EXCEPTIONS: list[tuple[str, type[Exception], Any]] = [
    ("unknown chat", error.BadRequest, lambda b: b.send_message("@nobody", "x")),
    ("thrown out", error.Forbidden, lambda b: b.send_message(-1003, "x")),
    ("group moved", error.ChatMigrated, lambda b: b.send_message(-5, "x")),
    ("nothing to edit", error.BadRequest, lambda b: b.edit_message_text("x", CHANNEL, 99)),
]


@pytest.mark.parametrize(("expected", "action"), [r[1:] for r in EXCEPTIONS], ids=[r[0] for r in EXCEPTIONS])
async def test_refusals_reach_the_client_as_its_own_exceptions(
    bot: telegram.Bot, expected: type[Exception], action: Any
) -> None:
    with pytest.raises(expected):
        await action(bot)


async def test_a_wrong_token_is_an_invalid_token(base: str) -> None:
    async with telegram.request.HTTPXRequest() as request:
        with pytest.raises(error.InvalidToken):
            await telegram.Bot("99:wrong", f"{base}/bot", request=request).get_me()


# --- over HTTP ------------------------------------------------------------------------------------------------------

ENCODINGS: list[tuple[str, dict[str, Any]]] = [
    ("JSON", {"json": {"chat_id": CHANNEL, "text": "x"}}),
    ("a form", {"data": {"chat_id": str(CHANNEL), "text": "x"}}),
    ("the query", {"params": {"chat_id": str(CHANNEL), "text": "x"}}),
]


@pytest.mark.parametrize("request_parts", [r[1] for r in ENCODINGS], ids=[r[0] for r in ENCODINGS])
async def test_parameters_may_come_as(base: str, request_parts: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{base}/bot{TOKEN}/sendMessage", **request_parts) as answer:
        assert (await answer.json())["result"]["text"] == "x"


async def test_parameters_may_come_as_multipart_with_attachments(base: str) -> None:
    form = aiohttp.FormData()
    form.add_field("chat_id", str(CHANNEL))
    form.add_field("media", json.dumps([{"type": "photo", "media": "attach://one"}]))
    form.add_field("one", picture(), filename="one.png", content_type="image/png")
    async with aiohttp.ClientSession() as http, http.post(f"{base}/bot{TOKEN}/sendMediaGroup", data=form) as answer:
        assert (await answer.json())["ok"]


PATHS = [
    ("an unknown method", f"/bot{TOKEN}/sendPigeon", 404, "Not Found: method not found"),
    ("no such place", "/elsewhere", 404, "Not Found"),
    ("a wrong token", "/bot99:wrong/getMe", 401, "Unauthorized"),
    ("an unknown file", f"/file/bot{TOKEN}/photos/file_9.jpg", 404, "Not Found"),
    ("a file under a wrong token", "/file/bot99:wrong/photos/file_0.jpg", 401, "Unauthorized"),
]


@pytest.mark.parametrize(("path", "status", "description"), [r[1:] for r in PATHS], ids=[r[0] for r in PATHS])
async def test_paths_that_lead_nowhere(base: str, path: str, status: int, description: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(base + path) as answer:
        assert answer.status == status
        assert (await answer.json())["description"] == description


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "[::1]:80"])
async def test_a_foreign_host_name_is_refused(base: str, host: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{base}/bot{TOKEN}/getMe", headers={"Host": host}) as answer:
            assert answer.status == 421
        async with http.get(f"{base}/bot{TOKEN}/getMe", headers={"Origin": "https://evil.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_server_in_a_thread_serves_clients_that_hold_the_main_thread(world: Telegram) -> None:
    with serve_in_thread(lambda: make_app(world)) as base:
        answer = httpx.post(f"{base}/bot{TOKEN}/sendMessage", json={"chat_id": CHANNEL, "text": "x"})
    assert answer.json()["ok"]
    assert len(world.chats[CHANNEL].messages) == 1


def test_a_server_in_a_thread_that_cannot_start_says_why(world: Telegram) -> None:
    with serve_in_thread(lambda: make_app(world)) as base:
        port = int(base.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"), serve_in_thread(lambda: make_app(world), port):
            pass


# --- faults ---------------------------------------------------------------------------------------------------------

SEEN: list[tuple[Fault, type[Exception] | None, type[Exception] | None]] = [
    (Fault.CLOSED_UNREAD, error.NetworkError, httpx.ReadError),
    (Fault.CLOSED_MID_REQUEST, error.NetworkError, httpx.RemoteProtocolError),
    (Fault.TAKEN_CLOSED, error.NetworkError, httpx.RemoteProtocolError),
    (Fault.TAKEN_RESET, error.NetworkError, httpx.ReadError),
    (Fault.TAKEN_HALF, error.NetworkError, httpx.RemoteProtocolError),
    (Fault.TAKEN_SILENT, error.TimedOut, httpx.ReadTimeout),
    (Fault.TAKEN_500, error.NetworkError, None),
    (Fault.TAKEN_502, error.NetworkError, None),
    (Fault.TAKEN_503, error.NetworkError, None),
    (Fault.TAKEN_GARBAGE, error.TelegramError, None),
    (Fault.TAKEN_WRONG_TYPE, None, None),
    (Fault.TAKEN_SLOWLY, None, None),
    (Fault.RATE_SHORT, error.RetryAfter, None),
    (Fault.RATE_LONG, error.RetryAfter, None),
    (Fault.RATE_GLOBAL, error.RetryAfter, None),
    (Fault.REFUSED, error.BadRequest, None),
]


@pytest.mark.parametrize("row", SEEN, ids=[str(row[0]) for row in SEEN])
async def test_what_a_client_sees_of_a_fault(
    bot: telegram.Bot,
    world: Telegram,
    faults: Faults,
    row: tuple[Fault, type[Exception] | None, type[Exception] | None],
) -> None:
    fault, seen, cause = row
    faults.at(1, fault, "sendMessage")
    if seen is None:
        await bot.send_message(CHANNEL, "x")
    else:
        with pytest.raises(seen) as caught:
            await bot.send_message(CHANNEL, "x")
        assert cause is None or isinstance(caught.value.__cause__, cause)
    assert bool(world.chats[CHANNEL].messages) is fault.carried_out
    await bot.send_message(CHANNEL, "the server goes on")
    assert faults.calls[-2:] == ["sendMessage", "sendMessage"]


def test_every_fault_is_in_the_table() -> None:
    assert [row[0] for row in SEEN] == list(Fault)


async def test_a_fault_strikes_at_the_call_it_was_planned_for(bot: telegram.Bot, faults: Faults) -> None:
    faults.at(4, Fault.REFUSED)  # getMe was the first call
    await bot.send_message(CHANNEL, "second call")
    await bot.get_chat(CHANNEL)
    with pytest.raises(error.BadRequest):
        await bot.send_message(CHANNEL, "fourth call")
    await bot.send_message(CHANNEL, "fifth call")


async def test_an_observer_hears_of_every_call_as_it_proceeds(
    bot: telegram.Bot, world: Telegram, faults: Faults
) -> None:
    heard: list[tuple[Moment, int]] = []
    faults.observer = lambda moment: heard.append((moment, len(world.chats[CHANNEL].messages)))
    await bot.send_message(CHANNEL, "x")
    assert heard == [
        (Moment("sendMessage", 2, 1, Phase.RECEIVED), 0),
        (Moment("sendMessage", 2, 1, Phase.TAKEN), 1),
        (Moment("sendMessage", 2, 1, Phase.ANSWERED), 1),
    ]


async def test_a_client_that_hangs_up_does_not_undo_its_message(base: str, world: Telegram, faults: Faults) -> None:
    host, _, port = base.removeprefix("http://").partition(":")
    answered = asyncio.Event()
    gone = asyncio.Event()

    def hold(moment: Moment) -> None:
        if moment.phase is Phase.RECEIVED:
            writer.close()
            gone.set()
        if moment.phase is Phase.ANSWERED:
            answered.set()

    faults.observer = hold
    _, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"chat_id": CHANNEL, "text": "x"})
    head = f"POST /bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    async with asyncio.timeout(5):
        await gone.wait()
        await answered.wait()
    assert [m.text for m in world.chats[CHANNEL].messages] == ["x"]
