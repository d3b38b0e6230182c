"""What a judge finds in a request of mtbench's: the material by its marks, the form of the verdict by the wording."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import orjson

from mtbench.judging.prompts import load_prompts, read_back, set_names
from mtbench.records import STRUCTURED
from tests.support.protocols import Json

Form = Literal["grade", "winner", "two grades"]

MOST_TURNS = 4
"""Of prompts that are known by name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One prompt as a judge reads it.

    `prompts`: the name of the set, with ".structured" where that asks for JSON; "" for one that does not ship. `model`:
    which judge was asked. `answers`: those to the judged turn, the last one, in the order shown; one when grading.
    `before`: each answerer's answers to earlier turns. `reference`: a text a turn, or empty. `json`: the verdict has to
    be a JSON object.
    """

    prompts: str
    model: str
    form: Form
    json: bool
    question: tuple[str, ...]
    answers: tuple[str, ...]
    before: tuple[tuple[str, ...], ...]
    reference: tuple[str, ...]

    @property
    def turn(self) -> int:
        return len(self.question)

    @property
    def approach(self) -> str:
        """The three kinds of prompt of the paper's study of mathematics: default, cot, reference."""
        return "reference" if self.reference else "cot" if self.prompts.removesuffix(STRUCTURED) == "cot" else "default"


def see(body: Json) -> Seen:
    """Raises ValueError for a request that is none of a judge, or that contradicts itself."""
    system, user, *_ = [each["content"] for each in body["messages"]]
    if [each["role"] for each in body["messages"][:2]] != ["system", "user"]:
        raise ValueError("a judge is told its task by the system, and shown its material by the user")
    material = read_back(user)
    form, as_json = _form(system)
    schema = body.get("response_format")
    if schema is not None and {*schema["json_schema"]["schema"]["properties"]} != {"reasoning", *FIELDS[form]}:
        raise ValueError(f"the schema is none for a {form}: {orjson.dumps(schema).decode()}")
    if schema is not None and not as_json:
        raise ValueError("a schema beside words that ask for no JSON")
    if len(material.answers) != (1 if form == "grade" else 2):
        raise ValueError(f"{len(material.answers)} answers for a {form}")
    return Seen(
        prompts=_sets_by_wording().get(system, ""),
        model=body["model"],
        form=form,
        json=as_json,
        question=material.question_turns,
        answers=tuple(texts[-1] for texts in material.answers),
        before=tuple(texts[:-1] for texts in material.answers),
        reference=material.reference,
    )


FIELDS: Mapping[Form, tuple[str, ...]] = {
    "grade": ("score",),
    "winner": ("verdict",),
    "two grades": ("score_a", "score_b"),
}
"""Of a JSON verdict."""


def _form(system: str) -> tuple[Form, bool]:
    """What kind of verdict the words ask for, and whether as JSON."""
    as_json = re.search(r'one JSON object and nothing else, of the form \{"reasoning": "…", "(\w+)"', system)
    if as_json:
        return next(form for form, fields in FIELDS.items() if fields[0] == as_json[1]), True
    asked = system.partition("Example 1, the message:")[0]
    if all(f"[[{letter}]]" in asked for letter in "ABC"):
        return "winner", False
    if re.search(r"\[\[\d+,\d+\]\]", asked):
        return "two grades", False
    if re.search(r"\[\[\d+\]\]", asked):
        return "grade", False
    raise ValueError(f"no verdict is asked for: {system[-200:]!r}")


@cache
def _sets_by_wording() -> dict[str, str]:
    """The names of the sets that ship, by what they tell a judge."""
    named: dict[str, str] = {}
    for name in set_names():
        prompts = load_prompts(name)
        for kept, variant in ((name, prompts), (name + STRUCTURED, prompts.structured())):
            for prompt in variant.prompts:
                for turns in range(1, MOST_TURNS + 1):
                    texts = ("",) * turns
                    answers = (texts,) * (1 if prompt.mode == "single" else 2)
                    system = prompt.around(texts, texts if prompt.with_reference else ())(answers)[0].content
                    if named.setdefault(system, kept) != kept:
                        raise ValueError(f"{named[system]} and {kept} tell a judge the same")
    return named
