"""An objective of one's own: a function of what the network sees, used without a line of YAML or a change to render.

The film asks for a layer, so that the network is looked at as deep as that; what the dream climbs is then replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

import render

LAYER = "texture"
FILM = {
    "size": "160x90",
    "duration": "1s",
    "dream": {"objective": {"layer": LAYER}, "rate": 4, "steps": 2, "octaves": 2},
}


def waves(activations: Mapping[str, Tensor], view: render.View) -> Tensor:
    """Most where the picture goes up and down from left to right: a grating laid over the layer's first channels."""
    seen = activations[LAYER][:, :8]  # [1, 8, h, w]
    x = view(seen.shape[-2], seen.shape[-1])[..., 0]  # [1, h, w], from -aspect to aspect
    return (seen * (20 * x).sin()).mean()


def main(film: dict[str, object] = FILM) -> list[render.State]:
    """The film's ticks, dreamed for `waves`."""
    plain = render.build(film, device="cpu")
    objective = render.Objective(layers=(LAYER,), score=waves)
    mine = replace(plain, terms=lambda moment, worlds: [(1.0, objective)])
    return list(mine.ticks())


if __name__ == "__main__":
    for state in main():
        print(state.tick, f"{float(state.canvas.mean()):.3f}")
