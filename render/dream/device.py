"""Devices. Where tensors live and networks run, by a word: "auto", "cpu", "cuda" or "mps" -> torch.device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from render.errors import ConfigError


def pick(device: str | torch.device) -> torch.device:
    """The device that a word means: "auto" takes the fastest there is. A torch.device is itself.

    Raises ConfigError for one that this machine does not have, and for a word that names none.
    """
    if isinstance(device, torch.device):
        return device
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    name = next(name for name, is_available in available.items() if is_available) if device == "auto" else device
    if name not in available:
        raise ConfigError(f'is "{name}", which names no device', f"known: auto {' '.join(available)}", continues=True)
    if not available[name]:
        raise ConfigError(f"is {name}, and there is none on this machine", "leave it out, or use cpu", continues=True)
    return torch.device(name)


def describe(device: torch.device) -> dict[str, str]:
    """What kind of device it is, as the record of a take has it: {"device": "cuda", "gpu": "NVIDIA L4"}, {"device": "cpu"}."""
    kind = {"device": device.type}
    return kind | {"gpu": torch.cuda.get_device_name(device)} if device.type == "cuda" else kind


@contextmanager
def one_thread() -> Iterator[int]:
    """Inside, torch works in one thread; gives how many it has outside.

    For small things, and for all that is timed on a machine that others use: threads that wait for each other burn processors.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)
