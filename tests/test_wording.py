"""What the bots say to readers: in every language all of it, with the same names in braces."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.counter import counter, menu
from bots.wording import LANGUAGES, Tongue, read_catalogue, spoken, tongue

ROOT = Path(__file__).parent.parent / "bots"


def said() -> Iterator[str]:
    """Every word of ours in the code: what is handed to a tongue, and what the tables hold."""
    for path in [*(ROOT / "counter").glob("*.py"), ROOT / "editions.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and speaks(node.func):
                yield from strings(node.args[0])
    yield counter._NOWHERE
    yield from menu._WORDS.values()
    yield from (words for _, words, _, _ in menu._OPTIONS.values())


def speaks(function: ast.expr) -> bool:
    """`visit.say(...)`, `say(...)`, `tongue(language)(...)`."""
    if isinstance(function, ast.Call):
        return isinstance(function.func, ast.Name) and function.func.id == "tongue"
    return getattr(function, "attr", getattr(function, "id", "")) == "say"


def strings(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.IfExp):
        yield from (*strings(node.body), *strings(node.orelse))


def names(words: str) -> list[str]:
    return sorted(field for _, field, _, _ in string.Formatter().parse(words) if field is not None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_everything_that_is_said_and_nothing_else(language: str) -> None:
    words = tongue(language).words
    assert set(words) == set(said())
    assert all(words.values())
    for english, translated in words.items():
        assert names(english) == names(translated)


def test_english_is_said_as_it_is_written() -> None:
    assert all(key == value for key, value in tongue("en").words.items())


SPOKEN = [("zh-hans", "zh"), ("zh_TW", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("fr", "en"), ("", "zh")]


@pytest.mark.parametrize(("client", "language"), SPOKEN)
def test_the_language_is_the_readers_or_the_columns(client: str, language: str) -> None:
    assert spoken(client, "zh") == language


def test_what_is_not_translated_yet_is_said_in_english(tmp_path: Path) -> None:
    path = tmp_path / "weektech.po"
    path.write_text('msgid ""\nmsgstr "Language: zh\\n"\n\nmsgid "a "\n"b"\nmsgstr "甲"\n\nmsgid "c"\nmsgstr ""\n')
    found = Tongue("zh", read_catalogue(path))
    assert (found("a b"), found("c")) == ("甲", "c")


def test_values_may_hold_braces() -> None:
    assert "{0}" in tongue("en")("I bring you {column}. Ask me:", column="{0}")
