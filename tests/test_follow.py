"""Laws of following: brought to its size, a film shows what the smaller take shows, and all else is as of any film."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
import yaml
from clips import clip
from commands import Command
from PIL import Image
from torch import Tensor

from render.api import enlarge
from render.api import render as render_film
from render.config import Config, load_text
from render.config.notices import notices
from render.construct import build
from render.construct.follow import differences
from render.develop.chain import common_ticks, read_chain, tick_chain
from render.develop.enlarge import enlargement
from render.develop.negative import Negative
from render.develop.shoot import Shot, shoot, version_of
from render.errors import ConfigError, RenderError
from render.facts import facts
from render.film import ticks as dream_ticks
from render.film import with_tiles
from render.picture.bands import Lead
from render.picture.colour import fine
from render.picture.picture import from_pixels, resize

pytestmark = pytest.mark.usefixtures("tiny_network")
CPU = torch.device("cpu")
FILM: dict[str, Any] = {
    "name": "dusk",
    "size": "48x32",
    "fps": 12,
    "duration": "1s",
    "seed": 3,
    "motion": {"zoom": 1.3, "rotate": "5*sin(s)"},
    "dream": {
        "rate": 8,
        "steps": 2,
        "first_steps": 3,
        "octaves": 2,
        "jitter": 3,
        "precision": "float32",
        "objective": {"layer": "low"},
    },
    "outputs": "{name}.mkv",
}
FILMS: dict[str, dict[str, Any]] = {
    "noise": {"dream": {**FILM["dream"], "objective": [{"garden": "all"}, {"layer": "low"}]}},
    "photo": {"source": {"image": "photo.png"}},
    "mask": {"source": {"image": "photo.png"}, "mask": "mask.png"},
    "frames": {"source": {"frames": "shots"}, "motion": {"zoom": 1}, "flow": {"engine": "none"}},
    "video": {"source": {"video": "clip.mkv"}, "size": "48x32"},
    "droste": {"motion": {"zoom": 5}, "loop": "droste"},
    "crossfade": {"loop": "crossfade"},
    "pingpong": {"loop": "pingpong"},
    "cuts": {"cuts": ["0.5s"]},
    "fourier": {"dream": {**FILM["dream"], "parametrisation": "fourier"}},
    "colours": {"source": {"image": "photo.png"}, "look": {"colour": {"palette": "ember"}}},
}
NEAR = 24  # dB


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a photo, a mask, a sequence and a clip of a second."""
    (tmp_path / "shots").mkdir()
    wide = (255 * tiny.photo((64, 160))[0]).permute(1, 2, 0).byte().numpy()
    pictures = [np.ascontiguousarray(wide[:, 2 * i : 96 + 2 * i]) for i in range(12)]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / "shots" / f"{number:02}.png")
    Image.fromarray(pictures[0]).save(tmp_path / "photo.png")
    Image.fromarray(np.where(np.arange(96) < 48, 255, 0).astype(np.uint8)[None].repeat(64, 0)).save(tmp_path / "mask.png")
    clip(tmp_path / "clip.mkv", pictures, fps="12")
    return tmp_path


def film(project: Path, *settings: Mapping[str, Any]) -> Config:
    """A film of the project."""
    merged = {key: value for each in (FILM, *settings) for key, value in each.items()}
    return load_text(yaml.safe_dump(merged), folder=project, inspect=facts)


def render(project: Path, config: Config, most: int | None = None) -> Shot:
    """Render it, or its first `most` dreams that are not there yet."""

    def watch(states: Iterator[Any], first: int, last: int) -> Iterator[Any]:
        for state in states:
            yield state
            if state.tick - first == most:
                return

    return shoot(config, config.yaml(), project / "runs", CPU, watch)


def dream(config: Config) -> list[Tensor]:
    """What is dreamed of it, without a take."""
    return [state.canvas for state in dream_ticks(build(config, CPU))]


def canvases(folder: Path) -> list[Tensor]:
    """What was dreamed in a take."""
    return [from_pixels(canvas) for canvas in Negative(folder / "negative").ticks()]


