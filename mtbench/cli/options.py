"""Options that several commands share, so that they read and behave the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from mtbench.benches import DEFAULT_BENCH

Bench = Annotated[
    str, typer.Option("--bench", help=f"Question set: DATA_DIR/NAME/question.jsonl, else one that ships ({DEFAULT_BENCH}).")
]
DataDir = Annotated[Path, typer.Option("--data-dir", help="Folder that holds the benches, answers and judgments.")]
Questions = Annotated[
    str | None, typer.Option("--questions", metavar="IDS", help="Only these question ids, such as 81-90,101.")
]
Category = Annotated[
    list[str] | None, typer.Option("--category", metavar="NAME", help="Only this category; may be repeated.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="At most N questions, taken from each category in turn.")
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file in place of ./mtbench.yaml.", is_eager=True),
]
DEFAULT_DATA_DIR = Path("data")
