"""Groups of judgments → tables: one of figures and one by category, for each judge and for the panel of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import combinations

from mtbench.errors import MtbenchError
from mtbench.indexes import Questions
from mtbench.records import QuestionId
from mtbench.reports.counts import Counts, count, foot, warnings
from mtbench.reports.figures import Figures, Measure, Verdict
from mtbench.reports.judgments import Contest, Group, contest_of_failure
from mtbench.reports.tables import Cell, Column, Mode, Table


@dataclass(frozen=True, slots=True)
class Scope:
    """What the tables are about. `questions` None: not known. `models`: those chosen, or all."""

    mode: Mode
    measure: Measure
    models: frozenset[str]
    are_chosen: bool
    baseline: str | None
    questions: Questions | None
    answered: Sequence[str] = ()
    category_of: Mapping[QuestionId, str] = field(default_factory=dict)

    @property
    def is_of_one(self) -> bool:
        """Whether one model is chosen and no opponent for it: then its games against all others are meant."""
        return self.mode is Mode.PAIRWISE_ALL and self.baseline is None and self.are_chosen and len(self.models) == 1

    def holds(self, models: Contest) -> bool:
        """Whether judgments on these models belong in the tables."""
        if self.mode is Mode.PAIRWISE_BASELINE and self.baseline not in models:
            return False
        if not self.are_chosen:
            return True
        if self.is_of_one:
            return not self.models.isdisjoint(models)
        return bool(models) and all(model in self.models or model == self.baseline for model in models)

    def rows(self, players: Set[str]) -> Set[str]:
        """The models of `players` that get a row."""
        if self.is_of_one:
            return players & self.models
        return players - ({self.baseline} if self.mode is Mode.PAIRWISE_BASELINE else set())

    def contests(self, models: Iterable[str]) -> list[Contest]:
        """Everything that should have been judged between `models`."""
        if self.mode is Mode.SINGLE:
            return [(model,) for model in models]
        players = {*models} | ({self.baseline} if self.baseline is not None else set())
        return [pair for pair in combinations(sorted(players), 2) if self.holds(pair)]


def build_tables(groups: Sequence[Group], scope: Scope, bench: str | None) -> list[Table]:
    """Every table of `groups`; `bench` is named in their titles. Raises MtbenchError when the scope leaves nothing."""
    tables: list[Table] = []
    by_set: defaultdict[str, list[Group]] = defaultdict(list)
    for each in groups:
        held = {models for models in {judgment.contest for judgment in each.judgments} if scope.holds(models)}
        kept = replace(
            each,
            judgments=tuple([judgment for judgment in each.judgments if judgment.contest in held]),
            failures=tuple(failure for failure in each.failures if scope.holds(contest_of_failure(failure))),
        )
        if kept.judgments:
            by_set[each.prompt_set].append(kept)
            tables += _judge_tables(kept, scope, bench)
    for panel in by_set.values():
        if len(panel) > 1:
            tables += _panel_tables(panel, scope, bench)
    if not tables:
        raise MtbenchError("these options leave no judgment; leave out --model, --category or --baseline to see all")
    return tables


def _judge_tables(group: Group, scope: Scope, bench: str | None) -> list[Table]:
    measure = scope.measure
    verdicts = measure.verdicts(group.judgments)
    figures = measure.figures(verdicts)
    players = group.models() | set(scope.answered)
    counts = count(group, scope.questions, scope.contests(players))
    models = _ranked(figures, scope.rows(players))
    about = (bench, f"judge {group.judge}", group.prompt_set)
    main = Table(
        kind=measure.kind,
        title=_title(measure.title, *about),
        judges=(group.judge,),
        prompt_set=group.prompt_set,
        columns=(Column("model", "model"), *figures.columns, *_COUNT_COLUMNS),
        rows=[(model, *_cells(figures, model), *_count_cells(figures, counts, model)) for model in models],
        warnings=list(warnings(counts, Counter(figures.n), models, measure.figure)),
        foot=list(foot(group, counts, scope.questions, measure.kind)),
    )
    return [main, *_category_table(main, verdicts, models, scope, _title(f"{measure.figure} by category", *about))]


_COUNT_COLUMNS = (
    Column("n", "n"),
    Column("missing", "missing", quiet=True),
    Column("failed", "failed", quiet=True),
    Column("unparsed", "unparsed", quiet=True),
    Column("truncated", "truncated", quiet=True),
)


def _count_cells(figures: Figures, counts: Counts, model: str) -> tuple[Cell, ...]:
    missing = None if counts.missing is None else counts.missing[model]
    return (
        figures.n.get(model, 0),
        missing,
        counts.failed[model],
        counts.unparsed[model],
        counts.truncated[model],
    )


_PANEL_COLUMNS = (Column("n", "n"), Column("left_out", "left out", quiet=True))


def _panel_tables(panel: Sequence[Group], scope: Scope, bench: str | None) -> list[Table]:
    """The judges of `panel` as one, of the work that each of them gave a verdict on."""
    measure = scope.measure
    verdicts = measure.panel(panel)
    figures = measure.figures(verdicts)
    judges = tuple(group.judge for group in panel)
    about = (bench, f"panel of {len(judges)} judges ({', '.join(judges)})", panel[0].prompt_set)
    work = {(each.contest, each.question_id, each.turn) for group in panel for each in group.judgments}
    everyone = {model for models, _, _ in work for model in models}
    models = _ranked(figures, scope.rows(everyone))
    seen = Counter(model for models, _, _ in work for model in models)
    left_out = len(work) - len(verdicts)
    main = Table(
        kind=measure.kind,
        title=_title(measure.title, *about),
        judges=judges,
        prompt_set=panel[0].prompt_set,
        columns=(
            Column("model", "model"),
            *figures.columns,
            Column("n", "n"),
            Column("left_out", "left out", quiet=True),
        ),
        rows=[
            (model, *_cells(figures, model), figures.n.get(model, 0), seen[model] - figures.n.get(model, 0))
            for model in models
        ],
        foot=[
            measure.panel_rule,
            *([f"{left_out} of {len(work)} left out: not every judge gave a verdict on them"] if left_out else []),
        ],
    )
    return [main, *_category_table(main, verdicts, models, scope, _title(f"{measure.figure} by category", *about))]


def _category_table(
    main: Table, verdicts: Sequence[Verdict], models: Sequence[str], scope: Scope, title: str
) -> list[Table]:
    """One figure a category and model; no table where there is but one category, or none is known."""
    by_category: dict[str, list[Verdict]] = {category: [] for category in scope.category_of.values()}
    for verdict in verdicts:
        if verdict.question_id in scope.category_of:
            by_category[scope.category_of[verdict.question_id]].append(verdict)
    if len(by_category) < 2:
        return []
    measure = scope.measure
    by_model = [measure.figures(each).ranked_by for each in by_category.values()]
    return [
        replace(
            main,
            kind="categories",
            title=title,
            columns=(
                Column("model", "model"),
                *(Column(name, name, decimals=measure.category_decimals) for name in by_category),
            ),
            rows=[(model, *(figures.get(model) for figures in by_model)) for model in models],
            warnings=(),
            foot=(),
        )
    ]


def _title(what: str, bench: str | None, judge: str, prompt_set: str) -> str:
    return f"{bench + ': ' if bench else ''}{what}, {judge}, prompts {prompt_set}"


def _cells(figures: Figures, model: str) -> Sequence[Cell]:
    return figures.cells.get(model, (None,) * len(figures.columns))


def _ranked(figures: Figures, models: Iterable[str]) -> list[str]:
    """Best first; those without a figure last, by name."""
    return sorted(models, key=lambda model: (-figures.ranked_by.get(model, float("-inf")), model))
