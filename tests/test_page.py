"""Laws of the gallery's page in a real browser: it opens from a file, plays, compares, copies, finds, and keys reach it all.

They need Debian's Chromium (or Chrome); where there is none, they say so and are passed over.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import clip
from PIL import Image
from takes import GIVEN, finished

from render.show.exhibits import find_exhibits
from render.show.gallery import write_page
from render.source.image import digest

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: pip install -e .[dev]")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here; on Debian: apt install chromium"),
]

YAML = "# A lake, <b>dreamed</b>.\nsize: 64x36\nduration: 2s\nfps: 24\nsource: {image: lake.png}\nmotion: {zoom: 1}\n"
HOSTILE = "<script>document.title = 'taken'</script>\"><img src=x onerror=alert(1)> 🦚" + "x" * 200
PLAYING = "document.querySelectorAll('.playing').length"


def playable(folder: Path) -> bytes:
    """A film of 2 s that Chromium plays."""
    pictures = [np.full((36, 64, 3), (5 * number, 90, 60), dtype=np.uint8) for number in range(48)]
    return clip(folder / "playable.mp4", pictures, "-c:v libx264 -pix_fmt yuv420p", "24").read_bytes()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of three films: from noise, from a photo, and one with a hostile name on another network."""
    root = tmp_path_factory.mktemp("gallery")
    Image.new("RGB", (64, 36), (20, 60, 120)).save(root / "lake.png")
    film = {"x.mp4": playable(root)}
    finished(root / "runs", "garden", prints=film)
    finished(
        root / "runs",
        "lake",
        YAML,
        film,
        settings=[f"source.image={root / 'lake.png'}"],
        dreamed=9,
        files=digest(root / "lake.png"),
    )
    finished(root / "runs", "zz", GIVEN + f"# {HOSTILE}\n", film, settings=["dream.network=alexnet"], name=HOSTILE)
    page, notices = write_page(find_exhibits([root / "runs"])[0], root / "site")
    assert notices == []
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Any]:
    """The page, opened from its file; nothing may go wrong in it, and nothing may be asked of anybody."""
    with opened(browser, site.as_uri()) as seen:
        yield seen


class opened:  # noqa: N801
    """A page in a window of its own, closed again; on the way out it is judged."""

    def __init__(self, browser: Any, address: str, **window: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **window})
        self.address, self.faults, self.asked = address, list[str](), list[str]()

    def __enter__(self) -> Any:
        page = self.context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda told: self.faults.append(told.text) if told.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(self.address)
        return page

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.faults == []
            home = self.address.rsplit("/", 1)[0]
            assert [url for url in self.asked if not url.startswith((home, "blob:"))] == []


def until(page: Any, true: str) -> None:
    """Wait until an expression is true. Playwright's own way evaluates text inside the page, which its policy forbids."""
    for _ in range(200):
        if page.evaluate(true):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {true}")


def enter(page: Any, place: str) -> None:
    page.click(f"#{place} .open")
    page.wait_for_selector(".room[open] .showing")


def test_it_opens_from_a_file_without_a_word(page: Any) -> None:
    assert page.title() == "Dreams"
    assert page.locator(".film").count() == 3
    until(page, "[...document.querySelectorAll('.poster')].every((poster) => poster.naturalWidth === 64)")


def test_it_opens_from_any_place_of_a_server(browser: Any, site: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.parent.parent))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with opened(browser, f"http://127.0.0.1:{server.server_port}/site/index.html") as page:
                enter(page, "garden-take-001")
                until(page, "document.querySelector('.room video').currentTime > 0")
        finally:
            server.shutdown()
            thread.join()


def test_a_film_plays_where_one_points_and_nowhere_else(page: Any) -> None:
    assert page.evaluate("[...document.querySelectorAll('video')].filter((video) => video.src).length") == 0
    for place in ("garden-take-001", "lake-take-001"):
        page.hover(f"#{place} .stage")
        until(page, f"document.querySelector('#{place} .moving').currentTime > 0")
        assert page.evaluate(PLAYING) == 1
    page.mouse.move(5, 5)
    assert page.evaluate(PLAYING) == 0
    assert page.evaluate("[...document.querySelectorAll('video')].every((video) => video.paused && video.muted)")


def test_where_things_shall_not_move_they_do_not(browser: Any, site: Path) -> None:
    with opened(browser, site.as_uri(), reduced_motion="reduce") as page:
        page.hover("#garden-take-001 .stage")
        page.focus("#garden-take-001 .open")
        assert page.evaluate(PLAYING) == 0
        enter(page, "garden-take-001")
        assert page.evaluate("document.querySelector('.room video').paused")


