"""Judgment files → groups of judgments that may stand in one table: one judge, one set of prompts."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Literal

from mtbench import files
from mtbench.benches import Bench
from mtbench.briefs import GradeBrief, JudgmentBrief, PairBrief, judgment_briefs
from mtbench.errors import BadRecord, Interrupted, MtbenchError
from mtbench.files import Lines
from mtbench.outputs import load_failures
from mtbench.records import Failure, Json, asked_alike, prompt_set

Contest = tuple[str, ...]
Work = tuple[Contest, Hashable, Hashable, Hashable]
"""Who was judged, the question, the turn and the repeat."""


@dataclass(frozen=True)
class Group:
    """What one judge said with one set of prompts. `superseded`: lines that a later one of ours took the place of."""

    judge: str
    prompt_set: str
    judgments: tuple[JudgmentBrief, ...]
    failures: tuple[Failure, ...] = ()
    superseded: int = 0

    def models(self) -> set[str]:
        """All that were judged."""
        return {model for contest in {each.contest for each in self.judgments} for model in contest}

    @cached_property
    def works(self) -> set[Work]:
        """What was judged."""
        return {(each.contest, each.question_id, each.turn, each.repeat) for each in self.judgments}

    @property
    def duplicates(self) -> int:
        """Lines on work that an earlier line had done already; FastChat counts them all, and so do we."""
        return len(self.judgments) - len(self.works)


def read_judgments(path: Path, warn: Callable[[str], None]) -> list[JudgmentBrief]:
    """Every judgment of a file. Raises BadRecord for a line that is none, or is of another kind than those before."""
    lines, judgments = Lines(path), list[JudgmentBrief]()
    for judgment in judgment_briefs(lines, warn):
        if judgments and type(judgment) is not type(judgments[0]):
            line = 1 + sum(place < judgment.place for place, _, _ in lines.each_raw())
            here, before = _KIND[type(judgment)], _KIND[type(judgments[0])]
            raise BadRecord(path, line, f"a {here} among {before}s: a file holds one kind")
        judgments.append(judgment)
    return judgments


_KIND: dict[type, str] = {GradeBrief: "single grade", PairBrief: "pair judgment"}


def group(files_of_judges: Iterable[tuple[Sequence[JudgmentBrief], Sequence[Failure]]]) -> list[Group]:
    """The judgments of some files by judge and prompt set, with what is superseded left out.

    A failure goes to the sets of its file that it may be of: the one that its key names, else all; to none that has a
    later judgment of the same work.
    """
    judged = defaultdict[tuple[str, str], list[JudgmentBrief]](list)
    failed = defaultdict[tuple[str, str], list[Failure]](list)
    for judgments, failures in files_of_judges:
        keys = dict[tuple[str, str], None]()
        for judgment in judgments:
            key = judgment.by.judge, judgment.by.prompt_set
            judged[key].append(judgment)
            keys[key] = None
        for failure in failures:
            named = _prompt_set_of(failure.key)
            for key in keys:
                if named in (None, key[1]):
                    failed[key].append(failure)
    groups = []
    for (judge, name), lines in sorted(judged.items()):
        kept = _newest(lines)
        failures = _outstanding(failed[judge, name], kept)
        groups.append(Group(judge, name, tuple(kept), failures, len(lines) - len(kept)))
    return groups


Kind = Literal["single", "pair"]


def read_groups(
    bench: Bench, kinds: Sequence[Kind], judges: Sequence[str], warn: Callable[[str], None]
) -> tuple[list[Group], list[Path]]:
    """What these judges (none: all) said in judgments of these kinds, and the files. Raises as `chosen` does.

    A group is of one kind: a judge may have graded and compared with one prompt set.
    """
    folder = bench.folder / "model_judgment"
    found = [files.model_files(folder, f"_{kind}") for kind in kinds]
    known = sorted({name for of_kind in found for name in of_kind})
    names = chosen(judges, known, "--judge", f"in {folder}") or known
    paths = [[of_kind[name] for name in names if name in of_kind] for of_kind in found]
    groups = [each for of_kind in paths for each in group([read_file(path, warn) for path in of_kind])]
    return groups, [path for of_kind in paths for path in of_kind]


def chosen(wanted: Sequence[str], known: Sequence[str], option: str, where: str) -> list[str]:
    """`wanted` as `known` has it. Raises MtbenchError for what is not there."""
    found = []
    for name in wanted:
        rest = name.partition("/")[2]
        spellings = (name, PurePath(rest).stem if rest.endswith(".gguf") else rest)
        matches = [each for each in spellings if each in known]
        if not matches:
            raise MtbenchError(f"{option} {name}: not {where}; there is {', '.join(known) or 'nothing'}")
        found.append(matches[0])
    return found


def read_file(path: Path, warn: Callable[[str], None]) -> tuple[list[JudgmentBrief], list[Failure]]:
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


def _outstanding(failures: Sequence[Failure], judgments: Sequence[JudgmentBrief]) -> tuple[Failure, ...]:
    """The failures without those whose work was done later."""
    if not failures:
        return ()
    done: dict[Work, float] = {
        (each.contest, each.question_id, each.turn, each.repeat): each.tstamp for each in judgments
    }
    return tuple(each for each in failures if each.tstamp > done.get(work_of_failure(each), -1.0))


def _newest(lines: Sequence[JudgmentBrief]) -> Sequence[JudgmentBrief]:
    """The lines without those that a later line of ours replaces; FastChat's lines replace nothing.

    A line replaces earlier ones on the same work, and other repeats that were asked otherwise (of another answer,
    say): the judge believes neither.
    """
    first: dict[Hashable, int] = {}
    several: dict[Hashable, list[int]] = {}
    for number, line in enumerate(lines):
        answer = line.contest, line.question_id, line.turn
        before = first.setdefault(answer, number)
        if before != number:
            several.setdefault(answer, [before]).append(number)
    replaced = {number for numbers in several.values() for number in _replaced(numbers, lines)}
    return [line for number, line in enumerate(lines) if number not in replaced] if replaced else lines


def _replaced(numbers: Sequence[int], lines: Sequence[JudgmentBrief]) -> Iterable[int]:
    """Which of the lines on one answer, or on one pair of them, a later one replaces."""
    kept: list[int] = []
    for number in numbers:
        if lines[number].request_hashes:
            kept = [old for old in kept if not _replaces(lines[number], lines[old])]
        kept.append(number)
    return {*numbers} - {*kept}


def _replaces(new: JudgmentBrief, old: JudgmentBrief) -> bool:
    if old.repeat == new.repeat:
        return True
    return bool(old.request_hashes) and not asked_alike(old.request_hashes, new.request_hashes)
