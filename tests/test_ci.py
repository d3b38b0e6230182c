"""docs/example/ci: the script and the jobs of two CI systems, run as they are written; and docs/ci.md on the gate.

What stands in: `vllm` and `pip` are shell scripts, JUDGE_URL is a test server's, and the machine's PORT is that of
another. `uses:` steps are not run. Everything else is run as it stands in the files.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
import yaml

from mtbench.cli.check import MAX_DROP
from mtbench.records import Json
from mtbench.reports.deciding import FIRST, GROWTH
from mtbench.reports.gate import FEWEST_QUESTIONS, MOST_QUESTIONS
from mtbench.reports.gate_formats import SCHEMA_VERSION
from mtbench.reports.planning import DEFAULTS
from mtbench.stats.power import power, questions_needed
from mtbench.stats.variance import sd_by_question
from tests.support.benches import make_bench, read_lines
from tests.support.cli import REPOSITORY, environment, mtbench
from tests.support.judged import make_judged
from tests.support.servers import Fault, ModelServer, Request, running_server

EXAMPLE = REPOSITORY / "docs" / "example" / "ci"
PAGE = REPOSITORY / "docs" / "ci.md"
KEY = "secret-of-the-judge"
SERVES = "echo $$ >vllm.pid; exec sleep 60"
QUESTIONS: list[Json] = [
    {"question_id": each, "category": "writing", "turns": [f"Question {each}?", "And then?"]} for each in range(12)
]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the script waits with curl")


@dataclass(frozen=True)
class Machine:
    """Where a job runs: its folder, and the environment that it has from the start."""

    folder: Path
    env: Mapping[str, str]

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A step, as both systems run it: a bash that stops at the first error."""
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self.env, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )


def machine(folder: Path, candidate: ModelServer, *, vllm: str = SERVES, wait: str = "30") -> Machine:
    """A checkout of the example, and programs that stand in for vLLM and pip."""
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, text in {
        "vllm": vllm,
        "pip": 'echo "$@" >>pip.log',
        "mtbench": f'exec "{sys.executable}" -m mtbench "$@"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    more = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PORT": str(candidate.port),
        "WAIT": wait,
        "MTBENCH_BENCH": "tiny",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    return Machine(folder, environment(folder, more))


def score(where: Machine, judge: str, name: str = "step-2", baseline: str = "") -> subprocess.CompletedProcess[str]:
    more = {"JUDGE_URL": judge, "JUDGE_MODEL": "gpt-4o", "JUDGE_KEY": KEY, "BASELINE": baseline}
    return where.run(f"./score.sh checkpoint {name}", **more)


@needs_curl
def test_the_script_asks_again_for_what_failed_and_for_nothing_else_and_ends_its_server(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    refused = iter([True])
    with (
        running_server() as candidate,
        running_server(
            reply=lambda _: "[[7]]", key=KEY, faults=lambda _: Fault(status=422) if next(refused, False) else None
        ) as judge,
    ):
        where = machine(tmp_path, candidate)
        done = score(where, judge.base_url)
        assert done.returncode == 0, done.stderr
        assert score(where, judge.base_url).returncode == 0
        assert (len(candidate.requests), len(judge.requests)) == (6, 7)
        assert {request.headers["authorization"] for request in candidate.requests} == {"Bearer EMPTY"}
    assert "7.00" in done.stdout
    assert "1 verdict failed" in done.stderr
    assert "no BASELINE: step-2 is scored, and nothing is decided" in done.stderr
    assert len(read_lines(bench / "model_answer" / "step-2.jsonl")) == 3
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "vllm.pid").read_text()), 0)


@needs_curl
def test_what_fails_twice_is_incomplete_and_not_decided(tmp_path: Path, scored: Path) -> None:
    def fault(request: Request) -> Fault | None:
        return Fault(status=422) if b"Question 3?" in orjson.dumps(request.body) else None

    shutil.copytree(scored, tmp_path / "data")
    with running_server(reply=named) as candidate, running_server(reply=grading(2), faults=fault) as judge:
        done = score(machine(tmp_path, candidate), judge.base_url, "step-2", "step-1")
    assert done.returncode == 3, done.stderr
    assert not (tmp_path / "report" / "gate.json").exists()


