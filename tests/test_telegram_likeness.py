"""When a message that Telegram shows is the planned one, and when it is not (telegram.md 1.3, 1.5 and 1.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bots.model import Message
from bots.platforms.telegram.evidence import witnessed
from bots.platforms.telegram.likeness import Look, Post, fits, planned, shown

Json = Mapping[str, Any]


def link(offset: int, length: int, url: str) -> dict[str, Any]:
    return {"type": "text_link", "offset": offset, "length": length, "url": url}


def bold(offset: int, length: int) -> dict[str, Any]:
    return {"type": "bold", "offset": offset, "length": length}


def text(words: str, *entities: Json) -> Json:
    return {"text": words, "entities": list(entities)}


def caption(words: str, *entities: Json) -> Json:
    return {"caption": words, "caption_entities": list(entities)}


SITE = link(0, 4, "https://Example.org?a=1")
TEXTS: tuple[tuple[str, Json, Json, bool], ...] = (
    ("the same", text("News today"), text("News today"), True),
    ("another word", text("News today"), text("News tomorrow"), False),
    ("one letter more", text("News"), text("News!"), False),
    ("another case", text("News"), text("news"), False),
    ("bold split and merged", text("a b c", bold(0, 5)), text("a b c", bold(0, 2), bold(2, 3)), True),
    (
        "found by the server itself",
        text("see x.org"),
        text("see x.org", {"type": "url", "offset": 4, "length": 5}),
        True,
    ),
    (
        "an address spelled by the server",
        text("News", SITE),
        text("News", link(0, 4, "https://example.org/?a=1")),
        True,
    ),
    (
        "a path in another case",
        text("News", link(0, 4, "https://x.org/A")),
        text("News", link(0, 4, "https://x.org/a")),
        False,
    ),
    ("a link to elsewhere", text("News", SITE), text("News", link(0, 4, "https://example.com/?a=1")), False),
    (
        "a link on another word",
        text("News News", link(0, 4, "https://x.org/")),
        text("News News", link(5, 4, "https://x.org/")),
        True,
    ),
    (
        "a link on fewer words",
        text("a b", link(0, 3, "https://x.org/")),
        text("a b", link(0, 1, "https://x.org/")),
        False,
    ),
    ("a link lost", text("News", SITE), text("News"), False),
    ("a link added", text("News"), text("News", SITE), False),
    (
        "links after an emoji",
        text("😀 News", link(3, 4, "https://x.org/")),
        text("😀 News", link(3, 4, "https://x.org/")),
        True,
    ),
    (
        "a mention of a person",
        text("Ann", link(0, 3, "tg://user?id=5")),
        text("Ann", {"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 5}}),
        True,
    ),
    ("trimmed", text(" \nNews \n"), text("News"), True),
    ("tabs and removed signs", text("a\tb\r\u202ec"), text("a bc"), True),
    ("a run of direction marks", text("a\u200e\u200fb"), text("a\u200c\u200fb"), True),
    ("a space that is not trimmed", text("\u2003News"), text("News"), False),
    ("lines", text("a\n\nb"), text("a\nb"), False),
)


@pytest.mark.parametrize(("sent", "seen", "same"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_a_text_is_known_by_its_words_and_links(sent: Json, seen: Json, same: bool) -> None:
    (look,) = planned(Message("s", 1, "sendMessage", sent, ""))
    assert (look == shown(seen)) is same


PHOTO, FILE = {"photo": [{"file_id": "x"}]}, {"document": {"file_id": "x"}}
PICTURES: tuple[tuple[str, str, Json, Json, bool], ...] = (
    ("a photo", "sendPhoto", caption("News", bold(0, 4)), {**PHOTO, **caption("News")}, True),
    ("its link", "sendPhoto", caption("News", SITE), {**PHOTO, **caption("News")}, False),
    ("a file", "sendDocument", caption("News"), {**FILE, **caption("News")}, True),
    ("a photo as a file", "sendPhoto", caption("News"), {**FILE, **caption("News")}, False),
    (
        "a moving picture",
        "sendDocument",
        caption("News"),
        {**FILE, "animation": {"file_id": "x"}, **caption("News")},
        False,
    ),
    ("a text", "sendPhoto", caption("News"), text("News"), False),
    ("a film", "sendPhoto", caption("News"), {"video": {}, **caption("News")}, False),
    ("without words", "sendPhoto", {}, PHOTO, True),
    ("words where there were none", "sendPhoto", {}, {**PHOTO, **caption("News")}, False),
)


@pytest.mark.parametrize(
    ("method", "sent", "seen", "same"), [row[1:] for row in PICTURES], ids=[row[0] for row in PICTURES]
)
def test_a_picture_is_known_by_its_kind_and_caption(method: str, sent: Json, seen: Json, same: bool) -> None:
    (look,) = planned(Message("s", 1, method, sent, ""))
    assert (look == shown(seen)) is same


A, B = Look("photo", "News"), Look("photo", "")
OTHER = Look("text", "News")
RUNS: tuple[tuple[str, Sequence[Look], Sequence[Post], list[list[int]]], ...] = (
    ("one of many", [A], [Post(5, OTHER), Post(6, A), Post(7, B)], [[6]]),
    ("the same twice", [A], [Post(6, A), Post(5, A)], [[5], [6]]),
    ("somebody else's", [A], [Post(5, A, ours=False)], []),
    ("an album", [A, B], [Post(4, A), Post(5, A), Post(6, B)], [[5, 6]]),
    ("half an album", [A, B], [Post(5, A)], []),
    ("an album out of order", [A, B], [Post(5, B), Post(6, A)], []),
    ("an album with something between", [A, B], [Post(5, A), Post(6, OTHER), Post(7, B)], []),
    ("a named album", [A, B], [Post(5, A, "x"), Post(6, B, "x")], [[5, 6]]),
    ("parts of two albums", [A, B], [Post(5, A, "x"), Post(6, B, "y")], []),
    ("the beginning of a larger album", [A, B], [Post(5, A, "x"), Post(6, B, "x"), Post(7, B, "x")], []),
    ("a part of an album", [A], [Post(5, A, "x"), Post(6, B, "x")], []),
)


@pytest.mark.parametrize(("looks", "posts", "found"), [row[1:] for row in RUNS], ids=[row[0] for row in RUNS])
def test_which_posts_fit(looks: Sequence[Look], posts: Sequence[Post], found: list[list[int]]) -> None:
    assert [[post.id for post in run] for run in fits(looks, posts)] == found


ORIGIN = {"type": "channel", "chat": {"id": -1001, "username": "Weekly"}, "message_id": 7}
FORWARD = {"is_automatic_forward": True, "sender_chat": {"id": -1001}, "forward_origin": ORIGIN}
WITNESSES: tuple[tuple[str, Json, tuple[tuple[str, ...], str] | None], ...] = (
    ("a channel's post", FORWARD, (("-1001", "@weekly"), "7")),
    ("forwarded by hand", {**FORWARD, "is_automatic_forward": False}, None),
    ("another channel's post, forwarded", {**FORWARD, "sender_chat": {"id": -1002}}, None),
    ("a reader's words", {"text": "Hello"}, None),
)


@pytest.mark.parametrize(("message", "proves"), [r[1:] for r in WITNESSES], ids=[r[0] for r in WITNESSES])
def test_what_a_message_in_the_discussion_group_proves(message: Json, proves: object) -> None:
    assert witnessed(message) == proves
