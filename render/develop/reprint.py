"""Reprints. Other prints of takes that were dreamed: of a whole one, of a part of it, of several joined. Nothing is dreamed."""

from __future__ import annotations

import wave
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import chain, islice, pairwise
from os.path import basename
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor

from render.config import Config, load_text
from render.config.loader import read
from render.config.model import OutputSettings, SourceSettings
from render.config.problem import SettingError
from render.config.scalars import Size, Time, read_time
from render.construct import build_scene
from render.develop import files, formats, prints
from render.develop.ffmpeg import Pixels
from render.develop.flow_cache import with_flow_cache
from render.develop.names import fill_name, frame_path
from render.develop.outside import mark, require_replaceable, sources_of
from render.develop.shoot import Prints, develop, has_sound
from render.develop.sound import film_sound
from render.develop.take import Take, existing_take, newest_take
from render.develop.whereabouts import found_files
from render.errors import ConfigError, MissingError
from render.facts import facts
from render.frames import at_rate, dreamed_up_to, frame_count, frames_in, in_loop_order, rate_ratio
from render.moment import Clock
from render.picture.colour import crossfade
from render.picture.picture import from_pixels, resize, to_pixels
from render.scene import Scene
from render.source.audio import Samples, Sound, film_samples

CPU = torch.device("cpu")
SAMPLES, CHANNELS = 48_000, 2  # of joined sound: a second, and side by side
PART_HINT = "write 2s..5s, 2s.. or ..5s; times as in keyframes: 2s, 48 frames, 25%, 00:00:02"
LIKE = 0.01  # by which two pictures' proportions may differ and still be the same

Settings = Mapping[str, Any]  # of an output, as a configuration has them
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
    for each in ranges:
        yield each[max(0, start - passed) : max(0, stop - passed)]
        passed += len(each)


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
    found = found_files(take.folder, text, str(take.record.get("home", "")), source)
    config = load_text(text, str(path), take.folder, found, look=facts)
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


# ---- where prints go


@dataclass(frozen=True)
class Placed:
    """A print, and the folder where it goes."""

    folder: Path
    output: OutputSettings


def place_output(file: str, settings: Settings, inside: Path) -> Placed:
    """What `-o file` means: a path that begins with /, ./, ../ or ~ is that file, any other lies in the folder `inside`."""
    if not is_elsewhere(file):
        return Placed(inside, _output(file, settings))
    path = Path(file).expanduser()
    return Placed(path.parent, _output(path.name, settings))


def is_elsewhere(file: str) -> bool:
    """Whether the name of an output is a path of its own, and none inside a take."""
    path = Path(file)
    return path.is_absolute() or file.startswith(("./", "~")) or ".." in path.parts


def is_folder(file: str) -> bool:
    """Whether it is no name of an output but a folder for them."""
    return file.endswith(("/", "\\")) or Path(file).expanduser().is_dir()


def in_working_folder(file: str) -> str:
    """The same name as a path of its own: of a film that belongs to no take alone."""
    return file if is_elsewhere(file) or is_folder(file) else f"./{file}"


def _placed(file: str, usual: str, settings: Settings, like: Settings, inside: Path) -> Placed:
    """Where a print goes: the file itself; or, in a folder or by no name, its `usual` name with settings `like` those."""
    if file and not is_folder(file):
        return place_output(file, settings, inside)
    return place_output(usual, like, Path(file).expanduser() if file else inside)


def _all_placed(file: str, settings: Settings, reel: Reel) -> list[Placed]:
    """Where a print goes; into a folder go all that the film has."""
    if not is_folder(file):
        return [place_output(file, settings, reel.take.folder)]
    return [Placed(Path(file).expanduser(), _output(output.file, _like(output, settings))) for output in reel.config.outputs]


def _output(file: str, settings: Settings) -> OutputSettings:
    try:
        return OutputSettings.model_validate({"file": file, **settings})
    except ValidationError as error:
        place, cause = error.errors()[0]["loc"], error.errors()[0].get("ctx", {}).get("error", error.errors()[0]["msg"])
        raise ConfigError(f"{file}: {'.'.join(map(str, place))} {cause}") from None


def _require_writable(reel: Reel, placed: Iterable[Placed]) -> None:
    """Refuse prints into a take that may only be read, and over what is a person's own."""
    take = reel.take
    for each in placed:
        if each.folder != take.folder:
            require_replaceable(_first_file(each, reel.config.name), sources_of(reel.config), marks=take.elsewhere)
        if take.read_only and each.folder == take.folder:
            name = basename(each.output.file)
            raise MissingError(f"{take.folder}: cannot be written", f"-o ./{name} prints into the working folder")


def _first_file(placed: Placed, name: str) -> Path:
    """The file of a print, or the first of its pictures."""
    return frame_path(placed.folder / fill_name(placed.output.file, name), 0)


