"""Laws of the house: rooms import only rooms below, tables of names and functions are equal, nothing names a machine."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import clip, plain
from PIL import Image

from render.config import load_text, model
from render.config.section import Section
from render.construct.source import make_source
from render.develop.negative import Negative
from render.dream.ascent import PARAMETRISATIONS
from render.facts import facts
from render.picture.warp import BORDERS
from render.source.image import FITS
from render.source.noise import KINDS

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "render"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

PICTURE, CONFIG = {"moment", "errors", "picture"}, {"moment", "errors", "inputs", "loops", "config", "plugins"}
DREAM = PICTURE | {"inputs", "dream", "source", "weights"}
FILM = (
    DREAM | CONFIG | {"parts", "facts", "scene", "droste", "frames", "propagate", "film", "travel", "on_footage", "construct"}
)
ROWS = {  # room: what it may import
    "moment": set(),
    "errors": set(),
    "inputs": {"errors"},
    "picture": PICTURE,
    "config": CONFIG,
    "plugins": {"errors"},
    "weights": {"errors", "inputs", "weights"},
    "dream": PICTURE | {"inputs", "dream", "plugins", "weights"},
    "source": PICTURE | {"inputs", "source"},
    "parts": DREAM | CONFIG | {"parts"},
    "facts": CONFIG | {"source"},
    "loops": {"moment"},
    "scene": DREAM | {"loops"},
    "frames": DREAM | {"loops", "scene"},
    "droste": DREAM | {"scene", "frames"},
    "propagate": DREAM,
    "film": DREAM | {"scene", "frames", "propagate"},
    "travel": DREAM | {"scene", "droste", "film"},
    "on_footage": DREAM | {"film", "propagate"},
    "shots": DREAM | {"film", "travel", "on_footage", "propagate"},
    "construct": FILM,
    "develop": FILM | {"develop"},
    "show": FILM | {"develop", "show"},
    "studio": FILM | {"develop", "show", "studio"},
    "many": FILM | {"shots", "develop", "show", "many"},
    "api": FILM | {"develop", "show"},
    "__init__": FILM | {"develop", "show", "api"},
    "cli": FILM | {"develop", "show", "many", "studio", "cli"},
    "__main__": {"cli"},
}
HEAVY = {"torch", "torchvision", "cv2", "imageio", "imageio_ffmpeg"}
LATE = {
    "torchvision",
    "av",
    "librosa",
    "soundfile",
    "scipy",
    "rich",
    "requests",
    "ray",
    "starlette",
    "uvicorn",
    "watchfiles",
}  # what a plain film needs late or never
FILES = sorted(HOUSE.rglob("*.py"))


def imports(source: str) -> Iterator[str]:
    """Every module that a file imports, anywhere in it; `from render.x import y` may mean the module render.x.y."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the row"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def wrong(source: str, of: str) -> set[str]:
    """The rooms that a file of the room `of` must not import, but does."""
    rooms = {name.split(".")[1] for name in imports(source) if name.startswith("render.")}
    return rooms - ROWS[of]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_rooms_import_only_rooms_below(path: Path) -> None:
    assert wrong(path.read_text(encoding="utf-8"), room(path)) == set()


def test_the_law_of_rows_can_fail() -> None:
    assert {room(path) for path in FILES} == set(ROWS)
    assert wrong("from render.picture.warp import grid\nimport torch", "dream") == set()
    assert wrong("def late():\n    from render import film", "dream") == {"film"}
    assert wrong("import render.config.curve", "picture") == {"config"}


# ---- rules


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, with what is called as it is written: click.echo, print, ConfigError."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


TALKERS = {"show/terminal.py", "show/progress.py", "weights/command.py"}  # who writes to the terminal
TALK = re.compile(r"print|click\.s?echo|(rich\.)?Console|console\.print|sys\.std(out|err)\.write|os\.write")


def test_only_the_terminal_s_rooms_write_to_the_terminal() -> None:
    talkers = {str(path.relative_to(HOUSE)) for path in FILES for name, _ in calls(path) if TALK.fullmatch(name)}
    assert talkers == TALKERS
    assert all(f"`{name}`" in CONTRIBUTING for name in TALKERS)


def test_one_file_knows_ray() -> None:
    knowing = [path for path in FILES if "ray" in {name.split(".")[0] for name in imports(path.read_text(encoding="utf-8"))}]
    assert [str(path.relative_to(HOUSE)) for path in knowing] == ["many/cluster.py"]


KINDS_OF_ERROR = ("RenderError", "ConfigError", "MissingError", "DevelopError", "RoomError")


def said_first(message: ast.expr) -> str:
    """How a message begins, as far as it is written out."""
    first = message.values[0] if isinstance(message, ast.JoinedStr) else message
    return str(first.value) if isinstance(first, ast.Constant) else ""


def test_an_error_says_whether_its_message_continues_a_name() -> None:
    """Its first words show it to a reader, and to nobody else: the exception says so."""
    errors = [(path, call) for path in FILES for name, call in calls(path) if name in KINDS_OF_ERROR and call.args]
    assert len(errors) > 100
    silent = [
        f"{path.relative_to(HOUSE)}:{call.lineno}"
        for path, call in errors
        if said_first(call.args[0]).startswith(("is ", "needs ")) and "continues" not in {word.arg for word in call.keywords}
    ]
    assert silent == []
    assert not [
        path for path in FILES if re.search(r"error\.message\.startswith|in \w+\.message", path.read_text(encoding="utf-8"))
    ]


