"""Two models side by side: what the questions that both were judged on say, and those on which they differ most."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.benches import Bench, load_answers, load_questions
from mtbench.briefs import JudgmentBrief
from mtbench.errors import MtbenchError
from mtbench.files import Lines
from mtbench.records import Answer, Question, QuestionId, SingleJudgment, Where, judgment_from_json
from mtbench.reports.comparable import answered_otherwise, judged_otherwise
from mtbench.reports.judgments import Group
from mtbench.reports.selecting import By, judged, measured
from mtbench.reports.tables import Mode
from mtbench.reports.values import Values
from mtbench.stats.paired import Paired, paired_difference


@dataclass(frozen=True, slots=True)
class Words:
    """What a judge said of one turn; `models` in the order in which they were shown."""

    judge: str
    turn: int
    models: tuple[str, ...]
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Differing:
    """One question. `figures`: of the one model and the other: mean scores, or shares won."""

    question: Question
    figures: tuple[float, float]
    answers: Mapping[str, Sequence[str]]
    words: Sequence[Words]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`model` against `other`: differences are the one's figure less the other's.

    `parts`: the whole, then every category. `differing`: the questions that differ most, the most first.
    """

    bench: str
    mode: Mode
    model: str
    other: str
    judges: tuple[str, ...]
    prompt_set: str
    parts: Mapping[str, Paired]
    differing: Sequence[Differing]
    notes: Sequence[str]


ALL = "all questions"


def compare(bench: Bench, model: str, other: str, by: By, most: int) -> Comparison:
    """The comparison, with at most `most` differing questions.

    Raises MtbenchError where the two have no question in common, and as `selecting.judged` does.
    """
    notes: list[str] = []
    found = judged(bench, model, other, by, notes)
    groups, model, other = found.groups, found.model, found.other or other
    values = measured(groups, by, other)
    if other not in values.models or model not in values.models:
        without = [each for each in (model, other) if each not in values.models]
        raise MtbenchError(f"no judgment of {' or '.join(without)} has a verdict")
    differences, codes = values.differences(model, other)
    if not len(differences):
        raise MtbenchError(f"{model} and {other} have no question in common")
    questions = {each.question_id: each for each in load_questions(bench.source / "question.jsonl")}
    asked = [values.questions[code] for code in codes.tolist()]
    places = {question_id: place for place, question_id in enumerate(asked)}
    by_category: dict[str, list[int]] = {ALL: list(places.values())}
    for question_id, question in questions.items():
        if question_id in places:
            by_category.setdefault(question.category, []).append(places[question_id])
    answers = {each: load_answers(bench.answers(each)) for each in (model, other)}
    notes += _unlike(groups, model, other, by.mode, answers)
    ranked = np.argsort(-np.abs(differences), kind="stable").tolist()
    shown = [place for place in ranked if differences[place] and asked[place] in questions][:most]
    return Comparison(
        bench=bench.name,
        mode=by.mode,
        model=model,
        other=other,
        judges=tuple(each.judge for each in groups),
        prompt_set=groups[0].prompt_set,
        parts={name: paired_difference(differences[part]) for name, part in by_category.items()},
        differing=[
            Differing(
                questions[asked[place]],
                _figures(values, int(codes[place]), model, other),
                {name: _turns(given.get(asked[place])) for name, given in answers.items()},
                [words for each in groups for words in _words(each, asked[place])],
            )
            for place in shown
        ],
        notes=notes,
    )


def _unlike(
    groups: Sequence[Group], model: str, other: str, mode: Mode, answers: Mapping[str, Mapping[QuestionId, Answer]]
) -> Iterator[str]:
    """What makes the comparison less than fair, a note each."""
    differences: list[str] = []
    for each in groups if mode is Mode.SINGLE else ():
        briefs = {name: [one for one in each.judgments if name in one.contest] for name in (model, other)}
        differences += judged_otherwise(briefs[model], briefs[other], (model, other))
    asked = list(answers[model])
    differences += answered_otherwise(answers[model], answers[other], asked, (model, other))
    yield from (f"not alike: {each}" for each in dict.fromkeys(differences))


def _figures(values: Values, question: int, model: str, other: str) -> tuple[float, float]:
    here = values.where(values.question == question)
    return float(here.of_model(model).value.mean()), float(here.of_model(other).value.mean())


def _turns(answer: Answer | None) -> Sequence[str]:
    return answer.choices[0].turns if answer else ()


def _words(each: Group, question_id: QuestionId) -> Iterator[Words]:
    """What the judge said of the question, turn by turn."""
    briefs: list[JudgmentBrief] = [one for one in each.judgments if one.question_id == question_id]
    for brief in sorted(briefs, key=lambda one: (one.turn, one.models, one.repeat)):
        said = judgment_from_json(Lines(brief.by.path).at(brief.place), Where(brief.by.path))
        if isinstance(said, SingleJudgment):
            grade = f"{said.score:g}" if brief.has_verdict else "no verdict"
            yield Words(each.judge, said.turn, (said.model,), grade, said.judgment)
            continue
        for models, winner, text in (
            ((said.model_1, said.model_2), said.g1_winner, said.g1_judgment),
            ((said.model_2, said.model_1), said.g2_winner, said.g2_judgment),
        ):
            verdict = {"model_1": said.model_1, "model_2": said.model_2}.get(winner, winner)
            if text:
                yield Words(each.judge, said.turn, models, verdict, text)
