"""What the bots say in their own words arrives as it is; only a command to be copied is code."""

from __future__ import annotations

import pytest

from bots import speech
from bots.model import Destination, Kind
from bots.platforms.telegram.render import TelegramRenderer

AUTHOR = Destination("author", "telegram", Kind.PRIVATE, "77")
JOINER = "\u2060"

SAID = [
    # the words, what is code in them, what of them is made inert
    ("Too late: `weektech publish posts/one.md` sends it.", ["weektech publish posts/one.md"], False),
    ("`weektech adopt` takes `weektech retry ONE.md` back.", ["weektech adopt", "weektech retry ONE.md"], False),
    ("A reader wrote `rm -rf one.md` and *that*.", [], True),
    ("one.md is refused", [], True),
]


@pytest.mark.parametrize(("words", "code", "inert"), SAID, ids=[row[0] for row in SAID])
def test_a_command_is_copied_as_it_is(words: str, code: list[str], inert: bool) -> None:
    (message,) = speech.messages(TelegramRenderer(), AUTHOR, words)
    text = message.body["text"]
    marks = [mark for mark in message.body.get("entities", ()) if mark["type"] == "code"]
    assert [text[mark["offset"] : mark["offset"] + mark["length"]] for mark in marks] == code
    assert (JOINER in text) is inert
    assert text.replace(JOINER, "") == (words.replace("`", "") if code else words)
