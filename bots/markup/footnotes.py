"""Footnotes: each is a note apart from the text until the splitter knows which section it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bots.document import Block, Paragraph, Text
from bots.markup.elements import Element
from bots.markup.runs import Findings
from bots.model import Notice


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote's text, to stand at the end of the section that refers to it first."""

    number: int
    blocks: tuple[Block, ...]
    """The first starts with "[number] "."""
    lines: tuple[int, ...]
    """Lines of the file that refer to it, at least one."""
    defined: tuple[int, int]
    """First line of its definition and the line behind it."""


def notes_of(findings: Findings, blocks: Callable[[Element], tuple[Block, ...]]) -> Iterator[Note]:
    """The footnotes that are referred to, in order of reference; `blocks` turns a definition into blocks."""
    done: set[str] = set()
    # a footnote may refer to another one that nothing else refers to
    while pending := [label for label in findings.references if label not in done]:
        for label in pending:
            done.add(label)
            number = findings.numbers[label]
            definition = findings.definitions.get(label)
            if definition is None:  # it stands where nothing is shown, inside a <template> for one
                continue
            content = _marked(blocks(definition), number, definition.line)
            defined = (definition.line, definition.line + int(definition.attrs["height"]))
            yield Note(number, content, tuple(findings.references[label]), defined)


def unused(findings: Findings) -> Iterator[Notice]:
    """A notice for each definition that nothing refers to."""
    for label, definition in findings.definitions.items():
        if label not in findings.references:
            yield Notice(f"Nothing refers to the footnote [^{label}]; it is not shown.", definition.line)


def _marked(blocks: tuple[Block, ...], number: int, line: int) -> tuple[Block, ...]:
    first = blocks[0] if blocks else None
    if isinstance(first, Paragraph):
        return (replace(first, content=(Text(f"[{number}] "), *first.content)), *blocks[1:])
    return (Paragraph((Text(f"[{number}]"),), line), *blocks)
