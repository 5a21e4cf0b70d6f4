"""Laws of the studio's page in a real browser: it makes the frames between dreams, flies, records, renders, compares.

They need Debian's Chromium (or Chrome); where there is none, they say so and are passed over. A server that dreams nothing
speaks for the studio (studio_server.py); one test, marked slow, flies a film that is dreamed.
"""

from __future__ import annotations

import base64
import io
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import clip
from numpy.typing import NDArray
from PIL import Image
from tiny import film, photo

from render import frames
from render.picture import colour
from render.picture.picture import from_pixels, to_pixels

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: pip install -e .[dev]")
pytest.importorskip("uvicorn", reason="the studio is not installed: pip install -e .[studio]")
from studio_server import Studio, jpeg, mesh, served  # noqa: E402

from render.studio import protocol  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here; on Debian: apt install chromium"),
]
NOISE = re.compile(r"GPU stall due to ReadPixels")  # what Chromium says where there is no graphics card
GONE = re.compile(r"ERR_CONNECTION|WebSocket connection")  # what it says of a server that was killed


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM)
        yield started
        started.close()


@contextmanager
def opened(
    browser: Any, address: str, allowed: re.Pattern[str] = NOISE, path: str = "/#key", patience: int = 10, **window: Any
) -> Iterator[Any]:
    """The page in a window of its own; nothing may go wrong in it, and nothing may be asked of anybody else."""
    faults, requests = list[str](), list[str]()
    context = browser.new_context(**{"viewport": {"width": 640, "height": 420}, **window})
    page = context.new_page()
    page.set_default_timeout(patience * 1000)
    page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda line: requests.append(line.url.replace("ws:", "http:")))
    try:
        page.goto(address + path)
        yield page
    finally:
        context.close()
    assert [fault for fault in faults if not allowed.search(fault) and not NOISE.search(fault)] == []
    assert [url for url in requests if not url.startswith((address, "blob:", "data:"))] == []


def until(page: Any, true: str, tries: int = 200) -> None:
    """Wait until an expression is true. Playwright's own way evaluates text inside the page, which its policy forbids."""
    for _ in range(tries):
        if page.evaluate(true):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {true}")


def dreaming(page: Any, tries: int = 200) -> Any:
    """The page, once it shows a dream and its controls, which stay, however slow the machine."""
    until(page, "!document.querySelector('.stage.empty') && !!document.querySelector('.handle')", tries)
    page.mouse.move(300, 200)
    page.mouse.move(310, 205)
    page.evaluate("window.restless = setInterval(() => document.dispatchEvent(new Event('pointermove')), 500)")
    return page


def said(studio: Studio, kind: str) -> list[dict[str, Any]]:
    return [message for message in studio.heard if message["type"] == kind]


def hears(page: Any, studio: Studio, kind: str, count: int = 1) -> dict[str, Any]:
    """The last message of a kind, once the server heard so many."""
    for _ in range(200):
        if len(said(studio, kind)) >= count:
            return said(studio, kind)[-1]
        page.wait_for_timeout(25)
    raise AssertionError(f"never said: {kind}; but {[message['type'] for message in studio.heard]}")


# ---- the frames between two dreams

DRAW = """async ({dreams, mime, moves, mesh, u, border, size, fine}) => {
  const { Picture } = await import("/page/picture.js");
  const picture = (window.drawing ??= new Picture(document.createElement("canvas")));
  [picture.canvas.width, picture.canvas.height] = size;
  const numbers = mesh && new Float32Array(Uint8Array.from(atob(mesh.numbers), (letter) => letter.charCodeAt(0)).buffer);
  const put = async (content, index) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: mime }));
    return picture.put(bitmap, { fine: fine[index], mesh: index && mesh ? { ...mesh, numbers } : null });
  };
  const [before, after] = [await put(dreams[0], 0), await put(dreams[1], 1)];
  picture.draw({ before, after, u, moves, border });
  const pixels = picture.read();
  return btoa(Array.from(pixels, (value) => String.fromCharCode(value)).join(""));
}"""