def psnr(one: Tensor, other: Tensor) -> float:
    return float(-10 * (one - other).square().mean().clamp_min(1e-12).log10())


def larger(size: str = "96x64", take: str = "runs/dusk/take-001", **follow: Any) -> dict[str, Any]:
    """Settings of the same film, larger and following its take."""
    return {"name": "large", "size": size, "follow": {"take": take, **follow}}


@pytest.mark.parametrize("name", FILMS)
def test_brought_to_its_size_the_large_film_is_the_small_one(project: Path, name: str) -> None:
    small = canvases(render(project, film(project, FILMS[name])).folder)
    large = dream(film(project, FILMS[name], larger()))
    free = dream(film(project, FILMS[name], {"size": "96x64"}))
    assert len(large) == len(small)
    for tick, (led, alone, shown) in enumerate(zip(large, free, small, strict=True)):
        assert psnr(resize(led, (32, 48)).clamp(0, 1), shown) > max(NEAR, psnr(resize(alone, (32, 48)).clamp(0, 1), shown)), (
            tick
        )
        assert float(fine(led)) > 0.4 * float(fine(alone)), tick
    assert not any(map(torch.equal, large, free))


@pytest.mark.parametrize("name", ["noise", "video", "mask", "droste"])
def test_it_is_the_same_film_when_it_is_interrupted(project: Path, name: str) -> None:
    render(project, film(project, FILMS[name]))
    config = film(project, FILMS[name], larger())
    whole = canvases(render(project, config).folder)
    again = film(project, FILMS[name], larger(), {"name": "again", "look": {**(FILMS[name].get("look") or {}), "hold": 0.5}})
    other = shoot(again, "", project / "others", CPU, lambda states, first, last: (next(states) for _ in range(3)))
    assert not other.whole
    rest = shoot(again, "", project / "others", CPU, lambda states, first, last: states)
    assert rest.dreamed == len(whole) - 3
    assert all(map(torch.equal, canvases(rest.folder), whole))


def test_in_tiles_it_follows_as_well(project: Path) -> None:
    small = canvases(render(project, film(project)).folder)
    built = with_tiles(build(film(project, larger("192x128")), CPU), 128)
    for state in islice(dream_ticks(built), 3):
        assert psnr(resize(state.canvas, (32, 48)).clamp(0, 1), small[state.tick]) > NEAR


def test_its_strength_moves_and_0_is_a_film_of_its_own(project: Path) -> None:
    small = canvases(render(project, film(project)).folder)
    free = dream(film(project, {"size": "96x64"}))
    never = dream(film(project, larger(strength=0)))
    assert all(map(torch.equal, never, free))
    later = {"0s": 0, "0.5s": 0, "0.6s": 1}
    late = dream(film(project, larger(strength=later)))
    assert all(map(torch.equal, late[:5], free[:5]))
    apart = [psnr(resize(canvas, (32, 48)).clamp(0, 1), shown) for canvas, shown in zip(late, small, strict=True)]
    assert min(apart[5:]) > max(apart[:5])


def test_what_it_follows_shapes_its_dreams_wherever_that_lies(project: Path) -> None:
    render(project, film(project))
    config = film(project, larger())
    first = render(project, config, most=4)
    chain = read_chain(first.folder)
    assert common_ticks(chain, _chain(film(project, larger(strength=0.7)))) == 0
    (project / "runs" / "dusk").rename(project / "runs" / "dawn")
    moved = film(project, larger(take="runs/dawn/take-001"))
    assert render(project, moved).dreamed == len(chain) - 4
    tick = project / "runs/dawn/take-001/negative/tick-000003.safetensors"
    Negative(tick.parent).drop(3)
    assert common_ticks(chain, _chain(moved)) == 3, "from there on it would follow nothing"
    assert [notice for notice in notices(film(project, larger(take="runs/dawn/take-001"))) if "ends after 0.25 s" in notice]
    assert not [notice for notice in notices(config) if "ends after" in notice]


