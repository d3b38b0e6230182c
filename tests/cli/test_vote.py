"""`mtbench vote` as a person has it: on a terminal, and in plain lines."""

import getpass
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mtbench.cli import app
from mtbench.errors import MtbenchError
from mtbench.records import Json
from tests.reports.lines import grade, pair
from tests.support.benches import QUESTIONS, make_bench, read_lines, write_lines
from tests.support.cli import command, environment, mtbench
from tests.support.terminal import Terminal

VOTE = ("vote", "--bench", "tiny", "--voter", "ada")
VOTES = Path("data") / "tiny" / "votes" / "ada.jsonl"
EVIL = "\x1b[2J\x1b]0;title\x07\x9b5A\u202e[bold]bold[/bold] :smile:\r\nI am model-x\tand\x00 so on"


def bench(folder: Path, texts: Sequence[Sequence[str]] = (), models: str = "north south") -> Path:
    """Three questions of two turns; each model says who it is in other words, or what `texts` has for its turns."""
    made = make_bench(folder)
    for place, model in enumerate(models.split()):
        turns = texts[place] if texts else (f"first-{place}", f"second-{place}")
        lines: list[Json] = [
            {"question_id": each["question_id"], "model_id": model, "choices": [{"index": 0, "turns": list(turns)}]}
            for each in QUESTIONS
        ]
        write_lines(made / "model_answer" / f"{model}.jsonl", lines)
    return made


def votes(folder: Path) -> list[Json]:
    return read_lines(folder / VOTES)


