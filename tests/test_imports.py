"""Imports point one way, and each vendor is known to one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "bots").rglob("*.py"))

# From the words everybody uses to the words only the command line uses: a module may import its own layer and those
# above it in this list.
LAYERS = [
    ("errors", "document", "clock", "redaction", "exits", "durations"),
    ("model", "yamlfile", "events"),
    ("markup", "header", "layout", "imaging", "flow", "markdown", "packing", "splitter"),
    (
        *("posts", "pictures", "platforms", "pacing", "limiter", "ledger", "planning", "plan", "rehearsal", "pages"),
        *("releases", "speech", "privacy", "cleaning", "buttons", "wording"),
    ),
    (
        *("configfile", "configchecks", "configwords", "configtext", "webhooks", "config"),
        *("enclosures", "uploads", "courier", "report", "walk", "publisher"),
    ),
    ("column", "agenda", "looking", "schedule", "supervision", "watching", "editions"),
    ("feedback", "discussion", "stats", "worked", "readers", "export"),
    ("terminal", "connect", "records"),
    ("app", "amending", "rehearse", "show", "show_answers", "doctor", "mailing", "shelving"),
    ("counter",),
    ("desk", "answers", "troubles", "chores", "rounds", "visits", "mail", "missed", "running"),
    ("commands",),
    ("cli", "__main__"),
]

VENDORS: dict[str, str | tuple[str, ...]] = {
    "telegram": "platforms/telegram",
    "discord": "platforms/discord",
    "sqlalchemy": "ledger",
    "alembic": "ledger",
    "apscheduler": "schedule.py",
    "yaml": "yamlfile.py",
    "typer": ("cli.py", "commands"),
}


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module a file imports, late imports included, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def layer(module: str) -> int:
    """Layer of `bots.<module>...`, found by its first name below bots."""
    for number, names in enumerate(LAYERS):
        if module in names:
            return number
    pytest.fail(f"bots/{module} has no layer: add it to LAYERS in {Path(__file__).name}")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    own = path.relative_to(ROOT / "bots").with_suffix("").parts[0]
    if own == "__init__":
        return
    for name, line in imported(path):
        parts = name.split(".")
        if parts[0] == "bots" and len(parts) > 1 and parts[1] != "__version__":
            assert layer(parts[1]) <= layer(own), f"{path.name}:{line} imports {name}, which stands above it"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_vendor_is_known_to_one_place(path: Path) -> None:
    where = path.relative_to(ROOT / "bots").as_posix()
    for name, line in imported(path):
        home = VENDORS.get(name.split(".")[0])
        assert home is None or where.startswith(home), f"{where}:{line} imports {name}; only bots/{home} may"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_platform_imports_another_and_the_rehearsal_imports_none(path: Path) -> None:
    where = path.relative_to(ROOT / "bots").parts
    for name, line in imported(path):
        target = name.split(".")
        if target[:2] == ["bots", "platforms"] and len(target) > 2 and target[2] in ("telegram", "discord"):
            allowed = where[0] == "platforms" and where[1] == target[2]
            assert allowed, f"{'/'.join(where)}:{line} imports {name}"
