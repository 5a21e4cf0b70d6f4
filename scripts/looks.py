"""The cookbook. docs/cookbook/looks.yaml and the films beside it -> docs/cookbook.md, its pictures and their sheet.

looks.yaml says in which order the looks stand, at which seconds of its film each is shown, and what to turn. Of each look there
are two pictures: as its film has it, and with the first setting turned. A picture bears in its comment what it was made from,
and is dreamed again only when that has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import yaml
from PIL import Image, UnidentifiedImageError

from render.develop import files
from render.facts import load

if TYPE_CHECKING:  # the page alone waits for no torch
    from numpy import uint8
    from numpy.typing import NDArray
    from torch import Tensor

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FOLDER = DOCS / "cookbook"
TABLE = FOLDER / "looks.yaml"
PAGE = DOCS / "cookbook.md"
SHEET = FOLDER / "sheet.jpg"
SOURCES = FOLDER / "sources.jpg"
MEDIA = ROOT / "configs" / "media"
WIDTH = 640  # pixels at most of a picture that shows several frames side by side
GAP = 3  # pixels between them
HEAVIEST = 40_000  # bytes of a picture
QUALITIES = range(88, 30, -4)  # of JPEG; the first that is light enough is taken
CELL = (160, 90)  # pixels of a look on the sheet
COLUMNS = 5  # of the sheet
SQUARE, CHEQUERS = 12, (0.78, 0.92)  # what stands for nothing behind what is clear: pixels of a square, and its two greys
LOW = 112  # pixels, the height of the pictures that looks start from

HEAD = """\
# Cookbook

{count} looks, each with its picture, its film, and what to turn. Every picture on this page was made by the file below it,
which is whole and short: copy one, put a picture of your own where it says `image`, and turn one number at a time.

![All looks on one sheet](cookbook/sheet.jpg)

```sh
render docs/cookbook/{first}.yaml
render docs/cookbook/{first}.yaml --set {turn}
render docs/cookbook/{first}.yaml --set size=768x432 --set dream.octaves=3
```

The first line makes the picture as it is shown here, the second turns one setting for once, the third makes it twice as large.
In a picture of twice the size, two octaves more show the same things as large in the picture as before; a look that has four of
them here wants six there, and eleven at `size=4k`.

A film of `duration: 1 frames` is one dream, a still. To make it move, give it a longer `duration`, a `motion`, and
`outputs: "{{name}}.mp4"`. Where a picture shows several frames, the seconds at which they come stand above it. Looks that say
`network: inception_v1` fetch its weights once, 54 MB. [Every setting](reference.md) is on a page of its own.

What they start from is noise, or one of these, which `scripts/draw_media` draws: a lake, a sky, a portrait, a harbour at dusk.

![The lake, the sky, the portrait and the harbour](cookbook/sources.jpg)
"""


@dataclass(frozen=True)
class Look:
    """A look of the cookbook."""

    name: str  # of its film, without .yaml
    at: tuple[Fraction, ...]  # the seconds of the film that are shown, side by side
    turn: tuple[str, ...]  # the settings, as of --set, that the second picture is turned by
    then: str  # what happens when they are
    more: dict[str, str]  # other settings to turn, and what happens
    tip: str = ""  # what is good to know

    @property
    def film(self) -> Path:
        """Its YAML file."""
        return FOLDER / f"{self.name}.yaml"

    @property
    def title(self) -> str:
        """What it is called: the film's first words, up to a colon."""
        return self._head.partition(": ")[0]

    @property
    def words(self) -> str:
        """What is seen: the rest of the film's first line."""
        rest = self._head.partition(": ")[2]
        return rest[:1].upper() + rest[1:]

    @property
    def settings(self) -> str:
        """The film without the comments at its head."""
        lines = self.film.read_text(encoding="utf-8").splitlines(keepends=True)
        first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
        return "".join(lines[first:])

    @property
    def _head(self) -> str:
        lines = self.film.read_text(encoding="utf-8").splitlines()
        return lines[1].removeprefix("# ")

    def shots(self) -> Iterator[Shot]:
        """Its two pictures."""
        yield Shot(self, FOLDER / f"{self.name}.jpg", ())
        yield Shot(self, FOLDER / f"{self.name}-turn.jpg", self.turn)