CAMERAS = {
    "in and round": "motion={zoom: 2, rotate: 20}",
    "straight in": "motion={zoom: 3}",
    "out": "motion={zoom: 0.3, border: wrap}",
    "far out": "motion={zoom: 0.02}",
    "aside": "motion={zoom: 1, pan: [0.7, 0.1], border: replicate}",
    "leaning": "motion={zoom: 1.5, tilt: [40, 10]}",
    "aimed": "motion={zoom: 2, center: [0.9, 0.2]}",
    "bending": "motion={zoom: 1.3, swirl: 60}",
}


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(-10 * np.log10(max(1e-9, ((one.astype(float) - other) ** 2).mean()) / 255**2))


def test_the_page_makes_the_frames_of_the_film(browser: Any) -> None:
    """`frames` of Python and the canvas of the page: ≥ 35 dB from JPEGs, and nearly the same bits from what is lossless."""
    height, width = 72, 128
    before, after = (from_pixels(to_pixels(photo((height, width), seed))) for seed in (1, 2))
    with served(Studio()) as address, opened(browser, address) as page:
        for name, camera in CAMERAS.items():
            scene = film("", [camera, f"size={width}x{height}", "dream.rate=8"]).scene
            for index, mime in ((1, "image/png"), (2, "image/jpeg")):
                moment = scene.clock.frame(index)
                tick, u = scene.clock.beside(index / scene.clock.fps)
                wanted = to_pixels(frames.between(scene, before, after, tick, moment, u))
                ends = scene.clock.tick(0).seconds, scene.clock.tick(1).seconds
                moves = [scene.path.between(end, moment.seconds) for end in ends]
                matrices = [move.matrix.flatten().tolist() for move in moves]
                lattice = None
                if moves[0].bends:
                    numbers = base64.b64encode(mesh(scene.path, ends[1], (height, width))).decode()
                    lattice = dict(zip(("columns", "rows", "steps"), protocol.MESH, strict=True)) | {"numbers": numbers}
                drawn = page.evaluate(
                    DRAW,
                    {
                        "dreams": [encode(canvas, mime) for canvas in (before, after)],
                        "fine": [float(colour.fine(canvas)) for canvas in (before, after)],
                        "moves": {"before": matrices[0], "after": matrices[1]},
                        **{"mime": mime, "mesh": lattice, "u": u, "border": scene.border, "size": [width, height]},
                    },
                )
                pixels = np.frombuffer(base64.b64decode(drawn), np.uint8).reshape(height, width, 4)[..., :3]
                likeness, still = psnr(pixels, wanted), psnr(to_pixels(before), wanted)
                assert likeness >= (35 if mime == "image/jpeg" else 45), (name, mime, likeness)
                assert still < 30, (name, "a frame that is like the dream beside it says nothing")


def encode(canvas: Any, mime: str) -> str:
    if mime == "image/jpeg":
        return base64.b64encode(jpeg(canvas)).decode()
    content = io.BytesIO()
    Image.fromarray(to_pixels(canvas)).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


# ---- flying


def test_it_opens_and_flies_to_the_pointer(browser: Any) -> None:
    """Nothing is wrong in it, nothing is asked of others; the aim goes where the pointer is, and the picture moves."""
    studio = Studio(rate=8, pace=2)
    with served(studio) as address, opened(browser, address) as page:
        dreaming(page)
        assert page.url == f"{address}/", "the token is out of the address bar"
        assert page.title() == "A garden, live"
        box = page.locator("#picture").bounding_box()
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"])
        aim = hears(page, studio, "set", 2)["values"]
        for _ in range(40):
            aim = said(studio, "set")[-1]["values"]
            if abs(aim["motion.center.0"] - 0.9) < 0.02:
                break
            page.wait_for_timeout(25)
        assert (aim["motion.center.0"], aim["motion.center.1"]) == pytest.approx((0.9, 0.5), abs=0.02)
        before = shot(page)
        until_changed(page, before)


