"""The rows of the corpus."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clips
import heif
import numpy as np
import torch
import tracks
from PIL import Image

from tests.corpus import Row

TEAL, GREY = (30, 140, 200), (114, 114, 114)  # a colour, and its grey
SIZE = (96, 54)
SIGNATURE = b"\x89PNG\r\n\x1a\n"

# ---- pictures


def teal(mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", SIZE, TEAL).convert(mode)


def save(mode: str = "RGB", kind: str | None = None, **settings: Any) -> Callable[[Path], None]:
    return lambda file: teal(mode).save(file, kind, **settings)


def deep(numbers: type, times: float) -> Callable[[Path], None]:
    return lambda file: Image.fromarray((np.asarray(teal("L")).astype(np.float64) * times).astype(numbers)).save(file, "TIFF")


def turned(file: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    teal().rotate(90, expand=True).save(file, exif=exif)


def half_clear(mode: str) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        picture = teal("RGBA")
        picture.putalpha(Image.new("L", SIZE, 0))
        picture.convert(mode).save(file)

    return make


def with_chunk(kind: bytes, data: bytes) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        teal().save(file, "PNG")
        whole = file.read_bytes()
        chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        file.write_bytes(whole[:33] + chunk + whole[33:])

    return make


def animated(**settings: Any) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        first, *others = [Image.new("RGB", SIZE, (30, 140, 200 - number)) for number in range(10)]
        first.save(file, save_all=True, append_images=others, duration=100, **settings)

    return make


def phone(**settings: Any) -> Callable[[Path], object]:
    return lambda file: heif.heic(file, np.full((64, 96, 3), TEAL, np.uint8), **settings)


def tiled(file: Path) -> object:
    return heif.heic(file, np.full((128, 192, 3), TEAL, np.uint8), grid=(2, 2))


def wrote(content: bytes | str) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(content.encode() if isinstance(content, str) else content)


def cut(make: Callable[[Path], object], part: float = 0.5) -> Callable[[Path], object]:
    def shorten(file: Path) -> None:
        make(file)
        file.write_bytes(file.read_bytes()[: int(file.stat().st_size * part)])

    return shorten


def sparse(file: Path) -> None:
    file.touch()
    os.truncate(file, 8 * 2**30)


NO_PICTURE = "is not a picture that can be read here"
PICTURES = [
    Row("rgb.png", save(), colour=TEAL),
    Row("grey.png", save("L"), colour=GREY),
    Row("bit.png", lambda file: Image.new("1", SIZE, 1).save(file), colour=(255, 255, 255)),
    Row("palette.png", save("P"), colour=TEAL),
    Row("clear.png", half_clear("RGBA"), colour=(128, 128, 128)),
    Row("grey-clear.png", half_clear("LA"), colour=(128, 128, 128)),
    Row("sixteen.tif", deep(np.uint16, 257), colour=GREY),
    Row("floats.tif", deep(np.float32, 1 / 255), colour=GREY),
    Row("whole.tif", deep(np.int32, 257), colour=GREY),
    Row("cmyk.tif", save("CMYK"), colour=TEAL),
    Row("cmyk.jpg", save("CMYK", quality=95), colour=TEAL),
    Row("lab.tif", save("LAB"), colour=None),
    Row("baseline.jpg", save(quality=95), colour=TEAL),
    Row("progressive.jpg", save(quality=95, progressive=True), colour=TEAL),
    Row("phone.jpg", turned, colour=TEAL),
    Row("name.jfif", save(kind="JPEG", quality=95), colour=TEAL),
    Row("lossy.webp", save(quality=95), colour=TEAL),
    Row("still.gif", save(), colour=TEAL),
    Row("modern.avif", save(quality=95), colour=TEAL),
    Row("old.bmp", save(), colour=TEAL),
    Row("old.tga", save(), colour=TEAL),
    Row("plain.ppm", save(), colour=TEAL),
    Row("plain.pgm", save("L"), colour=GREY),
    Row("wavelets.jp2", save(), colour=TEAL),
    Row("quite.qoi", save(), colour=TEAL),
    Row("old.pcx", save(), colour=TEAL),
    Row("phone.heic", phone(), colour=TEAL),
    Row("tiles.heic", tiled, colour=TEAL),
    Row("named-otherwise.png", save(kind="JPEG", quality=95), colour=TEAL),
    Row("workflow.png", with_chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(3 * 2**20))), colour=TEAL),
    Row("vast-profile.png", with_chunk(b"iCCP", b"vast\0\0" + zlib.compress(bytes(3 * 2**20))), colour=TEAL),
    Row("short-chunk.png", with_chunk(b"pHYs", b"\0"), colour=TEAL),
    Row("moving.png", animated(), colour=TEAL),
    Row("moving-as-picture.webp", animated(lossless=True), colour=TEAL),
    Row("empty.png", wrote(b""), code=3, phrase=NO_PICTURE),
    Row("text.jpg", wrote("hello"), code=3, phrase=NO_PICTURE),
    Row("page.png", wrote("<!doctype html><title>sign in</title>"), code=3, phrase=NO_PICTURE),
    Row("postscript.eps", wrote("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"), code=3, phrase=NO_PICTURE),
    Row("half.png", cut(save()), code=3, phrase="the file is damaged"),
    Row("half.jpg", cut(save(), 0.2), code=3, phrase="half.jpg: "),
    Row("vast.png", sparse, code=3, phrase="too large for a picture"),
    Row("pipe.png", os.mkfifo, code=3, phrase="is a pipe or a device"),
    Row("device.png", lambda file: file.symlink_to("/dev/zero"), code=3, phrase="is a pipe or a device"),
    Row("folder.png", Path.mkdir, code=3, phrase="is a folder, not a picture"),
    Row("gone.png", lambda file: None, code=3, phrase="there is no such file"),
    Row("film.jpg", lambda file: film("")(file.with_suffix(".mp4"), file), code=3, phrase="is a video, not a picture"),
]

# ---- videos


def film(how: str) -> Callable[..., None]:
    def make(file: Path, name: Path | None = None) -> None:
        clips.clip(file, clips.plain(10, SIZE[::-1], TEAL), how, "10")
        if name:
            file.rename(name)

    return make


KEYS = ("76a6c65c5ea762046bd749a2e632ccbb", "a7e61c373e219033c21091fa607bf3b8")
LOCKED = f"-encryption_scheme cenc-aes-ctr -encryption_key {KEYS[0]} -encryption_kid {KEYS[1]}"  # as sold films are
NOT_READ = "is not a video that can be read here"
VIDEOS = [
    Row("h264.mp4", film(""), "video", colour=TEAL),
    Row("b-frames.mp4", film("-c:v libx264 -bf 3 -g 5"), "video", colour=TEAL),
    Row("hevc.mp4", film("-c:v libx265 -x265-params log-level=none -tag:v hvc1"), "video", colour=TEAL),
    Row("vp8.webm", film("-c:v libvpx -b:v 2M"), "video", colour=TEAL),
    Row("vp9.webm", film("-c:v libvpx-vp9 -lossless 1 -deadline realtime"), "video", colour=TEAL),
    Row("av1.mkv", film("-c:v libsvtav1 -preset 12 -svtav1-params lp=1"), "video", colour=TEAL),
    Row("ffv1.mkv", film("-c:v ffv1"), "video", colour=TEAL),
    Row("prores.mov", film("-c:v prores_ks"), "video", colour=TEAL),
    Row("mjpeg.avi", film("-c:v mjpeg -q:v 2"), "video", colour=TEAL),
    Row("mpeg2.ts", film("-c:v mpeg2video -q:v 2 -r 25"), "video", colour=TEAL),
    Row("mpeg2.mpg", film("-c:v mpeg2video -q:v 2 -r 25"), "video", colour=TEAL),
    Row("flash.flv", film("-c:v flv1 -q:v 2"), "video", colour=TEAL),
    Row("bare.h264", film("-c:v libx264 -qp 0 -f h264"), "video", colour=TEAL),
    Row("palette.gif", film("-c:v gif"), "video", colour=TEAL),
    Row("moving.webp", animated(lossless=True), "video", colour=TEAL),
    Row("moving.apng", animated(format="PNG"), "video", colour=TEAL),
    Row("no-ending", lambda file: film("")(file.with_suffix(".mp4"), file), "video", colour=TEAL),
    Row("named.png", lambda file: film("")(file.with_suffix(".mp4"), file), "video", colour=TEAL),
    Row("still.webp", save(), "video", code=3, phrase="is a picture, not a video"),
    Row("picture.mp4", save(kind="PNG"), "video", code=3, phrase="picture.mp4"),
    Row("list.mp4", wrote("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"), "video", code=3, phrase=NOT_READ),
    Row("half.mp4", cut(film("")), "video", code=3, phrase="half.mp4"),
    Row("empty.mkv", wrote(b""), "video", code=3, phrase="is empty"),
    Row("locked.mp4", film(LOCKED), "video", code=3, phrase="holds no picture that can be read"),
    Row("flash.swf", wrote(b"FWS\x06" + bytes(60)), "video", code=3, phrase=NOT_READ),
    Row("pipe.mp4", os.mkfifo, "video", code=3, phrase="is a pipe or a device"),
]

# ---- sequences, masks, sound, tables, weights


def sequence(*names: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.mkdir()
        for name in names:
            teal().save(folder / name)

    return make


def sound(how: str) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        whole = tracks.wav(file.with_name("whole.wav"), tracks.metronome(120, 1.5))
        clips.ffmpeg("-i", whole, how, file)

    return make


OTHERS = [
    Row("take [4K]", sequence("1.png", "2.png", "10.png"), "frames", colour=TEAL),
    Row("mixed", sequence("1.png", "2.jfif", "3.tga", "4.webp"), "frames", colour=TEAL),
    Row("nothing", Path.mkdir, "frames", code=3, phrase="there are no pictures here"),
    Row("mask.jfif", save("L", "JPEG"), "mask"),
    Row("mask.gif", save("L"), "mask"),
    Row("mask-clear.png", half_clear("RGBA"), "mask"),
    Row("mask.mp4", film(""), "mask"),
    Row("mask.txt", wrote("hello"), "mask", code=3, phrase="is neither a picture nor a video"),
    Row(
        "drawn.svg",
        wrote("<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "mask",
        code=3,
        phrase="is neither a picture nor a video",
    ),
    Row("pcm.wav", sound("-c:a pcm_s24le"), "audio"),
    Row("lame.mp3", sound("-c:a libmp3lame"), "audio"),
    Row("opus.ogg", sound("-c:a libopus"), "audio"),
    Row("eight.wav", sound("-c:a pcm_u8 -ar 8000"), "audio"),
    Row("silent.wav", wrote(b"RIFF"), "audio", code=3, phrase="silent.wav"),
    Row("moves.csv", wrote("seconds,motion.rotate\n0,0\n1,0\n"), "schedule"),
    Row("excel.csv", wrote("\ufeffseconds;motion.rotate\r\n0;0\r\n1;0\r\n"), "schedule"),
    Row("wrong.csv", wrote("seconds,motion.rotate\n0,fast\n"), "schedule", code=2, phrase="which is no number"),
    Row("endless.csv", lambda file: file.symlink_to("/dev/zero"), "schedule", code=3, phrase="is a pipe or a device"),
    Row("lfs.pth", wrote("version https://git-lfs.github.com/spec/v1\nsize 4\n"), "weights", 3, "lfs.pth"),
    Row("page.safetensors", wrote("<!doctype html>"), "weights", 3, "page.safetensors"),
    Row("empty.pth", wrote(b""), "weights", 3, "empty.pth"),
    Row("strange.pth", lambda file: torch.save({"a": torch.zeros(3)}, file), "weights", 3, "strange.pth"),
    Row("vast.caffemodel", sparse, "weights", 3, "too large for a file of weights"),
]

ROWS = [*PICTURES, *VIDEOS, *OTHERS]
