from pathlib import Path
from typing import Any

import pytest
import yaml

from mtbench.errors import MtbenchError
from mtbench.judging.prompts import load_prompts
from tests.judging.materials import ONE, PAIR, THREE, text_of


def write_yaml(path: Path, content: object) -> str:
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    return str(path)


def test_a_set_of_ones_own_states_only_what_differs(tmp_path: Path) -> None:
    source = write_yaml(
        tmp_path / "strict.yaml", {"base": "default", "pieces": {"fair-grading": "Be strict {{here}}."}}
    )
    prompts = load_prompts(source)
    system = prompts.pick("single", False, 1).render(ONE)[0].content
    assert "Be strict {here}." in system
    assert "by its length" not in system
    assert prompts.pick("single", False, 1).name == "strict/single"
    assert prompts.pick("single", False, 1).hash != load_prompts("default").pick("single", False, 1).hash
    assert prompts.pick("pairwise", False, 1).hash == load_prompts("default").pick("pairwise", False, 1).hash


def test_a_base_may_lie_beside_the_file(tmp_path: Path) -> None:
    write_yaml(tmp_path / "house.yml", {"base": "default", "labels": {"pairwise": ["One", "Two"]}})
    source = write_yaml(tmp_path / "mine.yaml", {"base": "house.yml", "pieces": {"explain": "Say why."}})
    rendered = text_of(load_prompts(source).pick("pairwise", False, 1).render(PAIR))
    assert "answer of Two, turn 1" in rendered
    assert "Say why." in rendered


def test_braces_in_examples_stay_as_they_are(tmp_path: Path) -> None:
    example = {"question": "{turn}?", "answer": "{}", "judgment": "{first} {{", "verdict": 3}
    source = write_yaml(tmp_path / "x.yaml", {"base": "default", "examples": {"single": [example]}})
    system = load_prompts(source).pick("single", False, 1).render(ONE)[0].content
    assert "\n{turn}?\n" in system
    assert "\n{first} {{\n\n[[3]]" in system


def test_a_prompt_without_system_text_or_closing_is_one_message(tmp_path: Path) -> None:
    bare = {"system": [], "task": ["question"], "conversation": ["answer"], "closing": []}
    source = write_yaml(tmp_path / "bare.yaml", {"base": "default", "prompts": {"single": bare}})
    (message,) = load_prompts(source).pick("single", False, 1).render(ONE)
    assert message.role == "user"
    assert message.content.endswith("| end>>")


BARE = {"system": [], "task": ["question"], "conversation": ["answer"], "closing": ["ask"]}
WHOLE: dict[str, Any] = {
    "modes": ["single"],
    "output_formats": {"single": "[[rating]]"},
    "labels": {"single": ["it"]},
    "pieces": {"ask": "Grade turn {turn}."},
    "prompts": {"single": BARE},
}


