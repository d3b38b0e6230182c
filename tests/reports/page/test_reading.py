"""A page in a browser, as one reads it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.reports.page.pages import compared, graded, page_of, scores, tiny_page, win_rates, written
from tests.support.browser import visit

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALPHA = "#model=alpha&judge=j&prompts=default"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tiny_page(), tmp_path_factory.mktemp("page"))


async def models(page: Page, table: int = 0) -> list[str]:
    return await page.locator("table.results").nth(table).locator("tbody th bdi").all_inner_texts()


async def listed(page: Page) -> list[str]:
    """The lines of the judgments that are listed, once they are."""
    await page.locator("#judgments-list summary").first.wait_for()
    return [" ".join(line.split()) for line in await page.locator("#judgments-list summary").all_inner_texts()]


async def is_open(page: Page) -> bool:
    return await page.locator("dialog").is_visible()


async def click(page: Page, model: str, column: str, table: int = 0) -> None:
    results = page.locator("table.results").nth(table)
    heads = await results.locator("thead th").all_inner_texts()
    row = results.locator("tbody tr").filter(has=page.get_by_role("rowheader", name=model, exact=True))
    await row.locator("th, td").nth(heads.index(column)).click()


async def test_a_click_on_a_head_sorts_numbers_as_numbers_with_what_is_missing_last(
    browser: Browser, tiny: Path
) -> None:
    async with visit(browser, tiny) as (page, _):
        head = page.get_by_role("columnheader", name="average")
        assert await head.get_attribute("aria-sort") is None
        await head.get_by_role("button").click()
        assert (await models(page), await head.get_attribute("aria-sort")) == (
            ["alpha", "beta", "gamma 10", "delta"],  # 10.25 is more than 7.5
            "descending",
        )
        await head.get_by_role("button").click()
        assert (await models(page), await head.get_attribute("aria-sort")) == (
            ["gamma 10", "beta", "alpha", "delta"],
            "ascending",
        )


async def test_names_sort_by_their_letters_and_only_one_head_says_that_it_sorts(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, _):
        for name in ("average", "model"):
            await page.locator("table.results").first.get_by_role("button", name=name).click()
        assert await models(page) == ["alpha", "beta", "delta", "gamma 10"]
        assert await page.locator("[aria-sort]").all_inner_texts() == ["model"]
        assert await models(page, table=1) == ["beta", "gamma 10", "alpha"]


async def test_heads_sort_by_the_keyboard(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, _):
        await page.get_by_role("columnheader", name="turn 1").get_by_role("button").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Space")
        assert await models(page) == ["gamma 10", "alpha", "beta", "delta"]  # -5 is less than -3


async def test_a_number_opens_the_judgments_behind_it(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, doings):
        await click(page, "alpha", "turn 2")
        assert await listed(page) == [
            "4 Question 1 · turn 2 · writing",
            "4 Question 2 · turn 2 · math",
            "4 Question 3 · turn 2 · writing",
            "unparsed Question 4 · turn 2 · math",
        ]
        assert await page.locator("#judgments-about").inner_text() == "turn 2 4.0000 ±0.50 · 4 judgments · by j"
        await page.keyboard.press("Escape")
        assert not await is_open(page)
        await click(page, "beta", "math", table=1)
        assert [line.split(" · ")[0] for line in await listed(page)] == [
            "7 Question 2",
            "8 Question 2",
            "7 Question 4",
            "8 Question 4",
        ]
        await page.get_by_role("button", name="Close").click()
        await click(page, "alpha", "unparsed")
        assert await listed(page) == ["unparsed Question 4 · turn 2 · math"]
        assert doings.all() == []


async def test_a_row_opens_all_judgments_of_its_model_wherever_it_is_clicked(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, _):
        for column in ("model", "unparsed"):
            await click(page, "beta", column)
            assert len(await listed(page)) == 8
            await page.keyboard.press("Escape")
        await click(page, "delta", "model")  # has none
        assert not await is_open(page)


async def test_every_link_opens_as_many_judgments_as_it_says(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, _):
        links = page.locator("table.results a")
        for number in range(await links.count()):
            link = links.nth(number)
            await page.goto(tiny.as_uri() + str(await link.get_attribute("href")))
            count = int(str(await link.get_attribute("data-judgments")))
            await expect(page.locator("#judgments-list summary")).to_have_count(count)


async def test_a_judgment_unfolds_to_question_answer_words_and_verdict(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny, ALPHA) as (page, _):
        await page.locator("summary").nth(1).click()
        shown = page.locator("details[open]")
        assert [await shown.locator(each).all_inner_texts() for each in ("h3", "div.text")] == [
            ["Question, turn 1", "Answer of alpha, turn 1", "Question, turn 2", "Answer of alpha, turn 2", "The judge"],
            ["question 1", "alpha on 1", "and then?", "alpha again", "I say 4"],
        ]
        facts = dict(
            zip(await shown.locator("dt").all_inner_texts(), await shown.locator("dd").all_inner_texts(), strict=True)
        )
        assert facts == {"Verdict": "4", "Judge": "j", "Prompt": "default/single"}


async def test_a_pair_unfolds_to_both_answers_and_the_words_of_both_games(browser: Browser, tmp_path: Path) -> None:
    judgments = [
        compared("a b", 1, "model_2"),
        compared("b a", 2, "model_2"),
        compared("a b", 3, "tie", answers={"b": ["b once", "b twice"]}),
        compared("a c", 4, "model_1"),
    ]
    rows = [("a", 2, 1, 1, 0.625), ("b", 1, 1, 1, 0.5), ("c", 0, 1, 0, 0.0)]
    path = written(page_of([win_rates(rows)], judgments), tmp_path)
    async with visit(browser, path) as (page, _):
        await click(page, "a", "win")
        assert await listed(page) == [
            "win Question 2 · turn 1 · writing against b",
            "win Question 4 · turn 1 · writing against c",
        ]
        await page.goto(path.as_uri() + "#model=a&judge=j&against=c")
        await expect(page.locator("#judgments-of")).to_have_text("a · against c")
        assert await listed(page) == ["win Question 4 · turn 1 · writing against c"]
        await page.keyboard.press("Escape")
        await click(page, "b", "adjusted")
        assert [line.split()[0] for line in await listed(page)] == ["win", "loss", "tie"]
        await page.locator("summary").first.click()
        shown = page.locator("details[open]")
        assert await shown.locator("h3").all_inner_texts() == [
            "Question",
            "Answer of a",
            "Answer of b",
            "The judge, game 1: a first",
            "The judge, game 2: b first",
        ]
        assert await shown.locator("dd").all_inner_texts() == ["b wins", "j", "default/pair", "gpt-4"]
        await page.locator("summary").first.click()
        await page.locator("summary").last.click()
        assert (await shown.locator("div.text").all_inner_texts())[1:-2] == [
            "not at hand",
            "b once",
            "not at hand",
            "b twice",
        ]


async def test_a_panel_s_number_opens_the_judgments_of_all_its_judges(browser: Browser, tmp_path: Path) -> None:
    judgments = [graded("alpha", 1, "3"), graded("alpha", 1, "7", judge="k"), graded("alpha", 1, "9", judge="other")]
    judgments.append(replace(judgments[0], prompt="another/single"))
    path = written(page_of([scores([("alpha", 5.0, None, 5.0, 1, 0)], ("j", "k"))], judgments), tmp_path)
    async with visit(browser, path) as (page, _):
        await click(page, "alpha", "average")
        assert await listed(page) == ["3 Question 1 · turn 1 · writing j", "7 Question 1 · turn 1 · writing k"]


async def test_the_address_keeps_what_is_open_and_back_and_forward_follow_it(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, doings):
        await click(page, "alpha", "turn 2")
        await page.locator("summary").nth(1).click()
        await expect(page).to_have_url(re.compile("&at=3$"))
        await page.get_by_label("Order").select_option("worst first")
        await expect(page).to_have_url(re.compile("&at=3&by=low$"))
        address = page.url
        await page.go_back()
        await expect(page.locator("dialog")).to_be_hidden()
        await expect(page).to_have_url(tiny.as_uri())
        await page.go_forward()
        await expect(page.locator("dialog")).to_be_visible()
        await expect(page).to_have_url(address)
        assert await page.locator("details[open] summary .what").inner_text() == "Question 2 · turn 2 · math"
        await page.get_by_role("button", name="Close").click()
        await page.wait_for_url(tiny.as_uri())
        await expect(page.locator("dialog")).to_be_hidden()
        await page.go_back()
        await expect(page.locator("dialog")).to_be_visible()
        await expect(page).to_have_url(address)
        assert doings.all() == []
    async with visit(browser, tiny, address[len(tiny.as_uri()) :]) as (page, _):
        assert await page.locator("details[open] summary .what").inner_text() == "Question 2 · turn 2 · math"
        assert await page.get_by_label("Order").input_value() == "low"
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"


async def test_the_worst_or_the_best_come_first_and_those_without_a_verdict_last(
    browser: Browser, tmp_path: Path
) -> None:
    judgments = [graded("alpha", number, verdict) for number, verdict in enumerate(("unparsed", "10", "3", "7.5"))]
    path = written(page_of([scores([("alpha", 6.8, None, 6.8, 3, 0)])], judgments), tmp_path)
    async with visit(browser, path, ALPHA) as (page, _):
        orders = {}
        for order in ("worst first", "best first", "by question"):
            await page.get_by_label("Order").select_option(order)
            orders[order] = [line.split()[0] for line in await listed(page)]
            assert await page.evaluate("document.activeElement.tagName") != "SUMMARY"
        assert orders == {
            "worst first": ["3", "7.5", "10", "unparsed"],
            "best first": ["10", "7.5", "3", "unparsed"],
            "by question": ["unparsed", "10", "3", "7.5"],
        }


async def test_the_judgments_are_read_by_the_keyboard_alone(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, _):
        await page.get_by_role("link", name="alpha").first.focus()
        await page.keyboard.press("Enter")
        await page.locator("dialog").wait_for()
        for _step in ("order", "close", "first judgment"):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.locator("details[open] .words .text").inner_text() == "I say 3"
        await page.keyboard.press("Escape")
        assert not await is_open(page)
        assert await page.evaluate("document.activeElement.textContent.trim()") == "alpha"


async def test_a_long_list_grows_when_asked_and_a_link_into_it_leads_there(browser: Browser, tmp_path: Path) -> None:
    judgments = [graded("alpha", number, "5") for number in range(250)]
    path = written(page_of([scores([("alpha", 5.0, None, 5.0, 250, 0)])], judgments), tmp_path)
    async with visit(browser, path, ALPHA) as (page, _):
        counts = [len(await listed(page))]
        for _ in range(2):
            await page.locator("#judgments-list > .more").click()
            counts.append(len(await listed(page)))
        assert (counts, await page.locator("#judgments-list > .more").count()) == ([100, 200, 250], 0)
        assert await page.evaluate("document.activeElement.innerText.split(' · ')[0]") == "5\nQuestion 200"
    async with visit(browser, path, ALPHA + "&at=240") as (page, _):
        assert await page.locator("details[open] .what").inner_text() == "Question 240 · turn 1 · math"
        assert await page.locator("details[open] summary").evaluate("e => e.getBoundingClientRect().top < innerHeight")


async def test_a_link_to_what_the_page_has_not_says_so(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny) as (page, doings):
        for address, heading in (
            ("#model=nobody", "nobody"),
            (ALPHA + "&category=cooking", "alpha · cooking"),
            ("#model=alpha&judge=nobody", "alpha"),
        ):
            await page.goto(tiny.as_uri() + address)
            await expect(page.locator("#judgments-of")).to_have_text(heading)
            assert await page.locator("#judgments-list").inner_text() == "None of these judgments is in this page."
        assert doings.all() == []


async def test_what_was_left_out_is_said_on_the_page_and_in_the_list(browser: Browser, tmp_path: Path) -> None:
    judgments = [
        graded(model, number, "5", words=f"{number} {model}" * 200)
        for number in range(50)
        for model in ("alpha", "beta")
    ]
    rows = [(model, 5.0, None, 5.0, 50, 0) for model in ("alpha", "beta")]
    contents = page_of([scores(rows)], judgments)
    path = written(
        contents, tmp_path, most_bytes=written(page_of([scores(rows)], []), tmp_path).stat().st_size + 25_000
    )
    async with visit(browser, path, ALPHA) as (page, _):
        kept = len(await listed(page))
        assert 2 < kept < 50
        assert f"{kept} of 50 judgments: the page had no room" in await page.locator("#judgments-about").inner_text()
        await page.keyboard.press("Escape")
        note = await page.locator("#left-out").inner_text()
        assert "of 100 judgments" in note
        assert "data/tiny/model_judgment/j_single.jsonl" in note


async def test_on_a_narrow_screen_only_tables_scroll_sideways(browser: Browser, tiny: Path) -> None:
    async with visit(browser, tiny, width=320) as (page, _):
        assert await page.evaluate("document.documentElement.scrollWidth") == 320
        assert await page.locator(".wide").first.evaluate("e => e.scrollWidth > e.clientWidth")
        await click(page, "alpha", "model")
        assert await page.locator("dialog").evaluate("e => e.scrollWidth <= innerWidth")


async def test_decimal_points_of_a_column_stand_under_each_other(browser: Browser, tiny: Path) -> None:
    # The right end of "12" in 12.5 and of "–" is found by a range over the text before the point.
    before_point = """cells => cells.map(cell => {
        const text = cell.querySelector("bdi").firstChild;
        const range = document.createRange();
        range.setStart(text, 0);
        range.setEnd(text, text.data.includes(".") ? text.data.indexOf(".") : text.length);
        return Math.round(range.getBoundingClientRect().right);
    })"""
    async with visit(browser, tiny) as (page, _):
        for column in (2, 3, 4):
            cells = page.locator(f"table.scores tbody td:nth-child({column})")
            ends = await cells.evaluate_all(before_point)
            assert (len(ends), max(ends) - min(ends) <= 2) == (4, True), ends


async def test_dark_and_light_differ_and_print_is_light_without_what_is_open(browser: Browser, tiny: Path) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    async with visit(browser, tiny, ALPHA, scheme="dark") as (page, _):
        assert await page.evaluate(paper) == "rgb(21, 21, 24)"
        await page.emulate_media(media="print")
        assert await page.evaluate(paper) == "rgb(255, 255, 255)"
        assert not await is_open(page)
        assert await page.get_by_role("table").count() == 3
    async with visit(browser, tiny) as (page, _):
        assert await page.evaluate(paper) == "rgb(255, 255, 255)"
