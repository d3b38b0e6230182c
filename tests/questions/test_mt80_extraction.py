import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.support.mt80 import question

MONEY = Decimal("0.01")
Table = list[list[str]]


def prompt(question_id: int, turn: int = 0) -> str:
    return str(question(question_id)["turns"][turn])


def fenced(question_id: int, turn: int, language: str) -> str:
    (block,) = re.findall(
        rf"^```{language}\n(.*?)\n```$",
        question(question_id)["reference"][turn],
        re.MULTILINE | re.DOTALL,
    )
    return str(block)


def json_answer(question_id: int, turn: int) -> Any:
    return json.loads(fenced(question_id, turn, "json"))


def csv_answer(question_id: int, turn: int) -> Table:
    return list(csv.reader(io.StringIO(fenced(question_id, turn, "csv"))))


def csv_header(question_id: int, turn: int) -> list[str]:
    return str(one(r"header ([A-Za-z_]+(?:,[A-Za-z_]+)+)", prompt(question_id, turn))).split(",")


def one(pattern: str, text: str) -> Any:
    """The only match, so that a pattern that has come to fit twice is noticed."""
    (match,) = re.findall(pattern, text, re.MULTILINE)
    return match


def every(pattern: str, text: str) -> list[Any]:
    found = re.findall(pattern, text, re.MULTILINE)
    assert found, pattern
    return found


def assert_same_json(answer: Any, expected: Any) -> None:
    """Equal including the order of keys."""
    assert json.dumps(answer) == json.dumps(expected)


@pytest.mark.parametrize("question_id", range(1051, 1061))
def test_references_have_under_300_words(question_id: int) -> None:
    assert all(len(text.split()) < 300 for text in question(question_id)["reference"])


@pytest.mark.parametrize(
    ("question_id", "turn", "replaced", "original"),
    [
        (1053, 0, r"weighs 3.35 kg, not ([\d.]+) kg", r"bolts of felt at ([\d.]+) kg"),
        (1053, 1, r"weighs 480 g, not (\d+) g", r"brass hinges at (\d+) g"),
        (1053, 1, r"6 pieces, not (\d+)", r": (\d+) oil lamps"),
        (1054, 1, r"220 ml, not (\d+) ml", r"A cup is (\d+) ml"),
        (1055, 1, r"instead of (\d+) mg/L", r"factor x (\d+) mg/L"),
        (1056, 1, r"rather than (\d+)", r"send us (\d+) mugs"),
        (1059, 0, r"200 mg, not (\d+) mg", r"^Yolvestrid, (\d+) mg"),
    ],
)
def test_corrections_quote_the_value_they_replace(question_id: int, turn: int, replaced: str, original: str) -> None:
    assert one(replaced, prompt(question_id, turn)) == one(original, prompt(question_id))


Due = tuple[int, str] | date


def due_of(text: str, year: str) -> Due:
    relative = re.fullmatch(r"(\d+) days? (after|before) (?:the (meeting)|Action (\w))", text)
    if relative:
        days, side, meeting, action = relative.groups()
        return int(days) * (1 if side == "after" else -1), meeting or action
    return datetime.strptime(f"{text} {year}", "%d %B %Y").date()


def resolve(due: Due, dues: dict[str, Due]) -> date:
    if isinstance(due, date):
        return due
    return resolve(dues[due[1]], dues) + timedelta(days=due[0])


def open_actions() -> tuple[dict[str, str], dict[str, Due]]:
    text = prompt(1051)
    meeting = one(r"society, \w+ (\d+ \w+ \d{4})\.", text)
    year = meeting.split()[-1]
    lines = every(r"^Action (\w): (\w+) .*, due (.*)\.$", text)
    owners = {action: owner for action, owner, _ in lines}
    dues: dict[str, Due] = {action: due_of(due, year) for action, _, due in lines}
    dues["meeting"] = datetime.strptime(meeting, "%d %B %Y").date()
    dues |= {action: due_of(due, year) for action, due in every(r"Action (\w) moves to (\d+ \w+)", text)}
    owners |= dict(every(r"Action (\w) (?:passes|belongs) to (\w+)", text))
    del owners[one(r"Action (\w) was closed", text)]
    return owners, dues


