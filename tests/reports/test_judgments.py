"""Reading judgment files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from mtbench.briefs import judgment_briefs
from mtbench.errors import BadRecord
from mtbench.files import Lines
from mtbench.records import Failure, Json, prompt_set
from mtbench.reports.judgments import Group, contest_of_failure, group, read_file, read_judgments
from tests.reports.lines import grade, ours, pair
from tests.support.benches import write_lines


class Grouping(Protocol):
    def __call__(self, *lines: Json, failures: Sequence[Failure] = ()) -> list[Group]: ...


@pytest.fixture
def groups_of(tmp_path: Path) -> Grouping:
    def read(*lines: Json, failures: Sequence[Failure] = ()) -> list[Group]:
        return group([(list(judgment_briefs(Lines(write_lines(tmp_path / "lines.jsonl", lines)))), failures)])

    return read


def scores(one: Group) -> list[float]:
    return [judgment.score for judgment in one.judgments if hasattr(judgment, "score")]


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("default/single-reference", "default"),
        ("cot/pairwise", "cot"),
        ("single-math-v1-multi-turn", "FastChat"),
        ("single-v1.structured", "FastChat.structured"),
        ("default/single.structured", "default.structured"),
        ("default.structured/single", "default.structured"),
    ],
)
def test_the_set_of_a_prompt_is_before_the_slash_and_fastchat_s_names_have_none(prompt: str, name: str) -> None:
    assert prompt_set(prompt) == name


def test_a_group_is_one_judge_with_one_prompt_set(groups_of: Grouping) -> None:
    found = groups_of(
        grade(1, "a", 5),
        grade(1, "a", 5, judge=["gpt-4", "single-math-v1"]),
        ours(grade(1, "a", 6)),
        ours(grade(1, "a", 7), judge="claude"),
    )
    assert [(each.judge, each.prompt_set, len(each.judgments)) for each in found] == [
        ("claude", "default", 1),
        ("gpt-4", "FastChat", 2),
        ("gpt-4", "default", 1),
    ]


def test_a_line_of_ours_supersedes_the_earlier_ones_of_the_same_work(groups_of: Grouping) -> None:
    (one,) = groups_of(ours(grade(1, "a", 2)), ours(grade(1, "b", 3)), ours(grade(1, "a", 4)), ours(grade(1, "a", 9)))
    assert (scores(one), one.superseded, one.duplicates) == ([3, 9], 2, 0)


def test_a_line_of_ours_supersedes_fastchat_s_under_the_same_prompt_name(groups_of: Grouping) -> None:
    (one,) = groups_of(grade(1, "a", 2), grade(1, "a", 3), grade(1, "a", 4, request_hash="aa"))
    assert (scores(one), one.superseded) == ([4], 2)


def test_fastchat_s_lines_supersede_nothing_and_are_all_counted(groups_of: Grouping) -> None:
    (one,) = groups_of(grade(1, "a", 2, request_hash="aa"), grade(1, "a", 3), grade(1, "a", 4))
    assert (scores(one), one.superseded, one.duplicates) == ([2, 3, 4], 0, 2)


def test_another_prompt_of_the_same_set_on_the_same_work_supersedes(groups_of: Grouping) -> None:
    now_beside_a_reference = ours(grade(1, "a", 3)) | {"judge": ["gpt-4", "default/single-reference"]}
    (one,) = groups_of(ours(grade(1, "a", 2)), now_beside_a_reference)
    assert (scores(one), one.superseded) == ([3], 1)


@pytest.mark.parametrize("other", [{"turn": 2}, {"repeat": 1}, {"question_id": 2}])
def test_other_work_is_not_superseded(groups_of: Grouping, other: Json) -> None:
    (one,) = groups_of(ours(grade(1, "a", 2)), ours(grade(1, "a", 3)) | other)
    assert (scores(one), one.superseded) == ([2, 3], 0)


def test_a_pair_stored_mirrored_is_the_same_pair(groups_of: Grouping) -> None:
    (one,) = groups_of(ours(pair(1, "a b", "11")), ours(pair(1, "b a", "22")), ours(pair(1, "a c", "11")))
    assert (len(one.judgments), one.superseded) == (2, 1)


def test_a_pair_played_in_one_order_supersedes_too(groups_of: Grouping) -> None:
    first = pair(1, "a b", "11", judge=["gpt-4", "default/pair"], g2_request_hash="bb", one_order="g2")
    (one,) = groups_of(first, first)
    assert one.superseded == 1


def test_a_failure_goes_to_the_prompt_set_that_it_names_or_else_to_all_of_its_file(groups_of: Grouping) -> None:
    named = Failure({"question_id": 2, "models": ["b", "a"], "prompt": "default/single"}, "unavailable", "", 1.0)
    judged = Failure({"question_id": 2, "models": ["a"], "prompt": "single-v1"}, "unavailable", "", 1.0)
    nameless = Failure({"question_id": 2}, "unavailable", "", 1.0)
    found = groups_of(grade(1, "a", 5), ours(grade(1, "a", 5)), failures=(named, judged, nameless))
    assert {each.prompt_set: each.failures for each in found} == {
        "default": (named, nameless),
        "FastChat": (judged, nameless),
    }
    assert [contest_of_failure(each) for each in (named, judged, nameless)] == [("a", "b"), ("a",), ()]


def test_a_failure_that_outlived_its_work_is_not_counted(groups_of: Grouping) -> None:
    key = {"question_id": 1, "turn": 1, "models": ["b", "a"], "prompt": "default/pair", "repeat": 0}
    changes: list[Json] = [
        {},
        {"prompt": "default/pair-reference"},
        {"prompt": "cot/pair"},
        {"turn": 2},
        {"repeat": 1},
        {"question_id": 2},
        {"models": ["a", "c"]},
    ]
    failures = tuple(Failure(key | change, "unavailable", "", 1.0) for change in changes)
    found = groups_of(
        ours(pair(1, "a b", "11"), prompt="default/pair"),
        ours(pair(9, "a b", "11"), prompt="cot/pair"),
        failures=failures,
    )
    assert {each.prompt_set: each.failures for each in found} == {"default": failures[3:], "cot": (failures[2],)}


def test_what_was_only_interrupted_has_not_failed(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gpt-4_single.jsonl", [grade(1, "a", 5)])
    failures = [
        {"key": {"question_id": number, "models": ["a"]}, "reason": reason, "message": "", "tstamp": 1.0}
        for number, reason in ((2, "interrupted"), (3, "refused"))
    ]
    write_lines(tmp_path / "gpt-4_single.failures.jsonl", failures)
    assert [failure.reason for failure in read_file(path, print)[1]] == ["refused"]


def test_a_file_is_read_with_the_failures_beside_it_and_a_torn_tail_is_said(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gpt-4_single.jsonl", [grade(1, "a", 5)])
    path.write_bytes(path.read_bytes() + b'{"question_id": 2, "mod')
    failure = {"key": {"question_id": 2}, "reason": "refused", "message": "no", "tstamp": 1.0}
    write_lines(tmp_path / "gpt-4_single.failures.jsonl", [failure, failure])
    notes: list[str] = []
    judgments, failures = read_file(path, notes.append)
    assert (len(judgments), len(failures)) == (1, 1)
    assert len(notes) == 1
    assert "line 2" in notes[0]


def test_a_file_of_both_kinds_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "mixed.jsonl", [grade(1, "a", 5), pair(1, "a b", "11")])
    with pytest.raises(BadRecord, match="line 2: a pair judgment among single grades"):
        read_judgments(path, print)


def test_a_line_that_is_no_judgment_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.jsonl", [grade(1, "a", 5), {"question_id": 1, "choices": []}])
    with pytest.raises(BadRecord, match="line 2: neither a grade"):
        read_judgments(path, print)
