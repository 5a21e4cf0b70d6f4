"""Laws of beginnings: what of a film was dreamed before is not dreamed again, and it is the film that was dreamed anew."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
import yaml
from clips import clip
from PIL import Image

from render.config import Config, load_text
from render.construct import build
from render.develop.chain import Link, common_ticks, read_chain, tick_chain
from render.develop.negative import STRIDE, Negative
from render.develop.shoot import Shot, shoot, version_of
from render.develop.takes import existing_take
from render.errors import RenderError
from render.facts import facts

pytestmark = pytest.mark.usefixtures("tiny_network")
CPU = torch.device("cpu")
TICKS = 17  # of the film
FILM: dict[str, Any] = {
    "name": "dusk",
    "size": "48x32",
    "fps": 12,
    "duration": "2s",
    "seed": 3,
    "motion": {"zoom": 1.3, "rotate": "5*sin(s)"},
    "dream": {"rate": 8, "steps": 1, "first_steps": 1, "octaves": 1, "jitter": 3, "objective": {"garden": "all"}},
    "outputs": "{name}/{frame:02}.png",
}
SOURCES: dict[str, dict[str, Any]] = {
    "noise": {},
    "photo": {"source": {"image": "photo.png"}, "mask": "mask.png"},
    "frames": {
        "source": {"frames": "shots"},
        "flow": {"engine": "none"},
        "dream": {**FILM["dream"], "objective": {"layer": "low"}},
    },
    "video": {"source": {"video": "clip.mkv"}, "flow": {"engine": "none"}},
    "droste": {"motion": {"zoom": 5}, "loop": "droste"},
    "crossfade": {"loop": "crossfade"},
}
# What becomes of the film, and how many of its first dreams are as before; of a droste film all or none.
CHANGES: dict[str, tuple[dict[str, Any], int]] = {
    "longer": ({"duration": "3s"}, TICKS),
    "shorter": ({"duration": "1s"}, 9),
    "another end": ({"motion": {"zoom": {"0s": 1.3, "1s": 1.3, "2s": 2}, "rotate": "5*sin(s)"}}, 9),
    "another name": ({"name": "dawn"}, TICKS),
    "another frame rate": ({"fps": 24}, TICKS),
    "another output": ({"outputs": "{name}.png"}, TICKS),
    "written otherwise": (
        {"duration": "24 frames", "motion": {"zoom": "1 + 0.3", "rotate": {"value": "5*sin(s)", "then": "x"}}},
        TICKS,
    ),
    "a term that comes later": (
        {"dream": {**FILM["dream"], "objective": [{"garden": "all"}, {"layer": "low", "weight": {"0s": 0, "1s": 0, "2s": 1}}]}},
        9,
    ),
}
FOOTAGE = ("frames", "video")
FAST = {("video", "longer"), ("video", "another end"), ("droste", "longer"), ("frames", "longer")}  # besides all of noise
CASES = [
    pytest.param(source, change, marks=() if source == "noise" or (source, change) in FAST else pytest.mark.slow)
    for source in SOURCES
    for change in CHANGES
    if source in ("noise", "video") or change in ("longer", "another end")
]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photo, a mask, a sequence and a clip of three seconds."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "shots").mkdir(parents=True)
    wide = (255 * tiny.photo((32, 160))[0]).permute(1, 2, 0).byte().numpy()
    pictures = [np.ascontiguousarray(wide[:, i : 48 + i]) for i in range(36)]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / "shots" / f"{number}.png")
    Image.fromarray(pictures[0]).save(folder / "photo.png")
    Image.fromarray(pictures[-1]).save(folder / "mask.png")
    clip(folder / "clip.mkv", pictures, fps="12")
    return folder


@pytest.fixture
def project(untouched: Path, tmp_path: Path) -> Path:
    """The folder, for one test."""
    return Path(shutil.copytree(untouched, tmp_path / "project"))


@pytest.fixture
def begun(untouched: Path, project: Path) -> Callable[[str], Shot]:
    """A source -> its film, whole, in the project; dreamed once for all tests: a project that is copied keeps its takes."""

    def shot(source: str) -> Shot:
        home = untouched.with_name(f"begun-{source}")
        if not home.exists():
            FIRST[source] = dream(Path(shutil.copytree(untouched, home)), SOURCES[source])
        shutil.copytree(home / "runs", project / "runs")
        first = FIRST[source]
        moved = [project / path.relative_to(home) for path in first.paths]
        return replace(first, folder=project / first.folder.relative_to(home), paths=moved)

    return shot


FIRST: dict[str, Shot] = {}  # by source


def pictures(shot: Shot) -> list[bytes]:
    """The film, frame by frame."""
    return [path.read_bytes() for path in sorted(shot.paths[0].parent.iterdir()) if path.suffix == ".png"]


def dream(project: Path, settings: Mapping[str, Any], root: str = "runs", ticks: int | None = None) -> Shot:
    """Render a film of the project, or its first `ticks` that are not there yet."""
    text = yaml.safe_dump({**FILM, **settings})
    config = load_text(text, folder=project, inspect=facts)

    def watch(states: Any, first: int, last: int) -> Any:
        for state in states:
            yield state
            if ticks is not None and state.tick - first == ticks:
                return

    return shoot(config, text, project / root, CPU, watch)


def chain_of(config: Config) -> list[Link]:
    """The chain of a film, as its take has it."""
    film = build(config, CPU)
    return tick_chain(config, film, version_of(film))


def dreams(shot: Shot) -> dict[str, bytes]:
    """The take's ticks, as bytes."""
    return {path.name: path.read_bytes() for path in sorted((shot.folder / "negative").glob("tick-*"))}


