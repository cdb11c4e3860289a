"""A plan in a few plain words, for a message to its author. Pure: no markup, no control characters, never long."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bots.plan import Plan
from bots.planning.steps import Action, Step
from bots.planning.worddiff import Mode

LONGEST = 700
"""Characters of a summary."""
_SHOWN = 5
"""Sections named; the rest are counted."""
_TITLE = 60
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_NAMES = {
    Action.SEND: ("new message", "new messages"),
    Action.EDIT: ("edit", "edits"),
    Action.DELETE: ("message taken back", "messages taken back"),
    Action.BLOCKED: ("message in doubt", "messages in doubt"),
}
"""What each kind of step is called; links and last things follow from them and need no word."""
_CHANGES = (Action.SEND, Action.EDIT, Action.DELETE)


def summary(made: Plan, refusal: str = "") -> str:
    """What the plan does, such as "2 edits, 1 new message in channel; “Models”: -30 +20 characters".

    `refusal` is why it needs a yes, empty when it does not. A plan that does nothing says so.
    """
    names = dict.fromkeys(step.destination for step in made.steps)
    where = [words for name in names if (words := _in(name, made.of(name)))]
    if not where:
        return "Nothing changes."
    parts = ["; ".join([*where, *_sections(made.steps)])]
    if answers := sum(_is_answer(step) for step in made.steps):
        parts.append(f"{_many(answers, 'erratum is', 'errata are')} sent as a reply.")
    if refusal:
        parts.append(f"It needs a yes: {_clean(refusal)}")
    text = "\n".join(parts)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _in(name: str, steps: Sequence[Step]) -> str:
    counts = Counter(step.action for step in steps)
    words = [_many(counts[action], *names) for action, names in _NAMES.items() if counts[action]]
    if not words and any(step.action not in {Action.KEEP, Action.BLOCKED} for step in steps):
        words = ["only links or a pin"]
    return f"{', '.join(words)} in {_clean(name)}" if words else ""


def _sections(steps: Sequence[Step]) -> list[str]:
    """The sections that change, each with how many characters go and come in the chat that changes most."""
    titles = {step.section: step.title for step in steps if step.action in _CHANGES}
    named = [f"“{_short(title)}”: {_size(section, steps)}" for section, title in list(titles.items())[:_SHOWN]]
    more = len(titles) - _SHOWN
    return [*named, f"and {_many(more, 'more section', 'more sections')}"] if more > 0 else named


def _size(section: str, steps: Sequence[Step]) -> str:
    sizes: dict[str, tuple[int, int]] = {}
    for step in steps:
        if step.section == section:
            gone, come = sizes.get(step.destination, (0, 0))
            sizes[step.destination] = (gone + _length(step, Mode.REMOVED), come + _length(step, Mode.ADDED))
    gone, come = max(sizes.values(), key=sum)
    return f"-{gone} +{come} characters" if gone or come else "only its look or its pictures"


def _length(step: Step, mode: Mode) -> int:
    return sum(len(piece.text) for piece in step.diff if piece.mode is mode)


def _is_answer(step: Step) -> bool:
    return step.action is Action.SEND and step.new is not None and step.new.answers


def _many(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _short(title: str) -> str:
    clean = _clean(title)
    return clean if len(clean) <= _TITLE else clean[: _TITLE - 1] + "…"


def _clean(text: str) -> str:
    """Without what could change how the words around it look."""
    return " ".join(_UNSEEN.sub(" ", text).split())
