"""Our answers known to be right and wrong: each result is read from its text and recomputed, as the references are."""

import calendar
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Collection
from fractions import Fraction
from functools import cache, partial

import pytest

from mtbench.benches import Bench, load_questions, shipped
from mtbench.studies.reasoning import RIGHT, WRONG, Answers, load_known_answers
from tests.questions import test_mt80_math as maths
from tests.questions import test_mt80_reasoning as logic
from tests.test_mt80 import overlap, words

FOLDER = shipped("questions") / "mt80"
QUESTIONS = {each.question_id: each for each in load_questions(FOLDER / "question.jsonl")}
ASKED = [each for each in QUESTIONS.values() if each.category in ("reasoning", "math")]


@cache
def known() -> Answers:
    return load_known_answers(Bench("mt80", FOLDER, FOLDER))[1]


def ending(text: str) -> str:
    """What the last line says."""
    found = re.fullmatch(r".*\nFinal answer: (.+)\.", text, re.DOTALL)
    assert found
    return found[1]


def names(written: str, among: Collection[str]) -> tuple[str, ...]:
    return tuple(each for each in re.findall(r"\w+", written) if each in among)


def fractions(written: str) -> list[Fraction]:
    return [Fraction(each) for each in re.findall(r"-?\d+(?:/\d+)?", written)]


def lengths(written: str) -> list[float]:
    """Whole numbers and roots, such as 12, 4√7, √233 and 13√13/3."""
    found = re.findall(r"(\d*)(?:√(\d+))?(?:/(\d+))?", written)
    return [
        round(int(factor or 1) * math.sqrt(int(inside or 1)) / int(divisor or 1), 9)
        for factor, inside, divisor in found
        if factor or inside
    ]


def polynomial(written: str) -> list[int]:
    found = re.fullmatch(r"y\^3([+-]\d+)y\^2([+-]\d+)y([+-]\d+)", written.replace(" ", ""))
    assert found
    return [int(each) for each in found.groups()]


# What the texts say, by question and turn. Each gives a value that only the right result gives.

DAYS = r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"


def said_1021_2(said: str) -> object:
    worlds, certain = said.split("; certain: ")
    return set(re.findall(r"\b[TLS]{4}\b", worlds)), names(certain, logic.ISLANDERS)


def said_1022_2(said: str) -> object:
    *weeks, fixed = said.split("; ")
    return {tuple(week.split("-")) for week in weeks}, set(names(fixed, logic.GUESTS))


def said_1023_1(said: str) -> object:
    order, outside = said.split("; outwards ")
    return names(order, logic.SITTERS), set(names(outside, logic.SITTERS))


def said_1023_2(said: str) -> object:
    nobody, twice = said.split("; pointed at by two: ")
    return set(names(nobody, logic.SITTERS)), set(names(twice, logic.SITTERS))


def said_1025_2(said: str) -> object:
    deals, certain = said.split("; certain: ")
    return {tuple(logic.numbers(deal)) for deal in re.findall(r"\(.*?\)", deals)}, names(certain, ("Priya", "Quinn"))


def said_1026_2(said: str) -> object:
    colleague, smallest, mains = said.split("; ")
    smallest, alone = smallest.split(" (")
    return (
        colleague == "colleague wrong",
        set(names(smallest, logic.FACTS)),
        alone == "the only one of its size)",
        re.findall(r"yes|no\b", mains),
    )


def said_1029_1(said: str) -> object:
    totals, common, leap = re.split("; with the most, a common year|, a leap year", said)
    return logic.numbers(totals), set(re.findall(DAYS, common)), set(re.findall(DAYS, leap))


def said_1029_2(said: str) -> object:
    verdict, months = said.split(": ")
    return verdict, months.split(", ")


def said_1032_2(said: str) -> object:
    verdict, modulus = said.split("; m = ")
    return verdict.split(" ")[0], maths.integers(verdict)[1], int(modulus)


def said_1035_2(said: str) -> object:
    cubic, triangle = said.split("; ")
    return polynomial(cubic), triangle


def said_1036_2(said: str) -> list[float]:
    low, middle, high = re.split(" - | <= t <= ", said.split("; ")[0])
    ends = [lengths(low)[0] - lengths(middle)[0], lengths(high)[0]]
    return [round(each, 6) for each in (*ends, *lengths(said.split("; ")[1]))]


