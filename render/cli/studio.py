"""The studio: a film flown live in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from render.cli.media import kind_of_media
from render.cli.options import DEVICE, OFFLINE, ROOT, SET
from render.cli.prepare import fetch_weights, pick_device
from render.cli.request import file_of, request
from render.show.terminal import FilePath

if TYPE_CHECKING:
    from render.studio.script import Script


@click.command(name="studio")
@click.argument("film", required=False, metavar="[FILM]", type=FilePath())
@SET
@DEVICE
@ROOT
@OFFLINE
@click.option("--host", default="127.0.0.1", help="Address to listen at; another than this machine's own lets others in.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen at [8321, or the next that is free].")
@click.option("--browser/--no-browser", default=True, help="Whether to open the page.")
def studio_(
    film: Path | None, overrides: Sequence[str], device: str, root: Path, host: str, port: int | None, browser: bool
) -> None:
    """Fly a film live in the browser: where you point is where you zoom, and what you do is recorded.

    FILM is a YAML file, a picture or a video; without one it is the first film. A flight is recorded as NAME-flight.yaml, which
    `render` renders at any size. Ctrl-C ends it; nothing is lost.
    """
    from render.studio import require_extra

    require_extra()
    script = _script(film, overrides)
    fetch_weights(script.config)

    from render.studio.serve import Address, serve

    serve(script, root, Address(host, port), browser, lambda: pick_device(device, root))


def _script(path: Path | None, overrides: Sequence[str]) -> Script:
    """The film to fly; of a picture or a video the one that `render` renders."""
    from render.studio.script import Script, load_script

    if path and path.exists() and kind_of_media(path):
        wanted = request(path, overrides)
        if not wanted.read_from:
            return Script(wanted.config, wanted.text)
        path = wanted.read_from
    return load_script(path and (file_of(path) or path), overrides)
