"""Our own judge prompts (YAML): a set is put together from named pieces of text, so a variant states what differs.

    base: default                  another set, ours by name or a file beside this one; what follows replaces its parts
    modes: [single, pairwise]      what the set is for
    output_formats: {single: "[[rating]]", pairwise: "[[A]]"}
    labels: {single: [the assistant], pairwise: [Assistant A, Assistant B]}
    pieces:                        a text, or two: {bracketed: …, json: …}; placeholders {turn}, {first}, {second}
      NAME: …
    examples:                      worked examples, shown after the piece `examples`
      single: [{question, answer, judgment, verdict}]
      pairwise: [{question, answer_a, answer_b, judgment, verdict}]
    prompts:                       single or pair, then -turns for many turns, -reference for reference-guided
      single-turns: {system: [NAME, …], task: [question], conversation: [answer], closing: [NAME, …]}

The user message is the material, laid out by `task` and `conversation` (render.Layout), then the closing pieces.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from mtbench.benches import shipped
from mtbench.errors import MtbenchError
from mtbench.judging.prompt_set import (
    JudgePrompt,
    Mode,
    OutputFormat,
    PromptSet,
    Texts,
    check_known,
    checked_format,
    placeholders,
    verdict_schema,
    wording_hash,
)
from mtbench.judging.render import Answers, Kind, Layout, Material, lay_out, laying_out
from mtbench.records import STRUCTURED
from mtbench.yamls import read_yaml

_Form = Literal["bracketed", "json"]
_Sheet = Mapping[str, Any]


def load_yaml(path: Path) -> PromptSet:
    """The prompts of a YAML file and its bases. Raises MtbenchError for whatever could not be rendered."""
    sheet = _read_with_bases(path)
    _check_sheet(sheet, path)
    names = [name for name in sheet["prompts"] if _mode(name) in sheet["modes"]]
    if not names:
        raise MtbenchError(f"{path} has no judge prompts")
    return PromptSet(
        path.stem,
        tuple(_prompt(sheet, name, "bracketed", path) for name in names),
        tuple(_prompt(sheet, name, "json", path) for name in names),
    )


@dataclass(frozen=True, slots=True)
class _MarkedTemplate:
    """Our wording around material that stands between marks."""

    system: str
    closing: str
    layout: Layout

    def around(self, question_turns: Texts, reference: Texts) -> Callable[[Answers], tuple[str, str]]:
        turns, labels = len(question_turns), self.layout.labels
        system, closing = _worded(self.system, turns, labels), _worded(self.closing, turns, labels)
        lay_out = laying_out(question_turns, reference, self.layout, f"\n\n{closing}" if closing else "")
        return lambda answers: (system, lay_out(answers))


@lru_cache
def _worded(text: str, turns: int, labels: tuple[str, ...]) -> str:
    return text.format(turn=turns, **dict(zip(_NAMES, labels, strict=False)))


_NAMES = ("first", "second")
_PARTS: Mapping[str, type] = {
    "description": str,
    "base": str,
    "modes": list,
    "output_formats": dict,
    "labels": dict,
    "pieces": dict,
    "examples": dict,
    "prompts": dict,
}
_EXAMPLE: Mapping[Mode, tuple[str, ...]] = {"single": ("answer",), "pairwise": ("answer_a", "answer_b")}
_ANSWERERS: Mapping[Mode, int] = {"single": 1, "pairwise": 2}
_PROMPT_NAMES = tuple(
    f"{stem}{turns}{reference}"
    for stem in ("single", "pair")
    for turns in ("", "-turns")
    for reference in ("", "-reference")
)


def _mode(prompt_name: str) -> Mode:
    return "pairwise" if prompt_name.startswith("pair") else "single"


def _prompt(sheet: _Sheet, name: str, form: _Form, path: Path) -> JudgePrompt:
    mode, where = _mode(name), f"{path}, prompt {name}"
    parts = sheet["prompts"][name]
    output_format = checked_format(sheet["output_formats"].get(mode), mode, where)
    labels = tuple(sheet["labels"][mode])
    template = _MarkedTemplate(
        system=_joined(sheet, parts["system"], form, mode, output_format, where),
        closing=_joined(sheet, parts["closing"], form, mode, output_format, where),
        layout=Layout(tuple(parts["task"]), tuple(parts["conversation"]), labels),
    )
    with_reference, turns = name.endswith("-reference"), None if "-turns" in name else 1
    _check_shown(template.layout, with_reference, where)
    schema = verdict_schema(output_format) if form == "json" else None
    return JudgePrompt(
        name=f"{path.stem}{STRUCTURED if schema else ''}/{name}",
        mode=mode,
        output_format=output_format,
        # Of a sample as rendered, so that a change of the marks is a change of wording too.
        hash=wording_hash(*_sample(template, turns or 2), output_format),
        with_reference=with_reference,
        turns=turns,
        template=template,
        schema=schema,
    )


def _joined(
    sheet: _Sheet, names: Sequence[str], form: _Form, mode: Mode, output_format: OutputFormat, where: str
) -> str:
    """The pieces of these names, checked, as one template with an empty line between them."""
    known = ("turn", *_NAMES) if mode == "pairwise" else ("turn",)
    texts = []
    for name in names:
        if name not in sheet["pieces"]:
            raise MtbenchError(f"{where}: there is no piece {name!r}; there are {', '.join(sheet['pieces'])}")
        piece = sheet["pieces"][name]
        text = (piece if isinstance(piece, str) else piece[form]).strip()
        check_known(placeholders(text, f"{where}, piece {name}"), known, f"{where}, piece {name}")
        texts.append(text)
        if name == "examples":
            texts.extend(_examples(sheet, form, mode, output_format, where))
    return "\n\n".join(filter(None, texts))


def _examples(sheet: _Sheet, form: _Form, mode: Mode, output_format: OutputFormat, where: str) -> Iterator[str]:
    """The worked examples of a mode, in the very form of the task, with their braces doubled."""
    layout = Layout(("question",), ("answer",), tuple(sheet["labels"][mode]))
    for number, example in enumerate(sheet.get("examples", {}).get(mode, ()), 1):
        for field in ("question", *_EXAMPLE[mode], "judgment"):
            if not isinstance(example, dict) or not isinstance(example.get(field), str):
                raise MtbenchError(f"{where}, example {number}: the text {field!r} is missing")
        answers = tuple((example[field].strip(),) for field in _EXAMPLE[mode])
        message = lay_out(Material((example["question"].strip(),), answers), layout)
        verdict = _verdict(output_format, example.get("verdict"), f"{where}, example {number}")
        judgment = example["judgment"].strip()
        reply = (
            orjson.dumps({"reasoning": judgment} | verdict).decode()
            if form == "json"
            else f"{judgment}\n\n[[{','.join(map(str, verdict.values()))}]]"
        )
        text = f"Example {number}, the message:\n\n{message}\n\nExample {number}, a good reply:\n\n{reply}"
        yield text.replace("{", "{{").replace("}", "}}")


def _verdict(output_format: OutputFormat, value: object, where: str) -> dict[str, object]:
    """An example's verdict by the names of the JSON form: a grade, a letter, or a list of two grades."""
    known = {name: each["enum"] for name, each in verdict_schema(output_format)["properties"].items() if "enum" in each}
    values = value if isinstance(value, list) else [value]
    if len(values) != len(known) or any(
        v is True or v not in each for v, each in zip(values, known.values(), strict=True)
    ):
        raise MtbenchError(f"{where}: {value!r} is not a verdict in the format {output_format}")
    return dict(zip(known, values, strict=True))


