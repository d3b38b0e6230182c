"""No secret is ever said or written: every command, in success and in every failure, with a key that can be told."""

import html
import os
import re
import signal
import subprocess
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
import typer.main
import yaml
from typer.testing import CliRunner

from mtbench.cli import app
from mtbench.errors import MtbenchError
from tests.support.batch_servers import running_batch_server
from tests.support.benches import make_bench, write_lines
from tests.support.cli import command as arguments
from tests.support.cli import environment, mtbench
from tests.support.forked import Command
from tests.support.protocols import Json, OpenAI, Request
from tests.support.servers import Fault, running_server
from tests.support.wire import Echo, Proxy, wired

KEY = "sk-MARKED/9f3K+x7Qz2LmB8vWc4TnR6pYd=="
TOKEN = "Hd7Jw2/Vb9+Xs4Lq8Nz3Kt6Ry1=="
PASSWORD = "Pw5Gh8Tj2Mk9Fd4Sa7"
CODED = [quote(KEY, safe=""), b64encode(KEY.encode()).decode(), urlsafe_b64encode(f"x{KEY}".encode()).decode()]
PART = 10
"""So many letters of a secret in a row are a trace of it."""


def traces(text: bytes) -> list[str]:
    """The parts of secrets that stand in a text, also across its line breaks, in any form that they are sent in."""
    flat = text + re.sub(rb"\s+", b"", text)
    parts = (form[at : at + PART] for form in _forms() for at in range(len(form) - PART + 1))
    return [part for part in parts if part.encode() in flat]


def _forms() -> Iterator[str]:
    for secret in (KEY, TOKEN, PASSWORD):
        yield from (secret, quote(secret, safe=""), secret.replace("/", "\\/"), secret.encode().hex())
        for shift in range(3):
            coded = b64encode(b"." * shift + secret.encode() + b"." * 3)
            inner = coded[4 if shift else 0 : -6].decode()
            yield from (inner, inner.replace("+", "-").replace("/", "_"))


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"it begins with {KEY[:12]}…",
        KEY[:20] + "\n  " + KEY[20:],
        quote(TOKEN),
        b64encode(f"x:{PASSWORD}".encode()).decode(),
        b64encode(f"Bearer {KEY}".encode()).decode(),
        KEY.encode().hex(),
    ],
)
def test_a_trace_is_found_in_every_form(text: str) -> None:
    assert traces(f"<{text}>".encode())
    assert traces(b"nothing of the kind, sk-MARKED") == []


@dataclass
class Ran:
    """A command that has ended: what it printed, and where it ran."""

    code: int
    printed: str
    folder: Path

    def assert_clean(self) -> None:
        assert traces(self.printed.encode()) == []
        for path in self.folder.rglob("*"):
            assert traces(str(path.relative_to(self.folder)).encode()) == []
            if path.is_file() and path.name not in (".env", "printed"):
                assert traces(path.read_bytes()) == [], path


def with_key(status: int, said: str, code: str | None = None, **more: str) -> Fault:
    return Fault(status=status, body=OpenAI.error("invalid_request_error", said, code=code), headers=more)


def all_headers(status: int) -> Callable[[Request], Fault]:
    return lambda request: Fault(status=status, body={"detail": f"bad request with {dict(request.headers)}"})


@dataclass(frozen=True)
class Ending:
    """A way in which a request to an endpoint ends, the exit code of it, and words that show that it came to it."""

    says: str
    code: int = 3
    fault: Fault | Callable[[Request], Fault | None] | None = None
    url: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


