"""What readers said while nobody listened: everything arrives, in order, once, wherever the listening process dies."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bots.rehearsal.telegram import ChatKind, People
from tests.telegram_calls import TOKEN
from tests.telegram_house import AUTHOR, BOT, READER, TALK, house, kept, running, until
from tests.theatre import Theatre, theatre

LINES = 1000


async def test_five_hundred_updates_arrive_in_order(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        for number in range(500):
            here.people.say((AUTHOR.id, TALK)[number % 2], (AUTHOR, READER)[number % 2], f"line {number}")
        async with running(here) as app:
            await until(lambda: here.world.inboxes[BOT].pending == 0)  # confirmed, so it is stored
            here.people.say(TALK, READER, "one more")
            await until(lambda: here.world.inboxes[BOT].pending == 0)
            await until(lambda: app.ledger.inbox.waiting(1) == ())
        found = kept(tmp_path)
    assert [one.text for one in found] == [*(f"line {number}" for number in range(500)), "one more"]
    assert len({one.key for one in found}) == len(found)


async def test_one_that_can_not_be_read_holds_up_none(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.write(timedelta(hours=-48))
        async with running(here):
            await here.question("Send now")
            inbox = here.world.inboxes[BOT]
            inbox.put("message", {"chat": {"id": 1}, "from": {}})
            inbox.put("callback_query", {"message": [], "data": None, "from": {"id": 1}})
            inbox.put("edited_message", {"chat": "\ud800", "from": {"id": 1}, "text": "x"})
            await here.press("Send now")
            await here.published()
        found = kept(tmp_path)
    assert [bool(one.error) for one in found[:4]] == [True, True, True, False]
    assert all(one.done for one in found[:4])


async def test_a_second_listener_is_stood_by(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with house(tmp_path) as here:
        here.write(timedelta(hours=-48))
        async with running(here):
            await here.question("Send now")
            await until(lambda: here.world.inboxes[BOT].awaited)
            here.world.call(TOKEN, "getUpdates", {})
            await until(lambda: "Another program asks for the bot's updates. Stop the other one" in caplog.text)
            await here.press("Send now")  # when the other one is gone
            await here.published()


# Killed in the middle of it


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Theatre]:
    """A column without a post, for one platform, whose author has said a thousand things."""
    with theatre(tmp_path / "column") as found:
        found.post.unlink()
        found.author.kind = ChatKind.PRIVATE
        path = found.folder / "config.yaml"
        path.write_text(path.read_text(encoding="utf-8").partition("  server:")[0], encoding="utf-8")
        say(found, range(LINES))
        yield found


def say(found: Theatre, lines: range) -> None:
    people = People(found.telegram)
    for number in lines:
        people.say(AUTHOR.id, AUTHOR, f"line {number}")


def handled(found: Theatre, lines: int) -> bool:
    rows = kept(found.folder)
    return len(rows) == lines and all(one.done for one in rows)


def finish(found: Theatre, lines: int = LINES) -> None:
    """Run until nothing waits any more, then stop as a service is stopped."""
    environment = found.environment({"DISCORD_BOT_TOKEN": ""})
    process = subprocess.Popen(found.command("run"), cwd=found.folder, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: process.poll() is not None or handled(found, lines))
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(30)


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def kill(found: Theatre, point: str, nth: int) -> None:
    died = found.run("run", die=(point, nth), more={"DISCORD_BOT_TOKEN": ""})
    assert died.returncode == -signal.SIGKILL, died.stderr


def check(found: Theatre, lines: int = LINES) -> None:
    """Everything is there, in order and once."""
    rows = kept(found.folder)
    assert [one.text for one in rows] == [f"line {number}" for number in range(lines)]
    assert len({one.key for one in rows}) == lines
    assert [one.error for one in rows if one.error] == []


KILLS = [("inbox.during", 4), ("inbox.handled", 150)]
MORE = [("inbox.before", 1), ("inbox.before", 6), ("inbox.during", 1), ("inbox.after", 1), ("inbox.after", 5)]
MORE += [("inbox.handled", 1), ("inbox.handled", 999)]


@pytest.mark.parametrize(
    ("point", "nth"), [*KILLS, *(pytest.param(*each, marks=pytest.mark.soak) for each in MORE)], ids=str
)
def test_killed_among_a_thousand(stand: Theatre, point: str, nth: int) -> None:
    kill(stand, point, nth)
    finish(stand)
    check(stand)


@pytest.mark.soak
def test_killed_again_and_again(stand: Theatre) -> None:
    points = [("inbox.after", 1), ("inbox.during", 1), ("inbox.handled", 30), ("inbox.before", 1)] * 4
    for number, (point, nth) in enumerate(points):
        say(stand, range(LINES + 50 * number, LINES + 50 * (number + 1)))
        kill(stand, point, nth)
    lines = LINES + 50 * len(points)
    finish(stand, lines)
    check(stand, lines)
