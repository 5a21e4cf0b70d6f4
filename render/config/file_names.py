"""Names of files. How settings that name films and files are read: (YAML value) -> str or Path, whatever a person writes."""

from __future__ import annotations

import re
from glob import escape
from os.path import abspath
from pathlib import Path
from typing import Any

from render.config.problem import SettingError, quote

LONGEST_NAME = 200  # bytes of a film's name, of the 255 that systems take; letters of Chinese have three each
NOT_IN_NAMES = re.compile(r"[/\\:*?\"<>|{}\x00-\x1f]")  # what some system or another forbids in a file's name
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
LONGEST_PART, LONGEST_PATH = 255, 4095  # bytes of a file's name, and of it with all its folders, on every usual system


def name_from(stem: str) -> str:
    """The name of a film whose file is called `stem`, no longer than files' names may be with what is added to it."""
    letters = "".join(letter if letter.isprintable() else "-" for letter in stem)
    short = NOT_IN_NAMES.sub("-", letters).strip(" .")[:100].encode()[:LONGEST_NAME].decode(errors="ignore")
    return short.rstrip(" .") or "film"


def read_name(value: Any) -> str:
    """The name of a film, which names its folder and its files; raises SettingError."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or name_from(text) != text:
        hint = "it names a folder and files: letters, digits, spaces, - and _; at most 100, and 200 bytes"
        raise SettingError(f"is {quote(value)}, which cannot name a folder", hint)
    return text


def _at_home(value: str) -> Path:
    """The path, with ~ replaced by the home folder where there is one."""
    try:
        return Path(str(value)).expanduser()
    except RuntimeError:
        return Path(str(value))


def _refuse_endless(value: str) -> None:
    """Refuses a path that no file can have. It is bytes that count: a letter of Chinese has three."""
    longest = max((len(part.encode(errors="replace")) for part in Path(value).parts), default=0)
    if longest > LONGEST_PART or len(value.encode(errors="replace")) > LONGEST_PATH:
        raise SettingError(f"is {quote(value)}, longer than the name of any file can be")


def read_path(value: Any) -> Path:
    """The absolute path of a file, which starts in the folder of the file that names it; raises SettingError."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise SettingError(f"is {quote(value)}; it takes the name of a file")
    if ADDRESS.match(value):
        raise SettingError(f"is {quote(value)}, an address; it takes a file of this machine", "download it, and name that file")
    _refuse_endless(value)
    folder: Path = getattr(value, "folder", Path())
    return Path(abspath(Path(folder, _at_home(value))))


def read_glob(value: Any) -> str:
    """The same of a pattern of names, in which that folder stands for itself; raises SettingError."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise SettingError(f"is {quote(value)}; it takes a pattern of file names", 'for example "shots/*.png"')
    _refuse_endless(value)
    folder: Path = getattr(value, "folder", Path())
    return abspath(Path(escape(str(folder.absolute())), _at_home(value)))


def read_output_name(value: Any, suffixes: tuple[str, ...], pictures: tuple[str, ...]) -> str:
    """The name of an output inside the take's folder, as `setting_types.output_name` says it; raises SettingError.

    What compositors write, #### or %04d, means {frame:04}.
    """
    text = str(value).strip() if isinstance(value, str) else ""
    text = re.sub(r"#{2,9}", lambda signs: f"{{frame:0{len(signs[0])}}}", re.sub(r"%0?([1-9])d", r"{frame:0\1}", text))
    parts = text.split("/")
    bare = re.sub(r"\{name\}|\{frame(:0?[1-9])?\}", "", text)
    faults = {
        "which is no file name": not text.isprintable() or not text or not parts[-1] or text.startswith("~"),
        f"which is longer than {LONGEST_NAME} bytes": len(text.encode()) > LONGEST_NAME,
        "with a character that no file name may have": bool(re.search(r"[\\:*?\"<>|\x00-\x1f]", bare)),
        "and outputs stay in the take's folder": text.startswith("/") or ".." in parts,
        "and only {name} and {frame} or {frame:06} are filled in": "{" in bare or "}" in bare,
        "whose ending is no known format": not text.lower().endswith(suffixes),
        "and only pictures can be a sequence": "{frame" in text and not text.lower().endswith(pictures),
    }
    if fault := next((fault for fault, is_so in faults.items() if is_so), None):
        hint = f"for example film.mp4 or frames/{{frame:06}}.png; endings: {' '.join(suffixes)}"
        raise SettingError(f"is {quote(value)}, {fault}", hint)
    return text
