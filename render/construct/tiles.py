"""The tiles of a film: the sides of tiles that its network can see in, and which of them fit into memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from render.construct.networks import Networks, joint_extractor
from render.construct.terms import BoundTerm
from render.dream import memory
from render.dream.network import Extractor
from render.dream.receptive import ReceptiveField, measure_fields
from render.errors import ConfigError, memory_ended
from render.film import Film, with_tiles
from render.scene import Scene

BLANK = 256  # pixels: of a longer side only what is left over counts when it is tried whether a network can look at it


def in_tiles(film: Film, tile: int | str, pixel_bytes: float) -> Film:
    """The film in tiles of side `tile` (pixels; auto: as memory needs them; none: whole). pixel_bytes: of activations."""
    pixels, room = film.scene.size[0] * film.scene.size[1], memory.room(film.scene.device)
    if tile == "none" or (tile == "auto" and memory.step_bytes(pixels, pixels, pixel_bytes) <= room):
        return film
    side = tile if isinstance(tile, int) else memory.tile_side(pixels, pixel_bytes, room, film.tiles(0))
    return with_tiles(film, side) if max(film.scene.size) > side else film


def receptive_fields(
    networks: Networks, parts: Sequence[BoundTerm], min_side: int, device: torch.device
) -> dict[str, ReceptiveField]:
    """The receptive fields of all layers that the terms need; where one has no cells, of the deepest that has some, too."""
    extract = joint_extractor(networks, [(part.prefix, part.layer) for part in parts], device)
    fields = measure_fields(extract, sorted({part.prefix + part.layer for part in parts}), min_side, device)
    for prefix, dreamer in networks.items():
        if any(part.prefix == prefix and not fields[prefix + part.layer].stride for part in parts):
            deepest_first = (
                measure_fields(dreamer.extractor([name], device), [name], dreamer.min_side, device)
                for name in reversed(dreamer.blocks or dreamer.layers)
            )
            with_cells = ({prefix + name: field} for fields in deepest_first for name, field in fields.items() if field.stride)
            fields |= next(with_cells, {})
    return fields


def bytes_per_pixel(extract: Extractor, networks: Networks, scene: Scene) -> float:
    """Activation bytes that a step keeps for each pixel, tried on a blank like the film.

    Raises ConfigError where a network cannot look at a picture of that size: some need a least size, or just one.
    """
    height, width = (side if side <= BLANK else BLANK + side % BLANK for side in scene.size)
    try:
        return memory.activation_bytes(extract, torch.zeros(1, 3, height, width, device=scene.device)) / (height * width)
    except RuntimeError as error:
        if memory_ended(error):
            raise
        names, reason = " and ".join(dreamer.name for dreamer in networks.values()), str(error).splitlines()[0][:160]
        raise ConfigError(
            f"is {scene.size[1]}x{scene.size[0]}, which {names} cannot look at ({reason})", continues=True
        ) from error
