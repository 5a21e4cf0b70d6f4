"""Laws of footage: a moment shows the picture nearest to it, however it is asked; every sort of file comes out as it looks."""

from __future__ import annotations

import errno
import io
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from clips import RED, clip, counted, ffmpeg, number, plain
from numpy.typing import NDArray

from render.config import load_text
from render.errors import ConfigError, MissingError, RenderError
from render.moment import Clock
from render.source import Source
from render.source.footage import Footage, probe
from render.source.video import hlg, pq, video

NTSC = Fraction(30000, 1001)


def clock_of(footage: Footage, fps: Fraction | None = None) -> Clock:
    fps = fps or footage.fps
    return Clock(fps, max(1, round(footage.seconds * fps)), Fraction(8), on_frames=True)


def shown(footage: Footage, fit: str = "stretch", size: tuple[int, int] | None = None) -> Source:
    return video(footage, fit, size or footage.size)


def numbers(footage: Footage, fps: Fraction | None = None) -> list[int]:
    """The numbers on the pictures of the film that the footage is."""
    clock, source = clock_of(footage, fps), shown(footage)
    return [number(source.at(clock.frame(i))) for i in range(clock.frames)]


# ---- time

CONTAINERS = {
    "h264.mp4": "",
    "b_frames.mp4": "-c:v libx264 -bf 3 -g 12 -crf 10",
    "fragments.mp4": "-c:v libx264 -bf 2 -g 12 -crf 10 -movflags frag_keyframe+empty_moov",
    "h264.mkv": "-c:v libx264 -bf 3 -g 12 -crf 10",
    "vp9.webm": "-c:v libvpx-vp9 -g 12 -crf 10 -b:v 0 -deadline realtime -auto-alt-ref 1 -lag-in-frames 10",
    "mpeg4.avi": "-c:v mpeg4 -q:v 2 -g 12 -bf 2",
    "h264.avi": "-c:v libx264 -bf 3 -b_strategy 0 -b-pyramid normal -g 12 -crf 10",
    "h264.ts": "-c:v libx264 -bf 3 -g 12 -crf 10",
    "mpeg2.mpg": "-c:v mpeg2video -q:v 2 -bf 2 -g 12",
    "intra.mov": "-c:v prores_ks",
    "one_key.mp4": "-c:v libx264 -bf 3 -g 1000 -crf 10",
    "raw.h264": "-c:v libx264 -bf 3 -g 12 -crf 10",
    "open_gop.mkv": "-c:v libx264 -bf 3 -g 12 -crf 10 -x264-params open-gop=1",
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_frame_i_is_picture_i_however_it_is_asked(tmp_path: Path, name: str) -> None:
    count = 60
    footage = probe(clip(tmp_path / name, counted(count), CONTAINERS[name], fps="30000/1001"))
    assert (footage.fps, len(footage.marks), footage.variable, footage.flaw) == (NTSC, count, False, "")
    assert footage.seconds == count / NTSC
    clock, source = clock_of(footage), shown(footage)
    one_by_one = [source.at(clock.frame(i)) for i in range(count)]
    assert [number(frame) for frame in one_by_one] == list(range(count))
    anyhow = random.Random(7).choices(range(count), k=40)
    assert all(torch.equal(source.at(clock.frame(i)), one_by_one[i]) for i in anyhow)
    assert number(source.at(Clock(NTSC, count * 2, Fraction(8)).frame(count + 20))) == count - 1, "the last picture stays"


def test_sparing_memory_changes_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    footage = probe(clip(tmp_path / "a.mp4", counted(60)))
    monkeypatch.setattr("render.source.decoder.ROOM", 1)
    monkeypatch.setattr("render.source.decoder.LEAP", 4)
    clock, source = clock_of(footage), shown(footage)
    for tick in range(14):  # as frames are developed: the ticks on both sides, then what lies between
        for i in (4 * tick, 4 * tick + 4, 4 * tick + 1, 4 * tick + 2, 4 * tick + 3):
            assert number(source.at(clock.frame(i))) == i


@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "30000/1001", "50", "60", "12.5", "10"])
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_the_rate_is_exact(tmp_path: Path, rate: str, ending: str) -> None:
    footage = probe(clip(tmp_path / f"a.{ending}", counted(40), fps=rate))
    assert (footage.fps, footage.variable, footage.seconds) == (Fraction(rate), False, 40 / Fraction(rate))


