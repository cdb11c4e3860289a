"""A send that was taken and whose answer was lost: what finds it, what must not, and that no look changes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bots.errors import InDoubt, TryLater
from bots.model import Message
from bots.platforms.base import EARLY
from bots.platforms.telegram.evidence import MISSES, MOST
from bots.rehearsal.faults import Fault
from bots.rehearsal.telegram import People, Standing
from tests.telegram_calls import album, document, photo, text
from tests.telegram_scene import EDITOR, Scene, scene

FIRST = text("First")
LINKED = [{"type": "text_link", "offset": 0, "length": 5, "url": "https://Example.org"}]
MESSAGES = {
    "text": text("Words and links", entities=LINKED),
    "photo": photo("A picture", "a"),
    "document": document("A file", "a"),
    "album": album("Two pictures", "a", "b"),
}
RUNGS: dict[str, tuple[bool, bool, Callable[[Scene], None]]] = {
    # an author's chat, the right to edit others' posts, and what makes only this rung hold
    "witness": (False, True, Scene.witness),
    "profile": (True, True, lambda made: set_on(made, personal=True, protected=True)),
    "copy": (True, True, lambda made: None),
    "edit": (False, False, lambda made: None),
    "nothing": (False, True, lambda made: None),
}
EVERYWHERE, CHANNELS = ("channel", "supergroup", "topic", "private", "basic group"), ("channel",)
REACH = {
    "witness": (CHANNELS, tuple(MESSAGES)),
    "profile": (CHANNELS, tuple(MESSAGES)),
    "copy": (EVERYWHERE, tuple(MESSAGES)),
    "edit": (CHANNELS, ("text", "photo", "document")),
    "nothing": ((), ()),
}
"""Where each rung settles what: a witness and a profile show channels, an edit proves no album (telegram.md 7.3)."""


def set_on(made: Scene, *, personal: bool = False, protected: bool = False) -> None:
    made.author.personal = made.chat.id if personal else None
    made.chat.protected = protected


CASES = [
    pytest.param(rung, kind, what, kind in kinds and what in messages, id=f"{rung}, {kind}, {what}")
    for rung, (kinds, messages) in REACH.items()
    for kind in EVERYWHERE
    for what in MESSAGES
    # Where a rung reaches no message of a kind of chat, one is enough to see it.
    if kind in kinds or what == "text"
]


@pytest.mark.parametrize(("rung", "kind", "what", "settles"), CASES)
async def test_each_rung_alone(rung: str, kind: str, what: str, settles: bool) -> None:
    author, rights, prepare = RUNGS[rung]
    async with scene(kind, first=FIRST, author=author, rights=rights) as made:
        made.theirs("Before")
        arrived = await made.lost(MESSAGES[what])
        made.theirs("After")
        prepare(made)
        if settles:
            assert await made.settle(MESSAGES[what]) == tuple(str(one.id) for one in arrived)
        else:
            with pytest.raises(InDoubt, match="Look at the end of the chat"):
                await made.settle(MESSAGES[what])


HEARD = {Fault.TAKEN_SLOWLY, Fault.TAKEN_WRONG_TYPE}
"""What the client understands all the same."""


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.carried_out and fault not in HEARD])
async def test_whatever_the_network_did_to_the_answer(fault: Fault) -> None:
    async with scene(author=True, first=FIRST) as made:
        (arrived,) = await made.lost(MESSAGES["text"], fault)
        assert await made.settle(MESSAGES["text"]) == (str(arrived.id),)


LADDERS = [rung for rung in RUNGS if rung != "nothing"]


@pytest.mark.parametrize("what", MESSAGES)
@pytest.mark.parametrize("rung", LADDERS)
async def test_what_never_arrived_stays_in_doubt(rung: str, what: str) -> None:
    author, rights, prepare = RUNGS[rung]
    async with scene(first=FIRST, author=author, rights=rights) as made:
        await made.lost(MESSAGES[what], Fault.CLOSED_UNREAD)
        made.theirs("After")
        prepare(made)
        with pytest.raises(InDoubt):
            await made.settle(MESSAGES[what])


@pytest.mark.parametrize("rung", LADDERS)
async def test_known_messages_with_the_same_words_are_passed_by(rung: str) -> None:
    author, rights, prepare = RUNGS[rung]
    async with scene(first=MESSAGES["text"], author=author, rights=rights) as made:
        await made.ours(MESSAGES["text"], "another")
        (arrived,) = await made.lost(MESSAGES["text"])
        await made.ours(text("Later words"), "later")
        prepare(made)
        assert await made.settle(MESSAGES["text"]) == (str(arrived.id),)


WORDS = text("The same words")


async def test_of_two_alike_the_one_that_is_ours_is_told_by_an_edit_that_changes_nothing() -> None:
    async with scene(author=True, rights=False, first=FIRST) as made:
        made.theirs("The same words")
        (arrived,) = await made.lost(WORDS)
        assert await made.settle(WORDS) == (str(arrived.id),)


async def test_of_two_alike_none_is_taken_where_an_edit_could_change_others() -> None:
    async with scene(author=True, first=FIRST) as made:
        made.theirs("The same words")
        await made.lost(WORDS)
        with pytest.raises(InDoubt):
            await made.settle(WORDS)


@pytest.mark.parametrize("kind", ["supergroup", "topic", "private", "basic group"])
async def test_the_same_words_of_a_person_are_not_ours(kind: str) -> None:
    async with scene(kind, author=True, first=FIRST) as made:
        await made.lost(WORDS, Fault.CLOSED_UNREAD)
        made.theirs("The same words")
        with pytest.raises(InDoubt):
            await made.settle(WORDS)


@pytest.mark.parametrize("rights", [True, False], ids=["may edit others' posts", "edits only its own"])
async def test_a_picture_without_words_is_ours_only_by_proof(rights: bool) -> None:
    bare = Message("section", 1, "sendPhoto", {"photo": "attach://1.png"}, "", photo("", "a").files)
    async with scene(author=True, rights=rights, first=FIRST) as made:
        (arrived,) = await made.lost(bare)
        if rights:
            with pytest.raises(InDoubt):
                await made.settle(bare)
        else:
            assert await made.settle(bare) == (str(arrived.id),)


async def test_a_picture_without_words_is_ours_in_a_group_because_we_wrote_it() -> None:
    bare = Message("section", 1, "sendPhoto", {"photo": "attach://1.png"}, "", photo("", "a").files)
    async with scene("supergroup", author=True, first=FIRST) as made:
        (arrived,) = await made.lost(bare)
        assert await made.settle(bare) == (str(arrived.id),)


async def test_an_album_of_which_a_part_is_there_stays_in_doubt() -> None:
    async with scene(author=True, rights=False, first=FIRST) as made:
        arrived = await made.lost(MESSAGES["album"])
        made.chat.remove(arrived[1])
        with pytest.raises(InDoubt):
            await made.settle(MESSAGES["album"])


async def test_nothing_is_edited_while_another_message_of_ours_may_be_there_unrecorded() -> None:
    async with scene(rights=False, first=FIRST) as made:
        await made.lost(text("Another one of ours"))
        made.attempt = replace(made.attempt, alone=False)
        with pytest.raises(InDoubt):
            await made.settle(MESSAGES["text"])
        assert "editMessageText" not in made.faults.calls


async def test_of_two_of_ours_alike_none_is_edited_to_find_out() -> None:
    async with scene(author=True, rights=False, first=FIRST) as made:
        made.author.personal = made.chat.id
        await made.ours(WORDS, "unrecorded")
        made.attempt = replace(made.attempt, known=frozenset(), alone=False)
        await made.lost(WORDS)
        with pytest.raises(InDoubt):
            await made.settle(WORDS)
        assert "editMessageText" not in made.faults.calls


async def test_nothing_is_edited_where_the_bot_may_edit_others_posts() -> None:
    async with scene(rights=True, first=FIRST) as made:
        made.theirs("Somebody's words")
        with pytest.raises(InDoubt):
            await made.settle(MESSAGES["text"])
        assert "editMessageText" not in made.faults.calls


@pytest.mark.parametrize("gap", [MISSES - 1, MISSES], ids=["a small gap", "a large gap"])
async def test_a_gap_in_the_ids_is_crossed_up_to_a_point(gap: int) -> None:
    async with scene(author=True, first=FIRST) as made:
        made.chat.last_id += gap
        (arrived,) = await made.lost(WORDS)
        if gap < MISSES:
            assert await made.settle(WORDS) == (str(arrived.id),)
        else:
            with pytest.raises(InDoubt):
                await made.settle(WORDS)


async def test_a_chat_where_much_is_said_is_left_to_the_author() -> None:
    async with scene("supergroup", author=True, first=FIRST) as made:
        for number in range(MOST + 1):
            made.theirs(f"Chatter {number}")
        await made.lost(WORDS)
        with pytest.raises(InDoubt):
            await made.settle(WORDS)
        assert "forwardMessage" not in made.faults.calls


@pytest.mark.parametrize("kind", ["channel", "supergroup"])
async def test_the_very_first_message_of_a_young_chat(kind: str) -> None:
    async with scene(kind, author=True) as made:
        made.theirs("Welcome")
        (arrived,) = await made.lost(WORDS)
        assert await made.settle(WORDS) == (str(arrived.id),)


async def test_an_older_post_with_the_same_words_is_not_the_one() -> None:
    """A ledger that was lost must not take what stands in the channel for what it just sent."""
    async with scene(author=True, rights=False) as made:
        await made.ours(WORDS)
        made.chat.messages[:] = [replace(one, date=one.date - timedelta(hours=1)) for one in made.chat.messages]
        made.attempt = replace(made.attempt, known=frozenset())
        await made.lost(WORDS, Fault.CLOSED_UNREAD)
        with pytest.raises(InDoubt):
            await made.settle(WORDS)


async def test_nothing_is_concluded_before_the_server_had_its_time() -> None:
    async with scene(author=True, first=FIRST) as made:
        (arrived,) = await made.lost(WORDS)
        made.attempt = replace(made.attempt, since=made.clock.now() + timedelta(hours=1))  # a clock that was set back
        with pytest.raises(TryLater) as raised:
            await made.settle(WORDS)
        assert raised.value.code == EARLY
        assert 0 < raised.value.after <= 30
        assert "setMessageReaction" not in made.faults.calls
        await made.clock.sleep(raised.value.after)
        assert await made.settle(WORDS) == (str(arrived.id),)


async def test_a_second_attempt_is_given_its_own_time() -> None:
    async with scene(author=True, first=FIRST) as made:
        await made.lost(WORDS, Fault.CLOSED_UNREAD)
        with pytest.raises(InDoubt):
            await made.settle(WORDS)
        await made.clock.sleep(30)
        made.attempt = replace(made.attempt, since=made.clock.now())
        with pytest.raises(TryLater):
            await made.settle(WORDS)


async def test_what_a_witness_saw_counts_at_once() -> None:
    async with scene(first=FIRST) as made:
        (arrived,) = await made.lost(WORDS)
        made.attempt = replace(made.attempt, since=made.clock.now())
        made.witness()
        assert await made.settle(WORDS) == (str(arrived.id),)


async def test_a_witness_that_saw_half_an_album_proves_nothing_yet() -> None:
    async with scene(first=FIRST) as made:
        arrived = await made.lost(MESSAGES["album"])
        made.witness()
        everything = made.attempt
        made.attempt = replace(everything, sightings=everything.sightings[:1])
        with pytest.raises(InDoubt):
            await made.settle(MESSAGES["album"])
        made.attempt = everything
        assert await made.settle(MESSAGES["album"]) == tuple(str(one.id) for one in arrived)


async def test_an_author_who_blocks_the_bot_leaves_the_proof_by_edit() -> None:
    async with scene(author=True, rights=False, first=FIRST) as made:
        made.author.standing = Standing.BLOCKED
        made.theirs("Somebody's words")
        (arrived,) = await made.lost(WORDS)
        assert await made.settle(WORDS) == (str(arrived.id),)


async def test_a_look_whose_answer_is_lost_is_tried_again() -> None:
    async with scene(author=True, first=FIRST) as made:
        (arrived,) = await made.lost(WORDS)
        made.faults.at(1, Fault.CLOSED_UNREAD, "setMessageReaction")
        with pytest.raises(TryLater):
            await made.settle(WORDS)
        assert await made.settle(WORDS) == (str(arrived.id),)


async def test_a_rate_limit_during_the_look_names_its_seconds() -> None:
    async with scene(author=True, first=FIRST) as made:
        await made.lost(WORDS)
        made.faults.at(1, Fault.RATE_SHORT, "forwardMessage")
        with pytest.raises(TryLater) as raised:
            await made.settle(WORDS)
        assert raised.value.after == 1


async def test_a_server_without_the_newer_call_is_no_wrong_token() -> None:
    async with scene(author=True, first=FIRST) as made:
        (arrived,) = await made.lost(WORDS)
        made.faults.at(1, Fault.REFUSED, "getUserPersonalChatMessages")
        assert await made.settle(WORDS) == (str(arrived.id),)


async def test_what_we_wrote_earlier_and_somebody_forwarded_is_not_the_message() -> None:
    async with scene("supergroup", author=True, first=WORDS) as made:
        made.chat.messages[:] = [replace(one, date=one.date - timedelta(days=7)) for one in made.chat.messages]
        await made.lost(WORDS, Fault.CLOSED_UNREAD)
        (ours,) = made.chat.messages
        People(made.server).forward(made.chat, ours.id, EDITOR, made.chat.id)
        with pytest.raises(InDoubt):
            await made.settle(WORDS)


async def test_a_message_sent_again_makes_no_phone_ring() -> None:
    async with scene(first=FIRST) as made:
        made.attempt = replace(made.attempt, repeated=True)
        await made.ours(WORDS, "again")
        assert [one.silent for one in made.chat.messages] == [False, True]
