"""Laws of requests: a picture, a bare name or a take is a film to render; what is none of them is told what it could be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from clips import clip, plain
from commands import Command as Run
from PIL import Image

from render.cli import waiting
from render.cli.group import command_line
from render.cli.media import PIXELS
from render.cli.request import request
from render.cli.studio import _script
from render.develop import files
from render.errors import MissingError
from render.facts import load

TINY = "size: 64x36\nfps: 8\nduration: 1s\nseed: 3\ndream: {steps: 1, first_steps: 1, octaves: 1, rate: 4}\n"
SMALL = [
    "size=64x36",
    "duration=2 frames",
    "dream.steps=0",
    "dream.first_steps=0",
    "dream.rate=4",
    "dream.objective={layer: high}",
]


@pytest.fixture
def run(command: Run, tiny_network: None) -> Run:
    """`render` in this process, in a folder with a few things to render."""
    Path("configs").mkdir()
    for place in ("tiny.yaml", "IMG_1.yaml", "configs/zoom.yaml", "configs/tiny.yaml"):
        Path(place).write_text(TINY)
    Image.new("RGB", (300, 200), (200, 30, 60)).save("photo.jpg")
    clip(Path("street.mp4"), plain(8), fps="8")
    Path("broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    Path("song.mp3").write_bytes(b"")
    return command


def sets(*overrides: str) -> list[str]:
    return [word for override in overrides for word in ("--set", override)]


# ---- a picture, a video


@pytest.mark.parametrize(("file", "kind"), [("photo.jpg", "image"), ("street.mp4", "video")])
def test_a_picture_or_a_video_is_a_film_that_one_can_go_on_from(run: Run, file: str, kind: str) -> None:
    said = run(file, *sets(*SMALL))
    stem = Path(file).stem
    assert (said.code, said.paths) == (0, [f"runs/{stem}/take-001/{stem}.mp4"])
    assert f"{stem}.yaml: the film of it, but for {' '.join(SMALL)}, written here" in said.words
    film = load(f"{stem}.yaml")
    assert film.source.kind == kind
    assert film.size.width * film.size.height <= 1.1 * PIXELS
    assert run("check", f"{stem}.yaml", *sets(*SMALL)).code == 0


def test_the_film_of_a_picture_has_its_shape_and_even_sides(run: Run) -> None:
    for width, height in ((300, 200), (301, 203), (3000, 2000), (40, 2000)):
        Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(f"{width}.png")
        size = request(Path(f"{width}.png")).config.size
        assert not size.width % 2
        assert not size.height % 2
        assert size.width * size.height <= 1.1 * PIXELS
        assert abs(size.width / width - size.height / height) < 0.1


def test_its_film_is_changed_and_rendered_again_and_no_other_is_written_over(run: Run) -> None:
    run("photo.jpg", *sets(*SMALL))
    text = Path("photo.yaml").read_text().replace("seed: ", "seed: 1")
    Path("photo.yaml").write_text(text)
    said = run("photo.jpg", *sets(*SMALL))
    assert (said.paths, Path("photo.yaml").read_text()) == (["runs/photo/take-002/photo.mp4"], text)
    assert "photo.jpg: dreamed by photo.yaml" in said.words
    Path("photo.yaml").write_text("name: other\n")
    assert run("photo.jpg", *sets(*SMALL)).paths == ["runs/photo-2/take-001/photo-2.mp4"]
    assert Path("photo.yaml").read_text() == "name: other\n"


def test_a_look_writes_no_film(run: Run) -> None:
    assert run("check", "photo.jpg", *sets(*SMALL)).code == 0
    assert not Path("photo.yaml").exists()


def test_a_long_video_is_begun_with_and_that_is_told(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    clip(Path("long.mp4"), plain(20), fps="1")
    assert request(Path("long.mp4")).config.clock.seconds == 10
    assert "lasts 20 s; its film shows 10 s of them" in capfd.readouterr().err


# ---- a name


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("tiny", "tiny.yaml"),
        ("zoom", "configs/zoom.yaml"),
        ("zoom.yaml", "configs/zoom.yaml"),
        ("configs/tiny", "configs/tiny.yaml"),
    ],
)
def test_a_film_is_found_by_its_name(run: Run, name: str, file: str) -> None:
    said = run("check", name)
    assert said.code == 0
    assert f"{name}: {file}\n" in said.words


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("tinny", 3, "did you mean tiny.yaml?"),
        ("zom.yaml", 3, "did you mean configs/zoom.yaml?"),
        ("Img_2.yaml", 3, "did you mean IMG_1.yaml?"),
        ("qqqq.yaml", 3, "render new zoom film.yaml writes one"),  # which is like others in its ending only
        ("chek.yaml", 3, "render new zoom film.yaml writes one"),  # no command has an ending
        ("phto.jpg", 3, "did you mean photo.jpg?"),
        ("strete.mp4", 3, "did you mean street.mp4?"),
        ("chek", 3, "did you mean the command `render check`?"),
        ("class", 3, "render new class class.yaml writes one"),
        ("qqqqqq", 3, "render new zoom film.yaml writes one"),
        ("configs", 3, "a film's takes lie in runs/NAME"),
        ("broken.jpg", 3, "broken.jpg: cannot be read"),
        ("song.mp3", 2, "render new audio film.yaml"),
    ],
)
def test_what_is_no_film_is_told_what_it_could_be(run: Run, name: str, code: int, words: str) -> None:
    before = sorted(Path().rglob("*"))
    said = run(name)
    assert (said.code, said.paths) == (code, [])
    assert words in said.words
    assert sorted(Path().rglob("*")) == before


def test_a_name_with_spaces_is_told_to_stand_between_quotes(run: Run) -> None:
    Path("photo.jpg").rename("green lake.jpg")
    for words in (("green", "lake.jpg"), ("tiny", "green", "lake.jpg"), ("check", "green", "lake.jpg")):
        said = run(*words)
        assert (said.code, 'a name with spaces stands between quotes: "green lake.jpg"' in said.words) == (3, True)
    assert 'did you mean "green lake.jpg"?' in run("green lke.jpg").words
    assert '`render "green lake.yaml"` renders it' in run("green lake.jpg", *sets(*SMALL)).words
    assert '#   render "green lake.yaml"' in Path("green lake.yaml").read_text()


def test_a_picture_in_a_folder_that_may_only_be_read_is_dreamed_elsewhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write = files.write

    def refuse(path: Path, content: bytes) -> None:
        if path.suffix == ".yaml" and path.parent == Path():
            raise MissingError(f"{path}: cannot be written: Read-only file system")
        write(path, content)

    monkeypatch.setattr(files, "write", refuse)
    for _ in range(2):
        said = run("photo.jpg", *sets(*SMALL), "-o", "elsewhere")
        assert (said.code, said.paths) == (0, ["elsewhere/photo/take-001/photo.mp4"])
        assert "the film's settings are in its take" in said.words
    assert not Path("photo.yaml").exists()


def test_a_picture_is_swept_as_the_film_that_it_is(run: Run) -> None:
    said = run("sweep", "photo.jpg", "--vary", "seed=1,2", *sets(*SMALL))
    assert (said.code, len(list(Path("runs/photo-sweep").glob("seed-*/take-001/*.mp4")))) == (0, 2)
    assert load("photo.yaml").source.kind == "image"


def test_a_folder_of_pictures_is_told_how_it_is_dreamed(run: Run) -> None:
    Path("trip").mkdir()
    Path("photo.jpg").rename("trip/a.jpg")
    said = run("trip")
    assert (said.code, "render trip/*.jpg dreams each" in said.words, "{frames: trip}" in said.words) == (3, True, True)


# ---- a take


def test_what_lies_in_a_take_leads_to_it(run: Run) -> None:
    """Its settings are the take's film; its film is footage, and that is told; a command for takes names the take."""
    run("photo.jpg", *sets(*SMALL))
    Path("photo.yaml").rename("runs/else.yaml")
    said = run("runs/photo/take-001/config.yaml")
    assert (said.code, said.paths) == (0, ["runs/photo/take-001/photo.mp4"])
    assert "its take is runs/photo/take-001" in run("print", "runs/photo/take-001/photo.mp4", "-o", "x.gif").words
    assert "did you mean runs/photo?" in run("print", "photo.yaml", "-o", "x.gif").words
    said = run("check", "runs/photo/take-001/photo.mp4", *sets(*SMALL))
    assert (said.code, "render runs/photo/take-001 goes on with its take" in said.words) == (0, True)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("check", "tiny.yaml", "--duration", "5s"), "settings are given with --set, as in --set duration=…"),
        (("preview", "green", "lake.jpg"), "a name with spaces stands between quotes"),
        (("trim", "runs/tiny", "0s", "1s"), "a part of a film is written 2s..5s"),
        (("classes", "owl"), "a network comes first, as in render classes efficientnet_lite0 owl"),
        (("atlas", "photo.jpg"), "as in render atlas efficientnet_lite0 --picture photo.jpg"),
    ],
)
def test_words_in_the_wrong_order_are_told_the_right_one(run: Run, words: tuple[str, ...], hint: str) -> None:
    said = run(*words)
    assert (said.code, hint in said.words) == (2, True)


