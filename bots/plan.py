"""What should be in every chat, compared with what is there. Pure: the ledger's rows in, steps out."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bots.errors import PlanRefused
from bots.ledger import Change, Delivery, IssueRow, Past, SectionRow, Texts
from bots.ledger.codec import digest, fingerprint
from bots.model import Destination, Issue, Message, Post, State
from bots.pacing import PLATFORMS, Load, Platform, estimate
from bots.planning.comparing import Action, Step, Wanted, compare
from bots.planning.matching import Matches, describe, match
from bots.planning.sources import Sources
from bots.planning.steps import aimed_source
from bots.planning.texts import texts_of
from bots.planning.withdrawing import held_back, taken_back

__all__ = ["Action", "Limits", "Plan", "Step", "Wanted", "approve", "completes", "digest_of", "plan", "withdrawal"]

_ELSEWHERE = "It was adopted as published without this ledger: all of it would be sent, whatever is in the chats."


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a plan may do without being asked."""

    share: float = 0.2
    """Of an issue's messages in one destination: more than this deleted or sent anew needs a yes."""
    sends: int = 200
    """Most messages sent in one run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one run will do to one issue, and what the ledger has to remember of it."""

    issue: IssueRow
    sections: tuple[SectionRow, ...]
    steps: tuple[Step, ...]
    """Destination by destination, in the order they will be carried out."""
    questions: tuple[str, ...] = ()
    """What only the author can answer; a plan with questions is refused."""
    reasons: tuple[str, ...] = ()
    """Why it needs a yes whatever the limits are."""
    seconds: float = 0.0
    """How long it will take at the platforms' rates."""
    texts: Texts | None = None
    """The issue's words for the library; None leaves those it has."""
    subscribers: int = 0
    """How many get the issue once it is out; their messages are no steps, see `bots.mailing`."""

    def of(self, destination: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.destination == destination)

    @property
    def counts(self) -> Mapping[Action, int]:
        return Counter(step.action for step in self.steps)

    @property
    def idle(self) -> bool:
        """True when everything is as it should be."""
        return all(step.action is Action.KEEP for step in self.steps)

    def changes(self) -> tuple[Change, ...]:
        """What the ledger records, in sending order."""
        return tuple(step.change for step in self.steps if step.change is not None)


def plan(
    issue: Issue,
    wanted: Sequence[Wanted],
    past: Past,
    digests: Mapping[str, str] | None = None,
    platforms: Mapping[str, Platform] = PLATFORMS,
) -> Plan:
    """Compare `wanted` with the `past` of the same issue (see `bots.planning.matching.same_issue`).

    `digests` maps a picture's source to the hash of its bytes; a picture that can't be read has none.
    """
    rows = tuple(describe(section, place) for place, section in enumerate(issue.sections))
    matches = match(rows, _recognisable(rows, past))
    names = _names(rows, matches, past)
    sources = Sources(issue, names, digests or {})
    known = {row.id: row.title for row in past.sections} | {names[row.id]: row.title for row in rows}
    there = _by_destination(past)
    steps = tuple(
        step for one in wanted for step in compare(_in_ledger(one, names), there[one.destination.name], sources, known)
    )
    again = any(held_back(past, one.destination.name) for one in wanted)
    return Plan(
        issue=_identity(issue.post, past.issue, again=again),
        sections=tuple(replace(row, id=names[row.id]) for row in rows),
        steps=steps,
        questions=matches.questions,
        reasons=(_ELSEWHERE,) if again and not past.deliveries else (),
        seconds=estimate(_loads([one.destination for one in wanted], steps), platforms),
        texts=texts_of(issue, names),
    )


def withdrawal(
    past: Past,
    destinations: Sequence[Destination],
    now: datetime,
    platforms: Mapping[str, Platform] = PLATFORMS,
) -> Plan:
    """Take an issue that the ledger knows back from the destinations; it stays back until a plan is made for it there.

    Raises ValueError for an issue the ledger does not know.
    """
    if past.issue is None:
        raise ValueError("an issue that was never planned can't be taken back")
    titles = {row.id: row.title for row in past.sections}
    there = _by_destination(past)
    steps = tuple(step for one in destinations for step in taken_back(there[one.name], titles))
    seconds = estimate(_loads(destinations, steps), platforms)
    return Plan(replace(past.issue, withdrawn_at=now), (), steps, seconds=seconds)


def approve(made: Plan, limits: Limits | None = None, *, yes: bool = False) -> None:
    """Raise PlanRefused for a plan that needs an answer or a yes. A `yes` never answers a question."""
    name = made.issue.title or made.issue.id
    if made.questions:
        raise PlanRefused(f"{name}: {' '.join(made.questions)}")
    reasons = _reasons(made, limits or Limits())
    if reasons and not yes:
        raise PlanRefused(
            f"{name}: {' '.join(reasons)} Nothing was done. If this is what you want, run it again with --yes."
        )


def completes(made: Plan) -> bool:
    """True when a plan only goes on with what was planned, or brings the issue to where nothing of it is yet."""
    there = {step.destination for step in made.steps if step.row is not None and step.row.out_there}
    return all(
        step.action not in {Action.SEND, Action.EDIT, Action.DELETE}
        or (step.action is Action.SEND and step.destination not in there)
        or _as_before(step)
        for step in made.steps
    )


