"""What a platform can answer, and what becomes of the message and of those behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import ChatClosed, Gone, InDoubt, LedgerError, Rejected, TokenRejected, TryLater
from bots.ledger import Ledger
from bots.model import Destination, Kind, State
from bots.publisher import Publisher
from tests.fakeworld import CHANNEL, ISSUE, SERVER, SHORT, TEXTS, World, an_issue, world_in
from tests.virtual import DAWN


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


FAULTS = [
    # what happens at the third call, did it arrive, that message afterwards, texts in the chat, stopped because
    ("a rate window", TryLater("Slow down.", after=5), False, State.SENT, 6, ""),
    ("unreachable for a moment", TryLater("No network."), False, State.SENT, 6, ""),
    ("refused content", Rejected("Too long."), False, State.FAILED, 2, "refused"),
    ("no rights", ChatClosed("Not an administrator."), False, State.PENDING, 2, "Not an administrator"),
    ("a revoked token", TokenRejected("Unauthorized."), False, State.PENDING, 2, "Unauthorized"),
    ("the answer is lost", InDoubt("Timed out."), True, State.IN_DOUBT, 3, "in doubt"),
    ("the request is lost", InDoubt("Timed out."), False, State.IN_DOUBT, 2, "in doubt"),
    ("an error nobody knows", RuntimeError("?"), True, State.IN_DOUBT, 3, "in doubt"),
]


@pytest.mark.parametrize(
    ("happens", "state", "texts", "stopped"),
    [((fault, arrived), *rest) for _, fault, arrived, *rest in FAULTS],
    ids=[row[0] for row in FAULTS],
)
def test_a_failed_send(world: World, happens: tuple[Exception, bool], state: State, texts: int, stopped: str) -> None:
    world.telegram.faults[3] = happens
    reports = world.publish(ISSUE)
    assert world.channel.texts == TEXTS[:texts]
    assert stopped in reports["channel"].stopped
    assert reports["channel"].ok is (not stopped)
    assert reports["server"].ok, "the other destination goes on"
    assert world.ledger.deliveries("one", "channel")[2].state is state


SLOW_MODES = [
    # what the refusal concerns, whether the other chat of the platform has to wait for it
    ("the token", TryLater("Slow down.", after=300), True),
    ("the chat alone", TryLater("The channel is in slow mode.", after=300, here=True), False),
]


@pytest.mark.parametrize(("error", "all_wait"), [row[1:] for row in SLOW_MODES], ids=[row[0] for row in SLOW_MODES])
def test_a_chat_in_slow_mode_holds_up_no_other(world: World, error: TryLater, all_wait: bool) -> None:
    other = replace(SERVER, name="other", chat="99")
    world.destinations = (SERVER, other)
    world.discord.faults[1] = (error, False)
    reports = world.publish(SHORT)
    assert all(report.ok for report in reports.values())
    last = {name: max(step.row.updated_at for step in world.progress if step.destination == name) for name in reports}
    waited = {name: (moment - DAWN).total_seconds() > 290 for name, moment in last.items()}
    assert sorted(waited.values()) == [all_wait, True]


def test_where_there_is_evidence_a_lost_answer_is_settled_at_once(world: World) -> None:
    world.discord.faults = {2: (InDoubt("Lost."), True), 4: (InDoubt("Lost."), False)}
    assert world.publish(ISSUE)["server"].ok
    assert world.server.texts == TEXTS


def test_a_refused_message_is_tried_again_when_its_text_has_changed(world: World) -> None:
    world.telegram.faults[3] = (Rejected("Bad."), False)
    world.publish(ISSUE)
    corrected = an_issue("Hello", a="alpha 1\n\nalpha two", b="beta", c="gamma")
    assert world.publish(corrected)["channel"].ok
    assert world.channel.texts == ["Hello", "A\nB\nC", "alpha 1", "alpha two", "beta", "gamma"]


def test_a_platform_that_stays_away_leaves_the_rest_for_the_next_run(world: World) -> None:
    world.telegram.faults = {call: (TryLater("No network."), False) for call in range(3, 9)}
    report = world.publish(ISSUE)["channel"]
    assert [row.state for row in report.waiting] == [State.PENDING] * 4
    assert "6 times" in report.stopped
    assert world.publish(ISSUE)["channel"].ok
    assert world.channel.texts == TEXTS


def test_a_rejected_token_stops_every_destination_of_its_platform(world: World) -> None:
    world.destinations = (CHANNEL, Destination("second", "telegram", Kind.CHANNEL, "@second"), SERVER)
    world.telegram.faults = {call: (TokenRejected("Unauthorized."), False) for call in (1, 2)}
    reports = world.publish(ISSUE)
    assert not world.channel.texts
    assert "Unauthorized" in reports["channel"].stopped
    assert "Unauthorized" in reports["second"].stopped
    assert reports["server"].ok


EDIT_FAULTS = [
    ("the answer is lost", InDoubt("Timed out."), True, 2, True),
    ("it did not arrive", InDoubt("Timed out."), False, 2, True),
]


@pytest.mark.parametrize(
    ("fault", "arrived", "calls", "ok"), [row[1:] for row in EDIT_FAULTS], ids=[row[0] for row in EDIT_FAULTS]
)
def test_a_failed_edit(world: World, fault: Exception, arrived: bool, calls: int, ok: bool) -> None:
    world.publish(SHORT)
    before = len(world.channel.calls)
    world.telegram.faults[before + 1] = (fault, arrived)
    report = world.publish(an_issue("Hello", a="alpha", b="better"))["channel"]
    assert world.channel.calls[before:] == ["edit better"] * calls
    assert report.ok is ok


def test_a_message_taken_out_of_the_chat_by_hand_is_named_once_and_not_posted_again(world: World) -> None:
    world.publish(SHORT)
    before = len(world.channel.calls)
    world.telegram.faults[before + 1] = (Gone("message to edit not found"), False)
    better = an_issue("Hello", a="alpha", b="better")
    report = world.publish(better)["channel"]
    assert "message to edit not found" in report.advice[0]
    assert world.publish(better)["channel"].ok
    assert world.channel.calls[before:] == ["edit better"]


def test_the_author_settles_what_nobody_else_can(world: World) -> None:
    world.telegram.faults[3] = (InDoubt("Timed out."), False)
    (doubted,) = world.publish(ISSUE)["channel"].in_doubt
    (still,) = world.publish(ISSUE)["channel"].in_doubt
    assert (still.id, still.error) == (doubted.id, "Nobody can tell.")
    world.settle_by_looking()
    assert world.publish(ISSUE)["channel"].ok
    assert world.channel.texts == TEXTS


def test_only_what_is_in_doubt_can_be_settled(world: World) -> None:
    world.publish(ISSUE)

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        with pytest.raises(LedgerError, match="not in doubt"):
            await publisher.settle(ledger.deliveries("one", "channel")[0].id, None)

    world.with_publisher(main)


def test_a_picture_that_disappears_fails_its_message_with_a_reason(world: World) -> None:
    report = world.publish(an_issue("Hello", a="![](x.png)", b="beta"))["channel"]
    assert "x.png can't be read" in report.failed[0].error
    assert world.channel.texts == ["Hello", "A\nB"]
