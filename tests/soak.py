"""`make soak`: the long runs and every case that is killed, broken or simulated, and what became of them, counted."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.tally import FOLDER, Case, recorded, summed

MARKS = "soak or survival"


def main() -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "pytest", "-n", "auto", "-m", MARKS, *sys.argv[1:]]
        code = subprocess.run(words, env={**os.environ, FOLDER: folder}, check=False).returncode
        cases = recorded(Path(folder))
    print(f"\n{time.monotonic() - began:.0f} s")
    for kind in sorted({case.kind for case in cases}):
        some = [case for case in cases if case.kind == kind]
        seeds = [case.seed for case in some if case.seed is not None]
        print(f"  {kind}: {summed(some)}" + (f", seeds {min(seeds)} to {max(seeds)}" if seeds else ""))
    print(summed(cases))
    sys.exit(code or int(_bad(cases)))


def _bad(cases: list[Case]) -> bool:
    """True when something was lost or doubled, or nothing was counted at all."""
    return not cases or any(case.lost or case.doubled for case in cases)


if __name__ == "__main__":
    main()
