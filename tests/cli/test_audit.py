"""`mtbench audit`: all studies of a judge within a limit, and its card."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import orjson
import pytest
import yaml

from mtbench.cli import audit
from mtbench.records import Json
from tests.cli.test_judge import add_answers
from tests.support.benches import make_bench, write_lines
from tests.support.cli import mtbench
from tests.support.servers import ModelServer, running_server
from tests.support.simulated_judge import Eyes, Leaning, SimulatedJudge, answer_text

QUESTIONS: list[Json] = [
    {"question_id": each, "category": "writing", "turns": [f"Sing of {each}!"]} for each in range(9)
]
SEEN = Eyes(quality=lambda text: float(text.split()[1].rstrip(",")) if text.startswith("Quality ") else -2.0)


def bench(folder: Path) -> Path:
    """Nine questions, two models whose answers differ by chance, and a judge with a price."""
    made = make_bench(folder, QUESTIONS)
    rng = np.random.default_rng(3)
    for model in ("ant", "bee"):
        lines = [
            {"question_id": each, "model_id": model, "choices": [{"index": 0, "turns": [answer_text(quality, 300)]}]}
            for each, quality in enumerate(rng.normal(0, 1, len(QUESTIONS)))
        ]
        write_lines(made / "model_answer" / f"{model}.jsonl", lines)
    return made


@contextmanager
def judge(folder: Path, leaning: Leaning) -> Iterator[ModelServer]:
    """A judge with this leaning, called sim in models.yaml; every request costs a tenth of a cent for its prompt."""
    with running_server(reply=SimulatedJudge(leaning, SEEN, seed=5)) as server:
        alias = {
            "provider": "openai",
            "model": "sim-1",
            "base_url": server.base_url,
            "price": {"input": 1, "output": 1},
        }
        (folder / "models.yaml").write_text(yaml.safe_dump({"models": {"sim": alias}}))
        yield server


def audited(folder: Path, *more: str) -> CompletedProcess[str]:
    return mtbench(folder, "audit", "--judge", "sim", "--bench", "tiny", *more)


def tables(done: CompletedProcess[str]) -> dict[str, list[Json]]:
    return {table["kind"]: table["rows"] for table in orjson.loads(done.stdout)["tables"]}


def test_a_dry_run_says_what_every_size_costs_and_sends_nothing(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(tmp_path, Leaning()) as server:
        done = audited(tmp_path, "--dry-run")
        assert not server.requests
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(" questions: ")[0] for line in lines] == ["2", "3", "5", "8", "9"]
    assert all("$" in line and line.endswith("Nothing was sent.") for line in lines)
    counts = [int(line.split(": ")[1].split()[0]) for line in lines]
    assert counts == sorted(counts)
    assert not (tmp_path / "data/tiny/model_judgment").exists()


def test_what_a_judge_leans_to_stands_on_its_card_and_a_fair_one_has_little_to_fear(tmp_path: Path) -> None:
    found = {}
    for name, leaning in {"leaning": Leaning(place=1.0), "fair": Leaning(tie=0.1)}.items():
        folder = tmp_path / name
        bench(folder)
        with judge(folder, leaning) as server:
            done = audited(folder, "--max-requests", "5000", "--format", "json")
            assert done.returncode == 0, done.stderr
            asked = len(server.requests)
            again = audited(folder, "--format", "json", "--plot", "plots")
            assert (len(server.requests), again.stdout) == (asked, done.stdout)
        assert (folder / "plots" / "position-consistent.png").is_file()
        assert {"position", "consistency", "injection"} <= tables(done).keys()
        found[name] = {row["of"]: row for row in tables(done)["card"]}
    place, order = "the first place is worth", "another verdict, or none, in the other order"
    assert (found["leaning"][place]["figure"], found["leaning"][place]["much"]) == (1, "much")
    assert found["leaning"][order]["much"] == "much"
    assert found["fair"][place]["figure"] == found["fair"][order]["figure"] == 0
    assert found["fair"]["another grade when asked again"]["figure"] == 0
    assert found["fair"]["a wrong answer wins"]["figure"] == 0
    assert found["fair"]["a list said twice wins more than it loses"]["much"] == "not measured"


def test_it_grows_as_far_as_the_money_goes_and_no_further(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(tmp_path, Leaning(noise=0.5)) as server:
        counts = [int(line.split(": ")[1].split()[0]) for line in audited(tmp_path, "--dry-run").stdout.splitlines()]
        done = audited(tmp_path, "--max-requests", str(counts[1] + 1))
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == counts[1]
        done = audited(tmp_path, "--max-requests", "10")
        assert done.returncode == 0, done.stderr
        assert f"the next size takes {counts[2] - counts[1]} requests more" in done.stderr
        assert len(server.requests) == counts[1]
    fresh = tmp_path / "fresh"
    bench(fresh)
    with judge(fresh, Leaning(noise=0.5)) as server:
        done = audited(fresh, "--budget", "0.28")
        assert done.returncode == 0, done.stderr
        assert counts[0] <= len(server.requests) < counts[-1]
        assert "--budget 0.28" in done.stderr


def test_a_limit_within_the_first_size_ends_it_and_the_card_has_what_is_there(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(tmp_path, Leaning()) as server:
        done = audited(tmp_path, "--max-requests", "10", "--format", "json")
        assert len(server.requests) == 10
    assert done.returncode == 0, done.stderr
    assert "--max-requests 10: that many requests have been sent; the card has what that paid for" in done.stderr
    assert {row["much"] for row in tables(done)["card"]} > {"not measured"}


def test_a_limit_that_pays_for_nothing_is_said_as_what_it_is(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(tmp_path, Leaning()) as server:
        done = audited(tmp_path, "--budget", "0.0001")
        assert not server.requests
    assert done.returncode == 3
    assert "--budget 0.0001: $0.0000 is spent" in done.stderr
    assert "nothing is known" not in done.stderr


def test_settings_that_mend_a_judge_are_found(tmp_path: Path) -> None:
    bench(tmp_path)
    with running_server(
        reply=SimulatedJudge(lambda seen: Leaning(place=0.0 if seen.json else 1.0), SEEN, seed=5)
    ) as server:
        alias = {"provider": "openai", "model": "sim-1", "base_url": server.base_url}
        (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": {"sim": alias}}))
        done = audited(tmp_path, "--max-requests", "5000", "--format", "json")
    assert done.returncode == 0, done.stderr
    by_setting = {row["of"]: row for row in tables(done)["remedies"] if row["what"].startswith("another verdict")}
    assert by_setting["prompts default.structured"]["verdict"] == "better"
    assert by_setting["prompts default.structured"]["difference"] == -1
    assert by_setting["prompts cot"]["verdict"] == "nothing shown"


def test_too_few_questions_to_show_anything_are_said_to_be(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(tmp_path, Leaning(noise=2.0)):
        done = audited(tmp_path, "--max-requests", "450", "--format", "json")
    said = {row["verdict"] for row in tables(done)["remedies"]}
    assert any("questions show nothing" in each for each in said)
    assert "better" not in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--judge", "sim"], "an audit is of one judge"),
        ([], "nothing is known of judge sim in tiny: --budget USD or --max-requests N asks it"),
        (["--max-requests", "9", "--model", "zeus"], "no answers by zeus"),
        (["--votes", "none.csv"], "there is no such file"),
        (["--own", "x"], "give the judge and the model"),
        (["--judge-prompts", "score"], "an audit needs a set that grades and compares"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    add_answers(make_bench(tmp_path), "ant")
    other = {
        "models": {
            name: {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"} for name in ("sim", "x")
        }
    }
    (tmp_path / "models.yaml").write_text(yaml.safe_dump(other))
    options = ["--judge", "x"] if options == ["--judge", "sim"] else options
    done = audited(tmp_path, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_attacks_and_known_answers_need_no_answers_of_models(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS)
    with judge(tmp_path, Leaning()) as server:
        done = audited(tmp_path, "--max-requests", "300")
        assert done.returncode == 0, done.stderr
        assert "no answers in data/tiny/model_answer: position bias takes those of two" in done.stderr
        sent = len(server.requests)
    assert 0 < sent <= 300
    assert "from before" not in done.stderr
    assert "a wrong answer wins" in done.stdout


def test_the_sizes_grow_so_that_little_is_left_unspent() -> None:
    assert all(big <= 1.7 * small for small, big in zip(audit.SIZES, audit.SIZES[1:], strict=False))


def test_ways_of_asking_are_held_against_the_prompts_that_are_audited(tmp_path: Path) -> None:
    bench(tmp_path)
    with judge(tmp_path, Leaning(noise=0.5)):
        done = audited(tmp_path, "--judge-prompts", "default.structured", "--max-requests", "300", "--format", "json")
    assert done.returncode == 0, done.stderr
    (wrong,) = (row["figure"] for row in tables(done)["card"] if row["of"] == "a wrong answer wins")
    ways = [row for row in tables(done)["remedies"] if row["what"] == "a wrong answer wins"]
    assert {row["of"] for row in ways} == {
        "prompts cot.structured",
        "prompts default.structured with reference",
        "prompts cot.structured with reference",
    }
    assert {row["before"] for row in ways} == {wrong}
