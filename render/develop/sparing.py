"""Sparing. When memory ends in the middle of a film, it goes on in smaller tiles: (film, state) -> the states that follow."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from render.develop.take import Take
from render.dream import memory
from render.errors import memory_ended
from render.film import Film, State, in_tiles, ticks

TILE = "tile"  # what a take's record calls the side of its tiles, pixels; 0 where frames are seen whole


def as_begun(film: Film, take: Take) -> Film:
    """The film in the tiles that its take was begun in, though there may be other memory now: its pictures stay the same."""
    if TILE not in take.record:
        take.note(**{TILE: side(film)})
    recorded = take.record.get(TILE, side(film))
    return film if recorded == side(film) else in_tiles(film, recorded)


def side(film: Film) -> int:
    """The side of the tiles that the film is seen in, pixels; 0 if none."""
    tiling = film.ascent(film.camera.clock.tick(0), True).tiling
    return tiling.side if tiling else 0


def sparing(film: Film, state: State | None, take: Take) -> Iterator[State]:
    """Every tick after `state`. One for which memory ended is dreamed again in tiles half as large, and those to come, too."""
    while True:
        try:
            for new in ticks(film, state):
                state = new
                yield new
            return
        except Exception as error:
            smaller = memory.smaller(side(film) or max(film.camera.size)) if memory_ended(error) else None
            if smaller is None:
                raise
        film = in_tiles(film, smaller)
        take.note(**{TILE: smaller})
        if film.camera.device.type == "cuda":
            torch.cuda.empty_cache()


def told(begun: Film, take: Take) -> list[str]:
    """A notice, if the film was not seen to its end as it was begun."""
    now = take.record.get(TILE, side(begun))
    return [] if now == side(begun) else [f"memory ended, and frames were seen in tiles of {now} pixels from there on"]