def test_the_hand_is_felt_before_a_dream_comes(browser: Any) -> None:
    """With no dream on its way the newest one moves by what the hand changed, at once, and in its direction."""
    with served(Studio(pace=0.001)) as address, opened(browser, address) as page:
        dreaming(page)
        moved = page.evaluate("""async () => {
          const { Live } = await import("/page/live.js");
          const { Values } = await import("/page/values.js");
          const values = new Values(), drawn = [];
          const header = { size: [160, 90], tick: 3, rate: 8, scrub: false, take: "a", border: "reflect", path: [] };
          const picture = { lost: false, canvas: document.createElement("canvas"), draw: (frame) => drawn.push(frame.hand) };
          const live = new Live(picture, { on() {}, send() {} }, values);
          values.take(2, { "motion.zoom": 1.5, "motion.center.0": 0.5, "motion.center.1": 0.5 });
          live.dreams = [{ header, place: 1, path: [] }];
          live.came = live.place = 1;
          live.newest = performance.now() / 1000;
          await new Promise((done) => setTimeout(done, 120));
          const rests = drawn.length;
          values.set("motion.center.0", 1);
          live.touch("motion.center.0");
          await new Promise((done) => setTimeout(done, 200));
          return { rests, hand: drawn.at(-1), still: drawn[0] };
        }""")
    assert moved["still"] == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert moved["rests"] <= 1, "a picture that stands still is not drawn again"
    assert moved["hand"][2] < -0.001, "what is in the middle goes left when the aim goes right"
    assert moved["hand"][0] == pytest.approx(1, abs=0.02)


def test_a_hidden_page_stops_nothing_and_queues_nothing(browser: Any) -> None:
    studio = Studio(pace=30)
    with served(studio) as address, opened(browser, address) as page:
        dreaming(page)
        page.evaluate(
            "Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true }), window.away = true"
        )
        page.wait_for_timeout(300)
        head = studio.head
        page.wait_for_timeout(300)
        assert studio.head > head, "the film goes on"
        assert max(studio.waiting.values()) <= 2
        page.evaluate("window.away = false, document.dispatchEvent(new Event('visibilitychange'))")
        shown = "document.querySelector('.scrub').value"
        before = int(page.evaluate(shown))
        until(page, f"Number({shown}) > {max(before, head)}")


def shot(page: Any) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(page.locator("#picture").screenshot())).convert("RGB"))


def until_changed(page: Any, before: NDArray[np.uint8]) -> None:
    for _ in range(40):
        page.wait_for_timeout(100)
        if psnr(shot(page), before) < 30:
            return
    raise AssertionError("the picture stands still")


def test_wheel_keys_and_touch_fly_too(browser: Any) -> None:
    studio = Studio(pace=3)
    with served(studio) as address, opened(browser, address, has_touch=True) as page:
        dreaming(page)
        page.mouse.wheel(0, -400)
        assert_moves(page, studio, "motion.zoom", lambda value: value > 1.4)
        page.keyboard.down("ArrowLeft")
        assert_moves(page, studio, "motion.center.0", lambda value: value < 0.4)
        page.keyboard.up("ArrowLeft")
        page.keyboard.down("-")
        assert_moves(page, studio, "motion.zoom", lambda value: value < 1.4)
        page.keyboard.up("-")
        page.keyboard.down(".")
        assert_moves(page, studio, "motion.rotate", lambda value: value > 5)
        page.keyboard.up(".")
        page.keyboard.down("Shift")
        page.keyboard.down("ArrowUp")
        assert_moves(page, studio, "motion.pan.1", lambda value: value > 0)
        page.keyboard.up("ArrowUp")
        page.keyboard.up("Shift")
        assert_moves(page, studio, "motion.pan.1", lambda value: value == 0)
        page.touchscreen.tap(500, 100)
        assert_moves(page, studio, "motion.center.0", lambda value: value > 0.7)
        pinch = """() => {
          const canvas = document.querySelector("#picture");
          canvas.setPointerCapture = () => {};
          const finger = (type, pointerId, clientX) => canvas.dispatchEvent(
            new PointerEvent(type, { pointerId, pointerType: "touch", clientX, clientY: 200, bubbles: true }));
          finger("pointerdown", 11, 250); finger("pointerdown", 12, 350);
          for (let x = 350; x <= 550; x += 20) finger("pointermove", 12, x);
        }"""
        before = studio.values["motion.zoom"]
        page.evaluate(pinch)
        assert_moves(page, studio, "motion.zoom", lambda value: value > 1.5 * before)


