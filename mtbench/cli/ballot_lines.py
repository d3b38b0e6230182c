"""Asking in plain lines: what a person, a screen reader or a program types ends with Enter."""

import sys
from typing import TYPE_CHECKING

import typer

from mtbench.cli.ballot import REFERENCE, Act, Standing, blocks, heading

if TYPE_CHECKING:
    from mtbench.voting.pairs import Pair

_WORDS = {act.value: act for act in Act} | {act.name.lower(): act for act in Act}
_KEYS = "a, b, t (tie), s (skip), u (undo), q (quit)"


class Lines:
    """Where standard input or output is no terminal. The end of the input quits."""

    def ask(self, pair: "Pair | None", standing: Standing, note: str) -> Act:
        typer.echo(f"{note}\n" if note else "", nl=False)
        if pair is None:
            typer.echo(f"\n{standing}. Nothing more to ask. u (undo), q (quit):")
            return self._answer({"u": Act.UNDO, "undo": Act.UNDO, "q": Act.QUIT, "quit": Act.QUIT, "": Act.QUIT}, None)
        typer.echo(f"\n{standing}\n{heading(pair)}")
        _show(pair, with_references=False)
        typer.echo(f"\n{_KEYS}{', r (reference)' if pair.references else ''}:")
        return self._answer(_WORDS, pair)

    def _answer(self, words: dict[str, Act], pair: "Pair | None") -> Act:
        while True:
            line = sys.stdin.buffer.readline() if sys.stdin else b""
            said = line.decode(errors="replace").strip().lower()
            if not line:
                return Act.QUIT
            if said in words:
                return words[said]
            if said in (REFERENCE, "reference") and pair and pair.references:
                _show(pair, with_references=True)
                typer.echo(f"\n{_KEYS}:")
            else:
                typer.echo(f"one of: {', '.join(filter(None, words))}")


def _show(pair: "Pair", with_references: bool) -> None:
    """Every line of a model's stands behind a bar: none can pass for ours."""
    for block in blocks(pair, with_references):
        for title, text in zip(block.titles, block.texts, strict=True):
            typer.echo(f"\n{title}")
            for line in text.split("\n"):
                typer.echo(f"  | {line}".rstrip())
