"""The objects `--json` prints, one a line. Their keys are a promise to scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bots.agenda import Entry
from bots.connect import Connected
from bots.discussion import Voice
from bots.ledger import Delivery, Letter
from bots.ledger.rows import PASSED_OVER
from bots.model import Message, Notice
from bots.plan import Plan
from bots.planning import worddiff
from bots.planning.comparing import Action
from bots.planning.standing import Account
from bots.platforms.base import Verdict
from bots.platforms.setup import Finding, Found, Invitation
from bots.report import Report
from bots.stats import Stats

Record = dict[str, Any]


def message(platform: str, post: Path, shown: Message) -> Record:
    """`render`: one call."""
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


def post(
    path: Path, notices: Sequence[Notice], sections: int, messages: Mapping[str, int], problem: str = ""
) -> Record:
    """`check`: one post; `messages` counts them by platform."""
    return {
        "post": str(path),
        "ok": not problem,
        "sections": sections,
        "messages": dict(messages),
        "warnings": [{"line": notice.line, "what": notice.what} for notice in notices],
        "problems": [problem] if problem else [],
    }


def verdict(destination: str, found: Verdict) -> Record:
    """`check`: one destination."""
    return {
        "destination": destination,
        "ok": found.ok,
        "title": found.title,
        "problems": list(found.problems),
    }


def steps(made: Plan) -> Iterator[Record]:
    """`plan`: one line a step."""
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


def delivery(row: Delivery) -> Record:
    """`status`: one message."""
    return {
        "delivery": row.id,
        "issue": row.issue,
        "destination": row.destination,
        "section": row.section,
        "part": row.part,
        "state": PASSED_OVER if row.passed_over else row.state.value,
        "todo": list(row.todo),
        "task": row.task.value,
        "ids": list(row.ids),
        "url": row.url,
        "error": row.error or None,
    }


def entry(one: Entry) -> Record:
    """`schedule`: one issue."""
    return {
        "post": str(one.path),
        "issue": one.issue,
        "title": one.title,
        "state": one.verb.value,
        "why": one.why,
        "release": one.release.moment.isoformat() if one.release else None,
        "written": one.release.written if one.release else None,
    }


def question(letter: Letter) -> Record:
    """`status`: a question that waits for the author."""
    return {
        "question": letter.id,
        "issue": letter.issue,
        "text": letter.text,
        "answers": [choice.value for choice in letter.choices],
    }


def account(found: Account) -> Record:
    """`status`: one issue in one destination as a whole; "" for an issue that was adopted as done everywhere."""
    return {
        "issue": found.issue.id,
        "destination": found.destination,
        "standing": found.standing.value,
        "counts": {state.value: number for state, number in found.counts.items() if number},
        "next": found.todo or None,
    }


def report(issue: str, found: Report) -> Record:
    """`publish`: one issue in one destination."""
    return {
        "issue": issue,
        "destination": found.destination,
        "ok": found.ok,
        "sent": found.sent,
        "edited": found.edited,
        "deleted": found.deleted,
        "finished": found.finished,
        "kept": found.kept,
        "failed": [r.id for r in found.failed],
        "in_doubt": [r.id for r in found.in_doubt],
        "passed_over": [r.id for r in found.passed_over],
        "waiting": [r.id for r in found.waiting],
        "stopped": found.stopped or None,
        "advice": list(found.advice),
    }


def ways(platform: str, code: str, invitations: Sequence[Invitation], hints: Sequence[str]) -> Record:
    """`connect`: how a chat comes to be found."""
    links = [{"use": one.use, "url": one.url} for one in invitations]
    return {"event": "listening", "platform": platform, "code": code, "invitations": links, "hints": list(hints)}


def found(platform: str, one: Found) -> Record:
    """`connect`: a chat, as soon as it is found."""
    return {
        "event": "found",
        "platform": platform,
        "kind": one.kind.value,
        "chat": one.chat,
        "topic": one.topic,
        "title": one.title,
        "named": one.named,
        "tags": list(one.tags),
    }


def connected(one: Connected) -> Record:
    """`connect`: a destination for config.yaml."""
    chat = found(one.platform, one.found) | {"event": "destination", "name": one.name}
    return chat | {"yaml": one.yaml, "written": one.written, "problems": list(one.problems)}


def finding(about: str, one: Finding) -> Record:
    """`doctor`: one thing that was looked at."""
    return {
        "about": about,
        "level": one.level.value,
        "what": one.what,
        "cost": one.cost or None,
        "remedy": one.remedy or None,
    }


def comment(voice: Voice) -> Record:
    """`comments`: one comment; `comment` is the number to hide it by, `id` the one it has in exported files."""
    said = voice.comment
    return {
        "comment": said.id,
        "id": voice.key,
        "issue": said.issue,
        "section": said.section,
        "parent": voice.parent.id if voice.parent else None,
        "platform": said.platform,
        "name": said.name,
        "by_author": said.by_author,
        "time": said.said_at.isoformat(),
        "edited": said.edited_at.isoformat() if said.edited_at else None,
        "text": said.text,
        "link": said.url,
        "hidden": said.hidden_at is not None,
        "blocked": said.blocked,
    }


def stats(found: Stats) -> Record:
    """`stats`: one issue."""
    return {
        "issue": found.issue.id,
        "title": found.issue.title,
        "reactions": dict(found.reactions),
        "replies": dict(found.replies),
        "voices": found.voices,
        "new_voices": found.new_voices,
        "questions": [one.id for one in found.questions],
        "sections": [
            {"section": one.section, "title": one.title, "reactions": dict(one.reactions), "replies": dict(one.replies)}
            for one in found.sections
        ],
    }
