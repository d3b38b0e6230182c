"""models.yaml read strictly, and names made into models."""

from pathlib import Path

import pytest
import yaml

from mtbench.chat.catalog import Catalog, load_catalog, resolve, to_yaml
from mtbench.chat.spec import Limits, ModelSpec, Price
from mtbench.errors import MtbenchError

WHOLE = """
models:
  qwen:
    provider: openai
    model: Qwen/Qwen3-8B
    base_url: http://127.0.0.1:8000/v1
    api_key_env: VLLM_KEY
    params: {top_k: 20}
    headers: {x-api-key: "${PROJECT}"}
    limits: {parallel: 32, rpm: 500, tpm: 20000.5}
    price: {input: 0.1, output: 0.4, cached_input: 0.05}
  small: {provider: local, model: smollm2}
"""
QWEN = ModelSpec(
    id="qwen",
    provider="openai",
    name="Qwen/Qwen3-8B",
    base_url="http://127.0.0.1:8000/v1",
    key_env="VLLM_KEY",
    params={"top_k": 20},
    headers={"x-api-key": "${PROJECT}"},
    limits=Limits(32, 500, 20000.5),
    price=Price(0.1, 0.4, 0.05),
    is_alias=True,
)
SMALL = ModelSpec("small", "local", "smollm2", is_alias=True)


def load(folder: Path, text: str) -> Catalog:
    path = folder / "models.yaml"
    path.write_text(text)
    return load_catalog([path])


def test_aliases_are_read(folder: Path) -> None:
    catalog = load(folder, WHOLE)
    assert dict(catalog) == {"qwen": QWEN, "small": SMALL}
    assert len(catalog) == 2


def test_what_is_written_back_reads_the_same(folder: Path) -> None:
    entries = {"qwen": QWEN, "small": SMALL, "free": ModelSpec("free", "openai", "x", price=Price(0, 0), is_alias=True)}
    written = {alias: to_yaml(spec) for alias, spec in entries.items()}
    assert dict(load(folder, yaml.safe_dump({"models": written}))) == entries


def test_a_settings_files_other_keys_are_not_looked_at(folder: Path) -> None:
    assert load(folder, "judge: [gpt-4]\nparallel: 8\n") == Catalog()


@pytest.mark.parametrize(
    "line",
    [
        "api_key_env: sk-hunter22",
        "api_key_env: gsk_HUNTER22hunter22HUNTER22",
        "api_key_env: [hunter22]",
        "api_key: hunter22",
        "headers: {authorization: Bearer hunter22}",
        "headers: {authorization: [hunter22]}",
        'headers: {authorization: "${KEY}\\nhunter22"}',
        "params: {api_key: hunter22}",
    ],
)
def test_a_key_in_the_file_is_refused_and_not_shown(folder: Path, line: str) -> None:
    with pytest.raises(MtbenchError, match=r"models\.yaml: models\.a\.") as caught:
        load(folder, f"models:\n  a:\n    provider: openai\n    model: x\n    {line}\n")
    assert "hunter22" not in str(caught.value).lower()


@pytest.mark.parametrize("text", ["", "models:\n", "models: {}\n", "# nothing\n"])
def test_a_file_without_aliases_is_empty(folder: Path, text: str) -> None:
    assert dict(load(folder, text)) == {}


def test_a_missing_file_is_empty_and_a_later_file_goes_first(folder: Path) -> None:
    first, second = folder / "models.yaml", folder / "mtbench.yaml"
    first.write_text("models: {a: {provider: openai, model: one}, b: {provider: openai, model: one}}")
    second.write_text("models: {a: {provider: openai, model: two}}")
    catalog = load_catalog([folder / "none.yaml", first, second])
    assert {alias: spec.name for alias, spec in catalog.items()} == {"a": "two", "b": "one"}


def test_entries_may_share_their_fields(folder: Path) -> None:
    text = "common: &common {provider: openai, base_url: http://h/v1}\nmodels:\n  a: {<<: *common, model: x}\n"
    assert load(folder, text)["a"].base_url == "http://h/v1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("models: [", "cannot be read as YAML"),
        ("models: {? [a] : {provider: openai, model: x}}", "cannot be read as YAML"),
        ("- a", "must be a mapping with a key `models`"),
        ("models: [a]", "models: must be a mapping"),
        ("models: {1: {provider: openai, model: x}}", "models.1: an alias must be a text"),
        ("models: {a: openai/x}", "models.a: must be a mapping"),
        ("models: {a: {provider: openai, model: x, baseurl: y}}", "models.a.baseurl: unknown key; known are provider,"),
        ("models: {a: {provider: azure, model: x}}", "models.a.provider: must be one of openai, anthropic, local"),
        ("models: {a: {model: x}}", "models.a.provider: must be one of"),
        ("models: {a: {provider: openai}}", "models.a.model: is missing"),
        ("models: {a: {provider: openai, model: 4.5}}", "models.a.model: must be a text, not 4.5"),
        ("models: {a: {provider: openai, model: ' '}}", "models.a.model: must be a text"),
        ("models: {a: {provider: local, model: x, base_url: http://h}}", "models.a.base_url: a local model has none"),
        ("models: {a: {provider: openai, model: x, params: [1]}}", "models.a.params: must be a mapping"),
        ("models: {a: {provider: openai, model: x, params: {1: 2}}}", "models.a.params: must be a mapping of names"),
        ("models: {a: {provider: openai, model: x, headers: {h: 1}}}", "models.a.headers.h: must be a text"),
        ("models: {a: {provider: openai, model: x, limits: {rps: 1}}}", "models.a.limits.rps: unknown key"),
        (
            "models: {a: {provider: openai, model: x, limits: {rpm: 0}}}",
            "models.a.limits.rpm: must be a number above 0",
        ),
        ("models: {a: {provider: openai, model: x, limits: {tpm: .inf}}}", "models.a.limits.tpm: must be a number abo"),
        (
            "models: {a: {provider: openai, model: x, limits: {parallel: 0}}}",
            "models.a.limits.parallel: must be a whole",
        ),
        ("models: {a: {provider: openai, model: x, limits: {parallel: true}}}", "models.a.limits.parallel: must be"),
        ("models: {a: {provider: openai, model: x, price: 3}}", "models.a.price: must be a mapping"),
        ("models: {a: {provider: openai, model: x, price: {input: 3}}}", "models.a.price: needs input and output"),
        (
            "models: {a: {provider: openai, model: x, price: {input: -1, output: 1}}}",
            "models.a.price.input: must be a num",
        ),
        ("models: {a: {provider: openai, model: x, price: {input: .nan, output: 1}}}", "models.a.price.input: must be"),
        (
            "models: {a: {provider: openai, model: x}, a: {provider: openai, model: y}}",
            "line 1: cannot be read as YAML: the key 'a' stands twice",
        ),
    ],
)
def test_a_wrong_file_is_said_with_file_and_key(folder: Path, text: str, problem: str) -> None:
    with pytest.raises(MtbenchError) as caught:
        load(folder, text)
    assert str(caught.value).startswith(f"{folder / 'models.yaml'}")
    assert problem in str(caught.value)


