"""Announcements with their threads, and threads of their own: opened, put away, locked, published, pinned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bots.errors import ChatClosed, Gone, InDoubt, Rejected, TryLater
from bots.model import Destination, Kind, Message, Receipt
from bots.platforms.base import Place
from bots.platforms.discord.naming import named, named_after
from bots.rehearsal.discord import threads
from bots.rehearsal.discord.limits import Rule
from bots.rehearsal.discord.model import PUBLISHER, ChannelType, Flag, Permission
from bots.rehearsal.discord.thread_forms import ThreadForm
from bots.rehearsal.faults import Fault, Moment, Phase
from tests.discord_stage import OPEN, Stage, attempt, inside, rehearsal, text

HEAD = text("<@&42>\n# Issue 1\\. \\*The\\* first\n\n*About*")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with rehearsal() as made:
        yield made


async def published(stage: Stage, news: Destination, *sections: str, head: Message = HEAD) -> list[Receipt]:
    """A head and its sections, sent."""
    first = await stage.sender.send(news, head, {}, attempt())
    others = [
        await stage.sender.send(news, inside(words), {}, attempt(n, within=first.message_ids[0]))
        for n, words in enumerate(sections, 2)
    ]
    return [first, *others]


# ── announcements ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sections_go_into_a_thread_that_the_head_opens(stage: Stage) -> None:
    news = stage.announcements()
    head, one, two = await published(stage, news, "One", "Two")
    (number,) = head.message_ids
    thread = stage.thread(number)
    assert (thread.name, thread.type) == ("Issue 1. *The* first", ChannelType.ANNOUNCEMENT_THREAD)
    assert thread.thread is not None
    assert thread.thread.minutes == 10080
    assert stage.shown(news.chat) == [HEAD.body["content"]]
    assert stage.shown(number) == ["One", "Two"]
    place = f"https://discord.com/channels/{stage.channel.guild}"
    assert head.url == f"{place}/{news.chat}/{number}"
    assert [each.url for each in (one, two)] == [f"{place}/{number}/{each.message_ids[0]}" for each in (one, two)]


async def test_a_thread_is_opened_once(stage: Stage) -> None:
    await published(stage, stage.announcements(), "One", "Two", "Three")
    assert stage.faults.calls.count("startThreadFromMessage") == 1


def opened_by_hand(stage: Stage, news: Destination, head: Receipt) -> None:
    """Somebody opens the head's thread in the app."""
    message = stage.state.message(int(news.chat), int(head.message_ids[0]))
    threads.start_from(stage.state, message, ThreadForm("Talk", 60))


