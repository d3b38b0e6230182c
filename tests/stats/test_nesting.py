"""Codes within codes."""

import numpy as np
import pytest

from mtbench.stats.nesting import nested


def test_inner_codes_are_numbered_and_find_their_outer_ones() -> None:
    found, holder = nested(np.array([70, 30, 70, 50]), np.array([2, 1, 2, 1]))
    assert found.tolist() == [2, 0, 2, 1]
    assert holder.tolist() == [1, 1, 2]


def test_a_code_in_two_others_is_a_bug() -> None:
    with pytest.raises(ValueError, match="code 30 lies in more than one"):
        nested(np.array([70, 30, 30]), np.array([2, 1, 2]))
    with pytest.raises(ValueError, match="for every inner one"):
        nested(np.array([70, 30]), np.array([2]))
