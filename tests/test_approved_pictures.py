"""What was approved goes out with the pictures it was approved with, whatever lies beside the post by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bots.config import ReleaseRules
from bots.errors import ChatClosed, Rejected
from bots.releases import Slot
from tests.roundworld import CHANNEL, DUE, HOUR, POST, SERVER, Stage, stage_in
from tests.stages import picture

RULES = ReleaseRules(
    slot=Slot.parse("09:00"), tell="discord", quiet=timedelta(minutes=10), approval=3 * HOUR, corrections="ask"
)
APPROVED, LATER, THIRD = picture(10), picture(200), picture(90)


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


@pytest.mark.parametrize("closed", ["from the start", "in the middle"])
def test_they_are_kept_as_long_as_a_chat_still_waits_for_them(tmp_path: Path, closed: str) -> None:
    with stage_in(tmp_path, replace(RULES, corrections="auto"), destinations=(CHANNEL, SERVER)) as here:
        here.write(POST.replace("alpha", "![](x.png)"))
        path = tmp_path / "posts" / "x.png"
        path.write_bytes(APPROVED)

        async def life() -> None:
            await approved(here)
            away = ChatClosed("The bot may not write there.")
            if closed == "from the start":
                here.telegram.closed = away
            here.telegram.refusing["send # A"] = away
            await here.round_at(DUE)
            here.telegram.closed = away
            for minutes in (1, 20, 40):
                await here.round_at(DUE + timedelta(minutes=minutes))
            here.telegram.closed = None
            here.telegram.refusing.clear()
            path.write_bytes(LATER)
            for hours in (7, 20):
                await here.round_at(DUE + hours * HOUR)
            assert shown(here)[0] == APPROVED

        here.live(life())


def test_a_refused_picture_that_is_exchanged_is_asked_about(stage: Stage, tmp_path: Path) -> None:
    async def life() -> None:
        await approved(stage)
        stage.telegram.refusing["send ![]"] = Rejected("Not this one.")
        await stage.round_at(DUE)
        stage.telegram.refusing.clear()
        (tmp_path / "posts" / "x.png").write_bytes(LATER)
        for minutes in (20, 40):
            await stage.round_at(DUE + timedelta(minutes=minutes))
        assert shown(stage) == []
        stage.answer("apply")
        await stage.rounds.make()
        assert shown(stage) == [LATER]

    stage.live(life())


def test_a_yes_to_one_picture_is_none_to_the_next_of_that_name(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "posts" / "x.png"

    async def life() -> None:
        await approved(stage)
        await stage.round_at(DUE)
        for hours, content in ((1, LATER), (3, THIRD)):
            path.write_bytes(content)
            for minutes in (0, 20):
                await stage.round_at(DUE + hours * HOUR + timedelta(minutes=minutes))
            assert content not in shown(stage)
            stage.answer("apply")
            await stage.rounds.make()
            assert shown(stage)[-1] == content

    stage.live(life())


def test_an_issue_is_shown_though_its_pictures_can_not_be_kept(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / ".weektech").mkdir(exist_ok=True)
    (tmp_path / ".weektech" / "approved").write_text("in the way")

    async def life() -> None:
        await approved(stage)
        await stage.round_at(DUE)
        assert shown(stage) == [APPROVED]

    stage.live(life())
