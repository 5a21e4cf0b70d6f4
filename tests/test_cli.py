"""Laws of the command line: what goes to stdout and stderr, every exit code, one clear message for every bad input."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from commands import Command as Run

from render.config import load_text
from render.dream.bestiary.model import CLASSES, LEVELS, WEIGHTS
from render.errors import ConfigError
from render.show import terminal

TINY = """\
size: 64x36
fps: 8
duration: 1s
seed: 3
dream: {steps: 1, first_steps: 1, octaves: 1, rate: 4, jitter: 4}
outputs: "{name}.mp4"
"""
PROGRESS = "tiny: dream 5 of 5"
DEVELOPING = "tiny: dreamed; developing"


@pytest.fixture
def run(command: Run) -> Run:
    """`render` in this process, in a folder with the configuration tiny.yaml."""
    Path("tiny.yaml").write_text(TINY)
    return command


@pytest.fixture
def no_dreaming(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Calling this makes any further dream a failure."""

    def never(*_: object) -> None:
        raise AssertionError("a dream was dreamed")

    return lambda: monkeypatch.setattr("render.travel.dream", never)


# ---- films


def test_paths_go_to_stdout_and_words_to_stderr(run: Run) -> None:
    said = run("tiny.yaml", "--set", "outputs=[a.mp4, '{name}.gif', 'frames/{frame:03}.png']")
    take = "runs/tiny/take-001"
    assert said.code == 0
    assert said.paths == [f"{take}/a.mp4", f"{take}/tiny.gif", f"{take}/frames/000.png"]
    assert all(Path(path).stat().st_size for path in said.paths)
    assert said.words.index(PROGRESS) < said.words.index(DEVELOPING)
    assert take not in said.words
    assert {path.name for path in Path(take).iterdir()} >= {
        "config.yaml",
        "resolved.yaml",
        "run.json",
        "poster.jpg",
        "negative",
    }
    assert Path(take, "config.yaml").read_text() == TINY


def test_a_finished_take_is_found_again(run: Run, no_dreaming: Callable[[], None]) -> None:
    first = run("tiny.yaml")
    no_dreaming()
    again = run("tiny.yaml")
    assert (again.code, again.paths) == (0, first.paths)
    assert "nothing was left to dream" in again.words
    assert PROGRESS not in again.words
    assert DEVELOPING not in again.words


@pytest.mark.parametrize("asked", ["fps=4", "outputs=other.gif", "outputs={file: '{name}.mp4', width: 32}"])
def test_what_shapes_no_picture_is_developed_without_dreaming(run: Run, no_dreaming: Callable[[], None], asked: str) -> None:
    first = run("tiny.yaml")
    before = Path(first.paths[0]).read_bytes()
    no_dreaming()
    said = run("tiny.yaml", "--set", asked)
    assert said.code == 0
    assert Path(said.paths[0]).parent == Path(first.paths[0]).parent
    assert Path(said.paths[0]).read_bytes() != before


@pytest.mark.parametrize("asked", [["--set", "seed=4"], ["--set", "motion.zoom=1.2"], ["-q", "draft"], ["--fresh"]])
def test_another_picture_is_another_take(run: Run, asked: list[str]) -> None:
    run("tiny.yaml")
    said = run("tiny.yaml", *asked)
    assert (said.code, said.paths) == (0, ["runs/tiny/take-002/tiny.mp4"])
    assert Path("runs/tiny/take-001/tiny.mp4").exists()


def test_takes_go_where_they_are_asked_to(run: Run) -> None:
    assert run("tiny.yaml", "-o", "there/now").paths == ["there/now/tiny/take-001/tiny.mp4"]
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("style", "seen"),
    [("plain", "s left"), ("json", '"tick": 4, "last": 4'), ("bar", "5/5 dreams"), ("none", "")],
)
def test_every_style_of_progress(run: Run, style: str, seen: str) -> None:
    said = run("tiny.yaml", "--progress", style)
    assert said.code == 0
    assert seen in said.words
    assert seen or not said.words
    lines = [json.loads(line) for line in said.words.splitlines()] if style == "json" else []
    assert [line["tick"] for line in lines] == list(range(len(lines)))