def test_1051_open_actions_have_corrected_owners_and_chained_dates() -> None:
    owners, dues = open_actions()
    expected = [{"action": a, "owner": owner, "due": str(resolve(dues[a], dues))} for a, owner in owners.items()]
    assert_same_json(json_answer(1051, 0), sorted(expected, key=lambda item: item["due"]))


def test_1051_new_meeting_date_moves_only_relative_dates_and_fridays_drop_out() -> None:
    owners, dues = open_actions()
    text = prompt(1051, 1)
    dues["meeting"] = datetime.strptime(one(r"took place on \w+ (\d+ \w+ \d{4})", text), "%d %B %Y").date()
    action, new_due = one(r"Action (\w) is due (\d+ days before Action \w)\.", text)
    dues[action] = due_of(new_due, "")
    skipped = one(r"fall due on a (\w+day)", text)
    expected: dict[str, list[str]] = {}
    for when, action in sorted((resolve(dues[action], dues), action) for action in owners):
        if f"{when:%A}" != skipped:
            expected.setdefault(owners[action], []).append(f"{action} {when:%A} {when}")
    assert_same_json(json_answer(1051, 1), dict(sorted(expected.items())))


def test_1051_weekdays_named_in_the_texts_fit_their_dates() -> None:
    for text in (prompt(1051), prompt(1051, 1)):
        for weekday, day in every(r"(\w+day) (\d+ \w+ \d{4})", text):
            assert f"{datetime.strptime(day, '%d %B %Y'):%A}" == weekday


Event = tuple[datetime, str, str, str, str]


def log_events() -> list[Event]:
    lines = every(r"^(\S+T\S+) (w\d) (START|END|CANCEL|HANDOVER) job=(\d+)(?: \w+=(\w+))?$", prompt(1052))
    return [(datetime.fromisoformat(at).astimezone(UTC), *rest) for at, *rest in lines]


def seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())


def test_1052_finished_attempts_are_in_utc_and_numbered_per_job() -> None:
    running: dict[str, datetime] = {}
    attempts: defaultdict[str, int] = defaultdict(int)
    rows: list[tuple[datetime, list[str]]] = []
    for at, _, kind, job, status in log_events():
        if kind == "START":
            running[job] = at
            attempts[job] += 1
        elif kind == "END":
            start = running.pop(job)
            cells = [job, str(attempts[job]), f"{start:%H:%M:%S}", str(seconds(start, at)), status]
            rows.append((start, cells))
    assert csv_answer(1052, 0) == [csv_header(1052, 0), *(cells for _, cells in sorted(rows))]


def busy_stretches() -> dict[str, list[tuple[datetime, datetime]]]:
    text = prompt(1052, 1)
    slow_down = timedelta(seconds=int(one(r"ran (\d+) seconds fast", text)))
    wrong = one(r"the clock of (w\d) ran", text)
    holder: dict[str, tuple[str, datetime]] = {}
    stretches: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for stamp, worker, kind, job, detail in log_events():
        at = stamp - slow_down if worker == wrong else stamp
        if kind != "START":
            who, since = holder.pop(job)
            assert who == worker
            stretches[who].append((since, at))
        if kind in ("START", "HANDOVER"):
            holder[job] = (detail or worker, at)
    return stretches


def test_1052_busy_and_idle_times_follow_the_corrected_clock() -> None:
    expected = {}
    for worker, stretches in sorted(busy_stretches().items()):
        first, second = sorted(stretches)
        expected[worker] = {"busy": seconds(*first) + seconds(*second), "idle": seconds(first[1], second[0])}
    assert_same_json(json_answer(1052, 1), expected)


def grams(amount: str, unit: str) -> Decimal:
    return Decimal(amount) * (1000 if unit == "kg" else 1)


Crates = dict[int, dict[str, Decimal]]


def listed_crates(piece_corrections: dict[int, Decimal]) -> Crates:
    text = prompt(1053)
    crates: Crates = {}
    for number, contents, packing in every(r"^Crate (\d+): (.*); packing (.*)\.$", text):
        copied = re.match(r"same pieces as crate (\d+) but (\d+) fewer", contents)
        if copied:
            other = crates[int(copied[1])]
            pieces, piece = other["pieces"] - int(copied[2]), other["piece"]
        else:
            count, amount, unit = one(r"^(\d+) .* at ([\d.]+) (k?g) each", contents)
            pieces, piece = Decimal(count), piece_corrections.get(int(number), grams(amount, unit))
        crates[int(number)] = {"pieces": pieces, "piece": piece, "packing": packing_of(packing, crates)}
    return crates


