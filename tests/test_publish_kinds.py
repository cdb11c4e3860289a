"""What differs between kinds of destination: threads, what is done at the end, known pictures, groups that move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import ChatClosed, InDoubt, Rejected, SendError, TryLater
from bots.ledger import Task
from bots.model import Destination, Kind, State
from bots.plan import Action
from tests.fakeworld import CHANNEL, FORUM, GROUP, ISSUE, NEWS, PINNED, SERVER, SHORT, TEXTS, World, an_issue, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


def only(world: World, *destinations: Destination) -> None:
    world.destinations = destinations


# Threads


@pytest.mark.parametrize("destination", [NEWS, FORUM], ids=lambda one: one.name)
def test_everything_but_the_first_message_goes_into_its_thread(world: World, destination: Destination) -> None:
    only(world, destination)
    assert world.publish(ISSUE)[destination.name].ok
    (head, *rest) = world.chat(destination).shown.items()
    assert head[1].within is None
    assert {one.within for _, one in rest} == {head[0]}
    assert world.chat(destination).texts == TEXTS


def test_corrections_and_deletions_reach_the_thread(world: World) -> None:
    only(world, NEWS)
    world.publish(an_issue("Hello", a="alpha", b="beta", c="gamma", d="delta"))
    before = len(world.chat(NEWS).calls)
    world.publish(an_issue("Hello", a="alpha 1", c="gamma", d="delta"))
    assert world.chat(NEWS).calls[before:] == ["edit alpha 1", "edit A\nC\nD", "delete beta"]
    world.publish(an_issue("Hello", a="alpha 1", e="epsilon", c="gamma", d="delta"))
    assert world.chat(NEWS).texts[-1] == "epsilon"


@pytest.mark.parametrize("fault", [Rejected("Too long."), InDoubt("Lost.")], ids=["refused", "in doubt"])
def test_without_its_first_message_the_rest_waits(world: World, fault: SendError) -> None:
    news = replace(NEWS, platform="telegram")  # where nobody can tell what became of a send
    only(world, news)
    world.telegram.faults[1] = (fault, False)
    report = world.publish(ISSUE)["news"]
    assert world.chat(news).texts == []
    assert report.stopped
    assert [row.state for row in report.waiting] == [State.PENDING] * 5
    again = world.publish(ISSUE)["news"]
    assert again.ok is (fault.what == "Too long.")


def test_a_thread_that_never_was_is_named(world: World) -> None:
    only(world, NEWS)
    world.discord.faults[2] = (ChatClosed("No rights."), False)
    world.publish(SHORT)
    (head, *_) = world.ledger.deliveries("one", "news")
    world.with_publisher(lambda publisher, ledger: _taken_back(world, head.id))
    report = world.with_publisher(lambda publisher, ledger: publisher.deliver("one", "news"))
    assert report.stopped.endswith("the issue's first message, which is not out there: it is deleted.")
    assert world.chat(NEWS).texts == ["Hello"]


def test_a_head_that_was_taken_back_leaves_its_thread_to_the_others(world: World) -> None:
    only(world, FORUM)
    world.publish(an_issue("Hello", a="alpha", b="beta"))
    head = next(iter(world.chat(FORUM).shown))
    (row, *_) = world.ledger.deliveries("one", "forum")
    world.with_publisher(lambda publisher, ledger: _taken_back(world, row.id))
    world.publish(an_issue("Hello", a="alpha", b="beta", c="gamma"), yes=True)
    sent = {one.message.text: one.within for one in world.chat(FORUM).shown.values()}
    assert sent["gamma"] == head


async def _taken_back(world: World, delivery: int) -> None:
    """As if the head had been deleted by an earlier version of the issue."""
    with world.ledger._writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'deleted' WHERE id = ?", (delivery,))


# What is done at the end


def test_a_crosspost_comes_last_and_once(world: World) -> None:
    only(world, NEWS)
    steps = world.planned(ISSUE).steps
    assert [(step.action, step.why) for step in steps][-1] == (Action.FINISH, "crosspost once everything is linked")
    report = world.publish(ISSUE)["news"]
    assert (report.finished, report.ok) == (1, True)
    assert world.chat(NEWS).calls[-1] == "finish Hello"
    assert world.planned(ISSUE).idle
    world.publish(ISSUE)
    world.publish(replace(ISSUE, sections=(replace(ISSUE.sections[0], source="Hallo"), *ISSUE.sections[1:])))
    assert world.chat(NEWS).calls[-1] == "edit Hallo"
    assert world.chat(NEWS).calls.count("finish Hello") == 1


def test_an_hour_s_wait_for_a_crosspost_keeps_nobody(world: World) -> None:
    """Neither the run nor another chat of the same token, and the next run does it (discord.md 4.2)."""
    only(world, NEWS, SERVER)
    world.discord.refusing["finish"] = TryLater("No more crossposts now.", after=3000)
    reports = world.publish(ISSUE)
    assert world.clock.monotonic() < 60
    assert reports["server"].ok
    report = reports["news"]
    assert (report.ok, report.sent, report.finished) == (False, 6, 0)
    assert [(row.task, row.state) for row in report.waiting] == [(Task.FINISH, State.PENDING)]
    assert "crosspost: No more crossposts now. Publish again after 2026-01-01 00:5" in report.stopped
    assert [row.section for row in world.ledger.unfinished()] == ["lead"]
    world.discord.refusing.clear()
    assert world.publish(ISSUE)["news"].finished == 1
    assert world.chat(NEWS).finished == {"Hello": {"crosspost"}}


LAST_FAULTS = [
    # what happens, is it repeated in the same run, did it succeed in the end
    ("a short window", TryLater("Slow down.", after=3), True),
    ("the answer is lost", InDoubt("Timed out."), True),
    ("a right is missing", ChatClosed("The bot may not pin."), False),
    ("refused", Rejected("Can't be pinned."), False),
]


@pytest.mark.parametrize(("fault", "ok"), [row[1:] for row in LAST_FAULTS], ids=[row[0] for row in LAST_FAULTS])
def test_a_pin_that_fails(world: World, fault: SendError, ok: bool) -> None:
    only(world, PINNED)
    world.telegram.faults[8] = (fault, False)
    report = world.publish(ISSUE)["pinned"]
    assert report.ok is ok
    assert (f"pin: {fault}" in report.stopped) is not ok
    assert world.publish(ISSUE)["pinned"].ok, "and the next run tries again"
    assert world.chat(PINNED).finished == {"Hello": {"pin"}}


def test_a_pin_the_author_gives_up_is_forgotten(world: World) -> None:
    only(world, PINNED)
    world.telegram.refusing["finish"] = ChatClosed("The bot may not pin.")
    assert not world.publish(ISSUE)["pinned"].ok
    only(world, replace(PINNED, pin=False))
    assert world.publish(ISSUE)["pinned"].ok
    assert world.ledger.unfinished() == ()
    assert world.planned(ISSUE).idle


def test_nothing_is_crossposted_while_something_is_missing(world: World) -> None:
    only(world, NEWS)
    world.discord.refusing["send gamma"] = Rejected("Too long.")
    assert not world.publish(ISSUE)["news"].ok
    assert world.chat(NEWS).finished == {}
    world.discord.refusing.clear()
    assert world.publish(ISSUE)["news"].ok
    assert world.chat(NEWS).finished == {"Hello": {"crosspost"}}


def test_nothing_is_pinned_while_its_links_are_missing(world: World) -> None:
    only(world, PINNED)
    world.telegram.refusing["edit A"] = Rejected("Can't be edited.")
    report = world.publish(ISSUE)["pinned"]
    assert [row.error for row in report.failed] == ["Can't be edited."]
    assert not any(call.startswith("finish") for call in world.chat(PINNED).calls)
    world.telegram.refusing.clear()
    assert world.publish(ISSUE)["pinned"].finished == 1


def test_what_was_published_before_is_not_pinned_later(world: World) -> None:
    only(world, replace(PINNED, pin=False))
    world.publish(ISSUE)
    only(world, PINNED)
    assert world.planned(ISSUE).idle


# Pictures sent before

PICTURES = an_issue("Hello", a="![](x.png)\n\nwords\n\n![](y.png)", b="beta")


def test_a_picture_is_uploaded_once_for_all_chats_of_a_platform(world: World) -> None:
    world.pictures = {"x.png": b"x", "y.png": b"y"}
    only(world, CHANNEL)
    world.publish(PICTURES)
    assert world.telegram.uploads == 2
    only(world, CHANNEL, replace(CHANNEL, name="second", chat="@second"), SERVER)
    assert all(report.ok for report in world.publish(PICTURES).values())
    assert (world.telegram.uploads, world.discord.uploads) == (2, 2)


def test_chats_served_at_the_same_time_share_their_uploads(world: World) -> None:
    world.pictures = {"x.png": b"x", "y.png": b"y"}
    chats = [replace(CHANNEL, name=name, chat=f"@{name}") for name in "abcd"]
    only(world, *chats, SERVER, replace(SERVER, name="second", chat="78"))
    assert all(report.ok for report in world.publish(PICTURES).values())
    assert (world.telegram.uploads, world.discord.uploads) == (2, 4)
    assert all(world.chat(one).texts == world.server.texts for one in chats)


def test_an_upload_that_fails_is_made_by_the_next_in_turn(world: World) -> None:
    world.pictures = {"x.png": b"x", "y.png": b"y"}
    chats = [replace(CHANNEL, name=name, chat=f"@{name}") for name in "ab"]
    only(world, *chats)
    world.telegram.faults[5] = (ChatClosed("No rights."), False)
    reports = world.publish(PICTURES)
    assert sorted(report.ok for report in reports.values()) == [False, True]
    assert world.telegram.uploads == 2


def test_a_picture_the_platform_has_forgotten_is_uploaded_again(world: World) -> None:
    world.pictures = {"x.png": b"x", "y.png": b"y"}
    only(world, CHANNEL)
    world.publish(PICTURES)
    world.telegram.kept.clear()
    second = replace(CHANNEL, name="second", chat="@second")
    only(world, CHANNEL, second)
    assert world.publish(PICTURES)["second"].ok
    assert world.telegram.uploads == 4
    assert world.chat(second).texts == world.channel.texts
    only(world, CHANNEL, second, replace(CHANNEL, name="third", chat="@third"))
    assert world.publish(PICTURES)["third"].ok
    assert world.telegram.uploads == 4


def test_a_picture_that_was_redrawn_after_the_plan_is_not_sent(world: World) -> None:
    world.pictures = {"x.png": b"x", "y.png": b"y"}
    only(world, CHANNEL)
    world.telegram.faults[2] = (ChatClosed("No rights."), False)
    world.publish(PICTURES)
    world.pictures["y.png"] = b"another"

    def resumed(name: str) -> list[str]:
        report = world.with_publisher(lambda publisher, ledger: publisher.deliver("one", name))
        return [row.error for row in report.failed]

    assert resumed("channel") == ["A picture is another one than when this was planned (y.png). Publish again."]
    assert world.channel.texts[-1] == "words"
    assert world.publish(PICTURES)["channel"].ok
    assert world.telegram.kept["file 1"] == b"another"


# Groups


def test_a_group_that_becomes_a_supergroup_in_the_middle(world: World) -> None:
    only(world, GROUP)
    world.telegram.faults[3] = (TryLater("Wait."), False)
    world.telegram.refusing["send beta"] = ChatClosed("No rights.")
    world.publish(ISSUE)
    assert world.chat(GROUP).texts == ["Hello", "A\nB\nC", "alpha one", "alpha two"]
    world.telegram.refusing.clear()
    world.telegram.moved[GROUP.chat] = "-1009876543210"
    report = world.publish(ISSUE)["group"]
    assert world.chat(GROUP).texts == TEXTS
    assert [one.chat for one in world.chat(GROUP).shown.values()][-2:] == ["-1009876543210"] * 2
    assert any('set destinations.group.chat to "-1009876543210"' in words for words in report.advice)
    calls = len(world.chat(GROUP).calls)
    assert world.publish(ISSUE)["group"].ok
    assert world.chat(GROUP).calls[calls:] == []


def test_what_was_said_in_the_old_group_is_left_there(world: World) -> None:
    """Its ids mean other messages in the supergroup: an edit there would spoil one of those."""
    only(world, GROUP)
    world.publish(SHORT)
    world.telegram.moved[GROUP.chat] = "-1009876543210"
    corrected = an_issue("Hello", a="alpha", b="better", c="gamma")
    report = world.publish(corrected)["group"]
    assert world.chat(GROUP).texts == ["Hello", "A\nB", "alpha", "beta", "gamma"]
    assert [words.split(" stays")[0] for words in report.advice][:-1] == ["b part 1", "lead part 2"]
    assert report.ok
    assert world.planned(corrected).idle
    only(world, replace(GROUP, kind=Kind.SUPERGROUP, chat="-1009876543210"))
    assert world.publish(corrected)["group"].advice == ()
    assert world.publish(an_issue("Hello", a="alpha", b="best", c="gamma"))["group"].ok


# What can't be taken back


def test_a_message_too_old_to_delete_is_named_and_struck_through(world: World) -> None:
    only(world, CHANNEL)
    before = an_issue("Hello", a="alpha", b="beta", c="gamma", d="delta")
    after = an_issue("Hello", a="alpha", c="gamma", d="delta")
    world.publish(before)
    world.telegram.refusing["delete"] = Rejected("message can't be deleted", remedy="Delete it by hand.")
    report = world.publish(after)["channel"]
    assert report.ok
    assert report.advice == (
        "b part 1 (https://chat/channel/103) can't be taken back and is struck through instead: "
        "message can't be deleted Delete it by hand.",
    )
    assert world.channel.texts[3] == "~beta~"
    assert world.planned(after).idle
    assert world.ledger.unfinished() == ()
    assert world.publish(before)["channel"].ok
    assert (world.channel.texts[3], world.channel.texts[-1]) == ("~beta~", "beta"), "it comes back as a new message"
