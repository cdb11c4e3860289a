"""What Telegram's updates mean, as the local Telegram makes them: readers' words, commands, presses, reactions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.events import Asked, Event, Left, Mark, Moved, Press, Reacted, Said, Seen, Sought, Tallied
from bots.ledger import Update
from bots.platforms.telegram.people import Own
from bots.platforms.telegram.refs import Ref
from bots.platforms.telegram.updates import KINDS, read, stored
from bots.rehearsal.telegram import Chat, ChatKind, People, Telegram, User
from bots.rehearsal.telegram.values import Entity
from tests.telegram_readers import BASIC, CHANNEL, GROUP, OTHER, OWN_CHANNEL, READER, TALK, done, post, stage
from tests.telegram_world import TOKEN, HandClock, picture

OWN = Own(TOKEN.split(":", 1)[0], "weektech_bot")
FORUM = -1001000000009


class Place:
    """The readers' stage, and what the bot understands of it."""

    def __init__(self, **bot: Any) -> None:
        self.clock = HandClock()
        self.world: Telegram = stage(self.clock, **bot)
        self.people = People(self.world)

    def events(self) -> list[Event]:
        """What came since the last time."""
        raw = done(self.world, "getUpdates")
        if raw:
            done(self.world, "getUpdates", offset=raw[-1]["update_id"] + 1)
        return [event for one in raw for event in read(stored(one, OWN))]

    def only(self) -> Any:
        (event,) = self.events()
        return event

    def deaf(self) -> None:
        """Forget what came so far."""
        self.events()


@pytest.fixture
def here() -> Place:
    return Place(reads_groups=True, inline=True)


# Words


def test_a_comment_knows_its_post_its_thread_and_its_address(here: Place) -> None:
    number = post(here.world)
    seen = here.only()
    said = here.people.comment(CHANNEL, number, READER, "well said")
    found = here.only()
    assert isinstance(seen, Seen)
    assert (seen.chats, seen.message_id, seen.where) == ((str(CHANNEL), "@column"), str(number), str(TALK))
    assert found == Said(
        platform="telegram",
        by=found.by,
        chat=str(TALK),
        message_id=str(said.id),
        text="well said",
        at=here.clock.now(),
        reply_to=seen.message_there,
        thread=seen.message_there,
        url=f"https://t.me/column/{number}?comment={said.id}",
    )
    assert (found.by.id, found.by.name, found.by.bot) == ("21", "Reader", False)


def test_an_answer_to_a_comment_is_in_the_same_thread(here: Place) -> None:
    number = post(here.world)
    first = here.people.comment(CHANNEL, number, READER, "first")
    root = here.people.copy(CHANNEL, number).id
    here.deaf()
    second = here.people.say(TALK, OTHER, "second", reply_to=first.id)
    found = here.only()
    assert (found.reply_to, found.thread) == (str(first.id), str(root))
    assert found.url == f"https://t.me/c/{str(TALK).removeprefix('-100')}/{second.id}?thread={root}"


def test_a_private_channel_has_addresses_for_its_members(here: Place) -> None:
    here.world.chats[CHANNEL].username = ""
    number = post(here.world)
    here.deaf()
    said = here.people.comment(CHANNEL, number, READER, "hm")
    assert here.only().url == f"https://t.me/c/{str(CHANNEL).removeprefix('-100')}/{number}?comment={said.id}"


WHERE: list[tuple[str, int, str | None, bool]] = [
    ("a supergroup", GROUP, f"https://t.me/c/{str(GROUP).removeprefix('-100')}/1", False),
    ("a basic group has no addresses", BASIC, None, False),
    ("a private chat", READER.id, None, True),
]


@pytest.mark.parametrize(("chat", "url", "private"), [row[1:] for row in WHERE], ids=[row[0] for row in WHERE])
def test_where_something_is_said(here: Place, chat: int, url: str | None, private: bool) -> None:
    here.people.say(chat, READER, "hello")
    found = here.only()
    assert (found.chat, found.url, found.private, found.thread, found.reply_to) == (str(chat), url, private, None, None)


def test_in_a_topic_a_message_that_answers_nothing_answers_nothing(here: Place) -> None:
    here.world.chats[FORUM] = Chat(FORUM, ChatKind.SUPERGROUP, "Forum", "forum", forum=True)
    topic = here.people.open_topic(FORUM, "News").id
    here.deaf()
    here.people.say(FORUM, READER, "hello", thread=topic)
    raw = done(here.world, "getUpdates")[0]
    found = here.only()
    # The real server refers to the message that tells of the topic's making.
    raw["message"]["reply_to_message"] = {**raw["message"], "message_id": topic}
    (same,) = read(stored(raw, OWN))
    assert found == same
    assert (found.thread, found.reply_to) == (str(topic), None)
    assert found.url == f"https://t.me/forum/{topic}/{found.message_id}"


