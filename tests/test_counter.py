"""What readers ask the bots, and what they are told: command by command, button by button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image

from bots.amending import Amends
from bots.buttons import LONGEST, deep_link, of_section
from bots.counter import Services
from bots.counter.menu import menu
from bots.errors import ChatClosed, ReaderGone, TryLater
from bots.events import Completing, Sought
from bots.model import Format
from bots.wording import LANGUAGES
from tests.counterworld import READER, Readers, post, with_issues
from tests.roundworld import Stage, stage_in
from tests.test_mailing import RULES

T = TypeVar("T")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with stage_in(tmp_path, RULES) as made:
        (made.folder / "posts" / "one.md").unlink()
        yield made


def pixel() -> bytes:
    made = BytesIO()
    Image.new("RGB", (2, 2)).save(made, "PNG")
    return made.getvalue()


def test_nothing_is_out_there_yet(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        for command in ("/latest", "/archive", "/sections", "/issue"):
            assert (await readers.ask(command)).texts == ["Nothing was published yet."]
        assert (await readers.ask("/search x")).texts == ["Nothing was found."]

    stage.live(life())


def test_the_newest_issue_is_shown_by_its_contents_with_a_button_each(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        talk = await readers.ask("/latest")
        assert talk.texts == ["第 3 期 (2026-01-03)\n1. News\n2. 工具"]
        assert list(talk.buttons) == ["News", "工具", "All of it"]
        assert (await readers.press(talk.buttons["工具"])).texts == ["# 工具", "工具 3 大模型"]
        whole = await readers.press(talk.buttons["All of it"])
        assert whole.texts == stage.channel.texts[-len(whole.texts) :]
        assert len(whole.texts) == 7

    with_issues(stage, life(), 2, 1, 3)


ASKED = [
    # what is asked for, the numbers of the issues that are meant
    ("3", [3]),
    ("#3", [3]),
    ("第3期", [3]),
    ("issue-2", [2]),
    ("2026-01-02", [2]),
    ("2026/1/2", [2]),
    ("2026年1月2日", [2]),
    ("2027-05-05", [3]),
    ("2025-05-05", []),
    ("2026-01", [3, 2, 1]),
    ("2026", [3, 2, 1]),
    ("期", [3, 2, 1]),
    ("nothing like it", []),
    ("99999", []),
    ("%", []),
]


def test_an_issue_is_found_by_number_date_or_words(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        for words, numbers in ASKED:
            talk = await readers.ask(f"/issue {words}")
            found = [number for number in (3, 2, 1) if f"第 {number} 期" in "".join(talk.texts)]
            assert found == numbers, words
            if not numbers:
                assert talk.texts == ["There is no such issue. /archive lists them all."]

    with_issues(stage, life(), 1, 2, 3)


def test_the_archive_has_pages(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        first = await readers.ask("/archive")
        assert first.texts[0].startswith("All issues, page 1 of 2:\n\n第 12 期 (2026-01-12)\n")
        assert list(first.buttons)[-1] == "▶"
        second = await readers.press(first.buttons["▶"])
        assert second.texts == ["All issues, page 2 of 2:\n\n第 2 期 (2026-01-02)\n第 1 期 (2026-01-01)"]
        assert list(second.buttons) == ["#2", "#1", "◀"]
        assert (await readers.press(second.buttons["#1"])).texts == ["第 1 期 (2026-01-01)\n1. News\n2. 工具"]
        assert (await readers.press("a:99")).texts == ["There is no such page."]
        assert (await readers.ask("/archive 2")).texts == second.texts

    with_issues(stage, life(), *range(1, 13))


def test_a_search_shows_where_it_stands_page_by_page(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        talk = await readers.ask("/search RUST about")
        assert talk.texts[0].startswith("6 found, page 1 of 2:\n\n1. 第 6 期 (2026-01-06) · News\nNews 6 about Rust")
        assert list(talk.buttons) == ["1", "2", "3", "4", "5", "▶"]
        assert (await readers.press(talk.buttons["2"])).texts == ["# News", "News 5 about Rust"]
        after = await readers.press(talk.buttons["▶"])
        assert after.texts == ["6 found, page 2 of 2:\n\n6. 第 1 期 (2026-01-01) · News\nNews 1 about Rust"]
        assert "工具 3 大模型" in (await readers.ask("/search 大模型 3")).texts[0]
        assert (await readers.ask("/search")).texts == ["Say what to look for: /search words"]

    with_issues(stage, life(), *range(1, 7))


def test_what_is_too_long_for_a_button_has_no_pages(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        talk = await readers.ask(f"/search {'工具 大模型 ' * 4}")
        assert list(talk.buttons) == ["1", "2", "3", "4", "5"]

    with_issues(stage, life(), *range(1, 7))


def test_a_section_of_the_column_is_shown_by_its_newest(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        talk = await readers.ask("/sections")
        assert list(talk.buttons) == ["News", "工具"]
        assert (await readers.press(talk.buttons["News"])).texts == ["# News", "News 2 about Rust"]

    with_issues(stage, life(), 1, 2)


def test_a_deep_link_leads_to_a_section_and_a_wrong_one_to_help(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        assert (await readers.ask(f"/start {deep_link('issue-1', '工具')}")).texts == ["# 工具", "工具 1 大模型"]
        assert (await readers.ask(f"/start {deep_link('issue-1')}")).texts == ["第 1 期 (2026-01-01)\n1. News\n2. 工具"]
        for payload in ("", deep_link("nowhere"), "i_", "x", deep_link("issue-1", "nowhere")):
            assert "/latest — The newest issue" in (await readers.ask(f"/start {payload}")).texts[0]

    with_issues(stage, life(), 1)


def test_an_unknown_command_is_helped_with_in_private_and_passed_over_in_groups(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        assert (await readers.ask("/dance")).texts[0].startswith("I bring you Column. Ask me:")
        assert (await readers.ask("/dance", private=False)).texts == []
        assert (await readers.ask("/help", private=False)).texts[0].startswith("Ask me:")

    stage.live(life())


MADE_UP = ["", "x", "i:", "i:nowhere:", "i:issue-1:nowhere", "k:nowhere", "u:dance", "u:t:nowhere", "f:maybe", "l:xx"]


def test_a_button_that_leads_nowhere_is_refused_politely(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        for data in (*MADE_UP, "s:0:", "c:nowhere", "r:1", "i:" + "x" * 200, "a"):
            talk = await readers.press(data)
            said = talk.texts or [words for _, words in readers.listener.acknowledged]
            assert said == ["This button leads nowhere any more. /latest shows the newest issue."], data

    with_issues(stage, life(), 1)


def test_old_buttons_work_in_a_new_process(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        data = (await readers.ask("/latest")).buttons["News"]
        stage.restart()
        assert (await Readers(stage).press(data)).texts == ["# News", "News 1 about Rust"]

    with_issues(stage, life(), 1)


def test_what_is_held_or_withdrawn_is_not_shown(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        stage.write(post(2), "issue-2.md")
        made = await stage.app.plan(stage.folder / "posts" / "issue-2.md", stage.app.destinations())
        stage.app.freeze(made, "waits for approval")
        assert "第 1 期" in (await readers.ask("/latest")).texts[0]
        assert (await readers.ask("/search Opening 2")).texts == ["Nothing was found."]
        taken = await Amends(stage.app).withdrawal("issue-1", stage.app.destinations())
        await stage.app.publish(taken, stage.app.destinations(), yes=True)
        assert (await readers.ask("/latest")).texts == ["Nothing was published yet."]
        assert (await readers.press(of_section("issue-1", "news"))).texts[0].startswith("This button")

    with_issues(stage, life(), 1)


def test_what_was_published_is_what_is_answered(stage: Stage) -> None:
    """Not what the file says by now."""
    readers = Readers(stage)

    async def life() -> None:
        stage.write(post(1, more=" unpublished"), "issue-1.md")
        assert (await readers.press(of_section("issue-1", "工具"))).texts == ["# 工具", "工具 1 大模型"]

    with_issues(stage, life(), 1)


def test_a_section_without_messages_on_the_platform_comes_from_the_file_or_in_plain_words(stage: Stage) -> None:
    stage.destinations = stage.destinations[1:]
    stage.restart()
    readers = Readers(stage)

    async def life() -> None:
        assert (await readers.press(of_section("issue-1", "工具"))).texts == ["# 工具", "工具 1 大模型"]
        (stage.folder / "posts" / "issue-1.md").unlink()
        assert (await readers.press(of_section("issue-1", "工具"))).texts == ["工具\n\n工具 1 大模型"]

    with_issues(stage, life(), 1)


def test_a_picture_is_answered_by_the_id_it_got(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        (stage.folder / "posts" / "a.png").write_bytes(pixel())
        stage.write(
            "---\ntitle: Pictures\ndate: 2026-01-05\n---\nHello\n\n# A\n\n![](a.png)\n\n# B\n\nb\n", "pictures.md"
        )
        made = await stage.app.plan(stage.folder / "posts" / "pictures.md", stage.app.destinations())
        await stage.app.publish(made, stage.app.destinations())
        for _ in range(2):
            talk = await readers.press(of_section("pictures", "a"))
            assert [dict(one.files) for one in talk.enclosed] == [{}, {"a.png": "file 0"}]
            (stage.folder / "posts" / "a.png").unlink(missing_ok=True)
        again = await Readers(stage).press(of_section("pictures", "a"))
        assert again.texts == ["# A", "![](a.png)"]
        assert all(not one.files for one in again.enclosed)

    stage.live(life())


@dataclass(frozen=True)
class Said:
    """A reader's comment."""

    text: str
    name: str = "Ada"
    section: str | None = None
    said_at: datetime = datetime(2026, 1, 5, tzinfo=UTC)


