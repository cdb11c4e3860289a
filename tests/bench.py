"""`make bench`: how fast issues become messages, and how near the number of messages is to the least possible.

Times are ratios: the same text through markdown-it-py's bare parser in the same run is the yardstick, so a slow or busy
machine changes little. Nothing is asserted about time. The exit code is 1 if packing misses its goals.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from markdown_it import MarkdownIt
from rich.console import Console
from rich.table import Table

from bots.model import Destination, Issue, Kind, Message, Post
from bots.platforms.base import Renderer
from bots.platforms.discord.render import DiscordRenderer
from bots.platforms.telegram.render import TelegramRenderer
from bots.splitter import split
from tests import bench_commands, bench_idle
from tests.bench_bound import used_and_least
from tests.bench_pacing import CASES, ours, theirs
from tests.bench_texts import FAMILIES, Collection, collections, made_up, sections

SITE = "https://example.org/{slug}/"
SMALL, LARGE = 15_000, 60_000
"""Characters of the two texts that a family's growth is measured between."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A renderer, where it renders to, and the goal: messages used over the least number."""

    name: str
    renderer: Renderer
    destination: Destination
    goal: float


PLATFORMS = (
    Platform("Telegram", TelegramRenderer(SITE), Destination("channel", "telegram", Kind.CHANNEL, "@x"), 1.0),
    Platform("Discord", DiscordRenderer(SITE), Destination("server", "discord", Kind.TEXT, "1"), 1.02),
)


def main() -> int:
    """Run the parts asked for, all of them if none is named; 0, or 1 if packing or a command misses a goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="speed, packing, growth, pacing, commands; all if none is named")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up sections")
    parser.add_argument("--sections", type=int, default=60, help="how many of them")
    options = parser.parse_args()
    parts = options.parts or ["speed", "packing", "growth", "pacing", "commands"]
    found = list(collections())
    console = Console(width=None if sys.stdout.isatty() else 110)
    reached = True
    if "speed" in parts:
        console.print(speed(found))
    if "packing" in parts:
        table, reached = packing([*found, sections(options.seed, options.sections)])
        console.print(table)
    if "growth" in parts:
        console.print(growth())
    if "pacing" in parts:
        console.print(pacing())
    if "commands" in parts:
        table, quick = commands()
        console.print(table)
        console.print(idle())
        reached = reached and quick
    return 0 if reached else 1


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the fastest of three rounds, of one if that takes long."""
    times: list[float] = []
    while len(times) < 3 and sum(times) < 0.1:
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return max(min(times), 1e-6)


# ── speed ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def speed(found: Sequence[Collection]) -> Table:
    """Every issue: parsing and splitting, then rendering, in units of its bare parse."""
    columns = ("issues", "bare parse", "split", *(platform.name for platform in PLATFORMS), "all")
    table = _table("Speed in units of markdown-it-py's bare parse of the same issue: median (worst)", columns)
    for collection in found:
        rows = [_times(post) for post in collection.posts]
        bare = f"{1000 * median(row[0] for row in rows):.1f} ms"
        ratios = [[part / row[0] for part in (*row[1:], sum(row[1:]))] for row in rows]
        shown = (f"{median(column):.1f} ({max(column):.1f})" for column in zip(*ratios, strict=True))
        table.add_row(collection.name, str(len(rows)), bare, *shown)
    return table


def _times(post: Post) -> list[float]:
    """Seconds: the bare parse, then parsing and splitting, then rendering for each platform."""
    issue = split(post)
    return [
        seconds(lambda: MarkdownIt("gfm-like", {"linkify": False}).parse(post.body)),
        seconds(lambda: split(post)),
        *(seconds(partial(_rendered, platform, issue)) for platform in PLATFORMS),
    ]


def _rendered(platform: Platform, issue: Issue) -> Sequence[Message]:
    return platform.renderer.render(issue, platform.destination, frozenset())


