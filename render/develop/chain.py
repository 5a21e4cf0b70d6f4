"""Chains. What shapes each dream of a film, as a digest a tick: (Config, Film) -> the links of its Chain.

Each digest goes over the one before and over all that shapes its own tick: the values of moving numbers, not how they are
written; what files contain, not where they lie. So two films whose first n digests are equal have the same first n dreams,
whatever they are called, however long they last and however they end. One that ends where it began depends on its end from
tick 0 on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.config import Config
from render.config.curve import Curve
from render.config.fingerprint import is_as_before
from render.config.model import packages
from render.config.parts import parts
from render.config.scalars import NetworkChoice, Time
from render.config.section import Setting, walk
from render.config.track import Array
from render.construct.camera import first_view
from render.develop import files
from render.film import Film
from render.moment import Moment
from render.picture.motion import CameraPath, cell_times, cells_between
from render.source.image import digest as digest_of
from render.source.take import TICKS, read_ticks

HEAD = "# What shapes each dream, and when it is. Films whose first lines are equal have the same first dreams.\n"
BYTES = 16  # of a digest
BLOCK = 256  # seconds of ticks whose numbers are looked at together

SHOWN = ("name", "outputs", "extends", "dream.amount", "look.colour")  # settings that shape no dream
MOVED = ("motion.centers", "motion.to")
# Settings that count by what comes of them: the moments and the pictures of the ticks, and the values of numbers.
IN_EFFECT = ("fps", "duration", "bpm", "dream.rate", "loop", "cuts.at", "size", "audio", "schedule", *MOVED)
IN_PICTURES = (
    *("source.image.file", "source.frames.files", "source.video.file", "source.video.start", "source.video.end"),
    *("source.take.folder", "source.take.at", "follow.take"),
)


@dataclass(frozen=True)
class Link:
    """What a chain says of one tick."""

    digest: str  # of all that shapes it, and those before it
    seconds: float  # when it is in the film


Chain = Sequence[Link]


def tick_chain(config: Config, film: Film, version: int) -> list[Link]:
    """The chain of a film, tick 0 first. version: of the dream, as takes count it."""
    scene = film.scene
    moments = [config.clock.tick(tick) for tick in range(scene.clock.last_tick + 1)]
    start = _digest(version, film.scene.size, _still_settings(config, film), packages(config), _first_view(config, film))
    digests = [*_digests(start, config, film, moments)]
    if scene.loop.closes:  # what is nearest holds what is farthest: any other end is another film from the start
        digests = [*_digests(_digest(start, len(moments), digests[-1]), config, film, moments)]
    return [Link(digest, moment.seconds) for digest, moment in zip(digests, moments, strict=True)]


def common_ticks(chain: Chain, other: Chain) -> int:
    """How many first dreams two films have in common."""
    return sum(1 for _ in takewhile(lambda links: links[0].digest == links[1].digest, zip(chain, other, strict=False)))


def write_chain(folder: Path, chain: Chain) -> None:
    """Keep the chain with the take in `folder`."""
    lines = "".join(f"{link.digest} {link.seconds!r}\n" for link in chain)
    files.write(folder / TICKS, (HEAD + lines).encode())


def read_chain(folder: Path) -> list[Link]:
    """The chain of the take in `folder`; empty for a take of before chains, or a damaged one."""
    return [Link(*line) for line in read_ticks(folder)]


# ---- what shapes all ticks


def _still_settings(config: Config, film: Film) -> dict[str, Any]:
    """The settings that do not move, by value, and the keys of those that do; without the terms, which come and go."""
    still = {setting.key: _still_value(setting, config) for setting in _shaping(config) if not _is_term(setting.key)}
    return {**still, "networks": film.contents["dream.network"], "flow": film.contents["flow"]}


def _first_view(config: Config, film: Film) -> Any:
    """How the source is seen at the start; from there on the camera's speeds tell."""
    return first_view(config, film.scene.size).matrix.tolist()


def _shaping(config: Config) -> Iterator[Setting]:
    """The settings that shape dreams other than by time and pictures. Files of a source are told by their pictures."""
    besides = (*SHOWN, *IN_EFFECT, *IN_PICTURES)
    for setting in walk(config):
        if not setting.type or is_as_before(setting.key, setting.value):
            continue
        if not any(setting.key == key or setting.key.startswith(f"{key}.") for key in besides):
            yield setting


def _still_value(setting: Setting, config: Config) -> Any:
    value = setting.value
    if keys := [key for key, _ in setting.curves()]:
        return [] if setting.key.startswith("motion.") else keys  # motions are told by the camera's speeds
    if isinstance(value, Path):
        return digest_of(value)
    if isinstance(value, NetworkChoice):  # its files are told by the network made of them
        return value.name
    if isinstance(value, Time):
        return str(value.seconds(config.clock))
    return None if value is None or setting.type is None else setting.type.write(value)


def _is_term(key: str) -> bool:
    return key.startswith("dream.objective.")


