"""Laws of the studio's page in a real browser, over the real server: it flies, records, renders, compares, says what is wrong.

They need Debian's Chromium (or Chrome); where there is none, they say so and are passed over. The networks are tiny
(studio_server.py), and most laws share one server and one window; one test, marked slow, is the command and its real network.
"""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from clips import clip
from numpy.typing import NDArray
from PIL import Image
from tiny import film, photo
from tracks import metronome, wav

from render import frames
from render.film import State
from render.picture.picture import from_pixels, to_pixels

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: pip install -e .[dev]")
pytest.importorskip("uvicorn", reason="the studio is not installed: pip install -e .[studio]")
from studio_server import FILM, TOKEN, Studio, served  # noqa: E402

from render.studio.dreams import dream_message  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here; on Debian: apt install chromium"),
]
NOISE = re.compile(r"GPU stall due to ReadPixels")  # what Chromium says where there is no graphics card
GONE = re.compile(r"ERR_CONNECTION|WebSocket connection")  # what it says of a server that has ended
WINDOW = {"viewport": {"width": 1100, "height": 700}}
COARSE = {"device_scale_factor": 0.4}  # of the canvas: a card that is none draws it in time
TRIES = 1200  # looks at something that must come, a minute at least: only what never comes takes so long
LONG = 2 * TRIES  # where a film is dreamed
PATIENCE = 60  # seconds that the browser waits, at most
RESTLESS = "window.restless = setInterval(() => document.dispatchEvent(new Event('pointermove')), 500)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, timeout=1000 * PATIENCE)
        yield started
        started.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    with served(studio):
        yield studio


@pytest.fixture(scope="module")
def window(browser: Any, studio: Studio) -> Iterator[Any]:
    with opened(browser, address(studio), **WINDOW, has_touch=True) as page:
        yield dreaming(page)


@pytest.fixture(scope="module")
def apart(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """A studio with music, which ends while its page stands open."""
    folder = tmp_path_factory.mktemp("apart")
    wav(folder / "track.wav", metronome(120, 120))
    text = FILM + "audio: track.wav\nduration: 120s\n"  # longer than a slow machine takes
    with ExitStack() as serving:
        home = serving.enter_context(served(Studio(folder, text)))
        with opened(browser, home, allowed=GONE, reduced_motion="reduce") as page:
            yield Apart(folder, home, dreaming(page), serving.close)


@pytest.fixture
def page(window: Any, studio: Studio) -> Any:
    """The shared window, as it was in the beginning. What costs a CPU most of it is left to laws that need it.

    Dreams are shown without frames between, and the film waits: `studio.quiet()` lets it play.
    """
    window.emulate_media(reduced_motion="reduce")
    window.evaluate(
        "document.querySelectorAll('dialog[open]').forEach((sheet) => sheet.close()), document.activeElement.blur()"
    )
    if window.locator(".panels").is_visible():
        window.keyboard.press("Escape")
    window.mouse.move(10, 350)
    heard = len(orders(studio, "release"))
    window.keyboard.press("x")  # after what was done here before
    hears(window, studio, "release", heard + 1)
    comes(window, lambda: at_rest(window, studio), "a film that waits, and nobody who looks back")
    return window


def at_rest(page: Any, studio: Studio) -> bool:
    """Whether the page shows a studio at rest; it is brought there again if an order that was on its way came in between."""
    studio.quiet(plays=False)
    rest = "document.querySelector('.back').hidden && document.querySelector('[data-do=play]').title === 'Play'"
    return bool(page.evaluate(rest))


@dataclass(frozen=True)
class Apart:
    """A studio of its own, and its page."""

    folder: Path
    address: str
    page: Any
    end: Callable[[], None]  # ends its server


def address(studio: Studio) -> str:
    return f"http://127.0.0.1:{studio.house.keys.port}"


@contextmanager
def opened(
    browser: Any,
    address: str,
    allowed: re.Pattern[str] = NOISE,
    path: str = f"/#{TOKEN}",
    patience: int = PATIENCE,
    **window: Any,
) -> Iterator[Any]:
    """The page in a window of its own; nothing may go wrong in it, and nothing may be asked of anybody else."""
    faults, requests = list[str](), list[str]()
    context = browser.new_context(**{"viewport": {"width": 640, "height": 420}, **COARSE, **window})
    page = context.new_page()
    page.set_default_timeout(patience * 1000)
    page.on(
        "console",
        lambda line: faults.append(f"{line.text} {line.location['url']}") if line.type in {"error", "warning"} else None,
    )
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


def until(page: Any, true: str, tries: int = TRIES) -> None:
    """Wait until an expression is true. Playwright's own way evaluates text inside the page, which its policy forbids."""
    for _ in range(tries):
        if page.evaluate(true):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {true}")


def says(page: Any, words: str) -> None:
    """Wait until the page says something over the picture."""
    until(page, f"document.querySelector('.line').textContent.includes({words!r})")


def frames_shown(page: Any, count: int = 5) -> None:
    """Wait until the page was drawn so many times more."""
    page.evaluate("async (count) => { while (count--) await new Promise(requestAnimationFrame) }", count)


def dreaming(page: Any, tries: int = TRIES) -> Any:
    """The page, once it shows a dream and its controls, which stay, however slow the machine."""
    until(page, "!document.querySelector('.stage.empty') && !!document.querySelector('.handle')", tries)
    page.mouse.move(300, 200)
    page.mouse.move(310, 205)
    page.evaluate(RESTLESS)
    return page


def orders(studio: Studio, kind: str) -> list[dict[str, Any]]:
    return [message for message in studio.heard if message["type"] == kind]


def hears(page: Any, studio: Studio, kind: str, count: int = 1) -> dict[str, Any]:
    """The last order of a kind, once the studio heard so many."""
    for _ in range(2 * TRIES):
        if len(orders(studio, kind)) >= count:
            return orders(studio, kind)[-1]
        page.wait_for_timeout(25)
    raise AssertionError(f"never said: {kind}; but {[message['type'] for message in studio.heard]}")


def comes(page: Any, true: Any, what: str) -> None:
    """Wait until something holds of the studio."""
    for _ in range(2 * TRIES):
        if true():
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never came: {what}")


def moves(page: Any, studio: Studio, key: str, moved: Any) -> None:
    comes(page, lambda: moved(studio.values[key]), key)


def shot(page: Any) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(page.locator("#picture").screenshot())).convert("RGB"))