def _chain(config: Config) -> Any:
    built = build(config, CPU)
    return tick_chain(config, built, version_of(built))


SAME = [
    {"size": "144x96"},
    {"outputs": "{name}.gif", "name": "x"},
    {"dream": {**FILM["dream"], "steps": 7, "octaves": 4, "step_size": 0.004, "jitter": 9, "amount": 0.5}},
    {"motion": {"zoom": "1 + 0.3", "rotate": {"value": "5*sin(s)", "then": "x"}}},
    {"fps": 24},
    {"duration": "2s"},
]
OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"seed": 4}, "seed"),
    ({"motion": {"zoom": 1.4, "rotate": "5*sin(s)"}}, "motion.zoom"),
    ({"motion": {"zoom": 1.3}}, "motion.rotate"),
    ({"motion": {"zoom": {"0s": 1.3, "0.5s": 1.3, "1s": 2}, "rotate": "5*sin(s)"}}, "motion.zoom"),
    ({"dream": {**FILM["dream"], "rate": 4}}, "dream.rate"),
    ({"dream": {**FILM["dream"], "objective": {"layer": "high"}}}, "dream.objective.0.layer"),
    ({"dream": {**FILM["dream"], "objective": {"garden": "all"}}}, "dream.network, dream.objective.0.garden"),
    ({"source": {"image": "photo.png"}}, "source.image.file, source.image.fit, source.noise.kind"),
    ({"mask": "mask.png"}, "mask.file"),
    ({"loop": "pingpong"}, "loop"),
    ({"cuts": ["0.5s"]}, "cuts.at"),
    ({"look": 0.2}, "look.hold"),
]


@pytest.mark.parametrize("changes", SAME)
def test_size_and_quality_are_no_choreography(project: Path, changes: dict[str, Any]) -> None:
    assert differences(film(project, changes), film(project)) == []


@pytest.mark.parametrize(("changes", "keys"), OTHERS)
def test_a_take_of_another_choreography_is_refused_with_the_keys(project: Path, changes: dict[str, Any], keys: str) -> None:
    assert ", ".join(differences(film(project, changes), film(project))).startswith(keys)


REFUSED = [
    (larger(), {"seed": 4}, "follow.take is a take of another choreography: seed differs"),
    (larger("64x64"), {}, "follow.take is a take of 48x32, and the film of 64x64 has another shape"),
    (larger(take="runs/nowhere"), {}, "follow.take cannot be used: .*not the folder of a take"),
    ({"follow": {"strength": 1}}, {}, "follow has no take"),
    ({"follow": {"take": "runs/dusk/take-001", "strength": 2}}, {}, "follow.strength is 2"),
]


@pytest.mark.parametrize(("settings", "others", "words"), REFUSED)
def test_what_cannot_be_followed_is_refused_at_its_place(
    project: Path, settings: dict[str, Any], others: dict[str, Any], words: str
) -> None:
    render(project, film(project), most=1)
    with pytest.raises(RenderError, match=words):
        build(film(project, settings, others), CPU)


def test_a_frame_is_led_in_what_the_smaller_picture_holds() -> None:
    frame, picture = tiny.photo((96, 144)), tiny.photo((32, 48), seed=1)
    assert torch.equal(Lead(picture, 0)(frame), frame)
    led = Lead(picture, 1)(frame)
    assert psnr(resize(led, (32, 48)), picture) > psnr(resize(frame, (32, 48)), picture) + 10
    assert float(fine(led)) == pytest.approx(float(fine(frame)), rel=0.05)
    firm = Lead(picture, 1).firmly(frame)
    assert psnr(resize(firm, (32, 48)), picture) > psnr(resize(led, (32, 48)), picture) + 5
    assert torch.equal(Lead(picture, 0).firmly(frame), frame)
    assert torch.allclose(Lead(picture, 1)(resize(frame, (16, 24))), resize(picture, (16, 24)))
    assert torch.allclose(Lead(resize(frame, (32, 48)), 1)(frame), frame, atol=1e-6), "what is alike stays"


