"""The rules of buttons and menus under a message (discord.md 1.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bots.rehearsal.discord.problems import Path, Problems, mapping, sequence

ROW, BUTTON, STRING_SELECT = 1, 2, 3
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
SELECTS = frozenset({STRING_SELECT, 5, 6, 7, 8})
LINK, PREMIUM = 5, 6
"""Styles of button that tell the bot nothing."""

ROWS = 5
LABEL = 80
CUSTOM_ID = 100
URL = 512
PLACEHOLDER = 150

_NEW_TOP = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER})
_INSIDE = {
    ROW: SELECTS | {BUTTON},
    SECTION: frozenset({TEXT}),
    CONTAINER: _NEW_TOP - {CONTAINER},
}
"""What may stand inside what."""


def check_components(problems: Problems, components: Sequence[Mapping[str, Any]], *, new: bool) -> None:
    """Add what is wrong; `new` for Components V2, whose top level takes more than rows."""
    top = _NEW_TOP if new else frozenset({ROW})
    if not new:
        problems.between(["components"], "." * len(components), 0, ROWS)
    for n, component in enumerate(components):
        _check(problems, ["components", n], component, top)
    _check_distinct(problems, components)


def _check(problems: Problems, path: Path, component: Mapping[str, Any], allowed: frozenset[int]) -> None:
    kind = kind_of(component)
    if kind not in allowed:
        choices = ", ".join(map(str, sorted(allowed)))
        problems.add([*path, "type"], "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({choices}).')
        return
    if kind == ROW:
        _check_row(problems, path, component)
    elif kind == BUTTON:
        _check_button(problems, path, component)
    elif kind in SELECTS:
        _check_select(problems, path, component)
    elif kind == SECTION:
        problems.between([*path, "components"], "." * len(sequence(component.get("components"))), 1, 3)
        _check(problems, [*path, "accessory"], mapping(component.get("accessory")), frozenset({BUTTON, THUMBNAIL}))
    if kind in _INSIDE:
        for n, each in enumerate(sequence(component.get("components"))):
            _check(problems, [*path, "components", n], mapping(each), _INSIDE[kind])


def _check_row(problems: Problems, path: Path, row: Mapping[str, Any]) -> None:
    """Up to five buttons, or one menu."""
    inside = [kind_of(mapping(each)) for each in sequence(row.get("components"))]
    problems.between([*path, "components"], "." * len(inside), 1, 5)
    if any(each in SELECTS for each in inside) and len(inside) > 1:
        text = "The specified component exceeds the maximum width"
        problems.add([*path, "components"], "COMPONENT_LAYOUT_WIDTH_EXCEEDED", text)


def _check_button(problems: Problems, path: Path, button: Mapping[str, Any]) -> None:
    style = button.get("style")
    if style not in range(1, 7):
        problems.add([*path, "style"], "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.")
    if button.get("label"):
        problems.between([*path, "label"], button["label"], 0, LABEL)
    elif not button.get("emoji") and style != PREMIUM:
        problems.add(path, "BUTTON_COMPONENT_INVALID_LABEL", "A button must have a label or an emoji")
    if style == LINK:
        _check_link(problems, path, button)
    elif style != PREMIUM:
        problems.between([*path, "custom_id"], button.get("custom_id"), 1, CUSTOM_ID)
        if button.get("url"):
            problems.add([*path, "url"], "BUTTON_COMPONENT_URL_NOT_ALLOWED", "A url cannot be set for this style")


def _check_link(problems: Problems, path: Path, button: Mapping[str, Any]) -> None:
    problems.between([*path, "url"], button.get("url"), 1, URL)
    if button.get("custom_id"):
        text = "A custom id and url cannot both be specified"
        problems.add([*path, "custom_id"], "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", text)
    if button.get("url") and not _leads_somewhere(str(button["url"])):
        text = "Scheme must be one of ('http', 'https', 'discord')."
        problems.add([*path, "url"], "URL_TYPE_INVALID_SCHEME", text)


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https", "discord") and bool(parts.netloc)


def _check_select(problems: Problems, path: Path, select: Mapping[str, Any]) -> None:
    problems.between([*path, "custom_id"], select.get("custom_id"), 1, CUSTOM_ID)
    if select.get("placeholder"):
        problems.between([*path, "placeholder"], select["placeholder"], 0, PLACEHOLDER)
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if least not in range(26) or most not in range(1, 26) or least > most:
        problems.add([*path, "min_values"], "NUMBER_TYPE_RANGE", "int value should be between 0 and max_values.")
    if kind_of(select) != STRING_SELECT:
        return
    options = [mapping(each) for each in sequence(select.get("options"))]
    problems.between([*path, "options"], "." * len(options), 1, 25)
    for n, option in enumerate(options):
        for name in ("label", "value"):
            problems.between([*path, "options", n, name], option.get(name), 1, 100)
        if option.get("description"):
            problems.between([*path, "options", n, "description"], option["description"], 0, 100)
    for value, count in Counter(str(option.get("value")) for option in options).items():
        if count > 1:
            text = f"The specified option value {value!r} is already used"
            problems.add([*path, "options"], "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", text)


def _check_distinct(problems: Problems, components: Sequence[Mapping[str, Any]]) -> None:
    """Every id once in a message."""
    ids = Counter(str(each["custom_id"]) for each in walk(components) if each.get("custom_id"))
    for custom_id, count in ids.items():
        if count > 1:
            text = f"Component custom id cannot be duplicated: {custom_id}"
            problems.add(["components"], "COMPONENT_CUSTOM_ID_DUPLICATED", text)


def kind_of(component: Mapping[str, Any]) -> int:
    """The number of its kind, 0 for anything that is no number."""
    kind = component.get("type")
    return kind if isinstance(kind, int) else 0


def walk(components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Every component, the nested ones after the one that holds them."""
    found: list[Mapping[str, Any]] = []
    for component in components:
        found.append(component)
        found += walk([mapping(each) for each in sequence(component.get("components"))])
        if component.get("accessory"):
            found.append(mapping(component["accessory"]))
    return found


def find(components: Sequence[Mapping[str, Any]], custom_id: str) -> Mapping[str, Any] | None:
    """The button or menu with this id."""
    return next((each for each in walk(components) if each.get("custom_id") == custom_id), None)


def rows(components: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """The words on buttons and menus, row by row, as a page shows them."""
    there = [sequence(row.get("components")) for row in walk(components) if kind_of(row) == ROW]
    return tuple(tuple(_words(mapping(each)) for each in row) for row in there if row)


def _words(component: Mapping[str, Any]) -> str:
    if kind_of(component) in SELECTS:
        return str(component.get("placeholder") or "Make a selection") + " ▾"
    picture = str(mapping(component.get("emoji")).get("name") or "")
    return f"{picture} {component.get('label') or ''}".strip()
