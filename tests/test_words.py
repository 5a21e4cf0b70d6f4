"""Laws of other libraries' words: whatever a library raises over a file from outside, the person gets a sentence of ours."""

from __future__ import annotations

import ast
import errno
import json
import os
import pickle
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import av
import heif
import numpy as np
import pytest
import requests
import takes
import tiny
import torch
import tracks
import yaml
from clips import clip, plain
from PIL import Image, ImageCms, UnidentifiedImageError
from safetensors import SafetensorError
from test_weights import caffemodel

import render
from render.config.deforum import read_settings
from render.construct import build
from render.develop.metadata import embedded_config
from render.develop.record import read_record
from render.develop.whereabouts import locate_files
from render.dream import weights as weights_of
from render.dream.registry import load as load_network
from render.errors import MissingError
from render.facts import load
from render.many import sweep
from render.show.exhibits import find_exhibits
from render.show.gallery import write_page
from render.show.terminal import report_failure
from render.studio import mending, sockets
from render.studio.jobs import Jobs
from render.weights import cache, store
from render.weights.catalogue import Weights
from render.weights.fetch import Part

HOUSE = Path(render.__file__).parent
SAYS = "the library's own words 0x7f"  # what every exception here says, and no person reads

# ---- what libraries raise, by their sources


def of(*kinds: type[BaseException]) -> tuple[BaseException, ...]:
    return tuple(kind(SAYS) for kind in kinds)


BAD_UTF8 = UnicodeDecodeError("utf-8", b"\xff", 0, 1, SAYS)
DISK = tuple(OSError(number, os.strerror(number)) for number in (errno.EIO, errno.EACCES, errno.ENOENT))  # the system's words
PYTHON = of(
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, EOFError, RuntimeError, NotImplementedError
)
PYTHON += (*of(MemoryError, RecursionError, ZeroDivisionError, AssertionError, struct.error, zlib.error), BAD_UTF8)
PILLOW = (*PYTHON, *of(OSError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError), *DISK)
PROFILES = of(ImageCms.PyCMSError, OSError, ValueError, TypeError)
FFMPEG_KINDS = sorted(
    {kind for kind in vars(av.error).values() if isinstance(kind, type) and issubclass(kind, av.FFmpegError)}, key=str
)
FFMPEG = tuple(kind(22, SAYS, SAYS) for kind in FFMPEG_KINDS) + of(ValueError, NotImplementedError, MemoryError) + (BAD_UTF8,)
PICKLE = (*PYTHON, *of(pickle.UnpicklingError), *DISK)
ZIP = (*of(zipfile.BadZipFile, NotImplementedError, RuntimeError, zipfile.LargeZipFile, zlib.error, ValueError), *DISK)
SAFETENSORS = (*of(SafetensorError, MemoryError, TypeError, ValueError, RuntimeError), *DISK)
LIBROSA = (*PYTHON, *of(Exception))  # its ParameterError is one; so are numba's
REQUESTS = of(
    *(requests.exceptions.SSLError, requests.exceptions.ProxyError, requests.exceptions.ReadTimeout, requests.ConnectionError),
    *(requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError, requests.TooManyRedirects),
    *(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.RequestException),
)
YAML = of(yaml.YAMLError, ValueError, RecursionError, OverflowError)
JSON = (json.JSONDecodeError(SAYS, "", 0), *of(ValueError, RecursionError, MemoryError))
PROCESS = (
    *of(ValueError),
    *DISK,
    *(OSError(number, os.strerror(number)) for number in (errno.EAGAIN, errno.ENOMEM, errno.E2BIG)),
)

# ---- where libraries are called with something from outside


@dataclass(frozen=True)
class Call:
    """A row: where the library's function is patched, what a film must do to get there, and what it may raise."""

    patch: str
    reach: Callable[[], object]
    raises: tuple[BaseException, ...]


def film(text: str) -> Callable[[], object]:
    """Reads a film of these settings, and makes its first picture, as `render check` does and a little more."""

    def reach() -> object:
        Path("film.yaml").write_text(f"size: 32x24\nfps: 10\nduration: 1s\n{text}")
        built = build(load("film.yaml"), tiny.CPU)
        return built.scene.picture(built.scene.clock.tick(0))

    return reach


PHOTO, VIDEO = film("source: {image: photo.png}\n"), film("source: {video: street.mkv}\n")
STILLS = film("source: {frames: photo.png}\n")


def weights(file: str) -> Callable[[], object]:
    return lambda: load_network("squeezenet1_1", Path(file), tiny.CPU)


TAKE = Path("runs/garden/take-001")
NOWHERE = Weights("squeezenet1_1", "w.pth", ("https://nowhere.invalid/w.pth",), 10, "0" * 64, "none", "squeezenet1_1", None)
BEAT = film("audio: {file: beat.wav, bpm: auto, features: {level: onsets}}\nmotion: {zoom: 1 + 0.1*level}\n")


