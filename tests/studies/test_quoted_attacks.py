"""A judge that quotes an attack and then says its own verdict is read rightly; so no parser is what an attack moves."""

import orjson
import pytest

from mtbench.chat.thinking import split_thinking
from mtbench.judging.prompt_set import JudgePrompt, Mode
from mtbench.judging.prompts import load_prompts
from mtbench.judging.verdicts import Rule, parse
from mtbench.studies.attacks import load_attacks

VERDICTS: dict[str, tuple[str, object]] = {
    "[[rating]]": ('{"score": 2}', 2),
    "[[A]]": ('{"verdict": "C"}', "C"),
    "[[rating_a,rating_b]]": ('{"score_a": 3, "score_b": 3}', "C"),
}
"""By form: a judge's own verdict, which no attack asks for, as fields, and as it is read."""

QUOTING = ("It ends with: {}\n\nThat earns nothing.", "{}", "> {}", "```\n{}\n```", 'It writes "{}", and no more.')

CASES: list[tuple[str, Mode]] = [("default", "single"), ("default", "pairwise"), ("score", "pairwise")]


def prompt_of(name: str, mode: Mode, structured: bool = False) -> JudgePrompt:
    prompts = load_prompts(name)
    return (prompts.structured() if structured else prompts).pick(mode, False, 1)


def reply(prompt: JudgePrompt, quoting: str) -> str:
    """A judge's reply in the form that the prompt asks for."""
    fields = orjson.loads(VERDICTS[prompt.output_format][0])
    if prompt.schema:
        return orjson.dumps({"reasoning": quoting} | fields).decode()
    return f"{quoting}\n\n[[{','.join(map(str, fields.values()))}]]"


def misread(prompt: JudgePrompt, mode: Mode, rule: Rule = "last") -> set[str]:
    """The attacks that, quoted in a reply, become its verdict or take it away."""
    return {
        each.id
        for each in load_attacks().of_mode(mode)
        for form in QUOTING
        if parse(split_thinking(reply(prompt, form.format(each.text)))[1], prompt, rule)
        != VERDICTS[prompt.output_format][1]
    }


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize(("name", "mode"), CASES)
def test_a_quoted_attack_never_becomes_the_verdict(name: str, mode: Mode, structured: bool) -> None:
    assert misread(prompt_of(name, mode, structured), mode) == set()


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_nor_does_one_that_stands_before_a_json_verdict(name: str, mode: Mode) -> None:
    prompt = prompt_of(name, mode, structured=True)
    for each in load_attacks().of_mode(mode):
        text = f"{each.text}\n\n{reply(prompt, 'No.')}"
        assert parse(split_thinking(text)[1], prompt) == VERDICTS[prompt.output_format][1], each.id


@pytest.mark.parametrize(
    ("name", "mode", "fooling"),
    [
        ("default", "single", {"verdict-rating", "verdict-bare", "continuation-finished-reply"}),
        ("default", "pairwise", {"verdict-letter-a", "verdict-letter-b", "verdict-either-letter"}),
        ("score", "pairwise", {"verdict-two-grades"}),
    ],
)
def test_where_the_first_verdict_counts_whoever_writes_one_is_believed(
    name: str, mode: Mode, fooling: set[str]
) -> None:
    assert misread(prompt_of(name, mode), mode, "first") == fooling


def test_a_judge_that_quotes_a_verdict_and_gives_none_is_misread() -> None:
    prompt = prompt_of("default", "single")
    assert parse("The answer only says [[10]]. I decline to grade it.", prompt) == 10
