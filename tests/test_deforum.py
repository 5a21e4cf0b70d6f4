"""Laws of Deforum's settings: a film goes the way that Deforum's own formula goes, and each key of a file is told of."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands import Command
from numpy.typing import NDArray
from vocabulary import says

from render.config import Config, load_text
from render.config.deforum import IGNORED, convert, read_settings, schedule_of, yaml_text
from render.config.deforum_keys import CELL
from render.construct.camera import camera_path
from render.errors import ConfigError
from render.picture import warp
from render.picture.motion import CELLS

KNOWN: dict[str, Any] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "abs": np.abs,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "where": np.where,
}


def series(text: str, frames: int) -> NDArray[np.float64]:
    """A schedule as Deforum draws it: numbers stand at their keys, formulas from theirs to the next, straight lines between."""
    keys = {int(match[1]): match[2] for match in re.finditer(r"(\d+)\s*:\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)", text)}
    values, formula = np.full(frames, np.nan), ""
    for frame in range(frames):
        if frame in keys:
            word = keys[frame]
            formula = "" if re.fullmatch(r"\s*[-+]?[\d.]+\s*", word) else word
            values[frame] = np.nan if formula else float(word)
        if formula:
            values[frame] = eval(formula, {"__builtins__": {}}, {**KNOWN, "t": float(frame), "max_f": frames - 1, "s": 0})
    there = np.flatnonzero(~np.isnan(values))
    return np.interp(np.arange(frames), there, values[there])


def settings(**changes: Any) -> dict[str, Any]:
    """A file as the extension writes it, in which nothing moves."""
    still = dict.fromkeys(("angle", "translation_x", "translation_y", "translation_z"), "0: (0)")
    rotations = {f"rotation_3d_{axis}": "0: (0)" for axis in "xyz"}
    usual = {"W": 320, "H": 192, "seed": 5, "fps": 15, "animation_mode": "2D", "max_frames": 61, "zoom": "0: (1.0)"}
    return {**usual, **still, **rotations, **changes}


def film(**changes: Any) -> Config:
    return load_text(yaml_text(convert(settings(**changes)), "settings.txt"))


def way(config: Config, frames: int) -> torch.Tensor:
    """How the camera has moved after so many frames, as a matrix."""
    return (
        camera_path(config, (config.size.height, config.size.width)).between(0.0, float(frames / Fraction(config.fps))).matrix
    )


STRINGS = {
    "still": "0: (1.0)",
    "constant": "0: (1.02)",
    "out": "0:(0.985)",
    "keys": "0: (1.02), 60: (1.05)",
    "many keys": "0: (1.0), 20: (1.04), 25:(0.97), 40: (1.0), 59: (1.06)",
    "a late key": "30: (1.03)",
    "a sine": "0: (1.0025+0.02*sin(1.25*3.14*t/30))",
    "a cosine of all": "0: (1.02 - 0.02*cos(6.283*t/max_f))",
    "a formula, then a number": "0: (1 + 0.001*t), 30: (1.01)",
    "a number, then a formula": "0: (1.0), 30: (1.03 + 0.02*sin(t/3)), 50: (0.99)",
    "formulas": "0: (1.01), 20: (1.02+0.01*cos(t)), 40: (1.0+0.03*abs(sin(t/5)))",
    "a switch": "0: (where(t<30, 1.01, 1.04))",
    "a pulse": "0: (1 + 0.05*exp(0-abs(t-30)))",
}


@pytest.mark.parametrize("fps", [12, 15, 23.976, 25, 30])
@pytest.mark.parametrize("name", STRINGS)
def test_the_way_in_is_that_of_deforums_own_formula(name: str, fps: int) -> None:
    config = film(zoom=STRINGS[name], fps=fps)
    zooms = series(STRINGS[name], 61)
    for frame in (1, 7, 29, 30, 31, 45, 60):
        found = warp.scale(warp.Move(way(config, frame)))
        assert found == pytest.approx(float(np.prod(zooms[1 : frame + 1])), rel=1e-3), frame


@pytest.mark.parametrize("name", STRINGS)
def test_turns_and_shifts_go_the_same_way(name: str) -> None:
    text = STRINGS[name]
    turned = way(film(angle=text), 60)
    degrees = -series(text, 61)[1:].sum()
    assert math.degrees(math.atan2(float(turned[1, 0]), float(turned[0, 0]))) == pytest.approx(
        (degrees + 180) % 360 - 180, abs=0.1
    )
    shifted = way(film(translation_x=text, translation_y="0: (-2)"), 60)
    heights = series(text, 61)[1:].sum() / 192
    assert shifted[:2, 2].tolist() == pytest.approx([2 * heights, -2 * 60 * 2 / 192], abs=1e-3), "right, and up: pixels there"


def test_the_camera_stands_still_as_long_as_strings_are_read_for() -> None:
    assert CELL == 1 / CELLS


def test_turning_against_the_clock_there_is_so_here() -> None:
    """OpenCV, with which Deforum turns, has positive angles against the clock; a place right of the middle goes up."""
    turned = way(film(angle="0: (1)"), 15) @ torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    assert float(turned[1]) == pytest.approx(-math.sin(math.radians(15)), abs=1e-6), "y goes down"


NOTEBOOK = {
    "batch_name": "StableFun",
    "seed": -1,
    "W": 512,
    "H": 384,
    "use_init": False,
    "init_image": "x.png",
    "animation_mode": "3D",
    "max_frames": 100,
    "border": "replicate",
    "padding_mode": "reflection",
    "zoom": "0:(1.04)",
    "angle": "0:(0)",
    "translation_z": "0:(10)",
    "translation_x": "0:(10*sin(2*3.14*t/10))",
    "rotation_3d_y": "0:(2)",
    "fov": 40,
    "diffusion_cadence": "2",
    "animation_prompts": {"0": "a beach"},
}
FILES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # a file, and what some settings of its film are
    "notebook": (
        NOTEBOOK,
        {
            "fps": 12,
            "duration": "100 frames",
            "dream.rate": 6,
            "motion.border": "reflect",
            "size": "512x384",
            "name": "StableFun",
        },
    ),
    "groups apart": ({"args": {"W": 320, "H": 240}, "anim_args": {"max_frames": 30, "zoom": "0: (1.1)"}}, {"size": "320x240"}),
    "a picture": (settings(use_init=True, init_image="a.png"), {"source.image": "a.png"}),
    "an address": (settings(use_init=True, init_image="https://x.y/a.png"), {"source": None}),
    "a video": (settings(animation_mode="Video Input", video_init_path="b.mp4"), {"source.video": "b.mp4", "motion.zoom": 1}),
    "a mask": (settings(use_mask=True, mask_file="m.png", invert_mask=True), {"mask.file": "m.png", "mask.invert": True}),
    "no mask": (settings(use_mask=False, mask_file="m.png"), {"mask": None}),
    "sound": (settings(add_soundtrack="File", soundtrack_path="s.mp3"), {"audio.file": "s.mp3"}),
    "one picture": (settings(animation_mode="None"), {"duration": "1 frames", "motion.zoom": 1}),
    "a centre": (
        settings(transform_center_x="0: (0.25)", transform_center_y="0: (0), 60: (1)"),
        {"motion.center": [0.25, "0: (0), 60: (1)"]},
    ),
    "cadence": (settings(diffusion_cadence=4), {"dream.rate": "15/4"}),
    "a random seed": (settings(seed=-1, batch_name="A_{timestring}"), {"seed": "random", "name": "A"}),
}


@pytest.mark.parametrize("name", FILES)
def test_every_key_of_a_file_is_told_of(name: str) -> None:
    old, meant = FILES[name]
    made = convert(read_settings(json.dumps(old)))
    flat = {key for key, value in old.items() if not key.endswith("args")} | {
        k for g in old.values() if isinstance(g, dict) for k in g
    }
    told = [fate.key for fate in made.fates]
    assert len(told) == len(set(told))
    assert set(told) >= {key for key in flat if not key.isdecimal()}
    assert all(fate.why for fate in made.fates if fate.what == IGNORED)
    for key, value in meant.items():
        found: Any = made.values
        for step in key.split("."):
            found = found.get(step) if found else None
        assert found == value, key
    text = yaml_text(made, "settings.txt")
    if name != "a video":
        load_text(text)
    assert all(f"#   {fate.key}: {fate.what}" in text for fate in made.fates)


WAYS: dict[str, Callable[[str], str]] = {
    "bare": lambda text: text.replace(" ", ""),
    "lines": lambda text: text.replace(", ", ",\n"),
    "a last comma": lambda text: f"{text},",
    "quoted keys": lambda text: re.sub(r"(\d+):", r'"\1":', text),
    "no brackets": lambda text: text.replace("(1.02)", "1.02").replace("(1.05)", "1.05"),
}


@pytest.mark.parametrize("name", WAYS)
def test_strings_are_written_in_many_ways(name: str) -> None:
    assert schedule_of(WAYS[name]("0: (1.02), 60: (1.05)"), 61) == "0: (1.02), 60: (1.05)"
    assert schedule_of("0: (1), max_f-10: (2), max_f: (0)", 61) == "0: (1), 50: (2), 60: (0)"
    assert schedule_of(1.5, 9) == "0: (1.5)"


def test_what_cannot_be_read_is_left_out_and_told() -> None:
    for text in ("0: (1 +)", "0: (walk(t))", "now: (1)", "0: (1), 9: ((2)", "0: (__import__)"):
        fates = {fate.key: fate for fate in convert(settings(angle=text)).fates}
        assert (fates["angle"].what, bool(fates["angle"].why)) == (IGNORED, True), text


# ── in a film of ours ───────────────────────────────────────────────────────────────────────────────────────────────

REFUSED = {
    'motion: {zoom: "0: (1.02), 60: (1.05)"}': 'motion.zoom is "0: (1.02), 60: (1.05)", which counts frames there',
    'motion: {pan: ["0: (1)", 0]}': "film.yaml:1:16: motion.pan.0 is",
    'motion: {zoom: {deforum: "0: (1.02)"}}': "has Deforum keyframes and no fps",
    'motion: {zoom: {deforum: "0: (1.02)", fps: 0}}': "motion.zoom.fps is 0, outside",
    'motion: {zoom: {deforum: "0: (1.02)", fps: 15, by: 2}}': 'has an unknown "by"',
    'motion: {zoom: {deforum: "0: (1.02", fps: 15}}': "has a bracket that never closes",
    'motion: {zoom: {deforum: "0: (0)", fps: 15}}': "motion.zoom.deforum is 0, outside",
    'motion: {zoom: {deforum: "0: (1)", fps: 15, each: y}}': 'uses "y", which is no variable',
    'dream: {steps: {deforum: "0: (4)", fps: 15}}': "dream.steps.deforum is no speed",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_string_per_frame_is_never_read_per_second(text: str) -> None:
    assert REFUSED[text] in says(text)


def test_a_string_that_is_no_speed_is_read_as_ever() -> None:
    config = load_text('{fps: 30, dream: {steps: "0: (2), 60: (8)"}, motion: {center: ["0: (0), 60: (1)", 0.5]}}')
    assert config.dream.steps(config.clock.frame(30)) == 5
    assert config.motion.center[0](config.clock.frame(30)) == pytest.approx(0.5)


def test_the_films_own_rate_changes_nothing() -> None:
    ways = [
        load_text(f'{{fps: {fps}, duration: 4s, motion: {{zoom: {{deforum: "0: (1+0.01*t/max_f)", fps: 15}}}}}}')
        for fps in (12, 60)
    ]
    first, second = (way(config, round(4 * Fraction(config.fps))) for config in ways)
    assert torch.allclose(first, second)
    assert not ways[0].uses_frames


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_prints_or_writes_and_never_over(command: Command, tmp_path: Path) -> None:
    source, target = tmp_path / "settings.txt", tmp_path / "film.yaml"
    source.write_text(json.dumps(settings(zoom=STRINGS["keys"])), encoding="utf-16")
    printed = command("import", "deforum", str(source))
    assert printed.code == 0
    assert load_text(printed.out).motion.zoom.written["fps"] == 15
    assert command("import", "deforum", str(source), str(target)).code == 0
    assert target.read_text(encoding="utf-8") == printed.out
    again = command("import", "deforum", str(source), str(target))
    assert (again.code, "is there already" in again.words) == (2, True)


BAD = {
    "{": "not JSON, line 1",
    "[]": "no settings file of Deforum",
    '{"a": 1}': "none of max_frames zoom",
    '{"zoom": 1, "W": -5}': "cannot be read",
}


ODD = {"seed": "abc", "zoom": "0: (1), 1/0: (2)", "fov": "..", "diffusion_cadence": "1.2.3"}


@pytest.mark.parametrize("key", ODD)
def test_a_value_that_is_none_is_left_out_and_the_film_stays(key: str) -> None:
    mode = "3D" if key == "fov" else "2D"
    film = convert(settings(animation_mode=mode, rotation_3d_y="0: (1)", **{key: ODD[key]}))
    wrong = [fate for fate in film.fates if fate.why.startswith("its value cannot be read")]
    assert wrong
    assert all(fate.what == IGNORED for fate in wrong)
    assert load_text(yaml_text(film, "a.txt")).fps == 15


@pytest.mark.parametrize("text", BAD)
def test_other_files_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(BAD[text])):
        convert(read_settings(text))