def test_a_key_is_a_vote_and_the_end_says_what_to_do_with_them(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as terminal:
        for number, key in enumerate("abtaba"):
            terminal.read_until(f"{number} of 6")
            assert "north" not in terminal.text
            assert "south" not in terminal.text
            terminal.press(key)
        terminal.read_until("That was the last one")
        assert len(votes(tmp_path)) == 6
        terminal.press("q")
        assert terminal.wait() == 0
        said = terminal.plain
    assert [vote["winner"] for vote in votes(tmp_path)] == [
        "model_a", "model_b", "tie", "model_a", "model_b", "model_a",
    ]  # fmt: skip
    assert {(vote["question_id"], vote["turn"]) for vote in votes(tmp_path)} == {
        (each, turn) for each in (1, 2, 3) for turn in (1, 2)
    }
    assert all(vote["judge"] == "ada" for vote in votes(tmp_path))
    assert f"6 votes of 6: {VOTES}" in said
    assert re.search(r"model +won +tied +lost", said)
    told = re.search(r"mtbench (agreement .*)", said)
    assert told
    done = mtbench(tmp_path, *told[1].split())
    assert "nobody to agree with" in done.stderr  # the votes were read; there are no judges


@pytest.mark.parametrize("kind", ["single", "pair"])
def test_answers_that_judges_have_judged_are_voted_on_and_others_on_demand(tmp_path: Path, kind: str) -> None:
    made = bench(tmp_path, models="north south west")
    graded = [grade(2, model, 5) for model in ("north", "south")]
    write_lines(
        made / "model_judgment" / f"j_{kind}.jsonl", graded if kind == "single" else [pair(2, "north south", "11")]
    )
    done = typed(tmp_path, "a\n" * 9)
    assert done.returncode == 0, done.stderr
    assert [(vote["question_id"], vote["turn"]) for vote in votes(tmp_path)] == [(2, 1)]
    assert "1 vote of 1" in done.stdout
    typed(tmp_path, "a\n" * 30, "--unjudged")
    assert len(votes(tmp_path)) == 3 * 2 * 3
    done = typed(tmp_path, "a\n" * 9, "--voter", "bob", "--turn", "2", "--limit", "2")
    assert "2 votes of 2" in done.stdout  # nothing of turn 2 is judged


def test_a_vote_is_for_the_answer_that_was_shown(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE, "--turn", "1") as terminal:
        for number, key in enumerate("aba"):
            terminal.read_until(f"{number} of 3")
            terminal.read_until("first-")
            terminal.read_until("quit")
            firsts = re.findall(r"first-\d", terminal.plain)
            terminal.press(key)
            terminal.read_until(f"{number + 1} of 3")
            vote = votes(tmp_path)[number]
            assert [vote["model_a"], vote["model_b"]] == [
                {"first-0": "north", "first-1": "south"}[each] for each in firsts
            ]


def test_the_second_turn_comes_with_the_whole_conversation(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE, "--turn", "2", "--questions", "2") as terminal:
        terminal.read_until("second-0")
        terminal.read_until("quit")
        for words in ("What is 6 times 7?", "first-0", "first-1", "And half of that?", "second-1", "better in turn 2"):
            assert words in terminal.plain, words
        assert "42" not in terminal.plain
        terminal.press("r")
        terminal.read_until("42")
        terminal.read_until("quit")
        assert "21" in terminal.plain
        terminal.press("R")
        terminal.read_until("quit")
        assert "Reference" not in terminal.plain
        terminal.press("q")
        assert terminal.wait() == 0


def test_undo_and_skip(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE, "--turn", "1") as terminal:
        terminal.read_until("0 of 3")
        terminal.press("u")
        terminal.read_until("nothing to take back")
        terminal.press("a")
        terminal.read_until("1 of 3")
        terminal.press("u")
        terminal.read_until("taken back")
        assert votes(tmp_path) == []
        terminal.press("s")
        terminal.read_until("0 of 3, 1 skipped")
        terminal.press("b")
        terminal.read_until("1 of 3, 1 skipped")
        terminal.press("t")
        terminal.read_until("2 of 3, 1 skipped")
        terminal.press("q")
        assert terminal.wait() == 0
        assert "2 votes of 3" in terminal.plain
        assert "1 to go, 1 of them skipped" in terminal.plain
        assert not re.search(r"model +won", terminal.plain)
    with Terminal(tmp_path, *VOTE, "--turn", "1") as terminal:
        terminal.read_until("2 of 3")
        terminal.press("a")
        terminal.read_until("last one")
        terminal.press("a")  # there is nothing to vote on
        terminal.press("u")
        terminal.read_until("2 of 3")
        terminal.press("b")
        terminal.read_until("last one")
        terminal.press("\r")
        assert terminal.wait() == 0
        assert "3 votes of 3, 1 of them new" in terminal.plain
    assert [vote["winner"] for vote in votes(tmp_path)] == ["model_b", "tie", "model_b"]
    done = mtbench(tmp_path, *VOTE, "--turn", "1")
    assert (done.returncode, "3 votes of 3, 0 of them new" in done.stdout) == (0, True)


def test_a_key_that_is_held_down_is_one_vote(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("0 of 6")
        terminal.press("aaaa")
        terminal.read_until("1 of 6")
        for _ in range(4):
            terminal.press("a")
            time.sleep(0.05)
        terminal.press("q")
        assert terminal.wait() == 0
    assert len(votes(tmp_path)) == 1


def test_other_keys_mean_nothing(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("0 of 6")
        for keys in ("x", "\r", "\x1ba", "\x1b", "\x1b[1;5C", "é", "\x1a", "\x1c", "\x1bOP", "r"):
            terminal.press(keys)
            time.sleep(0.06)
        terminal.press("q")
        assert terminal.wait() == 0
        assert "0 votes of 6" in terminal.plain
    assert not (tmp_path / VOTES).exists()


@pytest.mark.parametrize(("columns", "beside"), [(120, True), (119, False), (30, False)])
def test_answers_stand_side_by_side_where_there_is_room(tmp_path: Path, columns: int, beside: bool) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE, "--turn", "1", columns=columns) as terminal:
        terminal.read_until("0 of 3")
        terminal.read_until("quit")
        lines = [line for line in terminal.plain.splitlines() if re.search(r"first-\d", line)]
        assert (len(lines) == 1) == beside
        assert max(len(line) for line in terminal.plain.splitlines()) <= columns


def test_a_terminal_that_changes_its_size_is_drawn_anew(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE, "--turn", "1", columns=80) as terminal:
        terminal.read_until("quit")
        terminal.resize(140)
        terminal.read_until("quit")
        assert re.search(r"first-\d.*first-\d", terminal.plain)
        terminal.resize(80, rows=9)
        terminal.read_until("lines below")
        terminal.press("\x1b[F")
        terminal.read_until("lines above")
        terminal.resize(80, rows=40)
        terminal.read_until("quit")
        assert "Question" in terminal.plain
        assert "lines above" not in terminal.plain
        terminal.resize(9, rows=4)
        time.sleep(0.4)
        terminal.press("\x1b[1")  # the rest of a cursor key may come later
        time.sleep(0.02)
        terminal.press("~")
        time.sleep(0.1)
        terminal.press("q")
        assert terminal.wait() == 0


def test_long_answers_are_scrolled(tmp_path: Path) -> None:
    text = "\n".join(f"line-{number:03}" for number in range(200))
    bench(tmp_path, [(text, ""), ("short", "")])
    with Terminal(tmp_path, *VOTE, "--turn", "1") as terminal:
        terminal.read_until("lines below")
        assert "line-000" in terminal.text
        assert "line-100" not in terminal.text
        for keys, seen, gone in [
            (" ", "line-040", "line-000"),
            ("\x1b[A", "line-030", "line-000"),
            ("\x1b[5~", "line-000", "line-040"),
            ("\x1b[B", "line-000", "line-040"),
            ("\x1b[F", "line-199", "line-000"),
            ("\x1b[6~", "line-199", "line-000"),
            ("\x1bOH", "line-000", "line-199"),
        ]:
            terminal.press(keys)
            terminal.read_until(seen)
            terminal.read_until("quit")
            assert gone not in terminal.text
        terminal.press("t")
        terminal.read_until("1 of 3")
        terminal.press("q")
        assert terminal.wait() == 0
    assert len(votes(tmp_path)) == 1


@pytest.mark.parametrize("columns", [80, 140])
def test_answers_are_shown_and_not_obeyed(tmp_path: Path, columns: int) -> None:
    bench(tmp_path, [(EVIL, EVIL), ("x" * 5000, "")])
    with Terminal(tmp_path, *VOTE, "--turn", "2", columns=columns) as terminal:
        terminal.read_until("0 of 3")
        terminal.read_until("quit")
        terminal.press("\x1b[F")
        terminal.read_until("quit")
        terminal.press("a")
        terminal.read_until("1 of 3")
        terminal.press("q")
        assert terminal.wait() == 0
        for evil in ("\x1b[2J", "\x1b]0;", "\x07", "\x9b", "\u202e", "\x00"):
            assert evil not in terminal.text
    done = mtbench(tmp_path, *VOTE, "--turn", "2")
    assert "[bold]bold[/bold] :smile:\n  | I am model-x    and" in done.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)


def test_an_empty_answer_is_said_to_be_empty(tmp_path: Path) -> None:
    bench(tmp_path, [(" ", " "), ("x", "y")])
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("(an empty answer)")
        terminal.press("q")
        assert terminal.wait() == 0


def test_ctrl_c_ends_a_sitting_and_keeps_its_votes(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("0 of 6")
        terminal.press("b")
        terminal.read_until("1 of 6")
        terminal.press_ctrl_c()
        assert terminal.wait() == 130
        assert "1 vote of 6" in terminal.plain
        assert "interrupted" in terminal.plain
        assert "Traceback" not in terminal.text
        assert terminal.text.index("\x1b[?1049l") < terminal.text.index("1 vote of 6")
        assert "\x1b[?25h" in terminal.text
        assert terminal.echoes
    assert len(votes(tmp_path)) == 1


def test_the_end_of_typing_is_the_end_of_the_sitting(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("0 of 6")
        terminal.press("\x04")
        assert terminal.wait() == 0
        assert "0 votes of 6" in terminal.plain


def test_a_window_that_is_closed_ends_the_sitting_of_one_who_does_not_hang_up(tmp_path: Path) -> None:
    bench(tmp_path)
    master, slave = pty.openpty()
    env = environment(tmp_path) | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        command(*VOTE), cwd=tmp_path, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    shown = b""
    while b"0 of 6" not in shown:
        shown += os.read(master, 65536)
    os.write(master, b"a")
    while b"1 of 6" not in shown:
        shown += os.read(master, 65536)
    os.close(master)
    process.wait(20)
    assert len(votes(tmp_path)) == 1


def test_being_told_to_end_is_like_ctrl_c(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("0 of 6")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait() == 130
        assert "\x1b[?1049l" in terminal.text
        assert terminal.echoes


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("0 of 6")
        terminal.press("a")
        terminal.read_until("1 of 6")
        terminal.process.kill()
        terminal.process.wait()
    with Terminal(tmp_path, *VOTE) as terminal:
        terminal.read_until("1 of 6")
    assert len(votes(tmp_path)) == 1


def typed(folder: Path, lines: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*VOTE, *more), cwd=folder, env=environment(folder), input=lines, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def test_lines_are_taken_where_there_is_no_terminal(tmp_path: Path) -> None:
    bench(tmp_path)
    done = typed(tmp_path, "A\nwhat\nr\nskip\nu\ntie\nb\nb\n", "--turn", "1", "--questions", "2,3", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert [vote["winner"] for vote in votes(tmp_path)] == ["model_a", "tie"]
    assert "one of: a, b, t, s, u, q" in done.stdout
    assert "  | first-0" in done.stdout
    assert "Nothing more to ask" in done.stdout
    assert "one of: u, undo, q, quit" in done.stdout
    assert "2 votes of 2: " in done.stdout
    again = typed(tmp_path, "reference\nq\n", "--turn", "2", "--questions", "2")
    assert "Reference answer\n  | 42" in again.stdout
    assert "r (reference)" in again.stdout


def test_the_end_of_the_input_ends_the_sitting(tmp_path: Path) -> None:
    bench(tmp_path)
    done = typed(tmp_path, "b\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The same command goes on: 5 to go." in done.stdout
    assert typed(tmp_path, "b\nb\nb\nb\nb\n").returncode == 0
    assert len(votes(tmp_path)) == 6


def test_ctrl_c_among_lines_ends_the_sitting(tmp_path: Path) -> None:
    bench(tmp_path)
    with subprocess.Popen(
        command(*VOTE), cwd=tmp_path, env=environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, bufsize=0,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write("a\n")
        while "1 of 6" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "1 vote of 6" in said
    assert "interrupted" in errors


def test_some_pairs_can_come_first(tmp_path: Path) -> None:
    bench(tmp_path, models="north south")
    first = write_lines(
        tmp_path / "first.jsonl",
        [
            {"question_id": 3, "models": ["south", "north"], "turn": 2},
            {"question_id": 9, "models": ["south", "north"], "turn": 2},
            {"question_id": 1, "models": ["south", "north"], "turn": 1},
        ],
    )
    done = typed(tmp_path, "a\nb\n", "--first", str(first), "--limit", "4")
    assert [(vote["question_id"], vote["turn"]) for vote in votes(tmp_path)] == [(3, 2), (1, 1)]
    assert "1 of 3 are not among the pairs here" in done.stderr


def test_a_category_and_models_can_be_chosen(tmp_path: Path) -> None:
    bench(tmp_path, models="north south west")
    done = typed(tmp_path, "a\nb\na\nb\n", "--model", "west", "--model", "north", "--category", "math", "--limit", "9")
    assert "2 votes of 2" in done.stdout
    assert {(vote["question_id"], *sorted((vote["model_a"], vote["model_b"]))) for vote in votes(tmp_path)} == {
        (2, "north", "west")
    }
    more = typed(tmp_path, "", "--limit", "2")
    assert "There are 16 more pairs: --limit 52" in more.stdout


def test_the_voter_is_who_is_logged_in(tmp_path: Path) -> None:
    bench(tmp_path)
    env = environment(tmp_path) | {"LOGNAME": "DOM\\ada l"}
    for name, kept in (({"LOGNAME": "DOM\\ada l"}, "DOM_ada_l"), ({}, getpass.getuser())):
        done = subprocess.run(
            command("vote", "--bench", "tiny"), cwd=tmp_path, env=env | name if name else dict(os.environ), input="a\n",
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert f"votes/{kept}.jsonl" in done.stdout
        assert read_lines(tmp_path / "data" / "tiny" / "votes" / f"{kept}.jsonl")[0]["judge"] == kept


def test_a_voter_without_a_name_is_asked_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    bench(tmp_path)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(app, ["vote", "--bench", "tiny", "--data-dir", str(tmp_path / "data")])
    assert isinstance(done.exception, MtbenchError)
    assert "--voter NAME" in str(done.exception)


def test_two_sittings_of_one_voter_take_turns(tmp_path: Path) -> None:
    bench(tmp_path)
    with Terminal(tmp_path, *VOTE) as one:
        one.read_until("0 of 6")
        with Terminal(tmp_path, *VOTE) as other:
            other.read_until("waiting for it to end")
            one.press("a")
            one.read_until("1 of 6")
            one.press("q")
            assert one.wait() == 0
            other.read_until("1 of 6")
            other.press("b")
            other.read_until("2 of 6")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "west"], "--model west: not in"),
        (["--model", "north"], "there is north: name another --model"),
        (["--model", "north", "--model", "north"], "there is north: name another --model"),
        (["--voter", ""], "--voter '': must be a name"),
        (["--first", "none.jsonl"], "--first none.jsonl: there is no such file"),
        (["--turn", "3"], "no pair to vote on"),
        (["--category", "none"], "no category none here"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    bench(tmp_path)
    done = invoked(tmp_path, *options)
    assert isinstance(done.exception, MtbenchError)
    assert said in str(done.exception)
    assert not (tmp_path / VOTES).exists()


def invoked(folder: Path, *options: str) -> Result:
    with chdir(folder):
        return CliRunner().invoke(app, [*VOTE, *options])


def test_without_answers_the_way_to_them_is_said(tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, *VOTE)
    assert done.returncode == 2
    assert "there is none in data/tiny/model_answer: `mtbench gen-answers --model …` makes answers" in done.stderr
