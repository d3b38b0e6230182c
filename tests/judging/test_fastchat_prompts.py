import json
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mtbench.chat import Message
from mtbench.errors import BadRecord, MtbenchError
from mtbench.judging.prompts import JudgePrompt, Material, Mode, PromptSet, load_prompts
from tests.judging.materials import ALL_FOUR, ONE, PAIR, THREE, TWO
from tests.support.shared import SHARED, needs_shared


def fastchat(**changes: object) -> dict[str, object]:
    record: dict[str, object] = {
        "name": "plain",
        "type": "single",
        "system_prompt": "",
        "prompt_template": "Q {question} A {answer}",
        "output_format": "[[rating]]",
    }
    return {name: value for name, value in (record | changes).items() if value is not None}


def write_jsonl(path: Path, *records: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_values_are_never_formatted_again(tmp_path: Path) -> None:
    prompts = load_prompts(write_jsonl(tmp_path / "p.jsonl", fastchat(prompt_template="{{x}} {question} {answer}")))
    material = Material(("{answer} {0}",), (("{question} {{}} {",),))
    (user,) = prompts.pick("single", False, 1).render(material)
    assert user.content == "{x} {answer} {0} {question} {{}} {"


def test_prompts_with_other_names_are_known_by_type_and_placeholders(tmp_path: Path) -> None:
    pair = {"type": "pairwise", "output_format": "[[A]]"}
    prompts = load_prompts(
        write_jsonl(
            tmp_path / "own.jsonl",
            fastchat(name="s"),
            fastchat(name="s-ref", prompt_template="{ref_answer_1} {question_1} {answer_1}"),
            fastchat(name="s-two", prompt_template="{question_1} {answer_1} {question_2} {answer_2}"),
            fastchat(name="s-three", prompt_template="{question_3} {answer_1} {answer_2} {answer_3}"),
            fastchat(name="p", prompt_template="{question} {answer_a} {answer_b}", **pair),
            fastchat(name="p-ref-two", prompt_template="{ref_answer_2} {answer_a_2} {answer_b_2}", **pair),
            fastchat(
                name="p-scores",
                type="pairwise",
                prompt_template="{question_1} {answer_a_1}{answer_b_1}{answer_b_2}",
                output_format="[[rating_a,rating_b]]",
            ),
        )
    )
    works: list[tuple[Mode, bool, int]] = [
        ("single", False, 1),
        ("single", True, 1),
        ("single", False, 2),
        ("single", False, 3),
        ("pairwise", False, 1),
        ("pairwise", True, 2),
        ("pairwise", False, 2),
    ]
    picked = [prompts.pick(*work).name for work in works]
    assert picked == ["s", "s-ref", "s-two", "s-three", "p", "p-ref-two", "p-scores"]
    assert prompts.pick("single", False, 3).render(THREE)[-1].content == "q3 a1 a2 a3"
    assert prompts.pick("single", True, 1).render(ONE)[-1].content == " ".join(
        (*ONE.reference, *ONE.question_turns, *ONE.answers[0])
    )
    with pytest.raises(MtbenchError, match=r"p-ref-two shows a reference, and there is none for turn 1"):
        prompts.pick("pairwise", True, 2).render(Material(TWO.question_turns, TWO.answers))


def test_two_prompts_for_the_same_work_are_ambiguous_and_both_named(tmp_path: Path) -> None:
    prompts = load_prompts(write_jsonl(tmp_path / "own.jsonl", fastchat(name="one"), fastchat(name="two")))
    with pytest.raises(MtbenchError, match=r"the prompts one and two of own are both for single grading"):
        prompts.pick("single", False, 1)


def test_an_official_name_goes_before_another_for_the_same_work(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "own.jsonl", fastchat(name="mine"), fastchat(name="single-v1"))
    assert load_prompts(source).pick("single", False, 1).name == "single-v1"


def test_an_official_name_tells_what_a_prompt_is_for(tmp_path: Path) -> None:
    """As in FastChat, whatever it shows: this edit of the math prompt leaves the reference out."""
    source = write_jsonl(tmp_path / "own.jsonl", fastchat(name="single-math-v1"))
    assert load_prompts(source).pick("single", True, 1).name == "single-math-v1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompt_template": "{question} {answer} {hint}"}, r"prompt plain: .*\{hint\}; known here: \{question\}"),
        ({"prompt_template": "{question} {answer_a}"}, r"no value for \{answer_a\}"),
        ({"prompt_template": "{question_0} {answer}"}, r"no value for \{question_0\}"),
        ({"prompt_template": "{question.x} {answer}"}, r"\{question\.x\} is not a plain placeholder"),
        ({"prompt_template": "{question[0]} {answer}"}, r"\{question\[0\]\} is not a plain placeholder"),
        ({"prompt_template": "{0} {answer}"}, r"\{0\} is not a plain placeholder"),
        ({"prompt_template": "{} {answer}"}, r"\{\} is not a plain placeholder"),
        ({"prompt_template": "{question:>9} {answer}"}, r"\{question:>9\} is not a plain placeholder"),
        ({"prompt_template": "{question!r} {answer}"}, r"\{question!r\} is not a plain placeholder"),
        ({"prompt_template": "{question} {answer} }"}, r"prompt plain: Single '}'"),
        ({"prompt_template": "{question} {answer_2}"}, r"\{question\} is the one turn's, and this prompt shows 2"),
        ({"prompt_template": "{question}"}, r"\{answer\} is not shown to the judge"),
        ({"output_format": "[[score]]"}, r"unknown output_format '\[\[score\]\]'; known: \[\[rating\]\]"),
        ({"output_format": "[[A]]"}, r"output_format \[\[A\]\] is not one for single grading"),
        ({"type": "triple"}, r"unknown type 'triple'"),
        ({"type": "pairwise", "output_format": "[[A]]", "prompt_template": "{answer_a}"}, r"\{answer_b\} is not shown"),
        ({"name": "pair-v2"}, r"the prompt of this name is of type pairwise, not single"),
        ({"system_prompt": None}, r"line 1: field 'system_prompt': is missing"),
        ({"prompt_template": 7}, r"line 1: field 'prompt_template': must be a text"),
    ],
)
def test_what_a_fastchat_prompt_gets_wrong_is_an_error_when_loading(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    source = write_jsonl(tmp_path / "p.jsonl", fastchat(**changes))
    with pytest.raises(MtbenchError, match=message):
        load_prompts(source)


def test_duplicate_empty_and_torn_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match=r"line 2: field 'name': the prompt 'plain' stands already"):
        load_prompts(write_jsonl(tmp_path / "twice.jsonl", fastchat(), fastchat()))
    with pytest.raises(MtbenchError, match="has no judge prompts"):
        load_prompts(write_jsonl(tmp_path / "empty.jsonl"))
    torn = tmp_path / "torn.jsonl"
    torn.write_text(json.dumps(fastchat()) + '\n{"name": "sin')
    with pytest.raises(BadRecord, match="the last line is not JSON"):
        load_prompts(str(torn))


