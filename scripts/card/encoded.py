"""encoded: film frames a second into an mp4, by the processor and by the card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from queue import Queue
from threading import Thread
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from card import cases
from card.films import Studio
from card.report import Asked, Entry, Report
from card.stand_ins import graphs
from card.timing import Busy
from render.develop import stills
from render.film import begin, step, ticks
from render.frames import frames
from render.picture.readback import one_behind, read_frames, read_later


def yuv(frame: Tensor) -> Tensor:
    """[3 H / 2, W] uint8: a frame as BT.709 4:2:0 of limited range, plane after plane, made where the frame is."""
    red, green, blue = frame[0].clamp(0, 1)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    colour = torch.stack(((blue - light) / 1.8556, (red - light) / 1.5748))[None]
    planes = F.avg_pool2d(colour, 2)[0] * 224 + 128
    whole = torch.cat(((light * 219 + 16).flatten(), planes.flatten()))
    return whole.round().clamp(0, 255).to(torch.uint8).view(-1, frame.shape[3])


def read_yuv(frame: Tensor) -> Callable[[], np.ndarray[Any, Any]]:
    """Begin to read a frame as 4:2:0."""
    read = read_later({"frame": yuv(frame)})
    return lambda: read()["frame"].numpy()


X264 = {"preset": "medium", "crf": "18"}  # what a render takes for an mp4
NVENC = {"preset": "p5", "tune": "hq", "rc": "vbr", "b": "0", "cq": "20"}
ENCODERS: Mapping[str, tuple[str, Mapping[str, str], bool, bool]] = {  # codec, options, frames as 4:2:0, dreams as graphs
    "x264": ("libx264", X264, False, False),
    "x264, quick": ("libx264", {"preset": "veryfast", "crf": "18"}, True, False),
    "nvenc": ("h264_nvenc", NVENC, False, False),
    "nvenc, 4:2:0 on the card": ("h264_nvenc", NVENC, True, False),
    "the same, graphs": ("h264_nvenc", NVENC, True, True),
}
BEST = ("x264", "nvenc, 4:2:0 on the card", "the same, graphs")


class Encoder:
    """A thread that packs frames into an mp4; leaving the block waits for it."""

    def __init__(self, path: Path, name: str, size: tuple[int, int]) -> None:
        import av

        codec, options, self.planar, _ = ENCODERS[name]
        self._film = av.open(str(path), "w")
        self._stream = self._film.add_stream(codec, rate=cases.FPS, options=dict(options))
        self._stream.width, self._stream.height, self._stream.pix_fmt = *size, "yuv420p"
        self._frames: Queue[Any] = Queue(8)
        self._fault: Exception | None = None
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> Encoder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._frames.put(None)
        self._thread.join()
        if self._fault:
            raise self._fault

    def send(self, pixels: np.ndarray[Any, Any]) -> None:
        """One frame more."""
        if self._fault:
            raise self._fault
        self._frames.put(pixels)

    def _work(self) -> None:
        import av

        try:
            while (pixels := self._frames.get()) is not None:
                picture = av.VideoFrame.from_ndarray(pixels, "yuv420p" if self.planar else "rgb24")
                self._film.mux(self._stream.encode(picture))
            self._film.mux(self._stream.encode())
            self._film.close()
        except Exception as error:  # told to who sends
            self._fault = error
            while self._frames.get() is not None:
                pass


def render_film(asked: Asked, studio: Studio, network: str, size: tuple[int, int], encoder: str, most: float) -> dict[str, Any]:
    """A film dreamed, its frames made, read back and encoded, for so many seconds."""
    precision = "bfloat16" if ENCODERS[encoder][3] else "auto"
    film = studio.film(network, asked.device, size, precision, ["dream.tile=none"], seconds=600)
    path, number = studio.folder / "film.mp4", 0
    with graphs() if ENCODERS[encoder][3] else nullcontext():
        step(film, begin(film))  # graphs are recorded while nothing else is asked of the card
        with Busy(asked) as busy, Encoder(path, encoder, size) as film_file:
            begun = perf_counter()
            made = frames(film.scene, (state.canvas for state in ticks(film)), film.scene.clock)
            for pixels in one_behind(made, read_yuv) if film_file.planar else read_frames(made, asked.device, 8):
                film_file.send(stills.eight_bits(pixels))
                number += 1
                if perf_counter() - begun > most:
                    break
        spent = perf_counter() - begun
    size_mb = path.stat().st_size / 2**20
    return {"frames a second": number / spent, "busy": busy.share, "frames": number, "MiB": size_mb}


def entries(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    for label in ("720p", "1080p", "4K"):
        for network in cases.MEASURED:
            for encoder in ENCODERS if label != "4K" else BEST:
                work = partial(
                    render_film, asked, studio, network, asked.size(cases.SIZES[label]), encoder, 2.0 if asked.cuda else 0.1
                )
                yield f"{network}, {label}, {encoder}", 15, work
