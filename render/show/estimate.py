"""Estimates. What a film will cost, told before it is dreamed: (film) -> Cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import median
from time import perf_counter

from render.dream.ascent import gradient, sizes
from render.dream.view import view_of
from render.film import Film, opened
from render.picture.picture import resize
from render.reel import length

NEGATIVE = 6.1  # bytes a pixel of a dreamed tick: 16 bits, stored as they are, and checksums

COUNTED = 2000  # ticks whose steps are counted one by one; of longer films so many, evenly


@dataclass(frozen=True)
class Cost:
    """size: (width, height). seconds: of dreaming on this machine. disk: bytes of the negative."""

    size: tuple[int, int]
    frames: int
    fps: str
    ticks: int
    seconds: float
    disk: float

    def __str__(self) -> str:
        width, height = self.size
        minutes, seconds = divmod(round(self.seconds), 60)
        return (
            f"{width}x{height}, {self.frames} frames at {self.fps} fps from {self.ticks} dreams\n"
            f"about {minutes} min {seconds:02} s to dream on this machine, {self.disk / 1e6:.0f} MB for the negative"
        )


def estimate(film: Film) -> Cost:
    """Measure one step of the dream at each size that the film dreams at, and count such steps."""
    clock, (height, width) = film.camera.clock, film.camera.size
    ticks = clock.last_tick + 1
    moments = [clock.tick(index) for index in sorted({round(i * (ticks - 1) / COUNTED) for i in range(COUNTED + 1)})]
    canvas, first = film.camera.picture(moments[0]), film.ascent(moments[0], True)
    wishes = film.wishes(moments[0], opened(film, moments[0]))

    @cache
    def step(size: tuple[int, int]) -> float:
        """Seconds of one step at (height, width)."""
        small = resize(canvas, size)
        times = []
        for _ in range(4):
            begun = perf_counter()
            gradient(small, film.eye, wishes, view_of(small), first)
            times.append(perf_counter() - begun)
        return median(times[1:])

    ascents = [film.ascent(moment, not moment.index) for moment in moments]
    seconds = sum(ascent.steps * sum(map(step, sizes((height, width), ascent))) for ascent in ascents) * ticks / len(ascents)
    return Cost((width, height), length(film.camera), str(clock.fps), ticks, seconds, NEGATIVE * ticks * height * width)
