"""A sitting: what is asked next, and what the file holds."""

from pathlib import Path

import pytest

from mtbench.benches import Bench
from mtbench.errors import BadRecord, MtbenchError
from mtbench.records import Json, Vote, Where
from mtbench.votes import Unit, load_votes
from mtbench.voting.pairs import Pairs
from mtbench.voting.sitting import Sitting, votes_path
from tests.support.benches import read_lines, write_lines
from tests.test_voting_pairs import made

UNITS = 4
"""Four questions, two models, one turn."""


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    return made(tmp_path, "a b", UNITS, turn=1)


def sitting(folder: Path, pairs: Pairs, limit: int | None = None, first: dict[Unit, str] | None = None) -> Sitting:
    return Sitting(folder / "ada.jsonl", "ada", pairs, first, 0, limit)


def asked(held: Sitting) -> Unit:
    assert held.pair is not None
    return held.pair.unit


def tied(held: Sitting) -> Unit:
    """Votes on what is asked; gives what that was."""
    unit = asked(held)
    held.vote("tie")
    return unit


def test_a_vote_is_in_the_file_at_once_and_in_fastchat_s_form(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        pair = held.pair
        assert pair is not None
        held.vote("model_b")
        line = read_lines(held.path)[0]
        assert list(line) == ["question_id", "model_a", "model_b", "winner", "judge", "turn", "tstamp"]
        assert (line["model_a"], line["model_b"]) == pair.shown
        assert (line["question_id"], line["winner"], line["judge"], line["turn"]) == (
            pair.unit.question_id, "model_b", "ada", 1,
        )  # fmt: skip
        assert [vote.winner for vote in load_votes([held.path])] == ["model_b"]


def test_a_sitting_goes_on_where_the_last_one_ended(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        order = []
        for _ in range(2):
            order.append(asked(held))
            held.vote("tie")
        upcoming = asked(held)
    with sitting(tmp_path, pairs) as held:
        assert (len(held.votes), held.given, held.total) == (2, 0, UNITS)
        assert asked(held) == upcoming
        while held.pair:
            order.append(asked(held))
            held.vote("tie")
        assert (len(held.votes), held.given) == (UNITS, 2)
    assert len(set(order)) == UNITS
    with sitting(tmp_path, pairs) as held:
        assert held.pair is None


def test_what_others_voted_and_what_is_not_asked_here_does_not_count(tmp_path: Path, pairs: Pairs) -> None:
    other = [vote(1, judge="bob"), vote(99), vote(2)]
    write_lines(tmp_path / "ada.jsonl", other)
    with sitting(tmp_path, pairs) as held:
        assert list(held.votes) == [Unit(2, ("a", "b"), 1)]
        while held.pair:
            assert asked(held).question_id != 2
            held.vote("tie")
    assert read_lines(tmp_path / "ada.jsonl")[:3] == other
    assert len(read_lines(tmp_path / "ada.jsonl")) == 3 + UNITS - 1


def vote(question: int, judge: str = "ada") -> Json:
    return {"question_id": question, "model_a": "b", "model_b": "a", "winner": "tie", "judge": judge, "turn": 1}


def test_what_is_skipped_comes_back_once_at_the_end(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        skipped = [asked(held)]
        held.skip()
        held.vote("tie")
        skipped.append(asked(held))
        held.skip()
        assert held.skipped == 2
        held.vote("tie")
        assert asked(held) == skipped[0]
        held.vote("model_a")
        assert (asked(held), held.skipped) == (skipped[1], 1)
        held.skip()
        assert (held.pair, held.skipped, len(held.votes)) == (None, 1, UNITS - 1)
    with sitting(tmp_path, pairs) as held:
        assert asked(held) == skipped[1]


def test_undo_takes_the_last_line_back_and_asks_again(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        first = asked(held)
        held.vote("model_a")
        before = held.path.read_bytes()
        second = asked(held)
        held.vote("model_a")
        third = asked(held)
        assert held.undo()
        assert held.path.read_bytes() == before
        assert (asked(held), len(held.votes)) == (second, 1)
        held.vote("model_b")
        assert asked(held) == third
        assert held.undo()
        assert held.undo()
        assert held.path.read_bytes() == b""
        assert asked(held) == first
        assert not held.undo()
        said = [tied(held) for _ in range(UNITS)]
        assert said[:3] == [first, second, third]
        assert len(set(said)) == UNITS
        assert held.undo()
        assert asked(held) == said[-1]


def test_undo_takes_a_skip_back_as_well(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        skipped = asked(held)
        held.skip()
        upcoming = asked(held)
        assert held.undo()
        assert (asked(held), held.skipped) == (skipped, 0)
        held.skip()
        assert asked(held) == upcoming
        for _ in range(UNITS - 1):
            held.vote("tie")
        assert asked(held) == skipped
        for _ in range(UNITS):
            assert held.undo()
        assert asked(held) == skipped
        held.vote("tie")
        said = [tied(held) for _ in range(UNITS - 1)]
        assert skipped not in said
        assert held.pair is None


def test_votes_of_earlier_sittings_stay(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        held.vote("tie")
    with sitting(tmp_path, pairs) as held:
        assert not held.undo()
    assert len(read_lines(tmp_path / "ada.jsonl")) == 1


def test_what_another_hand_has_written_is_never_taken_back(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        held.vote("tie")
        with held.path.open("a") as file:
            file.write("{}\n")
        with pytest.raises(MtbenchError, match="nothing is taken back"):
            held.undo()
        assert held.path.read_text().endswith("{}\n")
        assert held.path.read_text().count("\n") == 2


def test_a_limit_counts_the_votes_of_all_sittings(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs, limit=2) as held:
        held.vote("tie")
    with sitting(tmp_path, pairs, limit=2) as held:
        assert held.total == 2
        held.vote("tie")
        assert held.pair is None
    with sitting(tmp_path, pairs, limit=1) as held:
        assert (held.pair, held.total) == (None, 2)
    with sitting(tmp_path, pairs, limit=3) as held:
        assert (held.pair is not None, held.total) == (True, 3)


def test_what_is_to_come_first_comes_first_and_once(tmp_path: Path, pairs: Pairs) -> None:
    first = {Unit(each, ("a", "b"), 1): "doubt" for each in (3, 0, 7)}
    with sitting(tmp_path, pairs, first=first) as held:
        said = [tied(held).question_id for _ in range(UNITS)]
    assert said[:2] == [3, 0]
    assert sorted(map(int, said)) == [0, 1, 2, 3]


def test_a_vote_says_why_its_answers_were_picked_and_the_draw_says_when_it_comes_by_them(
    tmp_path: Path, pairs: Pairs
) -> None:
    order = [unit.question_id for unit in pairs.in_order(0)]
    picked = {Unit(order[2], ("a", "b"), 1): "doubt", Unit(order[1], ("a", "b"), 1): "by hand"}
    with sitting(tmp_path, pairs) as held:
        tied(held)  # what is drawn first
    with sitting(tmp_path, pairs, first=picked) as held:
        for _ in range(2):
            tied(held)
        assert asked(held).question_id == order[3]
    with sitting(tmp_path, pairs) as held:  # the picked ones are known from the file
        tied(held)
        assert held.pair is None
    votes = load_votes([tmp_path / "ada.jsonl"])
    assert [(vote.question_id, vote.picked) for vote in votes] == [
        (order[0], ""),
        (order[2], "doubt"),
        (order[1], "by hand"),
        (order[3], ""),
    ]
    assert [[each.question_id for each in vote.passed] for vote in votes] == [[], [], [], [order[1], order[2]]]
    assert Vote.from_json(votes[3].to_json(), Where(tmp_path)) == votes[3]


def test_one_who_has_voted_enough_is_still_asked_about_what_was_picked(tmp_path: Path) -> None:
    pairs = made(tmp_path, "a b", 60, turn=1)
    with sitting(tmp_path, pairs) as held:
        assert held.total == 50
        while held.pair:
            tied(held)
    left = dict.fromkeys(list(pairs.in_order(0))[54:57], "doubt")
    with sitting(tmp_path, pairs, first=left) as held:
        assert (len(held.votes), held.total) == (50, 53)
        assert [tied(held) for _ in range(3)] == list(left)
        assert held.pair is None
    with sitting(tmp_path, pairs, limit=51, first=left) as held:
        assert held.pair is None


def test_what_the_draw_came_by_is_said_once_and_not_before_it_comes_by(tmp_path: Path) -> None:
    pairs = made(tmp_path, "a b", 8, turn=1)
    order = list(pairs.in_order(0))
    picked = {order[1]: "doubt", order[5]: "doubt"}
    with sitting(tmp_path, pairs, limit=4, first=picked) as held:
        while held.pair:
            tied(held)
    with sitting(tmp_path, pairs, limit=7) as held:
        while held.pair:
            tied(held)
    votes = load_votes([tmp_path / "ada.jsonl"])
    asked_in_order = [order[place].question_id for place in (1, 5, 0, 2, 3, 4, 6)]
    assert [vote.question_id for vote in votes] == asked_in_order
    said = [[each.question_id for each in vote.passed] for vote in votes]
    assert said == [[], [], [], [order[1].question_id], [], [], [order[5].question_id]]


def test_a_torn_line_is_cut_off_and_its_pair_is_asked_again(tmp_path: Path, pairs: Pairs) -> None:
    with sitting(tmp_path, pairs) as held:
        first = asked(held)
        held.vote("tie")
    whole = held.path.read_bytes()
    held.path.write_bytes(whole[:-9])
    said: list[str] = []
    with Sitting(held.path, "ada", pairs, warn=said.append) as held:
        assert "torn" in said[0]
        assert asked(held) == first
        held.vote("tie")
        assert held.undo()
        held.vote("model_a")
    assert [line["winner"] for line in read_lines(held.path)] == ["model_a"]


def test_a_line_that_is_no_vote_is_said_and_the_file_is_free_again(tmp_path: Path, pairs: Pairs) -> None:
    path = write_lines(tmp_path / "ada.jsonl", [{"question_id": 1}])
    for _ in range(2):
        with pytest.raises(BadRecord, match=r"ada.jsonl, line 1: field 'winner'"):
            Sitting(path, "ada", pairs).__enter__()


def test_a_voter_s_name_makes_a_safe_file_name(tmp_path: Path) -> None:
    bench = Bench("tiny", tmp_path, tmp_path)
    assert votes_path(bench, "ada") == tmp_path / "votes" / "ada.jsonl"
    assert votes_path(bench, "../ada").parent == tmp_path / "votes"
    for name in ("", " ", "a\nb", "a\x1b[2J", "x" * 61):
        with pytest.raises(MtbenchError, match=r"--voter .*must be a name"):
            votes_path(bench, name)