ENDINGS = {
    "success": Ending("", 0),
    "401 in full": Ending("answered 401", 2, with_key(401, f"Incorrect API key provided: {KEY}.", "invalid_api_key")),
    "401 in part": Ending("answered 401", 2, with_key(401, f"Wrong key: {KEY[:22]}… and …{KEY[-16:]}")),
    "401 in other forms": Ending("answered 401", 2, with_key(401, " | ".join(CODED))),
    "403 on a page": Ending("answered 403", 2, Fault(status=403, body=f"<h1>No</h1><p>{html.escape(KEY)}</p>")),
    "404": Ending("answered 404", 2, with_key(404, f"The model does not exist for {KEY}", "model_not_found")),
    "402": Ending("answered 402", 3, with_key(402, f"Account of {KEY} is empty")),
    "429 for good": Ending("answered 429", 3, with_key(429, f"Quota of {KEY} is used up", "insufficient_quota")),
    "400": Ending("answered 400", 3, with_key(400, f"Bad request by {KEY}")),
    "400 with a long text": Ending("answered 400", 3, Fault(status=400, body="x" * 270 + KEY * 3)),
    "422 with all headers": Ending("answered 422", 3, all_headers(422)),
    "413": Ending("answered 413", 3, with_key(413, f"maximum context length of {KEY}")),
    "403 of a filter": Ending("answered 403", 3, with_key(403, f"content policy of {KEY}", "content_filter")),
    "500 with all headers": Ending("answered 500", 3, all_headers(500)),
    "503 for a day": Ending("answered 503", 3, with_key(503, f"closed for {KEY}", **{"Retry-After": "86400"})),
    "200 that is an error": Ending("answered 400", 3, Fault(status=200, body={"error": {"code": 400, "message": KEY}})),
    "200 that is no answer": Ending("answered 200", 3, Fault(status=200, body={"key": KEY, "choices": KEY})),
    "200 that is no JSON": Ending("answered 200", 3, Fault(status=200, body=f'{{"choices": "{KEY}')),
    "dropped": Ending("connection was lost", 3, Fault(drop="mid")),
    "hung": Ending("no reply within 1 s", 3, Fault(hang=True)),
    "redirect": Ending(
        "it redirects to", 3, Fault(status=307, headers={"Location": f"http://{quote(KEY, safe='')}.test/{KEY}"})
    ),
    "redirect with a login": Ending(
        "it redirects to", 3, Fault(status=308, headers={"Location": f"http://{quote(KEY, safe='')}@h.test/?{KEY}"})
    ),
    "not HTTP": Ending("connection was lost", 3, url="echo"),
    "not TLS": Ending("no safe connection", 3, url="https"),
    "nobody": Ending("no connection", 3, url="http://127.0.0.1:9/v1"),
    "no such host": Ending("no such host", 3, url="http://model.invalid/v1"),
    "a proxy where nobody is": Ending(
        "no connection to the proxy", 3, url="http://h.test/v1", more={"http_proxy": f"http://u:{PASSWORD}@127.0.0.1:9"}
    ),
    "a proxy that is malformed": Ending(
        "HTTP_PROXY must look like", 3, url="http://h.test/v1", more={"http_proxy": f"http://u:{PASSWORD}/@x:y"}
    ),
    "a proxy that refuses": Ending("the proxy wants", 3, url="http://h.test/v1", more={"http_proxy": "PROXY"}),
    "the key in a path": Ending("holds the key", 2, url=f"http://127.0.0.1:9/{KEY}/v1"),
    "the key in a query": Ending("looks like a key", 2, url=f"http://127.0.0.1:9/v1?code={quote(KEY, safe='')}"),
    "the key as a password": Ending("holds a user or", 2, url=f"http://u:{quote(KEY, safe='')}@127.0.0.1:9/v1"),
    "a password in what is no URL": Ending("must look like", 2, url=f"u:{PASSWORD}@127.0.0.1:9/v1"),
    "the key as a port": Ending("must look like", 2, url=f"http://127.0.0.1:{KEY}"),
    "a key with a space": Ending("spaces or line breaks", 2, more={"OPENAI_API_KEY": f"{KEY} {TOKEN}"}),
    "a key that no header takes": Ending("spaces or line breaks", 2, more={"OPENAI_API_KEY": f"{KEY}\n{TOKEN}"}),
}
# Studies of a judge ask in one way: `bias consistency` stands for all of them.
ASKING = {
    "gen-answers": ["gen-answers", "--model", "openai/tiny", "--base-url", "URL"],
    "judge": ["judge", "--judge", "openai/grader", "--base-url", "URL"],
    "run": ["run", "--model", "openai/tiny", "--base-url", "URL", "--judge", "openai/j", "--judge-base-url", "URL"],
    "bias consistency": ["bias", "consistency", "--ask", "--judge", "openai/grader", "--judge-base-url", "URL"],
    "models check": ["models", "check", "openai/tiny", "--base-url", "URL", "--timeout", "1"],
}
BLUE = "Blue is the one:\n\n- The sky is blue.\n- The sea is blue.\n- My hat is blue.\n- Your eyes are blue.\n"
BENCH = ["--bench", "tiny"]
WATCHED = [*BENCH, "--timeout", "1", "--deadline", "3", "--cache", "kept", "--verbose", "--log", "run.jsonl"]