CALLS: dict[tuple[str, str], Call | str] = {  # (file, call): a row, or whose words it hears if nobody's from outside
    ("source/image.py", "Image.open"): Call("PIL.Image.open", PHOTO, PILLOW),
    ("source/srgb.py", "ImageCms.ImageCmsProfile"): Call("PIL.ImageCms.ImageCmsProfile", PHOTO, PROFILES),
    ("source/srgb.py", "ImageCms.createProfile"): "makes sRGB, of nothing",
    ("source/srgb.py", "ImageCms.profileToProfile"): Call("PIL.ImageCms.profileToProfile", PHOTO, PROFILES),
    ("source/decoder.py", "av.open"): Call("av.open", VIDEO, FFMPEG),
    ("source/decoder.py", "container.demux"): "test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence",
    ("source/decoder.py", "packet.decode"): "test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence",
    ("source/planes.py", "np.frombuffer"): Call("numpy.frombuffer", VIDEO, of(ValueError, MemoryError)),
    ("source/planes.py", "VideoReformatter().reformat"): Call("render.source.planes.VideoReformatter", VIDEO, FFMPEG),
    ("source/decoder.py", "Graph"): Call("render.source.decoder.Graph", film("source: {video: woven.mkv}\n"), FFMPEG),
    ("source/soundtrack.py", "av.AudioResampler"): Call("av.AudioResampler", BEAT, FFMPEG),
    ("source/sound_file.py", "av.open"): Call("av.open", film("audio: {file: beat.wav}\n"), FFMPEG),
    ("source/sound_file.py", "container.demux"): "test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence",
    ("source/soundtrack.py", "container.demux"): "test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence",
    ("source/soundtrack.py", "packet.decode"): "test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence",
    ("source/beat.py", "_librosa().feature.tempo"): Call("librosa.feature.tempo", BEAT, LIBROSA),
    ("source/beat.py", "_librosa().onset.onset_detect"): Call("librosa.onset.onset_detect", BEAT, LIBROSA),
    ("source/beat.py", "_librosa().onset.onset_strength"): Call("librosa.onset.onset_strength", BEAT, LIBROSA),
    ("source/webp.py", "Image.open"): Call("PIL.Image.open", film("source: {video: moving.webp}\n"), PILLOW),
    ("source/webp.py", "av.open"): Call("av.open", film("source: {video: moving.webp}\n"), FFMPEG),
    ("config/deforum.py", "json.loads"): Call("json.loads", lambda: read_settings('{"W": 64}'), JSON),
    ("source/heic.py", "container.demux"): "test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence",
    ("source/heic.py", "packet.decode"): "test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence",
    ("source/heic.py", "av.open"): Call("av.open", film("source: {image: phone.heic}\n"), FFMPEG),
    ("config/nodes.py", "yaml.dump"): "writes what was read",
    ("config/nodes.py", "yaml.parse"): Call("yaml.parse", film(""), YAML),
    ("config/parseq.py", "json.loads"): Call("json.loads", film("schedule: moves.json\n"), JSON),
    ("config/check.py", "Settings.model_validate"): "test_accidents: ten thousand of them",
    ("dream/weights.py", "safe_open"): Call("render.dream.weights.safe_open", weights("w.safetensors"), SAFETENSORS),
    ("dream/pickles.py", "ZipFile"): Call("render.dream.pickles.ZipFile", weights("w.pth"), ZIP),
    ("dream/pickles.py", "pickletools.genops"): Call("pickletools.genops", weights("w.pth"), PICKLE),
    ("dream/pickles.py", "torch.frombuffer"): Call("torch.frombuffer", lambda: weights_of.tensors(Path("w.pth")), PYTHON),
    ("dream/caffe.py", "np.frombuffer"): Call("numpy.frombuffer", lambda: weights_of.tensors(Path("w.caffemodel")), PYTHON),
    ("dream/graphdef.py", "np.frombuffer"): "within what reads published weights, as a pickle",
    ("weights/cache.py", "ZipFile"): Call(
        "render.weights.cache.ZipFile", lambda: cache.unpack(Path("w.pth"), Path("to/w.pth"), NOWHERE), ZIP
    ),
    ("weights/cache.py", "json.loads"): Call("json.loads", lambda: cache._read(Path("moves.json")), JSON),
    ("weights/fetch.py", "json.loads"): Call(
        "json.loads", lambda: Part(Path("moves")).validator("https://nowhere.invalid"), JSON
    ),
    ("weights/fetch.py", "requests.get"): Call(
        "requests.get",
        lambda: store._fetch(NOWHERE, Path("to/w.pth"), store.say_nothing, lambda here, total: None),
        REQUESTS,
    ),
    ("develop/ffmpeg.py", "subprocess.Popen"): Call("subprocess.Popen", lambda: embedded_config(Path("street.mkv")), PROCESS),
    ("develop/reel.py", "SourceSettings.model_validate"): "a setting of ours",
    ("cli/target.py", "OutputSettings.model_validate"): "settings that were read before; its name is refused before",
    ("develop/placement.py", "OutputSettings.model_validate"): "test_cli: print with settings that cannot be",
    ("develop/stills.py", "cv2.imencode"): "writes pictures of ours; memory that ends is test_trouble's",
    ("develop/take.py", "json.loads"): "what was written as JSON a moment before",
    ("develop/takes.py", "json.loads"): "what was written as JSON a moment before",
    ("develop/record.py", "json.loads"): Call("json.loads", lambda: read_record(TAKE), JSON),
    ("develop/whereabouts.py", "yaml.safe_load"): Call("yaml.safe_load", lambda: locate_files(TAKE, "{}", "."), YAML),
    ("show/exhibits.py", "yaml.safe_load"): Call("yaml.safe_load", lambda: find_exhibits([TAKE]), YAML),
    ("show/gallery.py", "yaml.safe_load"): "what exhibits.py read a moment before",
    ("show/exhibits.py", "Image.open"): Call(
        "PIL.Image.open", lambda: write_page(find_exhibits([TAKE])[0], Path("site")), PILLOW
    ),
    ("many/sweep.py", "Image.open"): Call("PIL.Image.open", lambda: sweep._poster(TAKE), PILLOW),
    ("studio/door.py", "json.loads"): "test_studio_door: messages that are none",
    ("studio/jobs.py", "subprocess.Popen"): Call("render.studio.jobs.subprocess.Popen", lambda: work_on_a_job(), PROCESS[1:]),
    ("studio/jobs.py", "json.loads"): "a line that is no progress is words of the job",
    ("studio/pictures.py", "OutputSettings.model_validate"): "a setting of ours",
    ("studio/protocol.py", "json.loads"): "a message of ours",
    ("studio/sockets.py", "json.loads"): Call("json.loads", lambda: sockets._parse('{"type": "hold"}'), JSON),
    ("studio/mending.py", "json.loads"): Call("json.loads", lambda: list(mending._lines(Path("moves.json"))), JSON),
    ("api.py", "load_file"): "facts.load, of this house",
}


