"""Discord's half of listening, over sockets: what is heard, through whatever happens to the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bots.clock import SystemClock
from bots.errors import TokenRejected, TryLater
from bots.events import Press, Said, Tallied, Unsaid
from bots.platforms.discord import ears
from bots.platforms.listening import Known
from bots.rehearsal.discord.gateway import Gateway
from bots.rehearsal.discord.intents import Intent
from bots.rehearsal.faults import Fault, Refusal
from tests.discord_listening import BUTTON, Audience, audience
from tests.discord_world import until


def texts(there: Audience) -> list[str]:
    return [event.text for event in there.events if isinstance(event, Said)]


async def test_readers_are_heard_and_the_bot_does_not_hear_itself() -> None:
    async with audience() as there, there.hearing():
        people, channel = there.people, there.channel.id
        there.post("ours")
        said = people.say(channel, there.reader, "**Good**")
        people.say(channel, there.reader, "indeed", reply_to=said.id)
        people.edit(said, "Better")
        people.delete(said)
        await until(lambda: there.of(Unsaid))
        first, second, changed, gone = there.events
        assert isinstance(first, Said)
        assert isinstance(second, Said)
        assert isinstance(changed, Said)
        assert (first.text, [mark.kind for mark in first.marks]) == ("Good", ["bold"])
        assert (second.reply_to, second.private) == (str(said.id), False)
        assert (changed.text, changed.edited, changed.message_id) == ("Better", True, str(said.id))
        assert gone == Unsaid("discord", str(channel), (str(said.id),))


TROUBLE: dict[str, tuple[Callable[[Gateway], None], bool]] = {
    "closed with 4000": (lambda gateway: gateway.drop(), True),
    "broken off": (lambda gateway: gateway.drop(0), True),
    "asked to reconnect": (lambda gateway: gateway.ask_to_reconnect(), True),
    "told to take it up again": (lambda gateway: gateway.invalidate(resumable=True), True),
    "told that it is over": (lambda gateway: gateway.invalidate(), False),
}


@pytest.mark.parametrize("case", TROUBLE)
async def test_a_broken_connection_is_taken_up_again_without_doubles_or_begun_with_a_gap(case: str) -> None:
    trouble, resumes = TROUBLE[case]
    async with audience() as there, there.hearing():
        gateway, people = there.discord.gateway, there.people
        people.say(there.channel.id, there.reader, "before")
        await until(lambda: texts(there) == ["before"])
        trouble(gateway)
        people.say(there.channel.id, there.reader, "meanwhile")
        await until(lambda: gateway.resumed or there.sessions > 1, 20)
        people.say(there.channel.id, there.reader, "after")
        await until(lambda: "after" in texts(there))
        assert (gateway.resumed, there.sessions) == ((1, 1) if resumes else (0, 2))
        assert len(set(there.keys())) == len(there.keys())
        if resumes:
            assert texts(there) == ["before", "meanwhile", "after"]


@pytest.mark.parametrize(
    "data", [{"id": "1"}, {"author": 5, "flags": []}, [], "x", {"id": {}, "author": {"id": []}}], ids=str
)
async def test_an_event_that_makes_no_sense_is_kept_and_stops_nothing(data: object) -> None:
    async with audience() as there, there.hearing():
        gateway = there.discord.gateway
        for name in ("MESSAGE_CREATE", "INTERACTION_CREATE", "MESSAGE_REACTION_ADD", "GUILD_CREATE"):
            gateway.dispatch(name, data)
        there.people.say(there.channel.id, there.reader, "after")
        await until(lambda: there.updates and there.updates[-1].payload.get("content") == "after")
        kinds = [update.kind for update in there.updates[:-1]]
        assert kinds == ["MESSAGE_CREATE", "INTERACTION_CREATE", "MESSAGE_REACTION_ADD"]
        assert (there.sessions, gateway.resumed) == (1, 0)


async def test_a_frame_that_is_no_event_ends_the_connection_not_the_listener() -> None:
    async with audience() as there, there.listener() as listener:
        task = asyncio.create_task(there.keep(listener))
        await until(lambda: there.sessions)
        there.discord.gateway.push("{")
        with pytest.raises(TryLater):
            await task
        task = asyncio.create_task(there.keep(listener))
        await until(lambda: there.sessions > 1)
        there.people.say(there.channel.id, there.reader, "after")
        await until(lambda: texts(there) == ["after"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_without_the_portals_switch_it_listens_without_words(caplog: pytest.LogCaptureFixture) -> None:
    async with audience(content=False) as there, there.hearing():
        assert Intent.MESSAGE_CONTENT not in there.discord.gateway.identified[-1]
        there.people.say(there.channel.id, there.reader, "unread")
        await until(lambda: texts(there) == [""])
    async with audience() as there, there.listener() as listener:
        there.discord.state.message_content = False  # switched off since the login
        task = asyncio.create_task(there.keep(listener))
        await until(lambda: there.sessions)
        assert Intent.MESSAGE_CONTENT not in there.discord.gateway.identified[-1]
        assert "Message Content Intent" in caplog.text
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_was_told_but_not_stored_is_told_again() -> None:
    async with audience() as there, there.listener() as listener:
        batches = listener.listen(None)
        assert (await anext(batches)).gap
        there.people.say(there.channel.id, there.reader, "lost on the way")
        assert len((await anext(batches)).updates) == 1
        await batches.aclose()
        task = asyncio.create_task(there.keep(listener))
        await until(lambda: texts(there) == ["lost on the way"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_token_that_was_reset_is_refused() -> None:
    async with audience() as there:
        with pytest.raises(TokenRejected):
            async with there.hearing("another"):
                pass
        async with there.listener() as listener:
            task = asyncio.create_task(there.keep(listener))
            await until(lambda: there.sessions)
            there.discord.token = "new"
            there.discord.gateway.drop()
            with pytest.raises(TokenRejected):
                await asyncio.wait_for(task, 20)


async def test_a_gateway_that_says_nothing_any_more_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.platforms.discord.listen.SILENCE", 2.0)
    async with audience() as there, there.listener(clock=SystemClock(20)) as listener:
        gateway = there.discord.gateway
        gateway.acknowledges = False
        with pytest.raises(TryLater, match="nothing"):
            await asyncio.wait_for(there.keep(listener), 20)
        assert there.sessions == 1
    assert ears.SILENCE > 60, "no heartbeat comes in between"


async def test_reactions_are_told_as_totals_once_for_all_that_came_at_once() -> None:
    clock = SystemClock(20)
    async with audience() as there, there.hearing(clock=clock):
        state, people = there.discord.state, there.people
        ours = there.post("ours")
        theirs = people.say(there.channel.id, there.reader, "theirs")
        others = [state.add_user(f"reader {n}") for n in range(20)]
        for other in others:
            people.react(ours, other, "👍")
            people.react(theirs, other, "👍")
        people.react(ours, there.reader, "👍", burst=True)
        people.unreact(ours, others[0], "👍")
        await until(lambda: there.of(Tallied))
        place = "discord", str(there.channel.id), str(ours.id)
        assert there.of(Tallied) == [Tallied(*place, {"👍": 20})]
        people.clear_reactions(ours)
        await until(lambda: len(there.of(Tallied)) > 1)
        assert there.of(Tallied)[1:] == [Tallied(*place, {})]
        another = there.post("another")
        people.react(another, there.reader, "👀")
        await until(lambda: len(there.of(Tallied)) > 2)
        assert there.of(Tallied)[2:] == [Tallied("discord", place[1], str(another.id), {"👀": 1})]
        asked = [call for call in there.faults.calls if call == "getMessage"]
        assert len(asked) == 3


async def test_a_total_that_could_not_be_asked_for_is_asked_again_and_nonsense_ends_nothing() -> None:
    async with audience() as there, there.hearing(clock=SystemClock(60)):
        ours, other = there.post("ours"), there.post("of which nothing sensible is said")
        there.faults.at(1, Fault.TAKEN_503, "getMessage")
        there.faults.at(2, Refusal(200, {}), "getMessage")
        there.people.react(ours, there.reader, "👍")
        there.people.react(other, there.reader, "👍")
        await until(lambda: there.of(Tallied))
        assert there.of(Tallied) == [Tallied("discord", str(there.channel.id), str(ours.id), {"👍": 1})]


async def test_what_is_said_elsewhere_in_the_server_is_not_kept() -> None:
    async with audience() as there:
        state, people = there.discord.state, there.people
        elsewhere = state.add_channel(there.channel.guild, "off topic")
        ours = people.start_thread(there.post("issue"), there.reader, "issue")
        async with there.hearing(clock=SystemClock(1000)) as listener:
            known = Known(since=datetime.now(UTC), cursor=None, chats=(str(there.channel.id),))
            assert [batch.updates async for batch in listener.catch_up(known)] == [()]
            theirs = people.start_thread(people.say(elsewhere.id, there.reader, "x"), there.reader, "theirs")
            said = people.say(theirs.id, there.reader, "in a thread elsewhere")
            people.edit(said, "changed")
            people.delete(said)
            people.react(said, there.reader, "👍")
            new = people.start_thread(there.post("later"), there.reader, "begun since")
            people.say(ours.id, there.reader, "one")
            people.say(new.id, there.reader, "two")
            people.say(people.converse(there.reader).id, there.reader, "three")
            people.say(there.channel.id, there.reader, "four")
            await until(lambda: "four" in texts(there))
            assert texts(there) == ["one", "two", "three", "four"]
            inside = [event.thread is not None for event in there.events if isinstance(event, Said)]
            assert inside == [True, True, False, False]
            assert len(there.updates) == 4
            assert "getMessage" not in there.faults.calls


async def test_a_press_is_heard_with_its_button() -> None:
    async with audience() as there, there.hearing():
        ours = there.post("ours", BUTTON)
        done = there.people.press(ours, there.reader, "q:99:now", locale="zh-CN")
        await until(lambda: there.events)
        (press,) = there.events
        assert isinstance(press, Press)
        assert (press.data, press.language, press.message_id) == ("q:99:now", "zh-CN", str(ours.id))
        assert press.ref == f"{done.id}/{done.token}"