def test_half_of_the_pictures_may_come_soon_and_half_late(tmp_path: Path) -> None:
    packed = "-vf select=lt(mod(n\\,5)\\,2) -fps_mode vfr -c:v ffv1"
    footage = probe(clip(tmp_path / "a.mkv", counted(16), packed, fps="8"))
    assert (footage.fps, footage.variable, len(footage.marks)) == (8, True, 7)


def test_variable_rates_keep_time(tmp_path: Path) -> None:
    """30 pictures at 30 a second, then 10 at 10: the film shows each when the file does."""
    slower = "setpts='if(lt(N,30),N/30,1+(N-30)/10)/TB'"
    footage = probe(clip(tmp_path / "a.mkv", counted(40), f"-vf {slower} -fps_mode passthrough"))
    assert footage.variable
    assert footage.fps == 30
    assert 1.9 < footage.seconds <= 2
    assert numbers(footage)[:57] == [*range(30), *(30 + i // 3 for i in range(27))]


@pytest.mark.parametrize(
    ("fps", "expected"),
    [(Fraction(15), [0, 2, 4, 6, 8]), (Fraction(60), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]), (Fraction(20), [0, 1, 3, 4, 6, 7, 9])],
    ids=str,
)
def test_at_other_rates_the_nearest_picture_is_shown(tmp_path: Path, fps: Fraction, expected: list[int]) -> None:
    assert numbers(probe(clip(tmp_path / "a.mp4", counted(10))), fps)[: len(expected)] == expected


@pytest.mark.parametrize("ending", ["mp4", "webm", "avi"])
@pytest.mark.parametrize(("start", "end"), [("1", "2"), ("0.5", None), ("1.01", "1.52"), ("0", "1/30"), ("1.9", "9")])
def test_a_piece_of_a_file(tmp_path: Path, ending: str, start: str, end: str | None) -> None:
    codec = {"mp4": "libx264", "webm": "libvpx", "avi": "mpeg4"}[ending]
    file = clip(tmp_path / f"a.{ending}", counted(75), f"-c:v {codec} -b:v 4M -g 12")
    footage = probe(file, Fraction(start), Fraction(end) if end else None)
    first, last = round(Fraction(start) * 30), 75 if end is None else min(75, round(Fraction(end) * 30))
    assert numbers(footage) == list(range(first, last))
    assert footage.start == pytest.approx(first / 30, abs=0.002)
    assert footage.seconds == Fraction(last - first, 30)


def test_one_picture_is_a_film(tmp_path: Path) -> None:
    footage = probe(clip(tmp_path / "a.mp4", counted(6)[5:], fps="25"))
    assert (footage.fps, footage.seconds) == (25, Fraction(1, 25))
    assert numbers(footage) == [5]


def test_long_footage_takes_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    footage = probe(clip(tmp_path / "a.mp4", counted(2000), "-c:v libx264 -preset ultrafast -crf 10"))
    picture, kept = 48 * 24 * 3 // 2, list[int]()
    monkeypatch.setattr("render.source.decoder.ROOM", 40 * picture)
    monkeypatch.setattr("render.source.decoder._remember", _watched(kept))
    assert numbers(footage) == list(range(2000))
    assert 2 < max(kept) <= 40


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads and memory are counted by Linux's /proc")
def test_memory_threads_and_open_files_are_flat_over_two_thousand_pictures(tmp_path: Path) -> None:
    """A picture that was kept once kept its scaler and that one's two threads: 4,307 of them, and 1.3 GB."""
    grain = np.random.default_rng(0)
    pictures = [grain.integers(0, 256, (36, 64, 3), np.uint8) for _ in range(2000)]
    footage = probe(clip(tmp_path / "a.mp4", pictures, "-c:v libx264 -preset ultrafast -crf 20 -pix_fmt yuv420p"))
    source, clock = shown(footage), clock_of(footage)
    used = {}
    for index in (*range(2000), *range(1999, 1600, -1)):
        source.at(clock.frame(index))
        if index in (400, 1999, 1601):
            used[index] = usage()
    assert all(threads < 20 for threads, _, _ in used.values())
    assert len({files for _, files, _ in used.values()}) == 1
    memory = [megabytes for _, _, megabytes in used.values()]
    assert max(memory) - min(memory) < 40


def usage() -> tuple[int, int, float]:
    """This process's threads, open files, and megabytes of memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd")), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _watched(kept: list[int]) -> object:
    from render.source.decoder import _remember

    def keep(pictures: dict[int, object], *rest: object) -> None:
        _remember(pictures, *rest)  # type: ignore[arg-type]
        kept.append(len(pictures))

    return keep


def test_sound_is_told_with_when_it_begins(tmp_path: Path) -> None:
    silent = clip(tmp_path / "silent.mp4", counted(30))
    ffmpeg("-i", silent, "-itsoffset 0.5 -f lavfi -i sine=d=1:r=48000 -ac 2 -c:v copy -c:a aac", tmp_path / "a.mp4")
    sound = probe(tmp_path / "a.mp4").sound
    assert sound is not None
    assert (sound.codec, sound.channels, sound.rate, sound.stream) == ("aac", 2, 48000, 1)
    assert float(sound.offset) == pytest.approx(0.5, abs=0.03)
    assert probe(silent).sound is None
    ffmpeg("-i", silent, "-f lavfi -i sine=d=1 -c:v copy -c:a aac", tmp_path / "a.ts")  # whose clock begins at 1.4 s
    together = probe(tmp_path / "a.ts").sound
    assert together is not None
    assert abs(together.offset) < 0.1


# ---- looks

BT601, BT709, BT2020 = (f"scale=out_color_matrix={matrix}:out_range=" for matrix in ("bt601", "bt709", "bt2020"))
UNTAGGED = ",setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown"
LOOKS = {
    "bt709.mp4": f"-vf {BT709}tv -pix_fmt yuv420p",
    "bt601.mp4": f"-vf {BT601}tv -pix_fmt yuv420p",
    "full_range.mp4": f"-vf {BT709}pc -pix_fmt yuv420p",
    "mjpeg.mov": f"-vf {BT601}pc -pix_fmt yuvj420p -c:v mjpeg -qmin 1 -q:v 1",
    "ten_bit.mp4": f"-vf {BT709}tv -pix_fmt yuv420p10le",
    "four_four_four.mp4": f"-vf {BT709}tv -pix_fmt yuv444p",
    "four_two_two.mov": f"-vf {BT709}tv -pix_fmt yuv422p10le -c:v prores_ks",
    "rgb.mkv": "-pix_fmt gbrp -c:v libx264rgb",
    "ffv1_sixteen_bits.mkv": "-pix_fmt gbrp16le -c:v ffv1",
    "bt2020_sdr.mp4": f"-vf {BT2020}tv -pix_fmt yuv420p10le",
    "palette.gif": "-vf split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=none -c:v gif",
    "untagged.avi": f"-vf {BT601}tv{UNTAGGED} -pix_fmt yuv420p -c:v mpeg4 -q:v 1",
    "vp9.webm": f"-vf {BT709}tv -pix_fmt yuv420p -c:v libvpx-vp9 -lossless 1",
}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("colour", [RED, (20, 180, 70), (60, 50, 220)], ids=str)
def test_colours_come_out_as_they_went_in(tmp_path: Path, name: str, colour: tuple[int, int, int]) -> None:
    footage = probe(clip(tmp_path / name, plain(2, colour=colour), LOOKS[name]))
    frame = shown(footage).at(clock_of(footage).frame(0)) * 255
    assert (frame - torch.tensor(colour).view(1, 3, 1, 1)).abs().max() <= 3


def test_untagged_colours_of_hd_are_those_of_hd(tmp_path: Path) -> None:
    how = f"-vf {BT709}tv{UNTAGGED} -pix_fmt yuv420p -c:v mpeg4 -q:v 1"
    footage = probe(clip(tmp_path / "a.avi", plain(1, (720, 1280)), how))
    frame = shown(footage, size=(8, 8)).at(clock_of(footage).frame(0)) * 255
    assert (frame - torch.tensor(RED).view(1, 3, 1, 1)).abs().max() <= 3


def test_grey_is_grey(tmp_path: Path) -> None:
    footage = probe(clip(tmp_path / "a.mkv", plain(1, colour=(90, 90, 90)), "-pix_fmt gray -c:v ffv1"))
    assert (shown(footage).at(clock_of(footage).frame(0)) * 255 - 90).abs().max() <= 1


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    """A ramp over four of 255 levels has more steps than four."""
    ramp = "-vf format=gbrp16le,geq=r='25600+X*8':g='25600+X*8':b='25600+X*8' -c:v ffv1"
    footage = probe(clip(tmp_path / "a.mkv", plain(1, (8, 128)), ramp))
    assert len(shown(footage).at(clock_of(footage).frame(0))[0, 0, 0].unique()) > 100


def test_what_is_see_through_lies_on_grey(tmp_path: Path) -> None:
    clear = "-vf format=rgba,colorchannelmixer=aa=0.5 -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444"
    footage = probe(clip(tmp_path / "a.mov", plain(1), clear))
    frame = shown(footage).at(clock_of(footage).frame(0)) * 255
    assert (frame - (torch.tensor(RED) + 128).view(1, 3, 1, 1) / 2).abs().max() <= 3


def corners() -> np.ndarray:
    """A picture whose four corners differ."""
    picture = np.zeros((32, 48, 3), dtype=np.uint8)
    picture[:16, :24], picture[:16, 24:], picture[16:, :24] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return picture


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["", "-display_hflip", "-display_vflip"])
def test_cameras_that_were_turned(tmp_path: Path, turn: int, flip: str) -> None:
    """As ffmpeg itself shows them."""
    plainly = clip(tmp_path / "plain.mkv", [corners()], "-pix_fmt yuv444p")
    ffmpeg(f"-display_rotation {turn} {flip} -i", plainly, "-c copy", tmp_path / "turned.mp4")
    ffmpeg("-i", tmp_path / "turned.mp4", "-c:v ffv1 -pix_fmt gbrp", tmp_path / "seen.mkv")
    turned, seen = probe(tmp_path / "turned.mp4"), probe(tmp_path / "seen.mkv")
    assert turned.size == seen.size == ((48, 32) if turn % 180 else (32, 48))
    now = clock_of(turned).frame(0)
    assert (shown(turned).at(now) - shown(seen).at(now)).abs().max() < 0.05


@pytest.mark.parametrize(
    ("aspect", "size"), [("1/1", (32, 48)), ("4/3", (32, 64)), ("2/1", (32, 96)), ("1/2", (64, 48)), ("3/4", (43, 48))]
)
def test_pixels_that_are_not_square(tmp_path: Path, aspect: str, size: tuple[int, int]) -> None:
    footage = probe(clip(tmp_path / "a.mp4", [corners()], f"-vf setsar={aspect} -pix_fmt yuv444p"))
    assert footage.size == size
    assert shown(footage).at(clock_of(footage).frame(0)).shape == (1, 3, *size)


@pytest.mark.parametrize("size", [(31, 45), (1, 17), (16, 16)], ids=str)
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    footage = probe(clip(tmp_path / "a.mkv", plain(2, size), "-pix_fmt yuv420p -c:v ffv1"))
    assert footage.size == size
    assert (shown(footage).at(clock_of(footage).frame(1)) * 255 - torch.tensor(RED).view(1, 3, 1, 1)).abs().max() <= 3


def test_fits_are_those_of_pictures(tmp_path: Path) -> None:
    picture = np.zeros((40, 80, 3), dtype=np.uint8)
    picture[:, :8] = 255
    footage = probe(clip(tmp_path / "a.mp4", [picture], "-pix_fmt yuv444p"))
    now = clock_of(footage).frame(0)
    by = {fit: shown(footage, fit, (40, 40)).at(now)[0, 0] for fit in ("cover", "contain", "stretch")}
    assert by["cover"].max() < 0.05
    assert by["stretch"][:, :3].min() > 0.9
    assert by["contain"][12:28, :3].min() > 0.9


def test_half_pictures_are_made_whole(tmp_path: Path) -> None:
    """A bar that moves 8 pixels from one half picture to the next leaves no comb."""
    bars = []
    for i in range(24):
        picture = np.zeros((64, 256, 3), dtype=np.uint8)
        picture[:, 8 * i : 8 * i + 32] = 255
        bars.append(picture)
    halves = "-vf interlace=lowpass=off -c:v libx264 -flags +ilme+ildct -g 4 -bf 0 -crf 5 -pix_fmt yuv420p"
    footage = probe(clip(tmp_path / "a.mp4", bars, halves, fps="50"))
    assert footage.interlaced
    assert footage.fps == 25
    clock, source = clock_of(footage), shown(footage)
    frames = [source.at(clock.frame(i)) for i in range(12)]
    for frame in frames[1:-1]:
        comb = frame[..., 10:-10:2, :] - frame[..., 11:-10:2, :]
        assert comb.abs().mean() < 0.02


def test_half_pictures_are_made_whole_in_any_order(tmp_path: Path) -> None:
    grain = np.random.default_rng(0)
    grainy = [grain.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(24)]
    halves = "-vf interlace=lowpass=off -c:v libx264 -flags +ilme+ildct -g 4 -bf 0 -crf 5 -pix_fmt yuv420p"
    footage = probe(clip(tmp_path / "a.mp4", grainy, halves, fps="50"))
    clock, source = clock_of(footage), shown(footage)
    one_by_one = [source.at(clock.frame(i)) for i in range(12)]
    assert all(torch.equal(shown(footage).at(clock.frame(i)), one_by_one[i]) for i in (4, 7, 8, 9))


@pytest.mark.parametrize(("light", "transfer"), [(pq, "smpte2084"), (hlg, "arib-std-b67")], ids=["pq", "hlg"])
def test_high_dynamic_range_is_brought_down(tmp_path: Path, light: object, transfer: str) -> None:
    """A grey ramp rises to white, stays grey, and a white page (BT.2408) is nearly white."""
    ramp = np.broadcast_to(np.linspace(0, 255, 128).astype(np.uint8)[None, :, None], (16, 128, 3))
    tags = f"setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}"
    footage = probe(clip(tmp_path / "a.mp4", [ramp], f"-vf {BT2020}tv,{tags} -pix_fmt yuv420p10le"))
    seen = shown(footage).at(clock_of(footage).frame(0))[0]
    grey = seen.mean(0)[8]
    assert (seen - seen.mean(0)).abs().max() < 0.02
    assert (grey.diff() > -0.004).all()
    assert grey[0] < 0.03
    assert grey[-1] > 0.97
    page = {"smpte2084": 0.58, "arib-std-b67": 0.75}[transfer]
    assert float(light(torch.full((1, 3, 1, 1), page)).mean()) == pytest.approx(1, abs=0.03)  # type: ignore[operator]
    assert 0.9 < float(grey[round(page * 127)]) < 0.97


def light_of(srgb: Sequence[int]) -> NDArray[np.float64]:
    code = np.asarray(srgb) / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def to_pq(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084, white at 203 cd/m²."""
    power = (light * 203 / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def to_hlg(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """ARIB STD-B67 for a display of 1000 cd/m², white at 203."""
    shown = light * 203 / 1000
    scene = shown / (shown @ (0.2627, 0.6780, 0.0593))[..., None] ** (0.2 / 1.2)
    return np.where(
        scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    )


@pytest.mark.parametrize(("encode", "transfer"), [(to_pq, "smpte2084"), (to_hlg, "arib-std-b67")], ids=["pq", "hlg"])
@pytest.mark.parametrize("colour", [RED, (60, 120, 90), (40, 50, 160), (180, 160, 120)], ids=str)
def test_colours_of_high_dynamic_range_are_the_same_below_white(
    tmp_path: Path, encode: Callable[..., NDArray[np.float64]], transfer: str, colour: tuple[int, int, int]
) -> None:
    to_2020 = np.linalg.inv([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
    code = np.round(encode(to_2020 @ light_of(colour)) * 255).astype(int)
    tags = f"setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}"
    how = f"-vf {BT2020}tv,{tags} -pix_fmt yuv420p10le"
    footage = probe(clip(tmp_path / "a.mp4", plain(1, colour=code.tolist()), how))
    seen = shown(footage).at(clock_of(footage).frame(0)).mean((0, 2, 3)) * 255
    assert (seen - torch.tensor(colour)).abs().max() <= 5, "8 bits of PQ are coarse"


# ---- what goes wrong

BAD = {
    "empty.mp4": ("", "is empty"),
    "noise.mp4": ("noise", "is not a video"),
    "notes.txt": ("text", "is not a video"),
    "list.m3u8": ("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nwhole.ts\n#EXT-X-ENDLIST\n", "is not a video"),
    "list.ffconcat": ("ffconcat version 1.0\nfile whole.ts\n", "is not a video"),
    "headless.mp4": ("half", "is not a video"),
    "strange.mkv": ("strange", "is packed in a way"),
    "hollow.mkv": ("hollow", "holds no picture"),
    "missing.mp4": (None, "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    kind, message = BAD[name]
    clip(tmp_path / "whole.ts", counted(30))
    made = {
        "noise": lambda: random.Random(1).randbytes(5000),
        "half": lambda: clip(tmp_path / "whole.mp4", counted(60)).read_bytes()[:3000],
        "strange": lambda: (
            clip(tmp_path / "whole.mkv", counted(9)).read_bytes().replace(b"V_MPEG4/ISO/AVC", b"V_STRANGE/THING")
        ),
        "hollow": lambda: _hollow(clip(tmp_path / "whole.mkv", counted(9))),
    }
    if kind is not None:
        (tmp_path / name).write_bytes(made[kind]() if kind in made else kind.encode() * (20 if kind == "text" else 1))
    with pytest.raises(MissingError, match=f"{name}: .*{message}"):
        probe(tmp_path / name)
    assert capfd.readouterr() == ("", ""), "nothing but the message"


def _hollow(file: Path) -> bytes:
    """A file whose pictures are nothing but noughts."""
    data = file.read_bytes()
    start = data.index(b"\x1f\x43\xb6\x75")  # a Matroska cluster
    return data[: start + 40] + bytes(len(data) - start - 40)


def test_what_is_no_moving_picture_is_named(tmp_path: Path) -> None:
    ffmpeg("-f lavfi -i sine=d=1 -c:a aac", tmp_path / "song.m4a")
    ffmpeg("-f lavfi -i testsrc=s=64x64:d=1 -frames:v 1 -update 1", tmp_path / "still.png")
    cover = "-map 0 -map 1 -c:v png -disposition:v attached_pic"
    ffmpeg("-f lavfi -i sine=d=1 -i", tmp_path / "still.png", cover, tmp_path / "cover.mp3")
    for name, message in {"song.m4a": "sound but", "cover.mp3": "sound but", "still.png": "not a video"}.items():
        with pytest.raises(MissingError, match=f"{name}: .*{message}"):
            probe(tmp_path / name)
    with pytest.raises(MissingError, match="a folder"):
        probe(tmp_path)
    with pytest.raises(ConfigError, match=r"is 1 s, and .*a\.mp4 lasts 1 s"):
        probe(clip(tmp_path / "a.mp4", counted(30)), Fraction(1))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nobody is forbidden anything here")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", counted(3)).chmod(0)
    with pytest.raises(MissingError, match="may not be read"):
        probe(tmp_path / "a.mp4")


BROKEN = {
    "faststart.mp4": "-movflags +faststart",
    "a.mkv": "",
    "a.ts": "",
    "fragments.mp4": "-movflags frag_keyframe+empty_moov",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("how", ["cut", "noughts", "hole"])
def test_a_file_that_breaks_gives_what_can_be_read(tmp_path: Path, name: str, how: str) -> None:
    grain = np.random.default_rng(0)
    grainy = [picture ^ grain.integers(0, 64, picture.shape, np.uint8) for picture in counted(90, (48, 96))]
    packed = f"-c:v libx264 -preset ultrafast -crf 20 -g 10 -pix_fmt yuv420p {BROKEN[name]}"
    file = clip(tmp_path / name, grainy, packed)
    whole = probe(file)
    assert (whole.flaw, len(whole.marks)) == ("", 90)
    data = file.read_bytes()
    place = len(data) * 6 // 10 + 70
    rest = {"cut": b"", "noughts": bytes(len(data) - place), "hole": bytes(5000) + data[place + 5000 :]}[how]
    file.write_bytes(data[:place] + rest)
    os.utime(file, ns=(1, 1))
    broken = probe(file)
    shows = numbers(broken)
    assert shows[:48] == list(range(48))
    assert max(shows) < (58 if how != "hole" else 90)
    if (name, how) != ("a.ts", "noughts"):  # a stream that says nothing of its length has simply ended
        assert broken.flaw.startswith("is damaged after" if max(broken.marks) == max(whole.marks) else "breaks off after")
    assert len(shows) == pytest.approx(float(broken.seconds * 30))
    assert probe(file, end=Fraction(1)).flaw == "", "what is not read is no fault"


def test_damaged_files_are_named_or_read(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    for name in ("a.mp4", "a.mkv", "a.ts", "a.webm", "a.avi"):
        codec = {"a.webm": "-c:v libvpx", "a.avi": "-c:v mpeg4"}.get(name, "")
        data = clip(tmp_path / name, counted(12), codec).read_bytes()
        for turn in range(12):
            hurt = np.frombuffer(data[: chance.integers(len(data) // 4, len(data) + 1)], np.uint8).copy()
            hurt[chance.integers(len(hurt), size=8)] = chance.integers(256, size=8)
            (tmp_path / f"{turn}{name}").write_bytes(hurt.tobytes())
            with suppress(MissingError):
                footage = probe(tmp_path / f"{turn}{name}")
                source = shown(footage, size=(8, 8))
                assert all(source.at(clock_of(footage, Fraction(30)).frame(i)).isfinite().all() for i in range(12))


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    footage = probe(clip(tmp_path / "a.mp4", counted(30)))
    clip(tmp_path / "a.mp4", counted(20))
    os.utime(tmp_path / "a.mp4", ns=(1, 1))
    assert len(probe(tmp_path / "a.mp4").marks) == 20
    with pytest.raises(RenderError, match=r"a\.mp4: has changed while it was dreamed"):
        shown(footage)


@pytest.mark.parametrize("renamed", [False, True], ids=["written over", "renamed over"])
def test_a_file_that_changes_between_two_pictures_is_said(tmp_path: Path, renamed: bool) -> None:
    footage = probe(clip(tmp_path / "a.mp4", counted(300)))
    source, clock = shown(footage), clock_of(footage)
    assert number(source.at(clock.frame(3))) == 3
    clip(tmp_path / "b.mp4", counted(300)[::-1])
    if renamed:
        (tmp_path / "b.mp4").rename(tmp_path / "a.mp4")
    else:
        (tmp_path / "a.mp4").write_bytes((tmp_path / "b.mp4").read_bytes())
    for index in (4, 250, 3):
        with pytest.raises(RenderError, match=r"a\.mp4: has changed while it was dreamed") as error:
            source.at(clock.frame(index) if index != 3 else clock.frame(5))
        assert error.value.exit_code == 1


class Faltering(io.BytesIO):
    """A file of which one read fails."""

    name, left = "a.mp4", 10**9

    def read(self, *size: int | None) -> bytes:
        self.left -= 1
        if not self.left:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(*size)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_a_disk_that_falters_is_never_the_end_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    grain = np.random.default_rng(0)
    pictures = [grain.integers(0, 256, (64, 64, 3), np.uint8) for _ in range(30)]
    footage = probe(clip(tmp_path / name, pictures, "-c:v mpeg4 -b:v 8M" if name == "a.avi" else "-crf 20"))
    whole, left = [shown(footage).at(clock_of(footage).frame(index)) for index in range(30)], 0

    @contextmanager
    def open_faltering(file: Path, kind: object) -> Iterator[Faltering]:
        faltering = Faltering(file.read_bytes())
        faltering.left = left
        yield faltering

    monkeypatch.setattr("render.source.decoder.open_file", open_faltering)
    said: list[str] = []
    for left in range(1, 400):  # noqa: B007
        source = shown(footage)
        try:
            assert all(torch.equal(source.at(clock_of(footage).frame(index)), whole[index]) for index in range(30))
        except MissingError as error:
            said.append(error.message)
        else:
            break
    assert 3 < len(said) < 399
    assert {*said} == {f"{tmp_path / name}: cannot be read: Input/output error"}


# ---- settings


def test_its_settings(tmp_path: Path) -> None:
    film = "fps: 30\nduration: 1s\n"
    asked = load_text(film + "source: {video: {file: a.mp4, start: 5s, end: '00:00:20'}}", folder=tmp_path).source
    assert asked.moves
    assert asked.video is not None
    assert (asked.video.file, asked.video.start.amount, asked.video.end.amount) == (tmp_path / "a.mp4", 5, 20)  # type: ignore[union-attr]
    assert load_text(film + "source: {video: a.mp4}").source.part.end is None
    with pytest.raises(ConfigError, match=r"1:47: source\.video\.end is 3s, and the film begins at 5s"):
        load_text("source: {video: {file: a.mp4, start: 5s, end: 3s}}")


def test_a_look_at_footage_does_not_wait_for_torch() -> None:
    program = "import sys, render.source.footage; print(sorted({'torch', 'cv2', 'imageio'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
