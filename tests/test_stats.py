"""What an issue brought: counted, drawn, and told to the author once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots import records, show_answers
from bots.config import ReleaseRules
from bots.events import Person, Reacted, Tallied
from bots.ledger.rows import IssueRow
from bots.stats import asks
from bots.worked import due, note
from tests.answer_world import (
    ADA,
    AUTHOR,
    BO,
    CY,
    DI,
    GROUP,
    NUMBER,
    SERVER,
    World,
    discord,
    forwarded,
    telegram,
    world_in,
)  # fmt: skip
from tests.roundworld import DUE, stage_in
from tests.virtual import DAWN

GOLDEN = Path(__file__).parent / "golden"
ME = Person(AUTHOR, "Me")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


def answered(world: World) -> None:
    world.publish("two", plus=1000)
    for event in (
        forwarded("101", "9001"),
        discord("1", "an earlier word", BO, reply_to="801"),
        discord("2", "again", BO, reply_to="1802"),
        telegram("3", "怎么做？", ADA, chat=GROUP.chat, reply_to="1011"),
        telegram("4", "like this", ME, chat=GROUP.chat, reply_to="3"),
        discord("5", "and on Windows?", CY, reply_to="1801", url="https://discord.com/channels/1/88/5"),
        discord("6", "see https://example.org/?q=1", CY, reply_to="1801"),
        discord("7", "why ever not? " * 20, DI, chat="1900", thread="1900"),
        Tallied("telegram", NUMBER, "1101", {"👍": 9}),
        Tallied("discord", SERVER.chat, "1801", {"👍": 2, "party": 1}),
        Reacted("telegram", ADA, GROUP.chat, "1012", ("🔥",)),
    ):
        world.filing.take(event)


def test_an_issue_is_counted_by_section_and_platform(world: World) -> None:
    answered(world)
    found = records.stats(world.readers.stats("two"))
    assert found["reactions"] == {"discord": 3, "telegram": 10}
    assert found["replies"] == {"discord": 4, "telegram": 1}
    assert (found["voices"], found["new_voices"]) == (4, 3)
    numbers = {name: one.id for name, one in world.comments("two").items()}
    assert found["questions"] == [numbers["5"], numbers["7"]]
    assert [(one["section"], one["reactions"], one["replies"]) for one in found["sections"]] == [
        ("lead", {}, {}),
        ("a", {"discord": 3, "telegram": 9}, {"discord": 2, "telegram": 1}),
        ("b", {"telegram": 1}, {"discord": 1}),
        (None, {}, {"discord": 1}),
    ]


def test_the_chart_is_as_it_was(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    answered(world)
    show_answers.stats(world.readers.stats("two"), ZoneInfo("Asia/Shanghai"))
    show_answers.comments(world.readers.discussion("two"), ZoneInfo("Asia/Shanghai"))
    print("\n" + note(world.readers.stats("two")))
    assert capsys.readouterr().out == (GOLDEN / "stats.txt").read_text("utf-8")


ASKED = {
    "why?": True, "为什么？": True, "لماذا؟": True, "γιατί\u037e": True, "ինչու՞": True, "ለምን፧": True, "what‽": True,
    "really⁉": True, "❓": True, "no.": False, "a; b": False, "https://x.y/?a=b": False, "": False,
}  # fmt: skip


@pytest.mark.parametrize("text", ASKED)
def test_a_question_is_one_in_any_script(text: str) -> None:
    assert asks(text) is ASKED[text]


def test_an_answer_further_down_settles_the_question_above(world: World) -> None:
    for said in (
        discord("1", "why?", ADA, reply_to="801"),
        discord("2", "I think so, no?", BO, reply_to="1"),
        discord("3", "yes", ME, reply_to="2"),
        discord("4", "and then?", CY, reply_to="801"),
        discord("5", "who knows", BO, reply_to="4"),
        discord("6", "what do you say?", ME, reply_to="801"),
    ):
        world.filing.take(said)
    assert [one.message_id for one in world.readers.stats("one").questions] == ["4"]


def test_an_issue_nobody_answered_is_told_as_well(world: World) -> None:
    assert note(world.readers.stats("one")) == (
        "“One”: 0 reactions, 0 replies.\nBots are not told how often a post was viewed."
    )


def test_a_note_holds_no_readers_words(world: World) -> None:
    world.filing.take(discord("1", "a secret?", ADA, reply_to="801"))
    said = note(world.readers.stats("one"))
    assert "1 question without your answer" in said
    assert "secret" not in said
    assert "Ada" not in said


WHEN = {
    "too early": (timedelta(days=2), True, False),
    "in time": (timedelta(days=3), True, True),
    "of an old archive": (timedelta(days=30), True, False),
    "never out": (timedelta(days=3), False, False),
}


@pytest.mark.parametrize("case", WHEN)
def test_a_note_comes_some_days_after_an_issue(case: str) -> None:
    since, out, expected = WHEN[case]
    row = IssueRow("one", "one", "One", "one.md", first_published_at=DAWN if out else None)
    assert (list(due([row], timedelta(days=3), DAWN + since)) == [row]) is expected


def test_rounds_tell_the_author_once_and_let_go_of_what_is_old(tmp_path: Path) -> None:
    with stage_in(tmp_path, ReleaseRules(tell="telegram")) as stage:

        async def life() -> None:
            await stage.round_at(DUE)
            await stage.round_at(DUE + timedelta(days=2))
            assert not any("reaction" in text for text in stage.told)
            for hours in (72, 73, 100):
                await stage.round_at(DUE + timedelta(hours=hours + 1))

        stage.live(life())
        assert sum("0 reactions, 0 replies" in text for text in stage.told) == 1
        assert stage.ledger.letters.keys("worked") == {"worked:one"}
