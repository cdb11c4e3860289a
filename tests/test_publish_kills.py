"""Killed at every point in turn, and run again: nothing is lost or doubled, and what can't be known is named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.model import LEAD, Destination, Issue, State
from tests import tally
from tests.fakechat import Killed, Process
from tests.fakeworld import CHANNEL, FORUM, ISSUE, NEWS, PINNED, SERVER, Plain, World, an_issue, world_at
from tests.postgres import DATABASES, ledger_in


@pytest.fixture(scope="module", params=DATABASES)
def lasting_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One that is forgotten between lives instead of built anew: there are many."""
    folder = tmp_path_factory.mktemp("world")
    with ledger_in(request, request.param, folder) as where, world_at(where) as made:
        yield made


def points() -> list[str]:
    """Every point one publication passes, in order, and a correction after it."""
    return [
        *("plan.before", "plan.during", "plan.after"),
        *("intent.before", "intent.during", "intent.after", "send.before", "send.after", "reply.after"),
        *("confirm.before", "confirm.during", "confirm.after"),
    ]


def test_every_named_point_is_passed(lasting_world: World) -> None:
    process = Process()
    lasting_world.publish(ISSUE, process=process)
    assert set(points()) == set(process.passed)
    assert process.passed[:3] == points()[:3]


@dataclass(frozen=True, slots=True)
class Life:
    """A publication to be killed."""

    destination: Destination
    before: Issue | None
    """What was published there before, in peace."""
    issue: Issue
    done: frozenset[str] = frozenset()
    """What must have been done to the first message, and to no other, in the end."""
    doubted: frozenset[str] = frozenset()
    """Points whose death leaves a send nobody can vouch for."""


def killed_everywhere(here: World, life: Life) -> set[str]:
    """Kill the publication at each of its points in turn; returns the points that left a send in doubt."""
    here.destinations = (life.destination,)
    texts = [message.text for message in Plain().render(life.issue, life.destination, frozenset())]
    doubted: set[str] = set()
    for dies_at in itertools.count(1):
        here.forget()
        process = Process(dies_at)
        if life.before is not None:
            here.publish(life.before)
        with suppress(Killed):
            here.publish(life.issue, process=process)
        if not process.dead:
            return doubted
        (report,) = here.publish(life.issue).values()
        named = len(report.in_doubt)
        if not report.ok:
            assert [row.state for row in report.in_doubt] == [State.IN_DOUBT]
            assert "in doubt" in report.stopped
            doubted.add(process.passed[-1])
            here.settle_by_looking()
            (report,) = here.publish(life.issue).values()
        chat = here.chat(life.destination)
        tally.seen("killed at a point", texts, chat.texts, named)
        assert report.ok
        assert chat.texts == texts
        assert chat.finished == ({texts[0]: life.done} if life.done else {})
        assert here.ledger.unfinished() == ()
        assert len(chat.shown) == len(texts)
        assert here.links(chat).keys() == {section.id for section in life.issue.sections} - {LEAD}
    raise AssertionError("unreachable")


PIN, CROSSPOST = frozenset({"pin"}), frozenset({"crosspost"})
ONE = an_issue("", a="alpha")
WITH_HEAD, OTHER = an_issue("Hello", a="alpha"), an_issue("Hallo", a="alfa")
UNKNOWN = frozenset({"intent.after", "send.before", "send.after", "reply.after", "confirm.before", "confirm.during"})
"""After the intent and before the confirmation is committed, a dead process leaves a send nobody can vouch for."""

LONG = pytest.mark.soak
KILLS = [
    pytest.param(Life(CHANNEL, None, ONE, doubted=UNKNOWN), id="where nobody can tell"),
    pytest.param(Life(SERVER, None, ONE), id="where the platform can tell"),
    pytest.param(Life(CHANNEL, an_issue("", a="alfa"), ONE), id="in a correction"),
    pytest.param(Life(NEWS, None, ONE, CROSSPOST), id="with a head, its thread and a crosspost"),
    pytest.param(Life(PINNED, None, ONE, PIN, UNKNOWN), id="with a pin at the end", marks=LONG),
    pytest.param(Life(FORUM, None, WITH_HEAD, PIN), id="with a forum post and a pin", marks=LONG),
    pytest.param(Life(NEWS, OTHER, WITH_HEAD, CROSSPOST), id="in a crossposted issue", marks=LONG),
]


ON_SERVER = [
    pytest.param("postgresql", *one.values, id=f"{one.id} on a server", marks=() if one is KILLS[0] else LONG)
    for one in KILLS
]
"""The ledger's own transactions are the same for all of them, so one runs always."""
IN_FILE = [pytest.param("sqlite", *one.values, id=one.id, marks=one.marks) for one in KILLS]


@pytest.mark.survival
@pytest.mark.parametrize(("lasting_world", "life"), IN_FILE + ON_SERVER, indirect=["lasting_world"])
def test_killed_anywhere_nothing_is_lost_or_doubled(lasting_world: World, life: Life) -> None:
    assert killed_everywhere(lasting_world, life) == life.doubted


@pytest.mark.parametrize("lasting_world", ["sqlite", pytest.param("postgresql", marks=LONG)], indirect=True)
@settings(max_examples=8, deadline=None)
@given(st.data())
def test_publish_after_publish_is_publish_whatever_dies_in_between(lasting_world: World, data: st.DataObject) -> None:
    """A line of versions of an issue, each published with a few deaths: readers end with the last one, once."""
    world = lasting_world
    world.forget()
    world.destinations = (CHANNEL, SERVER)
    version = st.fixed_dictionaries({name: st.sampled_from([f"{name} 1", f"{name} 2"]) for name in "abc"})
    for drawn in data.draw(st.lists(version, min_size=1, max_size=3)):
        sections = dict(sorted(drawn.items()))
        issue = an_issue("Hello", **sections)
        for dies_at in data.draw(st.lists(st.integers(1, 90), max_size=3)):
            with suppress(Killed):
                world.publish(issue, process=Process(dies_at))
            world.settle_by_looking()
        for _ in range(3):
            reports = world.publish(issue)
            world.settle_by_looking()
        assert all(report.ok for report in reports.values())
        for chat in (world.channel, world.server):
            assert chat.texts == ["Hello", "A\nB\nC", *sections.values()]
            assert len(chat.shown) == 5
