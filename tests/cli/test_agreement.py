"""`mtbench agreement`: judges and people, as a process."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from mtbench.records import Json
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.cli import mtbench

AGREE = ("agreement", "--bench", "tiny", "--votes", "votes.jsonl")


def vote(question: int, winner: str, judge: str, turn: int = 1, models: str = "a b") -> Json:
    model_a, model_b = models.split()
    return {
        "question_id": question,
        "model_a": model_a,
        "model_b": model_b,
        "winner": winner,
        "judge": judge,
        "turn": turn,
    }


def bench(folder: Path, votes: list[Json], questions: int = 60) -> Path:
    asked: list[Json] = [
        {"question_id": each, "category": ("writing", "math")[each % 2], "turns": ["?", "?"]}
        for each in range(questions)
    ]
    made = make_bench(folder, asked)
    (made / "model_judgment").mkdir()
    write_lines(folder / "votes.jsonl", votes)
    return made


def rows(folder: Path, kind: str, title: str = "", *more: str) -> dict[str, Json]:
    done = mtbench(folder, *AGREE, "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    tables = [each for each in orjson.loads(done.stdout)["tables"] if each["kind"] == kind and title in each["title"]]
    return {next(iter(row.values())): row for row in tables[0]["rows"]}


def test_the_paper_s_example(tmp_path: Path) -> None:
    """Votes A, A, B of people: two of them agree in one pair of three; a judge that says A agrees with two of three."""
    made = bench(
        tmp_path, [vote(1, said, f"expert_{who}") for who, said in enumerate(["model_a", "model_a", "model_b"])]
    )
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [pair(1, "a b", "11")])
    found = rows(tmp_path, "agreement")
    assert found["human - human"]["s1"] == pytest.approx(1 / 3)
    assert found["gpt-4 pair - human"]["s1"] == pytest.approx(2 / 3)
    assert found["gpt-4 pair - human majority"]["s1"] == pytest.approx(1.0)
    assert found["human - human majority"]["s1"] == pytest.approx(2 / 3)


def test_ties_and_inconsistent_verdicts_are_in_s1_and_not_in_s2(tmp_path: Path) -> None:
    made = bench(tmp_path, [vote(each, "tie" if each < 2 else "model_a", "expert_1") for each in range(6)])
    lines = [
        pair(0, "a b", "12"),
        pair(1, "a b", "11"),
        pair(2, "b a", "22"),
        pair(3, "a b", "22"),
        pair(4, "a b", "1e"),
    ]
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", lines)
    found = rows(tmp_path, "agreement")["gpt-4 pair - human"]
    assert (found["s1"], found["s1_votes"]) == (pytest.approx(2 / 4), 4)  # 0 a tie, 2 agrees though named otherwise
    assert (found["s2"], found["s2_votes"]) == (pytest.approx(1 / 2), 2)


def test_grades_become_comparisons_with_a_margin(tmp_path: Path) -> None:
    made = bench(tmp_path, [vote(each, "model_a", "expert_1") for each in range(3)])
    scores = [(8, 7), (7.1, 7.0), (5, 9)]
    lines = [grade(each, model, score) for each, of in enumerate(scores) for model, score in zip("ab", of, strict=True)]
    write_lines(made / "model_judgment" / "gpt-4_single.jsonl", lines)
    found = rows(tmp_path, "agreement")["gpt-4 single - human"]
    assert (found["s1"], found["s2"]) == (pytest.approx(1 / 3), pytest.approx(1 / 2))


def test_a_judge_with_a_known_error_agrees_as_often_as_it_should(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(60) < 0.5
    votes = [
        vote(each, "model_a" if truth[each] ^ (rng.random() < 0.1) else "model_b", f"expert_{who}", turn)
        for each in range(60)
        for turn in (1, 2)
        for who in range(3)
    ]
    made = bench(tmp_path, votes)
    lines = [
        pair(each, "a b", "11" if truth[each] ^ (rng.random() < 0.2) else "22", turn)
        for each in range(60)
        for turn in (1, 2)
    ]
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", lines)
    found = rows(tmp_path, "agreement", "all turns")["gpt-4 pair - human"]
    assert found["s2_low"] < 0.8 * 0.9 + 0.2 * 0.1 < found["s2_high"]
    people = rows(tmp_path, "agreement_people")["S2"]
    assert people["people"] == pytest.approx(0.82, abs=0.05)
    assert people["others"] < people["majority"]
    assert set(rows(tmp_path, "agreement_category")["gpt-4 pair"]) >= {"writing", "math"}
    assert "0 to 0.1" in rows(tmp_path, "agreement_gap")


def test_authors_are_a_kind_of_their_own_and_turns_have_their_tables(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        [vote(1, "model_a", "author_1"), vote(1, "model_a", "expert_9"), vote(1, "model_b", "author_2", turn=2)],
    )
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [pair(1, "a b", "11", turn) for turn in (1, 2)])
    assert "author - human" in rows(tmp_path, "agreement", "turn 1")
    assert rows(tmp_path, "agreement", "turn 2")["gpt-4 pair - author"]["s1"] == 0.0


def test_judges_are_held_against_each_other_without_people(tmp_path: Path) -> None:
    made = bench(tmp_path, [])
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [pair(1, "a b", "11")])
    claude = [ours(grade(1, model, score), judge="claude") for model, score in (("a", 9), ("b", 3))]
    write_lines(made / "model_judgment" / "claude_single.jsonl", claude)
    done = mtbench(tmp_path, "agreement", "--bench", "tiny")
    assert done.returncode == 0, done.stderr
    assert "claude single - gpt-4 pair" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--votes", "none.jsonl"], "there is no such file"),
        (["--judge", "zeus"], "--judge zeus: not in"),
        (["--format", "csv"], "is not one of"),
        ([], "nobody to agree with: no judgments"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    bench(tmp_path, [])
    done = mtbench(tmp_path, "agreement", "--bench", "tiny", *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_questions_of_one_category_need_no_table_by_category(tmp_path: Path) -> None:
    made = bench(tmp_path, [vote(2 * each, "model_a", "expert_1") for each in range(5)])
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [pair(2 * each, "a b", "11") for each in range(5)])
    done = mtbench(tmp_path, *AGREE)
    assert done.returncode == 0, done.stderr
    assert "by category" not in done.stdout


def test_a_judge_that_graded_and_compared_is_two_kinds(tmp_path: Path) -> None:
    made = bench(tmp_path, [vote(each, "model_a", "expert_1") for each in range(4)])
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [pair(each, "a b", "11") for each in range(4)])
    grades = [grade(each, model, score) for each in range(4) for model, score in (("a", 3), ("b", 9))]
    write_lines(made / "model_judgment" / "gpt-4_single.jsonl", grades)
    found = rows(tmp_path, "agreement")
    assert found["gpt-4 pair - human"]["s1"] == 1.0
    assert found["gpt-4 single - human"]["s1"] == 0.0
    assert found["gpt-4 pair - gpt-4 single"]["s1"] == 0.0


def test_votes_on_answers_that_no_judge_judged_are_counted(tmp_path: Path) -> None:
    made = bench(tmp_path, [vote(each, "model_a", f"expert_{who}") for each in range(4) for who in (1, 2)])
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [pair(each, "a b", "11") for each in (0, 1, 9)])
    done = mtbench(tmp_path, *AGREE)
    assert "note: 2 of 4 pairs of answers that people voted on were judged by no judge." in done.stdout
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [pair(9, "a b", "11")])
    assert "4 of 4 pairs" in (said := mtbench(tmp_path, *AGREE).stdout)
    assert "Are they of another --bench?" in said
