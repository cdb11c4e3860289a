"""Inline keyboards in the local Telegram, who presses them, and what the bot lets appear (telegram.md 6, 8)."""

from __future__ import annotations

from typing import Any

import pytest

from bots.rehearsal.telegram import File, Limits, People, Telegram, Window
from bots.rehearsal.telegram.limits import Budget
from tests.telegram_readers import CHANNEL, GROUP, OTHER, READER, call, done, heard, post, stage
from tests.telegram_world import BAD, TOKEN, HandClock, picture

TOO_OLD = BAD + "query is too old and response timeout expired or query ID is invalid"
UNREADABLE = BAD + "can't parse inline keyboard button: "
CHANNEL_SWITCH = "because users will not be able to use the button without knowing bot's username"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> Telegram:
    return stage(clock)


@pytest.fixture
def people(world: Telegram) -> People:
    return People(world)


def keys(*rows: Any) -> dict[str, Any]:
    return {"inline_keyboard": [list(row) for row in rows]}


def asks(data: str = "d", text: str = "press") -> dict[str, Any]:
    return {"text": text, "callback_data": data}


# ── what is taken ────────────────────────────────────────────────────────────────────────────────────────────────────

TAKEN: list[tuple[str, int, dict[str, Any], dict[str, Any]]] = [
    ("data of 64 bytes", CHANNEL, asks("中" * 21 + "a"), asks("中" * 21 + "a")),
    ("an address", CHANNEL, {"text": "a", "url": "Example.org"}, {"text": "a", "url": "http://example.org/"}),
    ("a user", CHANNEL, {"text": "a", "url": "tg://user?id=5"}, {"text": "a", "url": "tg://user?id=5"}),
    ("a text to copy", CHANNEL, {"text": "a", "copy_text": {"text": "x" * 256}}, {}),
    ("a style", CHANNEL, asks() | {"style": "danger"}, {}),
    ("an inline query in a group", GROUP, {"text": "a", "switch_inline_query_current_chat": ""}, {}),
    ("an address before data", CHANNEL, asks() | {"url": "https://a.io/"}, {"text": "press", "url": "https://a.io/"}),
    ("data when the address is empty", CHANNEL, asks() | {"url": ""}, asks()),
]


@pytest.mark.parametrize(("chat", "button", "stored"), [r[1:] for r in TAKEN], ids=[r[0] for r in TAKEN])
def test_buttons_the_server_takes(world: Telegram, chat: int, button: Any, stored: Any) -> None:
    sent = done(world, "sendMessage", chat_id=chat, text="x", reply_markup=keys([button]))
    assert sent["reply_markup"] == keys([stored or button])


REFUSED: list[tuple[str, int, Any, str]] = [
    ("no object", CHANNEL, [], BAD + "object expected as reply markup"),
    ("no rows", CHANNEL, keys() | {"inline_keyboard": 1}, BAD + 'field "inline_keyboard" must be of type Array'),
    (
        "a row that is none",
        CHANNEL,
        {"inline_keyboard": [asks()]},
        BAD + 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
    ),
    ("a button that is none", CHANNEL, keys(["a"]), UNREADABLE + "InlineKeyboardButton must be an Object"),
    ("no text", CHANNEL, keys([{"callback_data": "d"}]), UNREADABLE + 'Can\'t find field "text"'),
    ("only text", CHANNEL, keys([{"text": "a"}]), UNREADABLE + "Text buttons are unallowed in the inline keyboard"),
    ("empty data", CHANNEL, keys([asks("")]), UNREADABLE + "Text buttons are unallowed in the inline keyboard"),
    ("an unknown style", CHANNEL, keys([asks() | {"style": "big"}]), UNREADABLE + "invalid button style specified"),
    ("data of 65 bytes", CHANNEL, keys([asks("中" * 21 + "ab")]), BAD + "BUTTON_DATA_INVALID"),
    (
        "an address without a dot",
        CHANNEL,
        keys([{"text": "a", "url": "http://localhost/x"}]),
        BAD + "inline keyboard button URL 'http://localhost/x' is invalid: Wrong HTTP URL",
    ),
    (
        "too much to copy",
        CHANNEL,
        keys([{"text": "a", "copy_text": {"text": "x" * 257}}]),
        BAD + "BUTTON_COPY_TEXT_INVALID",
    ),
    (
        "a web app outside",
        CHANNEL,
        keys([{"text": "a", "web_app": {"url": "https://a.io"}}]),
        BAD + "BUTTON_TYPE_INVALID",
    ),
    (
        "an inline query in a channel",
        CHANNEL,
        keys([{"text": "a", "switch_inline_query_current_chat": ""}]),
        BAD + f"can't use switch_inline_query_current_chat button in a channel chat, {CHANNEL_SWITCH}",
    ),
    ("another keyboard in a channel", CHANNEL, {"keyboard": [["a"]]}, BAD + "inline keyboard expected"),
    ("more than the servers keep", CHANNEL, keys(*[[asks("d" * 60, "t" * 60)]] * 99), BAD + "reply markup is too long"),
]


