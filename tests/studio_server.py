"""A studio that dreams nothing, for tests of its page: the protocol, spoken by a server whose camera flies over a photo."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from tiny import photo
from torch import Tensor

from render.config.parts import parts
from render.develop import stills
from render.picture import colour, warp
from render.picture.motion import CameraPath, Motions
from render.picture.picture import to_pixels
from render.plugins import function_of
from render.studio import protocol

ROOMS = (Path(protocol.__file__).parent / "page", Path(protocol.__file__).parent.parent / "show" / "page")
POLICY = "default-src 'self'; img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
CLASSES = [
    "owl",
    "fern",
    "shell",
    "eye",
    "goldfish",
    "peacock",
    "coral reef",
    "toucan",
    "daisy",
    "jellyfish",
    "macaw",
    "artichoke",
]
LAYERS = [("edges", 8, 0.0), ("shapes", 12, 0.5), ("creatures", 24, 1.0)]
NUMBERS = {  # key: (unit, low, high, whole, log, value, likely, meaning)
    "motion.zoom": ("times per second", 0.001, 1000, False, True, 1.4, (0.5, 3), "how fast the camera moves in"),
    "motion.rotate": ("degrees per second", -3600, 3600, False, False, 4, (-45, 45), "how fast the picture turns"),
    "motion.pan.0": ("frame heights per second", -100, 100, False, False, 0, (-0.5, 0.5), "how fast the picture moves right"),
    "motion.pan.1": ("frame heights per second", -100, 100, False, False, 0, (-0.5, 0.5), "how fast the picture moves down"),
    "motion.swirl": ("degrees per second", -3600, 3600, False, False, 0, (-60, 60), "how fast the middle turns"),
    "motion.center.0": ("of the frame", 0, 1, False, False, 0.5, (0, 1), "what the camera's motions are about, across"),
    "motion.center.1": ("of the frame", 0, 1, False, False, 0.5, (0, 1), "what the camera's motions are about, down"),
    "dream.steps": ("steps", 0, 500, True, False, 3, (0, 12), "ascent steps per octave"),
    "dream.step_size": ("of full range", 0, 1, False, True, 0.012, (0.002, 0.05), "rms change of the picture in one step"),
    "dream.chroma": ("", 0, 1, False, False, 0.8, (0, 1), "how much of the gradient's colour is kept"),
    "look.hold": ("", 0, 1, False, False, 0.5, (0, 1), "0 lets it burn, 1 holds fast"),
    "dream.objective.0.weight": ("", -1000, 1000, False, False, 1, (-1, 2), "its share among the objectives"),
    "dream.objective.1.weight": ("", -1000, 1000, False, False, 0.8, (-1, 2), "its share among the objectives"),
}
MOVED_BY_THE_FILE = "look.hold"


class Studio:
    """What a server knows of its film, and what it answers. `pace`: dreams a second of wall clock."""

    def __init__(
        self, size: tuple[int, int] = (54, 96), rate: float = 8, pace: float = 8, picture: Tensor | None = None
    ) -> None:
        self.size, self.rate, self.pace = size, rate, pace
        self.ground = picture if picture is not None else photo(size, 3)
        self.canvases = [self.ground]
        self.values = {key: row[5] for key, row in NUMBERS.items()}
        self.file_values = dict(self.values)
        self.playing, self.recording, self.scrubbed = True, False, None
        self.take, self.serial = 1, 0
        self.marks: list[dict[str, Any]] = []
        self.flights: list[dict[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self.terms = [
            {"kind": "garden", "words": "garden: owl, fern, shell", "layer": "classes"},
            {"kind": "layer", "words": "layer: shapes", "layer": "shapes"},
        ]
        self.heard: list[dict[str, Any]] = []  # all that pages said, but for acks
        self.waiting: dict[WebSocket, int] = {}  # dreams on their way to each page
        self.newest: dict[WebSocket, bytes] = {}  # the dream that waits for each page
        self.plates = {"classes": [0, 1, 2, 3, 4, 5], "shapes": [0, 1, 2, 3], "creatures": [0, 1]}
        self.film: bytes | None = None  # what a rendering gives
        self.files: dict[str, bytes] = {}
        self.loop: asyncio.AbstractEventLoop
        self.server: uvicorn.Server

    # ---- what it says

    @property
    def head(self) -> int:
        return len(self.canvases) - 1

    def state(self) -> dict[str, Any]:
        height, width = self.size
        moved = [key for key, value in self.values.items() if value != self.file_values[key]]
        return {
            "type": "state",
            **{"playing": self.playing, "recording": self.recording, "scrub": self.scrubbed, "ended": False},
            **{
                "take": f"take-{self.take:03}",
                "tick": self.head,
                "first": 0,
                "seconds": self.head / self.rate,
                "duration": None,
            },
            **{"rate": self.rate, "size": [width, height], "film_size": [640, 360]},
            **{"dreams": self.pace, "keeps_up": True, "share": 0.06},
            "governor": {
                "on": True,
                "size": f"{width}x{height}",
                "steps": 3,
                "octaves": 3,
                "because": "So that dreams keep up.",
            },
            **{"values": self.values, "moved": moved, "unsaved": moved},
            "terms": [
                {
                    **{"index": i, "network": "tiny", "weight": self.values[f"dream.objective.{i}.weight"], "dropped": False},
                    **{"key": f"dream.objective.{i}.weight", **term},
                }
                for i, term in enumerate(self.terms)
            ],
            **{"marks": self.marks, "flights": self.flights, "device": "cpu", "paused_by": None},
        }

    def vocabulary(self) -> dict[str, Any]:
        return {"type": "vocabulary", "handles": [self.handle(key) for key in NUMBERS], "motions": ["zoom"], "objectives": []}

    def handle(self, key: str) -> dict[str, Any]:
        unit, low, high, whole, log, value, likely, meaning = NUMBERS[key]
        group = f"objective {int(key.split('.')[2]) + 1}" if "objective" in key else key.split(".")[0]
        moves = key == MOVED_BY_THE_FILE
        return {
            **{"key": key, "name": key.removeprefix("motion.").removeprefix("dream.").removeprefix("look.").replace("_", " ")},
            **{"group": group, "unit": unit, "low": low, "high": high, "whole": whole, "log": log, "value": value},
            **{"default": value, "meaning": meaning, "pair": None, "likely": likely, "moves": moves, "live": True},
            "written": "0.5 + 0.3*sin(2*pi*s/4)" if moves else value,
            "curve": [[i / 8, 0.5 + 0.3 * float(np.sin(i / 5))] for i in range(64)] if moves else None,
        }

    def knowledge(self) -> dict[str, Any]:
        layers = [{"name": name, "channels": n, "depth": depth, "named": {}} for name, n, depth in LAYERS]
        return {
            "type": "knowledge",
            "networks": [{"name": "tiny", "layers": layers, "classes": CLASSES, "plates": self.plates}],
        }

    # ---- dreams

    def path(self) -> CameraPath:
        names = ("zoom", "rotate", "pan", "swirl", "center")

        def speeds(seconds: np.ndarray) -> Mapping[str, Tensor]:
            def over(name: str) -> Tensor:
                key = f"motion.{name}"
                numbers = [self.values[key]] if key in self.values else [self.values[f"{key}.0"], self.values[f"{key}.1"]]
                return torch.tensor(numbers, dtype=torch.float64).expand(len(seconds), -1).squeeze(-1)

            return {name: over(name) for name in names}

        velocities = {name: function_of(parts().motions[name].velocity) for name in names[:-1]}
        return CameraPath(speeds, Motions(velocities, frozenset({"swirl"})), self.size[1] / self.size[0])

    def dream(self) -> tuple[dict[str, Any], bytes]:
        """The next tick: its header's part of the move, and its mesh."""
        path, span = self.path(), 1 / self.rate
        whole = path.between(0, span)
        moved = warp.move_frame(self.canvases[-1], whole, kernel=warp.lanczos4, border="reflect").clamp(0, 1)
        self.canvases.append(0.9 * moved + 0.1 * torch.roll(self.ground, 7 * len(self.canvases), dims=3))
        if whole.bends:
            return {"path": [], "mesh_size": list(protocol.MESH)}, mesh(path, span, self.size)
        steps = [path.between(0, span * i / protocol.STEPS).matrix.flatten().tolist() for i in range(1, protocol.STEPS + 1)]
        return {"path": steps, "mesh_size": None}, b""

    def pack(self, tick: int, way: Mapping[str, Any], bent: bytes, **more: Any) -> bytes:
        canvas, cut = self.canvases[tick], not way
        self.serial += 1
        header = {
            **{"serial": self.serial, "take": f"take-{self.take:03}", "tick": tick, "seconds": tick / self.rate},
            **{"since": 0 if cut else 1 / self.rate, "rate": self.rate, "cut": cut, "scrub": False},
            **{"size": [self.size[1], self.size[0]], "amount": 1, "fine": float(colour.fine(canvas))},
            **({"path": [], "mesh_size": None} if cut else way),
            **{"velocity": [0.0] * 9, "center": [self.values["motion.center.0"], self.values["motion.center.1"]]},
            **{"border": "reflect", "dreaming": 0.1, **more},
        }
        return protocol.pack_dream(header, bent, jpeg(canvas))

    # ---- what pages ask

    async def answer(self, page: WebSocket, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "ack":
            self.waiting[page] -= 1
            if page in self.newest:
                await self.send_dream(page, self.newest.pop(page))
            return
        self.heard.append(message)
        await getattr(self, f"on_{kind}", self.on_other)(page, message)
        if "id" in message:
            await page.send_json({"type": "done", "id": message["id"]})
        if kind not in {"set", "plates"}:
            await self.tell_all(self.state())

    async def on_other(self, page: WebSocket, message: dict[str, Any]) -> None: ...

    async def on_set(self, page: WebSocket, message: dict[str, Any]) -> None:
        self.values.update(message["values"])
        await self.tell_all({"type": "values", "tick": self.head, "values": message["values"]})

    async def on_release(self, page: WebSocket, message: dict[str, Any]) -> None:
        self.values.update({key: self.file_values[key] for key in message["keys"]})

    async def on_play(self, *_: Any) -> None:
        self.playing = True

    async def on_pause(self, *_: Any) -> None:
        self.playing = False

    async def on_over(self, page: WebSocket, *_: Any) -> None:
        self.take, self.canvases = self.take + 1, [self.ground]
        await self.send_dream(page, self.pack(0, {}, b""))

    async def on_record(self, *_: Any) -> None:
        self.recording = True

    async def on_stop(self, page: WebSocket, message: dict[str, Any]) -> None:
        self.recording = False
        name = f"film-flight{'-' + str(len(self.flights) + 1) if self.flights else ''}"
        flight = {
            "name": name,
            "yaml": f"{name}.yaml",
            "csv": f"{name}.csv",
            "ticks": self.head,
            "seconds": self.head / self.rate,
        }
        self.flights.append({**flight, "size": [self.size[1], self.size[0]]})
        await page.send_json({"type": "flight", "flight": self.flights[-1], "rows": 9, "rows_before": 9, "pixels": None})

    async def on_scrub(self, page: WebSocket, message: dict[str, Any]) -> None:
        self.scrubbed = message["tick"]
        await self.send_dream(page, self.pack(message["tick"], {}, b"", scrub=True))

    async def on_live(self, page: WebSocket, *_: Any) -> None:
        self.scrubbed = None
        await self.send_dream(page, self.pack(self.head, {}, b""))

    async def on_fork(self, page: WebSocket, message: dict[str, Any]) -> None:
        self.take, self.scrubbed, self.canvases = self.take + 1, None, self.canvases[: message["tick"] + 1]
        await self.send_dream(page, self.pack(self.head, {}, b""))

    async def on_mark(self, page: WebSocket, message: dict[str, Any]) -> None:
        tick = message.get("tick", self.head)
        self.marks.append({"tick": tick, "seconds": tick / self.rate, "name": message.get("name", "")})

    async def on_unmark(self, page: WebSocket, message: dict[str, Any]) -> None:
        self.marks = [mark for mark in self.marks if mark["tick"] != message["tick"]]

    async def on_snapshot(self, page: WebSocket, message: dict[str, Any]) -> None:
        await self.keep(page, "snapshot", "still.jpg", jpeg(self.canvases[-1]))

    async def on_gif(self, page: WebSocket, message: dict[str, Any]) -> None:
        await self.keep(page, "gif", "last.jpg", jpeg(self.canvases[-1]))

    async def keep(self, page: WebSocket, what: str, name: str, content: bytes) -> None:
        self.files[name] = content
        await page.send_json(
            {"type": "file", "what": what, "url": f"/takes/{name}", "path": f"runs/{name}", "bytes": len(content)}
        )

    async def on_render(self, page: WebSocket, message: dict[str, Any]) -> None:
        job = {"job": len(self.jobs) + 1, "flight": message["flight"] or "film-flight", "size": message["size"]}
        job |= {"quality": message["quality"], "left": None, "url": None, "text": ""}
        self.jobs.append({**job, "stage": "dreaming", "share": 0.4, "left": 2.0})
        await page.send_json({"type": "jobs", "jobs": self.jobs})
        if self.film:
            await asyncio.sleep(0.2)
            self.files["film.mp4"] = self.film
            self.jobs[-1] = {**job, "stage": "done", "share": 1, "url": "/takes/film.mp4"}
            await page.send_json({"type": "jobs", "jobs": self.jobs})

    async def on_add(self, page: WebSocket, message: dict[str, Any]) -> None:
        kind, what = next(iter(message["term"].items()))
        key = f"dream.objective.{len(self.terms)}.weight"
        self.values[key] = self.file_values[key] = 1
        NUMBERS.setdefault(key, NUMBERS["dream.objective.0.weight"])
        self.terms.append({"kind": kind, "words": f"{kind}: {what}", "layer": message["term"].get("layer", "classes")})

    async def on_plates(self, page: WebSocket, message: dict[str, Any]) -> None:
        for number in message["numbers"]:
            self.plates.setdefault(message["layer"], []).append(number)
            await page.send_json(
                {"type": "plate", **{key: message[key] for key in ("network", "layer")}, "number": number, "url": ""}
            )

    # ---- the line

    async def send_dream(self, page: WebSocket, content: bytes) -> None:
        if self.waiting[page] < protocol.IN_FLIGHT:
            self.waiting[page] += 1
            await page.send_bytes(content)
        else:
            self.newest[page] = content

    def say(self, message: Mapping[str, Any]) -> None:
        """Tell all pages something, from another thread."""
        asyncio.run_coroutine_threadsafe(self.tell_all(message), self.loop).result(5)

    def kill(self) -> None:
        """End it as a signal would, without a word."""
        self.server.force_exit = self.server.should_exit = True

    async def tell_all(self, message: Mapping[str, Any]) -> None:
        for page in list(self.waiting):
            with suppress(Exception):
                await page.send_json(message)

    async def play(self) -> None:
        while True:
            await asyncio.sleep(1 / self.pace)
            if self.playing and self.scrubbed is None and self.waiting:
                way, bent = self.dream()
                content = self.pack(self.head, way, bent)
                for page in list(self.waiting):
                    with suppress(Exception):
                        await self.send_dream(page, content)
                if self.head % 4 == 0:
                    await self.tell_all(self.state())

    async def live(self, page: WebSocket) -> None:
        await page.accept()
        welcome = {
            "version": 1,
            "take": "take-001",
            "film": {"name": "A garden", "file": "garden.yaml", "folder": ".", "path": "garden.yaml"},
        }
        await page.send_json({"type": "welcome", **welcome})
        for message in (self.state(), self.vocabulary(), self.knowledge()):
            await page.send_json(message)
        self.waiting[page] = 0
        await self.send_dream(page, self.pack(self.head, {}, b""))
        try:
            while True:
                await self.answer(page, json.loads(await page.receive_text()))
        except WebSocketDisconnect:
            self.waiting.pop(page, None)

    def routes(self) -> list[Any]:
        async def file(request: Request) -> Response:
            name = request.path_params.get("name", {"/": "page.html", "/screen": "screen.html"}.get(request.url.path, ""))
            found = next((room / name for room in ROOMS if (room / name).is_file()), None)
            headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
            return FileResponse(found, headers=headers) if found else Response(status_code=404)

        async def enter(request: Request) -> Response:
            return Response(status_code=204 if (await request.json())["token"] == "key" else 403)

        async def tick(request: Request) -> Response:
            return Response(jpeg(self.canvases[min(self.head, request.path_params["tick"])]), media_type="image/jpeg")

        async def plate(request: Request) -> Response:
            number, name = request.path_params["number"], request.path_params["layer"]
            return Response(jpeg(photo((48, 48), number + 31 * len(name))), media_type="image/jpeg")

        async def kept(request: Request) -> Response:
            name = request.path_params["name"]
            return Response(self.files[name], media_type="video/mp4" if name.endswith("mp4") else "image/jpeg")

        async def state(request: Request) -> Response:
            return JSONResponse(self.state())

        return [
            Route("/", file),
            Route("/screen", file),
            Route("/page/{name}", file),
            Route("/enter", enter, methods=["POST"]),
            Route("/state", state),
            Route("/tick/{tick:int}.jpg", tick),
            Route("/plate/{network}/{layer}/{number:int}.jpg", plate),
            Route("/takes/{name}", kept),
            WebSocketRoute("/live", self.live),
        ]


def jpeg(canvas: Tensor) -> bytes:
    """As the studio sends it."""
    return stills.jpeg(to_pixels(canvas))


def mesh(path: CameraPath, span: float, size: tuple[int, int]) -> bytes:
    """Where the points of the frame at each step were at the tick before, and where they will be at the next: protocol.py."""
    columns, rows, steps = protocol.MESH
    x = torch.linspace(-size[1] / size[0], size[1] / size[0], columns, dtype=torch.float64)
    y = torch.linspace(-1, 1, rows, dtype=torch.float64)
    points = torch.stack((x.expand(rows, columns), y[:, None].expand(rows, columns)), dim=-1)
    times = [span * step / steps for step in range(steps + 1)]
    beside = [(warp.carry(path.between(time, 0), points), warp.carry(path.between(time, span), points)) for time in times]
    return torch.stack([torch.cat(pair, dim=-1) for pair in beside]).to(torch.float32).numpy().tobytes()


@contextmanager
def served(studio: Studio, port: int = 0) -> Iterator[str]:
    """The studio behind an address of this machine, until the block ends: then it is killed."""

    class Server(uvicorn.Server):
        def install_signal_handlers(self) -> None: ...

    @contextmanager
    def nothing(*_: Any) -> Iterator[None]:
        yield

    async def run(server: uvicorn.Server) -> None:
        studio.loop, studio.server = asyncio.get_running_loop(), server
        playing = asyncio.create_task(studio.play())
        await server.serve()
        playing.cancel()

    config = uvicorn.Config(
        Starlette(routes=studio.routes()), port=port, log_level="error", timeout_graceful_shutdown=1, lifespan="off"
    )
    server = Server(config)
    server.capture_signals = nothing  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: asyncio.run(run(server)), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
        studio.waiting.clear()
