"""A question to the author ends when its answer would change nothing any more, and nobody is asked without need.

What was settled without an answer is gone on with as if there had been one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bots.config import ReleaseRules
from bots.errors import InDoubt
from bots.ledger import LetterState
from bots.looking import HOPELESS
from bots.model import Receipt
from bots.releases import Slot
from tests.fakechat import Killed, Process
from tests.roundworld import DUE, HOUR, POST, TEXTS, Stage, stages

RULES = ReleaseRules(slot=Slot.parse("09:00"), tell="telegram", quiet=timedelta(minutes=10))
APPROVAL = replace(RULES, approval=3 * HOUR)
MINUTE = timedelta(minutes=1)
CORRECTED = POST.replace("alpha", "alfa")
LATE = DUE + 30 * HOUR

Make = Callable[..., Stage]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Make]:
    with stages(tmp_path, RULES) as make:
        yield make


DATED_ANEW = [
    # what the file says now, when the author is told
    ("date: 2026-01-05", "Its time is another by now: 2026-01-05 09:00 UTC."),
    ("draft: false", "It has no date any more."),
]


@pytest.mark.parametrize(("line", "words"), DATED_ANEW)
@pytest.mark.parametrize("pressed", ["", "now", "next", "skip"])
def test_another_date_overtakes_the_question_what_to_do_about_the_old_one(
    stage: Make, line: str, words: str, pressed: str
) -> None:
    here = stage(RULES)

    async def life() -> None:
        await here.round_at(LATE)
        here.write(POST.replace("date: 2026-01-02", line))
        if pressed:
            here.answer(pressed)
        await here.round_at(LATE + HOUR)
        assert here.ledger.letters.questions() == ()
        assert here.told[0].endswith(words)
        assert here.channel.texts == []
        if "2026-01-05" in words:
            await here.round_at(DUE + timedelta(days=3))
            assert "alpha" in here.channel.texts

    here.live(life())


def test_a_changed_post_overtakes_the_question_whether_it_may_go_out(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        first = here.question()
        here.write(CORRECTED)
        for hours in (2, 1):  # it is shown once it rests
            await here.round_at(DUE - hours * HOUR)
        assert any(text.endswith("It has changed since: you will be shown it once more.") for text in here.told)
        assert here.question().id != first.id
        await here.round_at(DUE)
        assert here.channel.texts == []
        here.answer("approve")
        await here.rounds.make()
        assert "alfa" in here.channel.texts

    here.live(life())


def test_an_approval_holds_for_what_was_shown_though_the_file_changes_right_after(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        here.answer("approve")
        here.write(CORRECTED)
        await here.round_at(DUE)
        assert here.channel.texts == TEXTS

    here.live(life())


THERE_AND_BACK = [
    # how the question comes, what the file says for a while
    (APPROVAL, DUE - 3 * HOUR, POST.replace("alpha", "alfa")),
    (APPROVAL, DUE - 3 * HOUR, POST.replace("title: One", "title: One\ndraft: true")),
    (RULES, LATE, POST.replace("date: 2026-01-02", "date: 2026-01-09")),
    (RULES, LATE, POST.replace("title: One", "title: One\ndraft: true")),
]


@pytest.mark.parametrize(("rules", "moment", "meanwhile"), THERE_AND_BACK)
def test_what_overtook_a_question_may_be_taken_back_and_it_is_asked_anew(
    stage: Make, rules: ReleaseRules, moment: datetime, meanwhile: str
) -> None:
    here = stage(rules)

    async def life() -> None:
        await here.round_at(moment)
        first = here.question()
        here.write(meanwhile)
        await here.round_at(moment + MINUTE)
        assert here.ledger.letters.questions() == ()
        here.write(POST)
        for minutes in (2, 15, 30):
            await here.round_at(moment + minutes * MINUTE)
        assert here.question().id != first.id
        here.answer("approve" if rules.approval else "now")
        await here.round_at(max(DUE, moment + HOUR))
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_second_file_of_the_same_name_ends_no_question(stage: Make) -> None:
    here = stage(APPROVAL)

    async def life() -> None:
        here.write(POST.replace("title: One", "title: One\nslug: uno"))
        await here.round_at(DUE - 3 * HOUR)
        first = here.question()
        here.write(POST.replace("title: One", "title: Next\nslug: uno\ndraft: true"), "two.md")
        await here.round_at(DUE - 2 * HOUR)
        assert here.question() == first
        (here.folder / "posts" / "two.md").unlink()
        here.answer("approve")
        await here.round_at(DUE)
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_correction_that_was_taken_back_needs_no_word(stage: Make) -> None:
    here = stage(replace(RULES, corrections="ask"))

    async def life() -> None:
        await here.round_at(DUE)
        here.write(CORRECTED)
        for minutes in (20, 35):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.question().kind == "apply"
        here.write(POST)
        for minutes in (50, 65):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.ledger.letters.questions() == ()

    here.live(life())


def in_doubt(stage: Make) -> Stage:
    """The third message of the channel is in doubt; a life brings the question to the author."""
    here = stage(RULES)
    here.telegram.faults[3] = (InDoubt("The answer was lost."), False)
    return here


async def asked(here: Stage) -> None:
    await here.round_at(DUE)
    await here.round_at(DUE + HOPELESS + MINUTE)
    assert "may be out there or not" in here.told[0]


def test_a_doubt_that_was_settled_otherwise_is_no_question_any_more(stage: Make) -> None:
    here = in_doubt(stage)

    async def life() -> None:
        await asked(here)
        (row,) = [row for row in here.ledger.unfinished() if row.unsettled]
        await here.app.settle(row.id, None)
        await here.rounds.make()
        assert here.ledger.letters.questions() == ()
        assert here.told[0].endswith("It was settled in the meantime.")
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_word_on_an_earlier_attempt_settles_no_later_one(stage: Make) -> None:
    here = in_doubt(stage)

    async def life() -> None:
        await asked(here)
        earlier = here.question()
        (row,) = [row for row in here.ledger.unfinished() if row.unsettled]
        here.telegram.refusing[f"send {row.payload.text}"] = InDoubt("The answer was lost again.")
        await here.app.settle(row.id, None)
        here.ledger.letters.answer(earlier.id, "again", "telegram:77")
        for hours in (1, 2):
            await here.round_at(DUE + hours * HOUR)
        sends = here.channel.calls.count(f"send {row.payload.text}")
        later = here.ledger.letters.letter(earlier.id)
        assert later is not None
        assert later.state is LetterState.CLOSED
        assert sends == 2
        assert here.question().about == f"{row.id}:{row.attempt + 1}"
        await here.app.settle(row.id, Receipt(("102",), None))

    here.live(life())


def test_an_issue_that_went_out_by_command_needs_no_word_about_its_lateness(stage: Make) -> None:
    here = stage(RULES)

    async def life() -> None:
        await here.round_at(LATE)
        assert here.question().kind == "late"
        made = await here.app.plan(here.folder / "posts" / "one.md", here.destinations, named=True)
        await here.app.publish(made, here.destinations)
        await here.rounds.make()
        assert here.ledger.letters.questions() == ()
        assert here.told[0].endswith("It is out there already.")

    here.live(life())


def test_whoever_is_asked_about_corrections_is_not_asked_after_a_crash(stage: Make) -> None:
    here = stage(replace(RULES, corrections="ask"))

    async def life() -> None:
        await here.until(DUE)
        here.restart(Process(dies_at=25))
        with pytest.raises(Killed):
            await here.rounds.make()
        assert here.channel.texts + here.server.texts
        here.restart()
        for minutes in (5, 30, 60):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.channel.texts == here.server.texts == TEXTS
        assert here.told == []

    here.live(life())


def test_an_answer_that_makes_no_sense_is_one_that_is_lost(stage: Make) -> None:
    here = stage(RULES)
    here.telegram.faults[1] = (ValueError("what is this?"), False)

    async def life() -> None:
        await here.round_at(LATE)
        assert here.told == []
        await here.round_at(LATE + HOUR)
        assert "is 1 d 6 h late" in here.told[0]

    here.live(life())


def test_a_correction_behind_a_doubt_that_the_next_process_settles_is_not_forgotten(stage: Make) -> None:
    here = stage(RULES)
    here.discord.remembers = False
    here.discord.faults[6] = (InDoubt("The answer was lost."), True)

    async def life() -> None:
        await here.round_at(DUE)
        assert here.server.texts == TEXTS[:6]
        here.write(POST.replace("beta", "gamma").replace("alpha", "alfa"))
        here.restart()
        here.discord.remembers = True
        for minutes in (11, 12, 13):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.server.texts == [one.replace("alpha", "alfa").replace("beta", "gamma") for one in TEXTS]

    here.live(life())
