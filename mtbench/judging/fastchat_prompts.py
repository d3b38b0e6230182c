"""FastChat's judge prompts (JSONL), rendered byte for byte as Python's str.format does with FastChat's values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mtbench import files
from mtbench.errors import BadRecord, MtbenchError
from mtbench.judging.prompt_set import (
    JudgePrompt,
    Mode,
    OutputFormat,
    PromptSet,
    Template,
    Texts,
    check_known,
    checked_format,
    placeholders,
    verdict_schema,
    wording_hash,
)
from mtbench.judging.render import Answers, Material
from mtbench.records import STRUCTURED, Json


def load_jsonl(path: Path) -> PromptSet:
    """The prompts of a FastChat judge_prompts.jsonl.

    The eight official prompts are known by their names. Of others the `type` tells the mode, and the placeholders tell
    whether a reference is shown and how many turns. Raises MtbenchError for a line that cannot be used.
    """
    prompts: dict[str, JudgePrompt] = {}
    for line, obj in files.read(path, warn=lambda _: _refuse_torn(path)):
        prompt = _prompt(obj, path, line)
        if prompt.name in prompts:
            raise BadRecord(path, line, f"the prompt {prompt.name!r} stands already in an earlier line", "name")
        prompts[prompt.name] = prompt
    if not prompts:
        raise MtbenchError(f"{path} has no judge prompts")
    official = {_work(prompt) for prompt in prompts.values() if prompt.name in _OFFICIAL}
    kept = tuple(each for each in prompts.values() if each.name in _OFFICIAL or _work(each) not in official)
    return PromptSet(path.stem, kept, tuple(map(_structured, kept)))


@dataclass(frozen=True, slots=True)
class _FormatTemplate:
    """A system text as it is, and a user text for str.format."""

    system: str
    user: str

    def around(self, question_turns: Texts, reference: Texts) -> Callable[[Answers], tuple[str, str]]:
        def fill(answers: Answers) -> tuple[str, str]:
            return self.system, self.user.format(**_values(Material(question_turns, tuple(answers), reference)))

        return fill


@dataclass(frozen=True, slots=True)
class _WithParagraph:
    """Another template with a paragraph after its user text."""

    template: Template
    paragraph: str

    def around(self, question_turns: Texts, reference: Texts) -> Callable[[Answers], tuple[str, str]]:
        inner = self.template.around(question_turns, reference)

        def fill(answers: Answers) -> tuple[str, str]:
            system, user = inner(answers)
            return system, f"{user}\n\n{self.paragraph}"

        return fill


_OFFICIAL: Mapping[str, tuple[Mode, bool]] = {
    "single-v1": ("single", False),
    "single-math-v1": ("single", True),
    "single-v1-multi-turn": ("single", False),
    "single-math-v1-multi-turn": ("single", True),
    "pair-v2": ("pairwise", False),
    "pair-math-v1": ("pairwise", True),
    "pair-v2-multi-turn": ("pairwise", False),
    "pair-math-v1-multi-turn": ("pairwise", True),
}
"""The released prompts: mode, and whether they show a reference."""

_UNNUMBERED: Mapping[Mode, tuple[str, ...]] = {
    "single": ("question", "answer"),
    "pairwise": ("question", "answer_a", "answer_b"),
}
_NUMBERED = re.compile(r"(question|ref_answer|answer|answer_a|answer_b)_([1-9][0-9]?)")
_ASK_JSON: Mapping[OutputFormat, str] = {
    "[[rating]]": '"score", your rating as a whole number from 1 to 10',
    "[[A]]": '"verdict", which is "A" where assistant A wins, "B" where assistant B wins, and "C" for a tie',
    "[[rating_a,rating_b]]": '"score_a" and "score_b", the ratings of assistant A and B as whole numbers from 1 to 10',
}


def _prompt(obj: Json, path: Path, line: int) -> JudgePrompt:
    for field in ("name", "type", "system_prompt", "prompt_template", "output_format"):
        if not isinstance(obj.get(field), str):
            raise BadRecord(path, line, "is missing" if obj.get(field) is None else "must be a text", field)
    name, where = obj["name"], f"{path}, line {line}, prompt {obj['name']}"
    mode = _mode(obj["type"], where)
    names = placeholders(obj["prompt_template"], where)
    output_format = checked_format(obj["output_format"], mode, where)
    turns = _turns(names, mode, where)
    official_mode, with_reference = _OFFICIAL.get(name, (mode, any(each.startswith("ref_answer") for each in names)))
    if mode != official_mode:
        raise MtbenchError(f"{where}: the prompt of this name is of type {official_mode}, not {mode}: rename it")
    return JudgePrompt(
        name=name,
        mode=mode,
        output_format=output_format,
        hash=wording_hash(obj["system_prompt"], obj["prompt_template"], output_format),
        with_reference=with_reference,
        turns=turns,
        template=_FormatTemplate(obj["system_prompt"], obj["prompt_template"]),
    )


def _mode(value: str, where: str) -> Mode:
    if value == "single":
        return "single"
    if value == "pairwise":
        return "pairwise"
    raise MtbenchError(f"{where}: unknown type {value!r}; known: single and pairwise")


def _turns(names: set[str], mode: Mode, where: str) -> int:
    """How many turns the template shows. Raises MtbenchError for names without a value and where no answer is."""
    unnumbered = _UNNUMBERED[mode]
    numbers = {name: int(match[2]) for name in names if (match := _NUMBERED.fullmatch(name))}
    turns = max(numbers.values(), default=1)
    known = [*unnumbered, *(f"{name}_{k}" for k in range(1, max(turns, 2) + 1) for name in (*unnumbered, "ref_answer"))]
    check_known(names, known, where)
    if turns > 1 and (mixed := sorted(names & set(unnumbered))):
        raise MtbenchError(f"{where}: {{{mixed[0]}}} is the one turn's, and this prompt shows {turns}: number it")
    for answer in unnumbered[1:]:
        if not any(name == answer or _NUMBERED.sub(r"\1", name) == answer for name in names):
            raise MtbenchError(f"{where}: {{{answer}}} is not shown to the judge")
    return turns


def _values(material: Material) -> dict[str, str]:
    """FastChat's keyword values: with one turn the names without a number too."""
    answers = ("answer",) if len(material.answers) == 1 else ("answer_a", "answer_b")
    columns = dict(zip(answers, material.answers, strict=True)) | {"question": material.question_turns}
    values = {name: texts[0] for name, texts in columns.items()} if len(material.question_turns) == 1 else {}
    columns["ref_answer"] = material.reference
    return values | {f"{name}_{k}": text for name, texts in columns.items() for k, text in enumerate(texts, 1)}


def _work(prompt: JudgePrompt) -> tuple[Mode, bool, int | None]:
    return prompt.mode, prompt.with_reference, prompt.turns


def _structured(prompt: JudgePrompt) -> JudgePrompt:
    """The same prompt with a paragraph of ours after it, which asks for the verdict as JSON."""
    paragraph = (
        "[Format of your reply]\nThis replaces what was said above about brackets: write no bracketed verdict. "
        'Reply with one JSON object and nothing else. First "reasoning", a text with your explanation; then '
        f"{_ASK_JSON[prompt.output_format]}."
    )
    return replace(
        prompt,
        name=prompt.name + STRUCTURED,
        hash=wording_hash(prompt.hash, paragraph),
        schema=verdict_schema(prompt.output_format),
        template=_WithParagraph(prompt.template, paragraph),
    )


def _refuse_torn(path: Path) -> None:
    raise BadRecord(path, None, "the last line is not JSON: the file is torn, fetch it again")
