"""What a running process does about a gap: it catches up beside listening, until it has, and once for each gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bots.config import ReleaseRules
from bots.errors import TryLater
from bots.ledger import Update
from bots.missed import LOOKED_BACK
from bots.platforms.listening import Batch, Known
from tests.roundworld import DUE, SERVER, Stage, stage_in
from tests.runworld import Ears, HearingApp, SteppedClock, lived

LIVE, OLD = Update("live", "x", {}), Update("old", "x", {})
LATER = DUE + timedelta(minutes=10)


class Gapped(Ears):
    """A platform of which something is missed at every start, and that can't be asked at first."""

    def __init__(self, failures: int = 0, gaps: int = 1) -> None:
        super().__init__()
        self.failures, self.gaps = failures, gaps
        self.asked: list[Known] = []

    async def listen(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        for _ in range(self.gaps):
            yield Batch((LIVE,), gap=True)
            await asyncio.sleep(60)
        await asyncio.Event().wait()

    async def catch_up(self, known: Known) -> AsyncGenerator[Batch, None]:
        self.asked.append(known)
        yield Batch((OLD,))
        if len(self.asked) <= self.failures:
            raise TryLater("not now")
        yield Batch((), "7")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[[Ears], Stage]]:
    with ExitStack() as stack:

        def make(ears: Ears) -> Stage:
            here = stack.enter_context(
                stage_in(tmp_path, ReleaseRules(tell="telegram"), clock=SteppedClock(), making=HearingApp)
            )
            assert isinstance(here.app, HearingApp)
            here.app.ears = {"telegram": Ears(), "discord": ears}
            return here

        yield make


LIVES = [
    # how often it fails, how many gaps there are, how often it is asked
    ("at once", 0, 1, 1),
    ("again until it succeeds", 3, 1, 4),
    ("once for each gap", 0, 3, 3),
]


@pytest.mark.parametrize(("failures", "gaps", "asked"), [row[1:] for row in LIVES], ids=[row[0] for row in LIVES])
def test_a_gap_is_closed(stage: Callable[[Ears], Stage], failures: int, gaps: int, asked: int) -> None:
    ears = Gapped(failures, gaps)
    here = stage(ears)
    here.live(lived(here, [DUE, LATER]))
    assert len(ears.asked) == asked
    assert here.ledger.inbox.cursor("discord") == "7"
    assert here.ledger.inbox.take("discord", [LIVE, OLD]) == 0, "both are there already"
    first = ears.asked[0]
    assert (first.cursor, first.chats) == (None, (SERVER.chat,))
    assert first.since < DUE - LOOKED_BACK + timedelta(hours=1)


def test_what_is_out_there_is_looked_at_again(stage: Callable[[Ears], Stage]) -> None:
    ears = Gapped(gaps=30)
    here = stage(ears)
    here.live(lived(here, [DUE, LATER]))
    assert ears.asked[-1].cursor == "7"
    places = [(destination.name, place.ids) for destination, place in ears.asked[-1].ours]
    assert places
    assert {name for name, _ in places} == {"server"}
