"""Random numbers. Randomness has an address, not a history: a generator is made anew from what it is for."""

from hashlib import sha256

import torch


def generator(seed: int, purpose: str, *address: int) -> torch.Generator:
    """A CPU generator for (seed, purpose, address), as in `generator(7, "jitter", tick, octave, step)`; in any order."""
    digest = sha256(repr((seed, purpose, address)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
