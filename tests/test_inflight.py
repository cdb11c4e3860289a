"""Calls that outlive their caller: joined, adopted, or named as still under way."""

from __future__ import annotations

import asyncio

import pytest

from bots.errors import InDoubt, Rejected, SendError
from bots.model import Receipt
from bots.platforms.inflight import InFlight

RECEIPT = Receipt(("1",))


class Slow:
    """A call that ends when told to, and counts how often it was started."""

    def __init__(self, error: SendError | None = None) -> None:
        self.go, self.ended, self.started, self.error = asyncio.Event(), asyncio.Event(), 0, error

    async def __call__(self) -> Receipt:
        self.started += 1
        await self.go.wait()
        self.ended.set()
        if self.error:
            raise self.error
        return RECEIPT


async def given_up(call: Slow) -> InFlight:
    calls = InFlight(patience=0.01)
    with pytest.raises(InDoubt):
        await calls.run("nonce", call)
    return calls


async def finished(call: Slow) -> InFlight:
    calls = await given_up(call)
    call.go.set()
    await call.ended.wait()
    await asyncio.sleep(0)  # the task needs one more turn to be done
    return calls


async def test_a_second_caller_joins_the_first_call() -> None:
    call = Slow()
    calls = InFlight(patience=5)
    both = asyncio.gather(calls.run("nonce", call), calls.run("nonce", call))
    call.go.set()
    assert list(await both) == [RECEIPT, RECEIPT]
    assert call.started == 1


async def test_a_call_that_goes_on_is_in_doubt() -> None:
    call = Slow()
    calls = await given_up(call)
    assert isinstance(calls.late("nonce"), InDoubt)
    call.go.set()
    await calls.close()


async def test_a_late_receipt_is_given_once() -> None:
    calls = await finished(Slow())
    assert (calls.late("nonce"), calls.late("nonce")) == (RECEIPT, None)


async def test_a_late_refusal_is_given_and_a_late_doubt_says_nothing() -> None:
    refused = await finished(Slow(Rejected("no")))
    doubtful = await finished(Slow(InDoubt("lost")))
    assert isinstance(refused.late("nonce"), Rejected)
    assert doubtful.late("nonce") is None


async def test_an_unknown_nonce_says_nothing() -> None:
    assert InFlight(1).late("other") is None


async def test_closing_ends_what_never_answers() -> None:
    call = Slow()
    calls = await given_up(call)
    await calls.close()
    assert not call.ended.is_set()
    assert calls.late("nonce") is None
