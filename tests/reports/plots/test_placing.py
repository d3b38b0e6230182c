"""Labels find their places."""

from itertools import pairwise
from math import hypot

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mtbench.reports.plots.placing import Box, around, spread

ROOM = Box(0, 0, 10, 8)


@settings(deadline=None, max_examples=60)
@given(some.lists(some.floats(-2, 12), max_size=40))
def test_labels_keep_their_distance_their_order_and_their_bounds(wanted: list[float]) -> None:
    places = spread(wanted, 0.25, 0, 10)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    sorted_places = [places[index] for index in order]
    assert all(after - before >= 0.25 - 1e-9 for before, after in pairwise(sorted_places))
    assert all(-1e-9 <= place <= 10 + 1e-9 for place in places)


@settings(deadline=None, max_examples=60)
@given(some.lists(some.floats(0, 10), min_size=1, max_size=12))
def test_labels_are_as_near_to_their_points_as_least_squares_has_them(wanted: list[float]) -> None:
    count = len(wanted)
    ranks = np.arange(count) * 0.5
    shifted = np.sort(wanted) - ranks
    # Isotonic regression by the max-min formula (Robertson, Wright and Dykstra, 1988, section 1.4).
    fitted = [
        max(min(shifted[a:b].mean() for b in range(rank + 1, count + 1)) for a in range(rank + 1))
        for rank in range(count)
    ]
    assert np.sort(spread(wanted, 0.5, -1000, 1000)) == pytest.approx(fitted + ranks, abs=1e-6)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([3.0, 1.0, 2.0], 0.5, 0, 4) == [3.0, 1.0, 2.0]


def test_too_many_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        spread([0.0, 0.0, 0.0], 1, 0, 1.5)


@pytest.mark.parametrize("crowd", [0.0, 0.1, 1.0, 3.0])
def test_names_around_points_meet_neither_each_other_nor_a_point(crowd: float) -> None:
    rng = np.random.default_rng(1)
    points = [(5 + crowd * rng.normal(), 4 + crowd * rng.normal() / 2) for _ in range(40)]
    found = around(points, [(1.2, 0.14)] * 40, ROOM, 0.06)
    boxes = [box for box in found if box is not None]
    assert len(boxes) == 40
    for number, box in enumerate(boxes):
        assert (box.right - box.left, box.top - box.bottom) == pytest.approx((1.2, 0.14))
        assert box.left >= 0
        assert box.bottom >= 0
        assert box.right <= 10
        assert box.top <= 8
        for other in boxes[:number]:
            apart = box.right <= other.left or other.right <= box.left or box.top <= other.bottom
            assert apart or other.top <= box.bottom
        assert all(hypot(x - box.nearest(x, y)[0], y - box.nearest(x, y)[1]) > 0.05 for x, y in points)


def test_a_lonely_point_has_its_name_at_its_right() -> None:
    (box,) = around([(5, 4)], [(1, 0.2)], ROOM, 0.06)
    assert box is not None
    assert (box.left, box.bottom) == pytest.approx((5.07, 3.9))


def test_a_point_at_the_right_edge_has_its_name_at_its_left() -> None:
    (box,) = around([(9.9, 4)], [(1, 0.2)], ROOM, 0.06)
    assert box is not None
    assert box.right == pytest.approx(9.83)


def test_what_finds_no_place_gets_none() -> None:
    assert around([(0.5, 0.5)], [(2, 0.2)], Box(0, 0, 1, 1), 0.06) == [None]


def test_the_way_to_a_name_avoids_other_points() -> None:
    points = [(5.0, 4.0), (5.2, 4.0)]
    left, right = around(points, [(1, 0.14)] * 2, ROOM, 0.06)
    assert left is not None
    assert right is not None
    assert left.left < 4.9
    assert right.left > 5.2
