"""What readers answered, and what becomes of it: comments, stats, moderate, export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bots import export as files
from bots import records, show_answers, terminal
from bots.commands import session
from bots.commands.words import AsJson
from bots.config import Config
from bots.errors import Mistaken
from bots.ledger import Comment, Feedback, Ledger
from bots.readers import Readers

Issue = Annotated[str | None, typer.Argument(help="Id of an issue, as `weektech status` shows it. Left out: all.")]

_NOTHING = "There are no answers of readers."


class Act(StrEnum):
    """What can be done about a comment."""

    HIDE = "hide"
    SHOW = "show"
    BLOCK = "block"
    UNBLOCK = "unblock"
    FORGET = "forget"


def comments(issue: Issue = None, as_json: AsJson = False) -> None:
    """What readers answered to each section, with the number by which a comment can be hidden."""
    with _opened() as (settings, readers, _):
        nothing = True
        for row in readers.issues([issue] if issue else ()):
            found = readers.discussion(row.id, lambda comment: comment.gone_at is None)
            nothing = nothing and found.is_empty
            if as_json:
                for voice in found.voices:
                    terminal.line(records.comment(voice))
            elif issue or not found.is_empty:
                show_answers.comments(found, settings.zone)
    if nothing:
        terminal.err().print(_NOTHING)


def stats(issue: Issue = None, as_json: AsJson = False) -> None:
    """Reactions and replies by section and platform, new voices, questions you have not answered."""
    with _opened() as (settings, readers, _):
        nothing = True
        for row in readers.issues([issue] if issue else ()):
            found = readers.stats(row.id)
            brought = any(one.total for one in found.sections)
            nothing = nothing and not brought
            if as_json:
                terminal.line(records.stats(found))
            elif issue or brought:
                show_answers.stats(found, settings.zone)
    if nothing:
        terminal.err().print(_NOTHING)


def moderate(
    act: Annotated[Act, typer.Argument(help="hide or show a comment; block or unblock, or forget, whoever wrote it.")],
    number: Annotated[int, typer.Argument(help="The number `weektech comments` shows.")],
) -> None:
    """Hide a comment, block its writer, or forget everything its writer ever said."""
    with _opened() as (_, _, ledger):
        said = _ACTS[act](ledger.feedback, number)
    terminal.out().print(terminal.safe(f"{said} `weektech export` brings the files up to date."), soft_wrap=True)


def export(
    issues: Annotated[list[str] | None, typer.Argument(help="Ids of issues. Left out: all.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder. Left out: comments/ beside config.yaml.")] = None,
) -> None:
    """Write what readers answered into files: JSON to include into your site, and a page to look at."""
    with _opened() as (settings, readers, _):
        folder = out or settings.root / files.FOLDER
        short = settings.comments.names == "initials"
        chosen = readers.issues(issues or ())
        changed = [
            path
            for row in chosen
            for path in files.write(readers.public(row.id), folder, settings.zone, short=short, always=bool(issues))
        ]
    for path in changed:
        terminal.out().print(terminal.safe(str(path)), soft_wrap=True)
    if not settings.comments.export:
        terminal.err().print(
            "comments.export in config.yaml names no destination, so nothing of readers is in the files."
        )
    elif not changed:
        terminal.err().print("All files are as they should be.")


@contextmanager
def _opened() -> Iterator[tuple[Config, Readers, Ledger]]:
    settings = session.settings()
    ledger = Ledger.open(settings.database)
    try:
        yield settings, Readers(ledger, settings), ledger
    finally:
        ledger.close()


def _hide(feedback: Feedback, number: int) -> str:
    return f"Comment {feedback.hide(number).id} is hidden."


def _show(feedback: Feedback, number: int) -> str:
    return f"Comment {feedback.show(number).id} is shown."


def _block(feedback: Feedback, number: int) -> str:
    return f"{_writer(feedback.block(number))} is blocked: nothing of them is shown or taken in."


def _unblock(feedback: Feedback, number: int) -> str:
    return f"{_writer(feedback.unblock(number))} is not blocked."


def _forget(feedback: Feedback, number: int) -> str:
    found = feedback.comment(number)
    if not found.who:
        raise Mistaken(f"Nothing is kept of who wrote comment {number}.")
    return f"Forgotten: {feedback.forget(found.platform, found.who)} comments of {_writer(found)}."


def _writer(comment: Comment) -> str:
    return comment.name or f"The writer of comment {comment.id}"


_ACTS: dict[Act, Callable[[Feedback, int], str]] = {
    Act.HIDE: _hide,
    Act.SHOW: _show,
    Act.BLOCK: _block,
    Act.UNBLOCK: _unblock,
    Act.FORGET: _forget,
}
