"""Chromium, driven by Playwright's synchronous interface."""

from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.servers.install import find_chromium, require

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",  # a container's /dev/shm is small
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumBrowser:
    """The Debian Chromium, headless, until `close`.

    While it is open, Playwright runs an event loop in this thread: `asyncio.run` does not work
    in the same thread meanwhile.
    """

    def __init__(self) -> None:
        require("chromium")
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    @property
    def browser(self) -> Browser:
        """Playwright's browser, started at the first use."""
        if self._browser is None:
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=find_chromium(), headless=True, args=list(FLAGS)
            )
        return self._browser

    def new_page(self, **context: Any) -> Page:
        """Open a page with cookies and storage of its own; `context` goes to `new_context`.

        Useful: `viewport={"width": 360, "height": 640}`, `locale="id-ID"`,
        `timezone_id="Asia/Makassar"`, `java_script_enabled=False`, `reduced_motion="reduce"`.
        """
        page = self.browser.new_context(**{"locale": "id-ID", **context}).new_page()
        page.set_default_timeout(10_000)
        return page

    def close(self) -> None:
        """End the browser and Playwright's driver."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
