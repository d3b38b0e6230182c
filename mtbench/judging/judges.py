"""Running a judge: matches → verdicts, asking only for what its file does not hold."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from mtbench import __version__
from mtbench.benches import Bench
from mtbench.briefs import judgment_briefs
from mtbench.chat import ChatModel, Message, Params, Usage, request_hasher
from mtbench.chat.spec import ModelSpec
from mtbench.engine import Recall, Stop, all_of, run_all
from mtbench.errors import LeftUndone, MtbenchError, RequestError
from mtbench.files import Lines
from mtbench.indexes import Questions
from mtbench.judging import verdicts
from mtbench.judging.book import AnswerBook
from mtbench.judging.held import Held, JudgeWork, work_key
from mtbench.judging.judgments import Common, Reply, pair_judgment, single_judgment
from mtbench.judging.matches import Match, drawn_order
from mtbench.judging.prompt_set import mark_shared
from mtbench.judging.prompts import JudgePrompt, PromptSet
from mtbench.judging.references import NEED_REFERENCE, NO_REFERENCE, References, check_references
from mtbench.judging.render import Answers
from mtbench.outputs import Output
from mtbench.progress import Lane, Progress
from mtbench.records import Json, Judgment, MadeBy, Question, QuestionId

_BREATHER = 200
"""Matches looked at before others (Ctrl-C, requests that ended) have their turn, where nothing has to be asked."""


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How judges judge. `rule`: which verdict of a reply counts. `reask`: how often to ask again where there is none.

    `one_order`: play one game of a pair, drawn at random, in place of both. `without_reference`: judge questions of
    `reference_categories` that have no reference answer with the plain prompt.
    """

    prompts: PromptSet
    rule: Literal["last", "first"] = "last"
    reask: int = 0
    repeat: int = 1
    one_order: bool = False
    without_reference: bool = False
    reference_categories: Sequence[str] = NEED_REFERENCE
    temperature: float = 0.0
    max_tokens: int = 2048


@dataclass(frozen=True, slots=True)
class _Wording:
    """A prompt, how it is asked, and what names a request with it."""

    prompt: JudgePrompt
    params: Params
    hash_of: Callable[[Sequence[Message]], str]


@dataclass(frozen=True, slots=True)
class _Task:
    """What all judgments of one turn share: how answers are put before the judge, and whose reference beside them."""

    wording: _Wording
    render: Callable[[Answers], tuple[Message, ...]]
    source: str | None


