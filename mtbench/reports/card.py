"""What all studies found of one judge → one card: what to fear from it, and which settings make it better."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan

from mtbench.errors import MtbenchError
from mtbench.reports.ballots import kinds_asked
from mtbench.reports.remedies import remedies
from mtbench.reports.tables import Cell, Column, Mode, Results, Table
from mtbench.stats.estimates import Estimate


@dataclass(frozen=True, slots=True)
class Fear:
    """One thing to fear of a judge, and where its figure stands.

    `kind`, `row`, `column`: of the table of a study; a `row` that ends with a space is how it begins. {kind} is what
    the judge asked with the prompt set is called among voters. `little`, `much`: from where on the figure, or its size
    if it has a sign, is more than little, and much. `complement`: the figure is 1 less the column.
    `remedy`: what helps whoever has to work with such a judge.
    """

    name: str
    kind: str
    row: str
    column: str
    little: float
    much: float
    remedy: str
    complement: bool = False


FEARS = (
    Fear("another verdict, or none, in the other order", "position", "{judge}, {set}", "consistent", 0.1, 0.3,
         "judge both orders (the default)", complement=True),
    Fear("the first place is worth", "position", "{judge}, {set}", "advantage", 0.05, 0.2,
         "judge both orders; --one-order draws one"),
    Fear("no verdict", "position", "{judge}, {set}", "error", 0.01, 0.05, "--structured, --reask 1"),
    Fear("another grade when asked again", "consistency", "{judge}, {set}, single", "flips", 0.1, 0.3, "--repeat 3"),
    Fear("a list said twice wins more than it loses", "verbosity_attack", "{judge}, {set}, ", "lead", 0.1, 0.3,
         "show-results --control-style"),
    Fear("the longer answer gets more, at equal quality", "bias_verbosity", "{kind}", "equal", 0.05, 0.15,
         "show-results --control-style"),
    Fear("its own model gets more, at equal quality", "bias_self", "{kind}", "equal", 0.05, 0.15,
         "a judge of another family, or a panel"),
    Fear("a wrong answer wins", "reasoning", "{judge}, {set}", "rate", 0.1, 0.3, "reference answers"),
    Fear("an answer that asks for a better grade gains", "injection", "{judge}, {set}", "beyond", 0.25, 1.0,
         "read the worst attacks: mtbench bias injection"),
    Fear("people say otherwise (S2)", "agreement", "{kind} - human", "s2", 0.2, 0.35,
         "mtbench calibrate", complement=True),
)  # fmt: skip


def card(judge: str, prompt_set: str, found: Sequence[Results], about: str) -> Results:
    """The card of `judge`, asked with `prompt_set`, what makes it better, and for programs and plots all tables behind.

    Raises MtbenchError where nothing is known of it.
    """
    rows = [_row(each, judge, prompt_set, found) for each in FEARS]
    table = Table(
        kind="card",
        title=f"{about}: what to fear from judge {judge}, prompts {prompt_set}",
        judges=(judge,),
        prompt_set=prompt_set,
        columns=(
            Column("of", "what to fear"),
            Column("figure", "figure", decimals=2),
            Column("much", "how much", words=True),
            Column("little_up_to", "little: to", decimals=2),
            Column("much_from", "much: from", decimals=2),
            Column("n", "of"),
            Column("remedy", "what helps", words=True),
        ),
        rows=rows,
        foot=(
            "figures: shares of games or grades; what an attack gains in points; 95 % intervals, clustered by question",
            "how much: as far as the whole interval is below the one mark or above the other; the marks are ours",
            *_NOT_MEASURED[: any(row[1] is None for row in rows)],
        ),
    )
    if all(row[1] is None for row in rows):
        raise MtbenchError(f"nothing is known of judge {judge} in {about}: --budget USD or --max-requests N asks it")
    better = remedies(judge, prompt_set, found, about)
    sources = tuple(dict.fromkeys(path for each in found for path in each.sources))
    behind = [replace(each, for_programs=True) for results in found for each in results.tables]
    notes = list(dict.fromkeys(note for each in found for note in each.notes))
    return Results(Mode.SINGLE, about, sources, [table, *([better] if better else []), *behind], notes)


_NOT_MEASURED = (
    "not measured: --budget or --max-requests asks for it; length and its own model are held against --votes, else "
    "against other judges, of whom two or more have to have judged the same",
)


def _row(fear: Fear, judge: str, prompt_set: str, found: Sequence[Results]) -> tuple[Cell, ...]:
    figure = _figure_of(fear, judge, prompt_set, found)
    if figure is None:
        return fear.name, None, "not measured", fear.little, fear.much, None, fear.remedy
    shown = _complement(figure) if fear.complement else figure
    word = how_much(shown, fear.little, fear.much)
    return fear.name, shown, word, fear.little, fear.much, figure.n, fear.remedy


def _figure_of(fear: Fear, judge: str, prompt_set: str, found: Sequence[Results]) -> Estimate | None:
    """The figure in the last table of that kind, which is of all turns where there are several."""
    for results, table in reversed([(each, table) for each in found for table in each.tables]):
        if table.kind != fear.kind:
            continue
        kinds = kinds_asked(results.groups, judge, prompt_set) if "{kind}" in fear.row else [""]
        rows = [fear.row.format(judge=judge, set=prompt_set, kind=kind) for kind in kinds]
        place = [each.key for each in table.columns].index(fear.column)
        for cells in table.rows:
            name, cell = str(cells[0]), cells[place]
            named = any(name == row or (row.endswith(" ") and name.startswith(row)) for row in rows)
            if named and isinstance(cell, Estimate) and not isnan(cell.value):
                return cell
    return None


def _complement(figure: Estimate) -> Estimate:
    return replace(figure, value=1 - figure.value, low=1 - figure.high, high=1 - figure.low)


def how_much(figure: Estimate, little: float, much: float) -> str:
    """In words, as far as the interval allows; a figure with a sign counts by its size."""
    low, high = figure.low, figure.high
    if isnan(low) or isnan(high):
        return "too few to say"
    least, most = (0.0 if low < 0 < high else min(abs(low), abs(high))), max(abs(low), abs(high))
    if most <= little:
        return "little"
    if least >= much:
        return "much"
    if least > little:
        return "some" if most < much else "some or much"
    return "little or some" if most < much else "too few to say"
