"""Readers of the local Telegram comment, edit, delete, block: what a bot learns of it (telegram.md 4.2)."""

from __future__ import annotations

import pytest

from bots.rehearsal.telegram import Entity, File, People, Role, Standing, Telegram
from tests.telegram_readers import (
    BASIC,
    CHANNEL,
    GROUP,
    OTHER,
    OWN_CHANNEL,
    READER,
    TALK,
    call,
    done,
    heard,
    post,
    stage,
)
from tests.telegram_world import BAD, TOKEN, HandClock, picture


@pytest.fixture
def world() -> Telegram:
    return stage(HandClock())


@pytest.fixture
def people(world: Telegram) -> People:
    return People(world)


# ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_comments_hang_on_the_copy_of_the_post_however_deep_they_answer(world: Telegram, people: People) -> None:
    number = post(world)
    copy = people.copy(CHANNEL, number)
    first = people.comment(CHANNEL, number, READER, "first")
    people.say(TALK, OTHER, "answer", reply_to=first.id)
    (_, forward), (_, comment), (_, answer) = heard(world)
    assert forward["message_id"] == copy.id != number
    assert "message_thread_id" not in forward
    assert (comment["message_thread_id"], comment["reply_to_message"]["message_id"]) == (copy.id, copy.id)
    assert comment["reply_to_message"]["is_automatic_forward"]
    assert (answer["message_thread_id"], answer["reply_to_message"]["text"]) == (copy.id, "first")
    assert comment["from"] == {
        "id": READER.id,
        "is_bot": False,
        "first_name": "Reader",
        "username": "reader",
        "language_code": "zh",
    }


def test_the_bots_own_answer_is_in_the_thread_too(world: Telegram, people: People) -> None:
    number = post(world)
    comment = people.comment(CHANNEL, number, READER, "question")
    sent = done(world, "sendMessage", chat_id=TALK, text="answer", reply_parameters={"message_id": comment.id})
    assert sent["message_thread_id"] == people.copy(CHANNEL, number).id
    people.say(TALK, READER, "thanks", reply_to=sent["message_id"])
    assert heard(world)[-1][1]["message_thread_id"] == people.copy(CHANNEL, number).id


def test_what_was_answered_is_missing_once_it_is_deleted(world: Telegram, people: People) -> None:
    number = post(world)
    first = people.comment(CHANNEL, number, READER, "first")
    answer = people.say(TALK, OTHER, "answer", reply_to=first.id)
    heard(world)
    people.delete(TALK, first.id)
    assert heard(world) == []
    people.edit(TALK, answer.id, "better")
    ((kind, what),) = heard(world)
    assert (kind, what["text"]) == ("edited_message", "better")
    assert what["message_thread_id"] == people.copy(CHANNEL, number).id
    assert "reply_to_message" not in what
    gone = call(world, "sendMessage", chat_id=TALK, text="x", reply_parameters={"message_id": first.id})
    assert gone.description == BAD + "message to be replied not found"


def test_comments_on_an_album_hang_on_its_first_picture(world: Telegram, people: People) -> None:
    files = {"a": File("a.png", picture())}
    media = [{"type": "photo", "media": "attach://a"}] * 3
    album = world.call(TOKEN, "sendMediaGroup", {"chat_id": CHANNEL, "media": media}, files).result
    people.comment(CHANNEL, album[2]["message_id"], READER, "nice")
    forwards = [what for _, what in heard(world)]
    comment = forwards.pop()
    assert len({forward["media_group_id"] for forward in forwards}) == 1
    assert comment["message_thread_id"] == forwards[0]["message_id"]
    people.say(TALK, OTHER, "the second one", reply_to=forwards[1]["message_id"])
    ((_, answer),) = heard(world)
    assert answer["message_thread_id"] == forwards[0]["message_id"]
    assert answer["reply_to_message"]["message_id"] == forwards[1]["message_id"]


def test_plain_groups_have_threads_of_answers_and_basic_groups_none(world: Telegram, people: People) -> None:
    people.admit(GROUP, OTHER)
    for chat in (GROUP, BASIC):
        first = people.say(chat, READER, "first")
        people.say(chat, OTHER, "second", reply_to=first.id)
    told = {what["chat"]["id"]: what for kind, what in heard(world) if kind == "message"}
    assert told[GROUP]["message_thread_id"] == told[GROUP]["reply_to_message"]["message_id"]
    assert "message_thread_id" not in told[BASIC]


def test_a_post_without_a_copy_cannot_be_commented(world: Telegram, people: People) -> None:
    with pytest.raises(ValueError, match="not in the discussion group"):
        people.comment(CHANNEL, 99, READER, "x")


# ── who speaks, and what ─────────────────────────────────────────────────────────────────────────────────────────────


