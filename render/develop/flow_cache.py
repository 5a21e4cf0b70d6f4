"""Traces on disk. What was found of motion in footage is kept for later takes and prints: (look, folder) -> the same look.

A trace is found again by the pictures it was made from and how they were looked at, so no other setting can make it wrong.
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
from render.errors import RenderError
from render.picture.picture import Pixels
from render.scene import Scene
from render.source.flow import FlowEstimator, FlowPair

FOLDER = ".flow"  # beside the films' own
FORMAT = 1  # counts up when the same pictures begin to give other traces
MOST = 2 * 10**9  # bytes of all of them, some six thousand at 640x360; then the oldest go
SEAL = 32  # bytes of the hash that a file begins with
FORGOTTEN = 3600  # seconds: an unfinished trace so old is what a killed process left
RARELY = "00"  # the names that begin with it are one in 256


def with_flow_cache(scene: Scene, root: Path) -> Scene:
    """The same camera, which remembers what it found of motion, in a folder of all films under `root`."""
    return replace(scene, estimator=cached_estimator(scene.estimator, root / FOLDER)) if scene.estimator else scene


def cached_estimator(look: FlowEstimator, folder: Path) -> FlowEstimator:
    """The same look, which finds again in `folder` what any take found before. What cannot be kept is only found anew."""

    def trace(earlier: Pixels, later: Pixels) -> FlowPair:
        path = folder / _name(look, earlier, later)
        known = read(path)
        if known is None:
            known = look.trace(earlier, later)
            with suppress(RenderError):
                _keep(path, known)
        return known

    return replace(look, trace=trace)


def read(path: Path) -> FlowPair | None:
    """The trace in a file, or None if there is none or a byte of it is not as it was written."""
    try:
        content = path.read_bytes()
        os.utime(path)  # the oldest are those that were not needed for the longest time
    except OSError:
        return None
    if sha256(content[SEAL:]).digest() != content[:SEAL]:
        return None
    held = load(zlib.decompress(content[SEAL:]))
    back = np.cumsum(held["rows"], axis=1, dtype=np.int16).transpose(1, 2, 0)
    return FlowPair(np.ascontiguousarray(back), held["trust"], *map(float, held["facts"]))


def _keep(path: Path, trace: FlowPair) -> None:
    facts = np.array((trace.lost, trace.alike, trace.still))
    rows = np.diff(trace.back.transpose(2, 0, 1), axis=1, prepend=np.int16(0))  # from row to row little changes: half the size
    held = {"rows": np.ascontiguousarray(rows), "trust": np.ascontiguousarray(trace.trust), "facts": facts}
    packed = zlib.compress(save(held), 1)
    with files.scratch(path, path.suffix) as part:  # without waiting for the disk: a damaged one is found out
        part.write_bytes(sha256(packed).digest() + packed)
        os.replace(part, path)
    if path.name.startswith(RARELY):
        sweep(path.parent)
        files.sweep_forgotten(path.parent, FORGOTTEN)


def sweep(folder: Path, most: int = MOST) -> None:
    """Remove the oldest traces, until all together have `most` bytes at most."""
    found = []
    for path in folder.iterdir():
        with suppress(OSError):  # another process may be sweeping, too
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
    total = 0
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total > most:
            with suppress(OSError):
                path.unlink()


def _name(look: FlowEstimator, earlier: Pixels, later: Pixels) -> str:
    content = sha256(repr((FORMAT, cv2.__version__, look.name, earlier.shape)).encode())
    content.update(earlier.tobytes())
    content.update(later.tobytes())
    return f"{content.hexdigest()}.trace"
