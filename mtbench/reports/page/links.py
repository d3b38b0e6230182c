"""From a number in a table to the judgments behind it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from mtbench.records import prompt_set
from mtbench.reports.page.contents import Shown
from mtbench.reports.page.escaping import visible
from mtbench.reports.tables import Column, Table


@dataclass(frozen=True, slots=True)
class Link:
    """An address in the page, and how many judgments there are behind it, in the page or not."""

    address: str
    judgments: int


class Behind:
    """What judgments there are behind the numbers of tables."""

    def __init__(self, judgments: Sequence[Shown]) -> None:
        self._counts: Counter[tuple[str, str, str, str, str]] = Counter()
        alike = Counter(
            (
                each.judge,
                each.prompt,
                model,
                each.against(model),
                each.category or "",
                str(each.turn),
                each.outcome(model),
            )
            for each in judgments
            for model in dict.fromkeys(each.models)
        )
        for (judge, prompt, model, against, category, turn, verdict), count in alike.items():
            parts = {"": "", "against": against, "category": category, "turn": turn, "verdict": verdict}
            for part, value in parts.items():
                self._counts[judge, prompt_set(prompt), model, part, value] += count

    def row(self, table: Table, model: str) -> Link | None:
        """All judgments of a table on `model`; None where there are none."""
        return self._link(table, table.judges, model, "", "", {})

    def cell(self, table: Table, model: str, column: Column) -> Link | None:
        """The judgments behind the number of `model` in `column`; None where there are none."""
        of = {"of": column.key}
        name, _, turn = column.key.partition("_")
        if table.kind == "categories":
            return self._link(table, table.judges, model, "category", column.key, of)
        if table.kind == "beats" and column.key != "rank":
            return self._link(table, table.judges, model, "against", column.key, of)
        if table.kind == "judges" and column.key in table.judges:
            return self._link(table, (column.key,), model, "", "", of)
        if name == "turn" and turn.isdigit():
            return self._link(table, table.judges, model, "turn", turn, of)
        if column.key in _VERDICTS:
            # A panel's verdict is no one judge's: behind it are the verdicts of all.
            part, value = ("verdict", column.key) if len(table.judges) == 1 else ("", "")
            return self._link(table, table.judges, model, part, value, of)
        return None if column.quiet else self._link(table, table.judges, model, "", "", of)

    def _link(
        self, table: Table, judges: Sequence[str], model: str, part: str, value: str, of: dict[str, str]
    ) -> Link | None:
        count = sum(self._counts[judge, table.prompt_set, model, part, value] for judge in judges)
        if not count:
            return None
        query = [("model", model), *(("judge", judge) for judge in judges), ("prompts", table.prompt_set)]
        query += [(part, value)] if part else []
        named = [(name, visible(text)) for name, text in (*query, *of.items())]
        return Link("#" + urlencode(named, quote_via=quote, safe="/"), count)


_VERDICTS = ("win", "loss", "tie", "unparsed")
