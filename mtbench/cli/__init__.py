"""The command line: one file a command; here they are put together and errors become sentences and exit codes."""

import os
import sys
from collections.abc import Callable
from errno import ENOSPC

import typer

from mtbench import __version__
from mtbench.cli import (
    agreement,
    audit,
    batch,
    bias,
    calibrate,
    check,
    compare,
    gen_answers,
    judge,
    models,
    plan,
    questions,
    run,
    show_results,
    vote,
)
from mtbench.cli.printing import paragraphs, visible
from mtbench.cli.streams import make_forgiving
from mtbench.errors import Ended, Interrupted, MtbenchError

app = typer.Typer(
    name="mtbench",
    help="Score chat models with LLM judges, and say how far to trust the scores.",
    epilog="Exit codes: 0 done, 1 a gate failed, 2 wrong usage or bad input, 3 some requests failed (run again), "
    "130 interrupted. Options can also stand in mtbench.yaml, or in the environment as MTBENCH_OPTION.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

REST = "what is finished is on disk, and the same command does the rest"


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),
) -> None:
    del version


COMMANDS: dict[str, Callable[..., None]] = {
    "run": run.run,
    "gen-answers": gen_answers.gen_answers,
    "judge": judge.judge,
    "show-results": show_results.show_results,
    "plan": plan.plan,
    "audit": audit.audit,
    "agreement": agreement.agreement,
    "calibrate": calibrate.calibrate,
    "vote": vote.vote,
    "compare": compare.compare,
    "check": check.check,
}
for _name, _command in COMMANDS.items():
    app.command(_name, help=paragraphs(_command.__doc__ or ""))(_command)
app.add_typer(questions.app, name="questions")
app.add_typer(models.app, name="models")
app.add_typer(batch.app, name="batch")
app.add_typer(bias.app, name="bias")


def main() -> None:
    """Runs the command line. What a person can put right is one sentence on stderr; a traceback is a bug of ours."""
    make_forgiving()
    try:
        try:
            app()
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except MtbenchError as error:
        sys.exit(say(error))
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in the buffer has nowhere to go
        sys.exit(say(MtbenchError(f"cannot print the output: {error.strerror}")))
    except ExceptionGroup as group:
        errors, bugs = group.split(MtbenchError)
        if bugs or errors is None:
            raise
        sys.exit(say(_first(errors)))


def say(error: MtbenchError) -> int:
    """Tells a person what went wrong; gives the exit code."""
    if isinstance(error, Interrupted):
        typer.echo(f"interrupted; {REST}", err=True)
        return error.exit_code
    for reason in error.reasons if isinstance(error, Ended) else [error]:
        typer.echo(visible(f"error: {reason}"), err=True)
    if isinstance(error, Ended):
        typer.echo(REST if error.exit_code == 3 else f"{REST} once that is put right", err=True)
    return error.exit_code


def _first(group: ExceptionGroup[MtbenchError]) -> MtbenchError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
