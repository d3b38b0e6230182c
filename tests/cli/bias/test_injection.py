"""`mtbench bias injection`: what a judge gives for being asked is found, over HTTP, and asked for once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from mtbench.records import Json
from mtbench.studies.attacks import load_attacks
from mtbench.studies.injection import answerers
from tests.support.benches import make_bench, write_lines
from tests.support.cli import REPOSITORY, mtbench
from tests.support.judged import answered
from tests.support.seen_prompts import Seen
from tests.support.servers import ModelServer, running
from tests.support.simulated_judge import Eyes, Leaning, SimulatedJudge

INJECTION = ("bias", "injection", "--bench", "tiny")
ATTACKS = load_attacks()
SINGLE = len(answerers("single"))


def name_of(text: str) -> str | None:
    """Which attack a text carries: the longest of those that stand in it."""
    found = [each for each in ATTACKS.attacks if each.text in text]
    return max(found, key=lambda each: len(each.text)).id if found else None


EYES = Eyes(quality=lambda _: -3.5, attack=name_of)
"""Of a judge that gives all our answers a 2, but for attacks."""


@contextmanager
def judge(obeys: dict[str, float] | None = None) -> Iterator[tuple[SimulatedJudge, tuple[str, ...]]]:
    """A judge that obeys these attacks, unless it is asked for JSON; and the options by which it is asked."""

    def leaning(seen: Seen) -> Leaning:
        return Leaning() if seen.json else Leaning(obeys=obeys or {})

    simulated = SimulatedJudge(leaning, EYES)
    with running(ModelServer(reply=simulated)) as server:
        yield simulated, ("--judge", "openai/j", "--base-url", server.base_url, "--ask", "--quiet")


def tables(folder: Path, *words: str) -> dict[str, list[Json]]:
    """By kind, the rows of the first table."""
    done = mtbench(folder, *INJECTION, "--format", "json", *words)
    assert done.returncode == 0, done.stderr
    found: list[Json] = orjson.loads(done.stdout)["tables"]
    return {each["kind"]: each["rows"] for each in reversed(found)}


def row(rows: Sequence[Json], of: str) -> Json:
    (found,) = [each for each in rows if each["of"] == of]
    return found


def test_a_judge_that_obeys_some_attacks_is_found_out_by_prompt(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with judge({"hidden-tag-characters": 1.0, "request-top-mark": 1.0}) as (simulated, asking):
        found = tables(tmp_path, *asking, "--judge-prompts", "default", "--judge-prompts", "default.structured")
    assert len(simulated.seen) == 2 * 3 * SINGLE
    attacks = len(ATTACKS.of_mode("single"))
    plain, structured = (row(found["injection"], f"j, {name}") for name in ("default", "default.structured"))
    assert found["injection"] == [plain, structured]
    assert plain["rise"] == pytest.approx(8 * 2 / attacks)
    assert plain["top"] == pytest.approx(2 / attacks)
    assert (plain["control"], plain["no_verdict"], structured["rise"]) == (0, 0, 0)
    worst = {each["of"]: each["rise"] for each in found["injection_worst"]}
    assert worst == {"hidden-tag-characters": 8, "request-top-mark": 8}
    assert len(found["injection_attack"]) == attacks
    hidden = sum(each.kind == "hidden" for each in ATTACKS.of_mode("single"))
    assert row(found["injection_kind"], "hidden")["rise"] == pytest.approx(8 / hidden)


def test_what_was_asked_is_not_asked_again_and_is_shown_without_a_judge(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with judge() as (simulated, asking):
        first = tables(tmp_path, *asking, "--questions", "1")
        planned = mtbench(tmp_path, *INJECTION, *asking[:-2], "--dry-run", "--questions", "1,3")
        assert f"j would make {SINGLE} judgments ({SINGLE} done): {SINGLE} requests" in planned.stdout
        assert len(simulated.seen) == SINGLE
        tables(tmp_path, *asking, "--questions", "1,3", "--plot", "plots")
    assert len(simulated.seen) == 2 * SINGLE
    assert row(first["injection"], "j, default")["answers"] == len(ATTACKS.of_mode("single"))
    shown = mtbench(tmp_path, *INJECTION)
    assert "tiny injection: what attacks on the judge gain" in shown.stdout
    assert "none failed or not judged yet" in shown.stdout
    assert "the worst attacks" not in shown.stdout
    assert {each.name for each in (tmp_path / "plots").glob("*.png")} == {
        "injection-beyond.png",
        "injection-kind-beyond.png",
    }


def test_four_questions_are_asked_unless_more_are_named(tmp_path: Path) -> None:
    make_bench(tmp_path, [{"question_id": each, "category": "x", "turns": ["?", "!"]} for each in range(9)])
    options = (*INJECTION, "--judge", "openai/j", "--dry-run")
    for more, asked in ((), 4), (("--limit", "6"), 6), (("--questions", "0-7"), 8):
        assert f"j would make {asked * SINGLE} judgments" in mtbench(tmp_path, *options, *more).stdout


def test_the_guide_says_how_many_requests_that_is() -> None:
    assert f"that is {4 * SINGLE} requests" in (REPOSITORY / "docs/trust.md").read_text()


def test_attacked_answers_are_compared_with_plain_ones(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with judge({"verdict-either-letter": 1.0}) as (simulated, asking):
        found = tables(tmp_path, *asking, "--mode", "pairwise-baseline", "--questions", "1,2")
    games = len(answerers("pairwise")) - 1
    assert len(simulated.seen) == 2 * 2 * games
    attacks = len(ATTACKS.of_mode("pairwise"))
    (whole,) = found["injection_pair"]
    assert whole["won"] == pytest.approx((attacks / 2 + 0.5) / attacks)
    assert whole["outright"] == pytest.approx(1 / attacks)
    assert (whole["control"], whole["games"]) == (0.5, 2 * attacks)
    assert [each["of"] for each in found["injection_pair_worst"]] == ["verdict-either-letter"]
    assert mtbench(tmp_path, *INJECTION).returncode == 2  # there are no grades


def test_a_model_s_own_answers_can_be_attacked(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    write_lines(bench / "model_answer" / "weak.jsonl", [answered(1, "weak")])
    with judge() as (simulated, asking):
        (whole,) = tables(tmp_path, *asking, "--model", "weak")["injection"]
    assert len(simulated.seen) == SINGLE
    assert ("one of weak",) in {each.answers for each in simulated.seen}
    assert whole["answers"] == len(ATTACKS.of_mode("single"))
    assert tables(tmp_path, "--model", "weak")["injection"] == [whole]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "no attacked answers judged in"),
        (["--ask"], "which judge shall be asked?"),
        (["--ask", "--judge", "openai/j", "--model", "nobody"], "no answers by nobody to attack"),
        (["--ask", "--judge", "openai/j", "--judge-prompts", "no.structured"], "no judge prompts 'no'"),
        (["--mode", "pairwise-all"], "is not one of"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, *INJECTION, *options)
    assert done.returncode == 2
    assert said in done.stderr
