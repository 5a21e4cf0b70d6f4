"""Frames in a loop: the film's pictures as arrays, to look at, to send somewhere, or to draw on."""

from __future__ import annotations

import numpy as np

import render

FILM = {"size": "160x90", "duration": "1s", "motion": {"zoom": 1.5}, "dream": {"rate": 4, "steps": 2, "octaves": 2}}


def main(film: dict[str, object] = FILM) -> list[float]:
    """How bright each frame is, 0 to 1."""
    brightness = []
    for frame in render.build(film, device="cpu").frames():  # uint8 [H, W, 3]
        brightness.append(float(np.mean(frame)) / 255)
    return brightness


if __name__ == "__main__":
    print(*(f"{value:.3f}" for value in main()))
