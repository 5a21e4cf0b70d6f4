"""A film from a mapping: the settings of a YAML file, as Python has them. Run it anywhere: `python examples/film.py`."""

from __future__ import annotations

import render

FILM = {
    "name": "garden",
    "size": "320x180",
    "duration": "2s",
    "seed": 21,
    "motion": {"zoom": {"0s": 1, "1s": 1.6}, "rotate": "10*sin(2*pi*p)"},
    "dream": {"objective": {"garden": ["fern", "shell", "owl"], "size": 0.45}, "steps": 4},
    "outputs": ["garden.mp4", {"file": "garden.gif", "width": 240}],
}


def main(film: dict[str, object] = FILM, output: str = "runs") -> render.Shot:
    """The take, which goes on where an earlier call stopped; a line for each dream goes to stdout."""
    shot = render.render(film, output=output, progress=print)
    print(*shot.paths, sep="\n")
    return shot


if __name__ == "__main__":
    main()