def packing_of(text: str, crates: Crates) -> Decimal:
    amount = re.fullmatch(r"([\d.]+) (k?g)", text)
    if amount:
        return grams(*amount.groups())
    share, other = one(r"(half|same as) that of crate (\d+)", text)
    return crates[int(other)]["packing"] / (2 if share == "half" else 1)


def crates_after_remarks(more_corrections: dict[int, Decimal]) -> Crates:
    text = prompt(1053)
    number, amount, unit = one(r"a piece from crate (\d+) weighs ([\d.]+) (k?g)", text)
    crates = listed_crates({int(number): grams(amount, unit)} | more_corrections)
    crate, broken = one(r"In crate (\d+), (\d+) pieces broke", text)
    crates[int(crate)]["pieces"] -= int(broken)
    crate, lid = one(r"Crate (\d+) lost its lid; this takes (\d+) g off the packing", text)
    crates[int(crate)]["packing"] -= int(lid)
    return crates


def weights(crate: dict[str, Decimal]) -> tuple[Decimal, Decimal]:
    net = crate["pieces"] * crate["piece"]
    return net, net + crate["packing"]


def test_1053_table_has_corrected_weights_without_the_crate_left_behind() -> None:
    crates = crates_after_remarks({})
    del crates[int(one(r"Crate (\d+) stayed behind", prompt(1053)))]
    figures = [[crate["pieces"], *(weight / 1000 for weight in weights(crate))] for crate in crates.values()]
    sums = [sum(column, Decimal()) for column in zip(*figures, strict=True)]
    rows = [
        [name, str(pieces), f"{net:.2f}", f"{gross:.2f}"]
        for name, (pieces, net, gross) in zip([*map(str, crates), "TOTAL"], [*figures, sums], strict=True)
    ]
    assert csv_answer(1053, 0) == [csv_header(1053, 0), *rows]


def test_1053_customs_list_has_heavy_crates_after_the_news() -> None:
    text = prompt(1053, 1)
    number, amount = one(r"a piece from crate (\d+) weighs (\d+) g", text)
    crates = crates_after_remarks({int(number): Decimal(amount)})
    assert one(r"crate (\d+) sailed after all", text) == one(r"Crate (\d+) stayed behind", prompt(1053))
    crate, pieces = one(r"crate (\d+) holds (\d+) pieces", text)
    crates[int(crate)]["pieces"] = Decimal(pieces)
    limit = grams(one(r"gross weight above ([\d.]+) kg", text), "kg")
    gross = {name: weights(crate)[1] for name, crate in crates.items()}
    heavy = sorted((name for name in gross if gross[name] > limit), key=lambda name: -gross[name])
    assert_same_json(json_answer(1053, 1), [{"crate": name, "gross_g": int(gross[name])} for name in heavy])


WORDS = {"half": Fraction(1, 2), "two thirds": Fraction(2, 3)}


def millilitres(amount: str, unit: str, cup: str) -> Fraction:
    sizes = dict(every(r"(tablespoon|teaspoon) (\d+) ml", prompt(1054))) | {"cup": cup}
    return Fraction(amount) * int(sizes[unit.rstrip("s")])


def batch(cup: str) -> tuple[dict[str, Fraction], dict[str, str], Fraction]:
    """What one batch takes, the units, and the oil for the pot."""
    text = prompt(1054)
    listed = dict(every(r"^- (\w+): (.*)$", text))
    del listed[one(r"The (\w+) are left out", text).lower()]
    amounts: dict[str, Fraction] = {}
    units = dict.fromkeys(listed, "g")
    for name, amount in listed.items():
        share = re.match(r"(half) the weight of the (\w+)", amount)
        number, _, unit = amount.partition(" ")
        if share:
            amounts[name] = WORDS[share[1]] * amounts[share[2]]
        elif unit in ("g", "kg"):
            amounts[name] = Fraction(grams(number, unit))
        else:
            amounts[name], units[name] = millilitres(number, unit, cup), "ml"
    less, unit, name = one(r"I take ([\d.]+) (cups) less (\w+) now", text)
    amounts[name] -= millilitres(less, unit, cup)
    name, jars = one(r"The amount listed for (\w+) is really for (\d+) jars", text)
    amounts[name] *= Fraction(one(r"one batch, (\d+) jars", text)) / int(jars)
    spoons, unit = one(r"grease the pot with (\d+) (teaspoons) of oil", text)
    return amounts, units, millilitres(spoons, unit, cup)


