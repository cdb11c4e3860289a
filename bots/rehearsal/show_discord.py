"""The local Discord's channel as a page shows it: content read by the dialect's own reader, names filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from urllib.parse import urlsplit

from bots import pages
from bots.pages import Button, Card, Embed, File, Picture, Reaction
from bots.rehearsal.discord import components, reactions
from bots.rehearsal.discord import markdown as md
from bots.rehearsal.discord.model import (
    POSTED,
    Attachment,
    Channel,
    ChannelType,
    Flag,
    Message,
    MessageType,
    Permission,
)
from bots.rehearsal.discord.state import State
from bots.rehearsal.show_markdown import formatted

MOST_CARDS = 5
"""The client draws previews for no more links than this."""

_NOTES = {MessageType.PINNED: "pinned a message to this channel."}
_KINDS = {
    ChannelType.TEXT: "text channel",
    ChannelType.ANNOUNCEMENT: "announcement channel",
    ChannelType.FORUM: "forum",
}


def discord_view(
    state: State, channel: int, zone: tzinfo, media: str = "/media/discord", *, anchor: str = ""
) -> pages.Chat:
    """The channel, oldest message first, each with its thread; a forum's posts, the newest first.

    `media` is where attachments are served by their ids.
    """
    frame = _Frame(state, zone, media)
    known = state.channels[channel]
    kind = _KINDS.get(known.type, "thread")
    if any(follower.target == channel for follower in state.followers):
        kind = "follower"
    posts = tuple(_thread(post, frame) for post in reversed(state.threads(channel))) if known.type in POSTED else ()
    return pages.Chat("discord", "#" + known.name, _messages(channel, frame), anchor, kind, posts)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a message is shown in."""

    state: State
    zone: tzinfo
    media: str


def _messages(channel: int, frame: _Frame) -> tuple[pages.Message, ...]:
    # The first message of a thread only repeats the one that the thread hangs on.
    shown = (each for each in frame.state.messages(channel) if each.type is not MessageType.THREAD_STARTER)
    return tuple(_note(each, frame) if each.type in _NOTES else _message(each, frame) for each in shown)


def _note(message: Message, frame: _Frame) -> pages.Message:
    words = f"{message.author.name} {_NOTES[message.type]}"
    return pages.Message(str(message.id), message.sent.astimezone(frame.zone), message.author.name, note=words)


def _message(message: Message, frame: _Frame) -> pages.Message:
    tree = md.parse(message.content)
    embeds = shown_embeds(message, frame.state, frame.media)
    # A picture that an embed shows is not shown a second time.
    inside = {embed.picture.src for embed in embeds if embed.picture}
    pictures = tuple(_picture(each, frame.media) for each in message.attachments if each.size is not None)
    thread = frame.state.channel(message.id) if Flag.HAS_THREAD in message.flags else None
    return pages.Message(
        id=str(message.id),
        time=message.sent.astimezone(frame.zone),
        author=message.author.name,
        nodes=formatted(tree, frame.state),
        pictures=tuple(each for each in pictures if each.src not in inside),
        files=tuple(File(each.filename, len(each.content)) for each in message.attachments if each.size is None),
        cards=_cards(frame.state, message, tree),
        embeds=embeds,
        caption_above=True,
        edited=message.edited is not None,
        silent=message.silent,
        pinned=message.pinned is not None,
        published=Flag.CROSSPOSTED in message.flags,
        source="copy of an announcement" if Flag.IS_CROSSPOST in message.flags else "",
        pings=message.pings.count,
        thread=_thread(thread, frame) if thread else None,
        buttons=tuple(tuple(Button(label) for label in row) for row in components.rows(message.components)),
        reactions=_reactions(frame.state, message.id),
    )


def _reactions(state: State, message: int) -> tuple[Reaction, ...]:
    """A guild's own emoji by its name: its picture isn't here."""
    tally = reactions.tally(state, message)
    return tuple(
        Reaction(f":{emoji.name}:" if emoji.id else emoji.name, normal + burst) for emoji, normal, burst in tally
    )


def _thread(channel: Channel, frame: _Frame) -> pages.Thread:
    thread = channel.thread
    if thread is None:
        return pages.Thread(str(channel.id), channel.name, _messages(channel.id, frame))
    known = frame.state.channels[thread.parent].tags
    marks = {"archived": thread.archived, "locked": thread.locked, "pinned": thread.pinned}
    return pages.Thread(
        id=str(channel.id),
        title=channel.name,
        messages=_messages(channel.id, frame),
        tags=tuple(tag.name for tag in known if tag.id in thread.tags),
        marks=tuple(name for name, true in marks.items() if true),
    )


def shown_embeds(message: Message, state: State, media: str) -> tuple[Embed, ...]:
    """The message's framed boxes, with the uploads they name as their pictures."""
    if Flag.SUPPRESS_EMBEDS in message.flags:
        return ()
    uploads = {f"attachment://{each.filename}": _picture(each, media) for each in message.attachments if each.size}
    return tuple(_embed(embed, state, uploads) for embed in message.embeds)


def _embed(embed: Mapping[str, Any], state: State, uploads: Mapping[str, Picture]) -> Embed:
    image = embed.get("image") or embed.get("thumbnail") or {}
    fields = [f"**{each.get('name', '')}**\n{each.get('value', '')}" for each in embed.get("fields") or ()]
    words = "\n\n".join([str(embed.get("description") or ""), *fields]).strip()
    return Embed(
        title=str(embed.get("title") or ""),
        href=str(embed.get("url") or ""),
        nodes=formatted(md.parse(words), state),
        picture=uploads.get(str(image.get("url") or "")),
        footer=str((embed.get("footer") or {}).get("text") or ""),
    )


def _picture(attachment: Attachment, media: str) -> Picture:
    width, height = attachment.size or (0, 0)
    return Picture(f"{media}/{attachment.id}", attachment.description or attachment.filename, width, height)


def _cards(state: State, message: Message, tree: tuple[md.Node, ...]) -> tuple[Card, ...]:
    """One card for each address that isn't kept in angle brackets, where the bot may show any."""
    permitted = Permission.EMBED_LINKS in state.rights(message.channel)
    if Flag.SUPPRESS_EMBEDS in message.flags or not permitted:
        return ()
    addresses = dict.fromkeys(link.href for link in md.links(tree) if link.preview)
    return tuple(Card(address, urlsplit(address).hostname or "") for address in list(addresses)[:MOST_CARDS])
