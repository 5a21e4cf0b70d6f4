"""Preparation. What comes before a film is dreamed: weights fetched, a device picked, the film built."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from render.errors import RenderError
from render.show.terminal import say

if TYPE_CHECKING:
    import torch

    from render.config import Config
    from render.construct.networks import Known
    from render.film import Film

# torch takes seconds to import: whatever needs it is imported inside the function or command that does.


@contextmanager
def quick_imports() -> Iterator[None]:
    """Inside, modules are imported in two thirds of the time.

    Nothing of a module is garbage: none is looked for while it is imported, nor, of what is here then, when the program ends.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def fetch_weights(config: Config) -> None:
    """Fetch the weights that a film names without a file, and that are not here yet; says what and how large before."""
    fetch_published(config.published_networks)


def fetch_published(names: Sequence[str]) -> None:
    """Fetch the published weights of these networks that are not here yet."""
    from render.weights import store

    for name in filter(store.publishes, names):
        if store.pending(name):  # what is here is checked when it is loaded
            store.get(name, say)


def missing_weights(config: Config) -> list[str]:
    """A line for each network of a film whose weights are not here yet: its name and how large they are. Never dials."""
    from render.weights import store

    return [line for name in config.published_networks if store.publishes(name) and (line := store.pending(name))]


def pick_device(device: str, root: Path) -> torch.device:
    """The torch device that a word means. Refuses a root that cannot be written, too."""
    with quick_imports():
        from render.develop.takes import require_writable
        from render.dream.device import pick

    with naming("--device"):
        picked = pick(device)
    require_writable(root)
    return picked


def build(config: Config, device: torch.device, known: Known | None = None) -> Film:
    """The film, with everything found out that can be without dreaming it. known: networks that are loaded already."""
    from render.construct import build
    from render.develop.shoot import explain_failures, require_outputs

    require_outputs(config)
    with explain_failures(config):
        film = build(config, device, known)
    require_outputs(config, film.scene.size[::-1])
    return film


def refuse_unreasonable(config: Config, device: torch.device, root: Path) -> None:
    """Refuse what asks for days, or for more memory or disk than there is."""
    from render.develop.shoot import explain_failures
    from render.show.limits import refuse_unreasonable

    with explain_failures(config):
        refuse_unreasonable(config, device, root)


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Inside, an error that continues the name of a setting continues `what` was asked for."""
    try:
        yield
    except RenderError as error:
        raise type(error)(error.about(what), error.hint) from error
