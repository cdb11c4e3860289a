"""Laws of the local Telegram's text: on any input it ends where Telegram's own library does."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bots.rehearsal.telegram.characters import utf16_length
from bots.rehearsal.telegram.drafts import Draft
from bots.rehearsal.telegram.entities import STYLES, canonical, capped, with_found
from bots.rehearsal.telegram.found import found
from bots.rehearsal.telegram.links import BadLinkError, checked
from bots.rehearsal.telegram.replies import BotApiError
from bots.rehearsal.telegram.text import normal, settled, trimmed
from bots.rehearsal.telegram.values import Entity
from tests.tdlib import MARKUP, TDLIB_NAMES, judge, judged_finds, link, outcome, piece, triples

PIECES = [
    "a",
    "b",
    " ",
    "\n",
    "\r",
    "\t",
    "\x00",
    "*",
    "_",
    "😀",
    "中",
    "。",
    "é",
    "👨‍👩‍👧",
    "\u2028",
    "\u030a",
    "\u200e",
    "\u200f",
]
ADDRESSES = ["https://x.com/1", "https://x.com/2", "tg://user?id=5"]


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=24))).translate(MARKUP)
    return Draft(text, tuple(draw(st.lists(entities_in(utf16_length(text)), max_size=7))))


@st.composite
def entities_in(draw: st.DrawFn, length: int) -> Entity:
    start = draw(st.integers(0, length))
    # Now and then one past the end, so that refusals are compared too.
    entity = Entity(draw(st.sampled_from(EXPLICIT)), start, draw(st.integers(0, length - start + 1)))
    return replace(
        entity,
        url=draw(st.sampled_from(ADDRESSES)) if entity.type == "text_link" else "",
        language=draw(st.sampled_from(["", "rust"])) if entity.type == "pre" else "",
        user=5 if entity.type == "text_mention" else 0,
        emoji=77 if entity.type == "custom_emoji" else 0,
        unix_time=1_700_000_000 if entity.type == "date_time" else 0,
    )


EXPLICIT = list(TDLIB_NAMES)[:13]


@settings(max_examples=300, deadline=None)
@given(drafts())
@example(Draft("  \r", (Entity("bold", 0, 3),)))
def test_any_text_and_entities_come_out_as_from_telegram_itself(written: Draft) -> None:
    assert outcome(settled, written) == outcome(judge, written)


URL_PIECES = ["http://", "https://", "tg:", "ton://", "ftp://", "//", "/", ":", "@", "user", "?id=5", "?", "#", "x.com"]
URL_PIECES += [
    "EXAMPLE.Com",
    "localhost",
    "80",
    "0080",
    "[::1]",
    "[",
    "]",
    "%2F",
    "%zz",
    " ",
    "\n",
    "中文",
    "_",
    "-",
    ".",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(URL_PIECES), max_size=8).map("".join))
def test_any_address_is_stored_or_refused_as_by_telegram_itself(url: str) -> None:
    assert outcome(settled, link(url)) == outcome(judge, link(url))


PLAIN_PIECES = ["@", "#", "$", "/", ".", ":", "://", "http", "https", "sftp", "tg", "x", "com", "Com", "md", "README"]
PLAIN_PIECES += ["中文", "。", "，", "（", "(", ")", " ", "\n", "1", "255", "192.168.0.1", "4111111111111111", "-", "_"]
PLAIN_PIECES += ["é", "😀", "\u200b", "\u2060", "USD", "abcd", "mailto:", "x@y.com", "xn--p1ai", "рф", "世界", "?", "ſ"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PLAIN_PIECES), max_size=10).map("".join))
def test_any_plain_text_gives_the_finds_of_telegram_itself(text: str) -> None:
    text = text.strip(" \n")
    wanted = judged_finds(text)
    assume(wanted is not None)
    assert triples(found(text)) == wanted


@settings(max_examples=100, deadline=None)
@given(drafts())
def test_what_was_settled_once_is_settled_for_good(written: Draft) -> None:
    try:
        text, entities = normal(written, may_be_empty=False)
    except BotApiError:
        return
    assert normal(Draft(text, tuple(entities)), may_be_empty=False) == (text, entities)
    assert canonical(capped(entities)) == entities
    assert canonical(with_found(entities, [])) == entities


@settings(max_examples=100, deadline=None)
@given(drafts())
def test_trimming_keeps_every_entity_on_its_text(written: Draft) -> None:
    try:
        text, entities = settled(written)
    except BotApiError:
        return
    body, kept = trimmed(text, entities)
    shown = sorted((e.type, piece(text, e).rstrip(" \n")) for e in entities if piece(text, e).strip(" \n"))
    assert body == body.rstrip(" \n")
    # Sorted: entities that trimming leaves equally long change places.
    assert sorted((e.type, piece(body, e).rstrip(" \n")) for e in kept if piece(body, e).strip(" \n")) == shown


@given(st.text(max_size=40))
def test_a_link_is_stored_or_refused_and_nothing_else(url: str) -> None:
    assume(not any("\ud800" <= c <= "\udfff" for c in url))
    try:
        stored = checked(url)
    except BadLinkError:
        return
    assert checked(stored) == stored


def test_styles_are_known_to_the_judge() -> None:
    assert set(STYLES) < set(TDLIB_NAMES)
