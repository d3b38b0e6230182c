"""Judge prompts of any content, of both kinds: each that loads can be rendered with any material, exactly."""

import string
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mtbench.judging.prompts import JudgePrompt, Material, PromptSet, load_prompts, read_back
from tests.fuzz.outcomes import value_or_error
from tests.fuzz.profile import examples
from tests.fuzz.values import line_of, objects, spoilt_lines
from tests.fuzz.yamls import contents, dumped, spoilt

_ODD = ["{{", "}}", "{", "}", "{}", "{0}", "{ answer }", "{answer.x}", "{answer[0]}", "{answer!r}", "{answer:>9}"]
_NAMES = ["question", "answer", "answer_a", "answer_b", "ref_answer", "turn", "first", "second", "self"]
_NUMBERED = [f"{{{name}_{k}}}" for name in _NAMES[:5] for k in ("0", "1", "2", "3", "99", "100", "01", "١")]
_PLAIN = [f"{{{name}}}" for name in _NAMES]

templates = st.one_of(
    st.lists(st.sampled_from(["{question}", "{answer}", "{{", "}}", " x "]), max_size=6).map("".join),
    st.lists(st.sampled_from([f"{{{n}_{k}}}" for n in _NAMES[:5] for k in (1, 2)]), max_size=9).map(" ".join),
    st.lists(st.sampled_from([*_PLAIN, *_NUMBERED, *_ODD, " x "]), max_size=8).map("".join),
    st.text(st.characters(), max_size=10),
)
fastchat = objects(
    {
        "name": st.sampled_from(["a", "b", "single-v1", "pair-math-v1-multi-turn", "pair-v2"]),
        "type": st.sampled_from(["single", "pairwise"]),
        "system_prompt": templates,
        "prompt_template": templates,
        "output_format": st.sampled_from(["[[rating]]", "[[A]]", "[[rating_a,rating_b]]", "stars"]),
    }
)
pieces = st.dictionaries(
    st.sampled_from(["grader", "examples", "ask", "fair-grading"]),
    st.one_of(templates, st.fixed_dictionaries({"bracketed": templates, "json": templates})),
    max_size=3,
)
names = st.lists(st.sampled_from(["grader", "examples", "ask"]), max_size=2)
kinds = st.lists(st.sampled_from(["question", "answer", "reference"]), max_size=3)
example = st.fixed_dictionaries(
    dict.fromkeys(("question", "answer", "answer_a", "answer_b", "judgment"), templates)
    | {"verdict": st.one_of(st.integers(0, 11), st.sampled_from("ABCD"), st.lists(st.integers(0, 11), max_size=3))}
)
labels = st.lists(st.sampled_from(["it", "A", "B", "<x>", "", "{first}", "answer of it"]), max_size=2)
sheets = st.fixed_dictionaries(
    {},
    optional={
        "base": st.sampled_from(["default", "score", "set.yaml", "../x", "nowhere"]),
        "modes": st.sampled_from([["single"], ["single", "pairwise"], ["pairwise"]]),
        "output_formats": st.fixed_dictionaries(
            {"single": st.just("[[rating]]"), "pairwise": st.sampled_from(["[[A]]", "[[rating_a,rating_b]]"])}
        ),
        "labels": st.fixed_dictionaries({"single": labels, "pairwise": labels}),
        "pieces": pieces,
        "examples": st.dictionaries(st.sampled_from(["single", "pairwise"]), st.lists(example, max_size=2), max_size=2),
        "prompts": st.dictionaries(
            st.sampled_from(["single", "pair", "single-turns", "pair-turns-reference", "single-reference"]),
            st.fixed_dictionaries(
                {"system": names, "task": st.just(["question"]) | kinds, "conversation": kinds, "closing": names}
            ),
            max_size=2,
        ),
    },
)
based = sheets.map(lambda sheet: {"base": "default"} | sheet)

material_texts = st.one_of(
    st.sampled_from(["{question}", "{", "{{answer}}", "[[10]]", "<<0 | end>>", "", "\x00"]), st.text(max_size=6)
)


