"""The documentation says what the program does: every command, every key, every link."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from bots import config
from bots.cli import COMMANDS
from bots.configfile import DestinationPart, File
from bots.model import Kind
from bots.platforms import PLATFORMS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SAMPLE = (ROOT / "config.yaml").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("name", [name for commands in COMMANDS.values() for name in commands])
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"(weektech|make) {name}\b", README)


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    known = {name for commands in COMMANDS.values() for name in commands} | {"--help"}
    spoken = set(re.findall(r"(?:^|`)weektech ([a-z-]+)", README, re.MULTILINE))
    assert spoken <= known


def keys(model: type[BaseModel], above: str = "") -> list[str]:
    """Every key of config.yaml with the section it stands in; those of a destination under `destinations`."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += keys(inner, f"{above}{name}.")
        elif name == "destinations":
            found += keys(DestinationPart, "destinations.")
        else:
            found.append(above + name)
    return found


@pytest.mark.parametrize("key", keys(File))
def test_every_key_is_in_the_sample_config(key: str) -> None:
    section, *_, name = key.split(".")
    block = re.search(rf"^{section}:.*?(?=^\S|\Z)", SAMPLE, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert re.search(rf"^ +(# +)?{name}:", block[0], re.MULTILINE), f"{key} is not in config.yaml"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_in_the_readme_and_in_the_sample(kind: Kind) -> None:
    assert f"`{kind}`" in README
    assert f"kind: {kind}" in SAMPLE


def test_the_samples_in_the_config_work_when_they_are_uncommented(tmp_path: Path) -> None:
    head, _, samples = SAMPLE.partition("\ndestinations:\n")
    path = tmp_path / "config.yaml"
    bare = re.sub(r"^  # ", "  ", samples, flags=re.MULTILINE)
    head = head.replace("  # site:", "  site:")  # a digest links to it
    number = count(1)
    bare = re.sub(r'chat: "(-?\d+)"', lambda match: f'chat: "{int(match[1]) + next(number)}"', bare)  # each its own
    path.write_text(f"{head}\ndestinations:\n{bare}", encoding="utf-8")
    found = config.load(path, {})
    assert {one.kind for one in found.destinations} == set(Kind)
    assert {one.platform for one in found.destinations} == set(PLATFORMS)


def test_the_destinations_of_the_readme_work(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL):
        if "destinations" in yaml.safe_load(block):
            path.write_text(block, encoding="utf-8")
            assert config.load(path, {}).destinations


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif "://" not in target:
            assert (page.parent / target.partition("#")[0]).exists(), target
