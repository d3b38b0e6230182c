"""--dry-run: what would be asked, with estimated tokens and price; nothing is sent."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from mtbench.answers import AnswerSettings, missing
from mtbench.benches import Bench
from mtbench.chat import Usage
from mtbench.chat.prices import batch_pricing, estimate_tokens, pricing
from mtbench.chat.spec import ModelSpec
from mtbench.indexes import AnswerFile, Questions, Turns
from mtbench.judging.book import AnswerBook
from mtbench.judging.matches import Match
from mtbench.progress import Lane, Progress
from mtbench.records import QuestionId
from mtbench.runs import JudgeJob, add_stored, count_ready, load_book

if TYPE_CHECKING:
    from mtbench.cli.options import Asking

Pricing = Callable[[ModelSpec], Callable[[Usage], float | None]]
"""How requests to a model are priced."""


def prices_of(asking: "Asking") -> Pricing:
    """What the options make of prices."""
    return batch_pricing if asking.batch else pricing


@dataclass
class Estimate:
    """Requests to one model, added up. Each is priced by itself: some prices depend on a request's length."""

    price: Callable[[Usage], float | None]
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0

    def add(self, tokens_in: int, tokens_out: int, times: int = 1) -> None:
        usage = Usage(tokens_in, tokens_out)
        price = self.price(usage)
        self.requests += times
        self.usage += Usage(tokens_in * times, tokens_out * times)
        self.cost = None if price is None or self.cost is None else self.cost + price * times

    def __str__(self) -> str:
        cost = "price unknown (set one in models.yaml)" if self.cost is None else f"${self.cost:.2f}"
        tokens = f"{self.usage.input:,} tokens in and {self.usage.output:,} out"
        return f"{self.requests} requests, at most about {tokens}, {cost}"


def print_answer_plan(
    bench: Bench,
    specs: Sequence[ModelSpec],
    questions: Questions,
    settings: AnswerSettings,
    prices: Pricing = pricing,
) -> None:
    """What each model would be asked; its answers count at the longest they can become."""
    for spec in specs:
        estimate, undone = Estimate(prices(spec)), 0
        for work in missing(questions, AnswerFile(bench.answers(spec.id), questions), settings):
            undone += 1
            for turn in range(1, len(work.question.turns) + 1):
                asked = [settings.system_prompt or "", *work.question.turns[:turn]]
                tokens = sum(map(estimate_tokens, asked)) + (turn - 1) * settings.longest
                estimate.add(tokens, settings.longest, len(work.indices))
        done = len(questions) - undone
        what = f"{spec.id} would answer {undone} of {len(questions)} questions ({done} done)"
        typer.echo(f"{what}: {estimate}. Nothing was sent.")


def print_judge_plan(
    bench: Bench,
    job: JudgeJob,
    questions: Questions,
    prices: Pricing = pricing,
    sampling: AnswerSettings | None = None,
) -> None:
    """What each judge would be asked. With `sampling`, answers still to come count at the longest they can be."""
    for plan in judge_plans(bench, job, questions, prices, say_note, sampling):
        typer.echo(f"{plan}. Nothing was sent.")


def say_note(message: str) -> None:
    """Tells a person what is to be noted."""
    typer.echo(f"note: {message}", err=True)


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """What a judge is to be asked: `judgments` to make, of which each takes a request or more; `done` are on disk."""

    judge: str
    judgments: int
    done: int
    estimate: Estimate

    def __str__(self) -> str:
        return f"{self.judge} would make {self.judgments} judgments ({self.done} done): {self.estimate}"


def judge_plans(
    bench: Bench,
    job: JudgeJob,
    questions: Questions,
    prices: Pricing,
    note: Callable[[str], None],
    sampling: AnswerSettings | None = None,
) -> list[JudgePlan]:
    """The same as data, one of each judge; `note` is told what answers are missing and the like."""
    progress = Progress()
    if sampling:
        book: AnswerBook = _LongestAnswers(questions, "word" * sampling.longest)
        add_stored(book, bench, job, questions)
    else:
        book = load_book(bench, job.models, questions, progress.note)
        count_ready(job, book, progress)
    plans = []
    for judge in job.open_judges(bench, questions, progress):
        judge.load()
        lane, judgments, estimate = Lane("verdicts"), 0, Estimate(prices(judge.spec))
        for match in book.ready(job.contestants):
            for work in judge.undone(match, book, lane):
                judgments += 1
                for messages in work.games.values():
                    asked = sum(estimate_tokens(message.content) for message in messages)
                    estimate.add(asked, job.settings.max_tokens, 1 + job.settings.reask)
        plans.append(JudgePlan(judge.spec.id, judgments, lane.already, estimate))
    for message in progress.notes:
        note(message)
    return plans


def added_up(estimates: Iterable[Estimate]) -> str:
    """Several estimates as one."""
    all_of_them = list(estimates)
    total = Estimate(
        price=lambda _: None,
        requests=sum(each.requests for each in all_of_them),
        usage=sum((each.usage for each in all_of_them), Usage()),
        cost=0.0,
    )
    for each in all_of_them:
        total.cost = None if each.cost is None or total.cost is None else total.cost + each.cost
    return str(total)


class _LongestAnswers(AnswerBook):
    """A book filled up with answers of the greatest length."""

    def __init__(self, questions: Questions, text: str) -> None:
        super().__init__(questions)
        self._text = text

    def turns(self, model: str, question_id: QuestionId) -> int:
        return super().turns(model, question_id) or sys.maxsize

    def answer(self, model: str, match: Match) -> Turns:
        if super().turns(model, match.question.question_id):
            return super().answer(model, match)
        return Turns((self._text,) * match.turn, ())
