"""Tables: rows and cells from the element tree, with what browsers do about text that stands between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from bots.document import Block, Cell, Table
from bots.markup.elements import Element
from bots.markup.runs import Context, Findings, Run

_GROUPS = frozenset({"thead", "tbody", "tfoot"})
_ALIGN = re.compile(r"text-align\s*:\s*(left|right|center)")
_Blocks = Callable[[Findings, Element, Context], tuple[Block, ...]]


def table_of(findings: Findings, element: Element, context: Context, blocks: _Blocks) -> list[Block]:
    """What stands outside of cells (a caption, stray text) as blocks, then the table; a table in a cell is lines."""
    strays: list[Element | str] = []
    rows = [row for row in _rows(element, strays) if row.children]
    outside = blocks(findings, replace(element, tag="div", children=strays), context)
    cells = tuple(row for row in (_row(findings, row, context, strays) for row in rows) if row)
    if not cells:
        return list(outside)
    columns = max(len(row) for row in cells)
    padded = tuple(row + (Cell(()),) * (columns - len(row)) for row in cells)
    return [*outside, Table(padded, element.line, _aligns(rows[0], columns))]


def _rows(element: Element, strays: list[Element | str]) -> Iterator[Element]:
    loose: Element | None = None
    for child in element.children:
        if isinstance(child, Element) and child.tag in _GROUPS:
            yield from _rows(child, strays)
        elif isinstance(child, Element) and child.tag == "tr":
            yield child
        elif isinstance(child, Element) and child.tag in ("td", "th"):
            if loose is None:
                loose = Element("tr", child.line)
            loose.children.append(child)
        elif isinstance(child, Element) or child.strip():
            strays.append(child)
    if loose:
        yield loose


def _row(findings: Findings, row: Element, context: Context, strays: list[Element | str]) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for child in row.children:
        if isinstance(child, Element) or child.strip():
            run = Run(findings)
            run.walk(child.children if isinstance(child, Element) else [child], context)
            cells.append(Cell(run.content(), isinstance(child, Element) and child.tag == "th"))
    return tuple(cells)


def _aligns(row: Element, columns: int) -> tuple[str, ...]:
    aligns = [_align(child) for child in row.children if isinstance(child, Element)]
    aligns = (aligns + [""] * columns)[:columns]
    return tuple(aligns) if any(aligns) else ()


def _align(cell: Element) -> str:
    match = _ALIGN.search(cell.attrs.get("style", ""))
    value = match[1] if match else cell.attrs.get("align", "").lower()
    return value if value in ("left", "right", "center") else ""
