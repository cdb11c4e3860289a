"""The local Telegram, spoken to by an unmodified python-telegram-bot and by hand."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import httpx
import pytest
import telegram
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from telegram import error
from telegram.constants import ReactionEmoji

from bots.rehearsal.faults import Fault, Faults, Moment, Phase
from bots.rehearsal.serving import serve, serve_in_thread
from bots.rehearsal.telegram import (
    NO_LIMITS,
    Bot,
    Chat,
    ChatKind,
    File,
    Limits,
    Reply,
    Standing,
    Telegram,
    Window,
    make_app,
)
from bots.rehearsal.telegram.api import METHODS
from bots.rehearsal.telegram.editing import NOT_MODIFIED, REACTIONS

TOKEN = "4242:made-up"
CHANNEL = -1001
READ_TIMEOUT = 0.4
"""Seconds; short, because one fault is silence."""


class HandClock:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 9, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def picture(width: int = 40, height: int = 30, kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(content, kind)
    return content.getvalue()


def chats() -> list[Chat]:
    return [
        Chat(CHANNEL, title="Column", username="column"),
        Chat(-1002, title="No posting", can_post=False),
        Chat(-1003, title="Thrown out", standing=Standing.KICKED),
        Chat(-1004, title="Never in", standing=Standing.LEFT),
        Chat(-5, ChatKind.GROUP, title="Old group", migrated_to=-1006),
        Chat(-1006, ChatKind.SUPERGROUP, title="Group", standing=Standing.MEMBER),
        Chat(7, ChatKind.PRIVATE, title="Reader"),
        Chat(8, ChatKind.PRIVATE, title="Blocks us", standing=Standing.BLOCKED),
        Chat(9, ChatKind.PRIVATE, title="Unknown to us", standing=Standing.STRANGER),
        Chat(-1007, title="Keeps its posts", protected=True),
        Chat(-1008, title="Editors", can_edit=True, can_delete=True),
    ]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> Telegram:
    return Telegram([Bot(TOKEN), Bot("77:other", "other_bot")], chats(), clock, NO_LIMITS)


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


def call(world: Telegram, method: str, files: Mapping[str, File] | None = None, **params: Any) -> Reply:
    return world.call(TOKEN, method, {"chat_id": CHANNEL, **params}, files)


def post(world: Telegram, text: str = "hello", **params: Any) -> int:
    """Send a message, give its id."""
    reply = call(world, "sendMessage", text=text, **params)
    assert reply.ok, reply.description
    return int(reply.result["message_id"])


def upload(content: bytes, name: str = "a.png") -> dict[str, File]:
    return {"photo": File(name, content)}


def send_picture(world: Telegram, **params: Any) -> Reply:
    return call(world, "sendPhoto", upload(picture()), **params)


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


# --- refusals, word for word ----------------------------------------------------------------------------------------

BAD = "Bad Request: "
REFUSALS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("no text", "sendMessage", {}, 400, BAD + "message text is empty"),
    ("blank text", "sendMessage", {"text": " \n"}, 400, BAD + "text must be non-empty"),
    ("long text", "sendMessage", {"text": "a" * 4097}, 400, BAD + "message is too long"),
    ("no chat", "sendMessage", {"text": "x", "chat_id": ""}, 400, BAD + "chat_id is empty"),
    ("unknown chat", "sendMessage", {"text": "x", "chat_id": -9}, 400, BAD + "chat not found"),
    ("a user by name", "sendMessage", {"text": "x", "chat_id": "@reader"}, 400, BAD + "chat not found"),
    (
        "no right to post",
        "sendMessage",
        {"text": "x", "chat_id": -1002},
        400,
        BAD + "need administrator rights in the channel chat",
    ),
    (
        "thrown out",
        "sendMessage",
        {"text": "x", "chat_id": -1003},
        403,
        "Forbidden: bot was kicked from the channel chat",
    ),
    ("never in", "getChat", {"chat_id": -1004}, 403, "Forbidden: bot is not a member of the channel chat"),
    ("blocked", "sendMessage", {"text": "x", "chat_id": 8}, 403, "Forbidden: bot was blocked by the user"),
    (
        "a stranger",
        "sendMessage",
        {"text": "x", "chat_id": 9},
        403,
        "Forbidden: bot can't initiate conversation with a user",
    ),
    (
        "moved group",
        "sendMessage",
        {"text": "x", "chat_id": -5},
        400,
        BAD + "group chat was upgraded to a supergroup chat",
    ),
    (
        "reply to nothing",
        "sendMessage",
        {"text": "x", "reply_parameters": {"message_id": 99}},
        400,
        BAD + "message to be replied not found",
    ),
    ("edit nothing", "editMessageText", {"text": "x", "message_id": 99}, 400, BAD + "message to edit not found"),
    ("delete nothing", "deleteMessage", {"message_id": 99}, 400, BAD + "message to delete not found"),
    ("react to nothing", "setMessageReaction", {"message_id": 99}, 400, BAD + "message to react not found"),
    (
        "forward nothing",
        "forwardMessage",
        {"message_id": 99, "from_chat_id": CHANNEL},
        400,
        BAD + "message to forward not found",
    ),
    (
        "copy nothing",
        "copyMessage",
        {"message_id": 99, "from_chat_id": CHANNEL},
        400,
        BAD + "message to copy not found",
    ),
    ("no photo", "sendPhoto", {}, 400, BAD + "there is no photo in the request"),
    (
        "a photo by address",
        "sendPhoto",
        {"photo": "https://x.com/a.png"},
        400,
        BAD + "failed to get HTTP URL content",
    ),
    (
        "a made-up file id",
        "sendPhoto",
        {"photo": "abcdef"},
        400,
        BAD + "wrong remote file identifier specified: Wrong string length",
    ),
    ("an empty album", "sendMediaGroup", {"media": []}, 400, BAD + "there are no messages to send"),
    (
        "eleven in an album",
        "sendMediaGroup",
        {"media": [{"type": "photo", "media": "x"}] * 11},
        400,
        BAD + "too many messages to send as an album",
    ),
    (
        "photos and documents in one album",
        "sendMediaGroup",
        {"media": [{"type": "photo", "media": "x"}, {"type": "document", "media": "x"}]},
        400,
        BAD + "document can't be mixed with other media types",
    ),
    (
        "an animation in an album",
        "sendMediaGroup",
        {"media": [{"type": "animation", "media": "x"}]},
        400,
        BAD + 'type "animation" can\'t be used in sendMediaGroup',
    ),
    (
        "markup instead of entities",
        "sendMessage",
        {"text": "<b>x</b>", "parse_mode": "HTML"},
        400,
        BAD + "unsupported parse_mode: the rehearsal takes entities, not HTML",
    ),
    ("an unknown method", "sendPigeon", {}, 404, "Not Found: method not found"),
    (
        "parameters over a mebibyte",
        "sendMessage",
        {"text": "x", "other": "y" * (1 << 20)},
        413,
        "Request Entity Too Large: too many parameters",
    ),
    (
        "a button with too much data",
        "sendMessage",
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "d" * 65}]]}},
        400,
        BAD + "BUTTON_DATA_INVALID",
    ),
]


@pytest.mark.parametrize(
    ("method", "params", "code", "description"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS]
)
def test_refused_in_the_words_of_the_server(
    world: Telegram, method: str, params: dict[str, Any], code: int, description: str
) -> None:
    reply = call(world, method, **params)
    assert (reply.status, reply.description) == (code, description)
    assert world.chats[CHANNEL].messages == []


TOKENS = [
    ("unknown", "99:wrong", "Unauthorized"),
    ("malformed", "wrong", "Unauthorized: invalid token specified"),
]


@pytest.mark.parametrize(("token", "description"), [r[1:] for r in TOKENS], ids=[r[0] for r in TOKENS])
def test_refused_tokens(world: Telegram, token: str, description: str) -> None:
    reply = world.call(token, "getMe", {})
    assert (reply.status, reply.description) == (401, description)


def test_a_moved_group_names_its_new_id(world: Telegram) -> None:
    reply = call(world, "sendMessage", text="x", chat_id=-5)
    assert reply.body["parameters"] == {"migrate_to_chat_id": -1006}


PHOTOS = [
    ("wider than twenty times its height", picture(41, 2), "a.png", "PHOTO_INVALID_DIMENSIONS"),
    ("over 10000 pixels around the corner", picture(9001, 1000), "a.png", "PHOTO_INVALID_DIMENSIONS"),
    ("not a picture", b"words", "a.png", "IMAGE_PROCESS_FAILED"),
    ("cut off", picture(300, 300)[:-60], "a.png", "IMAGE_PROCESS_FAILED"),
    ("webp under a false name", picture(kind="WEBP"), "a.png", "IMAGE_PROCESS_FAILED"),
    (
        "webp",
        picture(kind="WEBP"),
        "a.webp",
        "photo has unsupported extension. Use one of .jpg, .jpeg, .gif, .png, .tif or .bmp",
    ),
    ("empty", b"", "a.png", "file must be non-empty"),
    (
        "over 10 MiB",
        picture() + b"\0" * (10 << 20),
        "a.png",
        f"file of size {len(picture()) + (10 << 20)} bytes is too big for a photo; the maximum size is 10485760 bytes",
    ),
]


@pytest.mark.parametrize(("content", "name", "why"), [r[1:] for r in PHOTOS], ids=[r[0] for r in PHOTOS])
def test_photos_telegram_refuses(world: Telegram, content: bytes, name: str, why: str) -> None:
    assert call(world, "sendPhoto", upload(content, name)).description == BAD + why


@pytest.mark.parametrize(("width", "height"), [(40, 2), (9000, 1000)], ids=["ratio 20", "10000 in all"])
def test_photos_at_the_edge_are_taken(world: Telegram, width: int, height: int) -> None:
    assert call(world, "sendPhoto", upload(picture(width, height))).ok


def test_an_album_names_the_picture_that_failed(world: Telegram) -> None:
    media = [{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": "attach://b"}]
    files = {"a": File("a.png", picture()), "b": File("b.png", picture(41, 2))}
    reply = call(world, "sendMediaGroup", files, media=media)
    assert reply.description == BAD + 'failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS"'
    assert world.chats[CHANNEL].messages == []


def test_a_file_id_belongs_to_a_bot_and_to_a_kind(world: Telegram) -> None:
    file_id = send_picture(world).result["photo"][-1]["file_id"]
    as_document = call(world, "sendDocument", document=file_id)
    foreign = world.call("77:other", "sendPhoto", {"chat_id": CHANNEL, "photo": file_id})
    assert as_document.description == BAD + "can't use file of type Photo as Document"
    assert foreign.description == BAD + "wrong file identifier/HTTP URL specified"


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


# --- laws -----------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "x", CHANNEL, "@column", "attach://a", "[", "[{}]"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "media", "offset", "length", "url", "text", "inline_keyboard", "message_id", "user"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
NAMES = ["chat_id", "text", "entities", "caption", "caption_entities", "media", "message_id", "photo", "reaction"]
NAMES += ["reply_markup", "reply_parameters", "link_preview_options", "from_chat_id", "file_id", "user_id"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(METHODS)), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6))
def test_whatever_a_client_sends_is_answered(method: str, params: dict[str, Any]) -> None:
    world = Telegram([Bot(TOKEN)], chats(), HandClock())
    post(world)
    reply = call(world, method, **params)
    assert reply.ok or reply.body["description"]
    assert json.dumps(dict(reply.body))