def assert_moves(page: Any, studio: Studio, key: str, moved: Any) -> None:
    for _ in range(120):
        if moved(studio.values[key]):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"{key} is {studio.values[key]}")


@pytest.mark.slow
def test_pads_and_knobs_fly_too(browser: Any) -> None:
    """Gamepads and MIDI go through the same hand, and a knob learns what it turns."""
    studio = Studio(pace=3)
    pad = """() => {
      const pad = { index: 0, axes: [1, 0, 0, 0], buttons: Array.from({ length: 8 }, () => ({ pressed: false, value: 0 })) };
      window.pad = pad;
      navigator.getGamepads = () => [pad];
      dispatchEvent(new Event("gamepadconnected"));
    }"""
    midi = """() => { window.keyboard = { onmidimessage: null };
      navigator.requestMIDIAccess = async () => ({ inputs: new Map([[1, window.keyboard]]) }); }"""
    with served(studio) as address, opened(browser, address) as page:
        dreaming(page)
        page.evaluate(pad)
        assert_moves(page, studio, "motion.center.0", lambda value: value > 0.8)
        page.evaluate("() => { pad.axes[0] = 0; pad.buttons[1].pressed = true }")
        hears(page, studio, "record")
        page.evaluate(midi)
        page.click(".tab[data-panel=handles]")
        page.click("[data-do=midi]")
        until(page, "document.querySelector('[data-do=midi]').getAttribute('aria-pressed') === 'true'")
        page.focus("#handle-motion-rotate")
        page.evaluate("keyboard.onmidimessage({ data: [0xb0, 21, 64] })")
        page.evaluate("keyboard.onmidimessage({ data: [0xb0, 21, 127] })")
        assert_moves(page, studio, "motion.rotate", lambda value: value == 45)
        assert page.locator("[data-key='motion.rotate'] .heard").inner_text() == "knob 21"


# ---- what one holds


def test_handles_are_the_vocabulary(browser: Any) -> None:
    """Each number has one: name, unit, range, meaning, its curve where the file moves it; it is set, and let go again."""
    studio = Studio(pace=4)
    with served(studio) as address, opened(browser, address, viewport={"width": 1100, "height": 700}) as page:
        dreaming(page)
        page.click(".tab[data-panel=handles]")
        assert page.locator(".handle").count() == len(studio.values)
        row = page.locator("[data-key='motion.rotate']")
        assert "degrees per second" in row.inner_text()
        row.hover()
        assert page.locator(".meaning").inner_text() == "How fast the picture turns. -3600 to 3600 degrees per second."
        slider = page.locator("#handle-motion-rotate")
        slider.focus()
        page.keyboard.press("PageUp")
        assert_moves(page, studio, "motion.rotate", lambda value: value > 5)
        row.locator("[type=number]").fill("-12.5")
        page.keyboard.press("Enter")
        assert_moves(page, studio, "motion.rotate", lambda value: value == -12.5)
        assert slider.get_attribute("aria-valuetext") == "-12.5 degrees per second"
        until(page, "document.querySelector(\"[data-key='motion.rotate']\").classList.contains('moved')")
        row.locator("button").click()
        assert hears(page, studio, "release")["keys"] == ["motion.rotate"]
        assert page.locator("[data-key='look.hold'] .curve path").count() == 1
        assert "0.5 + 0.3*sin" in page.locator("[data-key='look.hold']").inner_text()


def test_the_wall_adds_and_a_drag_weighs(browser: Any) -> None:
    studio = Studio(pace=4)
    with served(studio) as address, opened(browser, address, viewport={"width": 1100, "height": 700}) as page:
        dreaming(page)
        page.click(".tab[data-panel=dreams]")
        assert page.locator(".term").count() == 2
        page.select_option(".layer", "classes")
        until(page, "document.querySelectorAll('.wall img').length >= 12")
        assert {6, 7, 8} <= set(hears(page, studio, "plates")["numbers"]), "pictures in sight are asked for"
        page.fill(".search", "toucan")
        assert page.locator(".wall button").count() == 1
        page.click(".wall button")
        assert hears(page, studio, "add")["term"] == {"class": "toucan"}
        until(page, "document.querySelectorAll('.term').length === 3")
        page.fill(".search", "")
        page.select_option(".layer", "creatures")
        assert page.locator(".wall button").count() == 24
        page.select_option(".layer", "")
        page.click(".wall button:has-text('shapes')")
        assert hears(page, studio, "add", 2)["term"] == {"layer": "shapes"}
        face = page.locator(".term .face").first.bounding_box()
        page.mouse.move(face["x"] + 30, face["y"] + 30)
        page.mouse.down()
        page.mouse.move(face["x"] + 90, face["y"] + 30, steps=3)
        page.mouse.up()
        assert_moves(page, studio, "dream.objective.0.weight", lambda value: value > 1.5)
        page.locator(".term button").first.click()
        assert hears(page, studio, "drop")["index"] == 0


