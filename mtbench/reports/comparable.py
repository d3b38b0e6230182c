"""Whether two models' judgments compare: the same judge, prompts, settings, references and questions."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from textwrap import shorten

from mtbench.briefs import Instrument, JudgmentBrief
from mtbench.records import Answer, MadeBy, QuestionId

Names = tuple[str, str]
"""What the two models are called in a phrase."""


def judged_otherwise(new: Sequence[JudgmentBrief], old: Sequence[JudgmentBrief], names: Names) -> Iterator[str]:
    """A phrase for every way in which the judgments on two models differ: `what: the one's, not the other's`.

    What a line does not tell, as FastChat's do not tell the temperature, cannot differ.
    """
    for what, told in _ASPECTS.items():
        yield from _unlike(what, _by_prompt(new, told), _by_prompt(old, told), names)
    yield from _unlike("judge's prompt", _prompts(new), _prompts(old), names)
    yield from _unlike("reference answers by", _references(new), _references(old), names)
    ours, theirs = ({(each.question_id, each.turn) for each in briefs} for briefs in (new, old))
    if ours != theirs:
        yield f"questions: {_only(ours, theirs)} only for {names[0]}, {_only(theirs, ours)} only for {names[1]}"


def answered_otherwise(
    new: Mapping[QuestionId, Answer], old: Mapping[QuestionId, Answer], judged: Iterable[QuestionId], names: Names
) -> Iterator[str]:
    """A phrase for every way in which two models' answers to the same questions were asked for differently.

    Parameters that are not looked at, such as how much to reason, are the model's own.
    """
    asked = [each for each in judged if each in new and each in old]
    ours, theirs = ({each: answers[each].made_by for each in asked} for answers in (new, old))
    yield from asked_otherwise(ours, theirs, names)
    texts = [(new[each].question_hash, old[each].question_hash) for each in asked]
    reworded = sum(bool(one and other and one != other) for one, other in texts)
    if reworded:
        yield f"questions: {reworded} had another text when the other model answered"


def asked_otherwise(
    new: Mapping[QuestionId, MadeBy | None], old: Mapping[QuestionId, MadeBy | None], names: Names
) -> Iterator[str]:
    """`answered_otherwise`, of what made the answers."""
    for what, sent in _SAMPLING.items():
        yield from _unlike(f"answers' {what}", _sampled(new, sent), _sampled(old, sent), names)


_Sent = Callable[[MadeBy], Hashable]
_Told = Callable[[Instrument], Hashable]


def _temperature(made_by: MadeBy) -> Hashable:
    return _LEFT if "temperature" in made_by.adapted else made_by.params.get("temperature")


def _max_tokens(made_by: MadeBy) -> Hashable:
    return _LEFT if {"max_tokens", "max_completion_tokens"} <= {*made_by.adapted} else made_by.params.get("max_tokens")


_LEFT = "what the endpoint takes, which refused ours,"


def _system_prompt(made_by: MadeBy) -> Hashable:
    return str(made_by.params.get("system_prompt") or "none")


_SAMPLING: dict[str, _Sent] = {
    "temperature": _temperature,
    "max_tokens": _max_tokens,
    "system prompt": _system_prompt,
}


def _judging(sent: _Sent) -> _Told:
    return lambda by: sent(by.made_by) if by.made_by else None


_ASPECTS: dict[str, _Told] = {
    "judge": lambda by: by.maker or None,
    "wording of the judge's prompt": lambda by: by.prompt_hash,
    "judge's temperature": _judging(_temperature),
    "judge's max_tokens": _judging(_max_tokens),
    "which verdict of a reply counts": lambda by: (by.verdict_rule or "last") if by.made_by else None,
}

_Values = dict[Hashable, set[Hashable]]


def _by_prompt(briefs: Sequence[JudgmentBrief], told: _Told) -> _Values:
    """What instruments tell, by the prompt: turns and categories have their own."""
    found = defaultdict[Hashable, set[Hashable]](set)
    for by in {id(brief.by): brief.by for brief in briefs}.values():
        found[by.prompt].add(told(by))
    return found


def _prompts(briefs: Sequence[JudgmentBrief]) -> _Values:
    """The prompt of each turn: without a reference answer it is another."""
    found = defaultdict[Hashable, set[Hashable]](set)
    for brief in briefs:
        found[brief.question_id, brief.turn].add(brief.by.prompt)
    return found


def _references(briefs: Sequence[JudgmentBrief]) -> _Values:
    found = defaultdict[Hashable, set[Hashable]](set)
    for brief in briefs:
        found[brief.question_id, brief.turn].add(brief.reference)
    return found


def _sampled(made: Mapping[QuestionId, MadeBy | None], sent: _Sent) -> _Values:
    return {each: {sent(by) if by else None} for each, by in made.items()}


def _unlike(what: str, new: _Values, old: _Values, names: Names) -> Iterator[str]:
    """Says where the same thing has other values, the first of them; None is not known."""
    both = [(new[key] - {None}, old[key] - {None}) for key in new if key in old]
    unlike = [(ours, theirs) for ours, theirs in both if ours and theirs and ours != theirs]
    if unlike:
        ours, theirs = unlike[0]
        yield f"{what}: {_listed(ours)} for {names[0]}, {_listed(theirs)} for {names[1]}"


def _listed(values: set[Hashable]) -> str:
    return " and ".join(sorted(shorten(str(each), 60) for each in values))


def _only(ones: set[tuple[QuestionId, int]], others: set[tuple[QuestionId, int]]) -> str:
    turns = sorted(ones - others, key=str)
    shown = ", ".join(f"{question} (turn {turn})" for question, turn in turns[:3])
    return f"{len(turns)} turns ({shown}{', …' if turns[3:] else ''})" if turns else "none"
