"""Laws of the corpus: each odd file gives the film, or the sentence, that its row says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from commands import Command
from PIL import Image

from tests.corpus import Row
from tests.corpus.rows import ROWS


def test_the_corpus_is_large_and_its_names_differ() -> None:
    assert len(ROWS) == len({row.name for row in ROWS}) > 60


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_file_gives_what_its_row_says(command: Command, tmp_path: Path, tiny_network: None, row: Row) -> None:
    row.make(tmp_path / row.name)
    (tmp_path / "film.yaml").write_text(row.film())
    settings = [word for setting in row.settings for word in ("--set", setting)]
    if row.use == "weights":
        settings += ["--set", f"dream.network={{squeezenet1_1: {row.name}}}"]
    check = command("check", "film.yaml", *settings)
    render = command("film.yaml", "--progress", "none", *settings)
    assert check.code == row.code, check
    assert render.code == (row.code if row.rendered is None else row.rendered), render
    for said in (check, render):
        assert "fault of render" not in said.words
    if row.code:
        assert row.phrase in check.words
        assert row.phrase in render.words
        assert not (tmp_path / "runs").exists()
        return
    frames = sorted((tmp_path / "runs/film/take-001/f").iterdir())
    assert len(frames) == 10
    if row.colour:
        shown = np.asarray(Image.open(frames[0]).convert("RGB")).astype(float).mean((0, 1))
        assert np.abs(shown - row.colour).max() < 6, shown