def _sample(template: _MarkedTemplate, turns: int) -> tuple[str, str]:
    texts = tuple(f"sample {turn}" for turn in range(turns))
    return template.around(texts, texts)((texts,) * len(template.layout.labels))


def _check_shown(layout: Layout, with_reference: bool, where: str) -> None:
    wanted = set(get_args(Kind)) if with_reference else {"question", "answer"}
    if {*layout.task, *layout.conversation} != wanted or "answer" in layout.task:
        raise MtbenchError(
            f"{where}: `task` and `conversation` together must show {', '.join(sorted(wanted))} and nothing else, "
            "the answer in `conversation`"
        )


def _check_sheet(sheet: _Sheet, path: Path) -> None:
    """Raises MtbenchError for a part that is missing or is not of the shape that the rest of this file relies on."""
    for part in ("modes", "output_formats", "labels", "pieces", "prompts"):
        if part not in sheet:
            raise MtbenchError(f"{path}: {part!r} is missing")
    if not sheet["modes"] or not all(mode in get_args(Mode) for mode in sheet["modes"]):
        raise MtbenchError(f"{path}: `modes` must list single, pairwise or both")
    for mode in sheet["modes"]:
        labels = sheet["labels"].get(mode)
        if not _is_texts(labels) or len(labels) != _ANSWERERS[mode] or len(set(labels)) != len(labels):
            raise MtbenchError(f"{path}: labels for {mode} must be {_ANSWERERS[mode]} different texts in a list")
        if any(not label or set(label) & set("<>|\n") for label in labels):
            raise MtbenchError(f"{path}: labels for {mode}, {labels}: a label may not be empty or contain <, > or |")
        if not isinstance(sheet.get("examples", {}).get(mode, []), list):
            raise MtbenchError(f"{path}: examples for {mode} must be a list")
    for name, piece in sheet["pieces"].items():
        two = isinstance(piece, dict) and set(piece) == set(get_args(_Form)) and _is_texts(list(piece.values()))
        if not two and not isinstance(piece, str):
            raise MtbenchError(f"{path}: piece {name} must be a text, or one for bracketed and one for json")
    for name, prompt in sheet["prompts"].items():
        if name not in _PROMPT_NAMES:
            raise MtbenchError(f"{path}: unknown prompt {name!r}; known: {', '.join(_PROMPT_NAMES)}")
        for field in ("system", "task", "conversation", "closing"):
            if not isinstance(prompt, dict) or not _is_texts(prompt.get(field)):
                raise MtbenchError(f"{path}, prompt {name}: {field!r} must be a list of names")


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _read_with_bases(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """A sheet over its base. Parts that are mappings are put together by key, others replaced."""
    if path.resolve() in above:
        raise MtbenchError(f"{path}: `base` goes round in a circle")
    own = _read(path)
    if "base" not in own:
        return own
    base = own["base"]
    ours = shipped("judge_prompts") / f"{base}.yaml"
    beside = path.parent / base
    if not (ours.is_file() or beside.is_file()):
        raise MtbenchError(f"{path}: base {base!r} is neither one of our sets nor a file beside this one")
    merged = _read_with_bases(ours if ours.is_file() else beside, (*above, path.resolve()))
    for part, value in own.items():
        merged[part] = merged.get(part, {}) | value if isinstance(value, dict) else value
    return merged


def _read(path: Path) -> dict[str, Any]:
    sheet = read_yaml(path)
    if not isinstance(sheet, dict):
        raise MtbenchError(f"{path}: must be a YAML mapping with `prompts`")
    for part, value in sheet.items():
        if part not in _PARTS:
            raise MtbenchError(f"{path}: unknown part {part!r}; known: {', '.join(_PARTS)}")
        if not isinstance(value, _PARTS[part]):
            raise MtbenchError(f"{path}: {part!r} must be a {_PARTS[part].__name__}, not {value!r:.60}")
    return sheet
