"""Judgments on disk → results: FastChat's tables, with what they leave out, by judge, prompt set and category."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtbench import files
from mtbench.benches import Bench, load_answers, load_questions, select
from mtbench.briefs import GradeBrief, JudgmentBrief
from mtbench.errors import Interrupted, MtbenchError
from mtbench.indexes import Questions
from mtbench.outputs import failures_in
from mtbench.reports.building import Scope, build_tables
from mtbench.reports.control import styles_of
from mtbench.reports.counts import reasons, unknown_questions
from mtbench.reports.figures import Scores, WinRates
from mtbench.reports.judgments import Group, chosen, group, read_file
from mtbench.reports.quality import Ranked
from mtbench.reports.tables import Mode, Results

FASTCHAT_BASELINE = "gpt-3.5-turbo"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; empty means everything. `mode` None: single if there are grades, else pairwise-all.

    Judges and models go by the ids that stand in the files; a provider before the id (openai/gpt-4) is passed over.
    `questions`: only these, in place of all of the bench (a run of a few questions is not missing the others).
    `ranking`: an outside one, to hold the figures against. `control_style`: hold the style of answers equal as well.
    `anchor`: a model, and the rating that it is given.
    """

    mode: Mode | None = None
    judges: Sequence[str] = ()
    models: Sequence[str] = ()
    categories: Sequence[str] = ()
    baseline: str | None = None
    questions: Questions | None = None
    ranking: Mapping[str, Ranked] = field(default_factory=dict)
    control_style: bool = False
    anchor: tuple[str, float] | None = None


def collect(bench: Bench, query: Query) -> Results:
    """The results of a bench's judgments.

    Raises MtbenchError when there are none, or for a judge, model, category or baseline that is not there; BadRecord
    for a line that cannot be used.
    """
    notes: list[str] = []
    folder = bench.folder / "model_judgment"
    grades, pairs = files.model_files(folder, "_single"), files.model_files(folder, "_pair")
    has_grades = any(path.stat().st_size for path in grades.values())
    mode = query.mode or (Mode.SINGLE if has_grades or not pairs else Mode.PAIRWISE_ALL)
    found = grades if mode is Mode.SINGLE else pairs
    names = chosen(query.judges, list(found), "--judge", f"in {folder} for --mode {mode}") if found else []
    paths = [found[name] for name in names or found]
    contents = [read_file(path, notes.append) for path in paths]
    groups = group(contents)
    if not groups:
        raise MtbenchError(_why_none(bench, mode, grades, pairs, sum(len(failures) for _, failures in contents)))
    for path, (judgments, failures) in zip(paths, contents, strict=True):
        if failures and not judgments:
            notes.append(f"{path.name}: no judgments; all {len(failures)} requests failed: run `mtbench judge` again")
    notes += _failed_answers(bench)
    questions = query.questions or load_questions(bench.source / "question.jsonl")
    answered = list(files.model_files(bench.folder / "model_answer"))
    scope = _scope(groups, mode, query, select(questions, categories=query.categories), answered)
    scope = _with_styles(scope, query, bench)
    if query.categories or query.questions is not None:
        groups = [_only_questions(each, scope) for each in groups]
    tables = build_tables(groups, scope, bench.name)
    return Results(mode, bench.name, tuple(map(str, paths)), tables, notes, groups)


def _failed_answers(bench: Bench) -> Iterator[str]:
    """A sentence for every model whose answers could not all be had: its turns are missing, and no judge can help."""
    for model, failures in failures_in(bench.folder / "model_answer").items():
        there = load_answers(bench.answers(model))
        failed = [
            each for each in failures if each.reason != Interrupted.kind and each.key.get("question_id") not in there
        ]
        if failed:
            answers = "1 answer" if len(failed) == 1 else f"{len(failed)} answers"
            yield f"{model}: {answers} failed ({reasons(failed)}); `mtbench gen-answers` asks again"


