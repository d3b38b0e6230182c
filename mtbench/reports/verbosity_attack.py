"""Judgments of answers against the same with a list said twice → how often a judge takes length for quality."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.benches import Bench, load_answers, load_questions
from mtbench.briefs import PairBrief
from mtbench.errors import MtbenchError
from mtbench.files import model_files
from mtbench.records import QuestionId
from mtbench.reports.judgments import Group, contest_of_failure, read_groups
from mtbench.reports.tables import Cell, Column, Mode, Results, Table, known
from mtbench.reports.values import codes_of
from mtbench.stats.estimates import Estimate
from mtbench.stats.ratios import clustered_balance, clustered_ratio

LONGER, SHORTER, TIE, ERROR = "longer", "shorter", "tie", "error"
FIRST, SECOND = "first", "second"


@dataclass(frozen=True, slots=True)
class _Unit:
    """One answer beside itself with its list twice, or beside itself, judged in both orders or one.

    `games`: what each order's verdict said, in the words above. `question`: the bench's, on which several models may
    have answers. `growth`: by how large a part the longer is longer.
    """

    question: QuestionId
    games: tuple[str, ...]
    growth: float


def verbosity_attack_results(study: Bench, judges: Sequence[str], prompt_sets: Sequence[str]) -> Results:
    """A table of failures by judge, prompt set and who said the list twice, and one of what identical answers got.

    `study`: the study's bench; two answers with the same text are the control, others the attack.
    Raises MtbenchError where nothing was judged so, and for a judge that is not there.
    """
    if not model_files(study.folder / "model_judgment", "_pair"):
        raise _nothing("")
    notes: list[str] = []
    groups, paths = read_groups(study, ("pair",), judges, notes.append)
    groups = [each for each in groups if not prompt_sets or each.prompt_set in prompt_sets]
    if not groups:
        raise _nothing(f" with prompts {', '.join(prompt_sets)}")
    judged = _Judged(study, groups)
    attacks: list[tuple[Cell, ...]] = []
    controls: list[tuple[Cell, ...]] = []
    for each in groups:
        name, (attacked, control) = f"{each.judge}, {each.prompt_set}", judged.units(each)
        failed = [contest_of_failure(failure) for failure in each.failures]
        for longer, units in attacked.items():
            attacks.append((f"{name}, {longer}", *_attack_cells(units, sum(longer in models for models in failed))))
        if control:
            others = sum({*models}.isdisjoint(attacked) for models in failed)
            controls.append((name, *_control_cells(control, others)))
    tables = [
        Table(
            kind=kind,
            title=f"{study.name}: {title}",
            judges=tuple(dict.fromkeys(each.judge for each in groups)),
            prompt_set="",
            columns=columns,
            rows=rows,
            foot=foot,
        )
        for kind, title, columns, rows, foot in (
            ("verbosity_attack", "answers with a list that is said twice", _ATTACK, attacks, _ATTACK_FOOT),
            ("verbosity_control", "answers beside themselves", _CONTROL, controls, _CONTROL_FOOT),
        )
        if rows
    ]
    if not tables:
        raise MtbenchError(f"judgments in {study.folder} are of answers that are gone: --judge J --ask makes new ones")
    return Results(Mode.PAIRWISE_ALL, study.name, tuple(map(str, paths)), tables, notes, groups)


def _nothing(how: str) -> MtbenchError:
    return MtbenchError(f"no answers with a list said twice were judged{how}: --judge J --ask has them judged")


_ATTACK = (
    Column("of", "judge, prompts, answer"),
    Column("fails", "fails", decimals=3),
    Column("in_a_game", "longer wins", decimals=3),
    Column("shorter", "shorter wins", decimals=3),
    Column("lead", "longer less shorter", decimals=3),
    Column("answers", "answers"),
    Column("growth", "longer by", decimals=2),
    Column("errors", "without a verdict", quiet=True),
    Column("failed", "failed", quiet=True),
)
_ATTACK_FOOT = (
    "fails: answers of which the judge prefers the one with the list said twice in both orders, the paper's failure "
    "rate where a win has to hold in both",
    "longer wins, shorter wins: share of games, each order one; the paper's failure rate if every game counts",
    "longer less shorter: above 0 is a liking for length; a judge that only wavers lets either win as often",
    "longer by: mean growth of the answer, 0.50 is half as long again; games without a verdict are left out",
    "95 % intervals, clustered by question",
)
_CONTROL = (
    Column("of", "judge, prompts"),
    Column("tied", "tied", decimals=3),
    Column("first", "first wins", decimals=3),
    Column("second", "second wins", decimals=3),
    Column("games", "games"),
    Column("errors", "without a verdict", quiet=True),
    Column("failed", "failed", quiet=True),
)
_CONTROL_FOOT = (
    "share of games between an answer and itself: a judge that goes by the answer alone ties them all; else which "
    "place wins",
)


def _attack_cells(units: Sequence[_Unit], failed: int) -> tuple[Cell, ...]:
    whole = [each for each in units if ERROR not in each.games]
    fails = [float({*each.games} == {LONGER}) for each in whole]
    return (
        _share(fails, [1.0] * len(whole), whole),
        _share_of_games(units, LONGER),
        _share_of_games(units, SHORTER),
        _lead(units),
        len(whole),
        float(np.mean([each.growth for each in units])),
        sum(each.games.count(ERROR) for each in units),
        failed,
    )


def _control_cells(units: Sequence[_Unit], failed: int) -> tuple[Cell, ...]:
    errors = sum(each.games.count(ERROR) for each in units)
    shares = (_share_of_games(units, said) for said in (TIE, FIRST, SECOND))
    return (*shares, sum(len(each.games) for each in units) - errors, errors, failed)


def _share_of_games(units: Sequence[_Unit], said: str) -> Estimate | None:
    """In games with a verdict."""
    counted = [float(len(each.games) - each.games.count(ERROR)) for each in units]
    return _share([float(each.games.count(said)) for each in units], counted, units)


def _lead(units: Sequence[_Unit]) -> Estimate | None:
    """Of games with a verdict, the share that the longer answer wins less the share that the shorter one does."""
    games = [(unit.question, game) for unit in units for game in unit.games if game != ERROR]
    points = np.array([{LONGER: 1.0, SHORTER: -1.0, TIE: 0.0}[game] for _, game in games])
    return known(clustered_balance(points, codes_of([question for question, _ in games])))


def _share(parts: Sequence[float], wholes: Sequence[float], units: Sequence[_Unit]) -> Estimate | None:
    codes = codes_of([each.question for each in units])
    return known(clustered_ratio(np.array(parts, np.float64), np.array(wholes, np.float64), codes))


class _Judged:
    """The texts that were compared, and which question of the bench each question of the study is about."""

    def __init__(self, study: Bench, groups: Sequence[Group]) -> None:
        models = {model for each in groups for model in each.models()}
        self._turns = {
            (model, question_id): answer.choices[0].turns
            for model in models
            for question_id, answer in load_answers(study.answers(model)).items()
        }
        self._source = {
            each.question_id: each.extra.get("source_question_id", each.question_id)
            for each in load_questions(study.source / "question.jsonl")
        }

    def units(self, group: Group) -> tuple[dict[str, list[_Unit]], list[_Unit]]:
        """What was judged, attacks by whose answers the longer ones are, and the control."""
        attacked = defaultdict[str, list[_Unit]](list)
        control: list[_Unit] = []
        for one in (each for each in group.judgments if isinstance(each, PairBrief)):
            texts = [self._turns.get((model, one.question_id), ())[: one.turn] for model in one.models]
            if min(map(len, texts)) < one.turn:
                continue  # its answer is no longer there
            source = self._source.get(one.question_id, one.question_id)
            if texts[0] == texts[1]:
                control.append(_Unit(source, _games(one, _BY_PLACE), 0.0))
                continue
            lengths = [len(each[-1]) for each in texts]
            longer = int(lengths[1] > lengths[0])
            games = _games(one, (_BY_LENGTH[longer], _BY_LENGTH[longer]))
            attacked[one.models[longer]].append(_Unit(source, games, lengths[longer] / lengths[1 - longer] - 1))
        return attacked, control


_BY_LENGTH = (
    {"model_1": LONGER, "model_2": SHORTER, "tie": TIE, "error": ERROR},
    {"model_1": SHORTER, "model_2": LONGER, "tie": TIE, "error": ERROR},
)
"""What a winner says where the first model has the longer answer, and where the second has."""
_BY_PLACE = (
    {"model_1": FIRST, "model_2": SECOND, "tie": TIE, "error": ERROR},
    {"model_1": SECOND, "model_2": FIRST, "tie": TIE, "error": ERROR},
)
"""What a winner says in the first order, and in the second."""


def _games(one: PairBrief, words: Sequence[dict[str, str]]) -> tuple[str, ...]:
    said = {"g1": words[0][one.g1_winner], "g2": words[1][one.g2_winner]}
    return (said[one.one_order],) if one.one_order else (said["g1"], said["g2"])
