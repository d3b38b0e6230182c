"""Text for people: small tables, drawn by rich on a terminal and aligned elsewhere, and paragraphs of --help."""

import sys
from collections.abc import Sequence
from inspect import cleandoc

import typer


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints to standard output. Cells are shown as they are; markup in them means nothing."""
    from rich.cells import cell_len

    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(*header, box=box.SIMPLE_HEAD)
        for row in rows:
            table.add_row(*row)
        Console(highlight=False, markup=False).print(table)
        return
    widths = [max(map(cell_len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def visible(text: str) -> str:
    """`text` from outside as a terminal can show it and will not obey it: escapes and the like become marks."""
    return "".join(each if each.isprintable() or each == "\n" else _mark(each) for each in text)


def _mark(unprintable: str) -> str:
    return " " if unprintable.isspace() else "\ufffd"


def paragraphs(docstring: str) -> str:
    """A docstring for --help: each paragraph one line, which the terminal wraps at its own width."""
    return "\n\n".join(" ".join(part.split()) for part in cleandoc(docstring).split("\n\n"))
