"""`mtbench models`: which models are configured, and what each can do."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtbench.cli import options
from mtbench.cli.printing import print_table
from mtbench.cli.settings import catalog_files
from mtbench.errors import MtbenchError

if TYPE_CHECKING:
    from mtbench.chat.check import Check
    from mtbench.chat.spec import ModelSpec

app = typer.Typer(help="Models: list what is configured, and check that it answers.", no_args_is_help=True)


class Format(StrEnum):
    """How models are printed."""

    TABLE = "table"
    JSON = "json"


Output = Annotated[Format, typer.Option("--format", help="For people, or for programs.")]


@app.command("list")
def list_models(output: Output = Format.TABLE, config: options.Config = None) -> None:
    """The aliases in models.yaml and mtbench.yaml: provider, endpoint, key, price and limits. Nothing is sent."""
    from mtbench.chat.catalog import load_catalog

    specs = list(load_catalog(catalog_files(config)).values())
    rows = [_configured(spec) for spec in specs]
    if output is Format.JSON:
        _print_json(rows)
        return
    if rows:
        header = ("id", "provider", "model", "endpoint", "key", "price in/out", "limits")
        print_table(header, [_listed(row) for row in rows])
    else:
        typer.echo(f"No aliases: {_places(config)} define none. Models also go by openai/NAME, anthropic/NAME,")
        typer.echo("local/smollm2 (the embedded one) and local/FILE.gguf, without an alias.")


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]...", help="Aliases or provider/NAME.")] = None,
    base_url: options.BaseUrl = None,
    timeout: options.Timeout = 60,
    output: Output = Format.TABLE,
    config: options.Config = None,
) -> None:
    """Sends a few tiny requests to each model (default: all aliases) and says what it does and refuses."""
    import asyncio

    from mtbench.chat.catalog import load_catalog, resolve
    from mtbench.chat.check import check_models

    catalog = load_catalog(catalog_files(config))
    specs = resolve(names or list(catalog), catalog, base_url)
    if not specs:
        raise MtbenchError(
            f"no model to check: {_places(config)} define no alias. Name one, such as openai/NAME or local/smollm2"
        )
    checks = asyncio.run(check_models(specs, timeout=timeout, note=lambda text: typer.echo(text, err=True)))
    if output is Format.JSON:
        _print_json([_found_out(check) for check in checks])
    else:
        _print_checks(checks)
    failures = [check.error.exit_code for check in checks if check.error]
    if failures:
        raise typer.Exit(2 if set(failures) == {2} else 3)


def _places(config: Path | None) -> str:
    return " and ".join(str(path) for path in catalog_files(config))


def _configured(spec: "ModelSpec") -> dict[str, Any]:
    from mtbench.chat.keys import base_url, find_key, key_variable
    from mtbench.chat.prices import price_of
    from mtbench.records import Usage

    # A thousand tokens times a thousand: a million at once would be priced as one very long prompt.
    prices = [price_of(spec, usage) for usage in (Usage(input=1000), Usage(output=1000))]
    return {
        "id": spec.id,
        "provider": spec.provider,
        "model": spec.name,
        "endpoint": None if spec.provider == "local" else base_url(spec),
        "key_variable": key_variable(spec),
        "key_found": find_key(spec) is not None,
        "price": [None if price is None else round(price * 1000, 6) for price in prices],
        "limits": {name: value for name, value in asdict(spec.limits).items() if value is not None},
    }


def _listed(row: dict[str, Any]) -> tuple[str, ...]:
    paid_in, paid_out = row["price"]
    return (
        row["id"],
        row["provider"],
        row["model"],
        row["endpoint"] or "this machine",
        _key(row["key_variable"], row["key_found"]),
        "-" if paid_in is None or paid_out is None else f"${paid_in:g}/${paid_out:g}",
        ", ".join(f"{name} {value:g}" for name, value in row["limits"].items()) or "-",
    )


def _key(variable: str | None, found: bool) -> str:
    return f"{variable}: {'found' if found else 'not set'}" if variable else "none needed"


def _found_out(check: "Check") -> dict[str, Any]:
    from mtbench.chat.keys import key_variable

    return {
        "id": check.spec.id,
        "provider": check.spec.provider,
        "model": check.spec.name,
        "key_variable": key_variable(check.spec),
        "key_found": check.key_found,
        "answers": check.error is None,
        "error": check.error and str(check.error),
        "latency_ms": None if check.latency is None else round(check.latency * 1000),
        "refuses": list(check.refuses),
        "json_schema": check.schema,
        "batches": check.batches,
    }


def _print_checks(checks: "list[Check]") -> None:
    rows = []
    for row in map(_found_out, checks):
        rows.append(
            (
                row["id"],
                _key(row["key_variable"], row["key_found"]),
                _yes(row["answers"]),
                "-" if row["latency_ms"] is None else f"{row['latency_ms']} ms",
                ("nothing" if row["answers"] else "-") if not row["refuses"] else ", ".join(row["refuses"]),
                _yes(row["json_schema"]),
                _yes(row["batches"]),
            )
        )
    print_table(("id", "key", "answers", "latency", "refuses", "JSON schema", "batches"), rows)
    for check in checks:
        if check.error:
            typer.echo(f"\n{check.error}")


def _yes(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"


def _print_json(objects: list[dict[str, Any]]) -> None:
    import json

    typer.echo(json.dumps(objects, indent=2, ensure_ascii=False))
