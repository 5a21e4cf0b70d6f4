"""Laws of a machine that falters: a system call that fails once loses nothing, is one sentence, and the command goes on."""

from __future__ import annotations

import errno
import json
import shutil
import signal
import sys
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
    "still.yaml": FILM + "fps: 4\nduration: 1s\nmotion: {zoom: 1 + 0.1*s}\n",
    "deforum.txt": json.dumps({"W": 64, "H": 64, "max_frames": 8, "zoom": "0:(1.02)"}),
}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "zoom": ("zoom.yaml", "--progress", "none"),
    "footage": ("footage.yaml", "--progress", "none"),
    "print": ("print", "runs/zoom/take-001", "-o", "x.gif"),
    "gallery": ("gallery",),
}
WRITERS: Mapping[str, tuple[str, ...]] = {  # the others that write files; `slow` tries them
    **COMMANDS,
    "stills": (
        "zoom.yaml",
        "--progress",
        "none",
        "--set",
        'outputs=["f/{frame}.png", a.webp, b.tif, {file: c.mp4, size_limit: 9kB}]',
    ),
    "trim": ("trim", "runs/zoom/take-001", "0s..0.5s", "-o", "./part.mp4"),
    "join": ("join", "runs/zoom/take-001", "runs/zoom/take-001", "-o", "both.mkv"),
    "plot": ("plot", "still.yaml"),
    "preview": ("preview", "still.yaml", "--motion"),
    "strip": ("preview", "still.yaml"),
    "atlas": ("atlas", "bestiary", "--layer", "low", "--channels", "0-1", "--size", "32", "--steps", "1"),
    "deforum": ("import", "deforum", "deforum.txt", "film.yaml"),
    "sweep": ("sweep", "zoom.yaml", "--vary", "seed=1,2"),
}
AFTER = {"print": "zoom", "gallery": "zoom", "trim": "zoom", "join": "zoom"}  # what needs a film before
ONCE = {"deforum": "film.yaml", "join": "both.mkv", "print": "x.gif"}  # what is not written over when it is there, whole
FEW = 4  # places of footage at which the fast suite lets a read fail; `slow` tries them all
CODES = {errno.ENOSPC: {0, 5}, falter.SHORT: {0}}  # an exit code that an errno must end with; of others 0, 3 or 4
LOCKLESS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}
OURS = ("fault of render", "Error", "Traceback", "Errno", PART)  # no person reads these


@dataclass(frozen=True)
class Stage:
    """A folder for each try, and what a command leaves in it if nothing falters."""

    name: str  # of the command
    machine: falter.Machine
    before: Path
    at_work: Path
    words: Sequence[str]
    whole: Mapping[str, bytes]
    calls: tuple[str, ...]
    audited: bool = False  # whether Python's own calls are counted, and not the system's

    def set(self) -> None:
        shutil.rmtree(self.at_work, ignore_errors=True)
        shutil.copytree(self.before, self.at_work)

    def run(self, number: int = 0, fault: int = 0, child: str = "") -> falter.End:
        return self.machine.run(self.at_work, self.words, number, fault, child, audited=self.audited)

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
    with falter.machine(falter.library(home), home / "work") as made:
        yield made, home


def set_stage(machine: tuple[falter.Machine, Path], name: str, audited: bool = False) -> Stage:
    made, home = machine
    before, at_work, words = home / name, home / "work", WRITERS[name]
    before.mkdir()
    clip(before / "street.mkv", counted(4, (24, 48)), "-c:v mjpeg -q:v 2 -pix_fmt yuvj444p", fps="2")
    for file, text in FILMS.items():
        (before / file).write_text(text)
    stage = Stage(name, made, before, at_work, words, {}, (), audited)
    if earlier := AFTER.get(name):
        stage.set()
        assert made.run(at_work, COMMANDS[earlier]).code == 0
        shutil.rmtree(before)
        shutil.copytree(at_work, before)
    stage.set()
    peace = stage.run()
    assert peace.code == 0, peace.words
    return Stage(name, made, before, at_work, words, stage.left(), peace.calls, audited)


@pytest.fixture(scope="module", params=COMMANDS)
def stage(machine: tuple[falter.Machine, Path], request: pytest.FixtureRequest) -> Stage:
    return set_stage(machine, request.param)


@pytest.fixture(scope="module", params=WRITERS)
def writer(machine: tuple[falter.Machine, Path], request: pytest.FixtureRequest) -> Stage:
    machine[1].joinpath(request.param).exists() and shutil.rmtree(machine[1] / request.param)
    return set_stage(machine, request.param)


