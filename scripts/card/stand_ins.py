"""Other ways to take a step, each put in the place of ours for a block: CUDA graphs, autocast, other layouts and kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor

from render.dream import ascent, frozen, registry
from render.dream.efficientnet import DepthwiseHalving
from render.dream.view import view_of


class Graphs:
    """Gradients as CUDA graphs: each is recorded once for a size, and then asked for with one call.

    It stands in for ascent.gradient. The roll of a view changes with each step and stays outside. What it cannot record it
    leaves to the function it stands in for: turned views, tiles, masks, and objectives that are new at each tick.
    """

    def __init__(self, gradient: Callable[..., Tensor]) -> None:
        self.plain, self.recorded = gradient, dict[Any, tuple[Any, Tensor, Tensor]]()

    def __call__(self, canvas: Tensor, extract: Any, terms: Any, view: Any, settings: Any) -> Tensor:
        masked = any(objective.mask is not None for _, objective in terms)
        if canvas.device.type != "cuda" or view.turn is not None or settings.tiling or masked:
            return self.plain(canvas, extract, terms, view, settings)
        key = (tuple(canvas.shape), id(extract), tuple((weight, id(objective)) for weight, objective in terms))
        if key not in self.recorded:
            self.recorded[key] = self._record(canvas, extract, terms, settings)
        graph, shown, slope = self.recorded[key]
        shown.copy_(view.roll(canvas))
        graph.replay()
        return view.unroll(slope)  # a copy: the next replay writes over the slope

    def _record(self, canvas: Tensor, extract: Any, terms: Any, settings: Any) -> tuple[Any, Tensor, Tensor]:
        shown = canvas.clone()
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(3):
                self.plain(shown, extract, terms, view_of(shown), settings)
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            slope = self.plain(shown, extract, terms, view_of(shown), settings)
        return graph, shown, slope


@contextmanager
def graphs() -> Iterator[None]:
    """Dreams by Graphs."""
    with patch.object(ascent, "gradient", Graphs(ascent.gradient)):
        yield


@contextmanager
def autocast(device: torch.device) -> Iterator[None]:
    """Gradients, forward and back, with torch's own choice of what is reckoned in bfloat16."""
    plain = ascent.gradient

    def cast(*arguments: Any) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            return plain(*arguments).float()

    with patch.object(ascent, "gradient", cast):
        yield


@contextmanager
def channels_first() -> Iterator[None]:
    """Networks that are built here keep their weights, and so their activations, channels first."""
    freeze = registry.freeze

    def first(module: torch.nn.Module, device: torch.device) -> torch.nn.Module:
        return freeze(module, device).to(memory_format=torch.contiguous_format)

    with patch.object(registry, "freeze", first):
        yield


@contextmanager
def plain_depthwise() -> Iterator[None]:
    """efficientnet_lite0's depthwise convolutions by torch's own kernels, which know every size, in place of cuDNN's.

    Channels last, torch leaves all of them to cuDNN, which compiles some anew for each size (cudnn-frontend's issue 1066). Its
    own transposed convolution goes group by group; zeros between the cells make a plain one of that.
    """

    def plainly(work: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def convolve(x: Tensor, weight: Tensor, *rest: Any, **more: Any) -> Tensor:
            with torch.backends.cudnn.flags(enabled=weight.shape[1] > 1):
                return work(x, weight, *rest, **more)

        return convolve

    own = SimpleNamespace(**{**vars(F), "conv2d": plainly(F.conv2d)})
    with ExitStack() as stack:
        stack.enter_context(patch.object(frozen, "F", own))
        stack.enter_context(patch.object(frozen, "has_layout", lambda x: False))  # a processor has kernels of its own
        stack.enter_context(patch.object(DepthwiseHalving, "slope", DepthwiseHalving.slope_spread))
        yield