def test_formatting_is_counted_in_characters(here: Place) -> None:
    kinds = ["bold", "italic", "underline", "strikethrough", "spoiler", "code"]
    text = "😀𠀀 " + " ".join("xx" for _ in kinds) + " 😀 tail"
    places = [6 + 3 * number - 1 for number, _ in enumerate(kinds)]
    entities = [Entity(kind, place, 2) for kind, place in zip(kinds, places, strict=True)]
    entities.append(Entity("text_link", places[-1] + 6, 4, url="https://example.com/a"))
    here.people.say(GROUP, READER, text, entities=entities)
    found = here.only()
    assert {mark.kind: found.text[mark.start : mark.start + mark.length] for mark in found.marks} == {
        "bold": "xx",
        "italic": "xx",
        "underline": "xx",
        "strike": "xx",
        "spoiler": "xx",
        "code": "xx",
        "link": "tail",
    }
    assert found.marks[-1] == Mark("link", len(text) - 4, 4, "https://example.com/a")


LINKS: list[tuple[str, str, str]] = [
    ("with its scheme", "see https://example.com/b here", "https://example.com/b"),
    ("without one", "see example.com here", "http://example.com"),
]


@pytest.mark.parametrize(("text", "href"), [row[1:] for row in LINKS], ids=[row[0] for row in LINKS])
def test_an_address_in_the_text_is_a_link(here: Place, text: str, href: str) -> None:
    here.people.say(GROUP, READER, text)
    (mark,) = here.only().marks
    assert (mark.kind, mark.href) == ("link", href)


def test_a_caption_is_what_is_said(here: Place) -> None:
    here.people.show(GROUP, READER, picture(), "look: https://example.com/")
    found = here.only()
    assert (found.text, found.picture, [mark.kind for mark in found.marks]) == (
        "look: https://example.com/",
        True,
        ["link"],
    )
    here.people.show(GROUP, READER, picture())
    bare = here.only()
    assert (bare.text, bare.picture) == ("", True)


def test_a_change_is_told_with_its_time(here: Place) -> None:
    said = here.people.say(GROUP, READER, "teh")
    here.clock.seconds = 60
    here.people.edit(GROUP, said.id, "the")
    first, second = here.events()
    assert isinstance(first, Said)
    assert isinstance(second, Said)
    assert (first.text, first.edited, second.text, second.edited) == ("teh", False, "the", True)
    assert (second.at - first.at).total_seconds() == 60


def test_a_chat_that_somebody_speaks_as_is_the_author(here: Place) -> None:
    number = post(here.world)
    here.deaf()
    here.people.say(TALK, READER, "from the team", as_chat=TALK)
    here.people.comment(CHANNEL, number, READER, "from a channel", as_chat=OWN_CHANNEL)
    team, channel = here.events()
    assert isinstance(team, Said)
    assert isinstance(channel, Said)
    assert (team.by.id, team.by.name, team.by.bot, team.anonymous) == (str(TALK), "Talk", False, True)
    assert (channel.by.id, channel.by.name, channel.anonymous) == (str(OWN_CHANNEL), "A reader's own", True)


def test_a_forward_names_its_post(here: Place) -> None:
    number = post(here.world)
    here.deaf()
    here.people.forward(here.world.chats[CHANNEL], number, READER, READER.id)
    assert here.only().forwarded == (str(CHANNEL), str(number))
    mine = here.people.say(READER.id, READER, "mine")
    here.deaf()
    here.people.forward(here.world.chats[READER.id], mine.id, READER, READER.id)
    assert here.only().forwarded is None


def _words_of_a_bot(here: Place) -> None:
    here.people.say(GROUP, User(99, "Robot", "robot", is_bot=True), "beep")


def _shared(here: Place) -> None:
    asked = here.people.inline(READER, "x")
    content = {"message_text": "ours"}
    results = [{"type": "article", "id": "1", "title": "t", "input_message_content": content}]
    done(here.world, "answerInlineQuery", inline_query_id=asked.id, results=results)
    here.deaf()
    here.people.choose(asked, "1", GROUP)


def _edited_post(here: Place) -> None:
    number = post(here.world)
    here.deaf()
    done(here.world, "editMessageText", chat_id=CHANNEL, message_id=number, text="better")


def _edited_command(here: Place) -> None:
    said = here.people.say(GROUP, READER, "/latest@weektech_bot")
    here.deaf()
    here.people.edit(GROUP, said.id, "/latest@weektech_bot again")


