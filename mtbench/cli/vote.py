"""`mtbench vote`: people say which of two answers is better, in the terminal."""

import getpass
import os
import re
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.ballot import Act, Booth, Standing
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.cli.printing import print_table, visible
from mtbench.errors import Interrupted, MtbenchError

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.indexes import Questions
    from mtbench.votes import Unit
    from mtbench.voting.pairs import Pairs
    from mtbench.voting.sitting import Sitting


def vote(
    model: Annotated[
        list[str] | None,
        options.option("--model", "Answers of these models (default: all); give two or more.", metavar="M"),
    ] = None,
    limit: Annotated[
        int | None,
        options.option(
            "--limit",
            "Votes in all, with those of earlier sittings (default: 50, or what all of --first take).",
            min=1,
            metavar="N",
        ),
    ] = None,
    turn: Annotated[int | None, options.option("--turn", "Only this turn (default: all).", min=1, metavar="N")] = None,
    questions: options.Questions = None,
    category: options.Category = None,
    first: Annotated[
        Path | None,
        options.option(
            "--first",
            "Ask about these before others: what calibrate --next wrote, or JSONL with question_id, models, turn.",
            metavar="FILE",
        ),
    ] = None,
    voter: Annotated[
        str | None, options.option("--voter", "Who votes (default: your login name).", metavar="NAME")
    ] = None,
    seed: Annotated[int, options.option("--seed", "Draws which pairs come, and in which order.")] = 0,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    unjudged: Annotated[
        bool, options.option("--unjudged", "Ask about answers that no judge has judged, too, where some are judged.")
    ] = False,
    config: options.Config = None,
) -> None:
    """Say which of two answers is better: fifty votes of a person, against which judges can be held.

    Shows two answers without their models, and takes a key for a vote: A, B, tie, skip, undo. The pairs are spread
    evenly over questions, turns and models, and taken from the answers that judges have judged, if there are any, as a
    judge can only be held against votes on those. Turn 2 comes with the whole conversation. Each vote is at once in
    DATA_DIR/BENCH/votes/VOTER.jsonl, in FastChat's form, and the same command goes on where you stopped.
    """
    from mtbench.benches import find_bench, load_questions, select
    from mtbench.voting.pairs import Pairs, read_picked
    from mtbench.voting.sitting import Sitting, votes_path

    with _interruptible():
        place = find_bench(bench, data_dir)
        name = _login() if voter is None else voter
        path = votes_path(place, name)
        chosen = select(load_questions(place.source / "question.jsonl"), questions, category or ())
        models = _models(model or (), place, config)
        judged = None if unjudged else _judged(place, models, chosen, turn)
        pairs = Pairs(place, chosen, models, turn, _warn, judged)
        wanted = _among(read_picked(first, _warn), pairs, first) if first else {}
        with Sitting(path, name, pairs, wanted, seed, limit, _warn) as sitting:
            try:
                _hold(sitting)
            finally:
                _say_end(sitting, pairs, place, data_dir)


def _hold(sitting: "Sitting") -> None:
    """Asks until there is nothing more to ask, or the person quits."""
    if sitting.pair is None:
        return
    with _booth() as booth:
        note = ""
        while True:
            standing = Standing(len(sitting.votes), sitting.total, sitting.skipped)
            match booth.ask(sitting.pair, standing, note):
                case Act.QUIT:
                    return
                case Act.UNDO:
                    note = "taken back" if sitting.undo() else "nothing to take back in this sitting"
                case Act.SKIP:
                    sitting.skip()
                    note = "skipped: it comes back at the end"
                case Act.TIE:
                    sitting.vote("tie")
                    note = "last vote: a tie"
                case Act.A:
                    sitting.vote("model_a")
                    note = "last vote: A"
                case Act.B:
                    sitting.vote("model_b")
                    note = "last vote: B"


@contextmanager
def _booth() -> Iterator[Booth]:
    """The screen of a terminal that can do it, else lines."""
    from mtbench.cli.ballot_lines import Lines

    able = sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if not able:
        with nullcontext(Lines()) as lines:
            yield lines
        return
    from mtbench.cli.ballot_screen import Screen

    with Screen() as screen:
        yield screen


