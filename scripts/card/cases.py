"""What is measured: sizes, networks and ways to dream, and which network each way is tried with."""

from __future__ import annotations

from collections.abc import Mapping

TICKS = 60  # after which a film is judged by numbers
RATE, FPS = 8, 30  # dreams and frames a second
SMALL = (320, 180)  # (width, height) at which the processor takes part
SIZES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}
LIVE = {"640x360": (640, 360), "1280x720": (1280, 720)}
NETWORKS = {"inception_v1": "{layer: inception_4c}", "bestiary": "{garden: all}", "efficientnet_lite0": "{layer: block_10}"}
MEASURED = ("inception_v1", "efficientnet_lite0")  # whose speed is measured
WAYS: Mapping[str, tuple[str, ...]] = {  # ways to dream, by what they set
    "pixel": (),
    "fourier": ("dream.parametrisation=fourier", "dream.jitter_turn=5", "dream.jitter_scale=1.1"),
    "tiles": ("dream.tile=128",),
    "droste": ("loop=droste",),
    "footage": (),
}
AGAIN = {  # the network with which each way to dream is tried for whether it repeats, and where it waits
    "pixel": "efficientnet_lite0",
    "fourier": "inception_v1",
    "tiles": "bestiary",
    "droste": "inception_v1",
    "footage": "efficientnet_lite0",
}
