"""What subscribers get, and never twice: digests, whole issues, chosen sections, corrections, through every kill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bots.config import ReleaseRules
from bots.errors import ReaderGone, Rejected, TryLater
from bots.mailing import KEPT, Mailing
from bots.model import Format, State
from bots.releases import Slot
from tests.fakechat import Chat, Killed, Process
from tests.roundworld import DUE, HOUR, POST, TEXTS, Stage, stage_in

RULES = ReleaseRules(slot=Slot.parse("09:00"), tell="telegram", quiet=timedelta(minutes=10))
DIGEST = TEXTS[:3]
"""The lead of this world's renderer, the contents last."""
MINUTE = timedelta(minutes=1)
QUIET = timedelta(minutes=11)
"""After which a changed file is looked at."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with stage_in(tmp_path, RULES) as made:
        yield made


def subscribed(here: Stage, chat: str, wanted: Format = Format.DIGEST, *sections: str) -> None:
    here.ledger.readers.subscribe("telegram", chat, chat, wanted, sections)


def texts(here: Stage, name: str) -> list[str]:
    return here.telegram.chats.get(f"~telegram:{name}", Chat()).texts


def test_each_gets_what_they_asked_for_once_the_chats_have_it(stage: Stage) -> None:
    subscribed(stage, "1")
    subscribed(stage, "2", Format.FULL)
    subscribed(stage, "3", Format.DIGEST, "b")
    subscribed(stage, "4", Format.DIGEST, "elsewhere")
    stage.ledger.readers.subscribe("discord", "5", "5")

    async def life() -> None:
        await stage.round_at(DUE - HOUR)
        assert texts(stage, "1") == []
        await stage.round_at(DUE)
        for _ in range(3):
            stage.restart()
            await stage.rounds.make()

    stage.live(life())
    assert stage.channel.texts == TEXTS
    assert texts(stage, "1") == stage.discord.chats["~discord:5"].texts == DIGEST
    assert texts(stage, "2/full") == TEXTS
    assert texts(stage, "3/some") == ["# B", "beta"]
    assert texts(stage, "4/some") == []
    last = list(stage.telegram.chats["~telegram:1"].shown.values())[-1].message
    assert last.body["buttons"] == [[["A", "i:one:a"], ["B", "i:one:b"]], [["All of it", "i:one:all"]]]


def test_who_subscribes_later_or_has_left_gets_nothing(stage: Stage) -> None:
    subscribed(stage, "1")
    subscribed(stage, "2")
    stage.ledger.readers.end("telegram", "2", "stopped")

    async def life() -> None:
        await stage.round_at(DUE)
        subscribed(stage, "3")
        stage.restart()
        await stage.round_at(DUE + HOUR)

    stage.live(life())
    assert (texts(stage, "1"), texts(stage, "2"), texts(stage, "3")) == (DIGEST, [], [])


def test_an_approved_issue_reaches_subscribers_only_when_it_is_released(stage: Stage) -> None:
    stage.rules = replace(RULES, approval=timedelta(hours=3))
    stage.restart()
    subscribed(stage, "1")

    async def life() -> None:
        await stage.round_at(DUE - HOUR)
        assert texts(stage, "1") == []
        stage.answer("approve")
        await stage.round_at(DUE)
        await stage.round_at(DUE + MINUTE)

    stage.live(life())
    assert texts(stage, "1") == DIGEST


def test_corrections_reach_everybody_as_far_as_they_have_it(stage: Stage) -> None:
    subscribed(stage, "1")
    subscribed(stage, "2", Format.FULL)
    subscribed(stage, "3", Format.DIGEST, "b")

    async def life() -> None:
        await stage.round_at(DUE)
        subscribed(stage, "1", Format.FULL)  # of the next issue
        stage.write(POST.replace("Hello", "Hallo").replace("alpha", "alfa") + "\n# C\n\ngamma\n")
        await stage.round_at(DUE + HOUR)
        await stage.round_at(DUE + HOUR + QUIET)
        calls = len(stage.telegram.chats["~telegram:1"].calls)
        stage.restart()
        await stage.round_at(DUE + 2 * HOUR)
        assert len(stage.telegram.chats["~telegram:1"].calls) == calls

    stage.live(life())
    assert texts(stage, "1") == ["One", "2026-01-02T00:00:00+00:00\n- A\n- B\n- C\nHallo", "A\nB\nC"]
    assert "alfa" in texts(stage, "2/full")
    assert "gamma" in texts(stage, "2/full")
    assert texts(stage, "3/some") == ["# B", "beta"]
    assert texts(stage, "1/full") == []


def test_a_file_that_says_something_else_than_the_chats_waits(stage: Stage) -> None:
    stage.rules = replace(RULES, corrections="manual", approval=timedelta(hours=3))
    stage.restart()
    subscribed(stage, "1")

    async def life() -> None:
        await stage.round_at(DUE - HOUR)
        stage.answer("approve")
        stage.write(POST.replace("alpha", "alfa"))
        await stage.round_at(DUE)
        await stage.round_at(DUE + QUIET)
        assert texts(stage, "1") == []
        stage.write(POST)
        await stage.round_at(DUE + HOUR)
        await stage.round_at(DUE + HOUR + QUIET)

    stage.live(life())
    assert texts(stage, "1") == DIGEST


def test_what_nobody_was_shown_yet_is_not_sent_whoever_asks_for_it(stage: Stage) -> None:
    """The file may change between the plan for the chats and the one for subscribers."""
    subscribed(stage, "1")
    path = stage.folder / "posts" / "one.md"

    async def life() -> None:
        made = await stage.app.plan(path, stage.app.destinations())
        await stage.app.publish(made, stage.app.destinations())
        for text, number in ((POST.replace("alpha", "alfa"), 0), (POST, 3)):
            stage.write(text)
            await Mailing(stage.app).follow(path, "one")
            assert sum(stage.ledger.mailings.tally("one").values()) == number

    stage.live(life())


def test_what_is_taken_back_is_taken_back_from_subscribers_too(stage: Stage) -> None:
    subscribed(stage, "1")

    async def life() -> None:
        from bots.amending import Amends

        await stage.round_at(DUE)
        made = await Amends(stage.app).withdrawal("one", stage.app.destinations())
        await stage.app.publish(made, stage.app.destinations(), yes=True)
        for _ in range(2):
            await stage.rounds.make()

    stage.live(life())
    assert stage.channel.texts == texts(stage, "1") == []


def test_a_reader_who_blocked_the_bot_is_never_tried_again(stage: Stage) -> None:
    subscribed(stage, "1")
    subscribed(stage, "2", Format.FULL)
    stage.telegram.refusing = {"send # A": ReaderGone("The reader blocked the bot.")}
    stage.destinations = stage.destinations[1:]
    stage.restart()

    async def life() -> None:
        await stage.round_at(DUE)
        calls = len(stage.telegram.chats["~telegram:2/full"].calls)
        await stage.round_at(DUE + HOUR)
        assert len(stage.telegram.chats["~telegram:2/full"].calls) == calls

    stage.live(life())
    assert texts(stage, "1") == DIGEST
    assert stage.ledger.readers.counts() == (("blocked", 1), ("digest", 1))


def test_an_outage_is_waited_out_and_a_refusal_is_told_once(stage: Stage) -> None:
    for number in range(3):
        subscribed(stage, str(number + 1))
    stage.destinations = stage.destinations[1:]
    stage.restart()
    stage.telegram.refusing = {"send One": TryLater("out of reach"), "send “": TryLater("out of reach")}

    async def life() -> None:
        await stage.round_at(DUE)
        assert texts(stage, "1") == []
        stage.telegram.refusing = {"send A": Rejected("Bad words.")}
        await stage.round_at(DUE + HOUR)
        await stage.round_at(DUE + 2 * HOUR)

    stage.live(life())
    assert texts(stage, "1") == texts(stage, "2") == DIGEST[:2]
    assert sum("Bad words" in text for text in stage.told) == 1


def test_the_plan_counts_them(stage: Stage) -> None:
    for number in range(200):
        subscribed(stage, str(number + 1))

    async def life() -> tuple[int, float]:
        made = await stage.app.plan(stage.folder / "posts" / "one.md", stage.app.destinations())
        return made.subscribers, made.seconds

    number, seconds = stage.live(life())
    assert number == 200
    assert seconds > 600 / 25


def test_what_was_sent_is_forgotten_after_some_weeks_and_not_sent_again(stage: Stage) -> None:
    subscribed(stage, "1")

    async def life() -> None:
        await stage.round_at(DUE)
        stage.restart()
        await stage.round_at(DUE + KEPT + HOUR)
        stage.restart()
        await stage.rounds.make()

    stage.live(life())
    assert texts(stage, "1") == DIGEST
    assert stage.ledger.mailings.tally("one") == {}


def lives(folder: Path, dies_at: int) -> tuple[int, dict[str, list[str]]]:
    """Two subscribers through one death; returns the points passed and what each has."""
    folder.mkdir(exist_ok=True)
    with stage_in(folder, RULES) as here:
        subscribed(here, "1")
        subscribed(here, "2", Format.FULL)
        first = Process(dies_at)

        async def life() -> None:
            await here.until(DUE)
            here.restart(first)
            try:
                await here.rounds.make()
            except* Killed:
                pass
            here.restart()
            for round_ in range(1, 5):
                await here.round_at(DUE + round_ * HOUR)

        here.live(life())
        assert all(state in {State.SENT} for state in here.ledger.mailings.tally("one"))
        return len(first.passed), {name: texts(here, name) for name in ("1", "2/full")}


def check_kills(folder: Path, step: int) -> None:
    points, whole = lives(folder / "whole", 0)
    assert whole == {"1": DIGEST, "2/full": TEXTS}
    for point in range(1, points + 1, step):
        _, found = lives(folder / str(point), point)
        for name, wanted in whole.items():
            assert len(found[name]) == len(set(found[name])), (point, name)
            assert len(found[name]) >= len(wanted) - 1, (point, name)


def test_a_kill_sends_nothing_twice_and_loses_nothing_but_what_was_under_way(tmp_path: Path) -> None:
    check_kills(tmp_path, 61)


@pytest.mark.soak
def test_a_kill_at_any_point_does_neither(tmp_path: Path) -> None:
    check_kills(tmp_path, 1)
