"""What is on a figure, as a reader of the picture or of the SVG would find it."""

from math import isfinite
from xml.etree import ElementTree

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from mtbench.reports.plots.saving import svg
from mtbench.reports.plots.style import styled

LONG = "org/checkpoint-llama-3-70b-instruct-sft-lr1e-5-step-{}-merged-awq-int4-vllm-on-gpu"
UGLY = (
    "$x^2$ and \\frac{1}{2}$",
    "<script>alert('x')</script>&amp;",
    "emoji 😀👩‍👩‍👧🦙",
    "line\nbreak\x1b[31m\x00",
    "模型-通义千问",
    "שלום עולם-7b",
    LONG.format(1000),
    LONG.format(2000),
    "\ud800 half",
    "_under_score^{a}",
    "100 % $",
)


def names(count: int) -> list[str]:
    """As many different names of models, the ugly ones first."""
    return [UGLY[number] if number < len(UGLY) else f"{UGLY[number % len(UGLY)]}-{number}" for number in range(count)]


def svg_texts(figure: Figure) -> list[str]:
    """Every text of the SVG, as a parser of XML understands it."""
    root = ElementTree.fromstring(svg(figure))
    return ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]


def texts_of(figure: Figure) -> list[Text]:
    """Every text of the figure."""
    return [each for each in figure.findobj(Text) if isinstance(each, Text)]


def assert_tidy(figure: Figure) -> None:
    """No text lies on another, none leaves the sheet, none is smaller than 8 points."""
    with styled():
        figure.draw_without_rendering()
        shown = [text for text in texts_of(figure) if text.get_visible() and text.get_text().strip()]
        boxes = [text.get_window_extent() for text in shown]
    assert shown
    assert min(float(text.get_fontsize()) for text in shown) >= 8
    for text, box in zip(shown, boxes, strict=True):
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height
        assert inside, f"{text.get_text()!r} is cut off"
    low = np.array([(box.x0, box.y0) for box in boxes])
    high = np.array([(box.x1, box.y1) for box in boxes]) - 0.5
    meet = (low[:, None] < high[None]).all(axis=2) & (low[None] < high[:, None]).all(axis=2)
    for one, other in np.argwhere(np.triu(meet, 1)):
        raise AssertionError(f"{shown[one].get_text()!r} lies on {shown[other].get_text()!r}")


def lines_of(axes: Axes, marker: str) -> list[Line2D]:
    """The lines with this marker."""
    return [line for line in axes.get_lines() if line.get_marker() == marker]


def drawn(line: Line2D) -> list[tuple[float, float]]:
    """The points of a line that leave a mark on paper."""
    points = np.array(line.get_xydata(), dtype=np.float64)
    return [(x, y) for x, y in points.tolist() if isfinite(x) and isfinite(y)]


def joined(line: Line2D) -> int:
    """How many strokes a line has."""
    points = np.array(line.get_xydata(), dtype=np.float64)
    return int(np.isfinite(points[:-1] + points[1:]).all(axis=1).sum())
