"""Every kind of channel through unmodified discord.py: threads, forums, crossposts, pins."""

from __future__ import annotations

import io
from dataclasses import replace

import discord
import pytest
from discord.http import handle_message_parameters

from bots.rehearsal.discord.api import Discord
from bots.rehearsal.discord.limits import NO_LIMITS, Rules
from bots.rehearsal.discord.model import PUBLISHER, Channel, ChannelType, Permission
from tests.discord_world import client_of, fast_world, picture


def with_news() -> tuple[Discord, Channel]:
    world, channel = fast_world()
    return world, world.state.add_channel(channel.guild, "news", ChannelType.ANNOUNCEMENT)


async def test_an_announcement_has_its_sections_in_its_thread_and_goes_to_followers() -> None:
    world, news = with_news()
    world.state.message_content = True
    feed = world.state.add_channel(world.state.add_guild("Elsewhere").id, "feed")
    world.state.permit(feed.id, PUBLISHER | Permission.MANAGE_WEBHOOKS)
    async with client_of(world) as client:
        there = await client.fetch_channel(news.id)
        target = await client.fetch_channel(feed.id)
        assert isinstance(there, discord.TextChannel)
        assert isinstance(target, discord.TextChannel)
        assert there.is_news()
        await there.follow(destination=target)
        head = await there.send("head", nonce="n1")
        thread = await head.create_thread(name="第一期")
        await thread.send("section one", file=discord.File(io.BytesIO(picture().content), "a.png"))
        await head.publish()
        with pytest.raises(discord.HTTPException) as caught:
            await client.http.publish_message(news.id, head.id)
        copy = [message async for message in target.history()]
    assert caught.value.code == 40033
    assert [(each.content, each.flags.is_crossposted) for each in copy] == [("head", True)]
    assert copy[0].reference is not None
    assert copy[0].reference.message_id == head.id
    assert [each.content for each in world.state.messages(thread.id)] == ["", "section one"]
    assert thread.id == head.id


async def test_threads_by_the_plain_http_client_are_found_again() -> None:
    world, news = with_news()
    async with client_of(world) as client:
        head = await client.get_partial_messageable(news.id).send("head")
        made = await client.http.start_thread_with_message(news.id, head.id, name="x", auto_archive_duration=10080)
        with pytest.raises(discord.HTTPException) as caught:
            await client.http.start_thread_with_message(news.id, head.id, name="x", auto_archive_duration=10080)
        assert caught.value.code == 160004
        active = await client.http.get_active_threads(news.guild)
        assert [each["id"] for each in active["threads"]] == [made["id"]]
        seen = await client.fetch_channel(head.id)
        assert isinstance(seen, discord.Thread)
        await client.http.edit_channel(head.id, archived=True)
        assert (await client.http.get_active_threads(news.guild))["threads"] == []
        archived = await client.http.get_public_archived_threads(news.id)
        assert [each["id"] for each in archived["threads"]] == [made["id"]]
        await client.http.edit_channel(head.id, archived=False)
        assert (await client.http.get_active_threads(news.guild))["threads"] != []


async def test_a_forum_post_is_made_with_tags_and_files() -> None:
    world, channel = fast_world()
    forum = world.state.add_forum(channel.guild, "archive", ["AI", "工具"], require_tag=True)
    async with client_of(world) as client:
        seen = await client.fetch_channel(forum.id)
        assert isinstance(seen, discord.ForumChannel)
        assert seen.flags.require_tag
        file = discord.File(io.BytesIO(picture().content), "a.png", description="封面")
        made = await seen.create_thread(name="第一期", content="lead", applied_tags=seen.available_tags[:1], file=file)
        await made.thread.send("more")
        with pytest.raises(discord.HTTPException) as caught:
            await seen.create_thread(name="第二期", content="lead")
    assert caught.value.code == 40067
    assert made.thread.id == made.message.id
    assert made.message.attachments[0].description == "封面"
    (post,) = world.state.threads(forum.id)
    assert post.thread is not None
    assert post.thread.tags == (forum.tags[0].id,)
    assert [each.content for each in world.state.messages(post.id)] == ["lead", "more"]


async def test_a_forum_post_by_the_plain_http_client() -> None:
    world, channel = fast_world()
    forum = world.state.add_forum(channel.guild, "archive")
    async with client_of(world) as client:
        payload = {"name": "第一期", "auto_archive_duration": 10080}
        with handle_message_parameters("lead", channel_payload=payload) as params:
            made = await client.http.start_thread_in_forum(forum.id, params=params)
    assert made["message"]["id"] == made["id"]


async def test_a_library_pages_through_archived_threads() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        there = await client.fetch_channel(channel.id)
        guild = await client.fetch_guild(channel.guild)
        assert isinstance(there, discord.TextChannel)
        for n in range(4):
            thread = await there.create_thread(name=str(n), type=discord.ChannelType.public_thread)
            await thread.edit(archived=n < 3)
        there.guild = guild
        seen = [thread.name async for thread in there.archived_threads(limit=None)]
    assert seen == ["2", "1", "0"]


async def test_messages_are_pinned_and_listed() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        there = client.get_partial_messageable(channel.id)
        sent = await there.send("head")
        await client.http.pin_message(channel.id, sent.id)
        assert [each.content async for each in there.pins()] == ["head"]
        (note, _) = [message async for message in there.history()]
        assert note.type is discord.MessageType.pins_add
        await client.http.unpin_message(channel.id, sent.id)
        assert [each async for each in there.pins()] == []


async def test_a_full_crosspost_window_is_told_with_its_seconds() -> None:
    rules = replace(NO_LIMITS, crosspost_hour=Rules().crosspost_hour)
    world, channel = fast_world(rules, speed=1)
    news = world.state.add_channel(channel.guild, "news", ChannelType.ANNOUNCEMENT)
    async with client_of(world) as client:
        there = client.get_partial_messageable(news.id)
        sent = [await there.send(str(n)) for n in range(11)]
        for message in sent[:10]:
            await client.http.publish_message(news.id, message.id)
        with pytest.raises(discord.RateLimited) as caught:
            await client.http.publish_message(news.id, sent[10].id)
    assert 3500 < caught.value.retry_after <= 3600
