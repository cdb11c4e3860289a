"""Parameters of a call, read as the Bot API reads them: everything may arrive as a string."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bots.rehearsal.telegram.replies import File, Json, bad_request

ARGUMENT_BYTES = 32768
"""Longest `text` or `caption` argument in UTF-8 bytes, markup included (telegram.md 1.1)."""
ALL_PARAMETERS_BYTES = 1 << 20
FILES = 50


def objects(value: Json, what: str) -> list[dict[str, Json]]:
    """A JSON array of objects; nothing at all is an empty one."""
    listed = [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise bad_request(f"can't parse {what}: expected an Array of Objects")
    return listed


def required_string(value: Mapping[str, Json], name: str, what: str) -> str:
    """A field of an object; `what` is the type the refusal names."""
    if value.get(name) is None:
        raise bad_request(f"Can't parse {what}: Can't find field \"{name}\"")
    if not isinstance(value[name], str):
        raise bad_request(f'Can\'t parse {what}: Field "{name}" must be of type String')
    return str(value[name])


@dataclass(frozen=True, slots=True)
class Params:
    """What a call carries. Values are strings, or anything JSON has when the body was JSON."""

    values: Mapping[str, Json]
    files: Mapping[str, File] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"true", "yes", "1"}

    def integer(self, name: str) -> int:
        """0 for anything that isn't a number, as the server reads it."""
        try:
            return int(self.text(name))
        except ValueError:
            return 0

    def json(self, name: str, what: str) -> Json:
        """The decoded value, None when absent. `what` is the type the refusal names."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def size(self) -> int:
        """Bytes of all parameters that aren't files."""
        return sum(len(name) + len(self.text(name).encode("utf-8", "surrogatepass")) for name in self.values)