def test_structured_fastchat_prompts_end_with_a_paragraph_of_ours(tmp_path: Path) -> None:
    pair = {"type": "pairwise", "prompt_template": "{question} {answer_a} {answer_b}"}
    plain = load_prompts(
        write_jsonl(
            tmp_path / "p.jsonl",
            fastchat(name="s", system_prompt="Hello {x}"),
            fastchat(name="p", output_format="[[A]]", **pair),
        )
    )
    structured = plain.structured()
    cases: list[tuple[Mode, Material]] = [("single", ONE), ("pairwise", PAIR)]
    for mode, material in cases:
        before, after = (each.pick(mode, False, 1) for each in (plain, structured))
        assert after.name == f"{before.name}.structured"
        assert after.hash != before.hash
        paragraph = after.render(material)[-1].content.removeprefix(before.render(material)[-1].content)
        assert paragraph.startswith("\n\n[Format of your reply]")
        assert "JSON object" in paragraph
        assert after.schema is not None
    assert structured.pick("single", False, 1).render(ONE)[0] == Message("system", "Hello {x}")
    scores = write_jsonl(tmp_path / "s.jsonl", fastchat(output_format="[[rating_a,rating_b]]", **pair))
    prompt = load_prompts(scores).structured().pick("pairwise", False, 1)
    assert '"score_a" and "score_b"' in prompt.render(PAIR)[-1].content


# The official prompts over the released answers


