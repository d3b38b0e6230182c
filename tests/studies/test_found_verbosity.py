"""`bias verbosity --ask` finds how often a judge falls for a list that is said twice, and what it makes of equals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mtbench.benches import Bench, load_answers
from mtbench.chat.spec import ModelSpec
from mtbench.cli.bias.verbosity import ANSWERS, ITEMS, verbosity_parts
from mtbench.cli.studying import Part
from mtbench.judging.prompts import load_prompts
from mtbench.records import Answer, Choice, Question
from mtbench.reports.verbosity_attack import verbosity_attack_results
from mtbench.stats.games import Floats
from mtbench.studies.verbosity import BY_RULE, ORIGINAL, answers_to_ask_about, verbosity_bench, write_verbosity
from tests.studies.commands import Place, holds
from tests.studies.finding import OWN, RUNS, check, estimate, judge_all, row
from tests.support.benches import write_lines
from tests.support.servers import ModelServer, running
from tests.support.simulated_judge import Eyes, Leaning, SimulatedJudge

QUESTIONS = 10
MODEL = "writer"
ADVICE = (
    "Drink a large glass of water before each meal.",
    "Keep a small notebook beside the bed and write down what went well.",
    "Open the window for ten minutes in the morning, even when it is cold outside.",
    "Walk to the shop instead of taking the car.",
    "Ask a friend to read the letter before you send it.",
    "Put the phone into another room while you are at work.",
    "Learn the names of your neighbours and greet them.",
    "Cook enough for two days, so that you have time to rest on the second one.",
    "Clean the kitchen right after dinner.",
    "Plan the week on Sunday evening with a cup of tea.",
)
EYES = Eyes(quality=lambda _: 0.0)
FAIR = Leaning(first=0.3, noise=0.5, taste=0.3, tie=0.4)


@dataclass(frozen=True)
class Asked:
    """The studies of all runs, and by how many doublings the answers with a list said twice are longer (n,)."""

    leaning: Leaning
    studies: Sequence[Bench]
    doublings: Floats

    def check(self, kind: str, of: str, truth: Mapping[str, float]) -> None:
        rows = [row(verbosity_attack_results(each, (), ()), kind, of) for each in self.studies]
        for key, figure in truth.items():
            check(f"{kind}, length {self.leaning.length:g}: {key}", [estimate(each[key]) for each in rows], figure)

    def lists(self) -> dict[str, float]:
        """What comes of lists said twice."""
        rng = np.random.default_rng(1)
        lead = self.leaning.length * rng.choice(self.doublings, 200_000)
        lead += rng.normal(0, 2**0.5 * self.leaning.taste, len(lead))
        first, second = self.leaning.winners(lead), self.leaning.winners(-lead)
        longer = float((first[:, 0] + second[:, 1]).mean() / 2)
        shorter = float((first[:, 1] + second[:, 0]).mean() / 2)
        both = float((first[:, 0] * second[:, 1]).mean())
        return {"fails": both, "in_a_game": longer, "shorter": shorter, "lead": longer - shorter}

    def equals(self) -> dict[str, float]:
        """What comes of an answer beside itself."""
        return dict(zip(("first", "second", "tied"), self.leaning.winners(np.zeros(())).tolist(), strict=True))


def asked(leaning: Leaning, folder: Path) -> Asked:
    drawn = [_made(f"length{leaning.length:g}-{number}", folder) for number in range(RUNS)]
    studies = [write_verbosity(each, [MODEL]) for each in drawn]

    def parts(judge: ModelSpec) -> list[list[Part]]:
        sets, all_ids = [load_prompts("default")], range(QUESTIONS)
        chosen = [answers_to_ask_about(each, each.by_rule, [MODEL], all_ids, ITEMS, ANSWERS) for each in studies]
        return [verbosity_parts(study.bench, of, [judge], sets) for study, of in zip(studies, chosen, strict=True)]

    judge_all(SimulatedJudge(leaning, EYES, seed=11), parts)
    growths = [growth for each in studies for growth in _growths(each.bench)]
    return Asked(leaning, [each.bench for each in studies], np.log2(growths))


def _made(name: str, folder: Path) -> Bench:
    """A bench of questions and answers with lists of four to eight pieces of advice."""
    rng = np.random.default_rng([*name.encode()])
    bench = Bench(name, folder / name, folder / name)
    asked, answers = [], []
    for each in range(QUESTIONS):
        items = rng.permutation(ADVICE)[: rng.integers(4, 9)]
        advice = "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
        text = f"This is what helps many people:\n\n{advice}\n\nBegin with one of these, and see how it goes."
        asked.append(Question(each, "writing", (f"{name}, question {each}: what shall I do?",)).to_json())
        answers.append(Answer(each, f"{name}-{each}", MODEL, (Choice(0, (text,)),), 1.0).to_json())
    write_lines(bench.source / "question.jsonl", asked)
    write_lines(bench.answers(MODEL), answers)
    return bench


def _growths(study: Bench) -> list[float]:
    original, twice = (load_answers(study.answers(who)) for who in (ORIGINAL, BY_RULE))
    return [len(twice[each].choices[0].turns[0]) / len(original[each].choices[0].turns[0]) for each in twice]


@pytest.fixture(scope="module", params=[1.2, 0.0], ids=["wordy", "fair"])
def of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """A judge to whom twice the length is worth so much."""
    return asked(replace(FAIR, length=request.param), tmp_path_factory.mktemp("verbosity"))


def test_how_often_a_judge_falls_for_a_list_said_twice_is_found(of: Asked) -> None:
    truth = of.lists()
    of.check("verbosity_attack", f"{OWN}, default, {BY_RULE}", truth)
    if of.leaning.length:
        assert truth["fails"] > 0.5
    else:
        assert truth["in_a_game"] == pytest.approx(truth["shorter"], abs=0.01)


def test_what_a_judge_makes_of_an_answer_beside_itself_is_found(of: Asked) -> None:
    of.check("verbosity_control", f"{OWN}, default", of.equals())


def test_the_command_finds_it(tmp_path: Path) -> None:
    wordy = replace(FAIR, length=1.2)
    bench = _made("length1.2-1", tmp_path / "data")
    with running(ModelServer(reply=SimulatedJudge(wordy, EYES, seed=11))) as server:
        place = Place(tmp_path, server.base_url, bench.name)
        lists = place.rows("bias", "verbosity", *place.asking(), kind="verbosity_attack")
        equals = place.rows("bias", "verbosity", kind="verbosity_control")
    truth = Asked(wordy, [], np.log2(_growths(verbosity_bench(bench))))
    assert all(holds(lists[0], key, figure) for key, figure in truth.lists().items())
    assert all(holds(equals[0], key, figure) for key, figure in truth.equals().items())
