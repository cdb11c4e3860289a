"""What may keep a running weektech busy, waiting or silent: refusals, doubts, letters, commands beside it."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from bots.column import Column, Draft
from bots.config import ReleaseRules
from bots.errors import ChatClosed, ConfigError, InDoubt, LedgerError, Rejected, SendError, TryLater
from bots.events import Person, Press
from bots.ledger import Letter, Owner, Update
from bots.looking import HOPELESS
from bots.mail import Mail
from bots.model import Destination, Message
from bots.platforms.base import Attempt, Sender
from bots.releases import Slot
from tests.roundworld import AUTHOR, CHANNEL, DUE, HOUR, POST, TEXTS, Stage, stages
from tests.virtual import VirtualLoop

RULES = ReleaseRules(slot=Slot.parse("09:00"), tell="telegram", quiet=timedelta(minutes=10))
APPROVAL = replace(RULES, approval=3 * HOUR)
CORRECTED = POST.replace("alpha", "alfa")
MINUTE = timedelta(minutes=1)

Make = Callable[..., Stage]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Make]:
    with stages(tmp_path, RULES) as make:
        yield make


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


def test_the_log_names_a_post_that_can_not_be_read_once_a_process(
    stage: Make, caplog: pytest.LogCaptureFixture
) -> None:
    here = stage()
    here.write("---\ntitle: [One\n---\nx\n")

    async def life() -> None:
        for process in (1, 2):
            for _ in range(3):
                await here.rounds.make()
            assert len([line for line in caplog.messages if "one.md:2" in line]) == process
            here.restart()

    here.live(life())


AWAY = [
    # why nothing can be sent there for a day, minutes after its end by which everything is out
    ("the platform can't be reached", TryLater("Telegram can't be reached."), 11),
    ("the bot has no right", ChatClosed("Not an administrator."), 6 * 60 + 1),
]


@pytest.mark.parametrize(("why", "minutes"), [row[1:] for row in AWAY], ids=[row[0] for row in AWAY])
def test_what_was_away_for_a_day_is_served_soon_after(stage: Make, why: SendError, minutes: int) -> None:
    here = stage()
    here.telegram.closed = why

    async def life() -> None:
        await here.until(DUE)
        for _ in range(24):
            await here.round_at(here.clock.now() + HOUR)
        assert here.channel.texts == []
        here.telegram.closed = None
        for _ in range(11):
            await here.round_at(here.clock.now() + minutes / 11 * MINUTE)
        assert here.channel.texts == TEXTS

    here.live(life())


def test_an_answer_nobody_can_read_keeps_no_other_issue_from_being_shown(stage: Make) -> None:
    here = stage(APPROVAL)
    here.write(POST.replace("One", "Two"), "two.md")
    here.telegram.faults[1] = (ValueError("what is this?"), False)

    async def life() -> None:
        await here.round_at(DUE - HOUR)
        assert any("“One”: ValueError: what is this?" in text for text in here.told)
        assert {letter.issue for letter in here.ledger.letters.questions()} == {"two"}

    here.live(life())
