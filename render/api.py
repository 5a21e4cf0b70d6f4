"""The door for Python: a path, a mapping or a Config -> a Film, or a finished take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from render.config import Config
from render.config.loader import read
from render.config.mapping import load_mapping, mapping_yaml
from render.errors import ConfigError, RenderError
from render.facts import facts_and_files
from render.facts import load as load_file
from render.show.eta import Progress, efforts

if TYPE_CHECKING:
    import torch

    from render.develop.shoot import Shot
    from render.film import Film, State

Source = str | Path | Mapping[str, Any] | Config  # what asks for a film


def load(film: Source, overrides: Sequence[str] = (), quality: str = "final") -> Config:
    """The film's configuration, checked, knowing what its own footage and music say.

    film: the path of a YAML file; or a mapping of the same settings, whose relative paths start in the working folder.
    overrides: "dream.steps=6" and so on, of a file, as of --set. quality: "draft" is half the size and fewer steps.
    Raises ConfigError or MissingError: every problem with its place in the file, or its key in the mapping.

        load({"size": "320x180", "motion": {"zoom": {"0s": 1, "4s": 1.5}}}).clock.frames
    """
    if isinstance(film, str | Path):
        return load_file(film, overrides, quality)
    if overrides:
        raise ConfigError("overrides are for files", "change the mapping instead, or copy the Config with model_copy(update=…)")
    if isinstance(film, Mapping):
        return load_mapping(film, quality=quality, inspect=facts_and_files)
    if quality == "final" and film.places.tree:  # it was read and checked, not made by hand
        return film
    return load_mapping(film.resolved(), quality=quality, inspect=facts_and_files)


def build(film: Source, device: str | torch.device = "auto") -> Film:
    """The film, ready to dream: its networks loaded, its files opened. `film.ticks()` and `film.frames()` make it.

    device: "auto" takes the fastest there is; "cpu", "cuda", "mps", or torch's own.
    Raises ConfigError, MissingError or RoomError with every fault that can be found before dreaming.

        for frame in build("zoom.yaml").frames(): ...
    """
    from render.construct import build
    from render.develop.shoot import explain_failures

    config = load(film)
    with explain_failures(config):
        return build(config, _device(device))


def render(
    film: Source,
    output: str | Path = "runs",
    device: str | torch.device = "auto",
    progress: Callable[[Progress], object] | None = None,
    fresh: bool = False,
    any_device: bool = False,
) -> Shot:
    """Render a film into a take, as the command `render` does, and go on with one that was begun: its folder and files.

    output: the folder of takes. progress: called after each dream, `print` will do. fresh: begin a new take in any case.
    any_device: go on with a take that was begun on another kind of device.
    Raises a RenderError; what was dreamed until then is safe, and the same call goes on. So does one after Ctrl-C.

        render({"name": "garden", "duration": "2s", "outputs": "garden.gif"}, progress=print).paths
    """
    config = load(film)
    return _shoot(config, _text(film, config), Path(output), device, progress, fresh, any_device)


def enlarge(
    take: str | Path,
    size: str,
    output: str | Path = "runs",
    device: str | torch.device = "auto",
    progress: Callable[[Progress], object] | None = None,
    overrides: Sequence[str] = (),
    quality: str = "final",
    fresh: bool = False,
    any_device: bool = False,
) -> Shot:
    """A take's film larger, with what is in the take, as the command `render enlarge` makes it: its folder and files.

    take: the folder of a take, or of a film, whose newest is taken. size: "3840x2160", a name such as "4k", or "3x", so many
    times as large. overrides: "dream.steps=6" and so on. The rest is as of `render`. The new take is NAME-SIZE.
    Raises a RenderError: MissingError where no take lies there, ConfigError for a size that cannot be.

        small = render("zoom.yaml")
        enlarge(small.folder, "2x", progress=print).paths
    """
    from render.config.paths import from_folder
    from render.develop.enlarge import enlargement
    from render.develop.takes import take_folder

    config, root = enlargement(Path(take), size, overrides, quality), Path(output)
    text = config.yaml(from_folder(take_folder(root, config.name)))
    return _shoot(config, text, root, device, progress, fresh, any_device)


def _shoot(
    config: Config,
    text: str,
    root: Path,
    device: str | torch.device,
    progress: Callable[[Progress], object] | None,
    fresh: bool,
    any_device: bool,
) -> Shot:
    """Render a film whose settings are written as `text`."""
    from render.develop.shoot import shoot
    from render.show.progress import STYLES, callback

    style = callback(progress) if progress else STYLES["none"]

    def watch(states: Iterator[State], first: int, last: int) -> Iterable[State]:
        return style(states, first, last, config.name, efforts(config))

    return shoot(config, text, root, _device(device), watch, fresh, any_device)


def _text(film: Source, config: Config) -> str:
    """The configuration as it was written."""
    if isinstance(film, str | Path):
        return read(Path(film))
    return mapping_yaml(film) if isinstance(film, Mapping) else config.yaml()


def _device(device: str | torch.device) -> torch.device:
    from render.dream.device import pick

    try:
        return pick(device)
    except RenderError as error:
        raise type(error)(error.about("device"), error.hint) from None
