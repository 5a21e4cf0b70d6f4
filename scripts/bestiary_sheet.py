"""A contact sheet of what the bestiary's generator draws: look at a new creature here before a network learns it.

    python scripts/bestiary_sheet.py owl fox -o owls.png        every kind without names; `--seed 2` for others of them

One row for each kind, one column for each picture, as training sees them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))
from render.dream.bestiary.generator import picture
from render.dream.bestiary.motifs import MOTIFS

MARGIN = 72  # pixels for the names


def main() -> None:
    kinds = {motif.name: motif for motif in MOTIFS}
    words = argparse.ArgumentParser(description="Draw a contact sheet of the bestiary's kinds.")
    words.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {' '.join(kinds)}")
    words.add_argument("--pictures", type=int, default=12, help="of each kind")
    words.add_argument("--size", type=int, default=96, help="side of a picture in pixels")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("-o", "--out", type=Path, default=Path("bestiary.png"))
    asked = words.parse_args()
    if unknown := set(asked.kinds) - set(kinds):
        words.error(f"no kind is called {' or '.join(sorted(unknown))}")
    shown = asked.kinds or list(kinds)
    sheet = Image.new("RGB", (MARGIN + asked.pictures * asked.size, len(shown) * asked.size))
    for row, name in enumerate(shown):
        ImageDraw.Draw(sheet).text((4, (row + 0.5) * asked.size), name, anchor="lm")
        for column in range(asked.pictures):
            drawn = picture(kinds[name], np.random.default_rng([asked.seed, column]), asked.size)
            sheet.paste(Image.fromarray(drawn), (MARGIN + column * asked.size, row * asked.size))
    sheet.save(asked.out)


if __name__ == "__main__":
    main()
