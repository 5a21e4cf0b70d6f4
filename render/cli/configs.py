"""Configurations: new ones to start from, those of other programs and of finished films, and their vocabulary."""

from __future__ import annotations

from pathlib import Path

import click

from render.errors import ConfigError, MissingError, printable
from render.show.terminal import FilePath, out

TARGET = click.argument("target", metavar="[YAML]", required=False, type=FilePath())
OUTPUT = click.option("-o", "--output", type=FilePath(), metavar="YAML", help="The same as YAML behind all else.")


@click.command()
@click.argument("kind", metavar="KIND", type=click.Choice(["zoom", "photo", "class", "loop", "video", "audio"]))
@TARGET
@OUTPUT
def new(kind: str, target: Path | None, output: Path | None) -> None:
    """A commented configuration to start from: render new zoom film.yaml

    KIND is zoom, photo, class, loop, video or audio. The configuration is printed, or written to YAML, never over a file that
    is there.
    """
    from render.config.templates import template

    target = _require_free(target or output)
    _print_or_write(template(kind, target), target)


@click.command(name="from")
@click.argument("file", type=FilePath())
@TARGET
@OUTPUT
def from_(file: Path, target: Path | None, output: Path | None) -> None:
    """The configuration back out of a rendered mp4, mov, mkv, webm or png, or out of a take's folder: render from zoom.mp4

    It is printed, or written to YAML, never over a file that is there.
    """
    from render.develop.metadata import embedded_config

    target = _require_free(target or output)
    text = _of_take(file) if file.is_dir() else embedded_config(file)
    if not text:
        bare = file.suffix.lower() in (".gif", ".webp", ".jpg", ".jpeg")
        why = "gif, webp and jpg hold none; the take's folder does" if bare else "only films and PNGs that render made have one"
        raise MissingError(f"{file}: there is no configuration in it", why)
    if text != printable(text):  # what a terminal obeys has no place in a configuration, least of all in a stranger's
        raise MissingError(f"{file}: what it holds is no configuration")
    _print_or_write(text, target)


def _of_take(folder: Path) -> str:
    """The configuration of a take, or of the newest take of a film."""
    from render.config.loader import read

    takes = sorted(folder.glob("take-*/resolved.yaml")) if not (folder / "resolved.yaml").exists() else []
    place = takes[-1].parent if takes else folder
    return read(place / "resolved.yaml", place)


@click.group(name="import")
def import_() -> None:
    """Films of other programs, as configurations of this one."""


@import_.command()
@click.argument("file", metavar="SETTINGS", type=FilePath())
@TARGET
@OUTPUT
def deforum(file: Path, target: Path | None, output: Path | None) -> None:
    """A settings file of Deforum: render import deforum settings.txt film.yaml.

    It prints the configuration, or writes it to YAML, never over a file that is there. Below it stands what became of each key:
    used, converted or ignored, and why.
    """
    from render.config.deforum import convert, read_settings, yaml_text
    from render.config.spreadsheet import decode_file

    target = _require_free(target or output)
    try:
        film = convert(read_settings(decode_file(file)))
    except ConfigError as error:
        raise ConfigError(f"{file}: {error.message}", error.hint) from None
    _print_or_write(yaml_text(film, file.name), target)


def _require_free(target: Path | None) -> Path | None:
    """The same file, if any; ConfigError where it is there already."""
    if target and target.exists():
        raise ConfigError(f"{target}: is there already", "name another file")
    return target


def _print_or_write(text: str, target: Path | None) -> None:
    """A configuration to stdout; or into its file, whose name then goes there."""
    from render.develop import files

    if not target:
        out(text, nl=False)
        return
    files.write(target, text.encode())
    out(target)


@click.command()
def schema() -> None:
    """The vocabulary as JSON Schema, for completion in editors: render schema > render.schema.json

    A film that `render new` writes beside that file names it; another does with this for its first line:
    # yaml-language-server: $schema=render.schema.json
    """
    import json

    from render.config import json_schema

    out(json.dumps(dict(json_schema()), indent=2))