def said_1037_2(said: str) -> object:
    starts, constant = said.split("; constant: ")
    return set(fractions(starts)), constant


def said_1038(said: str) -> object:
    row, rest = said.split(" with product ")
    product, _, verdict = rest.partition("; ")
    return maths.integers(row), int(product), verdict


SAID: dict[tuple[int, int], Callable[[str], object]] = {
    (1021, 1): lambda said: re.findall(r"(\w+) (switcher|liar|truther)", said),
    (1021, 2): said_1021_2,
    (1022, 1): lambda said: re.findall(rf"(?:{DAYS}) (\w+)", said),
    (1022, 2): said_1022_2,
    (1023, 1): said_1023_1,
    (1023, 2): said_1023_2,
    (1024, 1): logic.numbers,
    (1024, 2): logic.numbers,
    (1025, 1): lambda said: re.findall(r"(\w+) (\d)", said),
    (1025, 2): said_1025_2,
    (1026, 1): lambda said: (said.split(";")[0], set(names(said, logic.FACTS))),
    (1026, 2): said_1026_2,
    (1027, 1): lambda said: [said],
    (1027, 2): lambda said: [re.findall(r"\d{3}", part) for part in said.split("; try ")],
    (1028, 1): logic.numbers,
    (1028, 2): logic.numbers,
    (1029, 1): said_1029_1,
    (1029, 2): said_1029_2,
    (1030, 1): logic.numbers,
    (1030, 2): lambda said: (said.split(",")[0], logic.numbers(said)),
    (1031, 1): maths.integers,
    (1031, 2): maths.integers,
    (1032, 1): maths.integers,
    (1032, 2): said_1032_2,
    (1033, 1): fractions,
    (1033, 2): fractions,
    (1034, 1): fractions,
    (1034, 2): lambda said: (said.split(",")[0], fractions(said)),
    (1035, 1): fractions,
    (1035, 2): said_1035_2,
    (1036, 1): lengths,
    (1036, 2): said_1036_2,
    (1037, 1): fractions,
    (1037, 2): said_1037_2,
    (1038, 1): said_1038,
    (1038, 2): said_1038,
    (1039, 1): maths.integers,
    (1039, 2): lambda said: (said.split(",")[0], maths.integers(said)),
    (1040, 1): lambda said: [lengths(part) for part in said.split(", ")],
    (1040, 2): lambda said: said.split("; the points with "),
}


# What is so, recomputed.

KINDS = {"S": "switcher", "L": "liar", "T": "truther"}


def is_1021_1() -> object:
    (kinds,) = [kinds for kinds in logic.islander_worlds() if kinds.count("S") == 1]
    return [(name, KINDS[kind]) for name, kind in zip(logic.ISLANDERS, kinds, strict=True)]


def is_1021_2() -> object:
    worlds = set(logic.islander_worlds())
    fixed = [name for place, name in enumerate(logic.ISLANDERS) if len({kinds[place] for kinds in worlds}) == 1]
    return worlds, tuple(fixed)


def is_1022_2() -> object:
    together = logic.INTERVIEW_NOTES[2]
    notes: list[logic.Clue] = [*logic.INTERVIEW_NOTES]
    notes[2] = lambda day: not together(day)
    weeks = logic.interview_weeks(notes)
    return weeks, {guests[0] for guests in zip(*weeks, strict=True) if len(set(guests)) == 1}


def is_1023_1() -> object:
    ((seats, outward),) = logic.seatings()
    return tuple(sorted(seats, key=lambda name: seats[name])), {name for name in seats if outward[name]}


def is_1023_2() -> object:
    ((seats, outward),) = logic.seatings()
    turned = (seats, {name: out ^ (name in ("Ben", "Dov")) for name, out in outward.items()})
    pointed = Counter(logic.seat_to_the_right(turned, name) for name in seats)
    return tuple({name for name, seat in seats.items() if pointed[seat] == times} for times in (0, 2))


def deals_1025(*, quinn_knows: bool) -> list[logic.Deal]:
    deals = logic.knowing(logic.all_deals(), 0, logic.holder_of_smallest, False)
    deals = logic.knowing(deals, 1, logic.holder_of_largest, quinn_knows)
    deals = logic.knowing(deals, 2, logic.whole_deal, quinn_knows)
    return deals if quinn_knows else logic.knowing(deals, 0, logic.whole_deal, True)


