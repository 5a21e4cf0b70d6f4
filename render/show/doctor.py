"""The doctor. What this machine has of what a film needs, and what is missing, each with the line that brings it.

Its lines are made to be pasted into a report: no path of them says whose machine it is.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from render.errors import RenderError
from render.show.words import bytes_words

PACKAGE = "zoomdream"  # as the package index knows this program
EXTRAS = {  # extra -> what a film or a command has with it
    "audio": "music that moves numbers",
    "studio": "render studio",
    "cluster": "--on ray",
}
SCARCE = 2e9  # bytes of disk: less than this is told, since a film of a minute may take as much


@dataclass(frozen=True)
class Finding:
    """One line about this machine."""

    what: str  # Python, ffmpeg, disk …
    words: str
    cure: str = ""  # the line that brings what is missing, or the advice; nothing where nothing is missing
    needed: bool = False  # no film can be rendered without it


Examination = Callable[[], Iterator[Finding]]


def examine(root: Path) -> list[Finding]:
    """Everything, in the order in which a film needs it; what breaks while it is asked is a finding, too.

    root: where takes are to go.
    """
    examinations: Sequence[tuple[str, Examination]] = (
        ("render", look_at_program),
        ("packages", look_at_packages),
        ("device", look_at_devices),
        ("ffmpeg", look_at_ffmpeg),
        ("weights", look_at_weights),
        ("extras", look_at_extras),
        ("disk", lambda: look_at_disk(root)),
    )
    return [finding for what, look in examinations for finding in _survive(what, look)]


def report(findings: Sequence[Finding]) -> str:
    """The findings as text, a line each, what is missing with its cure below it; home folders are written `~`."""
    width = max(len(finding.what) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.what:{width}}  {finding.words}")
        if finding.cure:
            lines.append(f"{'':{width}}  → {finding.cure}")
    return without_home("\n".join(lines))


def without_home(text: str) -> str:
    """The text with `~` in the place of this person's home folder."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _survive(what: str, look: Examination) -> Iterator[Finding]:
    """The findings of an examination; one that breaks ends in a finding that says how."""
    try:
        yield from look()
    except RenderError as error:
        yield Finding(what, error.message, error.hint or "install render anew", needed=True)
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        yield Finding(what, f"broken: {type(error).__name__}: {first}", "install render anew", needed=True)


def look_at_program() -> Iterator[Finding]:
    """This program, Python, the system."""
    yield Finding("render", version(PACKAGE))
    yield Finding("Python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Finding("system", f"{platform.system()} {platform.release()}, {platform.machine()}")


def look_at_packages() -> Iterator[Finding]:
    """The packages that every film needs: their versions, and those that are missing or too old."""
    wanted = [requirement for requirement in _requirements() if not _extra(requirement)]
    missing = [requirement for requirement in wanted if not _is_satisfied(requirement)]
    names = ("torch", "torchvision", "av", "numpy", "opencv-python-headless", "pillow")
    yield Finding("packages", ", ".join(f"{name} {_version(name)}" for name in names))
    for requirement in missing:
        yield Finding("packages", f"{requirement.name} is {_version(requirement.name)}", _pip(str(requirement)), needed=True)


def look_at_devices() -> Iterator[Finding]:
    """Where films can be dreamed, with what memory, and in what precision."""
    import torch

    from render.dream.device import pick
    from render.dream.precision import has_bfloat16

    cores = os.cpu_count() or 1
    yield Finding("processor", f"{cores} cores, threads that torch takes: {torch.get_num_threads()}")
    for i in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(i)
        yield Finding("card", f"{card.name}, {bytes_words(card.total_memory)}; CUDA {torch.version.cuda}")
    if not torch.cuda.device_count() and shutil.which("nvidia-smi"):
        yield Finding(
            "card", "there is one of NVIDIA's, and this torch does not see it", "install a torch that was built for CUDA"
        )
    device = pick("auto")
    yield Finding("dreams on", f"{device.type}, in {'bfloat16' if has_bfloat16(device) else 'float32'}")


def look_at_ffmpeg() -> Iterator[Finding]:
    """ffmpeg and the encoders that outputs ask for."""
    from render.config.parts import formats
    from render.develop import ffmpeg
    from render.develop.formats import has_encoder

    coded = {name: format for name, format in formats().by_name.items() if format.library}
    here = [name for name, format in coded.items() if has_encoder(format)]
    usable = [codec for codec in here if not coded[codec].hardware or ffmpeg.finds_hardware(coded[codec].encoder)]
    yield Finding("ffmpeg", f"{ffmpeg.version()}, writes {' '.join(usable)}")
    if idle := [f"{codec} (needs {coded[codec].hardware})" for codec in here if codec not in usable]:
        yield Finding("ffmpeg", f"not on this machine: {', '.join(idle)}")
    for codec in sorted({*coded} - {*here}):
        yield Finding("ffmpeg", f"cannot write {codec}", _pip("imageio-ffmpeg"))


def look_at_weights() -> Iterator[Finding]:
    """The networks whose weights are here, and where others are kept."""
    from render.dream.efficientnet import PACKAGE as LITE0
    from render.weights import cache

    default = ["efficientnet_lite0"] if _is_satisfied(Requirement(LITE0)) else []
    yield Finding("weights", f"{' '.join(['bestiary', *default, *sorted(cache.present())])}; others go to {cache.folders()[0]}")
    if not default:
        yield Finding("weights", "the network that dreams by default is missing", _pip(LITE0))


def look_at_extras() -> Iterator[Finding]:
    """What can be installed besides."""
    for extra, gives in EXTRAS.items():
        wanted = [requirement for requirement in _requirements() if _extra(requirement) == extra]
        if not wanted:
            continue
        missing = [requirement.name for requirement in wanted if not _is_satisfied(requirement)]
        words = (
            f"missing: {' '.join(missing)}" if missing else ", ".join(f"{each.name} {_version(each.name)}" for each in wanted)
        )
        yield Finding(f"[{extra}]", f"{gives}: {words}", _pip(f"{PACKAGE}[{extra}]") if missing else "")


def look_at_disk(root: Path) -> Iterator[Finding]:
    """Room for takes, and memory."""
    folder = next(place for place in (root.absolute(), *root.absolute().parents) if place.exists())
    free = shutil.disk_usage(folder).free
    cure = "make room, or let takes go elsewhere with -o FOLDER (a film's need: render check)" if free < SCARCE else ""
    yield Finding("disk", f"{bytes_words(free) or 'nothing'} free where takes go", cure)
    if not os.access(folder, os.W_OK):
        yield Finding("disk", "the folder for takes cannot be written", "let takes go elsewhere with -o FOLDER", needed=True)


def _requirements() -> list[Requirement]:
    """What this program's package asks for on this machine, extras included."""
    every = [Requirement(line) for line in requires(PACKAGE) or []]
    return [each for each in every if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in ("", *EXTRAS))]


def _extra(requirement: Requirement) -> str:
    """The extra that asks for it; nothing if every film needs it."""
    if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
        return ""
    return next(extra for extra in EXTRAS if requirement.marker.evaluate({"extra": extra}))


def _is_satisfied(requirement: Requirement) -> bool:
    return _is_installed(requirement.name) and requirement.specifier.contains(version(requirement.name), prereleases=True)


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _version(name: str) -> str:
    return version(name) if _is_installed(name) else "missing"


def _pip(what: str) -> str:
    """The line that installs it into the environment that this program runs in."""
    return f'{Path(sys.executable).name} -m pip install "{what}"'