@dataclass(frozen=True)
class Shot:
    """A picture of a look."""

    look: Look
    file: Path
    turn: tuple[str, ...]  # the settings that are turned

    @property
    def recipe(self) -> str:
        """What it is made from: the command, and a digest of the film's settings and of what is shown of it."""
        made_from = (yaml.safe_load(self.look.settings), self.turn, [str(at) for at in self.look.at])
        digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:16]
        return f"{command(self.look, self.turn)} ({digest})"

    @property
    def current(self) -> bool:
        """Whether the picture is there, and was made from what the film says now."""
        try:
            with Image.open(self.file) as picture:
                comment = picture.info.get("comment", b"")
        except (OSError, UnidentifiedImageError):
            return False
        return bytes(comment).decode() == self.recipe


def command(look: Look, turn: Sequence[str] = ()) -> str:
    """What a person types for it."""
    return " ".join((f"render docs/cookbook/{look.name}.yaml", *(f"--set {_quoted(setting)}" for setting in turn)))


def _quoted(setting: str) -> str:
    return f"'{setting}'" if set(setting) & set(' [{(*#"') else setting


def table() -> dict[str, list[Look]]:
    """The looks, by the part of the page that they stand in."""
    parts = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {part: [_look(name, row) for name, row in looks.items()] for part, looks in parts.items()}


def _look(name: str, row: dict[str, Any]) -> Look:
    at, turn = row.pop("at", 0), row.pop("turn")
    times = tuple(Fraction(str(seconds)) for seconds in (at if isinstance(at, list) else [at]))
    return Look(name, times, tuple([turn] if isinstance(turn, str) else turn), row.pop("then"), row.pop("more", {}), **row)


# ---- the page


def page() -> str:
    """The whole page."""
    parts = table()
    first = next(iter(parts.values()))[0]
    count = sum(map(len, parts.values()))
    lines = [HEAD.format(count=count, first=first.name, turn=first.turn[0])]
    for part, looks in parts.items():
        lines += [f"## {part}", ""]
        for look in looks:
            lines += _section(look)
    return "\n".join(lines)


def _section(look: Look) -> Iterator[str]:
    turned = "<br>".join(f"`{setting}`" for setting in look.turn)
    first, second = (f"![{words}](cookbook/{shot.file.name})" for words, shot in zip(_alt(look), look.shots(), strict=True))
    yield from (f"### {look.title}", "", look.words, "")
    if len(look.at) == 1:
        yield from (f"| as it is | {turned} |", "|---|---|", f"| {first} | {second} |")
    else:  # several frames are wide: one picture above the other
        seconds = ", ".join(f"{float(at):g}" for at in look.at)
        yield from (f"| as it is, at {seconds} s |", "|---|", f"| {first} |", f"| {turned} |", f"| {second} |")
    yield from ("", f"```yaml\n{look.settings}```", "", "What to turn:", "")
    yield f"* {turned.replace('<br>', ', ')}: {look.then}"
    yield from (f"* `{setting}`: {effect}" for setting, effect in look.more.items())
    if look.tip:
        yield from ("", look.tip)
    yield ""


def _alt(look: Look) -> tuple[str, str]:
    """What is said of its two pictures to those who cannot see them."""
    return f"{look.title}: {look.words}", f"The same with {' and '.join(look.turn)}: {look.then}".replace("[", "(").replace(
        "]", ")"
    )


# ---- the pictures


def draw(shot: Shot, weights: dict[str, Path]) -> None:
    """Dream a picture and write it."""
    settings = yaml.safe_load(shot.look.settings)
    network = settings.get("dream", {}).get("network")
    overrides = [*shot.turn]
    for name, file in weights.items():
        if name in (
            network,
            *(value for key, _, value in (turn.partition("=") for turn in shot.turn) if key == "dream.network"),
        ):
            overrides.append(f"dream.network={{{name}: {file}}}")
    write(side_by_side([Image.fromarray(frame) for frame in frames_at(shot.look, overrides)]), shot.file, shot.recipe)


def frames_at(look: Look, overrides: Sequence[str]) -> Iterator[NDArray[uint8]]:
    """The frames of the film at the seconds that are shown; it is dreamed no further than it must be."""
    from render import build
    from render.film import ticks
    from render.frames import frames_in, replayable
    from render.picture.cutout import over
    from render.picture.picture import to_pixels

    config = load(look.film, overrides)
    film = build(config, "cpu")
    scene = replace(film.scene, alpha=config.outputs[0].alpha)
    canvases = replayable((state.canvas for state in ticks(film)), scene.device)
    for seconds in look.at:
        index = min(round(seconds * scene.clock.fps), scene.clock.frames - 1)
        (frame,) = frames_in(scene, canvases, scene.clock, range(index, index + 1))
        yield to_pixels(frame if frame.shape[1] == 3 else over(frame, chequers(scene.size)))


