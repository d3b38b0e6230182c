"""A judge's replies → the record of a judgment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import time

from mtbench.chat import Completion, Usage
from mtbench.judging.held import JudgeWork
from mtbench.records import UNPARSED, MadeBy, PairJudgment, SingleJudgment

WINNERS: dict[str, dict[object, str]] = {
    "g1": {"A": "model_1", "B": "model_2", "C": "tie"},
    "g2": {"A": "model_2", "B": "model_1", "C": "tie"},
}
"""What a letter means in each game: game 1 shows model_1's answer as A, game 2 model_2's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a judge said in one game, after asking again where need was."""

    request_hash: str
    text: str
    verdict: float | str | None
    completion: Completion
    usage: Usage
    adapted: tuple[str, ...]
    reasked: int = 0


@dataclass(frozen=True, slots=True)
class Common:
    """What a grade and a pair judgment record alike."""

    judge: tuple[str, str]
    made_by: MadeBy
    prompt_hash: str
    usage: Usage
    reference: str | None
    repeat: int
    reasked: int
    verdict_rule: str | None


def single_judgment(work: JudgeWork, reply: Reply, common: Common, cut: Sequence[str]) -> SingleJudgment:
    score = reply.verdict if isinstance(reply.verdict, int | float) else UNPARSED
    return SingleJudgment(
        question_id=work.match.question.question_id,
        model=work.match.models[0],
        judge=common.judge,
        user_prompt=work.user_prompts[0],
        judgment=reply.text,
        score=int(score) if score == int(score) else score,
        turn=work.match.turn,
        tstamp=time(),
        made_by=common.made_by,
        prompt_hash=common.prompt_hash,
        request_hash=reply.request_hash,
        usage=common.usage,
        finish_reason=reply.completion.finish_reason,
        thinking=reply.completion.thinking,
        reference=common.reference,
        repeat=common.repeat,
        reasked=common.reasked,
        verdict_rule=common.verdict_rule,
        truncated_answer=bool(cut),
    )


def pair_judgment(work: JudgeWork, replies: Mapping[str, Reply], common: Common, cut: Sequence[str]) -> PairJudgment:
    winners = {game: WINNERS[game].get(reply.verdict, "error") for game, reply in replies.items()}
    only = next(iter(replies)) if len(replies) == 1 else None
    prompts = dict(zip(work.games, work.user_prompts, strict=True))
    g1, g2 = replies.get("g1"), replies.get("g2")
    return PairJudgment(
        question_id=work.match.question.question_id,
        model_1=work.match.models[0],
        model_2=work.match.models[-1],
        g1_winner=winners.get("g1") or winners["g2"],
        g2_winner=winners.get("g2") or winners["g1"],
        judge=common.judge,
        g1_user_prompt=prompts.get("g1", ""),
        g1_judgment=g1.text if g1 else "",
        g2_user_prompt=prompts.get("g2", ""),
        g2_judgment=g2.text if g2 else "",
        turn=work.match.turn,
        tstamp=time(),
        made_by=common.made_by,
        prompt_hash=common.prompt_hash,
        g1_request_hash=g1.request_hash if g1 else None,
        g2_request_hash=g2.request_hash if g2 else None,
        usage=common.usage,
        g1_finish_reason=g1.completion.finish_reason if g1 else None,
        g2_finish_reason=g2.completion.finish_reason if g2 else None,
        g1_thinking=g1.completion.thinking if g1 else "",
        g2_thinking=g2.completion.thinking if g2 else "",
        reference=common.reference,
        repeat=common.repeat,
        reasked=common.reasked,
        verdict_rule=common.verdict_rule,
        truncated_answers=tuple(cut),
        one_order=only,
    )
