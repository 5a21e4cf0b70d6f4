"""Errors. Each is one message for the person at the terminal and the exit code that goes with it (see `render --help`).

    RenderError            1  a render failed
    ├── ConfigError        2  the command line or a configuration asks for what cannot be
    │   └── ProblemsError     every fault of a file, each in its place (render.config.problem)
    ├── MissingError       3  an input, weights, an encoder or a folder is missing or cannot be read
    ├── DevelopError       4  a print could not be developed; the negative is safe
    └── RoomError          5  memory or disk ran out

A SettingError (render.config.problem) is none of these: it is a value that cannot be, before it is known where it stands.
"""

import errno
import re
from collections.abc import Iterable
from difflib import get_close_matches

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # what a full disk says
LOCKLESS = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK})  # what a disk without locks answers
NO_MEMORY = re.compile(r"(can.?t|cannot|not|failed to|unable to) allocate|(out of|insufficient) memory", re.IGNORECASE)
NO_GPU = re.compile(r"\b(CUDA|HIP) (driver )?error|cuDNN error|CUBLAS_STATUS|MPS backend|device-side assert", re.IGNORECASE)

UNOPENED = {
    FileNotFoundError: "there is no such file",
    NotADirectoryError: "there is no such file",  # a file where its folder should be
    PermissionError: "may not be read",
}


class RenderError(Exception):
    """A render failed for a reason that the message names.

    continues: the message goes on from the name of what was asked for, as in "is droste, and a swirl bends it".
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", continues: bool = False) -> None:
        super().__init__(printable(f"{message}\n{hint}".rstrip()))
        self.message = message
        self.hint = hint  # the cure, where there is a known one
        self.continues = continues

    def about(self, name: str) -> str:
        """The message, as a sentence that begins with `name` where it continues one."""
        return f"{name} {self.message}" if self.continues else self.message


class ConfigError(RenderError):
    """The command line or a configuration asks for something that cannot be; exit code 2."""

    exit_code = 2


class MissingError(RenderError):
    """An input, weights, an encoder or a writable folder is missing; exit code 3."""

    exit_code = 3


class DevelopError(RenderError):
    """A print could not be developed; the negative is safe; exit code 4."""

    exit_code = 4


class RoomError(RenderError):
    """Memory or disk ran out while rendering; exit code 5."""

    exit_code = 5


def unopened(error: Exception) -> str:
    """Why a file could not be opened, to be said after its name; nothing if the error is of another kind."""
    return next((why for kind, why in UNOPENED.items() if isinstance(error, kind)), "")


def memory_ended(error: Exception) -> bool:
    """Whether that is what an error says, of Python's, torch's, OpenCV's or ffmpeg's."""
    return isinstance(error, MemoryError) or bool(NO_MEMORY.search(str(error)))


def gpu_failed(error: Exception) -> bool:
    """Whether torch says that the GPU is lost or out of order, and will be until the process ends."""
    return isinstance(error, RuntimeError) and bool(NO_GPU.search(str(error)))


def count(number: int, thing: str) -> str:
    """A number of things, in words: 1 film, 3 films."""
    return f"{number} {thing}{'s' * (number != 1)}"


def typed(path: object) -> str:
    """A file's name as it is typed in a command: between quotes where it has spaces or what a shell takes for its own."""
    return f'"{path}"' if re.search(r"[\s'&;()$*?!<>|#]", str(path)) else str(path)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that looks most like `word`; "" where none does."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(word.lower()[:60], list(names), n=1, cutoff=0.6)
    return f'did you mean "{names[near[0]]}"?' if near else ""


def printable(text: str) -> str:
    """The text without what a terminal obeys, or what turns its direction: it may quote a stranger's file."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
