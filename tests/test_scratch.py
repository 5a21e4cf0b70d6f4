"""Laws of a worker's folder: it ends with its worker, or with the next one after it was killed; those of the living stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from render.many.scratch import LOCK, PREFIX, Scratch


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def leave(folder: Path, seconds: float) -> Path:
    """A worker's folder as it is so long after its worker was killed."""
    folder.mkdir()
    (folder / "film-0").mkdir()
    (folder / LOCK).touch()
    then = folder.stat().st_mtime - seconds
    os.utime(folder, (then, then))
    return folder


def test_what_a_killed_worker_left_is_removed_by_the_next(temporary: Path) -> None:
    killed = leave(temporary / f"{PREFIX}killed", 600)
    begun_just_now = leave(temporary / f"{PREFIX}new", 0)
    another = leave(temporary / "render-other", 600)
    alive = leave(temporary / f"{PREFIX}alive", 600)
    with FileLock(alive / LOCK):
        scratch = Scratch()
    assert not killed.exists()
    assert begun_just_now.exists()
    assert another.exists()
    assert (alive / "film-0").exists()
    scratch.remove()
    assert not scratch.folder.exists()


def test_a_link_to_somewhere_else_is_left_alone(temporary: Path) -> None:
    elsewhere = leave(temporary / "elsewhere", 600)
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)
    Scratch().remove()
    assert (elsewhere / "film-0").exists()
