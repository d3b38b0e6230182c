"""models.yaml and mtbench.yaml of any content: read, or the file is named; no page of YAML hangs or overwhelms us."""

from functools import partial
from pathlib import Path

import typer.main
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.catalog import load_catalog, resolve, to_yaml
from mtbench.cli import app
from mtbench.yamls import read_yaml
from tests.fuzz.outcomes import value_or_error
from tests.fuzz.profile import examples
from tests.fuzz.yamls import contents, dumped, spoilt

ROOT = typer.main.get_group(app)
ABOVE = ROOT.make_context("mtbench", ["--"], resilient_parsing=True)
COMMANDS = [ROOT.commands[name] for name in ("judge", "show-results")]

names = st.sampled_from(["a", "b c", "x/y", "é", "${KEY}", "1"])
entries = st.fixed_dictionaries(
    {"provider": st.sampled_from(["openai", "anthropic", "local"]), "model": names},
    optional={
        "base_url": st.sampled_from(["http://127.0.0.1:9/v1", "https://h/v1?a=b", "nonsense"]),
        "api_key_env": st.sampled_from(["KEY", "OTHER_KEY"]),
        "params": st.dictionaries(names, st.one_of(st.integers(), st.lists(names, max_size=2)), max_size=2),
        "headers": st.dictionaries(st.sampled_from(["X-A", "Authorization"]), names, max_size=2),
        "limits": st.fixed_dictionaries({}, optional={"parallel": st.integers(1, 9)}),
        "price": st.fixed_dictionaries({"input": st.floats(0, 9), "output": st.integers(0, 9)}),
    },
)
catalogs = st.fixed_dictionaries({"models": st.dictionaries(names, entries, min_size=1, max_size=3)})
settings = st.fixed_dictionaries(
    {},
    optional={
        "judge": st.lists(names, max_size=2),
        "model": names,
        "bench": names,
        "mode": st.sampled_from(["single", "pairwise-all", "double"]),
        "limit": st.integers(-1, 3),
        "repeat": st.integers(-1, 3),
        "timeout": st.floats(),
        "structured": st.booleans(),
        "category": st.lists(names, max_size=2),
        "data-dir": names,
        "one_order": names,
        "models": st.dictionaries(names, entries, max_size=1),
    },
)


@examples(45)
@given(content=contents)
def test_any_bytes_are_a_value_or_an_error_that_names_the_file(folder: Path, content: bytes) -> None:
    path = folder / "any.yaml"
    path.write_bytes(content)
    found, _ = value_or_error(lambda: read_yaml(path), path)
    assert len(repr(found)) < 20_000_000


@examples(45)
@given(content=st.one_of(contents, dumped(catalogs), dumped(spoilt(catalogs)), dumped(spoilt(catalogs))))
def test_models_are_read_or_the_file_is_named_and_are_the_same_when_written(folder: Path, content: bytes) -> None:
    path, copy = folder / "models.yaml", folder / "copy.yaml"
    path.write_bytes(content)
    found, _ = value_or_error(lambda: load_catalog([path]), path)
    if found is None:
        return
    assert resolve(list(found), found) == list(found.values())
    entries = {"models": {alias: to_yaml(spec) for alias, spec in found.items()}}
    copy.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    assert load_catalog([copy]) == found


@examples(45)
@given(content=st.one_of(contents, dumped(settings), dumped(spoilt(settings))))
def test_settings_are_defaults_of_the_options_or_the_file_is_named(folder: Path, content: bytes) -> None:
    path = folder / "mtbench.yaml"
    path.write_bytes(content)
    for command in COMMANDS:
        value_or_error(partial(command.make_context, command.name, ["--config", str(path)], parent=ABOVE), path)
