"""Assets: which files are given out, and as what. Of a kind that is not here, and outside of its folder, none is."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import FileResponse, JSONResponse, Response

TYPES = {  # of the files that are given out, by their endings; others are not
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".csv": "text/csv; charset=utf-8",
}
OF_PAGE = (".css", ".js", ".json", ".svg", ".woff2", ".png", ".jpg", ".webp")
OF_PROGRAMS = (".css", ".js", ".json", ".svg", ".woff2")
OF_PERSON = tuple(ending for ending in TYPES if ending not in OF_PROGRAMS)


def nothing() -> Response:
    """The answer where there is nothing."""
    return JSONResponse({"error": "there is nothing here"}, 404)


def give_file(root: Path, path: str, endings: tuple[str, ...]) -> Response:
    """A file below a folder, where it is of one of the kinds that are given out; wherever links lead."""
    try:
        file = (root / path).resolve(strict=True)
        inside = file.is_relative_to(root.resolve()) and file.is_file()
    except (OSError, ValueError, RuntimeError):
        return nothing()
    hidden = any(part.startswith(".") for part in Path(path).parts)
    if not inside or hidden or file.suffix.lower() not in endings:
        return nothing()
    return FileResponse(file, media_type=TYPES[file.suffix.lower()])
