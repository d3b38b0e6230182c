"""A comparison of two models → text for people, Markdown, or JSON."""

import textwrap
from collections.abc import Iterator, Sequence
from math import isfinite

from mtbench.reports.comparing import ALL, Comparison, Differing
from mtbench.reports.gate_formats import as_json
from mtbench.reports.render import escaped, plain_table, printable
from mtbench.reports.tables import CompareFormat, Mode
from mtbench.stats.paired import Paired

SCHEMA_VERSION = 1


def to_text(comparison: Comparison, form: CompareFormat, width: int, lines: int | None) -> str:
    """The comparison in one of the formats. In text, lines are `width` wide and a text has at most `lines` of them."""
    match form:
        case CompareFormat.JSON:
            return _json(comparison)
        case CompareFormat.MARKDOWN:
            return "\n\n".join(_markdown(comparison)) + "\n"
        case CompareFormat.TEXT:
            return "\n".join(_text(comparison, width, lines)) + "\n"


_HEADS = ("", "difference", "95 % interval", "p", "d_z", "questions", "better", "worse", "equal", "detectable")


def _rows(comparison: Comparison) -> list[Sequence[str]]:
    return [(name, *_row(part)) for name, part in comparison.parts.items()]


def _row(part: Paired) -> Iterator[str]:
    difference = part.difference
    known = isfinite(difference.se)
    yield f"{difference.value:+.3f}"
    yield f"{difference.low:+.3f} to {difference.high:+.3f}" if known else "-"
    yield f"{part.p:.4f}" if part.p >= 0.0001 else "<0.0001"
    yield f"{part.effect_unbiased:+.2f}" if isfinite(part.effect_unbiased) else "-"
    yield from map(str, (difference.clusters, part.wins, part.losses, part.ties))
    yield f"{part.detectable:.2f}" if isfinite(part.detectable) else "-"


def _title(comparison: Comparison) -> str:
    judges = f"judge{'s' if comparison.judges[1:] else ''} {', '.join(comparison.judges)}"
    return f"{comparison.bench}: {comparison.model} less {comparison.other}, {judges}, prompts {comparison.prompt_set}"


def _foot(comparison: Comparison) -> Iterator[str]:
    figure = "mean score" if comparison.mode is Mode.SINGLE else "share won"
    yield f"difference: of the {figure} by question, paired; p: of no difference, by flipping signs; d_z: effect size"
    yield "detectable: the smallest true difference that so many questions show in four cases of five"
    categories = len(comparison.parts) - 1
    if categories > 1:
        yield f"{categories} categories are {categories} chances to be misled: p is not corrected for that"
    yield from comparison.notes


def _text(comparison: Comparison, width: int, lines: int | None) -> Iterator[str]:
    yield printable(_title(comparison))
    yield from plain_table([_HEADS, *_rows(comparison)])
    yield from map(printable, _foot(comparison))
    for each in comparison.differing:
        yield ""
        yield "─" * min(width, 100)
        yield from _differing(comparison, each, width, lines)
    whole = comparison.parts[ALL]
    if not (whole.wins or whole.losses):
        yield "no question on which they differ"


def _differing(comparison: Comparison, each: Differing, width: int, lines: int | None) -> Iterator[str]:
    ours, theirs = each.figures
    about = f"question {each.question.question_id}, {each.question.category}"
    yield printable(f"{about}: {comparison.model} {ours:.2f}, {comparison.other} {theirs:.2f}")
    for turn, text in enumerate(each.question.turns, 1):
        yield from _block(f"turn {turn}", text, width, lines)
        for model, turns in each.answers.items():
            if turn <= len(turns):
                yield from _block(model, turns[turn - 1], width, lines)
        for words in each.words:
            if words.turn == turn:
                about = f"{words.judge} on {' and '.join(words.models)}: {words.verdict}"
                yield from _block(about, words.text, width, lines)


def _block(head: str, text: str, width: int, lines: int | None) -> Iterator[str]:
    yield f"  {printable(head)}"
    wrapped = [
        part
        for line in text.splitlines()
        for part in textwrap.wrap(printable(line), max(20, min(width, 100) - 4), drop_whitespace=True) or [""]
    ]
    kept = wrapped if lines is None else wrapped[:lines]
    yield from (f"    {line}".rstrip() for line in kept)
    if len(kept) < len(wrapped):
        yield f"    … {len(wrapped) - len(kept)} more lines (--full shows them)"


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield f"**{escaped(printable(_title(comparison)))}**"
    rows = [_HEADS, ("---", *["---:"] * (len(_HEADS) - 1)), *_rows(comparison)]
    head, rule, *rest = [list(row) for row in rows]
    table = [head, rule, *([escaped(printable(cell)) for cell in row] for row in rest)]
    yield "\n".join(f"| {' | '.join(row)} |" for row in table)
    yield "\n".join(f"- {escaped(printable(line))}" for line in _foot(comparison))
    for each in comparison.differing:
        ours, theirs = each.figures
        yield escaped(
            printable(
                f"Question {each.question.question_id} ({each.question.category}): "
                f"{comparison.model} {ours:.2f}, {comparison.other} {theirs:.2f}"
            )
        )


def _json(comparison: Comparison) -> str:
    import orjson

    document = {
        "schema_version": SCHEMA_VERSION,
        "kind": "compare",
        "bench": comparison.bench,
        "mode": comparison.mode.value,
        "model": comparison.model,
        "other": comparison.other,
        "judges": list(comparison.judges),
        "prompt_set": comparison.prompt_set,
        "parts": {name: _part(part) for name, part in comparison.parts.items()},
        "differing": [
            {
                "question_id": each.question.question_id,
                "category": each.question.category,
                "turns": list(each.question.turns),
                "figures": dict(zip((comparison.model, comparison.other), each.figures, strict=True)),
                "answers": {model: list(turns) for model, turns in each.answers.items()},
                "judgments": [
                    {
                        "judge": words.judge,
                        "turn": words.turn,
                        "models": list(words.models),
                        "verdict": words.verdict,
                        "text": words.text,
                    }
                    for words in each.words
                ],
            }
            for each in comparison.differing
        ],
        "notes": list(comparison.notes),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _part(part: Paired) -> dict[str, object]:
    figures = {
        "p": part.p,
        "sd": part.sd,
        "effect": part.effect,
        "effect_unbiased": part.effect_unbiased,
        "detectable": part.detectable,
    }
    known = {name: value if isfinite(value) else None for name, value in figures.items()}
    counts = {"better": part.wins, "worse": part.losses, "equal": part.ties}
    return {"difference": as_json(part.difference), **known, **counts}
