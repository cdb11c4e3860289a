"""Reactions in the local Telegram: who hears of them, when, and as what (telegram.md 4.1)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from bots.rehearsal.telegram import People, Standing, Telegram
from tests.telegram_readers import BASIC, CHANNEL, GROUP, OTHER, READER, TALK, call, done, heard, post, stage
from tests.telegram_world import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> Telegram:
    return stage(clock)


@pytest.fixture
def people(world: Telegram) -> People:
    return People(world)


def emoji(*chosen: str) -> list[dict[str, Any]]:
    return [{"type": "emoji", "emoji": each} for each in chosen]


def totals(updates: list[tuple[str, Any]]) -> list[dict[str, int]]:
    assert {kind for kind, _ in updates} <= {"message_reaction_count"}
    return [{each["type"]["emoji"]: each["total_count"] for each in what["reactions"]} for _, what in updates]


@pytest.mark.parametrize("chat", [TALK, BASIC], ids=["supergroup", "basic group"])
def test_in_groups_each_change_is_told_with_who_and_what(world: Telegram, people: People, chat: int) -> None:
    number = post(world, chat)
    people.react(chat, number, READER, ["👍"])
    people.react(chat, number, READER, ["👍"])
    people.react(chat, number, READER, ["🔥", "❤️"])
    people.react(chat, number, READER, [])
    updates = heard(world)
    assert [kind for kind, _ in updates] == ["message_reaction"] * 3
    told = [what for _, what in updates]
    assert {(what["chat"]["id"], what["message_id"], what["user"]["id"]) for what in told} == {(chat, number, 21)}
    steps = [[], emoji("👍"), emoji("🔥", "❤"), []]
    assert [(what["old_reaction"], what["new_reaction"]) for what in told] == list(pairwise(steps))


def test_a_bot_that_is_no_administrator_or_did_not_ask_hears_nothing(world: Telegram, people: People) -> None:
    people.react(GROUP, post(world, GROUP), READER, ["👍"])
    done(world, "getUpdates", allowed_updates=[])
    people.react(TALK, post(world, TALK), READER, ["👍"])
    assert heard(world) == []


def test_in_private_the_readers_reactions_are_told(world: Telegram, people: People) -> None:
    people.start(READER)
    heard(world)
    people.react(READER.id, post(world, READER.id), READER, ["👍"])
    ((kind, what),) = heard(world)
    assert (kind, what["user"]["username"]) == ("message_reaction", "reader")


def test_who_speaks_as_the_group_reacts_as_it(world: Telegram, people: People) -> None:
    people.react(TALK, post(world, TALK), READER, ["👍"], as_chat=TALK)
    ((_, what),) = heard(world)
    assert what["actor_chat"]["id"] == TALK
    assert "user" not in what


def test_a_channels_totals_come_after_a_while_and_once(world: Telegram, people: People, clock: HandClock) -> None:
    number = post(world)
    heard(world)
    people.react(CHANNEL, number, READER, ["👍"])
    clock.seconds += 4
    people.react(CHANNEL, number, OTHER, ["👍", "🔥"])
    assert heard(world) == []
    clock.seconds += 1
    assert totals(heard(world)) == [{"👍": 2, "🔥": 1}]
    people.react(CHANNEL, number, OTHER, [])
    world.habits.totals_after = 180
    clock.seconds += 5
    assert totals(heard(world)) == [{"👍": 1}]
    people.react(CHANNEL, number, READER, [])
    clock.seconds += 179
    assert heard(world) == []
    clock.seconds += 1
    assert totals(heard(world)) == [{}]


def test_a_posts_copy_in_the_discussion_group_is_counted_apart(
    world: Telegram, people: People, clock: HandClock
) -> None:
    number = post(world)
    copy = people.copy(CHANNEL, number)
    heard(world)
    people.react(TALK, copy.id, READER, ["👍"])
    clock.seconds += 60
    ((kind, what),) = heard(world)
    assert (kind, what["chat"]["id"], what["message_id"]) == ("message_reaction_count", TALK, copy.id)
    assert "user" not in what


def test_the_first_reaction_may_look_like_an_edit(world: Telegram, people: People) -> None:
    number = post(world)
    heard(world)
    world.habits.reaction_edits_post = True
    people.react(CHANNEL, number, READER, ["👍"])
    people.react(CHANNEL, number, OTHER, ["👍"])
    ((kind, what),) = heard(world)
    assert (kind, what["text"], what["message_id"]) == ("edited_channel_post", "post", number)
    assert world.chats[CHANNEL].messages[0].edited is None


def test_custom_and_paid_reactions_have_types_of_their_own(world: Telegram, people: People) -> None:
    people.react(TALK, post(world, TALK), READER, ["5368324170671202286", "⭐"])
    ((_, what),) = heard(world)
    assert what["new_reaction"] == [
        {"type": "custom_emoji", "custom_emoji_id": "5368324170671202286"},
        {"type": "paid"},
    ]


@pytest.mark.parametrize("chosen", [["🦀"], ["👍"] * 2, ["👍", "👎", "🔥", "🥰"]], ids=["unknown", "twice", "four"])
def test_what_nobody_can_choose(world: Telegram, people: People, chosen: list[str]) -> None:
    with pytest.raises(ValueError, match="reaction"):
        people.react(TALK, post(world, TALK), READER, chosen)


def test_the_bots_own_reaction_counts_but_is_not_told(world: Telegram, people: People, clock: HandClock) -> None:
    number = post(world)
    heard(world)
    assert call(world, "setMessageReaction", chat_id=CHANNEL, message_id=number, reaction=emoji("👍")).ok
    clock.seconds += 60
    assert heard(world) == []
    people.react(CHANNEL, number, READER, ["👍"])
    clock.seconds += 60
    assert totals(heard(world)) == [{"👍": 2}]


def test_out_of_the_channel_no_totals(world: Telegram, people: People, clock: HandClock) -> None:
    number = post(world)
    people.admit(CHANNEL, OTHER, Standing.LEFT)
    heard(world)
    people.react(CHANNEL, number, READER, ["👍"])
    clock.seconds += 60
    assert heard(world) == []
