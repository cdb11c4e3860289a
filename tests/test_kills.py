"""Killed at every named moment and run again: nothing twice, everything in order, what is missing named."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bots.ledger import Delivery
from bots.model import State
from bots.rehearsal.faults import Moment
from tests import tally
from tests.postgres import ledger_in
from tests.theatre import Theatre, theatre

pytestmark = pytest.mark.survival

POINTS = [
    "plan.before", "plan.during", "plan.after",
    "intent.before", "intent.during", "intent.after",
    "send.before", "send.after", "reply.after",
    "confirm.before", "confirm.during", "confirm.after",
]  # fmt: skip
TELEGRAM = ["Weekly one", "Models", "Papers", "Closing"]
"""How the messages begin, in order."""


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Theatre]:
    with ledger_in(request, request.param, tmp_path) as where:
        # In a file: where it usually is.
        database = where if request.param == "postgresql" else ""
        with theatre(tmp_path / "column", database=database) as found:
            yield found


def on_each(cases: list[tuple[str, ...]], always: set[tuple[str, ...]]) -> list[Any]:
    """Every case in a file, and on a server those that stand for the others; the rest in the long runs.

    Planning happens once, and by its third message a process has died in every way: that is for the long runs as well.
    """
    long = pytest.mark.soak
    return [
        *(
            pytest.param(
                "sqlite", *case, id="-".join(case), marks=long if case[-1] == "3" and case not in always else ()
            )
            for case in cases
        ),
        *(
            pytest.param("postgresql", *case, id=f"{'-'.join(case)} on a server", marks=() if case in always else long)
            for case in cases
        ),
    ]


def beginnings(texts: list[str]) -> list[str]:
    return [text.lstrip("# ").split("\n")[0] for text in texts]


def open_rows(house: Theatre) -> tuple[Delivery, ...]:
    with house.ledger() as ledger:
        return ledger.unfinished()


def settle_by_eye(house: Theatre, row: Delivery) -> None:
    """What the author does: look into the channel, and say what is there."""
    assert row.destination == "channel", "Discord has evidence, so nothing stays in doubt there"
    found = [message for message in house.channel.messages if message.text == row.payload.text]
    words = ["--there", f"https://t.me/column/{found[0].id}"] if found else ["--again"]
    settled = house.run("settle", str(row.id), *words)
    assert settled.returncode == 0, settled.stderr


def is_ordered_part(found: list[str], whole: list[str]) -> bool:
    """Each at most once and in order."""
    rest = iter(whole)
    return all(any(one == other for other in rest) for one in found)


@pytest.mark.parametrize(
    ("house", "point", "nth"),
    on_each(
        [(point, nth) for point in POINTS for nth in ("1", "3")],
        {("intent.during", "1"), ("send.after", "3"), ("confirm.during", "1")},
    ),
    indirect=["house"],
)
def test_killed_and_run_again(house: Theatre, point: str, nth: str) -> None:
    died = house.run("publish", "posts/one.md", die=(point, 1 if point.startswith("plan") else int(nth)))
    assert died.returncode == -signal.SIGKILL, died.stderr
    check_recovery(house)


@pytest.mark.parametrize(
    ("house", "platform", "phase"),
    on_each(
        [(platform, phase) for platform in ("telegram", "discord") for phase in ("received", "taken", "answered")],
        {("telegram", "taken")},
    ),
    indirect=["house"],
)
def test_killed_while_the_server_has_the_call(house: Theatre, platform: str, phase: str) -> None:
    faults = house.telegram_faults if platform == "telegram" else house.discord_faults
    method = "sendMessage" if platform == "telegram" else "createMessage"
    victim = house.start("publish", "posts/one.md")

    def watch(moment: Moment) -> None:
        if (moment.method, moment.nth, moment.phase) == (method, 2, phase):
            victim.kill()
            victim.wait()

    faults.observer = watch
    assert victim.wait(60) == -signal.SIGKILL
    faults.observer = None
    check_recovery(house)


def check_recovery(house: Theatre) -> None:
    again = house.run("publish", "posts/one.md")
    telegram, discord = beginnings(house.telegram_texts()), beginnings(house.discord_texts())
    tally.seen("killed process, Discord", TELEGRAM, discord)
    assert discord == TELEGRAM, again.stderr
    assert is_ordered_part(telegram, TELEGRAM)
    rows = open_rows(house)
    doubted = [row for row in rows if row.state is State.IN_DOUBT]
    if not rows:
        tally.seen("killed process, Telegram", TELEGRAM, telegram)
        assert (again.returncode, telegram) == (0, TELEGRAM), again.stderr
        return
    assert again.returncode == 3
    assert len(doubted) == 1
    assert f"settle {doubted[0].id}" in again.stderr
    settle_by_eye(house, doubted[0])
    last = house.run("publish", "posts/one.md")
    tally.seen("killed process, Telegram", TELEGRAM, beginnings(house.telegram_texts()), len(doubted))
    assert last.returncode == 0, last.stderr
    assert beginnings(house.telegram_texts()) == TELEGRAM
    assert beginnings(house.discord_texts()) == TELEGRAM
    assert open_rows(house) == ()
