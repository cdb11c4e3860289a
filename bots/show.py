"""What commands print for people: errors, notices and progress on stderr, results on stdout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from bots.agenda import Entry, Verb
from bots.connect import Connected
from bots.durations import in_words
from bots.ledger import Delivery, IssueRow, Letter, Past, Pause
from bots.ledger.rows import PASSED_OVER
from bots.model import Message, State
from bots.plan import Plan
from bots.planning import worddiff
from bots.planning.comparing import Action, Step
from bots.planning.standing import Account, Standing, accounts
from bots.planning.worddiff import Mode
from bots.platforms.base import Verdict
from bots.platforms.setup import Finding, Found, Invitation, Level
from bots.report import Progress, Report
from bots.terminal import err, out, safe

_STYLES = {Mode.REMOVED: "red strike", Mode.ADDED: "green bold", Mode.SAME: "", Mode.SKIPPED: "dim"}
_COLOURS = {
    Action.SEND: "green",
    Action.EDIT: "yellow",
    Action.LINK: "yellow",
    Action.DELETE: "red",
    Action.FINISH: "cyan",
    Action.BLOCKED: "magenta",
}
_STANDINGS = {Standing.PUBLISHED: "green", Standing.PARTLY: "red", Standing.IN_DOUBT: "magenta"}
_STATES = {State.SENT: "green", State.FAILED: "red", State.IN_DOUBT: "magenta", State.SENDING: "magenta"}


def message(shown: Message) -> None:
    """One message of `weektech render`, for reading."""
    console = out()
    console.rule(safe(f"{shown.section} {shown.part} · {shown.method}"), align="left")
    if shown.text:
        console.print(safe(shown.text))
    for upload in shown.files:
        console.print(safe(f"[{upload.name}] {upload.source}" + (" (missing)" if upload.missing else ""), "dim"))


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
    if made.subscribers:
        console.print(safe(f"\nsubscribers   {made.subscribers} get it once it is out", "bold"))
    for question in made.questions:
        console.print(safe(f"? {question}", "magenta"))
    console.print()
    console.print(safe("Nothing to do." if made.idle else f"{_counts(made)}; takes about {duration(made.seconds)}."))


def _step(console: Console, step: Step) -> None:
    head = (f"  {step.action.value:<8}", _COLOURS.get(step.action, ""))
    console.print(Text.assemble(head, safe(f"{step.title} {step.part}"), safe(f"   {step.why}", "dim")))
    if step.action is Action.EDIT and step.diff:
        words = [safe(" ".join(piece.text.split("\n")), _STYLES[piece.mode]) for piece in step.diff]
        # Without colours, as in a log, only signs tell what goes from what comes.
        console.print(
            Text.assemble("           ", *(words if console.color_system else [safe(worddiff.line(step.diff))]))
        )


def _counts(made: Plan) -> str:
    return ", ".join(
        f"{made.counts[action]} {'' if action is Action.BLOCKED else 'to '}{action.value}"
        for action in Action
        if made.counts.get(action) and action is not Action.KEEP
    )


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
        words = problem if problem.startswith(name) else f"{name}: {problem}"
        err().print(Text.assemble(("problem ", "bold red"), safe(words)))


def deliveries(rows: Sequence[Delivery], titles: Mapping[str, str] | None = None) -> None:
    """One row a message, destination by destination: where it stands and where it is."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, options in _COLUMNS.items():
        table.add_column(name, **options)
    several = len({row.issue for row in rows}) > 1
    for number, ((destination, issue), group) in enumerate(groupby(rows, lambda row: (row.destination, row.issue))):
        if number:
            table.add_row()
        table.add_row(safe(f"{destination}, {issue}" if several else destination, "bold"))
        for row in group:
            table.add_row(*_cells(row, titles or {}))
    # Natural widths whatever the terminal: a link broken by the table could not be clicked or copied.
    Console(highlight=False, markup=False, width=200).print(table, soft_wrap=True)


def _cells(row: Delivery, titles: Mapping[str, str]) -> tuple[Text | str, ...]:
    shown = row.target or row.payload
    return (
        safe("  " + titles.get(row.section, row.section)),
        str(row.part),
        str(len(shown.text)),
        str(sum(not upload.missing for upload in shown.files) or ""),
        safe(_standing(row), "magenta" if row.passed_over else _STATES.get(row.state, "")),
        safe("  ".join(word for word in (row.url, row.error) if word)),
    )


def _standing(row: Delivery) -> str:
    """Where a message stands, with what is still to be done to one that is out there."""
    if row.passed_over:
        return PASSED_OVER
    return f"{row.state.value}, {' and '.join(row.todo)} to come" if row.todo else row.state.value


_COLUMNS: dict[str, dict[str, Any]] = {
    "section": {"overflow": "ellipsis", "max_width": 36, "no_wrap": True},
    "message": {"justify": "right"},
    "characters": {"justify": "right"},
    "pictures": {"justify": "right"},
    "state": {"no_wrap": True},
    "link": {"no_wrap": True},
}


