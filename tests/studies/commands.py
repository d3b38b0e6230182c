"""Studies as a person runs them: commands beside a bench, asking a simulated judge."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from mtbench.records import Json
from tests.studies.finding import OWN
from tests.support.cli import mtbench


@dataclass(frozen=True)
class Place:
    """A folder with a bench in data/, and the address of a judge."""

    folder: Path
    url: str
    bench: str

    def rows(self, *words: str, kind: str | None = None) -> list[Json]:
        """Those of a command's first table, or the first of a kind."""
        done = mtbench(self.folder, *words, "--bench", self.bench, "--format", "json")
        assert done.returncode == 0, done.stderr
        tables = [each for each in orjson.loads(done.stdout)["tables"] if kind in (None, each["kind"])]
        found: list[Json] = tables[0]["rows"]
        return found

    def asking(self) -> tuple[str, ...]:
        """What has a study ask the judge."""
        return ("--judge", f"openai/{OWN}", "--judge-base-url", self.url, "--ask", "--quiet")


def holds(row: Json, key: str, figure: float) -> bool:
    """Whether a figure of a row holds the true one."""
    held: bool = row[f"{key}_low"] <= figure <= row[f"{key}_high"]
    return held
