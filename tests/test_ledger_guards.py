"""What keeps two writers apart: owners told dead or alive, and changes refused that were made from an older row."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.errors import Busy, LedgerError
from bots.ledger import Change, Delivery, Intent, IssueRow, Ledger, Owner, SectionRow, Task, Trouble
from bots.model import Message, Receipt
from tests.fakeworld import ISSUE, World, world_at

ME = Owner.this_process()
WAIT = [sys.executable, "-c", "input()"]


def owner_of(pid: int) -> Owner:
    """The process as it would name itself."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return replace(ME, pid=pid, started=fields[19])


def test_an_owner_is_read_back_as_it_was_written() -> None:
    odd = Owner("host|name/pid:[1]", 12, "345", "abcd")
    assert Owner.parse(str(odd)) == odd
    assert Owner.parse(str(ME)) == ME


def test_this_process_is_alive_and_knows_when_it_started() -> None:
    assert ME.alive
    assert replace(owner_of(os.getpid()), token=ME.token) == ME
    assert re.fullmatch(r"\d+", ME.started)


def test_writers_of_one_process_are_told_apart_by_a_short_token() -> None:
    made = [Owner.this_process() for _ in range(3)]
    assert len({one.token for one in made}) == 3
    assert all(re.fullmatch("[0-9a-f]{8}", one.token) for one in made)
    assert {replace(one, token=ME.token) for one in made} == {ME}


def is_dead(owner: Owner) -> bool:
    return not owner.alive


def test_the_dead_are_told_from_the_living() -> None:
    with subprocess.Popen(WAIT, stdin=subprocess.PIPE) as child:
        owner = owner_of(child.pid)
        assert owner.alive
        assert not replace(owner, started="1").alive, "the id is another process's by now"
        assert replace(owner, host="elsewhere", started="1").alive, "nobody can tell from here"
        child.kill()
        deadline = time.monotonic() + 30
        while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() < deadline
        assert is_dead(owner), "only its parent has not heard of it yet"
    assert is_dead(owner)


def test_a_process_name_may_hold_spaces_and_brackets(tmp_path: Path) -> None:
    odd = tmp_path / "a) R 1 (b"
    odd.symlink_to("/bin/sleep")
    with subprocess.Popen([odd, "60"]) as child:
        deadline = time.monotonic() + 30
        while "a) R 1 (b" not in Path(f"/proc/{child.pid}/stat").read_text():
            assert time.monotonic() < deadline
        assert owner_of(child.pid).alive
        child.kill()


@pytest.fixture
def world() -> Iterator[World]:
    with world_at("sqlite://") as made:
        made.start()
        made.ledger.record(*planned(made))
        yield made


def planned(world: World) -> tuple[IssueRow, tuple[SectionRow, ...], tuple[Change, ...]]:
    made = world.planned(ISSUE)
    return made.issue, made.sections, made.changes()


def first(ledger: Ledger) -> Delivery:
    return ledger.deliveries("one", "channel")[0]


def begun(ledger: Ledger, row: Delivery) -> None:
    ledger.claim(row, ME)


def tried(ledger: Ledger, row: Delivery) -> None:
    ledger.release(ledger.claim(row, ME), Trouble("", ""))


def refused(ledger: Ledger, row: Delivery) -> None:
    ledger.fail(row, Trouble("", ""))


def meant_otherwise(ledger: Ledger, row: Delivery) -> None:
    """The same state and number of tries, another task."""
    issue = ledger.issue("one")
    assert issue is not None
    ledger.record(issue, (), (changed(row, Task.DELETE),))


MOVES = [begun, tried, refused, meant_otherwise]


def changed(row: Delivery, task: Task = Task.SEND) -> Change:
    message: Message = row.payload
    return Change(row.destination, row.section, row.part, task, message, row.source, row)


@pytest.mark.parametrize("move", MOVES, ids=lambda one: one.__name__)
def test_a_change_made_from_an_older_row_is_refused(world: World, move: Callable[[Ledger, Delivery], None]) -> None:
    ledger = world.ledger
    row = first(ledger)
    move(ledger, row)
    issue, before = ledger.issue("one"), first(ledger)
    assert issue is not None
    with pytest.raises(LedgerError, match=f"{row.key} has changed since it was planned. Run the command again"):
        ledger.record(issue, (), (changed(row),))
    assert first(ledger) == before
    assert ledger.issue("one") == issue, "all of it or nothing"


def settled(ledger: Ledger, row: Delivery) -> None:
    ledger.confirm(row, Receipt(("1",)))


def begun_again(ledger: Ledger, row: Delivery) -> None:
    ledger.claim(ledger.release(row, Trouble("", "")), ME)


@pytest.mark.parametrize("verdict", ["doubt", "release", "fail"])
@pytest.mark.parametrize("meanwhile", [settled, begun_again], ids=lambda one: one.__name__)
def test_a_late_failure_is_no_news_of_what_others_settled(
    world: World, meanwhile: Callable[[Ledger, Delivery], None], verdict: str
) -> None:
    """A process thought dead hears at last that its answer was lost: the message stays as it is known to be."""
    ledger = world.ledger
    row = ledger.claim(first(ledger), ME)
    meanwhile(ledger, row)
    before = first(ledger)
    with pytest.raises(LedgerError, match="another command has settled it"):
        getattr(ledger, verdict)(row, Trouble("lost", "Connection reset."))
    assert first(ledger) == before


def test_who_is_in_the_way_is_named_by_its_machines_name_alone(world: World) -> None:
    holder = replace(ME, host="weekly.example/7f3a/pid:[4026531836]", pid=12)
    world.ledger.acquire("news", holder)
    with pytest.raises(Busy, match=r"at work on news: process 12 on weekly\.example, at most until .* UTC"):
        world.ledger.acquire("news", ME)
    world.ledger.acquire("talk", ME)
    world.ledger.give_back("news", holder)
    world.ledger.acquire("news", ME)
    with pytest.raises(Busy, match="at work on talk"):
        world.ledger.acquire("talk", replace(ME, token="other"))


def test_a_row_that_does_not_exist_is_named(world: World) -> None:
    row = replace(first(world.ledger), id=4711)
    with pytest.raises(LedgerError, match="no delivery 4711"):
        world.ledger.claim(row, ME, Intent())
    with pytest.raises(LedgerError, match="no delivery 4711"):
        world.ledger.give_up(row, "")


def test_what_was_not_begun_can_t_be_confirmed(world: World) -> None:
    with pytest.raises(LedgerError, match="is pending: there is nothing to confirm"):
        world.ledger.confirm(first(world.ledger), Receipt(("1",)))