@contextmanager
def _interruptible() -> Iterator[None]:
    """Makes Ctrl-C, and being told to end, the end of a sitting."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted") from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _login() -> str:
    """The user's name, of letters that are at home in a file's name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    safe = re.sub(r"[^\w.@-]+", "_", name)
    if not safe:
        raise MtbenchError("this machine does not know your name: --voter NAME says who votes")
    return safe


def _models(names: Sequence[str], bench: "Bench", config: Path | None) -> list[str]:
    """The models asked for, or all that have answers. Raises MtbenchError for one without, and for fewer than two."""
    from mtbench.files import model_files

    folder = bench.folder / "model_answer"
    there = list(model_files(folder))
    chosen = there
    if names:
        from mtbench.cli.jobs import short_ids

        chosen = short_ids(names, bench, config)
    missing = [each for each in chosen if each not in there]
    if missing:
        raise MtbenchError(f"--model {', '.join(missing)}: not in {folder}; there is {', '.join(there) or 'none'}")
    if len(chosen) < 2:
        raise MtbenchError(
            f"a vote compares two models, and there is {chosen[0] if chosen else 'none'}"
            + (": name another --model" if names else f" in {folder}: `mtbench gen-answers --model …` makes answers")
        )
    return chosen


def _judged(bench: "Bench", models: Sequence[str], questions: "Questions", turn: int | None) -> "set[Unit] | None":
    """The answers to these questions by two of these models of which a judge has said which is better; None: none."""
    from mtbench.files import model_files
    from mtbench.reports.ballots import ballots_of_judgments
    from mtbench.reports.judgments import read_groups
    from mtbench.votes import Unit

    if not any(model_files(bench.folder / "model_judgment", kind) for kind in ("_pair", "_single")):
        return None
    groups, _ = read_groups(bench, ("pair", "single"), (), _warn)
    units = {Unit(*each.unit) for each in ballots_of_judgments(groups, set())}
    ids, among = {*questions.category_of()}, {*models}
    return {
        each
        for each in units
        if each.question_id in ids and turn in (None, each.turn) and among.issuperset(each.models)
    } or None


def _among(units: "dict[Unit, str]", pairs: "Pairs", path: Path) -> "dict[Unit, str]":
    found = {unit: why for unit, why in units.items() if unit in pairs}
    if len(found) < len(units):
        _warn(f"--first {path}: {len(units) - len(found)} of {len(units)} are not among the pairs here; left out")
    return found


def _say_end(sitting: "Sitting", pairs: "Pairs", bench: "Bench", data_dir: Path) -> None:
    """How many votes, where they are, and what to do with them; who won is said when nothing is left to vote on."""
    votes, total = len(sitting.votes), sitting.total
    new = f", {sitting.given} of them new" if sitting.given != votes else ""
    typer.echo(f"{_counted(votes)} of {total:,}{new}: {sitting.path}")
    if votes < total:
        skipped = f", {sitting.skipped} of them skipped" if sitting.skipped else ""
        typer.echo(f"The same command goes on: {total - votes:,} to go{skipped}.")
    else:
        _print_wins(sitting)
        if total < pairs.count:
            typer.echo(f"There are {pairs.count - total:,} more pairs: --limit {total + 50} asks about some of them.")
    if votes:
        words = ["mtbench", "agreement", "--votes", str(sitting.path)]
        words += ["--bench", bench.name] if bench.name != DEFAULT_BENCH else []
        words += ["--data-dir", str(data_dir)] if data_dir != DEFAULT_DATA_DIR else []
        typer.echo(f"How judges agree with you: {shlex.join(words)}")


def _print_wins(sitting: "Sitting") -> None:
    won, lost, tied = Counter[str](), Counter[str](), Counter[str]()
    for each in sitting.votes.values():
        models = (each.model_a, each.model_b)
        if each.winner == "tie":
            tied.update(models)
        else:
            winner, loser = models if each.winner == "model_a" else reversed(models)
            won[winner] += 1
            lost[loser] += 1
    names = sorted({*won, *lost, *tied}, key=lambda name: (lost[name] - won[name], name))
    typer.echo()
    print_table(
        ("model", "won", "tied", "lost"),
        [(visible(name), str(won[name]), str(tied[name]), str(lost[name])) for name in names],
    )
    typer.echo()


def _counted(votes: int) -> str:
    return f"{votes:,} vote{'' if votes == 1 else 's'}"


def _warn(message: str) -> None:
    typer.echo(visible(f"note: {message}"), err=True)