def report(found: Report) -> None:
    """What became of one destination, and what the author has to do."""
    kept = f"{found.kept} kept" if found.kept else ""
    words = ", ".join(part for part in (found.done, kept) if part) or "nothing to do"
    mark = ("ok      ", "green") if found.ok else ("problem ", "bold red")
    out().print(Text.assemble(mark, safe(f"{found.destination}: {words}")))
    if found.waiting:
        err().print(safe(f"        {len(found.waiting)} waiting; publish again to go on"))
    if found.stopped and not found.in_doubt:  # what is in doubt says so below
        err().print(safe(f"        {found.stopped}", "red"))
    for row in found.failed:
        if row.error not in found.stopped:
            err().print(safe(f"        {row.section} {row.part}: {row.error}", "red"))
    for advice in found.advice:
        err().print(safe(f"        {advice}", "yellow"))
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
        for account in accounts(past(issue.id)):
            _account(console, account)
    if rows:
        deliveries(rows)
    for row in rows:
        if row.state is State.SENDING:
            err().print(safe(f"sending   {row.id}: its answer is missing; `weektech publish` finds out.", "magenta"))
        elif row.unsettled:
            doubt(row)


def _account(console: Console, found: Account) -> None:
    """Where an issue stands in one destination, how many messages that is, and what to do next."""
    where = found.destination or "everywhere"
    numbers = ", ".join(f"{found.counts[state]} {state.value}" for state in State if found.counts.get(state))
    style = _STANDINGS.get(found.standing, "")
    console.print(Text.assemble(safe(f"  {where}: "), safe(found.standing.value, style), safe(f"   {numbers}", "dim")))
    if found.todo:
        console.print(safe(f"    {found.todo}"), soft_wrap=True)


def entry(one: Entry, now: datetime) -> None:
    """An issue on the agenda: when it goes out, and how long that is."""
    when = ""
    if one.release is not None and one.verb is not Verb.CORRECT:
        left = one.release.moment - now
        when = f"   {one.release.written}" + (f", in {in_words(left)}" if left > timedelta() else "")
    out().print(Text.assemble(safe(f"{one.title}", "bold"), safe(f"   {one.why}{when}")))


def resting(pauses: Iterable[Pause]) -> None:
    """Destinations that can't be written to now."""
    for one in pauses:
        since, again = f"{one.since:%Y-%m-%d %H:%M}", f"{one.retry_at:%H:%M}"
        err().print(safe(f"{one.destination} rests since {since} UTC, next try {again} UTC: {one.why}", "yellow"))


def subscribers(counts: Sequence[tuple[str, int]], newest: Mapping[State, int]) -> None:
    """All subscriptions in one line, and how far the newest issue is with them."""
    numbers = ", ".join(f"{number} {name}" for name, number in counts)
    messages = ", ".join(f"{newest[state]} {state.value}" for state in State if newest.get(state))
    if numbers:
        out().print(safe(f"subscribers: {numbers}" + (f"   newest issue: {messages}" if messages else "")))


def untold(letters: Iterable[Letter]) -> None:
    """What the author was not told, for want of a private chat or until it can be reached."""
    for letter in letters:
        err().print(safe(f"notice: {letter.text}", "yellow"))


def questions(letters: Sequence[Letter]) -> None:
    """What waits for the author's answer, and how to give it."""
    console = err()
    for letter in letters:
        console.print(safe(f"question {letter.id}: {letter.text}", "magenta"))
        for choice in letter.choices:
            console.print(safe(f"          weektech answer {letter.id} {choice.value:<8} {choice.label}"))


def ways(invitations: Sequence[Invitation], hints: Sequence[str]) -> None:
    """How a chat comes to be found."""
    console = err()
    console.print("Bring the bot to")
    for one in invitations:
        console.print(safe(f"  {one.use:<24}{one.url}"))
    console.print()
    for hint in hints:
        console.print(safe(hint))


@contextmanager
def listening(*, hidden: bool) -> Iterator[None]:
    """A sign that something is waited for. Nothing is drawn without a terminal."""
    console = err()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bars(*columns, console=console, disable=hidden or not console.is_terminal, transient=True) as drawn:
        drawn.add_task("looking for chats (Ctrl-C ends)")
        yield


def found(number: int, one: Found) -> None:
    """A chat, as soon as it is found."""
    topic = f", topic {one.topic}" if one.topic else ""
    err().print(safe(f"{number:>3}  {one.kind.value:<13}{one.title}   {one.chat}{topic}"))


def connected(one: Connected, path: Path) -> None:
    """A destination for config.yaml, or that it stands there already."""
    out().print(safe(f"{one.name} was added to {path}." if one.written else one.yaml))
    for problem in one.problems:
        err().print(Text.assemble(("problem ", "bold red"), safe(problem)))


_MARKS = {Level.FINE: ("✓", "green"), Level.NOTE: ("!", "yellow"), Level.PROBLEM: ("✗", "bold red")}


def findings(about: str, all_: Sequence[Finding]) -> None:
    """Everything that was looked at under one heading, what costs the author something with its remedy."""
    console = out()
    console.print(safe(about, "bold"))
    for one in all_:
        console.print(Text.assemble("  ", _MARKS[one.level], " ", safe(one.what)), soft_wrap=True)
        for words in (one.cost, one.remedy):
            if words:
                console.print(safe(f"    {words}", "" if words == one.remedy else "dim"), soft_wrap=True)
