"""Laws of strangers' files: no code of theirs runs, nothing is written outside the take, and no terminal obeys them."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from PIL import Image

from render.config import load_text
from render.develop import stills
from render.develop.names import fill_name
from render.develop.negative import Negative
from render.dream.registry import load as load_network
from render.errors import ConfigError, MissingError, RenderError

FILM = """\
size: 64x36
fps: 4
duration: 1s
dream: {steps: 1, first_steps: 1, octaves: 1, rate: 4, jitter: 4}
outputs: ["{name}.mp4", "frames/{frame}.png"]
"""
TAKE = Path("runs/film/take-001")


Run = Callable[..., Any]  # conftest's `command`


@pytest.fixture
def run(command: Run, tmp_path: Path, tiny_network: None) -> Iterator[Run]:
    """`render` in this process, in a folder with film.yaml and a folder `outside` that nothing may be written to."""
    Path("film.yaml").write_text(FILM)
    Path("outside").mkdir()
    yield command
    assert list(Path(tmp_path, "outside").iterdir()) == []


# ---- configurations

TAGS = [
    "!!python/object/apply:os.mkdir [outside/pwned]",
    "!!python/object/new:os.mkdir [outside/pwned]",
    "!!python/name:os.mkdir",
    "!!python/module:os",
    "!!python/object/apply:pathlib.Path {args: [outside]}",
    "!<tag:yaml.org,2002:python/object/apply:os.mkdir> [outside/pwned]",
    "!!binary aGVsbG8=",
    "!mine 3",
]


@pytest.mark.parametrize("tag", TAGS)
def test_tags_build_nothing(run: Run, tag: str) -> None:
    Path("bad.yaml").write_text(f"{FILM}seed: {tag}\n")
    for arguments in (["check", "bad.yaml"], ["check", "film.yaml", "--set", f"seed={tag}"]):
        said = run(*arguments)
        assert said.code == 2
        assert "a YAML tag (!), which is not used here" in said.words


OUTSIDE = [
    "../a.mp4",
    "/a.mp4",
    "~/a.mp4",
    "a/../../a.mp4",
    "{name}/../../a.mp4",
    "..\\a.mp4",
    "C:a.mp4",
    "concat:a.mp4",
    "a\nb.mp4",
    "a\x00.mp4",
    "{name.__class__}.mp4",
    "{0}.mp4",
    "{frame:06}/../{frame}.png",
    "negative/tick-000000.png",
    "Negative/a.png",
    "poster.jpg",
    ".part-1.mp4",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_output_leaves_its_take(run: Run, name: str) -> None:
    Path("bad.yaml").write_text(f"{FILM.split('outputs')[0]}outputs: {json.dumps(name)}\n")
    assert run("check", "bad.yaml").code == 2
    assert run("bad.yaml").code == 2
    assert not Path("runs").exists()


@pytest.mark.parametrize("name", ["..", ".", "../x", "a/b", "/", "a\nb", "{name}", "{frame}", "~", "CON:"])
def test_no_name_leaves_the_root(name: str) -> None:
    try:
        config = load_text(f"name: {json.dumps(name)}")
    except ConfigError:
        return
    assert fill_name("{name}.mp4", config.name) == f"{config.name}.mp4" == Path(f"{config.name}.mp4").name


ODD = ["-y", "-i", "a;b=c#", "pipe", "%d", "'q'", "film.mp4", "日本", "=", "--"]


@pytest.mark.parametrize("name", ODD)
def test_no_name_is_an_option_of_ffmpeg(run: Run, name: str) -> None:
    shutil.copy("film.yaml", f"{name}.yaml")
    said = run(f"./{name}.yaml", "--progress", "none", "--set", "duration=2 frames", "--set", "outputs='{name}.mkv'")
    assert said.code == 0, said
    made = Path(said.out.strip())
    assert made.name == f"{name}.mkv"
    assert load_text(run("from", str(made)).out).name == name


ADDRESSES = [
    "http://127.0.0.1:9/a.png",
    "concat:film.yaml|film.yaml",
    "file:film.yaml",
    "pipe:0",
    "data:,x",
    "-i",
    "%d.png",
    "a\x00b",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("key", ["image", "frames", "video"])
def test_no_source_is_an_address(run: Run, key: str, address: str) -> None:
    Path("bad.yaml").write_text(f"{FILM}source: {{{key}: {json.dumps(address)}}}\n")
    said = run("check", "bad.yaml")
    assert said.code in (2, 3)
    assert "bad.yaml:6:" in said.words
    assert said.words.replace("\n", "").isprintable()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_no_picture_is_waited_for(run: Run) -> None:
    os.mkfifo("pipe.png")
    said = run("check", "film.yaml", "--set", "source={image: pipe.png}")
    assert said.code == 3
    assert "pipe.png" in said.words


# ---- weights


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("outside/pwned",)


def header(text: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text


BOMBS = {
    "pickle.pth": pickle.dumps(Bomb()),
    "pickle.safetensors": pickle.dumps(Bomb()),
    "endless.safetensors": header(b"{}", 2**63),
    "large.safetensors": header(b"{}", 99_000_000),
    "deep.safetensors": header(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "vast.safetensors": header(b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}') + bytes(8),
    "over.safetensors": header(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}') + bytes(8),
    "empty.safetensors": b"",
    "empty.pth": b"",
    "words.pth": b"hello",
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("network", ["squeezenet1_1", "inception_v1", "bestiary"])
def test_weights_run_no_code_and_take_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, network: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("outside").mkdir()
    Path(name).write_bytes(BOMBS[name])
    with pytest.raises(RenderError, match=name):
        load_network(network, Path(name).absolute(), tiny.CPU)
    if name.startswith("pickle"):
        torch.save(Bomb(), name)  # the same in torch's own wrapping
        with pytest.raises(RenderError, match=name):
            load_network(network, Path(name).absolute(), tiny.CPU)
    assert os.listdir("outside") == []


@pytest.mark.parametrize("name", [name for name in BOMBS if name.endswith("safetensors")])
def test_a_bomb_in_a_negative_is_passed_over(tmp_path: Path, name: str) -> None:
    negative = Negative(tmp_path)
    for tick in range(3):
        negative.keep(tick, np.full((4, 6, 3), tick, np.uint16), {})
    (tmp_path / "tick-000003.safetensors").write_bytes(BOMBS[name])
    last = Negative(tmp_path).last()
    assert last
    assert last.tick == 2


# ---- takes


def leading_out(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(Path("outside").absolute(), target_is_directory=True)


@pytest.mark.parametrize("place", ["runs/film", "runs/film/take-001", "negative", "frames"])
@pytest.mark.parametrize("begun", [True, False])
def test_no_link_leads_out_of_a_take(run: Run, place: str, begun: bool) -> None:
    if begun:
        run("film.yaml", "--progress", "none")
    leading_out(Path(place) if place.startswith("runs") else TAKE / place)
    if not begun and not place.startswith("runs"):
        (TAKE / "run.json").write_text("{}")
    said = run("film.yaml", "--progress", "none", "--set", "outputs=frames/new{frame}.png")
    elsewhere = place == str(TAKE) or (not begun and place != "runs/film")  # what is no take is left alone, and another begun
    assert said.code == (0 if elsewhere else 3), said
    assert elsewhere or "is a link" in said.words
    assert run("print", str(TAKE), "-o", "frames/x{frame}.png").code == 3


@pytest.mark.parametrize("folder", ["runs/film", str(TAKE)])
def test_no_lock_overwrites_what_it_links_to(run: Run, folder: str) -> None:
    run("film.yaml", "--progress", "none")
    Path("precious").write_text("gold")
    lock = Path(folder, ".lock")
    lock.unlink()
    lock.symlink_to(Path("precious").absolute())
    assert run("film.yaml").code == 3
    assert Path("precious").read_text() == "gold"


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(run: Run) -> None:
    run("film.yaml", "--progress", "none")
    Path("precious").write_text("gold")
    for name in ("film.mp4", "config.yaml", "resolved.yaml", "poster.jpg"):
        (TAKE / name).unlink()
        (TAKE / name).symlink_to(Path("precious").absolute())
    assert run("film.yaml", "--set", "outputs=[{file: film.mp4, crf: 30}]").code == 0
    assert Path("precious").read_text() == "gold"
    assert not (TAKE / "film.mp4").is_symlink()


RECORDS = [
    "[" * 100_000,
    "[]",
    "null",
    '{"format": 2, "fingerprint": 7}',
    '{"format": 2, "prints": []}',
    '{"format": 2, "seconds": "1"}',
    "\ud800",
]


@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_a_record_that_lies_is_no_take(run: Run, record: str) -> None:
    run("film.yaml", "--progress", "none")
    (TAKE / "run.json").write_bytes(record.encode("utf-8", "surrogatepass"))
    assert run("print", str(TAKE), "-o", "x.gif").code == 3
    said = run("film.yaml", "--progress", "none", "--set", "seed=random")
    assert said.code == 0
    assert "take-002" in said.out


def test_a_take_of_another_version_is_refused_with_the_reason(run: Run) -> None:
    run("film.yaml", "--progress", "none")
    record = json.loads((TAKE / "run.json").read_text())
    (TAKE / "run.json").write_text(json.dumps({**record, "format": 99}))
    said = run("print", str(TAKE), "-o", "x.gif")
    assert said.code == 3
    assert "another version of render" in said.words
    assert "take-002" in run("film.yaml", "--progress", "none").out


def test_a_take_without_its_configuration_is_told(run: Run) -> None:
    run("film.yaml", "--progress", "none")
    (TAKE / "resolved.yaml").unlink()
    said = run("print", str(TAKE), "-o", "x.gif")
    assert said.code == 3
    assert "resolved.yaml" in said.words


def test_a_print_of_footage_that_was_changed_is_refused(run: Run) -> None:
    Image.new("RGB", (64, 36), (200, 30, 60)).save("a.png")
    Path("footage.yaml").write_text(f"{FILM}source: {{frames: a.png}}\n")
    take = Path(run("footage.yaml", "--progress", "none").out.split()[0]).parent
    assert run("print", str(take), "-o", "x.gif").code == 0
    Image.new("RGB", (64, 36), (30, 200, 60)).save("a.png")
    said = run("print", str(take), "-o", "y.gif")
    assert said.code == 3
    assert "other footage" in said.words


# ---- the configuration back

TRICKS = {
    "colours": "seed: 1 # \x1b[31mred",
    "title": "seed: 1\n# \x1b]0;owned\x07",
    "turned": "seed: 1 # \u202eevil",
    "bell": "\a",
    "overprint": "seed: 1\rseed: 2",
    "c1": "seed: \x9b31m",
}


def carrying(path: Path, text: str) -> Path:
    """A PNG that holds this as its configuration."""
    path.write_bytes(stills.png(np.zeros((2, 2, 3), np.uint8), text))
    return path


@pytest.mark.parametrize("name", TRICKS)
def test_a_configuration_from_a_stranger_does_not_play_with_the_terminal(run: Run, name: str) -> None:
    said = run("from", str(carrying(Path("strange.png"), TRICKS[name])))
    assert (said.code, said.out) == (3, "")
    assert "no configuration" in said.words


NO_FILMS = {
    "playlist.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfilm.mkv\n#EXT-X-ENDLIST\n",
    "list.mkv": "ffconcat version 1.0\nfile film.mkv\n",
    "far.mp4": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
    "notes.mov": ";FFMETADATA1\nrender_config=name: evil\n",
    "garbage.webm": "hello",
    "empty.mp4": "",
}


@pytest.mark.parametrize("name", NO_FILMS)
def test_a_file_that_sends_elsewhere_is_not_followed(run: Run, name: str) -> None:
    made = run("film.yaml", "--progress", "none", "--set", "outputs=film.mkv").out.strip()
    shutil.copy(made, "film.mkv")
    Path(name).write_text(NO_FILMS[name])
    said = run("from", name)
    assert (said.code, said.out) == (3, "")


@pytest.mark.parametrize("way", ["length", "end", "bomb"])
def test_a_picture_with_a_lie_in_it_holds_no_configuration(run: Run, way: str) -> None:
    content = bytearray(carrying(Path("a.png"), "seed: 1").read_bytes())
    if way == "length":
        content[33:37] = b"\xff\xff\xff\xff"
    if way == "end":
        del content[40:]
    if way == "bomb":  # compressed text, which we never write and never unpack
        packed = b"render_config\0\1\0\0\0" + zlib.compress(bytes(10**6))
        content[33:33] = struct.pack(">I", len(packed)) + b"iTXt" + packed + bytes(4)
    Path("a.png").write_bytes(content)
    assert run("from", "a.png").code == 3


def test_what_a_stranger_made_is_said_without_what_a_terminal_obeys() -> None:
    assert str(MissingError("a\x1b[2Jb", "c\x07d\u202e")) == "a [2Jb\nc d "
