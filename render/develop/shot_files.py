"""Files of shots. A film's shots, dreamed in any order, lie beside its negative and move into it one after the other.

take-001/shots/000120-3f2a…/tick-000120.safetensors …    a shot that begins at tick 120, of the film with that digest
"""

from __future__ import annotations

import shutil
from pathlib import Path

from render.develop.chain import read_chain
from render.develop.negative import Negative
from render.develop.take import Take

SHOTS = "shots"


def shot_negative(take: Take, first: int) -> Negative:
    """Where the shot that begins at that tick is kept until those before it are there."""
    return Negative(take.folder / SHOTS / f"{first:06}-{_film(take)}", first)


def join_shot(take: Take, first: int) -> None:
    """Move the shot that begins at that tick into the negative, where it is the next one, or was begun to be moved before."""
    shot = shot_negative(take, first)
    take.negative().join(shot)
    shutil.rmtree(shot.folder, ignore_errors=True)


def join_shots(take: Take) -> None:
    """Move into the negative what was dreamed apart by a process that was cut off, as far as it follows on the last tick.

    What is there of another film than the take's now, or was dreamed since by itself, is removed.
    """
    for first, folder in _folders(take):
        if not folder.name.endswith(_film(take)):
            shutil.rmtree(folder, ignore_errors=True)
        elif first <= take.negative().count():
            join_shot(take, first)


def _folders(take: Take) -> list[tuple[int, Path]]:
    """The folders of shots, by their first ticks."""
    folders = (take.folder / SHOTS).glob("[0-9]*-*")
    return sorted((int(folder.name.partition("-")[0]), folder) for folder in folders)


def _film(take: Take) -> str:
    """What tells the take's film from others: all that shapes its last dream."""
    chain = read_chain(take.folder)
    return chain[-1].digest if chain else "unknown"
