"""Tables without a grid: columns in monospace where they are narrow, one line a row where not."""

from __future__ import annotations

from collections.abc import Sequence

from wcwidth import wcswidth

from bots.document import Cell, Table, Text
from bots.layout.atoms import Span
from bots.layout.spans import Line, bold, lines, pictures, plain

# What a phone shows of a monospaced line without wrapping it.
_WIDTH = 36
_BETWEEN = "  "


def as_code(table: Table) -> list[str] | None:
    """The table as aligned lines, or None when it is too wide or says more than plain text can (links, bold ...)."""
    if any(not isinstance(node, Text) for row in table.rows for cell in row for node in cell.content):
        return None
    rows = [[plain(cell.content).strip() for cell in row] for row in table.rows]
    columns = max((len(row) for row in rows), default=0)
    full = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(_cells(row[column]) for row in full) for column in range(columns)]
    if not any(widths) or sum(widths) + len(_BETWEEN) * (columns - 1) > _WIDTH:
        return None
    shown = [_aligned(row, widths, table.aligns) for row in full if any(row)]
    if len(shown) > 1 and any(full[0]) and any(cell.header for cell in table.rows[0]):
        shown.insert(1, _BETWEEN.join("─" * width for width in widths))
    return shown


def as_lines(table: Table, site: str) -> list[Line]:
    """One line a row, the cells in order with a bar between them, header cells bold; empty rows are left out."""
    return [_row(row, site) for row in table.rows if any(lines(cell.content, site) for cell in row)]


def _cells(text: str) -> int:
    """Width in terminal cells; a string with control characters counts its characters."""
    width = wcswidth(text)
    return width if width >= 0 else len(text)


def _aligned(row: Sequence[str], widths: Sequence[int], aligns: Sequence[str]) -> str:
    sides = [*aligns, *[""] * len(row)]
    cells = [_padded(text, width, side) for text, width, side in zip(row, widths, sides, strict=False)]
    return _BETWEEN.join(cells).rstrip()


def _padded(text: str, width: int, side: str) -> str:
    space = width - _cells(text)
    left = {"right": space, "center": space // 2}.get(side, 0)
    return " " * left + text + " " * (space - left)


def _row(row: Sequence[Cell], site: str) -> Line:
    shown: Line = ()
    for at, cell in enumerate(row):
        if at and not pictures((*row[at - 1].content, *cell.content)):  # a picture parts the row by itself
            shown = (*shown, Span(" | "))
        for number, line in enumerate(lines(cell.content, site)):
            cells = bold(line) if cell.header else line
            shown = (*shown, *((Span(" "),) if number else ()), *cells)
    return shown
