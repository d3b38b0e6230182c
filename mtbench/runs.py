"""Whole jobs: answers alone, judgments alone, and both at once with each turn judged as soon as it exists."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from mtbench import answers, files
from mtbench.answers import AnswerSettings
from mtbench.benches import Bench
from mtbench.chat import ChatModel
from mtbench.chat.budget import Budget
from mtbench.chat.limits import Limiter
from mtbench.chat.open import open_model
from mtbench.chat.spec import Limits, ModelSpec
from mtbench.chat.ways import Way
from mtbench.engine import Stop
from mtbench.errors import Interrupted, LimitReached, MtbenchError, RequestError
from mtbench.indexes import FAILED, STALE, AnswerFile, Questions
from mtbench.judging.book import AnswerBook
from mtbench.judging.feed import Feed
from mtbench.judging.judges import Judge, JudgeSettings
from mtbench.judging.matches import Contestants, Match, contests
from mtbench.judging.references import References
from mtbench.progress import Progress

LOCAL_PARALLEL = 2
"""Requests in flight to a model that runs on this machine, when neither the command nor the alias says otherwise."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the models of a job are asked. Limits that are set here go before an alias's own.

    `timeout`: seconds for one request; `deadline`: seconds for the whole run. `budget` in US dollars. `cache`: folder
    of replies that need not be asked for. `way`: how models are asked if not by live requests.
    """

    limits: Limits = field(default_factory=Limits)
    timeout: float = 600.0
    deadline: float | None = None
    budget: float | None = None
    max_requests: int | None = None
    wait_when_limited: bool = True
    cache: Path | None = None
    keep_thinking: bool = False
    way: Way | None = None


class Session:
    """What the parts of one job share: counts for the display, stops, the budget, and how models are opened.

    `stop` is that of the whole job; each model has its own within it.
    """

    def __init__(self, asking: Asking | None = None) -> None:
        self.asking = asking or Asking()
        self.progress = Progress()
        self.stop = Stop()
        self._budget = Budget(self.asking.budget, self.asking.max_requests, self.stop.sleep)
        self._models: dict[str, ChatModel] = {}
        self._shared: dict[tuple[str | None, ...], tuple[Limiter, Stop]] = {}
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
                limiter=self._share(spec)[0],
                budget=self._budget,
                cache=asking.cache,
                way=asking.way,
                note=progress.note,
                ended=progress.ended,
                retried=progress.retried,
                from_cache=progress.from_cache,
                sleep=partial(self._sleep_in_jobs, spec) if asking.way else self.stop_of(spec).sleep,
            )
            self._models[spec.id] = model
            self._stack.push_async_callback(model.aclose)
        return self._models[spec.id]

    def room(self, spec: ModelSpec) -> Callable[[], int]:
        """How many pieces of work may be under way for a model, asked anew each time."""
        way = self.asking.way
        return (lambda: way.room) if way else self._share(spec)[0].room

    def stop_of(self, spec: ModelSpec) -> Stop:
        """What ends the model's part of the job."""
        return self._share(spec)[1]

    @property
    def errors(self) -> list[RequestError]:
        """What ended the job, or models' parts of it."""
        stops = [self.stop, *(stop for _, stop in self._shared.values())]
        return list(dict.fromkeys(stop.error for stop in stops if stop.error))

    def _share(self, spec: ModelSpec) -> tuple[Limiter, Stop]:
        """One pair for each model at each endpoint: an alias beside it shares it, unless it has another key."""
        name = (spec.full_name, spec.base_url, spec.key_env)
        if name not in self._shared:
            stop = Stop(self.stop)
            stop.then(lambda: self._note_end(stop))
            limiter = Limiter(spec.id, self._limits(spec), sleep=stop.sleep, note=self.progress.note)
            self._shared[name] = limiter, stop
        if not self.asking.way:
            self.progress.limiters[spec.id] = self._shared[name][0]
        return self._shared[name]

    async def _sleep_in_jobs(self, spec: ModelSpec, seconds: float) -> None:
        """Waits until a person stops the run; when a limit does, what was taken on before is still done."""
        stop = self.stop_of(spec)
        if isinstance(stop.error, LimitReached):
            await asyncio.sleep(seconds)
            return
        try:
            await stop.sleep(seconds)
        except Interrupted:
            if not isinstance(stop.error, LimitReached):
                raise

    def _note_end(self, stop: Stop) -> None:
        if stop.error and not self.stop.requested and len(self._shared) > 1:
            self.progress.note(f"{stop.error}; its part ends here, the rest goes on")

    def _limits(self, spec: ModelSpec) -> Limits:
        asked, own = self.asking.limits, spec.limits
        local = LOCAL_PARALLEL if spec.provider == "local" else None
        return Limits(asked.parallel or own.parallel or local, asked.rpm or own.rpm, asked.tpm or own.tpm)

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self.asking.way and kind is None:
                self.asking.way.settle()
        finally:
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

    def open_judges(self, bench: Bench, questions: Questions, progress: Progress) -> list[Judge]:
        """The judges, checked: every prompt and every reference answer that they will need is there."""
        references, met = References(bench, questions, progress.note), len(self.contestants)
        judges = [Judge(spec, bench, self.kind, self.settings, progress, references, met) for spec in self.judges]
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


