"""The application's commands as the server keeps them, and how many may be made (discord.md 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bots.rehearsal.discord.command_forms import read_command
from bots.rehearsal.discord.model import snowflake
from bots.rehearsal.discord.problems import Problems, mapping
from bots.rehearsal.discord.state import State
from bots.rehearsal.discord.wire import Json, Refused

MOST = {1: 100, 2: 15, 3: 15}
"""Type of command -> how many there may be, in each guild and everywhere."""
CREATES = 200
"""New names a day, in each guild and everywhere (30034)."""
DAY = 24 * 60 * 60

Command = Mapping[str, Any]


class Creates:
    """Counts new commands by the day."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._made: dict[int, list[float]] = {}

    def count(self, guild: int, new: int) -> None:
        """Refused 30034 when there would be too many within a day, and then none counts."""
        now = self._state.clock.monotonic()
        recent = [each for each in self._made.get(guild, ()) if now - each < DAY]
        if len(recent) + new > CREATES:
            text = f"Maximum number of daily application command creates has been reached ({CREATES})"
            raise Refused(400, 30034, text)
        self._made[guild] = recent + [now] * new


def known(state: State, guild: int) -> list[Command]:
    return list(state.commands.get(guild, {}).values())


def get(state: State, guild: int, number: str) -> Command:
    """Raises Refused 10063 when there is none."""
    found = state.commands.get(guild, {}).get(number)
    if found is None:
        raise Refused(404, 10063, "Unknown application command")
    return found


def upsert(state: State, creates: Creates, guild: int, body: Json) -> tuple[Command, bool]:
    """Make a command, or replace the one of the same kind and name; says whether it is new."""
    form = read_command(body)
    before = _same(known(state, guild), form)
    if before is None:
        _refuse_too_many([*known(state, guild), form])
        creates.count(guild, 1)
    return _keep(state, guild, form, before), before is None


def edit(state: State, guild: int, number: str, body: Json) -> Command:
    before = get(state, guild, number)
    form = read_command({**before, **body, "type": before["type"]})
    other = _same(known(state, guild), form)
    if other is not None and other["id"] != number:
        problems = Problems()
        problems.add(["name"], "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        problems.settle()
    return _keep(state, guild, form, before)


def delete(state: State, guild: int, number: str) -> None:
    get(state, guild, number)
    del state.commands[guild][number]


def overwrite(state: State, creates: Creates, guild: int, bodies: Sequence[object]) -> list[Command]:
    """Exactly these commands from now on; only new names count as made. One that is wrong refuses all."""
    problems = Problems()
    forms = [read_command(mapping(body), [n], problems) for n, body in enumerate(bodies)]
    keys = [_key(form) for form in forms]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            text = "Application command names must be unique"
            problems.add([n, "name"], "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
    problems.settle()
    _refuse_too_many(forms)
    before = [_same(known(state, guild), form) for form in forms]
    creates.count(guild, before.count(None))
    state.commands[guild] = {}
    return [_keep(state, guild, form, each) for form, each in zip(forms, before, strict=True)]


def _key(command: Command) -> tuple[Any, Any]:
    return command["type"], command.get("name")


def _same(there: Iterable[Command], form: Command) -> Command | None:
    return next((each for each in there if _key(each) == _key(form)), None)


def _refuse_too_many(commands: Iterable[Command]) -> None:
    kinds = [each["type"] for each in commands]
    for kind, most in MOST.items():
        if kinds.count(kind) > most:
            raise Refused(400, 30032, f"Maximum number of application commands reached ({most})")


def _keep(state: State, guild: int, form: Command, before: Command | None) -> Command:
    ids = {"id": before["id"] if before else str(state.new_id()), "application_id": str(state.bot.id)}
    place = {"guild_id": str(guild)} if guild else {}
    command = {**form, **ids, **place, "version": str(max(snowflake(state.clock.now()), state.new_id()))}
    state.commands.setdefault(guild, {})[command["id"]] = command
    return command