@dataclass(frozen=True)
class _Term:
    """One term of the objective."""

    weight: Curve
    curves: list[Curve]
    digest: bytes  # of what of it does not move
    always: bool  # whether it shapes ticks at which its weight is 0: a garden grows all the time


def _terms(config: Config) -> list[_Term]:
    settings: list[list[Setting]] = [[] for _ in config.dream.objective]
    for setting in _shaping(config):
        if _is_term(setting.key):
            settings[int(setting.path[2])].append(setting)
    return [
        _Term(
            term.weight,
            [curve for setting in own for _, curve in setting.curves()],
            _digest(term.kind, {str(setting.path[3:]): _still_value(_inner(setting), config) for setting in own}).encode(),
            term.kind == "garden" or bool(parts().objectives[term.kind].package),
        )
        for term, own in zip(config.dream.objective, settings, strict=True)
    ]


def _inner(setting: Setting) -> Setting:
    """A term's setting as if there were no other terms: its place in the list is not what counts."""
    return Setting(setting.path[3:], setting.info, setting.value)


# ---- what shapes each tick


def _digests(start: str, config: Config, film: Film, moments: Sequence[Moment]) -> Iterator[str]:
    """The digest of each tick. start: of what shapes all of them."""
    terms, ticks = _terms(config), max(1, int(BLOCK * film.scene.clock.rate))
    grows = any(term.always for term in terms)  # by the time to the next tick
    curves = [curve for key, curve in config.curves() if _moves_dreams(key)]
    digest = start
    for first in range(0, len(moments), ticks):
        block = moments[first : first + ticks]
        before = moments[max(0, first - 1)]
        seconds = np.array([moment.seconds for moment in block])
        numbers = _over(curves, seconds, config)
        weights = _over([term.weight for term in terms], seconds, config)
        of_terms = [_over(term.curves, seconds, config) for term in terms]
        camera = _Camera.over(film.scene.path, before.seconds, block[-1].seconds)
        for index, (earlier, moment) in enumerate(pairwise((before, *block))):
            counting = [
                term.digest + values[index].tobytes()
                for term, weight, values in zip(terms, weights[index], of_terms, strict=True)
                if weight or term.always
            ]
            hash = blake2b(digest.encode(), digest_size=BYTES)
            hash.update(np.array((moment.seconds, moment.dt if grows else 0.0)).tobytes() + numbers[index].tobytes())
            for part in (*_pictures_of_tick(film, earlier, moment), camera.between(earlier.seconds, moment.seconds), *counting):
                hash.update(part)
            digest = hash.hexdigest()
            yield digest


def _pictures_of_tick(film: Film, earlier: Moment, moment: Moment) -> Iterator[bytes]:
    """What shapes a tick of the pictures that it is dreamed on, and of how it goes on from the one before."""
    yield repr((film.scene.source.picture_id(moment), film.scene.cut(earlier, moment))).encode()
    yield repr(_pictures_ahead(film, earlier, moment)).encode()
    yield b"jump" * bool(film.jump(earlier, moment))
    yield film.followed(moment).encode()


def _pictures_ahead(film: Film, earlier: Moment, moment: Moment) -> list[str]:
    """Later pictures of footage that shape a tick where its own is hidden by a flash; none where cuts are not looked for."""
    scene = film.scene
    if not scene.source.moves or scene.cut(earlier, moment) is not None:
        return []
    return [*dict.fromkeys(map(scene.source.picture_id, scene.ahead(moment)))]


def _moves_dreams(key: str) -> bool:
    """Whether a moving number shapes dreams by its value at the tick; the camera's are looked at between ticks, too."""
    return not key.startswith(("motion.", "dream.objective.", *SHOWN))


def _over(curves: Sequence[Curve], seconds: Array, config: Config) -> Array:
    """The numbers [ticks, curves]."""
    if not curves:
        return np.zeros((len(seconds), 0))
    clock = config.clock
    return np.stack([curve.over(seconds, clock) for curve in curves], axis=1)


@dataclass(frozen=True)
class _Camera:
    """The speeds of the camera's motions in a stretch of time."""

    first: int  # cell of time
    speeds: NDArray[np.float64]  # [cells, numbers], in the order of the motions' names

    @classmethod
    def over(cls, path: CameraPath, start: float, end: float) -> _Camera:
        cells = cells_between(start, end)
        speeds = path.speeds(cell_times(np.array(cells, dtype=np.int64)))
        columns = [speeds[name].double().numpy().reshape(len(cells), speeds[name][:1].numel() or 1) for name in sorted(speeds)]
        return cls(cells.start, np.ascontiguousarray(np.concatenate(columns, axis=1)))

    def between(self, start: float, end: float) -> bytes:
        """All that shapes the camera's move between two times in the stretch, as bytes."""
        cells = cells_between(start, end)
        return self.speeds[cells.start - self.first : cells.stop - self.first].tobytes()


def _digest(*parts: Any) -> str:
    return blake2b(json.dumps(parts, sort_keys=True, default=str).encode(), digest_size=BYTES).hexdigest()
