"""`mtbench judge` over a real socket, as a process."""

from pathlib import Path

import pytest

from mtbench.records import Json
from tests.support.benches import QUESTIONS, make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.servers import Fault, ModelServer, running_server


def add_answers(bench: Path, model: str, text: str = "", questions: list[Json] = QUESTIONS) -> Path:
    """Answers as FastChat writes them."""
    answers = [
        {
            "question_id": question["question_id"],
            "answer_id": f"{model}{question['question_id']}",
            "model_id": model,
            "choices": [{"index": 0, "turns": [f"{text or model} {turn}" for turn in question["turns"]]}],
            "tstamp": 1.0,
        }
        for question in questions
    ]
    return write_lines(bench / "model_answer" / f"{model}.jsonl", answers)


def judge(folder: Path, server: ModelServer, *more: str, name: str = "openai/grader") -> tuple[int, str, str]:
    done = mtbench(folder, "judge", "--judge", name, "--base-url", server.base_url, "--bench", "tiny", *more)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    place = make_bench(tmp_path)
    for model in ("ant", "bee", "cow"):
        add_answers(place, model)
    return place


def test_single_grades_every_turn_of_every_model_and_math_sees_its_reference(tmp_path: Path, bench: Path) -> None:
    with running_server(reply=lambda _: "Fine.\n[[7]]") as server:
        code, out, _ = judge(tmp_path, server)
        assert (code, len(server.requests)) == (0, 3 * 3 * 2)
        assert {body["temperature"] for body in server.bodies} == {0.0}
    judgments = read_lines(bench / "model_judgment" / "grader_single.jsonl")
    assert {(j["model"], j["question_id"], j["turn"]) for j in judgments} == {
        (model, question, turn) for model in ("ant", "bee", "cow") for question in (1, 2, 3) for turn in (1, 2)
    }
    assert {j["score"] for j in judgments} == {7}
    math = next(j for j in judgments if (j["question_id"], j["turn"]) == (2, 2))
    assert math["judge"] == ["grader", "default/single-turns-reference"]
    assert math["reference"] == "question file"
    assert "42" in math["user_prompt"]
    assert "21" in math["user_prompt"]
    assert {"prompt_hash", "request_hash", "usage", "made_by"} <= math.keys()
    assert "show-results" in out


def test_a_rerun_judges_nothing_and_what_changed_is_judged_again_with_the_old_line_kept(
    tmp_path: Path, bench: Path
) -> None:
    path = bench / "model_judgment" / "grader_single.jsonl"
    with running_server() as server:
        judge(tmp_path, server)
        server.requests.clear()
        code, _, err = judge(tmp_path, server)
        assert (code, len(server.requests)) == (0, 0)
        assert "(18 from before)" in err
        add_answers(bench, "bee", text="new")
        judge(tmp_path, server)
        assert len(server.requests) == 6
        server.requests.clear()
        write_lines(bench / "question.jsonl", [QUESTIONS[0], QUESTIONS[1] | {"reference": ["42", "20"]}, QUESTIONS[2]])
        judge(tmp_path, server)
        assert len(server.requests) == 3
        judge(tmp_path, server, "--judge-prompts", "short", "--questions", "1", "--model", "ant")
        assert len(server.requests) == 5
    assert len(read_lines(path)) == 18 + 6 + 3 + 2


def test_an_answer_to_an_older_text_of_its_question_is_not_judged(tmp_path: Path, bench: Path) -> None:
    with running_server() as server:
        mtbench(tmp_path, "gen-answers", "--model", "openai/new", "--base-url", server.base_url, "--bench", "tiny")
        write_lines(bench / "question.jsonl", [QUESTIONS[0] | {"turns": ["Name a fish."]}, *QUESTIONS[1:]])
        server.requests.clear()
        _, _, err = judge(tmp_path, server, "--model", "new")
        assert len(server.requests) == 4
    assert "new: answers to an older text of their question, not judged: 1" in err


