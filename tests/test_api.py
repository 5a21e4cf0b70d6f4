"""Laws of the door for Python: films from paths and mappings, takes in notebooks, examples that run, types that hold."""

from __future__ import annotations

import importlib.util
import io
import json
import pickle
import shutil
import subprocess
import sys
import sysconfig
import venv
from base64 import b64decode
from collections.abc import Mapping
from contextlib import redirect_stdout
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from clips import clip, plain

import render
from render.develop import browser

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SMALL: dict[str, Any] = {
    "size": "48x32",
    "fps": 8,
    "duration": "1s",
    "dream": {"network": "bestiary", "rate": 4, "steps": 1, "first_steps": 1, "octaves": 1, "jitter": 2},
    "outputs": "film.mp4",
}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_network: None) -> dict[str, Any]:
    """The settings of a small film, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return SMALL


# ---- what is public


def test_public_names_are_there_sorted_and_seen() -> None:
    assert render.__all__ == sorted(render.__all__)
    assert {*render.__all__} <= {*dir(render)}
    assert all(getattr(render, name) is not None for name in render.__all__)
    with pytest.raises(AttributeError, match="no attribute 'paint'"):
        _ = render.paint


def test_importing_waits_for_nothing() -> None:
    program = "import sys, render; render.__version__; render.RenderError; dir(render); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    assert not {"torch", "numpy", "pydantic", "click", "yaml"} & {*run.stdout.split()}


# ---- a film


def test_a_film_is_the_same_from_a_file_a_mapping_and_a_configuration(small: dict[str, Any]) -> None:
    Path("film.yaml").write_text(json.dumps(small))  # which is YAML
    config = render.load("film.yaml")
    films = [render.build(source, "cpu") for source in ("film.yaml", Path("film.yaml"), small, config)]
    frames = [np.stack(list(film.frames())) for film in films]
    assert frames[0].shape == (8, 32, 48, 3)
    assert frames[0].dtype == np.uint8
    assert all(np.array_equal(frames[0], other) for other in frames[1:])
    assert [state.tick for state in films[0].ticks()] == [0, 1, 2, 3, 4]
    assert render.load(render.Config(**small)).fingerprint() == config.fingerprint()


def test_a_mapping_may_hold_what_python_has(small: dict[str, Any]) -> None:
    values = {"fps": Fraction(30000, 1001), "seed": np.int64(7), "motion": {"zoom": {"0s": np.float32(1.5)}, "pan": (0.25, 0)}}
    config = render.load({**small, **values})
    assert (config.fps, config.seed, config.clock.frames) == (Fraction(30000, 1001), 7, 30)


@pytest.mark.parametrize("kind", ["video", "frames"])
def test_footage_knows_its_size_rate_and_length(small: dict[str, Any], tmp_path: Path, kind: str) -> None:
    from PIL import Image

    clip(tmp_path / "clip.mp4", plain(6), fps="12")
    for number in range(6):
        Image.new("RGB", (20, 10), (40 * number, 0, 0)).save(tmp_path / f"{number}.png")
    source = {"video": {"video": "clip.mp4"}, "frames": {"frames": "*.png"}}[kind]
    film = {"source": source, "flow": {"engine": "none"}, "dream": small["dream"]}
    built = render.build(film, "cpu")
    assert len(list(built.frames())) == 6
    assert built.scene.source.moves


WRONG: dict[str, tuple[Mapping[Any, Any], list[str]]] = {
    "unknown": ({"motion": {"zom": 2}}, ['unknown key "zom" in motion', 'did you mean "zoom"']),
    "not a number": ({"dream": {"steps": "many"}}, ["dream.steps", "many"]),
    "several": ({"sice": 1, "fps": "fast"}, ["sice", "fps", "2 problems"]),
    "at some moment": ({"dream": {"octaves": "99*p"}}, ["dream.octaves", "outside"]),
    "no footage": ({"source": {"video": "nowhere.mp4"}}, ["source.video.file", "nowhere.mp4"]),
    "no YAML": ({"motion": {"zoom": object()}}, ["motion.zoom"]),
    "in itself": ((lambda loop: loop.update(motion=loop) or loop)({}), ["motion"]),
    "no such layer": ({"dream": {"objective": {"layer": "nose"}}}, ["dream.objective.0.layer", "nose"]),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_told_with_its_key(small: dict[str, Any], kind: str) -> None:
    settings, words = WRONG[kind]
    with pytest.raises(render.RenderError) as error:
        render.build({**small, **settings, "dream": {**small["dream"], **settings.get("dream", {})}}, "cpu")
    assert all(word in str(error.value) for word in words), str(error.value)
    assert "pydantic" not in str(error.value)


def test_a_configuration_made_by_hand_is_checked(small: dict[str, Any]) -> None:
    with pytest.raises(render.ConfigError, match=r"another output"):
        render.build(render.Config(**{**small, "outputs": ["a.mp4", "a.mp4"]}), "cpu")


@pytest.mark.parametrize("device", ["gpu", "cpu:x", ""])
def test_a_device_that_is_not_there_is_named(small: dict[str, Any], device: str) -> None:
    with pytest.raises(render.ConfigError, match="device is"):
        render.build(small, device)


# ---- a take


def test_a_render_is_a_take_that_is_gone_on_with_and_pickles(small: dict[str, Any]) -> None:
    told: list[render.Progress] = []
    shot = render.render(small, output="takes", device="cpu", progress=told.append)
    assert (shot.folder, shot.dreamed, shot.whole) == (Path("takes/film/take-001"), 5, True)
    assert [path.name for path in shot.paths] == ["film.mp4"]
    assert [(progress.index, progress.of) for progress in told] == [(index, 5) for index in range(1, 6)]
    assert str(told[-1]).startswith("dream 5 of 5, ")
    assert render.load(shot.folder / "config.yaml").fingerprint() == render.load(small).fingerprint()
    again = render.render(small, output="takes", device="cpu")
    assert (again.folder, again.dreamed) == (shot.folder, 0)
    assert render.render(small, output="takes", device="cpu", fresh=True).folder.name == "take-002"
    assert pickle.loads(pickle.dumps(shot)) == shot


def test_what_tells_of_progress_may_stop_it(small: dict[str, Any]) -> None:
    def stop(progress: render.Progress) -> None:
        if progress.index == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render.render(small, device="cpu", progress=stop)
    assert 0 < render.render(small, device="cpu").dreamed < 5, "what was dreamed before it stopped is safe"


def test_a_take_plays_in_a_notebook_opened_elsewhere(small: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shot = render.render({**small, "outputs": ["film.mp4", "film.gif"]}, device="cpu")
    text = shot._repr_html_()
    assert text.startswith('<video controls loop muted autoplay playsinline src="data:video/mp4;base64,')
    assert b64decode(text.split("base64,")[1].split('"')[0]) == shot.paths[0].read_bytes()
    monkeypatch.setattr(browser, "MOST", shot.paths[0].stat().st_size - 1)
    assert "data:image/jpeg" in shot._repr_html_(), "a film that is too large for a page is its poster"
    (shot.folder / "run.json").unlink()
    assert "data:image/jpeg" in shot._repr_html_(), "its poster is shown where nothing says what its film is"


# ---- examples


def example(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_a_film_from_a_mapping(small: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    film = example("film")
    assert render.load(film.FILM).clock.frames
    shot = film.main({**film.FILM, **small, "name": "garden"}, "takes")
    assert shot.folder == Path("takes/garden/take-001")
    assert capsys.readouterr().out.splitlines()[-1] == str(shot.paths[0])


def test_frames_in_a_loop(small: dict[str, Any]) -> None:
    frames = example("frames")
    brightness = frames.main({**frames.FILM, **small})
    assert len(brightness) == 8
    assert all(0.2 < value < 0.8 for value in brightness)


def test_an_objective_of_one_s_own(small: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    mine = example("objective")
    monkeypatch.setattr(mine, "LAYER", "shapes")
    film = {**small, "dream": {**small["dream"], "objective": {"layer": "shapes"}}}
    states = mine.main(film)
    assert [state.tick for state in states] == [0, 1, 2, 3, 4]
    others = list(render.build(film, "cpu").ticks())
    assert not np.allclose(states[-1].canvas, others[-1].canvas), "it dreams something else"


def test_a_notebook_cell_plays_a_take(small: dict[str, Any]) -> None:
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    names: dict[str, Any] = {}
    exec(cells[0], names)
    names["film"] |= {**small, "name": "notebook"}
    with redirect_stdout(io.StringIO()) as told:
        last = eval(cells[1], names)  # a cell's last value is shown
    assert "dream 5 of 5" in told.getvalue()
    assert "<video" in last._repr_html_()


# ---- types, for others


STRANGER = """
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