def rendered(studio: Studio) -> str:
    """The film that every rendering of this studio gives, below the takes."""
    pictures = [np.full((54, 96, 3), (5 * number, 90, 60), dtype=np.uint8) for number in range(24)]
    clip(studio.film, pictures, "-c:v libx264 -pix_fmt yuv420p", "24")
    return studio.film.relative_to(studio.runs).as_posix()


def until_changed(page: Any, before: NDArray[np.uint8]) -> None:
    for _ in range(TRIES):
        page.wait_for_timeout(50)
        if psnr(shot(page), before) < 30:
            return
    raise AssertionError("the picture stands still")


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(-10 * np.log10(max(1e-9, ((one.astype(float) - other) ** 2).mean()) / 255**2))


# ---- the frames between two dreams

DRAW = """async ({messages, u, size}) => {
  const [{ Picture }, { movesAt, unpack }] = [await import("/page/picture.js"), await import("/page/live.js")];
  const picture = (window.drawing ??= new Picture(document.createElement("canvas")));
  [picture.canvas.width, picture.canvas.height] = size;
  const [before, after] = await Promise.all(messages.map(async (content) => {
    const dream = unpack(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)).buffer);
    const { header: { fine }, mesh } = dream;
    const blobs = [dream.jpeg, dream.mask, dream.still];
    const [jpeg, mask, still] = await Promise.all(blobs.map((blob) => blob && createImageBitmap(blob)));
    return { ...dream, ...picture.put(jpeg, { fine, mesh, mask, still }) };
  }));
  const { path, border } = after.header;
  picture.draw({ before, after, u, moves: movesAt(path, u), border });
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
HEIGHT, WIDTH = 72, 128


def drawn(page: Any, still: Any, before: Any, after: Any, u: float) -> NDArray[np.uint8]:
    """What the page makes of two dreams, tick 0 and tick 1, as they travel."""
    messages = [dream_message(still, State(tick, canvas), {}) for tick, canvas in enumerate((before, after))]
    content = [base64.b64encode(message).decode() for message in messages]
    pixels = page.evaluate(DRAW, {"messages": content, "u": u, "size": [WIDTH, HEIGHT]})
    return np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(HEIGHT, WIDTH, 4)[..., :3]


def test_the_page_makes_the_frames_of_the_film(page: Any, tmp_path: Path) -> None:
    """`frames` of Python and the canvas of the page are one picture, of at least 35 dB, and not that of the dream beside it."""
    before, after = (from_pixels(to_pixels(photo((HEIGHT, WIDTH), seed))) for seed in (1, 2))
    disc = (np.hypot(*np.mgrid[-1 : 1 : HEIGHT * 1j, -1.7 : 1.7 : WIDTH * 1j]) < 0.7).astype(np.uint8)
    Image.fromarray(255 * disc).resize((WIDTH, HEIGHT)).save(tmp_path / "disc.png")
    for name, camera in {**CAMERAS, "in a mask": "motion={zoom: 3}"}.items():
        mask = [f"mask={{file: {tmp_path / 'disc.png'}}}", "source={noise: perlin}"] if "mask" in name else []
        still = film("", [camera, f"size={WIDTH}x{HEIGHT}", "dream.rate=8", *mask])
        scene = still.scene
        ends = [scene.apply_mask(scene.clock.tick(tick), canvas) for tick, canvas in enumerate((before, after))]
        for index in (1, 2):
            moment = scene.clock.frame(index)
            tick, u = scene.clock.beside(index / scene.clock.fps)
            wanted = to_pixels(frames.between(scene, *ends, tick, moment, u))
            assert psnr(drawn(page, still, *ends, u), wanted) >= 35, (name, index)
            assert psnr(to_pixels(ends[0]), wanted) < 30, (name, "a frame that is like the dream beside it says nothing")


def test_a_dream_that_is_shown_as_it_is_costs_a_look_and_is_the_same(page: Any) -> None:
    """On a canvas of its own size and of another: beside itself it is made in the long way."""
    apart = page.evaluate("""async () => {
      const { Picture } = await import("/page/picture.js");
      const paint = new OffscreenCanvas(64, 36), brush = paint.getContext("2d");
      for (let bar = 0; bar < 16; bar++) {
        brush.fillStyle = `hsl(${23 * bar} 80% ${30 + 2 * bar}%)`;
        brush.fillRect(4 * bar, bar, 64, 36);
      }
      const picture = new Picture(document.createElement("canvas")), before = picture.put(paint.transferToImageBitmap());
      return [[64, 36], [150, 80]].map(([width, height]) => {
        [picture.canvas.width, picture.canvas.height] = [width, height];
        const [short, long] = [null, before].map((after) => (picture.draw({ before, after }), picture.read()));
        return Math.max(...short.map((value, place) => Math.abs(value - long[place])));
      });
    }""")
    assert max(apart) <= 1


def test_dreams_on_footage_go_with_what_moves(page: Any, tmp_path: Path) -> None:
    """The frame that the page makes is nearer to the film's own than two dreams that only fade into each other."""
    street = from_pixels(to_pixels(photo((HEIGHT, 2 * WIDTH), 5)))
    pan = [to_pixels(street[..., number : number + WIDTH]) for number in range(24)]
    source = clip(tmp_path / "pan.mp4", pan, "-c:v libx264 -qp 8 -pix_fmt yuv420p", "24")
    footage = film(f"source: {{video: {source}}}", [f"size={WIDTH}x{HEIGHT}", "dream.rate=4", "fps=24"])
    scene = footage.scene
    ends = [scene.picture(scene.clock.tick(tick)) for tick in (0, 1)]
    moment = scene.clock.frame(3)
    wanted = to_pixels(frames.between(scene, *ends, 0, moment, 0.5))
    fade = to_pixels((ends[0] + ends[1]) / 2)
    assert psnr(drawn(page, footage, *ends, 0.5), wanted) > psnr(fade, wanted) + 6