def work_on_a_job() -> None:
    """A flight's render, begun by the studio: raises if its thread does not live on to say why it failed."""
    jobs = Jobs(Path("runs"), lambda message: None)
    jobs.add(Path("film.yaml"), "flight", "source", "final")
    for _ in range(500):
        if jobs.jobs[1].stage == "failed":
            break
        sleep(0.01)
    jobs.close()
    assert jobs.jobs[1].stage == "failed"
    raise MissingError(jobs.jobs[1].text)


LIBRARY = re.compile(
    r"(Graph|VideoReformatter\(\)\.reformat|av\.AudioResampler|Image\.open|ImageOps\.\w+|ImageCms\.\w+|av\.open|\w+\.demux|packet\.decode|safe_open|load_file|pickletools\.\w+|pickle\.loads?"
    r"|ZipFile|yaml\.\w+|json\.loads?|(librosa|_librosa\(\))(\.\w+)+|soundfile\.\w+|sf\.\w+|cv2\.im(read|decode|encode)|subprocess\.\w+"
    r"|requests\.(get|post|Session)|\w+\.model_validate|np\.(load|loadtxt|genfromtxt|frombuffer|fromfile)|torch\.(load|frombuffer))"
)


def library_calls(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and LIBRARY.fullmatch(name := ast.unparse(node.func)):
            yield name


def test_every_call_of_a_library_has_its_row() -> None:
    files = [*HOUSE.rglob("*.py")]
    found = {(str(path.relative_to(HOUSE)), call) for path in files for call in library_calls(path.read_text(encoding="utf-8"))}
    assert found - {*CALLS} == set(), "say here what the library may raise there, or why nobody hears it"
    assert {*CALLS} - found == set()
    assert [*library_calls("with suppress(OSError):\n    return torch.load(path)")] == ["torch.load"], "the law can fail"


def name_of(request: pytest.FixtureRequest) -> str:
    """The row that a test is about."""
    return str(getattr(request.node, "callspec", None) and request.node.callspec.params.get("name", ""))


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_network: None, request: pytest.FixtureRequest) -> None:
    """A folder with a photo, footage, music, weights and a table, all of them good."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (32, 24), (200, 30, 60)).save("photo.png", icc_profile=profile)
    clip(tmp_path / "street.mkv", plain(3, (24, 32)), fps="10")
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, "w.pth")
    Path("w.caffemodel").write_bytes(caffemodel({"a.weight": torch.zeros(1, 1, 1, 1), "a.bias": torch.zeros(1)}))
    Path("w.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    Path("moves.json").write_text('{"rendered_frames": [{"frame": 0, "zoom": 1.1}]}')
    tracks.wav(Path("beat.wav"), tracks.metronome(120, 3))
    first, *others = [Image.new("RGB", (32, 24), (200, 30, number)) for number in range(12)]
    first.save("moving.webp", save_all=True, append_images=others, duration=100, lossless=True)
    if name_of(request).endswith("heic.py: av.open"):
        heif.heic(Path("phone.heic"), np.full((64, 64, 3), 90, np.uint8))
    if "tiles.heic" in request.node.name:
        heif.heic(Path("tiles.heic"), np.full((64, 128, 3), 90, np.uint8), grid=(1, 2))
    if name_of(request).endswith("Graph"):
        clip(Path("woven.mkv"), plain(3, (24, 32)), "-c:v mpeg2video -flags +ilme+ildct", fps="25")
    if any(word in name_of(request) for word in ("record", "take", "whereabouts", "exhibits", "sweep")):
        takes.finished(Path("runs"))


ROWS = {f"{file}: {call}": row for (file, call), row in CALLS.items() if isinstance(row, Call)}


EXTENT = pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["a few", "all"])


def some(errors: tuple[BaseException, ...], few: bool) -> tuple[BaseException, ...]:
    """All of them, or four from every part of the list."""
    return errors[:: max(1, len(errors) // 4)] if few else errors


@EXTENT
@pytest.mark.parametrize("name", ROWS)
@pytest.mark.usefixtures("inputs")
def test_whatever_a_library_raises_the_person_gets_a_sentence(
    name: str, few: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    row, wrong = ROWS[name], list[str]()
    for error in some(row.raises, few):
        raised = list[object]()

        def fail(*_: Any, error: BaseException = error, raised: list[object] = raised, **__: Any) -> Any:
            raised.append(error)
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(row.patch, fail)
            code, words = outcome(row.reach, capfd)
        if not raised:
            wrong.append(f"{type(error).__name__}: is never reached")
        if code == 1 or [bad for bad in (SAYS, "fault of render", type(error).__name__, "Errno") if bad in words]:
            wrong.append(f"{type(error).__name__}: {code}, {words}")
    assert wrong == []


def outcome(reach: Callable[[], object], capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code, and what the person reads."""
    capfd.readouterr()
    code = 0
    try:
        reach()
    except Exception as error:
        code = report_failure(error)
    return code, capfd.readouterr().err