@pytest.mark.parametrize(("source", "change"), CASES)
def test_what_was_dreamed_is_not_dreamed_again_and_is_the_film_dreamed_anew(
    project: Path, begun: Callable[[str], Shot], source: str, change: str
) -> None:
    settings = SOURCES[source]
    changed, common = CHANGES[change]
    after = {**settings, **changed, **({"motion": {"zoom": 4}} if source == "droste" and "motion" in changed else {})}
    before = dreams(begun(source))
    second, anew = dream(project, after), dream(project, after, "others")
    assert dreams(second) == dreams(anew)
    if second.dreamed:  # else its print may be the one that was there, with the settings as they were written then
        assert [frame for frame in pictures(second) if frame not in pictures(anew)] == []
    assert anew.dreamed == len(dreams(anew))
    equal = sum(before.get(name) == content for name, content in dreams(anew).items())
    if source == "droste":
        assert (second.dreamed, equal) == (anew.dreamed, 0)
    elif source in FOOTAGE and second.dreamed:  # few of its large states are kept
        assert anew.dreamed - equal <= second.dreamed <= anew.dreamed - equal // STRIDE * STRIDE
    else:
        assert second.dreamed == anew.dreamed - equal
        assert equal >= min(common, anew.dreamed)


@pytest.mark.parametrize("source", SOURCES)
def test_a_film_that_grows_goes_on_in_its_take_and_all_others_leave_it(
    project: Path, begun: Callable[[str], Shot], source: str
) -> None:
    first = begun(source)
    film, ticks = pictures(first), dreams(first)
    renamed = dream(project, {**SOURCES[source], "name": "dawn"})
    assert (renamed.folder.parent.name, renamed.dreamed, renamed.whole) == ("dawn", 0, True)
    assert dream(project, {**SOURCES[source], "duration": "1s"}).folder.name == "take-002"
    assert (pictures(first), dreams(first)) == (film, ticks)
    grown = dream(project, {**SOURCES[source], "duration": "3s"})
    assert grown.whole
    assert grown.folder.name == ("take-003" if source in ("droste", "crossfade") else "take-001"), (
        "they go round to their beginning"
    )


@pytest.mark.parametrize("source", SOURCES)
def test_a_project_that_moves_keeps_its_takes(project: Path, source: str) -> None:
    first = dream(project, SOURCES[source], ticks=5)
    assert first.dreamed == 5
    moved = project.rename(project.with_name("moved"))
    second = dream(moved, SOURCES[source])
    assert (second.folder.name, second.dreamed + first.dreamed) == ("take-001", len(dreams(second)))


def test_an_end_that_changes_before_it_is_dreamed_loses_nothing(project: Path) -> None:
    changed, _ = CHANGES["another end"]
    first = dream(project, {}, ticks=6)
    second = dream(project, changed)
    assert (second.folder, second.dreamed) == (first.folder, TICKS - 6)


def test_a_fresh_take_is_fresh(project: Path, begun: Callable[[str], Shot]) -> None:
    begun("noise")
    text = yaml.safe_dump(FILM)
    again = shoot(load_text(text), text, project / "runs", CPU, lambda states, first, last: states, fresh=True)
    assert (again.folder.name, again.dreamed) == ("take-002", TICKS)


