"""Intervals → ranks."""

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.games import Floats


def ranks(low: Floats, high: Floats) -> NDArray[np.intp]:
    """(m,): 1 + the number of models whose interval lies wholly above the model's own: rank 1 may be shared by many.

    Chiang et al. 2024, Chatbot Arena, section 5: rank_m = 1 + sum over m' of 1{inf C_m' > sup C_m}. A model of which
    nothing is known (nan) is put below none, and none below it. To be right about all ranks at once, as in the paper,
    the intervals must hold together: take them at level 1 - 0.05 / m.
    """
    above: NDArray[np.intp] = (low[None, :] > high[:, None]).sum(axis=1)
    return 1 + above
