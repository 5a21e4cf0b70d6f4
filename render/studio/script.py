"""Scripts. A Script is the film to be flown, as it is written: (a YAML file, or none) -> Script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from render.config import Config, load_text
from render.config.loader import read
from render.errors import ConfigError, MissingError
from render.facts import facts, load

CURE = "`render studio` alone flies the first film; `render new zoom > zoom.yaml` writes one to start from"

# What is flown where no film is named: the first film, in short.
FIRST = """\
name: dream
size: 640x360
seed: 5
source: {noise: perlin}
motion: {zoom: 1.4, rotate: 4}
dream:
  rate: 6
  network: efficientnet_lite0
  objective:
    - garden: [goldfish, daisy, sea anemone, coral reef, hummingbird, monarch, macaw, lorikeet, peacock, jellyfish, pineapple,
        artichoke, sea slug, toucan]
      layer: classes
      size: 0.5
    - {layer: block_12, weight: 0.8}
    - {layer: block_10, weight: 0.3}
  octaves: 4
  steps: 3
  first_steps: 24
  smoothing: 0.5
  chroma: 1
"""


@dataclass(frozen=True)
class Script:
    """A film as it is written."""

    config: Config
    text: str  # what stands in its file
    file: Path | None = None  # None: it has none, and is written nowhere
    reload: Callable[[], Config] | None = None  # reads the file again; raises a RenderError

    @property
    def folder(self) -> Path:
        """Where its flights are written: beside its file, or in the working folder."""
        return self.file.absolute().parent if self.file else Path.cwd()


def load_script(path: Path | None, overrides: Sequence[str]) -> Script:
    """The film of a YAML file, or the first film where none is named. Raises ConfigError or MissingError."""
    if path is None:
        return Script(load_text(FIRST, "dream.yaml", Path.cwd(), overrides, inspect=facts), FIRST)
    if not path.exists():
        raise MissingError(f"{path}: there is no such film", CURE)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigError(f"{path}: the studio flies a YAML file, a picture or a video")
    return Script(load(path, overrides), read(path), path, lambda: load(path, overrides))
