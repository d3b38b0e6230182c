"""`mtbench questions`: which benches there are, what they ask, whether a question file is right, the official set."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.records import Question, QuestionId

    References = dict[str, dict[QuestionId, tuple[str, ...]]]
    """By model, then by question: a text a turn."""

app = typer.Typer(help="Question sets: list, show and check them, and fetch the official one.", no_args_is_help=True)


class Format(StrEnum):
    """How questions are printed."""

    TABLE = "table"
    JSON = "json"


@app.command("list")
def list_benches(
    data_dir: options.DataDir = options.DEFAULT_DATA_DIR,
    config: options.Config = None,  # noqa: ARG001 (its callback reads the file)
) -> None:
    """The benches at hand: questions, categories, turns, reference answers, and where they come from."""
    from mtbench.benches import bench_names, find_bench
    from mtbench.cli.printing import print_table
    from mtbench.errors import MtbenchError

    names = bench_names(data_dir)
    rows, broken = [], []
    for name in names:
        try:
            rows.append(_row(find_bench(name, data_dir)))
        except MtbenchError as error:
            broken.append(f"{error}\n`mtbench questions validate --bench {name}` lists every problem")
    print_table(("bench", "questions", "categories", "turns", "references", "from"), rows)
    if "mt_bench" not in names:
        typer.echo("\n`mtbench questions pull` fetches the official MT-bench questions, as bench mt_bench.")
    if broken:
        raise MtbenchError("\n".join(broken))


@app.command()
def show(
    ids: Annotated[str | None, typer.Argument(metavar="[IDS]", help="Question ids, such as 81-90,101.")] = None,
    bench: options.BenchName = options.DEFAULT_BENCH,
    category: options.Category = None,
    limit: options.Limit = None,
    references: Annotated[bool, typer.Option("--references", help="Show the reference answers too.")] = False,
    output: Annotated[Format, typer.Option("--format", help="For people, or for programs.")] = Format.TABLE,
    data_dir: options.DataDir = options.DEFAULT_DATA_DIR,
    config: options.Config = None,  # noqa: ARG001 (its callback reads the file)
) -> None:
    """The texts of questions, and with --references the answers that judges compare with."""
    from dataclasses import replace

    from mtbench.benches import find_bench, load_questions, select

    found = find_bench(bench, data_dir)
    questions = list(select(load_questions(found.source / "question.jsonl"), ids, category or (), limit))
    if not references:
        questions = [replace(question, reference=()) for question in questions]
    _PRINTERS[output](questions, _references(found) if references else {})


@app.command()
def validate(
    path: Annotated[Path | None, typer.Argument(help="A question file, or a folder that holds one.")] = None,
    bench: options.BenchName = options.DEFAULT_BENCH,
    data_dir: options.DataDir = options.DEFAULT_DATA_DIR,
    config: options.Config = None,  # noqa: ARG001 (its callback reads the file)
) -> None:
    """Check a question file (PATH, else the bench's) and the reference answers beside it.

    Every problem comes with file, line and field.
    """
    from mtbench.benches import find_bench
    from mtbench.errors import MtbenchError
    from mtbench.judging.references import NEED_REFERENCE
    from mtbench.validate import validate

    if path is None:
        found = find_bench(bench, data_dir)
        file, folders = found.source / "question.jsonl", _reference_folders(found)
    else:
        file = path / "question.jsonl" if path.is_dir() else path
        folders = [file.parent / "reference_answer"]
    findings = validate(file, folders, NEED_REFERENCE)
    for note in findings.notes:
        typer.echo(f"note: {note}")
    if findings.problems:
        count = len(findings.problems)
        listed = "\n".join(str(problem) for problem in findings.problems)
        raise MtbenchError(f"{count} problem{'' if count == 1 else 's'} (usable: {findings.fine})\n{listed}")
    typer.echo(f"{file}: {findings.fine}; no problem")


@app.command()
def pull(
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="DIR|URL", help="A folder with the files, or another base URL."),
    ] = None,
    data_dir: options.DataDir = options.DEFAULT_DATA_DIR,
    force: Annotated[bool, typer.Option("--force", help="Replace files there that differ.")] = False,
    config: options.Config = None,  # noqa: ARG001 (its callback reads the file)
) -> None:
    """Fetch the official MT-bench questions, GPT-4 references and judge prompts into DATA_DIR/mt_bench.

    Their SHA-256 sums are checked before anything is written.
    """
    from mtbench.pull import HOME
    from mtbench.pull import pull as fetch

    folder = data_dir / "mt_bench"
    pulled = fetch(folder, HOME if source is None else source, replace=force)
    for path in pulled.kept:
        typer.echo(f"{path}: there already, SHA-256 right")
    for path in pulled.written:
        typer.echo(f"{path}: fetched, SHA-256 right")
    typer.echo(f"Use them: --bench mt_bench --judge-prompts {folder / 'judge_prompts.jsonl'}")


def _row(bench: "Bench") -> tuple[str, ...]:
    from mtbench.benches import load_questions
    from mtbench.validate import turns_text

    questions = load_questions(bench.source / "question.jsonl")
    references = _references(bench)
    with_reference = [each for each in questions if any(each.reference) or _of(references, each)]
    counts = (len(questions), len({each.category for each in questions}), turns_text(questions), len(with_reference))
    return bench.name, *map(str, counts), str(bench.source) if bench.source == bench.folder else "ships with mtbench"


def _reference_folders(bench: "Bench") -> list[Path]:
    return list(dict.fromkeys(folder / "reference_answer" for folder in (bench.source, bench.folder)))


def _references(bench: "Bench") -> "References":
    """The reference answers that lie beside a bench's questions."""
    from mtbench.benches import load_answers
    from mtbench.files import model_files

    return {
        model: {name: answer.choices[0].turns for name, answer in load_answers(path).items()}
        for folder in _reference_folders(bench)
        for model, path in model_files(folder).items()
    }


def _of(references: "References", question: "Question") -> dict[str, tuple[str, ...]]:
    """The reference answers to one question, by model."""
    name = question.question_id
    return {model: answers[name] for model, answers in references.items() if name in answers}


def _print_json(questions: "list[Question]", references: "References") -> None:
    """One list; what lies in reference_answer/ comes by model, as its folder is called."""
    import json

    objects = [
        question.to_json() | ({"reference_answer": others} if (others := _of(references, question)) else {})
        for question in questions
    ]
    typer.echo(json.dumps(objects, indent=2, ensure_ascii=False))


def _print_texts(questions: "list[Question]", references: "References") -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    piped = not console.is_terminal
    for question in questions:
        console.print(Text(f"{question.question_id}  {question.category}", "bold cyan"))
        for label, text in _labelled(question, references):
            console.print(Text(f"  {label}", "bold"))
            # Piped, a paragraph stays one line, for grep.
            body = (
                Text("\n".join(f"    {line}" for line in text.splitlines())) if piped else Padding(Text(text), (0, 4))
            )
            console.print(body, soft_wrap=piped)
        console.print()


def _labelled(question: "Question", references: "References") -> "list[tuple[str, str]]":
    """Every text of a question in the order of its turns, with what it is."""
    labelled = []
    for turn, text in enumerate(question.turns, 1):
        labelled.append((f"Turn {turn}", text))
        labelled += [(f"Reference for turn {turn}", each) for each in question.reference[turn - 1 : turn]]
        for model, turns in _of(references, question).items():
            labelled += [(f"Reference for turn {turn}, by {model}", each) for each in turns[turn - 1 : turn]]
    return [(label, text) for label, text in labelled if text]


_PRINTERS = {Format.TABLE: _print_texts, Format.JSON: _print_json}
