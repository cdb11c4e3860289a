"""Old messages of a section against its new ones, in reading order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Old = TypeVar("Old")
New = TypeVar("New")


def align(
    old: Sequence[Old], new: Sequence[New], fits: Callable[[Old, New], bool]
) -> Iterator[tuple[Old | None, New | None]]:
    """Pair as many as `fits` allows without crossing; what is left of either side stands alone.

    Among equally good pairings the earliest new messages are paired, so that only the end of a section is appended:
    a text continued in the wrong order would make no sense to a reader.
    """
    best = _lengths(old, new, fits)
    i = j = 0
    while i < len(old) and j < len(new):
        if fits(old[i], new[j]) and best[i][j] == best[i + 1][j + 1] + 1:
            yield old[i], new[j]
            i, j = i + 1, j + 1
        elif best[i + 1][j] == best[i][j]:
            yield old[i], None
            i += 1
        else:
            yield None, new[j]
            j += 1
    yield from ((one, None) for one in old[i:])
    yield from ((None, one) for one in new[j:])


def _lengths(old: Sequence[Old], new: Sequence[New], fits: Callable[[Old, New], bool]) -> list[list[int]]:
    """`[i][j]`: how many pairs `old[i:]` and `new[j:]` allow."""
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = best[i + 1][j + 1] + 1 if fits(old[i], new[j]) else 0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    return best
