"""Commands, buttons, menus and forms in the local Discord, and what the bot may answer."""

from __future__ import annotations

from typing import Any

import pytest

from bots.rehearsal.discord.interactions import Interaction, Kind, Reply
from bots.rehearsal.discord.limits import Rules
from bots.rehearsal.discord.model import Flag, Message, Permission, User
from bots.rehearsal.discord.wire import Answer
from tests.discord_world import World, make_world, picture, refusal

ROW = {
    "type": 1,
    "components": [
        {"type": 2, "style": 1, "label": "订阅", "custom_id": "sub:1"},
        {"type": 2, "style": 2, "label": "off", "custom_id": "off", "disabled": True},
        {"type": 2, "style": 5, "label": "Read", "url": "https://example.org"},
    ],
}
MENU = {"type": 1, "components": [{"type": 3, "custom_id": "which", "options": [{"label": "一", "value": "1"}]}]}
FORM = {
    "title": "反馈",
    "custom_id": "form",
    "components": [{"type": 1, "components": [{"type": 4, "custom_id": "text", "label": "?", "style": 1}]}],
}
LATEST = {
    "name": "latest",
    "description": "the latest issue",
    "options": [{"type": 3, "name": "section", "description": "which", "autocomplete": True}],
}


@pytest.fixture
def world() -> World:
    made = make_world()
    made.call("POST", f"/applications/{made.state.bot.id}/commands", LATEST)
    return made


@pytest.fixture
def reader(world: World) -> User:
    return world.state.add_user("reader")


def answer(world: World, done: Interaction, kind: int, data: dict[str, Any] | None = None, **more: Any) -> Answer:
    path = f"/interactions/{done.id}/{done.token}/callback"
    return world.call("POST", path, {"type": kind, "data": data or {}}, token="", **more)


def webhook(world: World, done: Interaction, method: str, path: str = "", body: Any = None, **more: Any) -> Answer:
    return world.call(method, f"/webhooks/{world.state.bot.id}/{done.token}{path}", body, token="", **more)


def under(world: World, *rows: dict[str, Any]) -> Message:
    """A message of the bot with these rows."""
    number = world.send({"content": "第一期", "components": list(rows)}).body["id"]
    return world.state.message(world.channel.id, int(number))


def latest(world: World, reader: User) -> Interaction:
    return world.people.command(world.channel.id, reader, "latest")


# ---------------------------------------------------------------- the first answer


def test_an_answer_stands_in_the_channel_or_is_seen_by_one_person(world: World, reader: User) -> None:
    open_, closed = latest(world, reader), latest(world, reader)
    assert answer(world, open_, 4, {"content": "第一期"}).status == 204
    assert answer(world, closed, 4, {"content": "悄悄", "flags": 64}).status == 204
    assert world.contents() == ["第一期"]
    assert [each.content for each in world.people.answers(closed)] == ["悄悄"]
    assert (open_.ephemeral, closed.ephemeral) == (False, True)
    (whisper,) = world.people.answers(closed)
    path = f"/channels/{world.channel.id}/messages/{whisper.id}"
    assert refusal(world.call("GET", path)) == (404, 10008)


def test_what_with_response_gives(world: World, reader: User) -> None:
    done = latest(world, reader)
    body = answer(world, done, 4, {"content": "x", "flags": 64}, query={"with_response": "1"}).body
    assert (body["interaction"]["id"], body["resource"]["type"]) == (str(done.id), 4)
    assert body["interaction"]["response_message_ephemeral"] is True
    assert body["resource"]["message"]["content"] == "x"
    assert body["resource"]["message"]["id"] == str(done.original)


def test_three_seconds_and_no_longer(world: World, reader: User) -> None:
    in_time, late = latest(world, reader), latest(world, reader)
    world.clock.advance(3)
    assert answer(world, in_time, 5).status == 204
    world.clock.advance(0.1)
    assert refusal(answer(world, late, 4, {"content": "x"})) == (404, 10062)
    assert (in_time.reply, late.reply) == (Reply.LATER, None)


def test_one_first_answer_and_no_second(world: World, reader: User) -> None:
    done = latest(world, reader)
    assert answer(world, done, 4, {"content": "x"}).status == 204
    assert refusal(answer(world, done, 4, {"content": "y"})) == (400, 40060)
    assert world.contents() == ["x"]


def test_a_refused_answer_is_none(world: World, reader: User) -> None:
    done = latest(world, reader)
    assert refusal(answer(world, done, 4, {"content": " "})) == (400, 50006)
    assert refusal(answer(world, done, 4, {"content": "x" * 2001})) == (400, 50035)
    assert done.waiting
    assert answer(world, done, 4, {"content": "x"}).status == 204