# ---- render enlarge


def test_enlarge_is_the_short_way(project: Path, command: Command) -> None:
    (project / "dusk.yaml").write_text(yaml.safe_dump(FILM))
    assert command("dusk.yaml", "-q", "draft", "--set", "size=96x64").code == 0
    said = command("enlarge", "runs/dusk", "--size", "2x")
    assert said.code == 0
    assert said.out.strip() == "runs/dusk-96x64/take-001/dusk-96x64.mkv"
    large, small = (canvases(project / f"runs/{name}/take-001") for name in ("dusk-96x64", "dusk"))
    assert all(psnr(resize(led, (32, 48)).clamp(0, 1), shown) > NEAR for led, shown in zip(large, small, strict=True))
    assert "nothing was left to dream" in command("enlarge", "runs/dusk/take-001", "--size", "96x64").words, "the same take"
    again = command("runs/dusk-96x64/take-001/config.yaml")
    assert again.code == 0, "its settings are a film like any other"


def test_python_enlarges_as_the_command_does(project: Path, command: Command) -> None:
    small = render_film(FILM, "runs").folder
    shot = enlarge(small, "2x", "runs", overrides=["dream.steps=1"])
    assert [str(path) for path in shot.paths] == ["runs/dusk-96x64/take-001/dusk-96x64.mkv"]
    assert "nothing was left to dream" in command("enlarge", "runs/dusk", "--size", "2x", "--set", "dream.steps=1").words, (
        "the same take"
    )
    with pytest.raises(ConfigError, match=r"^size is 4k, .* has another shape"):
        enlarge(small, "4k")


def test_a_draft_is_enlarged_to_its_film(project: Path) -> None:
    (project / "dusk.yaml").write_text(yaml.safe_dump(FILM))
    small = load_text(yaml.safe_dump(FILM), folder=project, quality="draft", inspect=facts)
    shoot(small, yaml.safe_dump(FILM), project / "runs", CPU, lambda states, first, last: states)
    large = enlargement(project / "runs/dusk", "144x96")
    assert large.dream.steps == film(project).dream.steps
    assert large.dream.octaves.constant == 6, "down to the size of the draft"
    assert enlargement(project / "runs/dusk", "144x96", ["dream.octaves=2", "dream.steps=5"]).dream.octaves.constant == 2
    draft = enlargement(project / "runs/dusk", "144x96", quality="draft")
    start = draft.clock.tick(0)
    assert (str(draft.size), draft.dream.octaves(start)) == ("144x96", large.dream.octaves(start))
    assert draft.dream.steps(start) < large.dream.steps(start)


def test_a_flight_is_flown_again_larger(project: Path) -> None:
    flown = film(project, {"name": "flight"})
    small = canvases(render(project, film(project, {"name": "flight", "schedule": str(_rows(project))})).folder)
    large = enlargement(project / "runs/flight", "2x")
    assert large.schedule
    assert all(psnr(resize(led, (32, 48)).clamp(0, 1), shown) > NEAR for led, shown in zip(dream(large), small, strict=True))
    assert differences(large, flown) == ["motion.zoom", "motion.rotate"]


def _rows(project: Path) -> Path:
    """The table of a flight, as the studio writes it: numbers that hold from row to row."""
    path = project / "flight.csv"
    path.write_text("after seconds,motion.zoom,motion.rotate\n0,1.5,0\n0.25,1.5,10\n0.5,1.2,-5\n")
    return path


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("4k", "has another shape"),
        ("source", "size is source"),
        ("large", "size is 'large'|size is \"large\""),
        ("0x", "larger"),
    ],
)
def test_sizes_that_cannot_be(project: Path, size: str, words: str) -> None:
    render(project, film(project), most=0)
    with pytest.raises(ConfigError, match=words):
        enlargement(project / "runs/dusk", size)


def test_what_is_no_take_is_not_enlarged(project: Path) -> None:
    with pytest.raises(RenderError, match="not the folder of a take"):
        enlargement(project, "4k")
