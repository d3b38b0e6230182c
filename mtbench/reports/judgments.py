"""Judgment files → groups of judgments that may stand in one table: one judge, one set of prompts."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtbench import files
from mtbench.errors import Interrupted
from mtbench.outputs import load_failures
from mtbench.records import (
    UNPARSED,
    Failure,
    Json,
    Judgment,
    PairJudgment,
    SingleJudgment,
    Where,
    asked_alike,
    judgment_from_json,
    prompt_set,
)

Contest = tuple[str, ...]
Work = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What one judge said with one set of prompts. `superseded`: lines that a later one of ours took the place of."""

    judge: str
    prompt_set: str
    judgments: tuple[Judgment, ...]
    failures: tuple[Failure, ...] = ()
    superseded: int = 0

    @property
    def duplicates(self) -> int:
        """Lines on work that an earlier line had done already; FastChat counts them all, and so do we."""
        return len(self.judgments) - len({work_of(judgment) for judgment in self.judgments})


def contest(judgment: Judgment) -> Contest:
    """The model that was graded, or the two that were compared, in one order however the line has them."""
    if isinstance(judgment, SingleJudgment):
        return (judgment.model,)
    return tuple(sorted((judgment.model_1, judgment.model_2)))


def has_verdict(judgment: Judgment) -> bool:
    """Whether FastChat's tables count the judgment."""
    if isinstance(judgment, SingleJudgment):
        return judgment.score != UNPARSED
    return judgment.winner != "error"


def work_of(judgment: Judgment) -> Work:
    """What a judgment has judged: a newer judgment of ours on the same work takes an older one's place."""
    return (
        judgment.judge[0],
        prompt_set(judgment.judge[1]),
        contest(judgment),
        judgment.question_id,
        judgment.turn,
        judgment.repeat,
    )


def read_judgments(path: Path, warn: Callable[[str], None]) -> list[Judgment]:
    """Every judgment of a file. Raises BadRecord for a line that is none, or is of another kind than those before."""
    judgments: list[Judgment] = []
    for line, obj in files.read(path, warn):
        judgment = judgment_from_json(obj, Where(path, line))
        if judgments and type(judgment) is not type(judgments[0]):
            here, before = (_KIND[type(each)] for each in (judgment, judgments[0]))
            raise Where(path, line).bad(f"a {here} among {before}s: a file holds one kind")
        judgments.append(judgment)
    return judgments


_KIND = {SingleJudgment: "single grade", PairJudgment: "pair judgment"}


def group(files_of_judges: Iterable[tuple[Sequence[Judgment], Sequence[Failure]]]) -> list[Group]:
    """The judgments of some files by judge and prompt set, with what is superseded left out.

    A failure goes to the sets of its file that it may be of: the one that its key names, else all; to none that has a
    later judgment of the same work.
    """
    judged: defaultdict[tuple[str, str], list[Judgment]] = defaultdict(list)
    failed: defaultdict[tuple[str, str], list[Failure]] = defaultdict(list)
    for judgments, failures in files_of_judges:
        keys = dict.fromkeys((judgment.judge[0], prompt_set(judgment.judge[1])) for judgment in judgments)
        for judgment in judgments:
            judged[judgment.judge[0], prompt_set(judgment.judge[1])].append(judgment)
        for failure in failures:
            named = _prompt_set_of(failure.key)
            for key in keys:
                if named in (None, key[1]):
                    failed[key].append(failure)
    groups = []
    for (judge, name), lines in sorted(judged.items()):
        kept = _newest(lines)
        done: dict[Work, float] = {
            (contest(each), each.question_id, each.turn, each.repeat): each.tstamp for each in kept
        }
        failures = tuple(each for each in failed[judge, name] if each.tstamp > done.get(work_of_failure(each), -1.0))
        groups.append(Group(judge, name, tuple(kept), failures, len(lines) - len(kept)))
    return groups


def read_file(path: Path, warn: Callable[[str], None]) -> tuple[list[Judgment], list[Failure]]:
    """The judgments of a file and the failures beside it; what was only interrupted is missing, not failed."""
    return read_judgments(path, warn), [each for each in load_failures(path, warn) if each.reason != Interrupted.kind]


def contest_of_failure(failure: Failure) -> Contest:
    """The models whose judgment failed; empty where the record does not say."""
    return tuple(sorted(map(str, failure.key.get("models") or ())))


def work_of_failure(failure: Failure) -> Work:
    """What was not judged: the models, question, turn and repeat."""
    key = failure.key
    return contest_of_failure(failure), key.get("question_id"), key.get("turn", 1), key.get("repeat", 0)


def _prompt_set_of(key: Json) -> str | None:
    prompt = key.get("prompt")
    return prompt_set(prompt) if isinstance(prompt, str) else None


def _newest(lines: Sequence[Judgment]) -> list[Judgment]:
    """The lines without those that a later line of ours replaces; FastChat's lines replace nothing.

    A line replaces earlier ones on the same work, and other repeats that were asked otherwise (of another answer,
    say): the judge believes neither.
    """
    kept: dict[int, Judgment] = {}
    by_work: defaultdict[Work, list[int]] = defaultdict(list)
    for number, judgment in enumerate(lines):
        *work, _ = work_of(judgment)
        numbers = by_work[tuple(work)]
        if judgment.request_hashes:
            for old in [old for old in numbers if _replaces(judgment, kept[old])]:
                numbers.remove(old)
                del kept[old]
        numbers.append(number)
        kept[number] = judgment
    return list(kept.values())


def _replaces(new: Judgment, old: Judgment) -> bool:
    if old.repeat == new.repeat:
        return True
    return bool(old.request_hashes) and not asked_alike(old.request_hashes, new.request_hashes)
