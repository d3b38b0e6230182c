"""Places for labels where none lies on another: along a line, or around points."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, pi

import numpy as np
from numpy.typing import NDArray


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places in [low, high] at least `gap` apart, in the order of `wanted` and, in squares, as near to it as can be.

    Neighbours that are too near become a block around their mean (pool adjacent violators: Barlow and others,
    Statistical Inference under Order Restrictions, 1972). Raises ValueError when there is not room for all.
    """
    room = high - low - gap * (len(wanted) - 1)
    if room < -1e-9:
        raise ValueError(f"{len(wanted)} labels do not fit {high - low}")
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, count = wanted[index] - gap * rank, 1
        while blocks and blocks[-1][0] > mean:
            before, size = blocks.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        blocks.append((mean, count))
    shifted = [min(max(mean, low), low + max(room, 0.0)) for mean, count in blocks for _ in range(count)]
    places = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        places[index] = shifted[rank] + gap * rank
    return places


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its sides."""

    left: float
    bottom: float
    right: float
    top: float

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """The point of the box that is nearest to (x, y)."""
        return min(max(x, self.left), self.right), min(max(y, self.bottom), self.top)


def around(
    points: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]], room: Box, clear: float
) -> list[Box | None]:
    """A box of its size (width, height) for every point, as near as may be, all in `room` and none on another.

    No box comes within `clear` of a point. The way from a point to its box passes no other point and under no other
    box if there is such a place. None where no place is left. Points in a crowd choose first: they have least choice.
    """
    marks = np.array([(x - clear, y - clear, x + clear, y + clear) for x, y in points]).reshape(-1, 4)
    boxes, ways = np.empty((0, 4)), np.empty((0, 4))
    chosen: list[Box | None] = [None] * len(points)
    for index in sorted(range(len(points)), key=lambda index: _distance_to_next(points, index)):
        places = _candidates(points[index], sizes[index], clear)
        places = places[_within(places, room) & ~_meet(places, np.vstack([marks, boxes])).any(axis=1)]
        if not len(places):
            continue
        to_places = _ways(points[index], places)
        is_crossed = _cross(to_places, np.vstack([np.delete(marks, index, axis=0), boxes])).any(axis=1)
        best = int(np.argmin(is_crossed | _cross(ways, places).any(axis=0)))
        chosen[index] = Box(*places[best].tolist())
        boxes, ways = np.vstack([boxes, places[best]]), np.vstack([ways, to_places[best]])
    return chosen


_Boxes = NDArray[np.float64]
"""Boxes times 4: left, bottom, right, top."""
_DIRECTIONS = (0, 8, 4, 12, 2, 14, 6, 10, 1, 15, 7, 9, 3, 13, 5, 11)
"""Sixteenths of a turn, as people like to read labels: right of the point, then left, above, below, aslant."""
_STEP = 0.06
_STEPS = 60


def _candidates(point: tuple[float, float], size: tuple[float, float], clear: float) -> _Boxes:
    """Places around the point, ever farther from it."""
    angles = np.array(_DIRECTIONS) * pi / 8
    toward = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    distances = clear + 0.01 + _STEP * np.arange(_STEPS)
    low = np.array(point) + distances[:, None, None] * toward - np.array(size) * (1 - toward) / 2
    return np.concatenate([low, low + np.array(size)], axis=2).reshape(-1, 4)


def _within(boxes: _Boxes, room: Box) -> NDArray[np.bool_]:
    low = boxes[:, :2] >= (room.left, room.bottom)
    high = boxes[:, 2:] <= (room.right, room.top)
    return np.asarray((low & high).all(axis=1), dtype=np.bool_)


def _ways(point: tuple[float, float], boxes: _Boxes) -> NDArray[np.float64]:
    """The straight ways to `boxes`, boxes times 4: x and y of start and end."""
    ends = np.clip(point, boxes[:, :2], boxes[:, 2:])
    starts = point + 0.2 * (ends - point)  # in a crowd, nobody sees where it starts
    return np.hstack([starts, ends])


def _meet(some: _Boxes, others: _Boxes) -> NDArray[np.bool_]:
    """Which of `some` (rows) share more than an edge with which of `others` (columns)."""
    starts_before = (some[:, None, :2] < others[None, :, 2:]).all(axis=2)
    ends_after = (some[:, None, 2:] > others[None, :, :2]).all(axis=2)
    return np.asarray(starts_before & ends_after, dtype=np.bool_)


def _cross(ways: NDArray[np.float64], boxes: _Boxes) -> NDArray[np.bool_]:
    """Which of `ways` (rows) pass through which of `boxes` (columns): the shares of the way within their sides."""
    start, step = ways[:, None, :2], (ways[:, 2:] - ways[:, :2])[:, None]
    step = np.where(np.abs(step) < 1e-9, 1e-9, step)
    one, other = (boxes[None, :, :2] - start) / step, (boxes[None, :, 2:] - start) / step
    enters = np.minimum(one, other).max(axis=2)
    leaves = np.maximum(one, other).min(axis=2)
    return np.asarray(np.maximum(enters, 0.0) < np.minimum(leaves, 1.0), dtype=np.bool_)


def _distance_to_next(points: Sequence[tuple[float, float]], index: int) -> float:
    x, y = points[index]
    return min((hypot(x - a, y - b) for other, (a, b) in enumerate(points) if other != index), default=0.0)
