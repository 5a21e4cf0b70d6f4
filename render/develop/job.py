"""Jobs. A Job is one output on its way to its file: (output, the film's size and rate) -> Job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from render.config.formats import Format
from render.config.parts import formats
from render.develop import stills
from render.develop.ffmpeg import PixelFormat, Pixels
from render.develop.formats import Output, format_of, rate, wanted_rate
from render.develop.names import fill_name
from render.develop.sound import ENCODERS, SILENT, AudioArguments, AudioEncoder
from render.errors import ConfigError

PIXELS: dict[tuple[int, bool], PixelFormat] = {  # bits, and whether there is alpha
    (8, False): "rgb24",
    (8, True): "rgba",
    (16, False): "rgb48le",
    (16, True): "rgba64le",
}


@dataclass(frozen=True)
class Tuning:
    """What may change to make a file smaller: the picture's (width, height) and, where there is one, the quality number."""

    size: tuple[int, int]
    crf: int | None


@dataclass(frozen=True)
class Job:
    """One output on its way to its file."""

    format: Format
    output: Output
    path: Path
    box: tuple[int, int, int, int]  # (left, top, width, height) of what it shows of the frames that come
    fps: Fraction  # of the file
    tuning: Tuning
    title: str
    config: str  # the resolved configuration, as YAML; empty where the file is to carry none
    notice: Callable[[str], None]  # takes what is to be told
    audio: AudioEncoder | None  # how its container holds sound
    sound: AudioArguments = SILENT

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of what it is fed with."""
        return self.box[2:]

    @property
    def clear(self) -> bool:
        """Whether its pictures have alpha."""
        return self.output.alpha != "none"

    @property
    def cut_out(self) -> tuple[str, bool]:
        """Which frames it takes: their alpha, and whether that is of linear light."""
        return self.output.alpha, self.clear and self.format.linear

    @property
    def pixels(self) -> PixelFormat:
        """What it is fed with."""
        return PIXELS[self.format.bits, self.clear]

    def pixels_of(self, frame: Pixels) -> Pixels:
        """What it is fed with of a frame, [H, W, 3 or 4] uint8 or uint16."""
        left, top, width, height = self.box
        part = frame[top : top + height, left : left + width]
        return stills.eight_bits(part) if self.format.bits == 8 else stills.sixteen_bits(part)


def job_of(
    output: Output,
    size: tuple[int, int],
    fps: Fraction,
    folder: Path,
    name: str,
    config: str,
    notice: Callable[[str], None],
) -> Job:
    """The job of an output of a film of (width, height) and `fps`; a ConfigError says what it cannot be."""
    format = format_of(output)
    path = folder / fill_name(output.file, name)
    box = box_of(output, size)
    size = box[2:]
    width = width_of(output, size)
    shape = shape_of(format, size, width)
    if 0 in shape:
        raise ConfigError(f"{output.file}: {size[0]}x{size[1]} is too small for it")
    if not width and shape[0] < size[0] - 1:
        notice(f"{path.name} is {shape[0]}x{shape[1]}; say `width` for another size")
    elif not width and shape != size:
        notice(f"{path.name} is {shape[0]}x{shape[1]} of {size[0]}x{size[1]}, since it can hold only even sizes")
    crf = None if output.bitrate else output.crf if output.crf is not None else format.crf and format.crf[0]
    frame_rate = rate(output, fps)
    if frame_rate < wanted_rate(output, format, fps):
        notice(f"{path.name} has {frame_rate} frames a second, the most that {path.suffix} can show")
    ending = formats().ending(path)
    audio = ENCODERS[ending.sound] if ending and ending.sound else None
    settings = config if output.recipe else ""
    return Job(format, output, path, box, frame_rate, Tuning(shape, crf), name, settings, notice, audio)


def box_of(output: Output, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(left, top, width, height) of what it shows of a frame of (width, height)."""
    return output.crop.box(*size) if output.crop else (0, 0, *size)


def width_of(output: Output, size: tuple[int, int]) -> int | None:
    """How many pixels wide it is to be, by its width or its height; None if it says neither. size: of what it shows."""
    return max(1, round(size[0] * output.height / size[1])) if output.height else output.width


def shape_of(format: Format, size: tuple[int, int], width: int | None) -> tuple[int, int]:
    """The (width, height) of what goes out when it is to be `width` wide, or as wide as is usual."""
    width = width or min(size[0], format.usual_width or size[0])
    height = size[1] if width == size[0] else max(1, round(size[1] * width / size[0]))
    return (width - width % 2, height - height % 2) if format.even else (width, height)
