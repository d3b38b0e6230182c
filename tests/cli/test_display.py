"""What people see of a run: the live block, plain lines, notes, a line for each request, and the log."""

import io
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from mtbench.chat import Usage
from mtbench.chat.limits import Limiter
from mtbench.chat.metered import Attempt
from mtbench.chat.spec import Limits
from mtbench.cli.display import Display
from mtbench.cli.status import Pace, block, line, summary
from mtbench.engine import Stop
from mtbench.progress import Progress
from tests.support.benches import make_bench, read_lines
from tests.support.cli import mtbench
from tests.support.protocols import Json
from tests.support.servers import Fault, Request, running_server
from tests.support.terminal import Terminal

EVIL = "[bold]evil[/bold] :smile: \x1b[2J\x1b[31mred\x1b]0;title\x07\u202e \x9b5A and so on"


def limiter(progress: Progress, name: str, limits: Limits, in_flight: int) -> None:
    made = Limiter(name, limits, sleep=Stop().sleep, note=progress.note)
    made.in_flight = in_flight
    progress.limiters[name] = made


async def under_way(models: int = 2) -> tuple[Progress, Pace]:
    """A job in the middle of its work."""
    progress, pace = Progress(), Pace()
    progress.started -= 100
    answers, verdicts = progress.lane("answers"), progress.lane("verdicts")
    answers.total, answers.already, answers.done, answers.failed = 1600, 100, 500, 3
    verdicts.total, verdicts.done = 3200, 400
    for number in range(models):
        limiter(progress, f"model-{number}", Limits(8) if number else Limits(), 7)
    pace.look(progress)
    time.sleep(0.05)
    for outcome in ("ok", "rate limited"):
        progress.ended(Attempt("model-0", "question 1, turn 1", outcome, 0.3, Usage(1200, 340, 200), 0.0125))
    progress.retried()
    progress.from_cache()
    pace.look(progress)
    return progress, pace


