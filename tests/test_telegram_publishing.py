"""An issue in Telegram's kinds of chat, published by weektech as a process: linked, pinned, corrected, never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bots.rehearsal.telegram import Chat, ChatKind, People, Standing
from tests.theatre import Theatre, theatre

DESTINATIONS = """
  topic:
    platform: telegram
    kind: topic
    chat: "-1001000000003"
    topic: "{topic}"
    pin: true
  friends:
    platform: telegram
    kind: group
    chat: "-4"
  reader:
    platform: telegram
    kind: private
    chat: "88"
    format: digest
"""
SECTIONS = [
    "Models\nA first paragraph about models.",
    "Papers\nA second paragraph about papers.",
    "Closing\nTell us what you think.",
]


@dataclass
class Club:
    """The theatre with a forum, a basic group, a reader, and a discussion group of the channel."""

    theatre: Theatre
    forum: Chat
    friends: Chat
    reader: Chat
    talk: Chat
    topic: int

    @property
    def people(self) -> People:
        return People(self.theatre.telegram)

    def publish(self, *words: str) -> str:
        """What the author reads; raises for nothing."""
        finished = self.theatre.run("publish", "posts/one.md", *words)
        return finished.stdout + finished.stderr

    def sent(self) -> int:
        """Calls so far that wrote or changed a message."""
        writing = ("sendMessage", "editMessageText", "pinChatMessage", "deleteMessage")
        return sum(call in writing for call in self.theatre.telegram_faults.calls)


@pytest.fixture
def club(tmp_path: Path) -> Iterator[Club]:
    with theatre(tmp_path / "column") as made:
        forum = Chat(-1001000000003, ChatKind.SUPERGROUP, "Forum", forum=True, can_pin=True)
        friends = Chat(-4, ChatKind.GROUP, "Friends")
        reader = Chat(88, ChatKind.PRIVATE, "Reader", standing=Standing.MEMBER)
        talk = Chat(-1001000000005, ChatKind.SUPERGROUP, "Talk", linked=made.channel.id)
        made.channel.linked = talk.id
        made.telegram.chats |= {chat.id: chat for chat in (forum, friends, reader, talk)}
        topic = People(made.telegram).open_topic(forum.id, "Issues").id
        config = made.folder / "config.yaml"
        text = config.read_text(encoding="utf-8").replace(
            "  title: Column", "  title: Column\n  site: https://blog.example/{slug}/"
        )
        config.write_text(text.rstrip() + DESTINATIONS.format(topic=topic), encoding="utf-8")
        yield Club(made, forum, friends, reader, talk, topic)


def texts(chat: Chat) -> list[str]:
    return [message.text for message in chat.messages]


def links(chat: Chat) -> list[str]:
    """Where the first message leads."""
    return [entity.url for entity in chat.messages[0].entities if entity.url]


def test_each_kind_of_chat_gets_the_issue_once_in_its_own_form_and_its_correction(club: Club) -> None:
    words = club.publish()
    assert texts(club.forum)[1:] == texts(club.friends)[1:] == SECTIONS, words
    assert {message.thread for message in club.forum.messages} == {club.topic}
    ids = [message.id for message in club.forum.messages]
    assert links(club.forum) == [f"https://t.me/c/1000000003/{club.topic}/{number}" for number in ids[1:]]
    assert club.forum.pinned == ids[0]
    assert (links(club.friends), club.friends.pinned) == ([], 0)
    (digest,) = club.reader.messages
    assert digest.text.endswith("• Models\n• Papers\n• Closing")
    assert links(club.reader)[1:] == [f"https://blog.example/one/#{name}" for name in ("models", "papers", "closing")]
    assert texts(club.talk) == texts(club.theatre.channel)
    before = club.sent()
    post = club.theatre.post
    post.write_text(post.read_text(encoding="utf-8").replace("second", "corrected"), encoding="utf-8")
    words = club.publish()
    corrected = "Papers\nA corrected paragraph about papers."
    assert [texts(chat)[2] for chat in (club.forum, club.friends, club.theatre.channel, club.talk)] == [corrected] * 4
    assert (len(club.reader.messages), club.sent()) == (1, before + 3), words


def test_a_closed_topic_and_a_missing_right_are_named_and_nothing_is_lost(club: Club) -> None:
    club.people.close_topic(club.forum.id, club.topic)
    words = club.publish("--to", "topic")
    assert "The topic is closed. Open it, or give the bot the right to manage topics." in words
    assert club.forum.messages == []
    club.people.reopen_topic(club.forum.id, club.topic)
    club.forum.can_pin = False
    assert "may not pin" in club.publish("--to", "topic")
    club.forum.can_pin = True
    club.publish("--to", "topic")
    assert texts(club.forum)[1:] == SECTIONS
    assert club.forum.pinned == club.forum.messages[0].id


def test_a_group_that_becomes_a_supergroup_is_followed(club: Club) -> None:
    new = club.people.upgrade(club.friends.id)
    words = club.publish("--to", "friends")
    assert texts(new)[1:] == SECTIONS
    assert str(new.id) in words
    before = club.sent()
    club.publish("--to", "friends")
    assert (club.sent(), club.friends.messages) == (before, [])
