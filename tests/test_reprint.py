"""Laws of reprints: whole takes, parts of them and several joined, wherever they and what they were made from lie now."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
import tracks
from clips import clip
from commands import Command
from PIL import Image
from raw import read

from render.config import load_text
from render.develop import takes
from render.develop.ffmpeg import count
from render.develop.join import join_frames, join_samples
from render.develop.metadata import embedded_config
from render.develop.reprint import print_again, trim
from render.errors import ConfigError
from render.source.footage import probe
from render.source.sound_file import RATE, samples

pytestmark = pytest.mark.usefixtures("tiny_network")
SIZE = (48, 32)
FILM = """\
size: 48x32
fps: 12
duration: 2s
motion: {zoom: 1.3}
dream: {rate: 4, steps: 1, first_steps: 1, octaves: 1, jitter: 3, objective: {layer: low}}
outputs: {file: "{name}.mkv", codec: ffv1}
flow: none
"""
SOURCES = {  # what a film is dreamed from, and the file of it
    "photo": ("source: {image: media/photo.png}\nmask: media/mask.png\n", "media/photo.png"),
    "frames": ("source: {frames: media/shots}\n", "media/shots"),
    "video": ("source: {video: media/clip.mkv}\n", "media/clip.mkv"),
    "noise": ("", ""),
    "music": ("audio: media/music.wav\nschedule: media/moves.csv\n", ""),
}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of media."""
    media = tmp_path_factory.mktemp("project") / "media"
    (media / "shots").mkdir(parents=True)
    wide = (255 * tiny.photo((32, 160))[0]).permute(1, 2, 0).byte().numpy()
    pictures = [np.ascontiguousarray(wide[:, i : 48 + i]) for i in range(24)]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(media / "shots" / f"{number}.png")
    Image.fromarray(pictures[0]).save(media / "photo.png")
    Image.fromarray(pictures[-1]).save(media / "mask.png")
    clip(media / "clip.mkv", pictures, fps="12")
    tracks.wav(media / "music.wav", tracks.clicks([0.25], 2))
    (media / "moves.csv").write_text("seconds, motion.zoom\n0, 1.2\n2, 1.4\n")
    return media.parent


@pytest.fixture
def project(untouched: Path, tmp_path: Path) -> Path:
    """A folder of films and their media, for one test, and this process at work in it."""
    return Path(shutil.copytree(untouched, tmp_path / "project"))


def render(command: Command, folder: Path, source: str = "noise", more: str = "", name: str = "dusk") -> Path:
    """The take of a film in that folder."""
    (folder / f"{name}.yaml").write_text(FILM + SOURCES[source][0] + more)
    said = command(str(folder / f"{name}.yaml"), "-o", str(folder / "runs"))
    assert said.code == 0, said.words
    return Path(said.paths[0]).parent


def frames(path: Path) -> list[np.ndarray]:
    return [*read(path, SIZE, "rgb24")]


# What becomes of the project: (folder, take) -> the folder of the take, and what is told of its source, if anything.
MOVES: dict[str, Callable[[Path, Path], tuple[Path, str]]] = {
    "renamed": lambda project, take: (project.rename(project.with_name("renamed")) / take.relative_to(project), ""),
    "copied": lambda project, take: (shutil.copytree(project, project.with_name("copy")) / take.relative_to(project), ""),
    "the take alone, its media beside it": lambda project, take: (_alone(project, take, "media"), ""),
    "the take alone, told": lambda project, take: (_alone(project, take, "elsewhere"), "elsewhere"),
}


def _alone(project: Path, take: Path, media: str) -> Path:
    away = project.with_name("away")
    shutil.copytree(take, away / "t")
    shutil.move(project / "media", away / media if media != "media" else away / "t" / media)
    shutil.rmtree(project)
    return away / "t"


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "noise"])
@pytest.mark.parametrize("move", MOVES)
def test_a_take_that_was_moved_is_printed_as_before(command: Command, project: Path, source: str, move: str) -> None:
    take = render(command, project, source)
    before = frames(take / "dusk.mkv")
    moved, told = MOVES[move](project, take)
    file = SOURCES[source][1].replace("media", told)
    if told:
        said = command("print", str(moved), "-o", "x.mkv")
        assert (said.code, "there is no such file" in said.words) == (3, True)
        assert ("--source FILE" in said.words) == (source in ("frames", "video"))
        if source in ("photo", "music"):
            shutil.copytree(moved.parent / told, moved / "media")
    where = ["--source", str(moved.parent / file)] if told and file else []
    said = command("print", str(moved), "-o", "x.mkv", "--codec", "ffv1", *where)
    assert said.code == 0, said.words
    assert np.array_equal(frames(Path("x.mkv")), before)


