"""Options that several commands share, so that they read and behave the same everywhere."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from mtbench.cli.settings import use_settings
from mtbench.reports.tables import Format, StudyFormat

DEFAULT_BENCH = "mt80"
DEFAULT_DATA_DIR = Path("data")


class Mode(StrEnum):
    single = "single"
    pairwise_baseline = "pairwise-baseline"
    pairwise_all = "pairwise-all"


class CheckMode(StrEnum):
    """Where the figures come from."""

    single = "single"
    pairwise_baseline = "pairwise-baseline"


class Verdict(StrEnum):
    last = "last"
    first = "first"


class OneOrder(StrEnum):
    random = "random"


def option(name: str, help_text: str, panel: str | None = None, also: str | None = None, **more: Any) -> Any:
    """An option that may also stand in the environment as MTBENCH_NAME; `also` is a second flag for it.

    `panel`: the part of the help in which it stands.
    """
    variable = "MTBENCH_" + name.lstrip("-").upper().replace("-", "_")
    flags = [name, also] if also else [name]
    return typer.Option(*flags, help=help_text, envvar=variable, show_envvar=False, rich_help_panel=panel, **more)


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
All = Annotated[bool, option("--all", "With the embedded model: all questions in place of 8.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be asked, with tokens and price; send nothing.")
]

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


ByJudges = Annotated[list[str] | None, option("--judge", "By this judge; repeat it for a panel.", metavar="J")]
ByPromptSet = Annotated[str | None, option("--judge-prompts", "By judgments with this prompt set.", metavar="SET")]
OfJudges = Annotated[list[str] | None, option("--judge", "Only this judge; may be repeated.", metavar="J")]
OfPromptSets = Annotated[
    list[str] | None,
    option(
        "--judge-prompts",
        "Only with this prompt set; may be repeated. SET.structured is the set with --structured.",
        metavar="SET|FILE",
    ),
]
OfModels = Annotated[list[str] | None, option("--model", "Only this model; may be repeated.", metavar="M")]
Votes = Annotated[
    list[Path] | None,
    option(
        "--votes",
        "People's votes in FastChat's form: .jsonl, .json, .csv or .parquet; may be repeated.",
        metavar="FILE",
    ),
]
Printed = Annotated[Format, option("--format", "A table is drawn on a terminal and plain text in a pipe.")]
StudyPrinted = Annotated[StudyFormat, option("--format", "A table is drawn on a terminal and plain text in a pipe.")]
PlotFolder = Annotated[
    Path | None, option("--plot", "Also draw plots into the folder DIR, as PNG and SVG.", metavar="DIR")
]
Own = Annotated[
    list[str] | None,
    option("--own", "A model of the judge's own family, besides itself; may be repeated.", metavar="JUDGE:MODEL"),
]
Ask = Annotated[
    bool, option("--ask", "Ask the judge for what is not judged yet; with --dry-run, say what that would cost.")
]
JudgeToAsk = Annotated[
    list[str] | None, option("--judge", "Only this judge, named like a model; may be repeated.", metavar="J")
]


_LIMITS, _REQUESTS, _DISPLAY = "Limits", "Requests", "Display"

Parallel = Annotated[
    int | None,
    option(
        "--parallel", "Requests in flight to each model (default: it adapts; local 2).", _LIMITS, min=1, metavar="N"
    ),
]
Rpm = Annotated[float | None, option("--rpm", "Requests a minute to each model.", _LIMITS, min=0.1, metavar="N")]
Tpm = Annotated[
    float | None, option("--tpm", "Tokens a minute, in and out, to each model.", _LIMITS, min=1, metavar="N")
]
Budget = Annotated[
    float | None,
    option("--budget", "US dollars that the run may cost; it stops before.", _LIMITS, min=0, metavar="USD"),
]
MaxRequests = Annotated[
    int | None,
    option("--max-requests", "Requests that the run may send, retries included.", _LIMITS, min=1, metavar="N"),
]
Deadline = Annotated[
    float | None,
    option(
        "--deadline",
        "Seconds after which nothing more is sent; requests in flight have 30 more.",
        _LIMITS,
        min=1,
        metavar="S",
    ),
]
NoRetryRateLimit = Annotated[
    bool, option("--no-retry-rate-limit", "Stop when the endpoint says 429, in place of waiting.", _LIMITS)
]
Timeout = Annotated[float, option("--timeout", "Seconds that one request may take.", _REQUESTS, min=1, metavar="S")]
Cache = Annotated[
    Path | None,
    option("--cache", "Folder of replies to take in place of asking the same again.", _REQUESTS, metavar="DIR"),
]
KeepThinking = Annotated[
    bool, option("--keep-thinking", "Leave <think> text in answers and verdicts, as part of them.", _REQUESTS)
]
Batch = Annotated[
    bool,
    option("--batch", "Ask by the provider's batch jobs: half the price, and minutes to a day to wait.", _REQUESTS),
]
ExportRequests = Annotated[
    Path | None,
    option(
        "--export-requests",
        "Send nothing: write what could be asked now to FILE, as OpenAI's batch JSONL.",
        _REQUESTS,
        metavar="FILE",
    ),
]
ImportResponses = Annotated[
    list[Path] | None,
    option(
        "--import-responses",
        "Send nothing: take replies from FILE (or a folder of them), made elsewhere; may be repeated.",
        _REQUESTS,
        metavar="FILE",
    ),
]
Quiet = Annotated[bool, option("--quiet", "No progress display.", _DISPLAY)]
Verbose = Annotated[bool, option("--verbose", "A line for each request.", _DISPLAY)]
Log = Annotated[
    Path | None,
    option("--log", "File to add every request and its outcome to, as JSON lines.", _DISPLAY, metavar="FILE"),
]


@dataclass(frozen=True)
class Asking:
    """The options of every command that asks models."""

    parallel: Parallel = None
    rpm: Rpm = None
    tpm: Tpm = None
    budget: Budget = None
    max_requests: MaxRequests = None
    deadline: Deadline = None
    no_retry_rate_limit: NoRetryRateLimit = False
    timeout: Timeout = 600.0
    cache: Cache = None
    keep_thinking: KeepThinking = False
    batch: Batch = False
    export_requests: ExportRequests = None
    import_responses: ImportResponses = None
    quiet: Quiet = False
    verbose: Verbose = False
    log: Log = None


def with_asking(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of Asking, which it takes as one argument, `asking`."""

    @wraps(command)
    def taking(**options: Any) -> None:
        asking = Asking(**{each.name: options.pop(each.name) for each in fields(Asking)})
        command(asking=asking, **options)

    signature = inspect.signature(command)
    added = [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=each.type)
        for each in fields(Asking)
    ]
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
        if parameter.name != "asking"
    ]
    taking.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]  # typer reads it
    taking.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *added]}
    return taking
