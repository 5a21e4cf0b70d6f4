"""Laws of trouble: whatever breaks while rendering is one message with its cure and its exit code, and loses nothing."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import pytest
import tiny
import torch
from commands import Command, Said, exit_code

from render import travel
from render.develop import ffmpeg, files, shoot
from render.develop.negative import Negative
from render.dream import registry

FILM = """\
size: 64x36
fps: 8
duration: 2s
seed: 3
dream: {network: bestiary, steps: 1, first_steps: 1, octaves: 1, rate: 4, jitter: 4}
outputs: ["{name}.mp4", "frames/{frame:03}.png"]
"""
WORDS = ("film.yaml", "--progress", "none", "--yes")
TICKS = 9
STRUCK = 6  # the dream at which trouble comes
TAKE = Path("runs/film/take-001")
LITTLE = 10_000  # bytes that a file may have when the disk is full: less than a tick

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals")


@dataclass
class Scene:
    """What trouble can be made with. after: what is to be put right when it is over."""

    patch: pytest.MonkeyPatch
    children: list[subprocess.Popen[bytes]]
    after: ExitStack


Trouble = Callable[[Scene], None]
Render = Callable[[], Said]  # `render film.yaml`, and what it left


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process started from here on."""
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def start(*command: Any, **settings: Any) -> subprocess.Popen[bytes]:
        started.append(real(*command, **settings))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    return started


@contextmanager
def small_things(folder: Path) -> Iterator[None]:
    """Inside, renders are at home in `folder` and dream with a tiny network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("film.yaml").write_text(FILM)
        patch.setitem(registry.NETWORKS, "bestiary", lambda *_: tiny.network())
        yield


@pytest.fixture
def render(command: Command, tmp_path: Path) -> Iterator[Render]:
    """`render film.yaml`, and what it left."""
    with small_things(tmp_path):
        yield lambda: command(*WORDS)


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """What a render without trouble leaves."""
    with small_things(tmp_path_factory.mktemp("peace")):
        assert exit_code(*WORDS) == 0
        whole = contents()
    assert len(whole) == TICKS + 1 + 16
    return whole


def contents() -> Mapping[str, bytes]:
    """The newest take's negative and prints."""
    take = max(Path("runs/film").glob("take-*"))
    found = (path for path in sorted(take.rglob("*")) if path.suffix in {".mkv", ".safetensors", ".mp4", ".png"})
    return {str(path.relative_to(take)): path.read_bytes() for path in found}


# ---- troubles


def raised(error: Exception) -> Trouble:
    def trouble(scene: Scene) -> None:
        raise error

    return trouble


def asks_for_too_much(scene: Scene) -> None:
    torch.empty(2**50)


def disk_full(scene: Scene) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LITTLE, hard))
    scene.after.callback(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))


def disk_full_to_the_brim(scene: Scene) -> None:
    disk_full(scene)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))  # a picture has more


def folder_gone(scene: Scene) -> None:
    Path("runs").rename("gone")  # at one stroke: others write in it


def read_only(scene: Scene) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    scene.patch.setattr(Path, "touch", refuse)


def ffmpeg_dies_young(scene: Scene) -> None:
    real = subprocess.Popen

    def start(*command: Any, **settings: Any) -> subprocess.Popen[bytes]:
        child = real(*command, **settings)
        child.kill()
        return child

    scene.patch.setattr(subprocess, "Popen", start)


def no_processes(scene: Scene) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    scene.patch.setattr(subprocess, "Popen", refuse)


