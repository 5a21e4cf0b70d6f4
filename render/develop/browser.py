"""Browsers. What of a take a browser plays, and the take as a piece of HTML that needs no other file."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from render.develop.names import FRAME, fill_name, frame_path
from render.inputs import MOVIE, read_bytes

# What browsers play, the best first: endings and codecs, and the element that plays them.
PLAYED = {
    (".mp4", "auto"): "video",
    (".mp4", "h264"): "video",
    (".webm", "auto"): "video",
    (".webm", "vp9"): "video",
    (".mov", "auto"): "video",
    (".mov", "h264"): "video",
    (".mp4", "av1"): "video",
    (".webm", "av1"): "video",
    (".webp", "auto"): "img",
    (".gif", "auto"): "img",
}
TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/mp4",  # h264 in a mov is played as one
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
}
MOST = 2 * 10**7  # bytes of a film inside a page: a notebook with larger ones is slow to save and to open


def playable(folder: Path, record: Mapping[str, Any]) -> tuple[Path | None, str]:
    """The whole print of a take that browsers play best, and in which element; none if they play none."""
    rows = []
    for file, made in record.get("prints", {}).items():
        path = frame_path(folder / fill_name(file, record["name"]), 0)
        kind = path.suffix.lower(), made["settings"]["codec"]
        whole = path.is_file() and path.stat().st_size == made["bytes"] and os.access(path, os.R_OK)
        inside = path.resolve().is_relative_to(folder.resolve())  # a link could show the world any file of its owner's
        if kind in PLAYED and whole and inside and not FRAME.search(file):
            rows.append((list(PLAYED).index(kind), -(made["settings"]["width"] or 2**31), path, PLAYED[kind]))
    return min(rows)[2:] if rows else (None, "")


def html(folder: Path, record: Mapping[str, Any]) -> str:
    """The take as HTML: its film inside, as long as it is small; else its poster. Below it where it lies."""
    film, element = playable(folder, record)
    if not film or film.stat().st_size > MOST:
        film, element = folder / "poster.jpg", "img"
    caption = f"<div><code>{escape(str(folder))}</code></div>"
    if not film.is_file() or film.stat().st_size > MOST:
        return caption
    data = f"data:{TYPES[film.suffix.lower()]};base64,{b64encode(read_bytes(film, MOVIE)).decode()}"
    ways = {"video": f'<video controls loop muted autoplay playsinline src="{data}"></video>', "img": f'<img src="{data}">'}
    return f"{ways[element]}{caption}"
