"""Bad input and wrong usage, through the command line: one sentence that says what to do, and nothing lost."""

import subprocess
from pathlib import Path

import orjson
import pytest
import yaml

from tests.support.benches import QUESTIONS, make_bench, read_lines, write_lines
from tests.support.cli import command, environment, mtbench
from tests.support.servers import Fault, ModelServer, running_server

CLOSED = "http://127.0.0.1:9/v1"
"""Nothing listens there."""


def generate(folder: Path, url: str, *more: str | Path) -> subprocess.CompletedProcess[str]:
    return mtbench(folder, "gen-answers", "--model", "openai/tiny", "--base-url", url, "--bench", "tiny", *more)


def run(folder: Path, server: ModelServer, *more: str | Path) -> subprocess.CompletedProcess[str]:
    return mtbench(
        folder, "run", "--model", "openai/tiny", "--base-url", server.base_url, "--judge", "openai/grader",
        "--judge-base-url", server.base_url, "--bench", "tiny", *more,
    )  # fmt: skip


def judge(folder: Path, server: ModelServer, *more: str | Path) -> subprocess.CompletedProcess[str]:
    return mtbench(
        folder, "judge", "--judge", "openai/grader", "--base-url", server.base_url, "--bench", "tiny", *more
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--questions", "1-" + "9" * 5000), "neither an id here nor a range"),
        (("--bench", "../away"), "'../away' must be the name of a folder in data"),
        (("--bench", ".."), "must be the name of a folder"),
        (("--bench", ""), "must be the name of a folder"),
        (("--base-url", ""), "base URL '' must look like"),
        (("--base-url", "http://[::1/v1"), "must look like"),
        (("--base-url", "http://host:0/v1"), "must look like"),
        (("--base-url", f"{CLOSED}/chat/completions/"), "leave /chat/completions off the end"),
        (("--seed", str(2**70)), "check --seed"),
    ],
)
def test_a_slip_on_the_command_line_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    make_bench(tmp_path)
    make_bench(tmp_path / "elsewhere", name="away")
    (tmp_path / "away").mkdir()
    write_lines(tmp_path / "away" / "question.jsonl", QUESTIONS)
    done = generate(tmp_path, CLOSED, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "away" / "model_answer").exists()


def test_a_password_in_a_base_url_is_refused_before_it_is_saved(tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = generate(tmp_path, "http://user:sEcReT-word@127.0.0.1:9/v1")
    assert done.returncode == 2
    assert "sEcReT-word" not in done.stdout + done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"sEcReT-word" in path.read_bytes()]


def test_a_request_may_take_for_ever(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    with running_server() as server:
        assert generate(tmp_path, server.base_url, "--timeout", "inf").returncode == 0


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"logit_bias": {1: 2}}, "models.odd.params: cannot be sent as JSON"),
        ({"seed": 2**70}, "models.odd.params: cannot be sent as JSON"),
        ({"messages": []}, "models.odd.params.messages: mtbench sets this itself"),
        ({"stream": True}, "models.odd.params.stream: mtbench sets this itself"),
    ],
)
def test_parameters_of_an_alias_that_cannot_be_sent_are_named(
    tmp_path: Path, params: dict[object, object], says: str
) -> None:
    make_bench(tmp_path)
    alias = {"provider": "openai", "model": "m", "base_url": CLOSED, "params": params}
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": {"odd": alias}}))
    done = mtbench(tmp_path, "gen-answers", "--model", "odd", "--bench", "tiny")
    assert done.returncode == 2
    assert f"models.yaml: {says}" in done.stderr


def test_1_and_the_text_1_are_one_question_id(tmp_path: Path) -> None:
    make_bench(tmp_path, [QUESTIONS[0], QUESTIONS[0] | {"question_id": "1"}])
    done = generate(tmp_path, CLOSED)
    assert done.returncode == 2
    assert "line 2: field 'question_id': 1 stands already in line 1" in done.stderr


