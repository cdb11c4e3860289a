"""Forum posts: one for an issue, with the tags the forum has, made once and found again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from bots.errors import ChatClosed, InDoubt, Rejected, SendError, TryLater
from bots.model import Destination, Message, Receipt, Upload
from bots.platforms.base import Attempt, Place
from bots.platforms.discord.forum import chosen
from bots.rehearsal.discord.model import PUBLISHER, Permission
from bots.rehearsal.faults import Fault
from tests.discord_stage import Stage, attempt, inside, post, rehearsal, text

HEAD = post("Issue 1", "About this week")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with rehearsal() as made:
        yield made


def posts(stage: Stage, forum: Destination) -> list[str]:
    return [each.name for each in stage.state.threads(int(forum.chat))]


async def test_an_issue_is_one_post(stage: Stage) -> None:
    forum = stage.forum()
    head = await stage.sender.send(forum, HEAD, {}, attempt())
    (number,) = head.message_ids
    section = await stage.sender.send(forum, inside("One"), {}, attempt(2, within=number))
    assert posts(stage, forum) == ["Issue 1"]
    assert stage.shown(number) == ["About this week", "One"]
    place = f"https://discord.com/channels/{stage.channel.guild}/{number}"
    assert (head.url, section.url) == (f"{place}/{number}", f"{place}/{section.message_ids[0]}")
    assert stage.thread(number).thread is not None


async def test_pictures_and_flags_are_those_of_the_first_message(stage: Stage) -> None:
    forum = stage.forum()
    said = {
        **text("Words", flags=1 << 12).body,
        "attachments": [{"id": 0, "filename": "1.png", "description": "a cat"}],
    }
    head = replace(HEAD, body={"name": "Issue 1", "message": said}, files=(Upload("1.png", "a.png", "a cat"),))
    receipt = await stage.sender.send(forum, head, {"1.png": b"picture"}, attempt())
    (posted,) = stage.state.messages(int(receipt.message_ids[0]))
    assert [(each.filename, each.description, each.content) for each in posted.attachments] == [
        ("1.png", "a cat", b"picture")
    ]
    assert posted.silent


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def tagged(stage: Stage, receipt: Receipt, forum: Destination) -> list[str]:
    names = {tag.id: tag.name for tag in stage.state.channels[int(forum.chat)].tags}
    thread = stage.thread(receipt.message_ids[0]).thread
    assert thread is not None
    return [names[number] for number in thread.tags]


async def test_tags_are_the_configured_ones_and_those_of_the_post_that_the_forum_has(stage: Stage) -> None:
    forum = replace(stage.forum(["News", "Python", "周刊"]), tags=("周刊",))
    head = post("Issue 1", "Words", ["周刊", "python", "rust"])
    receipt = await stage.sender.send(forum, head, {}, attempt())
    assert tagged(stage, receipt, forum) == ["周刊", "Python"]


async def test_more_tags_than_a_post_takes_are_left_out(stage: Stage) -> None:
    forum = stage.forum([str(n) for n in range(8)])
    receipt = await stage.sender.send(forum, post("Issue 1", "Words", [str(n) for n in range(8)]), {}, attempt())
    assert tagged(stage, receipt, forum) == ["0", "1", "2", "3", "4"]


def test_a_tag_for_moderators_is_used_only_where_it_was_configured() -> None:
    tag = discord.ForumTag(name="Official", moderated=True)
    assert chosen([tag], (), ["official"]) == ()
    assert chosen([tag], ("Official",), []) == (str(tag.id),)


async def test_a_configured_tag_that_is_missing_stops_with_the_tags_there_are(stage: Stage) -> None:
    forum = replace(stage.forum(["News", "Python"]), tags=("Nws",))
    with pytest.raises(ChatClosed, match=r"no tag “Nws”\. It has: News, Python\.") as raised:
        await stage.sender.send(forum, HEAD, {}, attempt())
    assert "`tags`" in str(raised.value)
    assert posts(stage, forum) == []
    assert "no tag “Nws”" in (await stage.sender.check(forum)).problems[0]


async def test_a_forum_that_wants_a_tag_says_so(stage: Stage) -> None:
    forum = stage.forum(["News"], require_tag=True)
    with pytest.raises(ChatClosed, match=r"wants a tag.*It has: News\. Set `tags`"):
        await stage.sender.send(forum, HEAD, {}, attempt())
    assert "wants a tag" in (await stage.sender.check(forum)).problems[0]
    told = replace(forum, tags=("News",))
    assert (await stage.sender.check(told)).problems == ()
    await stage.sender.send(told, post("Issue 1", "Words", ["News"]), {}, attempt())


# ── never twice ──────────────────────────────────────────────────────────────────────────────────────────────────────


LOST = (Fault.TAKEN_CLOSED, Fault.TAKEN_RESET, Fault.TAKEN_HALF, Fault.TAKEN_GARBAGE, Fault.TAKEN_500, Fault.TAKEN_503)


async def lost(stage: Stage, forum: Destination, fault: Fault, head: Message = HEAD) -> Attempt:
    tried = attempt()
    stage.faults.at(1, fault, "startThread")
    with pytest.raises(InDoubt):
        await stage.sender.send(forum, head, {}, tried)
    return tried


@pytest.mark.parametrize("fault", LOST)
async def test_a_lost_creation_is_found_again_and_never_repeated(stage: Stage, fault: Fault) -> None:
    forum = stage.forum()
    tried = await lost(stage, forum, fault)
    found = await stage.sender.settle(forum, HEAD, tried)
    (thread,) = stage.state.threads(int(forum.chat))
    assert found is not None
    assert found.message_ids == (str(thread.id),)
    assert stage.faults.calls.count("startThread") == 1


async def test_a_clock_that_is_minutes_ahead_does_not_hide_the_post(stage: Stage) -> None:
    forum = stage.forum()
    tried = await lost(stage, forum, Fault.TAKEN_CLOSED)
    assert await stage.sender.settle(forum, HEAD, replace(tried, since=tried.since + timedelta(minutes=30))) is not None


async def test_a_post_archived_meanwhile_is_found(stage: Stage) -> None:
    forum = stage.forum()
    tried = await lost(stage, forum, Fault.TAKEN_CLOSED)
    (thread,) = stage.state.threads(int(forum.chat))
    stage.put_away(str(thread.id))
    found = await stage.sender.settle(forum, HEAD, tried)
    assert found is not None


async def test_what_never_arrived_is_absent_once_it_can_not_be_late_any_more(stage: Stage) -> None:
    forum = stage.forum()
    tried = replace(await lost(stage, forum, Fault.CLOSED_UNREAD), since=stage.clock.now())
    with pytest.raises(TryLater, match="on its way") as raised:
        await stage.sender.settle(forum, HEAD, tried)
    assert 0 < raised.value.after <= 10
    stage.clock.ahead = timedelta(seconds=raised.value.after)
    assert await stage.sender.settle(forum, HEAD, tried) is None
    await stage.sender.send(forum, HEAD, {}, tried)
    assert posts(stage, forum) == ["Issue 1"]


OTHERS = (
    # another post in the forum, what it is that makes it another
    (post("Issue 2", "About this week"), "its name"),
    (post("Issue 1", "About last week"), "its words"),
)


@pytest.mark.parametrize(("other", "why"), OTHERS)
async def test_another_post_is_not_taken_for_the_lost_one(stage: Stage, other: Message, why: str) -> None:
    forum = stage.forum()
    await stage.sender.send(forum, other, {}, attempt(2))
    stage.clock.ahead = timedelta(minutes=1)
    assert await stage.sender.settle(forum, HEAD, attempt()) is None, why


async def test_an_older_post_and_another_forums_are_not_taken_for_the_lost_one(stage: Stage) -> None:
    forum, other = stage.forum(), stage.forum()
    await stage.sender.send(forum, HEAD, {}, attempt())
    await stage.sender.send(other, HEAD, {}, attempt(2))
    tried = attempt(3)
    later = replace(tried, since=tried.since + timedelta(hours=2))
    stage.clock.ahead = timedelta(hours=3)
    assert await stage.sender.settle(forum, HEAD, later) is None


async def test_a_forum_whose_past_the_bot_may_not_read_proves_nothing(stage: Stage) -> None:
    forum = stage.forum()
    tried = await lost(stage, forum, Fault.TAKEN_CLOSED)
    stage.state.permit(int(forum.chat), PUBLISHER & ~Permission.READ_MESSAGE_HISTORY)
    with pytest.raises(InDoubt, match="Read Message History"):
        await stage.sender.settle(forum, HEAD, tried)


async def test_a_rate_window_is_waited_out_though_a_post_is_never_repeated(stage: Stage) -> None:
    forum = stage.forum()
    stage.faults.at(1, Fault.RATE_SHORT, "startThread")
    await stage.sender.send(forum, HEAD, {}, attempt())
    assert posts(stage, forum) == ["Issue 1"]


# ── corrections ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_correction_reaches_words_name_and_tags(stage: Stage) -> None:
    forum = stage.forum(["News", "Python"])
    head = post("Issue 1", "Wrods", ["News"])
    receipt = await stage.sender.send(forum, head, {}, attempt())
    new = post("Issue one", "Words", ["Python"])
    await stage.sender.edit(forum, Place(receipt.message_ids), head, new, {})
    assert stage.shown(receipt.message_ids[0]) == ["Words"]
    assert posts(stage, forum) == ["Issue one"]
    assert tagged(stage, receipt, forum) == ["Python"]


async def test_a_correction_in_an_archived_post(stage: Stage) -> None:
    forum = stage.forum()
    receipt = await stage.sender.send(forum, HEAD, {}, attempt())
    stage.put_away(receipt.message_ids[0])
    await stage.sender.edit(forum, Place(receipt.message_ids), HEAD, post("Issue 1", "Words"), {})
    assert stage.shown(receipt.message_ids[0]) == ["Words"]


async def test_the_first_message_goes_and_what_readers_said_stays(stage: Stage) -> None:
    forum = stage.forum()
    receipt = await stage.sender.send(forum, HEAD, {}, attempt())
    stage.state.say(int(receipt.message_ids[0]), stage.reader(), "Thanks")
    for _ in range(2):
        await stage.sender.delete(forum, Place(receipt.message_ids))
    assert [each.content for each in stage.state.messages(int(receipt.message_ids[0]))] == ["Thanks"]


async def test_the_post_is_pinned_where_the_bot_may(stage: Stage) -> None:
    forum = replace(stage.forum(), pin=True)
    (first, second) = [await stage.sender.send(forum, HEAD, {}, attempt(n)) for n in (1, 2)]
    pinned = replace(HEAD, after=("pin",))
    with pytest.raises(Rejected, match="“Manage Posts”"):
        await stage.sender.finish(forum, Place(first.message_ids), pinned)
    assert "“Manage Posts”" in (await stage.sender.check(forum)).problems[0]
    stage.state.permit(int(forum.chat), PUBLISHER | Permission.MANAGE_THREADS)
    for _ in range(2):
        await stage.sender.finish(forum, Place(first.message_ids), pinned)
    thread = stage.thread(first.message_ids[0]).thread
    assert thread is not None
    assert thread.pinned
    with pytest.raises(Rejected, match="another post of the forum is pinned"):
        await stage.sender.finish(forum, Place(second.message_ids), pinned)


# ── refusals and the check ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_channel_that_is_no_forum_takes_no_post(stage: Stage) -> None:
    wrong = replace(stage.forum(), chat=str(stage.channel.id))
    with pytest.raises(ChatClosed, match="not a forum"):
        await stage.sender.send(wrong, HEAD, {}, attempt())


async def test_a_message_for_a_forum_says_which_kind_to_write(stage: Stage) -> None:
    with pytest.raises(ChatClosed, match="kind: forum"):
        await stage.sender.send(stage.forum(), text("Words"), {}, attempt())


async def test_a_refused_post_leaves_nothing_behind(stage: Stage) -> None:
    forum = stage.forum()
    with pytest.raises(SendError):
        await stage.sender.send(forum, post("Issue 1", ""), {}, attempt())
    assert posts(stage, forum) == []


RIGHTS = (
    # a permission taken away, the words the check must find for it
    (Permission.SEND_MESSAGES, "“Create Posts”"),
    (Permission.SEND_MESSAGES_IN_THREADS, "“Send Messages in Posts”"),
    (Permission.READ_MESSAGE_HISTORY, "“Read Message History”"),
    (Permission.ATTACH_FILES, "“Attach Files”"),
)


@pytest.mark.parametrize(("taken", "words"), RIGHTS)
async def test_a_right_a_forum_needs_is_named(stage: Stage, taken: Permission, words: str) -> None:
    forum = stage.forum()
    assert (await stage.sender.check(forum)).problems == ()
    stage.state.permit(int(forum.chat), PUBLISHER & ~taken)
    assert words in "\n".join((await stage.sender.check(forum)).problems)