def is_1025_1() -> object:
    (deal,) = deals_1025(quinn_knows=False)
    return list(zip(("Priya", "Quinn", "Ravi"), map(str, deal), strict=True))


def is_1025_2() -> object:
    deals = deals_1025(quinn_knows=True)
    fixed = [name for seat, name in enumerate(("Priya", "Quinn", "Ravi")) if len({deal[seat] for deal in deals}) == 1]
    return set(deals), tuple(fixed)


def is_1026_2() -> object:
    wrong = logic.seedlings_die(logic.with_reversed(["auto", "latch"]))
    by_size = (logic.rescues(logic.FACTS[1:], size) for size in range(1, 5))
    smallest = next(found for found in by_size if found)
    nights = [dict(zip(logic.FACTS, (True, *rest), strict=True)) for rest in itertools.product((True, False), repeat=4)]
    necessary = all(night["mains"] for night in nights if not logic.seedlings_die(night))
    sufficient = all(not logic.seedlings_die(night) for night in nights if night["mains"])
    return wrong, set(smallest[0]), len(smallest) == 1, ["yes" if each else "no" for each in (necessary, sufficient)]


def is_1027_2() -> object:
    left = logic.codes_fitting([line for line in logic.locker_readings() if line[0] != "136"])
    return [left, [tried for tried in left if len({logic.reading(tried, code) for code in left}) == len(left)]]


def is_1028_2() -> object:
    hours = logic.fair_hours()
    faster = hours | {"E": 5}
    return [
        logic.earliest_finish(hours, people=3),
        logic.earliest_finish(faster, people=2),
        logic.earliest_finish(faster, people=3),
    ]


def is_1029_1() -> object:
    counts = {year: len(logic.rides(year)) for year in logic.YEARS}
    busiest = [year for year in logic.YEARS if counts[year] == max(counts.values())]
    first = [logic.first_weekdays(year for year in busiest if calendar.isleap(year) == leap) for leap in (False, True)]
    return [min(counts.values()), max(counts.values())], *first


def is_1029_2() -> object:
    leap_rides = {tuple(logic.rides(year)) for year in logic.YEARS if calendar.isleap(year) and 2 in logic.rides(year)}
    (months,) = leap_rides
    assert len(months) < max(len(logic.rides(year)) for year in logic.YEARS)
    return f"she is wrong, {len(months)} rides", [calendar.month_name[month] for month in months]


def is_1032_2() -> object:
    found = maths.square_roots_of_one(120)
    predicted = 2 ** len(maths.prime_divisors(120))
    smallest = next(m for m in itertools.count(1) if maths.square_roots_of_one(m) == 32)
    return "yes" if found == predicted else "no", found, smallest


def is_1033_2() -> object:
    draws = itertools.permutations(range(3), 2)
    cases = {(aside, drawn): maths.HEADS[aside] ** 2 * maths.HEADS[drawn] for aside, drawn in draws}
    return [sum(weight for (aside, _), weight in cases.items() if aside == maths.TWO_HEADED) / sum(cases.values())]


def is_1034_2() -> object:
    found = maths.expected_rolls({0, 3})
    return "yes" if found == maths.expected_rolls({0}) / 2 else "no", [found]


def is_1035_1() -> object:
    total = sum(root / (sum(maths.cubic_roots()) - root) for root in maths.cubic_roots())
    return [Fraction(total).limit_denominator(1000)]


def is_1035_2() -> object:
    p, q, r = (sum(maths.cubic_roots()) - 2 * root for root in maths.cubic_roots())
    sides = min(p, q, r) > 0
    return [round(each) for each in (-(p + q + r), p * q + q * r + r * p, -p * q * r)], "" if sides else "no triangle"


def is_1036_2() -> object:
    low, high = maths.boundary(8, 0.01), maths.boundary(8, maths.WIDTH)
    best = maths.argmin(maths.crease_length, low, high)
    return [round(each, 6) for each in (low, high, best, maths.crease_length(best))]


def is_1038(step: int) -> object:
    choices = list(maths.splittings(41, 1, step))
    best = maths.only_best(choices)
    verdict = "" if step == 1 else "the friend is right" if len(best) == 6 else "the friend is wrong"
    return best, math.prod(best), verdict


def is_1040_1() -> object:
    best = maths.argmin(partial(maths.area_cut_off, 1, 3), -10, 10)
    return [[round(best, 5)], [round(maths.area_cut_off(1, 3, best), 9)]]


