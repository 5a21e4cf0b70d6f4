"""A look at a film before it is rendered: what it takes, a strip of it, its numbers over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from render.cli.options import CONFIGS, QUALITY, ROOT, RUNS, SET, dream_options
from render.cli.prepare import build, fetch_weights, missing_weights, pick_device
from render.cli.request import Request, request
from render.cli.target import deliver, is_output, refuse_mistyped
from render.errors import ConfigError, printable
from render.show.terminal import FilePath, each, out, say, usual_style

if TYPE_CHECKING:
    from render.construct.networks import Known


@click.command()
@CONFIGS
@dream_options
def check(configs: Sequence[Path], overrides: Sequence[str], quality: str, device: str, root: Path) -> None:
    """Everything but the dreaming: settings, files, weights, encoders; size, frames, cost, disk."""
    films = each(configs, lambda path: (path, request(path, overrides, quality)))
    for path, _ in films:
        say(f"{path}: the settings are good; its networks, files and encoders come next")  # seconds pass until torch is there
    where = pick_device(device, root)

    from render.config.notices import notices
    from render.develop.files import folder_name
    from render.develop.names import fill_name
    from render.develop.shoot import octave_notices
    from render.dream.device import one_thread
    from render.show.estimate import table

    networks: Known = {}

    def check_film(item: tuple[Path, Request]) -> None:
        path, config = item[0], item[1].config
        if missing := missing_weights(config):
            say(f"{path}: the settings are good; its cost is told when the weights are here")
            for line in missing:
                out(line)
            return
        with one_thread():
            film = build(config, where, networks)
        say(f"{path}: good; what it takes is tried now")
        with closing(table(config, film, networks)) as lines:  # it tidies up after itself where nobody reads on
            for line in lines:
                out(line)
        calm = config.look.colour and config.look.colour.fringes.given
        colours = f"; the rainbow of thin lines is calmed, look.colour.fringes: {calm}" if calm else ""
        out(f"dreamed by {' and '.join(config.networks)}, in {film.precision}{colours}")
        files = " ".join(fill_name(output.file, config.name) for output in config.outputs)
        out(f"{files} in {root / folder_name(config.name)}")
        if config.facts.flaw:
            say(config.facts.flaw)
        for notice in (*notices(config), *octave_notices(film)):
            say(printable(notice))
        if config.counts_frames:
            say("an expression counts frames (f), so another fps is another film; s counts seconds")

    each(films, check_film)


@click.command()
@click.argument("config", type=FilePath())
@dream_options
@click.option("--motion", "what", flag_value="motion", help="The camera alone, over a garden without a dream, as a small film.")
@click.option("--flow", "what", flag_value="flow", help="What moves in footage, how far it is trusted, what is dreamed on it.")
def preview(config: Path, overrides: Sequence[str], quality: str, device: str, root: Path, what: str | None) -> None:
    """A contact strip of the film, dreamed small; or the camera alone; or what footage does."""
    film, ending = request(config, overrides, quality).config, ".mp4" if what == "motion" else ".png"
    refuse_mistyped(root)
    target, root = (root, RUNS) if is_output(root) else (None, root)
    if target and target.suffix.lower() != ending:
        raise ConfigError(f"-o {target}: this preview is a {ending}")
    say(f"{film.name}: building it")  # seconds pass until torch is there
    where = pick_device(device, root)
    fetch_weights(film)

    from render.develop.files import folder_name
    from render.develop.outside import require_replaceable, sources_of
    from render.show import flow_preview
    from render.show import preview as previews
    from render.show.progress import STYLES

    if target:
        require_replaceable(target, sources_of(film), (root / folder_name(film.name)).glob(f"*{ending}"))
    progress = STYLES[usual_style()]
    make: dict[str | None, Callable[[], Path]] = {
        None: lambda: previews.strip(film, root, where, progress),
        "motion": lambda: previews.motion(film, root, where),
        "flow": lambda: flow_preview.strip(film, root, where, progress),
    }
    out(*deliver([make[what]()], target))


@click.command()
@click.argument("config", type=FilePath())
@SET
@QUALITY
@ROOT
def plot(config: Path, overrides: Sequence[str], quality: str, root: Path) -> None:
    """Every moving number over time: as a picture, and as a CSV that `schedule:` reads back."""
    film = request(config, overrides, quality).config
    refuse_mistyped(root)
    if is_output(root):
        raise ConfigError(f"-o {root}: a plot is two files, and takes a folder")

    from render.show import plot as plots

    paths = plots.plot(film, root)
    if not paths:
        say(f"{film.name}: every number of this film stands still, so there is nothing to draw")
    for path in paths:
        out(path)
