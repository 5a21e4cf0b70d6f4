"""The networks of a film: (Config, device) -> each network that its objectives ask, loaded once, and their common extractor."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any

import torch

from render.config import Config
from render.construct.faults import Faults, attempt
from render.dream import network, registry
from render.dream.network import Extractor, Network

Known = MutableMapping[Any, Network]  # by what is asked for and what it works in
Networks = Mapping[str, Network]  # by the prefix that their activations bear in the film's extractor


def load_networks(
    config: Config, device: torch.device, dtype: torch.dtype, faults: Faults, known: Known | None = None
) -> Networks:
    """The networks that the objectives ask, each loaded once; one that cannot be loaded is one fault.

    known: networks that are loaded already; those loaded now are added.
    """
    known = {} if known is None else known
    networks: dict[str, Network | None] = {}
    for i, term in enumerate(config.dream.objective):
        choice, prefix = term.network or config.dream.network, prefix_of(config, term)
        key = f"dream.objective.{i}.network" if term.network else "dream.network"
        if prefix not in networks:
            load = partial(registry.load, choice.name, choice.weights, device, choice.labels, dtype)
            networks[prefix] = known.get((choice, dtype)) or attempt(faults, key, load)
            if loaded := networks[prefix]:
                known[choice, dtype] = loaded
    return {prefix: dreamer for prefix, dreamer in networks.items() if dreamer}


def with_residual(networks: Networks, share: float) -> Networks:
    """The networks, those with residual branches as `Network.with_residual` gives them; its ConfigError if none has any."""
    branched = {prefix: dreamer for prefix, dreamer in networks.items() if dreamer.cut_with_residual} or networks
    return {**networks, **{prefix: dreamer.with_residual(share) for prefix, dreamer in branched.items()}}


def prefix_of(config: Config, term: Any) -> str:
    """What stands before the activations that a term needs: nothing, if they are of the film's own network."""
    return "" if term.network in (None, config.dream.network) else f"{term.network}: "


def joint_extractor(networks: Networks, layers: Sequence[tuple[str, str]], device: torch.device) -> Extractor:
    """All networks as one, each run only as deep as the `layers`, pairs of a network's prefix and a layer, need it."""
    return network.combine(
        {
            prefix: dreamer.extractor([layer for of, layer in layers if of == prefix], device)
            for prefix, dreamer in networks.items()
        }
    )
