"""questions × models → answers: every turn asked in the light of the earlier ones."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import time
from typing import Protocol

from mtbench import __version__, files
from mtbench.benches import Bench
from mtbench.chat import ChatModel, Completion, Message, Params
from mtbench.chat.spec import ModelSpec
from mtbench.engine import Recall, Stop, all_of, run_all
from mtbench.errors import LeftUndone, MtbenchError, RequestError
from mtbench.indexes import AnswerFile, Questions, question_hash
from mtbench.outputs import Output
from mtbench.progress import Progress
from mtbench.records import FASTCHAT_ERROR, Answer, Choice, Json, MadeBy, Question

TEMPERATURES = {
    "writing": 0.7,
    "roleplay": 0.7,
    "extraction": 0.0,
    "math": 0.0,
    "coding": 0.0,
    "reasoning": 0.0,
    "stem": 0.1,
    "humanities": 0.1,
    "arena-hard-200": 0.0,
}
"""Answer temperature by category, as in FastChat; others get DEFAULT_TEMPERATURE."""

DEFAULT_TEMPERATURE = 0.7

OnTurn = Callable[[Question, int, Completion], None]


MAX_TOKENS = 1024
"""Longest answer of a turn when nothing else is said, as in FastChat."""


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How answers are sampled; what is set here goes before an alias's own parameters.

    `max_tokens` None: 1024; `temperature` None: by category; `seed` + choice index is sent when it is set.
    """

    num_choices: int = 1
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    system_prompt: str | None = None

    def params(self, question: Question, spec: ModelSpec, index: int = 0) -> Params:
        """What is asked of `spec` for one choice of `question`; an alias's own parameters go along."""
        given = {
            "temperature": self.temperature,
            "seed": self.seed,
            "max_tokens": self.max_tokens,
            "max_completion_tokens": self.max_tokens,
        }
        extra = {name: value for name, value in spec.params.items() if given.get(name) is None}
        return Params(
            temperature=temperature_for(question, self.temperature),
            max_tokens=self.longest,
            seed=None if self.seed is None else self.seed + index,
            extra=extra,
            sample=index,
        )

    @property
    def longest(self) -> int:
        """Tokens that one turn may take."""
        return MAX_TOKENS if self.max_tokens is None else self.max_tokens


def temperature_for(question: Question, override: float | None) -> float:
    """The override, else what the question requires, else what FastChat has for its category."""
    if override is not None:
        return override
    if question.required_temperature is not None:
        return question.required_temperature
    return TEMPERATURES.get(question.category, DEFAULT_TEMPERATURE)


@dataclass(frozen=True, slots=True)
class AnswerWork:
    """One question that a model still has to answer: which choices, and the answer that it joins."""

    question: Question
    indices: tuple[int, ...]
    answer: Answer | None

    @property
    def key(self) -> Json:
        return {"question_id": self.question.question_id}


def missing(questions: Questions, answers: AnswerFile, settings: AnswerSettings) -> Iterator[AnswerWork]:
    """What a file of answers lacks: questions not answered, answered before their text changed, with fewer choices."""
    for row in questions.rows:
        work = _lacking(questions.file.read(row), answers.answer(row), settings)
        if work:
            yield work


def _lacking(question: Question, answer: Answer | None, settings: AnswerSettings) -> AnswerWork | None:
    if answer and answer.question_hash not in (None, question_hash(question)):
        answer = None
    choices = answer.choices if answer else ()
    have = {choice.index for choice in choices if _is_whole(choice, question)}
    wanted = tuple(index for index in range(settings.num_choices) if index not in have)
    return AnswerWork(question, wanted, answer if have else None) if wanted else None


def _is_whole(choice: Choice, question: Question) -> bool:
    """Whether every turn is answered; FastChat stored failed requests as answers."""
    return len(choice.turns) >= len(question.turns) and FASTCHAT_ERROR not in choice.turns


class Watcher(Protocol):
    """Who is told what a model answers, as it comes to exist."""

    def on_file(self, model: str, answers: AnswerFile) -> None:
        """The model's answers so far; later ones will be put there."""

    def on_turn(self, model: str, question: Question, turn: int, reply: Completion) -> None:
        """A turn (from 1) of the first choice."""

    def on_answer(self, model: str, question: Question) -> None:
        """The whole answer stands in the file."""


async def generate(
    spec: ModelSpec,
    model: ChatModel,
    bench: Bench,
    questions: Questions,
    settings: AnswerSettings,
    *,
    room: Callable[[], int],
    stop: Stop,
    progress: Progress,
    watcher: Watcher | None = None,
) -> None:
    """Asks `model` for the answers that its file lacks, and leaves the file sorted and free of duplicates.

    Raises MtbenchError when the file holds another model's answers, or cannot be written.
    """
    path = bench.answers(spec.id)
    lane = progress.lane("answers")
    async with Output(path, progress.note, stop) as output:
        answers = AnswerFile(path, questions, progress.note)
        check_same_model(spec, answers)
        undone = _settled(spec, questions, answers, settings, output, progress)
        if watcher:
            watcher.on_file(spec.id, answers)
        lane.total += len(questions)
        lane.already += len(questions) - len(undone)
        works = missing(Questions(questions.file, undone), answers, settings)
        recalls: dict[int | str, Recall] = {}

        async def do(work: AnswerWork) -> Answer:
            keep = partial(output.keep, work.key)
            recall = Recall(model, spec.full_name, stop, output.finished(work.key), keep)
            recalls[work.question.question_id] = recall
            return await _answer(work, spec, recall, settings, partial(watcher.on_turn, spec.id) if watcher else None)

        def finished(work: AnswerWork, answer: Answer) -> None:
            answers.put(answer, output.add(work.key, answer.to_json()))
            recalls.pop(answer.question_id)
            if watcher:
                watcher.on_answer(spec.id, work.question)

        def failed(work: AnswerWork, error: RequestError) -> None:
            recall = recalls.pop(work.question.question_id)
            if isinstance(error, LeftUndone):
                recall.keep_new()
            elif recall.finished or not error.leaves_undone:
                output.fail(work.key, error, recall.finished)

        await run_all(works, do, room=room, stop=stop, lane=lane, finished=finished, failed=failed)
        tidied = answers.tidied()
        if tidied:
            output.rewrite(tidied)


