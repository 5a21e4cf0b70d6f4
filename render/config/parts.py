"""Parts. A part is a motion, an objective or a format of outputs, declared in one place: its settings and what carries it out.

    @motion(number("of the height per second", -10, 10), row(0, "how fast the picture leans, right"))
    def shear(xy, slope, when): ...

The vocabulary is made of the parts of this project, in the modules BUILT_IN, and of those of installed packages, each of which
is an entry point of the group `render.parts` that is called as the part. Reading a declaration imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from keyword import iskeyword
from typing import Any

from pydantic.fields import FieldInfo

from render.config.curve import Curve
from render.config.formats import Format, Formats, fault_of_format
from render.config.problem import SettingError
from render.config.section import Section
from render.config.setting_types import SettingType, curves_of
from render.plugins import Function, NetworkPart, Plugin, plugins, reason

BUILT_IN = ("render.parts.motions", "render.parts.objectives", "render.parts.outputs")

Rows = Mapping[str, tuple[SettingType, Any]]  # settings by their keys: how each is read, and its row(…) or needed(…)


@dataclass(frozen=True)
class MotionPart:
    """A motion of the camera, a setting of `motion`. At its default it does nothing; zoom alone is on by default."""

    type: SettingType  # a number that may move, or a pair of them
    row: Any  # its default and meaning, as row(0, "how fast it leans")
    velocity: Function  # (xy, value, when) -> how far each point travels in a second, as in picture/motion.py
    bends: bool = False  # whether straight lines bend under it
    name: str = ""
    package: str = ""  # that brings it, and its version; "" for this project's own

    def rests(self, value: Any) -> bool:
        """Whether the motion stands at its default all the time."""
        return _numbers(value) == _numbers(self.type.read(self.row.default))


@dataclass(frozen=True)
class ObjectivePart:
    """Something to dream of, a mapping in `dream.objective` that names it: {layer: mid}."""

    meaning: str  # "Dreams more of …"
    settings: Rows  # one of them is called as the objective; `layer` says whose activations it is asked of, else the classes'
    function: Function  # (features [1, C, h, w], view, **settings at the moment) -> how much of the wanted is there
    binds: bool = False  # if so, the function is (settings, layer, network, device) -> render.dream.binding.Binding
    name: str = ""
    package: str = ""


Part = MotionPart | ObjectivePart | NetworkPart | Format


def motion(setting: SettingType, row: Any, *, bends: bool = False) -> Callable[[Function], MotionPart]:
    """Declares the velocity below it as a motion, called as the function is."""
    return lambda velocity: MotionPart(setting, row, velocity, bends)


def objective(meaning: str, settings: Rows) -> Callable[[Function], ObjectivePart]:
    """Declares the score below it as an objective, called as the function is."""
    return lambda score: ObjectivePart(meaning, settings, score)


def bound_objective(meaning: str, settings: Rows) -> Callable[[Function], ObjectivePart]:
    """The same for a function that binds the settings to the network itself, whose channels or classes it must know."""
    return lambda bind: ObjectivePart(meaning, settings, bind, binds=True)


# ── all of them ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Fault:
    """A part of a package that cannot be used."""

    name: str
    package: str
    why: str  # ends the sentence

    def __str__(self) -> str:
        return f'the package {self.package} brings the part "{self.name}", which cannot be used: {self.why}'


@dataclass
class Parts:
    """The parts by name, and what is wrong with others."""

    motions: dict[str, MotionPart] = field(default_factory=dict)
    objectives: dict[str, ObjectivePart] = field(default_factory=dict)
    networks: dict[str, NetworkPart] = field(default_factory=dict)  # of packages; dream/registry.py has this project's own
    formats: dict[str, Format] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@cache
def parts() -> Parts:
    """This project's parts and those of installed packages; read once."""
    return collect(built_in(), plugins())


def formats() -> Formats:
    """The formats of outputs."""
    return Formats(parts().formats)


def built_in() -> Iterator[tuple[str, Part]]:
    """This project's own by name, in the order in which they are declared."""
    for module in map(import_module, BUILT_IN):
        for name, value in vars(module).items():
            if isinstance(value, MotionPart | ObjectivePart | Format):
                yield name.rstrip("_"), value  # class_ is called class, which Python keeps for itself


