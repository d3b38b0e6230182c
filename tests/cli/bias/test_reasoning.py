"""`mtbench bias reasoning`: asking about answers known to be right and wrong, and what is said of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
import pytest

from mtbench.benches import shipped
from mtbench.records import Json
from mtbench.studies.reasoning import KNOWN_ANSWERS
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.seen_prompts import see
from tests.support.servers import running_server

REASONING = ("bias", "reasoning", "--bench", "tiny")
ASKED: list[Json] = [
    {"question_id": 1, "category": "math", "turns": ["6 times 7?", "And half of it?"], "reference": ["42", "21"]},
    {"question_id": 2, "category": "reasoning", "turns": ["Who lies?"], "reference": ["Anouk does"]},
    {"question_id": 3, "category": "math", "turns": ["How many?"]},
]
RIGHT, WRONG = "the right one", "the wrong one"
WAYS = ["grader, default", "grader, cot", "grader, default with reference", "grader, cot with reference"]


def bench(folder: Path, known: Sequence[int] = (1, 2)) -> Path:
    made = make_bench(folder, ASKED)
    turns = {each["question_id"]: len(each["turns"]) for each in ASKED}
    lines: list[Json] = [
        {"question_id": each, "model_id": model, "choices": [{"index": 0, "turns": [text] * turns[each]}]}
        for each in known
        for model, text in (("right", RIGHT), ("wrong", WRONG))
    ]
    write_lines(made / KNOWN_ANSWERS, lines)
    return made


def fooled(*approaches: str) -> Callable[[Json], str]:
    """A judge that prefers wrong answers when it is asked so, and else the right ones."""

    def reply(body: Json) -> str:
        seen = see(body)
        wanted = WRONG if seen.approach in approaches else RIGHT
        if seen.form == "grade":
            return "[[9]]" if seen.answers == (wanted,) else "[[4]]"
        return f"[[{'AB'[seen.answers.index(wanted)]}]]"

    return reply


def tables(folder: Path, *words: str) -> dict[str, list[Json]]:
    done = mtbench(folder, *REASONING, "--format", "json", *words)
    assert done.returncode == 0, done.stderr
    return {table["kind"]: table["rows"] for table in orjson.loads(done.stdout)["tables"]}


def test_a_judge_is_asked_in_every_way_once_and_its_failures_are_told_by_way(tmp_path: Path) -> None:
    bench(tmp_path)
    with running_server(reply=fooled("default")) as server:
        asked = ("--judge", "openai/grader", "--judge-base-url", server.base_url, "--ask")
        planned = mtbench(tmp_path, *REASONING, *asked, "--dry-run")
        assert planned.returncode == 0, planned.stderr
        assert planned.stdout.count("3 judgments (0 done): 6 requests") == 4
        assert planned.stdout.count("Nothing was sent.") == 4
        assert not server.requests
        found = tables(tmp_path, *asked)
        assert len(server.requests) == 24
        assert tables(tmp_path, *asked) == found == tables(tmp_path)
        assert len(server.requests) == 24
    assert [row["of"] for row in found["reasoning"]] == WAYS
    assert [(row["failures"], row["games"], row["rate"]) for row in found["reasoning"]] == [
        (6, 6, 1.0),
        (0, 6, 0.0),
        (0, 6, 0.0),
        (0, 6, 0.0),
    ]
    assert [row["both_orders"] for row in found["reasoning"]] == [3, 0, 0, 0]
    assert [(row["of"], row["mended"], row["difference"]) for row in found["reasoning_ways"]] == [
        ("cot", 6, -1.0),
        ("default with reference", 6, -1.0),
        ("cot with reference", 6, -1.0),
    ]
    assert [row["p"] for row in found["reasoning_ways"]] == [0.5] * 3
    assert [row["p_holm"] for row in found["reasoning_ways"]] == [1.0] * 3
    assert {row["of"]: row["failures"] for row in found["reasoning_category"] if row["failures"]} == {
        "default, math": 4,
        "default, reasoning": 2,
    }
    assert {row["of"]: row["games"] for row in found["reasoning_turn"][:2]} == {
        "default, turn 1": 4,
        "default, turn 2": 2,
    }
    assert [(row["of"], row["category"], row["default"], row["cot"]) for row in found["reasoning_question"]] == [
        ("1", "math", 4, 0),
        ("2", "reasoning", 2, 0),
    ]


def test_only_prompts_with_a_reference_show_one(tmp_path: Path) -> None:
    made = bench(tmp_path)
    with running_server(reply=fooled()) as server:
        tables(tmp_path, "--judge", "openai/grader", "--judge-base-url", server.base_url, "--ask")
        seen = [see(body) for body in server.bodies]
    assert {(each.prompts, bool(each.reference)) for each in seen} == {
        (name, beside) for name in ("default", "cot") for beside in (False, True)
    }
    judged = {
        folder.name: {line["judge"][1] for line in read_lines(folder / "model_judgment" / "grader_pair.jsonl")}
        for folder in (made / "studies").iterdir()
    }
    assert judged == {
        "reasoning": {"default/pair", "default/pair-turns", "cot/pair", "cot/pair-turns"},
        "reasoning-reference": {
            f"{name}/pair{turns}-reference" for name in ("default", "cot") for turns in ("", "-turns")
        },
    }


def test_ways_are_chosen_by_prompt_set_and_reference(tmp_path: Path) -> None:
    bench(tmp_path)
    with running_server(reply=fooled()) as server:
        asked = ("--judge", "openai/grader", "--judge-base-url", server.base_url, "--ask")
        chosen = tables(tmp_path, *asked, "--judge-prompts", "short", "--reference", "with", "--category", "math")
        assert len(server.requests) == 4
        tables(tmp_path, *asked, "--reference", "without", "--limit", "1", "--structured")
    assert [row["of"] for row in chosen["reasoning"]] == ["grader, short with reference"]
    assert "reasoning_ways" not in chosen
    shown = tables(tmp_path)["reasoning"]
    assert {row["of"] for row in shown} == {
        "grader, default.structured",
        "grader, cot.structured",
        "grader, short with reference",
    }


def test_grades_tell_failures_ties_and_what_was_called_good(tmp_path: Path) -> None:
    bench(tmp_path)
    with running_server(reply=fooled("default", "reference")) as server:
        asked = ("--judge", "openai/grader", "--judge-base-url", server.base_url, "--ask", "--mode", "single")
        found = tables(tmp_path, *asked)["reasoning"]
        assert len(server.requests) == 24
    assert [row["failures"] for row in found] == [3, 0, 3, 3]
    assert [row["called_good"] for row in found] == [1.0, 0.0, 1.0, 1.0]
    assert [(row["right_mean"], row["wrong_mean"]) for row in found[:2]] == [(4.0, 9.0), (9.0, 4.0)]
    assert tables(tmp_path, "--mode", "single", "--mark", "3")["reasoning"][1]["called_good"] == 1.0
    assert mtbench(tmp_path, *REASONING).returncode == 2  # of comparisons there are none


def judged(folder: Path, *lines: Json, kind: str = "pair", half: str = "reasoning") -> None:
    write_lines(bench(folder) / "studies" / half / "model_judgment" / f"grader_{kind}.jsonl", list(lines))


def said(line: Json, prompt: str = "default/pair") -> Json:
    return ours(line, judge="grader", prompt=prompt)


def test_judgments_that_are_there_need_no_question_file(tmp_path: Path) -> None:
    judged(tmp_path, said(pair(7, "right wrong", "2e")), said(pair(8, "right wrong", "00")))
    found = tables(tmp_path)
    (row,) = found["reasoning"]
    assert (row["failures"], row["ties"], row["games"], row["silent"]) == (1, 2, 3, 1)
    assert (row["missed"], row["both_orders"]) == (1.0, 0)
    assert [row["category"] for row in found["reasoning_question"]] == ["(not in the bench)"]
    assert "reasoning_category" not in found


def test_a_judge_without_verdicts_has_no_rate(tmp_path: Path) -> None:
    judged(tmp_path, said(pair(7, "right wrong", "ee")))
    judged(tmp_path, said(pair(7, "right wrong", "12")), half="reasoning-reference")
    found = tables(tmp_path)
    assert [row["rate"] for row in found["reasoning"]] == [None, 0.5]
    assert [(row["games"], row["p"], row["difference"]) for row in found["reasoning_ways"]] == [(0, None, None)]
    silent = [said(grade(7, model, -1), "default/single") for model in ("right", "wrong")]
    judged(tmp_path, *silent, kind="single")
    (row,) = tables(tmp_path, "--mode", "single")["reasoning"]
    assert (row["games"], row["silent"], row["called_good"], row["right_mean"]) == (0, 1, None, None)


def test_two_judges_have_tables_of_their_own_and_failed_requests_are_counted(tmp_path: Path) -> None:
    judged(tmp_path, *(said(pair(each, "right wrong", "12")) for each in (1, 2)))
    folder = tmp_path / "data" / "tiny" / "studies" / "reasoning" / "model_judgment"
    lines = [ours(pair(each, "right wrong", "11"), judge="other", prompt="default/pair") for each in (1, 2)]
    write_lines(folder / "other_pair.jsonl", lines)
    key = {"question_id": 3, "turn": 1, "models": ["right", "wrong"], "prompt": "default/pair", "repeat": 0}
    write_lines(
        folder / "grader_pair.failures.jsonl", [{"key": key, "reason": "timeout", "message": "", "tstamp": 9.0}]
    )
    found = tables(tmp_path)["reasoning"]
    assert [(row["of"], row["failures"], row["unanswered"]) for row in found] == [
        ("grader, default", 2, 1),
        ("other, default", 0, 0),
    ]
    assert [row["of"] for row in tables(tmp_path, "--judge", "openai/other")["reasoning"]] == ["other, default"]


def test_a_plot_is_drawn_of_the_failure_rates(tmp_path: Path) -> None:
    judged(tmp_path, *(said(pair(each, "right wrong", "12")) for each in (1, 2)))
    done = mtbench(tmp_path, *REASONING, "--plot", "plots")
    assert "drew 1 plot into plots" in done.stderr
    assert "Zheng et al. 2023" in done.stdout
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"reasoning-rate.png", "reasoning-rate.svg"}


def test_questions_without_a_reference_are_left_out_where_one_is_shown(tmp_path: Path) -> None:
    bench(tmp_path, known=(2, 3))
    with running_server(reply=fooled()) as server:
        asked = ("--judge", "openai/grader", "--judge-base-url", server.base_url, "--ask", "--judge-prompts", "default")
        done = mtbench(tmp_path, *REASONING, *asked)
        assert done.returncode == 0, done.stderr
        assert "questions without a reference are not asked beside one" in done.stderr
        assert len(server.requests) == 4 + 2
        plain = mtbench(tmp_path, *REASONING, *asked, "--questions", "3")
        assert (plain.returncode, len(server.requests)) == (0, 4 + 2)
        refused = mtbench(tmp_path, *REASONING, *asked, "--questions", "3", "--reference", "with")
    assert refused.returncode == 2
    assert "--reference without" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said_then"),
    [
        ([], "nothing was judged in"),
        (["--mode", "single"], "--judge J --mode single --ask does that"),
        (["--ask"], "which judge shall be asked?"),
        (["--judge-prompts", "cot"], "with prompts cot"),
        (["--reference", "never"], "'never' is not one of"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, words: list[str], said_then: str) -> None:
    bench(tmp_path)
    done = mtbench(tmp_path, *REASONING, *words)
    assert done.returncode == 2
    assert said_then in " ".join(done.stderr.split())


def test_a_judge_that_is_not_there_is_named(tmp_path: Path) -> None:
    judged(tmp_path, said(pair(7, "right wrong", "12")))
    assert "--judge zeus: not in" in mtbench(tmp_path, *REASONING, "--judge", "zeus").stderr


def test_a_bench_without_known_answers_is_asked_about_those_that_ship(tmp_path: Path) -> None:
    make_bench(tmp_path, ASKED)
    done = mtbench(tmp_path, *REASONING, "--judge", "openai/grader", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "tiny" / "studies" / "reasoning-mt80" / "question.jsonl").is_file()


def test_the_answers_that_ship_are_asked_about_without_any_file_of_ones_own(tmp_path: Path) -> None:
    done = mtbench(tmp_path, "bias", "reasoning", "--judge", "openai/grader", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("40 judgments (0 done): 80 requests") == 4
    known = read_lines(shipped("questions") / "mt80" / KNOWN_ANSWERS)
    assert (
        read_lines(tmp_path / "data/mt80/studies/reasoning/model_answer/wrong.jsonl")[0]["choices"]
        == known[1]["choices"]
    )