def chequers(size: tuple[int, int]) -> Tensor:
    """Grey squares, [1, 3, H, W], which stand for nothing behind what is partly clear."""
    import torch

    rows, columns = (torch.arange(length) // SQUARE for length in size)
    return (CHEQUERS[0] + (rows[:, None] + columns) % 2 * (CHEQUERS[1] - CHEQUERS[0])).expand(1, 3, -1, -1)


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """The pictures in a row, no wider than the page; a single one as it is."""
    if len(pictures) == 1:
        return pictures[0]
    width = (WIDTH - GAP * (len(pictures) - 1)) // len(pictures)
    height = round(width * pictures[0].height / pictures[0].width)
    row = Image.new("RGB", (WIDTH, height), "white")
    for place, picture in enumerate(pictures):
        row.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (place * (width + GAP), 0))
    return row


def sources() -> Image.Image:
    """What the looks start from, side by side: three pictures, and the first of the footage."""
    import av

    pictures = [Image.open(MEDIA / name).convert("RGB") for name in ("valley.jpg", "sky.jpg", "portrait.jpg")]
    with av.open(str(MEDIA / "harbour.mp4")) as footage:
        pictures.append(next(footage.decode(video=0)).to_image())
    low = [picture.resize((round(LOW * picture.width / picture.height), LOW), Image.Resampling.LANCZOS) for picture in pictures]
    row = Image.new("RGB", (sum(picture.width + GAP for picture in low) - GAP, LOW), "white")
    left = 0
    for picture in low:
        row.paste(picture, (left, 0))
        left += picture.width + GAP
    return row


def write(picture: Image.Image, file: Path, comment: str, heaviest: int = HEAVIEST) -> None:
    """A JPEG that is light enough, and says what it was made from."""
    for quality in QUALITIES:
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=quality, optimize=True, progressive=True, comment=comment.encode())
        if packed.tell() <= heaviest:
            break
    files.write(file, packed.getvalue())


def sheet(looks: Sequence[Look]) -> Image.Image:
    """All looks, as their films have them, on one sheet."""
    rows = -(-len(looks) // COLUMNS)
    paper = Image.new("RGB", (COLUMNS * (CELL[0] + GAP) - GAP, rows * (CELL[1] + GAP) - GAP), "white")
    for number, look in enumerate(looks):
        with Image.open(FOLDER / f"{look.name}.jpg") as picture:
            count = len(look.at)
            width = (picture.width - GAP * (count - 1)) / count
            last = picture.crop((round(picture.width - width), 0, picture.width, picture.height))
        place = (number % COLUMNS * (CELL[0] + GAP), number // COLUMNS * (CELL[1] + GAP))
        paper.paste(_cover(last), place)
    return paper


def _cover(picture: Image.Image) -> Image.Image:
    """The picture so large that it fills a cell, its middle cut out."""
    scale = max(CELL[0] / picture.width, CELL[1] / picture.height)
    large = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    left, top = (large.width - CELL[0]) // 2, (large.height - CELL[1]) // 2
    return large.crop((left, top, left + CELL[0], top + CELL[1]))


def main(arguments: Sequence[str]) -> None:
    """See --help."""
    parser = argparse.ArgumentParser(
        prog="looks", description="The cookbook: its page, and those of its pictures that are old."
    )
    parser.add_argument("looks", nargs="*", metavar="LOOK", help="these alone; all, if none is named")
    parser.add_argument("--page", action="store_true", help="the page alone, no picture")
    parser.add_argument("--weights", action="append", default=[], metavar="NETWORK=FILE", help="a file of a network's weights")
    given = parser.parse_args(arguments)
    weights = {name: Path(file).resolve() for name, _, file in (one.partition("=") for one in given.weights)}
    looks = [look for part in table().values() for look in part]
    for look in looks:
        for shot in look.shots():
            if not given.page and (not given.looks or look.name in given.looks) and not shot.current:
                begun = monotonic()
                draw(shot, weights)
                print(f"{shot.file.name}: {monotonic() - begun:.0f} s, {shot.file.stat().st_size // 1000} KB", flush=True)
    if not given.page and all((FOLDER / f"{look.name}.jpg").exists() for look in looks):
        write(sheet(looks), SHEET, "scripts/looks", heaviest=100_000)
        write(sources(), SOURCES, "scripts/looks")
    files.write(PAGE, page().encode())


if __name__ == "__main__":
    main(sys.argv[1:])
