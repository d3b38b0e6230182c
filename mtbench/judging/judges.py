"""Running a judge: matches → verdicts, asking only for what its file does not hold."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from mtbench import __version__, files
from mtbench.benches import Bench
from mtbench.chat import ChatModel, Message, Params, Usage, request_hash
from mtbench.chat.spec import ModelSpec
from mtbench.engine import Recall, Stop, all_of, run_all
from mtbench.errors import MtbenchError, RequestError
from mtbench.judging import verdicts
from mtbench.judging.held import Held, JudgeWork
from mtbench.judging.judgments import Common, Reply, pair_judgment, single_judgment
from mtbench.judging.matches import AnswerBook, Match, drawn_order
from mtbench.judging.prompts import JudgePrompt, Material, PromptSet
from mtbench.judging.references import NEED_REFERENCE, NO_REFERENCE, References, check_references
from mtbench.outputs import Output
from mtbench.progress import Lane, Progress
from mtbench.records import Json, Judgment, MadeBy, Question, Where, judgment_from_json


def _nothing(_: Json) -> None:
    return


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


class Judge:
    """One judge model with its prompts, its reference answers, and what its file holds already."""

    def __init__(
        self,
        spec: ModelSpec,
        bench: Bench,
        kind: Literal["single", "pair"],
        settings: JudgeSettings,
        progress: Progress,
    ) -> None:
        self.spec = spec
        self.settings = settings
        self.kind = kind
        self.path = bench.judgments(spec.id, kind)
        self._references = References(bench, spec.id, progress.note)
        self._folder = bench.folder / "reference_answer"
        self._progress = progress
        self._held = Held(settings.rule)

    def check(self, questions: Sequence[Question]) -> None:
        """Finds, before any request, a prompt that the set lacks and a reference answer that is not there."""
        if not self.settings.without_reference:
            check_references(questions, self._references, self.settings.reference_categories, self._folder)
        for question in questions:
            for turn in range(1, len(question.turns) + 1):
                self._prompt(question, turn)

    def load(self) -> None:
        """Reads what the file holds, so that it is not judged again."""
        self._held = Held(self.settings.rule)
        for line, obj in files.read(self.path, self._progress.note):
            judgment = judgment_from_json(obj, Where(self.path, line))
            if judgment.made_by and judgment.made_by.model not in ("", self.spec.full_name):
                raise MtbenchError(
                    f"{self.path} holds judgments of {judgment.made_by.model}, not of {self.spec.full_name}: "
                    "give one of the two an alias in models.yaml"
                )
            self._held.add(judgment)

    def undone(
        self, match: Match, book: AnswerBook, lane: Lane, settle: Callable[[Json], None] = _nothing
    ) -> Iterator[JudgeWork]:
        """The judgments of one match that the file lacks, or holds for another answer, prompt, reference or setting.

        `settle` is told of the work that the file holds.
        """
        prompt, reference, source = self._prompt(match.question, match.turn)
        params = Params(
            self.settings.temperature,
            self.settings.max_tokens,
            schema=prompt.schema,
            extra=self.spec.params,
        )
        for repeat in range(self.settings.repeat):
            games = self._games(match, book, prompt, reference, repeat)
            work = JudgeWork(match, repeat, prompt, games, params, source)
            hashes = tuple(request_hash(self.spec.full_name, messages, params) for messages in games.values())
            if self._held.has(work, hashes, self.settings.reask):
                lane.already += 1
                settle(work.key)
            else:
                yield work

    def _prompt(self, question: Question, turn: int) -> tuple[JudgePrompt, tuple[str, ...], str | None]:
        """The prompt for a turn, with the reference texts up to it and whose they are."""
        mode: Literal["single", "pairwise"] = "single" if self.kind == "single" else "pairwise"
        if question.category not in self.settings.reference_categories:
            return self.settings.prompts.pick(mode, False, turn), (), None
        reference = self._references.of(question)
        if reference is None:
            return self.settings.prompts.pick(mode, False, turn), (), NO_REFERENCE
        return self.settings.prompts.pick(mode, True, turn), reference.turns, reference.source

    def _games(
        self, match: Match, book: AnswerBook, prompt: JudgePrompt, reference: tuple[str, ...], repeat: int
    ) -> dict[str, tuple[Message, ...]]:
        orders = {"g1": match.models, "g2": match.models[::-1]}
        if self.kind == "single":
            del orders["g2"]
        elif self.settings.one_order:
            drawn = drawn_order(match, repeat)
            orders = {drawn: orders[drawn]}
        return {
            game: prompt.render(
                Material(
                    question_turns=match.question.turns[: match.turn],
                    answers=tuple(book.conversation(model, match) for model in models),
                    reference=reference[: match.turn],
                )
            )
            for game, models in orders.items()
        }

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
                async for match in _each(matches):
                    for work in self.undone(match, book, lane, output.settle):
                        yield work

            async def do(work: JudgeWork) -> Judgment:
                known = self._held.replies(work) | output.finished(work.key)
                recall = Recall(model, self.spec.full_name, stop, known, partial(output.keep, work.key))
                recalls[id(work)] = recall
                return await self._judge(work, recall, book)

            def finished(work: JudgeWork, judgment: Judgment) -> None:
                output.add(work.key, judgment.to_json())
                del recalls[id(work)]

            def failed(work: JudgeWork, error: RequestError) -> None:
                recall = recalls.pop(id(work))
                if recall.finished or not error.ends_run:
                    output.fail(work.key, error, recall.finished)

            await run_all(works(), do, room=room, stop=stop, lane=lane, finished=finished, failed=failed)

    async def _judge(self, work: JudgeWork, model: Recall, book: AnswerBook) -> Judgment:
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
        cut = tuple(name for name in work.match.models if book.truncated(name, work.match))
        if self.kind == "single":
            return single_judgment(work, replies["g1"], common, cut)
        return pair_judgment(work, replies, common, cut)

    async def _ask(self, work: JudgeWork, game: str, model: Recall) -> "Reply":
        """Asks for one verdict, and again in the same conversation where the reply holds none."""
        messages, match = work.games[game], work.match
        about = f"question {match.question.question_id}, turn {match.turn}, {' vs '.join(match.models)}"
        about += f", {game}" if self.kind == "pair" else ""
        params = replace(work.params, sample=work.repeat, about=about)
        completion = await model.complete(messages, params)
        reply = Reply(
            request_hash=model.hash(messages, params),
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