def test_no_colour_and_ci_are_honoured(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    colour = re.compile(r"\x1b\[[\d;]*3\d")
    assert colour.search(run("tiny.yaml", "--progress", "bar").words)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour.search(run("tiny.yaml", "--progress", "bar", "--fresh").words)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.delenv("CI", raising=False)
    assert terminal.usual_style() == "bar"
    monkeypatch.setenv("CI", "true")
    assert terminal.usual_style() == "plain"


# ---- queues


def test_a_queue_goes_on_after_a_failure_and_ends_with_the_highest_code(run: Run) -> None:
    Path("bad.yaml").write_text(TINY.replace('"{name}.mp4"', "{file: big.gif, size_limit: 1kB}"))
    Path("good.yaml").write_text(TINY)
    said = run("tiny.yaml", "bad.yaml", "good.yaml")
    assert said.code == 4
    assert said.paths == ["runs/tiny/take-001/tiny.mp4", "runs/good/take-001/good.mp4"]
    assert re.search(r"bad: film 2 of 3\n[^\n]*\n?.*big.gif.*good: film 3 of 3", said.words, re.DOTALL)


def test_a_queue_is_checked_as_a_whole_before_any_work(run: Run) -> None:
    Path("one.yaml").write_text("sice: 64x36")
    Path("two.yaml").write_text("dream: {steps: many}")
    said = run("tiny.yaml", "one.yaml", "two.yaml", "nowhere.yaml")
    assert said.code == 3
    assert said.paths == []
    assert all(words in said.words for words in ("one.yaml:1:1", "two.yaml:1:16", "nowhere.yaml"))
    assert not Path("runs").exists()


def test_a_queue_knows_its_networks_before_any_work(run: Run) -> None:
    Path("one.yaml").write_text(TINY + "look: 0\n")
    Path("two.yaml").write_text(TINY.replace("steps: 1,", "objective: {layer: nose}, steps: 1,", 1))
    said = run("one.yaml", "two.yaml")
    assert said.code == 2
    assert "two.yaml:5" in said.words
    assert not Path("runs").exists()


# ---- what else there is


@pytest.mark.parametrize("name", ["x.gif", "x.webm", "more/{frame}.jpg"])
def test_print_needs_neither_a_dream_nor_the_network(run: Run, no_dreaming: Callable[[], None], name: str) -> None:
    Path("own.safetensors").write_bytes(WEIGHTS.read_bytes())
    first = run("tiny.yaml", "--set", "dream.network={bestiary: own.safetensors}")
    assert first.code == 0
    Path("own.safetensors").unlink()
    no_dreaming()
    said = run("print", "runs/tiny/take-001", "-o", name, "--width", "32")
    assert (said.code, said.paths) == (0, [name.replace("{frame}", "0")])
    assert Path(said.paths[0]).stat().st_size
    assert Path(first.paths[0]).exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere", "-o", "x.gif"], 3),
        (["runs/tiny/take-001"], 2),
        (["runs/tiny/take-001", "-o", "x.bmp"], 2),
        (["runs/tiny/take-001", "-o", "../x.bmp"], 2),
        (["runs/tiny/take-001", "-o", "x.gif", "--fps", "fast"], 2),
        (["runs/tiny/take-001", "-o", "x.gif", "--codec", "h264"], 2),
    ],
)
def test_a_print_that_cannot_be(run: Run, arguments: list[str], code: int) -> None:
    run("tiny.yaml", "--progress", "none")
    said = run("print", *arguments)
    assert (said.code, said.paths) == (code, [])
    assert said.words


def test_check_tells_the_cost_and_makes_nothing(run: Run) -> None:
    said = run("check", "tiny.yaml", "-q", "final")
    assert said.code == 0
    text = "\n".join(said.paths)
    assert all(fact in text for fact in ("64x36", "8 frames at 8 fps", "5 dreams", "  in all  ", "tiny.mp4 in runs/tiny"))
    assert "good" in said.words
    assert not Path("runs").exists()
    assert "another fps is another film" in run("check", "tiny.yaml", "--set", "motion.rotate=f").words


