"""Laws of facts: all files of a film that are not there are told at once, and one of another kind is told what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from render.config import load_text
from render.errors import MissingError
from render.facts import facts_and_files

ABSENT = {  # films, and the settings of theirs that name what is not there
    "source: {image: gone.jpg}": ["source.image.file"],
    "source: {video: gone.mp4}\nmask: gone.png": ["source.video.file", "mask.file"],
    "source: {frames: 'gone/*.png'}\naudio: gone.wav": ["source.frames.files", "audio.file"],
    "source: {image: here.png}\nmask: gone.png\naudio: gone.wav": ["mask.file", "audio.file"],
    "dream: {objective: [{guide: gone.jpg, layer: high}, {class: owl, mask: gone.png}]}": [
        "dream.objective.0.guide",
        "dream.objective.1.mask.file",
    ],
    "source: {image: gone.jpg}\ndream: {network: {bestiary: gone.safetensors}}": ["source.image.file", "dream.network"],
    "source: {image: here.png}\nlook: {colour: {palette: gone.png}}": ["look.colour.palette"],
    "schedule: gone.csv\naudio: gone.wav": ["schedule", "audio.file"],
}


@pytest.mark.parametrize("film", ABSENT)
def test_all_files_that_are_not_there_are_told_at_once(film: str, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "here.png")
    with pytest.raises(MissingError) as told:
        load_text(film, folder=tmp_path, inspect=facts_and_files)
    lines = [line for line in str(told.value).splitlines() if line.startswith("film.yaml:")]
    assert sorted(line.split(": ")[1].split()[0] for line in lines) == sorted(ABSENT[film])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lion.jpg", "did you mean lion.png?"),
        ("Lion.PNG", "did you mean lion.png?"),
        ("lionn.png", "did you mean lion.png?"),
        ("shot-2.png", ""),
        ("zebra.png", ""),
    ],
)
def test_a_file_that_is_not_there_is_told_what_lies_beside_it(name: str, hint: str, tmp_path: Path) -> None:
    for beside in ("lion.png", "shot-1.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / beside)
    for film in (f"source: {{image: {name}}}", f"mask: {name}", f"source: {{video: {name}}}"):
        with pytest.raises(MissingError) as told:
            load_text(film, folder=tmp_path, inspect=facts_and_files)
        assert (hint in str(told.value), "did you mean" in str(told.value)) == (True, bool(hint))


@pytest.mark.parametrize("name", ["lion.jpg", "lion.png", "lion.tif"])
def test_a_picture_that_is_taken_for_a_video_is_told_so(name: str, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / name)
    with pytest.raises(MissingError, match=rf"is a picture, not a video[\s\S]*source: {{image: {name}}}"):
        load_text(f"source: {{video: {name}}}", folder=tmp_path, inspect=facts_and_files)