def is_1040_2() -> object:
    for a, height in itertools.product((-2.0, 0.5, 3.0), (4.0, 9.0, 10.0)):
        b = a * a + height
        best = maths.argmin(partial(maths.area_cut_off, a, b), -20, 20)
        assert sum(maths.crossings(a, b, best)) / 2 == pytest.approx(a, abs=1e-5)
        assert (maths.area_cut_off(a, b, best) == pytest.approx(36)) == (height == 9)
    return ["confirmed", "b = a^2 + 9"]


IS: dict[tuple[int, int], Callable[[], object]] = {
    (1021, 1): is_1021_1,
    (1021, 2): is_1021_2,
    (1022, 1): lambda: [*next(iter(logic.interview_weeks(logic.INTERVIEW_NOTES)))],
    (1022, 2): is_1022_2,
    (1023, 1): is_1023_1,
    (1023, 2): is_1023_2,
    (1024, 1): lambda: logic.winning_moves(13, stuck_wins=False),
    (1024, 2): lambda: [size for size in range(1, 14) if not logic.winning_moves(size, stuck_wins=True)],
    (1025, 1): is_1025_1,
    (1025, 2): is_1025_2,
    (1026, 1): lambda: ("they died", {name for (name,) in logic.rescues(logic.FACTS, 1)}),
    (1026, 2): is_1026_2,
    (1027, 1): lambda: logic.codes_fitting(logic.locker_readings()),
    (1027, 2): is_1027_2,
    (1028, 1): lambda: [logic.earliest_finish(logic.fair_hours(), people=2)],
    (1028, 2): is_1028_2,
    (1029, 1): is_1029_1,
    (1029, 2): is_1029_2,
    (1030, 1): lambda: [logic.fewest_weighings(logic.TWO_LIGHT)],
    (1030, 2): lambda: ("refuted", [logic.fewest_weighings(logic.LIGHT_AND_HEAVY)]),
    (1031, 1): lambda: [sum(len(set(bed)) == 3 for bed in maths.BEDS if maths.neighbours_differ(bed))],
    (1031, 2): lambda: [
        len(
            {
                maths.first_rotation(bed)
                for bed in maths.BEDS
                if maths.neighbours_differ(bed) and maths.opposites_differ(bed)
            }
        )
    ],
    (1032, 1): lambda: [
        len([n for n in range(1, 1001) if (n * n - 1) % 120 == 0]),
        max(n for n in range(1, 1001) if (n * n - 1) % 120 == 0),
    ],
    (1032, 2): is_1032_2,
    (1033, 1): lambda: [sum(p**3 for p in maths.HEADS) / sum(p**2 for p in maths.HEADS)],
    (1033, 2): is_1033_2,
    (1034, 1): lambda: [maths.expected_rolls({0})],
    (1034, 2): is_1034_2,
    (1035, 1): is_1035_1,
    (1035, 2): is_1035_2,
    (1036, 1): lambda: [round(maths.crease_length(maths.WIDTH / 2), 9)],
    (1036, 2): is_1036_2,
    (1037, 1): lambda: [sum(maths.terms(Fraction(3), 1000))],
    (1037, 2): lambda: (maths.breaking_starts(), "none"),
    (1038, 1): lambda: is_1038(1),
    (1038, 2): lambda: is_1038(2),
    (1039, 1): lambda: [int("".join(map(str, range(1, 61)))) % 99],
    (1039, 2): lambda: ("refuted", [int("".join(map(str, range(60, 0, -1)))) % 99]),
    (1040, 1): is_1040_1,
    (1040, 2): is_1040_2,
}
TURNS = [(int(each.question_id), turn) for each in ASKED for turn in (1, 2)]


def text(model: str, question_id: int, turn: int) -> str:
    return known()[model][question_id][turn - 1]


def test_every_question_of_reasoning_and_mathematics_has_both_answers() -> None:
    assert [*known()[RIGHT]] == [*known()[WRONG]] == [each.question_id for each in ASKED]
    assert [*SAID] == [*IS] == TURNS


@pytest.mark.parametrize(("question_id", "turn"), TURNS)
def test_the_right_answer_reaches_what_a_program_computes(question_id: int, turn: int) -> None:
    assert SAID[question_id, turn](ending(text(RIGHT, question_id, turn))) == IS[question_id, turn]()