FAULT = 'film.yaml:3:3: unknown key "zom" in motion\n  3 │   zom: 1.5\n    │   ^^^ did you mean "zoom"?\n'


def test_a_fault_of_the_file_is_shown_and_the_film_plays_on(browser: Any) -> None:
    studio = Studio(pace=4)
    with served(studio) as address, opened(browser, address) as page:
        dreaming(page)
        studio.say({"type": "fault", "text": FAULT, "problems": []})
        page.wait_for_selector(".fault pre")
        assert page.locator(".fault pre").inner_text() == FAULT.rstrip()
        before = studio.head
        until_changed(page, shot(page))
        assert studio.head > before
        studio.say({"type": "mended"})
        until(page, "document.querySelector('.fault').hidden")
        studio.say({"type": "fault", "text": "<img src=x onerror=alert(1)>", "problems": []})
        page.wait_for_selector(".fault pre")
        assert page.locator(".fault img").count() == 0


def test_time_is_scrubbed_marked_and_forked(browser: Any) -> None:
    studio = Studio(pace=12)
    with served(studio) as address, opened(browser, address) as page:
        dreaming(page)
        page.keyboard.press("m")
        hears(page, studio, "mark")
        until(page, "document.querySelectorAll('.marks button').length === 1")
        until(page, "Number(document.querySelector('.scrub').max) > 8")
        page.focus(".scrub")
        page.keyboard.press("Home")
        assert hears(page, studio, "scrub")["tick"] == 0
        until(page, "document.querySelector('.clock').textContent === '0:00.0'")
        page.keyboard.press("ArrowRight")
        hears(page, studio, "scrub", 2)
        page.click("[data-do=fork]")
        assert hears(page, studio, "fork")["tick"] == said(studio, "scrub")[-1]["tick"]
        page.keyboard.press("[")
        hears(page, studio, "scrub", 3)
        until(page, "!document.querySelector('[data-do=live]').hidden")
        page.click("[data-do=live]")
        hears(page, studio, "live")
        page.focus(".marks button")
        page.keyboard.press("Delete")
        hears(page, studio, "unmark")
        until(page, "document.querySelectorAll('.marks button').length === 0")


def test_it_records_renders_plays_and_compares(browser: Any, tmp_path: Any) -> None:
    studio = Studio(pace=4)
    pictures = [np.full((54, 96, 3), (5 * number, 90, 60), dtype=np.uint8) for number in range(24)]
    studio.film = clip(tmp_path / "film.mp4", pictures, "-c:v libx264 -pix_fmt yuv420p", "24").read_bytes()
    with served(studio) as address, opened(browser, address, viewport={"width": 1100, "height": 700}) as page:
        dreaming(page)
        page.click("[data-do=record]")
        hears(page, studio, "record")
        until(page, "document.querySelector('[data-do=record]').getAttribute('aria-pressed') === 'true'")
        page.click("[data-do=record]")
        hears(page, studio, "stop")
        until(page, "document.querySelector('.line').textContent.includes('film-flight')")
        for button, kind in (("snapshot", "snapshot"), ("gif", "gif")):
            page.click(f"[data-do={button}]")
            hears(page, studio, kind)
        page.click(".tab[data-panel=films]")
        until(page, "document.querySelectorAll('.kept img').length === 2")
        page.select_option("[name=flight]", "film-flight")
        page.select_option("[name=size]", "4k")
        page.select_option("[name=quality]", "flown")
        page.click(".order button")
        order = hears(page, studio, "render")
        assert (order["flight"], order["size"], order["quality"]) == ("film-flight", "4k", "flown")
        page.wait_for_selector("#room[open] video")
        until(page, "document.querySelector('#room video').currentTime > 0")
        page.click("[data-do=compare]")
        until(page, "document.querySelector('.flown').naturalWidth === 96")
        cut = "getComputedStyle(document.querySelector('.flown')).clipPath"
        half = page.evaluate(cut)
        page.focus("#room .bar [type=range]")
        page.keyboard.press("ArrowRight")
        assert page.evaluate(cut) != half
        page.keyboard.press("Escape")
        assert page.locator("#room[open]").count() == 0