@pytest.mark.parametrize("source", ["frames", "video"])
def test_other_footage_is_refused_wherever_it_is_found(command: Command, project: Path, source: str) -> None:
    take = render(command, project, source)
    media = project / "media"
    Image.new("RGB", SIZE).save(media / "shots" / "3.png")
    clip(media / "clip.mkv", [np.zeros((32, 48, 3), np.uint8)] * 24, fps="12")
    said = command("print", str(take), "-o", "x.mkv")
    assert (said.code, "is other footage now than when this film was dreamed" in said.words) == (3, True)


def test_a_film_from_noise_has_no_source_to_tell(command: Command, project: Path) -> None:
    with pytest.raises(ConfigError, match="dreamed from noise"):
        print_again(render(command, project), ["x.mkv"], {}, Path("a.png"))


def test_takes_of_before_keep_absolute_paths_and_are_printed(command: Command, project: Path) -> None:
    folder = render(command, project, "video")
    config = load_text((folder / "resolved.yaml").read_text(), folder=folder, overrides=["duration=2s"])
    (folder / "resolved.yaml").write_text(config.yaml())
    assert str(project) in (folder / "resolved.yaml").read_text()
    moved = project.rename(project.with_name("moved"))
    paths, _ = print_again(moved / folder.relative_to(project), ["x.mkv"], {})
    assert count(paths[0]) == 24


@pytest.mark.parametrize("shown", ["mask: media/mask.png\n", "amount"])
def test_a_photo_that_is_shown_is_asked_for_with_the_cure(command: Command, project: Path, shown: str) -> None:
    film = FILM.replace("rate: 4", "rate: 4, amount: 0.5") if shown == "amount" else FILM + shown
    (project / "dusk.yaml").write_text(film + "source: {image: media/photo.png}\n")
    take = Path(command(str(project / "dusk.yaml"), "-o", str(project / "runs")).paths[0]).parent
    (project / "media/photo.png").rename(project.parent / "photo-2.png")
    said = command("print", str(take), "-o", "x.mkv")
    assert (said.code, "--source FILE says where it is" in said.words) == (3, True)
    assert command("print", str(take), "-o", "x.mkv", "--source", str(project.parent / "photo-2.png")).code == 0


def test_the_folder_of_a_film_means_its_newest_take(command: Command, project: Path) -> None:
    first = render(command, project)
    command(str(project / "dusk.yaml"), "-o", str(project / "runs"), "--set", "seed=77")
    assert command("print", str(first.parent), "-o", "x.mkv").paths == ["x.mkv"]
    assert "seed: 77" in command("from", "x.mkv").paths