# ---- flying


def test_it_opens_and_flies_to_the_pointer(page: Any, studio: Studio) -> None:
    """The aim goes where the pointer is, and the picture moves; that nothing is wrong in it is seen when its window closes."""
    studio.quiet()
    assert page.url == f"{address(studio)}/", "the token is out of the address bar"
    assert page.title() == "garden, live"
    page.emulate_media(reduced_motion="no-preference")
    box = page.locator("#picture").bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"])
    moves(page, studio, "motion.center.0", lambda value: abs(value - 0.9) < 0.02)
    moves(page, studio, "motion.center.1", lambda value: abs(value - 0.5) < 0.02)
    until_changed(page, shot(page))


def test_the_hand_is_felt_before_a_dream_comes(page: Any) -> None:
    """With no dream on its way the newest one moves by what the hand changed, at once, and in its direction."""
    moved = page.evaluate("""async () => {
      const { Live } = await import("/page/live.js");
      const { Values } = await import("/page/values.js");
      const values = new Values(), drawn = [];
      const header = { size: [160, 90], tick: 3, rate: 8, scrub: false, take: "a", border: "reflect", path: [] };
      const picture = { lost: false, canvas: document.createElement("canvas"), draw: (frame) => drawn.push(frame.hand) };
      const shown = async (holds) => {
        for (let frame = 0; frame < 600 && !holds(); frame++) await new Promise(requestAnimationFrame);
      };
      const live = new Live(picture, { on() {}, send() {} }, values);
      live.watch = () => {};  // however slow this machine is
      values.take(2, { "motion.zoom": 1.5, "motion.center.0": 0.5, "motion.center.1": 0.5 });
      live.dreams = [{ header, place: 1, path: [] }];
      live.came = live.place = 1;
      live.newest = performance.now() / 1000;
      await shown(() => drawn.length);
      let frames = 5;
      await shown(() => !frames--);
      const rests = drawn.length;
      values.set("motion.center.0", 1);
      live.touch("motion.center.0");
      await shown(() => drawn.at(-1)[2] < -0.001);
      live.dreams = [];
      return { rests, hand: drawn.at(-1), still: drawn[0] };
    }""")
    assert moved["still"] == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert moved["rests"] == 1, "a picture that stands still is not drawn again"
    assert moved["hand"][2] < -0.001, "what is in the middle goes left when the aim goes right"
    assert moved["hand"][0] == pytest.approx(1, abs=0.02)


def test_a_browser_that_is_far_too_slow_shows_dreams_as_they_are(page: Any) -> None:
    """Until the film begins anew; one late frame, as after a pause, changes nothing."""
    modes = page.evaluate("""async () => {
      const { Live } = await import("/page/live.js");
      const { Values } = await import("/page/values.js");
      const header = { size: [160, 90], tick: 3, rate: 8, scrub: false, take: "a", border: "reflect", path: [], cut: true };
      const bitmap = { width: 160, height: 90, close() {} };
      const picture = { lost: false, canvas: document.createElement("canvas"), put: () => bitmap, drop() {}, draw() {} };
      const live = new Live(picture, { on() {}, send() {} }, new Values());
      live.take({ header, mesh: null }, bitmap);
      live.take({ header: { ...header, cut: false, tick: 4 }, mesh: null }, bitmap);
      const modes = [];
      for (const passed of [10, 900, 10, 900, 10, 2000, 2000]) live.watch(passed), modes.push(live.moves);
      live.advance(0.001);
      modes.push(live.place);
      live.take({ header: { ...header, take: "b" }, mesh: null }, bitmap);
      modes.push(live.moves);
      live.dreams = [];
      return modes;
    }""")
    assert modes == [True, True, True, True, True, True, False, 2, True]


def test_a_hidden_page_stops_nothing_and_queues_nothing(page: Any, studio: Studio) -> None:
    studio.quiet()
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true }), window.away = true"
    )
    head = studio.head
    comes(page, lambda: studio.head > head + 3, "the film goes on")
    comes(page, lambda: len(studio.house.viewers) == 1, "pages of other laws are gone")
    (viewer,) = studio.house.viewers._viewers
    assert len(viewer._in_flight) <= 2
    page.evaluate("window.away = false, document.dispatchEvent(new Event('visibilitychange'))")
    until(page, f"Number(document.querySelector('.scrub').value) > {head + 3}")