def test_only_the_rows_of_loops_name_them() -> None:
    """What depends on a loop asks its row; a template is a film that names one."""
    name = re.compile(r"[\"'](droste|crossfade|pingpong)[\"']|loop [!=]= \"")
    named = {str(path.relative_to(HOUSE)) for path in FILES if name.search(path.read_text(encoding="utf-8"))}
    assert named == {"loops.py", "config/templates.py"}


def test_no_test_asserts_how_long_something_takes() -> None:
    timing = re.compile(r"assert .*(perf_counter|monotonic|time)\(\) *-")
    assert [path.name for path in (ROOT / "tests").glob("*.py") if timing.search(path.read_text(encoding="utf-8"))] == []
    example = "time.monotonic() - began < 5"
    assert timing.search(f"assert {example}")


def test_the_vocabulary_needs_no_heavy_library() -> None:
    for path in (*(HOUSE / "config").glob("*.py"), HOUSE / "loops.py", HOUSE / "moment.py"):
        assert not HEAVY & {name.split(".")[0] for name in imports(path.read_text(encoding="utf-8"))}, path.name


# ---- one table of names, one of functions


def choices(section: type[Section], setting: str) -> set[str]:
    """The words that a setting takes, from the schema that is made for editors."""
    schema = section.model_json_schema()
    with_settings = next(one for one in (schema, *schema.get("anyOf", [])) if "properties" in one)
    return set(with_settings["properties"][setting]["enum"])


def test_every_name_of_the_vocabulary_has_its_function() -> None:
    assert choices(model.MotionSettings, "border") == set(BORDERS)
    assert choices(model.Noise, "kind") == set(KINDS)
    assert choices(model.Dream, "parametrisation") == set(PARAMETRISATIONS)
    assert choices(model.Image, "fit") == choices(model.Frames, "fit") == choices(model.Video, "fit") == set(FITS)


def test_every_source_of_the_vocabulary_can_be_built(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10), (200, 30, 60)).save(tmp_path / "red.png")
    clip(tmp_path / "red.mp4", plain(3))
    (tmp_path / "taken").mkdir()
    Negative(tmp_path / "taken" / "negative").keep(0, np.zeros((10, 20, 3), np.uint16), {})
    given = {"noise": "perlin", "image": "red.png", "frames": "*.png", "video": "red.mp4", "take": "taken"}
    assert set(given) == set(model.SOURCES)
    for kind, value in given.items():
        config = load_text(f"source: {{{kind}: '{value}'}}\nsize: 32x16\nfps: 30\nduration: 1s", folder=tmp_path, inspect=facts)
        source = make_source(config, (16, 32))
        assert source.at(config.clock.tick(0)).shape == (1, 3, 16, 32)


# ---- quick to answer


def test_what_draws_nothing_does_not_wait_for_torch(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("motion: {zom: 1.5}\n", encoding="utf-8")
    (tmp_path / "moving.yaml").write_text("motion: {zoom: {0s: 1, 1s: 2}}\nduration: 1s\n", encoding="utf-8")
    program = f"""
import sys
from render.cli import main
codes = []
asked = "--help", "film --help", "check bad.yaml", "bad.yaml", "new zoom", "schema", "plot moving.yaml -o drawn"
for words in map(str.split, asked):
    try:
        main(words)
        codes.append(0)
    except SystemExit as end:
        codes.append(end.code)
print("codes", codes, "heavy", sorted({HEAVY!r} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout.splitlines()[-1] == "codes [0, 0, 2, 2, 0, 0, 0] heavy []", run.stderr
    assert 'unknown key "zom"' in run.stderr
    assert 'did you mean "zoom"' in run.stderr
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"bad.yaml", "moving.yaml", "drawn"}, "a bad file leaves nothing behind"


def test_the_first_dream_waits_for_no_library_that_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text("size: 64x36\nduration: 1s\nsource: {noise: perlin}\n", encoding="utf-8")
    program = f"""
import os, sys
from render import travel
from render.cli import main
def dream(*_, **more):
    print("late", sorted({LATE!r} & set(sys.modules)), flush=True)
    os._exit(0)
travel.dream = dream
main(["film.yaml", "--device", "cpu", "--progress", "plain"])
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=99, check=False)
    assert run.stdout.splitlines() == ["late []"], run.stderr


# ---- at home anywhere

FOREIGN = re.compile(
    "|".join(
        [
            r"py" r"pi\.org",
            r"python" r"hosted",
            r"download\.py" r"torch",
            r"conda\.ana" r"conda",
            r"npm" r"js\.",
            r"index" r"-url",
            r"(?<![\w.])/(work|ho" r"me|ro" r"ot|Us" r"ers|mnt)/\w",
            r"C:\\\\Us" r"ers",
        ]
    )
)
LEFT_OUT = {".git", ".venv", "runs", "site", "build", "dist", "__pycache__"}
TEXTS = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".txt", ".sh", ".cfg", ""}


def texts() -> Iterator[Path]:
    """Every text file of the project."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in LEFT_OUT and not name.endswith(("_cache", "-info"))]
        yield from (Path(folder, name) for name in names if Path(name).suffix in TEXTS and name not in LEFT_OUT)


def test_nothing_names_a_package_registry_or_a_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []
    assert len(list(texts())) > 60
    assert FOREIGN.search("see /ho" + "me/me/film.yaml")
    assert not FOREIGN.search("https://example.org/home/page")
