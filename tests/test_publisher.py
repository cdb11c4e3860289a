"""Publishing against chats that remember: nothing twice, in order, one writer, and every run can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import LedgerError, PlanRefused
from bots.ledger import Ledger, Owner
from bots.model import LEAD, State
from bots.publisher import Publisher, Report, Rules
from tests.fakeworld import ISSUE, TEXTS, World, an_issue, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


def test_everything_arrives_in_order_and_the_contents_are_linked(world: World) -> None:
    reports = world.publish(ISSUE)
    for name, chat in (("channel", world.channel), ("server", world.server)):
        assert chat.texts == TEXTS
        assert world.links(chat) == {"a": "alpha one", "b": "beta", "c": "gamma"}
        assert (reports[name].sent, reports[name].edited, reports[name].ok) == (6, 1, True)


def test_publishing_twice_sends_nothing(world: World) -> None:
    world.publish(ISSUE)
    before = list(world.channel.calls)
    reports = world.publish(ISSUE)
    assert world.channel.calls == before
    assert (reports["channel"].sent, reports["channel"].kept, reports["channel"].ok) == (0, 6, True)


def test_a_corrected_word_becomes_one_edit_and_nothing_else_moves(world: World) -> None:
    world.publish(ISSUE)
    before = len(world.channel.calls)
    reports = world.publish(an_issue("Hello", a="alpha one\n\nalpha two", b="better", c="gamma"))
    assert world.channel.calls[before:] == ["edit better"]
    assert (reports["channel"].sent, reports["channel"].edited, reports["channel"].kept) == (0, 1, 5)


def test_a_new_middle_section_goes_to_the_end_and_is_linked(world: World) -> None:
    world.publish(ISSUE)
    before = len(world.server.calls)
    world.publish(an_issue("Hello", a="alpha one\n\nalpha two", new="fresh", b="beta", c="gamma"))
    assert world.server.calls[before:] == ["send fresh", "edit A\nNEW\nB\nC"]
    assert world.links(world.server) == {"a": "alpha one", "new": "fresh", "b": "beta", "c": "gamma"}


def test_what_no_edit_can_do_is_appended_relinked_and_then_deleted(world: World) -> None:
    world.pictures["x.png"] = b"picture"
    world.publish(an_issue("Hello", a="![](x.png)", b="beta", c="gamma", d="delta"))
    before = len(world.channel.calls)
    reports = world.publish(an_issue("Hello", a="words", b="beta", c="gamma", d="delta"))
    assert world.channel.calls[before:] == ["send words", "edit A\nB\nC\nD", "delete ![](x.png)"]
    assert world.links(world.channel)["a"] == "words"
    assert (reports["channel"].sent, reports["channel"].edited, reports["channel"].deleted) == (1, 1, 1)


def test_another_picture_under_the_same_name_is_one_edit(world: World) -> None:
    world.pictures["x.png"] = b"old"
    issue = an_issue("Hello", a="![](x.png)\n\nwords", b="beta")
    world.publish(issue)
    before = len(world.channel.calls)
    world.pictures["x.png"] = b"new"
    world.publish(issue)
    assert world.channel.calls[before:] == ["edit ![](x.png)"]
    world.publish(issue)
    assert world.channel.calls[before:] == ["edit ![](x.png)"]


def test_a_plan_that_would_take_much_back_is_refused_and_nothing_is_sent(world: World) -> None:
    world.publish(ISSUE)
    before = list(world.channel.calls)
    with pytest.raises(PlanRefused, match="3 of 6"):
        world.publish(an_issue("Hello", a="alpha one"))
    assert world.channel.calls == before
    assert world.publish(an_issue("Hello", a="alpha one"), yes=True)["channel"].deleted == 3


# One writer, pauses, caps, stop signals


def test_a_second_publisher_is_told_who_is_at_work_and_until_when(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> None:
        ledger.acquire("server", Owner.this_process())
        with pytest.raises(LedgerError, match=r"at work on server: process \d+ .* until 2026-01-01 00:02:30"):
            await publisher.publish(world.planned(ISSUE))
        assert not world.server.calls
        assert not world.channel.calls
        await world.clock.sleep(151)
        await publisher.publish(world.planned(ISSUE))

    world.with_publisher(main)
    assert world.server.texts == TEXTS


def test_a_lost_lease_stops_before_the_next_call(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> None:
        thief = Owner.this_process()
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(2.5)
        with ledger._writing() as connection:
            connection.exec_driver_sql("UPDATE leases SET owner = ?", (str(thief),))
        calls = len(world.channel.calls)
        with pytest.raises(LedgerError, match="at work"):
            await work
        assert len(world.channel.calls) == calls

    world.with_publisher(main)


def test_a_plan_made_before_another_command_ran_is_refused(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> None:
        stale = world.planned(ISSUE)
        await publisher.publish(world.planned(ISSUE))
        with pytest.raises(LedgerError, match="Run the command again"):
            await publisher.publish(stale)

    world.with_publisher(main)
    assert world.channel.texts == TEXTS


def test_a_pause_holds_before_the_next_call_and_the_next_run_goes_on(world: World) -> None:
    async def main(publisher: Publisher, ledger: Ledger) -> tuple[Report, ...]:
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(2.5)
        ledger.pause("holiday")
        return await work

    reports = world.with_publisher(main)
    assert all("holiday" in report.stopped for report in reports if not report.ok)
    assert 0 < len(world.channel.texts) < len(TEXTS)
    world.ledger.go_on()
    world.publish(ISSUE)
    assert world.channel.texts == TEXTS


def test_a_run_sends_no_more_than_its_cap(world: World) -> None:
    world.rules = Rules(limits=replace(Rules().limits, sends=5))
    with pytest.raises(PlanRefused, match="12 messages"):
        world.publish(ISSUE)
    reports = world.publish(ISSUE, yes=True)
    assert len(world.channel.texts) + len(world.server.texts) == 5
    assert all("at most 5" in report.stopped for report in reports.values())


def test_a_stop_signal_waits_for_the_call_under_way_and_adopts_its_answer(world: World) -> None:
    world.telegram.answer = world.discord.answer = 8.0

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(3)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        rows = ledger.deliveries("one", "channel")
        assert [row.state for row in rows] == [State.SENT, *[State.PENDING] * 5]
        assert world.clock.monotonic() < 10

    world.with_publisher(main)


def test_a_call_that_outlives_the_wait_is_left_sending_for_the_next_start(world: World) -> None:
    world.telegram.answer = world.discord.answer = 60.0

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        work = asyncio.create_task(publisher.publish(world.planned(ISSUE)))
        await world.clock.sleep(3)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert ledger.deliveries("one", "channel")[0].state is State.SENDING

    world.with_publisher(main)
    world.telegram.answer = world.discord.answer = 0.1
    reports = world.publish(ISSUE)
    assert reports["server"].ok
    assert [row.section for row in reports["channel"].in_doubt] == [LEAD]


def test_progress_ends_at_its_total(world: World) -> None:
    world.publish(ISSUE)
    for name in ("channel", "server"):
        seen = [one for one in world.progress if one.destination == name]
        assert [one.done for one in seen] == list(range(1, 8))
        assert seen[-1].done == seen[-1].total
