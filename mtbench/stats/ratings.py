"""Bradley-Terry ratings on the Elo scale, and which models they compare."""

from dataclasses import dataclass

import numpy as np

from mtbench.stats.bradley_terry import log_strengths
from mtbench.stats.connected import groups, reach
from mtbench.stats.games import Floats, Games

SCALE = 400 / float(np.log(10))
"""Points of rating in one unit of log strength: 400 points more are odds of 10 to 1."""

BASE = 1000.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """The model, a code, whose rating is fixed at a value."""

    model: int
    value: float = BASE


@dataclass(frozen=True, slots=True)
class Ratings:
    """`rating` (m,): infinite or nan for models outside `rated`. `games` (m,): how many each played.

    `groups`: the models in groups within which each has taken points, directly or through others, from each; one group
    if all can be compared. Between groups nothing but a direction is known, and sometimes not even that. `rated`: the
    group whose ratings are finite; of another, they are found with `games.among(group)`.
    """

    rating: Floats
    games: Floats
    groups: tuple[tuple[int, ...], ...]
    rated: tuple[int, ...]


def rate(games: Games, anchor: Anchor | None = None, base: float = BASE) -> Ratings:
    """Bradley-Terry ratings 400 / ln 10 · x + constant, where x are the log strengths of `log_strengths`.

    The anchor's rating is its value; without one the mean of the rated models is `base`. The rated models are the
    anchor's group, or the largest. A model that took points from them, directly or through others, and lost none that
    way, as one that never lost, has +inf; one that only lost to them has -inf; one that cannot be compared with them,
    as one that never met any, has nan. If no two models can be compared, +inf is one that only won, -inf one that only
    lost.

    Raises ValueError where the anchor is no model.
    """
    points = games.matrix()
    rating, parts, rated = rate_matrix(points, anchor, np.full(games.models, base))
    return Ratings(rating, points.sum(axis=0) + points.sum(axis=1), parts, rated)


def rate_matrix(
    points: Floats, anchor: Anchor | None, reference: Floats
) -> tuple[Floats, tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """The rating, groups and rated of `Ratings`, from `Games.matrix`.

    Without an anchor the rated models have the mean that they have in `reference` (m,).
    """
    parts = groups(points)
    rated = _rated_group(parts, anchor)
    rating = _outside(points, rated)
    if rated:
        inside = list(rated)
        strengths = log_strengths(points[np.ix_(inside, inside)][None])
        local = Anchor(inside.index(anchor.model), anchor.value) if anchor else None
        rating[inside] = on_scale(strengths, local, float(reference[inside].mean()))[0]
    return rating, parts, rated


def on_scale(strengths: Floats, anchor: Anchor | None, base: float) -> Floats:
    """Log strengths (D, m) → ratings; without an anchor their mean is `base`."""
    if anchor:
        return SCALE * (strengths - strengths[:, anchor.model, None]) + anchor.value
    return np.asarray(SCALE * (strengths - strengths.mean(axis=1, keepdims=True)) + base)


def _rated_group(parts: tuple[tuple[int, ...], ...], anchor: Anchor | None) -> tuple[int, ...]:
    """The group that can be put on the scale; empty where no two models can be compared."""
    if anchor is None:
        return parts[0] if parts and len(parts[0]) > 1 else ()
    for part in parts:
        if anchor.model in part:
            return part
    raise ValueError(f"the anchor is no model: {anchor.model}")


def _outside(points: Floats, rated: tuple[int, ...]) -> Floats:
    """(m,): the ratings of the models that are not rated."""
    if rated:
        found = reach(points)
        above, below = found[:, rated[0]], found[rated[0]]
    else:
        above, below = points.sum(axis=1) > 0, points.sum(axis=0) > 0
    return np.select([above & ~below, below & ~above], [np.inf, -np.inf], np.nan)