def test_both_orders_are_played_and_a_win_needs_both(tmp_path: Path, bench: Path) -> None:
    with running_server(reply=lambda _: "The first.\n[[A]]") as server:
        assert judge(tmp_path, server, "--mode", "pairwise-baseline", "--baseline", "ant")[0] == 0
        assert len(server.requests) == 2 * 3 * 2 * 2
    judgments = read_lines(bench / "model_judgment" / "grader_pair.jsonl")
    assert {(j["model_1"], j["model_2"]) for j in judgments} == {("bee", "ant"), ("cow", "ant")}
    assert {(j["g1_winner"], j["g2_winner"]) for j in judgments} == {("model_1", "model_2")}
    one = judgments[0]
    assert one["g1_user_prompt"].index(f"{one['model_1']} N") < one["g1_user_prompt"].index(f"{one['model_2']} N")
    assert one["g2_user_prompt"].index(f"{one['model_2']} N") < one["g2_user_prompt"].index(f"{one['model_1']} N")


def test_a_pair_asked_in_two_modes_is_judged_once(tmp_path: Path, bench: Path) -> None:
    del bench
    with running_server() as server:
        judge(tmp_path, server, "--mode", "pairwise-baseline", "--baseline", "ant")
        server.requests.clear()
        judge(tmp_path, server, "--mode", "pairwise-all")
        assert len(server.requests) == 1 * 3 * 2 * 2


def test_one_order_plays_half_the_games(tmp_path: Path, bench: Path) -> None:
    with running_server() as server:
        judge(tmp_path, server, "--mode", "pairwise-all", "--one-order", "random")
        assert len(server.requests) == 3 * 3 * 2
        judge(tmp_path, server, "--mode", "pairwise-all", "--one-order", "random")
        assert len(server.requests) == 3 * 3 * 2
    judgments = read_lines(bench / "model_judgment" / "grader_pair.jsonl")
    assert {j["one_order"] for j in judgments} == {"g1", "g2"}
    for one in judgments:
        played, other = one["one_order"], "g2" if one["one_order"] == "g1" else "g1"
        assert one[f"{played}_judgment"]
        assert not one[f"{other}_judgment"]
        assert one["g1_winner"] == one["g2_winner"]


def test_repeats_are_judged_apart_and_a_panel_writes_a_file_each(tmp_path: Path, bench: Path) -> None:
    with running_server() as server:
        judge(tmp_path, server, "--repeat", "2", "--judge", "openai/second", "--model", "ant")
        assert len(server.requests) == 2 * 2 * 6
        judge(tmp_path, server, "--repeat", "3", "--judge", "openai/second", "--model", "ant")
        assert len(server.requests) == 2 * 3 * 6
    for name in ("grader", "second"):
        judgments = read_lines(bench / "model_judgment" / f"{name}_single.jsonl")
        assert sorted({j.get("repeat", 0) for j in judgments}) == [0, 1, 2]


def test_an_unparsed_judgment_is_kept_with_minus_one_and_asked_again_only_on_demand(
    tmp_path: Path, bench: Path
) -> None:
    path = bench / "model_judgment" / "grader_single.jsonl"
    options = ("--model", "ant", "--questions", "1")
    with running_server(reply=lambda body: "[[8]]" if len(body["messages"]) > 2 else "Lovely. 11/10") as server:
        assert judge(tmp_path, server, *options)[0] == 0
        assert [(j["score"], j["judgment"]) for j in read_lines(path)] == [(-1, "Lovely. 11/10")] * 2
        judge(tmp_path, server, *options)
        assert len(server.requests) == 2
        judge(tmp_path, server, *options, "--reask", "2")
        assert len(server.requests) == 2 + 2
        assert [j["score"] for j in read_lines(path)] == [-1, -1, 8, 8]
        assert read_lines(path)[-1]["reasked"] == 1
        judge(tmp_path, server, *options, "--reask", "2")
        assert len(server.requests) == 2 + 2