def _note_elsewhere(take: Take, placed: Iterable[Placed], name: str) -> None:
    """Note which prints lie outside of the take, so that the same command may make them anew."""
    files = (_first_file(each, name) for each in placed if each.folder != take.folder)
    take.note_elsewhere(mark(file) for file in files if file.is_file())


# ---- a whole take


def print_again(folder: Path, outputs: Sequence[str], settings: Settings, source: Path | None = None) -> Prints:
    """Develop other outputs from the negative of the take in `folder`; nothing is dreamed.

    folder: of the take, or of the film whose newest take is meant.
    outputs: names of files in the take, paths that begin with /, ./, ../ or ~, or folders for all outputs of the film.
    settings: of all of them, as an output of a configuration has them. source: where the film's picture or footage is now, if
    it was moved.
    Raises MissingError where the take, or what it was made from, is not what it was, ConfigError, DevelopError or RoomError.
    """
    with open_reel(folder, source, settings.get("alpha", "none")) as reel:
        placed = [each for file in outputs for each in _all_placed(file, settings, reel)]
        _require_writable(reel, placed)
        made = [
            _print_into(reel, place, [each.output for each in placed if each.folder == place]) for place in _folders(placed)
        ]
        _note_elsewhere(reel.take, placed, reel.config.name)
        paths, notices = zip(*made, strict=True)
        return [*chain(*paths)], [*reel.take.notices, *chain(*notices)]


def _require(reel: Reel, outputs: Sequence[OutputSettings]) -> None:
    """Refuse what cannot be made of a take: ConfigError or MissingError."""
    formats.require(outputs, reel.config.name, reel.size, has_sound(reel.config))
    if reel.scene.mask is None and any(output.alpha == "mask" for output in outputs):
        raise ConfigError("alpha: mask: the film has no mask", "alpha: dream needs none")


def _folders(placed: Iterable[Placed]) -> list[Path]:
    return list(dict.fromkeys(each.folder for each in placed))


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


# ---- a part of a take


def trim(folder: Path, part: str, file: str | None, settings: Settings, source: Path | None = None) -> Prints:
    """Develop a part of a take, such as "2s..5s", from its negative: what is cut off is not even made.

    file: as of `print_again`; NAME-2s-5s, of the same kind as the film's first output, if there is none. Raises as
    `print_again`, and ConfigError for a part that is none of the film's.
    """
    with open_reel(folder, source, settings.get("alpha", "none" if file else None)) as reel:
        start, stop = read_part(part, reel)
        usual = f"{{name}}-{'-'.join(word.strip() or 'end' for word in part.split('..'))}{reel.config.outputs[0].suffix}"
        first = reel.config.outputs[0]
        placed = _placed(file or "", usual.replace(":", "."), settings, _like(first, settings), reel.take.folder)
        _require_writable(reel, [placed])
        _require(reel, [placed.output])
        paths, notices = _develop(reel, placed.folder, [placed.output], (start, stop), whole=False)
        _note_elsewhere(reel.take, [placed], reel.config.name)
        return paths, [*reel.take.notices, *notices]


def _like(output: OutputSettings, settings: Settings) -> Settings:
    """The settings of an output of the film, but for those that are given."""
    return {**output.model_dump(exclude={"file"}, exclude_none=True), **settings}


def read_part(text: str, reel: Reel) -> Part:
    """The part of a take that a text such as 2s..5s means, seconds; ConfigError if it is none."""
    ends = text.split("..")
    if len(ends) != 2 or not text.strip(". "):
        raise ConfigError(f"{text}: is no part of a film", PART_HINT)
    clock = replace(reel.scene.clock, frames=frame_count(reel.scene))
    start, stop = (_seconds(word.strip() or usual, clock) for word, usual in zip(ends, ("0s", "end"), strict=True))
    if not start < stop:
        raise ConfigError(f"{text}: ends before it begins", PART_HINT)
    if stop > reel.seconds:
        raise ConfigError(f"{text}: the film lasts {float(reel.seconds):.6g} s", PART_HINT)
    return start, stop


def _seconds(text: str, clock: Clock) -> Fraction:
    try:
        time: Time = read_time(text)
    except SettingError as wrong:
        raise ConfigError(f"{text}: {wrong.message}", wrong.hint) from None
    return time.exact(clock) + Fraction(clock.first_beat) * (time.unit == "beats")


# ---- several takes


