"""Games → the table of ratings: Bradley-Terry with ties, on the Elo scale."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mtbench.reports.tables import Cell, Column, Table
from mtbench.reports.values import codes_of
from mtbench.reports.verdicts import POINTS, Game, Verdict
from mtbench.stats.average_win_rate import average_win_rates
from mtbench.stats.elo import online_elo
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import count_games
from mtbench.stats.ranks import ranks
from mtbench.stats.rating_intervals import RatingIntervals, bootstrap, sandwich
from mtbench.stats.ratings import Anchor

DRAWS = 1000


def ratings_table(
    main: Table, verdicts: Sequence[Verdict], title: str, anchor: tuple[str, float] | None = None
) -> Table | None:
    """The ratings of all models that played, best first; None where nobody did.

    Games on one question hang together: intervals are clustered by question. `anchor`: a model and the rating that it
    is given; without one, or where it did not play, the mean is 1000.
    """
    games = [each for each in verdicts if isinstance(each, Game)]
    models = list(dict.fromkeys(model for game in games for model in (game.model_1, game.model_2)))
    if len(models) < 2:
        return None
    code = {model: place for place, model in enumerate(models)}
    first = np.array([code[game.model_1] for game in games], np.intp)
    second = np.array([code[game.model_2] for game in games], np.intp)
    points = np.array([POINTS[game.winner] for game in games])
    counted = count_games(first, second, points, len(models), codes_of([game.question_id for game in games]))
    fixed = Anchor(code[anchor[0]], anchor[1]) if anchor and anchor[0] in code else None
    sandwiched = sandwich(counted, anchor=fixed)
    drawn = bootstrap(counted, np.random.default_rng(0), DRAWS, anchor=fixed)
    places = ranks(sandwiched.low, sandwiched.high)
    elo = online_elo(first, second, points, len(models))
    averages = average_win_rates(counted)
    best_first = sorted(range(len(models)), key=lambda each: (-_order(sandwiched, each), models[each]))
    rows: list[tuple[Cell, ...]] = [
        (
            models[each],
            int(places[each]),
            _estimate(sandwiched, each),
            _estimate(drawn, each),
            float(averages[each]),
            float(elo[each]),
            int(sandwiched.ratings.games[each]),
        )
        for each in best_first
    ]
    return replace(
        main,
        kind="ratings",
        title=title,
        columns=(
            Column("model", "model"),
            Column("rank", "rank"),
            Column("rating", "rating", decimals=0),
            Column("bootstrap", "by bootstrap", decimals=0, for_programs=True),
            Column("average_win_rate", "average win rate", decimals=4),
            Column("elo", "online Elo", decimals=0),
            Column("games", "games"),
        ),
        rows=rows,
        warnings=list(_warnings(models, sandwiched, drawn)),
        foot=(
            "rating: Bradley-Terry with ties as half a win; 400 points are odds of 10 to 1; "
            + (f"{anchor[0]} is set to {anchor[1]:g}" if anchor and fixed else "the mean is 1000"),
            "rank: 1 and one more for each model whose interval lies wholly above",
        ),
    )


def _order(found: RatingIntervals, each: int) -> float:
    rating = float(found.ratings.rating[each])
    return -np.inf if np.isnan(rating) else rating


def _estimate(found: RatingIntervals, each: int) -> Estimate | None:
    rating = float(found.ratings.rating[each])
    if np.isnan(rating):
        return None
    games = int(found.ratings.games[each])
    return Estimate(
        rating, float(found.low[each]), float(found.high[each]), float(found.se[each]), games, found.clusters
    )


def _warnings(models: Sequence[str], found: RatingIntervals, drawn: RatingIntervals) -> list[str]:
    """What cannot be rated, and why."""
    rating = found.ratings.rating
    said = []
    for sign, what in ((np.inf, "lost no point to the others"), (-np.inf, "took no point from the others")):
        named = [model for model, each in zip(models, rating, strict=True) if each == sign]
        if named:
            said.append(f"{', '.join(named)}: {what}, so no finite rating fits")
    apart = [model for model, each in zip(models, rating, strict=True) if np.isnan(each)]
    if apart:
        said.append(f"{', '.join(apart)}: never met the rated models, directly or through others: not comparable")
    if drawn.lost:
        said.append(f"{drawn.lost} of {DRAWS} resamples left too few games to compare all models")
    return said