def test_comments_are_counted_and_the_newest_are_shown(stage: Stage) -> None:
    all_ = [Said(f"word {number}") for number in range(7)]
    readers = Readers(stage, Services(comments=lambda issue: all_ if issue == "issue-1" else []))

    async def life() -> None:
        talk = await readers.ask("/comments 1")
        assert talk.texts[0].split("\n\n") == ["第 1 期: 7 comments", *(f"Ada: word {at}" for at in (6, 5, 4, 3, 2))]
        assert (await readers.press("c:issue-2")).texts == ["第 2 期: 0 comments"]
        assert (await Readers(stage).ask("/comments")).texts == ["Comments are not collected here."]

    with_issues(stage, life(), 1, 2)


def test_only_roles_of_the_config_are_given(stage: Stage) -> None:
    stage.app.column = replace(stage.app.column, config=replace(stage.config, roles={"": "11"}))
    readers = Readers(stage)

    async def life() -> None:
        for data in ("r:11", "r:11", "r:12"):
            await readers.press(data, private=False, platform="discord")
        readers.listener.faults = [ChatClosed("The role stands above the bot's.")]
        await readers.press("r:11", private=False, platform="discord")
        said = [words for _, words in readers.listener.acknowledged]
        assert said[:2] == ["You will be told of new issues.", "You will not be told any more."]
        assert said[2].startswith("This button leads nowhere")
        assert said[3].startswith("That does not work at present.")
        assert readers.listener.roles == set()
        talk = await readers.ask("/subscribe", private=False, platform="discord")
        assert talk.texts[0].startswith("Press a button of the panel")

    stage.live(life())