def collect(own: Iterable[tuple[str, Part]], of_packages: Sequence[Plugin]) -> Parts:
    """All parts as one table; those of packages that cannot be used become faults."""
    table = Parts()
    for name, part in own:
        _add(table, name, part)
    for plugin in of_packages:
        try:
            if why := plugin.fault or _wrong(plugin.name, plugin.value, table):
                table.faults.append(Fault(plugin.name, plugin.package, why))
            else:
                _add(table, plugin.name, plugin.value, plugin.package)
        except Exception as error:  # a declaration that is not made of what it should be
            table.faults.append(Fault(plugin.name, plugin.package, f"its declaration is wrong ({reason(error)})"))
    return table


def _add(table: Parts, name: str, part: Part, package: str = "") -> None:
    if isinstance(part, MotionPart):
        table.motions[name] = replace(part, name=name, package=package)
    elif isinstance(part, ObjectivePart):
        table.objectives[name] = replace(part, name=name, package=package)
    elif isinstance(part, Format):
        table.formats[name] = replace(part, name=name, package=package)
    else:
        table.networks[name] = replace(part, package=package)


def fault_of(name: str) -> str:
    """Why a part of that name cannot be used; "" where no package brings one, or it can be."""
    return next((str(fault) for fault in parts().faults if fault.name == name), "")


def field_name(key: str) -> str:
    """The attribute that holds the setting `key`."""
    return f"{key}_" if iskeyword(key) else key


# ── what a declaration must be ──────────────────────────────────────────────────────────────────────────────────────

CAMERA = ("center", "to", "centers", "border")  # settings of the camera that are no motions
SHARED = ("network", "weight", "mask")  # settings that every objective has
NETWORKS = (  # this program's own, in dream/registry.py, which this room must not wait for
    *("efficientnet_lite0", "bestiary", "inception_v1", "inception_v1_places365", "inception5h"),
    *("vgg16_caffe", "vgg19_caffe", "resnet50_robust"),
)


def _wrong(name: str, part: Any, table: Parts) -> str:
    """What is wrong with a package's part, as the end of a sentence; "" for nothing."""
    if isinstance(part, NetworkPart):
        return f"{name} is a network of this program" if name in NETWORKS else ""
    if isinstance(part, Format):
        return fault_of_format(name, part, table.formats)
    if not isinstance(part, MotionPart | ObjectivePart):
        return f"it is a {type(part).__name__}, and no motion, objective, format or network"
    if not name.isidentifier() or name != name.lower() or name.startswith("_"):
        return "a part is called by small letters, digits and _"
    if isinstance(part, MotionPart):
        return _wrong_motion(name, part, table)
    return _wrong_objective(name, part, table)


def _wrong_motion(name: str, part: MotionPart, table: Parts) -> str:
    if name in table.motions or name in CAMERA or _is_taken(name):
        return f"motion.{name} means something else already"
    if fault := _wrong_row(name, part.type, part.row):
        return fault
    value = None if part.row.is_required() else part.type.read(part.row.default)
    if not isinstance(value, Curve) and not (isinstance(value, tuple) and all(isinstance(item, Curve) for item in value)):
        return f"{name} is no number that may move, nor a pair of them; declare it with number(…) or pair(…), and row(…)"
    return ""


def _wrong_objective(name: str, part: ObjectivePart, table: Parts) -> str:
    taken = {*SHARED, *table.objectives, *(key for other in table.objectives.values() for key in other.settings)}
    if name in taken:
        return f"{name} means something else among objectives already"
    if name not in part.settings:
        return f"none of its settings is called {name}"
    reserved = {*SHARED, *table.objectives} - {"layer"}
    if taken_keys := [key for key in part.settings if key in reserved or _is_taken(key)]:
        return f"its setting {taken_keys[0]} means something else already"
    return next(filter(None, (_wrong_row(key, *declared) for key, declared in part.settings.items())), "")


def _wrong_row(key: str, setting: Any, row: Any) -> str:
    if not isinstance(setting, SettingType) or not isinstance(row, FieldInfo) or not row.description:
        return f"{key} is declared by how it is read, as number(…), and by row(default, meaning) or needed(meaning)"
    try:
        if not row.is_required() and row.default is not None:
            setting.read(row.default)
    except SettingError as wrong:
        return f"the default of {key} {wrong.message}"
    return ""


def _is_taken(key: str) -> bool:
    """Whether the classes that hold settings have an attribute of that name."""
    return not key.isidentifier() or hasattr(Section, field_name(key))


def _numbers(value: Any) -> list[float | None]:
    return [curve.constant for _, curve in curves_of(value)]