def test_anonymous_administrators_and_channels_have_a_bots_name(world: Telegram, people: People) -> None:
    people.say(TALK, READER, "as the group", as_chat=TALK)
    people.comment(CHANNEL, post(world), OTHER, "as my channel", as_chat=OWN_CHANNEL)
    told = {what["text"]: what for _, what in heard(world)}
    group, channel = told["as the group"], told["as my channel"]
    assert (group["from"]["id"], group["from"]["username"]) == (1087968824, "GroupAnonymousBot")
    assert (group["sender_chat"]["id"], group["from"]["is_bot"]) == (TALK, True)
    assert (channel["from"]["id"], channel["sender_chat"]["id"]) == (136817688, OWN_CHANNEL)
    assert channel["sender_chat"]["type"] == "channel"


def test_readers_format_their_words_and_send_pictures(world: Telegram, people: People) -> None:
    people.say(TALK, READER, "bold #tag", entities=[Entity("bold", 0, 4)])
    people.show(TALK, READER, picture(), "look")
    (_, text), (_, shown) = heard(world)
    assert [entity["type"] for entity in text["entities"]] == ["bold", "hashtag"]
    assert (shown["caption"], shown["photo"][-1]["width"]) == ("look", 40)
    path = done(world, "getFile", file_id=shown["photo"][-1]["file_id"])["file_path"]
    assert world.file(TOKEN, path).content == picture()


def test_edits_by_readers_and_editors_are_told_deletions_are_not(world: Telegram, people: People) -> None:
    by_editor = people.say(CHANNEL, OTHER, "post")
    comment = people.comment(CHANNEL, by_editor.id, READER, "comment")
    heard(world)
    people.edit(CHANNEL, by_editor.id, "post, corrected")
    people.edit(TALK, comment.id, "comment, corrected")
    edits = heard(world)
    assert [(kind, what["chat"]["id"], what["text"]) for kind, what in edits] == [
        ("edited_channel_post", CHANNEL, "post, corrected"),
        ("edited_message", TALK, "post, corrected"),
        ("edited_message", TALK, "comment, corrected"),
    ]
    assert all(what["edit_date"] for _, what in edits)
    people.delete(TALK, comment.id)
    people.delete(CHANNEL, by_editor.id)
    assert heard(world) == []


# ── private chats ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_written_to_before_they_started_the_bot(world: Telegram, people: People) -> None:
    assert call(world, "sendMessage", chat_id=READER.id, text="x").description == BAD + "chat not found"
    people.start(READER, "issue-12")
    ((kind, what),) = heard(world)
    assert (kind, what["text"], what["chat"]["type"]) == ("message", "/start issue-12", "private")
    assert what["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert call(world, "sendMessage", chat_id=READER.id, text="x").ok


def test_blocking_and_coming_back(world: Telegram, people: People) -> None:
    people.start(READER)
    heard(world)
    people.block(READER)
    ((kind, what),) = heard(world)
    assert kind == "my_chat_member"
    assert (what["old_chat_member"]["status"], what["new_chat_member"]["status"]) == ("member", "kicked")
    refused = call(world, "sendMessage", chat_id=READER.id, text="x")
    assert (refused.status, refused.description) == (403, "Forbidden: bot was blocked by the user")
    people.start(READER)
    (back, change), (said, _) = heard(world)
    assert (back, said) == ("my_chat_member", "message")
    assert (change["old_chat_member"]["status"], change["new_chat_member"]["status"]) == ("kicked", "member")
    assert call(world, "sendMessage", chat_id=READER.id, text="x").ok


# ── who is what ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_administrators_are_listed_with_the_owner_first_and_the_bot(world: Telegram, people: People) -> None:
    people.appoint(TALK, OTHER, Role.ADMINISTRATOR, anonymous=True)
    people.appoint(TALK, READER, Role.OWNER)
    listed = done(world, "getChatAdministrators", chat_id=TALK)
    assert [(each["status"], each["user"]["id"]) for each in listed] == [
        ("creator", READER.id),
        ("administrator", OTHER.id),
        ("administrator", 4242),
    ]
    assert listed[1]["is_anonymous"]
    people.start(READER)
    private = call(world, "getChatAdministrators", chat_id=READER.id)
    assert private.description == BAD + "there are no administrators in the private chat"


def test_the_role_of_a_user(world: Telegram, people: People) -> None:
    def role(user: int) -> str:
        return str(done(world, "getChatMember", chat_id=TALK, user_id=user)["status"])

    people.appoint(TALK, READER, Role.ADMINISTRATOR)
    people.say(TALK, OTHER, "hello")
    assert (role(READER.id), role(OTHER.id), role(4242)) == ("administrator", "member", "administrator")
    people.appoint(TALK, READER, Role.BANNED, by=OTHER)
    assert role(READER.id) == "kicked"
    assert call(world, "getChatMember", chat_id=TALK, user_id=99).description == BAD + "member not found"
    changes = [what for kind, what in heard(world) if kind == "chat_member"]
    assert [what["new_chat_member"]["status"] for what in changes] == ["administrator", "kicked"]
    assert changes[1]["from"]["id"] == OTHER.id
    people.admit(TALK, OTHER, Standing.LEFT)
    gone = call(world, "getChatMember", chat_id=TALK, user_id=READER.id)
    assert gone.description == "Forbidden: bot is not a member of the supergroup chat"