def load_book(bench: Bench, models: Iterable[str], questions: Questions, warn: Callable[[str], None]) -> AnswerBook:
    """The answers on disk, without those to a question whose text has changed since, which are said.

    Raises MtbenchError naming a model that has none, and the models that have some.
    """
    book = AnswerBook(questions)
    for model in models:
        found = AnswerFile(bench.answers(model), questions, warn)
        if not found:
            there = ", ".join(answered_models(bench)) or "none yet"
            raise MtbenchError(
                f"no answers by {model}: {bench.answers(model)} does not exist or is empty. Models with answers: "
                f"{there}. `mtbench gen-answers --model …` makes them"
            )
        states = Counter(found.states[row] for row in questions.rows)
        if states[FAILED]:
            warn(f"{model}: answers that are FastChat's mark of a failed request, not judged: {states[FAILED]}")
        if states[STALE]:
            warn(f"{model}: answers to an older text of their question, not judged: {states[STALE]}")
        book.add_file(model, found)
    return book


def add_stored(
    book: AnswerBook, bench: Bench, job: "JudgeJob", questions: Questions, warn: Callable[[str], None] | None = None
) -> None:
    """Adds the answers on disk that a run will keep: whole ones, to the questions as they stand now."""
    for model in job.models:
        found = AnswerFile(bench.answers(model), questions, warn)
        found.leave_out_parts()
        book.add_file(model, found)


def count_ready(job: JudgeJob, book: AnswerBook, progress: Progress) -> int:
    """How many matches are ready; says how many others lack an answer."""
    ready, lacking = book.count(job.contestants)
    for models, count in lacking.items():
        progress.note(f"{' vs '.join(models)}: {count} turns cannot be judged because their answers are missing")
    return ready


async def generate(
    session: Session, bench: Bench, specs: Sequence[ModelSpec], questions: Questions, settings: AnswerSettings
) -> None:
    """Answers by every model, all models at once."""
    async with asyncio.TaskGroup() as group:
        for spec in specs:
            group.create_task(_answer(session, bench, spec, questions, settings, None))


async def judge(session: Session, bench: Bench, job: JudgeJob, questions: Questions, book: AnswerBook) -> None:
    """Verdicts by every judge on the answers on disk, all judges at once."""
    judges = job.open_judges(bench, questions, session.progress)
    matches = count_ready(job, book, session.progress)
    session.progress.lane("verdicts").total += matches * len(judges) * job.settings.repeat
    async with asyncio.TaskGroup() as group:
        for each in judges:
            group.create_task(_judge(session, each, book.ready(job.contestants), book))


async def run(
    session: Session,
    bench: Bench,
    specs: Sequence[ModelSpec],
    questions: Questions,
    settings: AnswerSettings,
    job: JudgeJob,
) -> None:
    """Answers and verdicts at once: a match is judged as soon as the turns that it compares exist."""
    judges = job.open_judges(bench, questions, session.progress)
    book = AnswerBook(questions)
    add_stored(book, bench, job, questions, session.progress.note)
    feed = Feed(questions, job.contestants, book)
    matches = len(job.contestants) * sum(questions.file.turns[row] for row in questions.rows)
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
        for each in judges:
            group.create_task(_judge(session, each, feed.matches(), book))
    if not session.stop.requested:
        count_ready(job, book, session.progress)  # says what lacks an answer, a baseline's perhaps


async def run_until(
    session: Session,
    bench: Bench,
    specs: Sequence[ModelSpec],
    parts: Iterable[Questions],
    settings: AnswerSettings,
    job: JudgeJob,
    is_enough: Callable[[int], bool],
) -> None:
    """`run`, one part of the questions after the other, until `is_enough` says so of how many are done.

    It is not asked again once something was left undone, as what is missing is seldom a fair sample.
    """
    done = 0
    for part in parts:
        await run(session, bench, specs, part, settings, job)
        done += len(part)
        lanes = session.progress.lanes.values()
        if session.stop.requested or session.errors or any(lane.failed or lane.undone for lane in lanes):
            return
        if is_enough(done):
            return


async def _answer(
    session: Session,
    bench: Bench,
    spec: ModelSpec,
    questions: Questions,
    settings: AnswerSettings,
    feed: Feed | None,
) -> None:
    with suppress(Interrupted):  # a stop while another run held the file: nothing was begun
        await answers.generate(
            spec,
            session.open(spec),
            bench,
            questions,
            settings,
            room=session.room(spec),
            stop=session.stop_of(spec),
            progress=session.progress,
            watcher=feed,
        )


async def _judge(
    session: Session, judge: Judge, matches: Iterable[Match] | AsyncIterator[Match], book: AnswerBook
) -> None:
    with suppress(Interrupted):  # a stop while another run held the file: nothing was begun
        await judge.run(
            session.open(judge.spec),
            matches,
            book,
            room=session.room(judge.spec),
            stop=session.stop_of(judge.spec),
        )
