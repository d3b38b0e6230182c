import json

import pytest

from mtbench.errors import MtbenchError
from mtbench.judging.prompts import Material, Mode, load_prompts, read_back, set_names
from tests.judging.materials import ALL_FOUR, ONE, PAIR, THREE, TWO, text_of
from tests.support.shared import SHARED, needs_shared


def test_the_sets_that_ship_are_six() -> None:
    assert set_names() == ["cot", "default", "few-shot", "rename", "score", "short"]


@pytest.mark.parametrize("name", ["default", "cot", "few-shot", "short"])
@pytest.mark.parametrize(("with_reference", "turn"), ALL_FOUR)
def test_a_set_for_both_modes_has_eight_prompts_named_by_what_they_do(
    name: str, with_reference: bool, turn: int
) -> None:
    prompts = load_prompts(name)
    ending = ("" if turn == 1 else "-turns") + ("-reference" if with_reference else "")
    assert prompts.pick("single", with_reference, turn).name == f"{name}/single{ending}"
    assert prompts.pick("pairwise", with_reference, turn).name == f"{name}/pair{ending}"
    assert len({each.hash for each in prompts.prompts}) == 8


@pytest.mark.parametrize("name", ["rename", "score"])
def test_a_pairwise_set_says_that_it_does_not_grade(name: str) -> None:
    with pytest.raises(MtbenchError, match=f"prompt set {name} has no prompt for single grading .* comparison only"):
        load_prompts(name).pick("single", False, 1)
    assert load_prompts(name).pick("pairwise", True, 2).name == f"{name}/pair-turns-reference"


def test_every_prompt_that_ships_has_a_hash_of_its_own() -> None:
    sets = [load_prompts(name) for name in set_names()]
    prompts = [each for one in sets for each in (*one.prompts, *one.structured().prompts)]
    assert len(prompts) == 2 * (4 * 8 + 2 * 4)
    assert len({each.hash for each in prompts}) == len({each.name for each in prompts}) == len(prompts)
    assert all(len(each.hash) == 16 and int(each.hash, 16) >= 0 for each in prompts)


def test_loading_twice_gives_the_same_hashes() -> None:
    assert load_prompts("default") == load_prompts("default")


@pytest.mark.parametrize("turn", [2, 3])
def test_the_many_turns_prompt_shows_any_number_of_turns_and_names_the_last(turn: int) -> None:
    material = Material(THREE.question_turns[:turn], (THREE.answers[0][:turn],), THREE.reference[:turn])
    system, user = load_prompts("default").pick("single", True, turn).render(material)
    assert f"Grade the\nlast answer only, the one to turn {turn}." in system.content
    assert f"Grade the answer to turn {turn}:" in user.content
    assert read_back(user.content) == material


def test_pairwise_prompts_show_whole_conversations_one_after_the_other() -> None:
    user = load_prompts("default").pick("pairwise", False, 2).render(TWO)[-1].content
    places = [user.index(piece) for piece in ("q one", "a one", "q two", "a two", "b one", "b two")]
    assert places == sorted(places)
    assert user.count("q one") == user.count("q two") == 2
    assert "r one" not in user


def test_the_reference_is_shown_to_the_guided_prompt_only_and_once() -> None:
    prompts = load_prompts("default")
    assert text_of(prompts.pick("pairwise", True, 2).render(TWO)).count("\nr two\n") == 1
    assert "reference answer" not in text_of(prompts.pick("single", False, 1).render(ONE))


def test_a_missing_reference_is_named_by_prompt_and_turn() -> None:
    material = Material(TWO.question_turns, TWO.answers, ("r one",))
    for prompts in (load_prompts("default"), load_prompts("few-shot")):
        with pytest.raises(MtbenchError, match=r"pair-turns-reference shows a reference.*none for turn 2"):
            prompts.pick("pairwise", True, 2).render(material)


def test_prompts_of_one_question_share_their_beginning() -> None:
    prompt = load_prompts("default").pick("single", True, 1)
    texts = [
        prompt.render(Material(ONE.question_turns, ((answer,),), ONE.reference))[-1].content for answer in ("x", "y")
    ]
    answer_mark = texts[0].index("answer of the assistant")
    assert texts[0][:answer_mark] == texts[1][:answer_mark]


def test_the_short_set_drops_the_warnings_and_the_call_for_reasons() -> None:
    def wording(name: str, mode: Mode) -> str:
        material = TWO if mode == "pairwise" else THREE
        return text_of(load_prompts(name).pick(mode, True, len(material.question_turns)).render(material))

    for warning in ("exchanged", "how many words", "are\ncalled", "reasons"):
        assert warning in wording("default", "pairwise")
        assert warning not in wording("short", "pairwise")
    assert "by its length" in wording("default", "single")
    assert "by its length" not in wording("short", "single")