def test_a_token_of_another_interaction_opens_nothing(world: World, reader: User) -> None:
    one, two = latest(world, reader), latest(world, reader)
    path = f"/interactions/{one.id}/{two.token}/callback"
    assert refusal(world.call("POST", path, {"type": 5}, token="")) == (404, 10062)


FITTING: dict[str, tuple[Kind, set[int]]] = {
    "a command": (Kind.COMMAND, {4, 5, 9}),
    "a component": (Kind.COMPONENT, {4, 5, 6, 7, 9}),
    "typing": (Kind.AUTOCOMPLETE, {8}),
    "a form after a command": (Kind.FORM, {4, 5}),
}


@pytest.mark.parametrize("case", FITTING)
@pytest.mark.parametrize("reply", range(1, 11))
def test_which_answers_fit(world: World, reader: User, case: str, reply: int) -> None:
    kind, fitting = FITTING[case]
    asked = latest(world, reader)
    answer(world, asked, 9, FORM)
    done = {
        Kind.COMMAND: lambda: latest(world, reader),
        Kind.COMPONENT: lambda: world.people.press(under(world, ROW), reader, "sub:1"),
        Kind.AUTOCOMPLETE: lambda: world.people.complete(
            world.channel.id, reader, "latest", {"section": "AI"}, focused="section"
        ),
        Kind.FORM: lambda: world.people.fill_in(asked, {"text": "好"}),
    }[kind]()
    data: dict[str, Any] = FORM if reply == 9 else {"content": "x", "choices": []}
    given = answer(world, done, reply, data)
    assert given.status == 204 if reply in fitting else refusal(given) == (400, 50035)


CHOICES: dict[str, tuple[list[dict[str, Any]], tuple[int, int] | None]] = {
    "25 choices": ([{"name": "n", "value": "v"}] * 25, None),
    "26 choices": ([{"name": "n", "value": "v"}] * 26, (400, 50035)),
    "a name that is too long": ([{"name": "n" * 101, "value": "v"}], (400, 50035)),
    "no value": ([{"name": "n"}], (400, 50035)),
    "a number": ([{"name": "n", "value": 1}], None),
}


@pytest.mark.parametrize("case", CHOICES)
def test_choices_while_typing(world: World, reader: User, case: str) -> None:
    choices, code = CHOICES[case]
    done = world.people.complete(world.channel.id, reader, "latest", {"section": "A"}, focused="section")
    assert done.data["options"] == [{"name": "section", "type": 3, "value": "A", "focused": True}]
    given = answer(world, done, 8, {"choices": choices})
    assert (refusal(given) if code else given.status) == (code or 204)
    assert len(done.choices) == (0 if code else len(choices))


# ---------------------------------------------------------------- later answers


def test_a_promise_is_kept_by_an_edit_or_the_first_follow_up(world: World, reader: User) -> None:
    edited, followed = latest(world, reader), latest(world, reader)
    answer(world, edited, 5, {"flags": 64})
    answer(world, followed, 5)
    assert webhook(world, edited, "GET", "/messages/@original").body["flags"] == int(Flag.EPHEMERAL | Flag.LOADING)
    shown = webhook(world, edited, "PATCH", "/messages/@original", {"content": "edited"}).body
    assert (shown["content"], shown["flags"]) == ("edited", int(Flag.EPHEMERAL))
    first = webhook(world, followed, "POST", body={"content": "first", "flags": 64}).body
    assert first["flags"] == 0  # who sees it was settled by the promise
    webhook(world, followed, "POST", body={"content": "second", "flags": 64})
    assert [(each.content, Flag.EPHEMERAL in each.flags) for each in world.people.answers(followed)] == [
        ("first", False),
        ("second", True),
    ]
    assert world.contents() == ["first"]


def test_answers_are_changed_and_taken_back(world: World, reader: User) -> None:
    done = latest(world, reader)
    answer(world, done, 4, {"content": "x", "flags": 64}, files=(picture(),))
    more = webhook(world, done, "POST", body={"content": "more"}).body["id"]
    assert webhook(world, done, "PATCH", f"/messages/{more}", {"content": "less"}).body["content"] == "less"
    assert len(webhook(world, done, "GET", "/messages/@original").body["attachments"]) == 1
    assert webhook(world, done, "DELETE", "/messages/@original").status == 204
    assert refusal(webhook(world, done, "GET", "/messages/@original")) == (404, 10008)
    assert [each.content for each in world.people.answers(done)] == ["less"]
    elsewhere = under(world, ROW)
    assert refusal(webhook(world, done, "PATCH", f"/messages/{elsewhere.id}", {"content": "y"})) == (404, 10008)


