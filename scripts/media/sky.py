"""The project's own sky, that of its valley with nothing below it: `scripts/draw_media sky [FILE.jpg]`, two seconds."""

from __future__ import annotations

import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from media.valley import HORIZON, Array, finish, sky

WIDTH, HEIGHT = 768, 432


def clouds(seed: int = 23) -> Array:
    """The picture uint8 [height,width,3]: what a frame has above its horizon."""
    rng = np.random.default_rng(seed)
    return finish(sky(rng, WIDTH, round(HEIGHT / HORIZON))[:HEIGHT], rng)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "configs" / "media" / "sky.jpg"
    imageio.imwrite(target, clouds(), quality=85)
    sys.stdout.write(f"{target}\n")
