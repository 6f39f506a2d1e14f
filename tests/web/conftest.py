"""A real browser against a real deployment. Pictures of every page go to build/pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.counterparts.service import deployed
from tests.counterparts.site import Site

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a module; without one they fail and say what to install."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    assert path, "the browser tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A deployment at http://localhost (passkeys need a host name), for the tests of a module."""
    with deployed(tmp_path_factory.mktemp("site")) as world:
        world.service.url = world.service.url.replace("127.0.0.1", "localhost")
        world.service.start()
        yield Site(world, chromium)
