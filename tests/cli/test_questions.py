"""`mtbench questions`, as a process."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from mtbench.pull import OFFICIAL
from tests.support.benches import QUESTIONS, make_bench, write_lines
from tests.support.cli import command, environment, mtbench
from tests.support.shared import SHARED, needs_shared


def questions(folder: Path, *arguments: str | Path) -> tuple[int, str, str]:
    done = mtbench(folder, "questions", *arguments)
    return done.returncode, done.stdout, done.stderr


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """What a person with an 80 columns wide terminal sees."""
    master, slave = pty.openpty()
    environ = environment(folder, {"COLUMNS": "80", "TERM": "xterm-256color"})
    del environ["NO_COLOR"]
    process = subprocess.Popen(command("questions", *arguments), cwd=folder, env=environ, stdout=slave, stdin=slave)
    os.close(slave)
    seen = b""
    try:
        while chunk := os.read(master, 65536):
            seen += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(master)
    assert process.wait(60) == 0
    return seen.decode().replace("\r\n", "\n")


def answer(question_id: int | str, *turns: str) -> dict[str, object]:
    return {"question_id": question_id, "choices": [{"index": 0, "turns": list(turns)}]}


# list


def test_list_shows_every_bench_and_where_it_is_from(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    write_lines(bench / "reference_answer" / "gpt-4.jsonl", [answer(1, "red", "blue"), answer(2, "42", "21")])
    make_bench(tmp_path, [{"question_id": "a", "turns": ["1"]}, {"question_id": "b", "turns": ["1", "2", "3"]}], "own")
    code, out, err = questions(tmp_path, "list")
    rows = [line.split(maxsplit=5) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert rows[0] == ["bench", "questions", "categories", "turns", "references", "from"]
    assert rows[1][0] == "mt80"
    assert rows[1][-1] == "ships with mtbench"
    assert out.splitlines()[2].split() == ["own", "2", "1", "1", "to", "3", "0", "data/own"]
    assert rows[3] == ["tiny", "3", "3", "2", "2", "data/tiny"]
    assert "`mtbench questions pull` fetches the official MT-bench questions" in out


def test_a_broken_bench_is_said_and_the_others_are_listed(tmp_path: Path) -> None:
    make_bench(tmp_path)
    make_bench(tmp_path, [{"question_id": 1, "turns": []}], "broken")
    code, out, err = questions(tmp_path, "list")
    assert code == 2
    assert "tiny" in out
    assert err == (
        "error: data/broken/question.jsonl, line 1: field 'turns': must be a list with at least one text\n"
        "`mtbench questions validate --bench broken` lists every problem\n"
    )


def test_list_is_a_table_on_a_terminal_and_plain_when_piped(tmp_path: Path) -> None:
    make_bench(tmp_path, name="mt_bench")
    assert "\x1b[" in (seen := on_a_terminal(tmp_path, "list"))
    assert "mt_bench" in seen
    out = questions(tmp_path, "list")[1]
    assert "\x1b[" not in out
    assert "questions pull" not in out


# show


def test_show_prints_every_text_of_the_chosen_questions(tmp_path: Path) -> None:
    make_bench(tmp_path)
    code, out, err = questions(tmp_path, "show", "2-3", "--bench", "tiny")
    assert (code, err) == (0, "")
    assert out == (
        "2  math\n  Turn 1\n    What is 6 times 7?\n  Turn 2\n    And half of that?\n\n"
        "3  stem\n  Turn 1\n    Why is the sky blue?\n  Turn 2\n    And at sunset?\n\n"
    )


def test_show_with_references_prints_those_of_the_file_and_of_every_model(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    write_lines(bench / "reference_answer" / "org%2Fjudge.jsonl", [answer(2, "forty-two")])
    out = questions(tmp_path, "show", "2", "--bench", "tiny", "--references")[1]
    assert out == (
        "2  math\n  Turn 1\n    What is 6 times 7?\n  Reference for turn 1\n    42\n"
        "  Reference for turn 1, by org/judge\n    forty-two\n"
        "  Turn 2\n    And half of that?\n  Reference for turn 2\n    21\n\n"
    )


def test_show_takes_categories_and_a_limit(tmp_path: Path) -> None:
    make_bench(tmp_path)
    out = questions(tmp_path, "show", "--bench", "tiny", "--category", "stem", "--category", "math", "--limit", "1")[1]
    assert out.startswith("2  math\n")
    assert "stem" not in out


def test_show_as_json_is_what_a_program_reads(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    write_lines(bench / "reference_answer" / "gpt-4.jsonl", [answer(1, "red", "blue")])
    bare = json.loads(questions(tmp_path, "show", "--bench", "tiny", "--format", "json")[1])
    assert bare == [{name: each[name] for name in ("question_id", "category", "turns")} for each in QUESTIONS]
    whole = json.loads(questions(tmp_path, "show", "--bench", "tiny", "--format", "json", "--references")[1])
    assert whole == [QUESTIONS[0] | {"reference_answer": {"gpt-4": ["red", "blue"]}}, *QUESTIONS[1:]]


def test_a_long_text_is_one_line_when_piped_and_wrapped_on_a_terminal(tmp_path: Path) -> None:
    text = "[bold]word[/bold] " * 40
    make_bench(tmp_path, [{"question_id": 1, "category": "art", "turns": [text.strip(), "second\n\n  line"]}])
    out = questions(tmp_path, "show", "--bench", "tiny")[1]
    assert f"    {text.strip()}\n" in out
    assert "    second\n    \n      line\n" in out
    seen = on_a_terminal(tmp_path, "show", "--bench", "tiny")
    assert seen.count("[bold]word[/bold]") == 40
    assert max(map(len, seen.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "7", "--bench", "tiny"], "questions '7': '7' is neither an id here nor a range like 81-90"),
        (["show", "--bench", "tiny", "--category", "art"], "no category art here; there are writing, math, stem"),
        (["show", "--bench", "none"], "no bench 'none': data/none/question.jsonl does not exist. Benches here: "),
        (["validate", "--bench", "none"], "no bench 'none': "),
    ],
)
def test_what_is_not_there_is_a_sentence(tmp_path: Path, arguments: list[str], says: str) -> None:
    make_bench(tmp_path)
    code, out, err = questions(tmp_path, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {says}")


def test_settings_in_the_file_and_the_environment_hold_here_too(tmp_path: Path) -> None:
    make_bench(tmp_path / "elsewhere")
    (tmp_path / "mtbench.yaml").write_text("data-dir: elsewhere/data\nbench: tiny\n")
    assert questions(tmp_path, "validate")[1].startswith("elsewhere/data/tiny/question.jsonl: 3 questions")
    done = mtbench(tmp_path, "questions", "show", env={"MTBENCH_BENCH": "mt80", "MTBENCH_LIMIT": "1"})
    assert done.stdout.startswith("1001  writing\n")


# validate


def test_validate_says_what_is_fine(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    write_lines(bench / "reference_answer" / "gpt-4.jsonl", [answer(3, "scattering", "longer path")])
    code, out, err = questions(tmp_path, "validate", "--bench", "tiny")
    assert (code, err) == (0, "")
    assert out == "data/tiny/question.jsonl: 3 questions, 3 categories, 2 turns each, 2 references; no problem\n"
    assert questions(tmp_path, "validate", bench / "question.jsonl")[1] == out.replace("data/", f"{tmp_path}/data/")
    assert questions(tmp_path, "validate", bench)[1] == out.replace("data/", f"{tmp_path}/data/")


def test_validate_counts_one_of_each_in_the_singular(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", [{"question_id": 1, "category": "art", "turns": ["?"]}])
    out = questions(tmp_path, "validate", path)[1]
    assert out == f"{path}: 1 question, 1 category, 1 turn each, no references; no problem\n"


BROKEN = """\
{"question_id": 1, "category": "art", "turns": ["one", "two"], "reference": ["1"]}
{"question_id": 2, "category": 3, "turns": ["", 5], "reference": 7, "required_temperature": 2.5}
{"question_id": 1, "category": "art", "turns": ["again"]}
nonsense
{"question_id": "1", "turns": ["the same to --questions"]}
{"category": "art", "turns": "one"}