def test_1054_shopping_list_counts_the_grease_and_the_margin_notes() -> None:
    amounts, units, grease = batch(one(r"A cup is (\d+) ml", prompt(1054)))
    amounts["oil"] += grease
    assert_same_json(json_answer(1054, 0), {name: f"{amounts[name]} {units[name]}" for name in sorted(amounts)})


def test_1054_larger_plan_scales_all_but_the_grease_and_splits_by_boil() -> None:
    text, recipe = prompt(1054, 1), prompt(1054)
    amounts, units, grease = batch(one(r"it holds (\d+) ml", text))
    scale = Fraction(one(r"Plan for (\d+) jars", text)) / int(one(r"one batch, (\d+) jars", recipe))
    first = one(r"At the first boil add (.*?);", recipe)
    rows = []
    for name, amount in amounts.items():
        split = re.search(rf"(two thirds) of the {name}", first)
        if split:
            share = WORDS[split[1]]
            rows += [("1", name, amount * scale * share), ("2", name, amount * scale * (1 - share))]
        else:
            total = amount * scale + (grease if name == "oil" else 0)
            rows.append(("1" if name in first else "0", name, total))
    expected = [[boil, name, str(amount), units[name]] for boil, name, amount in sorted(rows)]
    assert csv_answer(1054, 1) == [csv_header(1054, 1), *expected]


def concentrations(slope: str, discard_at_limit: bool) -> dict[str, Decimal]:
    text = prompt(1055)
    blank = Decimal(one(r"A clean one gives ([\d.]+),", text))
    limit = Decimal(one(r"more than ([\d.]+) apart", text))
    repeats = dict(every(r"(K\d) ([\d.]+\d)", one(r"^Repeats, .*$", text)))
    lines = every(r"^(K\d): diluted (.*?)(?:, same factor)?; readings ([\d.]+) and ([\d.]+)$", text)
    factors = {name: dilution.removeprefix("1 in ") for name, dilution, _, _ in lines}
    name, factor = one(r"(K\d) was in fact diluted 1 in (\d+)", text)
    factors[name] = factor
    results = {}
    for name, _, *readings in lines:
        low, high = sorted(map(Decimal, readings))
        discard = high - low > limit or (discard_at_limit and high - low == limit)
        reading = Decimal(repeats[name]) if discard else (low + high) / 2
        source = factors[name].removeprefix("with ")
        results[name] = (reading - blank) * Decimal(factors.get(source, source)) * Decimal(slope)
    return results


def test_1055_results_use_the_clean_blank_and_the_true_dilution() -> None:
    text = prompt(1055)
    results = concentrations(one(r"factor x (\d+) mg/L", text), discard_at_limit=False)
    del results[one(r"(K\d) is not to be reported", text)]
    expected = ", ".join(f'"{name}": {value:.1f}' for name, value in results.items())
    assert fenced(1055, 0, "json") == f"{{{expected}}}"


def test_1055_reviewed_results_are_above_the_limit_highest_first() -> None:
    text = prompt(1055, 1)
    assert "exactly 0.020 apart count as too far apart" in text
    assert one(r"(K\d) is to be reported", text) == one(r"(K\d) is not to be reported", prompt(1055))
    results = concentrations(one(r"calibration is (\d+) mg/L", text), discard_at_limit=True)
    limit = Decimal(one(r"above ([\d.]+) mg/L", text))
    kept = sorted((name for name in results if results[name] > limit), key=lambda name: -results[name])
    assert csv_answer(1055, 1) == [csv_header(1055, 1), *([name, f"{results[name]:.1f}"] for name in kept)]
    assert limit in results.values()


