"""Taking an issue back, taking messages over, trying again: what readers see, and what never happens by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import ConfigError, PlanRefused, Rejected
from bots.ledger import Ledger
from bots.model import Destination, Issue, State
from bots.plan import Plan, approve, withdrawal
from bots.planning.adopting import adoptions, claimed, read_links
from bots.planning.standing import Standing, accounts
from bots.planning.withdrawing import held_back
from bots.publisher import Publisher, Report
from tests.fakechat import Chat, Killed, Process
from tests.fakeworld import CHANNEL, NEWS, SERVER, SHORT, Plain, World, an_issue, world_in

ALL = ["Hello", "A\nB", "alpha", "beta"]


@pytest.fixture(scope="module")
def lasting_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


def withdrawn(world: World, process: Process | None = None) -> dict[str, Report]:
    """One `weektech unpublish`."""

    async def main(publisher: Publisher, ledger: Ledger) -> dict[str, Report]:
        for one in world.destinations:
            await publisher.look(one.name)
        made = withdrawal(ledger.past("one"), world.destinations, world.clock.now())
        return {report.destination: report for report in await publisher.publish(made, yes=True)}

    return world.with_publisher(main, process)


def adopted(
    world: World, issue: Issue, words: Sequence[str], *, correct: bool = False, process: Process | None = None
) -> None:
    """One `weektech adopt` for the first destination."""
    place = world.destinations[0]

    async def main(publisher: Publisher, ledger: Ledger) -> None:
        made = world.planned(issue)
        claims = claimed(made.of(place.name), read_links(words), Plain().owns)
        found = adoptions(claims, ledger.deliveries("one", place.name), place.chat, correct=correct)
        await publisher.adopt(made, place.name, found)

    world.with_publisher(main, process)


def retried(world: World) -> dict[str, Report]:
    async def main(publisher: Publisher, ledger: Ledger) -> dict[str, Report]:
        done = await publisher.retry("one", [one.name for one in world.destinations])
        return {report.destination: report for report in done}

    return world.with_publisher(main)


def standings(world: World) -> list[tuple[str, Standing]]:
    return [(one.destination, one.standing) for one in accounts(world.ledger.past("one"))]


# ── unpublish ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_issue_is_taken_back_everywhere_and_stays_back(world: World) -> None:
    world.publish(SHORT)
    reports = withdrawn(world)
    assert (reports["channel"].deleted, reports["server"].deleted) == (4, 4)
    assert world.channel.texts == world.server.texts == []
    assert standings(world) == [("channel", Standing.WITHDRAWN), ("server", Standing.WITHDRAWN)]
    assert all(held_back(world.ledger.past("one"), one.name) for one in (CHANNEL, SERVER))
    assert world.ledger.unfinished() == ()


def test_named_again_it_goes_out_as_new_messages_and_is_linked(world: World) -> None:
    world.publish(SHORT)
    withdrawn(world)
    assert world.publish(SHORT)["channel"].ok
    assert world.channel.texts == world.server.texts == ALL
    assert world.links(_living(world)) == {"a": "alpha", "b": "beta"}
    issue = world.ledger.issue("one")
    assert issue is not None
    assert issue.withdrawn_at is None
    assert world.planned(SHORT).idle


def _living(world: World) -> Chat:
    chat = world.channel
    return replace(chat, shown={name: one for name, one in chat.shown.items() if not one.deleted})


def test_taken_back_in_one_place_it_goes_on_in_the_other(world: World) -> None:
    world.publish(SHORT)
    world.destinations = (SERVER,)
    withdrawn(world)
    past = world.ledger.past("one")
    assert (held_back(past, "channel"), held_back(past, "server"), held_back(past, "new")) == (False, True, True)
    world.destinations = (CHANNEL,)
    world.publish(an_issue("Hello", a="alpha", b="better"))
    assert (world.channel.texts[-1], world.server.texts) == ("better", [])
    assert held_back(world.ledger.past("one"), "server"), "a correction elsewhere brings nothing back"


def test_what_can_t_be_deleted_is_struck_through_and_named_once(world: World) -> None:
    world.publish(SHORT)
    world.telegram.refusing["delete"] = Rejected("message can't be deleted")
    report = withdrawn(world)["channel"]
    assert world.channel.texts == [f"~{text}~" for text in ALL]
    assert (report.ok, len(report.advice)) == (True, 4)
    assert "channel" not in withdrawn(world), "there is nothing left to take back"
    assert standings(world)[0] == ("channel", Standing.WITHDRAWN)
    world.publish(SHORT)
    assert world.channel.texts == [*(f"~{text}~" for text in ALL), *ALL]


def test_an_edit_that_is_refused_too_leaves_it_as_it_is(world: World) -> None:
    world.publish(SHORT)
    world.telegram.refusing |= {"delete": Rejected("too old"), "edit": Rejected("no")}
    report = withdrawn(world)["channel"]
    assert report.ok
    assert world.channel.texts == ALL
    assert (world.ledger.unfinished(), standings(world)[0][1]) == ((), Standing.WITHDRAWN)


def test_what_was_never_sent_is_not_sent_any_more(world: World) -> None:
    world.telegram.refusing["send beta"] = Rejected("no")
    world.publish(SHORT)
    assert standings(world)[0] == ("channel", Standing.PARTLY)
    world.telegram.refusing.clear()
    withdrawn(world)
    assert retried(world)["channel"].sent == 0
    assert world.channel.texts == []


def test_a_message_in_doubt_is_settled_first_and_nothing_is_half_taken_back(world: World) -> None:
    with suppress(Killed):
        world.publish(SHORT, process=Process(60))
    doubtful = [one for one in world.ledger.unfinished() if one.unsettled and one.destination == "channel"]
    assert doubtful, "the process is to die with a send to the channel under way"
    before = list(world.channel.texts)
    report = withdrawn(world)["channel"]
    assert (report.deleted, len(report.in_doubt), world.channel.texts) == (0, 1, before)
    assert not held_back(world.ledger.past("one"), "channel")
    world.settle_by_looking()
    withdrawn(world)
    assert world.channel.texts == []


TWO = an_issue("", b="beta")


@pytest.mark.parametrize(
    ("place", "refused"),
    [
        pytest.param(CHANNEL, True, id="struck through"),
        pytest.param(NEWS, False, id="with its thread", marks=pytest.mark.soak),
        pytest.param(SERVER, True, id="struck through on a server", marks=pytest.mark.soak),
    ],
)
def test_killed_anywhere_a_withdrawal_is_finished_by_the_next_one(
    lasting_world: World, place: Destination, refused: bool
) -> None:
    world = lasting_world
    world.destinations = (place,)
    for dies_at in range(1, 200):
        world.forget()
        world.publish(TWO)
        for platform in (world.telegram, world.discord):
            platform.refusing = {"delete beta": Rejected("too old")} if refused else {}
        process = Process(dies_at)
        with suppress(Killed):
            withdrawn(world, process)
        withdrawn(world)
        chat = world.chat(place)
        assert chat.texts == (["~beta~"] if refused else [])
        assert sum(call == "edit ~beta~" for call in chat.calls) <= 2
        assert standings(world) == [(place.name, Standing.WITHDRAWN)]
        if not process.dead:
            return
    raise AssertionError("it never came to its end")


# ── adopt ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_another_tool(world: World, issue: Issue) -> list[str]:
    """The issue in the chat without a trace in the ledger; the links of its messages."""
    world.publish(issue)
    links = [f"https://chat/{world.destinations[0].name}/{name}" for name in world.chat(world.destinations[0]).shown]
    kept = dict(world.chat(world.destinations[0]).shown)
    world.forget()
    world.chat(world.destinations[0]).shown.update(kept)
    return links


@pytest.mark.parametrize("place", [CHANNEL, NEWS])
def test_messages_taken_over_are_corrected_like_our_own(world: World, place: Destination) -> None:
    world.destinations = (place,)
    adopted(world, SHORT, by_another_tool(world, SHORT))
    assert world.chat(place).calls == []
    assert standings(world) == [(place.name, Standing.PUBLISHED)]
    assert world.planned(SHORT).idle
    report = world.publish(an_issue("Hello", a="alpha", b="better"))[place.name]
    assert (report.sent, report.edited, world.chat(place).calls) == (0, 1, ["edit better"])


def test_with_correct_the_next_publish_edits_them_to_what_the_post_says(world: World) -> None:
    world.destinations = (CHANNEL,)
    links = by_another_tool(world, SHORT)
    adopted(world, SHORT, links, correct=True)
    assert standings(world) == [("channel", Standing.OUTDATED)]
    report = world.publish(SHORT)["channel"]
    assert (report.sent, report.edited, report.ok, world.channel.texts) == (0, 4, True, ALL)


def test_killed_anywhere_all_is_taken_over_or_nothing(lasting_world: World) -> None:
    world = lasting_world
    world.destinations = (CHANNEL,)
    for dies_at in range(1, 20):
        world.forget()
        links = by_another_tool(world, SHORT)
        process = Process(dies_at)
        with suppress(Killed):
            adopted(world, SHORT, links, process=process)
        assert len(world.ledger.past("one").deliveries) in {0, 4}
        if not world.ledger.past("one").deliveries:
            adopted(world, SHORT, links)
        assert (world.publish(SHORT)["channel"].sent, world.channel.texts) == (0, ALL)
        if not process.dead:
            return
    raise AssertionError("it never came to its end")


def test_an_issue_adopted_as_a_whole_is_sent_only_with_a_yes(world: World) -> None:
    made = world.planned(SHORT)
    world.ledger.record(replace(made.issue, withdrawn_at=world.clock.now()), made.sections, ())
    assert held_back(world.ledger.past("one"), "channel")
    assert standings(world) == [("", Standing.ADOPTED)]
    with pytest.raises(PlanRefused, match="adopted as published without this ledger"):
        world.publish(SHORT)
    assert world.publish(SHORT, yes=True)["channel"].ok
    assert world.publish(SHORT)["channel"].sent == 0


@pytest.mark.parametrize("words", [["1-3"], ["1-5"], []])
def test_a_wrong_number_of_links_is_told_with_the_messages(world: World, words: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"4 links are needed and \d were given.*One 1, One 2, A 1, B 1"):
        adopted(world, SHORT, words)


# ── retry ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_failed_is_tried_again_as_it_was_planned(world: World) -> None:
    world.telegram.refusing["send alpha"] = Rejected("no")
    world.publish(SHORT)
    assert world.channel.texts == ["Hello", "A\nB"]
    world.telegram.refusing.clear()
    reports = retried(world)
    assert (reports["channel"].sent, reports["server"].sent) == (2, 0)
    assert world.channel.texts == ALL
    assert standings(world)[0] == ("channel", Standing.PUBLISHED)
    assert [row.state for row in world.ledger.deliveries("one", "channel")] == [State.SENT] * 4


def test_a_refused_plan_says_so_to_the_author_and_a_withdrawal_needs_a_yes(world: World) -> None:
    world.publish(SHORT)
    made: Plan = withdrawal(world.ledger.past("one"), world.destinations, world.clock.now())
    with pytest.raises(PlanRefused, match="take 4 of 4 messages back"):
        approve(made)
