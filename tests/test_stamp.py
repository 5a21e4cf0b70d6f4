"""Laws of stamps: a file that changed or went is told in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.errors import MissingError, RenderError
from render.inputs import TEXT
from render.source import stamp as stamps
from render.source.stamp import require_unchanged, stamp


def test_a_file_that_changed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    before = stamp(file, TEXT)
    require_unchanged(file, TEXT, before)
    file.write_text("another")
    with pytest.raises(RenderError, match=r"a.txt: has changed while it was dreamed"):
        require_unchanged(file, TEXT, before)


def test_a_file_that_goes_while_it_is_looked_at_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "plain", lambda file, kind: file)  # it was there a moment ago
    with pytest.raises(MissingError, match=r"a.txt: there is no such file"):
        stamp(tmp_path / "a.txt", TEXT)
