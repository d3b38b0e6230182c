"""Whatever stands in answers, judgments, names and plots: the page shows it as text, and runs and fetches nothing."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from mtbench.reports.page import Page, Shown
from mtbench.reports.page.escaping import visible
from mtbench.reports.tables import Column, Mode, Results, Table
from tests.reports.page.pages import graded, page_of, scores, written
from tests.support.browser import visit

pytestmark = pytest.mark.asyncio(loop_scope="module")

ATTACKS = {
    "script": "<script>window.pwned = 1; alert(1)</script>",
    "end of a script": "</script><script>window.pwned = 1</script>",
    "end of a script, oddly": "</ScRiPt\n foo><sCrIpT>window.pwned = 1</sCrIpT>",
    "comment that hides the end": "<!-- <script> --!> <![CDATA[ ]]>",
    "end of a style": "</style></title></textarea></noscript><img src=x onerror='window.pwned = 1'>",
    "handler": """"'><img src="http://192.0.2.1/a.png" onerror=window.pwned=1 autofocus onfocus="window.pwned=1">""",
    "frame": '<iframe srcdoc="<script>parent.pwned = 1</script>" src="javascript:parent.pwned=1"></iframe>',
    "svg": '<svg onload="window.pwned=1"><script href="data:,window.pwned=1"/><foreignObject><body onload=alert(1)>',
    "mathml": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=pwned=1&gt;">',
    "link": '<a href="javascript:window.pwned=1" ping="http://192.0.2.1/">x</a><base href="http://192.0.2.1/">',
    "refresh": '<meta http-equiv="refresh" content="0; url=http://192.0.2.1/"><link rel=stylesheet href=//192.0.2.1/>',
    "style": "<style>*{background:url(http://192.0.2.1/)}</style>@import 'http://192.0.2.1/';",
    "template": "{{7*7}} {% for x in y %} ${7*7} #{7*7} <%= 7*7 %> {{ config.__class__ }} {# gone #}",
    "entities": "&lt;script&gt; &#60;b&#62; &amp;amp; \\u003cb\\u003e \\x3cb\\x3e",
    "JSON": '"]}; window.pwned = 1; //\\"',
    "separators": "one\u2028two\u2029three\x85four\x0bfive\x0csix\r\nseven",
    "turned around": "\u202egnp.exe\u202c \u2066\u2067nested\u2069 شكرا abc",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ade\U000e0041",
    "stacked": "Z" + "\u0300\u0316" * 200,
    "NUL and others": "a\x00b\x1b[31mc\x7fd\x9be\x08",
    "half characters": "a\ud800b\udfff",
    "beyond Unicode's plane": "\U0010ffff \ufffe 👩‍👩‍👧‍👦 𝕏",
    "object's own names": "__proto__",
    "blank": "",
}
LINE = "<b>" + "A" * 2**20 + "</b>"
EVIL = "<img src=x onerror=window.pwned=1>\x00\u202e&=#%+ {{7*7}}</script>"
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" onload="window.pwned=1; top.pwned=1">
<script>top.pwned = 1; alert(1)</script><style>@import url(http://192.0.2.1/c.css);</style>
<image href="http://192.0.2.1/a.png" width="9" height="9"/><foreignObject><iframe src="http://192.0.2.1/"/></foreignObject>
</svg>"""


def hostile_page() -> Page:
    """EVIL wherever a name can stand, and every attack as question, answer and words."""
    judgments = [
        Shown(
            models=(EVIL, "other" + EVIL),
            question_id=EVIL + str(number),
            category=EVIL,
            turn=1,
            judge=EVIL,
            prompt=EVIL,
            question=attack,
            answers={EVIL: attack, "other" + EVIL: attack},
            verdict=EVIL,
            words=attack,
            reference=EVIL,
        )
        for number, attack in enumerate((*ATTACKS.values(), LINE))
    ]
    table = Table(
        kind="categories",
        title=EVIL,
        judges=(EVIL,),
        prompt_set=EVIL.partition("/")[0],
        columns=[Column("model", "model"), Column(EVIL, EVIL), Column("x", "x" + EVIL)],
        rows=[(EVIL, 1.0, EVIL)],
        warnings=[EVIL],
        foot=[EVIL],
    )
    settings = {EVIL: EVIL, "nested": {EVIL: [EVIL, {EVIL: EVIL}]}}
    return Page(Results(Mode.SINGLE, EVIL, (EVIL,), [table], [EVIL]), {EVIL: SVG}, settings, judgments)


async def test_text_from_outside_stays_text(browser: Browser, tmp_path: Path) -> None:
    path = written(hostile_page(), tmp_path)
    async with visit(browser, path) as (page, doings):
        await page.locator("table.results td a").click()
        assert await page.locator("summary").count() == len(ATTACKS) + 1
        folded = page.locator("#judgments-list details")
        for number, attack in enumerate(ATTACKS.values()):
            await folded.nth(number).locator("summary").click()
            texts = await folded.nth(number).locator("div.text").all_text_contents()
            assert texts == [visible(attack)] * 4
        assert await page.locator("#judgments-list .text *").count() == 0
        assert await page.evaluate("window.pwned") is None
        assert doings.all() == []


async def test_names_from_outside_stay_names(browser: Browser, tmp_path: Path) -> None:
    path = written(hostile_page(), tmp_path)
    name = EVIL.replace("\x00", "�").replace("\u202e", "�")
    async with visit(browser, path) as (page, doings):
        shown = [
            "h1",
            "h2 >> nth=0",
            ".note",
            ".warning",
            ".foot li >> nth=-1",
            "tbody th bdi >> nth=0",
            "thead th >> nth=1",
        ]
        texts = [await page.locator(each).first.text_content() for each in shown]
        assert texts == [name, name, name, f"Warning {name}", name, name, name]
        assert await page.title() == f"{name} – mtbench"
        await page.locator("table.results th a").click()
        await page.locator("summary").first.click()
        said = EVIL.replace("\x00", "␀").replace("\u202e", "�")
        heading = await page.locator("#judgments-of").text_content()
        facts = await page.locator("details[open] dd").all_text_contents()
        line = await page.locator("summary > span").all_text_contents()
        assert (heading, facts) == (said, [said] * 4)
        assert line[:3] == [said, f"Question {said}0 · turn 1 · {said}", f"against other{said}"]
        tags = await page.evaluate("[...new Set([...document.querySelectorAll('*')].map(e => e.localName))].sort()")
        assert set(tags) & {"iframe", "svg", "math", "b", "base", "object"} == set()
        assert await page.locator("img").count() == 1
        assert await page.locator("script").count() == 3
        assert await page.evaluate("window.pwned") is None
        assert doings.all() == []


async def test_a_plot_is_a_picture_that_runs_and_fetches_nothing(browser: Browser, tmp_path: Path) -> None:
    path = written(page_of([], [], plots={"evil": SVG}), tmp_path)
    async with visit(browser, path) as (page, doings):
        picture = page.get_by_role("img", name="evil")
        assert await picture.evaluate("e => e.decode().then(() => [e.naturalWidth, e.naturalHeight])") == [20, 20]
        assert await page.evaluate("window.pwned") is None
        assert doings.all() == []


async def test_a_line_of_a_million_characters_is_shown_in_part_until_all_is_asked_for(
    browser: Browser, tmp_path: Path
) -> None:
    lines = "a line of prose\n" * 2000
    judgment = graded("alpha", 1, "5", answer=LINE, words=lines)
    contents = page_of([scores([("alpha", 5.0, None, 5.0, 1, 0)])], [judgment])
    async with visit(browser, written(contents, tmp_path), "#model=alpha") as (page, doings):
        await page.locator("summary").click()
        answer = page.locator("div.text").nth(1)
        assert await answer.text_content() == LINE[:20000]
        await page.get_by_role("button", name="Show all 1,048,583 characters").click()
        assert await answer.text_content() == LINE
        await page.get_by_role("button", name="Show all 32,000 characters").click()
        pieces = await page.locator(".words .piece").all_text_contents()
        assert "".join(pieces) == lines
        assert {piece[-6:] for piece in pieces} == {"prose\n"}  # where a cut is not seen
        assert await page.locator("dialog").evaluate("e => e.scrollWidth <= e.clientWidth")
        assert doings.all() == []


async def test_the_policy_stops_what_would_get_in_all_the_same(browser: Browser, tmp_path: Path) -> None:
    path = written(page_of([], []), tmp_path)
    attack = (
        "<script>window.pwned = 1</script><img src='http://192.0.2.1/a.png'><p style='color: red' onclick='f()'>x</p>"
    )
    path.write_text(path.read_text("utf-8").replace("</main>", attack + "</main>"), "utf-8")
    async with visit(browser, path) as (page, doings):
        assert await page.evaluate("window.pwned") is None
        await page.evaluate("new Promise(done => setTimeout(done, 50))")
        assert sorted(doings.refused) == [
            "img-src http://192.0.2.1/a.png",
            "script-src-attr inline",
            "script-src-elem inline",
            "style-src-attr inline",
        ]
        assert len(doings.said) == 4


async def test_what_pages_do_is_seen(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "evil.html"
    path.write_text(
        "<script>alert('a'); console.error('b'); fetch('http://127.0.0.1:9/c'); throw new Error('d')</script>"
    )
    async with visit(browser, path) as (page, doings):
        await page.wait_for_event("requestfailed") if not doings.requests else None
        assert (doings.dialogs, doings.requests) == (["a"], ["http://127.0.0.1:9/c"])
        assert {"b", "d"} <= set(doings.said)
