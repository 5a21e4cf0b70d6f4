"""Laws of a machine that falters: a system call that fails once loses nothing, is one sentence, and the command goes on."""

from __future__ import annotations

import errno
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import falter
import pytest
from clips import clip, counted

from render.develop.files import PART
from render.develop.flow_cache import FOLDER

FILM = "size: 32x24\nseed: 3\nflow: none\ndream: {steps: 1, first_steps: 1, octaves: 1, rate: 2, jitter: 2}\n"
FILMS = {
    "zoom.yaml": FILM + 'fps: 4\nduration: 1s\noutputs: ["{name}.mp4"]\n',
    "footage.yaml": FILM + 'fps: source\nduration: source\nsource: {video: street.mkv}\noutputs: ["{frame}.png"]\n',
}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "zoom": ("zoom.yaml", "--progress", "none"),
    "footage": ("footage.yaml", "--progress", "none"),
    "print": ("print", "runs/zoom/take-001", "-o", "x.gif"),
    "gallery": ("gallery",),
}
AFTER = {"print": "zoom", "gallery": "zoom"}  # what needs a film before
FEW = 4  # places of a command that the fast suite tries, early, middle and late; `slow` tries them all
CODES = {errno.ENOSPC: {0, 5}, falter.SHORT: {0}}  # an exit code that an errno must end with; of others 0, 3 or 4
LOCKLESS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}


@dataclass(frozen=True)
class Stage:
    """A folder for each try, and what a command leaves in it if nothing falters."""

    machine: falter.Machine
    before: Path
    at_work: Path
    words: Sequence[str]
    whole: Mapping[str, bytes]
    calls: tuple[str, ...]

    def set(self) -> None:
        shutil.rmtree(self.at_work, ignore_errors=True)
        shutil.copytree(self.before, self.at_work)

    def run(self, number: int = 0, fault: int = 0) -> falter.End:
        return self.machine.run(self.at_work, self.words, number, fault)

    def left(self) -> Mapping[str, bytes]:
        return contents(self.at_work)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, but for those that name processes and times, and the cache of flow, which may do without."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in falter.VARIES)
    found = (path for path in found if FOLDER not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[falter.Machine, Path]]:
    home = tmp_path_factory.mktemp("falter")
    library = falter.library(home)
    if library is None:
        pytest.skip("this system has no compiler of C, or loads no library before its own")
    with falter.machine(library, home / "work") as made:
        yield made, home


@pytest.fixture(scope="module", params=COMMANDS)
def stage(machine: tuple[falter.Machine, Path], request: pytest.FixtureRequest) -> Stage:
    made, home = machine
    before, at_work = home / request.param, home / "work"
    before.mkdir()
    clip(before / "street.mkv", counted(4, (24, 48)), "-c:v mjpeg -q:v 2 -pix_fmt yuvj444p", fps="2")
    for name, text in FILMS.items():
        (before / name).write_text(text)
    stage = Stage(made, before, at_work, COMMANDS[request.param], {}, ())
    if earlier := AFTER.get(request.param):
        stage.set()
        assert made.run(at_work, COMMANDS[earlier]).code == 0
        shutil.rmtree(before)
        shutil.copytree(at_work, before)
    stage.set()
    peace = stage.run()
    assert peace.code == 0, peace.words
    return Stage(made, before, at_work, COMMANDS[request.param], stage.left(), peace.calls)


def faults_of(stage: Stage, number: int, fault: int) -> list[str]:
    """What is not as it should be if the call of that number fails so; in words."""
    stage.set()
    end, found = stage.run(number, fault), list[str]()
    left = stage.left()
    if end.code not in CODES.get(fault, {0} if fault in LOCKLESS else {0, 3, 4}):
        found.append(f"ends with {end.code}: {end.words}")
    if [word for word in ("fault of render", "Error", "Traceback", "Errno") if word in end.words]:
        found.append(f"says {end.words}")
    if end.code == 0 and left != stage.whole:
        found.append(f"ends with 0, and {differing(left, stage.whole)} are not as they are in peace")
    found += [f"{path} is left" for path in stage.at_work.rglob(f"{PART}*")]
    found += [
        f"{name} has its name and is not whole" for name in left if name in stage.whole and left[name] != stage.whole[name]
    ]
    again = stage.run()
    if again.code or stage.left() != stage.whole:
        found.append(f"the same command ends with {again.code}, {again.words} {differing(stage.left(), stage.whole)}")
    return found


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


SIGNALS = {"Ctrl-C five times": signal.SIGINT, "the terminal closes": signal.SIGHUP, "ordered to end": signal.SIGTERM}


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_again_and_again_ends_in_good_order(stage: Stage, name: str) -> None:
    if stage.words[0] not in FILMS:
        return
    count = len(stage.calls)
    for place in (count // 2, count - 8):
        stage.set()
        end = stage.run(place, -100 - SIGNALS[name])
        assert end.code in (0, 130), end
        assert "fault of render" not in end.words
        assert not list(stage.at_work.rglob(f"{PART}*"))
        again = stage.run()
        assert (again.code, differing(stage.left(), stage.whole)) == (0, []), again.words


def sweep(stage: Stage, places: Sequence[int], every_fault: bool) -> None:
    wrong, tries = [], 0
    for place in places:
        call = stage.calls[place - 1]
        ways = falter.FAULTS[call.partition(" ")[0]]
        for fault in ways if every_fault else (ways[place % len(ways)],):
            tries += 1
            name = "short" if fault == falter.SHORT else errno.errorcode[fault]
            wrong += [f"{place} {call}, {name}: {words}" for words in faults_of(stage, place, fault)]
    print(f"{' '.join(stage.words)}: {tries} of {tries} right" if not wrong else "\n".join(wrong))
    assert wrong == []


def test_a_call_that_fails_once_loses_nothing(stage: Stage) -> None:
    count = len(stage.calls)
    assert count > 50
    sweep(stage, [1 + (2 * part + 1) * count // (2 * FEW) for part in range(FEW)], every_fault=False)


@pytest.mark.slow
def test_every_call_that_fails_once_loses_nothing(stage: Stage) -> None:
    sweep(stage, range(1, len(stage.calls) + 1), every_fault=True)


def test_no_failing_read_of_footage_puts_the_picture_before_in_its_place(stage: Stage) -> None:
    if stage.words != COMMANDS["footage"]:
        return
    reads = [place for place, call in enumerate(stage.calls, 1) if call == "read street.mkv"]
    assert len(reads) > 5
    for place in reads[:: max(1, len(reads) // FEW)]:
        assert faults_of(stage, place, errno.EIO) == []
        stage.set()
        assert stage.run(place, errno.EIO).code in (1, 3), "the disk is heard"


def test_the_machine_falters(stage: Stage) -> None:
    """The law can fail: the calls are counted, and fail when they are to."""
    place = next(number for number, call in enumerate(stage.calls, 1) if call.startswith("open "))
    stage.set()
    assert stage.run(place, errno.EIO).code == 3
