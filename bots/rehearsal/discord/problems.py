"""Broken fields of a form, gathered as Discord names them (discord.md 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.rehearsal.discord.wire import Refused

Path = list[str | int]
"""Where a field stands in a form."""


@dataclass(slots=True)
class Problems:
    """Broken fields, gathered into the tree that a 50035 carries."""

    tree: dict[str, Any] = field(default_factory=dict)

    def add(self, path: Iterable[str | int], code: str, message: str) -> None:
        node = self.tree
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def longer(self, path: Iterable[str | int], text: str, limit: int) -> None:
        if len(text) > limit:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")

    def between(self, path: Iterable[str | int], text: object, least: int, most: int) -> None:
        """The text of a field that must be there and have a length within these bounds."""
        if text is None:
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not isinstance(text, str):
            self.add(path, "STRING_TYPE_CONVERT", f'Could not interpret "{text}" as string.')
        elif not least <= len(text) <= most:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def settle(self) -> None:
        """Raise what was gathered, if anything was."""
        if self.tree:
            raise Refused(400, 50035, "Invalid Form Body", self.tree)


def refuse_field(name: str, code: str, message: str) -> Refused:
    """The refusal of a single field."""
    problems = Problems()
    problems.add([name], code, message)
    return Refused(400, 50035, "Invalid Form Body", problems.tree)


def mapping(value: object) -> Mapping[str, Any]:
    """The object in a field, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> list[Any]:
    """The list in a field, an empty one for anything else."""
    return value if isinstance(value, list) else []