def test_a_key_in_a_header_is_refused_without_being_shown(folder: Path) -> None:
    with pytest.raises(MtbenchError, match=r"headers\.Authorization: looks like a key") as caught:
        load(folder, "models: {a: {provider: openai, model: x, headers: {Authorization: Bearer sk-123456}}}")
    assert "sk-123456" not in str(caught.value)


def test_a_folder_in_place_of_the_file_is_said(folder: Path) -> None:
    (folder / "models.yaml").mkdir()
    with pytest.raises(MtbenchError, match=r"models\.yaml: cannot be read"):
        load_catalog([folder / "models.yaml"])


@pytest.mark.parametrize(
    ("name", "provider", "short", "rest"),
    [
        ("openai/gpt-4", "openai", "gpt-4", "gpt-4"),
        ("openai/meta-llama/X", "openai", "meta-llama/X", "meta-llama/X"),
        ("anthropic/claude-x", "anthropic", "claude-x", "claude-x"),
        ("local/smollm2", "local", "smollm2", "smollm2"),
        ("local//abs/My.Model-Q4.gguf", "local", "My.Model-Q4", "/abs/My.Model-Q4.gguf"),
    ],
)
def test_a_name_is_provider_and_name(name: str, provider: str, short: str, rest: str) -> None:
    assert resolve([name], Catalog()) == [ModelSpec(short, provider, rest)]


def test_a_file_is_the_same_model_by_whichever_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "models").mkdir()
    (folder / "models" / "m.gguf").touch()
    (folder / "link").symlink_to(folder / "models")
    monkeypatch.setenv("HOME", str(folder))
    paths = ["models/m.gguf", "./models/../models/m.gguf", f"{folder}/models/m.gguf", "~/models/m.gguf", "link/m.gguf"]
    whole = str((folder / "models" / "m.gguf").resolve())
    assert resolve([f"local/{path}" for path in paths], Catalog()) == [ModelSpec("m", "local", whole)]
    for path in paths:
        alias = load(folder, f"models: {{a: {{provider: local, model: {path}}}}}")["a"]
        assert alias.full_name == f"local/{whole}"
        assert dict(load(folder, yaml.safe_dump({"models": {"a": to_yaml(alias)}}))) == {"a": alias}


@pytest.mark.parametrize("path", ["circle.gguf", "~no-such-person/m.gguf"])
def test_a_path_that_leads_nowhere_is_said(folder: Path, path: str) -> None:
    (folder / "circle.gguf").symlink_to(folder / "circle.gguf")
    with pytest.raises(MtbenchError, match=f"local/{path}: no such file"):
        resolve([f"local/{path}"], Catalog())


def test_an_alias_wins_over_a_name() -> None:
    alias = ModelSpec("openai/gpt-4", "openai", "other", is_alias=True)
    assert resolve(["openai/gpt-4"], Catalog({"openai/gpt-4": alias})) == [alias]


def test_the_base_url_is_for_what_is_no_alias_and_not_local() -> None:
    url = "http://127.0.0.1:8000/v1"
    specs = resolve(["qwen", "openai/a", "anthropic/b", "local/smollm2"], Catalog({"qwen": QWEN}), url)
    assert [spec.base_url for spec in specs] == [QWEN.base_url, url, url, None]


def test_the_same_name_twice_is_one_model() -> None:
    assert [spec.id for spec in resolve(["openai/b", "openai/a", "openai/b"], Catalog())] == ["b", "a"]


@pytest.mark.parametrize("name", ["gpt-4", "azure/gpt-4", "openai/", "local/ ", "", "meta-llama/X"])
def test_a_name_of_neither_form_is_said_with_the_forms_and_aliases(name: str) -> None:
    with pytest.raises(MtbenchError, match=r"is no model name: use openai/NAME.*there: qwen, small"):
        resolve([name], Catalog({"small": SMALL, "qwen": QWEN}))


@pytest.mark.parametrize(
    "names", [["openai/m", "anthropic/m"], ["qwen", "openai/qwen"], ["local/a/m.gguf", "local/b/m.gguf"]]
)
def test_two_models_under_one_short_id_ask_for_an_alias(names: list[str]) -> None:
    with pytest.raises(MtbenchError, match=r"both go by the short id .*alias"):
        resolve(names, Catalog({"qwen": QWEN}))
