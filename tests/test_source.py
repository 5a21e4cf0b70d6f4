"""Laws of sources: a picture comes out as it is seen, fitted as asked; noise is the same for a seed at every size."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageCms, ImageOps

from render.errors import MissingError
from render.moment import Clock
from render.source.frames import frames
from render.source.image import FITS, image, image_size
from render.source.noise import KINDS, noise
from render.source.sequence import picture_files

CLOCK = Clock(Fraction(30), 30, Fraction(8))
NOW = CLOCK.frame(0)


def rainbow(width: int = 60, height: int = 40) -> Image.Image:
    x, y = np.meshgrid(np.linspace(20, 235, width), np.linspace(20, 235, height))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8))


def frame_of(picture: Image.Image, folder: Path, name: str = "a.png", fit: str = "stretch", **settings: object) -> torch.Tensor:
    picture.save(folder / name, **settings)
    return image(folder / name, fit, picture.size[::-1]).at(NOW)


def wanted(picture: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None] / 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_cameras_that_were_turned(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = rainbow()
    picture.save(tmp_path / "a.png", exif=exif)
    upright = wanted(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    size = image_size(tmp_path / "a.png")
    assert size == tuple(upright.shape[2:]) == ((60, 40) if orientation > 4 else (40, 60))
    assert torch.equal(image(tmp_path / "a.png", "cover", size).at(NOW), upright)


@pytest.mark.parametrize(
    ("name", "change", "off"),
    [
        ("a.png", lambda p: p, 0),
        ("a.jpg", lambda p: p, 0.1),
        ("a.webp", lambda p: p, 0.1),
        ("grey.png", lambda p: p.convert("L"), 0),
        ("palette.png", lambda p: p.quantize(16), 0),
        ("bits.png", lambda p: p.convert("1"), 0),
        ("cmyk.jpg", lambda p: p.convert("CMYK"), 0.1),
        ("cmyk.tif", lambda p: p.convert("CMYK"), 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_sort_of_file(tmp_path: Path, name: str, change: Callable[[Image.Image], Image.Image], off: float) -> None:
    picture = change(rainbow())
    assert (frame_of(picture, tmp_path, name) - wanted(picture)).abs().max() <= off


def test_sixteen_bit_grey_keeps_them(tmp_path: Path) -> None:
    grey = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    frame = frame_of(Image.fromarray(grey), tmp_path)
    assert torch.allclose(frame[0, 1], torch.from_numpy(grey / 65535).float(), atol=1e-6)


def test_what_is_see_through_lies_on_grey(tmp_path: Path) -> None:
    picture = rainbow().convert("RGBA")
    picture.putalpha(0)
    assert (frame_of(picture, tmp_path) - 0.5).abs().max() < 0.01
    palette = Image.new("P", (8, 8))
    assert (frame_of(palette, tmp_path, "p.gif", transparency=0) - 0.5).abs().max() < 0.01


def test_a_colour_profile_is_applied(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    same = frame_of(rainbow(), tmp_path, icc_profile=lab.tobytes())
    assert (same - wanted(rainbow())).abs().max() < 0.02
    broken = frame_of(rainbow(), tmp_path, icc_profile=b"nonsense")
    assert torch.equal(broken, wanted(rainbow()))


@pytest.mark.parametrize("size", [(45, 80), (80, 45), (64, 64), (33, 71), (500, 20), (1, 1)], ids=str)
@pytest.mark.parametrize("fit", FITS)
def test_every_fit_fills_the_frame_evenly(tmp_path: Path, fit: str, size: tuple[int, int]) -> None:
    """The picture's own symmetry survives, so it is centred, and nothing is out of range."""
    half = np.random.default_rng(0).integers(0, 256, (25, 40, 3), dtype=np.uint8)
    both = np.concatenate([half, half[:, ::-1]], axis=1)
    Image.fromarray(np.concatenate([both, both[::-1]])).save(tmp_path / "a.png")
    frame = image(tmp_path / "a.png", fit, size).at(NOW)
    assert frame.shape == (1, 3, *size)
    assert frame.dtype == torch.float32
    assert frame.is_contiguous()
    assert frame.min() >= 0
    assert frame.max() <= 1
    if not any(side % 2 for side in size):
        assert (frame - frame.flip(2)).abs().mean() < 0.03
        assert (frame - frame.flip(3)).abs().mean() < 0.03


def test_fits_differ_as_they_say(tmp_path: Path) -> None:
    dot = Image.new("RGB", (80, 40), (0, 0, 0))
    dot.paste((255, 255, 255), (0, 0, 8, 40))
    dot.save(tmp_path / "a.png")
    by = {fit: image(tmp_path / "a.png", fit, (40, 40)).at(NOW)[0, 0] for fit in FITS}
    assert by["cover"].max() < 0.05  # the white edge is cut off
    assert by["stretch"][:, :3].min() > 0.9
    assert by["stretch"][:, 5:].max() < 0.1
    assert by["contain"][12:28, :3].min() > 0.9  # all of it, in the middle rows
    assert by["contain"][:8].std() < by["stretch"].std()  # and a blur above


def test_a_thread_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    Image.new("RGB", (60_000, 1)).save(tmp_path / "thread.png")
    with pytest.raises(MissingError, match=r"thread.png: is 60000x1, too narrow to fill 640x360"):
        image(tmp_path / "thread.png", "cover", (360, 640))
    assert image(tmp_path / "thread.png", "contain", (36, 64)).at(NOW).shape == (1, 3, 36, 64)


