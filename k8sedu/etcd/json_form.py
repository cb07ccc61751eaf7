r"""Requests and responses as plain JSON data, with etcd's field names and nothing that is zero.

A field that is absent has its zero value, as in protobuf: an empty value, `count` 0, `succeeded` false are not written. Keys and values
become text by a function that is handed in: Latin-1 in transcripts, base64 in the gateway.

>>> to_json(PutRequest(b"a", b"\xff"))
{'key': 'a', 'value': 'ÿ'}
>>> from_json(PutRequest, {"key": "a", "lease": 7})
PutRequest(key=b'a', value=b'', lease=7, prev_kv=False, ignore_value=False, ignore_lease=False)

Source: the proto3 JSON mapping; etcd 3.5, api/etcdserverpb/rpc.proto (RequestOp, ResponseOp).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import (
    Compare,
    DeleteRangeRequest,
    DeleteRangeResponse,
    PutRequest,
    PutResponse,
    RangeRequest,
    RangeResponse,
    TxnRequest,
    TxnResponse,
)

REQUEST_OPS = {
    "request_put": PutRequest, "request_range": RangeRequest, "request_delete_range": DeleteRangeRequest, "request_txn": TxnRequest,
}  # fmt: skip
RESPONSE_OPS = {
    PutResponse: "response_put", RangeResponse: "response_range", DeleteRangeResponse: "response_delete_range", TxnResponse: "response_txn",
}  # fmt: skip
_NAMES: dict[type, str] = {**RESPONSE_OPS, **{kind: name for name, kind in REQUEST_OPS.items()}}
_ONE_OF = ("success", "failure", "responses")
_BYTES = ("key", "range_end", "value")
_FIRST = {"type": "PUT", "sort_order": "NONE", "sort_target": "KEY", "result": "EQUAL", "target": "VERSION"}
"""The first word of each enumeration, which is its zero value: VERSION is that of what is compared, and not of what is sorted by."""

Request = TypeVar("Request")


class FormError(K8sEduError, ValueError):
    """Data that is no request."""


def latin1(text: bytes) -> str:
    """Bytes as text, one character per byte."""
    return text.decode("latin-1")


def to_json(value: Any, *, text: Callable[[bytes], str] = latin1, number: Callable[[int], Any] = int) -> Any:
    """A request, a response or a part of one as JSON data.

    `text` writes keys and values, `number` integers.
    """
    if isinstance(value, bytes):
        return text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value)
    if not isinstance(value, tuple):
        return value
    names = getattr(value, "_fields", None)
    if names is None:
        return [to_json(item, text=text, number=number) for item in value]
    return {name: _field(name, item, text, number) for name, item in zip(names, value, strict=True) if not _is_zero(name, item)}


def _field(name: str, value: Any, text: Callable[[bytes], str], number: Callable[[int], Any]) -> Any:
    if name in _ONE_OF:
        return [{_NAMES[type(item)]: to_json(item, text=text, number=number)} for item in value]
    return to_json(value.encode() if name in _BYTES and isinstance(value, str) else value, text=text, number=number)


def _is_zero(name: str, value: Any) -> bool:
    """Is this the value that an absent field has? A header is always written, even an empty one."""
    return name != "header" and (not value or (name in _FIRST and value == _FIRST[name]))


def one_byte_each(text: str) -> bytes:
    """Latin-1 text as bytes.

    Raises:
        FormError: a character that is no byte.
    """
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise FormError(f"met the character {text[error.start]!r} in {text[:40]!r}, expected one of the 256 of Latin-1.") from None


def from_json(kind: type[Request], data: Mapping[str, Any], *, to_bytes: Callable[[str], bytes] = one_byte_each) -> Request:
    """Read a request of this kind.

    Raises:
        FormError: no object, a field that the request does not have, or a value of the wrong type.
    """
    if not isinstance(data, Mapping):
        raise FormError(f"met {str(data)[:40]!r} for a {kind.__name__}, expected an object with fields.")
    fields: dict[str, Any] = kind._field_defaults  # type: ignore[attr-defined]  # a NamedTuple has it; there is no type that says so
    values = {}
    for name, item in data.items():
        if name not in fields:
            raise FormError(f"met the field {name!r} in a {kind.__name__}, expected one of {', '.join(fields)}.")
        values[name] = _read(name, item, fields[name], to_bytes)
    return kind(**values)


def _read(name: str, item: Any, zero: Any, to_bytes: Callable[[str], bytes]) -> Any:
    if name == "compare":
        return tuple(from_json(Compare, each, to_bytes=to_bytes) for each in _list(name, item))
    if name in _ONE_OF:
        return tuple(_read_op(each, to_bytes) for each in _list(name, item))
    if name in _BYTES and isinstance(item, str):
        return to_bytes(item)
    if isinstance(zero, tuple):
        return tuple(_list(name, item))
    if type(item) is not type(zero):
        raise FormError(f"met {item!r} as {name!r}, expected a {'text' if isinstance(zero, bytes) else type(zero).__name__}.")
    return item


def _read_op(item: Any, to_bytes: Callable[[str], bytes]) -> Any:
    name, data = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else (None, None)
    if name not in REQUEST_OPS or not isinstance(data, dict):
        raise FormError(f"met the operation {item!r}, expected an object with one of {', '.join(REQUEST_OPS)}.")
    return from_json(REQUEST_OPS[name], data, to_bytes=to_bytes)


def _list(name: str, item: Any) -> Iterable[Any]:
    if not isinstance(item, list):
        raise FormError(f"met {item!r} as {name!r}, expected a list.")
    return item