@needs_curl
@pytest.mark.parametrize(
    ("vllm", "wait", "said"),
    [
        ("echo no such checkpoint; exit 1", "30", "vLLM ended before it was ready"),
        ("echo still loading; exec sleep 60", "1", "vLLM was not ready after 1 s"),
    ],
)
def test_the_script_says_why_the_server_is_not_there(tmp_path: Path, vllm: str, wait: str, said: str) -> None:
    nobody = ModelServer(port=9)
    done = score(machine(tmp_path, nobody, vllm=vllm, wait=wait), "http://127.0.0.1:9/v1")
    assert done.returncode == 2
    assert said in done.stderr
    assert re.search("no such checkpoint|still loading", done.stderr)


@dataclass(frozen=True)
class Step:
    script: str
    env: Mapping[str, str]
    always: bool = False


@dataclass(frozen=True)
class Job:
    """What a file says of its one job. `kept`: the paths of its artifacts; `reports`: of those, a gate's."""

    steps: tuple[Step, ...]
    kept: tuple[str, ...]
    reports: tuple[str, ...]


def github() -> Job:
    """Steps with `run`, and what `upload-artifact` keeps, with the values that a run gives in place of `${{ … }}`."""
    file = yaml.safe_load((EXAMPLE / ".github" / "workflows" / "score.yml").read_text())
    (job,) = file["jobs"].values()
    steps = job["steps"]
    assert {each["if"] for each in steps if "if" in each} == {"always()"}
    (upload,) = (each for each in steps if each.get("uses", "").startswith("actions/upload-artifact"))
    assert upload["if"] == "always()"
    asked = {"inputs.checkpoint": "checkpoint", "inputs.name": "step-2", "inputs.baseline": "step-1"}
    assert set(asked) == {f"inputs.{name}" for name in file[True]["workflow_dispatch"]["inputs"]}  # `on` is YAML's true
    given = asked | {"secrets.JUDGE_KEY": KEY}
    return Job(
        steps=tuple(
            Step(
                each["run"],
                {
                    name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: given[found[1]], value)
                    for name, value in each.get("env", {}).items()
                },
                "if" in each,
            )
            for each in steps
            if "run" in each
        ),
        kept=tuple(upload["with"]["path"].split()),
        reports=("report/gate.xml", "report/gate.metrics", "report/gate.md", "report/gate.json"),
    )


def gitlab() -> Job:
    """The lines of `script` as one step, and what `artifacts` keeps."""
    (job,) = yaml.safe_load((EXAMPLE / ".gitlab-ci.yml").read_text()).values()
    kept = job["artifacts"]
    assert (kept["when"], job["cache"]["when"]) == ("always", "always")
    given = {"CHECKPOINT": "checkpoint", "NAME": "step-2", "BASELINE": "step-1", "JUDGE_KEY": KEY}  # with the pipeline
    return Job(
        steps=(Step("\n".join(job["script"]), job["variables"] | given),),
        kept=tuple(kept["paths"]),
        reports=tuple(kept["reports"].values()),
    )


def run_job(job: Job, where: Machine, judge: ModelServer) -> list[subprocess.CompletedProcess[str]]:
    """The steps that run: all, or after a failure those that always do."""
    done: list[subprocess.CompletedProcess[str]] = []
    for step in job.steps:
        if step.always or not any(each.returncode for each in done):
            env = {name: judge.base_url if name == "JUDGE_URL" else value for name, value in step.env.items()}
            done.append(where.run(step.script, **env))
    return done


def named(body: Json) -> str:
    """A candidate's answer."""
    return f"An answer of {body['model']}."


