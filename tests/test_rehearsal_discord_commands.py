"""The local Discord's application commands: what may be made, how much of it, and how the library syncs it."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from tests.discord_world import World, client_of, fast_world, make_world, refusal


@pytest.fixture
def world() -> World:
    return make_world()


def path_of(world: World, guild: int = 0, command: str = "") -> str:
    place = f"/guilds/{guild}" if guild else ""
    return f"/applications/{world.state.bot.id}{place}/commands{'/' + command if command else ''}"


def make(world: World, guild: int = 0, **body: Any) -> Any:
    return world.call("POST", path_of(world, guild), {"name": "latest", "description": "x", **body})


def overwrite(world: World, *bodies: Any, guild: int = 0) -> Any:
    return world.call("PUT", path_of(world, guild), items=bodies)


def named(name: str) -> dict[str, Any]:
    return {"name": name, "description": "x"}


def option(**more: Any) -> dict[str, Any]:
    return {"type": 3, "name": "o", "description": "x", **more}


def subs(depth: int) -> dict[str, Any]:
    """A group in a group ... of that depth, a sub-command at its end."""
    inner = {"type": 1, "name": "s", "description": "x"}
    for _ in range(depth):
        inner = {"type": 2, "name": "g", "description": "x", "options": [inner]}
    return inner


CHOICE = {"name": "n", "value": "v"}
LONG = option(choices=[{"name": "n" * 100, "value": "v" * 100}] * 25)

FORMS: dict[str, tuple[dict[str, Any], str]] = {
    # the path of the error, empty where there is none
    "a Chinese name": ({"name": "最新"}, ""),
    "a name of 32 characters": ({"name": "n" * 32}, ""),
    "a name of 33 characters": ({"name": "n" * 33}, "name"),
    "capitals": ({"name": "Latest"}, "name"),
    "a blank": ({"name": "la test"}, "name"),
    "no name": ({"name": None}, "name"),
    "a description of 100 characters": ({"description": "x" * 100}, ""),
    "a description of 101 characters": ({"description": "x" * 101}, "description"),
    "no description": ({"description": ""}, "description"),
    "a name in a menu": ({"name": "Save It", "type": 3, "description": ""}, ""),
    "a description in a menu": ({"name": "Save It", "type": 3}, "description"),
    "a kind nobody knows": ({"type": 9}, "type"),
    "names in other languages": ({"name_localizations": {"zh-CN": "最新", "zh-TW": "最新"}}, ""),
    "a language nobody knows": ({"name_localizations": {"zh": "最新"}}, "name_localizations.zh"),
    "a bad name in another language": ({"name_localizations": {"de": "A B"}}, "name_localizations.de"),
    "a long description in another language": (
        {"description_localizations": {"de": "x" * 101}},
        "description_localizations.de",
    ),
    "25 options": ({"options": [option(name=f"o{n}") for n in range(25)]}, ""),
    "26 options": ({"options": [option(name=f"o{n}") for n in range(26)]}, "options"),
    "two options of one name": ({"options": [option(), option()]}, "options"),
    "an option that must follow one that may": (
        {"options": [option(name="a"), option(name="b", required=True)]},
        "options",
    ),
    "an option without a description": ({"options": [option(description="")]}, "options.0.description"),
    "an option of no kind": ({"options": [option(type=12)]}, "options.0.type"),
    "25 choices": ({"options": [option(choices=[CHOICE] * 25)]}, ""),
    "26 choices": ({"options": [option(choices=[CHOICE] * 26)]}, "options.0.choices"),
    "a choice of 101 characters": (
        {"options": [option(choices=[{"name": "n", "value": "v" * 101}])]},
        "options.0.choices.0.value",
    ),
    "choices and completion": ({"options": [option(choices=[CHOICE], autocomplete=True)]}, "options.0"),
    "completion of a switch": ({"options": [option(type=5, autocomplete=True)]}, "options.0"),
    "a sub-command in a group": ({"options": [subs(1)]}, ""),
    "a group in a group": ({"options": [subs(2)]}, "options.0.options.0.type"),
    "a sub-command beside a value": ({"options": [subs(0), option()]}, "options"),
    "8000 characters": ({"options": [LONG, option(name="p", description="x" * 100, choices=LONG["choices"][:14])]}, ""),
    "more than 8000 characters": ({"options": [LONG, {**LONG, "name": "p"}]}, "name"),
}


def errors(tree: Any, path: tuple[str, ...] = ()) -> list[str]:
    """The paths of all errors in a tree."""
    found = [".".join(path)] if "_errors" in tree else []
    return found + [each for name in tree if name != "_errors" for each in errors(tree[name], (*path, name))]


@pytest.mark.parametrize("case", FORMS)
def test_which_commands_may_be_made(world: World, case: str) -> None:
    body, wrong = FORMS[case]
    answer = make(world, **body)
    assert answer.status == (400 if wrong else 201), answer.body
    assert errors(answer.body.get("errors", {})) == ([wrong] if wrong else [])
    assert len(world.call("GET", path_of(world)).body) == (not wrong)


def test_a_name_is_made_once_and_then_replaced(world: World) -> None:
    first, second = make(world), make(world, description="y")
    assert (first.status, second.status) == (201, 200)
    assert first.body["id"] == second.body["id"]
    assert first.body["version"] != second.body["version"]
    assert [each["description"] for each in world.call("GET", path_of(world)).body] == ["y"]


def test_a_command_is_changed_and_deleted(world: World) -> None:
    number, other = make(world).body["id"], make(world, name="other").body["id"]
    one = path_of(world, command=number)
    assert world.call("PATCH", one, {"description": "y"}).body["name"] == "latest"
    assert refusal(world.call("PATCH", one, {"name": "other"})) == (400, 50035)
    assert world.call("GET", one).body["description"] == "y"
    assert world.call("DELETE", one).status == 204
    assert refusal(world.call("GET", one)) == (404, 10063)
    assert [each["id"] for each in world.call("GET", path_of(world)).body] == [other]


def test_an_overwrite_leaves_exactly_what_it_names(world: World) -> None:
    kept = make(world).body["id"]
    make(world, name="gone")
    answer = overwrite(world, named("latest"), named("new"))
    assert [each["name"] for each in answer.body] == ["latest", "new"]
    assert answer.body[0]["id"] == kept
    assert overwrite(world).body == []


def test_one_wrong_command_refuses_all(world: World) -> None:
    make(world)
    answer = overwrite(world, named("fine"), named("Wrong"), named("fine"))
    assert errors(answer.body["errors"]) == ["1.name", "2.name"]
    assert [each["name"] for each in world.call("GET", path_of(world)).body] == ["latest"]
    assert refusal(world.call("PUT", path_of(world), {})) == (400, 50035)


def test_guilds_have_commands_of_their_own(world: World) -> None:
    guild = world.channel.guild
    own = make(world, guild)
    assert own.body["guild_id"] == str(guild)
    assert world.call("GET", path_of(world)).body == []
    assert refusal(make(world, 7)) == (404, 10004)
    assert refusal(world.call("GET", "/applications/7/commands")) == (403, 20012)


def test_a_hundred_commands_and_no_more(world: World) -> None:
    hundred = [named(f"c{n}") for n in range(100)]
    assert len(overwrite(world, *hundred).body) == 100
    assert refusal(make(world)) == (400, 30032)
    assert refusal(overwrite(world, *hundred, named("more"))) == (400, 30032)
    assert make(world, name="Menu", type=2, description="").status == 201


def test_two_hundred_new_names_a_day(world: World) -> None:
    for start in (0, 100):
        overwrite(world, *(named(f"c{n}") for n in range(start, start + 100)))
    assert refusal(overwrite(world, named("one-more"))) == (400, 30034)
    assert overwrite(world, named("c150")).status == 200  # it is there already
    assert make(world, world.channel.guild).status == 201
    world.clock.advance(24 * 60 * 60)
    assert overwrite(world, named("one-more")).status == 200


# ---------------------------------------------------------------- through discord.py


async def test_the_library_syncs_its_commands() -> None:
    world, channel = fast_world()
    async with client_of(world) as client:
        tree = app_commands.CommandTree(client)

        @tree.command(name="latest", description="the latest issue")
        @app_commands.describe(section="which")
        async def latest(interaction: discord.Interaction, section: str = "") -> None: ...

        (synced,) = await tree.sync()
        assert synced.name == "latest"
        assert [each.name for each in await tree.fetch_commands()] == ["latest"]
        tree.copy_global_to(guild=discord.Object(channel.guild))
        await tree.sync(guild=discord.Object(channel.guild))
        assert world.state.commands[channel.guild] != {}
        tree.remove_command("latest")
        assert await tree.sync() == []


async def test_the_library_says_what_is_wrong_with_a_command() -> None:
    world, _ = fast_world()
    async with client_of(world) as client:
        tree = app_commands.CommandTree(client)

        async def run(interaction: discord.Interaction) -> None: ...

        tree.add_command(app_commands.Command(name="latest", description="x" * 101, callback=run))
        with pytest.raises(app_commands.CommandSyncFailure, match="Must be between 1 and 100 in length"):
            await tree.sync()
