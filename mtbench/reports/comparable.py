"""Whether two models' judgments compare: the same judge, prompts, settings, references and questions."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from mtbench.briefs import Instrument, JudgmentBrief
from mtbench.records import Answer, QuestionId

SAMPLING = ("temperature", "max_tokens")
"""Parameters of answers that have to be the same; others, such as how much to reason, are the model's own."""


def judged_otherwise(new: Sequence[JudgmentBrief], old: Sequence[JudgmentBrief]) -> Iterator[str]:
    """A phrase for every way in which the judgments on two models differ: `what: the one's, not the other's`.

    What a line does not tell, as FastChat's do not tell the temperature, cannot differ.
    """
    for what, told in _ASPECTS.items():
        yield from _unlike(what, _by_prompt(new, told), _by_prompt(old, told))
    yield from _unlike("reference answers by", _references(new), _references(old))
    ours, theirs = ({(each.question_id, each.turn) for each in briefs} for briefs in (new, old))
    if ours != theirs:
        yield f"questions: {_only(ours, theirs)} only for the new model, {_only(theirs, ours)} only for the baseline"


def answered_otherwise(
    new: Mapping[QuestionId, Answer], old: Mapping[QuestionId, Answer], judged: Iterable[QuestionId]
) -> Iterator[str]:
    """A phrase for every way in which two models' answers to the same questions were sampled differently."""
    asked = [each for each in judged if each in new and each in old]
    for name in SAMPLING:
        yield from _unlike(f"answers' {name}", _sampled(new, asked, name), _sampled(old, asked, name))
    texts = [(new[each].question_hash, old[each].question_hash) for each in asked]
    reworded = sum(bool(one and other and one != other) for one, other in texts)
    if reworded:
        yield f"questions: {reworded} had another text when the other model answered"


_Told = Callable[[Instrument], Hashable]


def _parameter(name: str) -> _Told:
    return lambda by: by.made_by.params.get(name) if by.made_by else None


_ASPECTS: dict[str, _Told] = {
    "judge": lambda by: by.maker or None,
    "wording of the judge's prompt": lambda by: by.prompt_hash,
    "judge's temperature": _parameter("temperature"),
    "judge's max_tokens": _parameter("max_tokens"),
    "which verdict of a reply counts": lambda by: (by.verdict_rule or "last") if by.made_by else None,
}

_Values = dict[Hashable, set[Hashable]]


def _by_prompt(briefs: Sequence[JudgmentBrief], told: _Told) -> _Values:
    """What instruments tell, by the prompt: turns and categories have their own."""
    found = defaultdict[Hashable, set[Hashable]](set)
    for by in {id(brief.by): brief.by for brief in briefs}.values():
        found[by.prompt].add(told(by))
    return found


def _references(briefs: Sequence[JudgmentBrief]) -> _Values:
    found = defaultdict[Hashable, set[Hashable]](set)
    for brief in briefs:
        found[brief.question_id, brief.turn].add(brief.reference)
    return found


def _sampled(answers: Mapping[QuestionId, Answer], asked: Sequence[QuestionId], name: str) -> _Values:
    made = ((each, answers[each].made_by) for each in asked)
    return {each: {by.params.get(name) if by else None} for each, by in made}


def _unlike(what: str, new: _Values, old: _Values) -> Iterator[str]:
    """Says where the same thing has other values, the first of them; None is not known."""
    unlike = [(new[key] - {None}, old[key] - {None}) for key in new if key in old]
    unlike = [(ours, theirs) for ours, theirs in unlike if ours and theirs and ours != theirs]
    if unlike:
        ours, theirs = unlike[0]
        yield f"{what}: {_listed(ours)} for the new model, {_listed(theirs)} for the baseline"


def _listed(values: set[Hashable]) -> str:
    return " and ".join(sorted(map(str, values)))


def _only(ones: set[tuple[QuestionId, int]], others: set[tuple[QuestionId, int]]) -> str:
    turns = sorted(ones - others, key=str)
    shown = ", ".join(f"{question} (turn {turn})" for question, turn in turns[:3])
    return f"{len(turns)} turns ({shown}{', …' if turns[3:] else ''})" if turns else "none"
