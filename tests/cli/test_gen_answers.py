"""`mtbench gen-answers` over a real socket, as a process."""

from pathlib import Path

import pytest

from tests.support.benches import QUESTIONS, make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.servers import Fault, ModelServer, Reply, running_server


def gen(folder: Path, server: ModelServer, *more: str, model: str = "openai/tiny") -> tuple[int, str, str]:
    done = mtbench(
        folder, "gen-answers", "--model", model, "--base-url", server.base_url, "--bench", "tiny", *more,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def messages(server: ModelServer) -> list[list[str]]:
    return [[message["content"] for message in body["messages"]] for body in server.bodies]


def test_each_turn_sees_the_earlier_ones_and_the_file_is_fastchats(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server(reply=lambda body: f"answer to {body['messages'][-1]['content']}") as server:
        code, out, err = gen(tmp_path, server)
    assert (code, err.count("note:")) == (0, 0)
    assert "model_answer/tiny.jsonl" in out
    answers = read_lines(bench / "model_answer" / "tiny.jsonl")
    assert [answer["question_id"] for answer in answers] == [1, 2, 3]
    first = answers[0]
    assert (first["model_id"], first["choices"][0]["index"]) == ("tiny", 0)
    assert first["choices"][0]["turns"] == ["answer to Name a colour.", "answer to Now name another."]
    assert first["made_by"]["model"] == "openai/tiny"
    assert first["made_by"]["params"] == {"temperature": 0.7, "max_tokens": 1024}
    assert ["Name a colour.", "answer to Name a colour.", "Now name another."] in messages(server)


def test_temperature_goes_by_category_the_question_overrides_it_and_the_flag_overrides_all(tmp_path: Path) -> None:
    required = {"question_id": 9, "category": "writing", "turns": ["x"], "required_temperature": 0.3}
    make_bench(tmp_path, [*QUESTIONS, required, {"question_id": 10, "category": "odd", "turns": ["y"]}])
    with running_server() as server:
        gen(tmp_path, server)
        by_turn = {body["messages"][-1]["content"]: body["temperature"] for body in server.bodies}
        assert by_turn["Name a colour."] == 0.7
        assert by_turn["What is 6 times 7?"] == 0.0
        assert by_turn["Why is the sky blue?"] == 0.1
        assert by_turn["x"] == 0.3
        assert by_turn["y"] == 0.7
        server.requests.clear()
        gen(tmp_path, server, "--temperature", "0.5", model="openai/other")
        assert {body["temperature"] for body in server.bodies} == {0.5}


def test_a_rerun_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    path = bench / "model_answer" / "tiny.jsonl"
    with running_server() as server:
        gen(tmp_path, server, "--questions", "2-3")
        assert len(server.requests) == 4
        server.requests.clear()
        code, _, err = gen(tmp_path, server)
        assert (code, len(server.requests)) == (0, 2)
        assert "(2 from before)" in err
        before = path.read_bytes()
        gen(tmp_path, server)
        assert len(server.requests) == 2
    assert path.read_bytes() == before


def test_a_question_whose_text_changed_is_answered_again(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server() as server:
        gen(tmp_path, server)
        changed = [QUESTIONS[0] | {"turns": ["Name a fish.", "And one more."]}, *QUESTIONS[1:]]
        write_lines(bench / "question.jsonl", changed)
        server.requests.clear()
        gen(tmp_path, server)
        assert messages(server)[0] == ["Name a fish."]
        assert len(server.requests) == 2
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 3


def test_more_choices_join_the_one_that_is_there_with_a_seed_each(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server() as server:
        gen(tmp_path, server, "--questions", "1", "--seed", "7")
        server.requests.clear()
        gen(tmp_path, server, "--questions", "1", "--seed", "7", "--num-choices", "3")
        assert sorted(body["seed"] for body in server.bodies) == [8, 8, 9, 9]
    answer = read_lines(bench / "model_answer" / "tiny.jsonl")[0]
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]


def test_thinking_is_neither_answer_nor_history_and_is_kept_apart(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    with running_server(reply=lambda _: "<think>hm</think>\n\nBlue.") as server:
        gen(tmp_path, server)
        assert messages(server)[1][1] == "Blue."
        choice = read_lines(bench / "model_answer" / "tiny.jsonl")[0]["choices"][0]
        assert (choice["turns"], choice["thinking"]) == (["Blue.", "Blue."], ["hm", "hm"])
        gen(tmp_path, server, "--keep-thinking", model="openai/loud")
    assert "<think>" in read_lines(bench / "model_answer" / "loud.jsonl")[0]["choices"][0]["turns"][0]


def test_a_truncated_answer_is_stored_and_marked(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    with running_server(reply=lambda _: Reply("cut", finish_reason="length")) as server:
        assert gen(tmp_path, server)[0] == 0
    choice = read_lines(bench / "model_answer" / "tiny.jsonl")[0]["choices"][0]
    assert choice["finish_reasons"] == ["length", "length"]


def test_a_failed_question_goes_to_failures_with_its_first_turn_which_is_not_paid_again(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:2])
    too_long = Fault(
        status=400,
        body={"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}},
    )
    with running_server(
        faults=lambda request: too_long if request.body["messages"][-1]["content"] == "Now name another." else None
    ) as server:
        code, _, err = gen(tmp_path, server)
        assert code == 3
        assert "1 answer failed" in err
        failures = read_lines(bench / "model_answer" / "tiny.failures.jsonl")
        assert [(failure["key"], failure["reason"]) for failure in failures] == [
            ({"question_id": 1}, "context too long")
        ]
        assert [answer["question_id"] for answer in read_lines(bench / "model_answer" / "tiny.jsonl")] == [2]
        server.requests.clear()
        server.faults = []
        assert gen(tmp_path, server)[0] == 0
        assert [texts[-1] for texts in messages(server)] == ["Now name another."]
    assert not (bench / "model_answer" / "tiny.failures.jsonl").exists()
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 2


def test_a_wrong_key_stops_at_once_with_one_sentence_and_no_failure_records(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server(key="right") as server:
        done = mtbench(
            tmp_path, "gen-answers", "--model", "openai/tiny", "--base-url", server.base_url, "--bench", "tiny",
            "--parallel", "2", env={"OPENAI_API_KEY": "wrong-key-123"},
        )  # fmt: skip
        assert len(server.requests) <= 2
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1
    assert "wrong-key-123" not in done.stderr + done.stdout
    assert not (bench / "model_answer" / "tiny.failures.jsonl").exists()


def test_two_models_are_asked_in_one_go_and_ids_with_slashes_are_safe_files(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    with running_server() as server:
        assert gen(tmp_path, server, "--model", "openai/org/big model", "--model", "openai/..")[0] == 0
    names = sorted(path.name for path in (bench / "model_answer").glob("[!.]*"))
    assert names == ["%2E..jsonl", "org%2Fbig model.jsonl", "tiny.jsonl"]
    assert read_lines(bench / "model_answer" / names[1])[0]["model_id"] == "org/big model"


def test_another_model_under_the_same_short_id_is_refused(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as server:
        gen(tmp_path, server)
        code, _, err = gen(tmp_path, server, model="anthropic/tiny")
    assert code == 2
    assert "alias" in err
    assert "openai/tiny" in err


def test_other_settings_keep_the_answers_and_say_so(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as server:
        gen(tmp_path, server)
        server.requests.clear()
        code, _, err = gen(tmp_path, server, "--max-tokens", "10", "--system-prompt", "Be brief.")
    assert (code, len(server.requests)) == (0, 0)
    assert "answers kept that were made with other settings (temperature, tokens, seed or system prompt): 3" in err


def test_answers_kept_from_another_endpoint_are_pointed_out(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as old:
        gen(tmp_path, old)
        with running_server() as new:
            code, _, err = gen(tmp_path, new)
            assert (code, len(new.requests)) == (0, 0)
    assert f"answers kept from {old.base_url}: 3; is it still the same model?" in err


def test_a_system_prompt_leads_every_conversation_and_is_recorded(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    with running_server() as server:
        gen(tmp_path, server, "--system-prompt", "Be brief.")
        assert all(body["messages"][0] == {"role": "system", "content": "Be brief."} for body in server.bodies)
    answer = read_lines(bench / "model_answer" / "tiny.jsonl")[0]
    assert answer["made_by"]["params"]["system_prompt"] == "Be brief."


def test_a_dry_run_sends_nothing_and_says_tokens_and_price(tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, "gen-answers", "--model", "openai/gpt-4o-mini", "--bench", "tiny", "--dry-run")
    assert done.returncode == 0
    assert "gpt-4o-mini would answer 3 of 3 questions (0 done): 6 requests" in done.stdout
    assert "$0.0" in done.stdout
    assert not (tmp_path / "data" / "tiny" / "model_answer").exists()
    with running_server() as server:
        assert "price unknown" in gen(tmp_path, server, "--dry-run")[1]
        assert not server.requests


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "which model?"),
        (("--model", "tiny"), "openai/"),
        (("--model", "openai/x", "--bench", "nowhere"), "no bench 'nowhere'"),
        (("--model", "openai/x", "--bench", "tiny", "--questions", "1-"), "neither an id here nor a range"),
        (("--model", "openai/x", "--bench", "tiny", "--category", "wrting"), "no category wrting"),
        (("--model", "openai/x", "--bench", "tiny", "--questions", "77-79"), "leave no question"),
        (("--model", "openai/x", "--config", "none.yaml"), "there is no such file"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, "gen-answers", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_answers_that_fastchat_marked_as_failed_are_asked_again(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    broken = [{"question_id": 1, "choices": [{"index": 0, "turns": ["fine", "$ERROR$"]}]}]
    path = write_lines(bench / "model_answer" / "tiny.jsonl", broken)
    with running_server() as server:
        assert gen(tmp_path, server)[0] == 0
    assert "$ERROR$" not in path.read_text()


def test_a_flag_goes_before_an_aliass_own_parameters(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    with running_server() as server:
        (tmp_path / "models.yaml").write_text(
            f"models: {{mine: {{provider: openai, model: m, base_url: '{server.base_url}', "
            "params: {temperature: 0.6, max_tokens: 7, top_k: 5}}}"
        )
        mtbench(tmp_path, "gen-answers", "--model", "mine", "--bench", "tiny")
        assert {(body["temperature"], body["max_tokens"]) for body in server.bodies} == {(0.6, 7)}
        (tmp_path / "data" / "tiny" / "model_answer" / "mine.jsonl").unlink()
        server.requests.clear()
        options = ("--temperature", "0.2", "--max-tokens", "50")
        mtbench(tmp_path, "gen-answers", "--model", "mine", "--bench", "tiny", *options)
        asked = {(body["temperature"], body["max_tokens"], body["top_k"]) for body in server.bodies}
        assert asked == {(0.2, 50, 5)}


def test_choices_that_join_with_other_settings_say_what_made_them(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    with running_server() as server:
        gen(tmp_path, server, "--temperature", "0")
        gen(tmp_path, server, "--temperature", "1", "--num-choices", "2")
    answer = read_lines(bench / "model_answer" / "tiny.jsonl")[0]
    assert answer["made_by"]["params"]["temperature"] == 0
    assert [choice.get("made_by", {}).get("params", {}).get("temperature") for choice in answer["choices"]] == [None, 1]


def test_a_file_that_fastchat_named_with_other_characters_is_found(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    row = [{"question_id": 1, "choices": [{"index": 0, "turns": ["a", "b"]}]}]
    write_lines(bench / "model_answer" / "llama3:8b.jsonl", row)
    with running_server() as server:
        assert gen(tmp_path, server, model="openai/llama3:8b")[0] == 0
        assert not server.requests
    assert len(list((bench / "model_answer").glob("*.jsonl"))) == 1
