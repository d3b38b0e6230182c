"""Results → the page of them: the judgments behind the figures, and the settings that they were made with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mtbench import __version__
from mtbench.benches import Bench, load_answers, load_questions
from mtbench.briefs import JudgmentBrief
from mtbench.files import Lines
from mtbench.records import Answer, Question, QuestionId, SingleJudgment, Where, judgment_from_json
from mtbench.reports.drawing import svgs
from mtbench.reports.page import Page, Shown, to_html
from mtbench.reports.tables import Results

MOST = 10_000
"""Judgments that a page is made of at most, taken evenly: about what its size allows."""


def html(results: Results, bench: Bench | None) -> str:
    """The whole page."""
    results = replace(results, sources=tuple(_place(Path(source), bench) for source in results.sources))
    return to_html(Page(results, svgs(results, bench), _settings(results), list(_shown(results, bench))))


def _shown(results: Results, bench: Bench | None) -> Iterator[Shown]:
    briefs = [brief for group in results.groups for brief in group.judgments]
    kept: Sequence[JudgmentBrief] = briefs[:: len(briefs) // MOST + 1]
    questions: dict[QuestionId, Question] = {}
    answers: dict[str, dict[QuestionId, Answer]] = {}
    if bench:
        wanted = {brief.question_id for brief in kept}
        loaded = load_questions(bench.source / "question.jsonl")
        questions = {each.question_id: each for each in loaded if each.question_id in wanted}
        models = {model for brief in kept for model in brief.contest}
        answers = {model: load_answers(bench.answers(model)) for model in sorted(models)}
    lines = {path: Lines(path) for path in {brief.by.path for brief in kept}}
    for brief in kept:
        yield _read(brief, lines[brief.by.path], questions.get(brief.question_id), answers)


def _read(
    brief: JudgmentBrief,
    lines: Lines,
    question: Question | None,
    answers: Mapping[str, Mapping[QuestionId, Answer]],
) -> Shown:
    said = judgment_from_json(lines.at(brief.place), Where(lines.path))
    if isinstance(said, SingleJudgment):
        verdict, words = f"{said.score:g}", [said.judgment]
    else:
        verdict, words = said.winner, [each for each in (said.g1_judgment, said.g2_judgment) if each]
    if not brief.has_verdict:
        verdict = "failed" if brief.failed else "unparsed"
    given = {model: answers.get(model, {}).get(brief.question_id) for model in brief.models}
    return Shown(
        models=brief.models,
        question_id=brief.question_id,
        category=question.category if question else None,
        turn=brief.turn,
        judge=brief.by.judge,
        prompt=brief.by.prompt,
        question=question.turns[: brief.turn] if question else (),
        answers={model: answer.choices[0].turns[: brief.turn] for model, answer in given.items() if answer},
        verdict=verdict,
        words=words,
        reference=brief.reference,
    )


def _settings(results: Results) -> dict[str, object]:
    """Who judged, and how: each said once."""
    said: dict[str, list[str]] = {}
    for by in dict.fromkeys(brief.by for group in results.groups for brief in group.judgments):
        about = f"{by.judge}, {by.prompt}"
        facts = [f"wording {by.prompt_hash}"] if by.prompt_hash else []
        if by.made_by:
            facts += [by.made_by.model, *(f"{name} {value}" for name, value in by.made_by.params.items())]
            facts += [f"without {name}" for name in by.made_by.adapted]
        facts += [f"{by.verdict_rule} verdict of a reply"] if by.verdict_rule else []
        said.setdefault(about, []).append(", ".join(facts) or "FastChat's line, which does not say")
    settings: dict[str, object] = {"bench": results.bench or "-", "mode": results.mode.value}
    settings |= {f"judge {about}": "; ".join(dict.fromkeys(facts)) for about, facts in said.items()}
    return settings | {"judgments": ", ".join(results.sources), "mtbench": __version__}


def _place(source: Path, bench: Bench | None) -> str:
    """Where a file stands, for a page that others read: not whose machine it stood on."""
    if bench and source.is_relative_to(bench.folder):
        return str(bench.name / source.relative_to(bench.folder))
    return source.name