def test_wheel_keys_and_touch_fly_too(page: Any, studio: Studio) -> None:
    page.emulate_media(reduced_motion="no-preference")
    box = page.locator("#picture").bounding_box()

    def within(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*within(0.5, 0.5))
    page.mouse.wheel(0, -400)
    moves(page, studio, "motion.zoom", lambda value: value > 1.4)
    page.keyboard.down("ArrowLeft")
    moves(page, studio, "motion.center.0", lambda value: value < 0.4)
    page.keyboard.up("ArrowLeft")
    page.keyboard.down("-")
    moves(page, studio, "motion.zoom", lambda value: value < 1.4)
    page.keyboard.up("-")
    page.keyboard.down(".")
    moves(page, studio, "motion.rotate", lambda value: value > 5)
    page.keyboard.up(".")
    page.keyboard.down("Shift")
    page.keyboard.down("ArrowUp")
    moves(page, studio, "motion.pan.1", lambda value: value > 0)
    page.keyboard.up("ArrowUp")
    page.keyboard.up("Shift")
    moves(page, studio, "motion.pan.1", lambda value: value == 0)
    page.touchscreen.tap(*within(0.8, 0.2))
    moves(page, studio, "motion.center.0", lambda value: value > 0.7)
    pinch = """() => {
      const canvas = document.querySelector("#picture");
      canvas.setPointerCapture = () => {};
      const finger = (type, pointerId, clientX) => canvas.dispatchEvent(
        new PointerEvent(type, { pointerId, pointerType: "touch", clientX, clientY: 200, bubbles: true }));
      finger("pointerdown", 11, 250); finger("pointerdown", 12, 350);
      for (let x = 350; x <= 550; x += 20) finger("pointermove", 12, x);
      finger("pointerup", 11, 250); finger("pointerup", 12, 550);
    }"""
    before = studio.values["motion.zoom"]
    page.evaluate(pinch)
    moves(page, studio, "motion.zoom", lambda value: value > 1.5 * before)


def test_pads_and_knobs_fly_too(page: Any, studio: Studio) -> None:
    """Gamepads and MIDI go through the same hand, and a knob learns what it turns."""
    pad = """() => {
      const pad = { index: 0, axes: [1, 0, 0, 0], buttons: Array.from({ length: 8 }, () => ({ pressed: false, value: 0 })) };
      window.pad = pad;
      navigator.getGamepads = () => [pad];
      dispatchEvent(new Event("gamepadconnected"));
    }"""
    midi = """() => { window.keyboard = { onmidimessage: null };
      navigator.requestMIDIAccess = async () => ({ inputs: new Map([[1, window.keyboard]]) }); }"""
    page.evaluate(pad)
    moves(page, studio, "motion.center.0", lambda value: value > 0.8)
    page.evaluate("() => { pad.axes[0] = 0; pad.buttons[2].pressed = true }")
    hears(page, studio, "mark")
    page.evaluate("() => { pad.buttons[2].pressed = false; navigator.getGamepads = () => [] }")
    page.evaluate(midi)
    page.click(".tab[data-panel=handles]")
    page.click("[data-do=midi]")
    until(page, "document.querySelector('[data-do=midi]').getAttribute('aria-pressed') === 'true'")
    page.focus("#handle-motion-rotate")
    page.evaluate("keyboard.onmidimessage({ data: [0xb0, 21, 64] })")
    page.evaluate("keyboard.onmidimessage({ data: [0xb0, 21, 127] })")
    moves(page, studio, "motion.rotate", lambda value: value == 90)
    until(page, "document.querySelector(\"[data-key='motion.rotate'] .heard\").innerText === 'knob 21'")
    page.click("[data-do=midi]")


# ---- what comes sooner than an answer


def presses(page: Any, *keys: str) -> None:
    """Keys pressed in one turn of the page: nothing that the server tells comes between."""
    page.evaluate("(keys) => keys.forEach((key) => document.body.dispatchEvent("
                  "new KeyboardEvent('keydown', { key, code: key, bubbles: true })))", keys)  # fmt: skip
    page.evaluate("(keys) => keys.forEach((code) => document.dispatchEvent(new KeyboardEvent('keyup', { code })))", keys)


HASTE: dict[tuple[str, ...], list[dict[str, Any]]] = {
    (" ", " "): [{"type": "pause"}, {"type": "play"}],
    (" ", "r", "r"): [{"type": "pause"}, {"type": "record"}, {"type": "stop"}],
    ("r", " ", "Home", "r"): [{"type": "record"}, {"type": "pause"}, {"type": "over"}, {"type": "record"}],
    ("[", "[", "s"): [{"type": "snapshot", "tick": -2}],
    ("[", "End", "m"): [{"type": "live"}, {"type": "mark", "tick": None}],
    ("[", "[", "[", "b", "b"): [{"type": "fork", "tick": -3}, {"type": "fork", "tick": 0}],
}


@pytest.mark.parametrize("keys", HASTE)
def test_a_press_means_what_those_before_it_lead_to(keys: tuple[str, ...], page: Any, studio: Studio) -> None:
    """However late the server is; ticks are told from the newest, which waits while one looks back."""
    studio.quiet()
    comes(page, lambda: studio.head > 5, "some dreams")
    studio.order(type="pause")
    newest = studio.head
    until(page, f"document.querySelector('.scrub').ariaValueText.endsWith('dream {newest}')")  # it is shown, not only told
    until(page, "document.querySelector('[data-do=play]').title === 'Play'")  # told after the picture
    if keys[0] != "[":
        studio.order(type="play")
        until(page, "document.querySelector('[data-do=play]').title === 'Pause'")
    studio.heard.clear()
    presses(page, *keys)
    wanted = HASTE[keys]
    kinds = [order["type"] for order in wanted]
    comes(page, lambda: [message["type"] for message in studio.heard if message["type"] in kinds] == kinds, str(kinds))
    for order, message in zip(wanted, (message for message in studio.heard if message["type"] in kinds), strict=True):
        if "tick" in order:
            assert message.get("tick") == (order["tick"] if order["tick"] is None else newest + order["tick"])
    slider = "Number(document.querySelector('.scrub').value)"
    comes(page, lambda: page.evaluate(slider) == studio.session.shown, "a page that shows where the studio is")


