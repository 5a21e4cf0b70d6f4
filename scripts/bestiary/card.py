"""The card of the bestiary's weights: what they are, how they came to be, and how far they can be trusted."""

from __future__ import annotations

import argparse

from bestiary.figures import Figures, verdicts
from bestiary.motifs import MOTIFS


def card(options: argparse.Namespace, figures: Figures) -> str:
    """The card as Markdown: of weights made as `options` of scripts/train_bestiary, with their figures."""
    objects, textures = ([m.name for m in MOTIFS if m.texture is kind] for kind in (False, True))
    bars = "\n".join(
        f"| {verdict.bar} | {verdict.value:g} | {verdict.low:g} to {verdict.high:g}{'' if verdict.met else ', missed'} |"
        for verdict in verdicts(figures)
    )
    levels = "\n".join(
        f"| {name} | {level.frequency} | {level.colour} | {level.midtones} | {level.motifs} |"
        for name, level in figures.levels.items()
    )
    beginning = f", from the weights `{options.start.name}` that were there" if options.start else ""
    mean = f"The weights are a mean, {options.keep:.0%} of it those that it began with. " if options.keep else ""
    weakest, frailest = _weakest(figures.dreamed_by_kind), _weakest(figures.robust_by_kind)
    return f"""# The bestiary: card of the embedded network

A small convolutional network ({figures.parameters:,} parameters, {figures.bytes / 1e6:.2f} MB in fp16) that knows {len(MOTIFS)}
kinds of things. It was trained from scratch by `scripts/train_bestiary`; nothing in it comes from photographs or from
another network.

sha256 of `weights.safetensors`: `{figures.sha256}`

## Data

{options.pictures:,} pictures of {options.size}x{options.size} drawn by the project's own generator
(`scripts/bestiary/generator.py`), the kinds in equal share: copies of the thing, lit and shadowed, on a cluttered or textured
ground, some partly hidden; most in colours of nature, the rest in any.

- {len(objects)} objects: {", ".join(objects)}
- {len(textures)} textures: {", ".join(textures)}

## Recipe

{options.steps:,} steps of 64 random affine crops of {options.crop} px{beginning};
AdamW (peak {options.rate:g}), cosine, gradient clip, moving average of weights, seed {options.seed}.
Every picture is moved by an L2 attack ({options.attack_steps} step from a random start) whose reach is drawn anew from
{options.reach * options.eps:.2g} to {options.eps:g} (pixels in 0..1).
{mean}Batch norm is folded into the convolutions, then everything is stored in fp16,
with each level's channel means and deviations over training pictures.

## Figures

Printed by `scripts/bestiary_figures`; the judge is another network of another architecture, trained for judging alone.

| | | bar |
|---|---|---|
{bars}

Of {figures.dreams} dreams of classes. Weakest: {weakest}. Least robust: {frailest}.

| level | cycles in 100 px | colour | midtones | motifs |
|---|---|---|---|---|
{levels}

## Limits

It knows drawings, not photographs: on a photograph its labels mean nothing, though what it dreams there still looks like its
kinds. Things are 20 to 60 pixels large to it; larger ones come from octaves. The figures are of one training run with one seed.
Beside the original GoogLeNet on the same photograph it is coarser: it paints surfaces and emblems with calm ground between,
where GoogLeNet finds animals at several sizes in one place and follows more of what the photograph shows.
An attack of one step is a weak teacher: robustness beyond {options.eps:g} is unknown.
"""


def _weakest(by_kind: dict[str, float]) -> str:
    return ", ".join(f"{kind} {value:.0f} %" for kind, value in sorted(by_kind.items(), key=lambda row: row[1])[:5])