def _as_before(step: Step) -> bool:
    """True for a step that an earlier plan wanted just so, with the very same pictures."""
    row = step.row
    if row is None or row.task.value != step.action.value:
        return False
    if step.action is Action.DELETE:
        return True
    same = step.change is None or step.change.source.split(":")[2:] == aimed_source(row).split(":")[2:]
    return same and step.new == (row.target or row.payload)


def digest_of(made: Plan) -> str:
    """Hash of what a plan would do: two plans with the same one do the same."""
    steps = [
        [step.action.value, step.destination, step.section, step.part, fingerprint(step.new) if step.new else ""]
        # A message names its pictures without their bytes: another one under the same name is another plan.
        + (step.change.source.split(":")[2:] if step.change and step.new and step.new.files else [])
        for step in made.steps
        if step.action is not Action.KEEP
    ]
    return digest(json.dumps(steps))[:32]


def _recognisable(rows: Iterable[SectionRow], past: Past) -> list[SectionRow]:
    """Sections readers can still see, and those that come back under the id they had."""
    ids = {row.id for row in rows}
    seen = {row.section for row in past.deliveries if row.state is not State.DELETED and not row.left_over}
    return [row for row in past.sections if row.id in seen | ids]


def _names(rows: Iterable[SectionRow], matches: Matches, past: Past) -> Mapping[str, str]:
    """Id in the file to id in the ledger; a new section never takes over an id that belongs to another one."""
    taken = {row.id for row in past.sections}
    names = dict(matches.same)
    for row in rows:
        if row.id in names:
            continue
        free = row.id
        while free in taken:
            free += "-new"
        taken.add(free)
        names[row.id] = free
    return names


def _by_destination(past: Past) -> Mapping[str, Sequence[Delivery]]:
    """All rows by their destination, in sending order: there may be thousands of destinations."""
    found: defaultdict[str, list[Delivery]] = defaultdict(list)
    for row in past.deliveries:
        found[row.destination].append(row)
    return found


def _in_ledger(one: Wanted, names: Mapping[str, str]) -> Wanted:
    """What is wanted, by the ledger's names of the sections; an erratum goes nowhere without its section."""
    messages = tuple(message for message in _renamed(one.messages, names) if one.takes(message))
    return replace(one, messages=messages, errata=_renamed(one.errata, names))


def _renamed(messages: Iterable[Message], names: Mapping[str, str]) -> tuple[Message, ...]:
    return tuple(
        replace(
            message,
            section=names[message.section],
            slots=tuple(replace(slot, section=names.get(slot.section, slot.section)) for slot in message.slots),
        )
        for message in messages
    )


def _identity(post: Post, found: IssueRow | None, *, again: bool) -> IssueRow:
    """Id and slug stay what they were at first; title and path follow the file. `again`: it is withdrawn no more."""
    path = post.path.as_posix()
    if found is None:
        return IssueRow(post.id, post.slug, post.title, path)
    return replace(found, title=post.title, path=path, withdrawn_at=None if again else found.withdrawn_at)


def _loads(destinations: Iterable[Destination], steps: Iterable[Step]) -> list[Load]:
    """The calls of each destination; an album has the weight of its pictures."""
    weights: defaultdict[str, list[int]] = defaultdict(list)
    for step in steps:
        if step.weight:
            weights[step.destination].append(step.weight)
    return [Load(one.platform, one.chat, weights[one.name]) for one in destinations]


def _reasons(made: Plan, limits: Limits) -> list[str]:
    """Why the plan needs a yes, in words."""
    destinations = dict.fromkeys(step.destination for step in made.steps)
    reasons = [*made.reasons]
    reasons += [reason for name in destinations if (reason := _blast(name, made.of(name), limits))]
    sends = made.counts.get(Action.SEND, 0)
    if sends > limits.sends:
        reasons.append(f"It would send {sends} messages, more than the {limits.sends} allowed in one run.")
    return reasons


def _blast(name: str, steps: Sequence[Step], limits: Limits) -> str:
    """A reason when too much of what readers can see would go, or when the file looks cut off at its end."""
    there = [step for step in steps if step.row is not None and step.row.out_there]
    going = [step for step in there if step.action is Action.DELETE]
    if not going:
        return ""
    allowed = max(1 if len(there) >= 3 else 0, int(limits.share * len(there)))
    if len(going) > allowed:
        return f"In {name} it would take {len(going)} of {len(there)} messages back."
    return f"In {name} the end of the issue is gone: is the file cut off?" if _cut_off(there) else ""


def _cut_off(there: Sequence[Step]) -> bool:
    """True when the last section readers see would go as a whole: a truncated file never unpublishes."""
    there = [step for step in there if step.row is not None and not step.row.payload.answers]
    last = max(there, key=lambda step: step.row.seq if step.row else 0, default=None)
    if last is None:
        return False
    return all(step.action is Action.DELETE and step.gone for step in there if step.section == last.section)
