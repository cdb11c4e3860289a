"""What was approved goes out with the pictures it was approved with, whatever lies beside the post by then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bots.config import ReleaseRules
from bots.releases import Slot
from tests.roundworld import CHANNEL, DUE, HOUR, POST, Stage, stage_in
from tests.stages import picture

RULES = ReleaseRules(
    slot=Slot.parse("09:00"), tell="discord", quiet=timedelta(minutes=10), approval=3 * HOUR, corrections="ask"
)
APPROVED, LATER = picture(10), picture(200)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with stage_in(tmp_path, RULES, destinations=(CHANNEL,)) as made:
        made.write(POST.replace("alpha", "![](x.png)"))
        (tmp_path / "posts" / "x.png").write_bytes(APPROVED)
        yield made


async def approved(here: Stage) -> None:
    for hours in (3, 2):  # it is shown once its picture rests as well
        await here.round_at(DUE - hours * HOUR)
    here.answer("approve")
    await here.rounds.make()


def shown(here: Stage) -> list[bytes]:
    """The pictures that went to the channel, in their order."""
    return list(here.telegram.kept.values())


EXCHANGED = [
    # what lies there at the time of release
    ("another picture", LATER),
    ("none", None),
    ("the same", APPROVED),
]


@pytest.mark.parametrize("now", [row[1] for row in EXCHANGED], ids=[row[0] for row in EXCHANGED])
def test_the_approved_picture_goes_out(stage: Stage, tmp_path: Path, now: bytes | None) -> None:
    path = tmp_path / "posts" / "x.png"

    async def life() -> None:
        await approved(stage)
        path.unlink()
        if now is not None:
            path.write_bytes(now)
        await stage.round_at(DUE)
        assert "![](x.png)" in stage.channel.texts
        assert shown(stage) == [APPROVED]

    stage.live(life())


def test_the_other_picture_is_a_correction(stage: Stage, tmp_path: Path) -> None:
    async def life() -> None:
        await approved(stage)
        (tmp_path / "posts" / "x.png").write_bytes(LATER)
        for minutes in (0, 20, 40):
            await stage.round_at(DUE + timedelta(minutes=minutes))
        assert shown(stage) == [APPROVED], "the author is asked first"
        stage.answer("apply")
        await stage.rounds.make()
        assert shown(stage) == [APPROVED, LATER]

    stage.live(life())


def test_what_nobody_needs_any_more_is_not_kept(stage: Stage, tmp_path: Path) -> None:
    kept = tmp_path / ".weektech" / "approved"

    async def life() -> None:
        await approved(stage)
        assert [path.read_bytes() for path in kept.rglob("*") if path.is_file()] == [APPROVED]
        for minutes in (0, 20, 40):
            await stage.round_at(DUE + timedelta(minutes=minutes))
        assert [*kept.rglob("*")] == []

    stage.live(life())
