"""What befalls a running weektech between its steps: killed, edited, refused, answered late."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from bots.config import ReleaseRules
from bots.errors import ChatClosed, TryLater
from bots.releases import Slot
from tests.roundworld import CHANNEL, DUE, HOUR, POST, TEXTS, Stage, stages

RULES = ReleaseRules(slot=Slot.parse("09:00"), tell="telegram", quiet=timedelta(minutes=10))
APPROVAL = replace(RULES, approval=3 * HOUR)
CORRECTED = POST.replace("alpha", "alfa")
BROKEN = "---\ntitle: [One\n---\nx\n"
MINUTE = timedelta(minutes=1)

Make = Callable[..., Stage]


class Dead(BaseException):
    """The process is gone."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Make]:
    with stages(tmp_path, RULES) as make:
        yield make


def gone(here: Stage) -> None:
    (here.folder / "posts" / "one.md").unlink()


def broken(here: Stage) -> None:
    here.write(BROKEN)


def renamed(here: Stage) -> None:
    (here.folder / "posts" / "one.md").rename(here.folder / "posts" / "another.md")


LOST = [broken, gone, renamed]


@pytest.mark.parametrize("lose", LOST)
@pytest.mark.parametrize("approved", [False, True])
def test_a_post_that_can_not_be_read_goes_out_neither_unapproved_nor_early(
    stage: Make, lose: Callable[[Stage], None], approved: bool
) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        if approved:
            here.answer("approve")
            await here.rounds.make()
        lose(here)
        for minutes in (1, 2, 20):
            await here.round_at(DUE - 2 * HOUR + minutes * MINUTE)
        assert here.channel.texts == here.server.texts == []

    here.live(life())


