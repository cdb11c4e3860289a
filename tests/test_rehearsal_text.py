"""The local Telegram's treatment of text, judged row by row and at random by Telegram's own parser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.rehearsal.telegram.drafts import Draft, draft
from bots.rehearsal.telegram.found import found
from bots.rehearsal.telegram.links import checked
from bots.rehearsal.telegram.replies import BotApiError
from bots.rehearsal.telegram.text import formatted, normal, settled
from bots.rehearsal.telegram.values import Entity
from tests.tdlib import Triple, judge, judged_finds, link, outcome, piece, triples

GOLDEN = Path(__file__).parent / "golden"

# --- tables ---------------------------------------------------------------------------------------------------------


def rows(name: str) -> list[str]:
    lines = (GOLDEN / f"rehearsal_telegram_{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


def placed(line: str) -> list[Entity]:
    """Entities out of a golden line: `bold 0-4, text_link 2-6 https://x.com/a`."""
    listed = [part.split() for part in line.partition(":")[2].split(",") if part.strip()]
    return [entity_of(name, place, *value) for name, place, *value in listed]


def entity_of(name: str, place: str, value: str = "") -> Entity:
    start, end = map(int, place.split("-"))
    entity = Entity(name, start, end - start)
    match name:
        case "text_link":
            return replace(entity, url=value)
        case "pre":
            return replace(entity, language=value)
        case "text_mention":
            return replace(entity, user=int(value))
        case "custom_emoji":
            return replace(entity, emoji=int(value))
        case "date_time":
            return replace(entity, unix_time=int(value))
    return entity


def nestings() -> list[Any]:
    lines = rows("nesting")
    cases = zip(lines[::3], lines[1::3], lines[2::3], strict=True)
    return [pytest.param(placed(sent), placed(kept), id=title) for title, sent, kept in cases]


@pytest.mark.parametrize(("sent", "kept"), nestings())
def test_nesting(sent: list[Entity], kept: list[Entity]) -> None:
    written = Draft("abcdefghij", tuple(sent))
    assert outcome(settled, written) == ("abcdefghij", kept)
    assert outcome(judge, written) == ("abcdefghij", kept)


@pytest.mark.parametrize("row", rows("links"))
def test_address_of_a_link(row: str) -> None:
    url, _, wanted = row.partition(" -> ")
    if wanted.startswith("refused "):
        refusal = f"entity url '{url}' is invalid: {wanted.removeprefix('refused ')}".lower()
        assert outcome(settled, link(url)) == outcome(judge, link(url)) == refusal
    else:
        assert outcome(settled, link(url)) == outcome(judge, link(url)) == outcome(settled, link(wanted))
        assert checked(url) == wanted


@pytest.mark.parametrize("row", rows("found"))
def test_found_in_plain_text(row: str) -> None:
    text, _, wanted = row.replace("<U+2060>", "\u2060").partition(" ->")
    pieces = [(e.type, piece(text, e)) for e in found(text)]
    assert pieces == [(kind, what) for kind, what in re.findall(r'(\w+) "([^"]*)"', wanted)]
    assert triples(found(text)) == judged_finds(text)


CLEANED = [
    ("tabs and control characters become spaces", "a\tb\x00c\x1fd", "a b c d"),
    ("carriage returns vanish", "a\r\nb", "a\nb"),
    ("line separators and bidi overrides vanish", "a\u2028b\u202ec", "abc"),
    ("three combining characters vanish", "a\u030ab\u0333c\u033f", "abc"),
    ("of direction marks only the last stays", "a\u200e\u200f\u200eb", "a\u200c\u200c\u200eb"),
    ("zero-width and soft characters stay", "a\u200b\u2060\ufeff\u00adb", "a\u200b\u2060\ufeff\u00adb"),
    ("blanks around are trimmed, inside kept", " \n a \n\n\n b \n ", "a \n\n\n b"),
    ("other spaces are not trimmed", "\u3000a\u00a0", "\u3000a\u00a0"),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in CLEANED], ids=[row[0] for row in CLEANED])
def test_cleaning(text: str, wanted: str) -> None:
    assert normal(Draft(text), may_be_empty=False)[0] == wanted


TRIMMED = [
    ("leading blanks go up to the first entity", "  abc  ", ("bold", 2, 3), "abc", ("bold", 0, 3)),
    ("leading blanks under an entity stay", "  abc", ("bold", 0, 5), "  abc", ("bold", 0, 5)),
    ("trailing blanks shorten the last entity", "abc  \n", ("bold", 0, 6), "abc", ("bold", 0, 3)),
    ("an entity on trailing blanks alone vanishes", "abc  ", ("bold", 3, 2), "abc", None),
    ("removed characters shorten an entity", "a\rb\rc", ("bold", 0, 5), "abc", ("bold", 0, 3)),
    ("an emoji counts two", " 😀b ", ("bold", 1, 2), "😀b", ("bold", 0, 2)),
]


@pytest.mark.parametrize(("text", "sent", "wanted", "kept"), [r[1:] for r in TRIMMED], ids=[r[0] for r in TRIMMED])
def test_trimming(text: str, sent: Triple, wanted: str, kept: Triple | None) -> None:
    body, entities = normal(Draft(text, (Entity(*sent),)), may_be_empty=False)
    assert (body, triples(entities)) == (wanted, [kept] if kept else [])


REFUSED: list[tuple[str, str, list[dict[str, Any]], str]] = [
    ("nothing but blanks", " \n\t", [], "text must be non-empty"),
    ("nothing visible", "\u200b\u00a0\u3000\u2800", [], "text must be non-empty"),
    ("32769 bytes", "中" * 10922 + "abc", [], "text is too long"),
    ("4097 characters", "a" * 4097, [], "message is too long"),
    ("half a surrogate pair", "a\ud83d", [], "strings must be encoded in UTF-8"),
    (
        "an entity that begins inside an emoji",
        "a😀b",
        [{"type": "bold", "offset": 2, "length": 2}],
        "entity begins in a middle of a UTF-16 symbol at byte offset 5",
    ),
    (
        "an entity that ends inside an emoji",
        "a😀b",
        [{"type": "bold", "offset": 0, "length": 2}],
        "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 5",
    ),
    (
        "an entity past the end",
        "abc",
        [{"type": "bold", "offset": 0, "length": 4}],
        "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 4",
    ),
    (
        "an entity that begins past the end",
        "abc",
        [{"type": "bold", "offset": 5, "length": 4}],
        "entity begins after the end of the text at UTF-16 offset 5",
    ),
    (
        "a negative offset",
        "abc",
        [{"type": "bold", "offset": -1, "length": 1}],
        "receive an entity with incorrect offset -1",
    ),
    (
        "an unknown type",
        "abc",
        [{"type": "heading", "offset": 0, "length": 1}],
        "can't parse MessageEntity: Unsupported type specified",
    ),
    (
        "a link without an address",
        "abc",
        [{"type": "text_link", "offset": 0, "length": 1}],
        "can't parse MessageEntity: Can't find field \"url\"",
    ),
    ("no offset", "abc", [{"type": "bold", "length": 1}], "can't parse MessageEntity: Can't find field \"offset\""),
    (
        "a relative link",
        "abc",
        [{"type": "text_link", "offset": 0, "length": 3, "url": "./a"}],
        "entity URL './a' is invalid: Host is invalid",
    ),
]


@pytest.mark.parametrize(("text", "entities", "why"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(text: str, entities: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(BotApiError) as refusal:
        formatted(draft(text, entities, None))
    assert refusal.value.description == f"Bad Request: {why}"


ACCEPTED = [
    ("4096 emoji, 8192 UTF-16 units", "😀" * 4096, False, 4096),
    ("4096 characters and trailing blanks", "a" * 4096 + " \n", False, 4096),
    ("a caption of 1024", "中" * 1024, True, 1024),
    ("an empty caption", "", True, 0),
    ("a caption of blanks", " \n ", True, 0),
]


@pytest.mark.parametrize(("text", "caption", "length"), [r[1:] for r in ACCEPTED], ids=[r[0] for r in ACCEPTED])
def test_accepted(text: str, caption: bool, length: int) -> None:
    assert len(formatted(draft(text, None, None), caption=caption)[0]) == length


def test_a_caption_over_its_limit_is_refused() -> None:
    with pytest.raises(BotApiError, match="message caption is too long"):
        formatted(draft("a" * 1025, None, None), caption=True)


def test_types_only_telegram_finds_are_ignored() -> None:
    entities = [{"type": "url", "offset": 0, "length": 3}, {"type": "mention", "offset": 90, "length": 3}]
    assert formatted(draft("abc", entities, None)) == ("abc", ())


def test_found_addresses_yield_to_links_and_code_and_split_bold() -> None:
    text = "README.md setup.py main.rs"
    entities = (
        Entity("text_link", 0, 9, url="https://x.com/"),
        Entity("code", 10, 8),
        Entity("bold", 16, 10),
    )
    _, kept = formatted(Draft(text, entities))
    assert triples(list(kept)) == [
        ("text_link", 0, 9),
        ("code", 10, 8),
        ("bold", 18, 1),
        ("url", 19, 7),
        ("bold", 19, 7),
    ]


def test_past_a_hundred_entities_styles_go_first_and_silently() -> None:
    links = tuple(Entity("text_link", 3 * i, 2, url="https://x.com/") for i in range(99))
    styles = (Entity("bold", 297, 2), Entity("italic", 300, 2))
    _, kept = formatted(Draft("ab " * 101, (*styles, *links)))
    assert triples(list(kept))[-2:] == [("text_link", 294, 2), ("bold", 297, 2)]
    assert len(kept) == 100


def test_bold_over_many_links_counts_once() -> None:
    links = tuple(Entity("text_link", 3 * i, 2, url="https://x.com/") for i in range(99))
    _, kept = formatted(Draft("ab " * 99 + "z", (Entity("bold", 0, 298), *links)))
    assert sum(e.type == "text_link" for e in kept) == 99
    assert sum(e.length for e in kept if e.type == "bold") == 298
