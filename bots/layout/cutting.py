"""A section as messages, the same way on every platform: whole if one message holds it, else by its sub-headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bots.document import Block, Heading, images
from bots.model import Destination, Issue, Section
from bots.packing import Run
from bots.splitter import groups

CONTENTS = {"zh": "目录", "en": "Contents"}
"""The word above the list of sections, by language."""


def runs(
    section: Section, unreadable: frozenset[str], packed: Callable[[Sequence[Block], frozenset[str]], list[Run]]
) -> list[Run]:
    """The section's messages as runs of atoms; `packed` lays blocks out and packs them, given what can't be read.

    A picture that is missing today must not move the place where a message begins, so whether one message is enough is
    asked as if every picture could be read.
    """
    whole = packed(section.blocks, unreadable)
    planned = packed(section.blocks, frozenset()) if _lacks(section, unreadable) else whole
    pieces = _with_opening(groups(section)) if len(planned) > 1 else []
    if len(pieces) < 2:
        return whole
    return [run for blocks in pieces for run in packed(blocks, unreadable)]


def _lacks(section: Section, unreadable: frozenset[str]) -> bool:
    return bool(unreadable) and any(image.src in unreadable for image in images(section.blocks))


def _with_opening(parts: Sequence[Sequence[Block]]) -> list[Sequence[Block]]:
    """The groups, the section's own heading put to the first sub-heading if nothing stands between them."""
    if len(parts) > 1 and all(isinstance(block, Heading) for block in parts[0]):
        first, second, *rest = parts
        return [(*first, *second), *rest]
    return list(parts)


def silent(issue: Issue, destination: Destination) -> bool:
    """Whether readers' phones stay quiet: the issue's own word goes before the destination's."""
    return destination.silent if issue.post.silent is None else issue.post.silent