def faults_of(stage: Stage, number: int, fault: int, codes: set[int] | None = None) -> list[str]:
    """What is not as it should be if the call of that number fails so; in words. codes: how it may end."""
    stage.set()
    end, found = stage.run(number, fault), list[str]()
    if end.code not in (codes or CODES.get(fault, {0} if fault in LOCKLESS else {0, 3, 4})):
        found.append(f"ends with {end.code}: {end.words}")
    return [*found, *amiss(stage, end)]


def amiss(stage: Stage, end: falter.End) -> list[str]:
    """What is wrong, in words, with what a command left behind, and with what the same command does then."""
    found, left = list[str](), stage.left()
    if [word for word in OURS if word in end.words]:
        found.append(f"says {end.words}")
    if end.code == 0 and left != stage.whole:
        found.append(f"ends with 0, and {differing(left, stage.whole)} are not as they are in peace")
    found += [f"{path} is left" for path in stage.at_work.rglob(f"{PART}*") if end.code != -signal.SIGKILL]
    found += half_made(stage, left)
    again = stage.run()
    whole = stage.left()
    if end.code == -signal.SIGKILL:  # in a take nobody else writes; elsewhere what was killed leaves its unfinished files
        whole = {name: content for name, content in whole.items() if "/take-" in name or PART not in name}
    if (again.code and not left.get(ONCE.get(stage.name, ""))) or whole != stage.whole:
        found.append(f"the same command ends with {again.code}, {again.words} {differing(whole, stage.whole)}")
    return found


def half_made(stage: Stage, left: Mapping[str, bytes]) -> list[str]:
    """The files under a final name that are not what they are to become; a poster, or a state, is of one tick, then another."""
    changes = {name for name in left if name.endswith(("poster.jpg", "state-even.safetensors", "state-odd.safetensors"))}
    return [
        f"{name} has its name and is not whole"
        for name in left
        if name in stage.whole and left[name] != stage.whole[name] and name not in changes
    ]


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


# ---- signals

SIGNALS = {"Ctrl-C five times": signal.SIGINT, "the terminal closes": signal.SIGHUP, "ordered to end": signal.SIGTERM}


def signals_at(stage: Stage, places: Sequence[int], signals: Sequence[signal.Signals]) -> None:
    for place in places:
        for number in signals:
            stage.set()
            end = stage.run(place, -100 - number)
            assert end.code in (0, 130, -number), end  # a last signal, when all was done, ends it as it ends any program
            assert "fault of render" not in end.words
            assert not list(stage.at_work.rglob(f"{PART}*"))
            again = stage.run()
            assert (again.code, differing(stage.left(), stage.whole)) == (0, []), again.words


