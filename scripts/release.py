"""A release: the wheel and the source archive are built, and tried in clean environments on the oldest and newest Python.

What is tried: the wheel holds the files of the working copy and no others; every module of it can be imported; `render doctor`
finds nothing missing; the first film is rendered at a small size, from a folder where no working copy is.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
PYTHONS = ("python3.11", "python3.13")  # the oldest and the newest that are promised
SMALL = ("size=160x90", "fps=8", "duration=1s", "dream.steps=1", "dream.first_steps=2")
IMPORTS = """
import importlib, pkgutil, render
for module in pkgutil.walk_packages(render.__path__, "render."):
    if module.name != "render.__main__":
        importlib.import_module(module.name)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Build, then try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", help="the version that this must be, as in v1.2.3")
    parser.add_argument("--python", action="append", help=f"an interpreter to try the wheel with [{' '.join(PYTHONS)}]")
    options = parser.parse_args(arguments)
    version = check_versions(options.tag)
    wheel, archive = build(version)
    faults = [*compare_files(wheel), *compare_archive(archive)]
    if faults:
        raise SystemExit("\n".join(faults))
    pythons = options.python or [name for name in PYTHONS if works(name)]
    if not pythons:
        raise SystemExit(f"none of {' '.join(PYTHONS)} is on this machine")
    for python in pythons:
        try_wheel(wheel, python)
    print(f"zoomdream {version}: tried on {' and '.join(pythons)}; to publish it, see RELEASE.md")


def check_versions(tag: str | None) -> str:
    """The version; ends the program where pyproject, CITATION, the changes and the tag do not agree."""
    version = str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    newest = re.search(r"^## (\S+), (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    if not cited or cited[1] != version:
        raise SystemExit(f"CITATION.cff has another version than pyproject.toml's {version}")
    if not newest or newest[1] != version:
        raise SystemExit(f"CHANGELOG.md does not begin with {version}")
    if tag and tag != f"v{version}":
        raise SystemExit(f"the tag is {tag}, and the version {version}")
    if tag and newest[2] == "not released yet":
        raise SystemExit(f"CHANGELOG.md says that {version} is not released yet; give it its day")
    return version


def build(version: str) -> tuple[Path, Path]:
    """The wheel and the source archive of the working copy, in dist/."""
    shutil.rmtree(DIST, ignore_errors=True)
    with TemporaryDirectory() as folder:  # a copy of what git knows: what else lies about belongs to nobody's release
        copy = Path(folder) / "zoomdream"
        for name in files():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        run(sys.executable, "-m", "build", "--outdir", str(DIST), str(copy))
    return DIST / f"zoomdream-{version}-py3-none-any.whl", DIST / f"zoomdream-{version}.tar.gz"


def files() -> list[str]:
    """The files of the project, as git knows them; with those that are new."""
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def compare_files(wheel: Path) -> Iterator[str]:
    """What the wheel lacks of render/, and what it holds besides, in words."""
    with ZipFile(wheel) as packed:
        inside = {name for name in packed.namelist() if ".dist-info/" not in name}
    ours = {name for name in files() if name.startswith("render/")}
    yield from (f"{wheel.name} lacks {name}" for name in sorted(ours - inside))
    yield from (f"{wheel.name} holds {name}, which is not the project's" for name in sorted(inside - ours))


def compare_archive(archive: Path) -> Iterator[str]:
    """What the source archive lacks for building the same wheel, in words."""
    with tarfile.open(archive) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    ours = {name for name in files() if name.startswith("render/")} | {"pyproject.toml", "README.md", "LICENSE"}
    yield from (f"{archive.name} lacks {name}" for name in sorted(ours - inside))


def try_wheel(wheel: Path, python: str) -> None:
    """Install the wheel in a clean environment, and use it as its README says; then with all extras."""
    print(f"{python}: installing {wheel.name} in a clean environment", flush=True)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        run(python, "-m", "venv", str(place / "venv"))
        programs = place / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        pip = (str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, str(wheel))
        shutil.copy2(ROOT / "configs" / "zoom.yaml", place / "zoom.yaml")
        sets = [word for setting in SMALL for word in ("--set", setting)]
        run(str(programs / "render"), "doctor", cwd=place)
        run(str(programs / "render"), "zoom.yaml", *sets, "--progress", "plain", cwd=place)
        films = [path for path in (place / "runs" / "zoom").rglob("*.mp4") if path.stat().st_size > 1000]
        if not films:
            raise SystemExit(f"{python}: the first film is not there")
        run(*pip, f"{wheel}[{','.join(extras())}]")
        run(str(programs / "python"), "-c", IMPORTS, cwd=place)


def extras() -> list[str]:
    """What people can install besides, but for what only those who work on it need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [extra for extra in project["optional-dependencies"] if extra != "dev"]


def works(python: str) -> bool:
    """Whether there is an interpreter of that name."""
    try:
        return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(*command: str, cwd: Path | None = None) -> None:
    """Run it, or end with what failed."""
    if code := subprocess.run(command, cwd=cwd, check=False).returncode:
        raise SystemExit(f"failed with {code}: {' '.join(command)}")


if __name__ == "__main__":
    main()
