"""The figures of docs/how.md, each drawn with the functions that it explains: a name -> a file of docs/how.

usage: scripts/figures [NAME ...]     fold, clocks, pyramid, hold, flow; all, if none is named
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from render import build
from render.develop import files
from render.dream.ascent import dream, sizes
from render.film import Film, begin, step, ticks
from render.frames import smoothstep
from render.moment import Clock
from render.picture import colour, warp
from render.picture.picture import resize, to_pixels
from render.propagate import carry_detail
from render.show.flow_preview import colour_flow, speeds_of

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "how"
MEDIA = ROOT / "configs" / "media"
SIZE = "288x162"
GAP, LINE = 6, 20  # pixels between pictures, and of a line of words
INK, PAPER, GREY = "#444444", "white", "#999999"
COLOURS = ("#c0392b", "#2471a3", "#1e8449")  # of three lines in a chart
LIVELY = 4.0  # times by which a detail is raised to be seen
DREAM: Mapping[str, Any] = {"octaves": 4, "smoothing": 0.4, "chroma": 1}

Panel = tuple[str, Image.Image]  # words, and what they stand under


# ---- what is drawn


def fold() -> bytes:
    """Three ticks of a film, and what is between them: the canvas moved by the camera."""
    dreaming = {**DREAM, "rate": 2, "objective": {"layer": "block_11"}, "first_steps": 8, "steps": 8, "step_size": 0.01}
    film = _film({"source": {"image": str(MEDIA / "valley.jpg")}, "motion": {"zoom": 3}, "dream": dreaming})
    state = begin(film)
    panels = [("tick 0: the source, dreamed", _picture(state.canvas))]
    for _ in range(2):
        before, moment = (film.scene.clock.tick(state.tick + more) for more in (0, 1))
        move = film.scene.path.between(before.seconds, moment.seconds)
        moved = warp.move_frame(state.canvas, move, kernel=warp.lanczos4, border=film.scene.border)
        state = step(film, state)
        panels += [("moved by the camera", _picture(moved)), (f"tick {state.tick}: dreamed on", _picture(state.canvas))]
    return _jpeg(_row(panels[:3]), _row(panels[2:]))


def pyramid() -> bytes:
    """The octaves of one dream, small to large: the picture as each leaves it, and the detail that it has gathered."""
    dreaming = {**DREAM, "objective": {"layer": "block_11"}, "first_steps": 12, "step_size": 0.014}
    film = _film({"source": {"image": str(MEDIA / "valley.jpg")}, "dream": dreaming})
    moment = film.scene.clock.tick(0)
    picture, ascent, terms = film.scene.picture(moment), film.ascent(moment, True), film.terms(moment, ())
    dreamed, gathered = [], []
    for number, size in enumerate(sizes((picture.shape[2], picture.shape[3]), ascent), 1):
        base = resize(picture, size).clamp(0, 1)
        after = dream(base, film.extract, terms, replace(ascent, octaves=number), film.seed, 0)
        dreamed.append((f"octave {number}: {size[1]}x{size[0]}", _picture(after)))
        gathered.append(("its detail", _picture(0.5 + after - base)))
    return _jpeg(_row(dreamed), _row(gathered))


def hold() -> bytes:
    """Contrast over sixty ticks, as `look.hold` lets it go, holds it half and holds it fast."""
    ways = (0, 0.5, 1)
    lines = {f"hold: {way}": list(_contrasts(way, 60)) for way in ways}
    return _chart(lines, "contrast of the picture", "ticks", 0.45).encode()


def _contrasts(way: float, count: int) -> Iterator[float]:
    dreaming = {
        "network": "bestiary",
        "objective": {"layer": "creatures"},
        "octaves": 2,
        "steps": 4,
        "step_size": 0.03,
        "rate": 8,
    }
    film = _film(
        {
            "size": "160x90",
            "duration": "20s",
            "source": {"image": str(MEDIA / "valley.jpg")},
            "motion": {"zoom": 1.2},
            "dream": dreaming,
            "look": {"hold": way},
        }
    )
    return (colour.tone(state.canvas).contrast for state in islice(ticks(film), count))


def flow() -> bytes:
    """How a dream on footage goes from one tick to the next."""
    dreaming = {**DREAM, "rate": 3, "objective": {"layer": "block_10"}, "footage": "clear"}
    film = _film({"source": {"video": str(MEDIA / "harbour.mp4")}, "duration": "3s", "motion": {"zoom": 1}, "dream": dreaming})
    state = next(islice(ticks(film), 2, None))
    before, moment = (film.scene.clock.tick(state.tick + more) for more in (0, 1))
    found = film.scene.flow_between(before, moment)
    moving = speeds_of(found, before, moment)
    assert state.carried
    detail = carry_detail(state.carried.detail, found, film.scene.border)
    source = film.scene.picture(moment)
    return _jpeg(
        _row(
            [
                ("1  the footage at a tick", _picture(film.scene.picture(before))),
                ("2  what the dream added there", _picture(0.5 + LIVELY / 2 * state.carried.detail)),
                ("3  the footage at the next tick", _picture(source)),
            ]
        ),
        _row(
            [
                ("4  how it moved: hue is where, strength how fast", Image.fromarray(colour_flow(moving / abs(moving).max()))),
                ("5  2 carried along by 4, but not where it is new", _picture(0.5 + LIVELY / 2 * detail)),
                ("6  laid on the next picture, to be dreamed on", _picture(source + detail)),
            ]
        ),
    )


def clocks() -> bytes:
    """A second of a film on its two clocks: which dreams make up each frame, and with what share."""
    clock = Clock(fps=Fraction(24), frames=25, rate=Fraction(6))
    width, top, below, margin = 760, 52, 142, 30

    def across(seconds: float) -> float:
        return margin + seconds * (width - 2 * margin)

    lines, dots = [], []
    for index in range(clock.frames):
        moment = clock.frame(index)
        tick, u = clock.beside(index / clock.fps)
        for other, share in ((tick, 1 - smoothstep(u)), (tick + 1, smoothstep(u))):
            if share > 0:
                x, y = across(clock.tick(other).seconds), across(moment.seconds)
                lines.append(f'<path d="M{x:.1f} {top}L{y:.1f} {below}" stroke="{COLOURS[1]}" stroke-opacity="{share:.2f}"/>')
        dots.append(f'<rect x="{across(moment.seconds) - 5:.1f}" y="{below - 4}" width="10" height="8" rx="1" fill="{INK}"/>')
    for index in range(clock.last_tick + 1):
        x = across(clock.tick(index).seconds)
        dots.append(f'<circle cx="{x:.1f}" cy="{top}" r="8" fill="{COLOURS[0]}"/>{_words(x, top - 16, str(index), "middle")}')
    labels = (
        _words(margin - 8, 16, "dreams: dream.rate, 6 a second"),
        _words(margin - 8, below + 26, "frames: fps, 24 a second"),
    )
    return _svg(width, below + 36, [*lines, *dots, *labels]).encode()


FIGURES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "fold": ("fold.jpg", fold),
    "clocks": ("clocks.svg", clocks),
    "pyramid": ("pyramid.jpg", pyramid),
    "hold": ("hold.svg", hold),
    "flow": ("flow.jpg", flow),
}


# ---- how


def _film(settings: Mapping[str, Any]) -> Film:
    return build({"size": SIZE, "duration": "4s", "seed": 3, **settings}, "cpu")


def _picture(frame: Tensor) -> Image.Image:
    return Image.fromarray(to_pixels(frame.clamp(0, 1)))


def _row(panels: Sequence[Panel]) -> Image.Image:
    """Pictures side by side, a line of words under each."""
    width = sum(picture.width + GAP for _, picture in panels) - GAP
    tallest = max(picture.height for _, picture in panels)
    row = Image.new("RGB", (width, tallest + LINE), PAPER)
    ink, left = ImageDraw.Draw(row), 0
    for words, picture in panels:
        row.paste(picture, (left, tallest - picture.height))
        ink.text((left, tallest + 3), words, INK, ImageFont.load_default(12))
        left += picture.width + GAP
    return row


def _jpeg(*rows: Image.Image) -> bytes:
    """Rows under one another."""
    page = Image.new("RGB", (max(row.width for row in rows), sum(row.height + GAP for row in rows)), PAPER)
    top = 0
    for row in rows:
        page.paste(row, (0, top))
        top += row.height + GAP
    packed = io.BytesIO()
    page.save(packed, "JPEG", quality=84, optimize=True, progressive=True)
    return packed.getvalue()


def _chart(lines: Mapping[str, Sequence[float]], up: str, along: str, highest: float) -> str:
    """Lines over their counts, as SVG."""
    width, height, margin = 620, 240, 44
    most = max(map(len, lines.values())) - 1

    def place(count: int, value: float) -> str:
        x = margin + count / most * (width - margin - 90)
        return f"{x:.1f} {height - margin - value / highest * (height - 2 * margin):.1f}"

    parts = [_words(8, 18, up), _words(width - 90, height - 10, along, "end")]
    for value in (0, 0.1, 0.2, 0.3, 0.4):
        start, end = place(0, value), place(most, value)
        parts.append(f'<path d="M{start}L{end}" stroke="#dddddd"/>')
        parts.append(_words(margin - 6, float(start.split()[1]) + 4, f"{value:g}", "end"))
    for count in range(0, most + 1, 10):
        parts.append(_words(float(place(count, 0).split()[0]), height - margin + 18, str(count), "middle"))
    last = 0.0
    for (name, values), tint in zip(lines.items(), COLOURS, strict=False):  # the highest first
        points = "L".join(place(count, value) for count, value in enumerate(values))
        parts.append(f'<path d="M{points}" stroke="{tint}" stroke-width="2" fill="none"/>')
        x, y = map(float, place(len(values) - 1, values[-1]).split())
        last = max(y + 4, last + 16)
        parts.append(_words(x + 6, last, name, tint=tint))
    return _svg(width, height, parts)


def _words(x: float, y: float, words: str, anchor: str = "start", tint: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{tint}">{words}</text>'


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    style = 'font-family="sans-serif" font-size="13" stroke-width="1.5"'
    return "\n".join((f"{head} {style}>", f'<rect width="{width}" height="{height}" fill="{PAPER}"/>', *parts, "</svg>\n"))


def main(names: Sequence[str]) -> None:
    """Draw the figures of those names."""
    torch.set_grad_enabled(False)
    for name in names or FIGURES:
        file, draw = FIGURES[name]
        files.write(FOLDER / file, draw())
        print(f"docs/how/{file}: {(FOLDER / file).stat().st_size // 1000} KB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
