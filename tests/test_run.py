"""`weektech run` as a process: it publishes, corrects, ends cleanly, survives its death, and has a second at hand."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bots.rehearsal.faults import Moment
from tests.theatre import POST, Theatre, theatre

DEADLINE = 120.0
TELEGRAM = ["Weekly one", "Models", "Papers", "Closing"]
"""How the messages begin, in order."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    due = f"{datetime.now(UTC):%Y-%m-%d %H:%M} +00:00"
    with theatre(tmp_path / "column", POST.replace("2026-11-21", due)) as found:
        config = found.folder / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8") + "corrections:\n  quiet: 1s\n", encoding="utf-8")
        yield found


def until(what: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for a condition; a process that ends first, or a deadline, fails the test."""
    deadline = time.monotonic() + DEADLINE
    while not what():
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


@contextmanager
def running(house: Theatre) -> Iterator[subprocess.Popen[bytes]]:
    process = house.start("run")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def beginnings(texts: list[str]) -> list[str]:
    return [text.lstrip("# ").split("\n")[0] for text in texts]


def complete(house: Theatre) -> bool:
    return beginnings(house.telegram_texts()) == beginnings(house.discord_texts()) == TELEGRAM


def linked(house: Theatre) -> bool:
    return "https://discord.com/channels/" in house.discord_texts()[0] and bool(house.channel.messages[0].entities)


def test_it_publishes_corrects_and_ends_when_it_is_told_to(house: Theatre) -> None:
    with running(house) as process:
        until(lambda: complete(house) and linked(house), process)
        house.post.write_text(house.post.read_text(encoding="utf-8").replace("first", "corrected"), encoding="utf-8")
        until(lambda: "corrected" in house.telegram_texts()[1] and "corrected" in house.discord_texts()[1], process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    assert complete(house)
    with house.ledger() as ledger:
        assert ledger.unfinished() == ()


@pytest.mark.survival
@pytest.mark.parametrize("phase", ["received", "taken", "answered"])
def test_killed_in_the_middle_and_begun_again_it_goes_on(house: Theatre, phase: str) -> None:
    with running(house) as victim:

        def watch(moment: Moment) -> None:
            if (moment.method, moment.nth, moment.phase) == ("createMessage", 2, phase):
                victim.kill()
                victim.wait()

        house.discord_faults.observer = watch
        assert victim.wait(DEADLINE) == -signal.SIGKILL
        house.discord_faults.observer = None
    with running(house) as process:
        until(lambda: beginnings(house.discord_texts()) == TELEGRAM, process)
        until(lambda: linked(house), process)
    assert beginnings(house.discord_texts()) == TELEGRAM


def test_a_second_one_stands_by_and_takes_over(house: Theatre) -> None:
    with running(house) as first:
        until(lambda: complete(house) and linked(house), first)
        with running(house) as second:
            time_to_stand = house.telegram_faults.calls.count("getUpdates")
            until(lambda: house.telegram_faults.calls.count("getUpdates") > time_to_stand, first)
            first.kill()
            first.wait()
            text = house.post.read_text(encoding="utf-8")
            house.post.write_text(text.replace("first", "corrected"), encoding="utf-8")
            until(lambda: "corrected" in house.telegram_texts()[1], second)
    assert complete(house)


def test_without_a_token_or_a_destination_it_says_so_at_once(house: Theatre) -> None:
    untold = house.run("run", more={"DISCORD_BOT_TOKEN": ""})
    assert (untold.returncode, "DISCORD_BOT_TOKEN is not set" in untold.stderr) == (1, True)
    config = house.folder / "config.yaml"
    config.write_text("column:\n  title: Column\n", encoding="utf-8")
    nowhere = house.run("run")
    assert (nowhere.returncode, "no destination is configured" in nowhere.stderr) == (1, True)


def test_it_ends_when_told_to_although_a_script_began_it_in_the_background(house: Theatre) -> None:
    """A shell lets its background jobs ignore Ctrl-C."""
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *house.command("run")]
    with subprocess.Popen(command, cwd=house.folder, env=house.environment({}), stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: "getUpdates" in house.telegram_faults.calls, process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()
