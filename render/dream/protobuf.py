"""Protocol buffers as they lie in files: (bytes of a message) -> its fields by their numbers. What they mean a format says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from render.dream.entry import DamagedError

VARINT, BYTES, LENGTHS = 0, 2, {1: 8, 5: 4}  # wire types: a whole number, a length and so many bytes, or always so many

Value = int | memoryview
Fields = Mapping[int, Sequence[Value]]  # what a message holds under each number


def fields(message: memoryview) -> defaultdict[int, list[Value]]:
    """The fields of a message: whole numbers, or bytes as they stand. ValueError for what is no message."""
    found: defaultdict[int, list[Value]] = defaultdict(list)
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        field, wire = key >> 3, key & 7
        if wire not in (VARINT, BYTES, *LENGTHS):
            raise DamagedError(f"there is no field at byte {at}")
        length, at = (LENGTHS[wire], at) if wire in LENGTHS else _number(message, at)
        if wire == VARINT:
            found[field].append(length)
            continue
        if at + length > len(message):
            raise DamagedError("it breaks off")
        found[field].append(message[at : at + length])
        at += length
    return found


def content(value: Value) -> memoryview:
    """A field's bytes."""
    if isinstance(value, int):
        raise DamagedError("it has a number where bytes are due")
    return value


def text(value: Value) -> str:
    """A field's text."""
    return bytes(content(value)).decode()


def numbers(values: Sequence[Value]) -> list[int]:
    """The whole numbers of a field that may be repeated: packed, or one by one."""
    return [number for value in values for number in ([value] if isinstance(value, int) else _packed(value))]


def _packed(message: memoryview) -> list[int]:
    found, at = [], 0
    while at < len(message):
        number, at = _number(message, at)
        found.append(number)
    return found


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """The whole number that begins there, seven bits a byte, and where it ends."""
    number = 0
    for place, byte in enumerate(message[at : at + 10]):
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, at + place + 1
    raise DamagedError("it breaks off")
