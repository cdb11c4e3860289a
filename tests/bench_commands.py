"""`make bench ARGS=commands`: what looking up and searching cost the bots themselves, by issues in the ledger."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import process_time

from bots.config import ReleaseRules
from bots.ledger import IssueRow, IssueText, SectionRow, Texts
from bots.ledger.tables import issues
from bots.model import LEAD
from tests.counterworld import Readers
from tests.roundworld import Stage, stage_in
from tests.virtual import DAWN

SIZES = (10, 100, 1000)
MOST_MS = 50.0
"""Milliseconds of the bots' own time that a command may take on a thousand issues."""
_SECTIONS, _CHARACTERS = 10, 550
"""Of an issue, and of a section: as in 9,239 sections of published columns (reliability.md 5)."""
_COMMON = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而"
_WORDS = ("OpenAI", "Rust", "Python", "开源", "大模型", "芯片")
COMMANDS = ("/latest", "/search 大模型 Rust", "/search python", "/search nowhere", "/issue 7", "/archive")


def measured(size: int) -> dict[str, float]:
    """Command to the milliseconds of processor time it takes, the best of three."""
    with _filled(size) as readers:
        return asyncio.run(_all(readers))


async def _all(readers: Readers) -> dict[str, float]:
    return {command: await _best(readers, command) for command in COMMANDS}


async def _best(readers: Readers, command: str) -> float:
    times: list[float] = []
    for trial in range(3):
        start = process_time()
        # Each time another chat: what the limiter makes one wait for is no work.
        await readers.ask(command, chat=f"{hash(command) % 10**9}{trial}")
        times.append(1000 * (process_time() - start))
    return min(times)


@contextmanager
def _filled(size: int) -> Iterator[Readers]:
    with tempfile.TemporaryDirectory() as folder, stage_in(Path(folder), ReleaseRules()) as stage:
        chance = random.Random(1)  # noqa: S311 - texts, not secrets
        for number in range(size):
            _shelve(stage, number, chance)
        yield Readers(stage)


def _shelve(stage: Stage, number: int, chance: random.Random) -> None:
    name = f"issue-{number + 1}"
    rows = tuple(
        IssueText(section, f"栏目 {section}", _text(chance), place)
        for place, section in enumerate((LEAD, *(f"s{one}" for one in range(1, _SECTIONS))))
    )
    issue = IssueRow(name, name, f"第 {number + 1} 期", f"posts/{name}.md")
    sections = tuple(SectionRow(row.section, row.title, (), row.position, "", "") for row in rows)
    stage.ledger.record(issue, sections, (), Texts(DAWN + timedelta(days=7 * number), rows))
    with stage.ledger._writing() as connection:
        out = issues.update().where(issues.c.id == name)
        connection.execute(out.values(first_published_at=DAWN + timedelta(days=7 * number)))


def _text(chance: random.Random) -> str:
    words = [chance.choice(_WORDS) if chance.random() < 0.01 else chance.choice(_COMMON) for _ in range(_CHARACTERS)]
    return "".join(words)
