"""Whole jobs: answers alone, judgments alone, and both at once with each turn judged as soon as it exists."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from mtbench import answers, files
from mtbench.answers import AnswerSettings
from mtbench.benches import Bench, load_answers, question_hash
from mtbench.chat import ChatModel, Completion
from mtbench.chat.budget import Budget
from mtbench.chat.limits import Limiter
from mtbench.chat.open import open_model
from mtbench.chat.spec import Limits, ModelSpec
from mtbench.engine import Stop
from mtbench.errors import Interrupted, MtbenchError
from mtbench.judging.judges import Judge, JudgeSettings
from mtbench.judging.matches import AnswerBook, Contestants, Match, all_matches, contests
from mtbench.progress import Progress
from mtbench.records import FASTCHAT_ERROR, Answer, Question, QuestionId

LOCAL_PARALLEL = 2
"""Requests in flight to a model that runs on this machine, when neither the command nor the alias says otherwise."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the models of a job are asked. Limits that are set here go before an alias's own.

    `timeout`: seconds for one request; `deadline`: seconds for the whole run. `budget` in US dollars. `cache`: folder
    of replies that need not be asked for.
    """

    limits: Limits = field(default_factory=Limits)
    timeout: float = 600.0
    deadline: float | None = None
    budget: float | None = None
    max_requests: int | None = None
    wait_when_limited: bool = True
    cache: Path | None = None
    keep_thinking: bool = False


class Session:
    """What the parts of one job share: counts for the display, the stop, the budget, and how models are opened."""

    def __init__(self, asking: Asking | None = None) -> None:
        self.asking = asking or Asking()
        self.progress = Progress()
        self.stop = Stop()
        self._budget = Budget(self.asking.budget, self.asking.max_requests, self.stop.sleep)
        self._models: dict[str, ChatModel] = {}
        self._limiters: dict[tuple[str, str | None], Limiter] = {}
        self._stack = AsyncExitStack()

    def open(self, spec: ModelSpec) -> ChatModel:
        """The model behind a spec, opened once and closed with the session."""
        if spec.id not in self._models:
            asking, progress = self.asking, self.progress
            model = open_model(
                replace(spec, limits=self._limits(spec)),
                timeout=asking.timeout,
                keep_thinking=asking.keep_thinking,
                wait_when_limited=asking.wait_when_limited,
                limiter=self._limiter(spec),
                budget=self._budget,
                cache=asking.cache,
                note=progress.note,
                ended=progress.ended,
                retried=progress.retried,
                from_cache=progress.from_cache,
                sleep=self.stop.sleep,
            )
            self._models[spec.id] = model
            self._stack.push_async_callback(model.aclose)
        return self._models[spec.id]

    def room(self, spec: ModelSpec) -> Callable[[], int]:
        """How many pieces of work may be under way for a model, asked anew each time."""
        return self._limiter(spec).room

    def _limiter(self, spec: ModelSpec) -> Limiter:
        """One for each model at each endpoint: an alias beside it shares it."""
        name = (spec.full_name, spec.base_url)
        if name not in self._limiters:
            sleep, note = self.stop.sleep, self.progress.note
            self._limiters[name] = Limiter(spec.id, self._limits(spec), sleep=sleep, note=note)
        self.progress.limiters[spec.id] = self._limiters[name]
        return self._limiters[name]

    def _limits(self, spec: ModelSpec) -> Limits:
        asked, own = self.asking.limits, spec.limits
        local = LOCAL_PARALLEL if spec.provider == "local" else None
        return Limits(asked.parallel or own.parallel or local, asked.rpm or own.rpm, asked.tpm or own.tpm)

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()


@dataclass(frozen=True, slots=True)
class JudgeJob:
    """Who judges whom: `kind` of file, and the models that meet."""

    judges: Sequence[ModelSpec]
    contestants: Sequence[Contestants]
    kind: Literal["single", "pair"]
    settings: JudgeSettings

    @classmethod
    def plan(
        cls,
        mode: str,
        judges: Sequence[ModelSpec],
        models: Sequence[str],
        baseline: str | None,
        settings: JudgeSettings,
    ) -> "JudgeJob":
        """Raises MtbenchError when the mode has nobody to compare."""
        kind: Literal["single", "pair"] = "single" if mode == "single" else "pair"
        return cls(judges, contests(mode, models, baseline), kind, settings)

    def open_judges(self, bench: Bench, questions: Sequence[Question], progress: Progress) -> list[Judge]:
        """The judges, checked: every prompt and every reference answer that they will need is there."""
        judges = [Judge(spec, bench, self.kind, self.settings, progress) for spec in self.judges]
        for judge in judges:
            judge.check(questions)
        return judges

    @property
    def models(self) -> list[str]:
        return list(dict.fromkeys(model for models in self.contestants for model in models))


def answered_models(bench: Bench) -> list[str]:
    """The models that have answers, by id."""
    there = files.model_files(bench.folder / "model_answer")
    return [model for model, path in there.items() if path.exists() and path.stat().st_size]


def load_book(
    bench: Bench, models: Iterable[str], questions: Sequence[Question], warn: Callable[[str], None]
) -> AnswerBook:
    """The answers on disk, without those to a question whose text has changed since, which are said.

    Raises MtbenchError naming a model that has none, and the models that have some.
    """
    book = AnswerBook()
    hashes = {question.question_id: question_hash(question) for question in questions}
    for model in models:
        found = load_answers(bench.answers(model), warn)
        if not found:
            there = ", ".join(answered_models(bench)) or "none yet"
            raise MtbenchError(
                f"no answers by {model}: {bench.answers(model)} does not exist or is empty. Models with answers: "
                f"{there}. `mtbench gen-answers --model …` makes them"
            )
        asked = [answer for answer in found.values() if answer.question_id in hashes]
        current = [answer for answer in asked if answer.question_hash in (None, hashes[answer.question_id])]
        broken = [answer for answer in current if FASTCHAT_ERROR in answer.choices[0].turns]
        if broken:
            warn(f"{model}: answers that are FastChat's mark of a failed request, not judged: {len(broken)}")
        if len(current) < len(asked):
            warn(f"{model}: answers to an older text of their question, not judged: {len(asked) - len(current)}")
        book.add_answers(model, [answer for answer in current if answer not in broken])
    return book


def stored_answers(
    bench: Bench, job: "JudgeJob", questions: Sequence[Question], warn: Callable[[str], None] | None = None
) -> AnswerBook:
    """The answers on disk that a run will keep: those to the questions as they stand now."""
    book = AnswerBook()
    for model in job.models:
        book.add_answers(model, _kept(load_answers(bench.answers(model), warn), questions))
    return book


def _kept(held: dict[QuestionId, Answer], questions: Sequence[Question]) -> list[Answer]:
    """The answers that gen-answers would keep as they are."""
    return [
        held[question.question_id]
        for question in questions
        if question.question_id in held and not answers.missing([question], held, AnswerSettings())
    ]


def ready_matches(
    job: JudgeJob, questions: Sequence[Question], book: AnswerBook, progress: Progress
) -> Iterator[Match]:
    """The matches whose answers exist; those that lack one are counted and said."""
    lacking: dict[str, int] = {}
    for match in all_matches(questions, job.contestants):
        if book.has(match):
            yield match
        else:
            name = " vs ".join(match.models)
            lacking[name] = lacking.get(name, 0) + 1
    for name, count in lacking.items():
        progress.note(f"{name}: {count} turns cannot be judged because their answers are missing")


async def generate(
    session: Session, bench: Bench, specs: Sequence[ModelSpec], questions: Sequence[Question], settings: AnswerSettings
) -> None:
    """Answers by every model, all models at once."""
    async with asyncio.TaskGroup() as group:
        for spec in specs:
            group.create_task(_answer(session, bench, spec, questions, settings, None))


async def judge(session: Session, bench: Bench, job: JudgeJob, questions: Sequence[Question], book: AnswerBook) -> None:
    """Verdicts by every judge on the answers on disk, all judges at once."""
    judges = job.open_judges(bench, questions, session.progress)
    matches = list(ready_matches(job, questions, book, session.progress))
    session.progress.lane("verdicts").total += len(matches) * len(judges) * job.settings.repeat
    async with asyncio.TaskGroup() as group:
        for each in judges:
            group.create_task(_judge(session, each, matches, book))


async def run(
    session: Session,
    bench: Bench,
    specs: Sequence[ModelSpec],
    questions: Sequence[Question],
    settings: AnswerSettings,
    job: JudgeJob,
) -> None:
    """Answers and verdicts at once: a match is judged as soon as the turns that it compares exist."""
    judges = job.open_judges(bench, questions, session.progress)
    book = stored_answers(bench, job, questions, session.progress.note)
    feed = _Feed(job, questions, book, [asyncio.Queue() for _ in judges])
    matches = len(job.contestants) * sum(len(question.turns) for question in questions)
    session.progress.lane("answers")
    session.progress.lane("verdicts").total += matches * len(judges) * job.settings.repeat

    async def answer_all() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for spec in specs:
                    group.create_task(_answer(session, bench, spec, questions, settings, feed))
        finally:
            feed.close()

    feed.offer_all()
    session.stop.then(feed.close)
    async with asyncio.TaskGroup() as group:
        group.create_task(answer_all())
        for each, queue in zip(judges, feed.queues, strict=True):
            group.create_task(_judge(session, each, _drain(queue), book))
    if not session.stop.requested:
        list(ready_matches(job, questions, book, session.progress))  # says what lacks an answer, a baseline's perhaps


class _Feed:
    """Passes each match to every judge once, when its answers exist."""

    def __init__(
        self,
        job: JudgeJob,
        questions: Sequence[Question],
        book: AnswerBook,
        queues: Sequence["asyncio.Queue[Match | None]"],
    ) -> None:
        self._job, self._questions, self._book, self.queues = job, questions, book, queues
        self._offered: set[tuple[object, ...]] = set()

    def on_turn(self, model: str, question: Question, turn: int, reply: Completion) -> None:
        self._book.add_turn(model, question.question_id, turn, reply.text, reply.truncated)
        for models in self._job.contestants:
            if model in models:
                self._offer(Match(question, turn, models))

    def on_file(self, model: str, held: dict[QuestionId, Answer]) -> None:
        """Takes what stands in the model's file once it is done: another run may have written some of it."""
        self._book.add_answers(model, _kept(held, self._questions))
        self.offer_all()

    def offer_all(self) -> None:
        for match in all_matches(self._questions, self._job.contestants):
            self._offer(match)

    def _offer(self, match: Match) -> None:
        key = (match.question.question_id, match.turn, match.models)
        if key not in self._offered and self._book.has(match):
            self._offered.add(key)
            for queue in self.queues:
                queue.put_nowait(match)

    def close(self) -> None:
        for queue in self.queues:
            queue.put_nowait(None)


async def _drain(queue: "asyncio.Queue[Match | None]") -> AsyncIterator[Match]:
    while (match := await queue.get()) is not None:
        yield match


async def _answer(
    session: Session,
    bench: Bench,
    spec: ModelSpec,
    questions: Sequence[Question],
    settings: AnswerSettings,
    feed: _Feed | None,
) -> None:
    def on_turn(question: Question, turn: int, reply: Completion) -> None:
        if feed:
            feed.on_turn(spec.id, question, turn, reply)

    with suppress(Interrupted):  # a stop while another run held the file: nothing was begun
        await answers.generate(
            spec,
            session.open(spec),
            bench,
            questions,
            settings,
            room=session.room(spec),
            stop=session.stop,
            progress=session.progress,
            on_turn=on_turn,
        )
    if feed:
        feed.on_file(spec.id, load_answers(bench.answers(spec.id)))


async def _judge(
    session: Session, judge: Judge, matches: Iterable[Match] | AsyncIterator[Match], book: AnswerBook
) -> None:
    with suppress(Interrupted):  # a stop while another run held the file: nothing was begun
        await judge.run(
            session.open(judge.spec),
            matches,
            book,
            room=session.room(judge.spec),
            stop=session.stop,
        )
