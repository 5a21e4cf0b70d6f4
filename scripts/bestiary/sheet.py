"""A contact sheet of what the bestiary's generator draws: look at a new creature here before a network learns it.

    scripts/bestiary_sheet owl fox -o owls.png        every kind without names; `--seed 2` for others of them

One row for each kind, one column for each picture, as training sees them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from bestiary.generator import picture
from bestiary.motifs import MOTIFS

MARGIN = 72  # pixels for the names


def main() -> None:
    kinds = {motif.name: motif for motif in MOTIFS}
    parser = argparse.ArgumentParser(description="Draw a contact sheet of the bestiary's kinds.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {' '.join(kinds)}")
    parser.add_argument("--pictures", type=int, default=12, help="of each kind")
    parser.add_argument("--size", type=int, default=96, help="side of a picture in pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, default=Path("bestiary.png"))
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(kinds):
        parser.error(f"no kind is called {' or '.join(sorted(unknown))}")
    names = options.kinds or list(kinds)
    sheet = Image.new("RGB", (MARGIN + options.pictures * options.size, len(names) * options.size))
    for row, name in enumerate(names):
        ImageDraw.Draw(sheet).text((4, (row + 0.5) * options.size), name, anchor="lm")
        for column in range(options.pictures):
            pixels = picture(kinds[name], np.random.default_rng([options.seed, column]), options.size)
            sheet.paste(Image.fromarray(pixels), (MARGIN + column * options.size, row * options.size))
    sheet.save(options.out)


if __name__ == "__main__":
    main()
