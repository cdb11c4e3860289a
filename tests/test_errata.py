"""Errata: each mark is one reply to a section that is out there, never for those who read it corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.ledger.codec import dump, load
from bots.model import LEAD, Destination, Issue, Kind, Message, Post, Slot
from bots.platforms.discord.render import DiscordRenderer
from bots.platforms.telegram.render import TelegramRenderer
from bots.splitter import split
from tests.fakechat import Killed, Process
from tests.fakeworld import CHANNEL, FORUM, GROUP, NEWS, SERVER, World, an_issue, world_in

FIRST, SECOND = "20, not 30", "on Monday"
REPLY, OTHER = f"Correction: {FIRST}", f"Correction: {SECOND}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


def marked(*marks: str, beta: str = "beta", section: str = "b") -> Issue:
    """The issue with marks in one section."""
    issue = an_issue("Hello", a="alpha one\n\nalpha two", b=beta, c="gamma", d="delta")
    sections = (replace(one, errata=marks) if one.id == section else one for one in issue.sections)
    return replace(issue, sections=tuple(sections))


def replies(world: World, place: Destination = CHANNEL) -> list[tuple[str, str | None]]:
    """What was added later, with what it answers."""
    living = (one for one in world.chat(place).shown.values() if not one.deleted)
    return [(one.message.text, one.answers) for one in living if one.message.answers]


HISTORIES = [
    # what the author published, version after version, and the replies readers see in the end
    ("a mark in a section that is out", [marked(), marked(FIRST)], [(REPLY, "beta")]),
    ("published again", [marked(), marked(FIRST), marked(FIRST)], [(REPLY, "beta")]),
    ("with its section for the first time", [marked(FIRST)], []),
    ("with its section, and published again", [marked(FIRST), marked(FIRST), marked(FIRST, beta="better")], []),
    ("a second mark", [marked(), marked(FIRST), marked(FIRST, SECOND)], [(REPLY, "beta"), (OTHER, "beta")]),
    (
        "a second one before the first",
        [marked(), marked(FIRST), marked(SECOND, FIRST)],
        [(REPLY, "beta"), (OTHER, "beta")],
    ),
    ("both at once", [marked(), marked(FIRST, SECOND)], [(REPLY, "beta"), (OTHER, "beta")]),
    ("other words", [marked(), marked(FIRST), marked(SECOND)], [(OTHER, "beta")]),
    ("a mark taken out", [marked(), marked(FIRST), marked()], []),
    ("taken out and put in again", [marked(), marked(FIRST), marked(), marked(FIRST)], [(REPLY, "beta")]),
    ("beside one that was there from the start", [marked(FIRST), marked(FIRST, SECOND)], [(OTHER, "beta")]),
    ("in place of one that was there from the start", [marked(FIRST), marked(SECOND)], [(OTHER, "beta")]),
    ("with the correction itself", [marked(), marked(FIRST, beta="better")], [(REPLY, "better")]),
    ("in a section of two messages", [marked(), marked(FIRST, section="a")], [(REPLY, "alpha one")]),
    ("in the lead", [marked(), marked(FIRST, section=LEAD)], [(REPLY, "Hello")]),
]


@pytest.mark.parametrize(("versions", "wanted"), [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES])
def test_each_mark_is_one_reply(world: World, versions: Sequence[Issue], wanted: list[tuple[str, str]]) -> None:
    for version in versions:
        for report in world.publish(version).values():
            assert report.ok
    assert replies(world) == wanted
    assert len(world.channel.texts) == 7 + len(wanted)
    assert world.planned(versions[-1]).idle


def test_other_words_are_one_edit_and_nothing_else(world: World) -> None:
    for issue in (marked(), marked(FIRST)):
        world.publish(issue)
    before = len(world.channel.calls)
    world.publish(marked(SECOND))
    assert world.channel.calls[before:] == [f"edit {OTHER}"]


def test_the_contents_go_on_leading_to_the_section(world: World) -> None:
    for issue in (marked(), marked(FIRST), marked(FIRST, beta="better")):
        world.publish(issue)
    assert world.links(world.channel) == {"a": "alpha one", "b": "better", "c": "gamma", "d": "delta"}


def test_a_chat_that_joins_later_gets_the_corrected_text_alone(world: World) -> None:
    world.destinations = (CHANNEL,)
    for issue in (marked(), marked(FIRST, beta="better")):
        world.publish(issue)
    world.destinations = (CHANNEL, GROUP)
    world.publish(marked(FIRST, beta="better"))
    assert (replies(world), replies(world, GROUP)) == ([(REPLY, "better")], [])


@pytest.mark.parametrize("place", [NEWS, FORUM])
def test_where_the_section_is_in_a_thread_its_erratum_is_there(world: World, place: Destination) -> None:
    world.destinations = (place,)
    for issue in (marked(), marked(FIRST)):
        assert world.publish(issue)[place.name].ok
    shown = {one.message.text: one for one in world.chat(place).shown.values()}
    assert shown[REPLY].within == shown["beta"].within is not None
    assert replies(world, place) == [(REPLY, "beta")]


def test_an_erratum_to_a_forum_post_stands_in_the_post(world: World) -> None:
    world.destinations = (FORUM,)
    for issue in (marked(), marked(FIRST, section=LEAD)):
        assert world.publish(issue)["forum"].ok
    assert replies(world, FORUM) == [(REPLY, "Hello")]


def test_after_a_chat_moved_an_erratum_stands_alone(world: World) -> None:
    """An old id means another message in the new chat."""
    world.destinations = (GROUP,)
    world.publish(marked())
    world.telegram.moved[GROUP.chat] = "-1009876543210"
    world.publish(marked(FIRST))
    assert replies(world, GROUP) == [(REPLY, None)]


# ── what an author writes ────────────────────────────────────────────────────────────────────────────────────────────

PLACES = [
    # what stands in the post, and the errata of its lead and of section 甲
    ("on a line of its own", "字\n\n## 甲\n\n乙\n\n<!-- weektech: erratum 二十 -->", [(), ("二十",)]),
    ("inside a paragraph", "字\n\n## 甲\n\n乙 <!-- weektech: erratum 二十 -->\n丙", [(), ("二十",)]),
    ("inside a list", "字\n\n## 甲\n\n- 乙 <!-- weektech: erratum 二十 -->", [(), ("二十",)]),
    ("on the heading's line", "字\n\n## 甲 <!-- weektech: erratum 二十 -->\n\n乙", [(), ("二十",)]),
    ("before the first heading", "字\n\n<!-- weektech: erratum 二十 -->\n\n## 甲\n\n乙", [("二十",), ()]),
    (
        "over two lines, with signs",
        "字\n\n## 甲\n\n乙\n\n<!-- weektech: erratum: a = b,\n not c -->",
        [(), ("a = b, not c",)],
    ),
    ("twice the same", "字\n\n## 甲\n\n乙" + "\n\n<!-- weektech: erratum 二十 -->" * 2, [(), ("二十",)]),
    (
        "in a part left out",
        "字\n\n## 甲\n\n乙\n\n## 丙\n\n<!-- weektech: skip -->\n\n<!-- weektech: erratum x -->",
        [(), ()],
    ),
]


def read(body: str) -> Issue:
    return split(Post(Path("post.md"), "post", "post", "", body, 1))


@pytest.mark.parametrize(("body", "errata"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_a_mark_belongs_to_the_section_it_stands_in(body: str, errata: list[tuple[str, ...]]) -> None:
    found = read(body)
    assert [section.errata for section in found.sections] == errata
    for message in TelegramRenderer().render(found, CHANNEL, frozenset()):
        assert not any(words in message.text for words in ("二十", "a = b"))


@pytest.mark.parametrize(
    ("mark", "says"), [("erratum", "needs the words"), ("erratum " + "字" * 901, "901 characters")]
)
def test_a_mark_that_can_t_be_sent_is_named(mark: str, says: str) -> None:
    found = read(f"字\n\n<!-- weektech: {mark} -->")
    assert [section.errata for section in found.sections] == [()]
    assert says in found.warnings[0].what


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────

TO = Message("a", 1, "sendMessage", {"text": "x", "disable_notification": True}, "x")
HEAD = Message("a", 1, "createForumPost", {"name": "x", "message": {"content": "x", "flags": 4096}}, "x")
JOINED = "@\u2060bob, *20* at weektech.\u2060dev"


def test_on_telegram_it_is_a_quiet_text_with_nothing_the_server_would_link() -> None:
    made = TelegramRenderer(language="en").erratum("@bob, *20* at weektech.dev", 2, TO, CHANNEL)
    assert made.body == {
        "text": f"Correction: {JOINED}",
        "entities": [{"type": "bold", "offset": 0, "length": 11}],
        "link_preview_options": {"is_disabled": True},
        "disable_notification": True,
    }
    assert (made.section, made.part, made.answers, made.inside) == ("a", 2, True, False)
    plain = TelegramRenderer().erratum("@bob", 1, TO, replace(CHANNEL, inert=False))
    assert plain.text == "更正：@bob"


def test_on_discord_it_is_escaped_notifies_nobody_and_stands_in_the_post() -> None:
    place = Destination("f", "discord", Kind.FORUM, "1")
    made = DiscordRenderer().erratum("*20* <@1> @everyone", 1, HEAD, place)
    assert made.body == {
        "content": "**更正：**\\*20\\* \\<\u2060@1> @\u2060everyone",
        "allowed_mentions": {"parse": []},
        "flags": 4096,
    }
    assert (made.inside, made.answers) == (True, True)


@pytest.mark.parametrize("renderer", [TelegramRenderer(), DiscordRenderer()], ids=["telegram", "discord"])
@pytest.mark.parametrize("sign", ["字", "*", "<@1>", "😀", "@everyone "])
def test_the_longest_erratum_fits_whatever_has_to_be_escaped(
    renderer: TelegramRenderer | DiscordRenderer, sign: str
) -> None:
    made = renderer.erratum((sign * 900)[:900], 1, TO, CHANNEL)
    assert len(made.body.get("text", "")) <= 4096
    assert len(str(made.body.get("content", "")).encode("utf-16-le")) // 2 <= 2000


def test_the_ledger_knows_replies_and_reads_rows_from_before_there_were_any() -> None:
    message = Message("a", 1, "send", {}, "x", answers=True)
    assert load(dump(message)) == message
    assert load(dump(message).replace(', "answers": true', "")) == replace(message, answers=False)


def test_killed_anywhere_an_erratum_is_sent_once(world: World) -> None:
    world.destinations = (SERVER,)
    before, after = an_issue("", a="alpha"), an_issue("", a="alpha")
    after = replace(after, sections=(after.sections[0], replace(after.sections[1], errata=(FIRST,))))
    for dies_at in range(1, 60):
        world.forget()
        world.publish(before)
        process = Process(dies_at)
        with suppress(Killed):
            world.publish(after, process=process)
        assert world.publish(after)["server"].ok
        assert (world.server.texts, replies(world, SERVER)) == (["A", "alpha", REPLY], [(REPLY, "alpha")])
        if not process.dead:
            return
    raise AssertionError("it never came to its end")


# ── what can't be deleted any more ───────────────────────────────────────────────────────────────────────────────────


def telegram(method: str, **body: Any) -> Message:
    text = body.get("text") or body.get("caption") or ""
    return Message("a", 1, method, body, text, slots=(Slot("b", 0, 1),), after=("pin",))


def strike(offset: int, length: int) -> list[dict[str, Any]]:
    return [{"type": "strikethrough", "offset": offset, "length": length}]


ALBUM = [{"type": "photo", "media": "attach://1.jpg", "caption": "two"}, {"type": "photo", "media": "attach://2.jpg"}]
STRUCK = [
    # what is out there, what becomes of its body
    (
        "a text with a link in it",
        telegram("sendMessage", text="one 😀", entities=[{"type": "text_link", "offset": 0, "length": 3, "url": "u"}]),
        {"text": "(Withdrawn)\none 😀", "entities": strike(12, 6), "link_preview_options": {"is_disabled": True}},
    ),
    (
        "code that would become a mention",
        telegram("sendMessage", text="@bob", entities=[{"type": "code", "offset": 0, "length": 4}]),
        {"text": "(Withdrawn)\n@\u2060bob", "entities": strike(12, 5), "link_preview_options": {"is_disabled": True}},
    ),
    (
        "a picture with a caption",
        telegram("sendPhoto", photo="attach://1.jpg", caption="one"),
        {"photo": "attach://1.jpg", "caption": "(Withdrawn)\none", "caption_entities": strike(12, 3)},
    ),
    (
        "a picture without one",
        telegram("sendPhoto", photo="attach://1.jpg"),
        {"photo": "attach://1.jpg", "caption": "(Withdrawn)"},
    ),
    (
        "an album",
        telegram("sendMediaGroup", media=ALBUM),
        {"media": [{**ALBUM[0], "caption": "(Withdrawn)\ntwo", "caption_entities": strike(12, 3)}, ALBUM[1]]},
    ),
]


@pytest.mark.parametrize(("message", "body"), [row[1:] for row in STRUCK], ids=[row[0] for row in STRUCK])
def test_telegram_strikes_through_what_it_does_not_delete(message: Message, body: dict[str, Any]) -> None:
    renderer = TelegramRenderer(language="en")
    made = renderer.withdrawn(message)
    assert (made.body, made.slots, made.after) == (body, (), ())
    assert renderer.can_edit(message, made)


@pytest.mark.parametrize(("method", "most"), [("sendMessage", 4096), ("sendPhoto", 1024)])
def test_a_full_message_stays_within_its_limit_when_it_is_struck_through(method: str, most: int) -> None:
    key = "text" if method == "sendMessage" else "caption"
    made = TelegramRenderer().withdrawn(telegram(method, **{key: "@bob " * (most // 5)}))
    assert len(made.body[key]) <= most
    (entity,) = made.body["entities" if key == "text" else "caption_entities"]
    assert entity["offset"] + entity["length"] == len(made.body[key])


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Title\n\n• one ~~two~~", "(Withdrawn)\n~~Title~~\n\n~~• one \\~\\~two\\~\\~\u200b~~"),
        ("", "(Withdrawn)"),
        ("x" * 1990, "(Withdrawn)\n…"),
    ],
)
def test_discord_strikes_line_by_line(text: str, content: str) -> None:
    message = Message("a", 1, "createMessage", {"content": "anything", "allowed_mentions": {"parse": []}}, text)
    made = DiscordRenderer(language="en").withdrawn(message)
    assert made.body == {"content": content, "allowed_mentions": {"parse": []}}
