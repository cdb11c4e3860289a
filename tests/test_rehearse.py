"""The rehearsal as a whole: one issue in chats of every kind, each as its readers expect it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from PIL import Image

from bots import config, pages
from bots.app import opened
from bots.rehearsal.page import TelegramPlace
from bots.rehearsal.show_discord import discord_view
from bots.rehearsal.show_telegram import telegram_view
from bots.rehearse import Rehearsal, stage
from bots.report import Report

FAST = 60.0
"""As `make rehearse`; much faster, and a busy machine would seem to stand still."""
SECTIONS = ("Models", "Papers", "Closing")
POST = """---
title: Weekly one
date: 2026-11-21
---
Welcome.

# Models

A first paragraph about models.

![A picture](a.png)

# Papers

A second paragraph about papers.

# Closing

Tell us what you think.
"""


def column(folder: Path) -> Path:
    """A column with one issue and no destinations of its own; returns the issue's path."""
    (folder / "posts").mkdir()
    (folder / "config.yaml").write_text("column:\n  title: Column\n  start: 2026-11-01\n", encoding="utf-8")
    post = folder / "posts" / "one.md"
    post.write_text(POST, encoding="utf-8")
    held = io.BytesIO()
    Image.new("RGB", (60, 40)).save(held, "PNG")
    (folder / "posts" / "a.png").write_bytes(held.getvalue())
    return post


@asynccontextmanager
async def rehearsed(folder: Path) -> AsyncIterator[tuple[Rehearsal, tuple[Report, ...]]]:
    post = column(folder)
    async with stage(config.load(folder / "config.yaml", {}), port=0, speed=FAST) as set_:
        async with opened(set_.config, set_.clock) as app:
            made = await app.plan(post, app.destinations())
            reports = await app.publish(made, app.destinations(), yes=True)
        yield set_, reports


def view(set_: Rehearsal, name: str) -> pages.Chat:
    shown, place = set_.shown, set_.shown.places[name]
    if isinstance(place, TelegramPlace):
        return telegram_view(place.chat, shown.zone, topic=place.topic)
    return discord_view(shown.discord, place.channel, shown.zone)


def words(nodes: tuple[pages.Node, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        else:
            yield from words(node.children)


def read(messages: tuple[pages.Message, ...]) -> str:
    return "\n".join("".join(words(message.nodes)) for message in messages)


def links(nodes: tuple[pages.Node, ...]) -> list[str]:
    found = [node for node in nodes if isinstance(node, pages.Element)]
    return [address for node in found for address in ([node.href] if node.href else links(node.children))]


async def test_every_kind_of_chat_gets_the_issue_as_its_readers_expect_it(tmp_path: Path) -> None:
    async with rehearsed(tmp_path) as (set_, reports):
        assert [report.ok for report in reports] == [True] * len(set_.config.destinations)
        assert [one.name for one in set_.config.destinations][:2] == ["telegram-channel", "discord-text"]
        _whole_issue(set_)
        _digest(set_)
        _announcement(set_)
        _forum(set_)
        async with aiohttp.ClientSession() as session, session.get(set_.page) as response:
            shown = await response.text()
    for name in set_.shown.places:
        assert f'id="{name}"' in shown


def _whole_issue(set_: Rehearsal) -> None:
    """All sections in their order with the picture, wherever messages stand one beneath the other."""
    for name in ("telegram-channel", "telegram-topic", "telegram-group", "telegram-discussion", "discord-text"):
        chat = view(set_, name)
        text = read(chat.messages[1:])
        places = [text.index(section) for section in SECTIONS]
        assert (name, places, chat.pictures) == (name, sorted(places), 1)
    assert len(links(view(set_, "telegram-channel").messages[0].nodes)) == len(SECTIONS)
    assert links(view(set_, "telegram-group").messages[0].nodes) == [], "messages of a basic group have no links"


def _digest(set_: Rehearsal) -> None:
    (only,) = view(set_, "telegram-private").messages
    assert all(section in read((only,)) for section in SECTIONS)


def _announcement(set_: Rehearsal) -> None:
    """A head with linked contents, published once when it was done; the sections in its thread."""
    head = view(set_, "discord-announcement").messages[0]
    assert (head.published, head.pinned) == (True, True)
    assert head.thread is not None
    assert all(section in read(head.thread.messages) for section in SECTIONS)
    (copy,) = view(set_, "discord-follower").messages
    assert links(copy.nodes) == links(head.nodes)
    assert len(links(copy.nodes)) == len(SECTIONS)


def _forum(set_: Rehearsal) -> None:
    (post,) = view(set_, "discord-forum").posts
    assert (post.title, len(post.tags)) == ("Weekly one", 1)
    assert all(section in read(post.messages[1:]) for section in SECTIONS)


def files(folder: Path) -> list[str]:
    """Everything in a folder, by its name beneath it."""
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    column(tmp_path)
    before = files(tmp_path)
    async with (
        stage(config.load(tmp_path / "config.yaml", {}), port=0, speed=FAST) as set_,
        opened(set_.config, set_.clock),
    ):
        assert files(set_.config.state) != []
    assert files(set_.config.state) == []
    assert files(tmp_path) == before
