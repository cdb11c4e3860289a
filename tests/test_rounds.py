"""What a running weektech does by itself, hour by hour: on time, late, approved, corrected, refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from bots.config import ReleaseRules
from bots.errors import ChatClosed, InDoubt, Rejected, TryLater
from bots.looking import HOPELESS
from bots.model import State
from bots.releases import Slot
from tests.roundworld import DUE, HOUR, POST, TEXTS, Stage, stages

RULES = ReleaseRules(slot=Slot.parse("09:00"), tell="telegram", quiet=timedelta(minutes=10))
CORRECTED = POST.replace("alpha", "alfa")
MINUTE = timedelta(minutes=1)

Make = Callable[..., Stage]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Make]:
    with stages(tmp_path, RULES) as make:
        yield make


def test_an_issue_goes_out_at_its_time_and_not_before(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        assert await here.round_at(DUE - HOUR) == DUE
        assert here.channel.texts == here.server.texts == []
        await here.round_at(DUE)
        assert here.channel.texts == here.server.texts == TEXTS
        await here.round_at(DUE + HOUR)
        assert len(here.channel.shown) == len(TEXTS)

    here.live(life())


def test_the_log_says_what_went_out_where_and_nothing_when_nothing_did(
    stage: Make, caplog: pytest.LogCaptureFixture
) -> None:
    here = stage()
    caplog.set_level("INFO", "weektech")
    here.telegram.refusing["send alpha"] = Rejected("Telegram refuses the message.")

    async def life() -> None:
        await here.round_at(DUE)
        assert {"one in channel: 4 sent, 1 failed, 2 waiting", "one in server: 7 sent, 1 edited"} <= {*caplog.messages}
        caplog.clear()
        await here.round_at(DUE + HOUR)
        assert not caplog.messages

    here.live(life())


def test_a_process_begun_anew_finds_everything_done(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE)
        calls = len(here.channel.calls)
        for _ in range(3):
            here.restart()
            await here.rounds.make()
        assert len(here.channel.calls) == calls

    here.live(life())


LATE = [
    # the rule, hours late, what is there afterwards, whether the author is asked
    ("ask", 1, True, False),
    ("ask", 25, False, True),
    ("publish", 25, True, False),
    ("skip", 23, True, False),
    ("skip", 25, False, False),
]


@pytest.mark.parametrize(("late", "hours", "out", "asked"), LATE)
def test_lateness_is_the_authors_choice(
    stage: Make, late: Literal["publish", "ask", "skip"], hours: int, out: bool, asked: bool
) -> None:
    here = stage(replace(RULES, late=late))

    async def life() -> None:
        await here.round_at(DUE + hours * HOUR)
        assert (here.channel.texts == TEXTS) is out
        assert bool(here.ledger.letters.questions()) is asked
        assert len(here.told) == (0 if out else 1)
        await here.rounds.make()
        assert len(here.told) == (0 if out else 1)

    here.live(life())


def test_late_and_sent_now(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE + 30 * HOUR)
        assert "due at 2026-01-02 09:00 UTC and is 1 d 6 h late" in here.told[0]
        here.answer("now")
        await here.rounds.make()
        assert here.channel.texts == TEXTS
        assert here.told[0].endswith("It goes out now.")

    here.live(life())


def test_late_and_put_off_to_the_next_slot(stage: Make) -> None:
    here = stage(replace(RULES, slot=Slot.parse("Friday 09:00")))

    async def life() -> None:
        await here.round_at(DUE + 30 * HOUR)
        here.answer("next")
        assert await here.rounds.make() == DUE + timedelta(days=7)
        assert here.channel.texts == []
        await here.round_at(DUE + timedelta(days=7))
        assert here.channel.texts == TEXTS

    here.live(life())


def test_late_and_skipped_stays_skipped(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE + 30 * HOUR)
        here.answer("skip")
        for days in range(1, 4):
            await here.round_at(DUE + timedelta(days=days + 2))
        assert here.channel.texts == []
        assert len(here.told) == 1

    here.live(life())


APPROVAL = replace(RULES, approval=3 * HOUR)


def test_only_what_was_approved_goes_out(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        assert await here.round_at(DUE - 5 * HOUR) == DUE - 3 * HOUR
        assert here.told == []
        await here.round_at(DUE - 3 * HOUR)
        assert here.told[:-1] == TEXTS
        assert "2026-01-02 09:00 UTC" in here.told[-1]
        here.answer("approve")
        await here.rounds.make()
        here.write(CORRECTED)
        assert here.channel.texts == []
        await here.round_at(DUE)
        assert here.channel.texts == here.server.texts == TEXTS
        await here.round_at(DUE + HOUR)
        assert "alfa" in here.channel.texts

    here.live(life())


def test_a_post_that_changes_while_it_is_shown_is_shown_once_more(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        test, changed = here.app.test, False

        async def changing(path: Path, platforms: Iterable[str]) -> int:
            nonlocal changed
            sent = await test(path, platforms)
            if not changed:
                changed = True
                here.write(CORRECTED)
            return sent

        here.app.test = changing  # type: ignore[method-assign] # the moment in which an editor saves
        await here.round_at(DUE - 3 * HOUR)
        assert here.ledger.letters.questions() == ()
        for minutes in (1, 12):
            await here.round_at(DUE - 3 * HOUR + minutes * MINUTE)
        here.answer("approve")
        await here.round_at(DUE)
        assert "alfa" in here.channel.texts
        assert "alpha" not in here.channel.texts

    here.live(life())


def test_held_back_it_waits_for_a_change_and_is_shown_again(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        here.answer("hold")
        await here.round_at(DUE + HOUR)
        assert here.channel.texts == []
        here.write(CORRECTED)
        await here.round_at(DUE + 2 * HOUR)  # noticed, and left alone for a while
        await here.round_at(DUE + 3 * HOUR)
        assert "alfa" in here.told
        here.answer("approve")
        await here.rounds.make()
        assert "alfa" in here.channel.texts

    here.live(life())


def test_an_answer_to_what_has_changed_since_counts_for_nothing(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        first = here.question()
        here.write(CORRECTED)
        await here.rounds.make()
        await here.round_at(DUE - 2 * HOUR)
        second = here.question()
        assert first.id != second.id
        await here.round_at(DUE)
        assert here.channel.texts == []

    here.live(life())


def test_without_an_answer_nothing_goes_out(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        for hours in range(-3, 90, 7):
            await here.round_at(DUE + hours * HOUR)
        assert here.channel.texts == []
        assert len(here.told) == len(TEXTS) + 1

    here.live(life())


def test_a_correction_reaches_what_is_out_there_when_the_file_rests(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE)
        here.write(CORRECTED)
        await here.round_at(DUE + HOUR)
        assert "alpha" in here.channel.texts
        await here.round_at(DUE + HOUR + 9 * MINUTE)
        assert "alpha" in here.channel.texts
        await here.round_at(DUE + HOUR + 11 * MINUTE)
        assert here.channel.texts == here.server.texts == [text.replace("alpha", "alfa") for text in TEXTS]
        assert len(here.channel.shown) == len(TEXTS)

    here.live(life())


POLICIES = [
    # the policy, the answer, whether the correction is out there then
    ("auto", None, True),
    ("ask", "apply", True),
    ("ask", "leave", False),
    ("ask", None, False),
    ("manual", None, False),
]


@pytest.mark.parametrize(("policy", "answer", "out"), POLICIES)
def test_corrections_follow_the_columns_policy(
    stage: Make, policy: Literal["auto", "ask", "manual"], answer: str | None, out: bool
) -> None:
    here = stage(replace(RULES, corrections=policy))

    async def life() -> None:
        await here.round_at(DUE)
        here.write(CORRECTED)
        for minutes in (0, 11):
            await here.round_at(DUE + HOUR + minutes * MINUTE)
        assert len(here.ledger.letters.questions()) == (policy == "ask")
        if answer:
            here.answer(answer)
        for hours in (2, 3):
            await here.round_at(DUE + hours * HOUR)
        assert ("alfa" in here.channel.texts) is out
        assert len(here.told) == (policy == "ask")

    here.live(life())


def test_a_correction_that_takes_too_much_away_asks_first(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE)
        here.write(POST[: POST.index("# B")])
        for minutes in (0, 11):
            await here.round_at(DUE + HOUR + minutes * MINUTE)
        assert here.channel.texts == TEXTS
        assert "take" in here.told[0]
        here.answer("apply")
        await here.round_at(DUE + 2 * HOUR)
        assert "beta" not in here.channel.texts

    here.live(life())


def test_a_removed_file_takes_nothing_back(stage: Make) -> None:
    here = stage()

    async def life() -> None:
        await here.round_at(DUE)
        (here.folder / "posts" / "one.md").unlink()
        for hours in (1, 2):
            await here.round_at(DUE + hours * HOUR)
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_broken_post_is_told_once_and_holds_up_no_other(stage: Make) -> None:
    here = stage()
    here.write("---\ntitle: Two\ndate: 2026-13-99\n---\nx\n", "two.md")

    async def life() -> None:
        for hours in (0, 1, 2):
            await here.round_at(DUE + hours * HOUR)
        assert here.channel.texts == TEXTS
        assert len(here.told) == 1
        assert "two.md:3" in here.told[0]

    here.live(life())


def test_a_closed_chat_rests_and_gets_everything_when_it_opens(stage: Make) -> None:
    here = stage()
    here.discord.closed = ChatClosed("The bot lacks a permission in the channel.")

    async def life() -> None:
        for minutes in range(0, 120, 10):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.channel.texts == TEXTS
        assert here.server.texts == []
        assert len(here.told) == 1
        assert "lacks a permission" in here.told[0]
        assert here.discord.checks < 8
        here.discord.closed = None
        await here.round_at(DUE + 24 * HOUR)
        assert here.server.texts == TEXTS

    here.live(life())


def test_a_platform_out_of_reach_for_a_moment_is_not_told(stage: Make) -> None:
    here = stage()
    here.discord.closed = TryLater("Discord can't be reached.")

    async def life() -> None:
        await here.round_at(DUE)
        here.discord.closed = None
        await here.round_at(DUE + MINUTE)
        assert here.server.texts == TEXTS
        assert here.told == []

    here.live(life())


def test_what_stays_in_doubt_is_asked_and_the_answer_carried_out(stage: Make) -> None:
    here = stage()
    here.telegram.faults[3] = (InDoubt("The answer was lost."), False)

    async def life() -> None:
        await here.round_at(DUE)
        assert here.server.texts == TEXTS
        assert here.channel.texts == TEXTS[:2]
        assert here.told == []
        await here.round_at(DUE + HOPELESS + MINUTE)
        assert "may be out there or not" in here.told[0]
        here.answer("again")
        await here.rounds.make()
        assert here.channel.texts == TEXTS

    here.live(life())


def test_what_the_platform_refuses_is_told_once_and_not_tried_again(stage: Make) -> None:
    here = stage()
    here.telegram.refusing["send alpha"] = Rejected("Telegram refuses the message.")

    async def life() -> None:
        for minutes in range(0, 100, 10):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.server.texts == TEXTS
        assert here.channel.calls.count("send alpha") == 1
        assert len(here.told) == 1
        assert "was refused" in here.told[0]
        here.telegram.refusing.clear()
        here.write(CORRECTED)
        for minutes in (100, 111):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.channel.texts == [text.replace("alpha", "alfa") for text in TEXTS]

    here.live(life())


def test_it_is_there_says_the_author(stage: Make) -> None:
    here = stage()
    here.telegram.faults[3] = (InDoubt("The answer was lost."), True)

    async def life() -> None:
        await here.round_at(DUE)
        await here.round_at(DUE + HOPELESS + MINUTE)
        here.answer("there")
        await here.rounds.make()
        assert here.channel.texts == TEXTS
        for hours in (2, 3):
            await here.round_at(DUE + hours * HOUR)
        assert here.channel.texts == TEXTS
        assert not [row for row in here.ledger.unfinished() if row.state is State.IN_DOUBT]

    here.live(life())


def test_a_destination_added_later_does_not_get_the_archive(stage: Make) -> None:
    here = stage()
    both = here.destinations

    async def life() -> None:
        here.destinations = both[:1]
        here.restart()
        await here.round_at(DUE)
        here.destinations = both
        here.restart()
        for hours in (1, 2):
            await here.round_at(DUE + hours * HOUR)
        assert (here.channel.texts, here.server.texts) == (TEXTS, [])

    here.live(life())


def test_a_paused_ledger_sends_nothing(stage: Make) -> None:
    here = stage()
    here.ledger.pause("by hand")

    async def life() -> None:
        await here.round_at(DUE)
        assert here.channel.texts == []
        here.ledger.go_on()
        await here.round_at(DUE + HOUR)
        assert here.channel.texts == TEXTS

    here.live(life())
