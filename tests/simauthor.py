"""The author of a simulated life: writes an issue, and corrects it between two runs."""

from __future__ import annotations

import string
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bots.model import LEAD, Issue, Post, Section

MOST_SECTIONS = 3


@dataclass(slots=True)
class Draft:
    """A section as the author has it: `id` follows the title unless it was pinned."""

    id: str
    title: str
    paragraphs: list[str]


class Author:
    """Every text is written once and looks like no other, so that texts tell messages apart."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.pictures: dict[str, bytes] = {}
        """All that were ever drawn, by name."""
        self.lead = self._words(2)
        self.sections = [self._section() for _ in range(rng.randint(1, 2))]
        self._before = (self.lead, deepcopy(self.sections))

    def issue(self) -> Issue:
        post = Post(Path("posts/one.md"), "one", "one", "One", "", 1, date=datetime(2026, 11, 1, tzinfo=UTC))
        rest = [Section(one.id, one.title, (one.title,), (), 2, "\n\n".join(one.paragraphs)) for one in self.sections]
        return Issue(post, (Section(LEAD, "One", (), (), 1, self.lead), *rest))

    def correct(self) -> str:
        """One or two corrections; returns them in words."""
        self._before = (self.lead, deepcopy(self.sections))
        chosen = self._rng.sample(self._corrections(), self._rng.randint(1, 2))
        for correction in chosen:
            correction()
        return " and ".join(one.__name__.strip("_") for one in chosen)

    def undo(self) -> None:
        """Back to the file as it was before the last correction: weektech had a question about it."""
        self.lead, self.sections = self._before

    def _corrections(self) -> list[Callable[[], None]]:
        return [self._reword, self._reword, self._rewrite, self._retitle, self._add, self._grow, self._remove]

    def _reword(self) -> None:
        one = self._rng.choice(self.sections)
        at = self._rng.randrange(len(one.paragraphs))
        if not one.paragraphs[at].startswith("!"):
            one.paragraphs[at] = f"{one.paragraphs[at].rpartition(' ')[0]} {self._words(1)}"

    def _rewrite(self) -> None:
        if self._rng.random() < 0.3:
            self.lead = self._words(2)
        else:
            one = self._rng.choice(self.sections)
            one.paragraphs[self._rng.randrange(len(one.paragraphs))] = self._paragraph()

    def _retitle(self) -> None:
        one = self._rng.choice(self.sections)
        one.title = self._words(1)
        if self._rng.random() < 0.5:
            one.id = one.title

    def _add(self) -> None:
        if len(self.sections) < MOST_SECTIONS:
            self.sections.insert(self._rng.randint(0, len(self.sections)), self._section())

    def _grow(self) -> None:
        self._rng.choice(self.sections).paragraphs.append(self._paragraph())

    def _remove(self) -> None:
        if len(self.sections) > 1:
            self.sections.remove(self._rng.choice(self.sections))

    def _section(self) -> Draft:
        title = self._words(1)
        return Draft(title, title, [self._paragraph() for _ in range(self._rng.choice((1, 1, 1, 2)))])

    def _paragraph(self) -> str:
        if self._rng.random() >= 0.15:
            return self._words(4)
        name = f"{self._words(1)}.png"
        self.pictures[name] = name.encode()
        return f"![]({name})"

    def _words(self, count: int) -> str:
        return " ".join("".join(self._rng.choices(string.ascii_lowercase, k=6)) for _ in range(count))
