"""A call that fails: what the ledger says afterwards, what is never tried again, and how a lost send is looked into."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import ChatClosed, Gone, InDoubt, ReaderGone, Rejected, SendError, TokenRejected, TryLater
from bots.ledger import Task, Trouble
from bots.ledger.rows import LEFT_OVER, OUT_OF_REACH, READER_GONE, SENT_AGAIN
from bots.model import Destination, Kind, Receipt, State
from bots.platforms.base import Sighting
from tests.one_chat import HERE, Scene, corrected, said, scene_in

ALPHA = said("alpha")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


SENDS = [
    # how a send ends, state, code and words in the ledger
    (TryLater("Slow down.", code="pace", after=59.9), State.PENDING, "pace", "Slow down."),
    (TryLater("Wait.", after=60), State.PENDING, "", "Wait. Publish again after 2026-01-01 00:01 UTC."),
    (TryLater("Wait.", after=90000), State.PENDING, "", "Wait. Publish again after 2026-01-02 01:00 UTC."),
    (ChatClosed("No rights.", code="closed"), State.PENDING, "closed", "No rights."),
    (ReaderGone("Blocked.", code="403"), State.PENDING, READER_GONE, "Blocked."),
    (TokenRejected("Unknown token.", code="401"), State.PENDING, "401", "Unknown token."),
    (Rejected("Too long.", code="400", remedy="Cut it."), State.FAILED, "400", "Too long. Cut it."),
    (Gone("Not found.", code="404"), State.FAILED, "404", "Not found."),
    (InDoubt("Timed out.", code="timeout"), State.IN_DOUBT, "timeout", "Timed out."),
]


@pytest.mark.parametrize(("ending", "state", "code", "words"), SENDS, ids=[str(row[3]) for row in SENDS])
def test_a_failed_send_is_recorded_by_what_can_be_done(
    scene: Scene, ending: SendError, state: State, code: str, words: str
) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([ending])
    assert scene.carry(scene.row()) is ending
    row = scene.row()
    assert (row.state, row.error_code, row.error, row.task) == (state, code, words, Task.SEND)


def test_a_failure_nobody_knows_may_have_been_a_success(scene: Scene) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([KeyError("secret")])
    error = scene.carry(scene.row())
    assert isinstance(error, InDoubt)
    row = scene.row()
    assert (error.code, row.state, row.error_code) == ("KeyError", State.IN_DOUBT, "KeyError")
    assert row.error == str(error) == "The answer could not be understood: KeyError."


AGAIN = [
    # how the repeated send ends, its code afterwards
    (TryLater("Slow down.", code="pace"), SENT_AGAIN),
    (ChatClosed("No rights.", code="closed"), SENT_AGAIN),
    (TokenRejected("Unknown token.", code="401"), SENT_AGAIN),
    (Rejected("Too long.", code="400"), "400"),
    (InDoubt("Timed out.", code="timeout"), "timeout"),
]


@pytest.mark.parametrize(("ending", "code"), AGAIN, ids=[type(row[0]).__name__ for row in AGAIN])
def test_what_was_sent_again_stays_silent_until_it_is_known_better(scene: Scene, ending: SendError, code: str) -> None:
    """The earlier copy is still possible: a second one must not make a phone ring."""
    scene.queue(ALPHA)
    scene.ledger.release(scene.row(), Trouble(SENT_AGAIN, "It may be there twice."))
    scene.chat.endings = deque([ending])
    scene.carry(scene.row())
    (call,) = scene.chat.handed
    assert call.attempt is not None
    assert call.attempt.repeated
    assert (scene.row().error_code, scene.row().error) == (code, str(ending))


REFUSALS = [
    # the code a platform gives, does it count towards a ban (discord.md 7.1)
    ("401 0", True),
    ("403 50013", True),
    ("429", True),
    ("400 50035", False),
    ("50403", False),
    ("", False),
]


@pytest.mark.parametrize(("code", "counts"), REFUSALS)
def test_refusals_that_lead_to_a_ban_are_counted(scene: Scene, code: str, counts: bool) -> None:
    scene.queue(ALPHA)
    scene.chat.endings = deque([ChatClosed("No.", code=code)])
    scene.carry(scene.row())
    assert scene.limiter.invalids == ["telegram"] * counts


# What no run can ever do


REFUSED = Rejected("Too old.", remedy="Do it by hand.")
GONE = Gone("No such message.")
FINAL = [
    # task, how it ends; state and code afterwards, what the author is told
    (Task.DELETE, REFUSED, (State.PENDING, LEFT_OVER, "can't be taken back and is struck through instead: ")),
    (Task.DELETE, GONE, (State.SENT, LEFT_OVER, "stays as it is: ")),
    (Task.EDIT, GONE, (State.SENT, OUT_OF_REACH, "stays as it is: ")),
    (Task.FINISH, GONE, (State.SENT, OUT_OF_REACH, "stays as it is: ")),
    (Task.EDIT, REFUSED, (State.FAILED, "", "")),
    (Task.FINISH, REFUSED, (State.FAILED, "", "")),
    (Task.DELETE, ChatClosed("No rights."), (State.PENDING, "", "")),
]


@pytest.mark.parametrize(("task", "ending", "left"), FINAL)
def test_what_can_never_be_done_is_given_up_and_named_once(
    scene: Scene, task: Task, ending: SendError, left: tuple[State, str, str]
) -> None:
    state, code, told = left
    scene.out(ALPHA)
    row = scene.wants(scene.row(), task, corrected(ALPHA, "better") if task is Task.EDIT else None)
    scene.chat.endings = deque([ending])
    assert scene.carry(row, task) is ending
    assert scene.advice == ([f"a part 1 (https://chat/1) {told}{ending}"] if told else [])
    assert (scene.row().state, scene.row().error_code, scene.row().error) == (state, code, str(ending))


def test_a_message_without_a_link_is_named_without_one(scene: Scene) -> None:
    scene.out(ALPHA, urls=False)
    scene.chat.endings = deque([GONE])
    scene.carry(scene.wants(scene.row(), Task.DELETE), Task.DELETE)
    assert scene.advice == ["a part 1 stays as it is: No such message."]


def test_a_refused_deletion_becomes_a_message_struck_through(scene: Scene) -> None:
    (row,) = scene.out(ALPHA)
    scene.chat.endings = deque([REFUSED])
    scene.carry(scene.wants(row, Task.DELETE), Task.DELETE)
    struck = scene.row()
    assert struck.target is not None
    assert (struck.task, struck.state, struck.target.text) == (Task.EDIT, State.PENDING, "~alpha~")
    scene.chat.endings = deque([REFUSED])
    scene.carry(struck, Task.EDIT)
    assert scene.advice == [f"a part 1 (https://chat/1) stays as it is: {REFUSED}"]
    assert (scene.row().state, scene.row().task) == (State.SENT, Task.NONE), "and is not struck through either"


CHATS = [
    # the chat it was sent to, the call made, state afterwards
    ("one nobody recorded", None, ["edit better"], State.SENT, ""),
    ("this one", "@news", ["edit better"], State.SENT, ""),
    ("another one", "@olds", [], State.FAILED, "It was sent to @olds; now the destination means another chat."),
]


@pytest.mark.parametrize(("chat", "calls", "state", "why"), [row[1:] for row in CHATS], ids=[row[0] for row in CHATS])
def test_a_message_is_changed_only_in_the_chat_it_is_in(
    scene: Scene, chat: str | None, calls: list[str], state: State, why: str
) -> None:
    scene.out(ALPHA)
    row = scene.amend(scene.wants(scene.row(), Task.EDIT, corrected(ALPHA, "better")), "chat", chat)
    scene.carry(row, Task.EDIT)
    assert (scene.chat.tried, scene.row().state) == (calls, state)
    assert scene.row().error.startswith(why)
    assert ("name that chat again in config.yaml" in scene.row().error) is bool(why)


DELETED = [
    # the chat it was sent to, is the attempt made, is it struck through after a refusal
    (None, True, True),
    ("@news", True, True),
    ("@olds", False, False),
]


@pytest.mark.parametrize(("chat", "tried", "struck"), DELETED)
def test_only_what_is_here_is_struck_through(scene: Scene, chat: str | None, tried: bool, struck: bool) -> None:
    scene.out(ALPHA)
    scene.chat.endings = deque([REFUSED])
    scene.carry(scene.amend(scene.wants(scene.row(), Task.DELETE), "chat", chat), Task.DELETE)
    assert scene.chat.tried == ["delete"] * tried
    assert (scene.row().target is not None) is struck
    assert ("struck through" in scene.advice[0]) is struck
    assert scene.row().left_over


@pytest.mark.parametrize("task", [Task.EDIT, Task.DELETE])
def test_what_was_said_before_a_group_moved_is_left_there(tmp_path: Path, task: Task) -> None:
    group = replace(HERE, kind=Kind.GROUP, chat="-40")
    with scene_in(tmp_path, group) as scene:
        scene.out(ALPHA, urls=False)
        scene.ledger.move("telegram", "-40", "-1009")
        row = scene.wants(scene.row(), task, corrected(ALPHA, "better") if task is Task.EDIT else None)
        scene.carry(row, task)
        assert (scene.chat.handed, scene.row().state) == ([], State.SENT)
        (words,) = scene.advice
        assert words.startswith("a part 1 stays as it is: It is in the group as it was before")


# Looking for what was sent


LOOKS = [
    # what looking ends with; state, code, words and ids afterwards
    (Receipt(("7",), "https://chat/7"), (State.SENT, "", "", ("7",))),
    (None, (State.PENDING, "not there", "An earlier attempt did not arrive.", ())),
    (InDoubt("Nobody can tell.", code="none"), (State.IN_DOUBT, "none", "Nobody can tell.", ())),
    (TryLater("Too early.", code="early", after=5), (State.IN_DOUBT, "early", "Too early.", ())),
    (KeyError("x"), (State.IN_DOUBT, "KeyError", "The answer could not be understood: KeyError.", ())),
    (TokenRejected("Unknown token.", code="401"), (State.IN_DOUBT, "401", "Unknown token.", ())),
]


@pytest.mark.parametrize(("found", "left"), LOOKS, ids=[str(row[0]) for row in LOOKS])
def test_a_lost_send_is_settled_by_evidence_alone(
    scene: Scene, found: Exception | Receipt | None, left: tuple[State, str, str, tuple[str, ...]]
) -> None:
    state, code, words, ids = left
    scene.queue(ALPHA)
    scene.chat.endings = deque([InDoubt("Timed out."), found])
    scene.carry(scene.row())
    error = scene.settle(scene.row())
    row = scene.row()
    assert (row.state, row.error_code, row.error, row.ids) == (state, code, words, ids)
    assert ("" if error is None else str(error)) == ("" if state is not State.IN_DOUBT else words)
    assert scene.limiter.invalids == ["telegram"] * (code == "401")
    assert scene.passed[-1] == ("confirm.after" if ids else "settle.after" if found is None else "settle.before")


def test_looking_is_for_the_attempt_as_it_was_made(scene: Scene) -> None:
    """Since when, above which message, in which thread: all as of the intent, however long ago that is."""
    scene.out(said("Hello", "lead"))
    scene.queue(replace(ALPHA, inside=True))
    scene.chat.endings = deque([InDoubt("Timed out.")])
    scene.carry(scene.row(1), within="1")
    doubted = scene.row(1)
    assert doubted.updated_at != doubted.claimed_at
    scene.settle(doubted)
    send, look = scene.chat.handed
    assert send.attempt is not None
    assert look.attempt is not None
    assert (look.what, look.destination, look.message) == ("settle", HERE, send.message)
    assert replace(look.attempt, alone=False) == send.attempt
    assert (look.attempt.after, look.attempt.within, look.attempt.since) == ("1", "1", doubted.claimed_at)


TWINS = [
    ("nobody else", HERE, True),
    ("the same chat under another name", replace(HERE, name="twin"), False),
    ("the same chat in other letters", replace(HERE, name="twin", chat="@News"), False),
    ("another chat", replace(HERE, name="twin", chat="@olds"), True),
    ("the same name on another platform", Destination("twin", "discord", Kind.TEXT, "@news"), True),
]


@pytest.mark.parametrize(("other", "alone"), [row[1:] for row in TWINS], ids=[row[0] for row in TWINS])
def test_who_else_writes_into_the_chat_is_told(scene: Scene, other: Destination, alone: bool) -> None:
    scene.crew = replace(scene.crew, destinations={HERE.name: HERE, other.name: other})
    scene.queue(ALPHA)
    scene.chat.endings = deque([InDoubt("Timed out.")])
    scene.carry(scene.row())
    scene.settle(scene.row())
    attempt = scene.chat.handed[-1].attempt
    assert attempt is not None
    assert attempt.alone is alone


def test_another_lost_send_may_be_what_is_found(scene: Scene) -> None:
    scene.queue(ALPHA, said("beta", "b"))
    scene.chat.endings = deque([InDoubt("Timed out."), InDoubt("Timed out.")])
    scene.carry(scene.row())
    scene.carry(scene.row(1))
    scene.settle(scene.row())
    attempt = scene.chat.handed[-1].attempt
    assert attempt is not None
    assert not attempt.alone


def test_what_is_known_of_the_chat_above_the_attempt_is_told(scene: Scene) -> None:
    scene.out(said("Hello", "lead"))
    scene.queue(ALPHA, said("beta", "b"))
    scene.chat.endings = deque([InDoubt("Timed out."), Receipt(("7",))])
    scene.carry(scene.row(1))
    scene.carry(scene.row(2))
    for name in ("1", "6"):
        scene.ledger.sight("telegram", "@news", name, {"text": "seen"})
    scene.settle(scene.row(1))
    attempt = scene.chat.handed[-1].attempt
    assert attempt is not None
    assert (attempt.after, attempt.known) == ("1", frozenset({"7"}))
    assert attempt.sightings == (Sighting("6", {"text": "seen"}),)
