"""Readers' requests out of the inbox: each in its own time, done with when answered, answered again after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bots.errors import InDoubt, LedgerError
from bots.events import Asked, Event, Left, Person, Press
from bots.ledger import Update
from bots.mail import Mail
from bots.visits import PATIENCE
from tests.counterworld import Readers
from tests.roundworld import Stage, stage_in
from tests.test_mailing import RULES


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with stage_in(tmp_path, RULES) as made:
        yield made


def read(update: Update) -> Sequence[Event]:
    """`who command` as a command of theirs, `who !data` as a press, `who -` as leaving, `who @command` in a group."""
    who, _, words = str(update.payload["said"]).partition(" ")
    person = Person(who, who)
    if words == "-":
        return (Left("telegram", person, who, gone=True),)
    if words.startswith("!"):
        return (Press("telegram", person, who, "1", words[1:], update.key, private=True),)
    if words.startswith("@"):
        return (Asked("telegram", person, "-100", False, words[1:], ref=update.key, language="en"),)
    return (Asked("telegram", person, who, True, words, ref=update.key, language="en"),)


class Post:
    """An inbox that is handled for a counter."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.readers, self.woken = stage, Readers(stage), 0
        self.answers = self.readers.listener.answers
        self.mail = Mail(stage.app, self.acknowledge, lambda: None, self.readers.counter, self.wake)
        self.mail._readers["telegram"] = read

    async def acknowledge(self, platform: str, ref: str, words: str) -> None:
        await self.readers.listener.acknowledge(ref, words)

    def wake(self) -> None:
        self.woken += 1

    def take(self, *said: str) -> None:
        for each in said:
            number = len(self.stage.ledger.inbox.waiting(1000)) + self.woken
            update = Update(f"{each} {number}", "message", {"said": each})
            self.stage.ledger.inbox.take("telegram", [update])

    @property
    def waiting(self) -> int:
        return len(self.stage.ledger.inbox.waiting(1000))

    @property
    def answered(self) -> list[str]:
        """Who got an answer, in order."""
        return [to.chat for to, messages in self.answers if messages]

    async def until(self, number: int) -> None:
        """Until so many are waiting."""
        async with asyncio.timeout(600):
            while self.waiting != number:  # noqa: ASYNC110 - the ledger rings no bell, and time is virtual
                await asyncio.sleep(1)


def test_a_slow_answer_keeps_nobody_else_waiting(stage: Stage) -> None:
    post = Post(stage)
    slow = asyncio.Event()
    usual = post.readers.listener.answer

    async def answer(to: Asked | Press, messages: Sequence[object], *, private: bool = True) -> None:
        if to.chat == "1":
            await slow.wait()
        await usual(to, messages, private=private)  # type: ignore[arg-type] # handed on as it came

    post.readers.listener.answer = answer  # type: ignore[method-assign] # this listener is slow for one

    async def life() -> None:
        post.take("1 latest", "2 latest", "3 help")
        assert await post.mail.handle() == 3
        await post.until(1)
        assert sorted(post.answered) == ["2", "3"]
        assert await post.mail.handle() == 0
        slow.set()
        await post.until(0)
        assert "1" in post.answered

    stage.live(life())


def test_a_crowded_group_keeps_nobody_elsewhere_waiting(stage: Stage) -> None:
    post = Post(stage)

    async def life() -> None:
        post.take(*(f"{number} @latest" for number in range(1, 61)), "99 latest")
        await post.mail.handle()
        await post.until(0)
        assert len(post.answered) == 61
        assert post.answered.index("99") < 5

    stage.live(life())


def test_a_crash_answers_again_and_what_was_answered_stays_so(stage: Stage) -> None:
    post = Post(stage)

    async def life() -> None:
        post.take("1 latest")
        await post.mail.handle()
        await post.until(0)
        post.take("2 latest")
        await post.mail.handle()
        await post.mail.close()
        assert post.waiting == 1
        after = Post(stage)
        await after.mail.handle()
        await after.until(0)
        assert after.answered == ["2"]

    stage.live(life())


def test_a_failing_answer_is_noted_and_fells_no_other(stage: Stage) -> None:
    post = Post(stage)

    async def life() -> None:
        post.readers.listener.faults = [InDoubt("The answer was lost.")]
        post.take("1 latest")
        await post.mail.handle()
        await post.until(0)
        post.take("2 latest", "2 -", "2 !made up")
        await post.mail.handle()
        await post.until(0)
        assert post.answered == ["2", "2"]

    stage.live(life())


def test_a_ledger_that_is_away_leaves_the_request_for_later(stage: Stage) -> None:
    post = Post(stage)
    usual = stage.ledger.readers.language

    def away(platform: str, who: str) -> str | None:
        raise LedgerError("away")

    async def life() -> None:
        stage.ledger.readers.language = away  # type: ignore[method-assign] # for a moment
        post.take("1 latest")
        await post.mail.handle()
        await asyncio.sleep(1)
        assert (post.waiting, post.woken) == (1, 1)
        stage.ledger.readers.language = usual  # type: ignore[method-assign] # as it was
        with pytest.raises(LedgerError):
            await post.mail.handle()
        await post.mail.handle()
        await post.until(0)
        assert post.answered == ["1"]

    stage.live(life())


def test_whoever_asks_without_end_is_not_answered_without_end(stage: Stage) -> None:
    post = Post(stage)

    async def life() -> None:
        for number in range(PATIENCE * 3):
            stage.ledger.inbox.take("telegram", [Update(str(number), "message", {"said": "1 latest"})])
        stage.ledger.inbox.take("telegram", [Update("other", "message", {"said": "2 latest"})])
        await post.mail.handle()
        await post.until(0)
        assert 1 <= post.answered.count("1") <= PATIENCE
        assert post.answered.count("2") == 1

    stage.live(life())


def test_the_authors_letters_stay_the_authors(stage: Stage) -> None:
    post = Post(stage)

    async def life() -> None:
        post.take("1 !q:1:yes")
        await post.mail.handle()
        assert post.waiting == 0
        assert post.answered == []
        assert [words for _, words in post.readers.listener.acknowledged] == ["This is for the author alone."]

    stage.live(life())
