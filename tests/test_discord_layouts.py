"""What each kind of Discord channel is sent: which message goes where, and what is done to it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.model import LEAD, Destination, Format, Kind, Message, Post
from bots.platforms.discord.naming import letters, named, named_after
from bots.platforms.discord.render import DiscordRenderer
from bots.splitter import split

SITE = "https://a.example/{slug}/"
BODY = "开头\n\n# 甲\n\n文\n\n# 乙\n\n![猫](cat.png)"
POST = Post(
    Path("p.md"),
    "p",
    "issue-1",
    "第1期：一周",
    BODY,
    1,
    "关于这一周",
    datetime(2026, 11, 21, tzinfo=UTC),
    tags=("Python",),
)
URL = "https://discord.com/channels/1/2/3"


def room(kind: Kind, **more: Any) -> Destination:
    return Destination("room", "discord", kind, "1", **more)


def messages(destination: Destination, post: Post = POST, site: str = SITE) -> Sequence[Message]:
    return DiscordRenderer(site).render(split(post), destination, frozenset())


def words(message: Message) -> str:
    said = message.body.get("message", message.body)
    return str(said.get("content", ""))


PLACES = (
    # kind, the call that sends the first message, whether the others go into its thread
    (Kind.TEXT, "createMessage", False),
    (Kind.THREAD, "createMessage", False),
    (Kind.ANNOUNCEMENT, "createMessage", True),
    (Kind.FORUM, "createForumPost", True),
)


@pytest.mark.parametrize(("kind", "method", "inside"), PLACES)
def test_the_first_message_is_the_head_of_the_others(kind: Kind, method: str, inside: bool) -> None:
    head, *others = messages(room(kind))
    assert (head.section, head.method, head.inside) == (LEAD, method, False)
    assert [(each.section, each.method, each.inside) for each in others] == [
        ("甲", "createMessage", inside),
        ("乙", "createMessage", inside),
    ]
    assert [slot.section for slot in head.slots] == ["甲", "乙"]


@pytest.mark.parametrize("kind", [row[0] for row in PLACES])
def test_contents_entries_become_links_in_every_kind(kind: Kind) -> None:
    head, *_ = messages(room(kind))
    linked = DiscordRenderer(SITE).link(head, {"甲": URL})
    assert words(linked).endswith(f"- [甲](<{URL}>)\n- 乙")
    assert (linked.method, linked.body.keys()) == (head.method, head.body.keys())
    assert [words(linked)[slot.offset :][: slot.length] for slot in linked.slots] == ["乙"]


AFTER = (
    # destination, what is done to its first message
    (room(Kind.TEXT), ()),
    (room(Kind.TEXT, pin=True), ("pin",)),
    (room(Kind.ANNOUNCEMENT), ("crosspost",)),
    (room(Kind.ANNOUNCEMENT, pin=True), ("pin", "crosspost")),
    (room(Kind.ANNOUNCEMENT, crosspost=False), ()),
    (room(Kind.FORUM, pin=True), ("pin",)),
)


@pytest.mark.parametrize(("destination", "after"), AFTER)
def test_what_is_done_once_all_is_out_there(destination: Destination, after: tuple[str, ...]) -> None:
    head, *others = messages(destination)
    assert head.after == after
    assert not any(each.after for each in others)


@pytest.mark.parametrize("kind", [row[0] for row in PLACES])
def test_the_role_is_called_by_the_head_alone(kind: Kind) -> None:
    head, *others = messages(room(kind, role="42"))
    said = head.body.get("message", head.body)
    assert words(head).startswith("<@&42>\n")
    assert said["allowed_mentions"] == {"parse": [], "roles": ["42"]}
    assert all(each.body["allowed_mentions"] == {"parse": []} for each in others)


# ── announcements ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_head_is_plain_text_with_a_way_to_the_site() -> None:
    head, *_ = messages(room(Kind.ANNOUNCEMENT))
    assert words(head).split("\n")[:5] == [
        "# 第1期：一周",
        "*关于这一周*",
        "2026-11-21",
        "[在网站上阅读全文](https://a.example/issue-1/)",
        "",
    ]
    assert "components" not in head.body


def test_without_a_site_there_is_no_way_to_it() -> None:
    head, *_ = messages(room(Kind.ANNOUNCEMENT), site="")
    assert "网站" not in words(head)


def test_only_the_head_of_a_long_lead_is_seen_outside_the_thread() -> None:
    head, more, *_ = messages(room(Kind.ANNOUNCEMENT), replace(POST, body="长" * 3000 + "\n\n" + BODY))
    assert "在网站上阅读全文" in words(head)
    assert (more.section, more.part, more.inside) == (LEAD, 2, True)


BARE = replace(POST, title="", description="", date=None)


TITLES = st.text(
    st.sampled_from("a中1 *_~|`\\[]()<>#-+.!:@/&😀“”") | st.characters(codec="utf-8", categories=["L", "N", "P"])
)


@given(TITLES.map(lambda title: " ".join(title.split())).filter(lambda title: any(map(str.isalnum, title))))
def test_a_thread_gets_its_title_back_from_the_words_of_its_head(title: str) -> None:
    head, *_ = messages(room(Kind.ANNOUNCEMENT), replace(POST, title=title))
    assert letters(named_after(words(head))) == letters(named(title))


@pytest.mark.parametrize("kind", [Kind.ANNOUNCEMENT, Kind.FORUM])
def test_an_issue_without_a_lead_has_a_head_all_the_same(kind: Kind) -> None:
    head, *_ = messages(room(kind), replace(BARE, body="文"), site="")
    assert head.section == LEAD
    assert words(head)


# ── forums ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_is_called_like_the_issue_and_does_not_repeat_it() -> None:
    head, *_ = messages(room(Kind.FORUM))
    assert head.body["name"] == "第1期：一周"
    assert words(head).startswith("*关于这一周*\n2026-11-21\n")
    assert head.body["message"]["allowed_mentions"] == {"parse": []}


def test_a_post_without_any_words_before_its_sections_says_its_title_twice() -> None:
    made = split(replace(BARE, title="第1期", body="# 甲\n\n文\n\n# 乙\n\n文"))
    lead, *sections = made.sections
    nameless = replace(made, sections=(lead, *(replace(section, title="") for section in sections)))
    head, *_ = DiscordRenderer().render(nameless, room(Kind.FORUM), frozenset())
    assert (head.body["name"], words(head)) == ("第1期", "# 第1期")


def test_tags_are_the_forums_and_then_the_posts() -> None:
    head, *_ = messages(room(Kind.FORUM, tags=("周刊", "Python")))
    assert head.body["applied_tags"] == ["周刊", "Python"]
    none, *_ = messages(room(Kind.FORUM), replace(POST, tags=()))
    assert "applied_tags" not in none.body


def test_flags_belong_to_the_first_message_of_a_post() -> None:
    head, section, *_ = messages(room(Kind.FORUM, silent=True, preview=False))
    assert (head.body["message"]["flags"], section.body["flags"]) == (4100, 4100)
    assert "flags" not in head.body


def test_pictures_of_a_lead_are_attached_to_the_first_message_of_a_post() -> None:
    head, *_ = messages(room(Kind.FORUM), replace(POST, body="![猫](cat.png)\n\n# 甲\n\n文"))
    pictured = next(each for each in messages(room(Kind.FORUM), replace(POST, body="![猫](cat.png)")) if each.files)
    said = pictured.body.get("message", pictured.body)
    assert said["attachments"] == [{"id": 0, "filename": "1.png", "description": "猫"}]
    assert head.method == "createForumPost"


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [row[0] for row in PLACES])
def test_a_digest_is_the_lead_and_the_way_to_the_site(kind: Kind) -> None:
    (head,) = messages(room(kind, format=Format.DIGEST))
    assert "[在网站上阅读全文](https://a.example/issue-1/)" in words(head)
    assert words(head).endswith("- 甲\n- 乙")
    assert head.slots == ()


# ── edits ────────────────────────────────────────────────────────────────────────────────────────────────────────────

EDITS = (
    # from, to, whether an edit can do it
    (Kind.TEXT, Kind.TEXT, True),
    (Kind.FORUM, Kind.FORUM, True),
    (Kind.FORUM, Kind.TEXT, False),
    (Kind.TEXT, Kind.FORUM, False),
)


@pytest.mark.parametrize(("old", "new", "can"), EDITS)
def test_a_post_stays_a_post(old: Kind, new: Kind, can: bool) -> None:
    assert DiscordRenderer().can_edit(messages(room(old))[0], messages(room(new))[0]) is can


def test_a_message_does_not_move_into_a_thread_by_an_edit() -> None:
    head, section, *_ = messages(room(Kind.ANNOUNCEMENT))
    assert not DiscordRenderer().can_edit(head, section)