def test_a_new_file_is_named_after_o_or_alone(run: Run) -> None:
    for words in (("new", "zoom"), ("from", "runs/tiny")):
        run("tiny.yaml")
        for target in (("a.yaml",), ("-o", "b.yaml")):
            assert run(*words, *target).paths == [target[-1]]
        assert run(*words, "-o", "b.yaml").code == 2  # is there already
        assert Path("a.yaml").read_text().replace("a.yaml", "b.yaml") == Path("b.yaml").read_text() != ""
        Path("a.yaml").unlink()
        Path("b.yaml").unlink()


def test_a_take_goes_on_from_its_folder_or_its_film_s(run: Run) -> None:
    first = run("tiny.yaml", "--set", "dream.steps=2")
    Path("tiny.yaml").unlink()
    for name in ("runs/tiny/take-001", "runs/tiny"):
        Path(first.paths[0]).unlink()
        said = run(name)
        assert (said.code, said.paths) == (0, first.paths), said.words
        assert "5 of 5 dreams are there already" in said.words
    assert Path("runs/tiny/take-001/config.yaml").read_text() == TINY
    longer = run("runs/tiny", "--set", "duration=2s")
    assert longer.paths == first.paths
    assert "5 of 9 dreams are there already" in longer.words
    assert run("runs/tiny/take-001", "-o", "elsewhere").paths == ["elsewhere/tiny/take-001/tiny.mp4"]


