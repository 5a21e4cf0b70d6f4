"""Laws of labels: they lose their trimmings, must be as many as classes, and ImageNet's are read without torchvision."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from render.dream import labels
from render.dream.labels import labels_for, read_labels
from render.errors import MissingError

LISTS = {
    "n01440764 tench, Tinca tinca\nn02129165 lion\n": ("tench, Tinca tinca", "lion"),
    "/a/airfield 0\n/b/bazaar/outdoor 47\n/a/airport_terminal 2\n": ("airfield", "bazaar outdoor", "airport terminal"),
    "Löwe\r\n\r\n  Haus am See \r\n": ("Löwe", "Haus am See"),
    "and/or\nroom 7\n": ("and/or", "room 7"),
}


@pytest.mark.parametrize("text", LISTS)
def test_labels_lose_their_trimmings(text: str, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text(text, encoding="utf-8", newline="")
    assert read_labels(tmp_path / "names.txt", len(LISTS[text])) == LISTS[text]


def test_labels_must_be_as_many_as_classes(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("lion\ncastle\n", encoding="utf-8")
    with pytest.raises(MissingError, match=r"names.txt holds 2 labels, and the network has 365 classes"):
        read_labels(tmp_path / "names.txt", 365)
    with pytest.raises(MissingError, match=r"gone.txt: there is no such file"):
        read_labels(tmp_path / "gone.txt", 2)
    (tmp_path / "latin.txt").write_bytes(b"L\xf6we\n")
    with pytest.raises(MissingError, match=r"latin.txt: is not text in UTF-8"):
        read_labels(tmp_path / "latin.txt", 1)


def test_labels_nobody_gave() -> None:
    assert labels_for(2, ("lion", "castle")) == ("lion", "castle")
    assert labels_for(3, ("lion", "castle")) == ("0", "1", "2")


def test_the_names_of_imagenet_are_torchvision_s_and_read_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package takes longer to import than a first dream takes; where its list lies elsewhere, it is asked all the same."""
    program = "import sys; from render.dream.labels import ImageNet; print(*ImageNet(), sep='\\n')"
    program += "; assert 'torchvision' not in sys.modules"
    alone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.splitlines()
    monkeypatch.setattr(labels, "_imagenet_list", lambda: None)
    labels._imagenet.cache_clear()
    assert tuple(alone) == labels._imagenet()
    assert len(alone) == 1000
