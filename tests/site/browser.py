"""A site in a real browser: what tests look at it with, and everything that must not happen while they look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, Response, sync_playwright

from flopsbench.site.build.serve import HOST

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "no browser: apt install chromium fonts-wqy-zenhei, or name one in CHROMIUM"
FETCHING = {"compare": "[data-compare]", "eflops": "[data-count]"}  # what such a page shows once it has its data


def chromium() -> str | None:
    """Where a Chromium is: as the variable CHROMIUM says, else the first of the usual names; None where none is."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browsing(executable: str) -> Iterator[Browser]:
    """One browser, which finds no machine but this one; Playwright runs it without a sandbox, as root must."""
    with sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}"
        browser = playwright.chromium.launch(executable_path=executable, args=[rules])
        yield browser
        browser.close()


class Visit:
    """A fresh visitor of a site; ``faults`` is all that went wrong: in the console, on the page, on the network."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.page.on("request", self._asked)
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def open(self, path: str) -> None:
        """Go to a page of the site and wait until it has fetched what it needs."""
        self.page.goto(self.address + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has its data, where it fetches any."""
        kind = self.page.locator("body").get_attribute("data-page")
        if kind in FETCHING:
            self.page.locator(FETCHING[kind]).wait_for()

    def texts(self, selector: str) -> list[str]:
        """What is to be read in each of the elements that are shown."""
        shown = "found => found.filter(each => each.checkVisibility()).map(each => each.innerText.trim())"
        return list(self.page.locator(selector).evaluate_all(shown))

    def expect_faults(self) -> list[str]:
        """What went wrong so far, which is then forgiven."""
        faults, self.faults[:] = list(self.faults), []
        return faults

    def _said(self, message: ConsoleMessage) -> None:
        its_own = message.location.get("url", "").endswith("/favicon.ico")  # asked for of itself, as of a JSON file
        if message.type in ("error", "warning") and not its_own:
            self.faults.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(self.address):
            self.faults.append(f"{request.url} is not of the site")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the visitor went on before all was there
            self.faults.append(f"{request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.url}: {response.status}")


@contextmanager
def visit(browser: Browser, address: str, **options: Any) -> Iterator[Visit]:
    """A visitor with such a browser context (width, colour scheme, locale ...), whom nothing may go wrong for."""
    with browser.new_context(**options) as context:
        visitor = Visit(context, address)
        yield visitor
        assert not visitor.faults, visitor.faults
