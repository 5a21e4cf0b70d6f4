"""Sections. A Section is a mapping of settings; model.py's vocabulary is written in them, one `row` a setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from render.config.kinds import SettingType
from render.config.problem import SettingError, quote

PART = "part"  # marks a setting that a function of the same name carries out


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

    @model_validator(mode="before")
    @classmethod
    def _written_out(cls, value: Any) -> Any:
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
        own_first = sorted(cls.model_fields.items(), key=lambda setting: setting[0] not in cls.__annotations__)
        return {info.alias or name: info for name, info in own_first}


class OneOf(Section):
    """A mapping of which exactly one setting is given. `endings` of file names tell which of them a bare one would be."""

    endings: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _just_one(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise SettingError(f"is {quote(value)}; it takes exactly one of {' '.join(cls.rows())}", cls._written(value))
        known = cls.rows()
        given = [key for key in value if key in known]
        if len(given) > 1:
            raise SettingError(
                f"has {' and '.join(given)}; it takes exactly one", "remove the others", (given[1],), on_key=True
            )
        if not value:
            raise SettingError(f"is empty; it takes exactly one of {' '.join(cls.rows())}")
        return {key: {} if one is None else one for key, one in value.items()}

    @classmethod
    def _written(cls, value: Any) -> str:
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

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.listed, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        several = {**handler(core), "minItems": 1}
        return {"anyOf": [several, several["items"]]}

    @staticmethod
    def listed(value: Any) -> Any:
        """The list that `value` is, or is the only item of."""
        if value == []:
            raise SettingError("is empty; it takes at least one")
        return [value] if isinstance(value, Mapping | str) else value


@dataclass(frozen=True)
class Named:
    """A mapping whose keys are names of the person's own; `check` raises SettingError for one that cannot be."""

    check: Callable[[str], None]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._named, handler(source))

    def _named(self, value: Any) -> Any:
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
    """One line of the reference page: a dotted key, what it takes, its default as in YAML, what it means."""

    key: str
    takes: str
    default: Any
    meaning: str
    needed: bool = False


def sections(annotation: Any) -> tuple[type[Section], ...]:
    """The kinds of mapping that a setting of this type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return (annotation,)
    return tuple(found for inner in get_args(annotation) for found in sections(inner))


def tag(section: type[Section]) -> str:
    """How pydantic's error paths call a section that is one of several kinds: in a way that no key is called."""
    return f"<{vars(section).get('kind', '')}>"


def is_list(annotation: Any) -> bool:
    """Whether a setting of this type holds a list of mappings."""
    return get_origin(annotation) is tuple


def is_named(info: FieldInfo) -> bool:
    """Whether a setting holds mappings by names of the person's own."""
    return any(isinstance(one, Named) for one in info.metadata)


def kind_of(info: FieldInfo) -> SettingType | None:
    """How a setting is read, where it is not a mapping or a list of them."""
    return next((one for one in info.metadata if isinstance(one, SettingType)), None)


def reference_of(section: type[Section], prefix: str = "") -> list[Row]:
    """The settings of a section and of all below it."""
    rows: list[Row] = []
    for key, info in section.rows().items():
        inner, kind = sections(info.annotation), kind_of(info)
        takes = kind.wants if kind else f"these settings{', or a list of them' * is_list(info.annotation)}"
        default = None if info.is_required() else plain(info.default)
        rows.append(Row(f"{prefix}{key}", takes, default, info.description or "", info.is_required()))
        for one in inner:
            # terms of one list share the key, so each is told apart by its kind
            name = f"{key}.{vars(one)['kind']}" if len(inner) > 1 else f"{key}.NAME" if is_named(info) else key
            rows += reference_of(one, f"{prefix}{name}.")
    return rows


def plain(value: Any) -> Any:
    """A value as YAML has it: dicts, lists, strings, numbers."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, str | Path) else value
