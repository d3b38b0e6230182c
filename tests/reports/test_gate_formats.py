"""A gate's decisions, as people and machines read them."""

from dataclasses import replace
from math import nan
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from mtbench.errors import MtbenchError
from mtbench.reports.gate import Decision, Figure, Gate, Outcome, Rule
from mtbench.reports.gate_formats import format_of, to_text
from mtbench.reports.tables import GateFormat, Mode
from mtbench.stats.estimates import Estimate

PASSED = Decision(Rule(Figure.SCORE, 7.0), Outcome.PASS, Estimate(7.5, 7.2, 7.8, 0.15, 160, 80), 0.001)
FAILED = Decision(Rule(Figure.SCORE, 6.5, "coding"), Outcome.FAIL, Estimate(4.0, 3.0, 5.0, 0.44, 20, 10), 0.0003)
OPEN = Decision(
    Rule(Figure.DIFFERENCE, -0.2), Outcome.INCONCLUSIVE, Estimate(-0.1, -0.4, 0.2, 0.15, 160, 80), 0.5, 1409
)


def gate(*decisions: Decision, inconclusive: Outcome = Outcome.FAIL, model: str = "new") -> Gate:
    return Gate(
        "tiny", Mode.SINGLE, model, "old", ("judge",), "default", 0.05, inconclusive, decisions, ["2 lines superseded"]
    )


def test_text_says_each_rule_its_figure_and_what_is_decided() -> None:
    assert to_text(gate(PASSED, FAILED, OPEN), GateFormat.TEXT) == (
        "tiny: new against old, judge judge, prompts default, 95 % intervals\n"
        "PASS  score at least 7            7.500 (7.200 to 7.800) is at least 7 for certain\n"
        "FAIL  coding: score at least 6.5  4.000 (3.000 to 5.000) is not at least 6.5, for certain\n"
        "OPEN  difference at least -0.2    -0.100 (-0.400 to +0.200): 80 questions do not decide whether that is at "
        "least -0.2; about 1,409 would\n"
        "note: 2 lines superseded\n"
        "fail\n"
    )


@pytest.mark.parametrize(("inconclusive", "code"), [(Outcome.PASS, 0), (Outcome.FAIL, 1)])
def test_what_lacks_evidence_counts_as_one_says(inconclusive: Outcome, code: int) -> None:
    undecided = gate(PASSED, OPEN, inconclusive=inconclusive)
    assert undecided.exit_code == code
    last = to_text(undecided, GateFormat.TEXT).splitlines()[-1]
    assert last == f"not enough evidence, which counts as a {inconclusive.value} here (--inconclusive)"


def test_a_failure_outweighs_what_lacks_evidence() -> None:
    assert gate(OPEN, FAILED, inconclusive=Outcome.PASS).exit_code == 1


def test_json_has_every_figure_in_full() -> None:
    document = orjson.loads(to_text(gate(PASSED, OPEN), GateFormat.JSON))
    assert (document["schema_version"], document["outcome"], document["exit_code"]) == (1, "inconclusive", 1)
    assert document["rules"][1] == {
        "name": "difference at least -0.2",
        "figure": "difference",
        "category": None,
        "bar": -0.2,
        "outcome": "inconclusive",
        "estimate": {"value": -0.1, "low": -0.4, "high": 0.2, "se": 0.15, "n": 160, "questions": 80},
        "p_value": 0.5,
        "questions_needed": 1409,
        "repeats_needed": None,
        "sentence": "-0.100 (-0.400 to +0.200): 80 questions do not decide whether that is at least -0.2; "
        "about 1,409 would",
    }


def test_what_is_not_known_is_null_and_said() -> None:
    unknown = replace(OPEN, estimate=Estimate(7.0, nan, nan, nan, 2, 1), p_value=nan, questions=None)
    rule = orjson.loads(to_text(gate(unknown), GateFormat.JSON))["rules"][0]
    assert rule["estimate"]["low"] is None
    assert rule["p_value"] is None
    assert "1 question cannot say" in rule["sentence"]
    assert "low" not in to_text(gate(unknown), GateFormat.GITLAB)


def test_junit_has_a_case_for_each_rule() -> None:
    suite = ElementTree.fromstring(to_text(gate(PASSED, FAILED, OPEN), GateFormat.JUNIT)).find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "2", "0", "0"]
    failures = suite.findall("testcase/failure")
    assert [failure.get("type") for failure in failures] == ["fail", "inconclusive"]
    assert [case.get("name") for case in suite] == [each.rule.name for each in (PASSED, FAILED, OPEN)]


def test_junit_skips_what_lacks_evidence_where_that_passes() -> None:
    text = to_text(gate(PASSED, OPEN, inconclusive=Outcome.PASS), GateFormat.JUNIT)
    suite = ElementTree.fromstring(text).find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")


def test_names_of_any_kind_stay_data() -> None:
    hostile = 'a"b<c>&|\x00\x1b[31m\n*x*'
    for form in GateFormat:
        text = to_text(gate(PASSED, FAILED, model=hostile), form)
        assert "\x00" not in text
        assert "\x1b" not in text
    ElementTree.fromstring(to_text(gate(PASSED, model=hostile), GateFormat.JUNIT))
    assert orjson.loads(to_text(gate(PASSED, model=hostile), GateFormat.JSON))["model"] == hostile
    assert r"\*x\*" in to_text(gate(PASSED, model=hostile), GateFormat.MARKDOWN)


def test_gitlabs_report_has_a_metric_for_each_figure() -> None:
    lines = to_text(gate(PASSED), GateFormat.GITLAB).splitlines()
    labels = '{rule="score at least 7"}'
    assert lines == [
        f"mtbench_check_value{labels} 7.5",
        f"mtbench_check_low{labels} 7.2",
        f"mtbench_check_high{labels} 7.8",
        f"mtbench_check_passed{labels} 1",
        "# EOF",
    ]


def test_gitlabs_report_has_all_of_a_metric_together() -> None:
    names = [line.partition("{")[0] for line in to_text(gate(PASSED, FAILED), GateFormat.GITLAB).splitlines()]
    assert names[:4] == ["mtbench_check_value"] * 2 + ["mtbench_check_low"] * 2


def test_the_ending_says_the_format() -> None:
    assert format_of(Path("out/report.xml")) is GateFormat.JUNIT
    with pytest.raises(MtbenchError, match=r"--output report.pdf: .*\.json \(json\)"):
        format_of(Path("report.pdf"))
