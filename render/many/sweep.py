"""Sweeps. One film in many variants: each a take of its own, all of them on one sheet and one page.

runs/zoom-sweep/seed-3_octaves-4/take-001   a variant's take
runs/zoom-sweep/sheet.png                   a picture of each, the settings in which they differ below it
runs/zoom-sweep/site/index.html             all of them in motion, in the same order
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, sqrt
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from render import inputs
from render.config import nodes
from render.config.loader import read, with_override
from render.config.places import path_of
from render.config.problem import Origin, Problem, ProblemsError
from render.config.section import plain
from render.develop import files, stills
from render.develop.ffmpeg import Pixels
from render.errors import ConfigError, MissingError
from render.many.axes import Axis, Variant
from render.show import gallery, sheet
from render.show.exhibits import find_exhibits

if TYPE_CHECKING:
    from render.config import Config

ACROSS = 320  # pixels of a picture of the sheet


def folder(root: Path, name: str) -> Path:
    """Where the takes of a film's sweeps lie."""
    return root / files.folder_name(f"{name}-sweep")


def load_variant(path: Path, variant: Variant, overrides: Sequence[str], quality: str) -> tuple[Config, str]:
    """The configuration of a variant, and its text: the film's, under a line that says what is different."""
    from render.facts import load

    try:
        config = load(path, (*overrides, *variant.overrides), quality)
    except ProblemsError as error:
        raise ProblemsError(_of_axis(problem, variant) for problem in error.problems) from None
    return config.model_copy(update={"name": variant.name}), f"# {variant.words}\n{read(path)}"


def _of_axis(problem: Problem, variant: Variant) -> Problem:
    """The same problem, in the words of the command line where it is one of the variant's own settings."""
    origin = problem.place.origin
    if origin.name not in {f"--set {override}" for override in variant.overrides}:
        return problem
    name = origin.name.replace("--set", "--vary", 1)
    return replace(problem, place=replace(problem.place, origin=replace(origin, name=name)))


# ---- what there is to see


def draw_sheet(path: Path, title: str, axes: Sequence[Axis], takes: Sequence[tuple[Variant, Path]]) -> Path:
    """Write the sheet of the takes that are there; each is seen where it was dreamed for half its time."""
    pictures = {variant.number: _poster(take) for variant, take in takes}
    tall, wide = next(iter(pictures.values())).shape[:2]
    variants = [variant for variant, _ in takes]
    cells = {
        variant.number: sheet.Cell(_fit(pictures[variant.number], (wide, tall)), caption)
        for variant, caption in _captions(axes, variants)
    }
    rows = [sheet.Row([cells[variant.number] for variant in row], heading) for heading, row in grid(axes, variants)]
    files.write(path, stills.png(sheet.draw(title, f"{len(takes)} films", rows)))
    return path


def write_page(site: Path, title: str, axes: Sequence[Axis], takes: Sequence[tuple[Variant, Path]]) -> tuple[Path, list[str]]:
    """Write the gallery of the takes in the order and columns of the sheet: its path, and notices."""
    exhibits, notices = find_exhibits([take for _, take in takes])
    page, more = gallery.write_page(exhibits, site, title, columns(axes, len(takes)))
    return page, notices + more


def columns(axes: Sequence[Axis], count: int) -> int:
    """How many stand side by side: a value of the last axis each; of a single axis a block a little wider than high."""
    return len(axes[-1].values) if len(axes) > 1 else ceil(sqrt(1.5 * count))


def grid(axes: Sequence[Axis], variants: Sequence[Variant]) -> list[tuple[str, list[Variant]]]:
    """The variants in rows, each with its heading: what its films have in common, where there are several axes."""
    if len(axes) == 1:
        across = columns(axes, len(variants))
        return [("", list(variants[start : start + across])) for start in range(0, len(variants), across)]
    rows: dict[str, list[Variant]] = {}
    for variant in variants:
        rows.setdefault(", ".join(f"{axis.name} {value}" for axis, value in variant.values[:-1]), []).append(variant)
    return list(rows.items())


def _captions(axes: Sequence[Axis], variants: Sequence[Variant]) -> list[tuple[Variant, str]]:
    """Number and settings of each; those that a row's heading says are left out."""
    return [(each, f"{each.number}  ·  {each.values[-1][0].name} {each.values[-1][1]}") for each in variants]


def _poster(take: Path) -> Pixels:
    file = inputs.plain(take / "poster.jpg", inputs.PICTURE, take)
    try:
        with Image.open(file, formats=["JPEG"]) as poster:
            small = poster.convert("RGB")
    except Exception as error:  # whatever a damaged picture makes Pillow say
        raise MissingError(f"{file}: the picture is damaged", "remove it, and render again") from error
    small.thumbnail((ACROSS, ACROSS * 2), Image.Resampling.LANCZOS)
    return np.asarray(small)


def _fit(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """The picture in a place of another shape, whole, in its middle: a sweep may vary sizes."""
    if picture.shape[1::-1] == size:
        return picture
    paper, small = Image.new("RGB", size), Image.fromarray(picture)
    small.thumbnail(size, Image.Resampling.LANCZOS)
    paper.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return np.asarray(paper)


# ---- the one that was liked


def write_pick(path: Path, name: str, variant: Variant) -> Path:
    """Write the YAML of a variant beside the working folder's files, never over one; it extends the film at `path`."""
    target = Path(f"{files.folder_name(name, variant.name)}.yaml")
    if target.exists():
        raise ConfigError(f"{target}: is here already", "move it away, or pick another")
    base = Path(relpath(path.absolute(), target.absolute().parent)).as_posix()
    text = nodes.to_yaml({"extends": base, **differences(path, variant)})
    files.write(target, f"# {variant.words}\n{text}".encode())
    return target


def differences(path: Path, variant: Variant) -> dict[str, object]:
    """The settings of a variant that differ from the film at `path`, as YAML values; of a list that differs, all of it."""
    text = read(path)
    tree = nodes.parse(text, Origin(str(path), path.parent.absolute(), nodes.lines_of(text), 0))
    for rank, override in enumerate(variant.overrides):
        tree = with_override(tree, override, rank)
    changed: dict[str, object] = {}
    for axis, _ in variant.values:
        steps = path_of(axis.key)
        whole = next((place for place, step in enumerate(steps) if isinstance(step, int)), len(steps))
        node, inner = tree, changed
        for place, step in enumerate(steps[:whole]):
            entry = node.entry(step)
            assert entry  # an override was laid there
            node = entry[1]
            if place == whole - 1:
                inner[str(step)] = plain(node.plain())
            else:
                inner = inner.setdefault(str(step), {})  # type: ignore[assignment]
    return changed
