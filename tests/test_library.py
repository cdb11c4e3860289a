"""What can be looked up and searched, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.counter.finding import find, recurring, shelved, snippet
from bots.ledger import IssueRow, IssueText, Ledger, Texts, Volume
from bots.ledger.library import fold, holds
from bots.ledger.tables import issues
from bots.model import LEAD
from bots.shelving import shelve
from tests.roundworld import DUE, stage_in
from tests.test_mailing import RULES

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    made = Ledger.open(where, now=lambda: DAY)
    yield made
    made.close()


def publish(ledger: Ledger, name: str, date: datetime | None = None, **sections: str) -> None:
    """An issue that is out there, with its sections' words; their titles are their ids in capitals."""
    words = {LEAD: f"Opening of {name}", **sections}
    rows = tuple(IssueText(one, one.upper(), text, at) for at, (one, text) in enumerate(words.items()))
    ledger.record(IssueRow(name, name, f"Issue {name}", f"posts/{name}.md"), (), (), Texts(date, rows))
    with ledger._writing() as connection:
        here = issues.update().where(issues.c.id == name)
        connection.execute(here.values(first_published_at=DAY + timedelta(days=100)))


def found(ledger: Ledger, words: str, most: int = 10, skip: int = 0) -> list[str]:
    return [f"{hit.issue}/{hit.section}" for hit in ledger.library.search(words.split(), most, skip).page]


def test_the_newest_comes_first_and_one_without_a_date_is_as_old_as_its_first_message(ledger: Ledger) -> None:
    publish(ledger, "old", DAY)
    publish(ledger, "new", DAY + timedelta(days=200))
    publish(ledger, "undated")
    assert [one.id for one in ledger.library.volumes()] == ["new", "undated", "old"]
    assert [one.dated for one in ledger.library.volumes()] == [True, False, True]
    assert ledger.library.volumes()[1].released == DAY + timedelta(days=100)


SEARCHES = [
    # the words, where they are found
    ("大模型", ["b/tools", "a/tools"]),
    ("模型 开源", ["a/tools"]),
    ("模", ["b/tools", "a/tools"]),
    ("TOOLS", ["b/tools", "a/tools"]),
    ("rust", ["a/rust", "b/tools"]),
    ("RUST", ["a/rust", "b/tools"]),
    ("100%", ["a/news"]),
    ("100_", []),
    ("snake_case", ["a/news"]),
    ("back\\slash", ["a/news"]),
    ("it's", ["a/news"]),
    ("école", ["a/news"]),
    ("ÉCOLE", ["a/news"]),
    ("ECOLE", []),
    ("МОСКВА", ["b/news"]),
    ("nowhere", []),
    ("大模型 nowhere", []),
    ("", []),
    ("\0", []),
]


def test_every_word_is_found_in_any_case_and_script(ledger: Ledger) -> None:
    news = "100% of snake_case, back\\slash, it's École"
    publish(ledger, "a", DAY, news=news, tools="开源的大模型", rust="nothing of that name")
    publish(ledger, "b", DAY + timedelta(days=7), news="Москва", tools="大模型 in Rust")
    for words, wanted in SEARCHES:
        assert found(ledger, words) == wanted, words


def test_pages_are_cut_from_one_order_and_the_total_is_told(ledger: Ledger) -> None:
    for number in range(7):
        publish(ledger, f"i{number}", DAY + timedelta(days=number), news="the same Ünique words")
    for words in ("same", "ünique"):
        all_ = found(ledger, words)
        assert all_ == [f"i{number}/news" for number in range(6, -1, -1)]
        assert [one for skip in range(0, 7, 3) for one in found(ledger, words, 3, skip)] == all_
        assert ledger.library.search([words], 3, 3).total == 7


def test_words_are_replaced_and_what_is_not_out_is_not_found(ledger: Ledger) -> None:
    publish(ledger, "a", DAY, news="first")
    ledger.library.keep("a", Texts(DAY, (IssueText(LEAD, "A", "second", 0),)))
    ledger.library.keep("hidden", Texts(DAY, (IssueText(LEAD, "A", "second", 0),)))
    assert (found(ledger, "first"), found(ledger, "second")) == ([], ["a/lead"])


@pytest.mark.parametrize("gone", [False, True])
def test_issues_of_an_older_weektech_are_filled_in_from_their_files_or_messages(tmp_path: Path, gone: bool) -> None:
    with stage_in(tmp_path, RULES) as here:

        async def life() -> None:
            await here.round_at(DUE)
            with here.ledger._writing() as connection:
                connection.exec_driver_sql("delete from texts")
            if gone:
                (here.folder / "posts" / "one.md").unlink()
            assert await shelve(here.app) == 1
            assert await shelve(here.app) == 0

        here.live(life())
        assert [hit.section for hit in here.ledger.library.search(["ALPHA"], 5).page] == ["a"]
        assert [one.section for one in here.ledger.library.sections("one")] == [LEAD, "a", "b"]


# Without a ledger


@given(st.text(max_size=30))
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert holds(
        text, [text.upper()] if len(fold(text.upper())) == len(text) and fold(text.upper()) == fold(text) else []
    )


SNIPPETS = [
    ("a short text", ["short"], "a short text"),
    ("x" * 100 + " Needle " + "y" * 100, ["needle"], "…" + "x" * 39 + " Needle " + "y" * 73 + "…"),
    ("nothing\nof it", ["z"], "nothing of it"),
]


@pytest.mark.parametrize(("text", "words", "shown"), SNIPPETS)
def test_the_surroundings_of_what_was_found_are_shown(text: str, words: list[str], shown: str) -> None:
    assert snippet(text, words) == shown


NUMBERS = [
    ("第 371 期：标题", "x", 371),
    ("周刊（第371期）", "x", 371),
    ("News #12", "x", 12),
    ("Issue 7: words", "x", 7),
    ("Vol. 8", "x", 8),
    ("Words of 2026", "issue-45", 45),
    ("Words", "weekly_009", 9),
    ("Words", "2026-01-02", 1),
    ("Words", "words", 1),
    ("", "46", 46),
]


@pytest.mark.parametrize(("title", "slug", "number"), NUMBERS)
def test_an_issues_number_is_in_its_title_or_its_slug_or_is_its_place(title: str, slug: str, number: int) -> None:
    volume = Volume("id", slug, title, "posts/x.md", DAY, dated=True)
    assert shelved([volume])[0].number == number


def test_a_day_begins_where_the_column_is() -> None:
    late = datetime(2026, 1, 1, 20, tzinfo=UTC)
    shelf = shelved([Volume("id", "x", "X", "posts/x.md", late, dated=True)])
    assert find(shelf, "2026-01-02", ZoneInfo("Asia/Shanghai"))
    assert not find(shelf, "2026-01-01", ZoneInfo("Asia/Shanghai"))
    assert find(shelf, "2026-01-01", ZoneInfo("UTC"))


def test_sections_that_come_again_are_the_columns() -> None:
    named = [("b", "news", "News!"), ("b", "once", "Once"), ("a", "news", "News"), ("a", "tools", "Tools")]
    assert recurring(named, ["b", "a"]) == {"news": "News!"}
    assert recurring(named, ["b"]) == {"news": "News!", "once": "Once"}
    assert recurring([], []) == {}
