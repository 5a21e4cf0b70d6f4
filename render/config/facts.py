"""Facts. What a film's own files say, for settings that ask for it: `fps: source`, `duration: audio`, `bpm: auto`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from render.moment import Feature


@dataclass(frozen=True)
class Facts:
    """What the files say; None or empty where there is no such file, or nobody looked."""

    size: tuple[int, int] | None = None  # (height, width) of the video as it is seen, upright and in square pixels
    fps: Fraction | None = None  # of the video
    footage: Fraction | None = None  # seconds that the video or the pictures last, from the film's start to their end
    music: Fraction | None = None  # seconds that the music lasts, from the film's start to its end
    bpm: float | None = None  # beats per minute
    first_beat: float = 0.0  # seconds of the film at which beat 0 falls
    features: Mapping[str, Feature] = field(default_factory=dict, compare=False)  # what expressions may name of the music
    music_digest: str = ""  # of the music's file, by which its features are the same or others
    dreams: int | None = None  # how many the take has that it follows
    music_stamp: Any = field(default=None, repr=False)  # that file as it was listened to, a render.source.stamp.FileStamp
    palette_digest: str = ""  # of the picture whose colours the film is led to
    sounding: bool = False  # whether the video has a sound of its own
    flaw: str = ""  # sentences, a line each, on what of the video or the music cannot be read
    video: Any = field(default=None, repr=False)  # the render.source.footage.Footage itself, which config knows nothing of
    notes: tuple[str, ...] = ()  # sentences on what a person may miss in them
    pictures: tuple[Path, ...] = field(default=(), repr=False)  # the files of source.frames, in their order
