"""Configurations: new ones to start from, those of other programs and of finished films, and their vocabulary."""

from __future__ import annotations

from pathlib import Path

import click

from render.errors import ConfigError, MissingError, printable
from render.show.terminal import FilePath, out


@click.command()
@click.argument("kind", type=click.Choice(["zoom", "photo", "class", "loop", "video", "audio"]))
def new(kind: str) -> None:
    """A commented configuration to start from: render new zoom > my.yaml."""
    from render.config.templates import template

    out(template(kind), nl=False)


@click.command(name="from")
@click.argument("file", type=FilePath())
def from_(file: Path) -> None:
    """The configuration back out of a rendered mp4, mov, mkv, webm or png, or out of a take's folder."""
    from render.config.loader import read
    from render.develop.metadata import embedded_config

    text = read(file / "resolved.yaml", file) if file.is_dir() else embedded_config(file)
    if not text:
        bare = file.suffix.lower() in (".gif", ".webp", ".jpg", ".jpeg")
        why = "gif, webp and jpg hold none; the take's folder does" if bare else "only films and PNGs that render made have one"
        raise MissingError(f"{file}: there is no configuration in it", why)
    if text != printable(text):  # what a terminal obeys has no place in a configuration, least of all in a stranger's
        raise MissingError(f"{file}: what it holds is no configuration")
    out(text, nl=False)


@click.group(name="import")
def import_() -> None:
    """Films of other programs, as configurations of this one."""


@import_.command()
@click.argument("file", metavar="SETTINGS", type=FilePath())
@click.argument("target", metavar="[YAML]", required=False, type=FilePath())
def deforum(file: Path, target: Path | None) -> None:
    """A settings file of Deforum: render import deforum settings.txt film.yaml.

    It prints the configuration, or writes it to YAML, never over a file that is there. Below it stands what became of each key:
    used, converted or ignored, and why.
    """
    from render.config.deforum import convert, read_settings, yaml_text
    from render.config.schedule import decode_file
    from render.develop import files

    if target and target.exists():
        raise ConfigError(f"{target}: is there already", "name another file")
    try:
        film = convert(read_settings(decode_file(file)))
    except ConfigError as error:
        raise ConfigError(f"{file}: {error.message}", error.hint) from None
    text = yaml_text(film, file.name)
    if not target:
        out(text, nl=False)
        return
    files.write(target, text.encode())
    out(str(target))


@click.command()
def schema() -> None:
    """The vocabulary as JSON Schema, for completion in editors."""
    import json

    from render.config import json_schema

    out(json.dumps(dict(json_schema()), indent=2))