@contextmanager
def endpoint(ending: Ending) -> Iterator[tuple[str, dict[str, str]]]:
    """Where a request ends so, and what has to stand in the environment."""
    fault = ending.fault
    faults = fault if callable(fault) else (lambda _: fault)
    with running_server(faults=faults) as server, wired(Echo()) as echo, wired(Proxy({}, "u:other")) as proxy:
        urls = {
            "": server.base_url,
            "echo": f"http://127.0.0.1:{echo.port}/v1",
            "https": server.base_url.replace("http", "https"),
        }
        more = {
            name: f"http://u:{PASSWORD}@127.0.0.1:{proxy.port}" if value == "PROXY" else value
            for name, value in ending.more.items()
        }
        yield urls.get(ending.url, ending.url), more


def prepared(folder: Path, dotenv: str | None = None) -> Path:
    """A bench with a question and an answer to it; the key in .env if it is not in the environment."""
    question: Json = {"question_id": 1, "category": "writing", "turns": ["Name a colour."]}
    bench = make_bench(folder, [question])
    answer = {"question_id": 1, "model_id": "done", "choices": [{"index": 0, "turns": [BLUE]}]}
    write_lines(bench / "model_answer" / "done.jsonl", [answer])
    write_lines(bench / "known_answer.jsonl", [answer | {"model_id": model} for model in ("right", "wrong")])
    if dotenv:
        (folder / ".env").write_text(dotenv)
    return folder


def ran(folder: Path, words: Sequence[str], more: Mapping[str, str] | None = None, key: str = KEY) -> Ran:
    code = Command(folder, words, key, more).wait()
    return Ran(code, (folder / "printed").read_text(errors="replace"), folder)


def ran_to(case: tuple[str, str], parent: Path) -> Ran:
    """Runs a command that asks, to one ending."""
    name, command = case
    folder = prepared(parent / re.sub(r"\W", "-", f"{command}-{name}"))
    with endpoint(ENDINGS[name]) as (url, more):
        words = [url if word == "URL" else word for word in ASKING[command]]
        return ran(folder, words if command == "models check" else [*words, *WATCHED], more)


CASES = [(name, command) for name in ENDINGS for command in ASKING]


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], Ran]:
    """All commands to all endings, several at a time: most of them wait most of the time."""
    parent = tmp_path_factory.mktemp("secrets")
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(CASES, pool.map(lambda case: ran_to(case, parent), CASES), strict=True))


@pytest.mark.parametrize(("name", "command"), CASES)
def test_an_ending_says_what_it_is_and_no_secret(
    name: str, command: str, endings: Mapping[tuple[str, str], Ran]
) -> None:
    done = endings[name, command]
    assert "Traceback" not in done.printed
    assert ENDINGS[name].says in done.printed
    assert done.code == ENDINGS[name].code, done.printed
    done.assert_clean()


HEADERS = {"X-Auth-Token": "${TOKEN}", "X-Tenant": "of ${TOKEN}"}
MODELS: dict[str, Json] = {
    "a key": {"api_key": KEY},
    "a key for a variable": {"api_key_env": KEY},
    "a list for a variable": {"api_key_env": [KEY]},
    "a key in a header": {"headers": {"Authorization": f"Bearer {KEY}"}},
    "a header on two lines": {"headers": {"Authorization": f"${{TOKEN}}\n{KEY}"}},
    "a key in the parameters": {"params": {"api_key": KEY}},
    "a key in the URL": {"base_url": f"http://127.0.0.1:9/v1?key={KEY}"},
    "a variable that is not set": {"headers": {"X-Auth-Token": "${NO_SUCH}"}},
}
"""Aliases that are refused, or cannot be asked."""

