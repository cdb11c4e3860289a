"""The local Discord's messages: what is kept of them, by which nonce they are known, whom they notify."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bots.rehearsal.discord import uploads
from bots.rehearsal.discord.model import PUBLISHER, Flag, Permission, created
from tests.discord_world import World, make_world, picture


@pytest.fixture
def world() -> World:
    return make_world()


def test_content_is_kept_stripped_and_without_broken_characters(world: World) -> None:
    answer = world.send({"content": " \n 一\0二\ud800三  四 \n"})
    assert answer.body["content"] == "一二三  四"


def test_ids_grow_within_a_millisecond_and_carry_the_clock(world: World) -> None:
    numbers = [int(world.send({"content": "x"}).body["id"]) for _ in range(5)]
    assert numbers == sorted(set(numbers))
    world.clock.advance(60)
    later = int(world.send({"content": "x"}).body["id"])
    assert created(later) == world.clock.now()
    world.clock.advance(-3600)
    assert int(world.send({"content": "x"}).body["id"]) > later


def test_the_same_nonce_makes_no_second_message(world: World) -> None:
    first = world.send({"content": "a", "nonce": "n1", "enforce_nonce": True})
    again = world.send({"content": "b", "nonce": "n1", "enforce_nonce": True}, picture())
    assert (again.status, again.body["id"], again.body["content"]) == (200, first.body["id"], "a")
    assert world.contents() == ["a"]
    assert "nonce" not in world.call("GET", f"/channels/{world.channel.id}/messages").body[0]


NONCES: dict[str, tuple[dict[str, Any], int, int]] = {
    "another nonce": ({"nonce": "n2", "enforce_nonce": True}, 0, 2),
    "not enforced": ({"nonce": "n1"}, 0, 2),
    "just within the window": ({"nonce": "n1", "enforce_nonce": True}, 299, 1),
    "after the window": ({"nonce": "n1", "enforce_nonce": True}, 300, 2),
    "a number that reads the same": ({"nonce": 1, "enforce_nonce": True}, 0, 2),
}


@pytest.mark.parametrize("case", NONCES)
def test_what_counts_as_the_same_nonce(world: World, case: str) -> None:
    body, wait, messages = NONCES[case]
    world.send({"content": "a", "nonce": "n1"})
    world.clock.advance(wait)
    assert world.send({"content": "b", **body}).status == 200
    assert len(world.contents()) == messages


def test_a_nonce_whose_message_was_deleted_is_an_unknown_message(world: World) -> None:
    body = {"content": "a", "nonce": "n1", "enforce_nonce": True}
    world.delete(world.send(body).body["id"])
    answer = world.send(body)
    assert (answer.status, answer.body["code"]) == (404, 10008)
    assert [message.content for message in world.state.deleted] == ["a"]


def test_an_edit_keeps_what_it_does_not_name(world: World) -> None:
    sent = world.send({"content": "old", "flags": int(Flag.SUPPRESS_NOTIFICATIONS)}, picture())
    world.clock.advance(10)
    edited = world.edit(sent.body["id"], {"content": "new"})
    (message,) = world.state.messages(world.channel.id)
    assert (message.content, len(message.attachments), message.silent) == ("new", 1, True)
    assert edited.body["edited_timestamp"] == world.clock.now().isoformat()
    assert [version.content for version in message.history] == ["old"]


def test_attachments_are_kept_removed_and_added_by_the_list(world: World) -> None:
    sent = world.send({}, picture(0, "a.png"), picture(1, "b.png"))
    keep = sent.body["attachments"][1]["id"]
    body = {"attachments": [{"id": keep}, {"id": 0, "filename": "c.png", "description": "third"}]}
    edited = world.edit(sent.body["id"], body, picture(0, "c.png"))
    assert [each["filename"] for each in edited.body["attachments"]] == ["b.png", "c.png"]
    assert edited.body["attachments"][0]["id"] == keep
    assert edited.body["attachments"][1]["description"] == "third"
    assert world.edit(sent.body["id"], {"content": "words", "attachments": []}).body["attachments"] == []
    assert world.state.file(int(keep)) is None


def test_an_edit_may_not_empty_a_message_nor_touch_a_strangers(world: World) -> None:
    sent = world.send({"content": "x"})
    assert world.edit(sent.body["id"], {"content": None}).body["code"] == 50006
    stranger = world.state.say(world.channel.id, world.state.add_user("reader"), "hello")
    assert world.edit(str(stranger.id), {"content": "mine"}).body["code"] == 50005
    assert world.delete(str(stranger.id)).body["code"] == 50013
    assert world.contents() == ["x", "hello"]


def test_an_edit_switches_only_the_previews(world: World) -> None:
    sent = world.send({"content": "x", "flags": int(Flag.SUPPRESS_NOTIFICATIONS)})
    assert world.edit(sent.body["id"], {"flags": int(Flag.SUPPRESS_EMBEDS)}).body["flags"] == 4 | 4096
    assert world.edit(sent.body["id"], {"flags": 0}).body["flags"] == 4096


def test_a_signed_address_is_good_for_a_day(world: World) -> None:
    file = uploads.attachment(7, "a b?.png", b"", None)
    now = world.clock.now()
    url = uploads.signed_url("http://127.0.0.1:1", 5, file, now)
    assert url.startswith("http://127.0.0.1:1/cdn/attachments/5/7/a_b.png?")
    signed = dict(part.split("=") for part in url.partition("?")[2].split("&") if part)
    for life, good in ((timedelta(hours=24) - timedelta(seconds=1), True), (timedelta(hours=24), False)):
        assert uploads.good_signature(7, signed["ex"], signed["hm"], now + life) is good
    assert not uploads.good_signature(8, signed["ex"], signed["hm"], now)
    assert not uploads.good_signature(7, "nonsense", signed["hm"], now)


PAGES = {
    "the newest": ({"limit": "2"}, [4, 3]),
    "before one": ({"before": "2", "limit": "5"}, [1, 0]),
    "after one, the oldest of them": ({"after": "0", "limit": "2"}, [2, 1]),
    "around one": ({"around": "2", "limit": "3"}, [3, 2, 1]),
}


@pytest.mark.parametrize("page", PAGES)
def test_history_comes_in_pages_newest_first(world: World, page: str) -> None:
    numbers = [world.send({"content": str(n)}).body["id"] for n in range(5)]
    asked, expected = PAGES[page]
    query = {name: value if name == "limit" else numbers[int(value)] for name, value in asked.items()}
    answer = world.call("GET", f"/channels/{world.channel.id}/messages", query=query)
    assert [int(each["content"]) for each in answer.body] == expected


# ---------------------------------------------------------------- mentions

NONE: dict[str, Any] = {"parse": []}
MENTIONS = {
    "without allowances everything is parsed": ("<@{reader}> <@&{open}>", None, PUBLISHER, 2),
    "none allowed": ("<@{reader}> <@&{open}> @everyone", NONE, PUBLISHER, 0),
    "one role, named twice, once": ("<@&{open}> <@&{open}>", {"parse": [], "roles": ["{open}"]}, PUBLISHER, 1),
    "an allowed role that isn't in the text": ("hello", {"parse": [], "roles": ["{open}"]}, PUBLISHER, 0),
    "a role nobody may mention": ("<@&{closed}>", None, PUBLISHER, 0),
    "the same, with the right to": ("<@&{closed}>", None, PUBLISHER | Permission.MENTION_EVERYONE, 1),
    "everyone without the right": ("@everyone @here", None, PUBLISHER, 0),
    "everyone with the right": ("@everyone @here", None, PUBLISHER | Permission.MENTION_EVERYONE, 1),
    "in code": ("`<@&{open}>` ```\n<@{reader}>\n```", None, PUBLISHER, 0),
    "an escaped mention still notifies": ("\\<@&{open}>", None, PUBLISHER, 1),
    "an id nobody has": ("<@7> <@&8>", None, PUBLISHER, 0),
}


@pytest.mark.parametrize("case", MENTIONS)
def test_who_a_message_notifies(world: World, case: str) -> None:
    text, allowed, rights, count = MENTIONS[case]
    names = {
        "reader": world.state.add_user("reader").id,
        "open": world.state.add_role(world.channel.guild, "open", mentionable=True).id,
        "closed": world.state.add_role(world.channel.guild, "closed").id,
    }
    world.state.permit(world.channel.id, rights)
    spoken = None if allowed is None else json.loads(json.dumps(allowed).replace("{open}", str(names["open"])))
    world.send({"content": text.format(**names), "allowed_mentions": spoken})
    (message,) = world.state.messages(world.channel.id)
    assert message.pings.count == count


def test_an_edit_notifies_nobody(world: World) -> None:
    role = world.state.add_role(world.channel.guild, "open", mentionable=True)
    sent = world.send({"content": "x"})
    edited = world.edit(sent.body["id"], {"content": f"<@&{role.id}>"})
    assert edited.body["mention_roles"] == [str(role.id)]
    assert world.state.messages(world.channel.id)[0].pings.count == 0


def test_a_reply_notifies_its_author_only_if_allowed(world: World) -> None:
    asked = world.state.say(world.channel.id, world.state.add_user("reader"), "?")
    reference = {"message_reference": {"message_id": str(asked.id)}}
    world.send({"content": "a", **reference})
    world.send({"content": "b", **reference, "allowed_mentions": NONE})
    assert [message.pings.count for message in world.state.messages(world.channel.id)] == [0, 1, 0]