def test_shrinking_does_not_shimmer(tmp_path: Path) -> None:
    Image.fromarray(((np.indices((256, 256)).sum(0) % 2) * 255).astype(np.uint8)).save(tmp_path / "a.png")
    assert (image(tmp_path / "a.png", "cover", (32, 32)).at(NOW) - 0.5).abs().max() < 0.05


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is of that size and holds next to nothing."""
    header = struct.pack(">4sIIBBBBB", b"IHDR", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return start + struct.pack(">I4sI", 4, b"IDAT", 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "not a picture"),
        (b"hello", "not a picture"),
        (png_of(30000, 30000), "more than 150 million pixels"),
        (png_of(20, 20), "cannot be read"),
    ],
    ids=["missing", "empty", "text", "bomb", "hollow"],
)
def test_a_bad_file_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MissingError, match=f"a.png: .*{message}"):
        image(path, "cover", (8, 8))
    with pytest.raises(MissingError, match="a folder"):
        image(tmp_path, "cover", (8, 8))


def test_pillow_has_no_words_of_its_own(tmp_path: Path) -> None:
    """A TIFF of more colours than there are: Pillow logs that, and Python puts on stderr what nobody else takes."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.tif")
    content = (tmp_path / "a.tif").read_bytes()
    many = content.replace(struct.pack("<HHI", 277, 3, 1) + b"\3\0", struct.pack("<HHI", 277, 3, 1) + b"\3\x53")
    assert many != content
    (tmp_path / "a.tif").write_bytes(many)
    program = (
        "import sys; from pathlib import Path; from render.source.image import load_picture; load_picture(Path(sys.argv[1]))"
    )
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.tif")], capture_output=True, text=True)
    assert "More samples" not in run.stderr
    assert "MissingError" in run.stderr


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "tif", "bmp"])
def test_damaged_pictures_are_named_or_read(tmp_path: Path, ending: str) -> None:
    whole = tmp_path / f"whole.{ending}"
    rainbow().save(whole)
    data = whole.read_bytes()
    chance = np.random.default_rng(0)
    for _ in range(40):
        hurt = bytearray(data[: chance.integers(1, len(data) + 1)])
        hurt[chance.integers(len(hurt))] ^= 1 << chance.integers(8)
        (tmp_path / "hurt").write_bytes(hurt)
        with suppress(MissingError):
            assert image(tmp_path / "hurt", "cover", (8, 8)).at(NOW).isfinite().all()


def test_a_changed_picture_has_another_digest(tmp_path: Path) -> None:
    rainbow().save(tmp_path / "a.png")
    before = image(tmp_path / "a.png", "cover", (8, 8)).digest
    assert before == image(tmp_path / "a.png", "stretch", (9, 9)).digest
    rainbow(61).save(tmp_path / "a.png")
    assert before != image(tmp_path / "a.png", "cover", (8, 8)).digest


def test_numbered_pictures_are_footage(tmp_path: Path) -> None:
    for i in (1, 2, 9, 10, 11):
        Image.new("RGB", (8, 8), (i * 10, 0, 0)).save(tmp_path / f"Shot{i}.png")
    (tmp_path / "notes.txt").write_text("")
    os.mkdir(tmp_path / "more.png")
    files = [*picture_files(str(tmp_path / "*.png")).files]
    assert [path.stem for path in files] == ["Shot1", "Shot2", "Shot9", "Shot10", "Shot11"]
    assert files == [*picture_files(str(tmp_path)).files]
    source = frames(files, "cover", (4, 4), CLOCK.fps)
    reds = [round(float(source.at(CLOCK.frame(i))[0, 0].mean()) * 25.5) for i in range(7)]
    assert reds == [1, 2, 9, 10, 11, 11, 11]
    assert source.moves
    assert source.digest
    tick = CLOCK.tick(1)  # 3.75 frames in: the nearer one
    assert round(float(source.at(tick)[0, 0].mean()) * 25.5) == 11
    with pytest.raises(MissingError, match="no pictures"):
        picture_files(str(tmp_path / "*.jpg"))


@pytest.mark.parametrize("kind", KINDS)
def test_noise_looks_like_a_photo_in_numbers(kind: str) -> None:
    frame = noise(kind, 0.6, (90, 160), 7).at(NOW)
    assert frame.shape == (1, 3, 90, 160)
    assert frame.min() >= 0
    assert frame.max() <= 1
    assert (frame.mean((0, 2, 3)) - 0.46).abs().max() < 0.02
    assert abs(float(frame.std()) - 0.22) < 0.02
    assert noise(kind, 0.3, (90, 160), 7).at(NOW).std() < frame.std() * 0.6
    assert torch.equal(frame, noise(kind, 0.6, (90, 160), 7).at(NOW))
    assert not torch.equal(frame, noise(kind, 0.6, (90, 160), 8).at(NOW))


def test_clouds_are_soft_coloured_and_of_all_sizes() -> None:
    frame = noise("perlin", 0.6, (128, 128), 1).at(NOW)[0]
    neighbours = np.corrcoef(frame[:, 1:].flatten(), frame[:, :-1].flatten())[0, 1]
    colours = np.corrcoef(frame.flatten(1).numpy())
    assert neighbours > 0.95
    assert colours[np.triu_indices(3, 1)].min() > 0.6
    assert colours[np.triu_indices(3, 1)].max() < 0.98
    bands = [
        float((F.avg_pool2d(frame, s) - F.interpolate(F.avg_pool2d(frame, 2 * s)[None], scale_factor=2)[0]).std())
        for s in (2, 4, 8, 16)
    ]
    assert bands == sorted(bands)
    assert bands[0] > 0.1 * bands[-1]


def test_a_draft_begins_as_the_film_does() -> None:
    small = noise("perlin", 0.6, (90, 160), 3).at(NOW)
    large = noise("perlin", 0.6, (180, 320), 3).at(NOW)
    assert (F.avg_pool2d(large, 2) - small).abs().mean() < 0.03