@pytest.mark.slow
def test_controls_come_with_the_hand_and_go_when_it_rests(browser: Any) -> None:
    with served(Studio(pace=4)) as address, opened(browser, address) as page:
        dreaming(page)
        page.evaluate("clearInterval(restless)")
        until(page, "document.body.classList.contains('awake')")
        until(page, "getComputedStyle(document.querySelector('.deck')).opacity === '1'")
        until(page, "!document.body.classList.contains('awake')")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.chrome') !== null")
        until(page, "getComputedStyle(document.querySelector('.plate')).opacity === '1'")


@pytest.mark.slow
def test_a_killed_server_is_said_and_a_restarted_one_is_joined(browser: Any) -> None:
    studio = Studio(pace=4)
    with served(studio) as address, opened(browser, address, allowed=GONE) as page:
        port = int(address.rsplit(":", 1)[1])
        dreaming(page)
        studio.kill()
        until(page, "document.querySelector('.line').textContent.includes('has ended')")
        again = Studio(pace=4)
        with served(again, port):
            until(page, "document.querySelector('.line').hidden")
            until_changed(page, shot(page))


def focused(page: Any) -> str:
    """What has the focus, in a word."""
    return page.evaluate(  # type: ignore[no-any-return]
        "(({ id, name, dataset, className, tagName }) =>"
        " dataset.do ?? dataset.panel ?? (id || name || className || tagName))(document.activeElement)"
    )


KEYS = {" ": "pause", "r": "record", "m": "mark", "s": "snapshot", "g": "gif", "Home": "over", "x": "release"}


def test_keys_alone_do_everything(browser: Any) -> None:
    studio = Studio(pace=4)
    with served(studio) as address, opened(browser, address, viewport={"width": 1100, "height": 700}) as page:
        dreaming(page)
        reached = []
        for _ in range(16):
            page.keyboard.press("Tab")
            reached.append(focused(page))
        wanted = {"picture", "full", "help", "scrub", *KEYS.values(), "handles", "dreams", "films", "file"} - {
            "pause",
            "release",
        }
        assert wanted <= set(reached), wanted - set(reached)
        for key, kind in KEYS.items():
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press(key)
            hears(page, studio, kind)
        for number, panel in enumerate(("handles", "dreams", "films", "file"), 1):
            page.keyboard.press(str(number))
            assert page.locator(f"#{panel}").is_visible()
            page.keyboard.press("Tab")
            assert page.evaluate(f"document.querySelector('#{panel}').contains(document.activeElement)")
            page.keyboard.press("Escape")
        assert page.locator(".panels").is_hidden()
        assert focused(page) == "file", "where one was"
        page.keyboard.press("?")
        assert page.locator("#keys[open]").count() == 1
        page.keyboard.press("Tab")
        page.check("#keys [type=checkbox]")
        page.keyboard.press("Escape")
        count = len(said(studio, "mark"))
        page.keyboard.press("m")
        page.focus("#picture")
        page.keyboard.press("m")
        hears(page, studio, "mark", count + 1)
        assert len(said(studio, "mark")) == count + 1, "keys act only while the picture has the focus"


PLACES = ("the picture", "handles", "dreams", "films", "file", "keys", "fault")