def test_the_take_of_a_picture_goes_on_and_knows_where_its_film_lay(run: Run) -> None:
    Path("films").mkdir()
    Path("films/p.yaml").write_text(TINY + "source: {image: ../photo.jpg}\n")
    first = run("films/p.yaml")
    assert run("runs/p").paths == first.paths
    Path("photo.jpg").rename("films/photo.jpg")
    assert run("print", "runs/p", "-o", "x.png").paths == ["x.png"]


def test_a_take_that_is_named_is_the_one_that_goes_on(run: Run) -> None:
    """Also where newer ones are of the same film."""
    first = run("tiny.yaml")
    second = run("tiny.yaml", "--fresh")
    Path(first.paths[0]).unlink()
    assert run("runs/tiny/take-001").paths == first.paths
    assert run("runs/tiny").paths == second.paths
    assert run("runs/tiny/take-001", "--set", "duration=2s").paths == first.paths


def test_octaves_that_are_too_small_are_told_before_anything_is_dreamed(run: Run) -> None:
    for command, after in ((["tiny.yaml"], "dream 5 of 5"), (["check", "tiny.yaml"], "")):
        said = run(*command, "--set", "dream.octaves=9", "--set", "dream.octave_scale=2")
        assert said.code == 0
        assert said.words.count("of 9 octaves are dreamed") == 1
        assert not after or said.words.index("of 9 octaves") < said.words.index(after)


def test_a_name_after_o_is_a_path_for_every_command(run: Run) -> None:
    """Where the person is; not inside the take that it is made of."""
    run("tiny.yaml")
    for file, words in {
        "film.gif": ("tiny.yaml",),
        "print.gif": ("print", "runs/tiny"),
        "part.gif": ("trim", "runs/tiny", "0s..0.5s"),
        "joined.gif": ("join", "runs/tiny", "runs/tiny"),
    }.items():
        assert run(*words, "-o", file).paths == [file]
        assert Path(file).exists()


