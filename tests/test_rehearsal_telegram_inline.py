"""Inline mode of the local Telegram: queries, results, and the one a reader sends (telegram.md 8)."""

from __future__ import annotations

from typing import Any

import pytest

from bots.rehearsal.telegram import People, Question, Telegram
from tests.telegram_readers import CHANNEL, GROUP, OTHER, READER, call, done, heard, post, stage
from tests.telegram_world import BAD, TOKEN, HandClock, picture, upload

TOO_OLD = BAD + "query is too old and response timeout expired or query ID is invalid"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> Telegram:
    return stage(clock, inline=True)


@pytest.fixture
def people(world: Telegram) -> People:
    return People(world)


def article(number: object = "1", text: str = "Issue 12", **more: Any) -> dict[str, Any]:
    content = {"message_text": text}
    return {"type": "article", "id": str(number), "title": "Issue", "input_message_content": content} | more


def answer(world: Telegram, asked: Question, *results: Any, **params: Any) -> None:
    done(world, "answerInlineQuery", inline_query_id=asked.id, results=list(results), **params)


def test_a_query_is_asked_answered_and_a_result_sent(world: Telegram, people: People) -> None:
    assert done(world, "getMe")["supports_inline_queries"]
    asked = people.inline(READER, "issue 12")
    assert heard(world) == [
        ("inline_query", {"id": asked.id, "from": heard_reader(), "query": "issue 12", "offset": ""})
    ]
    answer(world, asked, article(), next_offset="50")
    assert asked.results is not None
    assert [(item.title, item.content.text) for item in asked.results.items] == [("Issue", "Issue 12")]
    sent = people.choose(asked, "1", GROUP)
    assert (sent.text, sent.author) == ("Issue 12", READER)
    (_, message), (kind, chosen) = sorted(heard(world), key=lambda each: each[0] != "message")
    assert message["via_bot"]["username"] == "weektech_bot"
    assert (kind, chosen) == (
        "chosen_inline_result",
        {"result_id": "1", "from": heard_reader(), "query": "issue 12"},
    )


def heard_reader() -> dict[str, Any]:
    return {"id": 21, "is_bot": False, "first_name": "Reader", "username": "reader", "language_code": "zh"}


def test_a_pressed_inline_result_names_itself_by_another_id(world: Telegram, people: People) -> None:
    asked = people.inline(READER, "x")
    keyboard = {"inline_keyboard": [[{"text": "More", "callback_data": "m"}]]}
    answer(world, asked, article(reply_markup=keyboard))
    heard(world)
    sent = people.choose(asked, "1", CHANNEL)
    pressed = people.press(CHANNEL, sent.id, OTHER, "More")
    told = dict(heard(world))
    assert told["callback_query"]["inline_message_id"] == told["chosen_inline_result"]["inline_message_id"]
    assert "message" not in told["callback_query"]
    done(world, "answerCallbackQuery", callback_query_id=pressed.id)
    assert pressed.answer is not None


def test_a_result_can_be_a_picture_the_bot_knows(world: Telegram, people: People) -> None:
    known = world.call(TOKEN, "sendPhoto", {"chat_id": CHANNEL}, upload(picture())).result["photo"][-1]["file_id"]
    asked = people.inline(READER, "x")
    answer(world, asked, {"type": "photo", "id": "p", "photo_file_id": known, "caption": "c"})
    sent = people.choose(asked, "p", GROUP)
    assert (sent.text, sent.media is not None) == ("c", True)


REFUSED: list[tuple[str, list[Any], str]] = [
    ("51 results", [article(n) for n in range(51)], "too many inline query results specified"),
    ("the same id twice", [article(), article()], "RESULT_ID_DUPLICATE"),
    ("a long id", [article("x" * 65)], "RESULT_ID_INVALID"),
    ("no object", ["x"], "can't parse inline query result: Inline query result must be an object"),
    ("no title", [{"type": "article", "id": "1"}], "can't parse inline query result: Can't find field \"title\""),
    (
        "no text",
        [{"type": "article", "id": "1", "title": "t"}],
        "can't parse inline query result: Can't find field \"message_text\"",
    ),
    (
        "an unknown type",
        [{"type": "pigeon", "id": "1"}],
        'can\'t parse inline query result: type "pigeon" is unsupported for the inline query result',
    ),
    (
        "a picture by address",
        [{"type": "photo", "id": "1", "photo_url": "https://a.io/b.jpg"}],
        "failed to get HTTP URL content",
    ),
    (
        "a button with too much data",
        [article(reply_markup={"inline_keyboard": [[{"text": "b", "callback_data": "d" * 65}]]})],
        "BUTTON_DATA_INVALID",
    ),
]


@pytest.mark.parametrize(("results", "why"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_answers_the_server_refuses(world: Telegram, people: People, results: list[Any], why: str) -> None:
    asked = people.inline(READER, "x")
    reply = call(world, "answerInlineQuery", inline_query_id=asked.id, results=results)
    assert (reply.status, reply.description) == (400, BAD + why)
    assert asked.results is None


def test_where_to_go_on_is_said_in_64_bytes(world: Telegram, people: People) -> None:
    asked = people.inline(READER, "x")
    for offset, why in (("x" * 65, BAD + "NEXT_OFFSET_INVALID"), ("x" * 64, "")):
        reply = call(world, "answerInlineQuery", inline_query_id=asked.id, results=[], next_offset=offset)
        assert reply.description == why


def test_fifty_results_are_taken_and_thirty_seconds_are_the_end(
    world: Telegram, people: People, clock: HandClock
) -> None:
    first, second = people.inline(READER, "a"), people.inline(READER, "b")
    answer(world, first, *(article(n) for n in range(50)))
    clock.seconds += 31
    assert heard(world) == []
    assert call(world, "answerInlineQuery", inline_query_id=second.id, results=[]).description == TOO_OLD


CACHES: list[tuple[str, dict[str, Any], float, bool]] = [
    # what the bot asked for, seconds later, another reader asks the bot again
    ("five minutes by default", {}, 299, False),
    ("no longer", {}, 300, True),
    ("not at all", {"cache_time": 0}, 0, True),
    ("as asked", {"cache_time": 10}, 9, False),
    ("a day at most", {"cache_time": 10**6}, 86400, True),
    ("personal", {"is_personal": True}, 1, True),
]


@pytest.mark.parametrize(("params", "later", "again"), [r[1:] for r in CACHES], ids=[r[0] for r in CACHES])
def test_the_servers_answer_for_the_bot(
    world: Telegram, clock: HandClock, params: dict[str, Any], later: float, again: bool
) -> None:
    people = People(world)
    answer(world, people.inline(READER, "x"), article(), **params)
    heard(world)
    clock.seconds += later
    asked = people.inline(OTHER, "x")
    assert (asked.results is None) is again
    assert [kind for kind, _ in heard(world)] == ["inline_query"] * again


def test_without_inline_mode_there_is_nobody_to_ask(clock: HandClock) -> None:
    world = stage(clock)
    assert not done(world, "getMe")["supports_inline_queries"]
    with pytest.raises(ValueError, match="no inline mode"):
        People(world).inline(READER, "x")


def test_only_what_was_offered_can_be_chosen(world: Telegram, people: People) -> None:
    post(world)
    asked = people.inline(READER, "x")
    with pytest.raises(ValueError, match="no result '1'"):
        people.choose(asked, "1", CHANNEL)
