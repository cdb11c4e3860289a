"""Filing: who answers what, where that belongs, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.config import CommentRules
from bots.errors import LedgerError
from bots.events import Event, Person, Reacted, Said, Tallied, Unsaid
from bots.ledger import Spot
from bots.privacy import who
from tests.answer_world import (
    ADA,
    AUTHOR,
    BO,
    CY,
    FORUM,
    GROUP,
    NEWS,
    NUMBER,
    SERVER,
    TALK,
    World,
    bold,
    discord,
    forwarded,
    minute,
    telegram,
    world_in,
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        made.filing.take(forwarded("100", "9000"))
        made.filing.take(forwarded("101", "9001"))
        yield made


FILED = {
    # what is said: section and parent it is filed under
    "a reply to a post's copy in the discussion group": (telegram("1", "x", reply_to="9001", thread="9001"), "a", None),
    "a reply to the lead's copy": (telegram("1", "x", reply_to="9000", thread="9000"), "lead", None),
    "under a post whose reply is lost": (telegram("1", "x", thread="9001"), "a", None),
    "under the lead whose reply is lost": (telegram("1", "x", thread="9000"), None, None),
    "a reply to something unknown under a post": (telegram("1", "x", reply_to="7", thread="9001"), "a", "7"),
    "a reply in a group": (telegram("1", "x", chat=GROUP.chat, reply_to="12"), "b", None),
    "a reply in a text channel": (discord("1", "x", reply_to="801"), "a", None),
    "a thread that a reader began on a message": (discord("1", "x", chat="802", thread="802"), "b", None),
    "in an announcement's thread": (discord("1", "x", chat="900", thread="900"), None, None),
    "a reply in an announcement's thread": (discord("1", "x", chat="900", thread="900", reply_to="902"), "b", None),
    "a reply to an announcement": (discord("1", "x", chat=NEWS.chat, reply_to="900"), "lead", None),
    "in a forum's post": (discord("1", "x", chat="950", thread="950"), None, None),
    "a reply to a forum's post itself": (discord("1", "x", chat="950", thread="950", reply_to="950"), "lead", None),
    "a reply in private": (telegram("1", "x", chat="555", reply_to="21", private=True), "a", None),
    "a picture alone": (discord("1", "", reply_to="801", picture=True), "a", None),
    "a reader as a channel": (
        telegram("1", "x", Person("-1009", "Club"), reply_to="9001", anonymous=True),
        "a",
        None,
    ),
}
NOT_FILED = {
    "no answer": telegram("1", "x"),
    "in a channel of the server": discord("1", "x"),
    "an answer to somebody": telegram("1", "x", reply_to="3"),
    "the same id in another chat": telegram("1", "x", chat="-100777", reply_to="101"),
    "the same id on another platform": discord("1", "x", chat=GROUP.chat, reply_to="12"),
    "in a strange thread": discord("1", "x", chat="123", thread="123"),
    "in a strange forum post": discord("1", "x", chat=FORUM.chat, thread=FORUM.chat),
    "a bot": telegram("1", "x", Person("1", "Bot", bot=True), reply_to="9001"),
    "what the platform says": telegram("1", "", reply_to="9001"),
    "a letter's answer": telegram("1", "x", chat="77", reply_to="3", private=True),
}


@pytest.mark.parametrize("case", FILED)
def test_an_answer_belongs_where_it_was_given(world: World, case: str) -> None:
    said, section, parent = FILED[case]
    world.filing.take(said)
    assert world.places() == {"1": (section, parent)}


@pytest.mark.parametrize("case", NOT_FILED)
def test_anything_else_is_no_comment(world: World, case: str) -> None:
    world.filing.take(NOT_FILED[case])
    assert world.comments() == {}
    world.time += timedelta(days=3)
    world.filing.retire(world.time)
    assert world.state()["comments"] == []


def test_only_what_may_still_find_its_place_is_held_back(world: World) -> None:
    for case in ("no answer", "in a channel of the server", "a bot", "what the platform says", "a letter's answer"):
        world.filing.take(NOT_FILED[case])
    assert world.state()["comments"] == []


def test_an_answer_to_a_comment_belongs_where_that_belongs(world: World) -> None:
    world.filing.take(telegram("1", "x", reply_to="9001", thread="9001"))
    world.filing.take(telegram("2", "y", BO, reply_to="1"))
    world.filing.take(telegram("3", "z", CY, reply_to="2"))
    assert world.places() == {"1": ("a", None), "2": ("a", "1"), "3": ("a", "2")}


def test_what_comes_before_we_know_our_own_message_finds_its_place_later(tmp_path: Path) -> None:
    with_nothing = World(tmp_path)
    with_nothing.plan()
    with_nothing.filing.take(forwarded("101", "9001"))
    with_nothing.filing.take(telegram("1", "x", reply_to="9001", thread="9001"))
    with_nothing.filing.take(discord("2", "y", reply_to="801"))
    with_nothing.filing.take(discord("3", "z", reply_to="2"))
    assert with_nothing.comments() == {}
    for place in with_nothing.destinations:
        with_nothing.send(place)
    with_nothing.filing.connect()
    assert with_nothing.places() == {"1": ("a", None), "2": ("a", None), "3": ("a", "2")}
    assert with_nothing.ledger.feedback.delivery_at("telegram", TALK, "9001") is not None
    assert with_nothing.state()["sightings"] == []
    with_nothing.ledger.close()


def test_a_chat_is_known_by_every_name_it_has(world: World) -> None:
    feedback = world.ledger.feedback
    for chat in (NUMBER, "@news", "@NEWS"):
        found = feedback.delivery_at("telegram", chat, "101")
        assert found is not None
        assert (found.destination, found.section) == ("channel", "a")
    assert feedback.delivery_at("telegram", "@other", "101") is None
    feedback.called("telegram", {NUMBER})  # a witness that knows the number alone takes nothing away
    assert feedback.names("telegram", NUMBER) == {NUMBER, "@news"}


def test_an_alias_leads_to_its_delivery(world: World) -> None:
    own = world.ledger.feedback.delivery_at("discord", SERVER.chat, "801")
    assert own is not None
    for _ in range(2):
        world.ledger.feedback.alias("discord", "4711", "9", own.delivery)
    assert world.ledger.feedback.delivery_at("discord", "4711", "9") == own


def test_a_changed_comment_says_what_it_says_now(world: World) -> None:
    said = discord("1", "frist", reply_to="801", marks=(bold(0, 5),), url="https://d/1")
    world.filing.take(said)
    world.filing.take(replace(said, text="first!", marks=(), at=minute(9), edited=True))
    (found,) = world.comments().values()
    assert (found.text, found.marks, found.said_at, found.edited_at) == ("first!", (), minute(1), minute(9))
    assert (found.name, found.url) == ("Ada Lovelace", "https://d/1")


def test_of_a_deleted_comment_only_its_place_is_kept(world: World) -> None:
    world.filing.take(discord("1", "secret", reply_to="801", url="https://d/1"))
    world.filing.take(Unsaid("discord", SERVER.chat, ("1", "999")))
    world.filing.take(discord("1", "secret", reply_to="801", edited=True, at=minute(8)))
    (found,) = world.comments().values()
    assert found.gone_at is not None
    assert (found.section, found.text, found.name, found.who, found.url) == ("a", "", "", "", None)
    assert "secret" not in str(world.state())


def test_with_a_deleted_thread_goes_every_word_in_it_and_no_other(world: World) -> None:
    world.filing.take(discord("1", "inside", chat="950", thread="950"))
    world.filing.take(discord("2", "elsewhere", reply_to="801"))
    world.filing.take(Unsaid("discord", "950", ()))
    assert [one.gone_at for one in world.comments().values()] == [None, None], "nobody said everything"
    world.filing.take(Unsaid("discord", "950", (), everything=True))
    gone, stays = world.comments().values()
    assert (gone.gone_at is not None, gone.text) == (True, "")
    assert (stays.gone_at, stays.text) == (None, "elsewhere")


AUTHORS = {
    "by number": (Person(AUTHOR, "Me"), False, True),
    "as the column's channel": (Person(NUMBER, "News"), True, True),
    "as the group": (Person(TALK, "Talk"), True, False),
    "somebody with the author's number as a chat": (Person(AUTHOR, "Fake"), True, False),
}


@pytest.mark.parametrize("case", AUTHORS)
def test_the_author_is_known_by_number_and_by_channel(world: World, case: str) -> None:
    by, anonymous, expected = AUTHORS[case]
    world.filing.take(telegram("1", "x", by, reply_to="9001", anonymous=anonymous))
    assert world.comments()["1"].by_author is expected


def test_what_the_author_says_once_more_is_no_comment(world: World) -> None:
    me = Person(AUTHOR, "Me")
    world.filing.take(discord("1", "text  of\na", me, reply_to="800"))
    world.filing.take(discord("2", "text of a", ADA, reply_to="800"))
    world.filing.take(discord("3", "indeed", BO, reply_to="1"))
    assert [name for name, one in world.comments().items() if one.visible] == ["2", "3"]


def test_nobody_who_does_not_want_it_is_kept(world: World) -> None:
    world.filing.take(discord("1", "a thought #nobot", reply_to="801"))
    world.filing.take(discord("2", "another", Person("9", "Eve ＃NoBot"), reply_to="801"))
    world.filing.take(discord("3", "#nobots are kept", reply_to="801"))
    world.filing.take(discord("4", "below", BO, reply_to="1"))
    assert [name for name, one in world.comments().items() if one.visible] == ["3", "4"]
    assert "thought" not in str(world.state())
    assert "another" not in str(world.state())


def test_people_are_hashes_by_a_secret_that_lasts(world: World) -> None:
    world.filing.take(discord("1", "x", reply_to="801"))
    world.open()
    world.filing.take(discord("2", "y", reply_to="801"))
    world.filing.take(telegram("3", "z", reply_to="9001"))
    one, two, three = (each.who for each in world.comments().values())
    assert one == two == who(world.ledger.feedback.secret(), "discord", ADA.id)
    assert three != one
    assert len(one) == 64


def test_a_blocked_reader_is_neither_shown_nor_taken_in(world: World) -> None:
    feedback = world.ledger.feedback
    world.filing.take(discord("1", "spam", reply_to="801"))
    number = world.comments()["1"].id
    feedback.block(number)
    feedback.block(number)
    world.filing.take(discord("2", "more spam", reply_to="801"))
    world.filing.take(Reacted("discord", ADA, SERVER.chat, "801", ("👍",)))
    assert not any(one.visible for one in world.comments().values())
    assert "more spam" not in str(world.state())
    assert feedback.tallies("one", {}) == ()
    feedback.unblock(number)
    world.filing.take(discord("3", "sorry", reply_to="801"))
    assert [name for name, one in world.comments().items() if one.visible] == ["1", "3"]


def test_a_hidden_comment_stays_hidden_when_it_changes(world: World) -> None:
    feedback = world.ledger.feedback
    world.filing.take(discord("1", "x", reply_to="801"))
    number = world.comments()["1"].id
    first = feedback.hide(number)
    world.time += timedelta(hours=1)
    assert feedback.hide(number) == first
    world.filing.take(discord("1", "y", reply_to="801", edited=True, at=minute(5)))
    assert not world.comments()["1"].visible
    assert feedback.show(number).visible


def test_an_unknown_number_is_named(world: World) -> None:
    feedback = world.ledger.feedback
    for act in (feedback.hide, feedback.show, feedback.block, feedback.unblock, feedback.comment):
        with pytest.raises(LedgerError, match="no comment 99"):
            act(99)


def test_the_author_can_not_be_blocked(world: World) -> None:
    world.filing.take(discord("1", "x", Person(AUTHOR, "Me"), reply_to="801"))
    with pytest.raises(LedgerError, match="author's own"):
        world.ledger.feedback.block(world.comments()["1"].id)


def test_a_forgotten_reader_stays_forgotten_whatever_comes_in_again(world: World) -> None:
    early = discord("1", "confession", reply_to="801")
    unheard = discord("2", "older confession", reply_to="801")
    world.filing.take(early)
    world.filing.take(Reacted("discord", ADA, SERVER.chat, "801", ("👍",)))
    assert world.filing.forget("discord", ADA.id) == 1
    for said in (early, unheard, replace(early, edited=True, at=minute(7))):
        world.filing.take(said)
    assert "confession" not in str(world.state())
    assert "Lovelace" not in str(world.state())
    assert world.state()["reacted"] == []
    world.time += timedelta(hours=1)
    world.filing.take(discord("3", "a new start", reply_to="801", at=world.time))
    assert [name for name, one in world.comments().items() if one.visible] == ["3"]


def test_old_comments_lose_words_and_writer(tmp_path: Path) -> None:
    with world_in(tmp_path, CommentRules(keep=timedelta(days=30))) as world:
        old = discord("1", "words", reply_to="801")
        world.filing.take(old)
        world.time += timedelta(days=31)
        world.filing.take(discord("2", "fresh", BO, reply_to="1", at=world.time))
        assert world.filing.retire(world.time) == 1
        world.filing.take(old)  # catching up tells it once more
        first, second = world.comments().values()
        assert (first.text, first.name, first.who, first.section, first.visible) == ("", "", "", "a", True)
        assert (second.text, second.parent) == ("fresh", "1")
        with pytest.raises(LedgerError, match="Nothing is kept"):
            world.ledger.feedback.block(first.id)


def test_comments_are_kept_for_ever_if_the_author_says_so(tmp_path: Path) -> None:
    with world_in(tmp_path, CommentRules(keep=None)) as world:
        world.filing.take(discord("1", "words", reply_to="801"))
        world.time += timedelta(days=4000)
        assert world.filing.retire(world.time) == 0
        assert world.comments()["1"].text == "words"


def test_initials_are_all_that_is_kept_of_a_name(tmp_path: Path) -> None:
    with world_in(tmp_path, CommentRules(names="initials")) as world:
        world.filing.take(discord("1", "words", reply_to="801"))
        assert world.comments()["1"].name == "A. L."
        assert "Lovelace" not in str(world.state())


# ------------------------------------------------------------------------------------------------------- reactions


def test_reactions_are_totals_or_the_sum_of_each_readers_own(world: World) -> None:
    for event in (
        Tallied("telegram", NUMBER, "101", {"👍": 5, "🔥": 2}),
        Tallied("telegram", NUMBER, "101", {"👍": 6, "💩": 0}),
        Tallied("telegram", TALK, "9001", {"👍": 4, "❤": 1}),  # the same post once more: never both
        Tallied("telegram", TALK, "8888", {"👍": 99}),  # not ours
        Reacted("telegram", ADA, GROUP.chat, "11", ("👍", "🔥")),
        Reacted("telegram", BO, GROUP.chat, "11", ("👍",)),
        Reacted("telegram", ADA, GROUP.chat, "11", ("👍",)),
        Reacted("telegram", Person("1", "Bot", bot=True), GROUP.chat, "11", ("👍",)),
        Tallied("discord", "900", "901", {"party": 3}),
        Tallied("discord", "950", "950", {"👍": 1}),
    ):
        world.filing.take(event)
    known = {one.name: one for one in world.destinations}
    found = [
        (one.destination, one.section, one.reaction, one.number) for one in world.ledger.feedback.tallies("one", known)
    ]
    assert found == [
        ("channel", "a", "❤", 1),
        ("channel", "a", "👍", 6),
        ("forum", "lead", "👍", 1),
        ("group", "a", "👍", 2),
        ("news", "a", "party", 3),
    ]
    world.time += timedelta(days=3)
    world.filing.retire(world.time)
    assert "8888" not in str(world.state())
    assert len(world.ledger.feedback.tallies("one", known)) == 5


# --------------------------------------------------------------------------------------------- any order, any number


def told() -> list[Event]:
    """What happens around one issue; each message's changes have times of their own."""
    edited = discord("21", "second thought", reply_to="801", edited=True, at=minute(50))
    again = discord("21", "third thought", reply_to="801", edited=True, at=minute(51), marks=(bold(0, 5),))
    withdrawn = discord("28", "not for you #nobot", CY, reply_to="802", edited=True, at=minute(60))
    return [
        forwarded("101", "9001"),
        forwarded("102", "9002"),
        telegram("11", "why?", reply_to="9001", thread="9001"),
        telegram("11", "why not?", reply_to="9001", thread="9001", edited=True, at=minute(40)),
        telegram("12", "because", BO, reply_to="11", thread="9001"),
        telegram("13", "no", CY, reply_to="12"),
        telegram("14", "lost its reply", CY, thread="9002"),
        telegram("15", "chatter", CY),
        telegram("16", "a bot", Person("1", "Bot", bot=True), reply_to="9001"),
        discord("21", "first thought", reply_to="801"),
        edited,
        again,
        discord("22", "answer", BO, reply_to="21"),
        discord("22", "better answer", BO, reply_to="21", edited=True, at=minute(55)),
        Unsaid("discord", SERVER.chat, ("22",)),
        discord("23", "to what was deleted", CY, reply_to="22"),
        discord("24", "in the thread", chat="900", thread="900"),
        discord("25", "to a section", BO, chat="900", thread="900", reply_to="902"),
        discord("26", "to that", CY, chat="900", thread="900", reply_to="25"),
        discord("27", "to that again", CY, chat="900", thread="900", reply_to="26"),
        Unsaid("discord", "900", ("24", "4711")),
        discord("28", "for you", CY, reply_to="802"),
        withdrawn,
        discord("29", "to what was withdrawn", BO, reply_to="28"),
        Tallied("telegram", NUMBER, "101", {"👍": 5}),
        Reacted("discord", ADA, SERVER.chat, "801", ("👍", "🔥")),
    ]