class Faltering:
    """A container whose packets, or whose pictures, cannot be had after the first."""

    def __init__(self, container: Any, error: BaseException, where: str) -> None:
        self._container, self._error, self._where = container, error, where

    def __enter__(self) -> Faltering:
        self._container.__enter__()
        return self

    def __exit__(self, *details: Any) -> Any:
        return self._container.__exit__(*details)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def demux(self, *streams: Any) -> Iterator[Any]:
        for number, packet in enumerate(self._container.demux(*streams)):
            if number and self._where == "demux":
                raise self._error
            yield Undecoded(packet, self._error) if number and self._where == "decode" else packet


class Undecoded:
    def __init__(self, packet: Any, error: BaseException) -> None:
        self._packet, self._error = packet, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._packet, name)

    def decode(self) -> Any:
        raise self._error


MID_FILM = {
    "street.mkv": "source: {{video: {file}}}\n",
    "beat.wav": "audio: {{file: {file}, features: {{level: rms}}}}\n",
    "tiles.heic": "source: {{image: {file}}}\n",
}


@EXTENT
@pytest.mark.parametrize("where", ["demux", "decode"])
@pytest.mark.parametrize("file", MID_FILM)
@pytest.mark.usefixtures("inputs")
def test_whatever_ffmpeg_says_in_mid_film_is_a_flaw_or_a_sentence(
    file: str, where: str, few: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real, wrong = av.open, list[str]()
    for number, error in enumerate(some((*FFMPEG, *DISK), few)):
        again = shutil.copy(file, f"{number}-{file}")  # what is known of a file is kept
        with monkeypatch.context() as patch:
            patch.setattr(av, "open", lambda *all_of, error=error, **more: Faltering(real(*all_of, **more), error, where))
            code, words = outcome(film(MID_FILM[file].format(file=again)), capfd)
        flaw = code == 0 and isinstance(error, av.FFmpegError)
        if not (flaw or code == 3) or SAYS in words or "fault of render" in words:
            wrong.append(f"{type(error).__name__}: {code}, {words}")
    assert wrong == []
