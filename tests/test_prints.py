"""Laws of prints: every row reads back with the right size, frames, rate and colour, and carries its configuration."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import raw
import tracks
from numpy.typing import NDArray
from outputs import Output
from PIL import Image

from render.config.model import Crop
from render.config.parts import formats
from render.develop import encode, ffmpeg, files, metadata, prints
from render.develop.formats import format_of, require
from render.errors import ConfigError, DevelopError, MissingError, RoomError
from render.source.sound_file import Sound

NTSC = Fraction(30000, 1001)
COLOUR = (200, 30, 60)
CONFIG = "name: x=y;# \\\n  'ü' \"q\"\n" * 300
FORMATS = formats().by_name
ALL = [(ending, format.name) for ending in formats().endings for format in formats().of(ending)]
ROWS = [row for row in ALL if not FORMATS[row[1]].hardware]
FILMS = [row for row in ROWS if not FORMATS[row[1]].still]
LOSSY = {"gif": 6, "webp": 6, "jpeg": 4, "webp_picture": 6}  # levels off; any other print is within 3
BARE = {".gif", ".webp", ".jpg", ".jpeg", ".tif", ".tiff", ".exr"}  # hold no configuration


def film(number: int, size: tuple[int, int]) -> Callable[[Fraction], Iterator[ffmpeg.Pixels]]:
    """The colour, and a white bar that moves down its left side."""

    def frames(_: Fraction) -> Iterator[ffmpeg.Pixels]:
        for i in range(number):
            frame = np.empty((size[1], size[0], 3), np.uint16)
            frame[:] = np.array(COLOUR) * 257
            frame[i * size[1] // number : (i + 1) * size[1] // number, : size[0] // 4] = 65535
            yield frame

    return frames


def develop(folder: Path, output: Output, number: int, size: tuple[int, int], fps: Fraction = NTSC) -> tuple[Path, list[str]]:
    (path,), notices = prints.develop([output], film(number, size), size, fps, folder, "x", CONFIG)
    return path, notices


def size_of(path: Path) -> tuple[int, int]:
    found = re.search(r"Video:.*?, (\d+)x(\d+)", described(path))
    assert found
    return int(found[1]), int(found[2])


def described(path: Path) -> str:
    command = [ffmpeg._program(), "-hide_banner", "-i", f"file:{path}"]
    return subprocess.run(command, capture_output=True, text=True).stderr


def linear(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """The light that sRGB numbers stand for (IEC 61966-2-1)."""
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


DEEP = {("x.png", "png16"): 0, ("x.tif", "auto"): 0, ("x.tiff", "auto"): 0, ("x.exr", "auto"): 1e-5}  # how far off, of 1


@pytest.mark.parametrize(("file", "codec"), DEEP, ids=str)
def test_pictures_for_compositing_keep_sixteen_bits(tmp_path: Path, file: str, codec: str) -> None:
    picture = np.arange(24 * 16 * 3, dtype=np.uint16).reshape(16, 24, 3) * 55 + 7
    prints.develop([Output(file, codec=codec)], lambda fps: iter([picture]), (24, 16), NTSC, tmp_path, "x", CONFIG)
    import av

    with av.open(str(tmp_path / file)) as container:
        frame = next(container.decode(video=0))
        deep = "gbrpf32le" if file.endswith("exr") else "rgb48le"
        read = frame.to_ndarray(format=deep).astype(np.float64)
    meant = linear(picture / 65535) if deep == "gbrpf32le" else picture
    assert frame.format.name.startswith("gbrpf32" if deep == "gbrpf32le" else "rgb48")
    assert np.abs(read - meant).max() <= DEEP[file, codec]


CLEAR = [(ending, codec) for ending, codec in ROWS if FORMATS[codec].alpha]
COARSE = {"vp9": 6, "webp": 8, "webp_picture": 8, "prores4444": 4}  # levels of 255 off; the others are within one


def clear_film(rate: Fraction, alpha: str, linear: bool) -> Iterator[ffmpeg.Pixels]:
    """A colour whose left third is clear and whose middle half so."""
    for _ in range(3):
        frame = np.full((32, 96, 4), 65535, np.uint16)
        frame[..., :3] = np.array(COLOUR) * 257
        frame[:, :32, 3], frame[:, 32:64, 3] = 0, 32768
        yield frame


def clear_pixels(path: Path, codec: str) -> NDArray[np.float64]:
    """The first picture of a file, [H, W, 4] of 0..1, as one who composites reads it."""
    import av

    decoder = {"vp9": "libvpx-vp9"}.get(codec)
    if codec == "webp":
        return np.asarray(Image.open(path).convert("RGBA")) / 255
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context: Any = av.CodecContext.create(decoder, "r") if decoder else stream.codec_context
        frame = next(frame for packet in container.demux(stream) for frame in context.decode(packet))
        if codec == "exr":
            return frame.to_ndarray(format="gbrapf32le").astype(np.float64)
        return frame.to_ndarray(format="rgba64le") / 65535


@pytest.mark.parametrize(("ending", "codec"), CLEAR, ids=str)
def test_alpha_reads_back(tmp_path: Path, ending: str, codec: str) -> None:
    """Colours are straight, but for OpenEXR's, which are light times alpha."""
    output = Output(f"x{ending}", codec=codec, alpha="dream")
    prints.develop([output], film(3, (96, 32)), (96, 32), NTSC, tmp_path, "x", CONFIG, cut_outs=clear_film)
    back, off = clear_pixels(tmp_path / f"x{ending}", codec), COARSE.get(codec, 1) / 255
    assert [float(np.median(back[:, column, 3])) for column in (16, 48, 80)] == pytest.approx([0, 0.5, 1], abs=off)
    meant = linear(np.array(COLOUR) / 255) if codec == "exr" else np.array(COLOUR) / 255
    for column, alpha in ((48, 0.5), (80, 1.0)):
        held = np.median(back[:, column, :3], axis=0)
        assert held == pytest.approx(meant * (alpha if codec == "exr" else 1), abs=off)