def test_what_a_hand_set_goes_before_what_it_orders(page: Any, studio: Studio) -> None:
    """Numbers wait some milliseconds for each other; an order waits for none of them."""
    page.keyboard.press("1")
    page.evaluate("""() => {
      const slider = document.querySelector("#handle-motion-rotate");
      for (const value of [250, 300, 350]) (slider.value = value), slider.dispatchEvent(new Event("input"));
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "x", bubbles: true }));
    }""")
    hears(page, studio, "release")
    assert [message["type"] for message in studio.heard][-3:] == ["set", "set", "release"]
    assert not studio.session.hand.moved, "even what the page was not told of yet is let go"


def test_a_number_stays_as_the_hand_has_it_until_it_is_heard(page: Any) -> None:
    """What the server tells meanwhile is from before it, whether that takes a blink or a minute."""
    numbers = page.evaluate("""async () => {
      const { Values } = await import("/page/values.js");
      const values = new Values(), numbers = [];
      const told = (tick, number) => { values.take(tick, { zoom: number }); numbers.push(values.get("zoom")); };
      let heard;
      told(1, 1);
      values.set("zoom", 2);
      values.send(["zoom"], new Promise((done) => (heard = done)));
      told(2, 1);
      await heard();
      await null;
      told(3, 2);
      values.set("zoom", 3);  // on its way, while the one before is answered
      values.send(["zoom"], Promise.reject(new Error("The server is not there.")));
      await null;
      await null;
      told(4, 2);
      return numbers;
    }""")
    assert numbers == [1, 2, 2, 2]


def test_what_is_held_ends_with_the_key_that_holds_it(page: Any, studio: Studio) -> None:
    """Shift may be let go before it, and two keys may hold one number."""
    page.keyboard.down("Shift")
    page.keyboard.down("Equal")
    moves(page, studio, "motion.zoom", lambda value: value > 1.5)
    page.keyboard.up("Shift")
    page.keyboard.up("Equal")
    page.keyboard.press("m")
    frames_shown(page)
    page.keyboard.press("m")
    hears(page, studio, "mark", 2)
    first, last = (at for at, message in enumerate(studio.heard) if message["type"] == "mark")
    assert last == first + 1, "nothing is set between them"
    for key in ("Shift", "ArrowLeft", "ArrowRight"):
        page.keyboard.down(key)
    moves(page, studio, "motion.pan.0", lambda value: value < 0)
    page.keyboard.up("ArrowLeft")
    page.keyboard.up("Shift")
    page.keyboard.up("ArrowRight")
    moves(page, studio, "motion.pan.0", lambda value: value == 0)


def test_what_is_told_takes_nothing_out_of_a_hand(page: Any, studio: Studio) -> None:
    """A vocabulary that comes while a slider is dragged waits, and so do lists whose buttons are pressed."""
    tell, job = studio.house.viewers.tell, {"flight": "f", "size": "4k", "quality": "final", "left": 9, "url": "", "text": ""}
    page.keyboard.press("1")
    slider = page.locator("#handle-motion-rotate")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.evaluate("window.before = document.querySelector('#handle-motion-rotate')")
    tell(studio.session.vocabulary())
    tell({"type": "fault", "text": "told after it", "problems": []})
    until(page, "!document.querySelector('.fault').hidden")
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
    moves(page, studio, "motion.rotate", lambda value: value > 60)
    page.mouse.up()
    until(page, "document.querySelector('#handle-motion-rotate') !== before")
    tell({"type": "mended"})
    tell({"type": "jobs", "jobs": [{**job, "job": 1, "stage": "dreaming", "share": 0.1}]})
    page.keyboard.press("3")
    box = page.locator(".jobs button").bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    tell({"type": "jobs", "jobs": [{**job, "job": 1, "stage": "dreaming", "share": 0.2}]})
    tell({"type": "fault", "text": "told after it", "problems": []})
    until(page, "!document.querySelector('.fault').hidden")
    page.mouse.up()
    assert hears(page, studio, "cancel")["job"] == 1
    until(page, "!document.querySelector('.jobs .job')")  # the studio knows of none
    tell({"type": "mended"})


def test_a_film_that_is_done_plays_once_and_an_old_one_does_not(page: Any, studio: Studio) -> None:
    """However few of its words the page heard; a server that is joined tells first of what was there before."""
    tell, job = (
        studio.house.viewers.tell,
        {"size": "4k", "quality": "final", "share": 1, "left": 0, "stage": "done", "text": ""},
    )
    jobs = [{**job, "job": number, "flight": f"film {number}", "url": f"/takes/{rendered(studio)}"} for number in (98, 99)]
    tell({"type": "welcome", **studio.house.welcome})
    tell({"type": "jobs", "jobs": jobs[:1]})
    until(page, "document.querySelector('.jobs').textContent.includes('film 98')")
    assert not page.evaluate("document.querySelector('#room').open")
    tell({"type": "jobs", "jobs": jobs})
    until(page, "document.querySelector('#room').open && document.querySelector('#room-title').textContent === 'film 99'")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('#room').open")
    tell({"type": "jobs", "jobs": jobs})
    tell(studio.session.jobs.message)
    until(page, "!document.querySelector('.jobs').textContent.includes('film')")
    assert not page.evaluate("document.querySelector('#room').open")


# ---- what one holds


