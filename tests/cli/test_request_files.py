"""--export-requests and --import-responses as whole commands, with an engine between that knows files only."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.support.benches import QUESTIONS, make_bench, read_lines, write_lines
from tests.support.cli import REPOSITORY, environment, mtbench
from tests.support.protocols import OpenAI, Reply, default_reply

Line = dict[str, Any]
ANSWERS = ["gen-answers", "--model", "openai/m", "--bench", "tiny"]


def engine(requests: Path, responses: Path, form: Callable[[Line, Line], Line | None] | None = None) -> list[Line]:
    """Answers a file of requests as an engine does that runs it whole, the last line first; gives the requests."""
    asked = read_lines(requests)
    made = ((form or openai_form)(line, reply_to(line["body"])) for line in reversed(asked))
    write_lines(responses, [line for line in made if line])
    return asked


def reply_to(body: Line) -> Line:
    return OpenAI.completion(body, Reply(default_reply(body)))


def openai_form(line: Line, body: Line) -> Line:
    return {"id": "x", "custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}


def ray_form(line: Line, body: Line) -> Line:
    text = body["choices"][0]["message"]["content"]
    return {"custom_id": line["custom_id"], "generated_text": text, "num_input_tokens": 9, "num_generated_tokens": 4}


def answers(folder: Path) -> list[Line]:
    return read_lines(folder / "data" / "tiny" / "model_answer" / "m.jsonl")


def failures(folder: Path) -> list[Path]:
    return [path for path in (folder / "data").rglob("*.failures.jsonl") if path.name[0] != "."]


def test_a_conversation_goes_out_and_in_turn_by_turn(tmp_path: Path) -> None:
    make_bench(tmp_path)
    first = mtbench(tmp_path, *ANSWERS, "--export-requests", "round1.jsonl")
    assert first.returncode == 0, first.stderr
    assert "Requests: 3 written to round1.jsonl; m: 3." in first.stdout
    assert "mtbench gen-answers --model openai/m --bench tiny --import-responses RESPONSES.jsonl" in first.stdout
    engine(tmp_path / "round1.jsonl", tmp_path / "r1.jsonl")
    second = mtbench(tmp_path, *ANSWERS, "--import-responses", "r1.jsonl", "--export-requests", "round2.jsonl")
    assert second.returncode == 0, second.stderr
    assert "Responses: 3 read from r1.jsonl." in second.stdout
    asked = engine(tmp_path / "round2.jsonl", tmp_path / "r2.jsonl", ray_form)
    assert [len(line["body"]["messages"]) for line in asked] == [3, 3, 3]
    assert failures(tmp_path) == []
    (tmp_path / "r1.jsonl").unlink()  # the first turns are on disk
    third = mtbench(tmp_path, *ANSWERS, "--import-responses", "r2.jsonl")
    assert third.returncode == 0, third.stderr
    assert [len(answer["choices"][0]["turns"]) for answer in answers(tmp_path)] == [2, 2, 2]
    assert answers(tmp_path)[0]["choices"][0]["usage"][1] == {"input": 9, "output": 4}
    nothing = mtbench(tmp_path, *ANSWERS, "--export-requests", "round3.jsonl")
    assert "Nothing is left to ask" in nothing.stdout
    assert not (tmp_path / "round3.jsonl").exists()


def test_a_request_without_a_response_is_left_undone_and_is_no_failure(tmp_path: Path) -> None:
    make_bench(tmp_path, [question | {"turns": question["turns"][:1]} for question in QUESTIONS])
    mtbench(tmp_path, *ANSWERS, "--export-requests", "requests.jsonl")

    def form(line: Line, body: Line) -> Line | None:
        word = line["body"]["messages"][0]["content"]
        if "colour" in word:
            return None
        if "6 times 7" in word:
            return {"custom_id": line["custom_id"], "response": {"status_code": 400, "body": None}, "error": "too odd"}
        return openai_form(line, body)

    engine(tmp_path / "requests.jsonl", tmp_path / "r.jsonl", form)
    with (tmp_path / "r.jsonl").open("ab") as stream:
        stream.write(b'half a li\n{"custom_id": "unknown", "response": {}}\n')
    done = mtbench(tmp_path, *ANSWERS, "--import-responses", "r.jsonl")
    assert done.returncode == 3
    assert "1 answer failed" in done.stderr
    assert "1 answer left undone (no response)" in done.stderr
    assert "r.jsonl, line 3: not JSON" in done.stderr
    assert "3 read from r.jsonl; 1 of them belong to nothing that is left to do" in done.stdout
    assert "Requests without a response: 1." in done.stdout
    (path,) = failures(tmp_path)
    (failure,) = read_lines(path)
    assert "too odd" in failure["message"]
    assert len(answers(tmp_path)) == 1


def test_pairs_are_judged_by_file_both_games_at_once(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    for model in ("a", "b"):
        rows = [
            {"question_id": question["question_id"], "answer_id": f"{model}{number}", "model_id": model, "tstamp": 1,
             "choices": [{"index": 0, "turns": [f"{model} says {number}", f"{model} adds {number}"]}]}
            for number, question in enumerate(QUESTIONS)
        ]  # fmt: skip
        write_lines(bench / "model_answer" / f"{model}.jsonl", rows)
    judging = ["judge", "--judge", "openai/j", "--mode", "pairwise-all", "--bench", "tiny"]
    out = mtbench(tmp_path, *judging, "--export-requests=requests.jsonl", env={"MTBENCH_QUIET": "1"})
    assert out.returncode == 0, out.stderr
    assert "mtbench judge --judge openai/j --mode pairwise-all --bench tiny --import-responses" in out.stdout
    asked = engine(tmp_path / "requests.jsonl", tmp_path / "all.jsonl")
    assert len(asked) == 12
    lines = (tmp_path / "all.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "r1.jsonl").write_bytes(b"".join(lines[:7]))
    (tmp_path / "r2.jsonl").write_bytes(b"".join(lines[7:]))
    half = mtbench(tmp_path, *judging, "--import-responses", "r1.jsonl")
    assert half.returncode == 3
    assert "3 verdicts left undone" in half.stderr
    done = mtbench(tmp_path, *judging, "--import-responses", "r2.jsonl")  # the odd game of r1 is on disk
    assert done.returncode == 0, done.stderr
    assert len(read_lines(bench / "model_judgment" / "j_pair.jsonl")) == 6


def test_run_goes_by_files_from_answers_to_tables(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    command = ["run", "--model", "openai/m", "--judge", "openai/j", "--bench", "tiny"]
    more: list[str] = []
    for number in range(1, 5):
        done = mtbench(tmp_path, *command, *more, "--export-requests", f"round{number}.jsonl")
        assert done.returncode == 0, done.stderr
        if "Nothing is left to ask" in done.stdout:
            break
        engine(tmp_path / f"round{number}.jsonl", tmp_path / f"r{number}.jsonl")
        more = ["--import-responses", f"r{number}.jsonl"]
    assert number == 4
    assert [len(read_lines(tmp_path / f"round{each}.jsonl")) for each in (1, 2, 3)] == [1, 2, 1]
    assert "They are for several models" not in done.stdout
    assert "none missing" in done.stdout


RAY_DATA = """
import json, pathlib
class Data:
    def __init__(self, rows): self.rows = rows
    def write_json(self, folder):
        pathlib.Path(folder).mkdir()
        (pathlib.Path(folder) / "0.json").write_text("".join(json.dumps(row) + "\\n" for row in self.rows))