def test_a_question_outlives_a_crash_right_after_it_was_written(stage: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = stage(APPROVAL)

    def die(*_: object) -> None:
        raise Dead

    async def life() -> None:
        await here.until(DUE - 3 * HOUR)
        with monkeypatch.context() as dying:
            dying.setattr(here.ledger.rulings, "rule", die)
            with pytest.raises(Dead):
                await here.rounds.make()
        here.restart()
        await here.rounds.make()
        here.answer("approve")
        await here.round_at(DUE)
        assert here.channel.texts == TEXTS

    here.live(life())


@pytest.mark.parametrize("held", [False, True])
def test_changed_and_changed_back_it_is_asked_about_again(stage: Make, held: bool) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        if held:
            here.answer("hold")
            await here.rounds.make()
        for minutes, text in ((0, CORRECTED), (20, POST)):
            here.write(text)
            for later in (0, 11):
                await here.round_at(DUE - 2 * HOUR + (minutes + later) * MINUTE)
        here.answer("approve")
        await here.round_at(DUE)
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_correction_taken_back_and_made_again_is_asked_about_each_time(stage: Make) -> None:
    here = stage(replace(RULES, corrections="ask"))

    async def life() -> None:
        await here.round_at(DUE)
        for hours, text in enumerate((CORRECTED, POST, CORRECTED), 1):
            here.write(text)
            for minutes in (0, 11):
                await here.round_at(DUE + hours * HOUR + minutes * MINUTE)
            here.answer("apply")
            await here.rounds.make()
            assert ("alfa" in here.channel.texts) is (text is CORRECTED)

    here.live(life())


def test_of_two_corrections_only_the_newer_is_asked_about(stage: Make) -> None:
    here = stage(replace(RULES, corrections="ask"))

    async def life() -> None:
        await here.round_at(DUE)
        for hours, text in enumerate((CORRECTED, CORRECTED.replace("beta", "beeta")), 1):
            here.write(text)
            for minutes in (0, 11):
                await here.round_at(DUE + hours * HOUR + minutes * MINUTE)
        here.answer("apply")
        await here.rounds.make()
        assert {"alfa", "beeta"} <= set(here.channel.texts)

    here.live(life())


def test_a_destination_added_later_does_not_get_an_approved_issue(stage: Make) -> None:
    here = stage(APPROVAL)
    both = here.destinations

    async def life() -> None:
        here.destinations = both[:1]
        here.restart()
        await here.round_at(DUE - 3 * HOUR)
        here.answer("approve")
        await here.round_at(DUE)
        here.destinations = both
        here.restart()
        for hours in (1, 2):
            await here.round_at(DUE + hours * HOUR)
        assert (here.channel.texts, here.server.texts) == (TEXTS, [])

    here.live(life())


def test_a_skip_is_told_even_if_the_process_dies_with_it(stage: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = stage(replace(RULES, late="skip"))

    def die(*_: object, **__: object) -> None:
        raise Dead

    async def life() -> None:
        await here.until(DUE + 30 * HOUR)
        for part, method in ((here.ledger.letters, "write"), (here.ledger.rulings, "rule")):
            with monkeypatch.context() as dying:
                dying.setattr(part, method, die)
                with pytest.raises(Dead):
                    await here.rounds.make()
            here.restart()
        await here.rounds.make()
        assert len(here.told) == 1
        assert "was not sent" in here.told[0]

    here.live(life())


@pytest.mark.parametrize("answer", ["approve", "hold"])
def test_an_answer_that_comes_after_it_was_published_by_hand_says_so(stage: Make, answer: str) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        made = await here.app.plan(here.folder / "posts" / "one.md", here.destinations)
        await here.app.publish(made, here.destinations)
        here.answer(answer)
        await here.round_at(DUE - 2 * HOUR)
        assert "out there already" in here.told[-1]
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_skip_that_comes_after_it_was_published_by_hand_says_so(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE + 30 * HOUR)
        made = await here.app.plan(here.folder / "posts" / "one.md", here.destinations)
        await here.app.publish(made, here.destinations)
        here.answer("skip")
        await here.rounds.make()
        assert "out there already" in here.told[-1]

    here.live(life())


def test_what_was_approved_goes_out_before_any_correction_of_it(stage: Make) -> None:
    here = stage(replace(APPROVAL, corrections="manual"), CHANNEL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        here.answer("approve")
        await here.rounds.make()
        here.write(CORRECTED)
        for minutes in (0, 30):
            await here.round_at(DUE - HOUR + minutes * MINUTE)
        here.telegram.refusing["send"] = TryLater("Telegram is overloaded.")
        await here.round_at(DUE)
        here.telegram.refusing.clear()
        for hours in (1, 2, 3):
            await here.round_at(DUE + hours * HOUR)
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_post_that_is_saved_too_late_is_left_alone_until_it_rests(stage: Make) -> None:
    here = stage()
    gone(here)

    async def life() -> None:
        await here.round_at(DUE + HOUR)
        here.write(POST[: POST.index("# B")])
        path = here.folder / "posts" / "one.md"
        os.utime(path, (here.clock.now().timestamp(),) * 2)
        await here.rounds.make()
        assert here.channel.texts == []
        here.write(POST)
        for minutes in (1, 12):
            await here.round_at(DUE + HOUR + minutes * MINUTE)
        assert here.channel.texts == TEXTS

    here.live(life())


@pytest.mark.parametrize("late", ["ask", "skip"])
def test_a_published_post_under_another_name_is_no_late_issue(stage: Make, late: Literal["ask", "skip"]) -> None:
    here = stage(replace(RULES, late=late))

    async def life() -> None:
        await here.round_at(DUE)
        renamed(here)
        await here.round_at(DUE + 30 * HOUR)
        here.write(CORRECTED, "another.md")
        for hours in (31, 32):
            await here.round_at(DUE + hours * HOUR)
        assert here.told == []
        assert here.channel.texts == [text.replace("alpha", "alfa") for text in TEXTS]

    here.live(life())


def test_a_chat_that_opens_late_gets_the_issue_though_corrections_are_made_by_hand(stage: Make) -> None:
    here = stage(replace(RULES, corrections="manual"))
    here.discord.closed = ChatClosed("The bot lacks a permission in the channel.")

    async def life() -> None:
        await here.round_at(DUE)
        here.write(CORRECTED)
        for minutes in (0, 20):
            await here.round_at(DUE + HOUR + minutes * MINUTE)
        here.discord.closed = None
        for hours in (24, 25):
            await here.round_at(DUE + hours * HOUR)
        assert here.channel.texts == TEXTS
        assert here.server.texts == [text.replace("alpha", "alfa") for text in TEXTS]

    here.live(life())


def test_a_post_that_gets_another_date_after_it_was_skipped_goes_out_then(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE + 30 * HOUR)
        here.answer("skip")
        await here.rounds.make()
        here.write(POST.replace("2026-01-02", "2026-01-05"))
        later = DUE + timedelta(days=3)
        await here.round_at(later - HOUR)
        assert here.channel.texts == []
        await here.round_at(later)
        assert "alpha" in here.channel.texts

    here.live(life())


def test_each_answer_about_lateness_holds_for_the_date_it_was_asked_about(stage: Make) -> None:
    here = stage(replace(RULES, slot=Slot.parse("Friday 09:00")))
    week = timedelta(days=7)

    async def life() -> None:
        await here.round_at(DUE + 30 * HOUR)
        here.answer("next")
        await here.rounds.make()
        await here.round_at(DUE + week + 30 * HOUR)
        here.answer("skip")
        for hours in (31, 32):
            await here.round_at(DUE + week + hours * HOUR)
        here.write(POST.replace("2026-01-02", "2026-01-16"))
        await here.round_at(DUE + 2 * week + 30 * HOUR)
        here.answer("next")
        await here.rounds.make()
        assert here.channel.texts == []
        await here.round_at(DUE + 3 * week)
        assert "alpha" in here.channel.texts
        assert len(here.told) == 3

    here.live(life())
