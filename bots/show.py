"""What commands print: errors, notices and progress on stderr, results on stdout."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from bots.ledger import Delivery, IssueRow, Past
from bots.model import Message, Notice, State
from bots.plan import Plan
from bots.planning import worddiff
from bots.planning.comparing import Action, Step
from bots.planning.worddiff import Mode
from bots.platforms.base import Verdict
from bots.report import Progress, Report

_CONTROL = dict.fromkeys(
    (*range(10), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
"""Control and bidi characters: text from posts and readers must not drive the terminal."""
_STYLES = {Mode.REMOVED: "red strike", Mode.ADDED: "green bold", Mode.SAME: "", Mode.SKIPPED: "dim"}
_COLOURS = {
    Action.SEND: "green",
    Action.EDIT: "yellow",
    Action.LINK: "yellow",
    Action.DELETE: "red",
    Action.BLOCKED: "magenta",
}
_STATES = {State.SENT: "green", State.FAILED: "red", State.IN_DOUBT: "magenta", State.SENDING: "magenta"}


def out() -> Console:
    return Console(highlight=False, markup=False)


def err() -> Console:
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def safe(text: str, style: str = "") -> Text:
    """Text of unknown origin, harmless in a terminal."""
    return Text(text.translate(_CONTROL), style)


def line(record: dict[str, Any]) -> None:
    """One object of a --json answer."""
    print(json.dumps(record, ensure_ascii=False))


def error(problem: BaseException) -> None:
    err().print(Text.assemble(("error ", "bold red"), safe(str(problem))))


def notices(path: Path, found: Iterable[Notice]) -> None:
    for notice in found:
        where = f"{path}:{notice.line}" if notice.line else str(path)
        err().print(Text.assemble(("warning ", "yellow"), safe(f"{where}: {notice.what}")))


def message(shown: Message) -> None:
    """One message of `weektech render`, for reading."""
    console = out()
    console.rule(safe(f"{shown.section} {shown.part} · {shown.method}"), align="left")
    if shown.text:
        console.print(safe(shown.text))
    for upload in shown.files:
        console.print(safe(f"[{upload.name}] {upload.source}" + (" (missing)" if upload.missing else ""), "dim"))


def record(platform: str, post: Path, shown: Message) -> dict[str, Any]:
    """The line of `render --json`; its keys are a promise to scripts."""
    files = [{"name": u.name, "source": u.source, "alt": u.alt, "missing": u.missing} for u in shown.files]
    return {
        "platform": platform,
        "post": str(post),
        "section": shown.section,
        "part": shown.part,
        "method": shown.method,
        "params": dict(shown.body),
        "files": files,
    }


def plan(made: Plan) -> None:
    """The steps in the order they will be carried out, with the words that change."""
    console = out()
    console.print(safe(f"{made.issue.title or made.issue.id}", "bold"))
    for name in dict.fromkeys(step.destination for step in made.steps):
        steps = made.of(name)
        kept = sum(step.action is Action.KEEP for step in steps)
        console.print(safe(f"\n{name}" + (f"   {kept} as they should be" if kept else ""), "bold"))
        for step in steps:
            if step.action is not Action.KEEP:
                _step(console, step)
    for question in made.questions:
        console.print(safe(f"? {question}", "magenta"))
    console.print()
    console.print(safe("Nothing to do." if made.idle else f"{_counts(made)}; takes about {duration(made.seconds)}."))


def _step(console: Console, step: Step) -> None:
    head = (f"  {step.action.value:<8}", _COLOURS.get(step.action, ""))
    console.print(Text.assemble(head, safe(f"{step.title} {step.part}"), safe(f"   {step.why}", "dim")))
    if step.action is Action.EDIT and step.diff:
        console.print(
            Text.assemble("           ", *(safe(" ".join(p.text.split("\n")), _STYLES[p.mode]) for p in step.diff))
        )


def _counts(made: Plan) -> str:
    return ", ".join(
        f"{made.counts[action]} to {action.value}"
        for action in Action
        if made.counts.get(action) and action is not Action.KEEP
    )


def plan_records(made: Plan) -> Iterator[dict[str, Any]]:
    """One line a step, for scripts."""
    for step in made.steps:
        yield {
            "issue": made.issue.id,
            "destination": step.destination,
            "section": step.section,
            "part": step.part,
            "action": step.action.value,
            "why": step.why,
            "diff": worddiff.line(step.diff) if step.action is Action.EDIT else None,
        }


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    whole = round(seconds)
    if whole < 1:
        return "a second"
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"


def verdict(name: str, found: Verdict) -> None:
    if found.ok:
        out().print(Text.assemble(("ok      ", "green"), safe(f"{name}: {found.title}")))
    for problem in found.problems:
        err().print(Text.assemble(("problem ", "bold red"), safe(f"{name}: {problem}")))


def deliveries(rows: Sequence[Delivery], titles: dict[str, str] | None = None) -> None:
    """One row a message: where it stands and where it is."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, options in _COLUMNS.items():
        table.add_column(name, **options)
    for row in rows:
        shown = row.target or row.payload
        pictures = sum(not upload.missing for upload in shown.files)
        table.add_row(
            safe(row.destination),
            safe((titles or {}).get(row.section, row.section)),
            str(row.part),
            str(len(shown.text)),
            str(pictures or ""),
            safe(row.state.value, _STATES.get(row.state, "")),
            safe(row.url or row.error),
        )
    # Natural widths whatever the terminal: a link broken by the table could not be clicked or copied.
    Console(highlight=False, markup=False, width=200).print(table, soft_wrap=True)


