"""A judge prompt, a set of them, and what is checked of every template, whatever file it came from."""

import hashlib
import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Protocol, get_args

import orjson

from mtbench.chat import Message
from mtbench.errors import MtbenchError
from mtbench.judging.render import Answers, Material
from mtbench.records import STRUCTURED

Mode = Literal["single", "pairwise"]
OutputFormat = Literal["[[rating]]", "[[A]]", "[[rating_a,rating_b]]"]

OUTPUT_FORMATS: Mapping[Mode, tuple[OutputFormat, ...]] = {
    "single": ("[[rating]]",),
    "pairwise": ("[[A]]", "[[rating_a,rating_b]]"),
}


Texts = tuple[str, ...]


class Template(Protocol):
    """The wording of a prompt."""

    def around(self, question_turns: Texts, reference: Texts) -> Callable[[Answers], tuple[str, str]]:
        """What makes of answers to a question the system text (which may be empty) and the user text."""


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """One judge prompt.

    `output_format`: the kind of verdict, in FastChat's words. `hash`: 16 hex digits that name its wording. `turns`: how
    many turns it shows; None is any number from two. `schema`: of the JSON verdict, if it asks for one.
    """

    name: str
    mode: Mode
    output_format: OutputFormat
    hash: str
    with_reference: bool
    turns: int | None
    template: Template
    schema: Mapping[str, Any] | None = None

    def render(self, material: Material) -> tuple[Message, ...]:
        """The system message (where there is one) and the user message; the last message is always the user's.

        Raises MtbenchError when the prompt shows a reference that the material does not have.
        """
        return self.around(material.question_turns, material.reference)(material.answers)

    def around(self, question_turns: Texts, reference: Texts) -> Callable[[Answers], tuple[Message, ...]]:
        """`render` for many answers to one question."""
        if self.with_reference and len(reference) < len(question_turns):
            missing = len(reference) + 1
            raise MtbenchError(f"judge prompt {self.name} shows a reference, and there is none for turn {missing}")
        fill = self.template.around(question_turns, reference)

        def render(answers: Answers) -> tuple[Message, ...]:
            system, user = fill(answers)
            message = Message("user", user)
            return (_system_message(system), message) if system else (message,)

        return render


def mark_shared(messages: tuple[Message, ...], answers: Answers) -> tuple[Message, ...]:
    """Marks what stands before the first answer as shared: it begins every judgment of the question."""
    *before, user = messages
    # How the answers begin may stand in the question too: less is marked then, and nothing wrong.
    shared = max(0, min([user.content.find(texts[0][:_BEGINNING]) for texts in answers]))
    return (*before, replace(user, shared=shared))


_BEGINNING = 60
"""Characters of an answer by which it is found in a prompt; the whole of it would take long to look for."""


@lru_cache
def _system_message(text: str) -> Message:
    return Message("system", text)


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The prompts of one file, and the same prompts asking for a JSON verdict."""

    name: str
    prompts: tuple[JudgePrompt, ...]
    json_prompts: tuple[JudgePrompt, ...]

    def pick(self, mode: Mode, with_reference: bool, turn: int) -> JudgePrompt:
        """The prompt that judges turn `turn` (from 1). Raises MtbenchError if the set has none, or several."""
        alike = [each for each in self.prompts if each.mode == mode and each.with_reference == with_reference]
        fits = [each for each in alike if each.turns == turn or (each.turns is None and turn > 1)]
        if len(fits) == 1:
            return fits[0]
        work = f"{_WORK[mode]} {'with' if with_reference else 'without'} a reference, turn {turn}"
        if fits:
            names = " and ".join(each.name for each in fits)
            raise MtbenchError(f"the prompts {names} of {self.name} are both for {work}: leave one in the file")
        raise MtbenchError(f"prompt set {self.name} has no prompt for {work}: {self._why_none(mode, alike)}")

    def structured(self) -> "PromptSet":
        """The same prompts, asking for a JSON verdict that matches their `schema`."""
        name = self.name if self.name.endswith(STRUCTURED) else self.name + STRUCTURED
        return PromptSet(name, self.json_prompts, self.json_prompts)

    def _why_none(self, mode: Mode, alike: Collection[JudgePrompt]) -> str:
        modes = {each.mode for each in self.prompts}
        if mode not in modes:
            return f"it is for {' and '.join(sorted(_WORK[each] for each in modes))} only"
        if alike:
            return "; ".join(f"{each.name} shows {_shown(each.turns)}" for each in alike)
        return f"it has {', '.join(each.name for each in self.prompts)}"


def checked_format(value: object, mode: Mode, where: str) -> OutputFormat:
    """`value` as an output format of `mode`. Raises MtbenchError that says which are known."""
    for known in OUTPUT_FORMATS[mode]:
        if value == known:
            return known
    known_here = " and ".join(OUTPUT_FORMATS[mode])
    every = value in get_args(OutputFormat)
    problem = f"output_format {value} is not one for {_WORK[mode]}" if every else f"unknown output_format {value!r}"
    raise MtbenchError(f"{where}: {problem}; known: {known_here}")


def placeholders(template: str, where: str) -> set[str]:
    """The names in braces of a template. Raises MtbenchError for what is more than a plain name, or is malformed."""
    try:
        fields = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise MtbenchError(f"{where}: {error}; write {{{{ and }}}} for braces that are meant as text") from error
    for name, spec, conversion in fields:
        if spec or conversion or not str(name).isidentifier():
            written = f"{{{name}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}}}"
            raise MtbenchError(
                f"{where}: {written} is not a plain placeholder; write {{{{ and }}}} for braces that are meant as text"
            )
    return {str(name) for name, _, _ in fields}


def check_known(names: Collection[str], known: Collection[str], where: str) -> None:
    """Raises MtbenchError for placeholders that have no value."""
    unknown = sorted(set(names) - set(known))
    if unknown:
        shown = ", ".join(f"{{{name}}}" for name in unknown)
        there = ", ".join(f"{{{name}}}" for name in known)
        raise MtbenchError(f"{where}: there is no value for {shown}; known here: {there}")


def verdict_schema(output_format: OutputFormat) -> dict[str, Any]:
    """The JSON schema of a verdict, reasoning first. Grades are listed: not every endpoint takes a minimum."""
    grade = {"type": "integer", "enum": list(range(1, 11))}
    verdicts: dict[OutputFormat, dict[str, Any]] = {
        "[[rating]]": {"score": grade},
        "[[A]]": {"verdict": {"type": "string", "enum": ["A", "B", "C"]}},
        "[[rating_a,rating_b]]": {"score_a": grade, "score_b": grade},
    }
    properties = {"reasoning": {"type": "string"}} | verdicts[output_format]
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def wording_hash(*parts: str) -> str:
    """16 hex digits that name a wording."""
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:16]


_WORK: Mapping[Mode, str] = {"single": "single grading", "pairwise": "pairwise comparison"}


def _shown(turns: int | None) -> str:
    return "two turns or more" if turns is None else "turn 1 only" if turns == 1 else f"turns 1 to {turns} exactly"
