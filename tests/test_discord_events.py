"""What Discord's gateway events mean: tables over its own JSON, and a law for everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.events import Asked, Completing, Event, Mark, Person, Press, Said, Seen, Stirred, Tallied, Unsaid
from bots.ledger import Update
from bots.platforms.discord.events import (
    KINDS,
    TALLY,
    gone,
    is_worthless,
    read,
    spoken_again,
    stored,
    tally,
)
from bots.platforms.discord.marks import spoken
from bots.platforms.discord.places import Places

ANN = {"id": "7", "username": "ann", "global_name": "Ann", "bot": False}
MACHINE = {"id": "9", "username": "machine", "bot": True}
NOON, LATER = "2026-11-22T12:00:00+00:00", "2026-11-22T13:00:00.123000+00:00"
MESSAGE: dict[str, Any] = {
    "id": "50",
    "channel_id": "20",
    "guild_id": "10",
    "type": 0,
    "author": ANN,
    "member": {"nick": "安"},
    "content": "Thanks",
    "timestamp": NOON,
    "edited_timestamp": None,
    "attachments": [],
    "mentions": [],
    "flags": 0,
}
URL = "https://discord.com/channels/10/20/50"


def said(**other: Any) -> Said:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    known: dict[str, Any] = {"by": Person("7", "安"), "chat": "20", "message_id": "50", "text": "Thanks", "at": at}
    return Said("discord", **{**known, "url": URL, **other})


def message(**other: Any) -> dict[str, Any]:
    return {name: value for name, value in {**MESSAGE, **other}.items() if value is not ...}


EDITED = datetime(2026, 11, 22, 13, 0, 0, 123000, tzinfo=UTC)
ALL = Unsaid("discord", "20", (), everything=True)
SNAPSHOT = {"message": {"content": "Models"}}
MESSAGES: list[tuple[str, str, dict[str, Any], tuple[Event, ...]]] = [
    ("a message", "MESSAGE_CREATE", message(), (said(),)),
    (
        "without a name of their own",
        "MESSAGE_CREATE",
        message(member=..., author={"id": "7", "username": "ann"}),
        (said(by=Person("7", "ann")),),
    ),
    (
        "a reply",
        "MESSAGE_CREATE",
        message(type=19, message_reference={"type": 0, "channel_id": "20", "message_id": "40"}),
        (said(reply_to="40"),),
    ),
    ("in a thread", "MESSAGE_CREATE", message(position=3), (said(thread="20"),)),
    ("in a thread, as its channel says", "MESSAGE_CREATE", message(channel_type=11), (said(thread="20"),)),
    (
        "in private",
        "MESSAGE_CREATE",
        message(guild_id=..., member=...),
        (said(by=Person("7", "Ann"), private=True, url="https://discord.com/channels/@me/20/50"),),
    ),
    (
        "with signs",
        "MESSAGE_CREATE",
        message(content="**very** good, <@8>", mentions=[{"id": "8", "username": "bob"}]),
        (said(text="very good, @bob", marks=(Mark("bold", 0, 4),)),),
    ),
    (
        "a picture alone",
        "MESSAGE_CREATE",
        message(content="", attachments=[{"id": "1"}]),
        (said(text="", picture=True),),
    ),
    ("words that may not be read", "MESSAGE_CREATE", message(content=""), (said(text=""),)),
    (
        "a forward",
        "MESSAGE_CREATE",
        message(
            content="",
            message_reference={"type": 1, "channel_id": "30", "message_id": "31"},
            message_snapshots=[SNAPSHOT],
        ),
        (said(text="Models", forwarded=("30", "31")),),
    ),
    ("by a bot", "MESSAGE_CREATE", message(author=MACHINE), ()),
    ("by a webhook", "MESSAGE_CREATE", message(webhook_id="9"), ()),
    ("by the server itself", "MESSAGE_CREATE", message(type=6), ()),
    (
        "a copy at a follower's",
        "MESSAGE_CREATE",
        (
            copy := message(
                webhook_id="9", flags=2, message_reference={"guild_id": "1", "channel_id": "2", "message_id": "3"}
            )
        ),
        (Seen("discord", ("2",), "3", "20", "50", copy),),
    ),
    (
        "an edit",
        "MESSAGE_UPDATE",
        message(content="Thank you", edited_timestamp=LATER),
        (said(text="Thank you", at=EDITED, edited=True),),
    ),
    ("a link card that was found", "MESSAGE_UPDATE", message(embeds=[{}]), ()),
    ("an update in the old, partial shape", "MESSAGE_UPDATE", {"id": "50", "channel_id": "20", "embeds": []}, ()),
    ("an edit that may not be read", "MESSAGE_UPDATE", message(content="", edited_timestamp=LATER), ()),
    ("an edit by a bot", "MESSAGE_UPDATE", message(author=MACHINE, edited_timestamp=LATER), ()),
    ("one deleted", "MESSAGE_DELETE", {"id": "50", "channel_id": "20"}, (Unsaid("discord", "20", ("50",)),)),
    (
        "many deleted",
        "MESSAGE_DELETE_BULK",
        {"ids": ["50", "51"], "channel_id": "20"},
        (Unsaid("discord", "20", ("50", "51")),),
    ),
    ("a thread deleted", "THREAD_DELETE", {"id": "20", "parent_id": "19"}, (ALL,)),
    ("a channel deleted", "CHANNEL_DELETE", {"id": "20"}, (ALL,)),
    *(
        (f"reactions: {kind}", f"MESSAGE_REACTION_{kind}", place, (Stirred("discord", "20", "50"),))
        for place in ({"channel_id": "20", "message_id": "50"},)
        for kind in ("ADD", "REMOVE", "REMOVE_ALL", "REMOVE_EMOJI")
    ),
    (
        "totals, super reactions and a server's own emoji among them",
        TALLY,
        {
            "id": "50",
            "channel_id": "20",
            "reactions": [
                {"emoji": {"id": None, "name": "👍"}, "count": 3, "count_details": {"normal": 2, "burst": 1}},
                {"emoji": {"id": "5", "name": "party"}, "count": 1},
                {"emoji": {"id": None, "name": "👀"}, "count": 0},
            ],
        },
        (Tallied("discord", "20", "50", {"👍": 3, "party:5": 1}),),
    ),
    ("no reactions any more", TALLY, {"id": "50", "channel_id": "20"}, (Tallied("discord", "20", "50", {}),)),
    ("something nobody asked about", "TYPING_START", {}, ()),
]


@pytest.mark.parametrize(("kind", "data", "wanted"), [row[1:] for row in MESSAGES], ids=[row[0] for row in MESSAGES])
def test_what_happens_to_messages(kind: str, data: dict[str, Any], wanted: tuple[Event, ...]) -> None:
    assert tuple(read(Update("1", kind, data))) == wanted


def interaction(kind: int, data: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    known = {"id": "60", "token": "secret", "type": kind, "data": data, "channel_id": "20", "guild_id": "10"}
    made = {**known, "member": {"user": ANN, "nick": None}, "locale": "zh-CN", **other}
    return {name: value for name, value in made.items() if value is not ...}


ASKED = Asked("discord", Person("7", "Ann"), "20", private=False, command="latest", ref="60/secret", language="zh-CN")
AI = {"type": 3, "name": "section", "value": "AI"}
INTERACTIONS: list[tuple[str, dict[str, Any], tuple[Event, ...]]] = [
    ("a command", interaction(2, {"type": 1, "name": "latest"}), (ASKED,)),
    (
        "a command with words",
        interaction(2, {"name": "latest", "options": [AI]}),
        (Asked("discord", ASKED.by, "20", False, "latest", "AI", "60/secret", "zh-CN"),),
    ),
    (
        "a command with a sub-command",
        interaction(2, {"name": "latest", "options": [{"type": 1, "name": "of", "options": [AI]}]}),
        (Asked("discord", ASKED.by, "20", False, "latest", "AI", "60/secret", "zh-CN"),),
    ),
    (
        "a command in private",
        interaction(2, {"name": "latest"}, guild_id=..., member=..., user=ANN),
        (Asked("discord", ASKED.by, "20", True, "latest", "", "60/secret", "zh-CN"),),
    ),
    (
        "a command in a thread",
        interaction(2, {"name": "latest"}, channel={"type": 11}),
        (Asked("discord", ASKED.by, "20", False, "latest", "", "60/secret", "zh-CN", thread="20"),),
    ),
    ("a message's own menu", interaction(2, {"type": 3, "name": "report"}), ()),
    (
        "typing",
        interaction(4, {"name": "latest", "options": [{**AI, "value": "A", "focused": True}]}),
        (Completing("discord", "latest", "section", "A", "60/secret", "zh-CN"),),
    ),
    (
        "a button",
        interaction(3, {"custom_id": "q:1:now"}, message={"id": "50"}),
        (Press("discord", ASKED.by, "20", "50", "q:1:now", "60/secret", language="zh-CN"),),
    ),
    ("a form", interaction(5, {"custom_id": "x"}), ()),
]


@pytest.mark.parametrize(("data", "wanted"), [row[1:] for row in INTERACTIONS], ids=[row[0] for row in INTERACTIONS])
def test_what_people_do(data: dict[str, Any], wanted: tuple[Event, ...]) -> None:
    assert tuple(read(Update("1", "INTERACTION_CREATE", data))) == wanted


WORDS: list[tuple[str, str, str, tuple[Mark, ...]]] = [
    # what it is about, as it was typed, as it reads, what is marked
    ("plain words", "1 * 2 * 3, a_b_c", "1 * 2 * 3, a_b_c", ()),
    ("bold and italic", "**a** *b* _c_", "a b c", (Mark("bold", 0, 1), Mark("italic", 2, 1), Mark("italic", 4, 1))),
    ("both at once", "***a***", "a", (Mark("bold", 0, 1), Mark("italic", 0, 1))),
    ("one in the other", "**a *b* c**", "a b c", (Mark("bold", 0, 5), Mark("italic", 2, 1))),
    ("what is not closed", "**a *b", "**a *b", ()),
    ("not closed within what is", "**a _b**", "a _b", (Mark("bold", 0, 4),)),
    ("nothing between", "**** ||||", "**** ||||", ()),
    (
        "strike, underline, spoiler",
        "~~a~~ __b__ ||c||",
        "a b c",
        (Mark("strike", 0, 1), Mark("underline", 2, 1), Mark("spoiler", 4, 1)),
    ),
    ("code keeps signs", "`**a**` ``b``", "**a** b", (Mark("code", 0, 5), Mark("code", 6, 1))),
    ("a block of code", "```py\nx = 1\n```", "x = 1", (Mark("pre", 0, 5),)),
    ("escaped", r"\*a\* \# 中", "*a* # 中", ()),
    ("a link", "[**读** me](https://a.b/c)", "读 me", (Mark("link", 0, 4, "https://a.b/c"), Mark("bold", 0, 1))),
    ("no link", "[me](javascript:x)", "[me](javascript:x)", ()),
    ("an address", "见 https://a.b/c_d。", "见 https://a.b/c_d。", (Mark("link", 2, 15, "https://a.b/c_d"),)),
    ("an address without its card", "<https://a.b>", "https://a.b", (Mark("link", 0, 11, "https://a.b"),)),
    ("an address in bold", "**https://a.b**", "https://a.b", (Mark("bold", 0, 11), Mark("link", 0, 11, "https://a.b"))),
    ("who is mentioned", "<@7> <@!8> <@&9> <#5>", "@Ann @8 @9 #5", ()),
    ("a server's emoji", "<:party:1> <a:wave:2>", ":party: :wave:", ()),
    ("a quote", "> a\nb", "a\nb", (Mark("quote", 0, 1),)),
    ("a long quote", "x\n>>> a\nb", "x\na\nb", (Mark("quote", 2, 3),)),
    ("code points, not units", "🎉🎉 **a**", "🎉🎉 a", (Mark("bold", 3, 1),)),
]


@pytest.mark.parametrize(("typed", "text", "marks"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_what_signs_mean(typed: str, text: str, marks: tuple[Mark, ...]) -> None:
    assert spoken(typed, {"7": "Ann"}) == (text, marks)


@given(st.text(st.sampled_from("ab *_~|`[]()<>@#:\\\n1中https://.x"), max_size=60))
def test_marks_lie_within_the_words_and_only_signs_are_lost(typed: str) -> None:
    text, marks = spoken(typed)
    assert all(mark.length > 0 and mark.start >= 0 and mark.start + mark.length <= len(text) for mark in marks)
    left = iter(typed)
    assert all(letter in left for letter in text), "a letter appeared, or the order changed"
    if not any(sign in typed for sign in ("](", "`", "<")):  # addresses, languages and ids are no words
        assert [letter for letter in typed if letter.isalnum()] == [letter for letter in text if letter.isalnum()]


KEYS: list[tuple[str, Update, str]] = [
    ("a message", stored("s", 5, "MESSAGE_CREATE", message()), "message:50"),
    ("the same in history", spoken_again(message(), known=False), "message:50"),
    ("an edit", stored("s", 6, "MESSAGE_UPDATE", message(edited_timestamp=LATER)), f"message:50:{LATER}"),
    ("the same in history", spoken_again(message(edited_timestamp=LATER), known=True), f"message:50:{LATER}"),
    ("new to us, and changed since", spoken_again(message(edited_timestamp=LATER), known=False), f"message:50:{LATER}"),
    ("a link card", stored("s", 7, "MESSAGE_UPDATE", message()), "s:7"),
    ("deleted", stored("s", 8, "MESSAGE_DELETE", {"id": "50", "channel_id": "20"}), "gone:50"),
    ("the same, missing in history", gone("10", "20", "50"), "gone:50"),
    ("a post deleted, which is no message", stored("s", 8, "THREAD_DELETE", {"id": "50"}), "gone:50:all"),
    ("a press", stored("s", 9, "INTERACTION_CREATE", {"id": "60"}), "interaction:60"),
    ("nonsense", stored("s", 10, "MESSAGE_CREATE", ["x"]), "s:10"),
    ("totals", tally(message(), NOON), f"tally:50:{NOON}"),
]


@pytest.mark.parametrize(("update", "key"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_the_same_thing_has_the_same_key(update: Update, key: str) -> None:
    assert update.key == key


PLACES: list[tuple[str, str, dict[str, Any]]] = [
    ("when the session begins", "GUILD_CREATE", {"id": "10", "channels": [], "threads": ["it"]}),
    ("when it is made", "THREAD_CREATE", {}),
    ("when it comes back", "THREAD_UPDATE", {}),
    ("when a channel may be seen again", "THREAD_LIST_SYNC", {"guild_id": "10", "threads": ["it"]}),
]


@pytest.mark.parametrize(("name", "data"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_a_thread_is_known_by_what_was_told_of_it(name: str, data: dict[str, Any]) -> None:
    thread = {"id": "20", "parent_id": "19", "thread_metadata": {}}
    places = Places()
    assert places.placed(MESSAGE) == MESSAGE
    places.learn(name, {**data, "threads": [thread]} if data else thread)
    (known,) = read(Update("1", "MESSAGE_CREATE", places.placed(MESSAGE)))
    assert known == said(thread="20")
    assert places.concerns_us(MESSAGE), "nobody said yet which channels are ours"
    places.settle(["19"])
    assert places.concerns_us(MESSAGE)
    places.settle(["18"])
    assert not places.concerns_us(MESSAGE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
HALVES = [row[2] for row in MESSAGES] + [row[1] for row in INTERACTIONS]


@st.composite
def damaged(draw: st.DrawFn) -> object:
    """A real event, one field of which is anything, at whatever depth."""
    made: Any = json.loads(json.dumps(draw(st.sampled_from(HALVES))))
    spot = made
    while isinstance(spot, dict) and spot:
        name = draw(st.sampled_from(sorted(spot)))
        if not isinstance(spot[name], dict) or not spot[name] or draw(st.booleans()):
            spot[name] = draw(JSON)
            break
        spot = spot[name]
    return made


ORDINARY = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What data that is not as it should be leads to. Anything else would be a mistake of ours."""


@given(st.sampled_from(sorted(KINDS | {TALLY})), st.one_of(damaged(), JSON))
def test_whatever_comes_can_be_kept_and_is_read_or_refused(kind: str, data: object) -> None:
    update = stored("session", 1, kind, data)
    assert update.key
    assert json.loads(json.dumps(update.payload)) == update.payload
    for look in (read, is_worthless):
        try:
            look(update)
        except ORDINARY:
            continue
