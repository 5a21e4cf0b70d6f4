"""The reference. docs/reference.md, made from the declarations of every setting and from an example of each section.

usage: scripts/reference [FILE]     writes docs/reference.md, or FILE
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render.config.model import Settings, Term
from render.config.nodes import to_yaml
from render.config.parts import formats, parts
from render.config.section import Setting, plain, walk
from render.develop import files
from render.show.language import TOPICS, in_markdown

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"

HEAD = """\
# Reference

Every setting that a film may have: what it takes, its default, what it means, and an example of each section. Most films
need five of them; what is left out has its default. `render new zoom` prints a file with all of them, `render check FILM` says
what is wrong with one. This page is made by `scripts/reference` from the declarations in `render/config/model.py` and
`render/parts/`.

**∿ A number that may move.** It takes a number (`1.5`), an expression of time or music (`"1.5 + 0.3*sin(2*pi*p)"`), keyframes
(`{0s: 1, 4s: 1.5, ease: in-out}`) or a Deforum string (`"0: (1), 60: (1.5)"`); a speed, which Deforum counts per frame, takes
that as `{deforum: "0: (1.02), 60: (1.05)", fps: 15}`. A schedule's columns bear its dotted key, such as `motion.zoom`,
`motion.pan.0` or `dream.objective.0.weight`. Expressions know `s` (seconds), `p` (0 to 1 through the film), `f` (frames), `b`
(beats), `fps`, `seed`, the features of the music, and the usual functions; `render plot` draws them.

**Times** are written `2s`, `48 frames`, `4b` (beats), `50%`, `end` or `00:01:30`. **Files** start where the YAML file lies.
"""

# For each section, by the key of what it holds: how it is called here, and an example that has every one of its settings.
SECTIONS: dict[str, tuple[str, str]] = {
    "": (
        "The film",
        """\
name: garden
seed: 21
size: 1280x720
fps: 30
duration: 12s
extends: base.yaml
bpm: 97
loop: none
schedule: moves.csv
""",
    ),
    "source.noise": ("source: noise", "source:\n  noise: {kind: perlin, contrast: 0.6}\n"),
    "source.image": ("source: image", "source:\n  image: {file: photo.jpg, fit: cover}\n"),
    "source.frames": ("source: frames", 'source:\n  frames: {files: "shots/*.png", fit: contain}\n'),
    "source.take": ("source: take", "source:\n  take: {folder: runs/zoom/take-001, at: end, fit: cover}\n"),
    "source.video": ("source: video", "source:\n  video: {file: street.mp4, start: 5s, end: 20s, fit: cover}\n"),
    "motion": (
        "motion",
        """\
motion:
  zoom: {0s: 1, 4s: 1.5, ease: in-out}
  rotate: "10*sin(2*pi*s/8)"
  pan: [0.05, 0]
  spiral: 0.05
  swirl: 20
  shake: 0.01
  tilt: [0, "6*sin(tau*p)"]
  center: [0.5, "0.5 + 0.1*sin(2*pi*p)"]
  to: {0s: {at: [0.5, 0.5], scale: 1}, 4s: {at: [0.35, 0.4], scale: 3}, ease: in-out}
  centers: [[0.5, 0.5], [0.3, 0.6], [0.5, 0.5]]
  border: reflect
""",
    ),
    "dream": (
        "dream",
        """\
dream:
  rate: 8
  network: bestiary
  objective: {garden: all}
  amount: {0s: 0, 2s: 1, ease: in-out}
  steps: {0s: 4, 8s: 8}
  first_steps: 16
  step_size: "0.01 + 0.004*p"
  footage: clear
  octaves: 3
  octave_scale: 1.4
  jitter: 16
  jitter_turn: 8
  jitter_scale: 1.12
  parametrisation: pixel
  smoothing: 0.25
  chroma: 0.8
  residual: 1
  precision: auto
  tile: auto
""",
    ),
    "dream.objective": (
        "dream.objective: what each may have",
        """\
dream:
  objective:
    - {class: owl, network: bestiary, weight: {0s: 0, 4s: 1}, mask: left.png}
    - {layer: mid, weight: -0.3}
""",
    ),
    "dream.objective.layer": ("objective: layer", "dream:\n  objective: {layer: mid}\n"),
    "dream.objective.channels": ("objective: channels", "dream:\n  objective: {channels: [3, 17], layer: low}\n"),
    "dream.objective.class": ("objective: class", "dream:\n  objective: {class: [eye, owl]}\n"),
    "dream.objective.guide": ("objective: guide", "dream:\n  objective: {guide: fern.jpg, layer: mid}\n"),
    "dream.objective.neuron": ("objective: neuron", "dream:\n  objective: {neuron: 17, layer: high, at: [0.5, 0.3]}\n"),
    "dream.objective.direction": ("objective: direction", "dream:\n  objective: {direction: {3: 1, 17: -0.5}, layer: high}\n"),
    "dream.objective.garden": (
        "objective: garden",
        """\
dream:
  objective:
    - {garden: [fern, shell, owl], size: 0.3, drift: 0.1, sharpness: 10}
    - {garden: all, layer: mid, weight: 0.3}
""",
    ),
    "look": ("look", "look: {hold: 0.5, mean: 0.45, contrast: 0.2, colour: 0.8}\n"),
    "flow": (
        "flow",
        """\
flow:
  engine: dis
  quality: high
  max_width: 960
  persistence: 0.95
  anchor: {0s: 0.5, 4s: 0.2}
