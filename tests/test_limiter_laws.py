"""Whatever the work, every window holds, and the last call comes as early as can be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.limiter import LATE
from bots.pacing import Load, estimate
from tests.test_limiter import TELEGRAM, Work, most_within, serve


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["@a", "-5", "7", "8", "9"]), st.lists(st.integers(1, 10), min_size=1, max_size=25), min_size=1
    ),
    st.floats(0, 3),
)
def test_any_work_keeps_every_window(work: dict[str, list[int]], answer: float) -> None:
    works = [Work(chat, tuple(weights)) for chat, weights in work.items()]
    calls = serve(works, answer=answer)
    assert len(calls) == sum(len(one.weights) for one in works)
    for chat in ("@a", "-5"):
        assert most_within([call for call in calls if call.chat == chat], 60) <= 18
    for one, following in pairwise(calls):
        # A call that came a little late counts from when it was due, so the next one may follow that much sooner.
        assert following.at - one.at >= 1 / TELEGRAM.rate - LATE - 1e-3
    assert most_within(calls, 1) <= 30
    for chat in work:
        mine = [call for call in calls if call.chat == chat]
        assert all(b.at - a.at >= 1.05 * a.weight - 1e-3 for a, b in pairwise(mine))


BOUNDS = [
    # destinations, messages each: reliability.md 4, the shortest possible time for our rates
    ("one long channel beside many private chats", [("@long", 60), *((str(n), 6) for n in range(1, 300))]),
    ("few groups beside very many private chats", [("-1", 12), ("-2", 12), *((str(n), 1) for n in range(1, 2000))]),
    ("many groups", [(str(-n), 12) for n in range(1, 200)]),
    ("five channels", [(f"@c{n}", 30) for n in range(5)]),
]


@pytest.mark.parametrize("chats", [row[1] for row in BOUNDS], ids=[row[0] for row in BOUNDS])
def test_the_last_call_comes_within_3_percent_of_the_bound(chats: list[tuple[str, int]]) -> None:
    calls = serve([Work(chat, (1,) * count) for chat, count in chats])
    assert calls[-1].at <= 1.03 * estimate(Load("telegram", chat, (1,) * count) for chat, count in chats)