def test_a_tap_plays_and_another_opens(browser: Any, site: Path) -> None:
    with opened(browser, site.as_uri(), has_touch=True, viewport={"width": 360, "height": 740}) as page:
        page.tap("#garden-take-001 .stage")
        until(page, "document.querySelector('#garden-take-001 .moving').currentTime > 0")
        assert not page.locator(".room[open]").count()
        page.tap("#garden-take-001 .stage")
        page.wait_for_selector(".room[open]")


def test_the_slider_shows_more_of_one_and_less_of_the_other(page: Any) -> None:
    enter(page, "lake-take-001")
    page.click("[data-do=pair]")
    slider = page.locator(".pair input")
    box = slider.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(64 / 36, abs=0.02)
    cut = "getComputedStyle(document.querySelector('.pair .before')).clipPath"
    seen = [page.evaluate(cut)]
    slider.focus()
    page.keyboard.press("ArrowRight")
    seen.append(page.evaluate(cut))
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    seen.append(page.evaluate(cut))
    assert len(set(seen)) == 3, seen
    assert abs(float(slider.input_value()) - 80) <= 3
    assert page.evaluate("[...document.querySelectorAll('.pair img')].every((one) => one.naturalWidth === 64)")
    assert page.locator(".room video").is_hidden()
    page.click("[data-do=pair]")
    assert page.locator(".room video").is_visible()


def test_the_yaml_is_shown_copied_and_kept_as_it_was_written(browser: Any, site: Path) -> None:
    with opened(browser, site.as_uri(), permissions=["clipboard-read", "clipboard-write"]) as page:
        enter(page, "lake-take-001")
        assert page.locator("pre code").text_content() == YAML
        page.click("[data-do=copy]")
        until(page, "document.querySelector('[data-do=copy]').textContent === 'Copied'")
        assert page.evaluate("navigator.clipboard.readText()") == YAML
        page.evaluate("navigator.clipboard.writeText('')")
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject() }")
        page.click("[data-do=copy]")
        until(page, "navigator.clipboard.readText().then((text) => text.trim() !== '')")
        assert page.evaluate("navigator.clipboard.readText()").strip() == YAML.strip(), (
            "where a page may not write, it still copies"
        )
        with page.expect_download() as download:
            page.click(".room a[download='lake-take-001.yaml']")
        assert Path(download.value.path()).read_text() == YAML


def found(page: Any) -> list[str]:
    return page.eval_on_selector_all(".film:not([hidden])", "(films) => films.map((film) => film.id)")  # type: ignore[no-any-return]


def test_what_is_searched_for_is_found(page: Any) -> None:
    everything = found(page)
    assert len(everything) == 3
    hostile = next(place for place in everything if "script" in place)
    for words, there in (
        ("lake", ["lake-take-001"]),
        ("IMAGE: lake", ["lake-take-001"]),
        ("<script>", [hostile]),
        ("zebra", []),
    ):
        page.fill("[name=words]", words)
        assert found(page) == there
    assert page.locator(".none").is_visible()
    page.click("[data-do=all]")
    assert found(page) == everything
    page.select_option("[name=network]", "alexnet")
    assert found(page) == [hostile]
    assert page.locator(".count").text_content() == "1 of 3 films"
    page.select_option("[name=network]", "")
    page.select_option("[name=began]", "a photo")
    assert found(page) == ["lake-take-001"]


def focused(page: Any) -> str:
    """What has the focus, in a word."""
    return page.evaluate(  # type: ignore[no-any-return]
        "(({ tagName, name, type, dataset, parentElement }) =>"
        " dataset.do || name || (tagName === 'A' ? parentElement.id || 'link' : type || tagName))(document.activeElement)"
    )


def test_keys_reach_everything(page: Any) -> None:
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(focused(page))
    assert reached[:4] == ["words", "network", "began", "light"]
    assert reached[4:] == found(page)
    page.focus("#garden-take-001 .open")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    until(page, "document.querySelector('#garden-take-001 .moving').currentTime > 0")
    page.keyboard.press("Enter")
    until(page, "location.hash === '#garden-take-001'")
    page.keyboard.press("ArrowRight")
    until(page, "location.hash === '#lake-take-001'")
    reached = [focused(page)]
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(focused(page))
    assert {"pair", "full", "earlier", "later", "close", "copy", "link", "VIDEO", "PRE"} <= set(reached)
    page.focus("[data-do=full]")
    page.keyboard.press("Enter")
    until(page, "document.fullscreenElement?.className === 'screen'")
    page.keyboard.press("f")
    until(page, "!document.fullscreenElement")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('.room').open")
    until(page, "!document.querySelector('.room').childElementCount")  # what is not seen is not held
    assert focused(page) == "lake-take-001", "where one was"
    page.keyboard.press("/")
    assert focused(page) == "words"


