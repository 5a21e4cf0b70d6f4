"""The doctor: all that films need is looked at, what is missing has its cure, and no line says whose machine it is."""

from __future__ import annotations

import shutil
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from commands import Command
from packaging.requirements import Requirement

from render.develop import ffmpeg
from render.show import doctor
from render.show.doctor import examine, report

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(line).name for line in PROJECT["dependencies"]]


def test_a_machine_that_has_everything_is_told_what_it_has(command: Command) -> None:
    said = command("doctor")
    assert said.code == 0
    for word in ("Python", "torch", "processor", "dreams on", "h264", "bestiary efficientnet_lite0", "free where takes go"):
        assert word in said.out
    assert "→" not in "".join(line for line in said.out.splitlines() if line.startswith("packages"))


def test_the_extras_are_those_of_the_package() -> None:
    assert {*PROJECT["optional-dependencies"]} - {"dev", "docs"} <= {*doctor.EXTRAS}


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_package_is_named_with_its_cure(name: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution(wanted: str) -> object:
        if wanted == name:
            raise PackageNotFoundError(wanted)
        return object()

    monkeypatch.setattr(doctor, "distribution", distribution)
    monkeypatch.setattr(doctor, "look_at_ffmpeg", lambda: iter(()))  # seconds each
    said = command("doctor")
    assert said.code == 3
    assert f'-m pip install "{name}' in said.out
    assert f"{name} is missing" in said.out


def test_a_package_that_is_too_old_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", lambda name: "0.0.1")
    cures = [finding.cure for finding in doctor.look_at_packages()]
    assert all(any(name in cure for cure in cures) for name in NEEDED)


def test_what_breaks_while_it_is_asked_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as where torch's own libraries are missing
    monkeypatch.setattr(ffmpeg, "_program", lambda: str(tmp_path / "nothing"))
    ffmpeg.encoders.cache_clear()
    findings = examine(tmp_path)
    ffmpeg.encoders.cache_clear()
    broken = {finding.what for finding in findings if finding.needed}
    assert {"device", "ffmpeg"} <= broken
    assert {"render", "Python", "weights", "disk"} <= {finding.what for finding in findings}
    assert all(finding.cure for finding in findings if finding.needed)


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    (finding,) = doctor.look_at_disk(tmp_path / "runs" / "deep")
    assert "nothing free" in finding.words
    assert "-o FOLDER" in finding.cure


def test_no_line_says_whose_machine_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home" / "ada"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("RENDER_WEIGHTS", str(home / "weights"))
    text = report(list(doctor.look_at_weights()))
    assert "~/weights" in text.replace("\\", "/")
    assert "ada" not in text
