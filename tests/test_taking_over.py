"""Messages posted before this ledger: which planned one each link is, and what the ledger records of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bots.errors import ConfigError
from bots.ledger import Adoption, Task
from bots.model import Message, Slot
from bots.planning.adopting import MOST, Claim, Link, adoptions, claimed, read_links
from bots.planning.steps import Action, Step
from tests.planrows import change, message, row, step

LINKS = [
    # what the author types, the ids and addresses it means
    (["https://t.me/news/41"], [("41", "https://t.me/news/41")]),
    (["https://t.me/news/9-11"], [(str(n), f"https://t.me/news/{n}") for n in (9, 10, 11)]),
    (["https://t.me/c/123/45?single", "7"], [("45", "https://t.me/c/123/45"), ("7", None)]),
    (["https://discord.com/channels/1/2/3/"], [("3", "https://discord.com/channels/1/2/3")]),
    (["  https://t.me/news/41#top "], [("41", "https://t.me/news/41")]),
    (["t.me/news/41"], [("41", None)]),
    (["5-5"], [("5", None)]),
    (["12", "3"], [("12", None), ("3", None)]),
    (["12345678901234567890"], [("12345678901234567890", None)]),
]


@pytest.mark.parametrize(("words", "wanted"), LINKS, ids=[" ".join(one[0]) for one in LINKS])
def test_links_and_ranges(words: list[str], wanted: list[tuple[str, str | None]]) -> None:
    assert [(link.id, link.url) for link in read_links(words)] == wanted


NO_LINKS = [
    # what the author types, what it is told
    ("https://t.me/news", "'https://t.me/news' is not the link of a message. Copy it from the message's menu."),
    ("9-", "'9-' is not the link of a message."),
    ("11-9", "'11-9' is no range of messages. Name at most 500, the lower one first."),
    ("1-501", "'1-501' is no range of messages."),
    ("https://t.me/news/41/x", "is not the link"),
    ("٤١", "is not the link"),
    ("", "'' is not the link"),
    ("123456789012345678901", "is not the link"),
]


@pytest.mark.parametrize(("word", "says"), NO_LINKS, ids=[one[0] or "nothing" for one in NO_LINKS])
def test_what_is_no_link_is_told_with_what_to_do(word: str, says: str) -> None:
    with pytest.raises(ConfigError) as told:
        read_links(["41", word])
    assert says in str(told.value)


def test_a_range_names_as_many_as_it_may() -> None:
    assert len(read_links([f"1-{MOST}"])) == MOST == 500


# Which is which

HEAD = message("lead", slots=(Slot("a", 0, 1), Slot("b", 2, 1)))
INSIDE = message("a", inside=True)
SECOND = message("a", 2, inside=True)
REPLY = message("a", 3, answers=True)


def sent(new: Message) -> Step:
    """The step that would send it."""
    recorded = replace(change(Task.SEND), section=new.section, part=new.part, message=new)
    return step(Action.SEND, None, new, part=new.part, change=recorded)


def links(*numbers: int) -> list[Link]:
    return [Link(str(number), f"https://t.me/news/{number}") for number in numbers]


def album(new: Message) -> int:
    """A renderer whose second parts are albums of three."""
    return 3 if new.part == 2 else 1


def told(claims: Sequence[Claim]) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(claim.message.section, claim.message.part, claim.receipt.message_ids) for claim in claims]


def test_each_message_has_its_links_in_the_order_of_the_issue() -> None:
    found = claimed([sent(HEAD), sent(INSIDE), sent(SECOND)], links(5, 6, 7, 8, 9), album)
    assert told(found) == [("lead", 1, ("5",)), ("a", 1, ("6",)), ("a", 2, ("7", "8", "9"))]
    assert found[2].receipt.url == "https://t.me/news/7"


def test_only_what_would_be_sent_is_claimed() -> None:
    kept = step(Action.KEEP, row(1), message())
    going = step(Action.DELETE, row(2))
    blocked = step(Action.BLOCKED, row(3), message())
    link = step(Action.LINK, None, HEAD)
    assert told(claimed([kept, going, blocked, sent(INSIDE), sent(REPLY), link], links(6), album)) == [("a", 1, ("6",))]


WRONG = [
    # the steps, how many links are given, what the author is told
    ("too few", [sent(HEAD), sent(SECOND)], 3, "4 links are needed and 3 were given. One a message, in the order"),
    ("too many", [sent(HEAD)], 2, "1 links are needed and 2 were given."),
    ("none", [sent(HEAD), sent(SECOND)], 0, "of the issue: LEAD 1, A 2. --section takes one section alone."),
    ("nothing to take over", [step(Action.KEEP, row(1))], 1, "0 links are needed and 1 were given. One a message, in"),
    ("nothing left", [], 1, "in the order of the issue: none, all is in the ledger."),
]


@pytest.mark.parametrize(("steps", "given", "says"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_a_wrong_number_of_links_is_told_with_the_messages(steps: list[Step], given: int, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        claimed(steps, links(*range(1, given + 1)), album)
    assert says in str(refused.value)


# What is recorded


def taken(
    *steps: Step, first: int = 5, rows: Sequence[int] = (), correct: bool = False, numbers: Sequence[Link] = ()
) -> tuple[Adoption, ...]:
    given = numbers or links(*range(first, first + len(steps)))
    return adoptions(claimed(steps, given, lambda _: 1), [row(n) for n in rows], "@news", correct=correct)


def test_what_is_taken_over_is_recorded_as_if_it_had_been_sent() -> None:
    head, inside, second = taken(sent(HEAD), sent(INSIDE), sent(SECOND))
    assert (head.change.task, head.change.message, head.receipt.message_ids) == (Task.SEND, HEAD, ("5",))
    assert (head.chat, head.within, head.correct) == ("@news", None, False)
    assert (inside.within, second.within) == ("5", "5")
    assert (inside.links, second.links) == (None, None), "only a contents message has any"


def test_contents_are_taken_for_linked_to_the_first_message_of_each_section() -> None:
    later = sent(message("b"))
    head, *_ = taken(sent(HEAD), sent(SECOND), sent(INSIDE), later, first=5)
    assert head.links == {"a": "https://t.me/news/7", "b": "https://t.me/news/8"}
    assert head.correct is False


def test_contents_are_linked_to_what_is_in_the_ledger_too() -> None:
    """`row` is section a's; what is taken over now is section b."""
    (head, _) = taken(sent(HEAD), sent(message("b")), rows=[1])
    assert head.links == {"a": "https://chat/1", "b": "https://t.me/news/6"}


def test_with_corrections_nothing_is_taken_for_linked() -> None:
    head, inside = taken(sent(HEAD), sent(INSIDE), correct=True)
    assert (head.links, head.correct, inside.links, inside.correct) == ({}, True, None, True)


def test_a_number_alone_leads_nowhere() -> None:
    head, inside = taken(sent(HEAD), sent(INSIDE), numbers=[Link("5", None), Link("6", None)])
    assert (head.links, head.receipt.url, inside.within) == ({}, None, "5")


def test_the_rest_of_an_issue_goes_into_the_thread_it_has() -> None:
    (inside,) = taken(sent(INSIDE), first=9, rows=[1])
    assert inside.within == "1"
    (inside,) = taken(sent(INSIDE), first=9)
    assert inside.within is None


def test_what_has_nothing_to_record_is_left_out() -> None:
    assert taken(replace(sent(INSIDE), change=None)) == ()