def test_a_film_opened_at_once_after_another_stays(page: Any) -> None:
    """The browser tells the page of a closed dialog a moment later; what is open by then is not emptied."""
    enter(page, "lake-take-001")
    held = page.evaluate(
        """() => {
            document.querySelector("[data-do=close]").click();
            document.querySelector("#garden-take-001 .open").click();
            return new Promise((done) => setTimeout(() => done(document.querySelector(".room").childElementCount), 100));
        }"""
    )
    assert held > 0
    assert page.locator("#room-name").text_content() == "garden"
    page.keyboard.press("ArrowRight")
    assert page.locator("#room-name").text_content() == "lake"


def test_an_address_leads_to_its_film(browser: Any, site: Path) -> None:
    with opened(browser, f"{site.as_uri()}#lake-take-001") as page:
        assert page.locator("#room-name").text_content() == "lake"
    with opened(browser, f"{site.as_uri()}#%") as page:
        assert not page.locator(".room[open]").count()


def test_what_is_hostile_is_text(page: Any) -> None:
    place = next(place for place in found(page) if "script" in place)
    page.evaluate("(place) => document.getElementById(place).querySelector('.open').click()", place)
    assert page.locator("#room-name").text_content() == HOSTILE
    assert HOSTILE in page.locator("pre code").text_content()
    assert page.title() == "Dreams"
    assert page.locator(".room img").count() == 0


def test_it_fits_every_window(page: Any) -> None:
    for width in (360, 768, 1280, 2560, 3840):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        enter(page, "lake-take-001")
        assert page.evaluate("document.querySelector('.room').scrollWidth") <= width
        page.click("[data-do=pair]")
        assert page.locator(".pair").bounding_box()["height"] <= 740
        page.keyboard.press("Escape")


def test_light_is_remembered(browser: Any, site: Path) -> None:
    with opened(browser, site.as_uri()) as page:
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.click("[data-do=light]")
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (dark, light) == ("rgb(14, 16, 20)", "rgb(247, 245, 240)")
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_serious_stands_in_anybodys_way(page: Any, theme: str) -> None:
    places = {
        "nothing found": lambda: page.fill("[name=words]", "zebra"),
        "the wall": lambda: page.fill("[name=words]", ""),
        "a film": lambda: enter(page, "lake-take-001"),
        "a pair": lambda: page.click("[data-do=pair]"),
    }
    if theme == "light":
        page.click("[data-do=light]")
    for place, go in places.items():
        go()
        violations = axe.Axe().run(page).response["violations"]
        serious = [one for one in violations if one["impact"] in {"serious", "critical"}]
        assert [(place, one["id"], one["nodes"][0]["html"]) for one in serious] == []


def test_the_checker_finds_what_is_wrong(page: Any) -> None:
    page.evaluate("document.querySelector('h1').style.color = '#333'")
    assert "color-contrast" in {one["id"] for one in axe.Axe().run(page).response["violations"]}


def test_only_what_is_near_is_held(browser: Any, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    film = {"x.mp4": playable(tmp_path)}
    for number in range(24):
        finished(root, f"film {number:02}", prints=film)
    page_file, _ = write_page(find_exhibits([root])[0], tmp_path / "site")
    loaded = "[...document.querySelectorAll('.poster')].map((one) => +!!one.naturalWidth)"
    playing = "[...document.querySelectorAll('video')].filter((one) => one.hasAttribute('src')).length"
    with opened(browser, page_file.as_uri(), viewport={"width": 360, "height": 740}) as page:
        until(page, f"{loaded}[0] === 1")
        assert sum(page.evaluate(loaded)) < 20
        page.hover("#film-00-take-001 .stage")
        until(page, "document.querySelector('#film-00-take-001 .moving').currentTime > 0")
        assert page.evaluate(playing) == 1
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        until(page, f"{loaded}.at(-1) === 1")
        until(page, f"{playing} === 0")
