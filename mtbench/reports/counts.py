"""What a table leaves out: missing, failed, unparsed and truncated work of every model, and the sentences about it."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mtbench.briefs import JudgmentBrief, PairBrief
from mtbench.indexes import Questions
from mtbench.records import Failure
from mtbench.reports.judgments import Contest, Group, contest_of_failure, work_of_failure

LOUD_SHARE = 0.05
"""A model with a larger share of its judgments without a verdict gets a warning: such gaps are seldom random."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Judgments of each model, those that failed included, by what became of them. `missing` None: not known."""

    asked: Counter[str] = field(default_factory=Counter)
    unparsed: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    truncated: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] | None = None


def count(group: Group, questions: Questions | None, contests: Iterable[Contest]) -> Counts:
    """Counts `group` by model. Missing is what `contests` should have on each turn of `questions` and have not."""
    counts = Counts(missing=None if questions is None else _missing(group, questions, contests))
    for models, number in Counter(each.contest for each in group.judgments).items():
        for model in models:
            counts.asked[model] += number
    for judgment in group.judgments:
        if judgment.truncated:
            counts.truncated.update(judgment.truncated)
        if not judgment.has_verdict:
            (counts.failed if judgment.failed else counts.unparsed).update(judgment.contest)
    for failure in group.failures:
        counts.asked.update(contest_of_failure(failure))
        counts.failed.update(contest_of_failure(failure))
    return counts


def warnings(counts: Counts, n: Counter[str], models: Iterable[str], figure: str) -> Iterator[str]:
    """One sentence for every model whose figure rests on far fewer verdicts than it has judgments."""
    for model in models:
        asked, unparsed, failed = counts.asked[model], counts.unparsed[model], counts.failed[model]
        without = unparsed + failed
        if asked and without / asked > LOUD_SHARE:
            have = "has" if without == 1 else "have"
            named = {"unparsed": unparsed, "failed": failed}
            kinds = ", ".join(f"{number} {kind}" for kind, number in named.items() if number)
            rests = f"its {figure} rests on {_many(n[model], 'judgment')}" if n[model] else f"it has no {figure}"
            yield f"{model}: {without} of {_many(asked, 'judgment')} {have} no verdict ({kinds}); {rests}"


def foot(group: Group, counts: Counts, questions: Questions | None, kind: str) -> Iterator[str]:
    """What was left out of the table and why, one sentence each, only what there is to say."""
    without = [each for each in group.judgments if not each.has_verdict]
    failed = sum(each.failed for each in without)
    unparsed = len(without) - failed
    if unparsed:
        yield f"{_many(unparsed, 'judgment')} unparsed: no verdict was found, {_LEFT_OUT[kind]}"
    if failed:
        yield f"{_many(failed, 'judgment')} failed: the request was not answered, {_LEFT_OUT[kind]}"
    if group.failures:
        yield f"{_many(len(group.failures), 'request')} failed: {reasons(group.failures)}; run `mtbench judge` again"
    if counts.missing is None:
        yield "missing judgments are not counted: the questions are not known"
    elif counts.missing:
        yield "missing: not judged so far; `mtbench judge` makes them"
    if group.superseded:
        yield f"{_many(group.superseded, 'line')} superseded by a newer judgment of the same work"
    duplicates = group.duplicates
    if duplicates:
        yield f"{_many(duplicates, 'line')} on work that an earlier line has judged: each counts, as in FastChat"
    yield from _orders(group)
    if duplicates:
        yield from _prompts_mixed(group)
    yield from _prompts_reworded(group)
    yield from _references(group)
    repeats = 1 + max([each.repeat for each in group.judgments], default=0)
    if repeats > 1:
        yield f"judged {repeats} times each: every repeat counts as a judgment"
    unknown = unknown_questions(group.judgments, questions)
    if unknown:
        yield f"{_many(unknown, 'judgment')} of questions that are not in the bench: in the figures, in no category"


def unknown_questions(judgments: Iterable[JudgmentBrief], questions: Questions | None) -> int:
    """How many judgments are of questions that are not in `questions`."""
    if questions is None:
        return 0
    known = {questions.file.ids[row] for row in questions.rows}
    return sum([each.question_id not in known for each in judgments])


_LEFT_OUT = {"scores": "left out of the means", "win_rates": "left out of the win rates"}


def _missing(group: Group, questions: Questions, contests: Iterable[Contest]) -> Counter[str]:
    """What of all turns and repeats, as many as any judgment of the same models has, was neither judged nor failed."""
    file = questions.file
    turns: dict[Hashable, range] = {file.ids[row]: range(1, file.turns[row] + 1) for row in questions.rows}
    repeats: defaultdict[Contest, int] = defaultdict(lambda: 1)
    for judgment in group.judgments:
        if judgment.repeat:
            repeats[judgment.contest] = max(repeats[judgment.contest], judgment.repeat + 1)
    done = group.works.union(map(work_of_failure, group.failures))
    done_of = Counter(
        [
            models
            for models, question_id, turn, repeat in done
            if turn in turns.get(question_id, range(0)) and repeat in range(repeats[models])
        ]
    )
    wanted = sum(map(len, turns.values()))
    missing: Counter[str] = Counter()
    for models in contests:
        missing.update(dict.fromkeys(models, wanted * repeats[models] - done_of[models]))
    return +missing


def _prompts_mixed(group: Group) -> Iterator[str]:
    """Says when one answer was judged with several prompts of the set, with and without a reference for example."""
    prompts: defaultdict[Hashable, set[str]] = defaultdict(set)
    for each in group.judgments:
        prompts[each.contest, each.question_id, each.turn, each.repeat].add(each.by.prompt)
    mixed = [names for names in prompts.values() if len(names) > 1]
    if mixed:
        names = ", ".join(sorted(set().union(*mixed)))
        yield f"{_many(len(mixed), 'answer')} judged with several prompts of the set ({names}): each judgment counts"


def _prompts_reworded(group: Group) -> Iterator[str]:
    """Says when prompts of the set were edited between judgments. FastChat's lines do not name the wording."""
    wordings: defaultdict[str, set[str]] = defaultdict(set)
    for by in {id(each.by): each.by for each in group.judgments}.values():
        if by.prompt_hash:
            wordings[by.prompt].add(by.prompt_hash)
    edited = [f"{name}: {len(hashes)} wordings" for name, hashes in sorted(wordings.items()) if len(hashes) > 1]
    if edited:
        yield f"prompts reworded in between ({', '.join(edited)}): figures under different wordings do not compare"


def _references(group: Group) -> Iterator[str]:
    """Whose reference answers were shown, where that differs; `none` stands for one that should have been there."""
    sources = Counter(each.reference for each in group.judgments if each.reference)
    if len(sources) > 1:
        yield f"references: {_listed(sources)}"


def _orders(group: Group) -> Iterator[str]:
    """How often the two orders of a pair gave the same verdict."""
    pairs = [each for each in group.judgments if isinstance(each, PairBrief) and each.has_verdict]
    both = [each for each in pairs if each.one_order is None]
    same = sum(each.g1_winner == each.g2_winner for each in both)
    if both:
        yield f"orders: same verdict in both {same} times, different {len(both) - same} times (a tie)"
    if len(both) < len(pairs):
        yield f"{_many(len(pairs) - len(both), 'judgment')} played in one order only"


def reasons(failures: Sequence[Failure]) -> str:
    """Why, and how often, most frequent first."""
    return _listed(Counter(failure.reason for failure in failures))


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.most_common())


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
