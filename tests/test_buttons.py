"""What buttons and deep links carry: any ids come back, nothing is too long, nothing made up leads anywhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.buttons import (
    ALL,
    LONGEST,
    MOST,
    Data,
    Kind,
    data,
    deep_link,
    label,
    named,
    of_section,
    parsed,
    read_link,
    token,
)
from bots.buttons import rows as laid_out
from bots.desk import parsed as letter
from bots.model import Button

ids = st.one_of(st.text(max_size=80), st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True), st.just(ALL))


@given(ids, st.lists(ids, max_size=5))
def test_any_id_is_found_again_by_its_token(name: str, others: list[str]) -> None:
    assert re.fullmatch(r"-?[a-z0-9][a-z0-9-]{0,26}", token(name))
    assert named(token(name), [*(one for one in others if one != name), name]) == name


@given(ids, ids)
def test_a_deep_link_is_short_plain_and_comes_back(issue: str, section: str) -> None:
    for payload, wanted in (
        (deep_link(issue), (token(issue), None)),
        (deep_link(issue, section), (token(issue), token(section))),
    ):
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
        assert read_link(payload) == wanted


@given(ids, ids)
def test_a_section_button_fits_and_comes_back(issue: str, section: str) -> None:
    made = of_section(issue, section)
    assert len(made.encode()) <= LONGEST
    short = section if section in {"", ALL} else token(section)
    assert parsed(made) == Data(Kind.SECTION, (token(issue), short))


@given(st.integers(0, 99999), st.text(min_size=1, max_size=70))
def test_a_search_button_keeps_its_words_or_is_none(page: int, words: str) -> None:
    made = data(Kind.SEARCH, str(page), words)
    if made is not None:
        assert len(made.encode("utf-8", "surrogatepass")) <= LONGEST
        found = parsed(made)
        assert found is not None
        assert (found.page(0), found.value(1)) == (page, words)
    else:
        assert len(words.encode("utf-8", "surrogatepass")) > LONGEST - 10


@given(st.text(max_size=100))
def test_anything_may_be_pressed(pressed: str) -> None:
    found = parsed(pressed)
    assert found is None or found.page(0) >= 0
    read_link(pressed)


@given(st.text(max_size=60))
def test_a_letters_button_is_never_ours(rest: str) -> None:
    assert parsed(f"q:{rest}") is None
    for kind in Kind:
        assert letter(f"{kind}:{rest}") is None


LABELS = [("a  b\nc", "a b c"), ("", "…"), ("x" * 80, "x" * 59 + "…")]


@pytest.mark.parametrize(("text", "shown"), LABELS)
def test_a_label_is_one_short_line(text: str, shown: str) -> None:
    assert label(text) == shown


@given(st.integers(0, 60), st.booleans())
def test_rows_are_as_many_and_as_wide_as_discord_takes(number: int, more: bool) -> None:
    last = [Button("last", "i:x:")] if more else []
    made = laid_out([Button(str(one), f"i:{one}:") for one in range(number)], last)
    assert len(made) <= 5
    assert all(1 <= len(row) <= 5 for row in made)
    assert sum(map(len, made)) == min(number, MOST - 5 * more) + more
