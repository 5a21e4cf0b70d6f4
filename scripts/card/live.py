"""live: dreams a second of the studio without its page, each read back and packed as a JPEG."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from card import cases
from card.films import Studio, pack
from card.imports import import_room
from card.report import Asked, Entry, Report
from card.stand_ins import graphs
from card.timing import Busy
from render.film import begin, step


class Nobody:
    """An audience that is not there."""

    def tell(self, message: dict[str, Any]) -> None: ...

    def show(self, dream: bytes) -> None: ...


def loop_of_studio(
    asked: Asked, studio: Studio, network: str, size: tuple[int, int], graph: bool, most: float
) -> dict[str, Any]:
    """Dreams a second of the studio's own loop without its page: a hand moves, a tick is dreamed, kept, and packed for it."""
    import_room("render.develop.ffmpeg")
    from render.studio.orders import carry_out
    from render.studio.script import Script
    from render.studio.session import Session
    from render.studio.setup import Setup

    config = studio.config(network, size, "bfloat16" if graph else "auto", ["dream.tile=none"], seconds=600)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, graphs() if graph else nullcontext():
        pixels = config.size.width * config.size.height
        setup = Setup(Script(config, ""), Path(folder), asked.device, pixels=pixels, share=1.0, govern=False, pace=False)
        session = Session(setup, Nobody(), carry_out)
        session.start_over()
        if session.paused_by:
            raise RuntimeError(session.paused_by)
        session.advance()
        asked.wait()
        spent: list[float] = []
        with Busy(asked) as busy:
            while sum(spent) < most:
                begun = perf_counter()
                session.set({"motion.center.0": 0.4 + 0.01 * (len(spent) % 20), "motion.center.1": 0.5})
                session.advance()
                spent.append(perf_counter() - begun)
        session.close()
    return describe_pace(spent, busy)


def loop_alone(asked: Asked, studio: Studio, network: str, size: tuple[int, int], graph: bool, most: float) -> dict[str, Any]:
    """The same without a session, a take and a hand: a tick, read back and packed as a JPEG, and the next."""
    import cv2

    film = studio.film(network, asked.device, size, "bfloat16" if graph else "auto", ["dream.tile=none"], seconds=600)
    with graphs() if graph else nullcontext(), Busy(asked) as busy:
        state = step(film, begin(film))
        asked.wait()
        spent: list[float] = []
        while sum(spent) < most:
            begun = perf_counter()
            state = step(film, state)
            pixels = pack(state.canvas).cpu().numpy()
            cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
            spent.append(perf_counter() - begun)
    return describe_pace(spent, busy)


def describe_pace(spent: Sequence[float], busy: Busy) -> dict[str, Any]:
    return {
        "dreams a second": len(spent) / sum(spent),
        "ms, median": 1000 * median(spent),
        "ms, 95 %": 1000 * sorted(spent)[int(0.95 * len(spent))],
        "dreams": len(spent),
        "busy": busy.share,
    }


def entries(asked: Asked, studio: Studio, report: Report) -> Iterator[Entry]:
    """A minute of it: 10 s each of two networks at two sizes, 2.5 s of what is tried beside."""
    for label, size in cases.LIVE.items():
        for network in cases.MEASURED:
            for name, work, graph, most in (
                ("", loop_of_studio, False, 10.0),
                (", bare", loop_alone, False, 2.5),
                (", bare, graph", loop_alone, True, 2.5),
            ):
                yield (
                    f"{network}, {label}{name}",
                    20,
                    partial(work, asked, studio, network, asked.size(size), graph, most if asked.cuda else 0.1),
                )
