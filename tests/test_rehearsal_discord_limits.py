"""The local Discord's rate windows, on a clock that moves when told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.rehearsal.discord.limits import Rules
from tests.discord_world import make_world


def test_a_channel_takes_five_messages_in_five_seconds() -> None:
    world = make_world(Rules())
    left = [world.send({"content": "x"}).headers["X-RateLimit-Remaining"] for _ in range(5)]
    assert left == ["4", "3", "2", "1", "0"]
    world.clock.advance(2)
    world.send({"content": "x"})
    refused = world.send({"content": "x"})
    assert (refused.status, refused.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert refused.body == {"message": "You are being rate limited.", "retry_after": 3.0, "global": False}
    assert refused.headers["Via"]
    assert refused.headers["X-RateLimit-Scope"] == "user"
    world.clock.advance(3)
    assert world.send({"content": "x"}).status == 200
    assert len(world.contents()) == 6


def test_sending_editing_and_other_channels_have_windows_of_their_own() -> None:
    world = make_world(Rules())
    sent = [world.send({"content": "x"}) for _ in range(5)]
    edited = world.edit(sent[0].body["id"], {"content": "y"})
    assert edited.headers["X-RateLimit-Remaining"] == "4"
    assert edited.headers["X-RateLimit-Bucket"] != sent[0].headers["X-RateLimit-Bucket"]
    other = world.state.add_channel(world.channel.guild, "other")
    assert world.call("POST", f"/channels/{other.id}/messages", {"content": "x"}).status == 200


def test_the_whole_token_has_fifty_calls_a_second() -> None:
    world = make_world(Rules())
    answers = [world.call("GET", "/users/@me") for _ in range(51)]
    assert [answer.status for answer in answers] == [200] * 50 + [429]
    assert answers[-1].body["global"] is True
    assert answers[-1].headers["X-RateLimit-Global"] == "true"
    assert "X-RateLimit-Remaining" not in answers[-1].headers


def test_old_messages_take_three_edits_in_six_seconds() -> None:
    world = make_world(Rules())
    number = world.send({"content": "0"}).body["id"]
    world.clock.advance(3601)
    answers = [world.edit(number, {"content": str(n)}) for n in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].body["code"] == 30046
    assert answers[-1].headers["X-RateLimit-Remaining"] == "1"


def test_waiting_times_are_real_seconds_whatever_the_clock_does() -> None:
    world = make_world(Rules())
    world.clock.speed = 50
    answers = [world.send({"content": "x"}) for _ in range(6)]
    assert float(answers[0].headers["X-RateLimit-Reset-After"]) == pytest.approx(0.1)
    assert answers[-1].body["retry_after"] == pytest.approx(0.1)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_five_seconds_ever_hold_more_than_two_windows(gaps: list[float]) -> None:
    """Fixed windows let two windows' worth through at their border, never more."""
    world = make_world(Rules())
    taken: list[float] = []
    for gap in gaps:
        world.clock.advance(gap)
        if world.send({"content": "x"}).status == 200:
            taken.append(world.clock.monotonic())
    assert all(sum(start <= moment < start + 5 for moment in taken) <= 10 for start in taken)
