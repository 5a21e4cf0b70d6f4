"""Errors. Each is one message for the person at the terminal and the exit code that goes with it (see `render --help`)."""


class RenderError(Exception):
    """A render failed for a reason that the message names; exit code 1. hint: the cure, where there is a known one."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\n{hint}".rstrip())
        self.message = message
        self.hint = hint


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