def test_judging_before_there_are_answers_says_how_to_make_some(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as server:
        done = judge(tmp_path, server)
    assert done.returncode == 2
    assert "no answers in data/tiny/model_answer: `mtbench gen-answers" in done.stderr


def test_an_empty_file_of_answers_is_no_model_to_judge(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server() as server:
        assert generate(tmp_path, server.base_url).returncode == 0
        (bench / "model_answer" / "empty.jsonl").touch()
        (bench / "model_answer" / "away.jsonl").symlink_to("nowhere")
        assert judge(tmp_path, server).returncode == 0
        named = judge(tmp_path, server, "--model", "empty")
    assert named.returncode == 2
    assert "Models with answers: tiny." in named.stderr


def test_a_baseline_without_answers_is_said_before_anything_is_paid_for(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as server:
        done = run(tmp_path, server, "--mode", "pairwise-baseline", "--baseline", "nobody")
        assert (done.returncode, server.requests) == (2, [])
    assert "no answers by nobody" in done.stderr


def test_a_baseline_that_answered_less_is_said(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server(reply=lambda _: "[[A]]") as server:
        assert run(tmp_path, server, "--model", "openai/base").returncode == 0
        base = bench / "model_answer" / "base.jsonl"
        write_lines(base, read_lines(base)[:2])
        done = run(tmp_path, server, "--mode", "pairwise-baseline", "--baseline", "base")
    assert "tiny vs base: 2 turns cannot be judged because their answers are missing" in done.stderr


def test_unknown_fields_of_an_answer_stay_when_choices_join_it_and_when_the_file_is_sorted(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    choice = {"index": 0, "turns": ["one", "two"], "odd": [1]}
    kept = {"answer_id": "a", "model_id": "tiny", "choices": [choice], "tstamp": 1.5, "conv": {"of": "FastChat"}}
    path = write_lines(bench / "model_answer" / "tiny.jsonl", [{"question_id": each} | kept for each in (3, 1, 2)])
    with running_server() as server:
        assert generate(tmp_path, server.base_url).returncode == 0
        assert [(line["question_id"], line["conv"]) for line in read_lines(path)] == [
            (each, {"of": "FastChat"}) for each in (1, 2, 3)
        ]
        assert generate(tmp_path, server.base_url, "--num-choices", "2").returncode == 0
    for line in read_lines(path):
        assert line["conv"] == {"of": "FastChat"}
        assert line["choices"][0] == choice
        assert len(line["choices"]) == 2


@pytest.mark.parametrize("name", ["question.jsonl", "model_answer/tiny.jsonl", "model_judgment/grader_single.jsonl"])
def test_a_line_that_is_not_json_is_named_and_the_file_is_left_alone(tmp_path: Path, name: str) -> None:
    bench = make_bench(tmp_path)
    with running_server() as server:
        assert run(tmp_path, server).returncode == 0
        path = bench / name
        first, *rest = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(spoilt := first + b"not json\n" + b"".join(rest))
        server.requests.clear()
        done = run(tmp_path, server)
        assert (done.returncode, server.requests) == (2, [])
    assert f"{path.relative_to(tmp_path)}, line 2: not JSON" in done.stderr
    assert path.read_bytes() == spoilt


def test_windows_line_ends_and_byte_order_marks_change_nothing(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server() as server:
        assert run(tmp_path, server).returncode == 0
        for path in bench.rglob("*.jsonl"):
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        server.requests.clear()
        assert (run(tmp_path, server).returncode, server.requests) == (0, [])


def test_a_judge_or_a_model_that_failed_does_not_take_the_others_tables_away(tmp_path: Path) -> None:
    make_bench(tmp_path)
    broken = [Fault(status=400)] * 50
    with running_server(reply=lambda _: "[[7]]") as good, running_server(faults=broken) as bad:
        entry = {"provider": "openai", "model": "m"}
        aliases = {name: entry | {"base_url": good.base_url} for name in ("well", "judge-1")}
        aliases |= {name: entry | {"base_url": bad.base_url} for name in ("ill", "judge-2")}
        (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": aliases}))
        done = mtbench(
            tmp_path, "run", "--model", "well", "--model", "ill", "--judge", "judge-1", "--judge", "judge-2",
            "--bench", "tiny",
        )  # fmt: skip
    assert done.returncode == 3
    assert "judge judge-1" in done.stdout
    assert "nothing by judge-2, ill to show" in done.stderr


@pytest.mark.parametrize("redirection", ["> /dev/full", "| head -1", "2>&-", ">&-"])
def test_output_that_nobody_takes_is_no_bug_of_ours(tmp_path: Path, redirection: str) -> None:
    shown = " ".join(command("questions", "show", "1001"))
    done = subprocess.run(
        ["bash", "-c", f"{shown} {redirection}"], cwd=tmp_path, env=environment(tmp_path), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    if redirection == "> /dev/full":
        assert done.returncode == 2
        assert "cannot print the output: No space left on device" in done.stderr


def test_a_terminal_that_is_not_utf_8_shows_the_rest(tmp_path: Path) -> None:
    make_bench(tmp_path, [{"question_id": 1, "turns": ["Où est \u65e5\u672c, please?"]}])
    done = mtbench(tmp_path, "questions", "show", "--bench", "tiny", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "O? est ??, please?" in done.stdout


def test_a_folder_that_was_removed_meanwhile_is_no_traceback(tmp_path: Path) -> None:
    make_bench(tmp_path)
    gone = tmp_path / "gone"
    asked = command(
        "gen-answers", "--model", "openai/m", "--base-url", "http://127.0.0.1:9", "--bench", "tiny",
        "--data-dir", tmp_path / "data", "--dry-run",
    )  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", f"mkdir {gone} && cd {gone} && rmdir {gone} && {' '.join(asked)}"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_names_of_every_kind_stay_inside_their_folders(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    before = sorted(tmp_path.iterdir())
    names = ["../up", "..", ".failures", "x.failures", "a b/c", "d\u00e9j\u00e0 \u65e5", "[red]x[/red]", "{x}%s"]
    models = [part for name in names for part in ("--model", f"openai/{name}")]
    with running_server(reply=lambda _: "{x} [/bold] [[7]]") as server:
        done = run(tmp_path, server, *models, "--judge", "openai/../j")
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 2 * 9 + 2 * 9 * 2
        assert run(tmp_path, server, *models, "--judge", "openai/../j").returncode == 0
        assert len(server.requests) == 2 * 9 + 2 * 9 * 2
    assert sorted(tmp_path.iterdir()) == before
    assert len([path for path in (bench / "model_answer").iterdir() if not path.name.startswith(".")]) == 9
    assert all(name in done.stdout for name in names)


def test_braces_and_marks_in_every_text_reach_the_judge_as_they_are(tmp_path: Path) -> None:
    text = "{question} {0} %s {{x}} [[10]] $HOME \\n {answer_a}"
    question = {"question_id": "a/b {}", "category": "math", "turns": [text], "reference": [text]}
    bench = make_bench(tmp_path, [question])

    def reply(body: dict[str, object]) -> str:
        return "[[3]]" if body["model"] == "grader" else text

    with running_server(reply=reply) as server:
        assert run(tmp_path, server).returncode == 0
    (line,) = read_lines(bench / "model_judgment" / "grader_single.jsonl")
    assert (line["score"], line["user_prompt"].count(text)) == (3, 3)


def test_a_mark_inside_a_judges_thinking_is_no_verdict(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    with running_server(reply=lambda _: "<think>Perhaps [[9]]?</think>No verdict.") as server:
        assert run(tmp_path, server).returncode == 0
    answer = orjson.loads((bench / "model_answer" / "tiny.jsonl").read_bytes())
    assert answer["choices"][0]["turns"] == ["No verdict.", "No verdict."]
    assert {line["score"] for line in read_lines(bench / "model_judgment" / "grader_single.jsonl")} == {-1}
