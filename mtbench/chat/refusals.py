"""Which parameter an endpoint's error refuses, if any: learned from its words, as no list of models could be kept."""

import re
from collections.abc import Iterator, Mapping

_NEAR = 120
"""Characters between a parameter's name and the words that refuse it."""

_REFUSES = re.compile(
    r"unsupported|(not|n't) (currently |be )?(support|permitted|allowed|available|enabled|accepted|recogni[sz]ed)"
    r"|unknown|unrecogni[sz]ed|unexpected|deprecated|extra (inputs|fields)|extra_forbidden|forbidden|disallowed"
    r"|(does|do) not (take|accept|allow|have)|only the default|only \S{1,20} is (allowed|supported)|fixed at"
    r"|may only be|cannot (both )?be (both )?(set|used|specified)"
    r"|(invalid|not a valid) (parameter|argument|field)|no longer",
    re.I,
)
_WRONG_VALUE = re.compile(
    r"too (large|small|high|low|big|long)|(above|below) (the )?(max|min)|at (most|least)|(greater|less|more) than"
    r"|between|out of range|(maximum|minimum) (value|allowed)|must be (?!unset|omitted|removed)|expected [a<>]"
    r"|should be (a|an|in)\b|[<>]=? ?[\d.]",
    re.I,
)
_NOT_BOTH = re.compile(r"cannot both|both be|only one of", re.I)
_NO_SYSTEM = re.compile(
    r"system (role|message|prompt|instruction)s?\b.{0,40}(not|n't|un)[ -]?(be )?(support|allowed|enabled|permitted)"
    r"|(not|n't|un)[ -]?support.{0,30}\bsystem\b|developer instruction is not enabled"
    r"|(unexpected|unknown|invalid|unsupported) (message )?role.{0,20}system"
    r"|only user and assistant roles|should be 'user' or 'assistant'"
    r"|(?<!optional system message, )conversation roles must alternate",
    re.I | re.S,
)


def refused_parameter(message: str, param: str, sent: Mapping[str, str]) -> str | None:
    """What `sent` calls the parameter that is refused; None if the error is about something else.

    `message` is the endpoint's error and `param` the parameter that it names in a field of its own ("" if none).
    `sent` maps names in the request to ours. An error about a parameter's value (too large) is no refusal.
    """
    if "system" in sent and _is_about_system(message, param):
        return sent["system"]
    others = {name: ours for name, ours in sent.items() if name != "system"}
    named = _structured(param, others)
    if named:
        return None if _WRONG_VALUE.search(message) and not _REFUSES.search(message) else others[named]
    found = dict(_refused_in(message, others))
    if not found:
        return None
    if "top_p" in found and "temperature" in found and _NOT_BOTH.search(message):
        return others["top_p"]
    return others[min(found, key=lambda name: found[name])]


def _is_about_system(message: str, param: str) -> bool:
    if _NO_SYSTEM.search(message):
        return True
    names_role = param.endswith("role") or param == "system" or re.match(r"system\b", message)
    return bool(names_role and "system" in f"{param} {message}" and _REFUSES.search(message))


def _structured(param: str, sent: Mapping[str, str]) -> str | None:
    """The sent parameter that `param` (such as temperature, body.seed or response_format.json_schema) means."""
    parts = re.split(r"[.\[\]]+", param)
    return next((name for name in sent if name in parts), None)


def _refused_in(message: str, sent: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Each sent name that stands near words of refusal, with its place in the message."""
    for name in sent:
        # A name of one or two letters ("n") is a word of any sentence: it counts in quotes only.
        around = r"['\"`]" if len(name) < 3 else r"(?<![\w-])"
        for at in re.finditer(f"{around}{re.escape(name)}(?![\\w-])", message):
            near = message[max(0, at.start() - _NEAR) : at.end() + _NEAR]
            if _REFUSES.search(near) and not _WRONG_VALUE.search(near):
                yield name, at.start()
                break