def collect_file(path: Path, query: Query, bench: Bench | None, why_no_bench: str = "") -> Results:
    """The results of one judgment file, ours or FastChat's, wherever it lies.

    `bench` gives the categories if it has all the questions of the file. Raises as `collect` does.
    """
    if not path.is_file():
        raise MtbenchError(f"--input {path}: there is no such file")
    notes: list[str] = []
    judgments, failures = read_file(path, notes.append)
    if not judgments:
        raise MtbenchError(f"--input {path}: the file has no judgments")
    mode = _mode_of_file(path, judgments[0], query.mode)
    judges = list(dict.fromkeys(judgment.by.judge for judgment in judgments))
    wanted = chosen(query.judges, judges, "--judge", f"in {path}") or judges
    groups = [each for each in group([(judgments, failures)]) if each.judge in wanted]
    questions = load_questions(bench.source / "question.jsonl") if bench else None
    if questions and unknown_questions(judgments, questions):
        why_no_bench = f"bench {bench.name if bench else ''} does not have all questions of {path}"
        questions = None
    if questions is None:
        why = f"no categories: {why_no_bench or 'no bench is named'}; give the file's own bench with --bench"
        if query.categories:
            raise MtbenchError(why)
        notes.append(why)
    else:
        questions = select(questions, categories=query.categories)
    scope = _with_styles(_scope(groups, mode, query, questions, []), query, bench if questions else None)
    if query.categories:
        groups = [_only_questions(each, scope) for each in groups]
    name = bench.name if bench and questions else None
    return Results(mode, name, (str(path),), build_tables(groups, scope, name), notes, groups)


def _scope(
    groups: Sequence[Group], mode: Mode, query: Query, questions: Questions | None, answered: Sequence[str]
) -> Scope:
    judged = {model for each in groups for model in each.models()}
    baseline = None if mode is Mode.SINGLE else _baseline(query, mode, sorted(judged))
    everyone = sorted(judged | set(answered))
    models = chosen(query.models, everyone, "--model", "here")
    scope = Scope(
        mode=mode,
        measure=Scores() if mode is Mode.SINGLE else WinRates(baseline if mode is Mode.PAIRWISE_BASELINE else None),
        models=frozenset(models or everyone),
        are_chosen=bool(models),
        baseline=baseline,
        questions=questions,
        answered=[model for model in answered if not models or model in models],
        ranking=query.ranking,
        anchor=query.anchor and (chosen([query.anchor[0]], everyone, "--anchor", "here")[0], query.anchor[1]),
        category_of=questions.category_of() if questions else {},
    )
    return replace(scope, answered=answered) if scope.is_of_one else scope


def _with_styles(scope: Scope, query: Query, bench: Bench | None) -> Scope:
    """The scope with the style of all answers, where it is to be held equal. Raises MtbenchError where it cannot be."""
    if not query.control_style:
        return scope
    if scope.mode is Mode.SINGLE:
        raise MtbenchError("--control-style is about comparisons: give --mode pairwise-baseline or pairwise-all")
    if bench is None:
        raise MtbenchError("--control-style needs the answers: give the bench that has them with --bench")
    models = sorted(scope.models | ({scope.baseline} if scope.baseline else set()))
    styles = styles_of(bench, models)
    if not styles:
        raise MtbenchError(f"--control-style needs the answers, and there are none in {bench.folder / 'model_answer'}")
    return replace(scope, styles=styles)


def _baseline(query: Query, mode: Mode, judged: Sequence[str]) -> str | None:
    if query.baseline is not None:
        return chosen([query.baseline], judged, "--baseline", "in these judgments")[0]
    if mode is Mode.PAIRWISE_ALL:
        return None
    if FASTCHAT_BASELINE in judged:
        return FASTCHAT_BASELINE
    raise MtbenchError(f"pairwise-baseline needs --baseline; the models of these judgments are {', '.join(judged)}")


def _only_questions(group: Group, scope: Scope) -> Group:
    return replace(
        group,
        judgments=tuple([each for each in group.judgments if each.question_id in scope.category_of]),
        failures=tuple(each for each in group.failures if each.key.get("question_id") in scope.category_of),
    )


def _mode_of_file(path: Path, judgment: JudgmentBrief, asked: Mode | None) -> Mode:
    single = isinstance(judgment, GradeBrief)
    mode = asked or (Mode.SINGLE if single else Mode.PAIRWISE_ALL)
    if single is not (mode is Mode.SINGLE):
        holds, use = ("single grades", "single") if single else ("pair judgments", "pairwise-all or pairwise-baseline")
        raise MtbenchError(f"--input {path} holds {holds}: use --mode {use}")
    return mode


def _why_none(bench: Bench, mode: Mode, grades: Collection[str], pairs: Collection[str], failed: int) -> str:
    there = [f"{name} (single)" for name in grades] + [f"{name} (pairwise)" for name in pairs]
    return (
        f"no judgments for --mode {mode} in {bench.folder / 'model_judgment'}"
        + (f", only {failed} failed requests" if failed else "")
        + f". `mtbench judge --bench {bench.name} --mode {mode}` makes them from answers, `mtbench gen-answers` makes "
        f"answers, and `mtbench run` does both. Judges there: {', '.join(there) or 'none'}"
    )