CUDA = "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported"
NO_MEMORY: dict[str, tuple[Trouble, int, str]] = {
    "memory of Python": (raised(MemoryError()), 5, "--set size=48x26"),
    "memory of the GPU": (
        raised(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")),
        5,
        "--set size=48x26",
    ),
    "memory of OpenCV": (raised(cv2.error("(-4:Insufficient memory) Failed to allocate 8 bytes")), 5, "--set size=48x26"),
}
EITHER: dict[str, tuple[Trouble, int, str]] = {  # while dreaming and while developing alike
    "memory of the processor": (asks_for_too_much, 5, "--set size=48x26"),
    "a lost GPU": (raised(RuntimeError(CUDA)), 1, "--device cpu"),
    "a full disk": (disk_full, 5, "the disk is full"),
    "a folder that goes away": (folder_gone, 3, "runs/film/take-001"),
    "a disk that becomes read-only": (read_only, 3, "Read-only"),
    "no more processes": (no_processes, 3, "ffmpeg cannot be started"),
}
DREAMING = {**NO_MEMORY, **EITHER}
DEVELOPING = {
    **EITHER,
    "a full disk": (disk_full_to_the_brim, 5, "the disk is full"),
    "a killed ffmpeg": (ffmpeg_dies_young, 4, "signal 9"),
}


def struck(
    trouble: Trouble, room: ModuleType, work: str, call: int, children: list[subprocess.Popen[bytes]], render: Render
) -> Said:
    """Render with that trouble at one call of the `work` of a room; afterwards its cause is gone."""
    real, calls = getattr(room, work), 0
    with pytest.MonkeyPatch.context() as patch, ExitStack() as after:

        def at_work(*things: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call:
                trouble(Scene(patch, children, after))
            return real(*things)

        patch.setattr(room, work, at_work)
        return render()


@pytest.mark.parametrize("name", DREAMING)
def test_trouble_while_dreaming_costs_the_tick_at_work(
    render: Render, peace: Mapping[str, bytes], children: list[subprocess.Popen[bytes]], name: str
) -> None:
    trouble, code, words = DREAMING[name]
    said = struck(trouble, travel, "dream", STRUCK, children, render)
    assert (said.code, words in said.words) == (code, True), said
    assert_one_message(said)
    if trouble is not folder_gone:
        kept = Negative(TAKE / "negative").last()
        assert kept
        assert kept.tick == (TICKS - 1 if trouble is no_processes else STRUCK - 2)
        assert not (TAKE / "film.mp4").exists()
        assert not list(Path("runs").rglob(f"{files.PART}*"))
    assert render().code == 0
    assert_same(peace)


@pytest.mark.parametrize("name", DEVELOPING)
def test_trouble_while_developing_leaves_the_negative_and_no_part_of_a_print(
    render: Render, peace: Mapping[str, bytes], children: list[subprocess.Popen[bytes]], name: str
) -> None:
    trouble, code, words = DEVELOPING[name]
    said = struck(trouble, shoot, "develop", 1, children, render)
    assert (said.code, words in said.words) == (code, True), said
    assert_one_message(said)
    if trouble is not folder_gone:
        left = contents()
        assert {path for path in peace if path.startswith("negative")} <= left.keys()
        assert left.items() <= peace.items(), "what is there is whole"
        assert not list(Path("runs").rglob(f"{files.PART}*"))
    assert render().code == 0
    assert_same(peace)


def assert_one_message(said: Said) -> None:
    assert len(said.words.strip().splitlines()) <= 2, said
    assert "fault of render" not in said.words
    assert "Error" not in said.words


def assert_same(peace: Mapping[str, bytes]) -> None:
    left = contents()
    assert sorted(left) == sorted(peace)
    assert [name for name, data in left.items() if data != peace[name]] == []


# ---- before anything is begun

NO_FFMPEG = {
    "is not there": None,
    "does not work": "#!/bin/sh\nexit 1\n",
    "says nothing": "#!/bin/sh\n",
    "lacks an encoder": "#!/bin/sh\necho 'ffmpeg version 9 of a bare sort'\necho ' V..... png  PNG'\n",
}


@pytest.mark.parametrize("what", NO_FFMPEG)
def test_an_ffmpeg_that_cannot_do_it_is_told_before_any_work(
    render: Render, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    program, text = Path("ffmpeg").absolute(), NO_FFMPEG[what]
    if text:
        program.write_text(text)
        program.chmod(0o700)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    answers = (ffmpeg._program, ffmpeg.encoders, ffmpeg.version)
    with ExitStack() as after:
        for answer in answers:
            answer.cache_clear()
            after.callback(answer.cache_clear)
        said = render()
    assert said.code == 3, said
    assert "film.yaml:6:" in said.words
    assert "ffmpeg" in said.words
    assert not Path("runs").exists()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told_before_any_work(render: Render) -> None:
    Path("runs").mkdir(mode=0o500)
    said = render()
    assert said.code == 3
    assert "cannot be written" in said.words


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB of its own, where the system lets us have one."""
    place = tmp_path / "runs"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root can mount a disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_is_really_full(render: Render, peace: Mapping[str, bytes], small_disk: Path) -> None:
    said = render()
    assert (said.code, "the disk is full" in said.words) == (5, True), said
    assert_one_message(said)
    kept = Negative(TAKE / "negative").last()
    assert kept
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert render().code == 0
    assert_same(peace)
