import contextlib
import ctypes
import io
import random
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from tests.support.mt80 import question


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def reference(question_id: int, turn: int) -> str:
    return str(question(question_id)["reference"][turn])


def prompt(question_id: int, turn: int) -> str:
    return str(question(question_id)["turns"][turn])


def run_code(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    return namespace


def solution(question_id: int, turn: int) -> dict[str, Any]:
    (code,) = blocks(reference(question_id, turn), "python")
    return run_code(code)


def printed_by(code: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run_code(code)
    return out.getvalue()


@pytest.mark.parametrize("question_id", range(1041, 1051))
def test_prompt_names_every_function_the_reference_defines(question_id: int) -> None:
    for turn in (0, 1):
        text = prompt(question_id, turn)
        for code in blocks(reference(question_id, turn), "python"):
            public = re.findall(r"^(?:def )?([A-Za-z]\w*)(?:\(| = )", code, re.MULTILINE)
            assert public
            assert all(name in text for name in public)


@pytest.mark.parametrize("question_id", range(1041, 1051))
def test_references_have_under_300_words(question_id: int) -> None:
    assert all(len(reference(question_id, turn).split()) < 300 for turn in (0, 1))


def minutes_to_blocks(held: dict[int, Any]) -> list[tuple[int, int, Any]]:
    out: list[tuple[int, int, Any]] = []
    for minute in sorted(held):
        if out and out[-1][1] == minute and out[-1][2] == held[minute]:
            out[-1] = (out[-1][0], minute + 1, held[minute])
        else:
            out.append((minute, minute + 1, held[minute]))
    return out


def test_1041_merges_touching_intervals_and_drops_empty_ones() -> None:
    busy_blocks = solution(1041, 0)["busy_blocks"]
    given = [(9, 10), (1, 3), (3, 5), (7, 7), (2, 3), (20, 30), (22, 24)]
    copy = list(given)
    assert busy_blocks(given) == [(1, 5), (9, 10), (20, 30)]
    assert given == copy
    assert busy_blocks([]) == busy_blocks([(4, 4)]) == []
    with pytest.raises(ValueError, match="ends before"):
        busy_blocks([(1, 2), (5, 4)])


def test_1041_busy_blocks_agree_with_a_minute_by_minute_count() -> None:
    busy_blocks = solution(1041, 0)["busy_blocks"]
    rng = random.Random(1041)
    for _ in range(400):
        starts = [rng.randrange(-5, 20) for _ in range(rng.randrange(7))]
        given = [(start, start + rng.randrange(6)) for start in starts]
        held = {minute: 0 for start, end in given for minute in range(start, end)}
        assert busy_blocks(given) == [(a, b) for a, b, _ in minutes_to_blocks(held)]


def test_1041_equal_labels_of_different_bookings_stay_apart() -> None:
    who_holds = solution(1041, 1)["who_holds"]
    assert who_holds([(1, 3, "a", 0), (3, 5, "a", 0)]) == [(1, 3, "a"), (3, 5, "a")]
    assert who_holds([(0, 9, "a", 1), (2, 3, "b", 2), (4, 6, "c", 1)]) == [
        (0, 2, "a"),
        (2, 3, "b"),
        (3, 9, "a"),
    ]
    assert who_holds([(0, 10**15, "a", 1), (5, 5, "b", 9)]) == [(0, 10**15, "a")]
    with pytest.raises(ValueError, match="ends before"):
        who_holds([(5, 4, "x", 1)])


def test_1041_holders_agree_with_a_minute_by_minute_choice() -> None:
    who_holds = solution(1041, 1)["who_holds"]
    rng = random.Random(1042)
    for _ in range(600):
        starts = [rng.randrange(15) for _ in range(rng.randrange(8))]
        given = [(s, s + rng.randrange(7), rng.choice("ab"), rng.randrange(-1, 3)) for s in starts]
        held: dict[int, int] = {}
        for minute in range(25):
            covering = [i for i, (start, end, _, _) in enumerate(given) if start <= minute < end]
            if covering:
                held[minute] = max(covering, key=lambda i: (given[i][3], -i))
        assert who_holds(given) == [(a, b, given[i][2]) for a, b, i in minutes_to_blocks(held)]


LETTERS = ["a", "e", " ", "\u0301", "\u0323", "\u00e9", "\u20ac", "\U0001f600", "\u2026"]


def size(text: str) -> int:
    return sum(1 + (ord(c) > 0x7F) + (ord(c) > 0x7FF) + (ord(c) > 0xFFFF) for c in text)


def random_texts(seed: int) -> Iterator[tuple[str, int]]:
    rng = random.Random(seed)
    for _ in range(1500):
        yield "".join(rng.choice(LETTERS) for _ in range(rng.randrange(10))), rng.randrange(14)


class NeverWhole(str):
    def encode(self, *_args: Any, **_kwargs: Any) -> bytes:
        raise AssertionError("the whole text was encoded")

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the whole text was read")


def test_1042_clip_gives_the_longest_prefix_that_fits() -> None:
    clip = solution(1042, 0)["clip"]
    for text, limit in random_texts(1):
        assert clip(text, limit) == max((text[:i] for i in range(len(text) + 1) if size(text[:i]) <= limit), key=len)


def test_1042_neither_function_encodes_a_text_longer_than_the_limit() -> None:
    huge = NeverWhole("\u00e9" * 1000)
    assert solution(1042, 0)["clip"](huge, 5) == "\u00e9\u00e9"
    assert solution(1042, 1)["clip_marked"](huge, 5) == "\u00e9\u2026"


def marked_oracle(text: str, limit: int) -> str:
    if size(text) <= limit:
        return text
    if limit < 3:
        return ""
    allowed = [
        text[:i] for i in range(len(text)) if size(text[:i]) + 3 <= limit and unicodedata.combining(text[i]) == 0
    ]
    prefix = allowed[-1] if allowed else ""
    while prefix.endswith(" "):
        prefix = prefix[:-1]
    return prefix + "\u2026"


def test_1042_clip_marked_keeps_accents_with_their_letters() -> None:
    clip_marked = solution(1042, 1)["clip_marked"]
    for text, limit in random_texts(2):
        assert clip_marked(text, limit) == marked_oracle(text, limit)


def test_1042_the_stated_example_values_are_what_the_function_returns() -> None:
    clip_marked = solution(1042, 1)["clip_marked"]
    (shown,) = re.findall(r'literal ("[^"]+")', prompt(1042, 1))
    text = eval(shown)
    stated = re.findall(r'^- limit (\d+): `(".*?")`', reference(1042, 1), re.MULTILINE)
    assert [limit for limit, _ in stated] == re.findall(r"with limit (\d+)", prompt(1042, 1))
    for limit, value in stated:
        assert clip_marked(text, int(limit)) == eval(value)


Reading = tuple[str, int, float | None]
Row = tuple[str, int | None, int]


def query(turn: int, readings: list[Reading]) -> list[Row]:
    (schema,) = blocks(prompt(1043, 0), "sql")
    (statement,) = blocks(reference(1043, turn), "sql")
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(schema)
        db.executemany("INSERT INTO reading VALUES (?, ?, ?)", readings)
        return db.execute(statement).fetchall()


def longest_runs(readings: list[Reading], bridge: int) -> list[Row]:
    rows = []
    for sensor in sorted({name for name, _, _ in readings}):
        values = {minute: celsius for name, minute, celsius in readings if name == sensor}
        hot = {minute: c is not None and c >= 30 for minute, c in values.items()}
        best: tuple[int, int | None] = (0, None)
        for start in sorted(minute for minute in hot if hot[minute]):
            end, missing, minute = start, 0, start + 1
            while missing <= bridge and hot.get(minute, True):
                missing = 0 if minute in hot else missing + 1
                end = minute if minute in hot else end
                minute += 1
            if end - start + 1 > best[0]:
                best = (end - start + 1, start)
        rows.append((sensor, best[1], best[0]))
    return rows


def random_readings(rng: random.Random) -> list[Reading]:
    return [
        (sensor, minute, rng.choice([29.9, 30.0, 31.5, 40, 40, None]))
        for sensor in rng.sample(["b", "a", "c"], 2)
        for minute in range(-3, 14)
        if rng.random() < 0.6
    ]


@pytest.mark.parametrize(("turn", "bridge"), [(0, 0), (1, 2)])
def test_1043_query_agrees_with_a_walk_over_the_minutes(turn: int, bridge: int) -> None:
    rng = random.Random(1043)
    for _ in range(300):
        readings = random_readings(rng)
        assert query(turn, readings) == longest_runs(readings, bridge)


def test_1043_never_hot_sensor_is_listed_and_the_earliest_tie_wins() -> None:
    readings: list[Reading] = [("z", 1, None), ("y", 5, 30), ("y", 1, 30), ("y", 3, 12)]
    assert query(0, readings) == [("y", 1, 1), ("z", None, 0)]
    assert query(1, readings) == [("y", 1, 1), ("z", None, 0)]


def test_1043_two_missing_rows_are_bridged_and_three_are_not() -> None:
    assert query(1, [("s", 0, 30), ("s", 3, 30)]) == [("s", 0, 4)]
    assert query(1, [("s", 0, 30), ("s", 4, 30)]) == [("s", 0, 1)]
    assert query(0, [("s", 0, 30), ("s", 3, 30)]) == [("s", 0, 1)]


DIGITS = set("0123456789")


def is_whole(text: str) -> bool:
    return bool(text) and set(text) <= DIGITS and (text == "0" or text[0] != "0")


def is_grouped(text: str, separator: str) -> bool:
    first, *rest = text.split(separator)
    ok = is_whole(first) and first != "0" and len(first) <= 3 and bool(rest)
    return ok and all(len(group) == 3 and set(group) <= DIGITS for group in rest)


def is_amount(text: str, separators: str, marks: str) -> bool:
    body = text[1:] if text[:1] in ("+", "-") else text
    readings = [(body, "")]
    for mark in marks:
        whole, found, decimals = body.rpartition(mark)
        if found and decimals and set(decimals) <= DIGITS:
            readings.append((whole, mark))
    return any(
        is_whole(whole) or any(s != mark and is_grouped(whole, s) for s in separators) for whole, mark in readings
    )


def candidate_amounts(seed: int) -> Iterator[str]:
    for length in range(1, 6):
        yield from map("".join, product("01,.'-", repeat=length))
    rng = random.Random(seed)
    for _ in range(20000):
        pieces = [rng.choice(["0", "1", "12", "123", "000", "456", ",", ".", "'"]) for _ in range(8)]
        yield rng.choice(["", "+", "-"]) + "".join(pieces[: rng.randrange(1, 9)])
    yield from ("", "1\n", "\u0661", "1\u0662", "1,\u0661\u0662\u0663", " 1", "+-1", "1.5e3")


@pytest.mark.parametrize(
    ("turn", "name", "separators", "marks"), [(0, "AMOUNT", ",", "."), (1, "AMOUNT2", ",.'", ",.")]
)
def test_1044_pattern_agrees_with_a_parser_by_hand(turn: int, name: str, separators: str, marks: str) -> None:
    pattern = re.compile(solution(1044, turn)[name])
    accepted = 0
    for text in candidate_amounts(1044):
        assert bool(pattern.fullmatch(text)) == is_amount(text, separators, marks), text
        accepted += is_amount(text, separators, marks)
    assert accepted > 500


def test_1044_yes_and_no_answers_are_what_the_pattern_says() -> None:
    pattern = solution(1044, 1)["AMOUNT2"]
    asked = re.findall(r"`([^`]*\d[^`]*)`", prompt(1044, 1).partition("each of these strings")[2])
    stated = re.findall(r"^- `(.*?)`: (yes|no)", reference(1044, 1), re.MULTILINE)
    assert [text for text, _ in stated] == asked
    assert len(asked) == 7
    for text, answer in stated:
        assert (answer == "yes") == bool(re.fullmatch(pattern, text))


def fair_split(total: int, weights: list[int]) -> list[int]:
    amount = abs(total)
    exact = [Fraction(amount * w, sum(weights)) for w in weights]
    fractions = [e - e // 1 for e in exact]
    shares = [int(e - fraction) for e, fraction in zip(exact, fractions, strict=True)]
    for _ in range(amount - sum(shares)):
        served = fractions.index(max(fractions))
        shares[served] += 1
        fractions[served] = Fraction(-1)
    return [share if total >= 0 else -share for share in shares]


def random_bills(seed: int) -> Iterator[tuple[int, list[int]]]:
    rng = random.Random(seed)
    for _ in range(600):
        weights = [rng.randrange(6) for _ in range(rng.randrange(1, 6))]
        if any(weights):
            yield rng.choice([rng.randrange(-60, 60), rng.randrange(10**30)]), weights


def test_1045_corrected_function_agrees_with_exact_fractions() -> None:
    split_cents = solution(1045, 0)["split_cents"]
    for total, weights in random_bills(1045):
        shares = split_cents(total, weights)
        assert shares == fair_split(total, weights)
        assert sum(shares) == total


def test_1045_code_in_the_prompt_fails_exactly_as_the_reference_says() -> None:
    (buggy,) = blocks(prompt(1045, 0), "python")
    claim = r"`(split_cents\(.*?\))` gives `(.*?)`; expected `(.*?)`"
    claims = re.findall(claim, reference(1045, 0))
    assert len(claims) == 2
    for call, wrong, right in claims:
        assert eval(call, run_code(buggy)) == eval(wrong) != eval(right)
        assert eval(call, solution(1045, 0)) == eval(right) == eval(call, {"split_cents": fair_split})


def test_1045_reverse_sort_in_the_prompt_is_not_a_bug() -> None:
    (buggy,) = blocks(prompt(1045, 0), "python")
    assert run_code(buggy)["split_cents"](2, [1, 1, 1, 1]) == [1, 1, 0, 0] == fair_split(2, [1, 1, 1, 1])


def test_1045_example_makes_somebody_pay_back() -> None:
    calls = re.findall(r"`split_cents\((\d+), (\[.*?\])\)` is `(\[.*?\])`", reference(1045, 1))
    (before, weights, first), (after, same_weights, second) = calls
    assert weights == same_weights
    assert len(eval(weights)) == 3
    assert min(eval(weights)) > 0
    assert int(before) < int(after)
    assert fair_split(int(before), eval(weights)) == eval(first)
    assert fair_split(int(after), eval(weights)) == eval(second)
    assert any(b < a for a, b in zip(eval(first), eval(second), strict=True))


def slow_instalments(amounts: list[int], weights: list[int]) -> list[list[int]]:
    received = [0] * len(weights)
    rows = []
    for amount in amounts:
        before = list(received)
        for _ in range(amount):
            people = [i for i, w in enumerate(weights) if w]
            received[max(people, key=lambda i: (Fraction(weights[i], received[i] + 1), -i))] += 1
        rows.append([now - then for now, then in zip(received, before, strict=True)])
    return rows


def test_1045_instalments_agree_with_picking_the_largest_quotient() -> None:
    instalments = solution(1045, 1)["instalments"]
    rng = random.Random(1)
    for _, weights in random_bills(1046):
        amounts = [rng.randrange(12) for _ in range(rng.randrange(4))]
        rows = instalments(amounts, weights)
        assert rows == slow_instalments(amounts, weights)
        assert [sum(row) for row in rows] == amounts


def test_1046_program_prints_the_stated_output() -> None:
    relay, driver = blocks(prompt(1046, 0), "python")
    (stated,) = blocks(reference(1046, 0), "text")
    assert printed_by(relay + driver) == stated


def swallow_everything(relay: str) -> str:
    old, new = re.findall(r"replace `(.*?)` by `(.*?)`", prompt(1046, 1))[0]
    assert relay.count(old) == 1
    return relay.replace(old, new)


def test_1046_changed_program_prints_the_stated_output() -> None:
    relay, _ = blocks(prompt(1046, 0), "python")
    (driver,) = blocks(prompt(1046, 1), "python")
    (stated,) = blocks(reference(1046, 1), "text")
    assert printed_by(swallow_everything(relay) + driver) == stated


def test_1046_original_function_closes_without_runtime_error() -> None:
    relay, _ = blocks(prompt(1046, 0), "python")
    (driver,) = blocks(prompt(1046, 1), "python")
    assert "that line would have printed nothing" in reference(1046, 1)
    assert "RuntimeError" not in printed_by(relay + driver)


def int32(value: int) -> int:
    return ctypes.c_int32(value).value


def units(text: str) -> list[int]:
    out = []
    for code in map(ord, text):
        high, low = divmod(code - 0x10000, 0x400)
        out += [code] if code < 0x10000 else [0xD800 + high, 0xDC00 + low]
    return out


def arithmetic_step(state: int, unit: int) -> int:
    state = int32(state * 31 + unit)
    return int32(state ^ (state // 2**15))


def logical_step(state: int, unit: int) -> int:
    state = int32(state * 31 + unit)
    return int32(state ^ (ctypes.c_uint32(state).value // 2**15))


def random_strings(seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    yield ""
    for _ in range(500):
        yield "".join(chr(rng.choice([97, 122, 233, 0xFFFF, 0x1F600, 0x10FFFF])) for _ in range(rng.randrange(30)))


def test_1047_prompt_has_the_shift_and_start_that_the_tests_emulate() -> None:
    (java,) = blocks(prompt(1047, 0), "java")
    lines = ["int h = -7;", "h = h * 31 + s.charAt(i);", "h ^= h >> 15;", "return h % 1000;"]
    assert all(line in java for line in lines)


def test_1047_port_agrees_with_32_bit_arithmetic_on_utf16_units() -> None:
    mix = solution(1047, 0)["mix"]
    assert mix("") == -7
    for text in random_strings(1047):
        state = -7
        for unit in units(text):
            state = arithmetic_step(state, unit)
        # abs because Java's % keeps the sign of the dividend
        assert mix(text) == (abs(state) % 1000) * (-1 if state < 0 else 1)


def test_1047_state_is_never_negative_after_a_character() -> None:
    rng = random.Random(5)
    assert all(arithmetic_step(rng.randrange(-(2**31), 2**31), rng.randrange(2**16)) >= 0 for _ in range(2000))


def test_1047_stated_states_collide() -> None:
    first, second = re.findall(r"states `(-?\d+)` and `(-?\d+)` collide", reference(1047, 1))[0]
    assert first != second
    assert all(-(2**31) <= int(state) < 2**31 for state in (first, second))
    assert arithmetic_step(int(first), ord("a")) == arithmetic_step(int(second), ord("a")) == 97


def test_1047_unmix_undoes_the_logical_shift_version() -> None:
    unmix = solution(1047, 1)["unmix"]
    rng = random.Random(6)
    for tail in random_strings(1048):
        before = rng.choice([-(2**31), 2**31 - 1, -7, rng.randrange(-(2**31), 2**31)])
        state = before
        for unit in units(tail):
            state = logical_step(state, unit)
        assert unmix(state, tail) == before


Record = tuple[str, int | None]


def random_streams(seed: int, scores: list[int | None]) -> Iterator[tuple[list[Record], int]]:
    rng = random.Random(seed)
    for _ in range(800):
        stream = [(rng.choice("abcdef"), rng.choice(scores)) for _ in range(rng.randrange(20))]
        yield stream, rng.randrange(8)


def best_by_name(stream: list[Record], k: int) -> list[Record]:
    firsts: dict[str, Record] = {}
    for record in sorted(stream, key=lambda record: -(record[1] or 0)):
        firsts.setdefault(record[0], record)
    return list(firsts.values())[:k]


def test_1048_leaders_agree_with_sorting_everything() -> None:
    leaders = solution(1048, 0)["leaders"]
    for stream, k in random_streams(1048, [-2, 0, 1, 1, 2, 3]):
        assert leaders(iter(stream), k) == best_by_name(stream, k)


def test_1048_leaders_keep_no_more_than_k_names() -> None:
    (code,) = blocks(reference(1048, 0), "python")
    sizes: list[int] = []

    class Watched(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            super().__setitem__(key, value)
            sizes.append(len(self))

    watched = code.replace("= {}", "= Watched()")
    assert watched != code
    namespace: dict[str, Any] = {"Watched": Watched}
    exec(watched, namespace)
    namespace["leaders"](((str(i), i) for i in range(500)), 4)
    assert max(sizes) == 4


def latest_by_name(stream: list[Record], k: int) -> list[Record]:
    latest = [r for i, r in enumerate(stream) if r[0] not in {name for name, _ in stream[i + 1 :]}]
    alive = [record for record in latest if record[1] is not None]
    return sorted(alive, key=lambda record: -(record[1] or 0))[:k]


def test_1048_latest_leaders_agree_with_looking_for_later_records() -> None:
    latest_leaders = solution(1048, 1)["latest_leaders"]
    for stream, k in random_streams(1049, [-1, 0, 0, 1, 2, None]):
        assert latest_leaders(iter(stream), k) == latest_by_name(stream, k)


def records(shown: str) -> list[Record]:
    pairs = [part.split(":") for part in shown.split(", ")]
    return [(name, None if score == "None" else int(score)) for name, score in pairs]


def test_1048_streams_of_the_memory_argument_end_as_stated() -> None:
    latest_leaders = solution(1048, 1)["latest_leaders"]
    (start,) = re.findall(r"the stream `(.*?)` continued", reference(1048, 1))
    endings = re.findall(r"continued by `(.*?)` (?:it )?must answer `(.*?)`", reference(1048, 1))
    assert len(endings) == 2
    for ending, winner in endings:
        assert [name for name, _ in latest_leaders(records(f"{start}, {ending}"), 1)] == [winner]


def random_graphs(seed: int) -> Iterator[dict[str, list[str]]]:
    rng = random.Random(seed)
    for _ in range(600):
        names = rng.sample(["a", "b", "c", "d", "B", "a10", "a2"], 6)
        acyclic = rng.random() < 0.6
        deps: dict[str, list[str]] = {}
        for i, name in enumerate(names[:5]):
            pool = names[i + 1 :] if acyclic else names
            deps[name] = [rng.choice(pool) for _ in range(rng.randrange(3))]
        yield deps


def build_by_scanning(deps: dict[str, list[str]], per_round: int) -> list[list[str]] | None:
    waiting = set(deps) | {dep for direct in deps.values() for dep in direct}
    rounds = []
    while waiting:
        ready = sorted(name for name in waiting if not waiting & set(deps.get(name, [])))
        if not ready:
            return None
        rounds.append(ready[:per_round])
        waiting -= set(ready[:per_round])
    return rounds


def test_1049_order_agrees_with_scanning_for_the_first_ready_target() -> None:
    build_order = solution(1049, 0)["build_order"]
    for deps in random_graphs(1049):
        expected = build_by_scanning(deps, 1)
        if expected is None:
            with pytest.raises(ValueError, match="cyclic"):
                build_order(deps)
        else:
            assert build_order(deps) == [name for batch in expected for name in batch]


def assert_is_cycle(cycle: list[str], deps: dict[str, list[str]]) -> None:
    assert len(set(cycle)) == len(cycle)
    assert cycle[0] == min(cycle)
    for name, successor in zip(cycle, cycle[1:] + cycle[:1], strict=True):
        assert successor in deps[name]


def test_1049_rounds_agree_with_scanning_and_errors_name_a_true_cycle() -> None:
    build_rounds = solution(1049, 1)["build_rounds"]
    cyclic = 0
    for workers, deps in enumerate(random_graphs(1050)):
        expected = build_by_scanning(deps, workers % 3 + 1)
        if expected is None:
            cyclic += 1
            with pytest.raises(ValueError, match=r"^\[") as caught:
                build_rounds(deps, workers % 3 + 1)
            assert_is_cycle(caught.value.args[0], deps)
        else:
            assert build_rounds(deps, workers % 3 + 1) == expected
    assert cyclic > 50


def test_1049_targets_that_only_wait_for_a_cycle_are_not_named() -> None:
    build_rounds = solution(1049, 1)["build_rounds"]
    with pytest.raises(ValueError, match=r"^\[") as caught:
        build_rounds({"a": ["c"], "c": ["b"], "b": ["c"], "d": ["d2"]}, 2)
    assert caught.value.args[0] == ["b", "c"]


def test_1049_chain_of_100000_targets_works() -> None:
    chain = {f"{i:06}": [f"{i + 1:06}"] for i in range(99_999)}
    assert solution(1049, 0)["build_order"](chain)[0] == "099999"
    assert len(solution(1049, 1)["build_rounds"](chain, 3)) == 100_000
    chain["099999"] = ["000000"]
    with pytest.raises(ValueError, match=r"^\[") as caught:
        solution(1049, 1)["build_rounds"](chain, 3)
    assert len(caught.value.args[0]) == 100_000


def random_beads(seed: int) -> Iterator[tuple[list[int], int]]:
    rng = random.Random(seed)
    for _ in range(500):
        yield [rng.randrange(-6, 7) for _ in range(rng.randrange(1, 9))], rng.choice([1, 2, 3, 5, 10**12])


def test_1050_count_runs_agrees_with_trying_every_stretch() -> None:
    count_runs = solution(1050, 0)["count_runs"]
    assert count_runs([], 7) == 0
    for beads, m in random_beads(1050):
        ends = range(1, len(beads) + 1)
        assert count_runs(beads, m) == sum(sum(beads[i:j]) % m == 0 for j in ends for i in range(j))


def test_1050_count_arcs_agrees_with_walking_round_the_ring() -> None:
    count_arcs = solution(1050, 1)["count_arcs"]
    rng = random.Random(1051)
    for beads, m in random_beads(1051):
        n = len(beads)
        lo = rng.randrange(1, n + 1)
        hi = rng.randrange(lo, n + 1)
        arcs = [[beads[(i + j) % n] for j in range(k)] for i in range(n) for k in range(lo, hi + 1)]
        assert count_arcs(beads, m, lo, hi) == sum(sum(arc) % m == 0 for arc in arcs)


def test_1050_full_circle_counts_once_for_each_start() -> None:
    assert solution(1050, 1)["count_arcs"]([1, 2, 3], 6, 3, 3) == 3


def test_1050_both_functions_finish_quickly_on_100000_beads() -> None:
    rng = random.Random(7)
    beads = [rng.randrange(-(10**9), 10**9) for _ in range(100_000)]
    assert solution(1050, 0)["count_runs"](beads, 1) == 100_000 * 100_001 // 2
    assert solution(1050, 1)["count_arcs"](beads, 1, 20_000, 80_000) == 100_000 * 60_001