def test_plots(run: Run) -> None:
    said = run("plot", "tiny.yaml", "--set", "motion.zoom=1 + p")
    assert (said.code, said.paths, said.words) == (0, ["runs/tiny/plot.png", "runs/tiny/plot.csv"], "")
    again = run("plot", "tiny.yaml", "--set", "schedule=runs/tiny/plot.csv", "-o", "again")
    assert (again.code, again.paths) == (0, ["again/tiny/plot.png", "again/tiny/plot.csv"])
    assert Path("again/tiny/plot.csv").read_text().count("\n") == Path("runs/tiny/plot.csv").read_text().count("\n") > 8
    still = run("plot", "tiny.yaml", "-o", "still")
    assert (still.code, still.paths) == (0, [])
    assert "stands still" in still.words
    assert not Path("still").exists()


@pytest.mark.parametrize(("option", "name"), [([], "preview.png"), (["--motion"], "preview-motion.mp4")])
def test_previews(run: Run, option: list[str], name: str) -> None:
    said = run("preview", "tiny.yaml", *option)
    assert (said.code, said.paths) == (0, [f"runs/tiny/{name}"])
    assert Path(said.paths[0]).stat().st_size


def test_a_new_configuration_is_good(run: Run) -> None:
    Path("mine.yaml").write_text("\n".join(run("new", "zoom").paths))
    said = run("check", "mine.yaml", "--set", "size=64x36")
    assert (said.code, said.paths[0]) == (0, "64x36, 300 frames at 30 fps from 81 dreams")


def test_a_new_photo_waits_for_its_photo(run: Run) -> None:
    Path("mine.yaml").write_text("\n".join(run("new", "photo").paths))
    said = run("check", "mine.yaml")
    assert said.code == 3
    assert "photo.jpg" in said.words


def test_schema_is_json(run: Run) -> None:
    assert "motion" in json.loads("\n".join(run("schema").paths))["properties"]


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["film", "--help"]])
def test_help_tells_of_the_film_s_options(run: Run, arguments: list[str]) -> None:
    said = run(*arguments)
    assert said.code == 0
    assert all(option in "\n".join(said.paths) for option in ("CONFIG...", "--set", "--fresh", "--device", "--progress"))


def test_version(run: Run) -> None:
    assert re.fullmatch(r"render, version \d+\.\d+\.\d+", run("--version").paths[0])


# ---- bad input

