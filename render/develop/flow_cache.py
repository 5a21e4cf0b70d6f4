"""The flow cache: what was found of motion in footage is kept on disk for later takes and prints.

A pair of pictures and the estimator's name give a file's name, so no other setting can make a cached flow wrong.
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import load, save

from render.develop import files
from render.errors import MissingError, RenderError
from render.inputs import NEGATIVE, read_bytes
from render.picture.picture import Pixels
from render.scene import Scene
from render.source.flow import FlowEstimator, FlowPair

FOLDER = ".flow"  # beside the films' own
FORMAT = 1  # counts up when the same pictures begin to give other flows
MOST = 2 * 10**9  # bytes of all files, some six thousand at 640x360; then the oldest go
SEAL = 32  # bytes of the hash that a file begins with
FORGOTTEN = 3600  # seconds: an unfinished file so old is what a killed process left
RARELY = "00"  # the names that begin with it are one in 256


def with_flow_cache(scene: Scene, root: Path) -> Scene:
    """The same scene, whose estimator looks into the cache of all films under `root` first."""
    return replace(scene, estimator=cached_estimator(scene.estimator, root / FOLDER)) if scene.estimator else scene


def cached_estimator(estimator: FlowEstimator, folder: Path) -> FlowEstimator:
    """The same estimator, which finds again in `folder` what any take found before. What cannot be kept is estimated anew."""

    def trace(earlier: Pixels, later: Pixels) -> FlowPair:
        path = folder / _name(estimator, earlier, later)
        pair = read(path)
        if pair is None:
            pair = estimator.trace(earlier, later)
            with suppress(RenderError):
                _keep(path, pair)
        return pair

    return replace(estimator, trace=trace)


def read(path: Path) -> FlowPair | None:
    """The flow in a file, or None if there is none or a byte of it is not as it was written."""
    try:
        content = read_bytes(path, NEGATIVE)
        os.utime(path)  # the oldest are those that were not needed for the longest time
    except (MissingError, OSError):
        return None
    if sha256(content[SEAL:]).digest() != content[:SEAL]:
        return None
    arrays = load(zlib.decompress(content[SEAL:]))
    back = np.cumsum(arrays["rows"], axis=1, dtype=np.int16).transpose(1, 2, 0)
    return FlowPair(np.ascontiguousarray(back), arrays["trust"], *map(float, arrays["facts"]))


def _keep(path: Path, pair: FlowPair) -> None:
    facts = np.array((pair.lost, pair.alike, pair.still))
    rows = np.diff(pair.back.transpose(2, 0, 1), axis=1, prepend=np.int16(0))  # from row to row little changes: half the size
    arrays = {"rows": np.ascontiguousarray(rows), "trust": np.ascontiguousarray(pair.trust), "facts": facts}
    packed = zlib.compress(save(arrays), 1)
    with files.scratch(path, path.suffix) as part:  # without waiting for the disk: a damaged one is found out
        part.write_bytes(sha256(packed).digest() + packed)
        os.replace(part, path)
    if path.name.startswith(RARELY):
        sweep(path.parent)
        files.sweep_forgotten(path.parent, FORGOTTEN)


def sweep(folder: Path, most: int = MOST) -> None:
    """Remove the oldest files, until all together have `most` bytes at most."""
    entries = []
    for path in folder.iterdir():
        with suppress(OSError):  # another process may be sweeping, too
            stat = path.stat()
            entries.append((stat.st_mtime, stat.st_size, path))
    total = 0
    for _, size, path in sorted(entries, reverse=True):
        total += size
        if total > most:
            with suppress(OSError):
                path.unlink()


def _name(estimator: FlowEstimator, earlier: Pixels, later: Pixels) -> str:
    content = sha256(repr((FORMAT, cv2.__version__, estimator.name, earlier.shape)).encode())
    content.update(earlier.tobytes())
    content.update(later.tobytes())
    return f"{content.hexdigest()}.trace"
