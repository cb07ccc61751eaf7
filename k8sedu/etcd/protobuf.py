r"""Protocol buffers, as far as etcd's files need them: values to bytes and back.

A message is a row of fields, each a number, a wire type and a payload. Integers are varints: seven bits per byte, the smallest first, so
that small numbers are short. Bytes and inner messages are preceded by their length. A field that is absent has its zero value, and a
reader skips numbers that it does not know: that is how releases of etcd read each other's files.

>>> encode_key_value(KeyValue(b"a", 2, 3, 2, b"x")).hex(" ")
'0a 01 61 10 02 18 03 20 02 2a 01 78'

Source: protobuf.dev/programming-guides/encoding. The tables of fields are in `schema`.
Left out: groups, packed lists of numbers, maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import KeyValue

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""The wire types."""

UINT64 = 2**64
ONE_BYTE = tuple(bytes((number,)) for number in range(0x80))


class ProtobufError(K8sEduError, ValueError):
    """Bytes that are no message; the sentence names the offset."""


class Field(NamedTuple):
    """One field of a message: its name in our values, and what it holds.

    `kind` is `int`, `uint` (64 bits without a sign, such as a member's ID), `bool`, `bytes`, `text`, a tuple of words (an enumeration),
    or the `Message` of an inner one. `always` fields are written even when zero.
    """

    name: str
    kind: Any
    repeated: bool = False
    always: bool = False


class Message(NamedTuple):
    """A message: how its value is made, and its fields by number. `choose` names the fields to write where only some may be."""

    make: Callable[..., Any]
    fields: Mapping[int, Field]
    choose: Callable[[Any], tuple[str, ...]] | None = None


# -- writing ------------------------------------------------------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    """An integer; negative ones as their two's complement of 64 bits.

    >>> varint(300).hex(), len(varint(-1))
    ('ac02', 10)
    """
    if 0 <= number < 0x80:
        return ONE_BYTE[number]  # most are that small
    number %= UINT64
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def encode(message: Message, value: Any) -> bytes:
    """A value as bytes; fields in the order of their numbers, as every writer of etcd does it."""
    chosen = message.choose(value) if message.choose else None
    found = bytearray()
    for number, field in sorted(message.fields.items()):
        item = getattr(value, field.name)
        if item is None or (chosen is not None and field.name not in chosen):
            continue
        forced = field.always or (chosen is not None and field.name in chosen[:1])
        for each in item if field.repeated else (item,):
            found += _encode_field(number, field, each, forced=forced or field.repeated)
    return bytes(found)


def _encode_field(number: int, field: Field, item: Any, *, forced: bool) -> bytes:
    kind = field.kind
    if isinstance(kind, Message):
        return _sized(number, encode(kind, item))
    if kind in ("bytes", "text"):
        raw = item.encode() if isinstance(item, str) else item
        return _sized(number, raw) if raw or forced else b""
    plain = kind.index(item) if isinstance(kind, tuple) else int(item)
    return varint(number << 3 | VARINT) + varint(plain) if plain or forced else b""


def _sized(number: int, raw: bytes) -> bytes:
    return varint(number << 3 | BYTES) + varint(len(raw)) + raw


# -- reading ------------------------------------------------------------------------------------------------------------------------------


def decode(message: Message, data: bytes) -> Any:
    """Bytes as a value; unknown fields are skipped.

    Raises:
        ProtobufError: the bytes end too early, or a field has the wrong form.
    """
    values: dict[str, Any] = {}
    for number, wire, item, offset in fields(data):
        field = message.fields.get(number)
        if field is None:
            continue
        value = _decode_field(field, wire, item, offset)
        values[field.name] = (*values.get(field.name, ()), value) if field.repeated else value
    try:
        return message.make(**values)
    except TypeError:
        raise ProtobufError(f"met a message of {', '.join(values) or 'nothing'}, expected a field that it cannot do without.") from None


def fields(data: bytes) -> Iterator[tuple[int, int, Any, int]]:
    """The fields of a message: number, wire type, payload, and the offset behind it.

    Raises:
        ProtobufError: the bytes are no message.
    """
    offset = 0
    while offset < len(data):
        tag, offset = read_varint(data, offset)
        number, wire = tag >> 3, tag & 7
        if not number:
            raise ProtobufError(f"met the field number 0 at offset {offset}, expected 1 or more.")
        item: int | bytes
        if wire == VARINT:
            item, offset = read_varint(data, offset)
        elif wire in (BYTES, FIXED64, FIXED32):
            size, offset = read_varint(data, offset) if wire == BYTES else (8 if wire == FIXED64 else 4, offset)
            item, offset = data[offset : offset + size], offset + size
            if offset > len(data):
                raise ProtobufError(f"met {len(data)} bytes, expected {offset}: the field {number} is cut.")
        else:
            raise ProtobufError(f"met the wire type {wire} at offset {offset}, expected 0, 1, 2 or 5.")
        yield number, wire, item, offset


def read_varint(data: bytes, offset: int) -> tuple[int, int]:
    """An integer and the offset behind it.

    Raises:
        ProtobufError: it is cut, or longer than 64 bits.
    """
    number = 0
    for place in range(10):
        if offset >= len(data):
            raise ProtobufError(f"met the end of the bytes at offset {offset}, expected the rest of a number.")
        byte = data[offset]
        offset += 1
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number % UINT64, offset
    raise ProtobufError(f"met a number of more than 10 bytes before offset {offset}, expected at most 10.")


def _decode_field(field: Field, wire: int, item: Any, offset: int) -> Any:
    kind = field.kind
    if wire != (BYTES if isinstance(kind, Message) or kind in ("bytes", "text") else VARINT):
        raise ProtobufError(f"met the wire type {wire} in the field {field.name!r} before offset {offset}, which it cannot have.")
    if isinstance(kind, Message):
        return decode(kind, item)
    if kind == "bytes":
        return bytes(item)
    if kind == "text":
        return item.decode("utf-8", "backslashreplace")
    if kind == "bool":
        return bool(item)
    if kind == "uint":
        return item
    if isinstance(kind, tuple):
        if item >= len(kind):
            raise ProtobufError(f"met {item} as {field.name!r} before offset {offset}, expected 0 to {len(kind) - 1}.")
        return kind[item]
    return item - UINT64 if item >= UINT64 // 2 else item


# -- the one message that everything needs fast -------------------------------------------------------------------------------------------


def encode_key_value(kv: KeyValue) -> bytes:
    """A record of the backend (mvccpb.KeyValue)."""
    key, create_revision, mod_revision, version, value, lease = kv
    found = _sized(1, key) if key else b""
    for number, plain in ((2, create_revision), (3, mod_revision), (4, version)):
        if plain:
            found += bytes((number << 3,)) + varint(plain)
    if value:
        found += _sized(5, value)
    return found + (b"\x30" + varint(lease) if lease else b"")
