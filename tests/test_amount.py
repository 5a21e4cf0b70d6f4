"""Laws of the amount: it mixes what is shown and changes nothing of the dream, in every kind of film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from clips import clip
from commands import Command
from PIL import Image
from test_propagate import view
from torch import Tensor

from render.config import Config, load_text
from render.develop.shoot import shoot
from render.facts import facts
from render.film import Film, ticks
from render.frames import at_rate, in_loop_order, replayable
from render.picture import cutout
from render.picture.picture import from_pixels, to_pixels

pytestmark = pytest.mark.usefixtures("tiny_network")
SIZE = (32, 48)
PHOTO = "source: {image: photo.png}\n"
FILMS = {
    "photo": PHOTO + "motion: {zoom: 1.5, rotate: 20}",
    "noise": "motion: {zoom: 1.5}",
    "masked photo": PHOTO + "motion: {zoom: 1.5}\nmask: half.png",
    "masked noise": "mask: half.png",
    "footage": "source: {video: clip.mp4}\nfps: 24",
    "droste": PHOTO + "motion: {zoom: 5}\nloop: droste",
    "droste outwards": PHOTO + "motion: {zoom: 0.2}\nloop: droste",
    "pingpong": PHOTO + "motion: {pan: [0.2, 0]}\nloop: pingpong",
    "crossfade": PHOTO + "motion: {zoom: 1.5}\nloop: crossfade",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photo, half of a mask, and a clip that moves."""
    Image.fromarray(to_pixels(view(size=(64, 96)))).save(tmp_path / "photo.png")
    half = np.zeros((*SIZE, 3), dtype=np.uint8)
    half[:, :24] = 255
    Image.fromarray(half).save(tmp_path / "half.png")
    clip(tmp_path / "clip.mp4", [to_pixels(view(right=i, size=SIZE)) for i in range(24)], fps="24")
    return tmp_path


def film_of(name: str, folder: Path, amount: str, *overrides: str) -> Film:
    return tiny.film(FILMS[name], (f"dream.amount={amount}", "dream.step_size=0.04", "dream.rate=4", *overrides), folder)


def shown(film: Film, canvases: Sequence[Tensor]) -> list[Tensor]:
    """The film's frames, from ticks that were dreamed."""
    source = replayable(iter(canvases), film.scene.device)
    frames = in_loop_order(
        film.scene, source if film.scene.loop.seamless else lambda start, step: iter(canvases), film.scene.clock
    )
    return [frame.clone() for frame in frames]


@pytest.mark.parametrize("name", FILMS)
def test_it_mixes_the_dream_with_what_was_there_and_dreams_nothing_anew(name: str, folder: Path) -> None:
    """Nothing shows the source, all of it the dream, half of it half of both; at and between ticks, whatever the loop."""
    films = [film_of(name, folder, amount) for amount in ("0", "0.5", "1")]
    canvases = [state.canvas for state in ticks(films[2])]
    assert torch.equal(list(ticks(films[0]))[-1].canvas, canvases[-1])
    none, half, whole = (shown(film, canvases) for film in films)
    if name != "crossfade":  # which gives mixed frames the contrast that each of them has
        assert torch.allclose(torch.cat(half), (torch.cat(none) + torch.cat(whole)) / 2, atol=2e-3)
    assert float((torch.cat(whole) - torch.cat(none)).abs().mean()) > 0.02
    if name == "noise":
        assert torch.equal(torch.cat(none), torch.full_like(torch.cat(none), 0.46))


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("name", [name for name in FILMS if name != "crossfade"])  # where two pairs of pictures are mixed
def test_the_dream_alone_over_what_was_there_is_the_film(name: str, linear: bool, folder: Path) -> None:
    """To 16 bits, at and between ticks, whatever the film; fading with the amount."""
    film = film_of(name, folder, "{0s: 1, 1s: 0.3}")
    canvases = [state.canvas for state in ticks(film)]
    cut_out = replace(film, scene=replace(film.scene, alpha="dream", linear=linear))
    whole, none, cut = (shown(each, canvases) for each in (film, film_of(name, folder, "0"), cut_out))
    for frame, behind, clear in zip(whole, none, cut, strict=True):
        stored = from_pixels(to_pixels(clear, np.uint16))
        assert stored.shape == (1, 4, *SIZE)
        assert float((cutout.over(stored, behind, linear) - frame).abs().max()) < 2 / 65535


def test_with_its_mask_as_alpha_it_is_clear_where_the_mask_is_black(folder: Path) -> None:
    film = film_of("masked photo", folder, "1")
    canvases = [state.canvas for state in ticks(film)]
    scene = replace(film.scene, alpha="mask")
    for index, (clear, frame) in enumerate(
        zip(shown(replace(film, scene=scene), canvases), shown(film, canvases), strict=True)
    ):
        moment = scene.clock.frame(index)
        assert scene.mask
        more = clear[:, 3:] - scene.mask(moment)  # where its edge is brighter than any colour that shines through it
        assert float(more.min()) > -1e-3
        assert float(more.mean()) < 0.01
        assert float((cutout.over(clear, scene.outside(moment)) - frame).abs().max()) < 2e-3