# ── packing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def packing(found: Sequence[Collection]) -> tuple[Table, bool]:
    """Everything that one message does not hold: messages used over the least number; True if the goals are met."""
    table = _table("Messages used / least possible, where one does not do", ("platform", "texts", "messages", "ratio"))
    reached = True
    for platform in PLATFORMS:
        counts = []
        for collection in found:
            mine = [
                pair
                for post in collection.posts
                for pair in used_and_least(platform.renderer, split(post), platform.destination)
            ]
            table.add_row(collection.name, platform.name, *_shares(mine, platform.goal))
            counts += mine
        table.add_row("all", platform.name, *_shares(counts, platform.goal), style="bold")
        reached = reached and _ratio(counts) <= platform.goal
    return table, reached


def _ratio(counts: Sequence[tuple[int, int]]) -> float:
    return sum(used for used, _ in counts) / max(sum(least for _, least in counts), 1) if counts else 1.0


def _shares(counts: Sequence[tuple[int, int]], goal: float) -> tuple[str, str, str]:
    used, least = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    colour = "green" if _ratio(counts) <= goal else "red"
    return str(len(counts)), f"{used} / {least}", f"[{colour}]{_ratio(counts):.4f}[/]"


# ── growth ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def growth() -> Table:
    """Families of texts in one section, at two sizes; 1.0 is linear, 2.0 quadratic."""
    columns = ("bare", "split", *(platform.name for platform in PLATFORMS), "milliseconds", "messages")
    title = f"Growth exponents from {SMALL:,} to {LARGE:,} characters in one section; times at {LARGE:,}"
    table = _table(title, columns)
    for name, family in FAMILIES.items():
        small, large = (_times(made_up(family(size))) for size in (SMALL, LARGE))
        exponents = [math.log(late / early) / math.log(LARGE / SMALL) for early, late in zip(small, large, strict=True)]
        times = " ".join(f"{1000 * part:.0f}" for part in large)
        issue = split(made_up(family(LARGE)))
        messages = " ".join(str(len(_rendered(platform, issue))) for platform in PLATFORMS)
        table.add_row(name, *(_exponent(each) for each in exponents), times, messages)
    return table


def _exponent(value: float) -> str:
    colour = "green" if value < 1.25 else "yellow" if value < 1.6 else "red"
    return f"[{colour}]{value:.2f}[/]"


# ── pacing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def pacing() -> Table:
    """Time until the last answer over the shortest possible one for our rates, and calls a server would refuse."""
    columns = ("calls", "ours", "refused", "AIORateLimiter", "refused")
    table = _table("Time / shortest possible at 25 calls a second; calls that break a documented window", columns)
    for name, works in CASES.items():
        own, other = ours(works), theirs(works)
        shown = (f"{own.ratio:.3f}", str(own.broken), f"{other.ratio:.3f}", str(other.broken))
        table.add_row(name, str(own.calls), *shown)
    return table


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def commands() -> tuple[Table, bool]:
    """Milliseconds of the bots' own time for readers' commands; True if none takes too long on the most issues."""
    found = {size: bench_commands.measured(size) for size in bench_commands.SIZES}
    table = _table("Readers' commands: processor time in ms, by issues", [f"{size:,}" for size in found])
    for command in bench_commands.COMMANDS:
        table.add_row(command, *(f"{times[command]:.1f}" for times in found.values()))
    return table, max(found[max(found)].values()) <= bench_commands.MOST_MS


def idle() -> Table:
    """What a running weektech costs while nothing happens; no memory where the system does not tell."""
    found = bench_idle.measured()
    table = _table("An idle `weektech run`, listening to both platforms", ("",))
    table.add_row("seconds until it listens", f"{found.start:.1f}")
    table.add_row("megabytes resident", f"{found.memory:.0f}")
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right" if column != "platform" else "left")
    return table


if __name__ == "__main__":
    sys.exit(main())
