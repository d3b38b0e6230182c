"""What a judge's file holds, so that no judgment is paid for twice and none that went stale is believed."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mtbench.chat import Completion, Message, Params, Usage
from mtbench.judging.matches import Match
from mtbench.judging.prompts import JudgePrompt
from mtbench.records import Json, Judgment, QuestionId, SingleJudgment, asked_alike, prompt_set


@dataclass(frozen=True, slots=True)
class JudgeWork:
    """One judgment to make: the match, which repetition (from 0), and what is sent for each game."""

    match: Match
    repeat: int
    prompt: JudgePrompt
    games: Mapping[str, tuple[Message, ...]]
    params: Params
    reference: str | None

    @property
    def key(self) -> Json:
        return {
            "question_id": self.match.question.question_id,
            "turn": self.match.turn,
            "models": sorted(self.match.models),
            "prompt": self.prompt.name,
            "repeat": self.repeat,
        }

    @property
    def user_prompts(self) -> list[str]:
        return [messages[-1].content for messages in self.games.values()]


_Key = tuple[str | int, ...]
_Verdict = tuple[bool, int]
"""Whether a judgment has no verdict that counts, and how often it was asked for again."""

READ_AGAIN = -1
"""Stands for the number of times when a reply has only to be read by another rule."""


@dataclass(slots=True)
class Held:
    """What a judgment file holds that still counts.

    A line of ours takes the place of earlier ones on the same work, and of other repeats that were asked otherwise.
    `rule`: which verdict of a reply counts; what was read by another rule is read again, from the reply that it holds.
    """

    rule: str

    _ours: dict[_Key, dict[int, tuple[tuple[str, ...], _Verdict]]] = field(default_factory=dict)
    _replies: dict[tuple[_Key, int], dict[str, Completion]] = field(default_factory=dict)
    _fastchats: dict[tuple[_Key, int], dict[tuple[str, ...], _Verdict]] = field(default_factory=dict)

    def add(self, judgment: Judgment) -> None:
        if judgment.failed:
            return
        if isinstance(judgment, SingleJudgment):
            models, prompts = [judgment.model], [judgment.user_prompt]
        else:
            models = [judgment.model_1, judgment.model_2]
            prompts = [judgment.g1_user_prompt, judgment.g2_user_prompt]
        name, hashes = judgment.judge[1], judgment.request_hashes
        reasked = READ_AGAIN if hashes and self._read_otherwise(judgment.verdict_rule) else judgment.reasked
        verdict = (judgment.unparsed or reasked == READ_AGAIN, reasked)
        key = _work_key(name, judgment.question_id, judgment.turn, models)
        if hashes:
            self._keep_replies(key, judgment)
            same = {repeat: held for repeat, held in self._ours.get(key, {}).items() if asked_alike(held[0], hashes)}
            self._ours[key] = same | {judgment.repeat: (hashes, verdict)}
            self._fastchats.pop((key, judgment.repeat), None)
        else:
            self._fastchats.setdefault((key, judgment.repeat), {})[_of_prompts(name, prompts)] = verdict

    def _keep_replies(self, key: _Key, judgment: Judgment) -> None:
        """Keeps the replies of a judgment that may have to be read again, or asked about again."""
        self._replies.pop((key, judgment.repeat), None)
        if judgment.unparsed or self._read_otherwise(judgment.verdict_rule):
            self._replies[key, judgment.repeat] = _replies_of(judgment)

    def _read_otherwise(self, verdict_rule: str | None) -> bool:
        return (verdict_rule or "last") != self.rule

    def replies(self, work: JudgeWork) -> dict[str, Completion]:
        """The replies to this work that are to be read or asked about again, by request hash."""
        match = work.match
        key = _work_key(work.prompt.name, match.question.question_id, match.turn, match.models)
        return self._replies.get((key, work.repeat), {})

    def has(self, work: JudgeWork, hashes: Sequence[str], reask: int) -> bool:
        """Whether the file holds this judgment, made by these requests, or by FastChat with this very prompt.

        One without a verdict counts as held unless it may be asked again more often than it was. Where one order is
        asked for, a judgment of both holds it.
        """
        match = work.match
        key = _work_key(work.prompt.name, match.question.question_id, match.turn, match.models)
        sent, verdict = self._ours.get(key, {}).get(work.repeat, ((), None))
        if verdict is None or len(hashes) > len(sent) or not set(hashes) <= set(sent):
            prompts = _of_prompts(work.prompt.name, work.user_prompts)
            verdict = self._fastchats.get((key, work.repeat), {}).get(prompts)
        if verdict is None:
            return False
        unparsed, reasked = verdict
        return not unparsed or reasked >= reask


def _replies_of(judgment: Judgment) -> dict[str, Completion]:
    """What the judge said, by request hash; the tokens of both games of a pair go with the first."""
    if isinstance(judgment, SingleJudgment):
        told = [(judgment.request_hash, judgment.judgment, judgment.finish_reason, judgment.thinking)]
    else:
        told = [
            (judgment.g1_request_hash, judgment.g1_judgment, judgment.g1_finish_reason, judgment.g1_thinking),
            (judgment.g2_request_hash, judgment.g2_judgment, judgment.g2_finish_reason, judgment.g2_thinking),
        ]
    adapted = judgment.made_by.adapted if judgment.made_by else ()
    usage, found = judgment.usage or Usage(), dict[str, Completion]()
    for name, text, finish_reason, thinking in told:
        if name:
            key = f"{name}-1" if name in found else name
            found[key] = Completion(text, finish_reason, usage, thinking, adapted)
            usage = Usage()
    return found


def _work_key(prompt: str, question_id: QuestionId, turn: int, models: Sequence[str]) -> _Key:
    return (prompt_set(prompt), question_id, turn, *sorted(models))


def _of_prompts(name: str, user_prompts: Iterable[str]) -> tuple[str, ...]:
    """Stands for request hashes where FastChat wrote none: the prompts' name and texts."""
    return (name, *sorted(hashlib.sha256(text.encode(errors="replace")).hexdigest() for text in user_prompts))