PLACES = {
    "11": ("a", None), "12": ("a", "11"), "13": ("a", "12"), "14": ("b", None),
    "21": ("a", None), "22": ("a", "21"), "23": ("a", "22"),
    "24": (None, None), "25": ("b", None), "26": ("b", "25"), "27": ("b", "26"),
    "28": ("b", None), "29": ("b", "28"),
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("shared")) as made:
        made.filing._secret = "the same in every example"
        yield made


def after(world: World, events: list[Event]) -> dict[str, list[str]]:
    world.forget()
    world.filing._secret = "the same in every example"
    for event in events:
        world.filing.take(event)
    return world.state()


@pytest.fixture(scope="module")
def in_order(shared: World) -> dict[str, list[str]]:
    """What is kept when each event comes once, in its time."""
    found = after(shared, told())
    assert shared.places() == PLACES
    return found


SHUFFLED = st.lists(st.sampled_from(told()), max_size=10).flatmap(lambda more: st.permutations([*told(), *more]))


def comes_to_the_same(shared: World, in_order: dict[str, list[str]], events: list[Event]) -> None:
    assert after(shared, events) == in_order


@settings(max_examples=20, deadline=None)
@given(events=SHUFFLED)
def test_any_order_and_any_repetition_comes_to_the_same(
    shared: World, in_order: dict[str, list[str]], events: list[Event]
) -> None:
    comes_to_the_same(shared, in_order, events)