def test_outputs_with_alpha_are_developed_and_printed_again(folder: Path, command: Command) -> None:
    """From one take: the film and the dream alone; laid over the source they are the same picture."""
    config = asked(folder, "1", "outputs=[film.mkv, {file: 'dream/{frame}.png', codec: png16, alpha: dream, crop: 1:1}]")
    shot = shoot(config, config.yaml(), folder / "runs", tiny.CPU, lambda states, first, last: states)
    assert shot.paths[1].name == "0.png"
    said = command("print", str(shot.folder), "-o", "clear/{frame}.png", "--alpha", "dream", "--crop", "square")
    assert said.code == 0, said.words
    pictures = [np.asarray(Image.open(place / "5.png").convert("RGBA")) for place in (shot.folder / "dream", Path("clear"))]
    assert pictures[0].shape == (32, 32, 4)
    assert 0 < pictures[0][..., 3].mean() < 255
    assert np.abs(pictures[0].astype(int) - pictures[1])[pictures[0][..., 3] > 40].max() <= 3
    assert "the film has no mask" in command("print", str(shot.folder), "-o", "m.png", "--alpha", "mask").words
    assert ".mp4 holds no alpha" in command("print", str(shot.folder), "-o", "m.mp4", "--alpha", "dream").words
    assert "its crop is 64x64, and the film 48x32" in command("print", str(shot.folder), "-o", "m.mp4", "--crop", "64x64").words


@pytest.mark.parametrize("name", ["photo", "masked photo", "footage"])
def test_nothing_of_it_shows_the_source_as_the_camera_sees_it(name: str, folder: Path) -> None:
    film = film_of(name, folder, "0")
    scene, clock = film.scene, film.scene.clock
    for index, frame in enumerate(shown(film, [state.canvas for state in ticks(film)])):
        moment = clock.frame(index)
        expected = scene.picture(moment)
        if name == "photo":
            expected = scene.look(moment)[0]
        assert torch.allclose(frame, expected, atol=1e-3), index


@pytest.mark.parametrize("name", ["droste", "droste outwards"])
def test_the_photo_of_a_droste_ends_where_it_began(name: str, folder: Path) -> None:
    """So that a film that shows little of its dream has no seam either."""
    film = film_of(name, folder, "0", "fps=48")
    frames = shown(film, [state.canvas for state in ticks(film)])
    steps = [float((a - b).abs().mean()) for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert steps[-1] <= 1.4 * max(steps[:-1])


def test_it_moves_by_the_film_s_own_clock(folder: Path) -> None:
    """By frames, too, when a print has other frames."""
    scene = film_of("photo", folder, "{0: 0, 24: 1}", "fps=24").scene
    assert scene.amount(scene.clock.frame(12)) == pytest.approx(0.5)
    assert scene.amount(at_rate(scene.clock, Fraction(48)).frame(24)) == pytest.approx(0.5)


# ---- takes


def asked(folder: Path, amount: str, *overrides: str) -> Config:
    settings = ("size=48x32", "duration=1s", "fps=8", "dream.rate=8", "dream.objective={garden: all}", "dream.octaves=1")
    overrides = ("look.colour=null", *overrides)
    text = PHOTO + "name: film\nmotion: {zoom: 1.2}\noutputs: ['frames/{frame}.png']"
    return load_text(text, folder=folder, overrides=[*settings, "bpm=120", f"dream.amount={amount}", *overrides], inspect=facts)


@pytest.mark.parametrize("amount", ["0.5", "{0s: 0, 1s: 1}", "p", "f/8", "b/2"])
def test_a_take_is_the_same_however_much_is_shown(amount: str, folder: Path) -> None:
    assert asked(folder, amount).fingerprint() == asked(folder, "1").fingerprint()
    assert asked(folder, amount).shown_digest != asked(folder, "1").shown_digest == ""


def test_a_schedule_may_move_it(folder: Path) -> None:
    prints = set()
    for last in (0, 1):
        (folder / "moves.csv").write_text(f"seconds,motion.zoom,dream.amount\n0,1,0\n1,1.2,{last}\n")
        config = asked(folder, "1", f"schedule={folder}/moves.csv")
        prints.add((config.fingerprint(), config.shown_digest))
    assert len(prints) == 2
    assert len({fingerprint for fingerprint, _ in prints}) == 1


def test_a_palette_that_is_a_picture_counts_by_what_it_shows(folder: Path) -> None:
    """Wherever it lies; and what a film carries of it tells no folder's name."""

    def digest_of(name: str, shade: int) -> str:
        Image.new("RGB", (4, 4), (shade, 0, 0)).save(folder / name)
        config = asked(folder, "1", f"look.colour={{hold: 1, palette: {folder / name}}}")
        assert f"palette: {name}" in config.recipe(folder)
        return config.shown_digest

    assert digest_of("a.png", 9) == digest_of("b.png", 9) != digest_of("a.png", 200)


def test_another_amount_is_developed_without_dreaming(folder: Path) -> None:
    def render(amount: str, *overrides: str) -> tuple[int, np.ndarray, np.ndarray]:
        config = asked(folder, amount, *overrides)
        shot = shoot(config, config.yaml(), folder / "runs", tiny.CPU, lambda states, first, last: states)
        assert shot.folder.name == "take-001"
        return (
            shot.dreamed,
            np.asarray(Image.open(shot.folder / "frames/5.png")),
            np.asarray(Image.open(shot.folder / "poster.jpg")),
        )

    (first, whole, poster), (second, none, plain), (third, again, _) = render("1"), render("0"), render("1")
    assert (first > 0, second, third) == (True, 0, 0)
    (fourth, led, _) = render("1", "look.colour={hold: 1, palette: ember}")
    assert (fourth, np.array_equal(led, whole)) == (0, False), "nor do other colours cost dreaming"
    assert not np.array_equal(whole, none)
    assert not np.array_equal(poster, plain)
    assert np.array_equal(whole, again)
