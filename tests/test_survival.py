"""What chats do to a column on the way, as its author meets it: each is survived, with words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bots.rehearsal.discord.limits import NO_LIMITS, Rule
from bots.rehearsal.discord.model import Channel, ChannelType
from bots.rehearsal.discord.thread_forms import ThreadChange
from bots.rehearsal.discord.threads import change
from bots.rehearsal.telegram import Chat
from bots.rehearsal.telegram.people import People
from bots.rehearsal.telegram.values import ChatKind
from tests.theatre import Theatre, theatre


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Theatre]:
    with theatre(tmp_path / "column") as found:
        yield found


def configured(house: Theatre, name: str, *lines: str) -> None:
    """Make this the only destination."""
    path = house.folder / "config.yaml"
    text = path.read_text(encoding="utf-8").partition("destinations:\n")[0]
    path.write_text(text + f"destinations:\n  {name}:\n" + "".join(f"    {line}\n" for line in lines), encoding="utf-8")


def corrected(house: Theatre, old: str, new: str) -> None:
    text = house.post.read_text(encoding="utf-8")
    assert old in text
    house.post.write_text(text.replace(old, new), encoding="utf-8")


EXTRA = "# Extra\n\nNew words.\n\n# Closing"
"""A new section before the last one."""


def firsts(house: Theatre, channel: int) -> list[str]:
    """How the messages of a Discord channel or thread begin; a thread's own first entry has no words."""
    words = [message.content.lstrip("# ").split("\n")[0] for message in house.discord.state.messages(channel)]
    return [one for one in words if one]


# Telegram


def test_a_basic_group_that_became_a_supergroup(house: Theatre) -> None:
    old = Chat(-4005, ChatKind.GROUP, "Friends")
    house.telegram.chats[old.id] = old
    configured(house, "group", "platform: telegram", "kind: group", 'chat: "-4005"')
    assert house.run("publish").returncode == 0
    before = [message.text for message in old.messages]
    new = People(house.telegram).upgrade(old.id)
    corrected(house, "# Closing", EXTRA)
    found = house.run("publish")
    assert found.returncode == 0, found.stderr
    assert f'set destinations.group.chat to "{new.id}" and its kind to supergroup' in found.stderr
    assert [message.text for message in old.messages] == before
    assert [message.text for message in new.messages] == ["Extra\nNew words."]
    configured(house, "group", "platform: telegram", "kind: supergroup", f'chat: "{new.id}"')
    corrected(house, "New words.", "Better words.")
    last = house.run("publish")
    assert (last.returncode, last.stderr) == (0, "")
    assert [message.text for message in new.messages] == ["Extra\nBetter words."]


def test_a_topic_that_is_closed(house: Theatre) -> None:
    group = Chat(-1001000000005, ChatKind.SUPERGROUP, "Talk", forum=True)
    house.telegram.chats[group.id] = group
    people = People(house.telegram)
    topic = people.open_topic(group.id, "News").id
    configured(house, "topic", "platform: telegram", "kind: topic", f'chat: "{group.id}"', f'topic: "{topic}"')
    people.close_topic(group.id, topic)
    found = house.run("publish")
    assert found.returncode not in (0, 2)
    assert "topic" in found.stderr
    assert group.messages == []
    people.reopen_topic(group.id, topic)
    assert house.run("publish").returncode == 0
    assert {message.thread for message in group.messages} == {topic}


def test_a_post_too_old_to_be_deleted_is_struck_through_and_named_once(house: Theatre) -> None:
    configured(house, "channel", "platform: telegram", 'chat: "@column"')
    corrected(house, "# Closing", EXTRA)
    assert house.run("publish").returncode == 0
    house.channel.messages[:] = [replace(one, date=one.date - timedelta(hours=72)) for one in house.channel.messages]
    corrected(house, EXTRA, "# Closing")
    found = house.run("publish")
    assert found.returncode == 0, found.stderr
    assert "can't be taken back and is struck through instead" in found.stderr
    (struck,) = (one for one in house.channel.messages if any(e.type == "strikethrough" for e in one.entities))
    assert found.stderr.split("https://t.me/column/")[1].startswith(f"{struck.id})")
    again = house.run("publish")
    assert (again.returncode, again.stderr) == (0, "")


# Discord


def channel(house: Theatre, name: str, kind: ChannelType) -> Channel:
    state = house.discord.state
    return state.add_channel(state.channels[house.text].guild, name, kind)


def test_followers_get_the_issue_an_hour_later(house: Theatre) -> None:
    news = channel(house, "news", ChannelType.ANNOUNCEMENT)
    configured(house, "news", "platform: discord", "kind: announcement", f'chat: "{news.id}"')
    usual = house.discord.desk
    house.discord.desk = replace(usual, rules=replace(NO_LIMITS, crosspost_hour=Rule(0, 3600)))
    found = house.run("publish")
    assert found.returncode == 3
    assert "crosspost: A channel may publish ten messages an hour" in found.stderr
    assert "Publish again after 20" in found.stderr
    (head,) = house.discord.state.messages(news.id)
    assert firsts(house, head.id) == ["Models", "Papers", "Closing"]
    house.discord.desk = usual
    assert house.run("publish").returncode == 0
    assert house.discord_faults.calls.count("crosspostMessage") == 2
    corrected(house, "Welcome.", "Welcome back.")
    assert house.run("publish").returncode == 0
    assert house.discord_faults.calls.count("crosspostMessage") == 2


def test_a_thread_that_was_archived(house: Theatre) -> None:
    news = channel(house, "news", ChannelType.ANNOUNCEMENT)
    configured(house, "news", "platform: discord", "kind: announcement", f'chat: "{news.id}"')
    assert house.run("publish").returncode == 0
    state = house.discord.state
    thread = state.channels[state.messages(news.id)[0].id]
    assert thread.thread is not None
    change(state, thread, thread.thread, ThreadChange(archived=True))
    corrected(house, "A second paragraph about papers.", "A corrected paragraph about papers.")
    corrected(house, "# Closing", EXTRA)
    found = house.run("publish")
    assert found.returncode == 0, found.stderr
    assert firsts(house, thread.id) == ["Models", "Papers", "Closing", "Extra"]
    assert "A corrected paragraph" in state.messages(thread.id)[2].content


def test_a_forum_that_asks_for_a_tag(house: Theatre) -> None:
    state = house.discord.state
    forum = state.add_forum(state.channels[house.text].guild, "archive", ["weekly"], require_tag=True)
    lines = ("platform: discord", "kind: forum", f'chat: "{forum.id}"')
    configured(house, "archive", *lines)
    found = house.run("publish")
    assert found.returncode not in (0, 2)
    assert "tag" in found.stderr
    configured(house, "archive", *lines, "tags: [weekly]")
    found = house.run("publish")
    assert found.returncode == 0, found.stderr
