"""Takes to show, made without dreaming: finished, with a poster of one colour and a print that need not be a film."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from render.config import load_text
from render.develop.takes import open_take

SIZE = (64, 36)
COLOUR = (200, 30, 60)
GIVEN = "# A garden of nothing.\nsize: 64x36\nduration: 2s\nfps: 24\n"


def poster(size: tuple[int, int] = SIZE, colour: tuple[int, int, int] = COLOUR) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "JPEG", quality=95)
    return content.getvalue()


def finished(
    root: Path,
    called: str = "garden",
    given: str = GIVEN,
    prints: Mapping[str, bytes] | None = None,
    colour: tuple[int, int, int] = COLOUR,
    settings: Sequence[str] = (),
    dreamed: int = 0,
    files: str = "",
    **facts: Any,
) -> Path:
    """The folder of a finished take of 64x36 pixels and 2 s, a new one each time.

    dreamed: ticks in its negative. files: the digest of what it read. facts: of its record, besides the usual.
    """
    prints = {"{name}.mp4": b"a film"} if prints is None else prints
    config = load_text(given, folder=root, overrides=[*settings, f"outputs={[*prints]}"])
    film = {"fps": "24", "frames": 48, "loop": config.loop, "sound": {}}
    fingerprint = {"seed": int(config.seed), "size": [SIZE[1], SIZE[0]], "config": "", "version": 1, "files": files}
    with open_take(root, called, fingerprint, given, config.yaml(), fresh=True) as take:
        (take.folder / "poster.jpg").write_bytes(poster(colour=colour))
        negative = take.negative()
        for tick in range(dreamed):
            negative.keep(tick, np.full((SIZE[1], SIZE[0], 3), 65535 - 1000 * tick, dtype=np.uint16), {})
        for output in config.outputs:
            path = take.folder / output.file.replace("{name}", called)
            path.write_bytes(prints[output.file])
        take.note(finished=True, seconds=70.2, device="cpu", dreamed=16)
        take.note_prints(config.outputs, film)
        take.note(**facts)
        return take.folder