NOTHING: list[tuple[str, Callable[[Place], object]]] = [
    ("another bot's words", _words_of_a_bot),
    ("our words, shared by somebody", _shared),
    ("a post of the channel's own", lambda here: here.people.say(OWN_CHANNEL, READER, "not ours")),
    ("a corrected post in its group", _edited_post),
    ("a command that is edited", _edited_command),
    ("a command for another bot", lambda here: here.people.say(GROUP, READER, "/latest@other_bot")),
    ("a command for another bot, in private", lambda here: here.people.say(READER.id, READER, "/latest@other_bot")),
    ("something that happened", lambda here: here.people.open_topic(_forum(here), "News")),
    ("the bot's own standing in a group", lambda here: here.people.admit(GROUP, READER)),
]


def _forum(here: Place) -> int:
    here.world.chats[FORUM] = Chat(FORUM, ChatKind.SUPERGROUP, "Forum", forum=True)
    return FORUM


@pytest.mark.parametrize("act", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_what_means_nothing(here: Place, act: Callable[[Place], object]) -> None:
    act(here)
    assert here.events() == []


# Commands

COMMANDS: list[tuple[str, str, tuple[str, str] | None]] = [
    ("alone", "/latest", ("latest", "")),
    ("with words", "/search  a b ", ("search", "a b")),
    ("of several lines", "/search a\nb", ("search", "a\nb")),
    ("by name", "/latest@weektech_bot x", ("latest", "x")),
    ("by its name in other letters", "/Latest@WeekTech_Bot", ("latest", "")),
    ("a deep link", "/start issue-12", ("start", "issue-12")),
    ("not at the start", "do /latest", None),
    ("no command", "latest", None),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
def test_commands_in_private(here: Place, text: str, wanted: tuple[str, str] | None) -> None:
    said = here.people.say(READER.id, READER, text)
    found = here.only()
    if wanted is None:
        assert isinstance(found, Said)
        return
    assert isinstance(found, Asked)
    assert (found.command, found.words) == wanted
    assert (found.chat, found.private, found.language, found.message_id) == ("21", True, "zh", str(said.id))
    assert Ref.parse(found.ref) == Ref(chat="private")


GROUPS: list[tuple[str, str, bool, bool]] = [
    ("by name", "/latest@weektech_bot", False, True),
    ("unnamed", "/latest", False, False),
    ("unnamed, as an answer to the bot", "/latest", True, True),
    ("a path is a comment", "/usr/bin is gone", False, False),
]


@pytest.mark.parametrize(("text", "answering", "asked"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS])
def test_commands_in_groups(here: Place, text: str, answering: bool, asked: bool) -> None:
    number = post(here.world, GROUP)
    here.people.say(GROUP, READER, text, reply_to=number if answering else 0)
    found = here.only()
    assert isinstance(found, Asked if asked else Said)
    assert found.reply_to == (str(number) if answering else None)


def test_a_command_in_a_topic_remembers_it(here: Place) -> None:
    topic = here.people.open_topic(_forum(here), "News").id
    here.deaf()
    here.people.say(FORUM, READER, "/latest@weektech_bot", thread=topic)
    found = here.only()
    assert (found.thread, Ref.parse(found.ref)) == (str(topic), Ref(chat="supergroup", topic=str(topic)))


def test_a_forwarded_command_commands_nothing(here: Place) -> None:
    said = here.people.say(READER.id, READER, "/latest")
    here.deaf()
    here.people.forward(here.world.chats[READER.id], said.id, READER, READER.id)
    assert isinstance(here.only(), Said)


def test_who_does_not_know_its_own_name_hears_no_command_in_a_group(here: Place) -> None:
    here.people.say(GROUP, READER, "/latest@weektech_bot")
    (raw,) = done(here.world, "getUpdates")
    assert read(Update("1", "message", raw)) == ()


# Presses

KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go:1"}]]}
PRESSED: list[tuple[str, int, bool, bool]] = [
    ("below a post", CHANNEL, False, False),
    ("below what stands by itself in a group", GROUP, False, False),
    ("below an answer in a group", GROUP, True, True),
    ("in private", READER.id, False, True),
]


@pytest.mark.parametrize(("chat", "answer", "ours"), [row[1:] for row in PRESSED], ids=[row[0] for row in PRESSED])
def test_a_press_says_where_it_is_answered(here: Place, chat: int, answer: bool, ours: bool) -> None:
    asked = here.people.say(chat, READER, "hi") if chat != CHANNEL else None
    reply: dict[str, Any] = {"reply_parameters": {"message_id": asked.id}} if answer and asked else {}
    number = post(here.world, chat, reply_markup=KEYBOARD, **reply)
    here.deaf()
    pressed = here.people.press(chat, number, READER, "Go")
    found = here.only()
    assert found == Press(
        platform="telegram",
        by=found.by,
        chat=str(chat),
        message_id=str(number),
        data="go:1",
        ref=found.ref,
        private=chat == READER.id,
        language="zh",
    )
    assert found.by.id == "21"
    ref = Ref.parse(found.ref)
    assert (ref.query, ref.chat, ref.ours) == (pressed.id, str(here.world.chats[chat].kind), ours)


def test_a_reference_is_read_as_it_was_written() -> None:
    for ref in (Ref(), Ref("12"), Ref("12", "supergroup", "7", True), Ref(chat="private")):
        assert Ref.parse(str(ref)) == ref
    assert Ref.parse("12") == Ref("12")


# Reactions, and the rest


def test_reactions_are_named(here: Place) -> None:
    said = here.people.say(TALK, OTHER, "hello")
    here.deaf()
    here.people.react(TALK, said.id, READER, ["👍", "5368324170671202286", "⭐"])
    found = here.only()
    assert isinstance(found, Reacted)
    assert (found.chat, found.message_id, found.by.id) == (str(TALK), str(said.id), "21")
    assert found.reactions == ("👍", "custom_emoji:5368324170671202286", "paid")
    here.people.react(TALK, said.id, READER, [])
    assert here.only().reactions == ()
    here.people.react(TALK, said.id, READER, ["👍"], as_chat=OWN_CHANNEL)
    assert here.only().by.name == "A reader's own"


def test_totals_are_told_as_they_are(here: Place) -> None:
    number = post(here.world)
    here.deaf()
    for user, chosen in ((READER, ["👍", "⭐"]), (OTHER, ["👍"])):
        here.people.react(CHANNEL, number, user, chosen)
    here.clock.seconds = 60
    found = here.only()
    assert found == Tallied("telegram", str(CHANNEL), str(number), {"👍": 2, "paid": 1})


def test_a_reader_who_goes_and_comes_back(here: Place) -> None:
    here.people.start(READER)
    here.deaf()
    here.people.block(READER)
    here.people.unblock(READER)
    gone, back = here.events()
    assert isinstance(gone, Left)
    assert isinstance(back, Left)
    assert (gone.by.id, gone.chat, gone.gone, back.gone) == ("21", "21", True, False)


def test_somebody_looks_for_something(here: Place) -> None:
    asked = here.people.inline(READER, "weekly one")
    found = here.only()
    assert found == Sought("telegram", found.by, "weekly one", asked.id, "zh")


def test_a_group_that_moves_says_so_on_both_sides(here: Place) -> None:
    new = here.people.upgrade(BASIC)
    assert set(here.events()) == {Moved("telegram", str(BASIC), str(new.id))}
    raw = {"update_id": 1, "message": {"chat": {"id": new.id, "type": "supergroup"}, "migrate_from_chat_id": BASIC}}
    assert read(stored(raw, OWN)) == (Moved("telegram", str(BASIC), str(new.id)),)


# Whatever else comes

BROKEN: list[tuple[str, Any]] = [
    ("no chat", {"message_id": 1, "date": 1}),
    ("no date", {"message_id": 1, "chat": {"id": 1, "type": "private"}, "from": {"id": 1}, "text": "x"}),
    ("not an object", []),
    ("a mark beyond the text", {"entities": [{"type": "bold", "offset": 1, "length": 9}]}),
    ("a mark inside a character", {"text": "😀", "entities": [{"type": "bold", "offset": 1, "length": 1}]}),
]
WHOLE = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "from": {"id": 1}, "text": "x"}


@pytest.mark.parametrize("message", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_is_not_as_it_should_be_is_refused(message: Any) -> None:
    if isinstance(message, dict) and "entities" in message:
        message = WHOLE | message
    with pytest.raises((KeyError, TypeError, AttributeError)):
        read(Update("1", "message", {"message": message}))


def test_a_kind_nobody_asked_about_is_nothing() -> None:
    assert read(stored({"update_id": 1, "shipping_query": {"id": "1"}}, OWN)) == ()


ORDINARY = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats()
FIELDS = st.sampled_from(
    ["chat", "id", "type", "message_id", "from", "date", "text", "entities", "offset", "length", "user", "status"]
) | st.sampled_from(
    ["reply_to_message", "forward_origin", "is_automatic_forward", "sender_chat", "reactions", "new_reaction", "data"]
)
JSON = st.recursive(
    SCALARS | st.sampled_from(["private", "supergroup", "channel", "bot_command", "/a", "emoji"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=8),
    max_leaves=20,
)


@given(st.sampled_from(KINDS), JSON)
def test_any_json_means_something_or_is_refused(kind: str, content: Any) -> None:
    with suppress(*ORDINARY):  # the update is marked and passed over
        assert all(event.platform == "telegram" for event in read(stored({"update_id": 1, kind: content}, OWN)))


@given(JSON)
def test_a_message_with_anything_in_it(more: Any) -> None:
    content = {**WHOLE, **more} if isinstance(more, dict) else {**WHOLE, "reply_to_message": more}
    with suppress(*ORDINARY):
        read(stored({"update_id": 1, "message": content}, OWN))