@pytest.mark.parametrize("name", ["x.png", "x.mov"])
def test_what_is_clear_does_not_bleed_when_it_is_made_smaller(tmp_path: Path, name: str) -> None:
    def frames(rate: Fraction, alpha: str, linear: bool) -> Iterator[ffmpeg.Pixels]:
        frame = np.zeros((64, 96, 4), np.uint16)
        frame[:, 43:] = (65535, 0, 0, 65535)
        frame[:, :43] = (0, 65535, 0, 0)  # green, and clear
        yield frame

    output = Output(name, width=48, alpha="dream")
    prints.develop([output], film(1, (96, 64)), (96, 64), NTSC, tmp_path, "x", "", cut_outs=frames)
    back = clear_pixels(tmp_path / name, format_of(output).name)
    edge = back[:, 20:23][back[:, 20:23, 3] > 0.1]
    assert len(edge)
    assert float(edge[:, 0].min()) > 0.9
    assert float(edge[:, 1].max()) < 0.1


def test_alpha_picks_a_codec_that_holds_it_and_names_those_that_do() -> None:
    assert format_of(Output("x.mov", alpha="dream")).name == "prores4444"
    assert format_of(Output("x.webm", alpha="mask")).name == "vp9"
    for output, words in (
        (Output("x.mp4", alpha="dream"), ".mp4 holds no alpha"),
        (Output("x.mov", codec="h264", alpha="dream"), "h264 holds no alpha"),
    ):
        with pytest.raises(ConfigError, match=words) as caught:
            require([output], "x")
        assert "prores4444" in str(caught.value.hint) or ".mov .mkv" in str(caught.value.hint)


CROPS = {"64x36": (64, 36), "1:1": (64, 64), "square": (64, 64), "9:16": (36, 64), "96x64": (96, 64)}


