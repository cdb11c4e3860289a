"""The local Discord: does it refuse what the real one refuses, in the same words?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bots.rehearsal.discord.api import TOKEN
from bots.rehearsal.discord.model import PUBLISHER, ChannelType, Permission
from bots.rehearsal.discord.wire import FilePart
from tests.discord_world import World, make_world, picture

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def world() -> World:
    return make_world()


EMBED = {"title": "x" * 256, "description": "x" * 4096, "fields": [{"name": "x" * 256, "value": "x" * 1024}] * 1}

BODIES: dict[str, dict[str, Any]] = {
    "2000 code points": {"content": "字" * 2000},
    "2000 emoji, which are 4000 UTF-16 units": {"content": "😀" * 2000},
    "2001 code points": {"content": "字" * 2001},
    "nothing at all": {},
    "only blanks": {"content": " \n\t "},
    "content that is an object": {"content": {"a": 1}},
    "a nonce of 25 characters": {"content": "x", "nonce": "n" * 25},
    "a nonce of 26 characters": {"content": "x", "nonce": "n" * 26},
    "unknown fields": {"content": "x", "sparkles": True, "flags": 1 << 40},
    "eleven embeds": {"embeds": [{"title": "x"}] * 11},
    "an embed title of 257 characters": {"embeds": [{"title": "x" * 257}]},
    "embed text stripped before it is measured": {"embeds": [{"title": " " + "x" * 256 + " "}]},
    "embeds of more than 6000 characters together": {"embeds": [EMBED, EMBED]},
    "everything parsed and ids as well": {"content": "x", "allowed_mentions": {"parse": ["roles"], "roles": ["1"]}},
    "a kind of mention nobody knows": {"content": "x", "allowed_mentions": {"parse": ["friends"]}},
    "a reply to a message that isn't there": {"content": "x", "message_reference": {"message_id": "5"}},
    "the same, as a plain message if need be": {
        "content": "x",
        "message_reference": {"message_id": "5", "fail_if_not_exists": False},
    },
    "an attachment without its file": {"content": "x", "attachments": [{"id": 0, "filename": "a.png"}]},
    "content beside new components": {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "y"}]},
    "41 components": {"flags": 1 << 15, "components": [{"type": 14}] * 41},
    "4001 characters in components": {"flags": 1 << 15, "components": [{"type": 10, "content": "x" * 4001}]},
    "two faults at once": {"content": "x" * 2001, "nonce": "n" * 26},
}


FIELDS = [
    ("content",),
    ("nonce",),
    ("enforce_nonce",),
    ("flags",),
    ("embeds",),
    ("components",),
    ("attachments",),
    ("allowed_mentions",),
    ("message_reference",),
    ("embeds", "[]", "title"),
    ("embeds", "[]", "footer"),
    ("embeds", "[]", "footer", "text"),
    ("embeds", "[]", "fields"),
    ("embeds", "[]", "fields", "[]", "name"),
    ("components", "[]", "components"),
    ("components", "[]", "accessory"),
    ("components", "[]", "content"),
    ("attachments", "[]", "id"),
    ("attachments", "[]", "filename"),
    ("allowed_mentions", "parse"),
    ("allowed_mentions", "users"),
    ("allowed_mentions", "roles", "[]"),
    ("message_reference", "message_id"),
]


def test_message_forms_are_answered_as_recorded() -> None:
    shown = []
    for name, body in BODIES.items():
        answer = make_world().send(body)
        verdict = "taken" if answer.status == 200 else json.dumps(answer.body, ensure_ascii=False)
        shown.append(f"{name}\n    {answer.status} {verdict}\n")
    assert "\n".join(shown) == (GOLDEN / "rehearsal_discord_forms.txt").read_text(encoding="utf-8")


ODD: tuple[Any, ...] = (
    None,
    True,
    5,
    -1,
    1.5,
    "x",
    "5",
    [],
    [5],
    ["x"],
    [[]],
    [None],
    {},
    {"x": 1},
    [{}],
    [{"id": []}],
    1 << 70,
)


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
def test_whatever_stands_in_a_field_the_form_is_taken_or_refused(world: World, path: tuple[str, ...]) -> None:
    number = world.send({"content": "x"}).body["id"]
    for odd in ODD:
        body: Any = odd
        for step in reversed(path):
            body = [body] if step == "[]" else {step: body}
        assert world.send({"content": "x"} | body).status in {200, 400}, body
        assert world.edit(number, body).status in {200, 400}, body


REFUSED_WITHOUT = {
    "seeing the channel": (Permission.VIEW_CHANNEL, {"content": "x"}, (), 403, 50001),
    "sending": (Permission.SEND_MESSAGES, {"content": "x"}, (), 403, 50013),
    "attaching files": (Permission.ATTACH_FILES, {"content": "x"}, (picture(),), 403, 50013),
}


@pytest.mark.parametrize("right", REFUSED_WITHOUT)
def test_each_right_is_needed(world: World, right: str) -> None:
    bit, body, files, status, code = REFUSED_WITHOUT[right]
    world.state.permit(world.channel.id, PUBLISHER & ~bit)
    answer = world.send(body, *files)
    assert (answer.status, answer.body["code"]) == (status, code)
    world.state.permit(world.channel.id, PUBLISHER)
    assert world.send(body, *files).status == 200


def test_embeds_vanish_without_a_word_where_the_right_is_missing(world: World) -> None:
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.EMBED_LINKS)
    assert world.send({"content": "x", "embeds": [{"title": "t"}]}).body["embeds"] == []


def test_history_is_empty_without_the_right_to_it(world: World) -> None:
    number = world.send({"content": "x"}).body["id"]
    world.state.permit(world.channel.id, PUBLISHER & ~Permission.READ_MESSAGE_HISTORY)
    assert world.call("GET", f"/channels/{world.channel.id}/messages").body == []
    assert world.call("GET", f"/channels/{world.channel.id}/messages/{number}").body["code"] == 50001


KINDS = {
    ChannelType.TEXT: (200, None),
    ChannelType.ANNOUNCEMENT: (200, None),
    ChannelType.CATEGORY: (400, 50008),
    ChannelType.FORUM: (400, 40058),
    ChannelType.MEDIA: (400, 40058),
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_some_kinds_of_channel_take_messages(world: World, kind: ChannelType) -> None:
    channel = world.state.add_channel(world.channel.guild, "other", kind)
    answer = world.call("POST", f"/channels/{channel.id}/messages", {"content": "x"})
    assert (answer.status, answer.body.get("code")) == KINDS[kind]


NOT_FOUND = {
    "an unknown channel": ("GET", "/channels/7", 404, 10003),
    "an unknown server": ("GET", "/guilds/7", 404, 10004),
    "an unknown member": ("GET", "/guilds/{guild}/members/7", 404, 10007),
    "an unknown message": ("GET", "/channels/{channel}/messages/7", 404, 10008),
    "an unknown message to edit": ("PATCH", "/channels/{channel}/messages/7", 404, 10008),
    "an unknown message to delete": ("DELETE", "/channels/{channel}/messages/7", 404, 10008),
    "an id that isn't one": ("GET", "/channels/weekly", 400, 50035),
    "a page of 101 messages": ("GET", "/channels/{channel}/messages?limit=101", 400, 50035),
    "a path nobody knows": ("GET", "/nowhere", 404, 0),
    "a method the path doesn't have": ("PUT", "/channels/{channel}", 405, 0),
}


@pytest.mark.parametrize("what", NOT_FOUND)
def test_what_is_not_there_is_refused_by_its_own_code(world: World, what: str) -> None:
    method, path, status, code = NOT_FOUND[what]
    path, _, query = path.format(channel=world.channel.id, guild=world.channel.guild).partition("?")
    answer = world.call(method, path, query=dict([query.split("=")]) if query else {})
    assert (answer.status, answer.body["code"]) == (status, code)


def test_a_wrong_token_is_refused_before_anything_else(world: World) -> None:
    for token in ("", "Bot nonsense", TOKEN):
        assert world.call("POST", f"/channels/{world.channel.id}/messages", {"content": "x"}, token=token).status == 401
    assert world.contents() == []


def test_uploads_are_limited_in_number_and_size(world: World) -> None:
    many = [picture(n, f"{n}.png") for n in range(11)]
    assert world.send({}, *many[:10]).status == 200
    assert world.send({}, *many).body["code"] == 30015
    large = FilePart(0, "a.bin", bytes(10 * 1024 * 1024))
    assert world.send({}, large).status == 200
    larger = FilePart(0, "a.bin", bytes(10 * 1024 * 1024 + 1))
    refused = world.send({}, larger)
    assert (refused.status, refused.body["code"]) == (413, 40005)
    assert world.send({"content": "x"}, size=25 * 1024 * 1024 + 1).status == 413