OTHERS: dict[str, list[tuple[int, list[str]]]] = {
    "show-results": [
        (0, BENCH),
        (0, ["--format", "json", *BENCH]),
        (0, ["--output", "page.html", "--plot", "plots", *BENCH]),
        (2, ["--judge", "x", *BENCH]),
        (2, ["--input", "x"]),
    ],
    "compare": [(2, ["done", "done", *BENCH]), (2, ["done", "x", *BENCH])],
    "plan": [(0, ["--detect", "1", "--judge", "mine", *BENCH]), (2, ["--detect", "1", "--judge", "/x", *BENCH])],
    "check": [
        (1, ["--model", "done", "--min-score", "1", "--output", "gate.json", *BENCH]),
        (2, ["--model", "x", "--min-score", "1", *BENCH]),
    ],
    "audit": [(2, BENCH), (0, ["--judge", "mine", "--dry-run", *BENCH]), (2, ["--judge", "mine", *BENCH])],
    "agreement": [(2, BENCH), (2, ["--votes", "x", *BENCH])],
    "vote": [(2, BENCH), (2, ["--model", "x", *BENCH])],
    "calibrate": [(2, BENCH), (2, ["--votes", "x", *BENCH])],
    "bias position": [(2, BENCH)],
    "bias verbosity": [(2, BENCH), (2, ["--ask", *BENCH])],
    "bias injection": [(2, BENCH), (2, ["--ask", *BENCH])],
    "bias reasoning": [(2, BENCH), (2, ["--ask", *BENCH])],
    "bias self": [(2, BENCH), (2, ["--own", "x", *BENCH])],
    "questions list": [(0, [])],
    "questions show": [(0, BENCH), (2, ["7-8", *BENCH])],
    "questions validate": [(0, BENCH), (2, ["models.yaml"])],
    "questions pull": [
        (2, ["--from", "nowhere"]),
        (2, ["--from", "http://127.0.0.1:9"]),
        (2, ["--from", f"http://u:{PASSWORD}@127.0.0.1:9"]),
        (2, ["--from", f"http://127.0.0.1:9/?token={PASSWORD}"]),
    ],
    "models list": [(0, []), (0, ["--format", "json"]), (2, ["--config", "none.yaml"])],
    "batch list": [(0, BENCH), (2, ["--bench", "none"])],
    "batch cancel": [(2, BENCH), (2, ["nothing", *BENCH]), (0, ["--all", *BENCH])],
}
"""What asks no model: exit code and arguments."""


def test_every_command_is_run_here() -> None:
    def names(command: "typer.core.TyperGroup", above: str) -> Iterator[str]:
        for name, inner in command.commands.items():
            if isinstance(inner, typer.core.TyperGroup):
                yield from names(inner, f"{above}{name} ")
            else:
                yield above + name

    assert set(names(typer.main.get_group(app), "")) == {*ASKING, *OTHERS}


@pytest.mark.parametrize("command", OTHERS)
@pytest.mark.parametrize("place", ["environment", "dotenv"])
def test_commands_that_ask_no_model_say_and_write_no_secret(command: str, place: str, tmp_path: Path) -> None:
    lines = f"OPENAI_API_KEY={KEY}\nTOKEN='{TOKEN}'\n"
    prepared(tmp_path, lines if place == "dotenv" else None)
    alias = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1", "headers": HEADERS}
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": {"mine": alias}}))
    judgment = {"question_id": 1, "model": "done", "judge": ["j", "p"], "score": 5, "turn": 1}
    write_lines(tmp_path / "data" / "tiny" / "model_judgment" / "j_single.jsonl", [judgment])
    proxy = {"http_proxy": f"http://u:{PASSWORD}/@x:y"}
    more = {"TOKEN": TOKEN} if place == "environment" else {"OPENAI_API_KEY": "", **proxy}
    for code, words in OTHERS[command]:
        done = ran(tmp_path, [*command.split(), *words], more)
        assert (done.code, "Traceback" in done.printed) == (code, False), done.printed
        done.assert_clean()


