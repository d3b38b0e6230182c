"""--dry-run: what would be asked, with estimated tokens and price; nothing is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import typer

from mtbench.answers import AnswerSettings, missing
from mtbench.benches import Bench, load_answers
from mtbench.chat import Usage
from mtbench.chat.prices import estimate_tokens, price_of
from mtbench.chat.spec import ModelSpec
from mtbench.judging.matches import AnswerBook, Match, all_matches
from mtbench.progress import Lane, Progress
from mtbench.records import Question
from mtbench.runs import JudgeJob, load_book, ready_matches, stored_answers


@dataclass
class Estimate:
    """Requests to one model, added up. Each is priced by itself: some prices depend on a request's length."""

    spec: ModelSpec
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0

    def add(self, tokens_in: int, tokens_out: int, times: int = 1) -> None:
        usage = Usage(tokens_in, tokens_out)
        price = price_of(self.spec, usage)
        self.requests += times
        self.usage += Usage(tokens_in * times, tokens_out * times)
        self.cost = None if price is None or self.cost is None else self.cost + price * times

    def __str__(self) -> str:
        cost = "price unknown (set one in models.yaml)" if self.cost is None else f"${self.cost:.2f}"
        return (
            f"{self.requests} requests, at most about {self.usage.input:,} tokens in and {self.usage.output:,} out, "
            f"{cost}. Nothing was sent."
        )


def print_answer_plan(
    bench: Bench, specs: Sequence[ModelSpec], questions: Sequence[Question], settings: AnswerSettings
) -> None:
    """What each model would be asked; its answers count at the longest they can become."""
    for spec in specs:
        works = missing(questions, load_answers(bench.answers(spec.id)), settings)
        estimate = Estimate(spec)
        for work in works:
            for turn in range(1, len(work.question.turns) + 1):
                asked = [settings.system_prompt or "", *work.question.turns[:turn]]
                tokens = sum(map(estimate_tokens, asked)) + (turn - 1) * settings.longest
                estimate.add(tokens, settings.longest, len(work.indices))
        done = len(questions) - len(works)
        typer.echo(f"{spec.id} would answer {len(works)} of {len(questions)} questions ({done} done): {estimate}")


def print_judge_plan(
    bench: Bench, job: JudgeJob, questions: Sequence[Question], sampling: AnswerSettings | None = None
) -> None:
    """What each judge would be asked. With `sampling`, answers still to come count at the longest they can be."""
    progress = Progress()
    if sampling:
        book = stored_answers(bench, job, questions)
        matches = list(all_matches(questions, job.contestants))
        _imagine(book, matches, sampling)
    else:
        book = load_book(bench, job.models, questions, progress.note)
        matches = list(ready_matches(job, questions, book, progress))
    for judge in job.open_judges(bench, questions, progress):
        judge.load()
        lane, judgments, estimate = Lane("verdicts"), 0, Estimate(judge.spec)
        for match in matches:
            for work in judge.undone(match, book, lane):
                judgments += 1
                for messages in work.games.values():
                    asked = sum(estimate_tokens(message.content) for message in messages)
                    estimate.add(asked, job.settings.max_tokens, 1 + job.settings.reask)
        typer.echo(f"{judge.spec.id} would make {judgments} judgments ({lane.already} done): {estimate}")
    for note in progress.notes:
        typer.echo(f"note: {note}", err=True)


def _imagine(book: AnswerBook, matches: Sequence[Match], sampling: AnswerSettings) -> None:
    """Fills the book up with answers of the greatest length."""
    for match in matches:
        for model in match.models:
            if not book.has(Match(match.question, match.turn, (model,))):
                book.add_turn(model, match.question.question_id, match.turn, "word" * sampling.longest, False)
