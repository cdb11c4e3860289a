"""The local Discord's threads and forums: how they begin, fall silent, come back, and what each refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bots.rehearsal.discord import threads
from bots.rehearsal.discord.model import PUBLISHER, Channel, ChannelType, Flag, MessageType, Permission
from bots.rehearsal.discord.wire import Answer, FilePart
from tests.discord_world import World, make_world, picture, refusal

NAME = {"name": "第一期", "auto_archive_duration": 1440}
MANAGER = PUBLISHER | Permission.MANAGE_THREADS
DAY = 24 * 3600


@pytest.fixture
def world() -> World:
    return make_world()


def announcements(world: World) -> Channel:
    return world.state.add_channel(world.channel.guild, "news", ChannelType.ANNOUNCEMENT)


def say(world: World, channel: int | str, body: dict[str, Any] | None = None, *files: FilePart) -> Answer:
    return world.call("POST", f"/channels/{channel}/messages", body or {"content": "x"}, files=files)


def start(world: World, channel: int, body: dict[str, Any] | None = None) -> Answer:
    """A thread from a new message of the channel."""
    number = say(world, channel).body["id"]
    return world.call("POST", f"/channels/{channel}/messages/{number}/threads", NAME if body is None else body)


def change(world: World, thread: str, **fields: Any) -> Answer:
    return world.call("PATCH", f"/channels/{thread}", fields)


def post(world: World, forum: Channel, tags: list[int] | None = None, *files: FilePart, **more: Any) -> Answer:
    body = {**NAME, "message": {"content": "正文"}, **({"applied_tags": tags} if tags is not None else {}), **more}
    return world.call("POST", f"/channels/{forum.id}/threads", body, files=files)


def active(world: World) -> list[str]:
    found = world.call("GET", f"/guilds/{world.channel.guild}/threads/active").body
    assert [each["id"] for each in found["members"]] == [each["id"] for each in found["threads"]]
    return [each["name"] for each in found["threads"]]


# ---------------------------------------------------------------- from messages

KINDS = {ChannelType.TEXT: 11, ChannelType.ANNOUNCEMENT: 10}


@pytest.mark.parametrize("kind", KINDS)
def test_a_messages_thread_has_its_id_and_points_back_to_it(world: World, kind: ChannelType) -> None:
    channel = world.state.add_channel(world.channel.guild, "news", kind)
    answer = start(world, channel.id)
    (head,) = world.state.messages(channel.id)
    assert (answer.status, answer.body["id"], answer.body["type"]) == (201, str(head.id), KINDS[kind])
    assert (answer.body["parent_id"], answer.body["owner_id"]) == (str(channel.id), str(world.state.bot.id))
    assert Flag.HAS_THREAD in head.flags
    (shown,) = world.call("GET", f"/channels/{channel.id}/messages").body
    assert shown["thread"]["name"] == "第一期"
    (first,) = world.call("GET", f"/channels/{head.id}/messages").body
    assert (first["type"], first["content"]) == (21, "")
    assert first["message_reference"]["message_id"] == str(head.id)


THREAD_FORMS: dict[str, tuple[dict[str, Any], int]] = {
    "a name of one character": ({"name": "一"}, 201),
    "a name of 100 characters": ({"name": "字" * 100}, 201),
    "a name of 101 characters": ({"name": "字" * 101}, 400),
    "no name": ({}, 400),
    "an empty name": ({"name": "  "}, 400),
    "a week of silence": ({"name": "x", "auto_archive_duration": 10080}, 201),
    "two days of silence": ({"name": "x", "auto_archive_duration": 2880}, 400),
    "a name that is a list": ({"name": ["x"]}, 400),
}


@pytest.mark.parametrize("form", THREAD_FORMS)
def test_what_a_thread_may_be_called(world: World, form: str) -> None:
    body, status = THREAD_FORMS[form]
    answer = start(world, world.channel.id, body)
    assert answer.status == status
    assert status == 201 or answer.body["code"] == 50035
    assert len(world.state.threads(world.channel.id)) == (status == 201)


def test_a_message_has_one_thread_at_most(world: World) -> None:
    number = start(world, world.channel.id).body["id"]
    again = world.call("POST", f"/channels/{world.channel.id}/messages/{number}/threads", NAME)
    assert refusal(again) == (400, 160004)


def test_a_thread_outlives_its_message(world: World) -> None:
    number = start(world, world.channel.id).body["id"]
    world.delete(number)
    assert say(world, number).status == 200


def test_messages_of_a_thread_tell_their_position(world: World) -> None:
    thread = start(world, announcements(world).id).body["id"]
    positions = [say(world, thread).body["position"] for _ in range(3)]
    assert positions == sorted(set(positions))
    assert "position" not in say(world, world.channel.id).body


def test_threads_start_only_where_messages_are(world: World) -> None:
    thread = start(world, world.channel.id).body["id"]
    number = say(world, thread).body["id"]
    assert refusal(world.call("POST", f"/channels/{thread}/messages/{number}/threads", NAME)) == (400, 50024)
    assert refusal(world.call("POST", f"/channels/{world.channel.id}/messages/7/threads", NAME)) == (404, 10008)


ALONE: dict[str, tuple[ChannelType, dict[str, Any], int | tuple[int, int]]] = {
    "public": (ChannelType.TEXT, {"type": 11}, 11),
    "private unless said otherwise": (ChannelType.TEXT, {}, 12),
    "in an announcement channel": (ChannelType.ANNOUNCEMENT, {"type": 10}, 10),
    "public in an announcement channel": (ChannelType.ANNOUNCEMENT, {"type": 11}, (400, 50024)),
    "private in an announcement channel": (ChannelType.ANNOUNCEMENT, {}, (400, 50024)),
    "in a category": (ChannelType.CATEGORY, {"type": 11}, (400, 50024)),
    "of a kind nobody knows": (ChannelType.TEXT, {"type": 13}, (400, 50035)),
}


@pytest.mark.parametrize("case", ALONE)
def test_threads_without_a_message(world: World, case: str) -> None:
    kind, body, expected = ALONE[case]
    channel = world.state.add_channel(world.channel.guild, "other", kind)
    world.state.permit(channel.id, PUBLISHER | Permission.CREATE_PRIVATE_THREADS)
    answer = world.call("POST", f"/channels/{channel.id}/threads", NAME | body)
    assert (answer.body["type"] if answer.status == 201 else refusal(answer)) == expected


# ---------------------------------------------------------------- rights


def test_each_right_of_threads_is_needed(world: World) -> None:
    thread = start(world, world.channel.id).body["id"]
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.SEND_MESSAGES_IN_THREADS)
    assert refusal(say(world, thread)) == (403, 50013)
    assert say(world, world.channel.id).status == 200
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.SEND_MESSAGES)
    assert say(world, thread).status == 200
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.CREATE_PUBLIC_THREADS)
    assert refusal(start(world, world.channel.id)) == (403, 50013)
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.VIEW_CHANNEL)
    assert refusal(say(world, thread)) == (403, 50001)
    assert active(world) == []


CHANGES: dict[str, tuple[bool, bool, dict[str, Any], int]] = {
    # what: (our own thread, locked, the change, the code without the right to manage threads; 0: taken)
    "rename our own": (True, False, {"name": "另一期"}, 0),
    "rename another's": (False, False, {"name": "另一期"}, 50013),
    "archive our own": (True, False, {"archived": True}, 0),
    "bring another's back": (False, False, {"archived": False}, 0),
    "bring our own back though locked": (True, True, {"archived": False}, 0),
    "bring another's back though locked": (False, True, {"archived": False}, 160005),
    "rename our own though locked": (True, True, {"name": "另一期"}, 160005),
    "lock our own": (True, False, {"locked": True}, 50013),
    "pin our own": (True, False, {"flags": 2}, 50013),
}


@pytest.mark.parametrize("case", CHANGES)
def test_who_may_change_a_thread(world: World, case: str) -> None:
    own, locked, fields, code = CHANGES[case]
    number = start(world, world.channel.id).body["id"]
    channel = world.state.channels[int(number)]
    assert channel.thread is not None
    owner = world.state.bot.id if own else world.state.add_user("reader").id
    world.state.put(replace(channel, thread=replace(channel.thread, owner=owner, locked=locked)))
    answer = change(world, number, **fields)
    assert (answer.body["code"] if answer.status != 200 else 0) == code
    world.state.permit(world.channel.id, MANAGER)
    world.state.put(replace(channel, thread=replace(channel.thread, owner=owner, locked=locked)))
    assert change(world, number, **fields).status == 200


def test_other_channels_are_not_the_bots_to_change(world: World) -> None:
    assert refusal(change(world, str(world.channel.id), name="mine")) == (403, 50013)


# ---------------------------------------------------------------- silence, archives, locks


def test_silence_archives_and_a_message_brings_back(world: World) -> None:
    number = start(world, world.channel.id).body["id"]
    sent = say(world, number).body["id"]
    world.clock.advance(DAY - 1)
    assert active(world) == ["第一期"]
    world.clock.advance(1)
    assert active(world) == []
    seen = world.call("GET", f"/channels/{number}").body["thread_metadata"]
    assert (seen["archived"], seen["archive_timestamp"]) == (True, world.clock.now().isoformat())
    edit = world.call("PATCH", f"/channels/{number}/messages/{sent}", {"content": "y"})
    assert refusal(edit) == (400, 50083)
    assert say(world, number).status == 200
    assert active(world) == ["第一期"]
    assert world.call("PATCH", f"/channels/{number}/messages/{sent}", {"content": "y"}).status == 200


def test_in_an_archived_thread_messages_can_only_be_deleted(world: World) -> None:
    number = start(world, world.channel.id).body["id"]
    sent = say(world, number).body["id"]
    assert change(world, number, archived=True).status == 200
    assert refusal(world.call("PUT", f"/channels/{number}/messages/pins/{sent}")) == (400, 50083)
    assert refusal(change(world, number, name="另一期")) == (400, 50083)
    assert world.call("DELETE", f"/channels/{number}/messages/{sent}").status == 204
    assert change(world, number, archived=False, name="另一期").body["name"] == "另一期"


def test_a_locked_thread_takes_nothing_from_those_who_do_not_manage_threads(world: World) -> None:
    number = start(world, world.channel.id).body["id"]
    sent = say(world, number).body["id"]
    world.state.permit(world.channel.id, MANAGER)
    assert change(world, number, locked=True, archived=True).body["thread_metadata"]["locked"] is True
    world.state.permit(world.channel.id, PUBLISHER)
    assert refusal(say(world, number)) == (403, 160005)
    assert refusal(world.call("DELETE", f"/channels/{number}/messages/{sent}")) == (403, 160005)
    assert refusal(world.call("PATCH", f"/channels/{number}/messages/{sent}", {"content": "y"})) == (400, 50083)
    world.state.permit(world.channel.id, MANAGER)
    assert say(world, number).status == 200
    world.state.permit(world.channel.id, PUBLISHER)
    assert refusal(world.call("PATCH", f"/channels/{number}/messages/{sent}", {"content": "y"})) == (403, 160005)


def test_archived_threads_come_in_pages_the_last_archived_first(world: World) -> None:
    for n in range(5):
        number = start(world, world.channel.id, {"name": str(n)}).body["id"]
        world.clock.advance(1)
        change(world, number, archived=True)
    start(world, world.channel.id, {"name": "active"})
    path = f"/channels/{world.channel.id}/threads/archived/public"
    page = world.call("GET", path, query={"limit": "3"}).body
    assert ([each["name"] for each in page["threads"]], page["has_more"]) == (["4", "3", "2"], True)
    before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
    page = world.call("GET", path, query={"limit": "3", "before": before}).body
    assert ([each["name"] for each in page["threads"]], page["has_more"]) == (["1", "0"], False)
    assert refusal(world.call("GET", path, query={"limit": "1"})) == (400, 50035)
    assert refusal(world.call("GET", path, query={"before": "yesterday"})) == (400, 50035)
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.READ_MESSAGE_HISTORY)
    assert refusal(world.call("GET", path)) == (403, 50013)


def test_a_server_has_only_so_many_active_threads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_ACTIVE", 2)
    news = announcements(world)
    first = start(world, world.channel.id).body["id"]
    start(world, news.id)
    assert refusal(start(world, world.channel.id)) == (400, 160006)
    assert refusal(start(world, news.id)) == (400, 160007)
    change(world, first, archived=True)
    assert start(world, news.id).status == 201


# ---------------------------------------------------------------- forums


def test_a_post_is_a_thread_with_its_first_message(world: World) -> None:
    forum = world.state.add_forum(world.channel.guild, "archive", ["AI", "工具"])
    ai = forum.tags[0].id
    body = {"attachments": [{"id": 0, "filename": "a.png", "description": "封面"}], "content": "正文"}
    answer = post(world, forum, [ai], picture(), message=body)
    assert answer.status == 201
    assert answer.body["id"] == answer.body["message"]["id"]
    assert answer.body["applied_tags"] == [str(ai)]
    assert answer.body["message"]["attachments"][0]["description"] == "封面"
    assert (answer.body["message_count"], answer.body["total_message_sent"]) == (0, 0)
    more = say(world, answer.body["id"]).body["id"]
    world.call("DELETE", f"/channels/{answer.body['id']}/messages/{more}")
    seen = world.call("GET", f"/channels/{answer.body['id']}").body
    assert (seen["message_count"], seen["total_message_sent"]) == (0, 1)


def test_a_forum_shows_its_tags_and_whether_one_is_needed(world: World) -> None:
    forum = world.state.add_forum(world.channel.guild, "archive", ["AI"], require_tag=True)
    seen = world.call("GET", f"/channels/{forum.id}").body
    assert ([tag["name"] for tag in seen["available_tags"]], seen["flags"]) == (["AI"], 16)


POSTS: dict[str, tuple[list[int] | None, dict[str, Any], tuple[int, int] | None]] = {
    # tags: their places in the forum, 99 for one that isn't there
    "five tags": ([0, 1, 2, 3, 4], {}, None),
    "six tags": ([0, 1, 2, 3, 4, 5], {}, (400, 50035)),
    "no tag where one is needed": (None, {}, (400, 40067)),
    "a tag the forum doesn't have": ([99], {}, (404, 10087)),
    "without a message": ([0], {"message": None}, (400, 50035)),
    "with an empty message": ([0], {"message": {"content": " "}}, (400, 50006)),
    "with a message that is too long": ([0], {"message": {"content": "x" * 2001}}, (400, 50035)),
    "without a name": ([0], {"name": None}, (400, 50035)),
}


@pytest.mark.parametrize("case", POSTS)
def test_what_a_post_needs(world: World, case: str) -> None:
    places, more, code = POSTS[case]
    forum = world.state.add_forum(world.channel.guild, "archive", list("abcdef"), require_tag=True)
    tags = [7 if place == 99 else forum.tags[place].id for place in places] if places is not None else None
    answer = post(world, forum, tags, **more)
    assert (refusal(answer) if code else answer.status) == (code or 201)
    assert len(world.state.threads(forum.id)) == (code is None)


def test_no_nonce_keeps_a_post_from_being_made_twice(world: World) -> None:
    forum = world.state.add_forum(world.channel.guild, "archive")
    body = {"content": "正文", "nonce": "n1", "enforce_nonce": True}
    made = [post(world, forum, message=body).body for _ in range(2)]
    assert [each["message"]["id"] for each in made] == [each["id"] for each in made]
    assert made[0]["id"] != made[1]["id"]


def test_a_forum_needs_only_the_right_to_send(world: World) -> None:
    forum = world.state.add_forum(world.channel.guild, "archive")
    world.state.permit(forum.id, PUBLISHER & ~Permission.CREATE_PUBLIC_THREADS)
    assert post(world, forum).status == 201
    world.state.permit(forum.id, PUBLISHER & ~Permission.SEND_MESSAGES)
    assert refusal(post(world, forum)) == (403, 50013)


def test_one_post_may_be_pinned_and_silence_leaves_it_be(world: World) -> None:
    forum = world.state.add_forum(world.channel.guild, "archive")
    world.state.permit(forum.id, MANAGER)
    first, second = (post(world, forum).body["id"] for _ in range(2))
    assert change(world, first, flags=2).body["flags"] == 2
    assert refusal(change(world, second, flags=2)) == (400, 30047)
    world.clock.advance(30 * DAY)
    assert [each["id"] for each in _threads(world)] == [first]
    change(world, first, flags=0)
    assert _threads(world) == []


def _threads(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.call("GET", f"/guilds/{world.channel.guild}/threads/active").body["threads"]
    return found


def test_a_nonce_works_inside_a_thread(world: World) -> None:
    thread = start(world, world.channel.id).body["id"]
    body = {"content": "a", "nonce": "n1", "enforce_nonce": True}
    assert say(world, thread, body).body["id"] == say(world, thread, body).body["id"]


def test_a_thread_goes_with_its_channel(world: World) -> None:
    thread = start(world, world.channel.id).body["id"]
    world.state.remove_channel(world.channel.id)
    assert refusal(say(world, thread)) == (404, 10003)


def test_the_servers_own_messages_cannot_be_changed(world: World) -> None:
    thread = start(world, world.channel.id).body["id"]
    (note,) = world.state.messages(int(thread))
    assert note.type is MessageType.THREAD_STARTER
    assert refusal(world.call("PATCH", f"/channels/{thread}/messages/{note.id}", {"content": "y"})) == (403, 50021)


def test_a_readers_word_brings_a_thread_back(world: World) -> None:
    thread = int(start(world, world.channel.id).body["id"])
    world.clock.advance(timedelta(days=2).total_seconds())
    assert active(world) == []
    world.state.say(thread, world.state.add_user("reader"), "?")
    assert active(world) == ["第一期"]