""",
    ),
    "flow.occlusion": ("flow.occlusion", "flow:\n  occlusion: {dilate: auto, feather: 1}\n"),
    "cuts": ("cuts", "bpm: 97\ndream: {objective: {garden: all}}\ncuts: {at: every 16b, to: garden}\n"),
    "follow": ("follow", "follow: {take: runs/zoom/take-001, strength: 0.8}\n"),
    "mask": (
        "mask",
        """\
mask: {file: left.png, invert: true, space: world, grow: 6, feather: 9}
dream: {objective: {layer: mid, mask: {key: {near: "#88aaff"}}}}
""",
    ),
    "look.colour": ("look.colour", "look: {colour: {hold: 0.8, palette: ember, fringes: 0.5}}\n"),
    "mask.key": (
        "mask.key",
        """\
mask: {key: {near: "#88aaff", within: 0.2}}
dream:
  objective:
    - {layer: mid, mask: {key: {brightness: [0.6, 1]}}}
    - {layer: low, mask: {key: {edges: 0.1}}}
""",
    ),
    "audio": ("audio", "audio: {file: track.wav, start: 5s, bpm: auto, offset: 5.25s, fade: 1, features: {kick: 40-120}}\n"),
    "audio.features.NAME": (
        "audio.features",
        """\
audio:
  file: track.wav
  features:
    kick: 40-120
    hits: onsets
    level: {band: rms, attack: 0.3, release: 1.5}
""",
    ),
    "outputs": (
        "outputs",
        """\
outputs:
  - "{name}.mp4"
  - {file: "{name}.gif", width: 400, fps: 15, size_limit: 10MB, recipe: false}
  - {file: master.mov, codec: h265, crf: 14}
  - {file: web.mp4, height: 720, bitrate: 8M}
  - {file: post.mp4, crop: {size: "9:16", at: [0.3, 0.5]}}
  - {file: layer.mov, alpha: dream}
  - "frames/{frame:06}.png"
""",
    ),
    "outputs.crop": ("outputs.crop", 'outputs: {file: post.mp4, crop: {size: "9:16", at: [0.3, 0.5]}}\n'),
}


def settings() -> Iterator[tuple[str, Setting]]:
    """Every setting that stands for itself, with the key of the section that it stands in.

    What all objectives have in common stands once; their masks are the film's.
    """
    for setting in walk(Settings):
        *above, key = map(str, setting.path)
        common = above[:2] == ["dream", "objective"] and key in Term.shared
        section = "dream.objective" if common else ".".join(above)
        if setting.key.startswith("dream.objective.") and "mask" in above:
            continue
        if common and above[2] != next(iter(parts().objectives)):
            continue
        if setting.type or (key in ("mask", "features", "key", "colour", "crop") and above):
            yield section, setting


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for section, (title, example) in SECTIONS.items():
        rows = [_row(setting) for of, setting in settings() if of == section]
        lines += [f"## {title}", "", _meaning(section), "", f"```yaml\n{example}```", ""]
        lines += ["| setting | takes | default | what it is |", "|---|---|---|---|", *rows, ""]
        lines += [*formats_table(), ""] if section == "outputs" else []
    chapters = [chapter for topic in TOPICS.values() for chapter in topic()]
    return "\n".join((*lines, *in_markdown(chapters)))


def formats_table() -> Iterator[str]:
    """The formats of outputs, as they are declared."""
    known = formats()
    yield "| codec | in | what it is | keeps of a channel | alpha |"
    yield "|---|---|---|---|---|"
    for name, format in known.by_name.items():
        endings = " ".join(f"`{ending.suffix}`" for ending in format.endings)
        needs = f"; needs {format.hardware}" if format.hardware else ""
        yield f"| `{name}` | {endings} | {format.meaning}{needs} | {format.stores} | {'yes' if format.alpha else ''} |"


def _meaning(section: str) -> str:
    """What a section is, from its own words."""
    if not section:
        return "What the whole film is like; its source, motion, dream, look, flow, mask, audio and outputs follow below."
    if section == "dream.objective":
        return f"What it dreams of: one of the mappings below, or a list of them. {Term.__doc__}"
    of_kind = parts().objectives.get(section.rpartition(".")[2]) if section.startswith("dream.objective.") else None
    setting = next((setting for setting in walk(Settings) if section in (setting.key, f"{setting.key}.NAME")), None)
    words = of_kind.meaning if of_kind else (setting.info.description if setting else "") or ""
    return f"{words[:1].upper()}{words[1:]}.".replace("..", ".")


def _row(setting: Setting) -> str:
    key, info = str(setting.path[-1]), setting.info
    default = "**needed**" if info.is_required() else _code(plain(info.default)) if info.default is not None else "–"
    return f"| `{key}` | {_cell(_takes(setting))} | {default} | {_cell(info.description or '')} |"


def _takes(setting: Setting) -> str:
    """What a setting takes; numbers by their range and unit."""
    read = setting.type
    if read is None:
        return "see mask" if setting.path[-1] == "mask" else "see below"
    if ", an expression or keyframes" not in read.wants:
        return read.wants
    form = read.wants.partition(", each")[0] if ", each" in read.wants else ""
    return f"∿ {f'{form}, each ' if form else ''}{read.span}"


def _code(value: Any) -> str:
    return f"`{to_yaml(value, one_line=True)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("∿ -", "∿ −")


if __name__ == "__main__":
    files.write(Path(sys.argv[1]) if sys.argv[1:] else PAGE, page().encode())
