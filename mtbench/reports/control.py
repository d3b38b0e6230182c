"""Games and the style of their answers → what is left of a win when style is held equal, and how much style does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite, nan

import numpy as np

from mtbench.benches import Bench, load_answers
from mtbench.records import QuestionId
from mtbench.reports.style import Style, style_of
from mtbench.reports.tables import Cell, Column, Table, known
from mtbench.reports.values import codes_of
from mtbench.reports.verdicts import POINTS, Game, Verdict
from mtbench.stats.estimates import Estimate
from mtbench.stats.length_control import length_controlled_models
from mtbench.stats.rating_intervals import RatingIntervals
from mtbench.stats.ratings import SCALE
from mtbench.stats.style_control import relative_differences, style_controlled

Styles = Mapping[tuple[str, QuestionId, int], Style]
"""By model, question and turn (from 1)."""
_FEATURES = ("length", "headers", "lists", "bold")


def styles_of(bench: Bench, models: Sequence[str]) -> dict[tuple[str, QuestionId, int], Style]:
    """The style of every turn of the models' answers at hand."""
    return {
        (model, question_id, turn): style_of(text)
        for model in models
        for question_id, answer in load_answers(bench.answers(model)).items()
        for turn, text in enumerate(answer.choices[0].turns, 1)
    }


def length_table(main: Table, verdicts: Sequence[Verdict], styles: Styles, baseline: str, title: str) -> Table | None:
    """Win rates against the baseline, had both answers been of one length; None where no answers are at hand."""
    games, left_out = _with_styles(verdicts, styles)
    games = [game for game in games if baseline in (game.model_1, game.model_2)]
    if not games:
        return None
    models = list(dict.fromkeys(_other(game, baseline) for game in games))
    points, differences = [], []
    for game in games:
        model = _other(game, baseline)
        won = POINTS[game.winner]
        points.append(won if game.model_1 == model else 1 - won)
        ours, theirs = (styles[each, game.question_id, game.turn].length for each in (model, baseline))
        differences.append(float(ours - theirs))
    found = length_controlled_models(
        np.array([models.index(_other(game, baseline)) for game in games], np.intp),
        np.array(points),
        np.array(differences),
        codes_of([game.question_id for game in games]),
    )
    rows: list[tuple[Cell, ...]] = [
        (model, each.win_rate, known(each.controlled), known(each.length), each.sd, each.win_rate.n)
        for model, each in zip(models, found, strict=True)
    ]
    rows.sort(key=lambda row: -row[2].value if isinstance(row[2], Estimate) else 1.0)
    return replace(
        main,
        kind="length_control",
        title=title,
        columns=(
            Column("model", "model"),
            Column("win_rate_adjusted", "adjusted", decimals=4),
            Column("length_controlled", "length-controlled", decimals=4),
            Column("length_effect", "effect of length", decimals=2),
            Column("length_sd", "sd of lengths", decimals=0),
            Column("n", "n"),
        ),
        rows=rows,
        warnings=[f"{model}: {each.note}" for model, each in zip(models, found, strict=True) if each.note],
        foot=(
            "length-controlled: the win rate had both answers been of one length (logistic model of AlpacaEval 2)",
            "effect of length: what the log odds of a win gain by tanh(difference / sd); 0 is none",
            *_said(left_out),
        ),
    )


def style_tables(main: Table, verdicts: Sequence[Verdict], styles: Styles, title: str) -> list[Table]:
    """Ratings with style held equal, and the size of its effects; none where no answers are at hand."""
    games, left_out = _with_styles(verdicts, styles)
    models = list(dict.fromkeys(model for game in games for model in (game.model_1, game.model_2)))
    if len(models) < 2:
        return []
    one, other = (
        np.array([_features(styles[_shown(game, each), game.question_id, game.turn]) for game in games])
        for each in (1, 2)
    )
    found = style_controlled(
        np.array([models.index(game.model_1) for game in games], np.intp),
        np.array([models.index(game.model_2) for game in games], np.intp),
        np.array([POINTS[game.winner] for game in games]),
        relative_differences(one, other),
        len(models),
        codes_of([game.question_id for game in games]),
    )
    rows: list[tuple[Cell, ...]] = [
        (model, _rating(found.controlled, place), _rating(found.plain, place)) for place, model in enumerate(models)
    ]
    rows.sort(key=lambda row: -row[1].value if isinstance(row[1], Estimate) else np.inf)
    controlled = replace(
        main,
        kind="style_control",
        title=title,
        columns=(
            Column("model", "model"),
            Column("style_controlled", "style held equal", decimals=0),
            Column("rating", "as won", decimals=0),
        ),
        rows=rows,
        warnings=[found.note] if found.note else (),
        foot=(
            "ratings from a Bradley-Terry model with style beside it: length, headers, lists and bold text",
            *_said(left_out),
        ),
    )
    effects: list[tuple[Cell, ...]] = [
        (name, known(effect), _scaled(effect), reason or "-")
        for name, effect, reason in zip(_FEATURES, found.effects, found.reasons, strict=False)
    ]
    return [
        controlled,
        replace(
            main,
            kind="style_effects",
            title=f"{title}: the effects of style",
            columns=(
                Column("feature", "feature"),
                Column("effect", "effect on log odds", decimals=3),
                Column("points", "in points of rating", decimals=0),
                Column("reason", "why not known"),
            ),
            rows=effects,
            warnings=(),
            foot=("of an answer that has one typical difference (the root mean square) more of it than the other",),
        ),
    ]


def _with_styles(verdicts: Sequence[Verdict], styles: Styles) -> tuple[list[Game], int]:
    """The games whose answers are both at hand, and how many others there are."""
    games = [each for each in verdicts if isinstance(each, Game)]
    kept = [
        game
        for game in games
        if all((model, game.question_id, game.turn) in styles for model in (game.model_1, game.model_2))
    ]
    return kept, len(games) - len(kept)


def _said(left_out: int) -> list[str]:
    return [f"{left_out} games left out: an answer is not at hand"] if left_out else []


def _other(game: Game, baseline: str) -> str:
    return game.model_2 if game.model_1 == baseline else game.model_1


def _shown(game: Game, number: int) -> str:
    return game.model_1 if number == 1 else game.model_2


def _features(style: Style) -> tuple[int, int, int, int]:
    return style.length, style.headers, style.lists, style.bold


def _scaled(estimate: Estimate) -> Estimate | None:
    """An effect on log odds, in points of rating."""
    if not isfinite(estimate.value):
        return None
    value, low, high, se = (SCALE * each for each in (estimate.value, estimate.low, estimate.high, estimate.se))
    return Estimate(value, low, high, se, estimate.n, estimate.clusters)


def _rating(found: RatingIntervals, place: int) -> Estimate | None:
    rating = float(found.ratings.rating[place])
    if np.isnan(rating):
        return None
    low, high, se = (float(each[place]) for each in (found.low, found.high, found.se))
    return Estimate(rating, low, high, se if isfinite(se) else nan, int(found.ratings.games[place]), found.clusters)
