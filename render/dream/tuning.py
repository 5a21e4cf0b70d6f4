"""Tuning. What the libraries under torch are told before the first network is loaded, and how much that is worth.

Both are measured with EfficientNet-Lite0 at 320x180 on two threads (docs/BENCH.md).
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

# How many steps oneDNN remembers how to do, asked of the environment at the first. With the usual 1,024 two networks in four
# octaves crowd each other out, and each tick takes twice as long.
ONEDNN = "ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192"
# What glibc does with memory that was freed, by the numbers in its malloc.h: it keeps 512 MB for the next tensors, and maps
# only what has 32 MB. As it is, each page is asked of the system anew at every step, which is a sixth of a tick.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
MALLOC = {MMAP_THRESHOLD: 32 << 20, TRIM_THRESHOLD: 512 << 20}


@cache
def tune() -> None:
    """Tell them, once; what a person said in the environment stays."""
    os.environ.setdefault(*ONEDNN)
    if any(name.startswith("MALLOC_") for name in os.environ):
        return
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or Windows
        return
    for option, amount in MALLOC.items():
        set_option(option, amount)
