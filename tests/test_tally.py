"""The figures of `make soak` and `make mutants` are counted, and say so when they are bad."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import mutants, tally
from tests.tally import Case

COUNTS = [
    # what should be there, what is, lost, doubled
    (["a", "b"], ["a", "b"], 0, 0),
    (["a", "b"], ["a"], 1, 0),
    (["a", "b"], ["a", "b", "b"], 0, 1),
    (["a", "b"], ["b", "b"], 1, 1),
    (["a"], [], 1, 0),
]


@pytest.mark.parametrize(("wanted", "found", "lost", "doubled"), COUNTS)
def test_a_case_is_counted_from_what_is_there(wanted: list[str], found: list[str], lost: int, doubled: int) -> None:
    assert tally.seen("case", wanted, found) == Case("case", lost, doubled)


def test_all_processes_cases_are_summed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tally.FOLDER, str(tmp_path))
    tally.record(Case("a", lost=1, unsettled=2))
    tally.seen("b", ["x"], ["x", "x"], unsettled=1)
    (file,) = tmp_path.glob("*.jsonl")
    (tmp_path / "other.jsonl").write_text(file.read_text())
    assert tally.summed(tally.recorded(tmp_path)) == "4 cases: 2 lost, 2 doubled, 6 unsettled and named"


def test_a_mutant_no_test_noticed_counts_against_the_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = {"m.x_f__mutmut_1": 1, "m.x_f__mutmut_2": 0, "m.x_f__mutmut_3": 36, "m.x_g__mutmut_1": 33, "m.y": None}
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "m.py.meta").write_text(json.dumps({"exit_code_by_key": codes}))
    assert mutants.report(list(mutants.scores(tmp_path))) == 0.5
    printed = capsys.readouterr().out
    assert "survived: 1 in m.x_f" in printed
    assert printed.endswith("2 of 4 mutants noticed: 50.0% (at least 85%)\n")
