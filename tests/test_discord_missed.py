"""What happened on Discord while nobody listened, found out afterwards, over sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bots.clock import SystemClock
from bots.errors import TryLater
from bots.events import Event, Said, Tallied, Unsaid
from bots.model import Destination, Kind
from bots.platforms.base import Place
from bots.platforms.discord import reading
from bots.platforms.discord.events import read
from bots.platforms.listening import Known
from bots.rehearsal.discord.forms import Form
from bots.rehearsal.discord.model import Channel, Message, Permission
from bots.rehearsal.discord.thread_forms import USUAL, ThreadForm
from bots.rehearsal.discord.threads import start_from, start_post
from bots.rehearsal.faults import Fault
from tests.discord_listening import Audience, audience
from tests.discord_world import until

Remarks = Mapping[tuple[str, str], datetime | None]


def known(there: Audience, *ours: Message, remarks: Remarks | None = None, **more: object) -> Known:
    place = Destination("here", "discord", Kind.TEXT, str(there.channel.id))
    made = Known(
        since=datetime.now(UTC) - timedelta(days=30),
        cursor=None,
        chats=(str(there.channel.id),),
        ours=tuple(
            (place, Place((str(one.id),), None if one.channel == there.channel.id else str(one.channel)))
            for one in ours
        ),
        remarks=remarks or {},
    )
    return replace(made, **more)  # type: ignore[arg-type] # fields of the class by their names


def remark(message: Message) -> tuple[str, str]:
    return str(message.channel), str(message.id)


async def caught_up(there: Audience, known: Known) -> tuple[list[Event], list[str], str | None]:
    """Events, keys and the cursor at the end."""
    async with there.listener(clock=SystemClock(1000)) as listener:
        batches = [batch async for batch in listener.catch_up(known)]
    updates = [update for batch in batches for update in batch.updates]
    assert all(batch.cursor is None for batch in batches[:-1])
    return [event for one in updates for event in read(one)], [one.key for one in updates], batches[-1].cursor


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Said)]


def thread(there: Audience, head: Message) -> Channel:
    """The bot's own thread on a message of its own."""
    state = there.discord.state
    return start_from(state, head, ThreadForm("issue", USUAL, owner=state.bot.id))


async def test_five_hundred_things_that_happened_are_all_found_once() -> None:
    async with audience() as there:
        people, state = there.people, there.discord.state
        heads = [there.post(f"issue {n}") for n in range(5)]
        rooms = [there.channel.id, *(thread(there, head).id for head in heads)]
        before = [people.say(rooms[n % 6], there.reader, f"old {n}") for n in range(120)]
        cursor = str(before[-1].id)
        remarks: Remarks = {remark(one): None for one in before}

        edited, deleted = before[:60], before[60:110]
        for one in edited:
            people.edit(one, one.content.replace("old", "changed"))
        for one in deleted:
            people.delete(one)
        new = [people.say(rooms[n % 6], there.reader, f"new {n}") for n in range(180)]
        for one in new[:20]:
            people.delete(one)
        for one in new[20:60]:
            people.edit(one, one.content + "!")
        readers = [state.add_user(f"reader {n}") for n in range(40)]
        for reader in readers:
            for head in heads[:4]:
                people.react(head, reader, "👍")
        people.close_thread(rooms[1])

        events, keys, reached = await caught_up(there, known(there, *heads, remarks=remarks, cursor=cursor))
        found = [event for event in events if isinstance(event, Said)]
        wanted = {f"changed {n}" for n in range(60)}
        wanted |= {f"new {n}!" for n in range(20, 60)} | {f"new {n}" for n in range(60, 180)}
        assert Counter(event.text for event in found) == Counter(wanted)
        assert {event.text for event in found if event.edited} == {f"changed {n}" for n in range(60)}
        assert all(event.url and f"/{there.channel.guild}/" in event.url for event in found)
        assert all((event.thread == event.chat) == (event.chat != str(there.channel.id)) for event in found)
        gone = [event for event in events if isinstance(event, Unsaid)]
        assert Counter(one for event in gone for one in event.message_ids) == Counter(str(one.id) for one in deleted)
        tallies = [event for event in events if isinstance(event, Tallied)]
        assert {event.message_id: event.counts for event in tallies} == {str(h.id): {"👍": 40} for h in heads[:4]}
        assert len(tallies) == 4
        assert len(set(keys)) == len(keys)
        assert reached == str(max(one.id for room in rooms for one in state.messages(room)))

        totals = {(event.chat, event.message_id): event.counts for event in tallies}
        said = [one for room in rooms for one in state.messages(room) if one.author == there.reader]
        again = known(there, *heads, remarks={remark(one): one.edited for one in said}, totals=totals, cursor=reached)
        assert (await caught_up(there, again))[:2] == ([], [])