def ordered(mugs_wanted: int) -> dict[str, int]:
    text = prompt(1056)
    box = int(one(r"Mugs come in boxes of (\d+)", text))
    bowls = int(one(r"Of bowls we have only (\d+)", text)) + int(one(r"(\d+) more bowls", text))
    parts = {"third": 3, "half": 2}
    mugs = -(-mugs_wanted // box) * box
    return {
        "bowl": bowls,
        "jug": int(one(r"and (\d+) jugs", text)) // parts[every(r"cut the jugs to a (\w+)", text)[-1]],
        "mug": mugs,
        "plate": int(one(r"(\d+) bowls and", text)) - bowls,
        one(r"as many (\w+)s as mugs", text): mugs,
    }


def unit_prices() -> dict[str, Decimal]:
    pairs = every(r"[Oo]ne (\w+) (?:is )?(\d+\.\d\d)", prompt(1056))
    return {item: Decimal(price) for item, price in pairs}


def test_1056_final_order_has_full_boxes_and_the_late_bowls() -> None:
    prices = unit_prices()
    expected = [
        {"item": item, "quantity": n, "unit_price": str(prices[item]), "amount": str(prices[item] * n)}
        for item, n in sorted(ordered(int(one(r"us (\d+) mugs", prompt(1056)))).items())
    ]
    assert_same_json(json_answer(1056, 0), expected)


def test_1056_invoice_has_line_discounts_and_delivery() -> None:
    text = prompt(1056, 1)
    least, percent = one(r"line of (\d+) pieces or more gets (\d+)% off", text)
    delivery, free_from = one(r"Delivery costs ([\d.]+), unless the goods come to ([\d.]+) or more", text)
    rows = []
    goods = Decimal()
    for item, quantity in sorted(ordered(int(one(r"only (\d+) mugs", text))).items()):
        factor = 1 - Decimal(percent) / 100 if quantity >= int(least) else Decimal(1)
        amount = (unit_prices()[item] * quantity * factor).quantize(MONEY)
        goods += amount
        rows.append([item, str(quantity), str(amount)])
    fee = Decimal(0) if goods >= Decimal(free_from) else Decimal(delivery)
    rows += [["DELIVERY", "", f"{fee:.2f}"], ["TOTAL", "", f"{goods + fee:.2f}"]]
    assert csv_answer(1056, 1) == [csv_header(1056, 1), *rows]


def pounds(pattern: str, text: str) -> Decimal:
    return Decimal(one(pattern, text).replace(",", ""))


def estate_shares(more_debt: Decimal, refused: bool, dead: str, grandchildren: list[str]) -> dict[str, Decimal]:
    text = prompt(1057)
    left = pounds(r"estate is worth £([\d,]+)", text) - pounds(r"Debts of £([\d,]+)", text)
    left -= pounds(r"funeral costs of £([\d,]+)", text) + more_debt
    niece, nephew = one(r"niece (\w+):", text), one(r"nephew (\w+):", text)
    gifts = {niece: pounds(r"Clause 1 shall read £([\d,]+)", text)}
    if not refused:
        gifts[nephew] = gifts[niece] * int(one(r"(\d+) times what clause 1 gives", text))
    gifts |= {name: Decimal(sum_) for name, sum_ in every(r"my (?:gardener|cook) (\w+): £(\d+)", text)}
    del gifts[one(r"The gift to (\w+) is revoked", text)]
    left -= sum(gifts.values())
    body, part = one(r"To (\w+ \w+): 1/(\d+) of what is left", text)
    gifts[body] = left / int(part)
    children = re.split(r", | and ", one(r"my children (.*), in equal shares", text))
    share = (left - gifts[body]) / len(children)
    gifts |= {child: share for child in children if child != dead}
    return gifts | {name: share / len(grandchildren) for name in grandchildren}


def largest_first(shares: dict[str, Decimal]) -> list[str]:
    return sorted(shares, key=lambda name: (-shares[name], name))


def test_1057_shares_follow_the_codicil() -> None:
    shares = estate_shares(Decimal(0), refused=False, dead="", grandchildren=[])
    assert_same_json(json_answer(1057, 0), {name: int(shares[name]) for name in largest_first(shares)})
    assert all(share == int(share) for share in shares.values())


def test_1057_new_facts_pass_a_share_to_the_grandchildren() -> None:
    text = prompt(1057, 1)
    dead, heirs = one(r"(\w+) died before Edmund and leaves two children, (\w+ and \w+)", text)
    assert one(r"(\w+) refuses his gift", text) == one(r"nephew (\w+):", prompt(1057))
    shares = estate_shares(
        pounds(r"further debt of £([\d,]+)", text),
        refused=True,
        dead=dead,
        grandchildren=heirs.split(" and "),
    )
    expected = [f"{name}: £{shares[name]:,.2f}" for name in largest_first(shares)]
    assert fenced(1057, 1, "text").splitlines() == expected


Result = tuple[str, int, int, str]


def results(annulled: str) -> list[Result]:
    text = prompt(1058)
    lines = every(r"^(\w+) (\d)-(\d) (\w+), (.*)\.$", text)
    team, goals, other_goals, other = one(r"recorded as (\w+) (\d)-(\d) (\w+)\.", text)
    counted = []
    for home, scored, conceded, away, remark in lines:
        if re.search(annulled, remark):
            continue
        corrected = (home, away) == (team, other)
        score = (goals, other_goals) if corrected else (scored, conceded)
        counted.append((home, int(score[0]), int(score[1]), away))
    assert len(counted) == 6
    return counted


def tally(matches: Iterable[Result]) -> dict[str, list[int]]:
    """Team to played, for, against, points."""
    table: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    win, draw = map(int, one(r"A win is worth (\d) points, a draw (\d)", prompt(1058)))
    for home, scored, conceded, away in matches:
        for team, goals, against in ((home, scored, conceded), (away, conceded, scored)):
            points = win if goals > against else draw if goals == against else 0
            table[team] = [old + new for old, new in zip(table[team], (1, goals, against, points), strict=True)]
    return table


def test_1058_table_counts_the_replay_and_the_corrected_score() -> None:
    table = tally(results(r"^abandoned"))
    order = sorted(table, key=lambda t: (-table[t][3], table[t][2] - table[t][1], -table[t][1]))
    rows = [[str(place), team, *map(str, table[team])] for place, team in enumerate(order, 1)]
    assert csv_answer(1058, 0) == [csv_header(1058, 0), *rows]


def test_1058_appeal_table_puts_the_direct_match_before_the_difference() -> None:
    matches = results(r"^the replay")
    table = tally(matches)
    team, lost = one(r"(\w+) lose (\d) points", prompt(1058, 1))
    table[team][3] -= int(lost)

    def rank(team: str) -> tuple[int, int, int]:
        level = {other for other in table if table[other][3] == table[team][3]}
        assert len(level) == 2
        direct = tally(match for match in matches if {match[0], match[3]} == level)
        return -table[team][3], -direct[team][3], table[team][2] - table[team][1]

    expected = [
        {"team": team, "points": table[team][3], "difference": table[team][1] - table[team][2]}
        for team in sorted(table, key=rank)
    ]
    assert_same_json(json_answer(1058, 1), expected)


TIMES = ["morning", "noon", "evening"]
MILLIGRAMS = {"g": Decimal(1000), "mg": Decimal(1), "micrograms": Decimal("0.001")}
Dose = tuple[str, int, str]


def planned_doses() -> set[Dose]:
    chart = every(r"^(\w+), [\d.]+ \w+ a dose, at (.*), days (\d) to (\d)\.$", prompt(1059))
    return {
        (drug, day, time)
        for drug, times, first, last in chart
        for day in range(int(first), int(last) + 1)
        for time in TIMES
        if time in times
    }


def given_doses(dropped_from: str) -> set[Dose]:
    text = prompt(1059)
    thinned, time = one(r"From day \d, (\w+) is no longer given at (\w+)", text)
    stopped, last_time, last_day = one(r"(\w+) is stopped after the (\w+) dose of day (\d)", text)
    missed_day, missed_time, missed = one(r"On day (\d), the (\w+) dose of (\w+) was missed", text)
    home_day, home_time = one(r"went home on day (\d) after the (\w+) round", text)

    def after(dose: Dose, day: str, time: str) -> bool:
        return (dose[1], TIMES.index(dose[2])) > (int(day), TIMES.index(time))

    return {
        dose
        for dose in planned_doses()
        if not (dose[0] == thinned and dose[2] == time and dose[1] >= int(dropped_from))
        and not (dose[0] == stopped and after(dose, last_day, last_time))
        and dose != (missed, int(missed_day), missed_time)
        and not after(dose, home_day, home_time)
    }


def dose_sizes() -> dict[str, Decimal]:
    text = prompt(1059)
    listed = every(r"^(\w+), ([\d.]+) (\w+) a dose", text)
    drug, amount, unit = one(r"a (\w+) dose is ([\d.]+) (\w+), not", text)
    return {name: Decimal(n) * MILLIGRAMS[u] for name, n, u in [*listed, (drug, amount, unit)]}


def test_1059_doses_given_leave_out_what_was_stopped_missed_or_declined() -> None:
    given = given_doses(one(r"From day (\d), Yolvestrid", prompt(1059)))
    expected = {}
    for drug in sorted({drug for drug, _, _ in given}):
        doses = sum(name == drug for name, _, _ in given)
        total = doses * dose_sizes()[drug]
        expected[drug] = {"doses": doses, "total_mg": int(total) if total == int(total) else float(total)}
    assert_same_json(json_answer(1059, 0), expected)


def plain(number: Decimal) -> str:
    return f"{number:f}".rstrip("0").rstrip(".") if number % 1 else str(int(number))


def test_1059_daily_sums_over_the_limit_follow_the_amended_remarks() -> None:
    text = prompt(1059, 1)
    given = [(drug, day) for drug, day, _ in given_doses(one(r"at noon only from day (\d)", text))]
    drug, day = one(r"missed evening dose of (\w+) was made up for, .*, in the morning of day (\d)", text)
    given.append((drug, int(day)))
    limit = int(one(r"sum is over (\d+) mg", text))
    header = csv_header(1059, 1)
    drugs = [name.removesuffix("_mg") for name in header[1:-1]]
    rows = []
    for today in range(1, 8):
        totals = [given.count((drug, today)) * dose_sizes()[drug] for drug in drugs]
        if sum(totals) > limit:
            rows.append([str(today), *map(plain, totals), plain(sum(totals, Decimal()))])
    assert csv_answer(1059, 1) == [header, *rows]


def names_on_offer() -> list[str]:
    return sorted(one(r"Let us vote: (\w+), (\w+) or (\w+)\?", prompt(1060)))


def votes_in_time(closing: str) -> list[tuple[str, str]]:
    """Person and name voted for, or "same as X", or nothing when a vote is withdrawn."""
    votes = []
    for at, person, message in every(r"^\[(\d\d:\d\d)\] (\w+): (.*)$", prompt(1060))[1:]:
        if at > closing or message.startswith("not "):
            continue
        named = [name for name in names_on_offer() if name in message]
        copied = re.match(r"same as \w+", message)
        assert copied or named or "withdraw" in message
        votes.append((person, copied[0] if copied else "".join(named)))
    return votes


def copied_from(vote: str, votes: dict[str, str]) -> str:
    return votes.get(vote.removeprefix("same as "), "") if vote.startswith("same as ") else vote


def voters(votes: dict[str, str]) -> dict[str, list[str]]:
    return {name: sorted(person for person in votes if votes[person] == name) for name in names_on_offer()}


def test_1060_votes_are_copied_at_their_moment_and_late_ones_are_void() -> None:
    closing = one(r"The poll closes at (\d\d:\d\d), and \d\d:\d\d itself still counts", prompt(1060))
    votes: dict[str, str] = {}
    for person, vote in votes_in_time(closing):
        votes[person] = copied_from(vote, votes)
    assert_same_json(json_answer(1060, 0), voters(votes))


def test_1060_tie_is_broken_by_the_chair_when_copies_follow() -> None:
    text = prompt(1060, 1)
    written = dict(votes_in_time(one(r"poll closes at (\d\d:\d\d)", text)))
    chair = one(r"And (\w+), who chairs", text)
    followed = {person: copied_from(vote, written) for person, vote in written.items()}
    counted = voters({person: vote for person, vote in followed.items() if person != chair})
    top = max(map(len, counted.values()))
    first = [name for name in counted if len(counted[name]) == top]
    winner = first[0] if len(first) == 1 else followed[chair]
    assert winner in first
    lines = [f"{name}={len(people)} ({','.join(people)})" for name, people in counted.items()]
    assert fenced(1060, 1, "text").splitlines() == [*lines, f"WINNER={winner}"]
