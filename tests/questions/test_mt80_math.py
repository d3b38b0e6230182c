import itertools
import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

import pytest

from tests.support.mt80 import question

Function = Callable[[float], float]


def reference(question_id: int, turn: int) -> str:
    return str(question(question_id)["reference"][turn - 1])


def answer(question_id: int, turn: int) -> str:
    found = re.findall(r"^Answer: (.+)$", reference(question_id, turn), re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def assert_says(question_id: int, turn: int, *phrases: str) -> None:
    for phrase in phrases:
        assert phrase in question(question_id)["turns"][turn - 1], phrase


def integers(written: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", written)]


def rationals(written: str) -> list[Fraction]:
    return [Fraction(found) for found in re.findall(r"-?\d+(?:/\d+)?", written)]


def surd(written: str) -> float:
    found = re.search(r"(\d+)√(\d+)(?:/(\d+))?", written)
    assert found
    factor, inside, divisor = (int(group or 1) for group in found.groups())
    return factor * math.sqrt(inside) / divisor


def argmin(function: Function, low: float, high: float) -> float:
    for _ in range(200):
        third = (high - low) / 3
        if function(low + third) < function(high - third):
            high -= third
        else:
            low += third
    return (low + high) / 2


def assert_falls_then_rises(function: Function, low: float, high: float, lowest: float) -> None:
    grid = [low + (high - low) * step / 400 for step in range(401)]
    for left, right in itertools.pairwise(grid):
        if right < lowest:
            assert function(left) > function(right)
        if left > lowest:
            assert function(left) < function(right)


# 1031: a round flower bed

Bed = tuple[str, ...]
BEDS: list[Bed] = list(itertools.product("RYW", repeat=6))


def neighbours_differ(bed: Bed) -> bool:
    return all(bed[wedge] != bed[(wedge + 1) % 6] for wedge in range(6))


def opposites_differ(bed: Bed) -> bool:
    return all(bed[wedge] != bed[wedge + 3] for wedge in range(3))


def first_rotation(bed: Bed) -> Bed:
    return min(bed[turn:] + bed[:turn] for turn in range(6))


def test_1031_counts_the_plantings_with_every_colour() -> None:
    assert_says(1031, 1, "six equal wedges", "red, yellow or white")
    assert_says(1031, 1, "each of the three colours has to appear", "numbered 1 to 6")
    assert_says(1031, 1, "(1-2, 2-3, 3-4, 4-5, 5-6, 6-1) must have different colours")
    proper = [bed for bed in BEDS if neighbours_differ(bed)]
    assert f"64 + 2 = {len(proper)}" in reference(1031, 1)
    assert integers(answer(1031, 1)) == [sum(len(set(bed)) == 3 for bed in proper)]


def test_1031_counts_the_rotation_classes_with_opposites_different() -> None:
    assert_says(1031, 2, "Drop the requirement", "(1-4, 2-5, 3-6)", "mirror images still count separately")
    proper = [bed for bed in BEDS if neighbours_differ(bed) and opposites_differ(bed)]
    assert f"Total {len(proper)} numbered plantings" in reference(1031, 2)
    assert integers(answer(1031, 2)) == [len({first_rotation(bed) for bed in proper})]


# 1032: squares that leave remainder one


def square_roots_of_one(modulus: int) -> int:
    return sum((n * n - 1) % modulus == 0 for n in range(modulus))


def prime_divisors(number: int) -> list[int]:
    return [p for p in range(2, number + 1) if number % p == 0 and all(p % d for d in range(2, p))]


def test_1032_counts_the_integers_and_names_the_largest() -> None:
    assert_says(1032, 1, "1 <= n <= 1000", "n^2 - 1 divisible by 120 (0 counts as divisible)")
    fitting = [n for n in range(1, 1001) if (n * n - 1) % 120 == 0]
    assert answer(1032, 1) == f"{len(fitting)} values; the largest is {max(fitting)}."


def test_1032_friend_is_refuted_and_840_is_the_smallest_modulus() -> None:
    assert_says(1032, 2, "2^k of the residues", "n^2 = 1 (mod m)", "modulus 120", "exactly 32 residues")
    found, predicted = square_roots_of_one(120), 2 ** len(prime_divisors(120))
    assert found != predicted
    smallest = next(m for m in itertools.count(1) if square_roots_of_one(m) == 32)
    verdict, modulus = answer(1032, 2).split("; ")
    assert verdict == f"no, 120 has {found} such residues instead of {predicted}"
    assert modulus == f"the smallest m is {smallest}."


# 1033: three coins

HEADS = (Fraction(1, 2), Fraction(1), Fraction(1, 4))
TWO_HEADED = 1


def test_1033_third_toss_shows_heads_with_the_stated_probability() -> None:
    assert_says(1033, 1, "heads on both sides", "heads with probability 1/4")
    assert_says(1033, 1, "three coins", "One is fair", "toss it twice: heads both times")
    assert rationals(answer(1033, 1)) == [sum(p**3 for p in HEADS) / sum(p**2 for p in HEADS)]


def test_1033_coin_put_aside_is_two_headed_with_the_stated_probability() -> None:
    assert_says(1033, 2, "pick one of the two coins left in the box at random", "toss it once: heads again")
    draws = itertools.permutations(range(3), 2)
    cases = {(aside, drawn): HEADS[aside] ** 2 * HEADS[drawn] for aside, drawn in draws}
    two_headed = sum(weight for (aside, _), weight in cases.items() if aside == TWO_HEADED)
    assert rationals(answer(1033, 2)) == [two_headed / sum(cases.values())]


# 1034: a running total


def solved(rows: list[list[Fraction]]) -> list[Fraction]:
    size = len(rows)
    for column in range(size):
        pivot = next(row for row in range(column, size) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(size):
            if row != column:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[-1] for row in rows]


def expected_rolls(stopping: set[int]) -> Fraction:
    equations = []
    for start in range(4):
        row = [Fraction(start == other) for other in range(4)] + [Fraction(1)]
        for face in range(1, 7):
            if (start + face) % 4 not in stopping:
                row[(start + face) % 4] -= Fraction(1, 6)
        equations.append(row)
    return solved(equations)[0]


def test_1034_expected_rolls_until_a_multiple_of_four() -> None:
    assert_says(1034, 1, "ordinary fair die", "after at least one roll, the total is divisible by 4")
    assert rationals(answer(1034, 1)) == [expected_rolls({0})]


def test_1034_expectation_with_two_stopping_remainders_is_not_half() -> None:
    assert_says(1034, 2, "remainder 0 or 3 on division by 4", "simply halved")
    assert expected_rolls({0, 3}) != expected_rolls({0}) / 2
    assert answer(1034, 2).startswith("no;")
    assert rationals(answer(1034, 2)) == [expected_rolls({0, 3})]


# 1035: roots of a cubic


def cubic(x: float) -> float:
    return x**3 - 5 * x**2 + 3 * x + 2


def root_between(low: float, high: float) -> float:
    assert cubic(low) * cubic(high) < 0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if cubic(low) * cubic(middle) > 0 else (low, middle)
    return (low + high) / 2


def cubic_roots() -> tuple[float, float, float]:
    return root_between(-1, 0), root_between(1, 2), root_between(4, 5)


def test_1035_cyclic_sum_of_the_roots() -> None:
    assert_says(1035, 1, "x^3 - 5x^2 + 3x + 2 = 0", "a/(b+c) + b/(c+a) + c/(a+b)")
    total = sum(root / (sum(cubic_roots()) - root) for root in cubic_roots())
    (stated,) = rationals(answer(1035, 1))
    assert math.isclose(total, stated, rel_tol=1e-12)
    assert stated.denominator < 1000


def test_1035_cubic_of_the_differences() -> None:
    assert_says(1035, 2, "b+c-a, c+a-b and a+b-c")
    p, q, r = (sum(cubic_roots()) - 2 * root for root in cubic_roots())
    written = answer(1035, 2).split(";")[0].replace(" ", "")
    found = re.fullmatch(r"y\^3([+-]\d+)y\^2([+-]\d+)y([+-]\d+)", written)
    assert found
    stated = [int(coefficient) for coefficient in found.groups()]
    assert stated == pytest.approx([-(p + q + r), p * q + q * r + r * p, -p * q * r], rel=1e-12)


def test_1035_roots_are_no_triangle() -> None:
    a, b, c = cubic_roots()
    assert not all(side > 0 for side in (b + c - a, c + a - b, a + b - c))
    assert answer(1035, 2).endswith("; no triangle.")


# 1036: a folded sheet

WIDTH, HEIGHT = 16.0, 12.0


def crease_ends(t: float) -> tuple[float, float]:
    # A point of the crease is as far from A = (0, 0) as from P = (t, HEIGHT).
    half_square = (t * t + HEIGHT * HEIGHT) / 2
    return half_square / t, half_square / HEIGHT


def joins_both_sides(t: float) -> bool:
    along_bottom, along_left = crease_ends(t)
    return along_bottom <= WIDTH and along_left <= HEIGHT


def crease_length(t: float) -> float:
    return math.hypot(*crease_ends(t))


def boundary(inside: float, outside: float) -> float:
    for _ in range(100):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if joins_both_sides(middle) else (inside, middle)
    return inside


def test_1036_crease_to_the_midpoint() -> None:
    assert_says(1036, 1, "AB = 16 and BC = 12", "lands exactly on the midpoint of side CD")
    assert joins_both_sides(WIDTH / 2)
    bottom, left = crease_ends(WIDTH / 2)
    assert math.isclose(math.dist((bottom, 0), (0, 0)), math.dist((bottom, 0), (WIDTH / 2, HEIGHT)))
    assert math.isclose(math.dist((0, left), (0, 0)), math.dist((0, left), (WIDTH / 2, HEIGHT)))
    assert math.isclose(crease_length(WIDTH / 2), surd(answer(1036, 1)), rel_tol=1e-12)


def test_1036_range_of_folds_between_the_two_sides() -> None:
    assert_says(1036, 2, "arbitrary point P of side CD", "from a point of AB to a point of AD", "DP = t")
    found = re.match(r"(\d+) - (\d+√\d+) <= t <= (\d+);", answer(1036, 2))
    assert found
    low, high = boundary(8, 0.01), boundary(8, WIDTH)
    assert math.isclose(low, int(found[1]) - surd(found[2]), rel_tol=1e-12)
    assert math.isclose(high, int(found[3]), rel_tol=1e-12)
    samples = [WIDTH * step / 1000 for step in range(1, 1001)]
    assert all(joins_both_sides(t) == (low <= t <= high + 1e-9) for t in samples)


def test_1036_shortest_crease() -> None:
    _, where, length = answer(1036, 2).split("; ")
    assert where.startswith("t = ")
    assert length.startswith("length ")
    low, high = boundary(8, 0.01), boundary(8, WIDTH)
    best = argmin(crease_length, low, high)
    assert_falls_then_rises(crease_length, low, high, best)
    assert math.isclose(best, surd(where), rel_tol=1e-6)
    assert math.isclose(crease_length(best), surd(length), rel_tol=1e-12)


# 1037: a recurrence


def next_term(term: Fraction) -> Fraction:
    return (2 * term - 1) / (term + 1)


def terms(first: Fraction, count: int) -> Iterator[Fraction]:
    for index in range(count):
        yield first
        if index < count - 1:
            first = next_term(first)


def breaking_starts() -> set[Fraction]:
    # next_term(a) = b holds for a = (b + 1) / (2 - b) only, and for no a when b = 2.
    starts = [Fraction(-1)]
    while starts[-1] != 2:
        starts.append((starts[-1] + 1) / (2 - starts[-1]))
        assert next_term(starts[-1]) == starts[-2]
    return set(starts)


def test_1037_sum_of_a_thousand_terms() -> None:
    assert_says(1037, 1, "a_1 = 3", "a_{n+1} = (2a_n - 1)/(a_n + 1)", "a_1 + a_2 + ... + a_1000")
    assert rationals(answer(1037, 1)) == [sum(terms(Fraction(3), 1000))]


def test_1037_starts_that_divide_by_zero() -> None:
    stated = set(rationals(answer(1037, 2).split(";")[0]))
    assert stated == breaking_starts()
    for start in stated:
        with pytest.raises(ZeroDivisionError):
            list(terms(start, 10))
    for start in {Fraction(n, d) for n in range(-30, 31) for d in range(1, 13)} - stated:
        assert list(terms(start, 13))[6:] == list(terms(start, 7))


def test_1037_no_real_start_is_constant() -> None:
    # a(a + 1) = 2a - 1 is a quadratic; its coefficients follow from three values.
    def gap(a: int) -> int:
        return a * (a + 1) - (2 * a - 1)

    constant = gap(0)
    square = Fraction(gap(1) + gap(-1), 2) - constant
    linear = Fraction(gap(1) - gap(-1), 2)
    assert linear**2 - 4 * square * constant < 0
    assert answer(1037, 2).endswith("constant: none.")


# 1038: a sum with a large product


def splittings(total: int, smallest: int, step: int) -> Iterator[list[int]]:
    if total == 0:
        yield []
    for first in range(smallest, total + 1):
        for rest in splittings(total - first, first + step, step):
            yield [first, *rest]


def only_best(choices: list[list[int]]) -> list[int]:
    (best,) = [choice for choice in choices if math.prod(choice) == max(map(math.prod, choices))]
    return best


def assert_best_per_size(turn: int, choices: list[list[int]]) -> None:
    line = re.compile(r"^k = (\d): .*?((?:\d+, )+\d+), product (\d+)\.$", re.MULTILINE)
    lines = line.findall(reference(1038, turn))
    assert lines
    for size, row, product in lines:
        best = only_best([choice for choice in choices if len(choice) == int(size)])
        assert (best, math.prod(best)) == (integers(row), int(product))


def test_1038_best_different_integers() -> None:
    assert_says(1038, 1, "Write 41 as a sum of positive integers", "all different")
    choices = list(splittings(41, 1, 1))
    best = only_best(choices)
    row, product = answer(1038, 1).split("; product ")
    assert (integers(row), integers(product)) == (best, [math.prod(best)])
    assert_best_per_size(1, choices)


def test_1038_best_without_consecutive_integers_has_five() -> None:
    assert_says(
        1038,
        2,
        "no two of the chosen integers may be consecutive",
        "41 can still be split",
        "six factors always beat five",
    )
    choices = list(splittings(41, 1, 2))
    best = only_best(choices)
    row, product, verdict = answer(1038, 2).split("; ")
    assert (integers(row), product) == (best, f"product {math.prod(best)}")
    assert_best_per_size(2, choices)
    assert max(map(len, choices)) == 6 > len(best)
    assert verdict == "the friend is wrong."


# 1039: a long number


def test_1039_remainder_of_the_ascending_number() -> None:
    assert_says(1039, 1, "1, 2, 3, ..., 60", "N = 123456789101112...585960", "divided by 99")
    ascending = int("".join(map(str, range(1, 61))))
    assert integers(answer(1039, 1)) == [ascending % 99]


def test_1039_remainder_of_the_descending_number_differs() -> None:
    assert_says(1039, 2, "M = 605958...1110987654321", "division by 99")
    descending = int("".join(map(str, range(60, 0, -1))))
    assert integers(answer(1039, 2)) == [descending % 99] != integers(answer(1039, 1))
    assert answer(1039, 2).startswith("refuted;")


# 1040: chords of a parabola


def crossings(a: float, b: float, slope: float) -> tuple[float, float]:
    # x^2 = b + slope (x - a)
    spread = math.sqrt(slope**2 - 4 * (slope * a - b))
    return (slope - spread) / 2, (slope + spread) / 2


def area_cut_off(a: float, b: float, slope: float) -> float:
    left, right = crossings(a, b, slope)

    def height(x: float) -> float:
        return b + slope * (x - a) - x * x

    # Simpson's rule is exact for a quadratic.
    return (right - left) / 6 * (height(left) + 4 * height((left + right) / 2) + height(right))


def least_area(a: float, b: float) -> tuple[float, float]:
    slope = argmin(lambda m: area_cut_off(a, b, m), -40, 40)
    return slope, area_cut_off(a, b, slope)


def test_1040_slope_and_least_area() -> None:
    assert_says(1040, 1, "P = (1, 3)", "y = x^2")
    slope, area = least_area(1, 3)
    assert_falls_then_rises(lambda m: area_cut_off(1, 3, m), -40, 40, slope)
    found = re.fullmatch(r"slope (\d+); area (.+)\.", answer(1040, 1))
    assert found
    assert slope == pytest.approx(int(found[1]), abs=1e-5)
    assert area == pytest.approx(surd(found[2]), rel=1e-12)


def test_1040_least_chord_is_bisected() -> None:
    assert answer(1040, 2).startswith("confirmed;")
    for a, above in itertools.product((-3.0, -0.5, 0.0, 1.0, 2.5), (0.3, 2.0, 9.0, 14.0)):
        slope, _ = least_area(a, a * a + above)
        assert_falls_then_rises(partial(area_cut_off, a, a * a + above), -40, 40, slope)
        assert sum(crossings(a, a * a + above, slope)) / 2 == pytest.approx(a, abs=1e-5)


def test_1040_least_area_36_on_a_shifted_parabola() -> None:
    assert_says(1040, 2, "P = (a, b)", "b > a^2", "the least area is 36")
    found = re.search(r"b = a\^2 \+ (\d+)\.$", answer(1040, 2))
    assert found
    shift = int(found[1])
    for a in (-3.0, -0.5, 0.0, 1.0, 2.5):
        areas = [least_area(a, a * a + shift + extra)[1] for extra in (-1, -0.01, 0, 0.01, 1)]
        assert areas[2] == pytest.approx(36, rel=1e-12)
        assert areas == sorted(set(areas))
