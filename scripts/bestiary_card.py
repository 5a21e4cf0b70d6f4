"""The card of the bestiary's weights: what they are, how they came to be, and how far they can be trusted."""

from __future__ import annotations

import argparse

from bestiary_figures import Figures, verdicts

from render.dream.bestiary.motifs import MOTIFS


def card(asked: argparse.Namespace, found: Figures) -> str:
    """The card as Markdown: of weights made as `asked` of scripts/train_bestiary.py, with the figures `found`."""
    objects, textures = ([m.name for m in MOTIFS if m.texture is kind] for kind in (False, True))
    bars = "\n".join(
        f"| {one.bar} | {one.value:g} | {one.low:g} to {one.high:g}{'' if one.held else ', missed'} |"
        for one in verdicts(found)
    )
    levels = "\n".join(
        f"| {name} | {one.frequency} | {one.colour} | {one.midtones} | {one.motifs} |" for name, one in found.levels.items()
    )
    begun = f", from the weights `{asked.start.name}` that were there" if asked.start else ""
    kept = f"The weights are a mean, {asked.keep:.0%} of it those that it began with. " if asked.keep else ""
    return f"""# The bestiary: card of the embedded network

A small convolutional network ({found.parameters:,} parameters, {found.bytes / 1e6:.2f} MB in fp16) that knows {len(MOTIFS)}
kinds of things. It was trained from scratch by `scripts/train_bestiary`; nothing in it comes from photographs or from
another network.

sha256 of `weights.safetensors`: `{found.sha256}`

## Data

{asked.pictures:,} pictures of {asked.size}x{asked.size} drawn by the project's own generator (`generator.py`), the kinds in
equal share: copies of the thing, lit and shadowed, on a cluttered or textured ground, some partly hidden; most in colours of
nature, the rest in any.

- {len(objects)} objects: {", ".join(objects)}
- {len(textures)} textures: {", ".join(textures)}

## Recipe

{asked.steps:,} steps of 64 random affine crops of {asked.crop} px{begun}; AdamW (peak {asked.rate:g}), cosine, gradient clip,
moving average of weights, seed {asked.seed}. Every picture is moved by an L2 attack ({asked.attack_steps} step from a random
start) whose reach is drawn anew from {asked.reach * asked.eps:.2g} to {asked.eps:g} (pixels in 0..1).
{kept}Batch norm is folded into the convolutions, then everything is stored in fp16, with each level's channel means and
deviations over training pictures.

## Figures

Printed by `scripts/bestiary_figures`; the judge is another network of another architecture, trained for judging alone.

| | | bar |
|---|---|---|
{bars}

Of {found.dreams} dreams of classes. Weakest: {_weakest(found.dreamed_by_kind)}. Least robust: {_weakest(found.robust_by_kind)}.

| level | cycles in 100 px | colour | midtones | motifs |
|---|---|---|---|---|
{levels}

## Limits

It knows drawings, not photographs: on a photograph its labels mean nothing, though what it dreams there still looks like its
kinds. Things are 20 to 60 pixels large to it; larger ones come from octaves. The figures are of one training run with one seed.
Beside the original GoogLeNet on the same photograph it is coarser: it paints surfaces and emblems with calm ground between,
where GoogLeNet finds animals at several sizes in one place and follows more of what the photograph shows.
An attack of one step is a weak teacher: robustness beyond {asked.eps:g} is unknown.
"""


def _weakest(by_kind: dict[str, float]) -> str:
    return ", ".join(f"{kind} {value:.0f} %" for kind, value in sorted(by_kind.items(), key=lambda row: row[1])[:5])