async def test_a_thread_that_somebody_opened_is_taken_as_it_is(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    opened_by_hand(stage, news, head)
    await stage.sender.send(news, inside("One"), {}, attempt(2, within=head.message_ids[0]))
    assert stage.shown(head.message_ids[0]) == ["One"]
    assert stage.thread(head.message_ids[0]).name == "Talk"


async def test_a_thread_that_somebody_opens_at_the_same_moment_is_taken_as_it_is(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)

    def race(moment: Moment) -> None:
        if (moment.method, moment.phase) == ("startThreadFromMessage", Phase.RECEIVED):
            opened_by_hand(stage, news, head)

    stage.faults.observer = race
    await stage.sender.send(news, inside("One"), {}, attempt(2, within=head.message_ids[0]))
    assert stage.shown(head.message_ids[0]) == ["One"]


async def test_a_lost_answer_to_the_opening_is_overcome(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    stage.faults.at(1, Fault.TAKEN_CLOSED, "startThreadFromMessage")
    with pytest.raises(TryLater):
        await stage.sender.send(news, inside("One"), {}, attempt(2, within=head.message_ids[0]))
    await stage.sender.send(news, inside("One"), {}, attempt(2, within=head.message_ids[0]))
    assert stage.shown(head.message_ids[0]) == ["One"]


async def test_a_head_deleted_meanwhile_is_named(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    await stage.sender.delete(news, Place(head.message_ids))
    with pytest.raises(ChatClosed, match="was deleted"):
        await stage.sender.send(news, inside("One"), {}, attempt(2, within=head.message_ids[0]))


async def test_a_section_without_a_head_goes_nowhere(stage: Stage) -> None:
    news = stage.announcements()
    with pytest.raises(ChatClosed, match="has no thread"):
        await stage.sender.send(news, inside("One"), {}, attempt())
    assert stage.shown(news.chat) == []


async def test_a_thread_the_bot_may_not_open_says_so(stage: Stage) -> None:
    news = stage.announcements()
    stage.state.permit(int(news.chat), PUBLISHER & ~Permission.CREATE_PUBLIC_THREADS)
    (head,) = await published(stage, news)
    with pytest.raises(ChatClosed, match="lacks a permission"):
        await stage.sender.send(news, inside("One"), {}, attempt(2, within=head.message_ids[0]))


async def test_a_section_is_found_again_in_its_thread(stage: Stage) -> None:
    news = stage.announcements()
    head, _ = await published(stage, news, "One")
    tried = attempt(3, within=head.message_ids[0])
    stage.faults.at(3, Fault.TAKEN_CLOSED, "createMessage")
    with pytest.raises(InDoubt):
        await stage.sender.send(news, inside("Two"), {}, tried)
    found = await stage.sender.settle(news, inside("Two"), tried)
    assert found is not None
    assert found.url is not None
    assert f"/{head.message_ids[0]}/" in found.url
    assert await stage.sender.settle(news, inside("Three"), replace(tried, nonce="other")) is None


async def test_a_section_whose_thread_never_opened_is_known_to_be_absent(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    assert await stage.sender.settle(news, inside("One"), attempt(2, within=head.message_ids[0])) is None


async def test_a_corrected_title_is_the_threads_name(stage: Stage) -> None:
    news = stage.announcements()
    head, _ = await published(stage, news, "One")
    await stage.sender.edit(news, Place(head.message_ids), HEAD, text("# Issue 1, corrected"), {})
    assert stage.thread(head.message_ids[0]).name == "Issue 1, corrected"
    assert stage.shown(news.chat) == ["# Issue 1, corrected"]


NAMES = (
    # what the head says, what its thread is called
    ("# 第12期：*一周*\n\n文", "第12期：一周"),
    ("2026-11-21\n\n# Weekly", "Weekly"),
    ("<@&1>\nWords \\*as\\* they are\nMore", "Words *as* they are"),
    ("# " + "长" * 200, "长" * 99 + "…"),
    ("", "…"),
)


@pytest.mark.parametrize(("content", "name"), NAMES)
def test_a_thread_is_named_after_its_head(content: str, name: str) -> None:
    assert named_after(content) == name


def test_a_name_is_one_line() -> None:
    assert named(" Two\nlines ") == "Two lines"


# ── archived and locked ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_archived_thread_is_written_to_and_edited(stage: Stage) -> None:
    news = stage.announcements()
    head, one = await published(stage, news, "One")
    (number,) = head.message_ids
    stage.put_away(number)
    await stage.sender.edit(news, Place(one.message_ids, number), inside("One"), inside("One!"), {})
    stage.put_away(number)
    await stage.sender.send(news, inside("Two"), {}, attempt(3, within=number))
    stage.put_away(number)
    await stage.sender.delete(news, Place(one.message_ids, number))
    assert stage.shown(number) == ["Two"]


async def test_a_locked_thread_says_what_to_do(stage: Stage) -> None:
    news = stage.announcements()
    head, one = await published(stage, news, "One")
    (number,) = head.message_ids
    stage.put_away(number, locked=True)
    with pytest.raises(ChatClosed, match=r"locked.*let the bot manage threads"):
        await stage.sender.send(news, inside("Two"), {}, attempt(3, within=number))
    with pytest.raises(ChatClosed, match=r"locked.*anage"):
        await stage.sender.edit(news, Place(one.message_ids, number), inside("One"), inside("One!"), {})


async def test_a_thread_that_was_deleted_took_everything_with_it(stage: Stage) -> None:
    news = stage.announcements()
    head, one = await published(stage, news, "One")
    (number,) = head.message_ids
    stage.state.remove_channel(int(number))
    with pytest.raises(ChatClosed, match="thread was deleted"):
        await stage.sender.send(news, inside("Two"), {}, attempt(3, within=number))
    with pytest.raises(Gone):
        await stage.sender.edit(news, Place(one.message_ids, number), inside("One"), inside("One!"), {})
    await stage.sender.delete(news, Place(one.message_ids, number))


async def test_a_thread_as_a_chat_of_its_own(stage: Stage) -> None:
    news = stage.announcements()
    head, _ = await published(stage, news, "One")
    thread = Destination("thread", "discord", Kind.THREAD, head.message_ids[0])
    assert (await stage.sender.check(thread)).problems == ()
    receipt = await stage.sender.send(thread, text("Hello"), {}, attempt(3))
    stage.put_away(thread.chat)
    await stage.sender.edit(thread, Place(receipt.message_ids), text("Hello"), text("Hello!"), {})
    assert stage.shown(thread.chat) == ["One", "Hello!"]
    stage.put_away(thread.chat, locked=True)
    assert "is locked" in (await stage.sender.check(thread)).problems[0]


# ── followers and pins ───────────────────────────────────────────────────────────────────────────────────────────────


def after(*deeds: str) -> Message:
    return replace(HEAD, after=deeds)


async def test_the_head_goes_to_followers_once(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    for _ in range(2):
        await stage.sender.finish(news, Place(head.message_ids), after("crosspost"))
    (posted,) = stage.state.messages(int(news.chat))
    assert Flag.CROSSPOSTED in posted.flags


async def test_a_lost_answer_to_the_crosspost_can_be_tried_again(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    stage.faults.at(1, Fault.TAKEN_CLOSED, "crosspostMessage")
    with pytest.raises(TryLater):
        await stage.sender.finish(news, Place(head.message_ids), after("crosspost"))
    await stage.sender.finish(news, Place(head.message_ids), after("crosspost"))


async def test_more_crossposts_than_an_hour_takes_wait_with_words() -> None:
    async with rehearsal(replace(OPEN, crosspost=Rule(1, 3600))) as stage:
        news = stage.announcements()
        (first,) = await published(stage, news)
        second = await stage.sender.send(news, text("Two"), {}, attempt(2))
        await stage.sender.finish(news, Place(first.message_ids), after("crosspost"))
        with pytest.raises(TryLater, match="ten messages an hour") as raised:
            await stage.sender.finish(news, Place(second.message_ids), after("crosspost"))
        assert raised.value.after > 3000


async def test_a_crosspost_outside_an_announcement_channel_says_which_kind_to_write(stage: Stage) -> None:
    receipt = await stage.sender.send(stage.destination, HEAD, {}, attempt())
    with pytest.raises(ChatClosed, match="`weektech check` says which `kind`"):
        await stage.sender.finish(stage.destination, Place(receipt.message_ids), after("crosspost"))


DEEDS = (
    # what is asked, the right it needs, the right's name
    ("crosspost", Permission.SEND_MESSAGES, "Send Messages"),
    ("pin", Permission.PIN_MESSAGES, "Pin Messages"),
)


@pytest.mark.parametrize(("deed", "right", "name"), DEEDS)
async def test_a_missing_right_to_finish_is_named(stage: Stage, deed: str, right: Permission, name: str) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    stage.state.permit(int(news.chat), PUBLISHER & ~right)
    with pytest.raises(Rejected, match=f"out there.*{name}"):
        await stage.sender.finish(news, Place(head.message_ids), after(deed))


async def test_followers_get_what_the_bot_may_not_pin(stage: Stage) -> None:
    news = stage.announcements()
    (head,) = await published(stage, news)
    stage.state.permit(int(news.chat), PUBLISHER & ~Permission.PIN_MESSAGES)
    with pytest.raises(Rejected, match="may not pin"):
        await stage.sender.finish(news, Place(head.message_ids), after("pin", "crosspost"))
    (posted,) = stage.state.messages(int(news.chat))
    assert Flag.CROSSPOSTED in posted.flags


async def test_a_message_is_pinned_and_stays_so(stage: Stage) -> None:
    receipt = await stage.sender.send(stage.destination, HEAD, {}, attempt())
    for _ in range(2):
        await stage.sender.finish(stage.destination, Place(receipt.message_ids), after("pin"))
    assert stage.state.messages(stage.channel.id)[0].pinned is not None


async def test_a_channel_full_of_pins_says_so(stage: Stage) -> None:
    reader = stage.reader()
    for number in range(250):
        said = stage.state.say(stage.channel.id, reader, str(number))
        stage.state.keep(replace(said, pinned=said.sent))
    receipt = await stage.sender.send(stage.destination, HEAD, {}, attempt())
    with pytest.raises(Rejected, match="Unpin an older one"):
        await stage.sender.finish(stage.destination, Place(receipt.message_ids), after("pin"))


async def test_finishing_what_is_gone_says_gone(stage: Stage) -> None:
    receipt = await stage.sender.send(stage.destination, HEAD, {}, attempt())
    await stage.sender.delete(stage.destination, Place(receipt.message_ids))
    with pytest.raises(Gone):
        await stage.sender.finish(stage.destination, Place(receipt.message_ids), after("pin"))


# ── the check ────────────────────────────────────────────────────────────────────────────────────────────────────────

RIGHTS = (
    # a permission taken away, the words the check must find for it
    (Permission.SEND_MESSAGES, "“Send Messages”"),
    (Permission.CREATE_PUBLIC_THREADS, "“Create Public Threads”"),
    (Permission.SEND_MESSAGES_IN_THREADS, "“Send Messages in Threads”"),
    (Permission.READ_MESSAGE_HISTORY, "“Read Message History”"),
    (Permission.PIN_MESSAGES, "“Pin Messages”"),
)


@pytest.mark.parametrize(("taken", "words"), RIGHTS)
async def test_a_right_an_announcement_needs_is_named(stage: Stage, taken: Permission, words: str) -> None:
    news = replace(stage.announcements(), pin=True)
    assert (await stage.sender.check(news)).problems == ()
    stage.state.permit(int(news.chat), PUBLISHER & ~taken)
    assert words in "\n".join((await stage.sender.check(news)).problems)


KINDS = (
    # what config.yaml says, what the channel is, what the check says
    (Kind.ANNOUNCEMENT, ChannelType.TEXT, "a text channel. Write `kind: text`"),
    (Kind.ANNOUNCEMENT, ChannelType.FORUM, "a forum channel. Write `kind: forum`"),
    (Kind.TEXT, ChannelType.FORUM, "a forum channel. Write `kind: forum`"),
    (Kind.FORUM, ChannelType.ANNOUNCEMENT, "an announcement channel. Write `kind: announcement`"),
    (Kind.THREAD, ChannelType.TEXT, "a text channel. Write `kind: text`"),
    (Kind.TEXT, ChannelType.CATEGORY, "a category channel. Choose a text"),
)


@pytest.mark.parametrize(("kind", "found", "words"), KINDS)
async def test_a_channel_of_another_kind_says_what_to_write(
    stage: Stage, kind: Kind, found: ChannelType, words: str
) -> None:
    channel = stage.state.add_channel(stage.channel.guild, "other", found)
    (problem,) = (await stage.sender.check(Destination("d", "discord", kind, str(channel.id)))).problems
    assert words in problem
