"""Read-back. From a GPU to the processor without waiting: tensors are asked for now and used later, in one copy.

A CUDA stream is a queue of a GPU's work: what is asked for in one is done in order; streams wait for each other when told to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import accumulate
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from render.picture.picture import Pixels, pixels_in_place, to_pixels

T = TypeVar("T")
U = TypeVar("U")


def read_later(tensors: Mapping[str, Tensor]) -> Callable[[], dict[str, Tensor]]:
    """Begin to read tensors; what is given back, once called, waits for them and gives them by their names, on the processor.

    What lies on a GPU comes in one copy. Meanwhile it can be asked for more. What the processor has already stays as it is.
    """
    far = {name: tensor for name, tensor in tensors.items() if tensor.device.type != "cpu"}
    if not far:
        return lambda: dict(tensors)
    names = sorted(far, key=lambda name: -far[name].element_size())  # so that each lies at a multiple of its own numbers' size
    wait_for_copy = _begin_copy(torch.cat([far[name].contiguous().flatten().view(torch.uint8) for name in names]))
    sizes = [far[name].numel() * far[name].element_size() for name in names]
    starts = dict(zip(names, accumulate(sizes, initial=0), strict=False))

    def wait() -> dict[str, Tensor]:
        whole = wait_for_copy()
        parts = {name: whole[starts[name] : starts[name] + size] for name, size in zip(names, sizes, strict=True)}
        near = {name: part.view(far[name].dtype).view(far[name].shape) for name, part in parts.items()}
        return {name: near.get(name, tensor) for name, tensor in tensors.items()}

    return wait


def _begin_copy(flat: Tensor) -> Callable[[], Tensor]:
    """Begin to copy [n] from a device. CUDA copies into pinned memory, on a stream that waits for what was asked for before."""
    if flat.device.type != "cuda":  # of others it is not known that what has not arrived yet can be told
        near = flat.cpu()
        return lambda: near
    asking = torch.cuda.current_stream(flat.device)
    stream = _copying(asking)
    stream.wait_stream(asking)
    with torch.cuda.stream(stream):
        pinned = flat.to("cpu", non_blocking=True)  # torch pins what it copies to in this way
        done = stream.record_event()
    flat.record_stream(stream)  # its memory is not given to others before it is read

    def wait() -> Tensor:
        done.synchronize()
        return pinned

    return wait


@cache
def _copying(asking: torch.cuda.Stream) -> torch.cuda.Stream:
    """The stream of the copies of what a stream makes: no other's work is waited for."""
    return torch.cuda.Stream(asking.device)  # type: ignore[no-untyped-call]


@contextmanager
def own_stream(device: torch.device) -> Iterator[None]:
    """What a thread asks a GPU for inside does not wait for what other threads ask for from now on."""
    if device.type != "cuda":
        yield
        return
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.default_stream(device))  # which made what the thread was given
    with torch.cuda.stream(stream):
        yield


def one_behind(items: Iterable[T], begin: Callable[[T], Callable[[], U]]) -> Iterator[U]:
    """What `begin` gives of each item, in their order; each is waited for when the next item has been made and begun."""
    before: Callable[[], U] | None = None
    for item in items:
        result = begin(item)
        if before:
            yield before()
        before = result
    if before:
        yield before()


def read_frames(frames: Iterable[Tensor], device: torch.device, bits: int) -> Iterator[Pixels]:
    """The pixels [H, W, 3 or 4] of frames of a device, of which an encoder needs 8 or 16 bits of a channel.

    A GPU rounds them to uint8 itself where 8 are enough, and makes the next frame while one is read: one copy a frame. A
    processor's come as uint16.
    """
    if device.type == "cpu":
        return (to_pixels(frame, np.uint16) for frame in frames)
    return one_behind(frames, lambda frame: _read_frame(eight_bits(frame) if bits == 8 else pixels_in_place(frame, np.uint16)))


def _read_frame(pixels: Tensor) -> Callable[[], Pixels]:
    read = read_later({"frame": pixels})
    return lambda: read()["frame"].numpy()


def eight_bits(frame: Tensor) -> Tensor:
    """Frame -> [H, W, 3 or 4] uint8 where it is: the very values that come of its 16 bits once they are rounded to 8."""
    whole = ((frame[0].clamp(0, 1) * 65535).round() / 257).round()  # 257 is odd: no value lies in the middle of two
    return whole.to(torch.uint8).permute(1, 2, 0).contiguous()