@pytest.mark.parametrize(("chat", "markup", "why"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_keyboards_the_server_refuses(world: Telegram, chat: int, markup: Any, why: str) -> None:
    reply = call(world, "sendMessage", chat_id=chat, text="x", reply_markup=markup)
    assert (reply.status, reply.description) == (400, why)
    assert world.chats[chat].messages == []


def test_buttons_without_words_and_beyond_the_twelfth_are_dropped(world: Telegram) -> None:
    markup = keys([asks(text="")], [asks(str(n)) for n in range(14)])
    sent = done(world, "sendMessage", chat_id=CHANNEL, text="x", reply_markup=markup)
    assert [[key["callback_data"] for key in row] for row in sent["reply_markup"]["inline_keyboard"]] == [
        [str(n) for n in range(12)]
    ]


def test_pictures_and_edits_carry_keyboards(world: Telegram) -> None:
    files = {"photo": File("a.png", picture())}
    params = {"chat_id": CHANNEL, "reply_markup": keys([asks("one")])}
    sent = world.call(TOKEN, "sendPhoto", params, files).result
    assert sent["reply_markup"] == keys([asks("one")])
    params = {"chat_id": CHANNEL, "message_id": sent["message_id"], "reply_markup": keys([asks("two")])}
    assert done(world, "editMessageReplyMarkup", **params)["reply_markup"] == keys([asks("two")])
    assert call(world, "editMessageReplyMarkup", **params).description.startswith(BAD + "message is not modified")
    without = done(world, "editMessageCaption", chat_id=CHANNEL, message_id=sent["message_id"], caption="x")
    assert "reply_markup" not in without


def test_no_part_of_an_album_gets_a_keyboard(world: Telegram) -> None:
    media = [{"type": "photo", "media": "attach://a"}] * 2
    files = {"a": File("a.png", picture())}
    first, _ = world.call(TOKEN, "sendMediaGroup", {"chat_id": CHANNEL, "media": media}, files).result
    params = {"chat_id": CHANNEL, "message_id": first["message_id"], "reply_markup": keys([asks()])}
    assert call(world, "editMessageReplyMarkup", **params).description == BAD + "message can't be edited"


# ── pressing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_press_asks_the_bot_and_its_answer_appears(world: Telegram, people: People) -> None:
    number = post(world, text="join?", reply_markup=keys([asks("join:7", "Join")]))
    heard(world)
    pressed = people.press(CHANNEL, number, READER, "Join")
    ((kind, query),) = heard(world)
    assert kind == "callback_query"
    assert (query["id"], query["data"], query["from"]["id"]) == (pressed.id, "join:7", READER.id)
    assert (query["message"]["text"], query["message"]["chat"]["id"]) == ("join?", CHANNEL)
    assert query["chat_instance"]
    assert pressed.answers == []
    done(world, "answerCallbackQuery", callback_query_id=query["id"], text="You're in", show_alert=True)
    assert pressed.answer is not None
    assert (pressed.answer.text, pressed.answer.alert) == ("You're in", True)


def test_a_button_is_found_by_its_data_too_and_only_where_it_is(world: Telegram, people: People) -> None:
    number = post(world, reply_markup=keys([asks("a", "A"), {"text": "B", "url": "https://a.io"}]))
    assert people.press(CHANNEL, number, READER, "a").data == "a"
    for label in ("B", "C"):
        with pytest.raises(ValueError, match=f"button '{label}'"):
            people.press(CHANNEL, number, READER, label)


ANSWERS: list[tuple[str, dict[str, Any], str]] = [
    ("200 characters", {"text": "x" * 200}, ""),
    ("201 characters", {"text": "x" * 201}, BAD + "MESSAGE_TOO_LONG"),
    ("a start link of the bot", {"url": "https://t.me/weektech_bot?start=abc"}, ""),
    ("another address", {"url": "https://example.org/"}, BAD + "URL_INVALID"),
    ("somebody else's query", {"callback_query_id": "1"}, TOO_OLD),
]


@pytest.mark.parametrize(("params", "why"), [r[1:] for r in ANSWERS], ids=[r[0] for r in ANSWERS])
def test_answers(world: Telegram, people: People, params: dict[str, Any], why: str) -> None:
    pressed = people.press(CHANNEL, post(world, reply_markup=keys([asks()])), READER, "press")
    reply = call(world, "answerCallbackQuery", **{"callback_query_id": pressed.id, **params})
    assert reply.description == why
    assert (pressed.answer is None) is bool(why)


def test_a_late_answer_is_refused_and_a_late_bot_hears_of_no_press(
    world: Telegram, people: People, clock: HandClock
) -> None:
    number = post(world, reply_markup=keys([asks()]))
    heard(world)
    pressed = people.press(CHANNEL, number, OTHER, "press")
    clock.seconds += 151
    assert heard(world) == []
    assert call(world, "answerCallbackQuery", callback_query_id=pressed.id).description == TOO_OLD


def test_many_answers_a_second_are_no_burst(clock: HandClock) -> None:
    world = stage(clock)
    people = People(world)
    number = post(world, reply_markup=keys([asks()]))
    world.budget = Budget(Limits((Window(1, 60),), (Window(1, 60),), (Window(1, 60),)), clock)
    for _ in range(40):
        done(world, "answerCallbackQuery", callback_query_id=people.press(CHANNEL, number, READER, "press").id)
