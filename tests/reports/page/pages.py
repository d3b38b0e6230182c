"""Pages for tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mtbench.reports.page import Page, Shown, to_html
from mtbench.reports.page.contents import Text
from mtbench.reports.tables import Cell, Column, Mode, Results, Table
from mtbench.stats.estimates import Estimate

CATEGORIES = ("writing", "math")


def graded(model: str, question_id: int | str, verdict: str, turn: int = 1, judge: str = "j", **more: Text) -> Shown:
    """A grade; odd questions are of the first category."""
    return Shown(
        models=(model,),
        question_id=question_id,
        category=CATEGORIES[isinstance(question_id, int) and question_id % 2 - 1],
        turn=turn,
        judge=judge,
        prompt="default/single",
        question=more.get("question", [f"question {question_id}", "and then?"][:turn]),
        answers={model: more.get("answer", [f"{model} on {question_id}", f"{model} again"][:turn])},
        verdict=verdict,
        words=more.get("words", f"I say {verdict}"),
    )


def compared(models: str, question_id: int, verdict: str, answers: Mapping[str, Text] | None = None) -> Shown:
    """A pair judgment; `models` like "a b"."""
    names = tuple(models.split())
    said = {model: f"{model} on {question_id}" for model in names} if answers is None else answers
    words = ("the first is better", "the second is better")
    return Shown(names, question_id, "writing", 1, "j", "default/pair", "which?", said, verdict, words, "gpt-4")


def scores(rows: Sequence[Sequence[Cell]], judges: tuple[str, ...] = ("j",)) -> Table:
    """Rows of model, turn 1, turn 2, average, n, unparsed."""
    columns = (
        Column("model", "model"),
        Column("turn_1", "turn 1", decimals=4),
        Column("turn_2", "turn 2", decimals=4),
        Column("average", "average", decimals=6),
        Column("n", "n"),
        Column("unparsed", "unparsed", quiet=True),
    )
    return Table(
        "scores", f"tiny: scores, judge {' + '.join(judges)}, prompts default", judges, "default", columns, rows
    )


def categories(rows: Sequence[Sequence[Cell]]) -> Table:
    columns = [Column("model", "model"), *(Column(name, name, decimals=2) for name in CATEGORIES)]
    return Table("categories", "tiny: mean score by category", ("j",), "default", columns, rows)


def win_rates(rows: Sequence[Sequence[Cell]], judges: tuple[str, ...] = ("j",)) -> Table:
    """Rows of model, win, loss, tie, adjusted win rate."""
    labels = ("win", "loss", "tie")
    columns = [Column("model", "model"), *(Column(name, name) for name in labels), Column("adjusted", "adjusted", 4)]
    return Table("win_rates", "tiny: win rates", judges, "default", columns, rows)


def page_of(
    tables: Sequence[Table],
    judgments: Sequence[Shown],
    plots: Mapping[str, str] | None = None,
    settings: Mapping[str, object] | None = None,
    notes: Sequence[str] = (),
    bench: str | None = "tiny",
) -> Page:
    results = Results(Mode.SINGLE, bench, ("data/tiny/model_judgment/j_single.jsonl",), tables, notes)
    return Page(results, plots or {}, settings or {}, judgments)


def about(value: float, half: float, n: int = 20) -> Estimate:
    return Estimate(value, value - half, value + half, half / 2, n, n // 2)


def tiny_page() -> Page:
    """Three models on four questions of two turns; one of them was never judged."""
    judgments = [
        graded(model, question, "unparsed" if (model, question, turn) == ("alpha", 4, 2) else str(score + turn), turn)
        for model, score in (("alpha", 2), ("beta", 6), ("gamma 10", 4))
        for question in (1, 2, 3, 4)
        for turn in (1, 2)
    ]
    rows = [
        ("beta", about(7.0, 0.5), about(8.0, 0.25), about(7.5, 0.3), 8, 0),
        ("gamma 10", about(-5.0, 0.5), about(6.0, 12.25), about(5.5, 0.3), 8, 0),
        ("alpha", about(-3.0, 0.5), about(4.0, 0.5), about(10.25, 0.3), 7, 1),
        ("delta", None, None, None, 0, 0),
    ]
    shares = [("beta", 7.5, 7.25), ("gamma 10", 5.5, None), ("alpha", 3.5, 3.25)]
    return page_of([scores(rows), categories(shares)], judgments, settings={"date": "2026-11-23", "seed": 1})


def written(page: Page, folder: Path, most_bytes: int = 30_000_000) -> Path:
    path = folder / "results.html"
    path.write_text(to_html(page, most_bytes=most_bytes), "utf-8")
    return path
