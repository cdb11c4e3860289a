"""The pictures of one call: which are read, which go by an id, and which are not sent as they are now."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots.courier import STALE
from bots.errors import Rejected, TryLater
from bots.ledger import Pool, Task
from bots.ledger.codec import file_digest
from bots.model import Receipt, State
from tests.one_chat import POST, Scene, said, scene_in, shown


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def test_a_picture_sent_before_goes_by_its_id_in_calls_of_the_same_kind(scene: Scene) -> None:
    scene.pictures = {"x": b"x", "y": b"y"}
    ids = {"x": "id of x", "y": "id of y"}
    scene.chat.endings = deque([Receipt(("7",), None, ids), Receipt(("8",), None, ids), Receipt(("9",))])
    messages = [replace(shown("x", "y"), part=part, method=method) for part, method in enumerate("ppd", 1)]
    for row in scene.queue(*messages):
        assert scene.carry(row, left=3) is None
    assert [dict(call.files) for call in scene.chat.handed] == [
        {"x": b"x", "y": b"y"},
        {"x": "id of x", "y": "id of y"},
        {"x": b"x", "y": b"y"},
    ]
    assert scene.posts == [POST] * 3
    assert [one.weight for one in scene.limiter.asked] == [2, 2, 2], "each picture of an album counts"
    urgent = [one.left > 1000 for one in scene.limiter.asked]
    assert urgent == [True, False, True], "an upload others wait for goes first"


def test_a_message_whose_pictures_were_redrawn_is_edited_as_with_other_pictures(scene: Scene) -> None:
    scene.pictures = {"x": b"old", "y": b"y"}
    (row,) = scene.out(shown("x", "y"))
    scene.pictures = {"x": b"new", "y": b"y"}
    assert scene.carry(scene.wants(row, Task.EDIT, shown("x", "y")), Task.EDIT, left=3) is None
    (call,) = scene.chat.handed
    assert call.old is not None
    assert call.message is not None
    assert dict(call.files) == {"x": b"new", "y": b"y"}
    assert [file.source for file in call.message.files] == ["x", "y"]
    assert {file.source for file in call.old.files}.isdisjoint({"x", "y"})
    assert [file.name for file in call.old.files] == ["x", "y"]
    assert scene.limiter.asked[0].weight == 1, "an edit adds no message to the chat"


def test_a_message_with_the_same_picture_and_other_words_keeps_it(scene: Scene) -> None:
    scene.pictures = {"x": b"x"}
    (row,) = scene.out(shown("x"))
    assert scene.carry(scene.wants(row, Task.EDIT, shown("x", text="better")), Task.EDIT) is None
    (call,) = scene.chat.handed
    assert call.old is not None
    assert [file.source for file in call.old.files] == ["x"]
    assert scene.row().payload.text == "better"


def test_pictures_are_read_only_to_be_sent(scene: Scene) -> None:
    """A link, a struck-through message: both keep the picture they have, even one that can't be read any more."""
    scene.pictures = {"x": b"x"}
    (row,) = scene.out(replace(shown("x"), after=("pin",)))
    scene.pictures = {}
    assert scene.carry(row, Task.LINK, links={}) is None
    assert scene.carry(scene.wants(scene.row(), Task.NONE, None, "pin"), Task.FINISH) is None
    scene.amend(scene.wants(scene.row(), Task.EDIT, shown("x", text="~x~")), "error_code", "left over")
    assert scene.carry(scene.row(), Task.EDIT) is None
    assert [dict(call.files) for call in scene.chat.handed] == [{}, {}, {}]


def test_a_photo_that_becomes_an_edit_is_remembered_by_the_kind_it_has_then(scene: Scene) -> None:
    scene.pictures = {"x": b"x"}
    (row,) = scene.out(said("words"))
    scene.chat.endings = deque([Receipt(("1",), None, {"x": "id of x"})])
    assert scene.carry(scene.wants(row, Task.EDIT, shown("x")), Task.EDIT) is None
    hashed = file_digest(b"x")
    assert scene.ledger.uploaded(Pool("telegram", "photo"), [hashed]) == {hashed: "id of x"}
    assert scene.ledger.uploaded(Pool("telegram", "send"), [hashed]) == {}


UNREADABLE = [
    # what became of the picture, the reason
    ("it is gone", {}, "x can't be read"),
    ("it is another one", {"x": b"another"}, "another one than when this was planned"),
]


@pytest.mark.parametrize(("now", "reason"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
def test_a_picture_that_is_not_the_planned_one_fails_its_message(
    scene: Scene, now: dict[str, bytes], reason: str
) -> None:
    scene.pictures = {"x": b"x"}
    scene.queue(shown("x"))
    scene.pictures = now
    error = scene.carry(scene.row())
    assert error is not None
    assert (error.code, scene.row().error_code, scene.row().state) == ("picture", "picture", State.FAILED)
    assert reason in str(error)
    assert scene.row().error == str(error)
    assert not scene.chat.handed


def test_a_disk_that_fails_fails_the_message(scene: Scene) -> None:
    class Broken(dict[str, bytes]):
        def __contains__(self, _: object) -> bool:
            raise OSError("input/output error")

    scene.pictures = {"x": b"x"}
    scene.queue(shown("x"))
    scene.pictures = Broken()
    scene.carry(scene.row())
    assert (scene.row().state, scene.row().error) == (State.FAILED, "input/output error")


# Pictures the platform has forgotten


def test_a_forgotten_picture_goes_with_its_bytes_next_time(scene: Scene) -> None:
    scene.pictures = {"x": b"x"}
    scene.queue(shown("x"), replace(shown("x"), part=2))
    refusal = Rejected("wrong file identifier", code=STALE)
    scene.chat.endings = deque([Receipt(("7",), None, {"x": "id of x"}), refusal, refusal])
    assert scene.carry(scene.row()) is None
    error = scene.carry(scene.row(1))
    assert isinstance(error, TryLater)
    assert str(error).startswith("The platform has forgotten a picture")
    assert (scene.row(1).state, scene.row(1).error_code) == (State.PENDING, STALE)
    assert scene.carry(scene.row(1)) is refusal, "its bytes were refused, too"
    assert scene.row(1).state is State.FAILED
    assert [dict(call.files) for call in scene.chat.handed] == [{"x": b"x"}, {"x": "id of x"}, {"x": b"x"}]


def test_another_refusal_of_a_known_picture_is_a_refusal(scene: Scene) -> None:
    scene.pictures = {"x": b"x"}
    scene.queue(shown("x"), replace(shown("x"), part=2))
    refusal = Rejected("Too long.", code="400")
    scene.chat.endings = deque([Receipt(("7",), None, {"x": "id of x"}), refusal])
    scene.carry(scene.row())
    assert scene.carry(scene.row(1)) is refusal
    assert scene.row(1).state is State.FAILED
