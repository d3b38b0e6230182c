"""Groups of judgments → tables: one of figures and one by category, for each judge and for the panel of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import inf, isfinite

from mtbench.errors import MtbenchError
from mtbench.indexes import Questions
from mtbench.records import QuestionId
from mtbench.reports.certainty import (
    FOOT,
    GROUP,
    Certainty,
    beats_table,
    certainty,
    differences_table,
    matrix_table,
)
from mtbench.reports.control import Styles, length_table, style_tables
from mtbench.reports.counts import Counts, count, foot, warnings
from mtbench.reports.figures import Figures, Measure
from mtbench.reports.judgments import Contest, Group, contest_of_failure
from mtbench.reports.quality import Ranked, quality_table
from mtbench.reports.ratings import ratings_table
from mtbench.reports.spread import spread_table
from mtbench.reports.tables import Cell, Column, Mode, Table
from mtbench.reports.verdicts import Verdict
from mtbench.stats.estimates import Estimate


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
    ranking: Mapping[str, Ranked] = field(default_factory=dict)
    styles: Styles | None = None
    anchor: tuple[str, float] | None = None

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
    sure = certainty(figures, models)
    about = (bench, f"judge {group.judge}", group.prompt_set)
    main = Table(
        kind=measure.kind,
        title=_title(measure.title, *about),
        judges=(group.judge,),
        prompt_set=group.prompt_set,
        columns=(Column("model", "model"), *_figure_columns(figures, sure), *_COUNT_COLUMNS),
        rows=[(model, *_cells(figures, sure, model), *_count_cells(figures, counts, model)) for model in models],
        warnings=list(warnings(counts, Counter(figures.n), models, measure.figure)),
        foot=[*_explained(figures, sure), *foot(group, counts, scope.questions, measure.kind)],
    )
    return [main, *_further(main, figures, sure, models, scope, about, verdicts, [group])]


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
    sure = certainty(figures, models)
    main = Table(
        kind=measure.kind,
        title=_title(measure.title, *about),
        judges=judges,
        prompt_set=panel[0].prompt_set,
        columns=(Column("model", "model"), *_figure_columns(figures, sure), *_PANEL_COLUMNS),
        rows=[
            (model, *_cells(figures, sure, model), figures.n.get(model, 0), seen[model] - figures.n.get(model, 0))
            for model in models
        ],
        foot=[
            measure.panel_rule,
            *([f"{left_out} of {len(work)} left out: not every judge gave a verdict on them"] if left_out else []),
            *_explained(figures, sure),
        ],
    )
    by_judge = _judges_table(main, panel, figures, models, scope, _title(f"{measure.figure} by judge", *about))
    return [main, by_judge, *_further(main, figures, sure, models, scope, about, verdicts, panel)]


def _figure_columns(figures: Figures, sure: Certainty | None) -> list[Column]:
    bootstrap = Column("bootstrap", "by bootstrap", decimals=4, for_programs=True)
    return [*figures.columns, bootstrap, *([GROUP] if sure else [])]


def _cells(figures: Figures, sure: Certainty | None, model: str) -> Sequence[Cell]:
    cells: Sequence[Cell] = figures.cells.get(model, (None,) * len(figures.columns))
    group: list[Cell] = [sure.groups.get(model)] if sure else []
    return [*cells, figures.bootstrapped.get(model), *group]


def _explained(figures: Figures, sure: Certainty | None) -> list[str]:
    """What ± and the letters are, where there are any."""
    if not any(isfinite(each.se) for each in figures.overall.values()):
        return []
    return [FOOT[0], *([FOOT[1]] if sure else [])]


def _further(
    main: Table,
    figures: Figures,
    sure: Certainty | None,
    models: Sequence[str],
    scope: Scope,
    about: tuple[str | None, str, str],
    verdicts: Sequence[Verdict],
    groups: Sequence[Group],
) -> list[Table]:
    """The tables that go with one of figures: by category, ratings, who beats whom, where the error comes from."""
    figure = scope.measure.figure
    tables = _category_table(main, figures, models, scope, _title(f"{figure} by category", *about))
    if scope.mode is Mode.PAIRWISE_ALL and not scope.is_of_one:
        rated = ratings_table(main, verdicts, _title("ratings", *about), scope.anchor)
        tables += [rated] if rated else []
        tables.append(matrix_table(main, verdicts, models, _title("win rates of each against each", *about)))
    tables += _style_controlled(main, scope, about, verdicts)
    if sure and len(sure.models) > 2:  # of two, the letters say it all
        tables.append(beats_table(main, sure, _title(f"who has the better {figure}", *about)))
    if sure:
        tables.append(differences_table(main, sure, _title(f"differences in {figure}", *about)))
    quality = quality_table(main, figures.overall, scope.ranking, _title("how good the benchmark is", *about))
    tables += [quality] if quality else []
    spread = spread_table(main, groups, models, _title("where the error comes from", *about))
    return [*tables, spread] if spread else tables


def _style_controlled(
    main: Table, scope: Scope, about: tuple[str | None, str, str], verdicts: Sequence[Verdict]
) -> list[Table]:
    """Length control against a baseline, style control of all pairs, where that was asked for."""
    if scope.styles is None:
        return []
    if scope.baseline is not None:
        title = _title(f"win rates against {scope.baseline} at equal length", *about)
        table = length_table(main, verdicts, scope.styles, scope.baseline, title)
        return [table] if table else []
    return style_tables(main, verdicts, scope.styles, _title("ratings with style held equal", *about))


def _judges_table(
    main: Table, panel: Sequence[Group], together: Figures, models: Sequence[str], scope: Scope, title: str
) -> Table:
    """What each judge says by itself, beside the panel."""
    alone = [scope.measure.figures(scope.measure.verdicts(each.judgments)) for each in panel]
    decimals = scope.measure.category_decimals
    return replace(
        main,
        kind="judges",
        title=title,
        columns=(
            Column("model", "model"),
            *(Column(each.judge, each.judge, decimals=decimals) for each in panel),
            Column("panel", "panel", decimals=decimals),
        ),
        rows=[(model, *(each.overall.get(model) for each in (*alone, together))) for model in models],
        warnings=(),
        foot=("each judge of all its verdicts; the panel of those that all judges gave a verdict on",),
    )


def _category_table(main: Table, figures: Figures, models: Sequence[str], scope: Scope, title: str) -> list[Table]:
    """One figure a category and model; no table where there is but one category, or none is known."""
    categories = list(dict.fromkeys(scope.category_of.values()))
    if len(categories) < 2:
        return []
    by_category = scope.measure.by_category(figures.values, scope.category_of, categories)
    nothing: list[Estimate | None] = [None] * len(categories)
    return [
        replace(
            main,
            kind="categories",
            title=title,
            columns=(
                Column("model", "model"),
                *(Column(name, name, decimals=scope.measure.category_decimals) for name in categories),
            ),
            rows=[(model, *by_category.get(model, nothing)) for model in models],
            warnings=(),
            foot=(),
        )
    ]


def _title(what: str, bench: str | None, judge: str, prompt_set: str) -> str:
    return f"{bench + ': ' if bench else ''}{what}, {judge}, prompts {prompt_set}"


def _ranked(figures: Figures, models: Iterable[str]) -> list[str]:
    """Best first; those without a figure last, by name."""
    overall = figures.overall
    return sorted(models, key=lambda model: (-overall[model].value if model in overall else inf, model))
