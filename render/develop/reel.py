"""Reels. A Reel is a take that is read to be printed again: (its folder) -> its frames and its sound, whole or a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import torch
from torch import Tensor

from render.config import Config, load_text
from render.config.loader import read
from render.config.model import SourceSettings
from render.config.problem import SettingError
from render.config.scalars import Size, Time, read_time
from render.construct import build_scene
from render.develop.flow_cache import with_flow_cache
from render.develop.sound import film_sound
from render.develop.take import Take
from render.develop.takes import existing_take, newest_take
from render.develop.whereabouts import locate_files
from render.errors import ConfigError, MissingError
from render.facts import facts
from render.frames import at_rate, dreamed_up_to, frame_count, frames_in, in_loop_order
from render.moment import Clock
from render.picture.picture import from_pixels
from render.scene import Scene
from render.source.sound_file import Sound

CPU = torch.device("cpu")
PART_HINT = "write 2s..5s, 2s.. or ..5s; times as in keyframes: 2s, 48 frames, 25%, 00:00:02"

Part = tuple[Fraction, Fraction]  # seconds of a film, from and to


@dataclass(frozen=True)
class Reel:
    """A take that is read to be printed, as far as it was dreamed."""

    take: Take
    config: Config
    scene: Scene

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of its pictures."""
        height, width = self.scene.size
        return width, height

    @property
    def seconds(self) -> Fraction:
        """How long it is shown."""
        return frame_count(self.scene) / self.scene.clock.fps

    def cut_out(self, alpha: str, linear: bool) -> Reel:
        """The same with alpha, as an output of the configuration has it."""
        return replace(self, scene=replace(self.scene, alpha=alpha, linear=linear))

    def frames(self, fps: Fraction, part: Part | None = None) -> Iterator[Tensor]:
        """What it shows, or a part of it, at a rate."""
        clock = at_rate(self.scene.clock, fps, self.scene.loop)
        if part is None:
            return in_loop_order(self.scene, self._canvases, clock)
        start, stop = (round(seconds * clock.fps) for seconds in part)
        if self.scene.loop.fades:  # what fades in is made from its beginning on
            return islice(in_loop_order(self.scene, self._canvases, clock), start, stop)
        ranges = _within(self.scene.loop.order(clock), start, stop)
        return chain.from_iterable(frames_in(self.scene, self._canvases, clock, wanted) for wanted in ranges)

    def sound(self, part: Part) -> Sound | None:
        """What is heard in a part of it."""
        whole, (start, stop) = film_sound(self.config, self.seconds), part
        return replace(whole, start=whole.start + start, seconds=stop - start) if whole else None

    def _canvases(self, start: int, step: int) -> Iterator[Tensor]:
        negative, last = self.take.negative(), self.scene.clock.last_tick
        return (from_pixels(negative.read(tick)) for tick in range(start, last + 1 if step > 0 else -1, step))


def _within(ranges: Iterable[range], start: int, stop: int) -> Iterator[range]:
    """The stretch from `start` to `stop` of ranges that follow each other."""
    passed = 0
    for frames in ranges:
        yield frames[max(0, start - passed) : max(0, stop - passed)]
        passed += len(frames)


@contextmanager
def open_reel(folder: Path, source: Path | None = None, alpha: str | None = "none") -> Iterator[Reel]:
    """The take in `folder`, or the newest of the film whose takes lie there, held while the block lasts.

    source: where its picture or footage is now. alpha: of the prints; None: of the film's first output. Raises MissingError
    where the take, or what it was made from, is not what it was.
    """
    folder = newest_take(folder)
    with existing_take(folder) as take:
        config, kept = _config(take, source), take.negative().last()
        if kept is None:
            raise MissingError(f"{folder}: nothing was dreamed here yet", "render its film first")
        height, width = kept.canvas.shape[:2]
        scene = build_scene(_for_prints(config, Size(width, height), config.outputs[0].alpha if alpha is None else alpha), CPU)
        if scene.source.digest not in str(take.record.get("fingerprint", {}).get("files")):
            message = "is other footage now than when this film was dreamed"
            raise config.problem(
                "source", message, "--source FILE names the film's own; new footage makes a new take", MissingError
            )
        scene = dreamed_up_to(with_flow_cache(scene, folder.absolute().parents[1]), kept.tick)
        yield Reel(take, config, scene)


def _config(take: Take, source: Path | None) -> Config:
    """The take's film, its files where they are now."""
    path = take.folder / "resolved.yaml"
    text = read(path, take.folder)
    found = locate_files(take.folder, text, str(take.record.get("home", "")), source)
    config = load_text(text, str(path), take.folder, found, inspect=facts)
    music = next((key for key in ("schedule", "audio") if getattr(config, key)), "")
    if music and not _moves_as_it_did(config, take):
        message = "is another one now than when this film was dreamed"
        raise config.problem(music, message, "render the film again: new moves make a new take", MissingError)
    return config


def _moves_as_it_did(config: Config, take: Take) -> bool:
    """Whether what moves the film is what it was. Takes of earlier versions know it only where their files were."""
    if "settings" in take.record:
        return bool(take.record["settings"] == config.fingerprint_anywhere())
    return bool(take.record.get("fingerprint", {}).get("config") == config.fingerprint())


def _for_prints(config: Config, size: Size, alpha: str) -> Config:
    """The same film of that size; without its photo, which may be gone, unless it is shown: its ticks hold all of it."""
    if config.source.moves or config.mask or config.shows_source or alpha == "dream":
        photo = config.source.image
        if photo and not photo.file.is_file():
            raise MissingError(f"{photo.file}: there is no such file, and the film shows it", "--source FILE says where it is")
        return config.model_copy(update={"size": size})
    return config.model_copy(update={"size": size, "source": SourceSettings.model_validate({"noise": "uniform"})})


def read_part(text: str, reel: Reel) -> Part:
    """The part of a take that a text such as 2s..5s means, seconds; ConfigError if it is none."""
    ends = text.split("..")
    if len(ends) != 2 or not text.strip(". "):
        raise ConfigError(f"{text}: is no part of a film", PART_HINT)
    clock = replace(reel.scene.clock, frames=frame_count(reel.scene))
    start, stop = (seconds_of(word.strip() or usual, clock) for word, usual in zip(ends, ("0s", "end"), strict=True))
    if not start < stop:
        raise ConfigError(f"{text}: ends before it begins", PART_HINT)
    if stop > reel.seconds:
        raise ConfigError(f"{text}: the film lasts {float(reel.seconds):.6g} s", PART_HINT)
    return start, stop


def seconds_of(text: str, clock: Clock) -> Fraction:
    """The moment of a film that a text such as 2s or 25% means, seconds; ConfigError if it is none."""
    try:
        time: Time = read_time(text)
    except SettingError as wrong:
        raise ConfigError(f"{text}: {wrong.message}", wrong.hint) from None
    return time.exact(clock) + Fraction(clock.first_beat) * (time.unit == "beats")
