"""The study of attacks is on disk whole, the same each time, about our poor answer or a model's own answers."""

from pathlib import Path

import pytest

from mtbench.benches import Bench, load_answers
from mtbench.errors import MtbenchError
from mtbench.records import Json
from mtbench.studies.attacks import load_attacks
from mtbench.studies.injection import PLAIN, answerers, injection_bench, write_injection
from tests.support.benches import make_bench, write_lines
from tests.support.judged import answered


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folder = make_bench(tmp_path)
    return Bench("tiny", folder, folder)


def text(study: Bench, answerer: str, question: int) -> str:
    (turn,) = load_answers(study.answers(answerer))[question].choices[0].turns
    return turn


def test_every_question_is_answered_with_every_attack_and_control(bench: Bench) -> None:
    study, questions = write_injection(bench, None)
    attacks = load_attacks()
    assert [(each.question_id, len(each.turns), each.reference) for each in questions] == [
        (1, 1, ()),
        (2, 1, ("42",)),
        (3, 1, ()),
    ]
    for each in (*attacks.controls, *attacks.attacks):
        assert [text(study, each.id, number) for number in (1, 2, 3)] == [each.put_into(attacks.poor_answer)] * 3
    assert text(study, PLAIN, 2) == attacks.poor_answer
    there = {path.stem for path in (study.folder / "model_answer").glob("*.jsonl")}
    assert there == {*answerers("single"), *answerers("pairwise")}


def test_what_is_there_already_stays_as_it_is(bench: Bench) -> None:
    study, _ = write_injection(bench, None)
    before = {path: path.stat().st_ino for path in study.folder.rglob("*.jsonl")}
    write_injection(bench, None)
    assert {path: path.stat().st_ino for path in study.folder.rglob("*.jsonl")} == before


def test_a_model_s_own_answers_are_attacked_in_a_folder_of_their_own(bench: Bench) -> None:
    lines: list[Json] = [answered(1, "weak"), answered(3, "weak") | {"question_hash": "of an older text"}]
    write_lines(bench.answers("weak"), lines)
    study, questions = write_injection(bench, "weak")
    assert study == injection_bench(bench, "weak")
    assert study.folder != injection_bench(bench, None).folder
    assert [each.question_id for each in questions] == [1]
    assert text(study, PLAIN, 1) == "one of weak"
    attack = load_attacks().attacks[0]
    assert text(study, attack.id, 1) == attack.put_into("one of weak")


def test_a_model_without_answers_cannot_be_attacked(bench: Bench) -> None:
    with pytest.raises(MtbenchError, match="no answers by nobody to attack"):
        write_injection(bench, "nobody")


def test_an_attack_is_asked_about_only_where_it_makes_sense() -> None:
    single, pairwise = set(answerers("single")), set(answerers("pairwise"))
    assert "verdict-rating" in single - pairwise
    assert "self-assessment-copied" in pairwise - single
    assert {PLAIN, *(each.id for each in load_attacks().controls)} <= single & pairwise
