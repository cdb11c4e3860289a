"""The local Discord: does it take what the real one takes, and refuse what that refuses, in the same words?"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bots.rehearsal.discord import uploads
from bots.rehearsal.discord.api import TOKEN, Discord
from bots.rehearsal.discord.limits import NO_LIMITS, Rules
from bots.rehearsal.discord.model import PUBLISHER, Channel, ChannelType, Flag, Permission, created
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Answer, Call, FilePart

GOLDEN = Path(__file__).parent / "golden"


class HandClock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.speed = 1.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class World:
    clock: HandClock
    state: State
    discord: Discord
    channel: Channel

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        return self.discord.call(Call(method, path, **{"token": f"Bot {TOKEN}", "body": body or {}, **more}))

    def send(self, body: Mapping[str, Any], *files: FilePart, size: int = 0) -> Answer:
        return self.call("POST", f"/channels/{self.channel.id}/messages", body, files=files, size=size)

    def edit(self, number: str, body: Mapping[str, Any], *files: FilePart) -> Answer:
        return self.call("PATCH", f"/channels/{self.channel.id}/messages/{number}", body, files=files)

    def delete(self, number: str) -> Answer:
        return self.call("DELETE", f"/channels/{self.channel.id}/messages/{number}")

    def contents(self) -> list[str]:
        return [message.content for message in self.state.messages(self.channel.id)]


def make_world(rules: Rules = NO_LIMITS) -> World:
    clock = HandClock()
    state = State(clock)
    channel = state.add_channel(state.add_guild("Readers").id, "issues")
    return World(clock, state, Discord(state, rules), channel)


@pytest.fixture
def world() -> World:
    return make_world()


def picture(key: int = 0, name: str = "one.png") -> FilePart:
    held = io.BytesIO()
    Image.new("RGB", (6, 4)).save(held, "PNG")
    return FilePart(key, name, held.getvalue())


# ---------------------------------------------------------------- refusals

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


# ---------------------------------------------------------------- messages


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


# ---------------------------------------------------------------- rate windows


def test_a_channel_takes_five_messages_in_five_seconds() -> None:
    world = make_world(Rules())
    left = [world.send({"content": "x"}).headers["X-RateLimit-Remaining"] for _ in range(5)]
    assert left == ["4", "3", "2", "1", "0"]
    world.clock.advance(2)
    world.send({"content": "x"})
    refused = world.send({"content": "x"})
    assert (refused.status, refused.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert refused.body == {"message": "You are being rate limited.", "retry_after": 3.0, "global": False}
    assert refused.headers["Via"]
    assert refused.headers["X-RateLimit-Scope"] == "user"
    world.clock.advance(3)
    assert world.send({"content": "x"}).status == 200
    assert len(world.contents()) == 6


def test_sending_editing_and_other_channels_have_windows_of_their_own() -> None:
    world = make_world(Rules())
    sent = [world.send({"content": "x"}) for _ in range(5)]
    edited = world.edit(sent[0].body["id"], {"content": "y"})
    assert edited.headers["X-RateLimit-Remaining"] == "4"
    assert edited.headers["X-RateLimit-Bucket"] != sent[0].headers["X-RateLimit-Bucket"]
    other = world.state.add_channel(world.channel.guild, "other")
    assert world.call("POST", f"/channels/{other.id}/messages", {"content": "x"}).status == 200


def test_the_whole_token_has_fifty_calls_a_second() -> None:
    world = make_world(Rules())
    answers = [world.call("GET", "/users/@me") for _ in range(51)]
    assert [answer.status for answer in answers] == [200] * 50 + [429]
    assert answers[-1].body["global"] is True
    assert answers[-1].headers["X-RateLimit-Global"] == "true"
    assert "X-RateLimit-Remaining" not in answers[-1].headers


def test_old_messages_take_three_edits_in_six_seconds() -> None:
    world = make_world(Rules())
    number = world.send({"content": "0"}).body["id"]
    world.clock.advance(3601)
    answers = [world.edit(number, {"content": str(n)}) for n in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].body["code"] == 30046
    assert answers[-1].headers["X-RateLimit-Remaining"] == "1"


def test_waiting_times_are_real_seconds_whatever_the_clock_does() -> None:
    world = make_world(Rules())
    world.clock.speed = 50
    answers = [world.send({"content": "x"}) for _ in range(6)]
    assert float(answers[0].headers["X-RateLimit-Reset-After"]) == pytest.approx(0.1)
    assert answers[-1].body["retry_after"] == pytest.approx(0.1)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_five_seconds_ever_hold_more_than_two_windows(gaps: list[float]) -> None:
    """Fixed windows let two windows' worth through at their border, never more."""
    world = make_world(Rules())
    taken: list[float] = []
    for gap in gaps:
        world.clock.advance(gap)
        if world.send({"content": "x"}).status == 200:
            taken.append(world.clock.monotonic())
    assert all(sum(start <= moment < start + 5 for moment in taken) <= 10 for start in taken)