# ---- where prints go


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Calling this makes a folder one that can only be read, for this process, whoever it is run by."""

    def refuse(folder: Path) -> None:
        opening, writing = takes.lock_folder, takes.files.beside

        def lock(place: Path, wait: bool = False) -> object:
            if folder in (place, *place.parents):
                raise OSError(errno.EROFS, "Read-only file system")
            return opening(place, wait)

        def beside(path: Path) -> object:
            assert folder.resolve() not in path.resolve().parents, "it was written into"
            return writing(path)

        monkeypatch.setattr(takes, "lock_folder", lock)
        monkeypatch.setattr(takes.files, "beside", beside)

    return refuse


def test_a_take_that_can_only_be_read_is_printed_elsewhere(
    command: Command, project: Path, read_only: Callable[[Path], None]
) -> None:
    folder = render(command, project, "video")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    read_only(folder)
    said = command("print", str(folder), "-o", str(folder / "x.mkv"))
    assert said.code == 3
    assert "cannot be written" in said.words
    assert "-o ./x.mkv prints into the working folder" in said.words
    said = command("print", str(folder), "-o", "x.mkv", "-o", "../up.gif", "-o", f"{project}/f/{{frame:02}}.png")
    assert count(Path("x.mkv")) == 24
    assert (said.code, said.paths) == (0, ["x.mkv", "../up.gif", f"{project}/f/00.png"])
    assert len([*(project / "f").iterdir()]) == 24
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


# ---- what prints tell


@pytest.mark.parametrize("source", SOURCES)
def test_no_file_of_a_film_tells_where_it_was_made(command: Command, project: Path, source: str) -> None:
    folder = render(command, project, source)
    print_again(folder, ["a.mp4", "b.mov", "c.webm", "d.png"], {})
    for path in folder.iterdir():
        if path.is_file():
            assert str(project.parent).encode() not in path.read_bytes(), path.name
            assert b"project" not in path.read_bytes(), path.name
    recipe = embedded_config(folder / "a.mp4")
    assert recipe
    again = load_text(recipe, "film.yaml", project, ["duration=2s"])
    assert again.source == load_text(FILM + SOURCES[source][0], "film.yaml", project, ["duration=2s"]).source


def test_what_lies_outside_goes_by_its_name_alone(command: Command, project: Path) -> None:
    (project / "film").mkdir()
    (project / "film" / "own.png").write_bytes((project / "media/photo.png").read_bytes())
    folder = render(command, project / "film", more="source: {image: own.png}\nmask: ../media/mask.png\n")
    recipe = embedded_config(folder / "dusk.mkv")
    assert recipe
    assert "file: own.png" in recipe
    assert "file: mask.png" in recipe
    assert "media" not in recipe


@pytest.mark.parametrize("file", ["x.mp4", "x.png"])
def test_a_switch_leaves_the_recipe_out(command: Command, project: Path, file: str) -> None:
    folder = render(command, project)
    said = command("print", str(folder), "-o", file, "--no-recipe")
    assert said.code == 0
    assert embedded_config(Path(file)) is None
    assert command("from", file).code == 3
    film = (project / "dusk.yaml").read_text().replace('"{name}.mkv", codec: ffv1', f"{file}, recipe: false")
    (project / "dusk.yaml").write_text(film)
    assert embedded_config(Path(command(str(project / "dusk.yaml"), "-o", "others").paths[0])) is None


# ---- parts


PARTS = {"0.5s..1.5s": (6, 18), "..6": (0, 6), "1s..": (12, 24), "25%..75%": (6, 18), "00:00:01..end": (12, 24)}


@pytest.mark.parametrize("loop", ["none", "pingpong", "crossfade"])
def test_a_part_has_the_frames_of_the_whole(command: Command, project: Path, loop: str) -> None:
    folder = render(command, project, more=f"loop: {loop}\n")
    whole = frames(folder / "dusk.mkv")
    for part, (start, stop) in PARTS.items():
        if loop == "pingpong" and part != "..6":
            start, stop = (round(place * len(whole) / 24) for place in (start, stop)) if "%" in part else (start, stop)
            stop = len(whole) if part.endswith(("..", "end")) else stop
        paths, _ = trim(folder, part, None, {})
        assert paths[0].parent == folder
        assert np.array_equal(frames(paths[0]), whole[start:stop]), part
    assert {path.name for path in folder.glob("dusk-*")} >= {"dusk-0.5s-1.5s.mkv", "dusk-1s-end.mkv"}


@pytest.mark.parametrize("part", ["3s", "x..y", "2s..1s", "1s..1s", "0s..9s", "..", ""])
def test_what_is_no_part_is_refused_in_a_sentence(command: Command, project: Path, part: str) -> None:
    folder = render(command, project)
    said = command("trim", str(folder), part)
    assert said.code == 2
    assert "write 2s..5s" in said.words or "write 2s" in said.words


def test_a_part_has_its_part_of_the_sound(command: Command, project: Path) -> None:
    folder = render(command, project, "music")
    said = command("trim", str(folder), "1s..2s", "-o", "./part.mkv")
    assert (said.code, said.paths) == (0, ["part.mkv"])
    assert probe(Path("part.mkv")).sound


# ---- several


def test_takes_are_joined_in_their_order(command: Command, project: Path) -> None:
    first, second = render(command, project), render(command, project, "photo", name="dawn")
    said = command("join", str(first), str(second))
    assert (said.code, said.paths) == (0, ["dusk+dawn.mkv"])
    assert np.array_equal(frames(Path("dusk+dawn.mkv")), frames(first / "dusk.mkv") + frames(second / "dawn.mkv"))
    assert command("join", str(first), str(second)).code == 0, "what it made itself it makes anew"
    Path("dusk+dawn.mkv").write_bytes(b"a work of mine")
    said = command("join", str(first), str(second))
    assert (said.code, Path("dusk+dawn.mkv").read_bytes()) == (2, b"a work of mine")
    said = command("join", str(first), str(second), str(first), "--crossfade", "0.5s", "-o", "long.mkv", "--codec", "ffv1")
    assert (said.code, count(Path("long.mkv"))) == (0, 3 * 24 - 2 * 6)
    assert np.array_equal(frames(Path("long.mkv"))[:18], frames(first / "dusk.mkv")[:18])


def test_joined_takes_are_not_written_over_a_file_that_is_there(command: Command, project: Path) -> None:
    """Two takes of one film are named after it twice: its own name may be that of the footage it was made from."""
    first = render(command, project)
    Path("dusk.mkv").write_bytes(b"a clip of mine")
    assert command("join", str(first), str(first)).paths == ["dusk+dusk.mkv"]
    assert command("join", str(first), str(first)).paths == ["dusk+dusk.mkv"]  # its own, made anew
    Path("dusk+dusk.mkv").write_bytes(b"another clip of mine")
    said = command("join", str(first), str(first))
    assert (said.code, "may be a work of yours" in said.words) == (2, True)
    assert Path("dusk.mkv").read_bytes() == b"a clip of mine"


def test_a_take_may_be_joined_to_itself_by_two_names(command: Command, project: Path) -> None:
    take = render(command, project)
    (project / "link").symlink_to(take)
    said = command("join", str(take), str(take.parent), str(project / "link"), "-o", "thrice.mkv")
    assert (said.code, count(Path("thrice.mkv"))) == (0, 3 * 24)


@pytest.mark.parametrize(("overlap", "length"), [(0, 9), (1, 7), (2, 5)])
def test_films_fade_into_each_other(overlap: int, length: int) -> None:
    films = [[torch.full((1, 3, 2, 2), 0.2 + 0.2 * film)] * 3 for film in range(3)]
    joined = [float(frame.mean()) for frame in join_frames([iter(film) for film in films], overlap)]
    assert len(joined) == length
    assert joined == sorted(joined)
    assert (joined[0], joined[-1]) == (pytest.approx(0.2), pytest.approx(0.6))


def test_films_are_heard_one_after_the_other(command: Command, project: Path) -> None:
    """Clicks at .25 s of each, of which the second film is silent."""
    loud, silent = render(command, project, "music"), render(command, project, name="dawn")
    for fade, times in {"": [0.25, 4.25], "0.5s": [0.25, 3.25]}.items():
        Path("heard.mkv").unlink(missing_ok=True)
        said = command("join", str(loud), str(silent), str(loud), "-o", "heard.mkv", *(["--crossfade", fade] if fade else []))
        assert said.code == 0, said.words
        heard = np.abs(samples(Path("heard.mkv").absolute()))
        assert len(heard) / RATE == pytest.approx(6 - 2 * bool(fade) * 0.5, abs=0.05)
        clicks = np.flatnonzero(heard > 0.3 * heard.max()) / RATE
        groups = np.split(clicks, np.flatnonzero(np.diff(clicks) > 0.5) + 1)
        assert [float(group[0]) for group in groups] == pytest.approx(times, abs=0.03)


def test_samples_fade_into_each_other_whatever_blocks_they_come_in() -> None:
    films = [np.full((2, 10), value, np.float32) for value in (0.0, 1.0, 0.5)]
    whole = np.concatenate([*join_samples([iter([film]) for film in films], 3)], axis=1)
    pieces = [iter([film[:, start : start + 2] for start in range(0, 10, 2)]) for film in films]
    assert whole.shape == (2, 24)
    assert np.allclose(np.concatenate([*join_samples(pieces, 3)], axis=1), whole)
    assert np.allclose(whole[0, 6:12], [0, 0.25, 0.5, 0.75, 1, 1])


def test_what_does_not_fit_is_not_joined(command: Command, project: Path) -> None:
    first, other = render(command, project), render(command, project, "photo", name="dawn")
    (project / "wide.yaml").write_text(FILM.replace("48x32", "64x32"))
    wide = Path(command(str(project / "wide.yaml"), "-o", str(project / "runs")).paths[0]).parent
    for arguments, words in {
        (str(first), str(wide)): "films of one shape can be joined",
        (str(first), str(other), "--crossfade", "3s"): "fade shorter",
        (str(first),): "render join TAKE TAKE",
    }.items():
        said = command("join", *arguments)
        assert (said.code, words in said.words) == (2, True)