@pytest.mark.parametrize(("question_id", "turn"), TURNS)
def test_the_wrong_answer_reaches_something_else_of_the_same_form(question_id: int, turn: int) -> None:
    said = SAID[question_id, turn](ending(text(WRONG, question_id, turn)))
    computed = IS[question_id, turn]()
    assert said != computed
    assert type(said) is type(computed)


@pytest.mark.parametrize(("question_id", "turn"), TURNS)
def test_right_and_wrong_are_of_like_length_and_other_words_than_the_reference(question_id: int, turn: int) -> None:
    right, wrong = text(RIGHT, question_id, turn), text(WRONG, question_id, turn)
    assert 0.8 < len(wrong) / len(right) < 1.25
    reference = words((QUESTIONS[question_id].reference[turn - 1],))
    assert overlap(shingles(words((right,))), shingles(reference)) < 0.15
    assert overlap(shingles(words((wrong,))), shingles(reference)) < 0.25


def shingles(said: list[str]) -> set[object]:
    return {*zip(said, said[1:], said[2:], strict=False)}


def test_neither_side_is_longer_on_the_whole() -> None:
    total = {
        model: sum(len(turn) for turns in answers.values() for turn in turns) for model, answers in known().items()
    }
    assert total[WRONG] / total[RIGHT] == pytest.approx(1, abs=0.03)


def table(written: str) -> dict[int, list[int]]:
    lines = re.findall(r"^n = (\d+): (?:.*?: )?(none|\d(?:, \d)*)", written, re.MULTILINE)
    return {int(size): logic.numbers(moves) for size, moves in lines}


@pytest.mark.parametrize("turn", [1, 2])
def test_1024_tables_of_the_right_answers_hold(turn: int) -> None:
    found = table(text(RIGHT, 1024, turn))
    assert {*range(1, 13)} <= {*found}
    for size, moves in found.items():
        if size:
            assert moves == logic.winning_moves(size, stuck_wins=turn == 2), size


def test_1027_readings_of_the_right_answer_are_true() -> None:
    written = text(RIGHT, 1027, 2)
    quoted = re.findall(r"(\d)-(\d) \((\d{3})\)", written)
    assert len(quoted) == 5
    for placed, misplaced, code in quoted:
        assert logic.reading("351", code) == (int(placed), int(misplaced))
    clashes = re.findall(r"(\d{3}) (?:does not separate|not) (\d{3}) from (\d{3})", written)
    assert len(clashes) == 4
    for tried, one, other in clashes:
        assert logic.reading(tried, one) == logic.reading(tried, other) == (1, 1)


def test_1028_timetables_of_the_right_answers_work() -> None:
    slots = re.sub(r" from (\d+) to (\d+)", r" \1-\2", text(RIGHT, 1028, 1))
    logic.assert_timetable_works(slots.split("One person:")[1].split("Check")[0], logic.fair_hours(), 17)
    logic.assert_timetable_works(text(RIGHT, 1028, 2).split("Both.")[1], logic.fair_hours() | {"E": 5}, 15)


def test_1029_right_answer_names_the_right_first_weekdays() -> None:
    year = next(year for year in logic.YEARS if calendar.isleap(year) and 2 in logic.rides(year))
    stated = dict(re.findall(rf"([A-Z]\w+) ({DAYS})[,.]", text(RIGHT, 1029, 2)))
    assert len(stated) == 10
    for month in range(3, 13):
        weekday = calendar.day_name[calendar.weekday(year, month, 1)]
        assert stated[calendar.month_name[month]] == weekday
    assert calendar.weekday(year, 1, 1) == calendar.WEDNESDAY


@pytest.mark.parametrize("model", [RIGHT, WRONG])
@pytest.mark.parametrize(("sign", "value"), [("+", sum), ("x", math.prod)])
def test_sums_and_products_of_whole_numbers_are_right(model: str, sign: str, value: Callable[[list[int]], int]) -> None:
    """An error in a wrong answer is one of thought, or a slip with fractions: not one that anybody sees."""
    sums = re.compile(rf"(?<![\d.√/^x*+-] )(?<![\d.√/^])\b\d+(?: {re.escape(sign)} \d+)+ = \d+\b(?![/^√])")
    found = [each for question_id, turn in TURNS for each in sums.findall(text(model, question_id, turn))]
    assert len(found) > 5
    for each in found:
        *parts, stated = maths.integers(each)
        assert value(parts) == stated, each