def grading(better: int) -> Callable[[Json], str]:
    """A judge that gives step-2 so much more than others, with noise that the prompt alone decides."""

    def grade(body: Json) -> str:
        prompt = body["messages"][-1]["content"]
        noise = hashlib.sha256(prompt.encode()).digest()[0] % 5 - 2
        return f"[[{min(10, max(1, 7 + noise + (better if 'of step-2' in prompt else 0)))}]]"

    return grade


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which step-1 is judged."""
    folder = tmp_path_factory.mktemp("baseline")
    make_bench(folder, QUESTIONS)
    with running_server(reply=named) as candidate, running_server(reply=grading(0), key=KEY) as judge:
        assert score(machine(folder, candidate), judge.base_url, "step-1").returncode == 0
    return folder / "data"


@needs_curl
@pytest.mark.parametrize(
    ("job", "better", "code", "outcome"),
    [
        pytest.param(github(), 2, 0, "pass", id="github-better"),
        pytest.param(github(), 0, 1, "inconclusive", id="github-equal"),
        pytest.param(gitlab(), -3, 1, "fail", id="gitlab-worse"),
    ],
)
def test_the_job_decides_and_keeps_its_report(
    tmp_path: Path, scored: Path, job: Job, better: int, code: int, outcome: str
) -> None:
    shutil.copytree(scored, tmp_path / "data")
    with running_server(reply=named) as candidate, running_server(reply=grading(better), key=KEY) as judge:
        steps = run_job(job, machine(tmp_path, candidate), judge)
    assert [each.returncode for each in steps] == ([code] if len(steps) == 1 else [0, code, 0]), steps
    for path in (*job.kept, *job.reports, "report/report.html", "report/gate.json"):
        assert (tmp_path / path).exists(), path
    assert orjson.loads((tmp_path / "report" / "gate.json").read_bytes())["outcome"] == outcome
    suite = ElementTree.parse(tmp_path / "report" / "gate.xml").find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures") == "0") == ("2", outcome == "pass")
    summary = (tmp_path / "summary.md").read_text()
    assert (tmp_path / "report" / "gate.md").read_text() in summary
    shows_tables = len(steps) > 1  # also after a failure
    assert bool(re.search(r"^\| model.*\n\| [-|: ]+\n(\|.*\n)*\| step-1 ", summary, re.MULTILINE)) == shows_tables


@needs_curl
def test_a_baseline_that_was_never_scored_is_a_mistake_and_costs_nothing(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server(reply=named) as candidate, running_server(reply=grading(0)) as judge:
        done = score(machine(tmp_path, candidate), judge.base_url, "step-2", "step-0")
        assert done.returncode == 2
        assert (len(candidate.requests), len(judge.requests)) == (0, 0)
    assert "no answers by step-0" in done.stderr


@pytest.mark.parametrize("missing", ["JUDGE_URL", "JUDGE_MODEL", "JUDGE_KEY"])
def test_a_setting_that_is_missing_is_a_mistake_and_no_failed_gate(tmp_path: Path, missing: str) -> None:
    where = machine(tmp_path, ModelServer(port=9))
    known = {"JUDGE_URL": "http://127.0.0.1:9/v1", "JUDGE_MODEL": "gpt-4o", "JUDGE_KEY": KEY}
    done = where.run("./score.sh checkpoint step-2", **{name: known[name] for name in known if name != missing})
    assert (done.returncode, missing in done.stderr) == (2, True)
    assert where.run("./score.sh checkpoint", **known).returncode == 2


def test_the_jobs_install_what_this_project_is_called() -> None:
    name = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["name"]
    for job in (github(), gitlab()):
        assert any(f"pip install {name}" in step.script.splitlines() for step in job.steps)


def test_the_figures_in_the_text_are_the_programs() -> None:
    text = " ".join(PAGE.read_text().split())
    sd = sd_by_question(DEFAULTS)
    for said in (
        f"in a run without repeats | {sd:.2f} |",
        f"differs from itself, as an sd | {sqrt(DEFAULTS.rest):g} |",
        f"the answers that were drawn | {sqrt(DEFAULTS.question):.2f} |",
        f"With `--max-drop {MAX_DROP}` it would be {power(MAX_DROP, sd, 80):.0%}".replace("%", " %"),
        f"so small a margin takes some {round(questions_needed(MAX_DROP, sd), -2)} questions",
        f"With a baseline and no rule, `--max-drop {MAX_DROP}` holds",
        f"more than {MOST_QUESTIONS:,} would be needed",
        f"mtbench asks {FIRST} of them",
        f"Then it looks after every {FIRST} more, and from {FIRST * (GROWTH + 1)} on after every quarter more",
        f"| `schema_version` | {SCHEMA_VERSION} |",
        f"`schema_version` becomes {SCHEMA_VERSION + 1} when",
    ):
        assert said in text
    assert FEWEST_QUESTIONS == 5
    assert "With fewer than five questions nothing is decided" in text


def paths(value: Any, where: str = "") -> Iterator[str]:
    """The path of every field of a JSON document, such as `rules[].name`."""
    if isinstance(value, dict):
        for name, each in value.items():
            path = f"{where}.{name}" if where else name
            yield path
            yield from paths(each, path)
    elif isinstance(value, list):
        for each in value:
            yield from paths(each, f"{where}[]")


def test_every_field_of_the_json_is_explained_and_no_other(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": lambda *_: 7.0, "old": lambda *_: 6.0})
    done = mtbench(
        tmp_path, "check", "--bench", "tiny", "--model", "new", "--baseline", "old", "--format", "json"
    )  # fmt: skip
    section = PAGE.read_text().split("\n## The JSON\n")[1].split("\n## ")[0]
    explained = re.findall(r"^\| `(.+?)` \|", section, re.MULTILINE)
    assert sorted(explained) == sorted(set(paths(orjson.loads(done.stdout))))
