"""Options that several commands share, so that they read and behave the same everywhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mtbench.cli.settings import use_settings

DEFAULT_BENCH = "mt80"
DEFAULT_DATA_DIR = Path("data")


class Mode(StrEnum):
    single = "single"
    pairwise_baseline = "pairwise-baseline"
    pairwise_all = "pairwise-all"


class Verdict(StrEnum):
    last = "last"
    first = "first"


class OneOrder(StrEnum):
    random = "random"


def option(name: str, help_text: str, also: str | None = None, **more: Any) -> Any:
    """An option that may also stand in the environment as MTBENCH_NAME; `also` is a second flag for it."""
    variable = "MTBENCH_" + name.lstrip("-").upper().replace("-", "_")
    flags = [name, also] if also else [name]
    return typer.Option(*flags, help=help_text, envvar=variable, show_envvar=False, **more)


BenchName = Annotated[
    str, option("--bench", "Question set: DATA_DIR/NAME/question.jsonl, else the one of that name that ships.")
]
DataDir = Annotated[Path, option("--data-dir", "Folder that holds the benches, answers and judgments.")]
Questions = Annotated[str | None, option("--questions", "Only these question ids, such as 81-90,101.", metavar="IDS")]
Category = Annotated[list[str] | None, option("--category", "Only this category; may be repeated.", metavar="NAME")]
Limit = Annotated[
    int | None, option("--limit", "At most N questions, taken from each category in turn.", min=1, metavar="N")
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings file in place of ./mtbench.yaml.",
        is_eager=True,
        callback=use_settings,
    ),
]
Parallel = Annotated[
    int | None, option("--parallel", "Requests in flight to each model (default: 8, local 2).", min=1, metavar="N")
]
Timeout = Annotated[float, option("--timeout", "Seconds that one request may take.", min=1)]
KeepThinking = Annotated[
    bool, option("--keep-thinking", "Leave <think> text in answers and verdicts, as part of them.")
]
All = Annotated[bool, option("--all", "With the embedded model: all questions in place of 8.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be asked, with tokens and price; send nothing.")
]
Quiet = Annotated[bool, option("--quiet", "No progress display.")]

Models = Annotated[
    list[str] | None,
    option("--model", "A model: openai/NAME, anthropic/NAME, local/smollm2, local/FILE.gguf or an alias.", metavar="M"),
]
BaseUrl = Annotated[
    str | None, option("--base-url", "Endpoint of the models that are no alias, such as http://127.0.0.1:8000/v1.")
]
NumChoices = Annotated[int, option("--num-choices", "Answers to sample for each question.", min=1)]
MaxTokens = Annotated[
    int | None, option("--max-tokens", "Longest answer of a turn, in tokens (default: 1024).", min=1, metavar="N")
]
Temperature = Annotated[
    float | None, option("--temperature", "Temperature of every answer (default: by category).", min=0, max=2)
]
Seed = Annotated[int | None, option("--seed", "Seed of the first choice; the next ones count up.")]
SystemPrompt = Annotated[str | None, option("--system-prompt", "System prompt of the models that answer.")]

Judges = Annotated[
    list[str] | None, option("--judge", "A judge, named like a model; repeat it for a panel.", metavar="J")
]
JudgeBaseUrl = Annotated[str | None, option("--judge-base-url", "Endpoint of the judges that are no alias.")]
OnlyJudgeBaseUrl = Annotated[
    str | None, option("--judge-base-url", "Endpoint of the judges that are no alias.", also="--base-url")
]
JudgeMode = Annotated[Mode, option("--mode", "Grade each answer, compare with --baseline, or compare every pair.")]
Baseline = Annotated[str | None, option("--baseline", "The model that pairwise-baseline compares with.", metavar="M")]
JudgePrompts = Annotated[
    str,
    option(
        "--judge-prompts",
        "Prompt set: default, cot, few-shot, score, rename, short; or a file, YAML of ours or FastChat's JSONL.",
        metavar="SET|FILE",
    ),
]
VerdictRule = Annotated[
    Verdict, option("--verdict", "Which [[…]] of a reply decides: the last, or the first as in FastChat.")
]
Structured = Annotated[bool, option("--structured", "Ask for the verdict as JSON that matches a schema.")]
Reask = Annotated[
    int, option("--reask", "Ask again, up to N times, where a reply holds no verdict.", min=0, metavar="N")
]
Repeat = Annotated[int, option("--repeat", "Judge everything N times.", min=1, metavar="N")]
OrderOption = Annotated[
    OneOrder | None,
    option("--one-order", "Pairwise: play one order, drawn at random, in place of both (half the price)."),
]
WithoutReference = Annotated[
    bool, option("--without-reference", "Judge with the plain prompt where a reference answer is missing.")
]
ReferenceCategory = Annotated[
    list[str] | None,
    option(
        "--reference-category",
        "Category judged beside a reference answer; may be repeated (default: math, reasoning, coding).",
        metavar="NAME",
    ),
]
JudgeMaxTokens = Annotated[int, option("--judge-max-tokens", "Longest reply of a judge, in tokens.", min=1)]
