"""What is told of a job that is under way: one line for logs, or a block of lines that a terminal shows live."""

from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Literal

from mtbench.cli.printing import visible
from mtbench.progress import Lane, Progress

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from mtbench.chat.limits import Limiter

Side = Literal["left", "right"]

RATE_OVER = 10.0
"""Seconds over which the rate of requests is taken."""

_WIDEST_BAR, _NARROWEST_BAR = 30, 8
_MOST_MODELS = 6
"""Models that have a row of their own in the block."""

_ROOMY = 60
"""Columns of a terminal that has room for words beside numbers."""


class Pace:
    """How fast requests have gone lately."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, progress: Progress) -> None:
        now = monotonic()
        self._seen.append((now, progress.sent))
        while self._seen[0][0] < now - RATE_OVER:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """Requests a second."""
        if len(self._seen) < 2:
            return 0.0
        (first, before), (last, now) = self._seen[0], self._seen[-1]
        return (now - before) / (last - first) if last > first else 0.0


def summary(progress: Progress, width: int | None = None) -> str:
    """Says how far a job is: on one line, or on as few as a terminal's `width` allows."""
    parts = [_lane_text(lane) for lane in list(progress.lanes.values())]
    if progress.usage.input or progress.usage.output:
        parts += [_tokens(progress), _cost(progress)]
    if progress.retries:
        parts.append(f"{progress.retries} retries")
    if progress.cached:
        parts.append(f"{progress.cached} from the cache")
    parts.append(_clock(monotonic() - progress.started))
    return "\n".join(_filled(parts, width)) if width else " · ".join(parts)


def line(progress: Progress, pace: Pace) -> str:
    """One line about a job that goes on: its summary, what holds it back, how fast it goes, and for how long."""
    limiters = _limiters(progress)
    held = [
        f"{name + ' ' if len(limiters) > 1 else ''}{_in_flight(limiter)}{f' ({limiter.why})' if limiter.why else ''}"
        for name, limiter in limiters
    ]
    left = [_time_left(lane, progress) for lane in list(progress.lanes.values())]
    return " · ".join(filter(None, [summary(progress), *held, _rate(pace), *left[-1:]]))


def block(progress: Progress, pace: Pace, width: int) -> "Group":
    """A few lines about a job that goes on, in columns; none is longer than a terminal's `width`."""
    from rich.console import Group
    from rich.text import Text

    parts = [
        _rate(pace),
        *([f"{progress.retries:,} retried"] if progress.retries else []),
        *([f"{progress.cached:,} from the cache"] if progress.cached else []),
        _tokens(progress),
        _cost(progress),
        _clock(monotonic() - progress.started),
    ]
    foot = [Text(each, no_wrap=True, overflow="ellipsis") for each in _filled(parts, width)]
    names = min(max([*map(len, progress.limiters), *map(len, progress.lanes)], default=0), width // 3)
    return Group(_lanes(progress, names, width), _models(progress, names, width), *foot)


def _lanes(progress: Progress, names: int, width: int) -> "Table":
    """How far each kind of work is, with a bar where there is room; `names`: columns that the names have."""
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    lanes = list(progress.lanes.values())  # a copy: the loop's thread may add one
    unit = " left" if width >= _ROOMY else ""
    texts = [(f"{_have(lane):,}/{lane.total:,}", _failed(lane), _time_left(lane, progress, unit)) for lane in lanes]
    room = width - names - 2 - sum(2 + max(map(len, column)) for column in zip(*texts, strict=True))
    has_bar = room >= _NARROWEST_BAR
    sides: list[Side] = ["left", "right", "left", "left"]
    table = _grid(names if has_bar else max((len(lane.name) for lane in lanes), default=0), *sides[not has_bar :])
    for lane, (counts, failed, left) in zip(lanes, texts, strict=True):
        bar = ProgressBar(total=max(lane.total, 1), completed=_have(lane), width=min(_WIDEST_BAR, room))
        table.add_row(lane.name, *([bar] if has_bar else []), counts, Text(failed, "red"), Text(left, "dim"))
    return table


def _models(progress: Progress, names: int, width: int) -> "Table":
    """How many requests each model has in flight, and why no more."""
    from rich.text import Text

    limiters = _limiters(progress)
    shown = limiters if len(limiters) <= _MOST_MODELS else limiters[: _MOST_MODELS - 1]
    table = _grid(names, "left", "left")
    for name, limiter in shown:
        if limiter.in_flight or limiter.waiting:
            in_flight = _in_flight(limiter) if width >= _ROOMY else f"{limiter.in_flight}/{limiter.limit}"
            table.add_row(visible(name), in_flight, Text(limiter.why, "dim"))
        else:
            table.add_row(visible(name), Text("idle", "dim"), "")
    rest = limiters[len(shown) :]
    if rest:
        table.add_row(f"{len(rest)} more", f"{sum(limiter.in_flight for _, limiter in rest)} in flight", "")
    return table


def _grid(names: int, *sides: Side) -> "Table":
    """A table without lines: a column of names, and others by their sides. Cells are cut off, never wrapped."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=names, no_wrap=True, overflow="ellipsis")
    for side in sides:
        table.add_column(justify=side, no_wrap=True, overflow="ellipsis")
    return table


def _filled(parts: Sequence[str], width: int) -> list[str]:
    """The parts on as few lines as `width` allows; a part is never broken."""
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]} · {part}" if lines[-1] else part
        if lines[-1] and len(longer) > width:
            lines.append(part)
        else:
            lines[-1] = longer
    return lines


def _limiters(progress: Progress) -> "list[tuple[str, Limiter]]":
    """Each limiter once, under the first name that it has."""
    return list({limiter: (name, limiter) for name, limiter in reversed(list(progress.limiters.items()))}.values())[
        ::-1
    ]


def _lane_text(lane: Lane) -> str:
    text = f"{lane.name} {_have(lane)}/{lane.total}"
    if lane.already:
        text += f" ({lane.already} from before)"
    return text + (f", {_failed(lane)}" if lane.failed else "")


def _have(lane: Lane) -> int:
    return lane.already + lane.done


def _failed(lane: Lane) -> str:
    return f"{lane.failed:,} failed" if lane.failed else ""


def _in_flight(limiter: "Limiter") -> str:
    return f"{limiter.in_flight} of {limiter.limit} in flight"


def _rate(pace: Pace) -> str:
    return f"{pace.rate:.1f} requests/s"


def _time_left(lane: Lane, progress: Progress, unit: str = " left") -> str:
    left = lane.total - _have(lane) - lane.failed - sum(lane.undone.values())
    if not lane.done or left <= 0:
        return ""
    return f"{_clock((monotonic() - progress.started) / lane.done * left)}{unit}"


def _tokens(progress: Progress) -> str:
    usage = progress.usage
    cached = f" ({usage.cached:,} cached)" if usage.cached else ""
    return f"{usage.input:,} tokens in{cached}, {usage.output:,} out"


def _cost(progress: Progress) -> str:
    return "price unknown" if progress.cost is None else f"${progress.cost:.4f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