def test_a_signal_again_and_again_ends_in_good_order(stage: Stage) -> None:
    if stage.words[0] in FILMS:
        count = len(stage.calls)
        signals_at(stage, [count // 2], [signal.SIGINT])
        signals_at(stage, [count - 8], [signal.SIGHUP])


@pytest.mark.slow
def test_every_signal_ends_in_good_order_anywhere(stage: Stage) -> None:
    if stage.words[0] in FILMS:
        signals_at(stage, range(1, len(stage.calls), len(stage.calls) // 10), [*SIGNALS.values()])


def killed_at(stage: Stage, places: Sequence[int]) -> list[str]:
    wrong = []
    for place in places:
        stage.set()
        end = stage.run(place, -100 - signal.SIGKILL)
        assert end.code == -signal.SIGKILL
        wrong += [f"killed at {place} {stage.calls[place - 1]}: {words}" for words in amiss(stage, end)]
    return wrong


def writes(stage: Stage) -> list[int]:
    """The places at which something is written, or gets its name."""
    kinds = ("create", "write", "fsync", "rename", "unlink", "mkdir", "ftruncate")
    return [place for place, call in enumerate(stage.calls, 1) if call.partition(" ")[0] in kinds]


def test_killed_in_the_middle_of_writing_nothing_half_made_has_a_final_name(stage: Stage) -> None:
    places = writes(stage)
    assert killed_at(stage, [places[len(places) // 2], places[-1]]) == []


@pytest.mark.slow
def test_killed_anywhere_while_writing_nothing_half_made_has_a_final_name(writer: Stage) -> None:
    places = writes(writer)
    assert killed_at(writer, places[:: max(1, len(places) // 25)]) == []


# ---- calls that fail


def sweep(stage: Stage, tries: Sequence[tuple[int, int]]) -> None:
    """tries: (place, fault)."""
    wrong = []
    for place, fault in tries:
        name = "short" if fault == falter.SHORT else errno.errorcode[fault]
        wrong += [f"{place} {stage.calls[place - 1]}, {name}: {words}" for words in faults_of(stage, place, fault)]
    print(f"{' '.join(stage.words)}: {len(tries)} of {len(tries)} right" if not wrong else "\n".join(wrong))
    assert wrong == []


def ways(stage: Stage, place: int) -> tuple[int, ...]:
    """How the call there can fail."""
    return falter.FAULTS[stage.calls[place - 1].partition(" ")[0]]


def test_a_call_that_fails_once_loses_nothing(stage: Stage) -> None:
    """Of each kind of call one place, the kinds shared out among the commands; `slow` tries all places."""
    assert len(stage.calls) > 50
    kinds = sorted(falter.FAULTS)[[*COMMANDS].index(stage.name) :: len(COMMANDS)]
    tries = []
    for kind in kinds:
        places = [place for place, call in enumerate(stage.calls, 1) if call.partition(" ")[0] == kind]
        if places:
            place = places[2 * len(places) // 3]
            tries.append((place, ways(stage, place)[len(places) % len(ways(stage, place))]))
    sweep(stage, tries)


@pytest.mark.slow
def test_every_call_that_fails_once_loses_nothing(stage: Stage) -> None:
    """The first of each call on each file with every errno, each other with one: who calls hears them all in one place.

    Of questions and closes, which are most of all, every third after the first. A quarter of an hour, not the hour and a half
    that each call with each errno took, and found nothing more.
    """
    seen, tries = set[str](), []
    for place, call in enumerate(stage.calls, 1):
        plain, faults = "".join(letter for letter in call if not letter.isdigit()), ways(stage, place)
        if plain not in seen:
            tries += [(place, fault) for fault in faults]
        elif place % 3 == 0 or not call.startswith(("stat ", "close ")):
            tries.append((place, faults[place % len(faults)]))
        seen.add(plain)
    sweep(stage, tries)


def test_no_failing_read_of_footage_puts_the_picture_before_in_its_place(stage: Stage) -> None:
    if stage.name != "footage":
        return
    reads = [place for place, call in enumerate(stage.calls, 1) if call == "read street.mkv"]
    assert len(reads) > 5
    for place in reads[:: max(1, len(reads) // FEW)]:
        assert faults_of(stage, place, errno.EIO, {1, 3}) == [], "the disk is heard"
    closes = [place for place, call in enumerate(stage.calls, 1) if call == "close street.mkv"]
    sweep(stage, [(closes[-1], errno.EIO)])


def test_a_folder_that_is_closed_with_an_error_is_removed(stage: Stage) -> None:
    if stage.name == "footage":
        removals = [place for place, call in enumerate(stage.calls, 1) if call.startswith("rmdir ")]
        closes = [max(each for each in range(place) if stage.calls[each - 1].startswith("close")) for place in removals]
        sweep(stage, [(place, errno.EIO) for place in closes])


@pytest.mark.parametrize("child", falter.CHILDREN)
def test_an_ffmpeg_that_falters_loses_nothing(machine: tuple[falter.Machine, Path], child: str) -> None:
    made, home = machine
    stage = Stage("zoom", made, home / "zoom", home / "work", COMMANDS["zoom"], {}, ())
    stage.set()
    end = stage.run(child=child)
    assert end.code == (5 if "full" in child else 4), end
    assert "zoom.mp4" in end.words
    assert not [word for word in OURS if word in end.words]
    left = stage.left()
    assert not [name for name in left if name.endswith(".mp4")]
    assert not list(stage.at_work.rglob(f"{PART}*"))
    assert stage.run().code == 0
    assert left.items() <= stage.left().items(), "what was dreamed is not dreamed again"


def test_the_machine_falters(stage: Stage) -> None:
    """The law can fail: the calls are counted, and fail when they are to."""
    place = next(number for number, call in enumerate(stage.calls, 1) if call.startswith("open "))
    stage.set()
    assert stage.run(place, errno.EIO).code == 3


@pytest.mark.skipif(sys.platform != "linux", reason="loading a library before the system's own is Linux's way")
def test_reads_and_writes_can_be_made_to_fail(machine: tuple[falter.Machine, Path]) -> None:
    assert falter.library(machine[1]), "install a compiler of C (cc, as in apt install gcc): without one only opens are tried"


def test_without_a_library_what_python_tells_of_is_made_to_fail(machine: tuple[falter.Machine, Path]) -> None:
    stage = set_stage(machine, "deforum", audited=True)
    assert {"create", "rename"} <= {call.partition(" ")[0] for call in stage.calls}
    sweep(stage, [(place, errno.EIO) for place in range(1, len(stage.calls) + 1)])
