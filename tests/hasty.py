"""`weektech` with its clock running sixty times as fast, that can die on purpose: `hasty.py POINT NTH WORDS...`.

HASTE in the environment is another speed. It kills itself by SIGKILL at the nth time POINT is reached; "never" is no
point.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from bots import cli
from bots.app import App, Hooks, opened
from bots.clock import Clock, SystemClock
from bots.commands import session
from bots.config import Config


def main() -> None:
    point, nth, *words = sys.argv[1:]
    speed = float(os.environ.get("HASTE", "60"))
    seen = 0

    def at(name: str) -> None:
        nonlocal seen
        seen += name == point
        if seen == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)

    def in_haste(
        config: Config, clock: Clock | None = None, hooks: Hooks | None = None
    ) -> AbstractAsyncContextManager[App]:
        return opened(config, clock or SystemClock(speed), replace(hooks or Hooks(), point=at))

    # The seams: the command line's own way to open a column, and the clock of a process that stays.
    setattr(session, "opened", in_haste)  # noqa: B010
    setattr(session, "clock", lambda: SystemClock(speed))  # noqa: B010
    sys.argv = ["weektech", *words]
    cli.main()


if __name__ == "__main__":
    main()