class Judge:
    """One judge model with its prompts, its reference answers, and what its file holds already.

    `matches_a_turn`: how many matches there are about each turn of a question.
    """

    def __init__(
        self,
        spec: ModelSpec,
        bench: Bench,
        kind: Literal["single", "pair"],
        settings: JudgeSettings,
        progress: Progress,
        references: References,
        matches_a_turn: int,
    ) -> None:
        self.spec = spec
        self.settings = settings
        self.kind = kind
        self.path = bench.judgments(spec.id, kind)
        self._references = references
        self._progress = progress
        games = 2 if kind == "pair" and not settings.one_order else 1
        self._sharing = matches_a_turn * games * settings.repeat
        self._held = Held(Lines(self.path), settings.rule)
        self._wordings: dict[tuple[bool, int], _Wording] = {}
        self._tasks: dict[tuple[QuestionId, int], _Task] = {}

    def check(self, questions: Questions) -> None:
        """Finds, before any request, a prompt that the set lacks and a reference answer that is not there."""
        settings, file = self.settings, questions.file
        if not settings.without_reference:
            check_references(questions, self._references, self.spec.id, settings.reference_categories)
        kinds = dict[tuple[bool, int], None]()
        for row, category in zip(questions.rows, file.categories(questions.rows), strict=True):
            guided = category in settings.reference_categories
            if guided and settings.without_reference:
                guided = self._references.of(file.read(row), self.spec.id) is not None
            kinds[guided, file.turns[row]] = None
        for guided, turns in kinds:
            for turn in range(1, turns + 1):
                self._wording(guided, turn)

    def load(self) -> None:
        """Reads what the file holds, so that it is not judged again."""
        lines = Lines(self.path)
        self._held = Held(lines, self.settings.rule)
        ours = "", self.spec.full_name
        for line in judgment_briefs(lines, self._progress.note):
            if line.by.maker not in ours:
                raise MtbenchError(
                    f"{self.path} holds judgments of {line.by.maker}, not of {self.spec.full_name}: "
                    "give one of the two an alias in models.yaml"
                )
            self._held.add(line)

    def undone(
        self, match: Match, book: AnswerBook, lane: Lane, settle: Callable[[Json], None] | None = None
    ) -> Iterator[JudgeWork]:
        """The judgments of one match that the file lacks, or holds for another answer, prompt, reference or setting.

        `settle` is told of the work that the file holds.
        """
        task = self._task(match.question, match.turn)
        prompt, params = task.wording.prompt, task.wording.params
        for repeat in range(self.settings.repeat):
            shown = self._shown(match, book, repeat)
            games: dict[str, tuple[Message, ...]] = {}
            hashes: dict[str, str] = {}
            for game, answers in shown.items():
                games[game] = task.render(answers)
                hashes[game] = task.wording.hash_of(games[game])
            if not self._held.has(match, repeat, prompt.name, games, hashes, self.settings.reask):
                if self._sharing > 1:  # else no other request of the run begins alike
                    games = {game: mark_shared(messages, shown[game]) for game, messages in games.items()}
                cut = tuple(model for model in match.models if book.truncated(model, match))
                yield JudgeWork(match, repeat, prompt, games, hashes, params, task.source, cut)
                continue
            lane.already += 1
            if settle:
                settle(work_key(match, prompt, repeat))

    def _task(self, question: Question, turn: int) -> "_Task":
        """What is the same for all answers to a turn. Matches of one question follow each other, so one is kept."""
        key = question.question_id, turn
        if key not in self._tasks:
            guided = question.category in self.settings.reference_categories
            reference = self._references.of(question, self.spec.id) if guided else None
            wording, asked = self._wording(reference is not None, turn), question.turns[:turn]
            if reference:
                task = _Task(wording, wording.prompt.around(asked, reference.turns[:turn]), reference.source)
            else:
                task = _Task(wording, wording.prompt.around(asked, ()), NO_REFERENCE if guided else None)
            self._tasks = {key: task}
        return self._tasks[key]

    def _wording(self, guided: bool, turn: int) -> "_Wording":
        """The prompt for a turn, and how it is asked."""
        if (guided, turn) not in self._wordings:
            settings = self.settings
            prompt = settings.prompts.pick("single" if self.kind == "single" else "pairwise", guided, turn)
            params = Params(settings.temperature, settings.max_tokens, schema=prompt.schema, extra=self.spec.params)
            hash_of = request_hasher(self.spec.full_name, params)
            self._wordings[guided, turn] = _Wording(prompt, params, hash_of)
        return self._wordings[guided, turn]

    def _shown(self, match: Match, book: AnswerBook, repeat: int) -> dict[str, Answers]:
        """The answers that the judge is shown in each game, in the order shown."""
        if self.kind == "single":
            return {"g1": (book.conversation(match.models[0], match),)}
        answers: Answers = [book.conversation(model, match) for model in match.models]
        games = {"g1": answers, "g2": answers[::-1]}
        if self.settings.one_order:
            drawn = drawn_order(match, repeat)
            return {drawn: games[drawn]}
        return games

    async def run(
        self,
        model: ChatModel,
        matches: Iterable[Match] | AsyncIterator[Match],
        book: AnswerBook,
        *,
        room: Callable[[], int],
        stop: Stop,
    ) -> None:
        """Judges every match that comes and is not judged yet; verdicts go to the judge's file one by one."""
        lane = self._progress.lane("verdicts")
        recalls: dict[int, Recall] = {}
        async with Output(self.path, self._progress.note, stop) as output:
            self.load()

            async def works() -> AsyncIterator[JudgeWork]:
                passed_over = 0
                settle = output.settle if output.unfinished else None
                async for match in _each(matches):
                    for work in self.undone(match, book, lane, settle):
                        yield work
                    passed_over += 1
                    if passed_over % _BREATHER == 0:
                        await asyncio.sleep(0)

            async def do(work: JudgeWork) -> Judgment:
                known = self._held.replies(work) | output.finished(work.key)
                recall = Recall(model, self.spec.full_name, stop, known, partial(output.keep, work.key))
                recalls[id(work)] = recall
                return await self._judge(work, recall)

            def finished(work: JudgeWork, judgment: Judgment) -> None:
                output.add(work.key, judgment.to_json())
                del recalls[id(work)]

            def failed(work: JudgeWork, error: RequestError) -> None:
                recall = recalls.pop(id(work))
                if isinstance(error, LeftUndone):
                    recall.keep_new()
                elif recall.finished or not error.leaves_undone:
                    output.fail(work.key, error, recall.finished)

            await run_all(works(), do, room=room, stop=stop, lane=lane, finished=finished, failed=failed)

    async def _judge(self, work: JudgeWork, model: Recall) -> Judgment:
        asked_all = await all_of(self._ask(work, game, model) for game in work.games)
        replies = dict(zip(work.games, asked_all, strict=True))
        adapted = dict.fromkeys(name for reply in replies.values() for name in reply.adapted)
        asked = {name: value for name, value in work.params.asked().items() if name != "schema"}
        made_by = MadeBy(
            self.spec.provider, self.spec.full_name, self.spec.base_url, asked, tuple(adapted), __version__
        )
        common = Common(
            judge=(self.spec.id, work.prompt.name),
            made_by=made_by,
            prompt_hash=work.prompt.hash,
            usage=sum((reply.usage for reply in replies.values()), Usage()),
            reference=work.reference,
            repeat=work.repeat,
            reasked=max(reply.reasked for reply in replies.values()),
            verdict_rule=None if self.settings.rule == "last" else self.settings.rule,
        )
        if self.kind == "single":
            return single_judgment(work, replies["g1"], common, work.cut)
        return pair_judgment(work, replies, common, work.cut)

    async def _ask(self, work: JudgeWork, game: str, model: Recall) -> "Reply":
        """Asks for one verdict, and again in the same conversation where the reply holds none."""
        messages, match = work.games[game], work.match
        about = f"question {match.question.question_id}, turn {match.turn}, {' vs '.join(match.models)}"
        about += f", {game}" if self.kind == "pair" else ""
        params = replace(work.params, sample=work.repeat, about=about)
        completion = await model.ask(work.hashes[game], messages, params)
        reply = Reply(
            request_hash=work.hashes[game],
            text=completion.text,
            verdict=verdicts.parse(completion.text, work.prompt, self.settings.rule),
            completion=completion,
            usage=completion.usage,
            adapted=completion.adapted,
        )
        conversation = list(messages)
        while reply.verdict is None and reply.reasked < self.settings.reask:
            conversation += [Message("assistant", completion.text), Message("user", _reask_text(work.prompt))]
            completion = await model.complete(conversation, params)
            reply = replace(
                reply,
                text=f"{reply.text}\n\n{completion.text}",
                verdict=verdicts.parse(completion.text, work.prompt, self.settings.rule),
                usage=reply.usage + completion.usage,
                adapted=(*reply.adapted, *completion.adapted),
                reasked=reply.reasked + 1,
            )
        return reply


def _reask_text(prompt: JudgePrompt) -> str:
    form = "the JSON object asked for" if prompt.schema else f"the form {prompt.output_format}"
    return f"Your reply holds no verdict that can be read. Give your final verdict now, and only that, in {form}."


async def _each(matches: Iterable[Match] | AsyncIterator[Match]) -> AsyncIterator[Match]:
    if isinstance(matches, AsyncIterator):
        async for match in matches:
            yield match
    else:
        for match in matches:
            yield match
