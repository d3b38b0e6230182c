"""A real browser for pages of ours, and an account of all that a page does in it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, Page, Request, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium with an empty profile of its own. Without one, tests are skipped, or fail where BROWSER is required."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        why = "no browser to look at pages with: install the package chromium (Debian, Ubuntu, Alpine, Homebrew)"
        if os.environ.get("BROWSER") == "required":
            pytest.fail(why)
        pytest.skip(why)
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        await opened.close()


@dataclass(slots=True)
class Doings:
    """What a page did that a page of ours must not do."""

    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def all(self) -> list[str]:
        return [*self.requests, *self.said, *self.dialogs, *self.refused]


@asynccontextmanager
async def visit(
    browser: Browser, path: Path, fragment: str = "", *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> AsyncIterator[tuple[Page, Doings]]:
    """The page in the file at `path`, and what it does: requests that leave the file, errors, dialogs, refusals."""
    context = browser.contexts[0] if browser.contexts else await browser.new_context()
    page, address = await context.new_page(), path.as_uri()
    doings = await _watched(page, address)
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme)
    try:
        await page.goto(address + fragment)
        yield page, doings
    finally:
        await page.close()


async def _watched(page: Page, address: str) -> Doings:
    doings = Doings()

    def requested(request: Request) -> None:
        if not request.url.startswith((address, "data:")):
            doings.requests.append(request.url)

    async def asked(dialog: Dialog) -> None:
        doings.dialogs.append(dialog.message)
        await dialog.dismiss()

    page.on("request", requested)
    page.on("dialog", asked)
    page.on("console", lambda message: doings.said.append(message.text))
    page.on("pageerror", lambda error: doings.said.append(str(error)))
    await page.expose_function("refused", lambda what: doings.refused.append(what))
    await page.add_init_script(
        "addEventListener('securitypolicyviolation', e => refused(`${e.violatedDirective} ${e.blockedURI}`))"
    )
    return doings
