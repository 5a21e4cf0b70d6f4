"""Plots. A plot is a film's score: its moving numbers over time as a picture, and the same as a table, (config, root) -> paths.

plot.png    a panel for each number, with beats and cuts
plot.csv    a row for each frame and each dream; `schedule: plot.csv` moves the same numbers in the same way
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count, takewhile
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from render.config import Config
from render.config.curve import Curve
from render.config.cuts import cut_times
from render.config.section import plain
from render.config.track import Array
from render.develop import files
from render.errors import ConfigError
from render.moment import Clock

FINE = 3  # pixels drawn for each pixel of the picture, in both directions; Pillow's lines have no soft edges of their own

# pixels of the picture
WIDTH, LEFT, RIGHT, MARGIN = 1500, 300, 1460, 40
TOP, PANEL, GAP, AXIS, LINE = 104, 92, 12, 70, 22
NARROWEST = 6  # between two marks of one kind; where they would stand closer, they are left out

Colour = tuple[int, ...]
GROUND, SHEET, GRID, DASH = (14, 16, 20), (21, 24, 30), (34, 38, 46), (66, 72, 84)
BRIGHT, DIM = (228, 231, 236), (128, 136, 150)
COLOURS = {"source": (126, 172, 232), "motion": (104, 200, 184), "dream": (234, 180, 96), "look": (190, 160, 232)}
OTHER = (232, 132, 120)  # numbers of what has no colour of its own
MOST_MOMENTS = 400_000  # frames and dreams of a film that is plotted: the table has a row for each
MARKS = {"beat": (255, 255, 255, 16), "bar": (255, 255, 255, 44), "cut": (255, 110, 110, 190)}
STEPS = [s * 10**e for e in (-2, -1, 0) for s in (1, 2, 5)] + [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]


@dataclass(frozen=True)
class Mark:
    """A moment that all panels show: a beat, a bar or a cut."""

    kind: str
    seconds: float


@dataclass(frozen=True)
class Panel:
    """A number that moves."""

    key: str
    caption: str  # what it belongs to and is counted in
    curve: Curve
    values: Array  # at even steps from start to end


def plot(config: Config, root: Path) -> list[Path]:
    """Draw the film's moving numbers and write them down beside its takes: the PNG and the CSV; neither where nothing moves.

    Raises ConfigError for a film of many hours.
    """
    moments = config.clock.frames + config.clock.last_tick
    if moments > MOST_MOMENTS:
        raise ConfigError(
            f"{config.name}: has {moments:,} frames and dreams, and at most {MOST_MOMENTS:,} are written down",
            "--set fps=1 plots the same moves, with a row a second and a row a dream",
        )
    panels, still = panels_of(config)
    if not panels:
        return []
    folder = root / files.folder_name(config.name)
    png, csv = folder / "plot.png", folder / "plot.csv"
    content = BytesIO()
    picture(config, panels, still, list(film_marks(config))).save(content, "PNG")
    files.write(png, content.getvalue())
    files.write(csv, table(config.clock, {panel.key: panel.curve for panel in panels}).encode())
    return [png, csv]


def panels_of(config: Config) -> tuple[list[Panel], list[str]]:
    """The numbers that move, and those that stand still, as words."""
    clock, panels, still = config.clock, [], []
    seconds = np.linspace(0, clock.seconds, 2 * FINE * WIDTH, endpoint=False)  # at the end itself there is no frame
    for key, curve in config.curves():
        values = curve.over(seconds, clock)
        if np.ptp(values):
            panels.append(Panel(key, describe(config, key, curve), curve, values))
        else:
            still.append(f"{key}\xa0{values[0]:.4g}")  # a space that no line is broken at
    return panels, still


def describe(config: Config, key: str, curve: Curve) -> str:
    """What a number belongs to, where its key does not say, and what it counts."""
    _, _, inside = key.partition("objective.")
    words = [curve.span.unit]
    if inside:
        term = config.dream.objective[int(inside.split(".")[0])]
        what = plain(term.model_dump(by_alias=True, exclude_none=True))[term.kind]
        words = [f"{term.kind} {' '.join(map(str, what)) if isinstance(what, list) else what}"[:30], *words]
    return ", ".join(filter(None, words))


def film_marks(config: Config) -> Iterator[Mark]:
    """The cuts that a configuration names, and the beats of its music, of which every fourth begins a bar."""
    clock = config.clock
    yield from (Mark("cut", seconds) for seconds in cut_times(config, clock) or ())
    if config.facts.bpm:
        times = ((number, clock.first_beat + number * 60 / clock.bpm) for number in count())
        for number, seconds in takewhile(lambda beat: beat[1] <= clock.seconds, times):
            yield Mark("beat" if number % 4 else "bar", seconds)


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


def table(clock: Clock, curves: Mapping[str, Curve]) -> str:
    """A CSV of seconds and the numbers at each frame and each dream, written so that they read back the same."""
    frames = np.arange(clock.frames) * clock.fps.denominator / clock.fps.numerator  # as Moments have it, to the last bit
    dreams = [clock.tick(index).seconds for index in range(clock.last_tick + 1)]
    seconds = np.unique([*frames, *dreams])
    seconds = seconds[seconds <= clock.seconds]
    columns = [map(int if curve.span.whole else float, curve.over(seconds, clock).tolist()) for curve in curves.values()]
    rows = zip(seconds.tolist(), *columns, strict=True)
    return "\n".join([",".join(("seconds", *curves)), *(",".join(map(repr, row)) for row in rows), ""])


# ── the picture ─────────────────────────────────────────────────────────────────────────────────────────────────────


def picture(config: Config, panels: Sequence[Panel], still: Sequence[str], marks: Sequence[Mark]) -> Image.Image:
    """The whole: a heading, a panel for each number, the time below, and last what stands still."""
    clock = config.clock
    still_lines = wrap("still:  " + "  ·  ".join(still), 230)
    bottom = TOP + len(panels) * (PANEL + GAP)
    height = bottom + AXIS + LINE * len(still_lines) + MARGIN
    sheet = Image.new("RGB", (WIDTH, height), GROUND)
    ticks, inside = _ticks(clock.seconds), [mark for mark in marks if 0 <= mark.seconds <= clock.seconds]
    visible = [mark for mark in inside if mark.kind == "cut" or _has_room(mark.kind, inside)]
    for index, panel in enumerate(panels):
        lines: list[tuple[float, Colour]] = [(_across(tick, clock), GRID) for tick in ticks]
        lines += [(_across(mark.seconds, clock), MARKS[mark.kind]) for mark in visible]
        sheet.paste(_panel(panel, lines), (0, TOP + index * (PANEL + GAP)))
    sheet.paste(_heading(config, visible), (0, 0))
    sheet.paste(_axis(clock, ticks), (0, bottom))
    sheet.paste(_still_lines(still_lines, height - bottom - AXIS), (0, bottom + AXIS))
    return sheet


def _has_room(kind: str, marks: Sequence[Mark]) -> bool:
    """Whether the marks of a kind stand far enough from each other to be told apart."""
    return sum(mark.kind == kind for mark in marks) * NARROWEST <= RIGHT - LEFT


def _across(seconds: float, clock: Clock) -> float:
    """Where a moment of the film lies in the picture, from left to right."""
    return LEFT + seconds / clock.seconds * (RIGHT - LEFT)


@dataclass(frozen=True)
class Pen:
    """Draws on a strip of the picture at FINE times its size; all places and sizes are pixels of the picture."""

    image: Image.Image
    draw: ImageDraw.ImageDraw

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 1) -> None:
        """A line through points."""
        self.draw.line([(x * FINE, y * FINE) for x, y in points], colour, round(width * FINE), joint="curve")

    def area(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """What points enclose."""
        self.draw.polygon([(x * FINE, y * FINE) for x, y in points], colour)

    def write(self, x: float, y: float, words: str, size: float, colour: Colour, anchor: str = "lm") -> float:
        """Words, held at x, y by their `anchor` (Pillow's); where they end."""
        font = ImageFont.load_default(size * FINE)
        self.draw.text((x * FINE, y * FINE), words, colour, font, anchor)
        return x + self.draw.textlength(words, font) / FINE

    def strip(self) -> Image.Image:
        """What was drawn, at the picture's size."""
        return self.image.resize((self.image.width // FINE, self.image.height // FINE), Image.Resampling.LANCZOS)


def pen_for(height: int) -> Pen:
    """A pen on an empty strip of that height, as wide as the picture."""
    image = Image.new("RGB", (WIDTH * FINE, height * FINE), GROUND)
    return Pen(image, ImageDraw.Draw(image, "RGBA"))


def _heading(config: Config, marks: Sequence[Mark]) -> Image.Image:
    pen, clock = pen_for(TOP - GAP), config.clock
    pen.write(MARGIN, 46, config.name, 30, BRIGHT)
    facts = [f"{clock.seconds:.4g} s", f"{clock.frames} frames at {float(clock.fps):.5g}", f"{clock.last_tick + 1} dreams"]
    facts += [f"{clock.bpm:.4g} beats a minute"] if config.facts.bpm else []
    pen.write(WIDTH - MARGIN, 48, "   ·   ".join(facts), 15, DIM, "rm")
    for mark in marks:
        if mark.kind == "cut":
            pen.write(_across(mark.seconds, clock), TOP - GAP - 10, "cut", 12.5, DIM, "mm")
    return pen.strip()


def _panel(panel: Panel, lines: Sequence[tuple[float, Colour]]) -> Image.Image:
    """One number over time, over upright lines at places from left to right."""
    pen, colour = pen_for(PANEL), COLOURS.get(panel.key.split(".")[0], OTHER)
    pen.area([(LEFT, 0), (RIGHT, 0), (RIGHT, PANEL), (LEFT, PANEL)], SHEET)
    for x, shade in lines:
        pen.line([(x, 0), (x, PANEL)], shade)
    heights, rest = _heights(panel)
    curve = list(zip(np.linspace(LEFT, RIGHT, len(heights)).tolist(), heights.tolist(), strict=True))
    pen.area([(LEFT, rest), *curve, (RIGHT, rest)], (*colour, 34))
    if 1 < rest < PANEL - 1:
        for x in range(LEFT, RIGHT, 8):
            pen.line([(x, rest), (min(x + 3, RIGHT), rest)], DASH)
    pen.line(curve, colour, 1.7)
    _label(pen, panel, colour)
    return pen.strip()


def _heights(panel: Panel) -> tuple[Array, float]:
    """Where the values lie in the panel, and where it rests: at 1 for factors, 0 for others, or at the nearer edge."""
    values, rest = panel.values, 0.0
    if panel.curve.span.log:
        values = np.log(values)  # 1 is where a factor rests, and its logarithm is 0
    low, high = float(values.min()), float(values.max())
    room = 0.13 * (high - low)
    places = np.interp([*values, rest], [low - room, high + room], [PANEL, 0])
    return places[:-1], float(places[-1])


def _label(pen: Pen, panel: Panel, colour: Colour) -> None:
    *above, last = panel.key.split(".")
    if last.isdigit():  # of a pair
        last = f"{above.pop()}.{last}"
    middle = pen.write(MARGIN, 28, "".join(f"{word}." for word in above), 15, DIM)
    pen.write(middle, 28, last, 15, colour)
    pen.write(MARGIN, 52, panel.caption, 12.5, DIM)
    for y, value in ((14, panel.values.max()), (PANEL - 14, panel.values.min())):
        pen.write(LEFT - 12, y, _short(float(value)), 12.5, DIM, "rm")


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _ticks(seconds: float) -> list[float]:
    """Round times along the film, about a dozen."""
    step = next((step for step in STEPS if seconds / step <= 12), STEPS[-1])
    return [number * step for number in range(int(seconds / step + 1e-9) + 1)]


def _axis(clock: Clock, ticks: Sequence[float]) -> Image.Image:
    pen = pen_for(AXIS)
    for y, words in ((10, "seconds"), (32, "frames")):
        pen.write(LEFT - 30, y, words, 12.5, DIM, "rm")
    for tick in ticks:
        x = _across(tick, clock)
        pen.write(x, 10, _time(tick, ticks[-1]), 13.5, BRIGHT, "mm")
        pen.write(x, 32, f"{tick * float(clock.fps):.6g}", 12.5, DIM, "mm")
    return pen.strip()


def _time(seconds: float, longest: float) -> str:
    return f"{seconds:.4g}" if longest < 120 else f"{seconds // 60:.0f}:{seconds % 60:02.0f}"


def _still_lines(lines: Sequence[str], height: int) -> Image.Image:
    pen = pen_for(height)
    for index, line in enumerate(lines):
        pen.write(MARGIN, LINE / 2 + index * LINE, line.replace("\xa0", " ").rstrip(" ·"), 12.5, DIM)
    return pen.strip()
