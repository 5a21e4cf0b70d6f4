"""Facts. What a film's own files say, for settings that ask for it: `fps: source`, `duration: audio`, `bpm: auto`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Feature = Callable[[NDArray[np.float64]], NDArray[Any]]  # seconds of the film -> 0..1 at each


@dataclass(frozen=True)
class Facts:
    """What the files say; None where there is no such file.

    size: (height, width) of the footage as it is seen. fps: of the footage. footage, music: how long each is from its start
    to its end, seconds. bpm, upbeat: beats per minute, and the seconds at which beat 0 falls. features: the names that
    expressions may use besides the usual ones. music_digest: of the music's file. sounding: whether the footage has a
    sound of its own. flaw: a sentence on what of the footage cannot be read.
    """

    size: tuple[int, int] | None = None
    fps: Fraction | None = None
    footage: Fraction | None = None
    music: Fraction | None = None
    bpm: float | None = None
    first_beat: float = 0.0
    features: Mapping[str, Feature] = field(default_factory=dict)
    music_digest: str = ""
    sounding: bool = False
    flaw: str = ""
