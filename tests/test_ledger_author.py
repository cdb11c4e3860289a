"""Letters, rulings, resting destinations and the inbox: told once, answered once, stored before it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bots.errors import LedgerError
from bots.ledger import Choice, Ledger, LetterState, Update
from tests.virtual import DAWN

YES, NO = Choice("yes", "Send now"), Choice("no", "Skip")


class Moving:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = DAWN

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def ledger(where: str, clock: Moving) -> Iterator[Ledger]:
    with closing(Ledger.open(where, now=clock.now)) as made:
        yield made


def test_the_same_is_told_once(ledger: Ledger) -> None:
    assert ledger.letters.write("post:x", "The post is broken.")
    assert not ledger.letters.write("post:x", "The post is broken, again.")
    (letter,) = ledger.letters.unsent()
    assert (letter.kind, letter.about, letter.text) == ("post", "x", "The post is broken.")
    assert ledger.letters.keys("post") == {"post:x"}


def test_a_notice_is_done_with_when_it_is_there_and_a_question_when_it_is_answered(ledger: Ledger) -> None:
    ledger.letters.write("post:x", "Told.")
    ledger.letters.write("late:x", "Asked?", (YES, NO), issue="x")
    for letter in ledger.letters.unsent():
        ledger.letters.delivered(ledger.letters.claim(letter, "telegram", "77"), "5")
    assert ledger.letters.unsent() == ()
    (question,) = ledger.letters.questions()
    assert (question.choices, question.message_id, question.issue) == ((YES, NO), "5", "x")
    answered = ledger.letters.answer(question.id, "yes", "77")
    assert (answered.state, answered.answer, answered.answered_by) == (LetterState.ANSWERED, "yes", "77")
    assert ledger.letters.answered() == (answered,)
    assert ledger.letters.questions() == ()
    ledger.letters.close(answered)
    assert ledger.letters.answered() == ()


def test_an_answer_that_comes_before_the_platforms_own_is_not_lost(ledger: Ledger) -> None:
    ledger.letters.write("late:x", "Asked?", (YES, NO))
    claimed = ledger.letters.claim(ledger.letters.unsent()[0], "telegram", "77")
    ledger.letters.answer(claimed.id, "yes", "77")
    assert ledger.letters.delivered(claimed, "5").state is LetterState.ANSWERED
    assert ledger.letters.undelivered(claimed, "The answer was lost.").state is LetterState.ANSWERED
    assert [letter.message_id for letter in ledger.letters.answered()] == ["5"]


def test_what_died_on_its_way_is_sent_again(ledger: Ledger) -> None:
    ledger.letters.write("post:x", "Told.")
    claimed = ledger.letters.claim(ledger.letters.unsent()[0], "telegram", "77")
    assert ledger.letters.unsent() == (claimed,)
    back = ledger.letters.undelivered(claimed, "No network.")
    assert (back.state, back.error, back.attempt) == (LetterState.WRITTEN, "No network.", 1)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param(["maybe"], "Say one of: yes, no", id="no such choice"),
        pytest.param(["yes", "no"], "is settled: yes", id="answered already"),
    ],
)
def test_only_the_first_of_the_choices_counts(ledger: Ledger, answers: list[str], words: str) -> None:
    ledger.letters.write("late:x", "Asked?", (YES, NO))
    (question,) = ledger.letters.questions()
    *good, last = answers
    for value in good:
        ledger.letters.answer(question.id, value, "cli")
    with pytest.raises(LedgerError, match=words):
        ledger.letters.answer(question.id, last, "cli")


def test_a_notice_and_nothing_at_all_have_no_answer(ledger: Ledger) -> None:
    ledger.letters.write("post:x", "Told.")
    for number in (ledger.letters.unsent()[0].id, 99):
        with pytest.raises(LedgerError, match="no question"):
            ledger.letters.answer(number, "yes", "cli")


def test_a_later_ruling_replaces_an_earlier_one(ledger: Ledger, clock: Moving) -> None:
    ledger.rulings.rule("one", "release", "skip", "cli")
    clock.time += timedelta(hours=1)
    ledger.rulings.rule("one", "release", "now", "77")
    found = ledger.rulings.of("one")["release"]
    assert (found.value, found.made_by, found.made_at) == ("now", "77", clock.time)
    ledger.rulings.revoke("one", "release")
    assert ledger.rulings.of("one") == {}


def test_a_resting_destination_remembers_since_when_and_how_often(ledger: Ledger, clock: Moving) -> None:
    ledger.rulings.rest("channel", "no right", DAWN + timedelta(minutes=5))
    clock.time += timedelta(minutes=5)
    again = ledger.rulings.rest("channel", "still no right", DAWN + timedelta(minutes=15))
    assert (again.since, again.tries, again.why) == (DAWN, 2, "still no right")
    assert ledger.rulings.resting() == {"channel": again}
    ledger.rulings.wake("channel")
    assert ledger.rulings.resting() == {}


def updates(*numbers: int) -> list[Update]:
    return [Update(str(number), "message", {"text": f"\x00\ud800 {number}"}) for number in numbers]


def test_updates_come_out_once_in_order_and_the_cursor_with_them(ledger: Ledger) -> None:
    assert ledger.inbox.take("telegram", updates(1, 2, 2), ("telegram", "3")) == 2
    assert ledger.inbox.take("telegram", updates(2, 3), ("telegram", "4")) == 1
    assert ledger.inbox.take("discord", updates(1)) == 1
    waiting = ledger.inbox.waiting()
    assert [(one.platform, one.update.key) for one in waiting] == [
        ("telegram", "1"),
        ("telegram", "2"),
        ("telegram", "3"),
        ("discord", "1"),
    ]
    assert waiting[0].update.payload == {"text": "\x00\ud800 1"}
    assert ledger.inbox.cursor("telegram") == "4"
    ledger.inbox.done(waiting[0], "x" * 1000)
    assert ledger.inbox.waiting() == waiting[1:]


def test_what_was_done_long_ago_is_forgotten_and_what_waits_is_not(ledger: Ledger, clock: Moving) -> None:
    ledger.inbox.take("telegram", updates(1, 2))
    ledger.inbox.done(ledger.inbox.waiting()[0])
    clock.time += timedelta(days=3)
    assert ledger.inbox.forget(clock.time - timedelta(days=2)) == 1
    assert [one.update.key for one in ledger.inbox.waiting()] == ["2"]


def test_a_death_between_the_updates_and_the_cursor_leaves_neither(where: str) -> None:
    class Died(BaseException): ...

    def die(name: str) -> None:
        if name == "inbox.during":
            raise Died

    with closing(Ledger.open(where, point=die)) as dying, pytest.raises(Died):
        dying.inbox.take("telegram", updates(1), ("telegram", "2"))
    with closing(Ledger.open(where, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))) as again:
        assert (again.inbox.waiting(), again.inbox.cursor("telegram")) == ((), None)