def test_a_token_is_good_for_fifteen_minutes_and_only_after_an_answer(world: World, reader: User) -> None:
    done = latest(world, reader)
    assert refusal(webhook(world, done, "POST", body={"content": "x"})) == (404, 10015)
    answer(world, done, 5)
    world.clock.advance(15 * 60)
    assert webhook(world, done, "POST", body={"content": "x"}).status == 200
    world.clock.advance(1)
    assert refusal(webhook(world, done, "POST", body={"content": "x"})) == (401, 50027)


def test_answers_notify_users_alone_unless_they_say_otherwise(world: World, reader: User) -> None:
    role = world.state.add_role(world.channel.guild, "r", mentionable=True)
    words = f"<@{reader.id}> <@&{role.id}>"
    for data in ({"content": words}, {"content": words, "allowed_mentions": {"parse": ["roles"]}}):
        answer(world, latest(world, reader), 4, data)
    first, second = (each.pings for each in world.state.messages(world.channel.id))
    assert (first.users, first.roles) == (frozenset({reader.id}), frozenset())
    assert (second.users, second.roles) == (frozenset(), frozenset({role.id}))


def test_answers_are_outside_of_the_tokens_window_and_have_their_own() -> None:
    world = make_world(Rules())
    world.call("POST", f"/applications/{world.state.bot.id}/commands", LATEST)
    reader = world.state.add_user("reader")
    for _ in range(60):
        assert answer(world, latest(world, reader), 5).status == 204
    done = latest(world, reader)
    statuses = [answer(world, done, 5).status] + [
        webhook(world, done, "POST", body={"content": "x"}).status for _ in range(6)
    ]
    assert statuses == [204, 200, 200, 200, 200, 200, 429]


# ---------------------------------------------------------------- what people can do


def test_a_button_changes_its_message_even_one_that_only_one_person_sees(world: World, reader: User) -> None:
    done = latest(world, reader)
    answer(world, done, 4, {"content": "a", "components": [ROW], "flags": 64})
    (whisper,) = world.people.answers(done)
    for message in (whisper, under(world, ROW)):
        pressed = world.people.press(message, reader, "sub:1")
        assert answer(world, pressed, 7, {"content": "done", "components": []}).status == 204
        assert (pressed.original, pressed.written) == (message.id, [])
        follow = webhook(world, pressed, "PATCH", "/messages/@original", {"content": "really"})
        assert follow.body["content"] == "really"
    assert [each.content for each in world.people.answers(done)] == ["really"]
    assert world.contents() == ["really"]


def test_only_what_is_offered_can_be_used(world: World, reader: User) -> None:
    message = under(world, ROW, MENU)
    people, here = world.people, world.channel.id
    for custom_id in ("none", "off", "which"):
        with pytest.raises(ValueError, match="no button"):
            people.press(message, reader, custom_id)
    with pytest.raises(ValueError, match="doesn't offer"):
        people.choose(message, reader, "which", ["2"])
    with pytest.raises(ValueError, match="doesn't take 0"):
        people.choose(message, reader, "which", [])
    with pytest.raises(ValueError, match="not offered /earlier"):
        people.command(here, reader, "earlier")
    with pytest.raises(ValueError, match="no option 'page'"):
        people.command(here, reader, "latest", {"page": 1})
    with pytest.raises(ValueError, match="doesn't take 1"):
        people.command(here, reader, "latest", {"section": 1})
    with pytest.raises(ValueError, match="nobody was asked"):
        people.fill_in(latest(world, reader), {})
    assert people.choose(message, reader, "which", ["1"]).data["values"] == ["1"]


def test_who_is_offered_a_command_and_where(world: World, reader: User) -> None:
    app, guild = world.state.bot.id, world.channel.guild
    rights = str(int(Permission.MANAGE_GUILD))
    body = {"name": "manage", "description": "x", "default_member_permissions": rights, "contexts": [0]}
    world.call("POST", f"/applications/{app}/guilds/{guild}/commands", body)
    owner, people = world.state.guilds[guild].owner, world.people
    with pytest.raises(ValueError, match="not offered"):
        people.command(world.channel.id, reader, "manage")
    with pytest.raises(ValueError, match="not offered"):
        people.command(people.converse(owner).id, owner, "manage")
    assert people.command(world.channel.id, owner, "manage").data["guild_id"] == str(guild)
    role = world.state.add_role(guild, "editors", permissions=Permission.MANAGE_GUILD)
    world.state.member_roles[guild, reader.id] = frozenset({role.id})
    assert people.command(world.channel.id, reader, "manage").user == reader
