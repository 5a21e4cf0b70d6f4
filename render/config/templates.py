"""Templates. A template is a commented YAML file to start from, (kind) -> text, made from the rows of model.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from render.config.model import Settings
from render.config.nodes import to_yaml
from render.config.problem import did_you_mean
from render.config.section import OneOf, Section, is_named, sections, setting_type_of
from render.config.usual import FOOTAGE, THINGS
from render.errors import ConfigError, typed

COLUMN = 34  # where comments begin

# What each template asks for beyond the defaults, and the line that says what one will see.
TEMPLATES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "zoom": (
        "An endless zoom from noise into whatever the network sees in it.",
        {
            "source": {"noise": {}},
            "outputs": ["{name}.mp4", {"file": "{name}.gif", "width": 360, "size_limit": "10MB"}],
        },
    ),
    "photo": (
        "A photograph that dreams: it begins as it is, and beasts grow out of it while the camera moves in.",
        {
            "source": {"image": {"file": "photo.jpg"}},
            "motion": {"zoom": {"0s": 1, "3s": 1.06, "ease": "in-out"}, "center": [0.5, 0.45]},  # heads stay in the frame
            "dream": {
                "network": "efficientnet_lite0",
                "objective": [{"layer": "block_10"}],
                "octaves": 4,
                "first_steps": 0,
                "steps": 2,
                "step_size": {"start": 0.0012, "33%": 0.002, "75%": 0.005},  # in parts of the film: a short trial dreams, too
                "smoothing": 0.4,
                "chroma": 1,
            },
        },
    ),
    "class": (
        "Grey noise that remembers a goldfish: one class, asked of the network alone.",
        {
            "size": "432x432",
            "duration": "6s",
            "source": {"noise": {"contrast": 0.1}},
            "motion": {"zoom": 1.03},
            "dream": {"objective": [{"class": "goldfish"}], **THINGS, "first_steps": 0, "steps": 10},
        },
    ),
    "loop": (
        "An endless zoom: the last picture is the first again, which lies in its middle.",
        {
            "duration": "6s",
            "motion": {"zoom": 1.8},
            "loop": "droste",
            "outputs": ["{name}.mp4", {"file": "{name}.gif", "width": 400, "size_limit": "10MB"}],
        },
    ),
    "video": (
        "Footage that dreams: what grows on it goes wherever the things in it go.",
        {
            "size": "source",
            "fps": "source",
            "duration": "source",
            "source": {"video": {"file": "street.mp4"}},
            "motion": {"zoom": 1},
            "dream": {"rate": 12, "footage": "clear", **FOOTAGE["clear"], "octaves": 4, "smoothing": 0.4},  # beasts, not specks
        },
    ),
    "audio": (
        "A film that listens: it leaps with each kick, and turns and glows with the rest of the music.",
        {
            "duration": "audio",
            "motion": {"zoom": "1.2 + 0.8*kick", "rotate": "12*sin(tau*b/16)"},
            "dream": {
                "network": "efficientnet_lite0",
                "objective": [
                    {"layer": "block_12"},  # flowers, urchins, faces; and among them, by and by, each class that there is
                    {"garden": "all", "size": 0.5, "drift": "0.1 + 0.6*hats", "weight": 0.5},
                ],
                "step_size": "0.008 + 0.008*level",
                "smoothing": 0.4,
                "chroma": 1,
            },
            "cuts": {"at": "every 16b", "to": "garden"},
            "audio": {"file": "track.wav", "bpm": 120},
        },
    ),
}

SCHEMA = "render.schema.json"  # what `render schema` prints, beside a film: with it editors complete and underline
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA}\n"
HEAD = """\
# {says}
#   render {file}
# A setting that is left out has its default. Every number of motion, dream and look may move:
#   zoom: 1.5 · zoom: "1.5 + 0.3*sin(2*pi*p)" · zoom: {{0s: 1, 4s: 1.5, ease: in-out}}
"""


def template(kind: str, file: Path | None = None, changes: Mapping[str, Any] | None = None) -> str:
    """The template called `kind`, for that file; raises ConfigError where there is none.

    changes: settings that it asks for instead, as in {"size": "source/2"}.
    """
    if kind not in TEMPLATES:
        raise ConfigError(f'there is no template "{kind}"; {did_you_mean(kind, TEMPLATES)}')
    says, values = TEMPLATES[kind]
    schema = SCHEMA_LINE if file and file.with_name(SCHEMA).exists() else ""
    head = schema + HEAD.format(says=says, file=typed(file.name if file else f"{kind}.yaml"))
    return "\n".join([head, *_section(Settings, {**values, **(changes or {})}, "")]) + "\n"


def _section(section: type[Section], values: Mapping[str, Any], indent: str) -> Iterator[str]:
    """A line for every setting, those without a value commented out."""
    for key, info in section.rows().items():
        value = values.get(key, None if issubclass(section, OneOf) or key in ("name", "extends") else info.default)
        yield from _setting(key, info, value, indent)


def _setting(key: str, info: FieldInfo, value: Any, indent: str) -> Iterator[str]:
    """The line of a setting, and those of the settings in it."""
    inner, kind, below = sections(info.annotation), setting_type_of(info), f"{indent}  "
    meaning = f"# {info.description}" + (f" ({kind.span})" if kind and kind.span else "")
    if value is None:
        yield _line(f"{indent}# {key}:", meaning)
        return
    if not inner:
        yield _line(f"{indent}{key}: {to_yaml(value, one_line=True)}", meaning)
        return
    yield _line(f"{indent}{key}:", meaning)
    if isinstance(value, list):
        yield from _items(inner, value, below)
    elif is_named(info):
        yield from (f"{below}{name}: {to_yaml(settings, one_line=True)}" for name, settings in value.items())
    else:
        yield from _section(inner[0], value, below)


def _items(kinds: tuple[type[Section], ...], items: list[Any], indent: str) -> Iterator[str]:
    """The entries of a list; and what one may have, where they are of one kind."""
    for item in items:
        yield from _item(kinds, item, indent)
    if len(kinds) == 1:
        yield from _all_of(kinds[0], indent)


def _item(kinds: tuple[type[Section], ...], item: Any, indent: str) -> Iterator[str]:
    """One entry of a list: as it is, or setting by setting where there are several kinds to choose from."""
    kind = next((kind for kind in kinds if isinstance(item, Mapping) and vars(kind).get("kind") in item), None)
    if kind is None:
        yield f"{indent}- {to_yaml(item, one_line=True)}"
        return
    first, *rest = _section(kind, item, f"{indent}  ")
    yield f"{indent}- {first[len(indent) + 2 :]}"
    yield from rest


def _all_of(section: type[Section], indent: str) -> Iterator[str]:
    """What an entry of a list may have, commented out."""
    for number, (key, info) in enumerate(section.rows().items()):
        yield _line(f"{indent}# {' ' if number else '-'} {key}:", f"# {info.description}")


def _line(text: str, comment: str) -> str:
    return f"{text:<{COLUMN}} {comment}"
