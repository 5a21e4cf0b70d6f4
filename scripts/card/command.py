"""The card, proved and measured: (device, networks) -> what is right on it, how fast it is, what a live loop gives.

    scripts/gpu                                   all parts, in under six minutes; a table as it goes, and gpu.json
    scripts/gpu --parts right,fast                some of them
    scripts/gpu --rest                            what gpu.json in --out says was not reached; all else there stays
    scripts/gpu --weights inception_v1=FILE       a network's own weights; what a file lacks, or all of it, is seeded random
    scripts/gpu --device cpu --size 0.1           the script itself, tried without a card

machine  what the card is, and the rates it reaches: products, convolutions, copies. All shares are of these.
right    each network and each way to dream: one step and one tick beside the processor's, whether the same tick comes out
         twice, whether a resumed film is the film bit for bit, sixty ticks in numbers, memory that ends, reads that wait.
fast     ticks and frames a second at four sizes, memory, and where a tick's time goes.
modes    a step and a tick in float32, tf32, bfloat16, in each memory layout, as CUDA graphs: each alone and together.
encoded  film frames a second into an mp4, by the processor and by the card, and how busy the card is.
live     the studio's loop without its page: dreams a second, each read back and packed as a JPEG.
compile  a step under torch.compile; last, since nobody knows how long that takes.

Each entry may fail, or take too long, and says so in its place; each part has its share of the time, and what one does not
need the next ones have. gpu.json names from the beginning on what was not reached yet. A quarter of an hour is two runs, the
second with --rest. Nothing is fetched from anywhere.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Timer

import torch

from card import cases, compilation, encoded, fast, live, machine, modes, right
from card.films import Studio
from card.random_weights import RANDOM, whole_weights
from card.report import PARTS, Asked, Entry, Report

ENOUGH_TO_GO_ON = 30  # seconds
GRACE = 12  # seconds that an entry has beyond all time before the process ends without it: a call that does not come back
WORK: Mapping[str, Callable[[Asked, Studio, Report], Iterator[Entry]]] = {
    "machine": machine.entries,
    "right": right.entries,
    "fast": fast.entries,
    "live": live.entries,
    "encoded": encoded.entries,
    "modes": modes.entries,
    "compile": compilation.entries,
}


def options(arguments: Sequence[str]) -> Asked:
    words = argparse.ArgumentParser("scripts/gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--parts", default=",".join(PARTS), help=f"some of {','.join(PARTS)}; machine always is")
    words.add_argument("--seconds", type=float, default=335, help="that all of it may take")
    words.add_argument("--size", type=float, default=1.0, metavar="SCALE", help="of all sizes; 0.1 to try the script")
    words.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    words.add_argument("--weights", action="append", default=[], metavar="NETWORK=FILE", help="safetensors by its own names")
    words.add_argument("--photo", type=Path, help="the picture that films begin with; clouds without")
    words.add_argument("--out", type=Path, default=Path("gpu-out"), help="the folder for gpu.json, sheet.jpg and traces")
    words.add_argument("--short", action="store_true", help="only the entries that tell most; the others come after them")
    words.add_argument("--rest", action="store_true", help="only what gpu.json in --out says was not reached")
    told = words.parse_args(arguments)
    parts = tuple(part for part in PARTS if part == "machine" or part in told.parts.split(","))
    if wrong := set(told.parts.split(",")) - set(PARTS):
        words.error(f"--parts: {', '.join(sorted(wrong))}; there are {', '.join(PARTS)}")
    weights = {name: Path(file).absolute() for name, _, file in (pair.partition("=") for pair in told.weights)}
    if missing := [str(path) for path in weights.values() if not path.is_file()]:
        words.error(f"--weights: there is no file {missing[0]}")
    if wrong := set(weights) - set(RANDOM):
        words.error(f"--weights: {', '.join(sorted(wrong))}; there are {', '.join(RANDOM)}")
    told.out.mkdir(parents=True, exist_ok=True)
    photo = told.photo.absolute() if told.photo else None
    return Asked(parts, told.seconds, told.size, torch.device(told.device), weights, photo, told.out, told.short, told.rest)


def give_up(report: Report) -> None:
    """End the process though an entry does not come back; what was found is written already."""
    print(f"an entry does not come back; not reached: {'; '.join(report.not_reached())}", flush=True)
    os._exit(3)


def go_on(asked: Asked, arguments: Sequence[str]) -> int:
    """In a process of its own, what was not reached because the card is lost to this one."""
    again = [*arguments, "--rest", f"--seconds={asked.left:.0f}"]
    return subprocess.call([sys.executable, "-m", "card", *again])


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if all that could be tried is right; 1 if a step on the card is not the processor's; 3 if an entry never came back."""
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = options(arguments)
    report = Report(asked)
    last = Timer(asked.left + GRACE, give_up, [report])
    last.daemon = True
    last.start()
    try:
        code = measure(asked, report)
    finally:
        last.cancel()
    return go_on(asked, arguments) if report.lost and asked.left > ENOUGH_TO_GO_ON else code


def measure(asked: Asked, report: Report) -> int:
    """All of it."""
    warnings.filterwarnings("ignore", message=".*TF32.*")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = {name: whole_weights(name, asked.weights.get(name), Path(folder)) for name in cases.NETWORKS}
        studio = Studio(Path(folder), {name: file for name, (file, _) in files.items()}, asked.photo)
        report.entries["weights"] = {name: what for name, (_, what) in files.items()}
        for part in asked.parts:
            report.expect(part, WORK[part](asked, studio, report))
        report.write()
        for part in asked.parts:
            report.run(part)
    report.entries["seconds"] = asked.spent
    report.write()
    notes = {f"{part}: {name}": note for part in asked.parts for name, note in report.entries.get(part, {}).items()}
    wrong = [name for name, note in notes.items() if note.get("right") is False]
    failed = [name for name, note in notes.items() if "failed" in note]
    for what, names in (("not right", wrong), ("failed", failed), ("not reached", report.not_reached())):
        print(f"{what}: {'; '.join(names) or 'nothing'}", flush=True)
    return 1 if wrong else 0