@pytest.mark.parametrize("size", CROPS)
@pytest.mark.parametrize("ending", [".png", ".mkv"])
def test_a_crop_shows_what_is_there(tmp_path: Path, size: str, ending: str) -> None:
    """Its middle where it is asked for, as near as the edges let it come."""
    picture = np.zeros((64, 96, 3), np.uint16)
    picture[:] = np.arange(96)[None, :, None] * 257
    picture[..., 1] = np.arange(64)[:, None] * 257
    across, down = CROPS[size]
    for at in ((0.5, 0.5), (0.0, 1.0), (0.4, 0.45)):
        output = Output(
            f"x{ending}", crop=Crop.model_validate({"size": size, "at": at}), codec="ffv1" if ending == ".mkv" else "auto"
        )
        prints.develop([output], lambda fps: iter([picture]), (96, 64), NTSC, tmp_path, "x", "")
        (back,) = raw.read(tmp_path / f"x{ending}", (across, down), "rgb24")
        left, top = back[0, 0, 0], back[0, 0, 1]
        assert left == min(max(round(at[0] * 96 - across / 2), 0), 96 - across)
        assert top == min(max(round(at[1] * 64 - down / 2), 0), 64 - down)
        assert (back == picture[top : top + down, left : left + across] // 257).all()


def test_a_crop_larger_than_the_film_is_refused_and_a_width_is_of_what_it_shows(tmp_path: Path) -> None:
    large = Output("x.mp4", crop=Crop.model_validate("100x20"))
    with pytest.raises(ConfigError, match="its crop is 100x20, and the film 96x64"):
        require([large], "x", (96, 64))
    path, _ = develop(tmp_path, Output("x.mp4", crop=Crop.model_validate("1:1"), width=32), 2, (96, 64))
    assert size_of(path) == (32, 32)


def test_a_height_and_a_bitrate_are_kept(tmp_path: Path) -> None:
    path, notices = develop(tmp_path, Output("x.mp4", height=72), 3, (256, 144))
    assert (size_of(path), notices) == ((128, 72), [])
    small, large = (develop(tmp_path, Output(f"{rate}.mp4", bitrate=rate), 20, (256, 144))[0] for rate in (20_000, 2_000_000))
    assert small.stat().st_size <= large.stat().st_size


CONTRARY = {
    "has a width and a height": Output("x.mp4", width=64, height=36),
    "prores has no bitrate": Output("x.mov", codec="prores", bitrate=10**6),
    "has a bitrate and a crf": Output("x.mp4", bitrate=10**6, crf=18),
    "has a bitrate and a size_limit": Output("x.mp4", bitrate=10**6, size_limit=10**6),
}


@pytest.mark.parametrize("words", CONTRARY)
def test_what_decides_the_same_is_not_given_twice(tmp_path: Path, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        require([CONTRARY[words]], "x")


@pytest.mark.parametrize("size", [(64, 36), (75, 41)], ids=str)
@pytest.mark.parametrize(("ending", "codec"), ROWS, ids=str)
def test_every_print_reads_back(tmp_path: Path, ending: str, codec: str, size: tuple[int, int]) -> None:
    path, notices = develop(tmp_path, Output("{name}" + ending, codec=codec), 9, size)
    row = FORMATS[codec]
    shape = (size[0] - size[0] % 2, size[1] - size[1] % 2) if row.even else size
    assert path == tmp_path / f"x{ending}"
    assert os.listdir(tmp_path) == [path.name]
    assert size_of(path) == shape
    frames = list(raw.read(path, shape, "rgb24"))
    assert len(frames) == (1 if row.still else 9)
    colour = np.median(frames[-1][:, shape[0] // 2 :].reshape(-1, 3), axis=0)
    meant = linear(np.array(COLOUR) / 255) * 255 if codec == "exr" else np.array(COLOUR)
    assert np.abs(colour - meant).max() <= LOSSY.get(codec, 3)
    assert ending in BARE or metadata.embedded_config(path) == CONFIG
    assert any("even sizes" in notice for notice in notices) == (shape != size)
    if not row.still:
        seconds = sum(ffmpeg._packets(path, path))
        rate = min(NTSC, row.usual_fps or NTSC)
        assert abs(float(seconds * rate) - 9) < 0.35  # gif counts hundredths, webm thousandths of a second


@pytest.mark.parametrize(("ending", "codec"), FILMS, ids=str)
def test_one_frame_is_a_film_too(tmp_path: Path, ending: str, codec: str) -> None:
    path, _ = develop(tmp_path, Output(f"x{ending}", codec=codec), 1, (32, 32))
    assert ffmpeg.count(path) == 1


def packets(path: Path) -> list[str]:
    """When each packet of a film's pictures and sound is due, and its checksum."""
    command = [ffmpeg._program(), "-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "framecrc", "-"]
    return [line for line in subprocess.check_output(command, text=True).splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".webm"])
def test_another_configuration_in_a_film_changes_nothing_else(tmp_path: Path, ending: str) -> None:
    silent, _ = develop(tmp_path, Output("{name}" + ending), 9, (64, 36))
    heard, part = tmp_path / f"heard{ending}", tmp_path / f"part{ending}"
    sound = ("-f", "lavfi", "-i", "sine=duration=0.3", "-c:v", "copy", "-map_metadata", "0", "-movflags", "use_metadata_tags")
    subprocess.run([ffmpeg._program(), "-v", "error", "-i", silent, *sound, heard], check=True)
    metadata.republish(heard, part, "y", "name: y\n")
    assert len(packets(part)) > 12
    assert packets(part) == packets(heard)
    assert (metadata.embedded_config(heard), metadata.embedded_config(part)) == (CONFIG, "name: y\n")
    assert CONFIG[:9].encode() not in part.read_bytes()


@pytest.mark.parametrize("ending", [".mp4", ".mov"])
def test_the_rate_is_exact(tmp_path: Path, ending: str) -> None:
    path, _ = develop(tmp_path, Output(f"x{ending}"), 30, (64, 36))
    assert set(ffmpeg._packets(path, path)) == {1 / NTSC}
    assert "bt709" in described(path)


@pytest.mark.parametrize("ending", [".mp4", ".gif", ".png", ".webm"])
def test_a_width_of_its_own(tmp_path: Path, ending: str) -> None:
    path, _ = develop(tmp_path, Output(f"x{ending}", width=48), 3, (96, 64))
    assert size_of(path) == (48, 32)


@pytest.mark.parametrize(("ending", "smallest"), [(".gif", 4000), (".mp4", 6000), (".webp", 4000)])
def test_a_size_limit_is_met_and_told(tmp_path: Path, ending: str, smallest: int) -> None:
    grain = np.random.default_rng(0).integers(0, 256, (6, 90, 160, 3), dtype=np.uint8)
    limited = Output(f"x{ending}", size_limit=smallest * 5)
    (path,), notices = prints.develop([limited], lambda _: grain, (160, 90), NTSC, tmp_path, "x", "")
    assert path.stat().st_size <= smallest * 5
    assert "size limit" in notices[0]
    assert ffmpeg.count(path) == 6
    impossible = Output(f"x{ending}", size_limit=100)
    with pytest.raises(DevelopError):
        prints.develop([impossible], lambda _: grain, (160, 90), NTSC, tmp_path, "x", "")
    assert os.listdir(tmp_path) == [path.name]  # the one that was there


def test_a_sequence_appears_at_once_and_in_order(tmp_path: Path) -> None:
    output = Output("shots/{name}-{frame:04}.png", codec="png16")

    def frames(_: Fraction) -> Iterator[ffmpeg.Pixels]:
        for i in range(12):
            assert not list(tmp_path.glob("shots/x-*"))
            yield np.full((4, 6, 3), i * 1000, np.uint16)

    (path,), _ = prints.develop([output], frames, (6, 4), NTSC, tmp_path, "x", CONFIG)
    assert path == tmp_path / "shots/x-0000.png"
    assert sorted(os.listdir(tmp_path / "shots")) == [f"x-{i:04}.png" for i in range(12)]
    assert metadata.embedded_config(tmp_path / "shots/x-0011.png") == CONFIG
    (back,) = raw.read(tmp_path / "shots/x-0011.png", (6, 4), "rgb48le")
    assert np.all(back == 11000)


def test_a_picture_of_a_long_film_is_its_last_frame(tmp_path: Path) -> None:
    path, notices = develop(tmp_path, Output("x.png"), 4, (16, 16))
    assert np.asarray(Image.open(path))[-1, 0].tolist() == [255, 255, 255]
    assert "last frame" in notices[0]


def test_outputs_of_one_rate_share_the_frames(tmp_path: Path) -> None:
    rates: list[Fraction] = []

    def frames(rate: Fraction) -> Iterator[ffmpeg.Pixels]:
        rates.append(rate)
        return film(4, (32, 32))(rate)

    outputs = [Output("a.mp4"), Output("b.gif"), Output("c.webm", fps=Fraction(60)), Output("d.mkv")]
    prints.develop(outputs, frames, (32, 32), NTSC, tmp_path, "x", "")
    assert rates == [Fraction(60), NTSC, Fraction(25)]
    assert sorted(os.listdir(tmp_path)) == ["a.mp4", "b.gif", "c.webm", "d.mkv"]


def test_a_rate_whose_frames_are_among_another_s_takes_those(tmp_path: Path) -> None:
    asked = {"a.gif": 10, "b.mkv": 30, "c.mkv": 15, "d.mkv": 20}
    rates: list[Fraction] = []

    def frames(rate: Fraction) -> Iterator[ffmpeg.Pixels]:
        rates.append(rate)
        return film(int(rate), (32, 32))(rate)

    def every(fine: Fraction, coarse: Fraction) -> int:
        return int(fine / coarse) if fine % coarse == 0 else 0

    outputs = [Output(name, fps=Fraction(rate), codec="auto" if name == "a.gif" else "ffv1") for name, rate in asked.items()]
    prints.develop(outputs, frames, (32, 32), Fraction(30), tmp_path, "x", "", ratio=every)
    assert rates == [30, 20]
    seen = {name: list(raw.read(tmp_path / name, (32, 32), "rgb24")) for name in asked}
    assert {name: len(shown) for name, shown in seen.items()} == asked
    assert all((a == b).all() for a, b in zip(seen["c.mkv"], seen["b.mkv"][::2], strict=True))


@pytest.mark.parametrize(
    ("name", "asked", "shown"), [("x.gif", 60, 50), ("x.gif", 100, 50), ("x.gif", 50, 50), ("x.webp", 120, 90)]
)
def test_no_faster_than_players_show_it(tmp_path: Path, name: str, asked: int, shown: int) -> None:
    """A delay of under 20 ms in a GIF, of under 11 in a WebP, is shown as 100 ms."""

    def frames(rate: Fraction) -> Iterator[ffmpeg.Pixels]:
        return film(int(rate) // 10, (32, 32))(rate)

    output = Output(name, fps=Fraction(asked))
    (path,), notices = prints.develop([output], frames, (32, 32), Fraction(asked), tmp_path, "x", "")
    with Image.open(path) as picture:
        assert min(delays(picture)) >= 11
        assert sum(delays(picture)) == pytest.approx(100, abs=20)
    said = f"{name} has {shown} frames a second, the most that {path.suffix} can show"
    assert notices == ([said] if asked > shown else [])


def delays(picture: Image.Image) -> list[int]:
    """Milliseconds for which each frame is shown."""
    count = getattr(picture, "n_frames", 1)
    found = []
    for number in range(count):
        picture.seek(number)
        picture.load()
        found.append(int(picture.info["duration"]))
    return found


@pytest.mark.parametrize("size", [(400, 225), (1920, 1080), (20, 8000)], ids=str)
@pytest.mark.parametrize("number", [1, 150, 100_000])
def test_a_palette_is_chosen_from_as_many_pixels_as_it_needs(size: tuple[int, int], number: int) -> None:
    scale = encode._sampling(size, number)
    assert bool(scale) == (size[0] * size[1] * number > encode.SAMPLE)
    if scale:
        width, height = map(int, scale.removeprefix("scale=").split(":")[:2])
        assert width == 1 or 0.25 * encode.SAMPLE < width * height * number <= encode.SAMPLE


@pytest.mark.parametrize("name", ["x.mp4", "x.gif", "x.png", "s/{frame}.png"])
def test_a_failure_leaves_no_print(tmp_path: Path, name: str) -> None:
    def broken(rate: Fraction) -> Iterator[ffmpeg.Pixels]:
        yield from film(3, (32, 32))(rate)
        raise MemoryError

    with pytest.raises(MemoryError):
        prints.develop([Output(name)], broken, (32, 32), NTSC, tmp_path, "x", "")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


FULL = {"x.mp4": {}, "y.mp4": {"size_limit": "1MB"}, "x.gif": {}, "x.png": {}, "s/{frame}.png": {}}


@pytest.mark.skipif(sys.platform == "win32", reason="limits")
@pytest.mark.parametrize("room", [0, 200, 4000, 12_000])  # bytes: metadata, a copy, a palette or the film itself is too much
@pytest.mark.parametrize("name", FULL)
def test_a_full_disk_is_told_by_the_name_that_was_asked_for(tmp_path: Path, name: str, room: int) -> None:
    """Whatever file beside it was too much."""
    noise = np.random.default_rng(0).integers(0, 65536, (4, 64, 64, 3), dtype=np.uint16)
    track = tracks.wav(tmp_path / "track.wav", tracks.metronome(120, 1))
    sound = Sound(track, Fraction(1, 4), Fraction(1, 2))  # from its middle: it is decoded beside the film
    output, heard = Output(name, **FULL[name]), sound if name == "x.mp4" else None
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(RoomError) as error:
            prints.develop([output], lambda rate: iter(noise), (64, 64), Fraction(8), tmp_path, "x", CONFIG, heard)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(error.value) == files.full(tmp_path / name)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["track.wav"]


@pytest.mark.parametrize("ending", [".mp4", ".gif", ".mkv", ".webm", ".png"])
def test_the_same_frames_make_the_same_bytes(tmp_path: Path, ending: str) -> None:
    once, _ = develop(tmp_path / "a", Output(f"x{ending}"), 20, (64, 64))
    again, _ = develop(tmp_path / "b", Output(f"x{ending}"), 20, (64, 64))
    assert once.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (Output("x.avi"), "known: .mp4"),
        (Output("x.webm", codec="h264"), "can hold: vp9"),
        (Output("x.gif", crf=20), "no crf"),
        (Output("x.mp4", crf=60), "worst of h264, 51"),
        (Output("{frame}.mp4"), "a whole film"),
        (Output("../x.mp4"), "inside the film's folder"),
        (Output("/tmp/x.mp4"), "inside the film's folder"),
        (Output("{name.__class__}.mp4"), "can be filled in"),
        (Output("{frame}/{frame}.png"), "can be filled in"),
        (Output("x.png", size_limit=5), "not for single pictures"),
        (Output(f"{'夢' * 84}.mp4"), "its name has 256 bytes, and a file's has 255 at most"),
        (Output(f"{'x' * 240}{{frame:020}}.png"), "its name has 264 bytes"),
    ],
    ids=lambda value: getattr(value, "file", None),
)
def test_what_cannot_be_is_refused_before_any_work(output: Output, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        require([output], "x")


def test_two_prints_of_one_name_and_missing_encoders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="two outputs"):
        require([Output("x.mp4"), Output("{name}.mp4")], "x")
    monkeypatch.setattr(ffmpeg, "encoders", lambda: frozenset({"gif"}))
    require([Output("x.png")], "x")
    with pytest.raises(MissingError, match="no encoder libx264"):
        require([Output("x.mp4")], "x")
    with pytest.raises(MissingError, match="no encoder ffv1, which it needs besides"):
        require([Output("x.gif")], "x")


def test_encoders_of_pictures_and_of_sound_are_asked_for_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    present = ffmpeg.encoders()
    monkeypatch.setattr(ffmpeg, "encoders", lambda: present - {"aac"})
    require([Output("x.mp4")], "x")
    with pytest.raises(MissingError, match="no encoder aac"):
        require([Output("x.mp4")], "x", has_sound=True)
    monkeypatch.setattr("render.develop.formats._pyav_encodes", lambda encoder: False)
    monkeypatch.setattr("cv2.haveImageWriter", lambda name: False)
    for name, encoder in (("x.exr", "exr"), ("x.tif", "tiff"), ("x.png", ".png"), ("{frame}.webp", ".webp")):
        with pytest.raises(MissingError, match=f"has no encoder {encoder}"):
            require([Output(name)], "x")


@pytest.mark.parametrize(("ending", "codec"), [row for row in ALL if row not in ROWS], ids=str)
def test_hardware_is_used_where_it_is_and_asked_for_before_any_work(tmp_path: Path, ending: str, codec: str) -> None:
    asked = Output(f"x{ending}", codec=codec)
    if ffmpeg.finds_hardware(FORMATS[codec].encoder):
        path, _ = develop(tmp_path, asked, 9, (256, 144))
        assert ffmpeg.count(path) == 9
    else:
        with pytest.raises(MissingError, match="needs an NVIDIA card, and finds none"):
            require([asked], "x")


def test_what_is_at_hand_is_found_by_trying() -> None:
    assert ffmpeg.finds_hardware("libx264")
    assert not ffmpeg.finds_hardware("no_such_encoder")
