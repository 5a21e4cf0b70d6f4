"""Enlarging. A take's film once more, larger, following the take: (folder of a take, size) -> Config."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from math import ceil, log, sqrt
from pathlib import Path

from render.config import Config, load_text
from render.config.draft import in_fewer_steps
from render.config.loader import read
from render.config.problem import SettingError
from render.config.scalars import Size, read_size
from render.construct.follow import config_of, same_shape
from render.develop.record import read_record
from render.develop.takes import newest_take
from render.errors import ConfigError, MissingError, RenderError
from render.facts import facts
from render.source.take import Dreams

MOST_OCTAVES = 20
TIMES = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,3})?)\s*x")  # 3x: so many times as large


def enlargement(folder: Path, size: str, overrides: Sequence[str] = (), quality: str = "final") -> Config:
    """The film of the take in `folder`, or of the newest take of the film whose takes lie there, at `size`, following it.

    size: 3840x2160, a name such as 4k, or 3x, so many times as large. A draft is enlarged to its film, not to a draft.
    quality: draft takes fewer steps, and is as large as was said.
    It has as many octaves as lead down to the take's size: between two that are far apart nothing would grow.
    Raises ConfigError or MissingError.
    """
    take = newest_take(folder).absolute()
    if not read_record(take):
        raise MissingError(f"{folder}: not the folder of a take", "as in render enlarge runs/zoom/take-001 --size 4k")
    frame = Dreams.of(take).frame(0)
    small = Size(frame.shape[-1], frame.shape[-2])
    large = _size(size, small)
    text, name, home = _settings(take)
    follow = [f"name={name}-{large}", f"size={large}", f"follow.take={json.dumps(str(take))}"]
    config = load_text(text, f"{name}.yaml", home, [*follow, *overrides], inspect=facts)
    if not any(override.startswith("dream.octaves=") for override in overrides):
        config = down_to(config, small.height / large.height)
    return in_fewer_steps(config) if quality == "draft" else config


def _settings(take: Path) -> tuple[str, str, Path]:
    """The settings of a take as YAML, the name of its film, and the folder from which its paths start.

    Of a draft those of its film, where they are as they were when it was dreamed.
    """
    resolved, home = config_of(take), take / str(read_record(take).get("home", ""))
    with suppress(RenderError):  # what cannot be read any more is not missed: the take has all of it
        written = read(take / "config.yaml", take)
        if load_text(written, f"{resolved.name}.yaml", home, quality="draft", inspect=facts).resolved() == resolved.resolved():
            return written, resolved.name, home
    return read(take / "resolved.yaml", take), resolved.name, take


def _size(text: str, small: Size) -> Size:
    """The size that is meant, of the take's shape, and larger."""
    size = _read(text, small)
    if size.width < small.width or size.height < small.height:
        raise ConfigError(f"size is {text}, and the take has {small}", "a film is enlarged to a larger size")
    return size


def _read(text: str, small: Size) -> Size:
    if match := TIMES.fullmatch(text.strip().lower()):
        return Size(*(max(2, round(float(match[1]) * side / 2) * 2) for side in (small.width, small.height)))
    try:
        size = read_size(text)
    except SettingError as error:
        raise ConfigError(f"size {error.message}", error.hint) from None
    if size.of_source:
        raise ConfigError("size is source", "write 3840x2160, a name such as 4k, or 3x, so many times as large")
    if not same_shape((size.height, size.width), (small.height, small.width)):
        times = sqrt(size.width * size.height / (small.width * small.height))
        raise ConfigError(
            f"size is {text}, {size.width}x{size.height}, and the take of {small} has another shape",
            f"{_read(f'{min(times, 99):.3g}x', small)} has its shape",
        )
    return size


def down_to(config: Config, share: float) -> Config:
    """The film with octaves down to that share of its size; but for one whose schedule says how many."""
    octaves, scale = config.dream.octaves, config.dream.octave_scale(config.clock.tick(0))
    if octaves.scheduled or share >= 1:
        return config
    wanted = min(MOST_OCTAVES, ceil(log(1 / share) / log(scale)))
    return config.model_copy(update={"dream": config.dream.model_copy(update={"octaves": octaves.map(f"max(x, {wanted})")})})