def test_renaming_changes_the_names_and_nothing_else() -> None:
    default, renamed = (
        text_of(load_prompts(name).pick("pairwise", True, 2).render(TWO)) for name in ("default", "rename")
    )
    assert "Assistant" not in renamed
    assert default.replace("Assistant A", "Juniper").replace("Assistant B", "Heron") == renamed
    assert "[[A]]: Juniper serves" in renamed


def test_cot_has_the_judge_solve_the_task_first() -> None:
    system, user = load_prompts("cot").pick("single", True, 1).render(ONE)
    assert "do the task of turn 1 yourself" in system.content
    assert "Solve the task of turn 1 yourself, then give your reasons, then" in user.content


def test_the_score_set_asks_for_two_grades() -> None:
    prompt = load_prompts("score").pick("pairwise", False, 1)
    assert prompt.output_format == "[[rating_a,rating_b]]"
    rendered = text_of(prompt.render(Material(("q",), (("a",), ("b",)))))
    assert "[[6,8]]" in rendered
    assert "[[A]]" not in rendered


@pytest.mark.parametrize(
    ("mode", "verdicts"), [("pairwise", ["[[A]]", "[[B]]", "[[C]]"]), ("single", ["[[10]]", "[[6]]", "[[1]]"])]
)
def test_few_shot_shows_three_worked_examples_in_the_form_of_the_task(mode: Mode, verdicts: list[str]) -> None:
    material = TWO if mode == "pairwise" else THREE
    system = load_prompts("few-shot").pick(mode, False, 2 if mode == "pairwise" else 3).render(material)[0].content
    shown, replies = [], []
    for part in system.split(", the message:\n\n")[1:]:
        message, _, reply = part.partition(", a good reply:\n\n")
        shown.append(read_back(message))
        replies.append(reply)
    assert [len(each.answers) for each in shown] == [len(material.answers)] * 3
    for reply, verdict in zip(replies, verdicts, strict=True):
        lines = reply.splitlines()
        assert verdict in lines
        assert lines.index(verdict) > 1


def test_structured_prompts_ask_for_json_with_the_reasoning_first() -> None:
    prompts = load_prompts("default").structured()
    single, pair = prompts.pick("single", False, 1), prompts.pick("pairwise", True, 2)
    assert (prompts.name, single.name, pair.name) == (
        "default.structured",
        "default.structured/single",
        "default.structured/pair-turns-reference",
    )
    assert single.schema == {
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            "score": {"type": "integer", "enum": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]},
        },
        "required": ["reasoning", "score"],
        "additionalProperties": False,
    }
    assert list(single.schema["properties"]) == ["reasoning", "score"]
    assert pair.schema is not None
    assert pair.schema["properties"]["verdict"] == {"type": "string", "enum": ["A", "B", "C"]}
    for prompt, material in ((single, ONE), (pair, TWO)):
        assert "[[" not in text_of(prompt.render(material))
        assert "JSON object" in text_of(prompt.render(material))
    assert load_prompts("default").pick("single", False, 1).schema is None
    assert prompts.structured() == prompts


def test_structured_scores_and_examples_are_json_too() -> None:
    score = load_prompts("score").structured().pick("pairwise", False, 1)
    assert score.schema is not None
    assert score.schema["required"] == ["reasoning", "score_a", "score_b"]
    system = load_prompts("few-shot").structured().pick("pairwise", False, 1).render(PAIR)[0].content
    replies = [json.loads(line) for line in system.splitlines() if line.startswith("{")]
    assert [reply["verdict"] for reply in replies] == ["A", "B", "C"]
    assert all(list(reply) == ["reasoning", "verdict"] for reply in replies)


@needs_shared
def test_our_wording_is_our_own() -> None:
    """No six words in a row are those of the official prompts."""

    def shingles(text: str) -> set[tuple[str, ...]]:
        words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
        return {tuple(words[i : i + 6]) for i in range(len(words) - 5)}

    official = [json.loads(line) for line in (SHARED / "judge_prompts.jsonl").read_text().splitlines()]
    theirs = shingles("\n".join(each["system_prompt"] + "\n" + each["prompt_template"] for each in official))
    for name in set_names():
        prompts = load_prompts(name)
        for prompt in (*prompts.prompts, *prompts.structured().prompts):
            texts = ("x",) * (prompt.turns or 2)
            material = Material(texts, (texts,) * (2 if prompt.mode == "pairwise" else 1), texts)
            shared = shingles(text_of(prompt.render(material))) & theirs
            assert not shared, (prompt.name, shared)
