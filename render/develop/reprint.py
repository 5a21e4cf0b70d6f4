"""Reprints. Other prints of a take that was dreamed: of all of it, or of a part. Nothing is dreamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from render.config.model import OutputSettings
from render.develop import formats, prints
from render.develop.ffmpeg import Pixels
from render.develop.placement import Placement, Settings, note_elsewhere, place_all, place_alone, require_places, settings_like
from render.develop.reel import Part, Reel, open_reel, read_part
from render.develop.shoot import Prints, develop, has_sound
from render.errors import ConfigError
from render.frames import rate_ratio
from render.picture.picture import to_pixels


def print_again(folder: Path, outputs: Sequence[str], settings: Settings, source: Path | None = None) -> Prints:
    """Develop other outputs from the negative of the take in `folder`; nothing is dreamed.

    folder: of the take, or of the film whose newest take is meant.
    outputs: names of files in the take, paths that begin with /, ./, ../ or ~, or folders for all outputs of the film.
    settings: of all of them, as an output of a configuration has them. source: where the film's picture or footage is now, if
    it was moved.
    Raises MissingError where the take, or what it was made from, is not what it was, ConfigError, DevelopError or RoomError.
    """
    with open_reel(folder, source, settings.get("alpha", "none")) as reel:
        placements = [placement for file in outputs for placement in place_all(file, settings, reel)]
        require_places(reel, placements)
        made = [_print_into(reel, inside, group) for inside, group in _by_folder(placements).items()]
        note_elsewhere(reel.take, placements, reel.config.name)
        paths, notices = zip(*made, strict=True)
        return [*chain(*paths)], [*reel.take.notices, *chain(*notices)]


def _require(reel: Reel, outputs: Sequence[OutputSettings]) -> None:
    """Refuse what cannot be made of a take: ConfigError or MissingError."""
    formats.require(outputs, reel.config.name, reel.size, has_sound(reel.config))
    if reel.scene.mask is None and any(output.alpha == "mask" for output in outputs):
        raise ConfigError("alpha: mask: the film has no mask", "alpha: dream needs none")


def _by_folder(placements: Iterable[Placement]) -> dict[Path, list[OutputSettings]]:
    outputs: dict[Path, list[OutputSettings]] = {}
    for placement in placements:
        outputs.setdefault(placement.folder, []).append(placement.output)
    return outputs


def _print_into(reel: Reel, folder: Path, outputs: Sequence[OutputSettings]) -> Prints:
    """Whole prints of a take: those in it are noted in its record."""
    _require(reel, outputs)
    if folder == reel.take.folder:
        return develop(reel.config.model_copy(update={"outputs": tuple(outputs)}), reel.scene, reel.take)
    return _develop(reel, folder, outputs, (Fraction(0), reel.seconds), whole=True)


def _develop(reel: Reel, folder: Path, outputs: Sequence[OutputSettings], part: Part, whole: bool) -> Prints:
    """Prints of a part of a take, or of all of it."""

    def frames(fps: Fraction) -> Iterator[Pixels]:
        return (to_pixels(frame, np.uint16) for frame in reel.frames(fps, None if whole else part))

    def cut_outs(fps: Fraction, alpha: str, linear: bool) -> Iterator[Pixels]:
        clear = reel.cut_out(alpha, linear)
        return (to_pixels(frame, np.uint16) for frame in clear.frames(fps, None if whole else part))

    config, ratio = reel.config, partial(rate_ratio, reel.scene) if whole else _same_rate
    fps, recipe = reel.scene.clock.fps, config.recipe(reel.take.home)
    return prints.develop(outputs, frames, reel.size, fps, folder, config.name, recipe, reel.sound(part), ratio, cut_outs)


def _same_rate(fine: Fraction, coarse: Fraction) -> int:
    return int(fine == coarse)


def trim(folder: Path, part: str, file: str | None, settings: Settings, source: Path | None = None) -> Prints:
    """Develop a part of a take, such as "2s..5s", from its negative: what is cut off is not even made.

    file: as of `print_again`; NAME-2s-5s, of the same kind as the film's first output, if there is none. Raises as
    `print_again`, and ConfigError for a part that is none of the film's.
    """
    with open_reel(folder, source, settings.get("alpha", "none" if file else None)) as reel:
        times, first = read_part(part, reel), reel.config.outputs[0]
        usual, like = _usual_name(part, first), settings_like(first, settings)
        placement = place_alone(file or "", usual, settings, like, reel.take.folder)
        require_places(reel, [placement])
        _require(reel, [placement.output])
        paths, notices = _develop(reel, placement.folder, [placement.output], times, whole=False)
        note_elsewhere(reel.take, [placement], reel.config.name)
        return paths, [*reel.take.notices, *notices]


def _usual_name(part: str, output: OutputSettings) -> str:
    """The file of a part that no name was given: {name}-2s-5s, with the ending of an output of the film."""
    words = "-".join(word.strip() or "end" for word in part.split(".."))
    return f"{{name}}-{words}{output.suffix}".replace(":", ".")
