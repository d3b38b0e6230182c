"""The study of lists that are said twice: what it holds, and what it asks about."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from mtbench.benches import Bench, find_bench, load_answers
from mtbench.errors import MtbenchError
from mtbench.records import Json
from mtbench.studies.lists import BRIDGE
from mtbench.studies.verbosity import (
    BY_RULE,
    ORIGINAL,
    SAME,
    Study,
    answers_to_ask_about,
    by_model,
    requests_to_rewrite,
    write_rewritten,
    write_verbosity,
)
from tests.support.benches import make_bench, write_lines
from tests.support.judged import answered


def list_of(items: int, about: str = "boats") -> str:
    lines = [f"{number}. You can see {number} of the {about} from the harbour." for number in range(1, items + 1)]
    return "\n".join(["This is what you can do:", "", *lines])


GERMAN = "- Man gießt den Garten am Abend, wenn es kühl ist.\n- Man stellt die Töpfe in den Schatten.\n- Man wartet."


def bench(folder: Path, answers: Mapping[str, Sequence[Sequence[str]]], categories: str = "abcd") -> Bench:
    """`answers`: by model, a list of turns a question."""
    count = max(map(len, answers.values()))
    asked: list[Json] = [
        {"question_id": each, "category": categories[each % len(categories)], "turns": ["First?", "Second?"]}
        for each in range(count)
    ]
    made = make_bench(folder, asked)
    for model, of_questions in answers.items():
        lines = []
        for number, turns in enumerate(of_questions):
            line = answered(number, model)
            line["choices"][0]["turns"] = list(turns)
            lines.append(line)
        write_lines(made / "model_answer" / f"{model}.jsonl", lines)
    return find_bench("tiny", folder / "data")


def short(name: object) -> str:
    """An id of the study without the hash of the answer."""
    return str(name).rpartition("/")[0]


def texts(study: Study, model: str) -> dict[str, tuple[str, ...]]:
    return {short(name): each.choices[0].turns for name, each in load_answers(study.bench.answers(model)).items()}


def asked(study: Study, items: int = 4, limit: int = 99, models: Sequence[str] = ("one", "two")) -> list[str]:
    chosen = answers_to_ask_about(study, study.by_rule, models, range(99), items, limit)
    return [short(each.question_id) for each in chosen]


def test_the_study_has_the_answer_itself_and_the_answer_with_its_list_said_twice(tmp_path: Path) -> None:
    study = write_verbosity(bench(tmp_path, {"one": [[list_of(4), "ok"]]}), ["one"])
    assert texts(study, ORIGINAL) == texts(study, SAME) == {"0/one/1": (list_of(4),)}
    (twice,) = texts(study, BY_RULE)["0/one/1"]
    assert twice.count(BRIDGE) == 1
    assert twice.endswith(list_of(4).partition("\n\n")[2])
    question = next(each for each in study.questions if short(each.question_id) == "0/one/1")
    assert (question.category, question.turns) == ("a", ("First?",))
    assert question.extra == {"source_question_id": 0, "source_model": "one", "list_items": 4}


def test_a_list_in_the_second_turn_is_said_twice_there(tmp_path: Path) -> None:
    study = write_verbosity(bench(tmp_path, {"one": [["ok", list_of(5)]]}), ["one"])
    first, second = texts(study, BY_RULE)["0/one/2"]
    assert (first, BRIDGE in second) == ("ok", True)
    assert next(iter(study.questions)).turns == ("First?", "Second?")


def test_writing_it_again_leaves_the_files_as_they_are(tmp_path: Path) -> None:
    made = bench(tmp_path, {"one": [[list_of(4), list_of(5)], [GERMAN, "ok"]]})

    def on_disk() -> dict[Path, tuple[int, bytes]]:
        study = write_verbosity(made, ["one"])
        write_rewritten(study, "writer")
        return {path: (path.stat().st_ino, path.read_bytes()) for path in study.bench.folder.rglob("*.jsonl")}

    assert on_disk() == on_disk()


def test_another_answer_to_the_same_question_is_another_question_of_the_study(tmp_path: Path) -> None:
    """Judgments of the one that is gone would count for it else, beside its text."""
    before = write_verbosity(bench(tmp_path, {"one": [[list_of(4), "ok"], [list_of(5), "ok"]]}), ["one"])
    after = write_verbosity(bench(tmp_path, {"one": [[list_of(4) + "\n\nAhoy!", "ok"], [list_of(5), "ok"]]}), ["one"])
    assert {short(each) for each in before.listed} == {short(each) for each in after.listed}
    assert {short(each) for each in before.listed.keys() & after.listed.keys()} == {"1/one/1"}


def test_answers_without_a_list_are_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=r"no answer in .* has a list, so there is none to say twice"):
        write_verbosity(bench(tmp_path, {"one": [["ok", "fine"]]}), ["one"])


def test_lists_that_say_things_twice_or_were_cut_off_are_left_out(tmp_path: Path) -> None:
    made = bench(tmp_path, {"one": [["So:\n\n- wait\n- wait", "ok"], [list_of(4), list_of(3)]]})
    path = made.answers("one")
    path.write_text(path.read_text().replace('"turns":["This', '"finish_reasons":["length","stop"],"turns":["This'))
    assert {short(each) for each in write_verbosity(made, ["one"]).listed} == {"1/one/2"}


def test_only_lists_of_so_many_items_are_asked_about_and_one_an_answer(tmp_path: Path) -> None:
    study = write_verbosity(
        bench(tmp_path, {"one": [[list_of(3), list_of(6)], [list_of(4), list_of(5)]], "two": [[list_of(7), "ok"]]}),
        ["one", "two"],
    )
    assert asked(study) == ["0/one/2", "0/two/1", "1/one/1"]
    assert asked(study, items=6) == ["0/one/2", "0/two/1"]
    assert asked(study, models=["two"]) == ["0/two/1"]
    with pytest.raises(MtbenchError, match=r"none of these answers has a list of 8 items or more$"):
        asked(study, items=8)


def test_few_answers_are_of_many_categories_questions_and_models_and_of_first_turns(tmp_path: Path) -> None:
    both = [[list_of(4), "ok"], ["ok", list_of(4)], [list_of(5), "ok"], [list_of(5), "ok"]]
    study = write_verbosity(bench(tmp_path, {"one": both, "two": both}, "ab"), ["one", "two"])
    assert asked(study, limit=2) == ["0/one/1", "3/one/1"]  # a category each, in b not the list in a second turn
    assert asked(study, limit=4) == ["0/one/1", "2/two/1", "3/one/1", "3/two/1"]
    assert len(asked(study)) == 8


def test_what_the_rules_cannot_say_is_for_a_model_to_say(tmp_path: Path) -> None:
    study = write_verbosity(bench(tmp_path, {"one": [[GERMAN, "ok"]]}), ["one"])
    with pytest.raises(MtbenchError, match="items or more that rules of ours can say in other words: --rewriter MODEL"):
        asked(study, items=3)
    chosen = answers_to_ask_about(study, study.listed.keys(), ["one"], [0], 3, 9)
    (request,) = requests_to_rewrite(chosen)
    assert request.turns[0].endswith(GERMAN)
    assert request.required_temperature == 0


def test_replies_of_a_model_become_answers_if_they_are_the_list_in_other_words(tmp_path: Path) -> None:
    four, said = list_of(4), list_of(4, "ships").partition("\n\n")[2]
    study = write_verbosity(bench(tmp_path, {"one": [[four, "ok"]] * 5}), ["one"])
    replies = {
        0: f"Here it is:\n\n{said}\n",
        1: "I cannot do that.",
        2: list_of(3, "ships"),
        3: four,
    }
    ids = {each.question.question_id: name for name, each in study.listed.items()}
    lines = []
    for number, reply in replies.items():
        line = answered(number, "writer")
        line["question_id"] = f"rewriting/{ids[number]}"
        line["choices"][0]["turns"] = [reply]
        lines.append(line)
    cut = answered(4, "writer")
    cut["question_id"] = f"rewriting/{ids[4]}"
    cut["choices"][0] |= {"turns": [said], "finish_reasons": ["length"]}
    write_lines(study.bench.answers("writer"), [*lines, cut])
    rewritten = write_rewritten(study, "writer")
    assert rewritten.done == {ids[0]}
    assert rewritten.useless == {ids[number] for number in (1, 2, 3, 4)}
    assert texts(study, by_model("writer")) == {
        "0/one/1": (f"This is what you can do:\n\n{said}\n\n{BRIDGE}\n\n" + four.partition("\n\n")[2],)
    }
