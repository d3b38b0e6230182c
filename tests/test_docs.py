"""The documents are true: generated parts, commands, fields, links and scripts are held to the program."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.exceptions import TyperException
from typer.main import get_command

from mtbench import records
from mtbench.cli import app
from tests.support.cli import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
EXAMPLES = [path for path in (DOCS / "example").rglob("*") if path.suffix in (".py", ".sh", ".yaml", ".yml")]
RECORDS = (
    records.Question,
    records.Answer,
    records.Choice,
    records.SingleJudgment,
    records.PairJudgment,
    records.Failure,
    records.MadeBy,
    records.Usage,
)


def write_docs(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`scripts/docs` of a checkout, without making its .venv."""
    return subprocess.run(
        [sys.executable, root / "scripts" / "write_docs.py", *arguments],
        env={**os.environ, "COLUMNS": "60", "FORCE_COLOR": "1", "MTBENCH_BENCH": "none"},
        capture_output=True,
        text=True,
        check=False,
    )


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def command_lines(page: Path) -> Iterator[list[str]]:
    """The arguments of every `mtbench …` in a page's sh blocks, and of every one in its running text."""
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.shlex(line, posix=True, punctuation_chars=True)
            words.whitespace_split = True
            command: list[str] = []
            for word in [*words, ";"]:
                if set(word) <= set("();<>|&"):
                    if "mtbench" in command:
                        yield command[command.index("mtbench") + 1 :]
                    command = []
                else:
                    command.append(word)
    for text in re.findall(r"`mtbench ([^`\n]+)`", page.read_text()):
        yield shlex.split(text)


def parse(arguments: list[str]) -> None:
    """Parses a command line as the program does, and runs nothing. Raises what is wrong with it."""
    command: Any = get_command(app)
    while arguments and arguments[0] in getattr(command, "commands", {}):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    if not arguments:
        return  # a name in running text
    context = command.context_class(command)
    given, rest, _ = command.make_parser(context).parse_args(args=list(arguments))
    if {*rest} - {"…"}:
        raise typer.BadParameter(f"unexpected {rest}")
    for parameter in command.params:
        if parameter.name in given and parameter.callback is None:
            parameter.process_value(context, given[parameter.name])


def test_what_is_generated_is_up_to_date_whatever_the_terminal_and_the_environment() -> None:
    done = write_docs(REPOSITORY, "--check")
    assert done.returncode == 0, done.stderr


def test_a_drift_is_told_in_a_sentence_and_mended(tmp_path: Path) -> None:
    for name in ("docs", "scripts"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    readme = (REPOSITORY / "README.md").read_text()
    commands = (DOCS / "commands.md").read_text()
    (tmp_path / "README.md").write_text(readme.replace("| `mtbench judge` |", "| `mtbench jduge` |"))
    (tmp_path / "docs" / "commands.md").write_text(commands.replace("--reask", "--reaks"))
    done = write_docs(tmp_path, "--check")
    assert done.returncode == 1
    for page in ("README.md", "docs/commands.md"):
        assert f"{page} is out of date: run scripts/docs" in done.stderr
    assert write_docs(tmp_path).returncode == 0
    assert (tmp_path / "README.md").read_text() == readme
    assert (tmp_path / "docs" / "commands.md").read_text() == commands


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_the_records_is_explained(record: Any) -> None:
    text = (DOCS / "files.md").read_text()
    names = {field.name for field in fields(record)} - {"extra"}
    assert {name for name in names if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_parses(page: Path) -> None:
    for arguments in command_lines(page):
        try:
            parse(arguments)
        except TyperException as error:
            pytest.fail(f"mtbench {shlex.join(arguments)}: {error}")


def test_a_command_line_that_is_wrong_does_not_parse() -> None:
    for wrong in (["run", "--modle", "x"], ["judge", "--mode", "double"], ["runs"], ["run", "--limit", "many"]):
        with pytest.raises(TyperException):
            parse(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shell_parts_are_shell_and_yaml_parts_are_yaml(page: Path) -> None:
    for block in blocks(page, "sh"):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    for block in blocks(page, "yaml"):
        assert isinstance(yaml.safe_load(block), dict)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


@pytest.mark.parametrize("path", [*PAGES, *EXAMPLES], ids=lambda path: path.name)
def test_no_path_of_a_machine_is_in_the_documents(path: Path) -> None:
    text = path.read_text()
    ours = ("/v1", "/dev/null", "/usr/bin/env", "/tmp/fresh", "/health")
    absolute = re.findall(r"(?:(?<=[\s\"'`(=])|^)/\w[\w./-]*", text, re.MULTILINE)
    assert [found for found in absolute if not found.startswith(ours)] == []
    assert str(REPOSITORY) not in text


def test_every_module_has_its_line_in_the_architecture() -> None:
    text = (DOCS / "architecture.md").read_text()
    modules = {path.name for path in (REPOSITORY / "mtbench").rglob("*.py") if path.read_text().strip()}
    assert {name for name in modules if not re.search(rf"^ +{name} ", text, re.MULTILINE)} == set()