@pytest.mark.slow
def test_nothing_serious_stands_in_anybodys_way(browser: Any) -> None:
    studio = Studio(pace=1)
    window = {"viewport": {"width": 1100, "height": 700}, "reduced_motion": "reduce"}
    with served(studio) as address, opened(browser, address, **window) as page:
        dreaming(page)
        page.keyboard.press("m")
        for place in PLACES:
            if place == "keys":
                page.keyboard.press("Escape")
                page.keyboard.press("?")
            elif place == "fault":
                page.keyboard.press("Escape")
                studio.say({"type": "fault", "text": FAULT, "problems": []})
                page.wait_for_selector(".fault pre")
            elif place != "the picture":
                page.keyboard.press(str(PLACES.index(place)))
            page.mouse.move(400, 300 + PLACES.index(place))
            violations = axe.Axe().run(page).response["violations"]
            serious = [violation for violation in violations if violation["impact"] in {"serious", "critical"}]
            assert [(place, violation["id"], violation["nodes"][0]["html"]) for violation in serious] == []


@pytest.mark.slow
def test_it_fits_every_window(browser: Any) -> None:
    with served(Studio(pace=1)) as address, opened(browser, address) as page:
        dreaming(page)
        for width, height in ((360, 740), (740, 360), (1280, 800), (2560, 1440), (3840, 2160)):
            page.set_viewport_size({"width": width, "height": height})
            for number in range(5):
                page.keyboard.press(str(number) if number else "Escape")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                for part in (".row", ".panel:not([hidden]) .body"):
                    over = page.eval_on_selector_all(part, "(all) => all.map((one) => one.scrollWidth - one.clientWidth)")
                    assert max(over, default=0) <= 1, (width, number, part)
            page.keyboard.press("Escape")


@pytest.mark.slow
def test_the_screen_is_the_picture_alone(browser: Any) -> None:
    with served(Studio(pace=8)) as address, opened(browser, address, path="/screen#key") as page:
        until(page, "document.querySelector('canvas').clientWidth > 600")
        assert page.locator("button").count() == 0
        until_changed(page, shot(page))


WINDOW = {"viewport": {"width": 1100, "height": 700}}
LONG = 2400  # tries, where a film is dreamed
FILM = """\
size: 96x54
fps: 12
duration: 10s
seed: 3
motion: {zoom: 1.4}
dream: {rate: 4, network: bestiary, objective: {garden: [owl, fern]}, steps: 1, octaves: 1, first_steps: 2}
"""


@pytest.mark.slow
def test_a_film_that_is_dreamed_is_flown_recorded_rendered_and_compared(browser: Any, tmp_path: Path) -> None:
    """The studio itself, from its command: what is flown in the page is a film's file and a table, and plays when rendered."""
    (tmp_path / "garden.yaml").write_text(FILM)
    command = [sys.executable, "-m", "render", "studio", str(tmp_path / "garden.yaml"), "--port", "0", "--no-browser"]
    with subprocess.Popen([*command, "-o", str(tmp_path / "runs")], stderr=subprocess.PIPE, text=True) as studio:
        assert studio.stderr
        address = next(match[0] for line in studio.stderr if (match := re.search(r"http://\S+#\S+", line)))
        try:
            home, token = address.split("/#")
            with opened(browser, home, path=f"/#{token}", patience=120, **WINDOW) as page:
                dreaming(page, LONG)
                page.click("[data-do=record]")
                until(page, "document.body.classList.contains('recording')", LONG)
                box = page.locator("#picture").bounding_box()
                page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.3 * box["height"])
                until(page, "Number(document.querySelector('.scrub').max) >= 6", LONG)
                page.mouse.move(300, 200)
                page.click("[data-do=record]")
                until(page, "document.querySelectorAll('.flights strong').length === 1", LONG)
                table = next(tmp_path.glob("*-flight.csv")).read_text()
                assert "motion.center.0" in table.splitlines()[0]
                page.click(".tab[data-panel=films]")
                page.select_option("[name=size]", "96x54")
                page.select_option("[name=quality]", "flown")
                page.click(".order button")
                page.wait_for_selector("#room[open] video")
                until(page, "document.querySelector('#room video').currentTime > 0", LONG)
                page.click("[data-do=compare]")
                until(page, "document.querySelector('.flown').naturalWidth > 0", LONG)
        finally:
            studio.send_signal(signal.SIGINT)
            studio.communicate(timeout=60)
