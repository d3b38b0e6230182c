"""What a judge's file holds, so that no judgment is paid for twice and none that went stale is believed."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mtbench.chat import Message, Params
from mtbench.judging.matches import Match
from mtbench.judging.prompts import JudgePrompt
from mtbench.records import Json, Judgment, SingleJudgment, prompt_set


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
            "models": list(self.match.models),
            "prompt": self.prompt.name,
            "repeat": self.repeat,
        }

    @property
    def user_prompts(self) -> list[str]:
        return [messages[-1].content for messages in self.games.values()]


@dataclass(slots=True)
class Held:
    """What a judgment file holds that still counts: a line of ours takes the place of earlier ones on the same work."""

    _by_work: dict[tuple[object, ...], dict[tuple[str, ...], tuple[bool, int]]] = field(default_factory=dict)

    def add(self, judgment: Judgment) -> None:
        if judgment.failed:
            return
        models: tuple[str, ...]
        if isinstance(judgment, SingleJudgment):
            models, hashes = (judgment.model,), [judgment.request_hash]
            prompts = [judgment.user_prompt]
        else:
            models = (judgment.model_1, judgment.model_2)
            hashes = [judgment.g1_request_hash, judgment.g2_request_hash]
            prompts = [judgment.g1_user_prompt, judgment.g2_user_prompt]
        known = tuple(sorted(each for each in hashes if each)) or _of_prompts(judgment.judge[1], prompts)
        key = _work_key(judgment.judge[1], judgment.question_id, judgment.turn, models, judgment.repeat)
        if any(hashes):
            self._by_work[key] = {}
        self._by_work.setdefault(key, {})[known] = (judgment.unparsed, judgment.reasked)

    def has(self, work: JudgeWork, hashes: Sequence[str], reask: int) -> bool:
        """Whether the file holds this judgment, made by these requests, or by FastChat with this very prompt.

        One without a verdict counts as held unless it may be asked again more often than it was.
        """
        match = work.match
        key = _work_key(work.prompt.name, match.question.question_id, match.turn, match.models, work.repeat)
        held = self._by_work.get(key, {})
        known = held.get(tuple(sorted(hashes))) or held.get(_of_prompts(work.prompt.name, work.user_prompts))
        if known is None:
            return False
        unparsed, reasked = known
        return not unparsed or reasked >= reask


def _work_key(prompt: str, question_id: int | str, turn: int, models: Sequence[str], repeat: int) -> tuple[object, ...]:
    return (prompt_set(prompt), question_id, turn, *sorted(models), repeat)


def _of_prompts(name: str, user_prompts: Iterable[str]) -> tuple[str, ...]:
    """Stands for request hashes where FastChat wrote none: the prompts' name and texts."""
    return (name, *sorted(hashlib.sha256(text.encode(errors="replace")).hexdigest() for text in user_prompts))
