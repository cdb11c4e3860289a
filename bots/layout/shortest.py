"""The best way along a strip: the fewest broken promises, then the fewest messages, then the least painful cuts.

Message by message, it keeps every place that the messages so far may end at, unless another place is as far and costs
as little: whatever can follow an earlier place can follow a later one. Of the cuts of one kind that a message can reach
only the last is tried, for the same reason, so the work grows with the number of messages, not with that of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bots.layout.atoms import Cut
from bots.layout.strip import Place, Strip

Cost = tuple[int, int]
"""Broken promises, and the pain of the cuts."""

BETWEEN_SENTENCES = (Cut.SUBHEADING, Cut.BLOCK, Cut.ITEM, Cut.LINE, Cut.SENTENCE)
BETWEEN_WORDS = (*BETWEEN_SENTENCES, Cut.WORD)
ANYWHERE = (*BETWEEN_WORDS, Cut.NEVER)

# A cut between words costs more than all the others together, however many there are.
PAIN = {
    Cut.FORCED: 0,
    Cut.SUBHEADING: 1,
    Cut.BLOCK: 10,
    Cut.ITEM: 30,
    Cut.LINE: 60,
    Cut.SENTENCE: 150,
    Cut.WORD: 10**9,
    Cut.NEVER: 0,
}


@dataclass(frozen=True, slots=True)
class _State:
    """Messages that reach up to `place`, and what they cost."""

    place: Place
    cost: Cost
    before: _State | None


def least(strip: Strip) -> int:
    """A number of messages that nothing can beat: each filled to the last word that may go in, whatever the cuts."""
    count, place = 0, (0, 0)
    while place < strip.end:
        count, place = count + 1, strip.reach(place)
    return count


def shortest(strip: Strip, cuts: Sequence[Cut]) -> list[Place] | None:
    """The bounds of the best messages that are cut only in those ways, None if there are none.

    Searched with reaches that may be too far; a message that turns out not to fit teaches the strip, and the search
    goes on from there.
    """
    layers = [[_State((0, 0), (0, 0), None)]]
    while True:
        path = _search(strip, cuts, layers)
        if path is None:
            return None
        wrong = next((n for n, (start, end) in enumerate(pairwise(path)) if not strip.holds(start, end)), None)
        if wrong is None:
            return path
        strip.learn(path[wrong], path[wrong + 1])
        del layers[wrong + 1 :]


def _search(strip: Strip, cuts: Sequence[Cut], layers: list[list[_State]]) -> list[Place] | None:
    """Carry the layers (states by number of messages) on until nothing better can come; the best path to the end."""
    best: _State | None = None
    for layer in layers:
        best = _better(best, layer, strip)
    while going := [s for s in layers[-1] if s.place < strip.end and (best is None or s.cost[0] < best.cost[0])]:
        onward = [child for state in going for child in _onward(strip, state, cuts)]
        layers.append(_frontier(onward, layers[-1]))
        best = _better(best, layers[-1], strip)
    return _path(best)


def _better(best: _State | None, layer: Sequence[_State], strip: Strip) -> _State | None:
    """A layer's way to the end, if there is one that breaks fewer promises than the best with fewer messages."""
    ends = layer and layer[0].place == strip.end and (best is None or layer[0].cost[0] < best.cost[0])
    return layer[0] if ends else best


def _onward(strip: Strip, state: _State, cuts: Sequence[Cut]) -> Iterator[_State]:
    """Where one more message may take us: to the end, else to the last cut of each kind that it reaches."""
    start, reach = state.place, strip.reach(state.place)
    if reach == strip.end:
        yield _State(reach, state.cost, state)
        return
    furthest = start
    for cut in cuts:
        place = strip.last(cut, start, reach)
        if cut in (Cut.WORD, Cut.NEVER):
            stop = max(furthest, place or start)
            place = strip.last_word(cut, start, reach, stop[0]) or place
        if place is not None:
            furthest = max(furthest, place)
            broken, pain = state.cost
            yield _State(place, (broken + (cut is Cut.NEVER), pain + PAIN[cut]), state)


def _frontier(states: Iterable[_State], before: Sequence[_State]) -> list[_State]:
    """The states worth keeping, furthest first, each cheaper than those that are further."""
    kept: list[_State] = []
    for state in sorted(states, key=lambda s: (s.place, (-s.cost[0], -s.cost[1])), reverse=True):
        # One message less, no promise more and as far: then there is no point in going on from here.
        passed = next((old.place for old in before if old.cost[0] <= state.cost[0]), (0, 0))
        if state.place > passed and (not kept or state.cost < kept[-1].cost):
            kept.append(state)
    return kept


def _path(state: _State | None) -> list[Place] | None:
    places: list[Place] = []
    while state is not None:
        places.append(state.place)
        state = state.before
    return places[::-1] or None
