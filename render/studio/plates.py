"""Plates: what the networks of a film know, as small pictures, dreamed when they are wanted, kept by the weights' digest."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import platformdirs
import torch

from render.develop import files, stills
from render.dream import registry
from render.dream.network import CLASSES, Network
from render.errors import RenderError
from render.show.atlas import Recipe, dream_plates, of_channels
from render.weights import cache, store

SIDE, STEPS = 96, 24  # pixels of a plate, and steps that it is dreamed for
MOST = 256  # plates that wait: whoever scrolls on wants those that come
KEPT = "render", "plates"  # folders of the user's cache


class Wall:
    """The plates of some networks, and the thread that dreams those that are wanted, resting as long as it works."""

    def __init__(self, networks: Iterable[Network], device: torch.device, tell: Callable[[dict[str, Any]], None]) -> None:
        self.networks: dict[str, Network] = {}
        self.folders: dict[str, Path] = {}  # of each network by its name
        self.guests: set[str] = set()  # names of those that are only shown: the film is not dreamed by them
        self.device, self.tell = device, tell
        self.know(networks)
        self._wanted: deque[tuple[str, str, int]] = deque(maxlen=MOST)
        self._change = threading.Condition()
        self._ending = False
        self._thread: threading.Thread | None = None

    def know(self, networks: Iterable[Network]) -> None:
        """Have the plates of these, too: the film may be dreamed by them."""
        for network in networks:
            self._add(network.name, network)
            self.guests.discard(network.name)

    def _add(self, name: str, network: Network) -> None:
        # the folder first: other threads take it to be there for every network
        self.folders[name] = platformdirs.user_cache_path(KEPT[0]) / KEPT[1] / _digest(network)
        self.networks[name] = network

    def visit(self, name: str) -> None:
        """Load a network that is here and not loaded, to show what it knows; that is told when it is there.

        Raises RenderError where there is none of that name.
        """
        if name in self.networks or name in self.guests:
            return
        if name not in other_networks(self.networks):
            raise RenderError(f"there is no network {name!r} here", "render weights lists those that can be had")
        self.guests.add(name)
        threading.Thread(target=self._load, args=(name,), name="studio-guest", daemon=True).start()

    def _load(self, name: str) -> None:
        try:
            network = registry.load(name, None, self.device)
        except (RenderError, RuntimeError, MemoryError) as error:  # torch has no memory for it, or its file is damaged
            self.guests.discard(name)
            why, hint = (error.message, error.hint) if isinstance(error, RenderError) else ("memory or its file fails", "")
            self.tell({"type": "said", "text": f"{name} cannot be loaded: {why}", "hint": hint, "grave": True})
            return
        self._add(name, network)
        self.tell(self.knowledge())

    def knowledge(self) -> dict[str, Any]:
        """The message "knowledge"."""
        known = [self._network_facts(name, network) for name, network in list(self.networks.items())]
        return {"type": "knowledge", "networks": known, "others": other_networks(self.networks)}

    def want(self, name: str, wanted: Iterable[tuple[str, int]]) -> None:
        """Dream those plates, (layer, number), that are not there, the first before the others, and before all from earlier.

        Raises RenderError for what there is not.
        """
        wanted, network = list(wanted)[:MOST], self.networks.get(name)
        for layer in dict(wanted):
            if network is None or layer not in (*network.layers, CLASSES):
                raise RenderError(f"there is no layer {layer!r} of a network {name!r} here")
        with self._change:
            for layer, number in reversed(wanted):
                if (self.folders[name] / layer / f"{number}.jpg").exists():
                    self.tell(_plate(name, layer, number))
                else:
                    self._wanted.appendleft((name, layer, number))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="studio-plates", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def close(self) -> None:
        """End after the plate at work."""
        with self._change:
            self._ending = True
            self._change.notify_all()
        if self._thread:
            self._thread.join(10)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._ending or bool(self._wanted))
                if self._ending:
                    return
                name, layer, number = self._wanted.popleft()
            began = monotonic()
            try:
                self._dream(name, layer, number)
            except Exception:  # one that cannot be dreamed, for whatever reason, stays a word, and the next one is dreamed
                continue
            self.tell(_plate(name, layer, number))
            with self._change:
                self._change.wait_for(lambda: self._ending, monotonic() - began)

    def _dream(self, name: str, layer: str, number: int) -> None:
        path = self.folders[name] / layer / f"{number}.jpg"
        if path.exists():
            return
        network = self.networks[name]
        sheet = of_channels(network, layer, [number], self.device)
        for picture in dream_plates(sheet, network, Recipe(SIDE, STEPS, 0, None, self.device)):
            files.write(path, stills.jpeg(picture))

    def _network_facts(self, name: str, network: Network) -> dict[str, Any]:
        names = [name for name in network.blocks or network.layers if name != CLASSES]
        counts = dict(_channels(network, names, self.device))
        folder = self.folders[name]
        return {
            "name": name,
            "cut": name in self.guests,
            "layers": [
                {
                    "name": name,
                    "channels": counts[name],
                    "depth": round((place + 1) / len(names), 3),
                    "named": dict((network.channels or {}).get(name, {})),
                    "note": (network.notes or {}).get(name, ""),
                }
                for place, name in enumerate(names)
                if name in counts
            ],
            "classes": [str(label) for label in network.labels],
            "plates": {path.name: _numbers(path) for path in sorted(folder.iterdir())} if folder.is_dir() else {},
        }


def other_networks(loaded: Collection[str]) -> list[str]:
    """The networks whose weights are here, by name, but for those that are loaded."""
    return [name for name in (*store.PACKAGED, *cache.present()) if name not in loaded]


def _channels(network: Network, names: list[str], device: torch.device) -> Iterator[tuple[str, int]]:
    blank = torch.zeros(1, 3, 2 * network.min_side, 2 * network.min_side, device=device)
    with torch.no_grad():
        for name, features in network.extractor(names, device)(blank).items():
            yield name, features.shape[1]


def _numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.jpg") if path.stem.isdecimal())


def _plate(name: str, layer: str, number: int) -> dict[str, Any]:
    return {"type": "plate", "network": name, "layer": layer, "number": number, "url": f"/plate/{name}/{layer}/{number}.jpg"}


def _digest(network: Network) -> str:
    """The folder of a network's plates: others for other weights, and for plates that are dreamed in another way."""
    return sha256(f"{network.name} {network.digest} {SIDE} {STEPS}".encode()).hexdigest()[:16]
