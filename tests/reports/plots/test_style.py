"""Lines that differ on paper without colour, and a style that stays ours and leaves nothing behind."""

import os
import subprocess
import sys
from itertools import pairwise
from math import inf, nan
from pathlib import Path

import matplotlib
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont

from mtbench.reports.plots.style import counted, first, known, limits, look, styled, ticks


def _lightness(color: str) -> float:
    """CIE L* of an sRGB colour, 0 black to 100 white (IEC 61966-2-1, CIE 15)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(color)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_lines_differ_without_their_colour() -> None:
    assert len({(look(number).dashes, look(number).marker) for number in range(40)}) == 40
    assert len({(look(number).color, look(number).dashes, look(number).marker) for number in range(280)}) == 280


def test_the_first_lines_have_each_their_own_mark() -> None:
    assert len({look(number).marker for number in range(8)}) == 8


def test_neighbours_differ_in_lightness_too_and_all_stand_out_from_white() -> None:
    light = [_lightness(look(number).color) for number in range(7)]
    assert all(abs(before - after) > 10 for before, after in pairwise(light))
    assert max(light) < 75


def test_settings_are_put_back() -> None:
    before = dict(matplotlib.rcParams)
    with styled():
        assert matplotlib.rcParams["text.parse_math"] is False
    assert dict(matplotlib.rcParams) == before


def test_the_font_is_the_one_that_comes_with_matplotlib() -> None:
    with styled():
        assert Path(findfont(FontProperties())).name == "DejaVuSans.ttf"


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (2.9, 9.2, ["3", "4", "5", "6", "7", "8", "9"]),
        (-0.1, 0.55, ["−0.1", "0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        (900, 2100, ["1,000", "1,200", "1,400", "1,600", "1,800", "2,000"]),
        (7.99, 8.004, ["7.990", "7.992", "7.994", "7.996", "7.998", "8.000", "8.002"]),
    ],
)
def test_ticks_are_round_and_within_the_axis(low: float, high: float, texts: list[str]) -> None:
    found = ticks(low, high)
    assert list(found.values()) == texts
    assert all(low <= value <= high for value in found)


SCRIPT = """
import hashlib, sys
from mtbench.reports.plots.steps import steps
from mtbench.reports.plots.saving import png, svg
figure = steps({"$a$ 模型": [8, 7], "b": [6, None]})
print(hashlib.sha256(png(figure) + svg(figure)).hexdigest(), "matplotlib.pyplot" in sys.modules)
"""


def test_neither_the_users_settings_nor_another_process_change_a_byte_and_nothing_is_said(tmp_path: Path) -> None:
    settings = tmp_path / "matplotlibrc"
    settings.write_text("text.usetex: True\nfont.size: 30\nsavefig.dpi: 20\nsavefig.bbox: tight\nsvg.fonttype: path\n")
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    runs = [
        subprocess.run([sys.executable, "-c", SCRIPT], env=each, capture_output=True, text=True, check=True)
        for each in (environment, {**environment, "PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(settings)})
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.endswith(" False\n")
    assert [run.stderr for run in runs] == ["", ""]


def test_nothing_is_said_of_a_folder_for_caches_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path / "file" / "folder")}
    run = subprocess.run(
        [sys.executable, "-c", "import mtbench.reports.plots.style"], env=environment, capture_output=True, check=True
    )
    assert run.stderr == b""


def test_results_in_text_do_not_load_matplotlib() -> None:
    script = "import sys, mtbench.reports.results, mtbench.reports.render; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_what_cannot_be_drawn_is_nan() -> None:
    assert [str(known(value)) for value in (None, nan, inf, -inf, 0.0)] == ["nan", "nan", "nan", "nan", "0.0"]


def test_an_axis_holds_all_values_with_air() -> None:
    assert limits([1.0, nan, 3.0, inf]) == pytest.approx((0.9, 3.1))
    assert limits([2.0]) == (1.5, 2.5)
    assert limits([nan]) == pytest.approx((-0.05, 1.05))


def test_only_so_many_models_are_shown_and_that_is_said() -> None:
    assert first(["a", "b", "c"], 2) == (["a", "b"], ["the first 2 of 3 models"])
    assert first(["a", "b"], 2) == (["a", "b"], [])
    with pytest.raises(ValueError, match="needs a model"):
        first([], 2)


def test_a_title_says_n_where_it_is_known() -> None:
    assert counted("scores", 12345) == "scores (n=12,345)"
    assert counted("scores", None) == "scores"