def materials(prompt: JudgePrompt) -> st.SearchStrategy[Material]:
    """Material that the prompt is for."""
    turns = prompt.turns or 2
    texts = st.lists(material_texts, min_size=turns, max_size=turns).map(tuple)
    players = 1 if prompt.mode == "single" else 2
    return st.builds(Material, texts, st.lists(texts, min_size=players, max_size=players).map(tuple), texts)


def expanded(template: str, material: Material) -> str:
    """A FastChat template filled in, by a reader of our own: left to right, names replaced once."""
    columns = {"question": material.question_turns, "ref_answer": material.reference}
    columns |= dict(zip(("answer",) if len(material.answers) == 1 else ("answer_a", "answer_b"), material.answers))  # noqa: B905
    filled, at = "", 0
    while at < len(template):
        if template[at : at + 2] in ("{{", "}}"):
            filled, at = filled + template[at], at + 2
        elif template[at] == "{":
            end = template.index("}", at)
            name = template[at + 1 : end]
            if name in columns:
                filled += columns[name][0]
            else:
                stem, _, number = name.rpartition("_")
                filled += columns[stem][int(number) - 1]
            at = end + 1
        else:
            filled, at = filled + template[at], at + 1
    return filled


def render_all(loaded: PromptSet, data: st.DataObject) -> list[tuple[JudgePrompt, Material, str]]:
    """Every prompt of the set with some material: the user message."""
    rendered = []
    for prompt in (*loaded.prompts, *loaded.json_prompts):
        material = data.draw(materials(prompt))
        messages = prompt.render(material)
        assert [message.role for message in messages] in (["system", "user"], ["user"])
        rendered.append((prompt, material, messages[-1].content))
    return rendered


@examples(45)
@given(lines=st.lists(st.one_of(*[fastchat.flatmap(line_of)] * 4, spoilt_lines), max_size=3), data=st.data())
def test_fastchats_prompts_load_and_render_or_the_file_is_named(
    folder: Path, lines: list[bytes], data: st.DataObject
) -> None:
    path = folder / "prompts.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    loaded, _ = value_or_error(lambda: load_prompts(str(path)), path)
    if loaded:
        render_all(loaded, data)


@examples(45)
@given(template=templates, mode=st.sampled_from(["single", "pairwise"]), data=st.data())
def test_a_template_of_fastchats_is_filled_in_as_another_reader_does(
    folder: Path, template: str, mode: str, data: st.DataObject
) -> None:
    path = folder / "one.jsonl"
    kind = "[[rating]]" if mode == "single" else "[[A]]"
    record = {"name": "x", "type": mode, "system_prompt": "", "prompt_template": template, "output_format": kind}
    path.write_bytes(data.draw(line_of(record)) + b"\n")
    loaded, _ = value_or_error(lambda: load_prompts(str(path)), path)
    if loaded:
        (_, material, plain), (_, other, asks_json) = render_all(loaded, data)
        assert plain == expanded(template, material)
        assert asks_json.startswith(expanded(template, other) + "\n\n[Format of your reply]")
    else:
        assert not known(template, mode)


def known(template: str, mode: str) -> bool:
    """Whether a template shows what it must by plain names, and nothing else: it has no excuse not to load."""
    try:
        fields = [(name, spec, how) for _, name, spec, how in string.Formatter().parse(template) if name is not None]
    except ValueError:
        return False
    wanted = {"question", "answer"} if mode == "single" else {"question", "answer_a", "answer_b"}
    return {name for name, _, _ in fields} == wanted and not any(spec or how for _, spec, how in fields)


@examples(45)
@given(content=st.one_of(contents, dumped(sheets), dumped(based), dumped(based), dumped(spoilt(based))), data=st.data())
def test_prompts_of_ours_load_and_are_read_back_or_the_file_is_named(
    folder: Path, content: bytes, data: st.DataObject
) -> None:
    path = folder / "set.yaml"
    path.write_bytes(content)
    loaded, _ = value_or_error(lambda: load_prompts(str(path)), path)
    if loaded:
        for prompt, material, message in render_all(loaded, data):
            shown = material if prompt.with_reference else Material(material.question_turns, material.answers)
            assert read_back(message) == shown
