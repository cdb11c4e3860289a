"""An issue in Discord's kinds of channel, published by the whole of weektech: linked, corrected, never twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bots.app import Hooks, opened
from bots.clock import SystemClock
from bots.config import load
from bots.rehearsal.discord import reach
from bots.rehearsal.discord.limits import NO_LIMITS, Rule
from bots.rehearsal.discord.model import ChannelType, Flag
from bots.rehearsal.discord.model import Message as Posted
from bots.rehearsal.discord.state import State
from bots.report import Report
from tests.theatre import Theatre, theatre

DESTINATIONS = """
  news:
    platform: discord
    kind: announcement
    chat: "{news}"
  archive:
    platform: discord
    kind: forum
    chat: "{archive}"
    tags: [Weekly]
"""
SECTIONS = ["## Models\nA first paragraph about models.", "## Papers\nA second paragraph about papers."]
LAST = "## Closing\nTell us what you think."


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Server:
    """The theatre with an announcement channel that another one follows, and a forum."""

    theatre: Theatre
    state: State
    news: int
    feed: int
    archive: int

    async def publish(self, name: str, die: str = "") -> Report:
        """One run; it dies at the first moment called `die`."""

        def at(point: str) -> None:
            if point == die:
                raise Killed

        config = load(self.theatre.folder / "config.yaml", self.theatre.environment({}))
        async with opened(config, SystemClock(60), Hooks(point=at)) as app:
            chosen = app.destinations([name])
            (report,) = await app.publish(await app.plan(self.theatre.post, chosen), chosen)
        return report

    def correct(self, old: str, new: str) -> None:
        post = self.theatre.post
        post.write_text(post.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def said(self, channel: int) -> list[Posted]:
        return [each for each in self.state.messages(channel) if each.content]

    def texts(self, channel: int) -> list[str]:
        return [each.content for each in self.said(channel)]

    def posts(self) -> list[int]:
        return [each.id for each in self.state.threads(self.archive)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with theatre(tmp_path / "column") as made:
        state = made.discord.state
        guild = next(iter(state.guilds))
        news = state.add_channel(guild, "news", ChannelType.ANNOUNCEMENT)
        feed = state.add_channel(guild, "feed")
        reach.follow(state, news, feed)
        archive = state.add_forum(guild, "archive", ["Weekly"], require_tag=True)
        config = made.folder / "config.yaml"
        more = DESTINATIONS.format(news=news.id, archive=archive.id)
        config.write_text(config.read_text(encoding="utf-8").rstrip() + more, encoding="utf-8")
        yield Server(made, state, news.id, feed.id, archive.id)


async def test_an_announcement_has_its_sections_in_its_thread_and_goes_to_followers_linked(server: Server) -> None:
    await server.publish("news")
    (head,) = server.said(server.news)
    assert server.texts(head.id) == [*SECTIONS, LAST]
    assert all(f"/{head.id}/{each.id}" in head.content for each in server.said(head.id))
    assert Flag.CROSSPOSTED in head.flags
    assert server.texts(server.feed) == [head.content]
    assert server.state.channels[head.id].name == "Weekly one"


async def test_a_forum_has_one_post_with_everything_in_it(server: Server) -> None:
    await server.publish("archive")
    (post,) = server.posts()
    head, *others = server.said(post)
    assert [each.content for each in others] == [*SECTIONS, LAST]
    assert all(f"/{post}/{each.id}" in head.content for each in others)
    assert server.state.channels[post].name == "Weekly one"


WRITING = {"createMessage", "editMessage", "deleteMessage", "startThread", "startThreadFromMessage", "crosspostMessage"}


@pytest.mark.parametrize("name", ["news", "archive"])
async def test_publishing_again_does_nothing_and_a_correction_arrives_in_place(server: Server, name: str) -> None:
    await server.publish(name)
    calls = server.theatre.discord_faults.calls
    before, channels = len(calls), list(server.state.channels)
    await server.publish(name)
    assert not WRITING & set(calls[before:])
    server.correct("second", "corrected")
    await server.publish(name)
    assert [call for call in calls[before:] if call in WRITING] == ["editMessage"]
    (thread,) = [each.id for each in server.state.channels.values() if each.thread]
    assert "## Papers\nA corrected paragraph about papers." in server.texts(thread)
    assert list(server.state.channels) == channels


async def test_a_title_corrected_is_corrected_everywhere(server: Server) -> None:
    for name in ("news", "archive"):
        await server.publish(name)
    server.correct("Weekly one", "Weekly 1")
    for name in ("news", "archive"):
        await server.publish(name)
    assert {each.name for each in server.state.channels.values() if each.thread} == {"Weekly 1"}
    assert "# Weekly 1" in server.texts(server.news)[0]
    assert server.texts(server.feed) == server.texts(server.news)


@pytest.mark.parametrize("die", ["send.after", "confirm.before"])
async def test_a_run_that_died_after_making_the_post_finds_it_again(server: Server, die: str) -> None:
    with pytest.raises(Killed):
        await server.publish("archive", die)
    assert len(server.posts()) == 1
    await server.publish("archive")
    (post,) = server.posts()
    assert server.texts(post)[1:] == [*SECTIONS, LAST]


async def test_a_section_goes_into_an_archived_thread_and_wakes_it(server: Server) -> None:
    await server.publish("news")
    (head,) = server.said(server.news)
    thread = server.state.channels[head.id]
    assert thread.thread is not None
    server.state.put(replace(thread, thread=replace(thread.thread, archived=True)))
    server.correct("Tell us", "Please tell us")
    await server.publish("news")
    assert server.texts(head.id)[-1] == "## Closing\nPlease tell us what you think."


async def test_crossposts_beyond_the_hours_ten_are_made_up_for_later(server: Server) -> None:
    server.theatre.discord.rules = replace(NO_LIMITS, crosspost=Rule(0, 3600))
    report = await server.publish("news")
    assert "ten messages an hour" in report.stopped
    (head,) = server.said(server.news)
    assert server.texts(head.id) == [*SECTIONS, LAST]
    assert server.texts(server.feed) == []
    server.theatre.discord.rules = NO_LIMITS
    assert (await server.publish("news")).ok
    assert len(server.texts(server.feed)) == 1


async def test_a_missing_tag_stops_before_anything_is_sent(server: Server) -> None:
    config = server.theatre.folder / "config.yaml"
    right = config.read_text(encoding="utf-8")
    config.write_text(right.replace("[Weekly]", "[Monthly]"), encoding="utf-8")
    stopped = (await server.publish("archive")).stopped
    assert re.search(r"no tag “Monthly”.*It has: Weekly", stopped)
    assert server.posts() == []
    config.write_text(right, encoding="utf-8")
    assert (await server.publish("archive")).ok
