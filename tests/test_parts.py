"""Laws of parts: a package of somebody else adds a motion, an objective and a network; a broken one is one sentence."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from render.config.model import MotionSettings, Term
from render.config.parts import CAMERA, NETWORKS, SHARED, built_in, collect, parts
from render.config.section import needed, row
from render.config.setting_types import LAYER, choice, number
from render.dream import registry
from render.errors import ConfigError
from render.parts import Ending, bound_objective, film, motion, network, objective, picture
from render.plugins import GROUP, Plugin, _plugin, function_of

ROOT = Path(__file__).parent.parent
STRANGER = Path(__file__).parent / "stranger"
USUAL = "size: 64x36\nduration: 1s\ndream: {network: pebbles, octaves: 1, objective: [{symmetry: 0.5, layer: spots}]}\n"
LEANING = f"{USUAL}motion: {{shear: {{0s: 0, 1s: 0.5}}}}\n"


def python(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, with what is installed in `site`."""
    path = os.pathsep.join((str(ROOT), str(site)))
    command, environment = [sys.executable, *arguments], {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


def render(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with what is installed in `site`."""
    return python(site, folder, "-c", "from render.cli import main; main()", *arguments)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package under tests/stranger is installed, offline, as a person would."""
    source, target = tmp_path_factory.mktemp("source") / "leaning", tmp_path_factory.mktemp("site")
    shutil.copytree(STRANGER, source)  # setuptools leaves things beside what it builds
    pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    installed = python(target, source.parent, *pip, str(source))
    assert installed.returncode == 0, installed.stderr
    return target


def by_hand(site: Path, name: str, text: str, *entries: str, version: str = "1") -> Path:
    """A package of one module, installed by writing its files."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (site / f"{name}.py").write_text(text)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("\n".join((f"[{GROUP}]", *(f"{entry} = {name}:{entry}" for entry in entries))))
    return site


# ---- a good one


def test_its_parts_are_known_where_this_programs_are(site: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("motion: {sheer: 1}\ndream: {objective: [{symmtry: 1, layer: mid}, {symetry: 1}]}\n")
    bad = render(site, tmp_path, "check", "bad.yaml").stderr
    assert 'did you mean "shear"?  known: zoom rotate pan spiral swirl shake tilt shear center to centers border' in bad
    assert bad.count('did you mean "symmetry"?') == 2
    assert "dream.objective.1 names none of layer channels class guide neuron direction garden symmetry" in bad
    row = "  shear: 0                         # how fast the picture leans, right (-10 to 10 of the height per second)\n"
    assert row in render(site, tmp_path, "new", "zoom").stdout
    schema = json.loads(render(site, tmp_path, "schema").stdout)["$defs"]
    assert schema["MotionSettings"]["properties"]["shear"]["description"] == "how fast the picture leans, right"
    assert list(schema["Symmetry"]["properties"]) == ["symmetry", "layer", "network", "weight", "mask"]
    (tmp_path / "film.yaml").write_text(LEANING)
    assert render(site, tmp_path, "plot", "film.yaml").returncode == 0
    assert (tmp_path / "runs/film/plot.csv").read_text().startswith("seconds,motion.shear\n")


def test_a_film_of_its_parts_is_dreamed(site: Path, tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text(f"{LEANING}outputs: last.png\n")
    film = render(site, tmp_path, "film.yaml", "--device", "cpu")
    assert film.returncode == 0, film.stderr
    assert (tmp_path / "runs/film/take-001/last.png").is_file()


LOOK = """
import json, torch
from leaning import shear  # before the vocabulary is read
from render.config import load_text
from render.construct import build
from render.dream.ascent import dream
from render.dream.view import view_of
from render.errors import RenderError
from render.film import first_worlds
from render.picture.warp import carry

film = build(load_text({text!r}, overrides=["motion.shear=0.5", "motion.zoom=1"]), torch.device("cpu"))
moment = film.scene.clock.tick(0)
canvas = torch.rand(1, 3, 36, 64, generator=torch.Generator().manual_seed(1))
((_, objective),) = film.terms(moment, first_worlds(film, moment))
score = lambda picture: float(objective.score(film.extract(picture), view_of(picture, 0, 0)))
dreamed = dream(canvas, film.extract, [(1.0, objective)], film.ascent(moment, True), seed=1, tick=0)
corners = torch.tensor([[0.0, -1.0], [0.0, 1.0], [0.5, 0.0]], dtype=torch.float64)
droste = ""
try:
    build(load_text({text!r}, overrides=["motion.shear=0.5", "loop=droste"]), torch.device("cpu"))
except RenderError as error:
    droste = str(error)
print(json.dumps({{"corners": carry(film.scene.path.between(0, 1), corners).tolist(), "scores": [score(canvas), score(dreamed)],
    "droste": droste}}))
"""


def test_its_motion_and_its_objective_do_what_they_say(site: Path, tmp_path: Path) -> None:
    run = python(site, tmp_path, "-c", LOOK.format(text=USUAL))
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    moved = [number for corner in said["corners"] for number in corner]
    assert moved == pytest.approx([0.5, -1, -0.5, 1, 0.5, 0]), "what is above goes right, what is below left"
    assert said["scores"][1] > said["scores"][0]
    assert "comes 1.5 times nearer" in said["droste"], "straight lines stay straight"


PRINT = """
import json
from render.config import load_text
films = {films!r}
configs = {{name: load_text(text, "film.yaml") for name, text in films.items()}}
print(json.dumps({{name: [config.fingerprint(), config.yaml()] for name, config in configs.items()}}))
"""


def test_its_version_shapes_films_that_use_it_and_no_others(site: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    shutil.copytree(site, newer)
    (info,) = newer.glob("*.dist-info")
    (info / "METADATA").write_text((info / "METADATA").read_text().replace("Version: 1.2", "Version: 1.3"))
    info.rename(newer / "leaning-1.3.dist-info")
    plain = {"plain": "seed: 1", "zoom": "motion: {zoom: 2}"}
    used = {
        "motion": "motion: {shear: 1}",
        "moving": "motion: {shear: 'p'}",
        "objective": "dream: {objective: {symmetry: 1, layer: mid}}",
        "network": "dream: {network: pebbles}",
        "its network": "dream: {objective: [{layer: mid, network: pebbles}]}",
    }

    def prints(site: Path, films: dict[str, str]) -> Any:
        run = python(site, tmp_path, "-c", PRINT.format(films=films))
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    without, old, new = prints(tmp_path / "nothing", plain), prints(site, plain | used), prints(newer, plain | used)
    for name in plain:
        assert without[name] == old[name] == new[name], "installing a package changes no film that does not ask for it"
        assert "shear" not in old[name][1], "and each still loads where there is no such package"
    for name in used:
        assert old[name][0] != new[name][0]
        assert old[name][1] == new[name][1]


def test_the_readme_shows_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = [text for text in re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE) if "def shear" in text]
    source = (STRANGER / "leaning.py").read_text(encoding="utf-8")
    assert shown.split("\n\n\n")[1].strip() in source
    assert 'shear = "leaning:shear"' in readme


# ---- broken ones

BMP = Ending(".bmp", "bitmaps")
LEAN = number("of the height per second", -10, 10)
WRONG: dict[str, tuple[str, Any, str]] = {
    "no part": ("shear", 3, "it is a int, and no motion, objective, format or network"),
    "a name of ours": ("zoom", motion(LEAN, row(0, "leans"))(abs), "motion.zoom means something else already"),
    "a setting of ours": ("border", motion(LEAN, row(0, "leans"))(abs), "motion.border means something else already"),
    "a name that is none": ("Shear-2", motion(LEAN, row(0, "leans"))(abs), "small letters, digits and _"),
    "a default out of range": ("shear", motion(LEAN, row(99, "leans"))(abs), "the default of shear is 99, outside -10 to 10"),
    "no default": ("shear", motion(LEAN, needed("leans"))(abs), "shear is no number that may move"),
    "no meaning": ("shear", motion(LEAN, row(0, ""))(abs), "shear is declared by how it is read"),
    "no row": ("shear", motion(LEAN, 0)(abs), "shear is declared by how it is read"),
    "no number": ("shear", motion(choice("a", "b"), row("a", "leans"))(abs), "shear is no number that may move"),
    "an objective of ours": ("layer", objective("More.", {"layer": (LAYER, needed("it"))})(abs), "layer means something else"),
    "an objective without itself": ("mine", objective("More.", {"layer": (LAYER, needed("it"))})(abs), "is called mine"),
    "a setting that all have": (
        *("mine", objective("More.", {"mine": (LEAN, row(0, "m")), "weight": (LEAN, row(0, "w"))})(abs)),
        "its setting weight means something else already",
    ),
    "a setting that says another": (
        *("mine", bound_objective("More.", {"mine": (LEAN, row(0, "m")), "garden": (LEAN, row(0, "g"))})(abs)),
        "its setting garden means something else already",
    ),
    "settings that are none": ("mine", objective("More.", {"mine": LEAN})(abs), "its declaration is wrong"),  # type: ignore[dict-item]
    "a codec of ours": ("png", picture(bytes, "bitmaps", (BMP,)), "png is a codec of this program"),
    "a format without an ending": ("bmp", picture(bytes, "bitmaps", ()), "it has no ending, as in Ending("),
    "a format that nobody encodes": ("bmp", film("", "films", (BMP,)), "it has neither an encoder of ffmpeg's nor a function"),
    "a format of odd bits": ("bmp", picture(bytes, "bitmaps", (BMP,), bits=12), "it has 12 bits, of 8 or 16"),
    "a network of ours": ("bestiary", network(abs), "bestiary is a network of this program"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_part_that_is_wrong_is_one_sentence_and_the_rest_works(wrong: str) -> None:
    name, value, why = WRONG[wrong]
    good = Plugin("good", "leaning 1.2", motion(LEAN, row(0, "leans"))(abs))
    found = collect(built_in(), [Plugin(name, "broken 3", value), good])
    (fault,) = found.faults
    assert str(fault).startswith(f'the package broken 3 brings the part "{name}", which cannot be used: ')
    assert why in str(fault)
    assert "\n" not in str(fault)
    assert found.motions["good"].package == "leaning 1.2"
    own = collect(built_in(), [])
    assert found.formats == own.formats
    assert (found.objectives, found.motions.keys() - {"good"}) == (own.objectives, own.motions.keys())


@pytest.mark.parametrize("value", ["nothing_of_the_kind:shear", "json:shear", "antigravity.py"])
def test_what_cannot_be_imported_says_so(value: str) -> None:
    assert f"{value} cannot be imported (" in _plugin(EntryPoint("shear", value, GROUP)).fault
    with pytest.raises(ConfigError, match="cannot be imported"):
        function_of(value)


CLUMSY = """
from render.parts import LAYER, motion, needed, network, number, objective, row, torch

@network
def breaks(file, device):
    return file / device

@network
def nothing(file, device):
    return None

@motion(number("", -10, 10), row(0, "falls over"))
def raises(xy, slope, when):
    return slope / None

@motion(number("", -10, 10), row(0, "gives what is no velocity"))
def flat(xy, slope, when):
    return slope

lost = motion(number("", -10, 10), row(0, "is nowhere"))("nothing_of_the_kind:lost")

@objective("Dreams of too little.", {"meagre": (number("", 0, 1), needed("how much")), "layer": (LAYER, needed("of what"))})
def meagre(features):
    return features.mean()
"""
FALLS = {
    "{motion: {raises: 1}}": "film.yaml:1:19: motion.raises is of the package clumsy 1, which fails (TypeError: ",
    "{motion: {flat: 1}}": "motion.flat is of the package clumsy 1, which fails (TypeError: a velocity is a tensor of",
    "{motion: {lost: 1}}": "motion.lost needs nothing_of_the_kind:lost, which cannot be imported (ModuleNotFoundError: ",
    "{dream: {network: breaks}}": "dream.network is of the package clumsy 1, which fails (TypeError: unsupported operand",
    "{dream: {network: nothing}}": "dream.network is of the package clumsy 1, which fails (TypeError: a network is a render",
    "{dream: {objective: {meagre: 1, layer: mid}}}": "objective.0.meagre is of the package clumsy 1, which fails (TypeError: ",
}


def test_what_fails_when_a_film_is_built_names_the_package(tmp_path: Path) -> None:
    site = by_hand(tmp_path / "site", "clumsy", CLUMSY, "raises", "flat", "lost", "meagre", "breaks", "nothing")
    program = f"""
import torch
from render.config import load_text
from render.construct import build
from render.errors import RenderError
for text in {list(FALLS)!r}:
    try:
        build(load_text(text, "film.yaml", overrides=["size=64x36"]), torch.device("cpu"))
    except RenderError as error:
        print(str(error).splitlines()[0])
"""
    run = python(site, tmp_path, "-c", program)
    assert run.returncode == 0, run.stderr
    for line, words in zip(run.stdout.splitlines(), FALLS.values(), strict=True):
        assert words in line


BITMAPS = """
from render.parts import Ending, picture

def encode(pixels, settings):
    height, width = pixels.shape[:2]
    return b"P6 %d %d 255\\n" % (width, height) + pixels.tobytes()

ppm = picture(encode, "bare pixels", (Ending(".ppm", "pictures that nothing packs"),))
"""


def test_a_broken_package_is_told_of_and_films_go_on(tmp_path: Path) -> None:
    site = by_hand(tmp_path / "site", "broken", "import nothing_of_the_kind\n", "shear", version="3")
    (tmp_path / "bad.yaml").write_text("motion: {shear: 1}\n")
    why = 'the package broken 3 brings the part "shear", which cannot be used: broken:shear cannot be imported'
    assert why in render(site, tmp_path, "check", "bad.yaml").stderr
    (tmp_path / "film.yaml").write_text("size: 32x16\nduration: 1 frames\ndream: {steps: 1, first_steps: 1}\noutputs: b.ppm\n")
    by_hand(tmp_path / "site", "bitmaps", BITMAPS, "ppm")
    run = render(site, tmp_path, "film.yaml", "--device", "cpu")
    assert run.returncode == 0, run.stderr
    assert run.stderr.count(why) == 1
    picture = (tmp_path / run.stdout.strip()).read_bytes()
    assert picture.startswith(b"P6 32 16 255\n"), "a format of a package's is an output like any other"


# ---- this program's own


def test_names_that_stand_twice_agree() -> None:
    assert {*MotionSettings.model_fields} == {*parts().motions, *CAMERA}
    assert {*Term.model_fields} == {*SHARED} == {*Term.shared}
    assert {*registry.NETWORKS} == {*NETWORKS}


def test_every_declaration_of_ours_is_one_that_a_package_could_make() -> None:
    own = dict(built_in())
    assert [*parts().motions, *parts().objectives, *parts().formats] == [*own]
    for name, part in own.items():
        if name == "layer":  # which other objectives have as a setting
            continue
        others = ((other, value) for other, value in own.items() if other not in ("layer", name))
        assert collect(others, [Plugin(name, "ours 1", part)]).faults == []
