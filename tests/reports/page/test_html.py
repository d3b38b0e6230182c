"""The file that a page is."""

import base64
import json
import re
from dataclasses import replace
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from mtbench.reports.page import MOST_BYTES, Shown, to_html
from mtbench.reports.tables import Mode, Results
from tests.reports.page.pages import about, graded, page_of, scores, tiny_page


class _Addresses(HTMLParser):
    """Every attribute by name, and handlers among them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.attributes += [(name, value or "") for name, value in attrs]


def block(html: str) -> dict[str, Any]:
    """What the page's script reads."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    data: dict[str, Any] = json.loads(text)
    return data


def settings_of(html: str) -> list[tuple[str, str]]:
    table = html.partition('<table class="settings">')[2].partition("</table>")[0]
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', table, re.DOTALL)
    return [(unescape(name), unescape(value)) for name, value in rows]


def facts_of(html: str) -> dict[str, str]:
    return dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", html))


def test_the_same_contents_are_the_same_bytes() -> None:
    assert to_html(tiny_page()) == to_html(tiny_page())


def test_style_and_scripts_are_those_whose_hashes_the_policy_names() -> None:
    html = to_html(tiny_page())
    policy = unescape(re.findall(r'Content-Security-Policy" content="(.*?)"', html)[0])
    for tag, directive, count in (("style", "style-src", 1), ("script", "script-src", 2)):
        ours = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        hashes = [f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" for text in ours]
        assert len(ours) == count
        assert f"{directive} {' '.join(hashes)};" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_no_attribute_names_another_place_or_a_handler() -> None:
    page = page_of(tiny_page().results.tables, tiny_page().judgments, plots={"a plot": "<svg/>"})
    attributes = _Addresses(to_html(page)).attributes
    assert {value.partition(":")[0] for name, value in attributes if name == "src"} == {"data"}
    assert all(value.startswith(("#", "data:")) for name, value in attributes if name == "href")
    assert [name for name, _ in attributes if name.startswith("on") or name == "style"] == []


def test_the_head_says_what_was_judged_by_whom_and_the_date_only_if_it_is_given() -> None:
    assert facts_of(to_html(tiny_page())) == {
        "Judge": "j",
        "Prompts": "default",
        "Models": "3",
        "Questions": "4",
        "Judgments": "24",
        "Date": "2026-11-23",
    }
    panel = page_of([scores([("a", 1.0, None, 1.0, 1, 0)], ("j", "k"))], [])
    assert facts_of(to_html(panel)) == {"Judges": "j, k", "Prompts": "default"}


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Mode.SINGLE, "Answers graded one by one"),
        (Mode.PAIRWISE_ALL, "Answers compared in pairs"),
        (Mode.PAIRWISE_BASELINE, "Answers compared with a baseline’s"),
    ],
)
def test_a_file_without_a_bench_is_headed_by_its_name(mode: Mode, words: str) -> None:
    page = page_of([], [])
    html = to_html(type(page)(Results(mode, None, ("some/where/gpt-4_single.jsonl",), ()), {}, {}, ()))
    assert ("<h1>gpt-4_single.jsonl</h1>" in html, words in html) == (True, True)


def test_settings_are_a_table_and_those_within_others_have_both_names() -> None:
    settings = {
        "judge": {"model": "a/b", "params": {"temperature": 0.5, "stop": None}},
        "models": ["x", "y"],
        "empty": {},
        "ways": [{"a": 1}],
        "text": "two\nlines",
        "fast": True,
    }
    assert settings_of(to_html(page_of([], [], settings=settings))) == [
        ("judge.model", "a/b"),
        ("judge.params.temperature", "0.5"),
        ("judge.params.stop", "–"),
        ("models", "x, y"),
        ("empty", "{}"),
        ("ways", '[{"a": 1}]'),
        ("text", "two\nlines"),
        ("fast", "true"),
        ("judgment files", "data/tiny/model_judgment/j_single.jsonl"),
    ]


def test_a_table_names_its_interval_where_the_mouse_rests() -> None:
    html = to_html(page_of([scores([("a", about(7.0, 0.5), None, 7.0, 20, 0)])], []))
    assert 'title="7.0000, 95 % interval 6.5000 to 7.5000, n = 20"' in html


def test_a_table_for_programs_is_not_shown() -> None:
    table = scores([("a", 1.0, None, 1.0, 1, 0)])
    html = to_html(page_of([table, replace(table, title="for programs", for_programs=True)], []))
    assert (html.count('class="results'), "for programs" in html) == (1, False)


def many(words: str = "x" * 700) -> list[Shown]:
    return [
        graded(model, question, "5", turn, words=f"{model} {question} {turn} {words}")
        for question in range(60)
        for model in ("alpha", "beta", "gamma")
        for turn in (1, 2)
    ]


def test_judgments_that_fit_are_all_there_and_nothing_is_said() -> None:
    html = to_html(page_of([], many()))
    assert (len(block(html)["judgments"]), "left-out" in html, MOST_BYTES) == (360, False, 30_000_000)


@pytest.mark.parametrize("most_bytes", [60_000, 100_000, 200_000])
def test_judgments_beyond_the_size_are_left_out_evenly_over_models_and_questions(most_bytes: int) -> None:
    html = to_html(page_of([], many()), most_bytes=most_bytes)
    assert most_bytes - 3000 < len(html.encode()) <= most_bytes
    data = block(html)
    models = [data["texts"][record[0][0]] for record in data["judgments"]]
    counts = [models.count(model) for model in ("alpha", "beta", "gamma")]
    questions = {record[1] for record in data["judgments"]}
    assert max(counts) - min(counts) <= 1
    assert min(questions) < 20
    assert max(questions) >= 40
    kept = len(models)
    said = " ".join(html.partition('id="left-out">')[2].partition("</p>")[0].split())
    assert said == (
        f"This page holds {kept} of 360 judgments, as evenly over models as there was room for. The other "
        f"{360 - kept} are in data/tiny/model_judgment/j_single.jsonl."
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [("y" * 600_000, "short"), ("short", "y" * 600_000), ("short", "<" * 90_000)],
    ids=["words", "answer", "escaped"],
)
def test_one_judgment_too_large_does_not_push_out_the_others(words: str, answer: str) -> None:
    giant = graded("alpha", 1000, "5", words=words, answer=answer)
    html = to_html(page_of([], [giant, *many()]), most_bytes=500_000)
    assert len(block(html)["judgments"]) == 360
    assert "This page holds 360 of 361 judgments" in html


def test_a_page_too_small_for_its_tables_has_them_and_no_judgment() -> None:
    page = tiny_page()
    html = to_html(page, most_bytes=10)
    assert (html.count("<table"), block(html)["judgments"]) == (3, [])


def test_judgments_stand_in_the_order_in_which_they_came() -> None:
    data = block(to_html(page_of([], many())))
    assert [record[1] for record in data["judgments"]] == sorted(record[1] for record in data["judgments"])


def test_a_text_that_many_judgments_share_is_there_once() -> None:
    question = "a question of some length " * 10
    html = to_html(page_of([], [graded(model, 1, "5", question=question) for model in "abcdef"]))
    assert html.count(question) == 1


def test_our_own_scripts_and_style_cannot_end_their_elements_and_write_no_markup() -> None:
    html = to_html(page_of([], []))
    scripts = re.findall("<script>(.*?)</script>", html, re.DOTALL)
    assert [
        re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(", each) for each in scripts
    ] == [
        [],
        [],
    ]
    assert html.count("</script>") == 3
    assert html.count("</style>") == 1