BAD = {
    "empty": ("", [], 2, "render new"),
    "unknown key": ("sice: 64x36", [], 2, 'did you mean "size"'),
    "wrong type": ("dream: {steps: many}", [], 2, "steps"),
    "bad expression": ('motion: {zoom: "1 +* s"}', [], 2, "zoom"),
    "bare t": ("motion: {zoom: t}", [], 2, "zoom"),
    "duplicate key": ("seed: 1\nseed: 2", [], 2, "seed"),
    "broken yaml": ("size: [64x36", [], 2, "bad.yaml"),
    "zero size": ("size: 0x36", [], 2, "size"),
    "negative size": ("size: -64x36", [], 2, "size"),
    "too large": ("size: 99999x99999", [], 2, "size"),
    "no time": ("duration: 0s", [], 2, "duration"),
    "bad ending": ("outputs: film.doc", [], 2, ".mp4"),
    "duplicate outputs": ("outputs: [a.mp4, a.mp4]", [], 2, "a.mp4"),
    "outside": ("outputs: ../a.mp4", [], 2, "outputs"),
    "missing picture": ("source: {image: nowhere.jpg}", [], 3, "nowhere.jpg"),
    "broken picture": ("source: {image: broken.jpg}", [], 3, "broken.jpg"),
    "no frames": ('source: {frames: "no-*.png"}', [], 3, "no-*.png"),
    "missing weights": ("dream: {network: {inception_v1: nowhere.safetensors}}", [], 3, "nowhere.safetensors"),
    "broken weights": ("dream: {network: {inception_v1: broken.jpg}}", [], 3, "broken.jpg"),
    "unknown network": ("dream: {network: googlenot}", [], 2, "googlenot"),
    "unknown layer": ("dream: {network: bestiary, objective: {layer: nose}}", [], 2, "creatures"),
    "unknown class": ("dream: {network: bestiary, objective: {class: eyes}}", [], 2, 'did you mean "eye"'),
    "unknown channel": ("dream: {objective: {channels: 9999, layer: low}}", [], 2, "9999"),
    "no base": ("extends: nowhere.yaml", [], 3, "nowhere.yaml"),
    "extends itself": ("extends: bad.yaml", [], 2, "extends"),
    "bad override": ("seed: 1", ["--set", "dream.stepz=1"], 2, 'did you mean "steps"'),
    "no override": ("seed: 1", ["--set", "dream.steps"], 2, "KEY=VALUE"),
    "root is a file": ("seed: 1", ["-o", "bad.yaml"], 3, "bad.yaml"),
    "root in a file": ("seed: 1", ["-o", "bad.yaml/there"], 3, "bad.yaml"),
    "unknown option": ("seed: 1", ["--frsh"], 2, "--fresh"),
    "unknown device": ("seed: 1", ["--device", "gpu"], 2, "cuda"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_message_before_any_work(run: Run, name: str) -> None:
    text, arguments, code, words = BAD[name]
    Path("bad.yaml").write_text(text + "\n")
    Path("broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    before = sorted(Path().iterdir())
    said = run("bad.yaml", *arguments)
    assert (said.code, said.paths) == (code, [])
    assert words in said.words
    assert len(said.words.splitlines()) <= 8
    assert sorted(Path().iterdir()) == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(run: Run) -> None:
    said = run("tiny.yaml", "--device", "cuda")
    assert said.code == 2
    assert "use cpu" in said.words
    assert not Path("runs").exists()


@pytest.mark.parametrize(("path", "code"), [("nowhere.yaml", 3), (".", 3), ("bytes.yaml", 2)])
def test_a_configuration_that_cannot_be_read(run: Run, path: str, code: int) -> None:
    Path("bytes.yaml").write_bytes(b"\xff\xfe\x00size")
    for command in ([], ["check"], ["preview"]):
        said = run(*command, path)
        assert (said.code, said.paths) == (code, [])
        assert path in said.words
    assert not Path("runs").exists()


def test_every_fault_of_a_file_is_told_at_once(run: Run) -> None:
    Path("bad.yaml").write_text("sice: 64x36\nfps: fast\nmotion:\n  zom: 2\n")
    said = run("check", "bad.yaml")
    assert said.code == 2
    assert [line.split(": ")[0] for line in said.words.splitlines() if line.startswith("bad")] == [
        "bad.yaml:1:1",
        "bad.yaml:2:6",
        "bad.yaml:4:3",
    ]


# ---- what goes wrong later


def test_what_nobody_foresaw_is_a_sentence_and_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("seven is no colour\nand more")

    monkeypatch.setattr("render.travel.dream", broken)
    monkeypatch.setattr("tempfile.tempdir", None)
    said = run("tiny.yaml")
    assert (said.code, said.paths) == (1, [])
    assert "ValueError: seven is no colour\n" in said.words
    report = re.search(r"(\S+\.txt) says where", said.words)
    assert report
    assert "Traceback" in Path(report[1]).read_text()


def test_stopped_while_developing_it_ends_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("render.develop.shoot.develop", lambda *_: signal.raise_signal(signal.SIGTERM))
        said = run("tiny.yaml")
    assert (said.code, said.paths) == (130, [])
    assert "goes on" in said.words
    again = run("tiny.yaml")
    assert again.code == 0
    assert "nothing was left to dream" in again.words


def test_no_room_names_what_helps(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def large(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("render.travel.dream", large)
    said = run("tiny.yaml")
    assert (said.code, said.paths) == (5, [])
    assert "--set size=" in said.words


def test_a_print_that_fails_keeps_the_negative(run: Run, no_dreaming: Callable[[], None]) -> None:
    said = run("tiny.yaml", "--set", "outputs={file: big.gif, size_limit: 1kB}")
    assert (said.code, said.paths) == (4, [])
    assert "big.gif" in said.words
    no_dreaming()
    assert run("tiny.yaml").paths == ["runs/tiny/take-001/tiny.mp4"]


def test_a_take_at_work_is_left_alone(run: Run) -> None:
    from render.develop.takes import existing_take

    run("tiny.yaml")
    with existing_take(Path("runs/tiny/take-001")):
        said = run("tiny.yaml")
    assert (said.code, said.paths) == (2, [])
    assert f"process {os.getpid()}" in said.words


# ---- networks


def test_the_layers_of_a_network_are_listed_shallow_to_deep(run: Run) -> None:
    listed = run("layers", "bestiary").paths[1:]
    assert [line.split()[1] for line in listed] == list(LEVELS)
    assert all(note in line for line, note in zip(listed, LEVELS.values(), strict=True))
    found = run("layers", "bestiary", "ture").paths[1:]
    assert [line.split()[1] for line in found if line.split()[0].isdigit()] == ["texture", "creatures"]
    assert any("cobbles" in line for line in found), "few layers are listed with the names of their channels"
    assert run("layers", "bestiary", "nothing of the kind").code == 2


def test_classes_are_found_by_a_part_of_their_name(run: Run) -> None:
    assert [line.split()[1] for line in run("classes", "bestiary").paths] == list(CLASSES)
    assert run("classes", "bestiary", "USHROO").paths == [f"{CLASSES.index('mushroom'):5}  mushroom"]
    assert run("classes", "bestiary", "no such thing").code == 2


def test_a_network_that_cannot_be_listed_is_refused_in_a_sentence(run: Run) -> None:
    assert run("layers", "bestiari").code == 2
    assert run("layers", "inception_v1").code == 3, "its weights are not here, and tests do not dial"
    assert run("layers", "inception_v1", "--weights", "none.safetensors").code == 3


# ---- the configuration back


def test_a_film_gives_its_configuration_back(run: Run) -> None:
    (film,) = run("tiny.yaml").paths
    for source in (film, str(Path(film).parent)):
        again = load_text("\n".join(run("from", source).paths))
        assert again.fingerprint() == load_text(TINY).fingerprint()
    for stranger, hint in {"stranger.png": "that render made have one", "stranger.gif": "gif, webp and jpg hold none"}.items():
        Path(stranger).write_bytes(b"")
        said = run("from", stranger)
        assert (said.code, hint in said.words) == (3, True), said.words
    assert run("from", "nothing.mp4").code == 3


STRANGE: dict[str, Callable[[Path], object]] = {  # what is no file, or has no end
    "pipe": os.mkfifo,
    "link": lambda path: path.symlink_to("/dev/zero"),
    "sparse": lambda path: (path.touch(), os.truncate(path, 8 * 10**9)),
}


@pytest.mark.parametrize("ending", ["yaml", "mp4", "png"])
@pytest.mark.parametrize("kind", STRANGE)
def test_only_plain_files_are_opened_and_only_so_much_of_them(run: Run, kind: str, ending: str) -> None:
    path = Path(f"{kind}.{ending}")
    STRANGE[kind](path)
    for command in (["check"] if ending == "yaml" else ["from"], ["print", "-o", "x.gif"], ["gallery"]):
        said = run(*command, str(path))
        assert said.code in (2, 3), said.words
        assert "fault of render" not in said.words
        assert len(said.words) < 400


@pytest.mark.parametrize("kind", STRANGE)
def test_a_take_of_strange_files_gives_nothing_back(run: Run, kind: str) -> None:
    Path("take").mkdir()
    STRANGE[kind](Path("take/resolved.yaml"))
    assert run("from", "take").code in (2, 3)


def test_a_film_with_a_vast_configuration_has_none(run: Run, tmp_path: Path) -> None:
    from render.develop.metadata import republish

    (film,) = run("tiny.yaml").paths
    republish(Path(film), tmp_path / "vast.mp4", "vast", "# " + "x" * 20_000_000)
    said = run("from", "vast.mp4")
    assert said.code == 3
    assert "no configuration" in said.words


def test_every_fault_of_a_film_is_told_at_once(run: Run) -> None:
    Path("faults.yaml").write_text(
        "source: {image: none.jpg}\ndream:\n  network: {inception_v1: none.safetensors}\n  objective: {layer: x}\n"
    )
    said = run("check", "faults.yaml")
    assert said.code == 3
    assert "faults.yaml:1:17: source.image.file" in said.words
    assert "faults.yaml:3:12: dream.network" in said.words
    assert "2 problems" in said.words


def test_a_size_that_a_network_cannot_see_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(*_: object) -> None:
        raise ConfigError("is 64x36, which it cannot look at", continues=True)

    monkeypatch.setattr("render.construct.film.bytes_per_pixel", blind)
    said = run("tiny.yaml")
    assert said.code == 2
    assert "tiny.yaml:1:7: size is 64x36" in said.words
    assert not Path("runs").exists()
