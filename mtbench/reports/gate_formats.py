"""A gate's decisions → text for people, Markdown, JSON, JUnit XML, and GitLab's metrics report."""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mtbench.errors import MtbenchError
from mtbench.reports.gate import Decision, Gate, Outcome, figure, sentence
from mtbench.reports.render import escaped, printable
from mtbench.reports.tables import GateFormat
from mtbench.stats.estimates import Estimate

SCHEMA_VERSION = 1


_ENDINGS = {
    ".txt": GateFormat.TEXT,
    ".md": GateFormat.MARKDOWN,
    ".json": GateFormat.JSON,
    ".xml": GateFormat.JUNIT,
    ".metrics": GateFormat.GITLAB,
}


def format_of(path: Path) -> GateFormat:
    """The format that a file's ending stands for. Raises MtbenchError for an ending that stands for none."""
    if path.suffix not in _ENDINGS:
        known = ", ".join(f"{ending} ({form.value})" for ending, form in _ENDINGS.items())
        raise MtbenchError(f"--output {path}: what format is that? The ending says it: {known}")
    return _ENDINGS[path.suffix]


def to_text(gate: Gate, form: GateFormat) -> str:
    """The decisions in one of the formats, with a newline at the end."""
    writers: Mapping[GateFormat, Callable[[Gate], str]] = {
        GateFormat.TEXT: _text,
        GateFormat.MARKDOWN: _markdown,
        GateFormat.JSON: _json,
        GateFormat.JUNIT: _junit,
        GateFormat.GITLAB: _gitlab,
    }
    return writers[form](gate)


_MARKS = {Outcome.PASS: "PASS", Outcome.FAIL: "FAIL", Outcome.INCONCLUSIVE: "OPEN"}


def _text(gate: Gate) -> str:
    width = max(len(printable(each.rule.name)) for each in gate.decisions)
    lines = [printable(_title(gate))]
    lines += [
        f"{_MARKS[each.outcome]}  {printable(each.rule.name):{width}}  {printable(sentence(each))}"
        for each in gate.decisions
    ]
    lines += [f"note: {printable(note)}" for note in gate.notes]
    return "\n".join([*lines, _verdict(gate)]) + "\n"


def _markdown(gate: Gate) -> str:
    rows = [
        (_MARKS[each.outcome], each.rule.name, figure(each), str(each.estimate.clusters), sentence(each))
        for each in gate.decisions
    ]
    parts = [
        f"**{escaped(printable(_title(gate)))}**",
        "| | rule | figure | questions | |\n| --- | --- | --- | ---: | --- |\n"
        + "\n".join(f"| {' | '.join(escaped(printable(cell)) for cell in row)} |" for row in rows),
        *(f"Note: {escaped(printable(note))}" for note in gate.notes),
        f"**{_verdict(gate)}**",
    ]
    return "\n\n".join(parts) + "\n"


def _title(gate: Gate) -> str:
    against = f" against {gate.baseline}" if gate.baseline else ""
    judges = f"judge{'s' if gate.judges[1:] else ''} {', '.join(gate.judges)}"
    return (
        f"{gate.bench}: {gate.model}{against}, {judges}, prompts {gate.prompt_set}, "
        f"{100 * (1 - gate.alpha):g} % intervals"
    )


def _verdict(gate: Gate) -> str:
    if gate.outcome is Outcome.INCONCLUSIVE:
        return f"not enough evidence, which counts as a {gate.inconclusive.value} here (--inconclusive)"
    return gate.outcome.value


def _json(gate: Gate) -> str:
    import orjson

    document = {
        "schema_version": SCHEMA_VERSION,
        "kind": "check",
        "outcome": gate.outcome.value,
        "counts_as": gate.counts_as.value,
        "exit_code": gate.exit_code,
        "bench": gate.bench,
        "mode": gate.mode.value,
        "model": gate.model,
        "baseline": gate.baseline,
        "judges": list(gate.judges),
        "prompt_set": gate.prompt_set,
        "alpha": gate.alpha,
        "rules": [_rule(each) for each in gate.decisions],
        "notes": list(gate.notes),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _rule(decision: Decision) -> dict[str, object]:
    return {
        "name": decision.rule.name,
        "figure": decision.rule.figure.value.replace(" ", "_"),
        "category": decision.rule.category,
        "bar": decision.rule.bar,
        "outcome": decision.outcome.value,
        "estimate": as_json(decision.estimate),
        "p_value": decision.p_value if isfinite(decision.p_value) else None,
        "questions_needed": decision.questions,
        "repeats_needed": decision.repeats,
        "sentence": sentence(decision),
    }


def as_json(estimate: Estimate) -> dict[str, float | None]:
    """An estimate as an object; what is not known is null."""
    figures = {"value": estimate.value, "low": estimate.low, "high": estimate.high, "se": estimate.se}
    known = {name: value if isfinite(value) else None for name, value in figures.items()}
    return {**known, "n": estimate.n, "questions": estimate.clusters}


def _junit(gate: Gate) -> str:
    """A test case a rule. What lacks evidence is a skipped case where it counts as a pass."""
    suite = Element("testsuite", name=_legal(f"mtbench check {gate.model}"), tests=str(len(gate.decisions)))
    failures = skipped = 0
    for each in gate.decisions:
        case = SubElement(
            suite, "testcase", classname=_legal(f"{gate.bench}.{gate.model}"), name=_legal(each.rule.name)
        )
        lacks = each.outcome is Outcome.INCONCLUSIVE
        if lacks and gate.inconclusive is Outcome.PASS:
            skipped += 1
            SubElement(case, "skipped", message=_legal(sentence(each)))
        elif each.outcome is not Outcome.PASS:
            failures += 1
            kind = "inconclusive" if lacks else "fail"
            SubElement(case, "failure", message=_legal(sentence(each)), type=kind).text = _legal(_text(gate))
        else:
            SubElement(case, "system-out").text = _legal(sentence(each))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", str(skipped))
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _legal(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text)


def _gitlab(gate: Gate) -> str:
    """A metrics report (OpenMetrics text), which GitLab shows in a merge request beside the target branch's.

    The model is no label: GitLab would take the next checkpoint's figures for others, and compare none.
    """
    lines = []
    for name, figure_of in _METRICS.items():  # the format wants all of a metric together
        for each in gate.decisions:
            value = figure_of(each)
            if isfinite(value):
                lines.append(f'mtbench_check_{name}{{rule="{_quoted(printable(each.rule.name))}"}} {value:.6g}')
    return "\n".join([*lines, "# EOF"]) + "\n"


_METRICS: Mapping[str, Callable[[Decision], float]] = {
    "value": lambda decision: decision.estimate.value,
    "low": lambda decision: decision.estimate.low,
    "high": lambda decision: decision.estimate.high,
    "passed": lambda decision: float(decision.outcome is Outcome.PASS),
}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
