"""A bench whose answers were compared, with verdicts that a test writes down."""

from pathlib import Path

from mtbench.records import Json
from tests.reports.lines import pair
from tests.support.benches import make_bench, write_lines


def compared(folder: Path, winners: str, **more: str) -> Path:
    """A bench with a game for each pair of digits: winners by model of the first and the second order."""
    asked: list[Json] = [
        {"question_id": each, "category": ("writing", "math")[each % 2], "turns": ["?"]} for each in range(40)
    ]
    bench = make_bench(folder, asked)
    lines = [pair(number, "a b", said) | more for number, said in enumerate(winners.split())]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", lines)
    return bench