def read_text(path):
    return Data([{"text": line} for line in pathlib.Path(path).read_text().splitlines()])
"""
RAY_LLM = """
from ray.data import Data
def vLLMEngineProcessorConfig(**options): return options
def build_processor(config, preprocess, postprocess):
    def answered(row, number):
        row |= preprocess(row)
        assert config["model_source"] == "m" and row["messages"]
        if number == 0:
            return row | {"generated_text": None, "__inference_error__": "ValueError: too odd"}
        longest = row["sampling_params"]["max_tokens"] if number == 1 else 3
        row |= {"generated_text": f"reply {number}", "num_input_tokens": 5, "num_generated_tokens": longest}
        return postprocess(row)
    return lambda data: Data([answered(row, number) for number, row in enumerate(data.rows)])
"""


def test_the_script_for_ray_makes_what_is_taken_back(tmp_path: Path) -> None:
    make_bench(tmp_path, [question | {"turns": question["turns"][:1]} for question in QUESTIONS])
    stand_in = tmp_path / "modules" / "ray" / "data"
    stand_in.mkdir(parents=True)
    (stand_in.parent / "__init__.py").write_text("from ray import data")
    (stand_in / "__init__.py").write_text(RAY_DATA)
    (stand_in / "llm.py").write_text(RAY_LLM)
    assert mtbench(tmp_path, *ANSWERS, "--export-requests", "requests.jsonl").returncode == 0
    script = REPOSITORY / "docs" / "example" / "judge_on_ray.py"
    subprocess.run(
        [sys.executable, script, "requests.jsonl", "responses", "m", "2"],
        cwd=tmp_path, env=environment(tmp_path, {"PYTHONPATH": str(tmp_path / "modules")}), check=True,
    )  # fmt: skip
    done = mtbench(tmp_path, *ANSWERS, "--import-responses", "responses")
    assert done.returncode == 3
    assert "1 answer failed" in done.stderr
    choices = [answer["choices"][0] for answer in answers(tmp_path)]
    assert [choice["turns"] for choice in choices] == [["reply 1"], ["reply 2"]]
    assert [choice["finish_reasons"] for choice in choices] == [["length"], ["stop"]]
    (path,) = failures(tmp_path)
    assert "too odd" in path.read_text()


def test_nothing_is_asked_and_no_key_is_needed(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    done = mtbench(
        tmp_path, "gen-answers", "--model", "anthropic/claude", "--model", "openai/m", "--bench", "tiny",
        "--export-requests", "requests.jsonl",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {line["body"]["model"] for line in read_lines(tmp_path / "requests.jsonl")} == {"claude", "m"}
    assert "They are for several models" in done.stdout
    assert orjson.loads((tmp_path / "requests.jsonl").read_bytes().splitlines()[0])["url"] == "/v1/chat/completions"