@pytest.mark.soak
@settings(max_examples=300, deadline=None)
@given(events=SHUFFLED)
def test_hundreds_of_orders_come_to_the_same(
    shared: World, in_order: dict[str, list[str]], events: list[Event]
) -> None:
    comes_to_the_same(shared, in_order, events)


def test_whatever_comes_last_or_first_comes_to_the_same(shared: World, in_order: dict[str, list[str]]) -> None:
    assert after(shared, told()[::-1]) == in_order
    assert after(shared, told() * 2) == in_order


def test_every_database_files_alike(where: str, tmp_path: Path) -> None:
    made = World(tmp_path, where=where)
    made.publish()
    first = after(made, told())
    assert made.places() == PLACES
    assert after(made, told()[::-1]) == first
    known = {one.name: one for one in made.destinations}
    assert [one.number for one in made.ledger.feedback.tallies("one", known)] == [5, 1, 1]
    made.ledger.feedback.block(made.comments()["11"].id)
    made.filing.forget("discord", BO.id)
    made.filing.retire(made.time + timedelta(days=400))
    assert not any(one.text for one in made.comments().values())
    assert "Ada" not in str(made.state())
    made.ledger.close()


def test_a_death_while_filing_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    class Died(BaseException): ...

    with world_in(tmp_path) as world:

        def die(name: str) -> None:
            if name == "comment.during":
                raise Died

        access = world.ledger.feedback._access
        world.ledger.feedback._access = replace(access, point=die)
        said: Said = discord("1", "x", reply_to="801")
        with pytest.raises(Died):
            world.filing.take(said)
        assert world.state()["comments"] == []
        world.ledger.feedback._access = access
        world.filing.take(said)
        assert world.places() == {"1": ("a", None)}


def test_one_spot_is_one_comment(world: World) -> None:
    for _ in range(3):
        world.filing.take(discord("1", "x", reply_to="801"))
    (found,) = world.ledger.feedback.by("discord", world.filing.who("discord", ADA.id))
    assert found.spot == Spot("discord", SERVER.chat, "1")