def test_the_studio_flies_the_film_that_render_renders(run: Run) -> None:
    """Of a picture or a video alone, before that is written and after."""
    for file in ("photo.jpg", "street.mp4"):
        wanted = request(Path(file), SMALL)
        script = _script(Path(file), SMALL)
        assert (script.config.fingerprint(), script.text, script.file) == (wanted.config.fingerprint(), wanted.text, None)
        assert wanted.file
        wanted.file.write_text(wanted.text)
        script = _script(Path(file), SMALL)
        assert (script.config.fingerprint(), script.text, script.file) == (
            wanted.config.fingerprint(),
            wanted.text,
            wanted.file,
        )


def test_folders_without_takes_name_those_that_have_some(run: Run) -> None:
    run("tiny.yaml")
    said = run("runs")
    assert (said.code, said.paths) == (3, [])
    assert "the films in it: runs/tiny" in said.words


def test_the_newest_take_is_printed_and_gives_its_film_back(run: Run) -> None:
    run("tiny.yaml")
    run("tiny.yaml", "--set", "seed=4")
    assert run("print", "runs/tiny", "-o", "x.gif").paths == ["x.gif"]
    assert "seed: 4" in run("from", "runs/tiny").paths


# ---- where it goes


def test_a_film_goes_into_the_file_that_is_asked_for(run: Run) -> None:
    said = run("tiny.yaml", "-o", "there/out.gif")
    assert (said.code, said.paths) == (0, ["there/out.gif"])
    assert Path("there/out.gif").read_bytes() == Path("runs/tiny/take-001/out.gif").read_bytes()
    assert run("preview", "tiny.yaml", "-o", "strip.png").paths == ["strip.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tiny.yaml", "configs/zoom.yaml", "-o", "both.mp4"], "2 films do not go into one file"),
        (["tiny.yaml", "-o", "{frame:03}.png"], "no single file"),
        (["preview", "tiny.yaml", "-o", "strip.mp4"], "this preview is a .png"),
        (["plot", "tiny.yaml", "-o", "plot.png"], "takes a folder"),
    ],
)
def test_a_file_that_cannot_be_is_refused(run: Run, arguments: list[str], words: str) -> None:
    said = run(*arguments)
    assert (said.code, said.paths) == (2, [])
    assert words in said.words
    assert not Path("runs").exists()


def test_prints_go_into_a_folder(run: Run) -> None:
    run("tiny.yaml", "--set", "outputs=[a.gif, {file: b.gif, width: 32}]")
    assert run("print", "runs/tiny", "-o", "prints/").paths == ["prints/a.gif", "prints/b.gif"]
    with Image.open("prints/b.gif") as small:
        assert small.width == 32
    assert run("trim", "runs/tiny", "0s..0.5s", "-o", "prints").paths == ["prints/tiny-0s-0.5s.gif"]
    assert run("join", "runs/tiny", "runs/tiny", "-o", "prints").paths == ["prints/tiny+tiny.gif"]


def test_a_new_film_is_written_and_none_is_written_over(run: Run) -> None:
    assert run("new", "zoom", "mine.yaml").paths == ["mine.yaml"]
    assert "render mine.yaml" in Path("mine.yaml").read_text()
    before = Path("mine.yaml").read_bytes()
    said = run("new", "photo", "mine.yaml")
    assert (said.code, said.paths, Path("mine.yaml").read_bytes()) == (2, [], before)
    assert "mine.yaml: is there already" in said.words


# ---- the first sign of life

COMMANDS = {  # a command line of each that reads something; nothing of it is slow before torch is
    "film": "tiny.yaml",
    "enlarge": "enlarge . --size 4k",
    "sweep": "sweep tiny.yaml --vary seed=1,2",
    "gallery": "gallery .",
    "check": "check tiny.yaml",
    "preview": "preview tiny.yaml",
    "plot": "plot tiny.yaml",
    "print": "print . -o x.gif",
    "trim": "trim . 1s..2s",
    "join": "join . .",
    "new": "new zoom",
    "from": "from .",
    "import": "import deforum tiny.yaml",
    "schema": "schema",
    "layers": "layers bestiary",
    "classes": "classes bestiary",
    "atlas": "atlas bestiary",
    "weights": "weights",
    "studio": "studio",
    "doctor": "doctor",
    "help": "help expressions",
}


