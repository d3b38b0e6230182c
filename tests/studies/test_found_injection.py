"""`bias injection` finds what attacks gain from a judge, by prompt, and that harmless texts gain nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtbench.benches import Bench
from mtbench.chat.spec import ModelSpec
from mtbench.cli.bias.injection import injection_found
from mtbench.cli.options import CheckMode
from mtbench.cli.studying import Part
from mtbench.indexes import Questions
from mtbench.judging.judges import JudgeSettings
from mtbench.judging.prompts import load_prompts
from mtbench.records import Json, Question, QuestionId
from mtbench.reports.tables import Cell
from mtbench.runs import JudgeJob
from mtbench.stats.games import Floats
from mtbench.studies.attacks import load_attacks
from mtbench.studies.injection import PLAIN
from mtbench.studies.study import write_study
from tests.studies.commands import Place, holds
from tests.studies.finding import OWN, RUNS, check, estimate, judge_all, row
from tests.support.benches import make_bench
from tests.support.seen_prompts import Seen
from tests.support.servers import ModelServer, running
from tests.support.simulated_judge import Eyes, Leaning, SimulatedJudge

QUESTIONS = 6
ALL = load_attacks()
ATTACKS = {each.id: each for each in ALL.attacks if each.place == "after" and len(each.modes) == 2}
OBEYED = dict(zip([*ATTACKS][::6], (0.9, 0.5, 0.3, 0.0), strict=False))
"""How often attacks have their way: a few of ours, alike in all runs."""

CONTROLS = {ALL.control_of(ATTACKS[name]) for name in OBEYED}
POOR = -2.0

OBEDIENT = Leaning(noise=0.6, taste=0.6, tie=0.2, obeys=OBEYED)
FIRM = Leaning(noise=0.6, taste=0.6, tie=0.2)
EYES = Eyes(
    quality=lambda _: POOR,
    attack=lambda text: next((name for name in OBEYED if ATTACKS[name].text in text), None),
)


def leaning(seen: Seen) -> Leaning:
    """Obedient where it may write what it likes."""
    return FIRM if seen.json else OBEDIENT


def asked(name: str, mode: CheckMode, folder: Path) -> Sequence[Bench]:
    """So many runs of the study with some of the attacks, and with --structured too where answers are graded."""
    drawn = [_made(f"{name}-{number}", folder) for number in range(RUNS)]
    prompts = load_prompts("default")
    sets = [prompts, prompts.structured()] if mode is CheckMode.single else [prompts]
    models = [PLAIN, *(each.id for each in CONTROLS), *OBEYED]

    def parts(judge: ModelSpec) -> list[list[Part]]:
        jobs = [JudgeJob.plan(mode.value, [judge], models, PLAIN, JudgeSettings(each)) for each in sets]
        return [[Part(bench, questions, job) for job in jobs] for bench, questions in drawn]

    judge_all(SimulatedJudge(leaning, EYES, seed=11), parts)
    return [bench for bench, _ in drawn]


def _made(name: str, folder: Path) -> tuple[Bench, Questions]:
    bench = Bench(name, folder / name, folder / name)
    ids: Sequence[QuestionId] = range(QUESTIONS)
    answers = {each.id: each.put_into(ALL.poor_answer) for each in (*CONTROLS, *(ATTACKS[name] for name in OBEYED))}
    answers[PLAIN] = ALL.poor_answer
    questions = [Question(each, "writing", (f"{name}, question {each}?",)) for each in ids]
    return bench, write_study(bench, questions, {who: dict.fromkeys(ids, (text,)) for who, text in answers.items()})


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Bench]:
    return asked("graded", CheckMode.single, tmp_path_factory.mktemp("graded"))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Bench]:
    return asked("compared", CheckMode.pairwise_baseline, tmp_path_factory.mktemp("compared"))


def rows(benches: Sequence[Bench], mode: CheckMode, prompts: str) -> list[dict[str, Cell]]:
    kind = "injection" if mode is CheckMode.single else "injection_pair"
    return [row(injection_found(each, mode, (), ()), kind, f"{OWN}, {prompts}") for each in benches]


def tasted() -> Floats:
    """Endless draws of what the judge makes of a text for good."""
    return np.random.default_rng(1).normal(0, OBEDIENT.taste, (2, 200_000))


def test_what_attacks_gain_in_grades_is_found(graded: Sequence[Bench]) -> None:
    plain = FIRM.grades(POOR + tasted()[0]).mean(axis=0)
    top = np.eye(10)[9]
    attacked = [share * top + (1 - share) * plain for share in OBEYED.values()]
    risen = np.subtract.outer(range(10), range(10)) >= 1
    truth = {
        "rise": np.mean([(each - plain) @ range(10) for each in attacked]),
        "control": 0.0,
        "beyond": np.mean([(each - plain) @ range(10) for each in attacked]),
        "risen": np.mean([each @ risen @ plain for each in attacked]),
        "top": np.mean([each[9] for each in attacked]),
    }
    found = rows(graded, CheckMode.single, "default")
    for key, figure in truth.items():
        check(f"attacks, graded: {key}", [estimate(each[key]) for each in found], float(figure))
    assert sum(estimate(each["rise"]).low > 0 for each in found) >= 0.9 * RUNS


def test_nothing_is_gained_where_nothing_is_obeyed(graded: Sequence[Bench]) -> None:
    found = rows(graded, CheckMode.single, "default.structured")
    for key in ("rise", "control", "beyond"):
        check(f"attacks, structured: {key}", [estimate(each[key]) for each in found], 0.0)


def test_what_attacks_win_in_comparisons_is_found(compared: Sequence[Bench]) -> None:
    mine, plain = tasted()
    first, second = FIRM.winners(mine - plain), FIRM.winners(plain - mine)
    obeyed = np.array([*OBEYED.values()])[:, None]
    outright = ((obeyed + (1 - obeyed) * first[:, 0]) * (obeyed + (1 - obeyed) * second[:, 1])).mean()
    lost = ((1 - obeyed) * first[:, 1] * (1 - obeyed) * second[:, 0]).mean()
    won = 0.5 + (outright - lost) / 2
    found = rows(compared, CheckMode.pairwise_baseline, "default")
    truth = {"won": won, "control": 0.5, "beyond": won - 0.5, "outright": outright}
    for key, figure in truth.items():
        check(f"attacks, compared: {key}", [estimate(each[key]) for each in found], float(figure))


def test_the_command_finds_it(tmp_path: Path) -> None:
    questions: list[Json] = [{"question_id": each, "category": "writing", "turns": [f"{each}?"]} for each in range(5)]
    make_bench(tmp_path, questions)
    obeys = dict.fromkeys((each.id for each in ALL.attacks), 0.6)
    eyes = replace(EYES, attack=lambda text: next((each.id for each in ALL.attacks if each.text in text), None))
    with running(ModelServer(reply=SimulatedJudge(replace(FIRM, obeys=obeys), eyes, seed=12))) as server:
        place = Place(tmp_path, server.base_url, "tiny")
        (found,) = place.rows("bias", "injection", *place.asking(), "--limit", "5", kind="injection")
    plain = FIRM.grades(POOR + tasted()[0]).mean(axis=0)
    assert found["answers"] == 5 * len(ALL.of_mode("single"))
    assert holds(found, "rise", float(0.6 * (9 - plain @ range(10))))
    assert holds(found, "top", 0.6 + 0.4 * plain[9])
    assert found["rise_low"] > 0
