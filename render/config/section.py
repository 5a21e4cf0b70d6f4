"""Sections. A Section is a mapping of settings; model.py's vocabulary is written in them, one `row` a setting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from render.config.curve import Curve
from render.config.problem import SettingError, quote
from render.config.setting_types import SettingType, curves_of


def row(default: Any, meaning: str, *, key: str | None = None) -> Any:
    """A setting that may be left out: the YAML value it then has, and what it means. `key`: its name in YAML."""
    return Field(default=default, description=meaning, alias=key, validate_default=default is not None)


def needed(meaning: str, *, key: str | None = None) -> Any:
    """A setting that must be given."""
    return Field(description=meaning, alias=key)


class Section(BaseModel):
    """A mapping of settings. Where only the setting `shorthand` is wanted, its value may stand for the mapping."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    shorthand: ClassVar[str] = ""
    shared: ClassVar[tuple[str, ...]] = ()  # settings that other sections have, too, and that are listed last

    @model_validator(mode="before")
    @classmethod
    def _write_out(cls, value: Any) -> Any:
        if value is None:
            return {}
        return value if isinstance(value, Mapping | Section) or not cls.shorthand else {cls.shorthand: value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core))
        schema["properties"] = {key: schema["properties"][key] for key in cls.rows()}
        short = schema["properties"].get(cls.shorthand)
        return {"anyOf": [schema, short]} if short else schema

    @classmethod
    def rows(cls) -> dict[str, FieldInfo]:
        """The settings by their names in YAML: its own, then those that it shares with others."""
        own_first = sorted(cls.model_fields.items(), key=lambda setting: setting[0] in cls.shared)
        return {info.alias or name: info for name, info in own_first}

    @classmethod
    def field(cls, key: str) -> str:
        """The name of the attribute that holds the setting called `key` in YAML."""
        return next(name for name, info in cls.model_fields.items() if key == (info.alias or name))