{"question_id": 8, "turns": ["a"], "turns": ["b"]}
[]
{"question_id": 10, "turns": []}
{"question_id": 11, "turns": ["torn"]"""


def test_validate_lists_every_problem_with_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(BROKEN)
    code, out, err = questions(tmp_path, "validate", "q.jsonl")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "error: 14 problems (usable: 2 questions, 2 categories, 1 to 2 turns each, 1 reference)",
        "q.jsonl, line 1: field 'reference': 1 text for 2 turns of question 1",
        "q.jsonl, line 2: field 'category': must be a text, not 3",
        "q.jsonl, line 2: field 'turns': text 1 is empty, text 2 is not a text",
        "q.jsonl, line 2: field 'reference': must be a list with at least one text",
        "q.jsonl, line 2: field 'required_temperature': must lie between 0 and 2, not 2.5",
        "q.jsonl, line 3: field 'question_id': 1 stands already in line 1",
        "q.jsonl, line 4: not JSON (Expecting value at column 1)",
        "q.jsonl, line 5: field 'question_id': 1 stands already in line 1",
        "q.jsonl, line 6: field 'question_id': is missing",
        "q.jsonl, line 6: field 'turns': must be a list with at least one text",
        "q.jsonl, line 8: field 'turns': is given twice",
        "q.jsonl, line 9: not a JSON object",
        "q.jsonl, line 10: field 'turns': must be a list with at least one text",
        "q.jsonl, line 11: not JSON (Expecting ',' delimiter at column 38)",
    ]


def test_validate_notes_what_may_be_meant_so(tmp_path: Path) -> None:
    lines = [
        {"question_id": 1, "category": "math", "turns": ["?"], "difficulty": 3, "author": "me"},
        {"question_id": 2, "category": "coding", "turns": ["?", "?"], "reference": ["x", " "]},
        {"question_id": 3, "category": "reasoning", "turns": ["?"], "reference": [""]},
        {"question_id": 4, "category": "math", "turns": ["?"]},
        {"question_id": 5, "category": "art", "turns": ["?"]},
    ]
    path = write_lines(tmp_path / "q.jsonl", lines)
    write_lines(tmp_path / "reference_answer" / "gpt-4.jsonl", [answer(4, "4")])
    code, out, err = questions(tmp_path, "validate", path)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"note: {path}, line 1: field 'difficulty': not a field that we know; it is kept",
        f"note: {path}, line 1: field 'author': not a field that we know; it is kept",
        f"note: {path}, line 1: no reference answer, and math is judged beside one",
        f"note: {path}, line 2: field 'reference': text 2 is empty: the file has no reference answer for that turn",
        f"note: {path}, line 3: field 'reference': text 1 is empty: the file has no reference answer for that turn",
        f"note: {path}, line 3: no reference answer, and reasoning is judged beside one",
        f"{path}: 5 questions, 4 categories, 1 to 2 turns each, 2 references; no problem",
    ]


def test_validate_checks_the_reference_answers_beside_the_questions(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    path = write_lines(
        bench / "reference_answer" / "gpt-4.jsonl",
        [answer(2, "42"), answer(9, "?", "?"), {"question_id": 1, "choices": 5}, answer("1", "?", "?")],
    )
    path.write_text(path.read_text() + "{")
    code, out, err = questions(tmp_path, "validate", "--bench", "tiny")
    place = "data/tiny/reference_answer/gpt-4.jsonl"
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "error: 5 problems (usable: 3 questions, 3 categories, 2 turns each, 1 reference)",
        f"{place}, line 1: field 'choices': 1 text for 2 turns of question 2",
        f"{place}, line 2: field 'question_id': 9 is not among the questions",
        f"{place}, line 3: field 'choices': must be a list with at least one choice",
        f"{place}, line 4: field 'question_id': '1' is not among the questions",
        f"{place}, line 5: not JSON (Expecting property name enclosed in double quotes at column 2)",
    ]


@pytest.mark.parametrize(
    ("text", "says"), [(None, "q.jsonl: does not exist"), ("\n", "q.jsonl: has no questions")], ids=["missing", "empty"]
)
def test_validate_of_no_questions_fails(tmp_path: Path, text: str | None, says: str) -> None:
    if text:
        (tmp_path / "q.jsonl").write_text(text)
    code, _, err = questions(tmp_path, "validate", "q.jsonl")
    assert (code, err) == (2, f"error: 1 problem (usable: no question)\n{says}\n")


def test_our_own_set_is_valid(tmp_path: Path) -> None:
    code, out, err = questions(tmp_path, "validate")
    assert (code, err) == (0, "")
    assert out.endswith("80 questions, 8 categories, 2 turns each, 40 references; no problem\n")


# pull


def test_pull_refuses_files_that_are_not_the_official_ones(tmp_path: Path) -> None:
    for pin in OFFICIAL:
        (tmp_path / "from" / pin.source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / pin.source).write_text("other")
    code, out, err = questions(tmp_path, "pull", "--from", "from")
    assert (code, out) == (2, "")
    assert err.startswith("error: from/mt_bench/question.jsonl is not the official file: expected SHA-256 119565adbab8")
    assert err.endswith("nothing is written to data/mt_bench\n")
    assert not (tmp_path / "data").exists()


@needs_shared
def test_pull_makes_the_official_bench_and_replaces_a_changed_file_with_force_only(tmp_path: Path) -> None:
    code, out, err = questions(tmp_path, "pull", "--from", SHARED, "--data-dir", "d")
    assert (code, err) == (0, "")
    first, *others = [f"d/mt_bench/{pin.target}" for pin in OFFICIAL]
    last = "Use them: --bench mt_bench --judge-prompts d/mt_bench/judge_prompts.jsonl"
    assert out.splitlines() == [*(f"{target}: fetched, SHA-256 right" for target in (first, *others)), last]

    (tmp_path / first).write_text("mine")
    code, out, err = questions(tmp_path, "pull", "--from", SHARED, "--data-dir", "d")
    assert (code, out) == (2, "")
    assert err.endswith("nothing is changed; --force replaces what is there\n")
    assert (tmp_path / first).read_text() == "mine"

    out = questions(tmp_path, "pull", "--from", SHARED, "--data-dir", "d", "--force")[1]
    kept = [f"{target}: there already, SHA-256 right" for target in others]
    assert out.splitlines() == [*kept, f"{first}: fetched, SHA-256 right", last]
    out = questions(tmp_path, "validate", "--bench", "mt_bench", "--data-dir", "d")[1]
    assert out.splitlines()[-1] == f"{first}: 80 questions, 8 categories, 2 turns each, 40 references; no problem"
