"""Answers to commands and buttons of Discord, over sockets: in time, for the right eyes, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bots.clock import SystemClock
from bots.errors import ChatClosed, Rejected
from bots.events import Asked, Completing, Press
from bots.model import Message, Upload
from bots.platforms.discord.listen import DiscordListener
from bots.platforms.discord.menu import commands, told
from bots.platforms.listening import Enclosed, MenuEntry
from bots.rehearsal.discord.interactions import PATIENCE, Interaction, Reply
from bots.rehearsal.discord.model import Flag, Permission
from bots.rehearsal.discord.model import Message as Shown
from tests.discord_listening import BUTTON, Audience, audience
from tests.discord_world import picture, until

MENU = (
    MenuEntry(
        "latest",
        {"en": "The newest issue", "zh": "最新一期"},
        "section",
        {"en": "Which section", "zh": "哪个栏目"},
        completes=True,
    ),
    MenuEntry("pause", {"en": "Stop sending", "zh": "停止发送"}, author=True),
)


def message(text: str, **more: Any) -> Message:
    files = more.pop("files", ())
    return Message("a", 1, "createMessage", {"content": text, **more}, text, files=files)


def enclosed(*texts: str) -> Sequence[Enclosed]:
    return [Enclosed(message(text), {}) for text in texts]


async def pressed(there: Audience) -> tuple[Interaction, Press]:
    ours = there.post("letter", BUTTON)
    done = there.people.press(ours, there.reader, "q:99:now")
    await until(lambda: there.of(Press))
    (press,) = there.of(Press)
    assert isinstance(press, Press)
    return done, press


async def asked(there: Audience, listener: DiscordListener) -> tuple[Interaction, Asked]:
    await listener.menu(MENU)
    done = there.people.command(there.channel.id, there.reader, "latest", {"section": "AI"}, locale="zh-CN")
    await until(lambda: there.of(Asked))
    (event,) = there.of(Asked)
    assert isinstance(event, Asked)
    assert (event.command, event.words, event.language) == ("latest", "AI", "zh-CN")
    return done, event


def shown(there: Audience, done: Interaction) -> list[str]:
    return [each.content for each in there.people.answers(done)]


def private(answers: Sequence[Shown]) -> bool:
    return all(Flag.EPHEMERAL in each.flags for each in answers)


async def test_a_press_is_answered_for_that_persons_eyes_alone_and_nobody_is_notified() -> None:
    async with audience() as there, there.hearing() as listener:
        done, press = await pressed(there)
        await listener.acknowledge(press.ref, f"Noted <@{there.reader.id}> @everyone")
        (answer,) = there.people.answers(done)
        assert private([answer])
        assert not answer.mentioned.users
        assert not answer.mentioned.everyone
        await listener.acknowledge(press.ref, "once more")
        assert len(shown(there, done)) == 2


async def test_a_press_may_be_heard_without_a_word() -> None:
    async with audience() as there, there.hearing() as listener:
        done, press = await pressed(there)
        await listener.acknowledge(press.ref, "")
        assert (done.reply, shown(there, done)) == (Reply.UPDATE_LATER, [])


async def test_a_command_is_answered_with_messages_pictures_and_buttons() -> None:
    async with audience() as there, there.hearing() as listener:
        done, event = await asked(there, listener)
        pictured = message("two", files=(Upload("one.png", "one.png", "A"),), components=[BUTTON], flags=1 << 12)
        sent = [*enclosed("one"), Enclosed(pictured, {"one.png": picture().content})]
        await listener.answer(event, sent)
        first, second = there.people.answers(done)
        assert done.reply is Reply.LATER
        assert (first.content, second.content, private([first, second])) == ("one", "two", True)
        assert [each.filename for each in second.attachments] == ["one.png"]
        assert second.components


async def test_a_public_answer_is_seen_by_all() -> None:
    async with audience() as there, there.hearing() as listener:
        done, event = await asked(there, listener)
        await listener.answer(event, enclosed("one", "two"), private=False)
        answers = there.people.answers(done)
        assert [each.content for each in answers] == ["one", "two"]
        assert not any(Flag.EPHEMERAL in each.flags for each in answers)


async def test_an_answer_that_takes_long_was_promised_in_time() -> None:
    async with audience() as there, there.hearing() as listener:
        done, event = await asked(there, listener)
        press_done, press = await pressed(there)
        await until(lambda: done.acknowledged and press_done.acknowledged)
        for each in (done, press_done):
            assert each.acknowledged is not None
            assert each.acknowledged - each.sent < PATIENCE
        await listener.answer(event, enclosed("at last"))
        await listener.acknowledge(press.ref, "at last")
        assert shown(there, done) == shown(there, press_done) == ["at last"]
        letter = there.discord.state.messages(there.channel.id)[0]
        assert letter.content == "letter"


async def test_a_restart_between_the_promise_and_the_answer_changes_nothing() -> None:
    async with audience() as there:
        async with there.hearing() as listener:
            done, event = await asked(there, listener)
            press_done, press = await pressed(there)
            await until(lambda: done.acknowledged and press_done.acknowledged)
        async with there.listener() as second:
            await second.answer(event, enclosed("one", "two"))
            await second.acknowledge(press.ref, "heard")
        assert shown(there, done) == ["one", "two"]
        assert shown(there, press_done) == ["heard"]


class Late(SystemClock):
    """A Discord on whose clock four seconds pass at will."""

    ahead = timedelta()

    def now(self) -> Any:
        return super().now() + self.ahead


async def test_too_late_is_no_failure() -> None:
    clock = Late()
    async with audience(clock=clock) as there, there.hearing(clock=SystemClock(0.001)) as listener:
        done, event = await asked(there, listener)
        press_done, press = await pressed(there)
        clock.ahead = timedelta(seconds=4)
        await listener.answer(event, enclosed("one"))
        await listener.acknowledge(press.ref, "heard")
        await listener.complete(press.ref, [("a", "a")])
        assert done.reply is press_done.reply is None


async def test_what_discord_refuses_is_said() -> None:
    async with audience() as there, there.hearing() as listener:
        _, event = await asked(there, listener)
        with pytest.raises(Rejected):
            await listener.answer(event, enclosed(""))


async def test_suggestions_are_at_most_25_and_none_is_too_long() -> None:
    async with audience() as there, there.hearing() as listener:
        await listener.menu(MENU)
        done = there.people.complete(there.channel.id, there.reader, "latest", {"section": "A"}, focused="section")
        await until(lambda: there.of(Completing))
        (typing,) = there.of(Completing)
        assert isinstance(typing, Completing)
        assert (typing.option, typing.words) == ("section", "A")
        await listener.complete(
            typing.ref, [("x" * 200, "long"), ("", "empty"), *((f"{n}", f"{n}") for n in range(40))]
        )
        assert len(done.choices) == 25
        assert done.choices[0] == {"name": "x" * 100, "value": "long"}
        assert done.choices[1] == {"name": "0", "value": "0"}


async def test_the_menu_is_told_once_in_both_languages() -> None:
    async with audience() as there:
        for _ in range(2):
            async with there.listener() as listener:
                await listener.menu(MENU)
                await listener.menu(MENU)
        assert there.faults.calls.count("overwriteCommands") == 1
        latest, pause = there.discord.state.commands[0].values()
        assert latest["description_localizations"]["zh-CN"] == "最新一期"
        assert latest["description_localizations"]["en-US"] == latest["description"] == "The newest issue"
        assert latest["options"][0]["autocomplete"]
        assert pause["default_member_permissions"] == "0"
        async with there.listener() as listener:
            await listener.menu(MENU[:1])
        assert [each["name"] for each in there.discord.state.commands[0].values()] == ["latest"]


def test_what_discord_leaves_out_is_no_difference() -> None:
    wanted = commands(MENU)
    known = [{name: value for name, value in each.items() if value} | {"id": "1", "version": "2"} for each in wanted]
    assert told(known, wanted)
    assert not told(known[:1], wanted)
    assert not told([*known, {"name": "old"}], wanted)
    assert not told([{**known[0], "description": "other"}, known[1]], wanted)
    assert not told([{**known[0], "options": []}, known[1]], wanted)


async def test_a_panel_gives_a_role_and_takes_it_back_also_after_a_restart() -> None:
    async with audience() as there:
        state = there.discord.state
        role = state.add_role(there.channel.guild, "AI")
        async with there.hearing() as listener:
            _, press = await pressed(there)
            with pytest.raises(ChatClosed, match="may not give") as refused:
                await listener.role(press, str(role.id))
            assert "Manage Roles" in str(refused.value)
            manager(there)
            assert await listener.role(press, str(role.id)) is True
            assert role.id in state.member_roles[there.channel.guild, there.reader.id]
        async with there.listener() as second:
            assert await second.role(press, str(role.id)) is False
            assert role.id not in state.member_roles[there.channel.guild, there.reader.id]
            with pytest.raises(ChatClosed, match="no role 99"):
                await second.role(press, "99")


def manager(there: Audience) -> None:
    """The bot may manage roles below its own."""
    state, guild = there.discord.state, there.channel.guild
    chief = state.add_role(guild, "chief", permissions=Permission.MANAGE_ROLES)
    state.member_roles[guild, state.bot.id] = frozenset({chief.id})


async def test_two_hundred_at_once_are_all_acknowledged_in_time() -> None:
    async with audience() as there, there.hearing():
        ours = there.post("letter", BUTTON)
        crowd = [there.discord.state.add_user(f"reader {n}") for n in range(200)]
        done = [there.people.press(ours, each, "q:99:now") for each in crowd]
        await until(lambda: all(each.acknowledged for each in done))
        assert len(there.of(Press)) == 200