def join(folders: Sequence[Path], file: str | None, fade: str, settings: Settings) -> Prints:
    """Develop takes into one film, one after the other, from their negatives: each frame is encoded once.

    file: the film; A+B in the working folder, of the kind of the first one's first output, if there is none. fade: a time over
    which each fades into the next, "" for a cut. The first says how large the film is, and how many frames a second it has.
    Raises as `print_again`, and ConfigError for takes that do not fit together.
    """
    with ExitStack() as stack:
        opened = {folder: stack.enter_context(open_reel(folder)) for folder in dict.fromkeys(map(Path.absolute, folders))}
        reels = [opened[folder.absolute()] for folder in folders]
        first = reels[0]
        _require_one_shape(reels)
        overlap = _seconds(fade, first.scene.clock) if fade else Fraction(0)
        if short := [reel for reel in reels if overlap >= reel.seconds]:
            raise ConfigError(
                f"--crossfade {fade}: {short[0].take.folder} lasts {float(short[0].seconds):.6g} s", "fade shorter"
            )
        title = " + ".join(reel.config.name for reel in reels)
        names = [*dict.fromkeys(reel.config.name for reel in reels)]
        usual = f"{'+'.join(names if len(names) > 1 else 2 * names)}{first.config.outputs[0].suffix}"
        placed = _placed(file or "", usual, settings, _like(first.config.outputs[0], {"alpha": "none", **settings}), Path())
        sources = [each for reel in reels for each in sources_of(reel.config)]
        require_replaceable(_first_file(placed, title), sources, marks=first.take.elsewhere)

        def frames(fps: Fraction) -> Iterator[Pixels]:
            films = [(resize(frame, first.scene.size) for frame in reel.frames(fps)) for reel in reels]
            return (to_pixels(frame, np.uint16) for frame in join_frames(films, round(overlap * fps)))

        with joined_sound(reels, overlap, placed.folder / placed.output.file) as sound:
            fps = first.scene.clock.fps
            paths, notices = prints.develop([placed.output], frames, first.size, fps, placed.folder, title, "", sound)
        _note_elsewhere(first.take, [placed], title)
        return paths, [*chain(*(reel.take.notices for reel in reels)), *notices]


def _require_one_shape(reels: Sequence[Reel]) -> None:
    for one, other in pairwise(reels):
        (wide, high), (width, height) = one.size, other.size
        if abs(wide * height / (width * high) - 1) > LIKE:
            raise ConfigError(
                f"{other.take.folder}: its pictures are {width}x{height}, and those of {one.take.folder} {wide}x{high}",
                "films of one shape can be joined",
            )


def join_frames(films: Sequence[Iterator[Tensor]], overlap: int) -> Iterator[Tensor]:
    """The frames of films, one film after the other; the last `overlap` frames of each fade into the first of the next."""
    ending: list[Tensor] = []
    for film in films:
        coming = deque[Tensor]()
        for index, frame in enumerate(film):
            if index < len(ending):
                share = (index + 1) / (overlap + 1)
                frame = crossfade(ending[index], frame, share * share * (3 - 2 * share))
            coming.append(frame)
            if len(coming) > overlap:
                yield coming.popleft()
        ending = [*coming]
    yield from ending


@contextmanager
def joined_sound(reels: Sequence[Reel], overlap: Fraction, path: Path) -> Iterator[Sound | None]:
    """What is heard of takes one after the other, as a file beside `path` while the block lasts; None where all are silent."""
    sounds = [reel.sound((Fraction(0), reel.seconds)) for reel in reels]
    if not any(sounds):
        yield None
        return
    seconds = sum((reel.seconds for reel in reels), Fraction(0)) - overlap * (len(reels) - 1)
    blocks = (_heard(sound, reel.seconds) for sound, reel in zip(sounds, reels, strict=True))
    with files.scratch(path, ".wav") as place:
        with wave.open(str(place), "wb") as track:
            track.setparams((CHANNELS, 2, SAMPLES, 0, "NONE", ""))
            for block in join_samples(blocks, round(overlap * SAMPLES)):
                track.writeframes((block.T.clip(-1, 1) * 32767).astype("<i2").tobytes())
        yield Sound(place, Fraction(0), seconds, sounds[-1].fade if sounds[-1] else 0.0)


def _heard(sound: Sound | None, seconds: Fraction) -> Iterator[Samples]:
    """The samples [CHANNELS, n] of a film that lasts so long, block by block; silence where it has none."""
    if sound:
        yield from film_samples(sound, SAMPLES, "stereo")
        return
    for start in range(0, round(seconds * SAMPLES), SAMPLES):
        yield np.zeros((CHANNELS, min(SAMPLES, round(seconds * SAMPLES) - start)), np.float32)


def join_samples(films: Iterable[Iterator[Samples]], overlap: int) -> Iterator[Samples]:
    """The samples of films, one film after the other; the last `overlap` of each fade into the first of the next."""
    ending = np.zeros((CHANNELS, 0), np.float32)
    for film in films:
        coming, passed = np.zeros((CHANNELS, 0), np.float32), 0
        for block in film:
            fading = ending[:, passed : passed + block.shape[1]]
            count = fading.shape[1]
            share = (passed + np.arange(1, count + 1)) / (overlap + 1)
            mixed = block.astype(np.float32)
            mixed[:, :count] = fading * (1 - share) + mixed[:, :count] * share
            coming, passed = np.concatenate((coming, mixed), axis=1), passed + block.shape[1]
            whole = max(0, coming.shape[1] - overlap)
            yield coming[:, :whole]
            coming = coming[:, whole:]
        ending = coming
    yield ending