def test_on_a_disk_without_links_dreams_are_copied(
    project: Path, begun: Callable[[str], Shot], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    first, second = begun("noise"), dream(project, {"name": "dawn"})
    assert (second.dreamed, dreams(second)) == (0, dreams(first))


def test_a_take_of_before_chains_goes_on_by_its_fingerprint(project: Path) -> None:
    first = dream(project, {}, ticks=5)
    (first.folder / "ticks.txt").unlink()
    second = dream(project, {})
    assert (second.folder, second.dreamed) == (first.folder, TICKS - 5)
    assert len(read_chain(second.folder)) == TICKS


def test_a_random_seed_is_kept_by_what_was_begun_with_it_wherever_that_moves(project: Path) -> None:
    settings = {**SOURCES["photo"], "seed": "random", "motion": {"rotate": "5*rand(seed)"}}
    first = dream(project, settings, ticks=5)
    second = dream(project.rename(project.with_name("moved")), settings)
    assert (second.folder.name, first.dreamed + second.dreamed) == ("take-001", TICKS)


DIFFERENT = [  # what shapes the first dream
    {"seed": 4},
    {"size": "64x32"},
    {"dream": {**FILM["dream"], "first_steps": 2}},
    {"dream": {**FILM["dream"], "objective": {"garden": ["eye"]}}},
    {"dream": {**FILM["dream"], "network": "bestiary", "objective": {"layer": "low"}}},
    {"look": {"mean": 0.5}},
    {"look": {"contrast": 0.2}},
    {"motion": {"zoom": 1.3, "rotate": "5*sin(s)", "border": "wrap"}},
    {"source": {"noise": "uniform"}},
    {"source": {"image": "photo.png"}},
    {"mask": "photo.png"},
]


@pytest.mark.parametrize("different", DIFFERENT)
def test_what_shapes_the_first_dream_leaves_nothing_in_common(project: Path, different: dict[str, Any]) -> None:
    def chain(settings: Mapping[str, Any]) -> Any:
        config = load_text(yaml.safe_dump({**FILM, **settings}), folder=project, inspect=facts)
        return chain_of(config)

    assert common_ticks(chain({}), chain({})) == TICKS
    assert common_ticks(chain({}), chain(different)) == 0


def test_a_picture_that_changes_is_another_from_there_on(project: Path, begun: Callable[[str], Shot]) -> None:
    settings = SOURCES["frames"]
    first = begun("frames")
    Image.new("RGB", (48, 32)).save(project / "shots" / "15.png")
    config = load_text(yaml.safe_dump({**FILM, **settings}), folder=project, inspect=facts)
    assert common_ticks(read_chain(first.folder), chain_of(config)) == 7, "a flash looks 0.4 s ahead, for where it ends"
    Image.new("RGB", (48, 32)).save(project / "photo.png")
    assert dream(project, settings).folder.name == "take-002"


def test_a_take_notes_whose_dreams_it_begins_with(project: Path, begun: Callable[[str], Shot]) -> None:
    begun("noise")
    shorter = dream(project, {**SOURCES["noise"], "duration": "1s"})
    record = json.loads((shorter.folder / "run.json").read_text())
    assert record["begun"] == {"take": "dusk/take-001", "ticks": len(dreams(shorter))}


def test_a_take_is_adopted_by_the_film_that_begins_as_it_does(project: Path, begun: Callable[[str], Shot]) -> None:
    text = yaml.safe_dump({**FILM, **CHANGES["another end"][0], "name": "flight"})
    config = load_text(text, folder=project)
    chain = chain_of(config)
    first = begun("noise")
    with existing_take(first.folder) as flown:
        flown.adopt({"seed": 3}, chain, text, config.yaml())
        assert flown.negative().count() == 9
        assert not flown.record["finished"]
    anew = shoot(config, text, project / "others", CPU, lambda states, first, last: states)
    flight = shoot(config, text, project / "runs", CPU, lambda states, first, last: states)
    assert (flight.dreamed, dreams(flight)) == (TICKS - 9, dreams(anew))


# ---- a film that begins where another one ended

AT = {"end": 16, "start": 0, "50%": 8, "1s": 8, "0.6s": 5, "99s": 16}


@pytest.mark.parametrize("at", AT)
def test_a_film_begins_with_a_dream_of_another(project: Path, begun: Callable[[str], Shot], at: str) -> None:
    first = begun("noise")
    still = {"motion": {"zoom": 1}, "look": 0, "dream": {**FILM["dream"], "steps": 0, "first_steps": 0}}
    second = dream(project, {**still, "name": "on", "source": {"take": "runs/dusk/take-001", "at": at}, "size": "source"})
    canvases = [Negative(shot.folder / "negative") for shot in (first, second)]
    assert np.array_equal(canvases[0].read(AT[at]), canvases[1].read(0))
    again = dream(
        project.rename(project.with_name("moved")),
        {**still, "name": "on", "source": {"take": {"folder": "runs/dusk/take-001", "at": at}}, "size": "source"},
    )
    assert (again.folder.name, again.dreamed) == ("take-001", 0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"take": "runs/nowhere"}, "not the folder of a take with dreams in it"),
        ({"take": "runs/dusk/take-001", "at": "12"}, "which is no moment of a take"),
        ({"take": "runs/dusk/take-001", "at": "4b"}, "which is no moment of a take"),
        ({"take": "runs/dusk/take-001", "image": "photo.png"}, "it takes exactly one"),
    ],
)
def test_what_is_no_dream_of_a_take_is_refused_at_its_place(
    project: Path, begun: Callable[[str], Shot], settings: dict[str, Any], words: str
) -> None:
    begun("noise")
    with pytest.raises(RenderError, match=words):
        dream(project, {"name": "on", "source": settings})


def test_a_damaged_dream_is_refused(project: Path, begun: Callable[[str], Shot]) -> None:
    first = begun("noise")
    last = first.folder / "negative" / "tick-000016.safetensors"
    last.write_bytes(last.read_bytes()[:-1] + b"x")
    with pytest.raises(RenderError, match=r"source\.take\.folder cannot be used: .*damaged"):
        dream(project, {"name": "on", "source": {"take": "runs/dusk/take-001"}})
