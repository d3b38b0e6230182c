"""`mtbench calibrate`: a judge that likes one model, put right by a few labels of people."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from mtbench.records import Json
from tests.cli.test_vote import typed
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.shared import SHARED, needs_shared

QUESTIONS = 400
TRUE, BY_JUDGE = 0.6, 0.75
"""How often people, and how often the judge, find the first model better."""
CALIBRATE = ("calibrate", "--bench", "tiny")


def vote(question: int, winner: str, models: str = "a b", **more: object) -> Json:
    model_a, model_b = models.split()
    line = {"question_id": question, "model_a": model_a, "model_b": model_b, "winner": winner, "judge": "me", "turn": 1}
    return line | more


def questions(folder: Path, count: int = QUESTIONS) -> Path:
    return make_bench(folder, [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(count)])


def judged(folder: Path, labels: int) -> Path:
    bench = questions(folder)
    rng = np.random.default_rng(2)
    people = rng.random(QUESTIONS) < TRUE
    # where people find the second better, the judge errs as often as makes its own share what it is
    errs = (BY_JUDGE - TRUE) / (1 - TRUE)
    judge = people | (rng.random(QUESTIONS) < errs)
    lines = [ours(pair(each, "a b", "11" if judge[each] else "22"), judge="judge") for each in range(QUESTIONS)]
    write_lines(bench / "model_judgment" / "judge_pair.jsonl", lines)
    drawn = rng.choice(QUESTIONS, labels, replace=False).tolist()
    write_lines(folder / "votes.jsonl", [vote(each, "model_a" if people[each] else "model_b") for each in drawn])
    return bench


def panel(folder: Path, count: int = 60) -> Path:
    """Three judges that compared three models, of which one also graded; votes on half, and grades of half."""
    bench, rng = questions(folder, count), np.random.default_rng(3)
    level = {"a": 7.0, "b": 6.0, "c": 5.0}
    by_judge: dict[str, list[Json]] = {"one": [], "two": [], "three": []}
    grades, votes, by_people = list[Json](), list[Json](), list[Json]()
    for each in range(count):
        good = {model: score + rng.normal(0, 1.5) for model, score in level.items()}
        for model, score in good.items():
            grades.append(ours(grade(each, model, float(np.clip(round(4 + score * 0.6), 1, 10))), judge="one"))
            if rng.random() < 0.5:
                by_people.append(
                    {"question_id": each, "model": model, "turn": 1, "judge": "me", "score": round(score, 1)}
                )
        for first, second in ("ab", "ac", "bc"):
            lead = good[first] - good[second]
            for place, lines in enumerate(by_judge.values()):
                said = lead + rng.normal(0, 0.5 + place)
                lines.append(pair(each, f"{first} {second}", "11" if said > 0.4 else "22" if said < -0.4 else "12"))
            if rng.random() < 0.5:
                votes.append(vote(each, "model_a" if lead > 0 else "model_b", f"{first} {second}"))
    for judge, lines in by_judge.items():
        of_judge = [ours(line, judge=judge) for line in lines]
        write_lines(bench / "model_judgment" / f"{judge}_pair.jsonl", of_judge)
    write_lines(bench / "model_judgment" / "one_single.jsonl", grades)
    write_lines(folder / "votes.jsonl", votes)
    write_lines(folder / "grades.jsonl", by_people)
    return bench


def found(folder: Path, *options: str) -> Json:
    done = mtbench(folder, *CALIBRATE, "--format", "json", *options)
    assert done.returncode == 0, done.stderr
    document: Json = orjson.loads(done.stdout)
    return document


def test_the_corrected_share_holds_the_truth_and_is_surer_than_people_alone(tmp_path: Path) -> None:
    judged(tmp_path, labels=80)
    (row,) = found(tmp_path, "--votes", "votes.jsonl")["tables"][0]["rows"]
    assert (row["of"], row["by"], row["labels"], row["units"]) == ("a - b", "judge pair", 80, QUESTIONS)
    assert row["corrected_low"] < TRUE < row["corrected_high"]
    assert row["judge_alone_low"] > TRUE
    widths = [row[f"{key}_high"] - row[f"{key}_low"] for key in ("corrected", "people_alone")]
    assert widths[0] < widths[1]
    assert row["worth"] > 80
    assert row["to_halve"] is None or row["to_halve"] > 0


def test_votes_and_grades_make_all_tables_and_plots(tmp_path: Path) -> None:
    panel(tmp_path)
    document = found(tmp_path, "--votes", "votes.jsonl", "--grades", "grades.jsonl", "--plot", "plots")
    kinds = [table["kind"] for table in document["tables"]]
    assert list(dict.fromkeys(kinds)) == [
        "corrected_scores",
        "corrected_score_differences",
        "corrected_pairs",
        "corrected_win_rates",
        "corrected_win_rate_differences",
        "reliability_grades",
        "reliability_verdicts",
        "reliability_leads",
        "calibration_error",
        "panel_pairs",
        "panel_agreement",
        "panel_worth",
        "panel_disputes",
    ]
    assert {"votes.jsonl", "grades.jsonl"} <= set(document["sources"])
    scores = {row["of"]: row for row in document["tables"][0]["rows"]}
    assert scores["a"]["judge_alone"] > 8 > scores["a"]["corrected_high"]
    drawn = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert drawn == [
        f"reliability-{name}.{ending}"
        for name in (
            "grades-one single",
            "leads-one single",
            "verdicts-one pair",
            "verdicts-three pair",
            "verdicts-two pair",
        )
        for ending in ("png", "svg")
    ]


def test_a_table_too_long_for_people_is_for_programs_and_that_is_said(tmp_path: Path) -> None:
    bench, rng = questions(tmp_path, 12), np.random.default_rng(4)
    models = [f"m{number:02}" for number in range(16)]
    pairs = [f"{one} {other}" for place, one in enumerate(models) for other in models[place + 1 :]]
    lines = [pair(each, models, rng.choice(["11", "22", "12"])) for each in range(12) for models in pairs]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", lines)
    said = [vote(each, rng.choice(["model_a", "model_b"]), models) for each in range(12) for models in pairs]
    write_lines(tmp_path / "votes.jsonl", said)
    document = found(tmp_path, "--votes", "votes.jsonl")
    sizes = {table["kind"]: len(table["rows"]) for table in document["tables"]}
    assert sizes["corrected_pairs"] == sizes["corrected_win_rate_differences"] == len(pairs) == 120
    done = mtbench(tmp_path, *CALIBRATE, "--votes", "votes.jsonl")
    assert "m00 - m01" not in done.stdout
    assert "note: --format json has 120 rows more: what people would say of two models" in done.stdout
    first = done.stdout.partition("\n\n")[0]
    assert "corrected: the judge's verdicts on everything" in first
    assert "the share won against all" in first


def test_against_a_baseline(tmp_path: Path) -> None:
    panel(tmp_path)
    document = found(tmp_path, "--votes", "votes.jsonl", "--judge", "two", "--baseline", "b")
    assert [row["of"] for row in document["tables"][0]["rows"]] == ["a", "c"]
    assert document["tables"][1]["rows"][0]["of"] == "a - c"
    done = mtbench(tmp_path, *CALIBRATE, "--votes", "votes.jsonl", "--baseline", "z")
    assert (done.returncode, "--baseline z: not compared here; there is a, b, c" in done.stderr) == (2, True)


def answers(bench: Path, count: int) -> None:
    for model in "abc":
        lines: list[Json] = [
            {"question_id": each, "model_id": model, "choices": [{"index": 0, "turns": [f"{model}{each}"]}]}
            for each in range(count)
        ]
        write_lines(bench / "model_answer" / f"{model}.jsonl", lines)


def test_what_is_picked_next_is_voted_on_first_and_no_part_of_the_sample(tmp_path: Path) -> None:
    bench = panel(tmp_path)
    answers(bench, 60)
    done = mtbench(tmp_path, *CALIBRATE, "--votes", "votes.jsonl", "--next", "next.jsonl", "--number", "3")
    assert done.returncode == 0, done.stderr
    assert "wrote 3 pairs of answers to next.jsonl\n" in done.stdout
    assert "mtbench vote --first next.jsonl --bench tiny" in done.stdout
    picked = read_lines(tmp_path / "next.jsonl")
    voted = {(line["question_id"], line["model_a"], line["model_b"]) for line in read_lines(tmp_path / "votes.jsonl")}
    assert [line["picked"] for line in picked] == ["judges disagree"] * 3
    assert voted.isdisjoint((line["question_id"], *line["models"]) for line in picked)
    typed(tmp_path, "a\nb\nt\na\na\n", "--first", "next.jsonl", "--limit", "5")
    mine = tmp_path / "data" / "tiny" / "votes" / "ada.jsonl"
    lines = read_lines(mine)
    assert [line.get("picked") for line in lines] == ["judges disagree"] * 3 + [None] * 2
    assert [line["question_id"] for line in lines[:3]] == [line["question_id"] for line in picked]
    both = ("--votes", "votes.jsonl", "--votes", str(mine))
    labels = sum(row["labels"] for row in found(tmp_path, *both)["tables"][0]["rows"] if row["by"] == "one pair")
    assert labels == len(
        {*voted, *((line["question_id"], *sorted((line["model_a"], line["model_b"]))) for line in lines[3:])}
    )
    said = f"3 of {len(read_lines(tmp_path / 'votes.jsonl')) + 5} votes are on answers that were picked, not drawn at "
    said += "random: "
    assert any(note.startswith(said + "they count where judges differ") for note in found(tmp_path, *both)["notes"])
    agreed = mtbench(tmp_path, "agreement", "--bench", "tiny", *both)
    assert said + "on these agreement is lower than on all" in agreed.stdout


def test_the_file_of_the_next_is_written_anew_and_no_other_is(tmp_path: Path) -> None:
    panel(tmp_path)
    for number in ("9", "2"):
        assert mtbench(tmp_path, *CALIBRATE, "--next", "next.jsonl", "--number", number).returncode == 0
    assert len(read_lines(tmp_path / "next.jsonl")) == 2
    before = (tmp_path / "votes.jsonl").read_bytes()
    done = mtbench(tmp_path, *CALIBRATE, "--votes", "votes.jsonl", "--next", "votes.jsonl")
    assert (done.returncode, "there is something else in it" in done.stderr) == (2, True)
    assert (tmp_path / "votes.jsonl").read_bytes() == before


def test_fewer_are_picked_than_asked_for_where_judges_are_clear_on_the_others(tmp_path: Path) -> None:
    bench = questions(tmp_path, 20)
    lines = [pair(each, "a b", "12" if each < 4 else "11") for each in range(20)]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", lines)
    done = mtbench(tmp_path, *CALIBRATE, "--next", "next.jsonl", "--data-dir", "./data")
    assert "wrote 4 pairs of answers to next.jsonl (of 50 asked for: on all others the judges are clear)" in done.stdout
    assert {line["picked"] for line in read_lines(tmp_path / "next.jsonl")} == {"no verdict for either"}
    write_lines(tmp_path / "votes.jsonl", [vote(each, "tie") for each in range(4)])
    done = mtbench(tmp_path, *CALIBRATE, "--votes", "votes.jsonl", "--next", "next.jsonl")
    assert (done.returncode, "nothing to pick: on all that people have not voted on" in done.stderr) == (2, True)


@needs_shared
def test_of_the_released_comparisons_those_without_a_clear_verdict_are_picked(tmp_path: Path) -> None:
    """Of 75, 27 change with the order; 46 do not, and of these some are ties; 2 have no verdict at all."""
    bench = questions(tmp_path, 1)
    source = SHARED / "judged" / "model_judgment" / "gpt-4_pair.jsonl"
    (bench / "model_judgment").mkdir()
    (bench / "model_judgment" / source.name).write_bytes(source.read_bytes())
    games = [(line["g1_winner"], line["g2_winner"]) for line in read_lines(source)]
    unclear = sum("error" not in game and (game[0] != game[1] or "tie" in game) for game in games)
    assert mtbench(tmp_path, *CALIBRATE, "--next", "next.jsonl", "--number", "75").returncode == 0
    assert len(read_lines(tmp_path / "next.jsonl")) == unclear >= 27


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "nothing to hold a judge against: give people's votes"),
        (["--votes", "empty.jsonl"], "nothing to hold a judge against in empty.jsonl"),
        (["--votes", "votes.jsonl", "--judge", "zeus"], "--judge zeus: not in"),
        (["--votes", "few.jsonl"], "votes on 5 questions of a model at most, and intervals hold from 10 on"),
        (["--votes", "picked.jsonl"], "all 20 votes are on answers that were picked"),
        (["--votes", "elsewhere.jsonl"], "they are on questions 900, 901, 902, 903 and 16 more, and judged were 0, 1"),
        (["--votes", "others.jsonl"], "they are on models x - y, and judged were a - b. Is it another --bench?"),
        (["--votes", "later.jsonl"], "they are on turns 2, and judged were 1"),
        (["--votes", "crossed.jsonl"], "none of the 2 votes is on answers that a judge compared"),
        (["--votes", "grades.jsonl"], "line 1: this is a grade: --grades takes files of them"),
        (["--grades", "votes.jsonl"], "line 1: this is a vote: --votes takes files of them"),
        (["--grades", "grades.jsonl"], "no judge has graded what the 1 grades are on"),
        (["--votes", "votes.jsonl", "--baseline", "z"], "--baseline z: not compared here; there is a, b"),
        (["--votes", "few.jsonl", "--grades", "grades.jsonl"], "`mtbench vote` makes more; no judge has graded"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    bench = judged(tmp_path, labels=20)
    votes = read_lines(tmp_path / "votes.jsonl")
    write_lines(tmp_path / "empty.jsonl", [])
    write_lines(tmp_path / "few.jsonl", votes[:5])
    write_lines(tmp_path / "picked.jsonl", [line | {"picked": "doubt"} for line in votes])
    write_lines(tmp_path / "elsewhere.jsonl", [line | {"question_id": 900 + n} for n, line in enumerate(votes)])
    write_lines(tmp_path / "others.jsonl", [line | {"model_a": "x", "model_b": "y"} for line in votes])
    write_lines(tmp_path / "later.jsonl", [line | {"turn": 2} for line in votes])
    write_lines(tmp_path / "grades.jsonl", [{"question_id": 1, "model": "a", "turn": 1, "judge": "me", "score": 5}])
    if "crossed.jsonl" in options:
        lines = [pair(1, "a b", "11"), pair(2, "a b", "11", turn=2)]
        write_lines(bench / "model_judgment" / "judge_pair.jsonl", lines)
        write_lines(tmp_path / "crossed.jsonl", [vote(2, "tie"), vote(1, "tie", turn=2)])
    done = mtbench(tmp_path, *CALIBRATE, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_labels_that_say_nothing_beside_others_that_do_are_noted(tmp_path: Path) -> None:
    panel(tmp_path)
    grades, votes = (read_lines(tmp_path / name) for name in ("grades.jsonl", "votes.jsonl"))
    write_lines(tmp_path / "more.jsonl", [vote(999, "tie")])
    write_lines(tmp_path / "strange.jsonl", [{**grades[0], "model": "zz"}])
    notes = found(tmp_path, *("--votes", "votes.jsonl", "--votes", "more.jsonl", "--grades", "grades.jsonl"))["notes"]
    assert notes == [f"1 of {len(votes) + 1} votes are on answers that no judge compared"]
    notes = found(tmp_path, "--votes", "votes.jsonl", "--grades", "strange.jsonl")["notes"]
    assert "none of the 1 grades is on models that a judge graded: they are on models zz" in notes[0]
    notes = found(tmp_path, *("--votes", "votes.jsonl", "--grades", "grades.jsonl", "--grades", "strange.jsonl"))[
        "notes"
    ]
    assert notes == [f"1 of {len(grades) + 1} grades are on answers that no judge graded"]
    write_lines(tmp_path / "few.jsonl", grades[:3])
    notes = found(tmp_path, "--votes", "votes.jsonl", "--grades", "few.jsonl")["notes"]
    assert notes[0].endswith("questions of a model at most, and intervals hold from 10 on")


def test_judges_without_a_verdict_and_without_a_second_model_are_said(tmp_path: Path) -> None:
    bench = questions(tmp_path, 20)
    write_lines(tmp_path / "votes.jsonl", [vote(each, "tie") for each in range(20)])
    for options in (("--votes", "votes.jsonl"), ("--next", "next.jsonl")):
        done = mtbench(tmp_path, *CALIBRATE, *options)
        assert (done.returncode, "no judgments in data/tiny/model_judgment" in done.stderr) == (2, True)
    silent = [ours(grade(each, "a", -1, judgment="well"), judge="mute") for each in range(20)]
    write_lines(bench / "model_judgment" / "mute_single.jsonl", silent)
    done = mtbench(tmp_path, *CALIBRATE, "--votes", "votes.jsonl")
    assert "none of the 20 judgments of mute has a verdict" in done.stderr
    write_lines(bench / "model_judgment" / "gpt-4_single.jsonl", [grade(each, "a", 7) for each in range(20)])
    done = mtbench(tmp_path, *CALIBRATE, "--votes", "votes.jsonl")
    assert "no judge has compared what the 20 votes are on" in done.stderr
    done = mtbench(tmp_path, *CALIBRATE, "--next", "next.jsonl")
    assert "judges graded one model in data/tiny, and a vote compares two" in done.stderr
    lines = [ours(pair(each, "a b", ("11", "22")[each % 2]), judge="mild") for each in range(20)]
    write_lines(bench / "model_judgment" / "mild_pair.jsonl", lines)
    assert found(tmp_path, "--votes", "votes.jsonl")["notes"] == [
        "mute, default: none of its 20 judgments has a verdict"
    ]
