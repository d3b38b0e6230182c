"""What a run and a report have to know of the records that are there: a few facts a line, and where it stands.

Nearly all lines are plain enough for wire.py, which is fast. Any other goes through records.py, which says what is
wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from mtbench.files import Lines
from mtbench.records import (
    FASTCHAT_ERROR,
    UNPARSED,
    Answer,
    Judgment,
    MadeBy,
    PairJudgment,
    QuestionId,
    SingleJudgment,
    Where,
    judgment_from_json,
    prompt_set,
    winner_of_both,
)
from mtbench.wire import UNFIT, AnswerLine, PairLine, SingleLine, answer_line, pair_line, single_line


@dataclass(frozen=True, slots=True)
class Instrument:
    """What gave verdicts: a judge with a prompt, and how it was asked. All lines of a file share a few.

    `prompt_hash`: of the prompt's wording. `made_by`: None where FastChat wrote the line. `path`: of the file.
    """

    judge: str
    prompt: str
    prompt_set: str
    prompt_hash: str | None
    verdict_rule: str | None
    made_by: MadeBy | None = field(hash=False)
    path: Path

    @property
    def maker(self) -> str:
        """The full name of the judge model, or ""."""
        return self.made_by.model if self.made_by else ""


class _Brief(Struct, frozen=True, gc=False):
    """What a grade and a pair judgment tell alike; the names are the record's.

    `place`: where the line stands in its file, for `Lines.at`. `models`: as the line has them. `contest`: the same,
    sorted. `truncated`: those of the contest whose answers were cut off. `fastchat_prompts`: names what was sent,
    where FastChat sent it and no request hash does.
    """

    place: int
    question_id: QuestionId
    turn: int
    repeat: int
    models: tuple[str, ...]
    contest: tuple[str, ...]
    by: Instrument
    tstamp: float
    request_hashes: tuple[str, ...]
    fastchat_prompts: int | None
    reference: str | None
    reasked: int
    failed: bool
    has_verdict: bool
    truncated: tuple[str, ...]

    @property
    def unparsed(self) -> bool:
        return not self.has_verdict and not self.failed


class GradeBrief(_Brief, frozen=True, gc=False):
    """A grade."""

    score: float


class PairBrief(_Brief, frozen=True, gc=False):
    """A pair judgment; `winner` is the verdict of both orders."""

    g1_winner: str
    g2_winner: str
    winner: str
    one_order: str | None

    @property
    def points(self) -> float:
        """What the first model of the contest got: 1 for a win, 0.5 for a tie."""
        if self.winner == "tie":
            return 0.5
        return float(self.models[0 if self.winner == "model_1" else 1] == self.contest[0])


JudgmentBrief = GradeBrief | PairBrief


class AnswerBrief(Struct, frozen=True, gc=False):
    """What tells whether an answer can be judged: of its first choice, which is the one that is judged.

    `turns`: how many there are. `failed`: one of them is FastChat's mark of a failed request. `maker`: the full name of
    the model, or "".
    """

    question_id: QuestionId
    turns: int
    failed: bool
    question_hash: str | None
    maker: str


def judgment_briefs(lines: Lines, warn: Callable[[str], None] | None = None) -> Iterator[JudgmentBrief]:
    """The brief of every line. Raises BadRecord for what `records.judgment_from_json` refuses."""
    contests, instruments = _Contests(), dict[object, Instrument]()
    decode: Callable[[bytes], SingleLine | PairLine] = single_line
    for place, number, line in lines.each_raw():
        found: SingleLine | PairLine | Judgment
        by = shared = None
        try:
            found = decode(line)
            shared = found.judge, found.prompt_hash, found.verdict_rule, bytes(found.made_by)
            by = instruments.get(shared)
        except UNFIT:
            pass
        if by is None:
            obj = lines.parse(line, number, warn)
            if obj is None:
                continue
            found = judgment_from_json(obj, Where(lines.path, number))
            by = _instrument(found, lines.path)
            if shared is not None:
                instruments[shared] = by
            decode = single_line if isinstance(found, SingleJudgment) else pair_line
        if isinstance(found, SingleLine | SingleJudgment):
            yield _of_single(found, place, by, contests)
        else:
            yield _of_pair(found, place, by, contests)


def answer_briefs(lines: Lines, warn: Callable[[str], None] | None = None) -> Iterator[tuple[int, AnswerBrief]]:
    """Place and brief of every line. Raises BadRecord for what `records.Answer.from_json` refuses."""
    makers: dict[bytes, str] = {}
    for place, number, line in lines.each_raw():
        maker = made_by = None
        try:
            found = answer_line(line)
            made_by = bytes(found.made_by)
            maker = makers.get(made_by)
        except UNFIT:
            pass
        if maker is not None:
            yield place, _of_answer(found, maker)
            continue
        obj = lines.parse(line, number, warn)
        if obj is not None:
            brief = brief_of_answer(Answer.from_json(obj, Where(lines.path, number)))
            if made_by is not None:
                makers[made_by] = brief.maker
            yield place, brief


def brief_of_answer(answer: Answer) -> AnswerBrief:
    return _of_answer(answer, answer.made_by.model if answer.made_by else "")


def prompts_hash(prompt: str, user_prompts: list[str]) -> int:
    """Names what FastChat sent: a prompt and its texts, in any order. Not the same in another process."""
    return hash((prompt, *sorted(user_prompts)))


def _of_answer(answer: AnswerLine | Answer, maker: str) -> AnswerBrief:
    turns = answer.choices[0].turns
    return AnswerBrief(answer.question_id, len(turns), FASTCHAT_ERROR in turns, answer.question_hash, maker)


def _of_single(found: SingleLine | SingleJudgment, place: int, by: Instrument, contests: "_Contests") -> GradeBrief:
    models, contest = contests[(found.model,)]
    return GradeBrief(  # by position, which takes a fifth of the time
        place,
        found.question_id,
        found.turn,
        found.repeat,
        models,
        contest,
        by,
        float(found.tstamp),
        (found.request_hash,) if found.request_hash else (),
        None if found.request_hash else prompts_hash(by.prompt, [found.user_prompt]),
        found.reference,
        found.reasked,
        found.judgment == FASTCHAT_ERROR,
        found.score != UNPARSED,
        contest if found.truncated_answer else (),
        float(found.score),
    )


def _of_pair(found: PairLine | PairJudgment, place: int, by: Instrument, contests: "_Contests") -> PairBrief:
    models, contest = contests[found.model_1, found.model_2]
    hashes = [each for each in (found.g1_request_hash, found.g2_request_hash) if each]
    winner = winner_of_both(found.g1_winner, found.g2_winner)
    return PairBrief(
        place,
        found.question_id,
        found.turn,
        found.repeat,
        models,
        contest,
        by,
        float(found.tstamp),
        tuple(sorted(hashes)),
        None if hashes else prompts_hash(by.prompt, [found.g1_user_prompt, found.g2_user_prompt]),
        found.reference,
        found.reasked,
        FASTCHAT_ERROR in (found.g1_judgment, found.g2_judgment),
        winner != "error",
        tuple([model for model in contest if model in found.truncated_answers]),
        found.g1_winner,
        found.g2_winner,
        winner,
        found.one_order,
    )


def _instrument(judgment: Judgment, path: Path) -> Instrument:
    judge, prompt = judgment.judge
    name = prompt_set(prompt)
    return Instrument(judge, prompt, name, judgment.prompt_hash, judgment.verdict_rule, judgment.made_by, path)


class _Contests(dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]):
    """Who was judged, as lines have it and sorted, each kept once."""

    def __missing__(self, models: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        contest = tuple(sorted(models))
        self[models] = models, models if models == contest else contest
        return self[models]