def drawn(progress: Progress, pace: Pace, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(block(progress, pace, width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [120, 80])
async def test_the_live_block_tells_all_that_there_is_to_know(width: int) -> None:
    lines = drawn(*await under_way(), width)
    told = "\n".join(lines)
    for words in (
        "600/1,600", "3 failed", "3:", " left", "400/3,200", "model-0", "7 of 8 in flight", "growing", "--parallel",
        "requests/s", "1 retried", "1 from the cache", "2,400 tokens in (400 cached), 680 out", "$0.0250", "1:4",
    ):  # fmt: skip
        assert words in told, words
    assert len({each.index("━") for each in lines[:2]}) == 1
    assert lines[0].index("━") == lines[2].index("7 of 8")
    assert not re.search(r" 0\.0 requests/s", told)


@pytest.mark.parametrize("width", [100, 60, 59, 40])
async def test_no_line_of_the_block_is_longer_than_the_terminal(width: int) -> None:
    progress, pace = await under_way()
    limiter(progress, "a-model-with-a-name-that-nobody-can-remember-" * 2, Limits(), 3)
    lines = drawn(progress, pace, width)
    assert max(map(len, lines)) <= width
    told = "\n".join(lines)
    assert "600/1,600" in told
    assert "3 failed" in told
    assert "$0.0250" in told
    assert len(lines) <= 2 + 3 + 5


async def test_many_models_share_a_row() -> None:
    progress, pace = await under_way(30)
    lines = drawn(progress, pace, 100)
    assert len([each for each in lines if each.startswith("model-")]) == 5
    assert any(re.match(r"25 more +175 in flight", each) for each in lines)


async def test_a_model_that_has_nothing_to_do_is_idle() -> None:
    progress, pace = await under_way()
    progress.limiters["model-1"].in_flight = 0
    lines = drawn(progress, pace, 100)
    assert lines[3].split() == ["model-1", "idle"]


async def test_a_model_under_two_names_is_told_once() -> None:
    progress, pace = await under_way(1)
    progress.limiters["twin"] = progress.limiters["model-0"]
    assert line(progress, pace).count("in flight") == 1


async def test_a_plain_line_tells_the_same() -> None:
    told = line(*await under_way())
    assert told.startswith("answers 600/1600 (100 from before), 3 failed · verdicts 400/3200 · 2,400 tokens in")
    for words in ("$0.0250", "1 retries", "1:4", "model-0 7 of 8 in flight (growing)", "(--parallel)", "11:4", " left"):
        assert words in told, words
    assert "\n" not in told


def test_a_price_that_is_not_known_is_not_zero() -> None:
    progress = Progress()
    progress.ended(Attempt("m", "", "ok", 0.1, Usage(1, 1), None))
    assert "price unknown" in summary(progress)
    assert "$" not in summary(progress)


def test_plain_lines_come_at_their_time_and_notes_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.lane("answers").total = 9
    started = time.monotonic()
    with Display(progress, quiet=False, plain_every=0.4):
        progress.note("something")
        said = ""
        while said.count("\nanswers 0/9") < 2:
            time.sleep(0.01)
            said += capsys.readouterr().err
            assert time.monotonic() - started < 60
        assert time.monotonic() - started >= 2 * 0.4
        progress.note("the end")
    assert said.startswith("note: something\n")
    end = capsys.readouterr().err.splitlines()
    assert "note: the end" in end
    assert re.fullmatch(r"answers 0/9 · \d:\d\d", end[-1])


def test_quiet_says_notes_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.lane("answers").total = 9
    with Display(progress, quiet=True, plain_every=0.1):
        progress.note("something")
        time.sleep(0.5)
    assert capsys.readouterr().err == "note: something\n"


def questions(number: int) -> list[Json]:
    return [{"question_id": each, "category": "stem", "turns": [f"Say {each}."]} for each in range(1, number + 1)]


def words(url: str, *more: str) -> list[str]:
    return ["gen-answers", "--model", "openai/tiny", "--base-url", url, "--bench", "tiny", *more]


class Now:
    """Every third question is refused the first time that it is asked, and number 7 always; the others take a while."""

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay
        self._asked: Counter[int] = Counter()

    def __call__(self, request: Request) -> Fault:
        number = int(re.sub(r"\D", "", request.body["messages"][-1]["content"]))
        self._asked[number] += 1
        if number == 7:
            return Fault(status=400, body={"error": {"message": EVIL}})
        return Fault(status=429) if number % 3 == 0 and self._asked[number] == 1 else Fault(delay=self._delay)


def test_a_terminal_shows_the_block_while_it_lasts_and_the_summary_after(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(12))
    with (
        running_server(faults=Now(0.3)) as server,
        Terminal(tmp_path, *words(server.base_url, "--parallel", "2"), columns=100) as terminal,
    ):
        assert terminal.wait() == 3
    shown = terminal.plain
    for told in (
        "━",
        "2 of 2 in flight",
        "--parallel",
        "requests/s",
        "4 retried",
        "1 failed",
        " left",
        "price unknown",
    ):
        assert told in shown, told
    end = shown.rsplit("requests/s", 1)[1]
    assert "answers 11/12, 1 failed · " in end
    assert "error: 1 answer failed" in end
    assert "evil" not in shown


def test_a_narrow_terminal_is_not_overrun(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(12))
    with (
        running_server(faults=Now(0.3)) as server,
        Terminal(tmp_path, *words(server.base_url, "--parallel", "2"), columns=40) as terminal,
    ):
        assert terminal.wait() == 3
    live = [each for each in re.split(r"[\r\n]+", terminal.plain) if not each.startswith("error: ")]
    assert max(map(len, live)) <= 40
    assert "1/2  --parallel" in terminal.plain or "2/2  --parallel" in terminal.plain


def test_what_endpoints_say_neither_moves_the_cursor_nor_is_markup(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(1))
    said = {"error": {"message": EVIL}}
    with (
        running_server(faults=lambda _: Fault(status=401, body=said, delay=0.5)) as server,
        Terminal(tmp_path, *words(server.base_url, "--verbose"), columns=400) as terminal,
    ):
        assert terminal.wait() == 2
    for control in ("\x1b[2J", "\x1b]0;", "\x07", "\u202e", "\x9b"):
        assert control not in terminal.text
    assert terminal.text.count("[bold]evil[/bold] :smile: \ufffd[2J") == 2  # the request's line, and the error


def test_a_line_for_each_request_and_a_log_that_adds_up(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(12))
    with running_server(faults=Now()) as server:
        done = mtbench(tmp_path, *words(server.base_url, "--verbose", "--log", "logs/run.jsonl"))
        sent = len(server.requests)
    assert (done.returncode, sent) == (3, 12 + 4)
    assert (
        len(re.findall(r"^\d\d:\d\d:\d\d  (?:ok|rate limited|refused) +\d+\.\d\d s  tiny  question", done.stderr, re.M))
        == sent
    )
    log = read_lines(tmp_path / "logs" / "run.jsonl")
    requests = [each for each in log if each["event"] == "request"]
    assert Counter(each["outcome"] for each in requests) == {"ok": 11, "rate limited": 4, "refused": 1}
    assert all(each["about"].startswith("question ") and each["seconds"] >= 0 for each in requests)
    assert all((each["error"] is None) == (each["outcome"] == "ok") for each in requests)
    assert [log[0]["event"], log[-1]["event"]] == ["start", "end"]
    assert log[-1]["answers"] == {"total": 12, "already": 0, "done": 11, "failed": 1, "undone": 0}
    assert (log[-1]["requests"], log[-1]["retries"]) == (sent, 4)
    tokens = [sum(each[name] for each in requests) for name in ("input_tokens", "output_tokens")]
    assert f"{tokens[0]:,} tokens in, {tokens[1]:,} out" in done.stderr


def test_quiet_leaves_notes_and_errors(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(3))
    with running_server(refuses={"temperature"}) as server:
        done = mtbench(tmp_path, *words(server.base_url, "--quiet", "--log", "log.jsonl"))
        assert done.returncode == 0
        (note,) = [each for each in read_lines(tmp_path / "log.jsonl") if each["event"] == "note"]
        assert f"note: {note['message']}\n" == done.stderr
        assert done.stderr == "note: tiny does not take temperature; asked without it\n"
        with Terminal(tmp_path, *words(server.base_url, "--quiet")) as terminal:
            assert terminal.wait() == 0
        assert terminal.plain.split() == ["Answers:", "data/tiny/model_answer/tiny.jsonl"]


def test_without_a_terminal_a_line_comes_every_ten_seconds(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(1))
    with running_server(latency=11.5) as server:
        done = mtbench(tmp_path, *words(server.base_url))
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert re.match(r"answers 0/1 · 0:1\d · 1 of ", lines[0])
    assert lines[1].startswith("answers 1/1 · ")


def test_a_log_that_cannot_be_opened_stops_before_anything_is_asked(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(1))
    with running_server() as server:
        done = mtbench(tmp_path, *words(server.base_url, "--log", "data"))
        assert (done.returncode, len(server.requests)) == (2, 0)
    assert done.stderr == "error: --log data: Is a directory\n"


def test_a_log_that_fills_its_disk_is_said_and_the_run_goes_on(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(2))
    with running_server() as server:
        done = mtbench(tmp_path, *words(server.base_url, "--log", "/dev/full"))
    assert done.returncode == 0
    assert "note: --log: No space left on device: lines are missing" in done.stderr