def test_handles_are_the_vocabulary(page: Any, studio: Studio) -> None:
    """Each number has one: name, unit, range, meaning, its curve where the file moves it; it is set, and let go again."""
    studio.quiet()
    page.click(".tab[data-panel=handles]")
    until(page, f"document.querySelectorAll('.handle').length === {len(studio.session.vocabulary()['handles'])}")
    row = page.locator("[data-key='motion.rotate']")
    assert "degrees per second" in row.inner_text()
    row.hover()
    until(page, r"/^.+\. -3600 to 3600 degrees per second\.$/.test(document.querySelector('.meaning').innerText)")
    slider = page.locator("#handle-motion-rotate")
    until(page, "document.querySelector('#handle-motion-rotate').ariaValueText === '4 degrees per second'")
    slider.focus()
    page.keyboard.press("PageUp")
    moves(page, studio, "motion.rotate", lambda value: value > 5)
    row.locator("[type=number]").fill("-12.5")
    page.keyboard.press("Enter")
    moves(page, studio, "motion.rotate", lambda value: value == -12.5)
    until(page, "document.querySelector('#handle-motion-rotate').ariaValueText === '-12.5 degrees per second'")
    until(page, "document.querySelector(\"[data-key='motion.rotate']\").classList.contains('moved')")
    row.locator("button").click()
    assert hears(page, studio, "release")["keys"] == ["motion.rotate"]
    assert page.locator("[data-key='look.hold'] .curve path").count() == 1
    assert "0.5 + 0.3*sin" in page.locator("[data-key='look.hold']").inner_text()


def test_the_wall_adds_and_a_drag_weighs(page: Any, studio: Studio) -> None:
    """What the network knows is dreamed as pictures where it is looked at, by `render atlas`, and a click adds it."""
    page.click(".tab[data-panel=dreams]")
    until(page, "document.querySelectorAll('.term').length === 2")
    assert page.input_value(".layer") == "classes", "things come first"
    until(page, "document.querySelector(\".wall button[title='tower'] img\")?.naturalWidth === 96")
    page.fill(".search", "tower")
    assert page.locator(".wall button").count() == 1
    page.click(".wall button")
    assert hears(page, studio, "add")["term"] == {"class": "tower"}
    until(page, "document.querySelectorAll('.term').length === 3")
    page.fill(".search", "")
    page.select_option(".layer", "edges")
    assert page.locator(".wall button").count() == 8
    page.select_option(".layer", "")
    page.click(".wall button:has-text('shapes')")
    assert hears(page, studio, "add", 2)["term"] == {"layer": "shapes"}
    until(page, "document.querySelectorAll('.term').length === 4")
    face = page.locator(".term .face").first.bounding_box()
    page.mouse.move(face["x"] + 30, face["y"] + 30)
    page.mouse.down()
    page.mouse.move(face["x"] + 90, face["y"] + 30, steps=3)
    page.mouse.up()
    moves(page, studio, "dream.objective.0.weight", lambda value: value > 1.5)
    page.locator(".term button").last.click()
    assert hears(page, studio, "drop")["index"] == 3


# ---- the film's file


def test_a_save_takes_hold_and_a_fault_is_shown_while_the_film_plays_on(page: Any, studio: Studio) -> None:
    """The file is watched by the server's own thread: one's own editor is the editor. What it says is text, never markup."""
    studio.quiet()
    good = studio.file.read_text()
    hostile = good.replace("zoom: 1.4", '"<img src=x onerror=alert(1)>": 1.4')
    for text, words in ((good.replace("zoom:", "zom:"), 'did you mean "zoom"?'), (hostile, "<img src=x onerror=alert(1)>")):
        studio.file.write_text(text)
        page.wait_for_selector(".fault pre")
        until(page, f"document.querySelector('.fault').innerText.includes({words!r})")
        assert page.locator(".fault img").count() == 0
        before, seen = studio.head, shot(page)
        until_changed(page, seen)
        comes(page, lambda before=before: studio.head > before, "the film plays on")
    assert page.locator(".fault pre").inner_text().startswith(str(studio.file))
    studio.file.write_text(good.replace("zoom: 1.4", "zoom: 1.2"))
    until(page, "document.querySelector('.fault').hidden")
    moves(page, studio, "motion.zoom", lambda value: value == 1.2)


def test_what_a_hand_set_is_written_into_the_file(page: Any, studio: Studio) -> None:
    studio.order(type="set", values={"motion.zoom": 1.75})
    page.keyboard.press("4")
    page.click("#write")
    hears(page, studio, "write")
    assert re.search(r"^motion: \{zoom: 1\.75, rotate: 4.*\} +# slow$", studio.file.read_text(), re.MULTILINE)
    until(page, "document.querySelector('#file').innerText.includes('the page and the file say the same')")


# ---- time, films


def test_time_is_scrubbed_marked_and_forked(page: Any, studio: Studio) -> None:
    studio.quiet()
    until(page, "Number(document.querySelector('.scrub').max) > 8")
    page.keyboard.press("m")
    hears(page, studio, "mark")
    until(page, "document.querySelectorAll('.marks button').length >= 1")
    page.focus(".scrub")
    page.keyboard.press("Home")
    assert hears(page, studio, "scrub")["tick"] == 0
    until(page, "document.querySelector('.clock').textContent === '0:00.0'")
    take = studio.session.live_take.folder
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.click("[data-do=fork]")  # sooner than the studio can say where it looks
    assert hears(page, studio, "fork")["tick"] == 2
    comes(page, lambda: studio.session.live_take.folder != take and studio.head > 2, "a take of its own")
    until(page, "document.querySelector('.back').hidden")
    page.keyboard.press("m")
    hears(page, studio, "mark", 2)
    until(page, "document.querySelectorAll('.marks button').length === 1")  # the other one was later than where it went on
    looks = len(orders(studio, "scrub"))
    page.keyboard.press("[")
    hears(page, studio, "scrub", looks + 1)
    until(page, "!document.querySelector('.back').hidden")
    page.click("[data-do=live]")
    hears(page, studio, "live")
    until(page, "document.querySelector('.back').hidden")
    page.focus(".marks button")
    page.keyboard.press("Delete")
    hears(page, studio, "unmark")
    until(page, "document.querySelectorAll('.marks button').length === 0")


