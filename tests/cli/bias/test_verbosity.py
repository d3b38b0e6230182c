"""`mtbench bias verbosity --ask`: a judge that falls for length is found out, a fair one is not."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import orjson

from mtbench.records import Json
from tests.support.benches import make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.judged import answered
from tests.support.seen_prompts import Seen, see
from tests.support.servers import Fault, ModelServer, Reply, Request, running

VERBOSITY = ("bias", "verbosity", "--bench", "tiny")
ANSWERS = 6
THINGS = ("boats", "bridges", "gardens", "markets", "towers", "walls")


def harbour(number: int) -> str:
    lines = [f"{each}. You can see {each} of the {THINGS[number]} from the harbour." for each in range(1, 6)]
    return "\n".join(["This is what you can do:", "", *lines])


def bench(folder: Path, *answers: str) -> Path:
    """Answers by a model to as many questions; six with a list of five items where none is given."""
    texts = answers or tuple(harbour(number) for number in range(ANSWERS))
    asked: list[Json] = [
        {"question_id": each, "category": ("math", "stem")[each % 2], "turns": ["What is there?"]}
        for each in range(len(texts))
    ]
    made = make_bench(folder, asked)
    lines = [answered(number, "guide") for number in range(len(texts))]
    for line, text in zip(lines, texts, strict=True):
        line["choices"][0]["turns"] = [text]
    write_lines(made / "model_answer" / "guide.jsonl", lines)
    return made


def verdict(seen: Seen, winner: str) -> str:
    return orjson.dumps({"reasoning": "so", "verdict": winner}).decode() if seen.json else f"So [[{winner}]]"


def likes_length(body: Json) -> str:
    """A judge that prefers the longer answer, and the first of two that are equal."""
    if is_request_to_rewrite(body):
        return rewritten(body)
    seen = see(body)
    first, second = map(len, seen.answers)
    return verdict(seen, "A" if first >= second else "B")


def fair(body: Json) -> str:
    seen = see(body)
    return verdict(seen, "C" if seen.answers[0] == seen.answers[1] else "A" if len(seen.answers[0]) < 300 else "B")


def is_request_to_rewrite(body: Json) -> bool:
    return bool(body["messages"][-1]["content"].startswith("Below is a list"))


def rewritten(body: Json) -> str:
    _, _, asked = body["messages"][-1]["content"].partition("The list:\n\n")
    return re.sub("You can see (.*) from the harbour", r"The harbour has a view of \1", asked)


@contextmanager
def judge(reply: object = likes_length, **options: object) -> Iterator[ModelServer]:
    with running(ModelServer(reply=reply, **options)) as server:  # type: ignore[arg-type]  # what it takes, by name
        yield server


def ask(folder: Path, server: ModelServer, *more: str, name: str = "j") -> CompletedProcess[str]:
    words = ["--judge", f"openai/{name}", "--base-url", server.base_url, *more]
    return mtbench(folder, *VERBOSITY, "--ask", *words, env={"OPENAI_API_KEY": "k"})


def tables(done: CompletedProcess[str], code: int = 0) -> Mapping[str, list[Json]]:
    assert done.returncode == code, done.stderr
    return {table["kind"]: table["rows"] for table in orjson.loads(done.stdout)["tables"]}


def test_a_judge_that_likes_length_fails_every_time(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge() as server:
        found = tables(ask(tmp_path, server, "--format", "json"))
        assert len(server.requests) == 4 * ANSWERS
    (attack,), (control,) = found["verbosity_attack"], found["verbosity_control"]
    assert attack["of"] == "j, default, list twice, by rule"
    assert (attack["fails"], attack["in_a_game"], attack["shorter"], attack["answers"]) == (1.0, 1.0, 0.0, ANSWERS)
    assert attack["fails_low"] > 0.4
    assert 0.7 < attack["growth"] < 1.5
    assert (control["of"], control["tied"], control["first"], control["second"]) == ("j, default", 0.0, 1.0, 0.0)
    assert control["games"] == 2 * ANSWERS


def test_a_fair_judge_does_not_fail_and_ties_what_is_equal(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(fair) as server:
        found = tables(ask(tmp_path, server, "--format", "json"))
    (attack,), (control,) = found["verbosity_attack"], found["verbosity_control"]
    assert (attack["fails"], attack["in_a_game"], attack["shorter"]) == (0.0, 0.0, 1.0)
    assert (control["tied"], control["first"], control["second"]) == (1.0, 0.0, 0.0)


def test_a_judge_that_goes_by_place_fails_in_half_the_games_and_with_no_answer(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(lambda _: "[[A]]") as server:
        (attack,) = tables(ask(tmp_path, server, "--format", "json"))["verbosity_attack"]
    assert (attack["fails"], attack["in_a_game"], attack["shorter"]) == (0.0, 0.5, 0.5)


def test_what_was_asked_is_not_asked_again_and_is_shown_without_asking(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge() as server:
        first = ask(tmp_path, server)
        again = ask(tmp_path, server)
        assert len(server.requests) == 4 * ANSWERS
    shown = mtbench(tmp_path, *VERBOSITY, "--plot", "plots")
    assert first.stdout == again.stdout
    assert shown.stdout.startswith(first.stdout.rstrip())
    assert "note: no comparisons of answers of unlike length" in shown.stdout
    assert "j, default, list twice, by rule" in shown.stdout
    other = mtbench(tmp_path, *VERBOSITY, "--judge-prompts", "cot")
    assert (other.returncode, "were judged with prompts cot" in other.stderr) == (2, True)
    assert {path.name for path in (tmp_path / "plots").glob("*.png")} == {
        "verbosity-attack-fails.png",
        "verbosity-attack-lead.png",
        "verbosity-control-tied.png",
    }


def test_a_dry_run_says_the_price_and_sends_nothing(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge() as server:
        done = ask(tmp_path, server, "--dry-run", "--limit", "5")
        assert not server.requests
    assert "j would make 10 judgments (0 done): 20 requests" in done.stdout
    assert "Nothing was sent." in done.stdout


def test_several_judges_and_prompt_sets_have_a_row_each(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge() as server:
        words = ["--judge-prompts", "default", "--judge-prompts", "short", "--structured", "--limit", "2"]
        found = tables(ask(tmp_path, server, "--judge", "openai/k", *words, "--format", "json"))
    assert [row["of"] for row in found["verbosity_control"]] == [
        f"{name}, {prompts}.structured" for name in "jk" for prompts in ("default", "short")
    ]
    only = mtbench(tmp_path, *VERBOSITY, "--judge", "k", "--judge-prompts", "short.structured", "--format", "json")
    assert [row["of"] for row in tables(only)["verbosity_control"]] == ["k, short.structured"]


def test_questions_categories_items_and_models_are_chosen(tmp_path: Path) -> None:
    bench(tmp_path, *(harbour(number) for number in range(4)), "Nothing.")
    with judge() as server:
        done = ask(tmp_path, server, "--dry-run", "--category", "math", "--questions", "0-3", "--model", "guide")
        assert "j would make 4 judgments" in done.stdout
        assert "has a list of 6 items or more" in ask(tmp_path, server, "--items", "6").stderr
        assert not server.requests
        unknown = ask(tmp_path, server, "--model", "nobody")
        assert unknown.returncode == 2
        assert "no answers by nobody" in unknown.stderr


def test_a_bench_without_a_list_is_said_to_be_one(tmp_path: Path) -> None:
    bench(tmp_path, "Nothing.")
    with judge() as server:
        done = ask(tmp_path, server)
    assert done.returncode == 2
    assert "has a list, so there is none to say twice" in done.stderr


def test_without_anything_judged_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    bench(tmp_path)
    done = mtbench(tmp_path, *VERBOSITY)
    assert done.returncode == 2
    assert "no comparisons of answers of unlike length" in done.stderr
    assert "no answers with a list said twice were judged: --judge J --ask has them judged" in done.stderr


def test_a_broken_line_of_a_file_is_said_and_nothing_else_shown(tmp_path: Path) -> None:
    made = bench(tmp_path)
    write_lines(made / "model_judgment" / "j_pair.jsonl", [{"question_id": 1}])
    done = mtbench(tmp_path, *VERBOSITY)
    assert done.returncode == 2
    assert "j_pair.jsonl, line 1" in done.stderr
    assert not done.stdout


def test_games_without_a_verdict_and_requests_that_failed_are_counted(tmp_path: Path) -> None:
    bench(tmp_path)

    def failing(request: Request) -> Fault | None:
        gardens = THINGS[2] in request.body["messages"][-1]["content"]
        return (
            Fault(status=400, body={"error": {"message": "no", "type": "invalid_request_error"}}) if gardens else None
        )

    def silent(body: Json) -> str | Reply:
        seen = see(body)
        return (
            "I do not know."
            if THINGS[1] in seen.answers[0] and seen.answers[0] < seen.answers[1]
            else likes_length(body)
        )

    with judge(silent, faults=failing) as server:
        done = ask(tmp_path, server, "--format", "json")
    found = tables(done, 3)
    (attack,), (control,) = found["verbosity_attack"], found["verbosity_control"]
    assert (attack["answers"], attack["errors"], attack["failed"]) == (ANSWERS - 2, 1, 1)
    assert (control["games"], control["errors"], control["failed"]) == (2 * ANSWERS - 2, 0, 1)
    assert (attack["fails"], attack["in_a_game"]) == (1.0, 1.0)


REWRITER = ("--rewriter", "openai/writer")


def test_a_model_rewrites_lists_and_the_judge_is_asked_about_these(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge() as server:
        plan = ask(tmp_path, server, *REWRITER, "--dry-run")
        assert not server.requests
        found = tables(ask(tmp_path, server, *REWRITER, "--format", "json"))
        writer = [each.body for each in server.requests if each.body["model"] == "writer"]
        assert (len(writer), len(server.requests)) == (ANSWERS, 5 * ANSWERS)
        assert {body["temperature"] for body in writer} == {0.0}
        ask(tmp_path, server, *REWRITER)
        assert len(server.requests) == 5 * ANSWERS
    assert f"writer would rewrite {ANSWERS} of {ANSWERS} lists (0 done): {ANSWERS} requests" in plan.stdout
    assert f"j would make {2 * ANSWERS} judgments (0 done)" in plan.stdout
    (attack,) = found["verbosity_attack"]
    assert (attack["of"], attack["fails"]) == ("j, default, list twice, by writer", 1.0)


def test_replies_that_are_no_list_are_left_out_and_said(tmp_path: Path) -> None:
    bench(tmp_path)

    def refuses(body: Json) -> str:
        is_about_boats = THINGS[0] in body["messages"][-1]["content"]
        return "I would rather not." if is_request_to_rewrite(body) and is_about_boats else likes_length(body)

    with judge(refuses) as server:
        done = ask(tmp_path, server, *REWRITER, "--format", "json")
        again = ask(tmp_path, server, *REWRITER, "--dry-run")
    assert "note: writer: replies that are no list of as many items, left out: 1" in done.stderr
    assert tables(done)["verbosity_attack"][0]["answers"] == ANSWERS - 1
    assert "j would make 0 judgments" in again.stdout


def test_a_rewriter_that_does_not_answer_leaves_the_judge_unasked(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(models={"j"}) as server:
        done = ask(tmp_path, server, *REWRITER)
        assert not [each for each in server.requests if each.body["model"] == "j"]
    assert done.returncode == 2
    assert "writer" in done.stderr
    assert "does not exist" in done.stderr


def test_rewriting_and_judging_go_through_request_files(tmp_path: Path) -> None:
    made = bench(tmp_path)
    with judge() as server:
        first = ask(tmp_path, server, *REWRITER, "--export-requests", "out.jsonl")
        assert not server.requests
    lines = read_lines(tmp_path / "out.jsonl")
    assert [each["body"]["model"] for each in lines] == ["writer"] * ANSWERS
    assert f"{ANSWERS} written to out.jsonl" in first.stdout
    assert not (made / "studies" / "verbosity" / "model_judgment").exists()
