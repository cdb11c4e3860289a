"""Messages that are out there already, posted before this ledger: which of the planned ones each link is. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bots.errors import ConfigError
from bots.ledger import Adoption, Delivery
from bots.model import Message, Receipt
from bots.planning.places import addresses, links_of, thread_of
from bots.planning.steps import Action, Step

_LAST = re.compile(r"(?P<before>.*/)?(?P<first>[0-9]{1,20})(?:-(?P<last>[0-9]{1,20}))?/?(?:[?#].*)?")
MOST = 500
"""Messages one range may name."""


@dataclass(frozen=True, slots=True)
class Link:
    """One message as the author names it."""

    id: str
    url: str | None
    """None where only its number was given."""


def read_links(words: Sequence[str]) -> tuple[Link, ...]:
    """Links, and numbers, with ranges as in `https://t.me/news/42-45`. Raises ConfigError for anything else."""
    return tuple(link for word in words for link in _read(word))


def _read(word: str) -> Iterator[Link]:
    found = _LAST.fullmatch(word.strip())
    if found is None:
        raise ConfigError(f"{word!r} is not the link of a message.", remedy="Copy it from the message's menu.")
    first, last = int(found["first"]), int(found["last"] or found["first"])
    if not first <= last < first + MOST:
        raise ConfigError(f"{word!r} is no range of messages.", remedy=f"Name at most {MOST}, the lower one first.")
    before = found["before"]
    for number in range(first, last + 1):
        yield Link(str(number), f"{before}{number}" if before and "://" in before else None)


@dataclass(frozen=True, slots=True)
class Claim:
    """Where the author says that one planned message is."""

    step: Step
    message: Message
    links: tuple[Link, ...]

    @property
    def receipt(self) -> Receipt:
        return Receipt(tuple(link.id for link in self.links), self.links[0].url)


def claimed(steps: Sequence[Step], links: Sequence[Link], owns: Callable[[Message], int]) -> tuple[Claim, ...]:
    """Each message that is not in the ledger yet with its links, in order.

    `owns` tells how many links a message has. Raises ConfigError when there are more links or fewer.
    """
    new = [(step, step.new) for step in steps if step.action is Action.SEND and step.new and not step.new.answers]
    wanted = sum(owns(message) for _, message in new)
    if wanted != len(links):
        names = ", ".join(f"{step.title} {message.part}" for step, message in new) or "none, all is in the ledger"
        raise ConfigError(
            f"{wanted} links are needed and {len(links)} were given.",
            remedy=f"One a message, in the order of the issue: {names}. --section takes one section alone.",
        )
    left = iter(links)
    return tuple(Claim(step, message, tuple(next(left) for _ in range(owns(message)))) for step, message in new)


def adoptions(claims: Sequence[Claim], rows: Sequence[Delivery], chat: str, *, correct: bool) -> tuple[Adoption, ...]:
    """What the ledger records of the claims; `rows` are those of the destination so far.

    The contents message is taken for linked as it should be, unless everything is to be corrected.
    """
    head = next((claim.links[0].id for claim in claims if not claim.message.inside), None)
    thread = thread_of(rows) or head
    urls = _urls(claims) | addresses(rows)
    return tuple(
        Adoption(
            change=claim.step.change,
            receipt=claim.receipt,
            chat=chat,
            within=thread if claim.message.inside else None,
            links=_links(claim.message, {} if correct else urls),
            correct=correct,
        )
        for claim in claims
        if claim.step.change is not None
    )


def _urls(claims: Sequence[Claim]) -> dict[str, str]:
    """Section to the address of its first message."""
    found: dict[str, str] = {}
    for claim in sorted(claims, key=lambda claim: claim.message.part):
        if claim.links[0].url:
            found.setdefault(claim.message.section, claim.links[0].url)
    return found


def _links(message: Message, urls: Mapping[str, str]) -> Mapping[str, str] | None:
    return links_of(message, urls) if message.slots else None
