"""The local Discord's crossposts with their followers' copies, and its pins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bots.rehearsal.discord import reach
from bots.rehearsal.discord.limits import NO_LIMITS, Rules
from bots.rehearsal.discord.model import PUBLISHER, Channel, ChannelType, Flag, Message, MessageType, Permission
from bots.rehearsal.discord.wire import Answer
from tests.discord_world import World, make_world, picture, refusal

HOURLY = replace(NO_LIMITS, crosspost_hour=Rules().crosspost_hour, edit_announced=Rules().edit_announced)


@pytest.fixture
def world() -> World:
    return make_world()


def news_of(world: World) -> Channel:
    return world.state.add_channel(world.channel.guild, "news", ChannelType.ANNOUNCEMENT)


def say(world: World, channel: Channel, **body: Any) -> str:
    answer = world.call("POST", f"/channels/{channel.id}/messages", {"content": "x", **body})
    number: str = answer.body["id"]
    return number


def crosspost(world: World, channel: Channel, number: str) -> Answer:
    return world.call("POST", f"/channels/{channel.id}/messages/{number}/crosspost")


def pin(world: World, channel: Channel, number: str, method: str = "PUT") -> Answer:
    return world.call(method, f"/channels/{channel.id}/messages/pins/{number}")


# ---------------------------------------------------------------- crossposts


def test_a_message_is_crossposted_once(world: World) -> None:
    news = news_of(world)
    number = say(world, news)
    assert crosspost(world, news, number).body["flags"] == int(Flag.CROSSPOSTED)
    assert refusal(crosspost(world, news, number)) == (400, 40033)


def test_only_announcements_are_crossposted(world: World) -> None:
    assert refusal(crosspost(world, world.channel, say(world, world.channel))) == (400, 50024)
    assert refusal(crosspost(world, news_of(world), "7")) == (404, 10008)


def test_whose_messages_may_be_crossposted(world: World) -> None:
    news = news_of(world)
    stranger = world.state.say(news.id, world.state.add_user("reader"), "hello")
    assert refusal(crosspost(world, news, str(stranger.id))) == (403, 50013)
    number = say(world, news)
    world.state.permit(news.id, PUBLISHER & ~Permission.SEND_MESSAGES)
    assert refusal(crosspost(world, news, number)) == (403, 50013)
    world.state.permit(news.id, PUBLISHER | Permission.MANAGE_MESSAGES)
    assert crosspost(world, news, str(stranger.id)).status == 200


def test_a_channel_crossposts_ten_times_an_hour() -> None:
    world = make_world(HOURLY)
    news = news_of(world)
    numbers = [say(world, news) for _ in range(11)]
    world.clock.advance(60)
    assert [crosspost(world, news, number).status for number in numbers] == [200] * 10 + [429]
    world.clock.advance(600)
    refused = crosspost(world, news, numbers[-1])
    assert (refused.status, refused.body["retry_after"]) == (429, 3000.0)
    assert refused.headers["Via"]
    assert refused.headers["X-RateLimit-Remaining"] != "0", "the route's own window, which is open"
    other = news_of(world)
    assert crosspost(world, other, say(world, other)).status == 200
    world.clock.advance(3000)
    assert crosspost(world, news, numbers[-1]).status == 200


def test_what_went_to_followers_takes_three_edits_an_hour() -> None:
    world = make_world(HOURLY)
    news = news_of(world)
    number = say(world, news)
    path = f"/channels/{news.id}/messages/{number}"
    assert [world.call("PATCH", path, {"content": str(n)}).status for n in range(5)] == [200] * 5
    crosspost(world, news, number)
    answers = [world.call("PATCH", path, {"content": str(n)}) for n in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].body["code"] == 20028


# ---------------------------------------------------------------- followers


def followed(world: World) -> tuple[Channel, Channel]:
    """An announcement channel, and a channel of another server that follows it."""
    world.state.message_content = True
    news = news_of(world)
    reader = world.state.add_channel(world.state.add_guild("Elsewhere").id, "feed")
    world.state.permit(reader.id, PUBLISHER | Permission.MANAGE_WEBHOOKS)
    answer = world.call("POST", f"/channels/{news.id}/followers", {"webhook_channel_id": str(reader.id)})
    assert (answer.status, answer.body["channel_id"]) == (200, str(news.id))
    return news, reader


def copy_of(world: World, channel: Channel) -> Message:
    (copy,) = world.state.messages(channel.id)
    return copy


def test_followers_get_a_copy_without_components(world: World) -> None:
    news, reader = followed(world)
    button = {"type": 1, "components": [{"type": 2, "style": 5, "label": "Read", "url": "https://example.org"}]}
    body = {"content": "第一期", "components": [button], "embeds": [{"title": "t"}]}
    number = world.call("POST", f"/channels/{news.id}/messages", body, files=(picture(),)).body["id"]
    assert world.state.messages(reader.id) == ()
    crosspost(world, news, number)
    (shown,) = world.call("GET", f"/channels/{reader.id}/messages").body
    assert (shown["content"], shown["components"], shown["flags"]) == ("第一期", [], int(Flag.IS_CROSSPOST))
    assert ([each["title"] for each in shown["embeds"]], len(shown["attachments"])) == (["t"], 1)
    expected = {"guild_id": str(news.guild), "channel_id": str(news.id), "message_id": number}
    assert shown["message_reference"] == {"type": 0, **expected}
    assert (shown["webhook_id"], shown["author"]["username"]) == (shown["author"]["id"], "Readers #news")
    assert world.state.copies[int(number)] == [copy_of(world, reader)]


def test_a_copy_notifies_nobody(world: World) -> None:
    news, reader = followed(world)
    role = world.state.add_role(news.guild, "readers", mentionable=True)
    number = say(world, news, content=f"<@&{role.id}>")
    crosspost(world, news, number)
    assert (world.state.message(news.id, int(number)).pings.count, copy_of(world, reader).pings.count) == (1, 0)


def test_copies_follow_edits_and_deletion(world: World) -> None:
    news, reader = followed(world)
    number = world.call("POST", f"/channels/{news.id}/messages", {"content": "a"}, files=(picture(),)).body["id"]
    crosspost(world, news, number)
    world.call("PATCH", f"/channels/{news.id}/messages/{number}", {"content": "b"})
    copy = copy_of(world, reader)
    assert (copy.content, len(copy.attachments)) == ("b", 1)
    assert world.state.file(copy.attachments[0].id) is not None
    world.call("DELETE", f"/channels/{news.id}/messages/{number}")
    copy = copy_of(world, reader)
    assert (copy.content, copy.attachments) == (reach.DELETED, ())
    assert copy.flags == Flag.IS_CROSSPOST | Flag.SOURCE_MESSAGE_DELETED


def test_a_copy_that_is_deleted_takes_nothing_from_its_source(world: World) -> None:
    news, reader = followed(world)
    number = world.call("POST", f"/channels/{news.id}/messages", {"content": "a"}, files=(picture(),)).body["id"]
    crosspost(world, news, number)
    world.state.delete(copy_of(world, reader))
    (source,) = world.state.messages(news.id)
    assert world.state.file(source.attachments[0].id) is not None
    assert world.call("PATCH", f"/channels/{news.id}/messages/{number}", {"content": "b"}).status == 200
    assert world.state.messages(reader.id) == ()


def test_an_edit_before_the_crosspost_reaches_followers_with_it(world: World) -> None:
    news, reader = followed(world)
    number = say(world, news, content="a")
    world.call("PATCH", f"/channels/{news.id}/messages/{number}", {"content": "b"})
    assert world.state.messages(reader.id) == ()
    crosspost(world, news, number)
    assert copy_of(world, reader).content == "b"


def test_following_needs_its_right_and_has_a_limit(world: World) -> None:
    news, reader = followed(world)
    body = {"webhook_channel_id": str(reader.id)}
    path = f"/channels/{news.id}/followers"
    assert [world.call("POST", path, body).status for _ in range(14)] == [200] * 14
    assert refusal(world.call("POST", path, body)) == (400, 30007)
    world.state.permit(reader.id, PUBLISHER)
    assert refusal(world.call("POST", path, body)) == (403, 50013)
    assert refusal(world.call("POST", f"/channels/{reader.id}/followers", body)) == (400, 50024)
    assert refusal(world.call("POST", path, {})) == (400, 50035)


# ---------------------------------------------------------------- pins


def test_a_pin_is_shown_and_told_to_the_channel(world: World) -> None:
    number = say(world, world.channel)
    assert [pin(world, world.channel, number).status for _ in range(2)] == [204, 204]
    message, note = world.state.messages(world.channel.id)
    assert message.pinned == world.clock.now()
    assert (note.type, note.author, note.content) == (MessageType.PINNED, world.state.bot, "")
    assert note.origin is not None
    assert note.origin.message == message.id
    assert refusal(pin(world, world.channel, str(note.id))) == (403, 50021)
    assert pin(world, world.channel, number, "DELETE").status == 204
    assert world.state.messages(world.channel.id)[0].pinned is None


def test_the_older_routes_of_pins_still_work(world: World) -> None:
    number = say(world, world.channel)
    path = f"/channels/{world.channel.id}/pins"
    assert world.call("PUT", f"{path}/{number}").status == 204
    assert [(each["id"], each["pinned"]) for each in world.call("GET", path).body] == [(number, True)]
    assert world.call("DELETE", f"{path}/{number}").status == 204
    assert world.call("GET", path).body == []


def test_pins_come_in_pages_the_last_pinned_first(world: World) -> None:
    numbers = [say(world, world.channel) for _ in range(3)]
    for number in numbers:
        world.clock.advance(1)
        pin(world, world.channel, number)
    path = f"/channels/{world.channel.id}/messages/pins"
    page = world.call("GET", path, query={"limit": "2"}).body
    assert ([each["message"]["id"] for each in page["items"]], page["has_more"]) == (numbers[:0:-1], True)
    page = world.call("GET", path, query={"before": page["items"][-1]["pinned_at"]}).body
    assert ([each["message"]["id"] for each in page["items"]], page["has_more"]) == (numbers[:1], False)


def test_pinning_needs_its_own_right(world: World) -> None:
    number = say(world, world.channel)
    world.state.permit(world.channel.id, (PUBLISHER & ~Permission.PIN_MESSAGES) | Permission.MANAGE_MESSAGES)
    assert refusal(pin(world, world.channel, number)) == (403, 50013)


def test_a_channel_holds_250_pins(world: World) -> None:
    numbers = [say(world, world.channel) for _ in range(251)]
    assert {pin(world, world.channel, number).status for number in numbers[:250]} == {204}
    assert refusal(pin(world, world.channel, numbers[250])) == (400, 30003)
