"""The whole vocabulary, for tests that go over it: a film that uses all of it, and every section and setting."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from render.config import Config, Settings, load_text
from render.config.facts import Facts
from render.config.model import MaskKey, MaskSettings
from render.config.section import Section, is_named, sections, setting_type_of
from render.config.setting_types import SettingType
from render.errors import RenderError

EVERYTHING = """\
# yaml-language-server: $schema=render.schema.json
name: garden               # run folder and {name}
seed: 7
size: 1280x720
fps: 30000/1001
duration: 12s
source:
  noise: {kind: perlin, contrast: 0.6}
motion:
  zoom: {0s: 1, 4s: 1.5, 50%: "1.5 + 0.2*sin(s)", end: 1, ease: in-out}
  rotate: [{at: 0s, value: 0, ease: ease-out-bounce}, {at: 4b, value: 12}]
  pan: [0, {deforum: "0: (0.1), 60: (0.05*sin(t/10))", fps: 15, each: x/9}]
  center: [0.5, "0.5 + 0.1*sin(2*pi*p)"]
  to: {0s: {at: [0.5, 0.5], scale: 1}, 4s: {at: [0.3, 0.4], scale: 3}, ease: in-out}
  border: wrap
dream:
  rate: 8
  network: {inception_v1: weights.safetensors}
  objective:
    - {layer: mid, weight: 1}
    - {channels: [3, 17], layer: parts, weight: -0.5}
    - {class: eye, weight: {0s: 0, 4s: kick}}
    - {class: [eye, 12], weight: "1 - loud*hits"}
    - {garden: all, size: 0.3, drift: 0.1, sharpness: 6}
    - {garden: [3, 17], layer: parts}
    - {guide: fern.jpg, layer: low, weight: 0.5, mask: left.png}
    - {neuron: 17, layer: parts, at: [0.3, {0s: 0.2, 4s: 0.8}], mask: {file: left.png, invert: true, feather: 9}}
    - {direction: {3: 1, 17: -0.5, owl: {0s: 0, 4s: 1}}, layer: classes}
  amount: {0s: 0, 2s: 1}
  steps: {0: 4, 48: 6}
  first_steps: 16
  step_size: 1e-2
  octaves: 3
  octave_scale: 1.4
  jitter: "16 + 2*noise(s)"
  jitter_turn: {0s: 10, 4s: 0}
  jitter_scale: 1.1
  parametrisation: fourier
  smoothing: 0.5
  chroma: 0.7
look: {hold: 0.5, mean: 0.5, contrast: 0.2}
flow: {engine: {raft-small: raft.pth}, quality: fast, max_width: 640, persistence: {0s: 0.9, 4s: 0.5}, anchor: 0.4,
       occlusion: {dilate: 3, feather: 2}}
cuts: {at: [9s, 300], to: fresh}
follow: {take: runs/small/take-001, strength: {0s: 1, 4s: 0.5}}
bpm: 97
audio: {file: track.wav, start: 5s, bpm: auto, offset: 5.25s, fade: 0.5,
        features: {kick: 40-120, hits: onsets, loud: {band: rms, attack: 0, release: 1.5}}}
outputs: [garden.mp4, {file: garden.gif, width: 320, fps: 15, size_limit: 10MB}, "frames/{frame:06}.png"]
"""


def says(text: str, *overrides: str, **options: Any) -> str:
    """The message that `text` is refused with."""
    with pytest.raises(RenderError) as caught:
        load_text(text, "film.yaml", overrides=overrides, **options)
    assert str(caught.value).endswith("Nothing was rendered.")
    return str(caught.value)


def song(settings: Settings, **others: Any) -> Facts:
    """What the music of `music` says of itself, but for `others`."""
    usual = {"music": Fraction(7), "music_digest": "a", "features": {"kick": lambda seconds: np.exp(-np.asarray(seconds))}}
    return Facts(**{**usual, **others})


def music(text: str = "", **facts: Any) -> Config:
    """A film of ten seconds with music, in which `text` stands, whose files say what `song` says, but for `facts`."""
    return load_text(f"audio: a.wav\n{text}", inspect=lambda settings: song(settings, **facts))


def all_sections() -> list[tuple[str, type[Section]]]:
    """Every mapping of the vocabulary, with the text around it, in which {} stands for the mapping."""
    found: list[tuple[str, type[Section]]] = [("{}", Settings)]

    def walk(around: str, section: type[Section]) -> None:
        for key, info in section.rows().items():
            form = "{one: {}}" if is_named(info) else "[{}]" if getattr(info.annotation, "__origin__", None) is tuple else "{}"
            others = json.dumps(filled(section, {}, but=key))[1:-1]
            below = around.replace("{}", f"{{{others}{', ' * bool(others)}{key}: {form}}}")
            for inner in sections(info.annotation):
                found.append((below, inner))
                walk(below, inner)

    walk("{}", Settings)
    return found


def filled(section: type[Section], changes: dict[str, Any], but: str = "") -> dict[str, Any]:
    """The settings that a section needs, `but` for one, and `changes`."""
    samples = {
        "folder": "runs/a/take-001",
        "take": "runs/a/take-001",
        "file": "a.png",
        "files": "*.png",
        "size": "1:1",
        "layer": "mid",
        "channels": [1],
        "class": "eye",
        "garden": "all",
    }
    samples |= {"guide": "a.png", "neuron": 1, "direction": {1: 1}, "band": "rms"}
    values = {key: samples[key] for key, info in section.rows().items() if info.is_required() and key != but} | changes
    one_of = {MaskSettings: ("file", "key"), MaskKey: ("near", "brightness", "edges")}.get(section, ())
    if one_of and not {*one_of} & {but, *values}:
        values[one_of[0]] = {"file": "a.png", "near": "#88aaff"}[one_of[0]]
    return values


def settings() -> list[tuple[str, type[Section], str, SettingType]]:
    """Every setting that is not a mapping: the text around its section, the section, its key and its kind."""
    return [
        (around, section, key, kind)
        for around, section in all_sections()
        for key, info in section.rows().items()
        if (kind := setting_type_of(info)) is not None
    ]


def document(around: str, section: type[Section], changes: dict[str, Any]) -> str:
    return around.replace("{}", json.dumps(filled(section, changes)))
