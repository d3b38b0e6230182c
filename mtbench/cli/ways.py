"""--batch, --export-requests, --import-responses: how the models of a job are asked, and what a person does next."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import typer

from mtbench.errors import MtbenchError

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.request_files import RequestFiles
    from mtbench.chat.spec import ModelSpec
    from mtbench.chat.ways import Way
    from mtbench.cli.options import Asking

_RESPONSES = "RESPONSES.jsonl"
_NEXT = "NEXT.jsonl"


def check_way(asking: "Asking", specs: "Sequence[ModelSpec]") -> None:
    """Raises MtbenchError for options that exclude each other, and for models that cannot be asked in this way."""
    files = [*(asking.import_responses or ()), *([asking.export_requests] if asking.export_requests else ())]
    if asking.batch and files:
        raise MtbenchError(
            "--batch submits jobs to the provider, --export-requests and --import-responses send nothing: "
            "give the one or the others"
        )
    for spec in specs:
        if asking.batch and spec.provider == "local":
            raise MtbenchError(f"--batch: {spec.full_name} runs on this machine, which has no batch jobs: leave it out")
    if asking.export_requests and asking.export_requests.is_dir():
        raise MtbenchError(f"--export-requests {asking.export_requests}: this is a folder; name a file")
    if asking.export_requests and asking.export_requests in (asking.import_responses or ()):
        raise MtbenchError(f"--export-requests {asking.export_requests}: the responses are read from this file")


@contextmanager
def opened_way(asking: "Asking", bench: "Bench") -> "Iterator[Way | None]":
    """The way that the options ask for, for the time of a `with` block; says at its end what came of files."""
    if asking.batch:
        from mtbench.benches import recorded
        from mtbench.chat.batch_jobs import BatchFolder
        from mtbench.chat.batching import ByBatches

        yield ByBatches(BatchFolder(bench.batches), partial(recorded, bench))
    elif asking.export_requests or asking.import_responses:
        from mtbench.chat.request_files import RequestFiles

        with RequestFiles(asking.import_responses or (), asking.export_requests, _note) as files:
            yield files
        _say_files(files, sys.argv[1:])
    else:
        yield None


def _note(message: str) -> None:
    typer.echo(f"note: {message}", err=True)


def _say_files(files: "RequestFiles", arguments: Sequence[str]) -> None:
    counts = files.counts
    if counts.lines:
        unknown = f"; {counts.unknown} of them belong to nothing that is left to do" if counts.unknown else ""
        typer.echo(f"Responses: {counts.lines} read from {files.sources}{unknown}.")
    if counts.without:
        typer.echo(f"Requests without a response: {counts.without}.")
    if files.requests is None:
        return
    if not counts.written:
        typer.echo(f"Nothing is left to ask: {files.requests} was not written.")
        return
    models = ", ".join(f"{model}: {number}" for model, number in counts.written.items())
    again = f" ({counts.again} of them again: what came was a fault that may pass)" if counts.again else ""
    typer.echo(f"Requests: {sum(counts.written.values())} written to {files.requests}{again}; {models}.")
    if len(counts.written) > 1:
        typer.echo("They are for several models; engines take one: split the file by body.model, or run once a model.")
    command = shlex.join(["mtbench", *_without(arguments, "--export-requests")])
    typer.echo(
        f"Next: run the file where you like, such as `vllm run-batch -i {shlex.quote(str(files.requests))} "
        f"-o {_RESPONSES} --model {shlex.quote(next(iter(counts.written)))}`. Then:\n"
        f"  {command} --import-responses {_RESPONSES}\n"
        f"and with --export-requests {_NEXT} on top, to have written what can be asked after that."
    )


def _without(arguments: Sequence[str], option: str) -> list[str]:
    """A command line without an option and its value."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == option:
            skip = True
        elif not argument.startswith(f"{option}="):
            kept.append(argument)
    return kept
