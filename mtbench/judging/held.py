"""What a judge's file holds, so that no judgment is paid for twice and none that went stale is believed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mtbench.briefs import JudgmentBrief, prompts_hash
from mtbench.chat import Completion, Message, Params, Usage
from mtbench.files import Lines
from mtbench.judging.matches import Match
from mtbench.judging.prompts import JudgePrompt
from mtbench.records import (
    Json,
    Judgment,
    QuestionId,
    SingleJudgment,
    Where,
    asked_alike,
    judgment_from_json,
    prompt_set,
)

Games = Mapping[str, tuple[Message, ...]]
"""What is sent for each game, g1 or g2."""


@dataclass(frozen=True, slots=True)
class JudgeWork:
    """One judgment to make: the match, which repetition (from 0), and what is sent for each game, with its hash.

    `cut`: the models whose answers had been cut off by their token limit.
    """

    match: Match
    repeat: int
    prompt: JudgePrompt
    games: Games
    hashes: Mapping[str, str]
    params: Params
    reference: str | None
    cut: tuple[str, ...]

    @property
    def key(self) -> Json:
        return work_key(self.match, self.prompt, self.repeat)

    @property
    def user_prompts(self) -> list[str]:
        return [messages[-1].content for messages in self.games.values()]


def work_key(match: Match, prompt: JudgePrompt, repeat: int) -> Json:
    """Names a judgment where failures and replies are kept."""
    return {
        "question_id": match.question.question_id,
        "turn": match.turn,
        "models": sorted(match.models),
        "prompt": prompt.name,
        "repeat": repeat,
    }


class Held:
    """What a judgment file holds that still counts.

    A line of ours takes the place of earlier ones on the same work, and of other repeats that were asked otherwise.
    `rule`: which verdict of a reply counts; what was read by another rule is read again, from the reply that it holds.

    Works and requests go by hashes of 60 bits, so that a million lines take a hundred megabytes. Should two works of
    that million share one, which has a chance of one in two million, one of them is judged again.
    """

    def __init__(self, lines: Lines, rule: str) -> None:
        self._lines, self._rule = lines, rule
        self._repeats: set[int] = set()
        self._sent: dict[int, int] = {}  # by work: what was sent
        self._told: dict[int, int] = {}  # where the line stands, of work whose reply may have to be read again
        self._reasked: dict[int, int] = {}  # how often it was asked for again, of work without a verdict
        self._fastchats: dict[int, dict[int, tuple[bool, int]]] = {}  # by work and prompts: unparsed, reasked

    def add(self, line: JudgmentBrief) -> None:
        """Takes a line of the file."""
        if line.failed:
            return
        work = _work(line.by.prompt_set, line.question_id, line.turn, line.contest, line.repeat)
        if line.fastchat_prompts is not None:
            self._fastchats.setdefault(work, {})[line.fastchat_prompts] = line.unparsed, line.reasked
            return
        sent = _packed(line.request_hashes)
        if self._repeats != {line.repeat}:
            self._forget_other_repeats(line, sent)
        self._sent[work] = sent
        if self._told or self._fastchats:
            for noted in (self._told, self._reasked, self._fastchats):
                noted.pop(work, None)
        otherwise = (line.by.verdict_rule or "last") != self._rule
        if line.unparsed or otherwise:
            self._told[work] = line.place
        if line.unparsed and not otherwise:
            self._reasked[work] = line.reasked

    def _forget_other_repeats(self, line: JudgmentBrief, sent: int) -> None:
        """Those of the same work that were asked otherwise."""
        self._repeats.add(line.repeat)
        for repeat in self._repeats - {line.repeat}:
            other = _work(line.by.prompt_set, line.question_id, line.turn, line.contest, repeat)
            if other in self._sent and not asked_alike(_parts(self._sent[other]), _parts(sent)):
                del self._sent[other]

    def replies(self, work: JudgeWork) -> dict[str, Completion]:
        """The replies to this work that are to be read or asked about again, by request hash."""
        match = work.match
        name = _work_of(match, work.repeat, work.prompt.name)
        place = self._told.get(name)
        if place is None:
            return {}
        return _replies_of(judgment_from_json(self._lines.at(place), Where(self._lines.path)))

    def has(self, match: Match, repeat: int, prompt: str, games: Games, hashes: Mapping[str, str], reask: int) -> bool:
        """Whether the file holds this judgment, made by these requests, or by FastChat with this very prompt.

        One without a verdict counts as held unless it may be asked again more often than it was. Where one order is
        asked for, a judgment of both holds it.
        """
        work = _work_of(match, repeat, prompt)
        sent, wanted = self._sent.get(work), _packed([*hashes.values()])
        if sent == wanted or (sent and sent > _MASK and _parts(wanted) <= _parts(sent)):
            return work not in self._told or self._reasked.get(work, READ_AGAIN) >= reask
        if work not in self._fastchats:
            return False
        prompts = prompts_hash(prompt, [messages[-1].content for messages in games.values()])
        unparsed, reasked = self._fastchats[work].get(prompts, (True, READ_AGAIN))
        return not unparsed or reasked >= reask


READ_AGAIN = -1
"""Stands for the number of times when a reply has only to be read by another rule."""

_BITS = 60
_MASK = (1 << _BITS) - 1
_set_of: Callable[[str], str] = lru_cache(prompt_set)


def _work_of(match: Match, repeat: int, prompt: str) -> int:
    models = match.models if len(match.models) == 1 else tuple(sorted(match.models))
    return _work(_set_of(prompt), match.question.question_id, match.turn, models, repeat)


def _work(prompts: str, question_id: QuestionId, turn: int, contest: tuple[str, ...], repeat: int) -> int:
    """Names a piece of work. The id goes as text: -1 and -2 have the same hash."""
    return hash((prompts, repr(question_id), turn, repeat, contest)) & _MASK


def _packed(hashes: Sequence[str]) -> int:
    """One or two request hashes as one number, none of its parts 0."""
    if len(hashes) == 1:
        return hash(hashes[0]) & _MASK | 1
    first, second = (hash(each) & _MASK | 1 for each in hashes)
    return min(first, second) << _BITS | max(first, second)


def _parts(packed: int) -> set[int]:
    return {packed & _MASK, packed >> _BITS} - {0}


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
