"""Torture. Kills a render as often as asked and looks whether anything was lost: (configuration, kills) -> Findings.

The film is rendered once in peace; then again and again it is begun, killed with SIGKILL and gone on with by the same command
until it is whole, when every file must be, bit for bit, the one made in peace. A blow falls at a random moment, or just before
a random act on the disk, so that what takes a millisecond is struck as often as what takes a minute.

With --long: renders the film once, in this process, and tells whether memory, open files and disk stay as they should.
"""

from __future__ import annotations

import os

os.environ.update({f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")})  # only one thread can be forked

import argparse
import json
import random
import resource
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import torch

from render import cli
from render.config.loader import read
from render.construct import build
from render.develop import files
from render.develop.flow_cache import FOLDER
from render.develop.shoot import shoot
from render.errors import RenderError
from render.facts import load
from render.film import State
from render.show.limits import negative_bytes

ACTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "subprocess.Popen"}  # as Python's audit hooks call them
VARIES = {".lock", "run.json"}  # files of a take that name processes and times
LONG = 1000  # ticks after which memory must have found its level
GROWTH = 1.0  # MB per 1,000 ticks that memory may grow by at most
CLOSE = 0.05  # of what was estimated that the disk's use may be off


@dataclass(frozen=True)
class Blow:
    """When to kill: just before the act of that number, or after so many seconds; neither is never."""

    act: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Life:
    """What a process did until it ended. ticks: that it dreamed, in order. acts: on the disk, in words."""

    code: int
    ticks: list[int]
    acts: list[str]
    seconds: float
    words: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass
class Findings:
    """What came of it."""

    kills: int = 0
    films: int = 0  # finished all the same
    repeated: int = 0  # most ticks dreamed twice for one kill
    struck: Counter[str] = field(default_factory=Counter)  # what was about to happen at each kill
    faults: list[str] = field(default_factory=list)  # in words

    def __str__(self) -> str:
        where = ", ".join(f"{what} {count}" for what, count in self.struck.most_common())
        return (
            f"{self.kills} kills, {self.films} films finished all the same; at most {self.repeated} ticks dreamed twice\n"
            f"struck: {where}\n" + "\n".join([*self.faults, f"{len(self.faults)} faults"])
        )


def live(arguments: Sequence[str], root: Path, blow: Blow) -> Life:
    """One process of `render ARGUMENTS`, forked, so that it need not import anything, and killed as `blow` says."""
    diary, acts = root.with_name(f"{root.name}.words"), root.with_name(f"{root.name}.acts")
    diary.write_bytes(b"")
    acts.write_bytes(b"")
    begun = monotonic()
    child = os.fork()
    if not child:
        _be_born(arguments, root, diary, acts, blow)
    if blow.seconds is not None:
        signal.setitimer(signal.ITIMER_REAL, blow.seconds)
    code = _end_of(child)
    signal.setitimer(signal.ITIMER_REAL, 0)
    words = diary.read_text(encoding="utf-8")
    lines = [line for line in words.splitlines() if line.startswith("{") and line.endswith("}")]
    ticks = [json.loads(line)["tick"] for line in lines]
    return Life(code, ticks, acts.read_text(encoding="utf-8").splitlines(), monotonic() - begun, words)


def _end_of(child: int) -> int:
    """Wait for the child, and kill it when the alarm goes; its exit code."""

    def kill(*_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _be_born(arguments: Sequence[str], root: Path, diary: Path, acts: Path, blow: Blow) -> None:
    """The life of the child, which never returns."""
    code = 1
    try:
        words = os.open(diary, os.O_WRONLY | os.O_APPEND)
        os.dup2(words, 1)
        os.dup2(words, 2)
        _count_acts(root, os.open(acts, os.O_WRONLY | os.O_APPEND), blow.act)
        cli.main([*arguments, "-o", str(root), "--progress", "json"])
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _count_acts(root: Path, paper: int, last: int | None) -> None:
    """Write down every act on files under `root` before it is done; die before the one whose number is `last`."""
    number = 0

    def about_to(event: str, details: tuple[Any, ...]) -> None:
        nonlocal number
        if event not in ACTS or (event != "subprocess.Popen" and str(root) not in str(details[0])):
            return
        number += 1
        target = details[1] if event == "os.rename" else details[0]
        os.write(paper, f"{event} {Path(os.fsdecode(str(target))).name}\n".encode())
        if number == last:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(about_to)


# ---- what must be


def contents(root: Path) -> Mapping[str, bytes]:
    """Every file under `root`, but for those that name processes and times, and what others could be writing of a cache."""
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name not in VARIES)
    common = f"{FOLDER}/{files.PART}"
    named = ((str(path.relative_to(root)), path) for path in found)
    return {name: path.read_bytes() for name, path in named if not name.startswith(common)}


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """The files that are not the same in both."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def half_made(root: Path, whole: Mapping[str, bytes]) -> list[str]:
    """The prints that have their final name but are not what they are to become."""
    prints = {name: data for name, data in contents(root).items() if "/negative/" not in name and files.PART not in name}
    return [name for name, data in prints.items() if name in whole and data != whole[name] and not name.endswith(".jpg")]


def torture(arguments: Sequence[str], folder: Path, kills: int, seed: int) -> Findings:
    """Kill the render so often; everything that is not as it must be is a fault of the findings."""
    dice, found = random.Random(seed), Findings()
    peace = live(arguments, folder / "peace", Blow())
    if peace.code:
        found.faults.append(f"in peace it ends with {peace.code}: {peace.words.strip()}")
        return found
    whole = contents(folder / "peace")
    while found.kills < kills and not found.faults:
        root = folder / f"film-{found.films}"
        _one_film(arguments, root, whole, peace, kills, dice, found)
        shutil.rmtree(root, ignore_errors=True)
    return found


def _one_film(
    arguments: Sequence[str],
    root: Path,
    whole: Mapping[str, bytes],
    peace: Life,
    kills: int,
    dice: random.Random,
    found: Findings,
) -> None:
    """Begin a film, kill and go on until it is whole, and look at it after every blow."""
    before: Life | None = None
    safe = 0  # ticks on disk when the last life ended
    while before is None or before.killed:
        patient = found.kills >= kills
        blow = Blow() if patient else _draw_blow(dice, peace)
        life = live(arguments, root, blow)
        found.kills += life.killed
        if life.killed:
            found.struck[_struck(life, blow, peace)] += 1
        found.faults += [f"{name} has its name and is not whole" for name in half_made(root, whole)]
        if not life.killed and life.code:
            found.faults.append(f"after {found.kills} kills it ends with {life.code}: {life.words.strip()[-500:]}")
            return
        if before and before.ticks and life.ticks:
            found.repeated = max(found.repeated, before.ticks[-1] - life.ticks[0] + 1)
        if life.ticks and life.ticks[0] < safe:
            found.faults.append(f"tick {life.ticks[0]} is dreamed again, and {safe} ticks were safe")
        before, safe = life, len(list(root.rglob("tick-*.safetensors")))
    again = live(arguments, root, Blow())
    found.films += 1
    found.faults += [f"{name} is not what it is in peace" for name in differing(contents(root), whole)]
    if again.ticks or again.code:
        found.faults.append(f"a whole film is gone on with: {again.words.strip()[-500:]}")
    if found.repeated > 1:
        found.faults.append(f"{found.repeated} ticks were dreamed twice, which is more than the one at work")


def _draw_blow(dice: random.Random, peace: Life) -> Blow:
    """A blow, early more often than late: what goes on after one has less left to do."""
    when = dice.random() ** 2
    if dice.random() < 0.5:
        return Blow(act=1 + int(when * len(peace.acts)))
    return Blow(seconds=0.001 + when * peace.seconds)


def _struck(life: Life, blow: Blow, peace: Life) -> str:
    """What was struck: the act that was about to be, without the numbers in its name; or what went on."""
    if blow.act is not None:
        event, name = life.acts[-1].split(" ", 1)
        plain = "".join(letter for letter in name if not letter.isdigit()).replace("..", ".")
        return f"{event.removeprefix('os.')} {plain}" if event != "subprocess.Popen" else "start of ffmpeg"
    last = life.ticks[-1] if life.ticks else -1
    going = last < peace.ticks[-1] and not any("poster" in act for act in life.acts)
    return "dreaming" if going and life.ticks else "opening" if going else "developing"


# ---- long films


@dataclass(frozen=True)
class Level:
    """What the process holds at a tick: its memory so far at most, MB, and open files."""

    tick: int
    megabytes: float
    handles: int


def level(tick: int) -> Level:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Level(tick, most / (2**20 if sys.platform == "darwin" else 2**10), len(os.listdir("/dev/fd")))


def endure(config: Path, overrides: Sequence[str], folder: Path) -> list[str]:
    """Render the film once; the faults found in how memory, open files and disk went on."""
    asked, levels, device = load(config, overrides), list[Level](), torch.device("cpu")

    def watch(states: Iterator[State], first: int, last: int) -> Iterator[State]:
        for state in states:
            yield state
            if state.tick % LONG == 0 or state.tick == last:
                levels.append(level(state.tick))
                print(f"tick {state.tick}: {levels[-1].megabytes:.1f} MB, {levels[-1].handles} open files", flush=True)

    shot = shoot(asked, read(config), folder, device, watch)
    height, width = build(asked, device).scene.size
    disk = sum(path.stat().st_size for path in (shot.folder / "negative").iterdir())
    print(f"developed: {level(0).megabytes:.1f} MB, {level(0).handles} open files; negative {disk / 1e6:.1f} MB")
    return verdict(levels, disk, negative_bytes(asked, height * width))


def verdict(levels: Sequence[Level], disk: float, estimated: float) -> list[str]:
    """What is wrong with the levels of a long film, the first of which counts not, and with its negative's bytes."""
    first, last = levels[min(1, len(levels) - 1)], levels[-1]
    growth = (last.megabytes - first.megabytes) / max(1, last.tick - first.tick) * 1000
    print(f"memory grew by {growth:.2f} MB per 1,000 ticks; disk {disk / estimated:.3f} of the estimate")
    faults = {
        f"memory grows by {growth:.2f} MB per 1,000 ticks": growth >= GROWTH,
        f"{last.handles - first.handles} files stay open": last.handles > first.handles,
        f"the negative takes {disk:,.0f} bytes, not {estimated:,.0f}": abs(disk / estimated - 1) > CLOSE,
    }
    return [fault for fault, found in faults.items() if found]


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = argparse.ArgumentParser("scripts/torture", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("config", type=Path)
    words.add_argument("--kills", type=int, default=200)
    words.add_argument("--seed", type=int, default=0, help="of the blows")
    words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another setting of the film")
    words.add_argument("--long", action="store_true", help="no kills: does a long film hold its memory, files and disk?")
    return words.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if nothing was lost, 1 if something was, 2 or 3 if the film cannot be made."""
    asked = options(arguments)
    with TemporaryDirectory(prefix="torture-") as folder:
        try:
            if asked.long:
                faults = endure(asked.config, asked.set, Path(folder))
                print(*faults, f"{len(faults)} faults", sep="\n")
                return bool(faults)
            load(asked.config, asked.set)
        except RenderError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        settings = [word for setting in asked.set for word in ("--set", setting)]
        found = torture([str(asked.config), *settings], Path(folder), asked.kills, asked.seed)
    print(found)
    return bool(found.faults)


if __name__ == "__main__":
    raise SystemExit(main())