async def test_what_was_said_before_and_after_the_gap_is_told_apart_by_the_cursor() -> None:
    async with audience() as there:
        heard = there.people.say(there.channel.id, there.reader, "not about us")
        later = heard.sent + timedelta(minutes=2)
        assert (await caught_up(there, known(there, cursor=str(heard.id + (120_000 << 22)))))[0] == []
        assert texts((await caught_up(there, known(there, cursor=str(heard.id))))[0]) == ["not about us"], "leeway"
        assert (await caught_up(there, known(there, since=later)))[0] == []
        about_us = there.people.say(there.channel.id, there.reader, "about us")
        there.people.say(there.channel.id, there.reader, "heard as well")
        cursor = str(about_us.id + (120_000 << 22))
        assert (await caught_up(there, known(there, cursor=cursor, remarks={remark(heard): None})))[0] == []


async def test_readers_own_threads_are_left_alone_and_ours_are_found_where_they_are() -> None:
    async with audience() as there:
        people = there.people
        head = there.post("issue")
        ours, theirs = (
            thread(there, head),
            people.start_thread(people.say(there.channel.id, there.reader, "topic"), there.reader, "topic"),
        )
        people.say(ours.id, there.reader, "about the issue")
        people.say(theirs.id, there.reader, "about something else")
        assert texts((await caught_up(there, known(there)))[0]) == ["topic", "about the issue"]
        people.close_thread(ours.id)
        assert texts((await caught_up(there, known(there)))[0]) == ["topic", "about the issue"]


async def test_a_forums_posts_are_read_and_the_forum_itself_has_nothing_to_read() -> None:
    async with audience() as there:
        state = there.discord.state
        forum = state.add_forum(there.channel.guild, "forum")
        post = start_post(state, forum, ThreadForm("issue", USUAL, owner=state.bot.id)).id
        state.post(post, Form(content="issue"), (), number=post)
        there.people.say(post, there.reader, "in the post")
        place = Destination("forum", "discord", Kind.FORUM, str(forum.id))
        events, _, _ = await caught_up(
            there, known(there, chats=(str(forum.id),), ours=((place, Place((str(post),))),))
        )
        assert texts(events) == ["in the post"]


async def test_a_thread_that_was_deleted_takes_everything_with_it() -> None:
    async with audience() as there:
        head = there.post("issue")
        room = thread(there, head)
        said = there.people.say(room.id, there.reader, "gone")
        there.people.delete_channel(room.id)
        events, keys, _ = await caught_up(there, known(there, head, remarks={remark(said): None}))
        assert (events, keys) == ([Unsaid("discord", str(room.id), (str(said.id),))], [f"gone:{said.id}"])


async def test_nothing_counts_as_deleted_where_the_history_may_not_be_read() -> None:
    async with audience() as there:
        said = there.people.say(there.channel.id, there.reader, "there")
        state = there.discord.state
        rights = there.channel.permissions
        for less in (Permission.READ_MESSAGE_HISTORY, Permission.VIEW_CHANNEL):
            state.put(replace(there.channel, permissions=rights & ~less))
            assert (await caught_up(there, known(there, remarks={remark(said): None})))[0] == []


async def test_a_long_history_is_read_from_its_newest_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_PAGES", 2)
    async with audience() as there:
        said = [there.people.say(there.channel.id, there.reader, str(n)) for n in range(250)]
        there.people.delete(said[0])
        there.people.delete(said[200])
        remarks: Remarks = {remark(one): None for one in said[:1] + said[200:201]}
        events, _, _ = await caught_up(there, known(there, remarks=remarks))
        assert texts(events) == [str(n) for n in range(49, 250) if n != 200]
        assert [event.message_ids for event in events if isinstance(event, Unsaid)] == [(str(said[200].id),)]


async def test_a_failure_is_told_and_the_cursor_stays() -> None:
    async with audience() as there, there.listener(clock=SystemClock(1000)) as listener:
        there.faults.at(1, Fault.TAKEN_503, "listMessages")
        with pytest.raises(TryLater):
            _ = [batch async for batch in listener.catch_up(known(there))]


async def test_the_cursor_stands_still_from_a_gap_until_it_is_closed() -> None:
    async with audience() as there, there.hearing(clock=SystemClock(1000)) as listener:
        first = there.people.say(there.channel.id, there.reader, "before")
        await until(lambda: len(there.of(Said)) == 1)
        assert [batch.cursor for batch in there.batches] == [None] * len(there.batches)
        closed = [batch.cursor async for batch in listener.catch_up(known(there))][-1]
        assert closed == str(first.id)
        second = there.people.say(there.channel.id, there.reader, "after")
        await until(lambda: len(there.of(Said)) == 2)
        assert there.batches[-1].cursor == str(second.id)
