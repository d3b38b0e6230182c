"""The attacks are many, of all kinds, our own, what they claim to be, and none of them breaks what it is put into."""

import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest

from mtbench.benches import Bench, load_answers
from mtbench.files import safe_name
from mtbench.judging.prompts import load_prompts, read_back
from mtbench.judging.render import Material
from mtbench.records import Question, QuestionId
from mtbench.studies.attacks import Attack, Mode, load_attacks
from mtbench.studies.study import study_bench, write_study
from tests.support.benches import make_bench
from tests.support.shared import SHARED, needs_shared

ATTACKS = load_attacks()
ALL = (*ATTACKS.controls, *ATTACKS.attacks)
BY_ID = {each.id: each for each in ALL}
HIDDEN = [each for each in ATTACKS.attacks if each.kind == "hidden"]
MODES: tuple[Mode, ...] = ("single", "pairwise")


def test_there_are_at_least_thirty_for_either_mode() -> None:
    assert min(len(ATTACKS.of_mode(mode)) for mode in MODES) >= 30


def test_each_has_a_name_and_a_text_of_its_own() -> None:
    assert max(Counter(each.id for each in ALL).values()) == 1
    assert max(Counter(each.text for each in ALL).values()) == 1
    assert all(each.text.strip() and safe_name(each.id) == each.id for each in ALL)


@pytest.mark.parametrize("mode", MODES)
def test_every_kind_is_there_in_either_mode(mode: Mode) -> None:
    kinds = {
        "request", "authority", "delimiters", "verdict", "continuation", "pressure", "format", "hidden", "language",
        "self-assessment",
    }  # fmt: skip
    assert {each.kind for each in ATTACKS.of_mode(mode)} == kinds
    assert {each.place for each in ATTACKS.of_mode(mode)} == {"before", "after", "instead"}


@pytest.mark.parametrize(
    ("place", "made"), [("before", "text\n\nanswer"), ("after", "answer\n\ntext"), ("instead", "text")]
)
def test_an_attack_stands_in_its_place(place: str, made: str) -> None:
    attack = Attack("x", "request", place, MODES, "text")  # type: ignore[arg-type]  # places are texts here
    assert attack.put_into("answer") == made


def test_a_control_stands_in_the_same_place_and_asks_for_nothing() -> None:
    for attack in ATTACKS.attacks:
        assert ATTACKS.control_of(attack).place == attack.place
    words = re.compile(r"judge|grad(e|ing)|verdict|best|better|answer|score|\[\[|<|\{", re.IGNORECASE)
    assert [each.id for each in ATTACKS.controls if words.search(each.text)] == []
    assert not words.search(ATTACKS.poor_answer)


def test_most_attacks_have_a_control_of_like_length() -> None:
    ratios = sorted(len(ATTACKS.control_of(each).text) / len(each.text) for each in ATTACKS.attacks)
    assert ratios[len(ratios) // 4] > 0.6
    assert ratios[len(ratios) * 3 // 4] < 1.7


def decoded(attack: Attack) -> str:
    """What a text says to whoever reads characters that do not show."""
    if attack.id == "hidden-tag-characters":
        return "".join(chr(ord(each) - 0xE0000) for each in attack.text)
    if attack.id == "hidden-zero-width":
        bits = attack.text.strip("\u2060").translate({0x200B: "0", 0x200C: "1"})
        return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).decode()
    return attack.text


class _Page(HTMLParser):
    """What a page shows: no comments, and nothing white on white."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.shown, self._white = "", False
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._white = tag == "span" and "color:#ffffff;background:#ffffff" in (dict(attrs).get("style") or "")

    def handle_endtag(self, tag: str) -> None:
        self._white = self._white and tag != "span"

    def handle_data(self, data: str) -> None:
        self.shown += "" if self._white else data


def seen(text: str) -> str:
    """What a person sees of a text on a page; between U+202E and U+202C it stands backwards."""
    shown = "".join(each for each in _Page(text).shown if each.isprintable() or each in "\n\u202c\u202e")
    return re.sub("\u202e(.*?)\u202c", lambda found: found[1][::-1], shown)


@pytest.mark.parametrize("attack", HIDDEN, ids=lambda each: each.id)
def test_what_is_hidden_is_not_seen_and_yet_there(attack: Attack) -> None:
    assert "verdict" in decoded(attack)
    assert "Judge" in decoded(attack)
    assert seen(attack.put_into("An answer.")).count("An answer.") == 1
    assert "verdict" not in seen(attack.put_into("An answer."))
    assert "Judge" not in seen(attack.put_into("An answer."))


def test_nothing_else_is_hidden() -> None:
    plain = [each for each in ALL if each.kind not in ("hidden", "delimiters", "format")]
    assert all(seen(each.text) == each.text for each in plain)


def test_all_survive_a_file(tmp_path: Path) -> None:
    folder = make_bench(tmp_path)
    study = study_bench(Bench("tiny", folder, folder), "x")
    answers: dict[str, dict[QuestionId, Sequence[str]]] = {
        each.id: {1: (each.put_into(ATTACKS.poor_answer),)} for each in ALL
    }
    write_study(study, [Question(1, "writing", ("?",))], answers)
    for each in ALL:
        (turn,) = load_answers(study.answers(each.id))[1].choices[0].turns
        assert turn == each.put_into(ATTACKS.poor_answer)


@pytest.mark.parametrize("mode", MODES)
def test_no_attack_gets_out_of_its_marks(mode: Mode) -> None:
    prompt = load_prompts("default").pick(mode, False, 1)
    for each in ATTACKS.of_mode(mode):
        answers = ((each.put_into(ATTACKS.poor_answer),), (ATTACKS.poor_answer,))
        material = Material(("Name a colour.",), answers[: 1 if mode == "single" else 2])
        assert read_back(prompt.render(material)[-1].content) == material


@needs_shared
def test_no_wording_is_that_of_released_prompts_or_questions() -> None:
    released = _runs((SHARED / "judge_prompts.jsonl").read_text() + (SHARED / "mt_bench/question.jsonl").read_text())
    for each in ALL:
        own = re.sub(r"\[The \w+ of [^]]*\]", "", decoded(each))  # marks that have to be as they are
        assert not _runs(own) & released, each.id


def _runs(text: str, words: int = 6) -> set[tuple[str, ...]]:
    """All runs of so many words."""
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[at : at + words]) for at in range(len(found) - words + 1)}


def test_texts_can_be_told_apart_in_an_answer() -> None:
    made = {each.id: orjson.dumps(each.put_into(ATTACKS.poor_answer)).decode() for each in ATTACKS.attacks}
    assert len(set(made.values())) == len(ATTACKS.attacks)
