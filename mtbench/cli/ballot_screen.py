"""Asking on a whole screen: answers side by side where there is room, a key press for a vote, long texts scrolled."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from mtbench.cli.ballot import REFERENCE, Act, Block, Standing, blocks, heading
from mtbench.cli.keyboard import ENDED, RESIZED, Keyboard

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.segment import Segment
    from rich.text import Text

    from mtbench.voting.pairs import Pair

WIDE = 120
"""Columns from which on two answers stand side by side."""

_STEPS = {"down": 1, "up": -1, "home": -(10**9), "end": 10**9}
_PAGES = {"page down": 1, " ": 1, "page up": -1}
"""Lines, and pages, to go on by."""

_ACTS = {act.value: act for act in Act}
_LABELS = {"a": "A better", "b": "B better", "t": "tie", "s": "skip", "u": "undo", "r": "reference", "q": "quit"}


class Screen:
    """The terminal, for the time of a `with` block; what it showed before comes back at the end."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, markup=False, emoji=False)
        self._keyboard = Keyboard()
        self._stack = ExitStack()
        self._lines: tuple[object, list[list[Segment]]] = (None, [])

    def __enter__(self) -> "Screen":
        with ExitStack() as entered:
            entered.enter_context(self._keyboard)
            self._screen = entered.enter_context(self._console.screen(hide_cursor=True))
            self._stack = entered.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def ask(self, pair: "Pair | None", standing: Standing, note: str) -> Act:
        top, with_references = 0, False
        self._keyboard.forget()
        while True:
            top, page = self._draw(pair, standing, note, top, with_references)
            key = self._press(pair)
            if key == ENDED or (key == "enter" and pair is None):
                return Act.QUIT
            if key in _ACTS:
                return _ACTS[key]
            if key == REFERENCE:
                top, with_references = 0, not with_references
            top += _STEPS.get(key, 0) + _PAGES.get(key, 0) * page

    def _press(self, pair: "Pair | None") -> str:
        """The next key that means something here. One that is held down counts once."""
        acts = _ACTS if pair else {act.value: act for act in (Act.UNDO, Act.QUIT)}
        while True:
            key = self._keyboard.press()
            if key in acts and not self._keyboard.is_held(key):
                return key
            if key in (ENDED, RESIZED, *_STEPS, *_PAGES) or (key == "enter" and pair is None):
                return key
            if key == REFERENCE and pair and pair.references:
                return key

    def _draw(
        self, pair: "Pair | None", standing: Standing, note: str, top: int, with_references: bool
    ) -> tuple[int, int]:
        """Shows the texts from line `top` on, as far as there are so many; gives that line, and how many are a page."""
        from rich.console import Group
        from rich.control import Control
        from rich.segment import SegmentLines

        width, height = self._console.size
        head, keys = _head(pair, standing, width), _keys(pair)
        body = self._body(pair, with_references, width)
        used = sum(len(self._console.render_lines(each, self._console.options)) for each in (head, keys)) + 2
        room = max(1, height - used)
        top = max(0, min(top, len(body) - room))
        shown = body[top : top + room]
        blank = [""] * (room - len(shown))
        foot = _foot(note, top, len(body) - top - room, width)
        with self._console:  # one write
            self._console.control(Control.home())
            self._screen.update(Group(head, "", SegmentLines(shown, new_lines=True), *blank, keys, foot))
        return top, max(1, room - 2)

    def _body(self, pair: "Pair | None", with_references: bool, width: int) -> "list[list[Segment]]":
        """The texts as lines of the screen; made anew for another pair or width."""
        from rich.console import Group
        from rich.text import Text

        key = (pair and (pair.unit, pair.shown), with_references, width)
        if self._lines[0] != key:
            shown: RenderableType
            if pair:
                shown = Group(*(_block(each, width) for each in blocks(pair, with_references)))
            else:
                shown = Text("That was the last one. Thank you!\n\nu takes the last vote back, q or Enter ends.")
            options = self._console.options.update(width=width, height=None)
            self._lines = key, self._console.render_lines(shown, options)
        return self._lines[1]


def _block(block: Block, width: int) -> "RenderableType":
    from rich import box
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    colours = ("cyan", "magenta") if len(block.texts) == 2 else ("green",) if "Ref" in block.titles[0] else ("white",)
    panels = [
        Panel(
            Text(text) if text.strip() else Text("(an empty answer)", "dim italic"),
            title=Text(title, f"bold {colour}"),
            title_align="left",
            border_style=colour if block.asked or len(block.texts) == 1 else f"dim {colour}",
            box=box.HEAVY if block.asked else box.ROUNDED,
        )
        for title, text, colour in zip(block.titles, block.texts, colours, strict=True)
    ]
    if len(panels) == 1 or width < WIDE:
        return Group(*panels)
    grid = Table.grid(expand=True)
    for _ in panels:
        grid.add_column(ratio=1)
    grid.add_row(*panels)
    return grid


def _head(pair: "Pair | None", standing: Standing, width: int) -> "RenderableType":
    from rich.text import Text

    return _ends(Text(heading(pair) if pair else "All done", "bold"), Text(str(standing), "bold cyan"), width)


def _keys(pair: "Pair | None") -> "Text":
    from rich.text import Text

    keys: Sequence[str] = list(_LABELS) if pair else ["u", "q"]
    line = Text()
    for key in keys:
        if key != REFERENCE or (pair and pair.references):
            line.append("  " if line else "").append(f" {key} ", "bold reverse").append(f" {_LABELS[key]}")
    return line


def _foot(note: str, above: int, below: int, width: int) -> "Text":
    from rich.text import Text

    hidden = [f"▲ {above} lines above"] * (above > 0) + [f"▼ {below} lines below: ↓, space, PgDn"] * (below > 0)
    return _ends(Text(note, "yellow"), Text("  ".join(hidden), "bold"), width)


def _ends(left: "Text", right: "Text", width: int) -> "Text":
    """Two texts at the ends of one line; the left one gives way."""
    left.truncate(max(0, width - right.cell_len - 2), overflow="ellipsis", pad=True)
    right.no_wrap = True
    line = left.append("  ").append(right)
    line.truncate(width)
    line.no_wrap = True
    return line
