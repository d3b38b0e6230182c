"""What a judgment file holds that still counts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from mtbench.briefs import judgment_briefs
from mtbench.chat import Message, Params
from mtbench.files import Lines
from mtbench.judging.held import Held, JudgeWork
from mtbench.judging.matches import Contestants, Match
from mtbench.judging.prompts import load_prompts
from mtbench.records import Json, Question, QuestionId
from tests.support.benches import write_lines

PROMPT = load_prompts("default").pick("single", False, 1)


def grade(request_hash: str | None = "one", score: float = 7, question_id: QuestionId = 1, **more: object) -> Json:
    return {
        "question_id": question_id,
        "model": "m",
        "judge": ["j", "default/single"],
        "user_prompt": f"prompt of {request_hash}",
        "judgment": f"reply to {request_hash}",
        "score": score,
        "turn": 1,
        **({"request_hash": request_hash} if request_hash else {}),
        **more,
    }


def pair(*hashes: str, winner: str = "tie", **more: object) -> Json:
    games = {f"{game}_request_hash": each for game, each in zip(("g1", "g2"), hashes, strict=False)}
    return {
        "question_id": 1,
        "model_1": "m",
        "model_2": "n",
        "g1_winner": winner,
        "g2_winner": "tie",
        "judge": ["j", "default/pair"],
        **games,
        **more,
    }


class Asked:
    """A file of these lines, and what is asked of it."""

    def __init__(self, folder: Path, lines: Sequence[Json], rule: str) -> None:
        there = Lines(write_lines(folder / "j.jsonl", lines))
        self.held = Held(there, rule)
        for brief in judgment_briefs(there):
            self.held.add(brief)

    def has(
        self,
        *hashes: str,
        repeat: int = 0,
        reask: int = 0,
        question_id: QuestionId = 1,
        prompt: str = "default/single",
        text: str = "new prompt",
        models: Contestants = ("m",),
    ) -> bool:
        match = Match(Question(question_id, "math", ("?",)), 1, models)
        games = {game: (Message("user", text),) for game, _ in zip(("g1", "g2"), hashes, strict=False)}
        return self.held.has(match, repeat, prompt, games, dict(zip(games, hashes, strict=True)), reask)

    def has_pair(self, *hashes: str, repeat: int = 0, reask: int = 0) -> bool:
        return self.has(*hashes, repeat=repeat, reask=reask, prompt="default/pair", models=("m", "n"))

    def replies(self, repeat: int = 0) -> dict[str, str]:
        match = Match(Question(1, "math", ("?",)), 1, ("m",))
        work = JudgeWork(match, repeat, PROMPT, {}, {}, Params(), None, ())
        return {name: reply.text for name, reply in self.held.replies(work).items()}


class Opener(Protocol):
    def __call__(self, *lines: Json, rule: str = "last") -> Asked: ...


@pytest.fixture
def file(tmp_path: Path) -> Opener:
    return lambda *lines, rule="last": Asked(tmp_path, lines, rule)


def test_a_judgment_is_held_for_the_work_and_the_request_that_it_was_made_by(file: Opener) -> None:
    there = file(grade())
    assert there.has("one")
    assert there.has("one", prompt="default/single-turns")
    assert not there.has("two")
    assert not there.has("one", question_id=2)
    assert not there.has("one", question_id="1")
    assert not there.has("one", repeat=1)
    assert not there.has("one", models=("n",))
    assert not there.has("one", prompt="cot/single")
    assert not there.has("one", prompt="default.structured/single")
    assert there.replies() == {}


def test_a_later_line_takes_the_place_of_an_earlier_one_even_where_that_would_fit_again(file: Opener) -> None:
    there = file(grade("one"), grade("two"))
    assert there.has("two")
    assert not there.has("one")
    assert file(grade("one"), grade("two"), grade("one")).has("one")


@pytest.mark.parametrize(("first", "second"), [(-1, -2), (0, 2**61 - 1), (1, "1"), ("a", "b")])
def test_questions_whose_ids_python_hashes_alike_are_two(file: Opener, first: QuestionId, second: QuestionId) -> None:
    there = file(grade("one", question_id=first), grade("two", question_id=second))
    assert there.has("one", question_id=first)
    assert there.has("two", question_id=second)
    assert not there.has("one", question_id=second)


def test_a_line_that_fastchat_marked_as_failed_holds_nothing(file: Opener) -> None:
    assert not file(grade(judgment="$ERROR$", score=-1)).has("one")


def test_repeats_count_apart_while_they_were_asked_alike(file: Opener) -> None:
    there = file(grade(), grade(repeat=2), grade(repeat=1))
    assert [there.has("one", repeat=repeat) for repeat in range(4)] == [True, True, True, False]
    there = file(grade(), grade(repeat=1), grade("two", repeat=1))
    assert [there.has("one", repeat=repeat) for repeat in (0, 1)] == [False, False]
    assert [there.has("two", repeat=repeat) for repeat in (0, 1)] == [False, True]


def test_a_pair_in_both_orders_holds_one_order_and_not_the_other_way_round(file: Opener) -> None:
    both, one = file(pair("one", "two")), file(pair("one"))
    assert both.has_pair("two", "one")
    assert both.has_pair("one")
    assert both.has("two", prompt="default/pair", models=("n", "m"))
    assert not both.has_pair("three")
    assert not both.has_pair("one", "three")
    assert one.has_pair("one")
    assert not one.has_pair("one", "two")
    assert not one.has_pair("one", "one")
    assert file(pair("one", "one")).has_pair("one", "one")


def test_repeats_of_a_pair_in_one_order_and_in_both_stand_side_by_side(file: Opener) -> None:
    there = file(pair("one", "two"), pair("two", repeat=1))
    assert there.has_pair("one", "two")
    assert there.has_pair("two", repeat=1)


def test_without_a_verdict_it_is_held_until_it_may_be_asked_more_often_and_the_reply_is_kept(file: Opener) -> None:
    there = file(grade("zero"), grade(score=-1, reasked=2))
    assert [there.has("one", reask=reask) for reask in (0, 2, 3)] == [True, True, False]
    assert there.replies() == {"one": "reply to one"}
    assert file(grade(score=-1), grade("two")).replies() == {}
    both = file(pair("one", "two", winner="error"))
    assert [both.has_pair("one", "two", reask=reask) for reask in (0, 1)] == [True, False]


def test_what_was_read_by_another_rule_is_read_again_from_its_reply(file: Opener) -> None:
    there = file(grade(), rule="first")
    assert not there.has("one")
    assert there.replies() == {"one": "reply to one"}
    assert file(grade(verdict_rule="first"), rule="first").has("one")
    assert not file(grade(verdict_rule="first")).has("one")
    unread = file(grade(score=-1, reasked=5), rule="first")
    assert not unread.has("one")


def test_fastchats_lines_hold_by_prompt_name_and_text_and_give_way_to_ours(file: Opener) -> None:
    def has(there: Asked, text: str, name: str = "default/single", reask: int = 0) -> bool:
        return there.has("new", text=text, prompt=name, reask=reask)

    there = file(grade(None), grade(None, user_prompt="another"), grade(None, user_prompt="bare", score=-1))
    assert has(there, "prompt of None")
    assert has(there, "another")
    assert [has(there, "bare", reask=reask) for reask in (0, 1)] == [True, False]
    assert not has(there, "new prompt")
    assert not has(there, "another", "default/single-turns")
    ours = file(grade(None), grade("two"))
    assert not has(ours, "prompt of None")
    assert ours.has("two")
    after = file(grade("two"), grade(None))
    assert after.has("two", text="any")
    assert has(after, "prompt of None")
