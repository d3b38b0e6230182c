"""`mtbench batch`: the batch jobs of a bench, at their providers and on this disk."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.cli.printing import print_table
from mtbench.errors import MtbenchError

if TYPE_CHECKING:
    from mtbench.chat.batch_jobs import BatchFolder, Job
    from mtbench.chat.batching import Asked, FindSpec

app = typer.Typer(help="Batch jobs: what has become of them, and how to cancel them.", no_args_is_help=True)


@app.command("list")
def list_jobs(
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: a JSON array.")] = False,
    config: options.Config = None,
) -> None:
    """Every job of a bench: status and counts as its provider says now, or as it said last."""
    import asyncio

    from mtbench.chat.batching import ask_all

    folder = _folder(bench, data_dir)
    asked = asyncio.run(ask_all(folder, folder.jobs(), _resolver(config)))
    if as_json:
        _print_json([_row(each) for each in asked])
    elif asked:
        print_table(
            ("id", "at the provider", "model", "status", "done", "failed", "of", "age", "here"),
            [_shown(each) for each in asked],
        )
    else:
        typer.echo(f"No batch jobs in {folder.path}: `mtbench run`, `gen-answers` and `judge` make them with --batch.")
    for each in asked:
        if each.problem:
            typer.echo(f"note: {each.job.id}: {each.problem}; shown as it was last", err=True)


@app.command()
def cancel(
    jobs: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ours or the provider's.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every job that has not ended.")] = False,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    config: options.Config = None,
) -> None:
    """Cancel jobs at their provider. What is done by then is paid for, and the next run takes it.

    A job that the provider does not know any more is forgotten: its requests are asked again by the next run.
    """
    import asyncio

    from mtbench.chat.batching import cancel_all

    folder = _folder(bench, data_dir)
    there = folder.jobs()
    if everything == bool(jobs):
        raise MtbenchError("which jobs? Name them, as `mtbench batch list` does, or give --all")
    chosen = [job for job in there if everything or {job.id, job.provider_id} & set(jobs or ())]
    for name in jobs or ():
        if not any(name in (job.id, job.provider_id) for job in there):
            raise MtbenchError(f"no batch job {name!r} in {folder.path}: `mtbench batch list` shows what there is")
    failed = False
    for each in asyncio.run(cancel_all(folder, chosen, _resolver(config))):
        failed |= each.problem is not None
        typer.echo(f"{each.job.id} ({each.job.provider_id or 'not at a provider'}): {each.problem or each.job.status}")
    if failed:
        raise typer.Exit(3)


def _folder(bench: str, data_dir: Path) -> "BatchFolder":
    from mtbench.benches import find_bench
    from mtbench.chat.batch_jobs import BatchFolder

    return BatchFolder(find_bench(bench, data_dir).batches)


def _resolver(config: Path | None) -> "FindSpec":
    """Finds a job's model: the alias that it was, if that is still there, for its key and headers."""
    from mtbench.chat.catalog import load_catalog
    from mtbench.cli.settings import catalog_files

    return load_catalog(catalog_files(config)).get


def _row(asked: "Asked") -> dict[str, Any]:
    job = asked.job
    return {
        "id": job.id,
        "provider": job.provider,
        "provider_id": job.provider_id,
        "model": job.model,
        "endpoint": job.endpoint,
        "status": job.status,
        "state": job.state,
        "done": job.done,
        "failed": job.failed,
        "total": job.total,
        "created": job.created,
        "age": round(asked.age),
        "cancelled": job.cancelled,
        "problem": asked.problem and str(asked.problem),
    }


def _shown(asked: "Asked") -> tuple[str, ...]:
    job = asked.job
    status = f"{job.status} (last known)" if asked.problem else job.status
    counts = (str(job.done), str(job.failed), str(job.total))
    return (job.id, job.provider_id or "-", job.model, status, *counts, _age(asked.age), _here(job))


def _here(job: "Job") -> str:
    return {"settled": "taken", "ended": f"{len(job.taken)} taken"}.get(job.state, "-")


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _print_json(objects: list[dict[str, Any]]) -> None:
    import json

    typer.echo(json.dumps(objects, indent=2, ensure_ascii=False))