def test_every_command_says_something_before_it_waits_for_torch(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    program = """
import sys
import click
from render.cli import main

class Waiting(BaseException):
    pass

class Torch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise Waiting

said = []
echo = click.echo
click.echo = lambda words=None, **options: said.append(words)
sys.meta_path.insert(0, Torch())
for line in sys.argv[1:]:
    said.clear()
    try:
        main(line.split())
    except Waiting:
        if not said:
            echo(line)
    except SystemExit:
        pass
"""
    run = subprocess.run(
        [sys.executable, "-c", program, *COMMANDS.values()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stdout.splitlines() == [], run.stderr


def test_every_command_has_its_line() -> None:
    assert {*command_line.commands} == {*COMMANDS}


@pytest.mark.parametrize(
    ("says", "own", "then"),
    [
        ("0.00 0.01 0.05 1/345 678", {}, waiting.SPINNING),
        ("9.00 9.00 9.00 1/345 678", {}, waiting.SPINNING),  # what ran in the last minute is over
        ("0.00 0.01 0.05 1000/2345 678", {}, waiting.ASLEEP),
        ("who knows", {}, waiting.SPINNING),
        (None, {}, waiting.SPINNING),  # a system that does not say
        ("0.00 0.01 0.05 1000/2345 678", {"OMP_WAIT_POLICY": "ACTIVE"}, ("OMP_WAIT_POLICY", "ACTIVE")),
        ("0.00 0.01 0.05 1000/2345 678", {"GOMP_SPINCOUNT": "7"}, ("GOMP_SPINCOUNT", "7")),
    ],
)
def test_threads_wait_as_suits_the_machine_unless_a_person_says_otherwise(
    says: str | None, own: dict[str, str], then: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {name: value for name, value in os.environ.items() if name not in dict([waiting.ASLEEP, waiting.SPINNING])}
    monkeypatch.setattr(os, "environ", rest | own)
    monkeypatch.setattr(waiting, "RUNNING", tmp_path / "loadavg")
    if says is not None:
        (tmp_path / "loadavg").write_text(says)
    waiting.choose_waiting()
    assert os.environ == rest | dict([then])


# ---- what lies there already


@pytest.mark.parametrize("file", ["photo.jpg", "street.mp4"])
@pytest.mark.parametrize(
    "words",
    [
        ("tiny.yaml", "-o"),
        ("photo.jpg", *sets(*SMALL), "-o"),
        ("preview", "tiny.yaml", "-o"),
        ("print", "runs/tiny", "-o", "./"),
    ],
)
def test_a_file_of_ones_own_is_not_written_over(run: Run, words: tuple[str, ...], file: str) -> None:
    assert run("tiny.yaml").code == 0
    before = Path(file).read_bytes()
    *most, last = words
    said = run(*most, f"./{file}") if last == "./" else run(*words, file)
    assert said.code == 2
    assert Path(file).read_bytes() == before


def test_a_film_is_made_again_into_the_file_that_it_made(run: Run) -> None:
    for name in ("again.mp4", "again.gif", "again.jpg"):
        for _ in range(2):
            assert run("tiny.yaml", "-o", name).paths == [name]


@pytest.mark.parametrize("ending", ["mp4", "gif", "jpg", "webp"])
@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("print", "runs/tiny"), ("--width", "16")),
        (("trim", "runs/tiny", "0s..0.5s"), ("--width", "16")),
        (("join", "runs/tiny/take-001", "runs/tiny/take-001"), ("--width", "16")),
    ],
)
def test_a_print_is_made_again_into_the_file_that_it_made_until_somebody_changes_it(
    run: Run, words: tuple[str, ...], more: tuple[str, ...], ending: str
) -> None:
    assert run("tiny.yaml").code == 0
    file = Path(f"again.{ending}")
    for settings in ((), (), more):
        assert run(*words, "-o", f"./{file}", *settings).paths == [str(file)]
    file.write_bytes(b"mine")
    assert run(*words, "-o", f"./{file}").code == 2
    assert file.read_bytes() == b"mine"
