"""What befalls a running weektech between its steps: killed, edited, refused, answered late."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Engine, event

from bots.column import Column, Draft
from bots.config import ReleaseRules
from bots.errors import ChatClosed, ConfigError, InDoubt, LedgerError, Rejected, TryLater
from bots.events import Person, Press
from bots.ledger import Letter, Owner, Update
from bots.looking import HOPELESS
from bots.mail import Mail
from bots.model import Destination, Message
from bots.platforms.base import Attempt, Sender
from bots.releases import Slot
from tests.roundworld import AUTHOR, CHANNEL, DUE, HOUR, POST, TEXTS, Stage, stage_in
from tests.virtual import VirtualLoop

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
    with ExitStack() as stack:

        def make(rules: ReleaseRules = RULES, *destinations: Destination) -> Stage:
            more = {"destinations": destinations} if destinations else {}
            made: AbstractContextManager[Stage] = stage_in(tmp_path, rules, **more)
            return stack.enter_context(made)

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


def test_what_can_not_be_shown_to_the_author_is_not_shown_again_and_again(stage: Make) -> None:
    here = stage(APPROVAL)
    here.telegram.refusing["send alpha"] = Rejected("Telegram refuses the message.")

    async def life() -> None:
        for minutes in range(60):
            await here.round_at(DUE - 3 * HOUR + minutes * MINUTE)
        assert here.told.count(TEXTS[0]) == 1
        assert "Telegram refuses the message." in here.told[-1]
        assert here.question().kind == "approve"

    here.live(life())


def test_a_refused_message_does_not_keep_the_chat_busy(stage: Make) -> None:
    here = stage()
    here.telegram.refusing["send alpha"] = Rejected("Telegram refuses the message.")

    async def life() -> None:
        await here.round_at(DUE)
        await here.round_at(DUE + MINUTE)
        before = here.telegram.checks
        for minutes in range(2, 100):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.telegram.checks - before < 5

    here.live(life())


def test_a_message_in_doubt_is_looked_for_now_and_then(stage: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = stage()
    here.telegram.faults[3] = (InDoubt("The answer was lost."), False)
    looks: list[str] = []

    async def settle(destination: Destination, message: Message, attempt: Attempt) -> None:
        looks.append(message.text)
        raise here.telegram.evidence

    monkeypatch.setattr(here.telegram, "settle", settle)

    async def life() -> None:
        for minutes in range(4 * 60):
            await here.round_at(DUE + minutes * MINUTE)
        assert 4 <= len(looks) < 12

    here.live(life())


def test_a_new_issue_behind_a_message_in_doubt_does_not_keep_the_chat_busy(
    stage: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = stage(RULES, CHANNEL)
    here.telegram.faults[3] = (InDoubt("The answer was lost."), False)
    looks: list[str] = []

    async def settle(destination: Destination, message: Message, attempt: Attempt) -> None:
        looks.append(message.text)
        raise here.telegram.evidence

    monkeypatch.setattr(here.telegram, "settle", settle)

    async def life() -> None:
        await here.round_at(DUE)
        here.write(POST.replace("2026-01-02", "2026-01-03").replace("One", "Two").replace("alpha", "gamma"), "two.md")
        await here.round_at(DUE + 24 * HOUR)
        looks.clear()
        for minutes in range(4 * 60):
            await here.round_at(DUE + 24 * HOUR + minutes * MINUTE)
        assert len(looks) < 40
        here.answer("again")
        await here.round_at(DUE + 29 * HOUR)
        assert "gamma" in here.channel.texts

    here.live(life())


def test_a_correction_made_while_a_message_was_in_doubt_is_not_forgotten(
    stage: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = stage()
    here.telegram.faults[3] = (InDoubt("The answer was lost."), True)

    async def life() -> None:
        await here.round_at(DUE)
        here.write(POST.replace("A\n\nalpha", "A\n\nalfa").replace("# A", "# Aa"))
        for minutes in (1, 12, 13):
            await here.round_at(DUE + minutes * MINUTE)
        here.telegram.remembers = True
        for hours in range(1, 6):
            await here.round_at(DUE + hours * HOUR)
        assert "Aa\nB" in here.channel.texts
        assert "alfa" in here.channel.texts

    here.live(life())


def test_an_undeliverable_letter_does_not_keep_the_platform_busy(stage: Make) -> None:
    here = stage(replace(RULES, late="skip"))
    here.telegram.refusing["send"] = ChatClosed("Forbidden: the author never wrote to the bot.")
    here.write(POST.replace("One", "Two").replace("2026-01-02", "2026-01-02T10:00"), "two.md")

    async def life() -> None:
        for minutes in range(12 * 60):
            await here.round_at(DUE + 30 * HOUR + minutes * MINUTE)
        assert len(here.telegram.chats["author"].calls) < 200
        here.telegram.refusing.clear()
        for hours in range(3):
            await here.round_at(DUE + (44 + hours) * HOUR)
        assert len(here.told) == 2

    here.live(life())


def test_a_letter_is_given_up_after_answers_were_lost_not_after_a_long_outage(stage: Make) -> None:
    here = stage(replace(RULES, late="skip"))
    here.telegram.refusing["send"] = TryLater("Telegram can't be reached.")

    async def life() -> None:
        for hours in range(8):
            await here.round_at(DUE + (30 + hours) * HOUR)
        here.telegram.refusing["send"] = InDoubt("The answer was lost.")
        await here.round_at(DUE + 40 * HOUR)
        here.telegram.refusing.clear()
        for hours in range(3):
            await here.round_at(DUE + (42 + hours) * HOUR)
        assert len(here.told) == 1

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


def test_paused_for_days_nothing_is_asked_of_the_platforms(stage: Make) -> None:
    here = stage()
    here.ledger.pause("by hand")

    async def life() -> None:
        for minutes in range(60):
            await here.round_at(DUE + minutes * MINUTE)
        assert here.telegram.checks + here.discord.checks < 6

    here.live(life())


def test_it_is_there_said_the_author_and_a_correction_sends_no_second_one(stage: Make) -> None:
    here = stage()
    here.telegram.faults[5] = (InDoubt("The answer was lost."), True)

    async def life() -> None:
        await here.round_at(DUE)
        await here.round_at(DUE + HOPELESS + MINUTE)
        here.answer("there")
        await here.rounds.make()
        here.write(CORRECTED)
        for minutes in (0, 11, 12):
            await here.round_at(DUE + HOUR + minutes * MINUTE)
        assert not {"alpha", "alfa"} <= set(here.channel.texts)

    here.live(life())


def test_an_answer_in_the_terminal_right_before_the_delivery_counts(
    stage: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = stage()
    letters = here.ledger.letters
    listed = letters.unsent

    def unsent() -> tuple[Letter, ...]:
        found = listed()
        for letter in found:
            letters.answer(letter.id, "now", "cli")
        return found

    async def life() -> None:
        with monkeypatch.context() as hasty:
            hasty.setattr(letters, "unsent", unsent)
            await here.round_at(DUE + 30 * HOUR)
        await here.rounds.make()
        assert here.channel.texts == TEXTS

    here.live(life())


def test_an_author_on_a_platform_without_a_token_stops_nothing(stage: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = stage(replace(APPROVAL, tell="discord"), CHANNEL)
    known = here.app.sender

    async def sender(platform: str) -> Sender:
        if platform == "discord":
            raise ConfigError("DISCORD_TOKEN is not set.")
        return await known(platform)

    monkeypatch.setattr(here.app, "sender", sender)

    async def life() -> None:
        await here.round_at(DUE - 3 * HOUR)
        (question,) = here.ledger.letters.questions()
        here.ledger.letters.answer(question.id, "approve", "cli")
        await here.round_at(DUE)
        assert here.channel.texts == TEXTS

    here.live(life())


def test_a_command_at_work_in_one_chat_keeps_no_other_waiting(stage: Make) -> None:
    here = stage()
    command = Owner.this_process()

    async def life() -> None:
        await here.round_at(DUE - HOUR)
        here.write(POST.replace("One", "Two").replace("alpha", "gamma"), "two.md")
        await here.until(DUE)
        here.ledger.acquire("channel", command)
        await here.rounds.make()
        assert here.channel.texts == []
        here.ledger.give_back("channel", command)
        for minutes in (1, 2):
            await here.round_at(DUE + minutes * MINUTE)
        assert "gamma" in here.channel.texts
        assert "alpha" in here.channel.texts
        assert here.told == []

    here.live(life())


def test_a_clock_that_was_ahead_keeps_no_destination_resting(stage: Make) -> None:
    here = stage()
    here.ledger.rulings.rest("server", "The bot was thrown out.", DUE + timedelta(days=365))

    async def life() -> None:
        await here.round_at(DUE)
        assert here.server.texts == TEXTS

    here.live(life())


@pytest.mark.parametrize("rules", [RULES, APPROVAL], ids=["on time", "approved"])
def test_neither_the_ledger_nor_a_file_keeps_the_loop_waiting(
    stage: Make, rules: ReleaseRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = stage(rules)
    threads, waited = [0], list[str]()
    in_thread, draft = VirtualLoop.run_in_executor, Column.draft

    def counted(self: VirtualLoop, executor: Executor | None, func: Callable[..., Any], *args: Any) -> Any:
        threads[0] += 1
        try:
            return in_thread(self, executor, func, *args)
        finally:
            threads[0] -= 1

    def noted(*_: object) -> None:
        if not threads[0]:
            waited.append("".join(traceback.format_stack(limit=12)[:-4]))

    def drafted(self: Column, path: Path) -> Draft:
        noted()
        return draft(self, path)

    monkeypatch.setattr(VirtualLoop, "run_in_executor", counted)
    monkeypatch.setattr(Column, "draft", drafted)

    async def life() -> None:
        event.listen(Engine, "begin", noted)
        try:
            await here.rounds.make()
            await here.round_at(DUE - 3 * HOUR)
            if rules.approval:
                await asyncio.to_thread(here.answer, "approve")
            await here.round_at(DUE)
            here.write(CORRECTED)
            for minutes in (0, 11):
                await here.round_at(DUE + HOUR + minutes * MINUTE)
        finally:
            event.remove(Engine, "begin", noted)
        assert "alfa" in here.channel.texts
        assert not waited, waited[0]

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


def test_a_press_that_meets_a_ledger_that_is_away_is_handled_another_time(
    stage: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = stage()
    shown: list[str] = []

    async def acknowledge(platform: str, ref: str, words: str) -> None:
        shown.append(words)

    def away(*_: object) -> Letter:
        raise LedgerError("The ledger is locked.")

    async def life() -> None:
        await here.round_at(DUE + 30 * HOUR)
        press = Press("telegram", Person(AUTHOR, "Ann"), AUTHOR, "1", f"q:{here.question().id}:now", "ref")
        mail = Mail(here.app, acknowledge, lambda: None)
        mail._readers = {"telegram": lambda _: [press]}
        here.ledger.inbox.take("telegram", [Update("1", "press", {})])
        with monkeypatch.context() as locked:
            locked.setattr(here.ledger.letters, "answer", away)
            with pytest.raises(LedgerError):
                await mail.handle()
        await mail.handle()
        await here.rounds.make()
        assert (shown, here.channel.texts) == (["Send now"], TEXTS)

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