class OneOf(Section):
    """A mapping of which exactly one setting is given. `endings` of file names tell which of them a bare one would be."""

    endings: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _require_one(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise SettingError(f"is {quote(value)}; it takes exactly one of {' '.join(cls.rows())}", cls._write_example(value))
        kinds = [key for key in value if key in cls.rows()]
        if len(kinds) > 1:
            raise SettingError(
                f"has {' and '.join(kinds)}; it takes exactly one", "remove the others", (kinds[1],), on_key=True
            )
        if not value:
            raise SettingError(f"is empty; it takes exactly one of {' '.join(cls.rows())}")
        return {key: {} if settings is None else settings for key, settings in value.items()}

    @classmethod
    def _write_example(cls, value: Any) -> str:
        """A hint: how a bare word would be written out, where its ending tells."""
        named = str(value) if isinstance(value, str) else ""
        meant = next((kind for kind in cls.endings if named.lower().endswith(cls.endings[kind])), "")
        return f"write {{{meant}: {named}}}" if meant else "as in {image: sky.jpg}"

    @property
    def kind(self) -> str:
        """Which one it is."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def part(self) -> Any:
        """The settings of the one that is given."""
        return getattr(self, self.kind)


@dataclass(frozen=True)
class OneOrMore:
    """A list, which may also be written as its only item."""

    most: int = 100  # items: each costs time before anything is dreamed

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.as_list, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        items = {**handler(core), "minItems": 1, "maxItems": self.most}
        return {"anyOf": [items, items["items"]]}

    def as_list(self, value: Any) -> Any:
        """The list that `value` is, or is the only item of."""
        if value == []:
            raise SettingError("is empty; it takes at least one")
        if isinstance(value, list | tuple) and len(value) > self.most:
            raise SettingError(f"has {len(value):,} items; {self.most} are the most")
        return [value] if isinstance(value, Mapping | str) else value


@dataclass(frozen=True)
class Named:
    """A mapping whose keys are names of the person's own; `check` raises SettingError for one that cannot be."""

    check: Callable[[str], None]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._check_names, handler(source))

    def _check_names(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise SettingError(f"is {quote(value)}; it takes a mapping of names")
        for name in value:
            try:
                self.check(name)
            except SettingError as wrong:
                raise SettingError(wrong.message, wrong.hint, (name,), on_key=True) from None
        return value


@dataclass(frozen=True)
class Row:
    """One line of the reference."""

    key: str  # dotted, as in motion.zoom
    takes: str  # in words
    default: Any  # as in YAML; None if there is none
    meaning: str
    needed: bool = False  # whether it must be given


@dataclass(frozen=True)
class Setting:
    """A setting where it stands."""

    path: tuple[str | int, ...]
    info: FieldInfo
    value: Any  # that it has; of a section that is only a type its default

    @property
    def key(self) -> str:
        """Its path as one word: dream.objective.0.weight."""
        return ".".join(map(str, self.path))

    @property
    def type(self) -> SettingType | None:
        """How it is read; None for a section, or several of them."""
        return setting_type_of(self.info)

    def curves(self) -> Iterator[tuple[str, Curve]]:
        """The numbers in it that may move, each with its key: motion.zoom, or motion.pan.0 and motion.pan.1."""
        if self.type:
            yield from ((".".join(map(str, (*self.path, *path))), curve) for path, curve in curves_of(self.value))


def walk(section: Section | type[Section], path: tuple[str | int, ...] = ()) -> Iterator[Setting]:
    """Every setting of a section and of all below it, each before what it holds; of a type, every setting that it may have.

    Sections of a list are told apart by their numbers, or in a type by their kinds; those that a person names, by NAME.
    """
    as_type = isinstance(section, type)
    for key, info in section.rows().items():
        value = info.default if as_type else getattr(section, section.field(key))
        yield Setting((*path, key), info, value)
        for step, inner in _types_inside(info) if as_type else _sections_inside(value):
            yield from walk(inner, (*path, key, *step))


def _sections_inside(value: Any) -> Iterator[tuple[tuple[str | int, ...], Section]]:
    if isinstance(value, Section):
        yield (), value
    items = enumerate(value) if isinstance(value, tuple) else value.items() if isinstance(value, Mapping) else ()
    yield from (((name,), item) for name, item in items if isinstance(item, Section))


def _types_inside(info: FieldInfo) -> Iterator[tuple[tuple[str | int, ...], type[Section]]]:
    inner = sections(info.annotation)
    for section in inner:
        yield ((vars(section)["kind"],) if len(inner) > 1 else ("NAME",) if is_named(info) else ()), section


def with_values(section: Any, values: Mapping[str, Any], path: tuple[str | int, ...] = ()) -> Any:
    """The same section (or a list or mapping of them), with other values of the settings whose keys are in `values`."""
    if isinstance(section, tuple):
        items = tuple(with_values(item, values, (*path, index)) for index, item in enumerate(section))
        return section if items == section else items  # a value that is a tuple of its own kind stays one
    if isinstance(section, Mapping):
        return {name: with_values(item, values, (*path, name)) for name, item in section.items()}
    if not isinstance(section, Section):
        return section
    update = {}
    for name, info in type(section).model_fields.items():
        here = (*path, info.alias or name)
        value = getattr(section, name)
        update[name] = values.get(".".join(map(str, here)), with_values(value, values, here))
    return section.model_copy(update=update)


def sections(annotation: Any) -> tuple[type[Section], ...]:
    """The kinds of mapping that a setting of this type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return (annotation,)
    return tuple(section for inner in get_args(annotation) for section in sections(inner))


def tag(section: type[Section]) -> str:
    """How pydantic's error paths call a section that is one of several kinds: in a way that no key is called."""
    return f"<{vars(section).get('kind', '')}>"


def is_list(annotation: Any) -> bool:
    """Whether a setting of this type holds a list of mappings."""
    return get_origin(annotation) is tuple


def is_named(info: FieldInfo) -> bool:
    """Whether a setting holds mappings by names of the person's own."""
    return any(isinstance(mark, Named) for mark in info.metadata)


def setting_type_of(info: FieldInfo) -> SettingType | None:
    """How a setting is read, where it is not a mapping or a list of them."""
    return next((mark for mark in info.metadata if isinstance(mark, SettingType)), None)


def reference_of(section: type[Section]) -> list[Row]:
    """The settings of a section and of all below it."""
    return [_row_of(setting) for setting in walk(section)]


def _row_of(setting: Setting) -> Row:
    info = setting.info
    takes = setting.type.wants if setting.type else f"these settings{', or a list of them' * is_list(info.annotation)}"
    default = None if info.is_required() else plain(info.default)
    return Row(setting.key, takes, default, info.description or "", info.is_required())


def plain(value: Any) -> Any:
    """A value as YAML has it: dicts, lists, strings, numbers."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str | Path) else value
