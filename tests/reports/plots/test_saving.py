"""Files of a plot."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from mtbench.errors import MtbenchError
from mtbench.reports.plots.intervals import intervals
from mtbench.reports.plots.saving import png, save, svg
from mtbench.reports.plots.steps import steps
from mtbench.stats.estimates import Estimate


def _figure() -> Figure:
    return intervals({"a": Estimate(8.0, 7.5, 8.5, 0.2, 160, 80)}, "scores", "score")


def test_a_plot_becomes_a_png_and_an_svg(tmp_path: Path) -> None:
    paths = save(_figure(), tmp_path / "new" / "plots", "scores")
    assert [path.name for path in paths] == ["scores.png", "scores.svg"]
    assert [path.parent for path in paths] == [tmp_path / "new" / "plots"] * 2
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert paths[1].read_bytes().startswith(b"<?xml")


def test_the_png_has_at_least_150_dots_an_inch(tmp_path: Path) -> None:
    figure = _figure()
    height, width, _ = imread(save(figure, tmp_path, "scores")[0]).shape
    assert width >= 150 * figure.get_figwidth()
    assert height >= 150 * figure.get_figheight()


def test_the_same_figures_give_the_same_bytes() -> None:
    scores: dict[str, list[float | None]] = {"a": [8.0, 7.0], "b": [6.0, 9.0], "c": [None, 3.0]}
    one, other = steps(scores), steps(scores)
    assert png(one) == png(other) == png(one)
    assert svg(one) == svg(other) == svg(one)


def test_no_date_and_no_version_stands_in_a_file() -> None:
    figure = _figure()
    assert b"dc:date" not in svg(figure)
    assert b"Software" not in png(figure)
    assert b"matplotlib.org" not in svg(figure) + png(figure)


def test_any_name_becomes_a_file_in_the_folder(tmp_path: Path) -> None:
    assert [path.parent for path in save(_figure(), tmp_path, "../a/b: $x$")] == [tmp_path] * 2


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MtbenchError, match=r"cannot write .*file.*choose another folder"):
        save(_figure(), tmp_path / "file", "scores")