def test_it_records_thins_renders_plays_and_compares(page: Any, studio: Studio) -> None:
    """A flight becomes a film's file and a table; a rendering waits, gets on, and plays in the page when it is done."""
    rendered(studio)
    studio.order(type="over")  # of a short flight all is made sooner
    page.click("[data-do=record]")
    hears(page, studio, "record")
    until(page, "document.querySelector('[data-do=record]').getAttribute('aria-pressed') === 'true'")
    for zoom in (1.5, 1.501, 1.502):
        head = studio.head
        studio.order(type="set", values={"motion.zoom": zoom})
        comes(page, lambda head=head: studio.head > head, "a dream")
    page.click("[data-do=record]")
    hears(page, studio, "stop")
    says(page, "garden-flight")
    studio.order(type="pause")
    table = studio.folder / "garden-flight.csv"
    rows = len(table.read_text().splitlines())
    for button, kind in (("snapshot", "snapshot"), ("gif", "gif")):
        page.click(f"[data-do={button}]")
        hears(page, studio, kind)
    page.click(".tab[data-panel=films]")
    until(page, "document.querySelectorAll('.kept img').length >= 2")
    page.fill(".flights .thin", "50")
    page.click(".flights .pill")
    hears(page, studio, "thin")
    assert len(table.read_text().splitlines()) < rows, (page.locator(".line").inner_text(), table.read_text())
    page.select_option("[name=flight]", "garden-flight")
    page.select_option("[name=size]", "4k")
    page.select_option("[name=quality]", "flown")
    page.click(".order button")
    order = hears(page, studio, "render")
    assert (order["flight"], order["size"], order["quality"]) == ("garden-flight", "4k", "flown")
    assert "size: 3840x2160" in (studio.folder / "garden-flight-4k-flown.yaml").read_text()
    page.wait_for_selector("#room[open] video")
    page.evaluate("document.querySelector('#room video').play()")  # by itself where motion is wanted
    until(page, "document.querySelector('#room video').currentTime > 0")
    page.click("[data-do=compare]")
    until(page, "document.querySelector('.flown').naturalWidth === 96")
    cut = "getComputedStyle(document.querySelector('.flown')).clipPath"
    half = page.evaluate(cut)
    page.focus("#room .bar [type=range]")
    page.keyboard.press("ArrowRight")
    until(page, f"{cut} !== {half!r}")
    page.evaluate("() => { const room = document.querySelector('#room'); room.close(); room.showModal(); }")
    page.wait_for_timeout(100)
    assert page.locator("#room video").count() == 1, "a film shown at once after another stays"
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('#room').open")
    until(page, "document.querySelector('.jobs .job small').innerText.endsWith('done')")


# ---- sound, screen, the server's end


def test_sound_plays_along_from_the_first_click(apart: Apart) -> None:
    page = apart.page
    assert page.evaluate("document.querySelector('#sound').paused")
    page.mouse.click(300, 200)
    until(page, "!document.querySelector('#sound').paused")
    until(page, "document.querySelector('#sound').currentTime > 0.3")
    page.keyboard.press(" ")
    until(page, "document.querySelector('#sound').paused")
    page.keyboard.press(" ")
    until(page, "!document.querySelector('#sound').paused")
    page.keyboard.press("v")
    until(page, "document.querySelector('#sound').paused")


def test_a_server_that_ends_is_said_and_a_restarted_one_is_joined(apart: Apart) -> None:
    page = apart.page
    apart.end()
    says(page, "has ended")
    assert (apart.folder / "runs/garden-live/take-001/flight.yaml").is_file(), "the live take is a take"
    with served(Studio(apart.folder), int(apart.address.rsplit(":", 1)[1])):
        until(page, "document.querySelector('.line').hidden")
        until_changed(page, shot(page))


def test_the_screen_is_the_picture_alone(browser: Any, studio: Studio) -> None:
    studio.quiet()
    with opened(browser, address(studio), path=f"/screen#{TOKEN}") as page:
        until(page, "document.querySelector('canvas').clientWidth > 600")
        assert page.locator("button").count() == 0
        until_changed(page, shot(page))
    before = studio.head
    for _ in range(3 * TRIES):
        if studio.head >= before + 2:  # a closed page stops nothing
            return
        sleep(0.02)
    raise AssertionError("the film stands still")


def test_another_network_is_shown_and_offered_as_a_cut(page: Any, studio: Studio) -> None:
    """A network that is chosen is loaded, and the wall shows what it knows; what is added of it begins the film anew."""
    take = studio.session.live_take.folder
    page.click(".tab[data-panel=dreams]")
    page.select_option(".layer", layer := "classes")
    page.select_option(".network", "efficientnet_lite0")
    assert hears(page, studio, "visit")["network"] == "efficientnet_lite0"
    until(page, "document.querySelector('#dreams .count').innerText.includes('the film begins anew')")
    assert page.input_value(".layer") == layer, "what one looks for stays what it was"
    page.select_option(".layer", "")
    until(page, "document.querySelector('.wall button img')?.naturalWidth === 96")
    page.click(".wall button[title='layer shapes: the film begins anew']")
    assert hears(page, studio, "add")["term"] == {"layer": "shapes", "network": "efficientnet_lite0"}
    comes(page, lambda: studio.session.live_take.folder != take, "a take of its own")
    says(page, "efficientnet_lite0 is a new network")
    until(page, "[...document.querySelectorAll('.term .words')].at(-1).textContent.includes('shapes')")
    studio.order(type="size", size="96x54")  # which leaves out what was added
    until(page, "document.querySelectorAll('.term').length === 2")


