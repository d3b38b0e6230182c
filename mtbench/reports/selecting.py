"""What certain judges said of certain models: the judgments that a decision or a comparison may rest on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mtbench import files
from mtbench.benches import Bench
from mtbench.errors import Incomplete, MtbenchError
from mtbench.records import QuestionId
from mtbench.reports.counts import reasons
from mtbench.reports.figures import Measure, Scores, WinRates
from mtbench.reports.judgments import Group, chosen, contest_of_failure, group, read_file
from mtbench.reports.tables import Mode
from mtbench.reports.values import Values, values_of


@dataclass(frozen=True, slots=True)
class By:
    """By whom: `judges` go by their files' names, none for the only one; `prompt_set` None for the only one."""

    mode: Mode = Mode.SINGLE
    judges: Sequence[str] = ()
    prompt_set: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A group for each judge, of a panel where there are several; the models by their files' names."""

    groups: Sequence[Group]
    model: str
    other: str | None


def judged(
    bench: Bench, model: str, other: str | None, by: By, notes: list[str], among: Collection[QuestionId] | None = None
) -> Judged:
    """What the judges said of the models, on the questions `among` or all; what is left out is added to `notes`.

    Raises MtbenchError where there is nothing, where a judge has not judged both, or where there is more than one judge
    or prompt set and none was chosen; Incomplete where requests failed.
    """
    folder = bench.folder / "model_judgment"
    found = files.model_files(folder, "_single" if by.mode is Mode.SINGLE else "_pair")
    if not found:
        raise MtbenchError(
            f"no judgments in {folder} for --mode {by.mode.value}: `mtbench run` or `mtbench judge` makes them"
        )
    names = chosen(by.judges, list(found), "--judge", f"in {folder}") or list(found)
    read = [read_file(found[name], notes.append) for name in names]
    everything = group(read)
    known = sorted({each for one in everything for judgment in one.judgments for each in judgment.contest})
    model, *others = chosen([model, *([other] if other else [])], known, "model", "judged here")
    if model in others:
        raise MtbenchError(f"{model} is compared with itself: name another model")
    players = {model, *others}
    groups = [_only(each, players, by.mode, among) for each in everything if by.prompt_set in (None, each.prompt_set)]
    groups = [each for each in groups if any(model in one.contest for one in each.judgments)]
    if not groups:
        prompts = f" with prompts {by.prompt_set}" if by.prompt_set else ""
        raise MtbenchError(f"no judgments of {' against '.join([model, *others])}{prompts}")
    _refuse_several("judges", [each.judge for each in groups], by.judges, "--judge")
    _refuse_several("prompt sets", [each.prompt_set for each in groups], [], "--judge-prompts")
    if by.judges:
        heard = {each.judge for each in groups}
        silent = [
            name for name, (said, _) in zip(names, read, strict=True) if heard.isdisjoint(one.by.judge for one in said)
        ]
        if silent:  # or the panel would be a smaller one than was asked for
            raise MtbenchError(f"{', '.join(silent)} has not judged {model} with prompts {groups[0].prompt_set}")
    for each in groups:
        for player in others:
            if not any(player in one.contest for one in each.judgments):
                raise MtbenchError(f"{each.judge} has judged {model} with prompts {each.prompt_set}, and not {player}")
    failed = [failure for each in groups for failure in each.failures]
    if failed:
        raise Incomplete(
            f"{len(failed)} judgments of these models failed ({reasons(failed)}), and what fails is seldom a fair "
            "sample: run `mtbench judge` again first"
        )
    without = sum(not one.has_verdict for each in groups for one in each.judgments)
    if without:
        notes.append(
            f"{without} judgments have no verdict and are left out"
            if without > 1
            else "1 judgment has no verdict and is left out"
        )
    return Judged(groups, model, other and others[0])


def measured(groups: Sequence[Group], by: By, baseline: str | None) -> Values:
    """What the judge says, or the panel of them, as numbers."""
    measure: Measure = Scores() if by.mode is Mode.SINGLE else WinRates(baseline)
    return values_of(measure.panel(groups) if len(groups) > 1 else measure.verdicts(groups[0].judgments))


def _only(each: Group, players: Collection[str], mode: Mode, among: Collection[QuestionId] | None) -> Group:
    """What a group says of the players: of each alone, or of their games."""

    def is_of(contest: Sequence[str], question_id: object) -> bool:
        if among is not None and question_id not in among:
            return False
        return not {*contest}.isdisjoint(players) if mode is Mode.SINGLE else {*contest} == players

    return replace(
        each,
        judgments=tuple(one for one in each.judgments if is_of(one.contest, one.question_id)),
        failures=tuple(one for one in each.failures if is_of(contest_of_failure(one), one.key.get("question_id"))),
    )


def _refuse_several(what: str, names: Sequence[str], asked: Sequence[str], option: str) -> None:
    """One has to be chosen, unless several were: these are a panel then."""
    distinct = sorted({*names})
    if len(distinct) > 1 and not asked:
        raise MtbenchError(f"several {what} judged here ({', '.join(distinct)}): say which with {option}")