def test_issues_are_suggested_and_offered(stage: Stage) -> None:
    stage.app.column = replace(stage.app.column, config=replace(stage.config, site="https://example.org/{slug}/"))
    readers = Readers(stage)

    async def life() -> None:
        await readers.counter.completing(Completing("discord", "issue", "issue", "", "ref"))
        assert readers.listener.choices == [("第 2 期 (2026-01-02)", "issue-2"), ("第 1 期 (2026-01-01)", "issue-1")]
        await readers.counter.sought(Sought("telegram", READER, "1", "ref"))
        (offer,) = readers.listener.offers
        assert offer.message.text == "第 1 期 (2026-01-01)\nhttps://example.org/issue-1/"
        assert (await readers.ask(f"/issue {readers.listener.choices[1][1]}")).texts[0].startswith("第 1 期")

    with_issues(stage, life(), 1, 2)


def test_an_answer_waits_for_the_platform_and_gives_up_on_who_is_gone(stage: Stage) -> None:
    readers = Readers(stage)

    async def life() -> None:
        readers.listener.faults = [TryLater("slow down", after=3.0), TryLater("out of reach")]
        assert (await readers.ask("/latest")).texts == ["Nothing was published yet."]
        readers.listener.faults = [ReaderGone("blocked")]
        assert (await readers.ask("/latest")).texts == []

    stage.live(life())


def test_the_menu_fits_both_platforms_in_all_languages() -> None:
    for entry in menu():
        assert re.fullmatch("[a-z]{1,32}", entry.command)
        for words in (entry.words, entry.option_words) if entry.option else (entry.words,):
            assert set(words) == set(LANGUAGES)
            assert all(1 <= len(each) <= 100 for each in words.values())


def test_every_button_fits(stage: Stage) -> None:
    """Whatever the ids of an issue and its sections are."""
    long = "很长的名字" * 12
    readers = Readers(stage)

    async def life() -> None:
        head = f"---\ntitle: Long\ndate: 2026-01-05\nslug: {long}\n---\nHi\n\n"
        sections = "".join(f"# {number} {long}\n\nwords\n\n" for number in range(30))
        stage.write(head + sections, "long.md")
        made = await stage.app.plan(stage.folder / "posts" / "long.md", stage.app.destinations())
        await stage.app.publish(made, stage.app.destinations())
        talk = await readers.ask("/latest")
        assert len(talk.buttons) == 21
        for data in (*talk.buttons.values(), *(await readers.ask("/subscribe")).buttons.values()):
            assert len(data.encode()) <= LONGEST
        assert (await readers.press(list(talk.buttons.values())[1])).texts[-1] == "words"
        stage.ledger.readers.subscribe("telegram", "5", "5", Format.DIGEST)

    stage.live(life())
