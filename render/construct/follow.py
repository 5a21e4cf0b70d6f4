"""Following. A film that shows in more detail what a smaller take of it shows: (Config, Scene) -> Followed.

At each tick the coarse bands of the canvas are led to the take's picture of that tick: at the start of every octave, so that
each grows on what the take shows, and at the end, since octaves change what is coarse, too; there a dream that begins anew is
led by all that the take's picture holds. docs/BENCH.md has what was tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from render.config import Config, load_text
from render.config.clock import instants
from render.config.loader import read
from render.config.scalars import NetworkChoice
from render.config.section import Setting, walk
from render.errors import ConfigError
from render.facts import facts
from render.loops import LOOPS
from render.moment import Moment
from render.picture.bands import Lead
from render.picture.picture import send
from render.scene import Scene
from render.source.image import digest as digest_of
from render.source.take import Dreams

NAMED = 4  # keys that a message names at most

# Settings by which a film and the take that it follows may differ: how large it is and how well it is dreamed, …
QUALITY = (
    "size",
    "dream.precision",
    "dream.tile",
    "dream.steps",
    "dream.first_steps",
    "dream.step_size",
    "dream.octaves",
    "dream.jitter",
)
# … what is made of the dreams, and what comes to them by the values of other settings: the schedule's, and those of music.
BESIDES = (
    "name",
    "extends",
    "outputs",
    "follow",
    "fps",
    "duration",
    "bpm",
    "schedule",
    "audio",
    "dream.amount",
    "look.colour",
    "dream.footage",
)
SOFT_EDGES = (".feather", ".grow")  # of masks, in pixels


@dataclass(frozen=True)
class Followed:
    """What a film follows."""

    lead: Callable[[Moment], Lead | None]  # how a canvas is led there; None where there is nothing to follow
    digest: Callable[[Moment], str]  # of the picture that is followed there


FREE = Followed(lambda moment: None, lambda moment: "")  # of a film that follows nothing


def follow(config: Config, scene: Scene) -> Followed:
    """What the film follows: its take. Raises MissingError, or ConfigError where that is of another choreography or shape."""
    assert config.follow
    dreams, strength = Dreams.of(config.follow.take), config.follow.strength
    require_same(config, config_of(config.follow.take))
    first = dreams.frame(0)
    require_shape(scene.size, (first.shape[-2], first.shape[-1]))

    @lru_cache(maxsize=1)
    def picture(tick: int) -> Tensor:
        return send(dreams.frame(tick), scene.device)

    def lead(moment: Moment) -> Lead | None:
        share = strength(moment)
        if not share or moment.index >= dreams.count:
            return None
        return Lead(picture(moment.index), share)

    return Followed(lead, lambda moment: dreams.digest(moment.index) if moment.index < dreams.count else "")


def config_of(folder: Path) -> Config:
    """The film of the take in `folder`."""
    path = folder / "resolved.yaml"
    return load_text(read(path, folder), str(path), folder, inspect=facts)


def require_shape(size: tuple[int, int], small: tuple[int, int]) -> None:
    """Refuse a take of another shape; ConfigError. Sizes are (height, width)."""
    (height, width), (low, narrow) = size, small
    if not same_shape(size, small):
        raise ConfigError(
            f"is a take of {narrow}x{low}, and the film of {width}x{height} has another shape",
            "a film follows a take of its own proportions",
            continues=True,
        )


def same_shape(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two frames, (height, width), have the same proportions; a pixel more or less at either side is rounding."""
    return abs(size[1] * other[0] - size[0] * other[1]) <= max(sum(size), sum(other))


# ---- the same choreography


def require_same(config: Config, other: Config) -> None:
    """Refuse a take of another choreography; ConfigError that names the settings by which they differ."""
    if keys := differences(config, other):
        more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
        raise ConfigError(
            f"is a take of another choreography: {', '.join(keys[:NAMED])}{more} {'differ' if len(keys) > 1 else 'differs'}",
            "a film follows a smaller take of itself; `render enlarge TAKE` makes the film of a take",
            continues=True,
        )


def differences(config: Config, other: Config) -> list[str]:
    """The settings by which two films go different ways, as far as both of them go."""
    films = (config, other)
    seconds = instants(config.clock)
    seconds = seconds[seconds <= min(film.clock.seconds for film in films)]
    ours, theirs = (dict(_choreography(film, seconds)) for film in films)
    keys = [key for key in dict.fromkeys((*ours, *theirs)) if not _same(ours.get(key), theirs.get(key))]
    return [*keys, *(key for key, of in BY_THE_CLOCK.items() if of(config) != of(other))]


def _whole_length(config: Config) -> float | None:
    """How long a film is whose way depends on it; None for one that goes on as it began."""
    return config.clock.seconds if LOOPS[config.loop].seamless or config.motion.centers else None


BY_THE_CLOCK: Mapping[str, Callable[[Config], Any]] = {
    "dream.rate": lambda config: config.clock.rate,
    "duration": _whole_length,
    "fps": lambda config: config.clock.fps if config.uses_frames else None,
}


def _choreography(config: Config, seconds: Any) -> Iterator[tuple[str, Any]]:
    """Each setting that says what a film shows where and when, by its key: numbers that move as values over time."""
    for setting in walk(config):
        if setting.type is None or setting.value is None or not _counts(setting.key):
            continue
        curves = dict(setting.curves())
        yield from ((key, curve.over(seconds, config.clock)) for key, curve in curves.items())
        if not curves:
            yield setting.key, _plain(setting)


def _counts(key: str) -> bool:
    besides = (*QUALITY, *BESIDES, "dream.rate")
    return not key.endswith(SOFT_EDGES) and not any(key == each or key.startswith(f"{each}.") for each in besides)


def _plain(setting: Setting) -> Any:
    value = setting.value
    if isinstance(value, NetworkChoice):
        return value.name, value.weights, value.labels
    return value if isinstance(value, Path) or not setting.type else str(setting.type.write(value))


def _same(a: Any, b: Any) -> bool:
    """Whether two values are equal: numbers over time, or files wherever they lie."""
    if a is None or b is None:
        return a is b
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, Path) and isinstance(b, Path):
        return a == b or (a.is_file() and b.is_file() and digest_of(a) == digest_of(b))
    return bool(a == b)
