"""Keys and endpoints come from the environment or a .env file, and are shown nowhere."""

import os
from pathlib import Path

import pytest

from mtbench.chat.keys import Endpoint, endpoint_of, find_key, is_public, key_variable, setting
from mtbench.chat.spec import ModelSpec
from mtbench.errors import BadKey, MtbenchError

GPT = ModelSpec("gpt-x", "openai", "gpt-x")
CLAUDE = ModelSpec("claude-x", "anthropic", "claude-x")


def test_a_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " sk-environment\n")
    assert find_key(GPT) == "sk-environment"


def test_a_key_comes_from_a_dotenv_file_above_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("OPENAI_API_KEY=sk-file\nMINE='quoted key'\n")
    (folder / "deep" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(folder / "deep" / "deeper")
    assert find_key(GPT) == "sk-file"
    assert "OPENAI_API_KEY" not in os.environ


def test_the_environment_goes_before_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("OPENAI_API_KEY=sk-file\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    assert find_key(GPT) == "sk-environment"


def test_an_empty_variable_is_no_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    (folder / ".env").write_text("OPENAI_API_KEY=\nOTHER\n")
    assert find_key(GPT) is None
    assert setting("OTHER") is None


@pytest.mark.parametrize("spec", [GPT, CLAUDE])
def test_a_missing_key_for_a_public_endpoint_is_said_with_its_variable(spec: ModelSpec) -> None:
    with pytest.raises(BadKey, match=rf"{spec.provider.upper()}_API_KEY.*\.env"):
        endpoint_of(spec)


def test_an_endpoint_of_ones_own_needs_no_key() -> None:
    endpoint = endpoint_of(ModelSpec("m", "openai", "m", "http://127.0.0.1:8000/v1/"))
    assert (endpoint.url, endpoint.key, endpoint.host) == ("http://127.0.0.1:8000/v1", None, "127.0.0.1:8000")


def test_an_alias_that_names_a_variable_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModelSpec("m", "openai", "m", "http://127.0.0.1:8000/v1", key_env="VLLM_KEY", is_alias=True)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-server's")
    with pytest.raises(BadKey, match="VLLM_KEY"):
        endpoint_of(spec)
    monkeypatch.setenv("VLLM_KEY", "vllm-key")
    assert endpoint_of(spec).key == "vllm-key"


def test_a_local_model_has_no_key_variable() -> None:
    spec = ModelSpec("smollm2", "local", "smollm2")
    assert key_variable(spec) is None
    assert find_key(spec) is None


def test_what_cannot_be_a_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one sk-two")
    with pytest.raises(BadKey, match="OPENAI_API_KEY") as caught:
        find_key(GPT)
    assert "sk-one" not in str(caught.value)


@pytest.mark.parametrize(("spec", "name"), [(GPT, "OPENAI_BASE_URL"), (CLAUDE, "ANTHROPIC_BASE_URL")])
def test_the_default_endpoint_can_be_set(spec: ModelSpec, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_public(spec)
    monkeypatch.setenv(name, "http://gateway.test/v1")
    assert endpoint_of(spec) == Endpoint("http://gateway.test/v1")
    assert not is_public(spec)


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://host/v1", "http:///v1", "127.0.0.1"])
def test_a_base_url_that_is_none_is_said(url: str) -> None:
    with pytest.raises(MtbenchError, match=r"m: base URL .* must look like"):
        endpoint_of(ModelSpec("m", "openai", "m", url))


def test_a_base_url_may_hold_no_password() -> None:
    with pytest.raises(MtbenchError, match="user or password") as caught:
        endpoint_of(ModelSpec("m", "openai", "m", "http://me:hunter22@host/v1"))
    assert "hunter22" not in str(caught.value)


def test_headers_are_filled_in_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModelSpec("m", "openai", "m", "http://host/v1", headers={"api-key": "${AZURE_KEY}", "x-team": "evals"})
    with pytest.raises(BadKey, match="AZURE_KEY"):
        endpoint_of(spec)
    monkeypatch.setenv("AZURE_KEY", "azure-secret")
    assert endpoint_of(spec).headers == {"api-key": "azure-secret", "x-team": "evals"}


def test_a_header_takes_no_value_of_several_lines_and_does_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_KEY", "azure\nsecret")
    with pytest.raises(BadKey, match="AZURE_KEY has line breaks") as caught:
        endpoint_of(ModelSpec("m", "openai", "m", "http://host/v1", headers={"api-key": "${AZURE_KEY}"}))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("query", ["api_key=sk-123", "api-version=1&access_token=sk-123", "KEY=sk-123"])
def test_a_base_url_may_hold_no_key_and_does_not_show_it(query: str) -> None:
    with pytest.raises(MtbenchError, match=r"looks like a key.*api_key_env, or headers with \${VARIABLE}") as caught:
        endpoint_of(ModelSpec("m", "openai", "m", f"http://host:8000/v1?{query}"))
    assert "sk-123" not in str(caught.value)


@pytest.mark.parametrize("query", ["code=hunter22", "sig=hunter22", "password=hunter22", "x-amz-credential=hunter22"])
def test_other_names_of_secrets_are_refused_as_well(query: str) -> None:
    with pytest.raises(MtbenchError, match="looks like a key") as caught:
        endpoint_of(ModelSpec("m", "openai", "m", f"http://host:8000/v1?{query}"))
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "me:hunter22@host/v1",
        "http://me:hunter22/3@host/v1",
        "http://me:hunter22@host:port/v1",
        "ftp://me:hunter22@host",
    ],
)
def test_a_malformed_base_url_is_shown_without_its_password(url: str) -> None:
    with pytest.raises(MtbenchError, match=r"base URL") as caught:
        endpoint_of(ModelSpec("m", "openai", "m", url))
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("place", ["/gateway/{}/v1", "/v1?x={}", ":{}/v1", "/v1/{}/chat/completions", "/{}@x/v1"])
def test_a_base_url_may_not_hold_the_key_itself(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789/abcdef")
    for key in ("sk-0123456789/abcdef", "sk-0123456789%2Fabcdef"):
        with pytest.raises(MtbenchError, match=r"base URL") as caught:
            endpoint_of(ModelSpec("m", "openai", "m", f"http://host{place.format(key)}"))
        assert "0123456789" not in str(caught.value)


def test_a_key_that_is_a_word_may_be_the_hosts_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "ollama")
    assert endpoint_of(ModelSpec("m", "openai", "m", "http://ollama:11434/v1")).key == "ollama"


def test_a_base_url_may_hold_another_query() -> None:
    url = "http://host/v1?api-version=2024-10-21"
    assert endpoint_of(ModelSpec("m", "openai", "m", url)).url == url


def test_keys_are_masked_in_texts_and_absent_from_what_is_printed() -> None:
    endpoint = Endpoint("http://host/v1", "sk-secret", {"api-key": "azure-secret"})
    assert endpoint.masked("wrong: sk-secret, azure-secret") == "wrong: [key], [key]"
    assert "secret" not in repr(endpoint)


def test_a_stand_in_for_a_key_does_not_spoil_messages() -> None:
    assert Endpoint("http://host/v1", "x").masked("context exceeded") == "context exceeded"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that opens and cannot be read is Linux's")
def test_a_dotenv_file_that_gives_nothing_is_said(folder: Path) -> None:
    (folder / ".env").symlink_to("/proc/self/mem")
    with pytest.raises(MtbenchError, match=r"\.env: cannot be read: Input/output error"):
        find_key(GPT)


def test_a_dotenv_file_that_cannot_be_read_is_said(folder: Path) -> None:
    (folder / ".env").write_bytes(b"OPENAI_API_KEY=\xff\xfe\n")
    with pytest.raises(MtbenchError, match=r"\.env, line 1: is not UTF-8 text"):
        find_key(GPT)
