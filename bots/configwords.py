"""What the author reads when config.yaml holds something that may not stand there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

_KEYS = "has to hold keys of its own, indented below it"
_LIST = "has to be a list, as in [one, two]"
_WHOLE = "has to be a whole number"
_NUMBER = "has to be a number"
_SWITCH = "has to be true or false"
_TEXT = "has to be a single value, not a list and no keys below it"

_PLAIN: Mapping[str, str] = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "model_type": _KEYS,
    "dict_type": _KEYS,
    "tuple_type": _LIST,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "bool_parsing": _SWITCH,
    "bool_type": _SWITCH,
    "string_type": _TEXT,
    "time_delta_type": _TEXT,
    "dataclass_type": _TEXT,
    "literal_error": "has to be {expected}",
    "enum": "has to be {expected}",
    "greater_than": "has to be more than {gt:g}",
    "greater_than_equal": "has to be at least {ge:g}",
    "less_than_equal": "has to be at most {le:g}",
}
"""pydantic's name for what is wrong, and what an author should hear."""


def said(where: tuple[str, ...], what: str) -> str:
    """Our own words about a value."""
    return f"{'.'.join(where)}: {what.removeprefix('Value error, ')}."


def plain(where: tuple[str, ...], kind: str, message: str, context: Mapping[str, Any]) -> str:
    """A value that pydantic refused. Words of its own, which no key gives rise to now, are better than none."""
    if kind in _PLAIN:
        return f"{'.'.join(where)} {_PLAIN[kind].format_map(context)}."
    return said(where, message)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a wrong word: the nearest of those that are known, or all of them."""
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known here: {', '.join(choices)}." if choices else "config.yaml names none."