def test_structured_asks_for_json_with_the_reasoning_first(tmp_path: Path, bench: Path) -> None:
    with running_server(reply=lambda _: '{"reasoning": "ok", "score": 6}') as server:
        judge(tmp_path, server, "--structured", "--model", "ant", "--questions", "1")
        schema = server.bodies[0]["response_format"]["json_schema"]["schema"]
        assert list(schema["properties"]) == ["reasoning", "score"]
    judgments = read_lines(bench / "model_judgment" / "grader_single.jsonl")
    assert [j["score"] for j in judgments] == [6, 6]
    assert {j["judge"][1] for j in judgments} == {"default.structured/single", "default.structured/single-turns"}


def test_an_endpoint_without_json_schema_is_asked_in_words(tmp_path: Path, bench: Path) -> None:
    with running_server(refuses={"schema"}, reply=lambda _: '{"reasoning": "ok", "score": 6}') as server:
        _, _, err = judge(tmp_path, server, "--structured", "--model", "ant", "--questions", "1")
    judgments = read_lines(bench / "model_judgment" / "grader_single.jsonl")
    assert [j["score"] for j in judgments] == [6, 6]
    assert judgments[0]["made_by"]["adapted"] == ["schema"]
    assert err.count("note:") == 1


def test_a_missing_reference_is_named_before_any_request_unless_told_to_go_on(tmp_path: Path, bench: Path) -> None:
    write_lines(bench / "question.jsonl", [QUESTIONS[0], {k: v for k, v in QUESTIONS[1].items() if k != "reference"}])
    with running_server() as server:
        code, _, err = judge(tmp_path, server)
        assert (code, len(server.requests)) == (2, 0)
        assert "question 2" in err
        assert "--without-reference" in err
        assert judge(tmp_path, server, "--without-reference", "--model", "ant")[0] == 0
    math = [j for j in read_lines(bench / "model_judgment" / "grader_single.jsonl") if j["question_id"] == 2]
    assert {(j["judge"][1], j["reference"]) for j in math} == {
        ("default/single", "none"),
        ("default/single-turns", "none"),
    }


def test_the_judges_own_reference_answers_come_before_the_benchs(tmp_path: Path, bench: Path) -> None:
    own = [{"question_id": 2, "choices": [{"index": 0, "turns": ["own one", "own two"]}]}]
    write_lines(bench / "reference_answer" / "grader.jsonl", own)
    with running_server() as server:
        judge(tmp_path, server, "--model", "ant", "--questions", "2")
    judgments = read_lines(bench / "model_judgment" / "grader_single.jsonl")
    assert {j["reference"] for j in judgments} == {"grader"}
    assert "own two" in judgments[1]["user_prompt"]


def test_several_reference_files_and_none_of_the_judge_is_a_question_to_the_user(tmp_path: Path, bench: Path) -> None:
    write_lines(bench / "question.jsonl", [{k: v for k, v in QUESTIONS[1].items() if k != "reference"}])
    for name in ("one", "two"):
        lines = [{"question_id": 2, "choices": [{"index": 0, "turns": ["a", "b"]}]}]
        write_lines(bench / "reference_answer" / f"{name}.jsonl", lines)
    with running_server() as server:
        code, _, err = judge(tmp_path, server)
        assert code == 2
        assert "one, two" in err
        (bench / "reference_answer" / "two.jsonl").unlink()
        assert judge(tmp_path, server, "--model", "ant")[0] == 0
    assert read_lines(bench / "model_judgment" / "grader_single.jsonl")[0]["reference"] == "one"


def test_the_category_that_needs_a_reference_is_a_setting(tmp_path: Path, bench: Path) -> None:
    with running_server() as server:
        judge(tmp_path, server, "--model", "ant", "--reference-category", "roleplay")
    prompts = {j["judge"][1] for j in read_lines(bench / "model_judgment" / "grader_single.jsonl")}
    assert prompts == {"default/single", "default/single-turns"}


