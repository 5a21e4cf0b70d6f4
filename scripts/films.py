"""The films of configs/, one after the other: rendered for the gallery's page, or timed, which goes into the head of each."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from time import monotonic

from render.develop import files
from render.errors import ConfigError, MissingError, RenderError
from render.facts import load
from render.weights import store

ROOT = Path(__file__).parents[1]
RENDER = Path(sys.executable).with_name("render")
SPENT = re.compile(r"^#   about .+ on two CPU cores", re.MULTILINE)
CORES = 2
INTERRUPTED = 130
Shoot = Callable[[Path, Sequence[str]], int]  # a configuration and options of `render` -> the exit code


def there(films: Sequence[Path], options: Sequence[str]) -> Iterator[Path]:
    """The films whose weights are here or can be fetched; a word on each of the others."""
    for film in films:
        try:
            config = load(film, [value for option, value in pairwise(options) if option == "--set"])
            fetch(config.published_networks, offline="--offline" in options or store.is_offline())
        except MissingError as error:
            say(f"{film.name}: left out: {error}")
        else:
            yield film


def fetch(names: Sequence[str], offline: bool) -> None:
    """Fetch the published weights of these networks that are not here yet. Raises MissingError for those that cannot be had."""
    for name in filter(store.publishes, names):
        if store.pending(name):
            store.get(name, say, offline)


def say(words: str) -> None:
    """A line for the person; stdout is not for it."""
    sys.stderr.write(f"{words}\n")


def shoot(film: Path, options: Sequence[str]) -> int:
    """Render a film; its paths go to stderr with all that is said."""
    return subprocess.run([RENDER, film, *options], stdout=sys.stderr, check=False).returncode


def shown(films: Sequence[Path], options: Sequence[str], render: Shoot) -> int:
    """Render the films and build the page over all that lies where they do; the gravest exit code. Ctrl-C ends it."""
    worst = 0
    for film in there(films, options):
        if (code := render(film, options)) == INTERRUPTED:
            return code
        worst = max(worst, code)
    takes = next((where for option, where in pairwise(options) if option in ("-o", "--output")), "runs")
    return max(worst, subprocess.run([RENDER, "gallery", takes, "-o", "site"], check=False).returncode)


def timed(films: Sequence[Path], options: Sequence[str], render: Shoot) -> int:
    """Render each film anew, write into its head how long that took, and throw the film away; the gravest exit code."""
    worst = 0
    with tempfile.TemporaryDirectory() as scratch:
        for film in there(films, options):
            begun = monotonic()
            if (code := render(film, [*options, "-o", scratch])) == INTERRUPTED:
                return code
            worst = max(worst, code)
            if not code:
                files.write(film, told(film.read_text(encoding="utf-8"), monotonic() - begun).encode())
    return worst


def told(text: str, seconds: float) -> str:
    """A film's text whose head says how long it takes."""
    if not SPENT.search(text):
        raise ConfigError('no line of a film says how long it takes, as in "#   about 1 minute on two CPU cores"')
    return SPENT.sub(f"#   about {spoken(seconds)} on two CPU cores", text, count=1)


def spoken(seconds: float) -> str:
    """A time as one says it: to ten seconds, from five minutes on to minutes."""
    step = 10 if seconds < 295 else 60
    minutes, rest = divmod(max(step, round(seconds / step) * step), 60)
    said = [f"{minutes} minute{'s' if minutes > 1 else ''}"] if minutes else []
    return " ".join([*said, *([f"{rest} seconds"] if rest else [])])


def on_two_cores() -> None:
    """This process and its children keep to two cores from now on, however many there are."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < CORES:
            raise ConfigError(f"films are timed on {CORES} CPU cores, and here is {len(cores)}")
        os.sched_setaffinity(0, cores[:CORES])
    elif os.cpu_count() != CORES:
        raise ConfigError(f"films are timed on {CORES} CPU cores, and this system cannot set {os.cpu_count()} down to that")


def main(arguments: Sequence[str]) -> int:
    """0, or the gravest exit code of the films."""
    films = [Path(one) for one in arguments if one.endswith(".yaml")] or sorted((ROOT / "configs").glob("*.yaml"))
    options = [one for one in arguments if one != "--time" and not one.endswith(".yaml")]
    signal.signal(signal.SIGINT, lambda *_: None)  # the render at work hears Ctrl-C too, and ends in good order
    try:
        if "--time" not in arguments:
            return shown(films, options, shoot)
        on_two_cores()
        return timed(films, options, shoot)
    except RenderError as error:
        say(str(error))
        return error.exit_code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
