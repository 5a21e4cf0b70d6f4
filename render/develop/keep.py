"""Keeping. Ticks go into the negative as they are dreamed: (negative, states) -> the number of each, once it is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from render.develop.negative import Negative
from render.film import State
from render.picture.picture import pixels_in_place, to_pixels
from render.picture.readback import one_behind, read_later
from render.source.tick import CANVAS


def keep_ticks(negative: Negative, states: Iterable[State], device: torch.device) -> Iterator[int]:
    """Keep every tick of a film that is dreamed on `device`; the number of each, once it is safe. Raises as `Negative.keep`.

    A GPU is asked for the next tick before the last one is waited for: a second thread reads and writes that meanwhile.
    """
    if device.type == "cpu":
        for state in states:
            negative.keep(state.tick, to_pixels(state.canvas, np.uint16), state.tensors())
            yield state.tick
        return
    with ThreadPoolExecutor(1, "keeping") as thread:  # left only when all that it was given is kept
        yield from one_behind(states, lambda state: thread.submit(_keep, negative, state.tick, read_state(state)).result)


def read_state(state: State) -> Callable[[], dict[str, Tensor]]:
    """Begin to read a tick: its canvas as pixels, and the tensors of its state."""
    return read_later({CANVAS: pixels_in_place(state.canvas, np.uint16), **state.tensors()})


def _keep(negative: Negative, tick: int, read: Callable[[], dict[str, Tensor]]) -> int:
    tensors = read()
    negative.keep(tick, tensors.pop(CANVAS).numpy(), tensors)
    return tick