@pytest.fixture(scope="module")
def official() -> PromptSet:
    return load_prompts(str(SHARED / "judge_prompts.jsonl"))


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    lines = (SHARED / "judge_prompts.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["name"]: record["prompt_template"] for record in map(json.loads, lines)}


@needs_shared
def test_the_official_prompts_are_picked_by_what_they_are_for(official: PromptSet) -> None:
    assert [official.pick("single", *how).name for how in ALL_FOUR] == [
        "single-v1",
        "single-math-v1",
        "single-v1-multi-turn",
        "single-math-v1-multi-turn",
    ]
    assert [official.pick("pairwise", *how).name for how in ALL_FOUR] == [
        "pair-v2",
        "pair-math-v1",
        "pair-v2-multi-turn",
        "pair-math-v1-multi-turn",
    ]
    with pytest.raises(MtbenchError, match=r"turn 3: pair-v2 shows turn 1 only; pair-v2-multi-turn shows turns 1 to 2"):
        official.pick("pairwise", False, 3)


def fastchat_values(material: Material) -> dict[str, str]:
    """FastChat's keyword arguments, written out from its documentation: the oracle for what we render."""
    question, conversations, reference = material.question_turns, material.answers, material.reference
    names = ["answer"] if len(conversations) == 1 else ["answer_a", "answer_b"]
    values = {f"ref_answer_{i + 1}": text for i, text in enumerate(reference)}
    if len(question) == 1:
        return values | {"question": question[0]} | {n: c[0] for n, c in zip(names, conversations, strict=True)}
    for i in (0, 1):
        values[f"question_{i + 1}"] = question[i]
        values |= {f"{n}_{i + 1}": c[i] for n, c in zip(names, conversations, strict=True)}
    return values


def released() -> Iterator[tuple[Mode, bool, Material]]:
    """Every released answer graded, and every two neighbouring models' compared, one turn and two."""

    def turns(path: Path) -> dict[int, list[str]]:
        records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        return {each["question_id"]: each["choices"][0]["turns"] for each in records}

    bench = SHARED / "mt_bench"
    references = turns(bench / "reference_answer" / "gpt-4.jsonl")
    models = [turns(path) for path in sorted((bench / "model_answer").glob("*.jsonl"))]
    assert len(models) == 6
    for question in map(json.loads, (bench / "question.jsonl").read_text(encoding="utf-8").splitlines()):
        key = question["question_id"]
        guided = question["category"] in ("math", "reasoning", "coding")
        for turn in (1, 2):
            reference = tuple(references[key][:turn]) if guided else ()
            shown = [tuple(model[key][:turn]) for model in models]
            for first, second in zip(shown, [*shown[1:], shown[0]], strict=True):
                yield "single", guided, Material(tuple(question["turns"][:turn]), (first,), reference)
                yield "pairwise", guided, Material(tuple(question["turns"][:turn]), (first, second), reference)


@needs_shared
def test_the_official_prompts_render_byte_for_byte_over_the_released_answers(
    official: PromptSet, templates: dict[str, str]
) -> None:
    seen: dict[str, int] = {}
    for mode, guided, material in released():
        prompt = official.pick(mode, guided, len(material.question_turns))
        expected = templates[prompt.name].format(**fastchat_values(material))
        assert prompt.render(material)[-1].content.encode() == expected.encode()
        seen[prompt.name] = seen.get(prompt.name, 0) + 1
    assert seen == {name: (30 if "math" in name else 50) * 6 for name in templates}


def cut(text: str, template: str) -> dict[str, str]:
    """The values of a rendered official prompt, cut out at the template's literal parts from left to right."""
    values, at = {}, 0
    parts = list(string.Formatter().parse(template))
    for position, (literal, name, _, _) in enumerate(parts):
        assert text.startswith(literal, at)
        at += len(literal)
        if name:
            following = parts[position + 1][0] if position + 1 < len(parts) else ""
            end = text.rindex(following) if position + 2 >= len(parts) and following else text.index(following, at)
            values[name], at = text[at:end], end
    return values


def recorded_material(values: dict[str, str]) -> Material:
    def column(name: str) -> tuple[str, ...]:
        numbered = [values[f"{name}_{k}"] for k in (1, 2) if f"{name}_{k}" in values]
        return tuple(numbered or [values[name]] if name in values or numbered else ())

    answers = tuple(filter(None, (column(name) for name in ("answer", "answer_a", "answer_b"))))
    return Material(column("question"), answers, column("ref_answer"))


def recorded(name: str, games: Callable[[dict[str, Any]], list[str]]) -> Iterator[tuple[str, str]]:
    path = SHARED / "judged" / "model_judgment" / name
    for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        for game in games(record):
            yield record["judge"][1], game


def prompt_named(prompts: PromptSet, name: str) -> JudgePrompt:
    (prompt,) = (each for each in prompts.prompts if each.name == name)
    return prompt


@needs_shared
def test_recorded_prompts_of_real_judgments_are_what_we_render(official: PromptSet, templates: dict[str, str]) -> None:
    real = [
        *recorded("gpt-4_single.jsonl", lambda record: [record["user_prompt"]]),
        *recorded("gpt-4_pair.jsonl", lambda record: [record["g1_user_prompt"], record["g2_user_prompt"]]),
    ]
    assert len(real) == 480 + 150
    for name, user_prompt in real:
        material = recorded_material(cut(user_prompt, templates[name]))
        prompt = prompt_named(official, name)
        assert prompt == official.pick(prompt.mode, prompt.with_reference, len(material.question_turns))
        assert prompt.render(material)[-1].content.encode() == user_prompt.encode()