@pytest.mark.parametrize("name", MODELS)
def test_a_key_in_models_yaml_is_neither_said_nor_copied(name: str, tmp_path: Path) -> None:
    prepared(tmp_path)
    alias = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"} | MODELS[name]
    path = tmp_path / "models.yaml"
    path.write_text(yaml.safe_dump({"models": {"mine": alias}}))
    words = ["gen-answers", "--model", "mine", "--bench", "tiny", "--deadline", "2"]
    done = ran(tmp_path, words, {"TOKEN": TOKEN})
    path.unlink()
    assert done.code == 2, done.printed
    done.assert_clean()


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_headers_and_keys_from_dotenv_are_neither_said_nor_written(provider: str, status: int, tmp_path: Path) -> None:
    prepared(tmp_path, f"MY_KEY='{KEY}'\nTOKEN={TOKEN}\n")
    with running_server(faults=all_headers(status) if status > 200 else ()) as server:
        alias = {"provider": provider, "model": "m", "base_url": server.base_url, "headers": HEADERS}
        alias["api_key_env"] = "MY_KEY"
        (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": {"mine": alias}}))
        done = ran(tmp_path, ["run", "--model", "mine", "--judge", "mine", *WATCHED], key="none")
        asked = server.requests[0].headers
    assert asked["x-auth-token"] == TOKEN
    assert asked["x-tenant"] == f"of {TOKEN}"
    assert KEY in (asked.get("x-api-key"), asked.get("authorization", "").removeprefix("Bearer "))
    assert done.code == {200: 0, 400: 3, 401: 2, 500: 3}[status]
    assert status == 200 or f"answered {status}" in done.printed
    done.assert_clean()


@pytest.mark.parametrize("command", ["gen-answers", "judge", "run"])
def test_the_traceback_of_a_bug_shows_no_secret(command: str, tmp_path: Path) -> None:
    prepared(tmp_path / "here")
    (tmp_path / "sitecustomize.py").write_text(
        "from mtbench.chat.http import Http\n"
        "async def broken(self, method, url, headers, data):\n"
        "    told = dict(headers)\n"
        "    raise RuntimeError(f'a bug at {len(told)} headers')\n"
        "Http._send = broken\n"
    )
    words = [word.replace("URL", "http://127.0.0.1:9/v1") for word in ASKING[command]]
    own = {"OPENAI_API_KEY": KEY, "PYTHONPATH": str(tmp_path), "PYTHONDEVMODE": "1"}
    done = mtbench(tmp_path / "here", *words, *WATCHED, env=own)
    assert done.returncode == 1
    assert "RuntimeError: a bug at 3 headers" in done.stderr
    Ran(1, done.stdout + done.stderr, tmp_path / "here").assert_clean()


def test_a_file_of_requests_holds_no_secret(tmp_path: Path) -> None:
    prepared(tmp_path)
    alias = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1", "headers": HEADERS}
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": {"mine": alias}}))
    done = ran(tmp_path, ["gen-answers", "--model", "mine", "--export-requests", "out.jsonl", *BENCH], {"TOKEN": TOKEN})
    assert done.code == 0, done.printed
    assert b"Name a colour." in (tmp_path / "out.jsonl").read_bytes()
    done.assert_clean()


def started(folder: Path, *words: str) -> "subprocess.Popen[str]":
    names = [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]
    own = {name: os.environ[name] for name in names} or {"OPENAI_API_KEY": KEY}
    return subprocess.Popen(
        arguments(*words), cwd=folder, env=environment(folder, own | {"PYTHONDEVMODE": "1"}), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(("signals", "code"), [((signal.SIGINT, signal.SIGINT), 130), ((signal.SIGKILL,), -9)])
def test_a_run_that_is_ended_from_outside_leaves_no_secret(
    signals: Sequence[signal.Signals], code: int, tmp_path: Path
) -> None:
    prepared(tmp_path)
    with running_server(faults=[None], latency=0.05) as server:
        server.faults = lambda _: Fault(hang=True) if len(server.requests) > 1 else None
        words = [word.replace("URL", server.base_url) for word in ASKING["run"]]
        process = started(tmp_path, *words, *BENCH, "--verbose", "--log", "run.jsonl")
        until(lambda: len(server.requests) > 1)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.2)
        printed, _ = process.communicate(timeout=20)
    assert process.returncode == code, printed
    Ran(code, printed, tmp_path).assert_clean()


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_batch_jobs_say_and_write_no_secret(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(prepared(tmp_path))
    caplog.set_level("DEBUG")
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": f"bad request of {KEY}"}}
    answer = ["gen-answers", "--model", f"{provider}/m", "--batch", *BENCH, "--verbose", "--log", "run.jsonl"]
    jobs, cancel = ["batch", "list", *BENCH], ["batch", "cancel", "--all", *BENCH]

    def check(words: Sequence[str], says: str, code: int) -> None:
        """In this process, since the SDKs are slow to import."""
        result = CliRunner().invoke(app, words)
        failed = result.exception if isinstance(result.exception, MtbenchError) else None
        assert failed or isinstance(result.exception, SystemExit | None), result.exception
        done = Ran(failed.exit_code if failed else result.exit_code, f"{result.output}{failed or ''}", tmp_path)
        assert (done.code, says in done.printed) == (code, True), done.printed
        done.assert_clean()

    with running_batch_server(seconds=None) as server:
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", KEY)
        monkeypatch.setenv(f"{provider.upper()}_BASE_URL", server.base_url)
        begun = started(tmp_path, *answer)
        until(lambda: bool(server.jobs))
        begun.send_signal(signal.SIGINT)
        printed, _ = begun.communicate(timeout=20)
        Ran(begun.returncode, printed, tmp_path).assert_clean()
        check(jobs, "in_progress", 0)
        server.key = "another"
        check(jobs, "answered 401", 0)
        check(cancel, "answered 401", 3)
        server.key = None
        server.outcome = lambda _body, _before: error
        server.release()
        check(answer, "bad request of [key]", 3)
        server.outcome = lambda _body, _before: None
        server.seconds = 0.0
        check(answer, "", 0)
        check(jobs, "", 0)
        server.key = "another"
        check([*answer, "--num-choices", "2"], "answered 401", 2)
        assert any(KEY in str(headers) for headers in server.headers)
    assert traces(caplog.text.encode()) == []
