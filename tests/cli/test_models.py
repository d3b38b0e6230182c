"""`mtbench models list` and `mtbench models check`, as a person runs them."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import command, environment, mtbench
from tests.support.servers import running_server

MODELS = """
models:
  qwen: {provider: openai, model: Qwen/Qwen3-8B, base_url: http://127.0.0.1:9/v1, limits: {parallel: 32}}
  judge: {provider: anthropic, model: claude-x, price: {input: 3, output: 15}}
  small: {provider: local, model: smollm2}
"""


def test_list_shows_what_is_configured(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(MODELS)
    done = mtbench(tmp_path, "models", "list", env={"OPENAI_API_KEY": "sk-mine"})
    assert done.returncode == 0
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == [
        "id provider model endpoint key price in/out limits",
        "qwen openai Qwen/Qwen3-8B http://127.0.0.1:9/v1 OPENAI_API_KEY: found - parallel 32",
        "judge anthropic claude-x https://api.anthropic.com ANTHROPIC_API_KEY: not set $3/$15 -",
        "small local smollm2 this machine none needed $0/$0 -",
    ]
    assert "sk-mine" not in done.stdout


def test_list_is_json_for_programs(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(MODELS)
    rows = json.loads(mtbench(tmp_path, "models", "list", "--format", "json").stdout)
    assert [row["id"] for row in rows] == ["qwen", "judge", "small"]
    assert rows[1]["price"] == [3, 15]


def test_list_without_aliases_says_what_else_there_is(tmp_path: Path) -> None:
    done = mtbench(tmp_path, "models", "list")
    assert done.returncode == 0
    assert "models.yaml and mtbench.yaml define none" in done.stdout
    assert mtbench(tmp_path, "models", "list", "--format", "json").stdout == "[]\n"


def test_list_reads_the_aliases_of_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("parallel: 4\n" + MODELS)
    done = mtbench(tmp_path, "models", "list", "--config", "mine.yaml")
    assert "claude-x" in done.stdout


def test_list_is_a_drawn_table_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(MODELS)
    terminal, side = pty.openpty()
    with subprocess.Popen(command("models", "list"), cwd=tmp_path, env=environment(tmp_path), stdout=side) as process:
        os.close(side)
        shown = b""
        while piece := _read(terminal):
            shown += piece
    os.close(terminal)
    assert process.returncode == 0
    assert "────" in shown.decode()
    assert "claude-x" in shown.decode()


def test_a_wrong_models_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("models: {a: {provider: openai, modle: x}}")
    done = mtbench(tmp_path, "models", "list")
    assert done.returncode == 2
    assert done.stderr.startswith("error: models.yaml: models.a.modle: unknown key")
    assert "Traceback" not in done.stderr


def test_check_of_all_aliases_says_what_each_does(tmp_path: Path) -> None:
    with running_server(refuses={"temperature"}, batches=False) as server:
        (tmp_path / "models.yaml").write_text(
            f"models: {{one: {{provider: openai, model: m, base_url: {server.base_url}}}}}"
        )
        done = mtbench(tmp_path, "models", "check", env={"OPENAI_API_KEY": "sk-mine"})
    assert done.returncode == 0
    header, row = done.stdout.splitlines()
    assert header.split() == ["id", "key", "answers", "latency", "refuses", "JSON", "schema", "batches"]
    name, *_, found, answers, _ms, unit, refuses, schema, batches = row.split()
    assert (name, found, answers, unit, refuses) == ("one", "found", "yes", "ms", "temperature")
    assert (schema, batches) == ("yes", "no")


def test_check_takes_names_and_a_base_url_and_says_errors_in_full(tmp_path: Path) -> None:
    with running_server(models={"good"}) as server:
        done = mtbench(
            tmp_path, "models", "check", "openai/good", "openai/bad", "--base-url", server.base_url, "--format", "json"
        )
        plain = mtbench(tmp_path, "models", "check", "openai/bad", "--base-url", server.base_url)
    good, bad = json.loads(done.stdout)
    assert (good["answers"], good["error"], good["json_schema"], good["refuses"]) == (True, None, True, [])
    assert isinstance(good["latency_ms"], int)
    assert (bad["answers"], bad["latency_ms"], bad["json_schema"]) == (False, None, None)
    assert "The model `bad` does not exist" in bad["error"]
    assert "\n\nbad at 127.0.0.1" in plain.stdout
    assert (done.returncode, plain.returncode) == (2, 2)


def test_check_of_a_server_that_is_down_is_incomplete(tmp_path: Path) -> None:
    with running_server() as server:
        url = server.base_url
    done = mtbench(tmp_path, "models", "check", "openai/m", "anthropic/c", "--base-url", url)
    assert done.returncode == 3
    assert done.stdout.count("Is the server running there?") == 2


@pytest.mark.parametrize(("arguments", "said"), [((), "no model to check"), (("gpt-4",), "is no model name")])
def test_check_of_nothing_says_what_to_name(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = mtbench(tmp_path, "models", "check", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def _read(terminal: int) -> bytes:
    """What comes from a terminal; nothing once the other side is closed (which Linux says with an error)."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
