"""What the local Telegram refuses, word for word, and that it answers whatever is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.rehearsal.telegram import Bot, File, Telegram
from bots.rehearsal.telegram.api import METHODS
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


# --- refusals, word for word ----------------------------------------------------------------------------------------

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