def check_same_model(spec: ModelSpec, answers: AnswerFile) -> None:
    """Raises MtbenchError when answers were given by another model under the same short id."""
    if answers.makers <= {"", spec.full_name}:
        return
    for answer in answers.all():
        if answer.made_by and answer.made_by.model not in ("", spec.full_name):
            raise MtbenchError(
                f"{answers.path} holds answers of {answer.made_by.model}, not of {spec.full_name}: "
                "give one of the two an alias in models.yaml"
            )


async def _answer(
    work: AnswerWork, spec: ModelSpec, recall: Recall, settings: AnswerSettings, on_turn: OnTurn | None
) -> Answer:
    question = work.question
    adapted = dict.fromkeys(work.answer.made_by.adapted if work.answer and work.answer.made_by else ())
    choices = {choice.index: choice for choice in work.answer.choices} if work.answer else {}
    asked = settings.params(question, spec).asked()
    if settings.system_prompt:
        asked["system_prompt"] = settings.system_prompt
    conversations = (
        _converse(question, recall, settings.params(question, spec, index), settings, on_turn if index == 0 else None)
        for index in work.indices
    )
    for index, (replies, hashes) in zip(work.indices, await all_of(conversations), strict=True):
        adapted |= dict.fromkeys(name for reply in replies for name in reply.adapted)
        choices[index] = Choice(
            index=index,
            turns=tuple(reply.text for reply in replies),
            finish_reasons=tuple(reply.finish_reason for reply in replies),
            usage=tuple(reply.usage for reply in replies),
            thinking=tuple(reply.thinking for reply in replies),
            request_hashes=tuple(hashes),
        )
    made_by = MadeBy(spec.provider, spec.full_name, spec.base_url, asked, tuple(adapted), __version__)
    earlier = work.answer.made_by if work.answer else None
    if earlier and dict(earlier.params) != asked:
        for index in work.indices:  # the answer keeps what made its first choices; these say what made them
            choices[index] = replace(choices[index], extra={"made_by": made_by.to_json()})
        made_by = earlier
    return Answer(
        question_id=question.question_id,
        answer_id=files.new_id(),
        model_id=spec.id,
        choices=tuple(choices[index] for index in sorted(choices)),
        tstamp=time(),
        made_by=made_by,
        question_hash=question_hash(question),
        extra=work.answer.extra if work.answer else {},
    )


async def _converse(
    question: Question, model: Recall, params: Params, settings: AnswerSettings, on_turn: OnTurn | None
) -> tuple[list[Completion], list[str]]:
    """The replies to all turns, with the hash of the request that each was given for."""
    messages = [Message("system", settings.system_prompt)] if settings.system_prompt else []
    replies: list[Completion] = []
    hashes: list[str] = []
    for number, turn in enumerate(question.turns, 1):
        begins_others = number < len(question.turns) or (number == 1 and settings.num_choices > 1)
        messages.append(Message("user", turn, len(turn) if begins_others else 0))
        hashes.append(model.hash(messages, params))
        about = f"question {question.question_id}, turn {number}"
        reply = await model.ask(hashes[-1], messages, replace(params, about=about))
        messages.append(Message("assistant", reply.text))
        replies.append(reply)
        if on_turn:
            on_turn(question, number, reply)
    return replies, hashes


def _settled(
    spec: ModelSpec,
    questions: Questions,
    answers: AnswerFile,
    settings: AnswerSettings,
    output: Output,
    progress: Progress,
) -> Sequence[int]:
    """Takes what is answered off the list of failures; gives the rows of the rest.

    Says when answers that are kept were sampled with other settings than those asked for now.
    """
    undone = array("L")
    kept = 0
    elsewhere: dict[str, int] = {}
    for row in questions.rows:
        answer = answers.answer(row)
        if answer is None:
            undone.append(row)
            continue
        question = questions.file.read(row)
        if _lacking(question, answer, settings):
            undone.append(row)
        else:
            output.settle({"question_id": question.question_id})
        if answer.made_by and answer.question_hash == question_hash(question):
            if answer.made_by.endpoint != spec.base_url:
                endpoint = answer.made_by.endpoint or "the default endpoint"
                elsewhere[endpoint] = elsewhere.get(endpoint, 0) + 1
            asked = settings.params(question, spec).asked()
            if settings.system_prompt:
                asked["system_prompt"] = settings.system_prompt
            kept += dict(answer.made_by.params) != asked
    for endpoint, count in elsewhere.items():
        progress.note(f"{spec.id}: answers kept from {endpoint}: {count}; is it still the same model?")
    if kept:
        progress.note(
            f"{spec.id}: answers kept that were made with other settings (temperature, tokens, seed or system prompt): "
            f"{kept}; to sample anew, use another alias or remove the file"
        )
    return undone