_COLUMNS: dict[str, dict[str, Any]] = {
    "destination": {"no_wrap": True},
    "section": {"overflow": "ellipsis", "max_width": 34, "no_wrap": True},
    "message": {"justify": "right"},
    "characters": {"justify": "right"},
    "pictures": {"justify": "right"},
    "state": {"no_wrap": True},
    "link": {"no_wrap": True},
}


def delivery_record(row: Delivery) -> dict[str, Any]:
    """One delivery of `status --json`."""
    return {
        "delivery": row.id,
        "issue": row.issue,
        "destination": row.destination,
        "section": row.section,
        "part": row.part,
        "state": row.state.value,
        "task": row.task.value,
        "ids": list(row.ids),
        "url": row.url,
        "error": row.error or None,
    }


def report_record(found: Report) -> dict[str, Any]:
    """One destination of `publish --json`."""
    return {
        "destination": found.destination,
        "ok": found.ok,
        "sent": found.sent,
        "edited": found.edited,
        "deleted": found.deleted,
        "kept": found.kept,
        "failed": [r.id for r in found.failed],
        "in_doubt": [r.id for r in found.in_doubt],
        "waiting": [r.id for r in found.waiting],
        "stopped": found.stopped or None,
    }


def report(found: Report) -> None:
    """What became of one destination, and what the author has to do."""
    done = {"sent": found.sent, "edited": found.edited, "deleted": found.deleted, "kept": found.kept}
    words = ", ".join(f"{number} {word}" for word, number in done.items() if number) or "nothing to do"
    mark = ("ok      ", "green") if found.ok else ("problem ", "bold red")
    out().print(Text.assemble(mark, safe(f"{found.destination}: {words}")))
    if found.waiting:
        err().print(safe(f"        {len(found.waiting)} waiting; publish again to go on"))
    if found.stopped:
        err().print(safe(f"        {found.stopped}", "red"))
    for row in found.in_doubt:
        doubt(row)


def doubt(row: Delivery) -> None:
    """A message of unknown fate, and how the author settles it."""
    console = err()
    console.print(
        safe(
            f"in doubt  {row.id}: {row.section} {row.part} of {row.issue} in {row.destination}. {row.error}", "magenta"
        )
    )
    console.print(safe(f"          weektech settle {row.id} --there LINK    if it is there"))
    console.print(safe(f"          weektech settle {row.id} --again         if it is not"))


@contextmanager
def bars(*, hidden: bool) -> Iterator[Any]:
    """A progress bar a destination on stderr; gives the hook that moves them. Nothing is drawn without a terminal."""
    console = err()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console, disable=hidden or not console.is_terminal, transient=True) as drawn:
        tasks: dict[str, Any] = {}

        def move(step: Progress) -> None:
            if step.destination not in tasks:
                tasks[step.destination] = drawn.add_task(step.destination, total=step.total)
            drawn.update(tasks[step.destination], completed=step.done, total=step.total)

        yield move


def status(
    issues: Sequence[IssueRow], past: Callable[[str], Past], rows: Sequence[Delivery], paused: str | None
) -> None:
    """The issues and how far each has come, then the messages asked for."""
    console = out()
    if paused is not None:
        console.print(safe(f"Paused: {paused}", "magenta"))
    if not issues:
        console.print("Nothing was published yet.")
    for issue in issues:
        console.print(safe(f"{issue.id}  {issue.title}", "bold"))
        found = past(issue.id).deliveries
        for name in dict.fromkeys(row.destination for row in found):
            console.print(safe(f"  {name}: {_summary([row for row in found if row.destination == name])}"))
    if rows:
        deliveries(rows)
    for row in rows:
        if row.unsettled:
            doubt(row)


def _summary(rows: Sequence[Delivery]) -> str:
    counts = Counter(row.state for row in rows)
    return ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
