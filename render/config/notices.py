"""Notices. What a person may want to know of a film that is no fault: Config -> sentences."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from render.config.clock import USUAL_BPM
from render.config.config import Config
from render.config.cuts import counts_beats
from render.config.hold import holds
from render.config.parts import parts
from render.loops import LOOPS

UNHEARD = Fraction(1, 10)  # seconds by which music may end before the film and nobody is told


def notices(config: Config) -> Iterator[str]:
    """What was asked for and comes to nothing in this film, or to something else than one might think."""
    for rule in RULES:
        yield from rule(config)


def _still_source(config: Config) -> Iterator[str]:
    usual = Config()
    names = ["flow"] if config.flow != usual.flow else []
    if config.dream.footage:
        names.append("dream.footage")
    if names and not config.source.moves:
        yield f"no use is made of {' and '.join(names)}: for footage only, and the source is {config.source.kind}"


def _centre_twice(config: Config) -> Iterator[str]:
    if config.motion.centers and config.motion.center != Config().motion.center:
        yield "motion.center means nothing beside motion.centers, which says where the centre is"
    if config.places.has("motion.path"):
        yield "motion.path is called motion.centers now: the centre of zoom and turn; motion.to takes the camera to places"


def _schedule(config: Config) -> Iterator[str]:
    usual = {key: curve.given for key, curve in Config().curves()} | ({"motion.zoom": 1} if config.source.moves else {})
    moved = ((key, curve) for key, curve in config.curves() if curve.scheduled and key in usual and not holds(curve))
    if beside := [key for key, curve in moved if curve.given != usual[key]]:
        yield f"the schedule moves {' '.join(beside)}, and what stands beside it means nothing"
    if config.moves.left_out:
        yield f"of the schedule, these mean nothing here and are left out: {' '.join(config.moves.left_out)}"


def _cut_short(config: Config) -> Iterator[str]:
    if config.cut_short and config.facts.footage:
        yield f"the footage ends after {float(config.facts.footage):.4g} s, and the film with it"


def _usual_beat(config: Config) -> Iterator[str]:
    if config.bpm and config.audio and config.audio.bpm:
        yield "bpm means nothing beside audio.bpm, which says how many beats a minute has"
    if config.audio and not config.audio.bpm and not config.bpm and counts_beats(config):
        yield f"beats are counted at {USUAL_BPM:g} a minute, since audio has no bpm; bpm: auto finds it"


def _silence(config: Config) -> Iterator[str]:
    clock, music = config.clock, config.facts.music
    lasts = clock.frames / clock.fps * (2 if LOOPS[config.loop].doubles else 1)
    if config.audio and music is not None and music + UNHEARD < lasts:
        yield f"the music ends after {float(music):.4g} s, and the film goes on in silence"


def _sound_backwards(config: Config) -> Iterator[str]:
    if LOOPS[config.loop].doubles and config.facts.sounding and not config.audio:
        yield "the footage comes back, and its sound goes on: it is not played backwards"


def _followed(config: Config) -> Iterator[str]:
    clock, dreams = config.clock, config.facts.dreams
    if dreams and dreams <= clock.last_tick:
        end = clock.tick(dreams - 1).seconds
        yield f"the take that it follows ends after {end:.4g} s, and the film goes its own way from there"


def _bare_keys(config: Config) -> Iterator[str]:
    for key, curve in config.curves():
        keys = [] if curve.scheduled else _bare(curve.given)
        if any(map(int, keys)):
            name = key.removesuffix(".0") if isinstance(curve.given, dict) and key == "motion.to.0" else key
            yield f"{name}: its keyframes {' '.join(keys)} count frames; write {keys[-1]}s for seconds, or {keys[-1]} frames"


def _bare(value: object) -> list[str]:
    """The keys of keyframes that are numbers without a unit."""
    if isinstance(value, list):
        return [str(entry["at"]) for entry in value if isinstance(entry, dict) and str(entry.get("at")).isdecimal()]
    if isinstance(value, dict):
        return [key for key in value if key.isdecimal()] or _bare(value.get("value"))
    return []


def _files(config: Config) -> Iterator[str]:
    yield from config.facts.notes


def _broken_parts(config: Config) -> Iterator[str]:
    return map(str, parts().faults)


RULES = (
    _still_source,
    _centre_twice,
    _schedule,
    _cut_short,
    _usual_beat,
    _silence,
    _sound_backwards,
    _followed,
    _bare_keys,
    _files,
    _broken_parts,
)
