"""The studio: a film flown live in a browser, and recorded as its own schedule. `protocol` is what page and server say."""

from __future__ import annotations

from importlib.util import find_spec

from render.errors import MissingError

NEEDS = ("starlette", "uvicorn", "websockets", "watchfiles", "ruamel.yaml")  # the packages of the extra `studio`
INSTALL = 'pip install "zoomdream[studio]", or in a copy of the project: pip install ".[studio]"'


def require_extra() -> None:
    """Raises MissingError with the line that installs what the studio needs, where something of it is not there."""
    missing = [name for name in NEEDS if not _is_there(name)]
    if missing:
        are = "are" if len(missing) > 1 else "is"
        raise MissingError(f"render studio needs {' and '.join(missing)}, which {are} not installed", INSTALL)


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