import render
from render import Config, ConfigError, Film, MissingError, Objective, Progress, RenderError, Shot, State, View


def frames(film: Film) -> Iterator[NDArray[np.uint8]]:
    for frame in film.frames():
        yield frame


def canvases(film: Film) -> list[Tensor]:
    states: list[State] = list(film.ticks())
    return [state.canvas for state in states]


def score(activations: Mapping[str, Tensor], view: View) -> Tensor:
    return activations["mid"].mean()


def tell(progress: Progress) -> None:
    print(progress.index, progress.of, progress.seconds, progress)


def main(path: Path) -> list[Path]:
    config: Config = render.load({"size": "64x36", "motion": {"zoom": {"0s": 1}}})
    objective = Objective(layers=("mid",), score=score)
    print(render.__version__, objective, config.clock.frames, len(canvases(render.build(config, "cpu"))))
    try:
        shot: Shot = render.render(path, output="runs", progress=tell)
    except (ConfigError, MissingError) as error:
        print(error.hint, error.exit_code)
        raise SystemExit(2) from error
    except RenderError as error:
        raise SystemExit(error.message) from error
    return shot.paths
"""
MISTAKEN = """
import render

film = render.build({"size": "64x36"}, device=3)
path: int = render.render("film.yaml").folder
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed as a stranger has it: in an environment of its own, beside the libraries of this one."""
    home = tmp_path_factory.mktemp("stranger")
    venv.create(home, with_pip=False, symlinks=True)
    target = Path(sysconfig.get_path("purelib", "venv", {"base": str(home)}))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "--target", target]
    copy = home / "source"  # what a build leaves behind lies there
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "runs", "site", "build", "*.egg-info", "docs"))
    subprocess.run([*pip, copy], check=True, timeout=300)
    (target / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return target


def checked(script: str, installed: Path, folder: Path) -> str:
    """What mypy --strict says of a stranger's script beside the installed wheel."""
    (folder / "stranger.py").write_text(script)
    (folder / "mypy.ini").write_text("[mypy]\n")
    python = installed.parents[2] / "bin" / "python"
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file", "mypy.ini", "--python-executable", python, "stranger.py"]
    return subprocess.run(mypy, cwd=folder, capture_output=True, text=True, timeout=600, check=False).stdout


def test_a_stranger_s_script_is_typed(installed: Path, tmp_path: Path) -> None:
    assert (installed / "render/py.typed").is_file()
    said = checked(STRANGER, installed, tmp_path)
    assert said.startswith("Success"), said
    mistaken = checked(MISTAKEN, installed, tmp_path)
    assert mistaken.count("error:") == 2, mistaken


def test_both_commands_are_the_same(installed: Path) -> None:
    (entries,) = installed.glob("zoomdream-*.dist-info/entry_points.txt")
    commands = [line for line in entries.read_text().splitlines() if line.endswith("render.cli:main")]
    assert sorted(commands) == ["render = render.cli:main", "zoomdream = render.cli:main"]