def test_a_failed_game_goes_to_failures_with_the_one_that_was_paid_for(tmp_path: Path, bench: Path) -> None:
    refused = Fault(status=400, body={"error": {"message": "flagged", "code": "content_policy_violation"}})
    with running_server(faults=[None, refused]) as server:
        options = ("--mode", "pairwise-baseline", "--baseline", "ant", "--model", "bee", "--questions", "1",
                   "--parallel", "1")  # fmt: skip
        code, _, _ = judge(tmp_path, server, *options)
        assert (code, len(server.requests)) == (3, 4)
        failures = read_lines(bench / "model_judgment" / "grader_pair.failures.jsonl")
        assert [(failure["reason"], len(failure["finished"])) for failure in failures] == [("content refused", 1)]
        assert judge(tmp_path, server, *options)[0] == 0
        assert len(server.requests) == 5
    assert not (bench / "model_judgment" / "grader_pair.failures.jsonl").exists()


def test_fastchats_own_judgments_of_the_same_prompts_are_not_paid_for_again(tmp_path: Path, bench: Path) -> None:
    prompts = [
        {
            "name": "single-v1", "type": "single", "system_prompt": "Judge.", "category": "general",
            "prompt_template": "Q {question} A {answer}", "output_format": "[[rating]]",
        },
    ]  # fmt: skip
    write_lines(tmp_path / "judge_prompts.jsonl", prompts)
    one_turn = [{"question_id": 1, "category": "writing", "turns": ["Name a colour."]}]
    write_lines(bench / "question.jsonl", one_turn)
    row = {
        "question_id": 1, "model": "ant", "judge": ["grader", "single-v1"], "judgment": "[[3]]", "score": 3, "turn": 1,
        "user_prompt": "Q Name a colour. A ant Name a colour.", "tstamp": 1.0,
    }  # fmt: skip
    write_lines(bench / "model_judgment" / "grader_single.jsonl", [row])
    with running_server() as server:
        assert judge(tmp_path, server, "--judge-prompts", "judge_prompts.jsonl")[0] == 0
        assert {body["messages"][-1]["content"][:22] for body in server.bodies} == {
            "Q Name a colour. A bee", "Q Name a colour. A cow",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "which judge?"),
        (("--judge", "openai/x", "--model", "dog"), "no answers by dog"),
        (("--judge", "openai/x", "--mode", "pairwise-baseline"), "--baseline, one of: ant, bee, cow"),
        (("--judge", "openai/x", "--mode", "pairwise-all", "--model", "ant"), "only ant"),
        (("--judge", "openai/x", "--judge-prompts", "nothing"), "nothing"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    tmp_path: Path, bench: Path, arguments: tuple[str, ...], words: str
) -> None:
    del bench
    done = mtbench(tmp_path, "judge", "--bench", "tiny", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_sends_nothing_and_says_what_is_left(tmp_path: Path, bench: Path) -> None:
    del bench
    with running_server() as server:
        judge(tmp_path, server, "--questions", "1")
        server.requests.clear()
        code, out, _ = judge(tmp_path, server, "--dry-run")
        assert not server.requests
    assert code == 0
    assert "grader would make 12 judgments (6 done): 12 requests" in out
    assert "price unknown" in out


def test_asking_again_starts_from_the_reply_that_was_paid_for(tmp_path: Path, bench: Path) -> None:
    del bench
    options = ("--model", "ant", "--questions", "1")
    with running_server(reply=lambda body: "[[8]]" if len(body["messages"]) > 2 else "Lovely.") as server:
        judge(tmp_path, server, *options)
        server.requests.clear()
        judge(tmp_path, server, *options, "--reask", "1")
        assert [len(body["messages"]) for body in server.bodies] == [4, 4]


def test_another_rule_reads_the_stored_replies_again_and_sends_nothing(tmp_path: Path, bench: Path) -> None:
    path = bench / "model_judgment" / "grader_single.jsonl"
    options = ("--model", "ant", "--questions", "1")
    with running_server(reply=lambda _: "At first [[3]], on reflection [[8]]") as server:
        judge(tmp_path, server, *options)
        judge(tmp_path, server, *options, "--verdict", "first")
        judge(tmp_path, server, *options, "--verdict", "first")
        assert len(server.requests) == 2
        assert [(j["score"], j.get("verdict_rule")) for j in read_lines(path)] == [
            (8, None), (8, None), (3, "first"), (3, "first"),
        ]  # fmt: skip
        judge(tmp_path, server, *options)
        assert len(server.requests) == 2
    assert [j["score"] for j in read_lines(path)][-2:] == [8, 8]


def test_the_rule_is_changed_for_both_games_of_a_pair(tmp_path: Path, bench: Path) -> None:
    options = ("--mode", "pairwise-baseline", "--baseline", "ant", "--model", "bee", "--questions", "1")
    with running_server(reply=lambda _: "[[A]] or rather [[B]]") as server:
        judge(tmp_path, server, *options)
        judge(tmp_path, server, *options, "--verdict", "first")
        assert len(server.requests) == 4
    rows = read_lines(bench / "model_judgment" / "grader_pair.jsonl")
    assert [(j["g1_winner"], j["g2_winner"]) for j in rows] == [("model_2", "model_1")] * 2 + [
        ("model_1", "model_2")
    ] * 2


def test_a_model_named_twice_is_judged_once(tmp_path: Path, bench: Path) -> None:
    del bench
    with running_server() as server:
        judge(tmp_path, server, "--model", "ant", "--model", "openai/ant")
        assert len(server.requests) == 6


def test_a_failure_is_taken_off_the_list_when_the_other_mode_does_its_work(tmp_path: Path, bench: Path) -> None:
    refused = Fault(status=400, body={"error": {"message": "flagged", "code": "content_policy_violation"}})
    failures = bench / "model_judgment" / "grader_pair.failures.jsonl"
    with running_server(faults=lambda _: refused) as server:
        options = ("--model", "bee", "--model", "ant", "--questions", "1")
        judge(tmp_path, server, *options, "--mode", "pairwise-baseline", "--baseline", "ant")
        assert len(read_lines(failures)) == 2
        server.faults = []
        assert judge(tmp_path, server, *options, "--mode", "pairwise-all")[0] == 0
    assert not failures.exists()


def test_answers_that_fastchat_marked_as_failed_are_not_judged(tmp_path: Path, bench: Path) -> None:
    broken = [{"question_id": 1, "choices": [{"index": 0, "turns": ["$ERROR$", "$ERROR$"]}]}]
    write_lines(bench / "model_answer" / "dog.jsonl", broken)
    with running_server() as server:
        _, _, err = judge(tmp_path, server, "--model", "dog", "--questions", "1")
        assert not server.requests
    assert "dog: answers that are FastChat's mark of a failed request, not judged: 1" in err


def test_one_order_draws_anew_for_every_repeat(tmp_path: Path, bench: Path) -> None:
    with running_server() as server:
        judge(tmp_path, server, "--mode", "pairwise-all", "--one-order", "random", "--repeat", "4")
        assert len(server.requests) == 4 * 3 * 3 * 2
    rows = read_lines(bench / "model_judgment" / "grader_pair.jsonl")
    drawn = {(j["model_1"], j["model_2"], j["question_id"], j["turn"]): set[str]() for j in rows}
    for one in rows:
        drawn[one["model_1"], one["model_2"], one["question_id"], one["turn"]].add(one["one_order"])
    assert any(len(orders) == 2 for orders in drawn.values())