def test_a_set_can_stand_without_a_base(tmp_path: Path) -> None:
    prompts = load_prompts(write_yaml(tmp_path / "whole.yaml", WHOLE))
    assert prompts.pick("single", False, 1).render(ONE)[-1].content.endswith("\n\nGrade turn 1.")
    with pytest.raises(
        MtbenchError, match=r"has no prompt for single grading with a reference, turn 1: it has whole/s"
    ):
        prompts.pick("single", True, 1)
    with pytest.raises(MtbenchError, match=r"turn 2: whole/single shows turn 1 only"):
        prompts.pick("single", False, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pieces": {"ask": "{turns}"}}, r"prompt single, piece ask: there is no value for \{turns\}; known.*\{turn\}"),
        ({"pieces": {"ask": "{first}"}}, r"no value for \{first\}"),
        ({"pieces": {"ask": "{turn.x}"}}, r"\{turn.x\} is not a plain placeholder"),
        ({"pieces": {"ask": "{"}}, r"piece ask: .*write \{\{ and \}\}"),
        ({"pieces": {"ask": {"bracketed": "x"}}}, r"piece ask must be a text, or one for bracketed and one for json"),
        ({"pieces": {"ask": 7}}, r"piece ask must be a text"),
        ({"pieces": {}}, r"there is no piece 'ask'"),
        ({"output_formats": {"single": "[[A]]"}}, r"output_format \[\[A\]\] is not one for single grading"),
        ({"output_formats": {"single": "stars"}}, r"unknown output_format 'stars'; known: \[\[rating\]\]"),
        ({"output_formats": {}}, r"unknown output_format None"),
        ({"labels": {"single": ["a", "b"]}}, r"labels for single must be 1 different texts"),
        ({"labels": {"single": "it"}}, r"labels for single must be 1 different texts"),
        ({"labels": {"single": ["a>b"]}}, r"may not be empty or contain <, > or \|"),
        ({"labels": {"single": [""]}}, r"may not be empty"),
        ({"modes": ["double"]}, r"`modes` must list single, pairwise or both"),
        ({"modes": []}, r"`modes` must list"),
        ({"modes": ["pairwise"], "labels": {"pairwise": ["a", "b"]}}, r"has no judge prompts"),
        ({"prompts": {"solo": BARE}}, r"unknown prompt 'solo'; known: single, single-reference"),
        ({"prompts": {"single": BARE | {"closing": "ask"}}}, r"prompt single: 'closing' must be a list of names"),
        ({"prompts": {"single": None}}, r"prompt single: 'system' must be a list of names"),
        ({"prompts": {"single": BARE | {"task": []}}}, r"must show answer, question and nothing else"),
        ({"prompts": {"single": BARE | {"task": ["question", "hint"]}}}, r"and nothing else"),
        ({"prompts": {"single": BARE | {"task": ["question", "reference"]}}}, r"and nothing else"),
        ({"prompts": {"single-reference": BARE}}, r"must show answer, question, reference"),
        ({"prompts": {"single": BARE | {"task": ["answer", "question"]}}}, r"the answer in `conversation`"),
        ({"examples": {"single": "none"}}, r"examples for single must be a list"),
        ({"piece": {}}, r"unknown part 'piece'; known: description, base"),
        ({"pieces": "ask"}, r"'pieces' must be a dict, not 'ask'"),
    ],
)
def test_what_could_not_be_rendered_is_an_error_when_loading(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    source = write_yaml(tmp_path / "whole.yaml", WHOLE | change)
    with pytest.raises(MtbenchError, match=message):
        load_prompts(source)


@pytest.mark.parametrize("part", ["modes", "output_formats", "labels", "pieces", "prompts"])
def test_a_missing_part_is_named(tmp_path: Path, part: str) -> None:
    source = write_yaml(tmp_path / "whole.yaml", {name: value for name, value in WHOLE.items() if name != part})
    with pytest.raises(MtbenchError, match=f"whole.yaml: '{part}' is missing"):
        load_prompts(source)


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("text", r"example 1: the text 'question' is missing"),
        ({"question": "q", "answer": "a", "verdict": 3}, r"example 1: the text 'judgment' is missing"),
        ({"question": "q", "answer": "a", "judgment": "j"}, r"None is not a verdict in the format \[\[rating\]\]"),
        ({"question": "q", "answer": "a", "judgment": "j", "verdict": 11}, r"11 is not a verdict"),
        ({"question": "q", "answer": "a", "judgment": "j", "verdict": True}, r"True is not a verdict"),
        ({"question": "q", "answer": "a", "judgment": "j", "verdict": [3, 4]}, r"is not a verdict"),
    ],
)
def test_a_bad_example_is_an_error(tmp_path: Path, example: object, message: str) -> None:
    source = write_yaml(tmp_path / "x.yaml", {"base": "default", "examples": {"single": [example]}})
    with pytest.raises(MtbenchError, match=message):
        load_prompts(source)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pieces:\n  ask: a\n  ask: b\n", r"set.yaml, line 3: .*the key 'ask' stands twice"),
        ("prompts: {single: {}\n", r"set.yaml, line 2: cannot be read as YAML"),
        ("- a\n", r"must be a YAML mapping"),
        ("", r"must be a YAML mapping"),
        ("base: set.yaml\n", r"`base` goes round in a circle"),
        ("base: nowhere\n", r"base 'nowhere' is neither one of our sets nor a file beside this one"),
        ("pieces: {a: \x01}\n", r"cannot be read as YAML"),
    ],
)
def test_a_broken_yaml_is_an_error_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(text)
    with pytest.raises(MtbenchError, match=message):
        load_prompts(str(path))


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(
        "base: default\nprompts:\n"
        "  single: &one {system: [grader], task: [question], conversation: [answer], closing: [grade]}\n"
        "  single-turns:\n    <<: *one\n    closing: [grade-now]\n"
    )
    prompts = load_prompts(str(path))
    assert prompts.pick("single", False, 3).render(THREE)[-1].content.endswith("in double square brackets.")


def test_files_that_cannot_be_read_are_errors(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=r"neither a file nor one of our sets \(cot, default, few-shot"):
        load_prompts("nosuch")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"description: \xff\n")
    with pytest.raises(MtbenchError, match=r"latin\.yaml, line 1: is not UTF-8 text"):
        load_prompts(str(latin))
