"""Going on in smaller tiles when memory ends in the middle of a film: (film, state) -> the states that follow."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from render.develop.record import RecordKeeper
from render.dream import memory
from render.errors import memory_ended
from render.film import Film, State, ticks, with_tiles

TILE = "tile"  # what a take's record calls the side of its tiles, pixels; 0 where frames are seen whole


def in_recorded_tiles(film: Film, take: RecordKeeper) -> Film:
    """The film in the tiles that its take was begun in, though there may be other memory now: its pictures stay the same."""
    if TILE not in take.record:
        take.note(**{TILE: tile_side(film)})
    recorded = take.record.get(TILE, tile_side(film))
    return film if recorded == tile_side(film) else with_tiles(film, recorded)


def tile_side(film: Film) -> int:
    """The side of the tiles that the film is seen in, pixels; 0 if none."""
    tiling = film.ascent(film.scene.clock.tick(0), True).tiling
    return tiling.side if tiling else 0


def ticks_within_memory(film: Film, state: State | None, take: RecordKeeper) -> Iterator[State]:
    """Every tick after `state`. One for which memory ended is dreamed again in tiles half as large, and those to come, too."""
    while True:
        try:
            for new in ticks(film, state):
                state = new
                yield new
            return
        except Exception as error:
            smaller = memory.smaller_side(tile_side(film) or max(film.scene.size)) if memory_ended(error) else None
            if smaller is None:
                raise
        film = with_tiles(film, smaller)
        take.note(**{TILE: smaller})
        if film.scene.device.type == "cuda":
            torch.cuda.empty_cache()


def retile_notices(film: Film, take: RecordKeeper) -> list[str]:
    """A notice, if the film was not seen to its end in the tiles that it was begun in."""
    now = take.record.get(TILE, tile_side(film))
    return [] if now == tile_side(film) else [f"memory ended, and frames were seen in tiles of {now} pixels from there on"]
