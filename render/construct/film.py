"""From what was asked for to what is rendered: (Config, device) -> Film, or one error that names every setting at fault."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from render import on_footage, travel
from render.config import Config
from render.construct.cuts import cut_test
from render.construct.faults import Faults, attempt
from render.construct.follow import FREE, follow
from render.construct.networks import Known, Networks, joint_extractor, load_networks, with_residual
from render.construct.scene import make_scene
from render.construct.strength import full_strength
from render.construct.terms import BoundTerm, bind_terms, terms_at
from render.construct.tiles import bytes_per_pixel, in_tiles, receptive_fields
from render.construct.tone import tone_reference
from render.dream.ascent import Ascent
from render.dream.precision import DTYPES, choose_precision
from render.dream.tile import tiling
from render.film import Film
from render.moment import Moment
from render.propagate import Blend
from render.scene import Scene
from render.source.image import digest


def build(config: Config, device: torch.device, known: Known | None = None) -> Film:
    """The film that `config` asks for. Raises one ProblemsError that names every setting at fault, before any dreaming.

    known: networks that are loaded already, from one film to the next.
    """
    faults: Faults = []
    scene = make_scene(config, device, faults)
    precision = choose_precision(config.dream.precision, device, scene.size if scene else (0, 0))
    networks = load_networks(config, device, DTYPES[precision], faults, known)
    parts = bind_terms(config, networks, scene, device, faults)
    dreamers = attempt(faults, "dream.residual", lambda: with_residual(networks, config.dream.residual))
    if faults or not scene or not dreamers:
        raise config.problems(faults)
    extract = joint_extractor(dreamers, [(part.prefix, part.layer) for part in parts], device)
    min_side = max(network.min_side for network in networks.values())
    pixel_bytes = attempt(faults, "size", lambda: bytes_per_pixel(extract, networks, scene))
    guide = attempt(faults, "follow.take", lambda: follow(config, scene)) if config.follow else FREE
    if pixel_bytes is None or guide is None:
        raise config.problems(faults)
    film = Film(
        scene=scene,
        fold=on_footage.FOLD if scene.source.moves else travel.FOLD,
        seed=config.seed,
        extract=extract,
        terms=lambda moment, worlds: terms_at(parts, moment, worlds, config.seed),
        ascent=lambda moment, fresh: ascent_settings(config, moment, min_side, fresh),
        gardens=lambda moment: tuple(part.bed(moment) for part in parts if part.bed),
        jump=cut_test(config) if config.cuts.to == "garden" else lambda before, after: False,
        tone=tone_reference(config, scene),
        blend=lambda moment: Blend(config.flow.persistence(moment), config.flow.anchor(moment)),
        contents=contents(config, networks, parts, scene),
        strength=full_strength(),
        tiles=lambda side: tiling(side, receptive_fields(networks, parts, min_side, device), min_side),
        precision=precision,
        lead=guide.lead,
        followed=guide.digest,
    )
    return in_tiles(film, config.dream.tile, pixel_bytes)


def build_scene(config: Config, device: torch.device) -> Scene:
    """The film without its dream: enough to develop frames from a negative. Raises like `build`."""
    faults: Faults = []
    scene = make_scene(config, device, faults)
    if not scene:
        raise config.problems(faults)
    return scene


def ascent_settings(config: Config, moment: Moment, min_side: int, fresh: bool) -> Ascent:
    """How to climb at that tick: on fresh ground, or where a dream goes on. min_side: pixels of the smallest octave."""
    settings = config.dream
    return Ascent(
        steps=int((settings.first_steps if fresh else settings.steps)(moment)),
        step_size=settings.step_size(moment),
        octaves=int(settings.octaves(moment)),
        octave_scale=settings.octave_scale(moment),
        jitter=int(settings.jitter(moment)),
        smoothing=settings.smoothing(moment),
        chroma=settings.chroma(moment),
        min_side=min_side,
        turn=settings.jitter_turn(moment),
        scale=settings.jitter_scale(moment),
        parametrisation=settings.parametrisation,
    )


def contents(config: Config, networks: Networks, parts: Sequence[BoundTerm], scene: Scene) -> dict[str, str]:
    """What each setting that names files or networks stands for, as digests by its key; and how motion is looked for."""
    return {
        "dream.network": "".join(network.digest for network in networks.values()),
        **{f"dream.objective.{number}": part.digest for number, part in enumerate(parts)},
        "source": scene.source.digest,
        "mask": digest(config.mask.file) if config.mask and config.mask.file else "",
        "flow": scene.estimator.name if scene.estimator else "",
    }
