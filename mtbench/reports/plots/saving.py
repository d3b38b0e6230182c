"""Figures → files, the same bytes every time."""

import io
from pathlib import Path

from matplotlib.figure import Figure

from mtbench import files
from mtbench.errors import MtbenchError
from mtbench.reports.plots.style import styled

DPI = 200


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Writes NAME.png and NAME.svg, and gives their paths; the folder is made if need be.

    Raises MtbenchError when they cannot be written.
    """
    stem = files.safe_name(name)
    contents = {folder / f"{stem}.png": png(figure), folder / f"{stem}.svg": svg(figure)}
    for path, content in contents.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise MtbenchError(f"cannot write {path}: {error.strerror}; choose another folder for the plots") from error
    return list(contents)


def png(figure: Figure) -> bytes:
    """The figure as PNG, at 200 dots an inch."""
    out = io.BytesIO()
    with styled():
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def svg(figure: Figure) -> bytes:
    """The figure as SVG, with its text as text."""
    out = io.BytesIO()
    with styled():
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
