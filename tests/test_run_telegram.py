"""The author's buttons on Telegram, end to end: `weektech run`, the local Telegram, and people who press."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from bots.model import State
from bots.rehearsal.faults import Fault
from tests.telegram_house import (
    AUTHOR,
    BOT,
    CHANNEL,
    READER,
    STRANGER,
    TALK,
    TEXTS,
    House,
    asked,
    house,
    kept,
    labels,
    running,
    until,
)

HOUR = timedelta(hours=1)
IMMEDIATE = ["corrections:", "  quiet: 0s"]


async def test_approve_lets_it_out(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.configure([*IMMEDIATE, "release:", "  approval: 3h"])
        here.write(timedelta(minutes=2))
        async with running(here):
            letter = await here.question("Approve")
            assert here.texts() == []
            pressed = await here.press("Approve")
            assert pressed.answer is not None
            assert pressed.answer.text == "Approve"
            await here.published()
            (answered,) = [one for one in here.letters() if one.id == letter.id]
            assert answered.text.endswith("Approved. It goes out at its time.")
            assert labels(answered) == []


async def test_hold_keeps_it_back(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.configure([*IMMEDIATE, "release:", "  approval: 3h"])
        here.write(timedelta(seconds=30))
        async with running(here):
            await here.press("Hold")
            await until(lambda: any("Held back" in one.text for one in here.letters()))
            due = here.clock.now() + timedelta(minutes=1)
            await until(lambda: here.clock.now() > due)
            assert here.texts() == []


async def test_send_now_sends_what_is_late(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.write(-48 * HOUR)
        async with running(here):
            await here.press("Send now")
            await here.published()


async def test_apply_corrects(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.configure([*IMMEDIATE, "  apply: ask"])
        here.write()
        async with running(here):
            await here.published()
            text = here.post.read_text(encoding="utf-8")
            here.post.write_text(text.replace("First", "Better"), encoding="utf-8")
            await here.question("Apply")
            assert here.texts()[1] == TEXTS[0]
            await here.press("Apply")
            await until(lambda: here.texts()[1] == "Models\nBetter words.")


async def lost(here: House) -> None:
    """The first section's answer gets lost, and nothing can show what became of it."""
    here.world.chats[CHANNEL].protected = True
    here.world.chats[CHANNEL].can_edit = True
    here.world.chats[CHANNEL].linked = here.world.chats[TALK].linked = None
    here.write()
    here.faults.at(here.faults.calls.count("sendMessage") + 2, Fault.TAKEN_CLOSED, "sendMessage")


async def test_it_is_there_goes_on_with_the_rest(tmp_path: Path) -> None:
    async with house(tmp_path, speed=200) as here:
        await lost(here)
        async with running(here) as app:
            await here.press("It is there")
            await here.published()
            assert asked(app) == ()


async def test_send_again_sends_it_again(tmp_path: Path) -> None:
    async with house(tmp_path, speed=200) as here:
        await lost(here)
        async with running(here):
            await here.press("Send again")
            await until(lambda: here.texts()[1:] == [TEXTS[0], *TEXTS])


async def test_a_channels_post_in_its_group_settles_a_lost_send_without_asking(tmp_path: Path) -> None:
    async with house(tmp_path, speed=200) as here:
        await lost(here)
        here.world.chats[CHANNEL].linked, here.world.chats[TALK].linked = TALK, CHANNEL
        async with running(here) as app:
            await here.published()
            assert here.faults.calls.count("sendMessage") == 3
            assert here.letters() == []
            await until(lambda: app.ledger.unfinished() == ())
            (issue,) = app.ledger.issues()
            rows = app.ledger.past(issue.id).deliveries
            assert [row.state for row in rows] == [State.SENT] * 3


async def test_a_strangers_press_does_nothing_and_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.write(-48 * HOUR)
        async with running(here) as app:
            pressed = await here.press("Send now", STRANGER)
            assert pressed.answer is not None
            assert pressed.answer.text == "This is for the author alone."
            assert len(asked(app)) == 1
            assert here.texts() == []
            await here.press("Send now")
            await here.published()


async def test_only_the_configured_numbers_count(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.configure(telegram=[f'admins: ["{READER.id}"]'])
        here.write(-48 * HOUR)
        async with running(here):
            refused = await here.press("Send now", AUTHOR)
            assert refused.answer is not None
            assert refused.answer.text == "This is for the author alone."
            await here.press("Send now", READER)
            await here.published()


async def test_a_button_is_pressed_once(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.write(-48 * HOUR)
        async with running(here):
            letter = await here.question("Skip")
            first = here.people.press(AUTHOR.id, letter.id, AUTHOR, "Skip")
            second = here.people.press(AUTHOR.id, letter.id, AUTHOR, "Send now")
            await until(lambda: first.answer is not None and second.answer is not None)
            assert second.answer is not None
            assert "is settled: skip" in second.answer.text
            await until(lambda: any("It is skipped." in one.text for one in here.letters()))
            assert here.texts() == []


async def test_readers_answers_are_filed_under_the_section_they_answer(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.write()
        async with running(here) as app:
            await here.published()
            models, papers = (message.id for message in here.world.chats[CHANNEL].messages[1:])
            first = here.people.comment(CHANNEL, models, READER, "well said")
            here.people.say(TALK, STRANGER, "is it?", reply_to=first.id)
            here.people.edit(TALK, first.id, "well said!")
            here.people.comment(CHANNEL, papers, STRANGER, "/usr/bin is gone")
            here.people.react(TALK, first.id, STRANGER, ["👍"])
            (issue,) = await asyncio.to_thread(app.ledger.issues)
            feedback = app.ledger.feedback
            await until(lambda: len(feedback.of_issue(issue.id)) == 3)
            await until(lambda: all(one.done for one in kept(tmp_path)))
            found = {one.text: one for one in feedback.of_issue(issue.id)}
            assert {text: one.section for text, one in found.items()} == {
                "well said!": "models",
                "is it?": "models",
                "/usr/bin is gone": "papers",
            }
            assert found["well said!"].url == f"https://t.me/column/{models}?comment={first.id}"


async def test_a_token_that_was_revoked_is_told_once(tmp_path: Path) -> None:
    async with house(tmp_path) as here, running(here) as app:
        await until(lambda: here.world.inboxes[BOT].awaited)
        bots = dict(here.world.bots)
        here.world.bots.clear()
        here.world.inboxes[BOT].put("message", {})  # which ends the call that waits
        calls = len(here.faults.calls)
        await until(lambda: here.faults.calls[calls:].count("getUpdates") >= 2)
        here.world.bots.update(bots)
        await until(lambda: len(here.letters()) == 1)
        assert "Telegram does not know the bot's token." in here.letters()[0].text
        assert len(app.ledger.letters.keys("token")) == 1
