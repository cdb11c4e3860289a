"""`make mutants`: small bugs in planner, ledger, resolver and limiter, one at a time, that the tests must notice.

What is changed and which tests run stands under `[tool.mutmut]` in pyproject.toml. Words choose mutants, as in
`python -m tests.mutants "bots.limiter*"`; only those that ran count. A second run goes on where the first one stopped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEAST = 0.85
"""Share of the mutants that tests have to notice."""
FOLDER = Path("mutants")
SURVIVED = {0, 33}
"""mutmut's exit codes for a mutant all tests passed with, or that no test reaches."""
MISTYPED = 37
"""mutmut's exit code for a mutant that the type checker refuses; no test runs with it."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants of one file were noticed."""

    file: str
    mistyped: int
    """Noticed by the type checker."""
    tested: int
    """Noticed by a test."""
    survivors: tuple[str, ...]

    @property
    def noticed(self) -> int:
        return self.mistyped + self.tested

    @property
    def all(self) -> int:
        return self.noticed + len(self.survivors)

    def __str__(self) -> str:
        noticed = f"{self.noticed / self.all:7.1%}  {self.noticed:4} of {self.all:4}"
        return f"{noticed}  (types {self.mistyped:4}, tests {self.tested:4})  {self.file}"


def scores(folder: Path = FOLDER) -> Iterator[Score]:
    """What mutmut has found out so far, file by file; mutants that have not run count nowhere."""
    for path in sorted(folder.rglob("*.py.meta")):
        codes: dict[str, int | None] = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        ran = {name: code for name, code in codes.items() if code is not None}
        survivors = tuple(name for name, code in ran.items() if code in SURVIVED)
        if ran:
            mistyped = sum(code == MISTYPED for code in ran.values())
            tested = len(ran) - mistyped - len(survivors)
            yield Score(str(path.relative_to(folder)).removesuffix(".meta"), mistyped, tested, survivors)


def report(found: list[Score]) -> float:
    """Print survivors by function and the score of each file; returns the score of all together."""
    for score in found:
        for function, count in Counter(name.rpartition("__mutmut_")[0] for name in score.survivors).items():
            print(f"  survived: {count} in {function}")
    for score in found:
        print(score)
    noticed, every = sum(score.noticed for score in found), sum(score.all for score in found)
    tested, run = sum(score.tested for score in found), sum(score.tested + len(score.survivors) for score in found)
    print(f"tests: {tested} of the {run} that types let pass" + (f", {tested / run:.1%}" if run else ""))
    share = noticed / every if every else 0.0
    print(f"{noticed} of {every} mutants noticed: {share:.1%} (at least {LEAST:.0%})")
    return share


def main() -> None:
    # mutmut looks for mypy on the path.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    words = [sys.executable, "-m", "mutmut", "run", *sys.argv[1:]]
    code = subprocess.run(words, env={**os.environ, "PATH": path}, check=False).returncode
    sys.exit(code or int(report(list(scores())) < LEAST))


if __name__ == "__main__":
    main()
