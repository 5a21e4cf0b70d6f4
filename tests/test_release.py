"""Releases: versions agree, the wheel and the archive hold what git knows of render/, and the workflows call what is there."""

from __future__ import annotations

import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
import release
import yaml

ROOT = Path(__file__).parent.parent
VERSION = release.check_versions(None)


def test_the_versions_agree() -> None:
    assert (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8").count("==") > 40
    assert VERSION


@pytest.mark.parametrize(
    ("file", "text", "tag", "words"),
    [
        ("CITATION.cff", "version: 9.9.9\n", None, "CITATION.cff has another version"),
        ("CHANGELOG.md", "# Changes\n\n## 9.9.9, 1 May 2030\n", None, "does not begin with"),
        ("CHANGELOG.md", f"# Changes\n\n## {VERSION}, not released yet\n", f"v{VERSION}", "not released yet"),
        ("CHANGELOG.md", f"# Changes\n\n## {VERSION}, 1 May 2030\n", "v0.0.0", "the tag is v0.0.0"),
    ],
)
def test_versions_that_do_not_agree_end_it(
    file: str, text: str, tag: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=words):
        release.check_versions(tag)


def test_what_a_wheel_or_an_archive_lacks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "files", lambda: ["render/film.py", "render/loops.py", "scripts/hold.py"])
    wheel, archive = tmp_path / "x.whl", tmp_path / "x.tar.gz"
    with ZipFile(wheel, "w") as packed:
        packed.writestr("render/film.py", "")
        packed.writestr("render/stale.py", "")
        packed.writestr("zoomdream-1.dist-info/RECORD", "")
    with tarfile.open(archive, "w:gz") as packed_too:
        packed_too.add(ROOT / "LICENSE", "zoomdream-1/LICENSE")
    assert list(release.compare_files(wheel)) == [
        "x.whl lacks render/loops.py",
        "x.whl holds render/stale.py, which is not the project's",
    ]
    lacks = {line.rpartition(" ")[2] for line in release.compare_archive(archive)}
    assert lacks == {"render/film.py", "render/loops.py", "pyproject.toml", "README.md"}


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_workflows_and_forms_can_be_read_and_call_what_is_there(path: Path) -> None:
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert tree
    steps = [step for job in tree.get("jobs", {}).values() for step in job["steps"]]
    commands = [step["run"].split()[0] for step in steps if "run" in step]
    assert all((ROOT / command).exists() for command in commands if command.startswith("scripts/"))
    assert not steps or tree["permissions"] == {"contents": "read"}