# ---- whoever comes


def test_controls_come_with_the_hand_and_go_when_it_rests(page: Any) -> None:
    page.evaluate("document.querySelector('.unseen').tabIndex = -1, document.querySelector('.unseen').focus()")
    until(page, "document.body.classList.contains('awake')")
    until(page, "getComputedStyle(document.querySelector('.deck')).opacity === '1'")
    page.evaluate("clearInterval(restless)")
    try:
        until(page, "getComputedStyle(document.querySelector('.deck')).opacity === '0'")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.chrome') !== null")
        until(page, "getComputedStyle(document.querySelector('.plate')).opacity === '1'")
    finally:
        page.evaluate(RESTLESS)


def focused(page: Any) -> str:
    """What has the focus, in a word."""
    return page.evaluate(  # type: ignore[no-any-return]
        "(({ id, name, dataset, className, tagName }) =>"
        " dataset.do ?? dataset.panel ?? (id || name || className || tagName))(document.activeElement)"
    )


KEYS = {" ": "pause", "r": "record", "m": "mark", "s": "snapshot", "g": "gif", "Home": "over", "x": "release"}


def test_keys_alone_do_everything(page: Any, studio: Studio) -> None:
    studio.quiet()
    page.evaluate("document.querySelector('.unseen').tabIndex = -1, document.querySelector('.unseen').focus()")
    reached = []
    for _ in range(18):
        page.keyboard.press("Tab")
        reached.append(focused(page))
    wanted = {"picture", "full", "help", "scrub", *KEYS.values(), "handles", "dreams", "films", "file"} - {"pause", "release"}
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
    until(page, "!document.querySelector('#keys').open")
    count = len(orders(studio, "mark"))
    page.keyboard.press("m")
    page.focus("#picture")
    page.keyboard.press("m")
    hears(page, studio, "mark", count + 1)
    assert len(orders(studio, "mark")) == count + 1, "keys act only while the picture has the focus"
    page.keyboard.press("?")
    page.uncheck("#keys [type=checkbox]")
    page.keyboard.press("Escape")


PLACES = ("the picture", "handles", "dreams", "films", "file", "keys", "fault")
FAULT = 'film.yaml:3:3: unknown key "zom" in motion\n  3 │   zom: 1.5\n    │   ^^^ did you mean "zoom"?\n'


@pytest.mark.slow
def test_nothing_serious_stands_in_anybodys_way(browser: Any, studio: Studio) -> None:
    studio.quiet()
    with opened(browser, address(studio), **WINDOW, device_scale_factor=1) as page:
        dreaming(page)
        page.keyboard.press("m")
        for place in PLACES:
            if place == "keys":
                page.keyboard.press("Escape")
                page.keyboard.press("?")
            elif place == "fault":
                page.keyboard.press("Escape")
                studio.house.viewers.tell({"type": "fault", "text": FAULT, "problems": []})
                page.wait_for_selector(".fault pre")
            elif place != "the picture":
                page.keyboard.press(str(PLACES.index(place)))
            page.mouse.move(400, 300 + PLACES.index(place))
            violations = axe.Axe().run(page).response["violations"]
            serious = [violation for violation in violations if violation["impact"] in {"serious", "critical"}]
            assert [(place, violation["id"], violation["nodes"][0]["html"]) for violation in serious] == []
    studio.house.viewers.tell({"type": "mended"})


@pytest.mark.slow
def test_it_fits_every_window(browser: Any, studio: Studio) -> None:
    studio.quiet()
    with opened(browser, address(studio)) as page:
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


# ---- the command

REAL = """\
size: 96x54
fps: 12
duration: 10s
seed: 3
motion: {zoom: 1.4}
dream: {rate: 4, network: bestiary, objective: {garden: [owl, fern]}, steps: 1, octaves: 1, first_steps: 2}
"""


@contextmanager
def commanded(folder: Path, port: str = "0") -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """`render studio`, its address and its token."""
    command = [sys.executable, "-m", "render", "studio", str(folder / "garden.yaml"), "--port", port, "--no-browser"]
    with subprocess.Popen([*command, "-o", str(folder / "runs")], stderr=subprocess.PIPE, text=True) as studio:
        assert studio.stderr
        try:
            home, token = next(match[0] for line in studio.stderr if (match := re.search(r"http://\S+#\S+", line))).split("/#")
            yield studio, home, token
        finally:
            if studio.poll() is None:
                studio.kill()


@pytest.mark.slow
def test_a_film_is_flown_recorded_rendered_compared_and_survives_a_kill(browser: Any, tmp_path: Path) -> None:
    """The command itself: a flight plays when rendered; what a kill cut off is a take at the next start, which pages join."""
    (tmp_path / "garden.yaml").write_text(REAL)
    with (
        commanded(tmp_path) as (studio, home, token),
        opened(browser, home, path=f"/#{token}", patience=600, allowed=GONE, **WINDOW) as page,
    ):
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
        page.keyboard.press("Escape")
        os.kill(studio.pid, signal.SIGKILL)
        studio.wait()
        until(page, "document.querySelector('.line').textContent.includes('has ended')", LONG)
        with commanded(tmp_path, home.rsplit(":", 1)[1]) as (again, _, _):
            assert again.stderr
            mended = next(line for line in again.stderr if "was cut off" in line)
            assert "is a take now" in mended
            until(page, "document.querySelector('.line').hidden || !document.body.classList.contains('lost')", LONG)
            again.send_signal(signal.SIGINT)
            again.communicate(timeout=120)
    takes = sorted(tmp_path.glob("runs/*-live/take-*"))
    assert [(take / "flight.yaml").is_file() for take in takes] == [True, True]
