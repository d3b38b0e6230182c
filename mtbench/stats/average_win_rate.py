"""How often a model wins against the average opponent."""

import numpy as np

from mtbench.stats.games import Floats, Games


def average_win_rates(games: Games) -> Floats:
    """(m,): the mean of a model's adjusted win rates against each opponent that it met; nan if it met none.

    Every opponent counts alike, however often it was met (Zheng et al. 2023, Judging LLM-as-a-Judge, section 4.1: the
    mean of the win rates against all other players); a tie is half a win. Models that met different opponents are not
    measured alike: that is what ratings are for.
    """
    points = games.matrix()
    played = points + points.T
    met = played > 0
    rates = np.divide(points, played, out=np.zeros_like(points), where=met)
    with np.errstate(invalid="ignore"):
        return np.asarray(rates.sum(axis=1) / met.sum(axis=1))
