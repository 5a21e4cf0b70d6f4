"""Many films at once: one in every combination of some settings, or all that are finished on a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from render.cli.film import render_films, require_films, write_own_film
from render.cli.media import kind_of_media
from render.cli.on import LIST, address_of, cluster_options, list_commands, render_elsewhere
from render.cli.options import dream_options
from render.cli.prepare import pick_device
from render.cli.request import Request, file_of, request
from render.errors import MissingError, printable
from render.show.terminal import FilePath, out, say, usual_style


@click.command()
@click.argument("path", metavar="CONFIG", type=FilePath())
@click.option(
    "--vary", "texts", multiple=True, required=True, metavar="KEY=A,B,…", help="A setting and its values: seed=1..16."
)
@dream_options
@click.option("--pick", "wanted", metavar="WHICH", help="Write the YAML of one: its number on the sheet, or KEY=VALUE,…")
@click.option("--yes", is_flag=True, help="Render what takes days, or more memory or disk than there is, all the same.")
@cluster_options
def sweep(
    path: Path,
    texts: Sequence[str],
    overrides: Sequence[str],
    quality: str,
    device: str,
    root: Path,
    wanted: str | None,
    yes: bool,
    on: str | None,
    shared: bool | None,
    any_device: bool,
) -> None:
    """One film in every combination of some settings: a take each, a sheet of them all, and a page.

    \b
    render sweep zoom.yaml --vary seed=1..16 -q draft
    render sweep zoom.yaml --vary dream.octaves=3,4 --vary "dream.objective.0.layer=mid,high"
    render sweep zoom.yaml --vary seed=1..16 --pick 7        the YAML of the one that you like

    Several --vary are combined, the last one turns fastest. The same command goes on where it was stopped.
    With --on ray the films are rendered side by side. After the commands of --on list, the same command without it makes the
    sheet.
    """
    say(f"{path}: reading the films of its sweep")  # seconds pass until torch is there

    from render.many import axes as many
    from render.many import sweep as sweeps

    axes, path = many.read_axes(texts), file_of(path) or path
    if path.is_file() and kind_of_media(path):
        film = request(path)
        write_own_film(film, ())
        path = film.read_from or film.file or path
    films = many.variants(axes)
    if wanted:
        chosen = many.pick(films, wanted)
        sweeps.load_variant(path, chosen, overrides, quality)  # what cannot be loaded is not written
        out(sweeps.write_pick(path, path.stem, chosen))
        return
    # None of them by `each`: one fault would be told of every film.
    loaded = [Request(*sweeps.load_variant(path, film, overrides, quality)) for film in films]
    home = sweeps.folder(root, path.stem)
    if on == LIST:
        variants = [(path, (*overrides, *film.overrides, f"name={film.name}")) for film in films]
        list_commands(variants, quality, device, home, ["--yes"] * yes + ["--any-device"] * any_device)
        return
    if on is not None:
        folders = render_elsewhere(loaded, home, address_of(on), device, quality, shared, False, any_device, usual_style())
    else:
        where = pick_device(device, root)
        require_films([film.config for film in loaded], where, home, yes)
        folders = render_films(loaded, home, where, False, usual_style(), any_device)
    takes = list(zip(films, folders, strict=True))
    out(sweeps.draw_sheet(home / "sheet.png", path.stem, axes, takes))
    page, notices = sweeps.write_page(home / "site", path.stem, axes, takes)
    for notice in notices:
        say(printable(notice))
    out(page)


@click.command()
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=FilePath())
@click.option(
    "-o", "--output", "site", type=FilePath(), default=Path("site"), metavar="FOLDER", help="Where the page goes [site]."
)
def gallery(folders: Sequence[Path], site: Path) -> None:
    """Finished films as one static page, to show: the takes in each FOLDER [runs].

    The page asks nothing of the network: it works from the folder, from any place of a server, and out of an archive.
    """
    say("looking for finished films")  # seconds pass until torch is there

    from render.show.exhibits import find_exhibits
    from render.show.gallery import write_page

    exhibits, notices = find_exhibits(folders or [Path("runs")])
    for notice in notices:
        say(printable(notice))
    if not exhibits:
        raise MissingError("there is no finished film to show", "render one first, as in render configs/zoom.yaml")
    page, notices = write_page(exhibits, site)
    for notice in notices:
        say(printable(notice))
    out(page)
