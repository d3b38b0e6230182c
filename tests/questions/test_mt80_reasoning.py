import calendar
import cmath
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from tests.support.mt80 import question

Clue = Callable[[dict[str, int]], bool]


def answer(question_id: int, turn: int) -> str:
    found = re.findall(r"^Answer: (.+)$", question(question_id)["reference"][turn - 1], re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def text(question_id: int, turn: int) -> str:
    return str(question(question_id)["turns"][turn - 1])


def reference(question_id: int, turn: int) -> str:
    return str(question(question_id)["reference"][turn - 1])


def assert_says(question_id: int, turn: int, *phrases: str) -> None:
    for phrase in phrases:
        assert phrase in text(question_id, turn), phrase


def numbers(written: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", written)]


# 1021: kinds of islanders

ISLANDERS = ("Anouk", "Basil", "Corin", "Delia")


def claims(kinds: str) -> list[tuple[bool, bool]]:
    anouk, basil, corin, delia = tuple(kinds)
    return [
        (basil == delia, "S" not in kinds),
        ("L" not in kinds, corin == "L"),
        (anouk == "S", kinds.count("S") == 1),
        (basil == "T", anouk == basil),
    ]


def fits_the_statements(kinds: str) -> bool:
    truths_told = {"T": 2, "S": 1, "L": 0}
    return all(sum(pair) == truths_told[kind] for kind, pair in zip(kinds, claims(kinds), strict=True))


def islander_worlds() -> list[str]:
    worlds = ("".join(kinds) for kinds in itertools.product("TLS", repeat=4))
    return [kinds for kinds in worlds if fits_the_statements(kinds)]


def test_1021_text_makes_the_modelled_statements() -> None:
    assert_says(
        1021,
        1,
        'Anouk: "Basil and Delia are of the same kind." "None of us four is a switcher."',
        'Basil: "None of us four is a liar." "Corin is a liar."',
        'Corin: "Anouk is a switcher." "Exactly one of us four is a switcher."',
        'Delia: "Basil is a truther." "Anouk and Basil are of the same kind."',
        "exactly one switcher among the four",
    )


def test_1021_one_switcher_leaves_one_assignment() -> None:
    with_one_switcher = [kinds for kinds in islander_worlds() if kinds.count("S") == 1]
    stated = dict(re.findall(r"(\w+) ([TLS])\b", answer(1021, 1)))
    assert with_one_switcher == ["".join(stated[name] for name in ISLANDERS)]


def test_1021_without_the_head_count_only_anouk_is_certain() -> None:
    worlds = islander_worlds()
    assert set(re.findall(r"\b[TLS]{4}\b", answer(1021, 2))) == set(worlds)
    certain = [name for place, name in enumerate(ISLANDERS) if len({kinds[place] for kinds in worlds}) == 1]
    assert re.findall(r"only (\w+) is certain \(a switcher\)", answer(1021, 2)) == certain
    assert {kinds[ISLANDERS.index(certain[0])] for kinds in worlds} == {"S"}


# 1022: interviews in a week

GUESTS = ("Abel", "Bea", "Cleo", "Dana", "Ezra", "Farid", "Gwen")


def is_between(middle: int, one: int, other: int) -> bool:
    return min(one, other) < middle < max(one, other)


INTERVIEW_NOTES: list[Clue] = [
    lambda day: abs(day["Dana"] - day["Farid"]) == 4,
    lambda day: abs(day["Dana"] - day["Gwen"]) == 3,
    lambda day: abs(day["Cleo"] - day["Gwen"]) == 1,
    lambda day: is_between(day["Dana"], day["Abel"], day["Farid"]),
    lambda day: is_between(day["Farid"], day["Cleo"], day["Ezra"]),
    lambda day: day["Bea"] > day["Ezra"] or day["Dana"] == day["Bea"] + 1,
]


def interview_weeks(notes: list[Clue]) -> set[tuple[str, ...]]:
    return {
        order
        for order in itertools.permutations(GUESTS)
        if all(note({guest: day for day, guest in enumerate(order)}) for note in notes)
    }


def test_1022_text_gives_the_modelled_notes() -> None:
    assert_says(
        1022,
        1,
        "one a day from Monday to Sunday, with Abel, Bea, Cleo, Dana, Ezra, Farid and Gwen",
        "(1) Exactly three days lie strictly between Dana's day and Farid's day.",
        "(2) Exactly two days lie strictly between Dana's day and Gwen's day.",
        "(3) Cleo and Gwen are on consecutive days",
        "(4) Dana's day falls somewhere between Abel's and Farid's.",
        "(5) Farid's day falls somewhere between Cleo's and Ezra's.",
        "(6) If Bea is on earlier than Ezra, then Dana is on the day right after Bea.",
    )
    assert_says(1022, 2, "Cleo and Gwen were not on consecutive days")


def test_1022_notes_leave_one_week_and_each_is_needed() -> None:
    stated = tuple(re.findall(r"[A-Z][a-z]+", answer(1022, 1)))
    assert interview_weeks(INTERVIEW_NOTES) == {stated}
    for dropped in range(len(INTERVIEW_NOTES)):
        assert len(interview_weeks(INTERVIEW_NOTES[:dropped] + INTERVIEW_NOTES[dropped + 1 :])) > 1


def test_1022_reversed_note_leaves_three_weeks_without_a_fixed_day() -> None:
    together = INTERVIEW_NOTES[2]
    weeks = interview_weeks([*INTERVIEW_NOTES[:2], lambda day: not together(day), *INTERVIEW_NOTES[3:]])
    stated, fixed = answer(1022, 2).split("; fixed days: ")
    assert {tuple(week.split("-")) for week in stated.split("; ")} == weeks
    assert [guests for guests in zip(*weeks, strict=True) if len(set(guests)) == 1] == []
    assert fixed == "none."


# 1023: a round table

SITTERS = ("Ana", "Ben", "Cara", "Dov", "Eli", "Fay")
Table = tuple[dict[str, int], dict[str, bool]]


def seat_to_the_right(table: Table, name: str, steps: int = 1) -> int:
    seats, outward = table
    return (seats[name] + (steps if outward[name] else -steps)) % 6


def seat_to_the_left(table: Table, name: str, steps: int = 1) -> int:
    return seat_to_the_right(table, name, -steps)


def fits_the_table(table: Table) -> bool:
    seats, outward = table
    return (
        sum(outward.values()) == 2
        and seats["Ana"] == seat_to_the_left(table, "Eli")
        and seats["Dov"] == seat_to_the_right(table, "Fay")
        and (seats["Cara"] - seats["Eli"]) % 6 == 3
        and seats["Cara"] == seat_to_the_left(table, "Dov", 2)
        and outward["Ben"] == outward["Cara"] != outward["Fay"]
    )


def seatings() -> list[Table]:
    orders = [dict(zip(SITTERS, (0, *rest), strict=True)) for rest in itertools.permutations(range(1, 6))]
    facings = [dict(zip(SITTERS, out, strict=True)) for out in itertools.product((False, True), repeat=6)]
    return [table for table in itertools.product(orders, facings) if fits_the_table(table)]


def test_1023_right_hand_side_matches_plane_geometry() -> None:
    clockwise_places = [cmath.exp(-1j * cmath.pi * seat / 3) for seat in range(6)]
    for outward in (False, True):
        table = (dict.fromkeys(SITTERS, 0), dict.fromkeys(SITTERS, outward))
        looking = clockwise_places[0] if outward else -clockwise_places[0]
        right_hand = looking * -1j
        step = clockwise_places[seat_to_the_right(table, "Ana")] - clockwise_places[0]
        assert (step * right_hand.conjugate()).real > 0


def test_1023_text_gives_the_modelled_clues() -> None:
    assert_says(
        1023,
        1,
        "Six people",
        "clockwise order starting with Ana",
        "Exactly two of the six face away from the centre",
        "Ana is immediately to Eli's left",
        "Dov is immediately to Fay's right",
        "Cara's seat is directly opposite Eli's",
        "Cara is two places to Dov's left",
        "Ben and Cara face the same way",
        "Fay faces the other way from Ben",
    )
    assert_says(1023, 2, "Ben and Dov each turn round", "immediately on their own right")


def test_1023_clues_leave_one_seating() -> None:
    ((seats, outward),) = seatings()
    order, outside = answer(1023, 1).split("; facing outwards: ")
    assert re.findall(r"\w+", order) == sorted(SITTERS, key=lambda name: seats[name])
    assert set(re.findall(r"\w+", outside)) == {name for name in SITTERS if outward[name]}


def test_1023_after_the_turns_nobody_points_at_one_and_two_at_another() -> None:
    ((seats, outward),) = seatings()
    turned = (seats, {name: out ^ (name in ("Ben", "Dov")) for name, out in outward.items()})
    name_at = {seat: name for name, seat in seats.items()}
    pointed = Counter(name_at[seat_to_the_right(turned, name)] for name in SITTERS)
    (nobody,) = [name for name in SITTERS if pointed[name] == 0]
    (twice,) = [name for name in SITTERS if pointed[name] == 2]
    assert answer(1023, 2) == f"nobody points at {nobody}; two people point at {twice}."


# 1024: a pile of counters


@cache
def mover_wins(counters: int, banned: int, stuck_wins: bool) -> bool:
    moves = [move for move in (1, 3, 4) if move <= counters and move != banned]
    if not moves:
        return stuck_wins
    return any(not mover_wins(counters - move, move, stuck_wins) for move in moves)


def winning_moves(counters: int, stuck_wins: bool) -> list[int]:
    moves = (move for move in (1, 3, 4) if move <= counters)
    return [move for move in moves if not mover_wins(counters - move, move, stuck_wins)]


def assert_table_holds(letter: str, turn: int, stuck_wins: bool, sizes: range) -> None:
    written = reference(1024, turn)
    for shared in re.findall(rf"((?:{letter}\(\d+\) = )+)\{{([\d, ]*)\}}", written):
        for size in numbers(shared[0]):
            if size:
                assert numbers(shared[1]) == winning_moves(size, stuck_wins), size
    assert set(numbers(" ".join(re.findall(rf"{letter}\(\d+\) =", written)))) >= set(sizes)


def test_1024_every_opening_from_13_wins() -> None:
    assert_says(1024, 1, "exactly 1, 3 or 4 counters", "loses")
    assert_says(1024, 1, "With 13 counters", "opening moves 1, 3 and 4")
    winning = ", ".join(map(str, winning_moves(13, stuck_wins=False)))
    assert answer(1024, 1) == f"{winning} (all three opening moves win)."
    assert_table_holds("W", 1, stuck_wins=False, sizes=range(1, 13))


def test_1024_reversed_ending_lists_the_second_players_piles() -> None:
    assert_says(1024, 2, "a player with no legal move on their turn wins", "from 1 to 13")
    lost = [size for size in range(1, 14) if not winning_moves(size, stuck_wins=True)]
    assert numbers(answer(1024, 2).split("(")[0]) == lost
    assert 13 in lost
    assert "so with 13 every opening move now loses" in answer(1024, 2)
    assert_table_holds("V", 2, stuck_wins=True, sizes=range(1, 14))


# 1025: three cards

Deal = tuple[int, int, int]


def all_deals() -> list[Deal]:
    return [(p, q, r) for p, q, r in itertools.permutations(range(1, 9), 3) if p + q + r == 11]


def knowing(deals: list[Deal], seat: int, fact: Callable[[Deal], object], knows: bool) -> list[Deal]:
    def can_tell(deal: Deal) -> bool:
        return len({fact(other) for other in deals if other[seat] == deal[seat]}) == 1

    return [deal for deal in deals if can_tell(deal) == knows]


def holder_of_smallest(deal: Deal) -> int:
    return deal.index(min(deal))


def holder_of_largest(deal: Deal) -> int:
    return deal.index(max(deal))


def whole_deal(deal: Deal) -> Deal:
    return deal


def test_1025_remarks_leave_one_deal() -> None:
    assert_says(1025, 1, "numbered 1 to 8", "add up to 11")
    assert_says(1025, 1, 'Priya: "I can\'t tell which of us has the smallest number."')
    assert_says(1025, 1, "I can't tell which of us has the largest number", "I don't know all three numbers")
    deals = knowing(all_deals(), 0, holder_of_smallest, False)
    deals = knowing(deals, 1, holder_of_largest, False)
    deals = knowing(deals, 2, whole_deal, False)
    deals = knowing(deals, 0, whole_deal, True)
    assert deals == [tuple(numbers(answer(1025, 1)))]
    assert re.findall(r"[A-Z]\w+", answer(1025, 1)) == ["Priya", "Quinn", "Ravi"]


def test_1025_other_evening_leaves_two_deals_and_fixes_priyas_card() -> None:
    assert_says(
        1025,
        2,
        "total 11 again",
        "Priya opens with the same remark",
        "I can tell which of us has the largest number",
    )
    deals = knowing(all_deals(), 0, holder_of_smallest, False)
    deals = knowing(deals, 1, holder_of_largest, True)
    deals = knowing(deals, 2, whole_deal, True)
    stated, certain = answer(1025, 2).split(";")
    assert {tuple(numbers(deal)) for deal in re.findall(r"\(.*?\)", stated)} == set(deals)
    fixed = [seat for seat in range(3) if len({deal[seat] for deal in deals}) == 1]
    assert fixed == [0]
    assert "only Priya's card" in certain
    assert numbers(certain) == [deals[0][0]]


# 1026: a greenhouse

FACTS = ("frost", "mains", "fuel", "auto", "latch")
LAST_NIGHT = {"frost": True, "mains": False, "fuel": True, "auto": False, "latch": False}


def seedlings_die(night: dict[str, bool]) -> bool:
    generator = not night["mains"] and night["fuel"] and night["auto"]
    power = night["mains"] or generator
    vent_closed = power and night["latch"]
    heater = power and not (generator and vent_closed)
    return night["frost"] and (not vent_closed or not heater)


def with_reversed(facts: Iterable[str]) -> dict[str, bool]:
    return {name: value ^ (name in tuple(facts)) for name, value in LAST_NIGHT.items()}


def rescues(candidates: Iterable[str], size: int) -> list[tuple[str, ...]]:
    sets = itertools.combinations(candidates, size)
    return [chosen for chosen in sets if not seedlings_die(with_reversed(chosen))]


def test_1026_text_gives_the_modelled_rules() -> None:
    assert_says(
        1026,
        1,
        "generator runs exactly when the mains is off, there is fuel, and the auto switch is on",
        "power exactly when the mains is on or the generator runs",
        "vent is closed exactly when there is power and its latch is not jammed; otherwise it is open",
        "except that it stays off if the generator is running and the vent is closed",
        "there is frost and at least one of these holds: the vent is open, the heater is off",
        "frost, mains off, fuel in the tank, auto switch off, latch jammed",
    )


def test_1026_only_the_frost_matters_alone() -> None:
    assert seedlings_die(LAST_NIGHT)
    assert answer(1026, 1).startswith("they died;")
    assert rescues(FACTS, 1) == [(name,) for name in re.findall(r"only the (\w+)", answer(1026, 1))]


def test_1026_with_frost_mains_and_latch_are_the_smallest_rescue() -> None:
    assert seedlings_die(with_reversed(["auto", "latch"]))
    assert "colleague wrong" in answer(1026, 2)
    assert rescues(FACTS[1:], 1) == []
    stated = re.findall(r"smallest set: (\w+) and (\w+), the only one of its size", answer(1026, 2))
    assert rescues(FACTS[1:], 2) == stated


def test_1026_on_frosty_nights_mains_is_necessary_not_sufficient() -> None:
    others = itertools.product((True, False), repeat=4)
    nights = [dict(zip(FACTS, (True, *rest), strict=True)) for rest in others]
    necessary = all(night["mains"] for night in nights if not seedlings_die(night))
    sufficient = all(not seedlings_die(night) for night in nights if night["mains"])
    assert (necessary, sufficient) == (True, False)
    assert "mains power is necessary but not sufficient" in answer(1026, 2)


# 1027: a locker code

CODES = tuple("".join(digits) for digits in itertools.permutations("123456", 3))


def reading(tried: str, code: str) -> tuple[int, int]:
    placed = sum(one == other for one, other in zip(tried, code, strict=True))
    return placed, len(set(tried) & set(code)) - placed


def locker_readings() -> list[tuple[str, tuple[int, int]]]:
    lines = re.findall(r"^(\d{3}): (\d) placed, (\d) misplaced$", text(1027, 1), re.MULTILINE)
    return [(tried, (int(placed), int(misplaced))) for tried, placed, misplaced in lines]


def codes_fitting(readings: list[tuple[str, tuple[int, int]]]) -> list[str]:
    return [code for code in CODES if all(reading(tried, code) == seen for tried, seen in readings)]


def test_1027_readings_leave_one_code() -> None:
    assert_says(1027, 1, "three different digits, each from 1 to 6")
    assert len(locker_readings()) == 4
    assert codes_fitting(locker_readings()) == [answer(1027, 1).rstrip(".")]


def test_1027_without_the_third_reading_one_candidate_always_settles_it() -> None:
    assert_says(1027, 2, "The reading for 136 turns out")
    left = codes_fitting([line for line in locker_readings() if line[0] != "136"])
    settling = [tried for tried in left if len({reading(tried, code) for code in left}) == len(left)]
    possible, advice = answer(1027, 2).split(";")
    assert re.findall(r"\d{3}", possible) == left
    assert re.findall(r"\d{3}", advice) == settling


def test_1027_reference_quotes_true_readings() -> None:
    best = reference(1027, 2).split("when trying 351: against ")[1].split(". All")[0]
    for code, placed, misplaced in re.findall(r"(\d{3}) (?:it is )?\((\d),(\d)\)", best):
        assert reading("351", code) == (int(placed), int(misplaced))
    clashes = re.findall(r"trying (\d{3}) gives \(1,1\) for both (\d{3}) and (\d{3})", reference(1027, 2))
    assert len(clashes) == 4
    for tried, one, other in clashes:
        assert reading(tried, one) == reading(tried, other) == (1, 1)


# 1028: a fair to prepare

NEEDS = {"B": "A", "D": "A", "E": "D", "F": "BCE"}
Running = tuple[tuple[str, int], ...]


def fair_hours() -> dict[str, int]:
    return {job: int(hours) for job, hours in re.findall(r"\b([A-G]) [^();]*?\((\d)", text(1028, 1))}


def ready_jobs(done: frozenset[str], running: Running) -> list[str]:
    busy = {job for job, _ in running}
    return [job for job in "ABCDEFG" if job not in done | busy and set(NEEDS.get(job, "")) <= done]


def choices(ready: list[str], free: int, eager: bool) -> Iterator[tuple[str, ...]]:
    most = min(free, len(ready))
    for size in range(most if eager else 0, most + 1):
        yield from itertools.combinations(ready, size)


def earliest_finish(hours: dict[str, int], people: int, eager: bool = False) -> int:
    @cache
    def best(done: frozenset[str], running: Running) -> int:
        if len(done) == len(hours):
            return 0
        results = [10**6]
        for chosen in choices(ready_jobs(done, running), people - len(running), eager):
            going = running + tuple((job, hours[job]) for job in chosen)
            if going:
                step = min(left for _, left in going)
                finished = done | {job for job, left in going if left == step}
                rest = tuple(sorted((job, left - step) for job, left in going if left > step))
                results.append(step + best(finished, rest))
        return min(results)

    return best(frozenset(), ())


def test_1028_text_gives_the_modelled_jobs() -> None:
    assert fair_hours() == {"A": 5, "B": 6, "C": 4, "D": 1, "E": 7, "F": 4, "G": 6}
    assert_says(1028, 1, "B stretch the canvas (6, only after A)", "D inspect the frame (1, only after A)")
    assert_says(1028, 1, "E lay the floor (7, only after D)", "only after B, C and E are all finished")
    assert_says(1028, 1, "Two people do the work", "at hour 0", "cannot stop once they have started")


def test_1028_two_people_finish_no_earlier_than_stated() -> None:
    assert [earliest_finish(fair_hours(), people=2)] == numbers(answer(1028, 1))


def test_1028_never_idling_costs_two_hours() -> None:
    best_without_idling = earliest_finish(fair_hours(), people=2, eager=True)
    assert f"gives at best {best_without_idling}." in reference(1028, 1)


def assert_timetable_works(timetable: str, hours: dict[str, int], finish: int) -> None:
    slots = {job: (int(start), int(end)) for job, start, end in re.findall(r"([A-G]) (\d+)-(\d+)", timetable)}
    assert {job: end - start for job, (start, end) in slots.items()} == hours
    assert all(slots[earlier][1] <= slots[job][0] for job, needed in NEEDS.items() for earlier in needed)
    assert max(end for _, end in slots.values()) == finish


def test_1028_timetables_in_the_references_work() -> None:
    first = reference(1028, 1).split("First person:")[1].split("B and C are")[0]
    assert_timetable_works(first, fair_hours(), 17)
    for person in first.split("Second person:"):
        ends = [int(hour) for hour in re.findall(r"-(\d+)", person)]
        assert [0, *ends[:-1]] == [int(hour) for hour in re.findall(r"(\d+)-", person)]
    assert_timetable_works(reference(1028, 2).split("it is reached:")[1], fair_hours() | {"E": 5}, 15)


def test_1028_only_both_offers_together_help() -> None:
    assert_says(1028, 2, "a third person", "cuts E from 7 hours to 5")
    faster = fair_hours() | {"E": 5}
    person = earliest_finish(fair_hours(), people=3)
    machine = earliest_finish(faster, people=2)
    both = earliest_finish(faster, people=3)
    assert answer(1028, 2) == f"third person {person}, machine {machine}, both {both}."


# 1029: fifth Saturdays

YEARS = range(2001, 2401)


def rides(year: int) -> list[int]:
    return [
        month
        for month in range(1, 13)
        if sum(week[calendar.SATURDAY] > 0 for week in calendar.monthcalendar(year, month)) == 5
    ]


def first_weekdays(years: Iterable[int]) -> set[str]:
    return {calendar.day_name[calendar.weekday(year, 1, 1)] for year in years}


def test_1029_fewest_and_most_rides_and_the_weekdays_of_new_year() -> None:
    assert {(calendar.weekday(year, 1, 1), calendar.isleap(year)) for year in YEARS} == set(
        itertools.product(range(7), (False, True))
    )
    assert_says(1029, 1, "every month that has five Saturdays", "365 days or with 366", "1 January")
    counts = {year: len(rides(year)) for year in YEARS}
    totals, common, leap = answer(1029, 1).split("; ")
    assert totals == f"smallest {min(counts.values())}, largest {max(counts.values())}"
    assert (common.split(":")[0], leap.split(":")[0]) == ("common year", "leap year")
    busiest = [year for year in YEARS if counts[year] == max(counts.values())]
    for stated, is_leap in ((common, False), (leap, True)):
        wanted = first_weekdays(year for year in busiest if calendar.isleap(year) == is_leap)
        assert set(re.findall(r"\w+day", stated)) == wanted


def test_1029_a_ride_on_29_february_means_four_rides() -> None:
    assert_says(1029, 2, "29 February")
    with_leap_ride = {tuple(rides(year)) for year in YEARS if calendar.isleap(year) and 2 in rides(year)}
    (months,) = with_leap_ride
    verdict, stated = answer(1029, 2).split("; ")
    assert re.findall(r"[A-Z]\w+", stated) == [calendar.month_name[month] for month in months]
    assert verdict == f"no, she is wrong ({len(months)} rides)"


def test_1029_reference_names_the_right_first_weekdays() -> None:
    year = next(year for year in YEARS if calendar.isleap(year) and 2 in rides(year))
    listed = reference(1029, 2).split("First days that year:")[1].split(".")[0]
    stated = dict(re.findall(r"([A-Z]\w+) (\w+day)", listed))
    for month in (1, *range(3, 13)):
        assert stated[calendar.month_name[month]] == calendar.day_name[calendar.weekday(year, month, 1)]


# 1030: tokens on a balance

Weights = tuple[int, ...]
Weighing = tuple[tuple[int, ...], tuple[int, ...]]
TOKENS = range(6)
WEIGHINGS: list[Weighing] = [
    (left, right)
    for size in (1, 2, 3)
    for left in itertools.combinations(TOKENS, size)
    for right in itertools.combinations([token for token in TOKENS if token not in left], size)
    if left < right
]
PAIRS = list(itertools.combinations(TOKENS, 2))
ORDERED_PAIRS = list(itertools.permutations(TOKENS, 2))
TWO_LIGHT: list[Weights] = [tuple(-(token in pair) for token in TOKENS) for pair in PAIRS]
LIGHT_AND_HEAVY: list[Weights] = [
    tuple((token == heavy) - (token == light) for token in TOKENS) for light, heavy in ORDERED_PAIRS
]


def tilt(weights: Weights, weighing: Weighing) -> int:
    left, right = (sum(weights[token] for token in pan) for pan in weighing)
    return (left > right) - (left < right)


def parts(cases: frozenset[Weights], weighing: Weighing) -> list[frozenset[Weights]]:
    return [frozenset(case for case in cases if tilt(case, weighing) == side) for side in (-1, 0, 1)]


@cache
def can_be_settled(cases: frozenset[Weights], weighings: int) -> bool:
    if len(cases) <= 1:
        return True
    if len(cases) > 3**weighings:
        return False
    splits = (parts(cases, weighing) for weighing in WEIGHINGS)
    return any(all(can_be_settled(part, weighings - 1) for part in split) for split in splits)


def fewest_weighings(cases: list[Weights]) -> int:
    return next(count for count in itertools.count() if can_be_settled(frozenset(cases), count))


def plan(case: Weights, level: list[str], left_light: list[str], right_light: list[str]) -> tuple[int, ...]:
    def weigh(pans: str) -> int:
        left, right = pans.split("-")
        return tilt(case, (tuple(map("ABCDEF".index, left)), tuple(map("ABCDEF".index, right))))

    first = weigh("AB-CD")
    rest = {0: level, -1: left_light, 1: right_light}[first]
    return (first, *map(weigh, rest))


def test_1030_two_light_tokens_take_three_weighings() -> None:
    assert_says(
        1030,
        1,
        "Six tokens",
        "two-pan balance",
        "Exactly two are counterfeit",
        "very slightly less than a genuine token",
    )
    assert len(TWO_LIGHT) == 15
    assert "15 possible pairs" in reference(1030, 1)
    assert [fewest_weighings(TWO_LIGHT)] == numbers(answer(1030, 1))


def test_1030_plan_for_two_light_tokens_tells_all_pairs_apart() -> None:
    seen = {plan(case, ["A-B", "C-D"], ["A-B", "E-F"], ["C-D", "E-F"]) for case in TWO_LIGHT}
    assert len(seen) == len(TWO_LIGHT)


def test_1030_a_light_and_a_heavy_token_take_four_weighings() -> None:
    assert_says(1030, 2, "one counterfeit is very slightly too light", "by exactly the same amount")
    assert len(LIGHT_AND_HEAVY) == 30 > 27
    fewest = fewest_weighings(LIGHT_AND_HEAVY)
    assert fewest > fewest_weighings(TWO_LIGHT)
    assert answer(1030, 2).startswith("refuted;")
    assert [fewest] == numbers(answer(1030, 2))


def test_1030_plan_for_a_light_and_a_heavy_token_tells_all_cases_apart() -> None:
    three = ["A-B", "C-D", "E-F"]
    assert len({plan(case, three, three, three) for case in LIGHT_AND_HEAVY}) == len(LIGHT_AND_HEAVY)
