"""The studio: a film flown live in a browser, and recorded as its own schedule. `protocol` is what page and server say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from render.config import Config, load_text
from render.config.loader import read
from render.errors import ConfigError, MissingError
from render.facts import facts, load

NEEDS = ("starlette", "uvicorn", "websockets", "watchfiles", "ruamel.yaml")  # the packages of the extra `studio`

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

Film = tuple[Config, str, Path | None, Callable[[], Config] | None]


def require_extra() -> None:
    """Raises MissingError with the line that installs what the studio needs, where something of it is not there."""
    missing = [name for name in NEEDS if not _is_there(name)]
    if missing:
        are = "are" if len(missing) > 1 else "is"
        raise MissingError(f"render studio needs {' and '.join(missing)}, which {are} not installed", INSTALL)


CURE = "`render studio` alone flies the first film; `render new zoom > zoom.yaml` writes one to start from"
INSTALL = 'pip install "zoomdream[studio]", or in a copy of the project: pip install ".[studio]"'


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def film_of(path: Path | None, overrides: Sequence[str]) -> Film:
    """The film to fly, its text, its file if it is one, and how it is read again.

    path: of a YAML file. Raises ConfigError or MissingError.
    """
    if path is None:
        return load_text(FIRST, "dream.yaml", Path.cwd(), overrides, look=facts), FIRST, None, None
    if not path.exists():
        raise MissingError(f"{path}: there is no such film", CURE)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigError(f"{path}: the studio flies a YAML file, a picture or a video")
    return load(path, overrides), read(path), path, lambda: load(path, overrides)
