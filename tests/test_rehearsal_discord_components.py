"""Buttons and menus under messages of the local Discord: what it takes, refuses and shows."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.rehearsal.discord import components
from tests.discord_world import World, client_of, fast_world, make_world, refusal
from tests.test_rehearsal_discord_commands import errors

V2 = 1 << 15


@pytest.fixture
def world() -> World:
    return make_world()


def row(*inside: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(inside)}


def button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "x", "custom_id": "a", **more}


def link(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 5, "label": "x", "url": "https://example.org", **more}


def menu(**more: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "m", "options": [{"label": "一", "value": "1"}], **more}


def many(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [button(custom_id=f"b{n}") for n in range(start, start + count)]


HERE = "components.0.components.0"
LEGACY: dict[str, tuple[list[dict[str, Any]], str]] = {
    "five rows of five": ([row(*many(5, n)) for n in range(0, 25, 5)], ""),
    "six rows": ([row(*many(1, n)) for n in range(6)], "components"),
    "six buttons in a row": ([row(*many(6))], "components.0.components"),
    "an empty row": ([row()], "components.0.components"),
    "a button without a row": ([button()], "components.0.type"),
    "a row in a row": ([row(row(button()))], f"{HERE}.type"),
    "a label of 80 characters": ([row(button(label="x" * 80))], ""),
    "a label of 81 characters": ([row(button(label="x" * 81))], f"{HERE}.label"),
    "neither label nor emoji": ([row(button(label=""))], HERE),
    "an emoji alone": ([row(button(label="", emoji={"name": "👍"}))], ""),
    "an id of 100 characters": ([row(button(custom_id="x" * 100))], ""),
    "an id of 101 characters": ([row(button(custom_id="x" * 101))], f"{HERE}.custom_id"),
    "no id": ([row(button(custom_id=None))], f"{HERE}.custom_id"),
    "one id twice": ([row(button(), button())], "components"),
    "an id and an address": ([row(button(url="https://example.org"))], f"{HERE}.url"),
    "a style nobody knows": ([row(button(style=7))], f"{HERE}.style"),
    "a link": ([row(link())], ""),
    "a link with an id": ([row(link(custom_id="a"))], f"{HERE}.custom_id"),
    "a link to nowhere": ([row(link(url=None))], f"{HERE}.url"),
    "a link of another scheme": ([row(link(url="ftp://example.org"))], f"{HERE}.url"),
    "a link of 513 characters": ([row(link(url="https://example.org/" + "x" * 493))], f"{HERE}.url"),
    "a menu": ([row(menu())], ""),
    "a menu beside a button": ([row(menu(), button())], "components.0.components"),
    "a menu of 26 options": (
        [row(menu(options=[{"label": "x", "value": str(n)} for n in range(26)]))],
        f"{HERE}.options",
    ),
    "a menu without options": ([row(menu(options=[]))], f"{HERE}.options"),
    "a value twice": ([row(menu(options=[{"label": "x", "value": "1"}] * 2))], f"{HERE}.options"),
    "an option of 101 characters": (
        [row(menu(options=[{"label": "x" * 101, "value": "1"}]))],
        f"{HERE}.options.0.label",
    ),
    "more at least than at most": ([row(menu(min_values=2))], f"{HERE}.min_values"),
    "a placeholder of 151 characters": ([row(menu(placeholder="x" * 151))], f"{HERE}.placeholder"),
}


@pytest.mark.parametrize("case", LEGACY)
def test_what_may_stand_under_a_message(world: World, case: str) -> None:
    there, wrong = LEGACY[case]
    answer = world.send({"content": "x", "components": there})
    assert answer.status == (400 if wrong else 200), answer.body
    assert errors(answer.body.get("errors", {})) == ([wrong] if wrong else [])
    if not wrong:
        assert answer.body["components"] == there


TEXT = {"type": 10, "content": "正文"}
NEW: dict[str, tuple[dict[str, Any], str]] = {
    "text": (TEXT, ""),
    "a box of everything": ({"type": 17, "components": [TEXT, row(button()), {"type": 14}]}, ""),
    "a box in a box": ({"type": 17, "components": [{"type": 17, "components": []}]}, f"{HERE}.type"),
    "a section with a button": ({"type": 9, "components": [TEXT], "accessory": button()}, ""),
    "a section without anything": ({"type": 9, "components": [TEXT]}, "components.0.accessory.type"),
    "a button in the open": (button(), "components.0.type"),
    "a bad button deep inside": (
        {"type": 17, "components": [row(button(label="x" * 81))]},
        f"{HERE}.components.0.label",
    ),
}


@pytest.mark.parametrize("case", NEW)
def test_what_new_messages_are_made_of(world: World, case: str) -> None:
    component, wrong = NEW[case]
    answer = world.send({"flags": V2, "components": [component]})
    assert answer.status == (400 if wrong else 200), answer.body
    assert errors(answer.body.get("errors", {})) == ([wrong] if wrong else [])


KEYS = st.sampled_from(
    (
        *("type", "style", "label", "custom_id", "url", "emoji", "options", "value", "components", "accessory"),
        *("min_values", "max_values", "placeholder", "choices", "name", "description", "required", "autocomplete"),
        *("contexts", "name_localizations", "default_member_permissions", "title", "data", "flags", "content"),
    )
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 20) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(ODD, st.integers(1, 10))
def test_whatever_is_sent_is_taken_or_refused(odd: Any, kind: int) -> None:
    world = make_world()
    app, reader = world.state.bot.id, world.state.add_user("reader")
    world.call("POST", f"/applications/{app}/commands", {"name": "x", "description": "x"})
    done = world.people.command(world.channel.id, reader, "x")
    whole = odd if isinstance(odd, dict) else {}
    answers = [
        world.send({"content": "x", "components": odd}),
        world.send({"content": "x", "components": [row({"type": 2, **whole}), row({**menu(), **whole})]}),
        world.call("POST", f"/applications/{app}/commands", {"name": "z", "options": [{"type": kind, **whole}]}),
        world.send({"flags": V2, "components": odd}),
        world.call("POST", f"/applications/{app}/commands", {"name": "y", "description": "y", "options": odd, **whole}),
        world.call("PUT", f"/applications/{app}/commands", items=(odd, whole)),
        world.call("POST", f"/interactions/{done.id}/{done.token}/callback", {"type": kind, "data": odd}),
        world.call("POST", f"/guilds/{world.channel.guild}/roles", whole),
        world.call("POST", "/users/@me/channels", {"recipient_id": odd}),
    ]
    assert {answer.status for answer in answers} <= {200, 201, 204, 400, 403}


def test_a_new_message_stays_one_when_it_is_changed(world: World) -> None:
    number = world.send({"flags": V2, "components": [TEXT]}).body["id"]
    assert world.edit(number, {"components": [{**TEXT, "content": "更正"}]}).status == 200
    old = world.send({"content": "x"}).body["id"]
    assert refusal(world.edit(old, {"components": [TEXT]})) == (400, 50035)


def test_buttons_are_changed_and_taken_away(world: World) -> None:
    number = world.send({"content": "x", "components": [row(button())]}).body["id"]
    assert world.edit(number, {"content": "y"}).body["components"] == [row(button())]
    assert world.edit(number, {"components": []}).body["components"] == []


def test_the_words_on_buttons_and_menus() -> None:
    there = [row(button(label="订阅", emoji={"name": "🔔"}), link()), row(menu(placeholder="选")), row(menu())]
    assert components.rows(there) == (("🔔 订阅", "x"), ("选 ▾",), ("Make a selection ▾",))


async def test_the_library_sends_buttons_and_reads_them_back() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="订阅", custom_id="sub"))
        view.add_item(discord.ui.Select(placeholder="选", options=[discord.SelectOption(label="一")], custom_id="m"))
        there = client.get_partial_messageable(channel.id)
        sent = await there.send("x", view=view)
        seen = await there.fetch_message(sent.id)
        rows = [each for each in seen.components if isinstance(each, discord.ActionRow)]
        assert [type(each.children[0]).__name__ for each in rows] == ["Button", "SelectMenu"]
        with pytest.raises(discord.HTTPException, match="Must be between 0 and 80 in length"):
            await there.send("x", view=_too_long())


def _too_long() -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="x" * 81, custom_id="sub"))
    return view
