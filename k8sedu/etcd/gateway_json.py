r"""The JSON of etcd's gateway: what `curl` sends and what it is answered.

It is protobuf's JSON: keys and values in base64, integers of 64 bits as texts (JavaScript would round them), enumerations by name,
nothing that is zero. A reader is generous: numbers may be numbers, enumerations may be numbers, names may be written in camel case, and
what it does not know it skips.

>>> read_request("/v3/kv/put", {"key": "YQ==", "value": "MQ==", "lease": "7"})
PutRequest(key=b'a', value=b'1', lease=7, prev_kv=False, ignore_value=False, ignore_lease=False)
>>> write(api.PutRequest(b"a", b"1", 7))
{'key': 'YQ==', 'value': 'MQ==', 'lease': '7'}

Source: etcd 3.5, api/etcdserverpb/rpc.proto (google.api.http); grpc-gateway 1.16 (runtime/errors.go); protobuf.dev (JSON mapping).
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from k8sedu.etcd import api
from k8sedu.etcd.cluster import MemberListRequest, MoveLeaderRequest
from k8sedu.etcd.errors import INVALID_ARGUMENT, EtcdError
from k8sedu.etcd.json_form import REQUEST_OPS, to_json
from k8sedu.etcd.txn import FIELDS

ROUTES: dict[str, Any] = {
    "kv/put": api.PutRequest,
    "kv/range": api.RangeRequest,
    "kv/deleterange": api.DeleteRangeRequest,
    "kv/txn": api.TxnRequest,
    "kv/compaction": api.CompactionRequest,
    "lease/grant": api.LeaseGrantRequest,
    "lease/revoke": api.LeaseRevokeRequest,
    "kv/lease/revoke": api.LeaseRevokeRequest,
    "lease/keepalive": api.LeaseKeepAliveRequest,
    "lease/timetolive": api.LeaseTimeToLiveRequest,
    "kv/lease/timetolive": api.LeaseTimeToLiveRequest,
    "lease/leases": api.LeaseLeasesRequest,
    "kv/lease/leases": api.LeaseLeasesRequest,
    "maintenance/status": api.StatusRequest,
    "maintenance/hashkv": api.HashKVRequest,
    "maintenance/hash": api.HashKVRequest,  # a real etcd hashes its whole database file here, which the model does not have
    "maintenance/transfer-leadership": MoveLeaderRequest,
    "cluster/member/list": MemberListRequest,
}
"""What is asked where; `/v3/watch` is a stream of its own."""
STREAMS = frozenset({"watch", "lease/keepalive"})
"""Here one body may hold several requests, and each answer is a line."""
_DECODER = json.JSONDecoder()
PREFIXES = ("/v3/", "/v3beta/", "/v3alpha/")

ENUMS: dict[str, tuple[str, ...]] = {
    "sort_order": ("NONE", "ASCEND", "DESCEND"),
    "sort_target": ("KEY", "VERSION", "CREATE", "MOD", "VALUE"),
    "result": ("EQUAL", "GREATER", "LESS", "NOT_EQUAL"),
    "target": ("VERSION", "CREATE", "MOD", "VALUE", "LEASE"),
}
FILTERS = ("NOPUT", "NODELETE")
PHRASES = {
    400: "Bad Request", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
    503: "Service Unavailable",
}  # fmt: skip
HTTP_STATUS = {3: 400, 5: 404, 8: 429, 9: 400, 11: 400, 12: 501, 14: 503}
"""gRPC status → the HTTP status that the gateway gives it; 500 for the others."""


class BadRequestError(EtcdError, ValueError):
    """JSON that is no request; it has the gRPC status of an invalid argument."""

    code = INVALID_ARGUMENT

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__()


def route(path: str) -> str | None:
    """What is asked at a path, without the version in front; None where there is nothing.

    >>> route("/v3/kv/put"), route("/v3beta/watch"), route("/v2/keys")
    ('kv/put', 'watch', None)
    """
    for prefix in PREFIXES:
        rest = path.removeprefix(prefix)
        if rest != path and (rest in ROUTES or rest == "watch"):
            return rest
    return None


def read_request(path: str, data: Any) -> Any:
    """The request that JSON at a path says.

    Raises:
        BadRequestError: it is none.
    """
    name = route(path)
    if name is None or name == "watch":
        raise BadRequestError(f"met the path {path!r}, expected one of etcd's gateway")
    return _read(ROUTES[name], _object(data))


def read_watch(data: Any) -> Any:
    """One request of a watch stream: create, cancel or progress.

    Raises:
        BadRequestError: it is none of them.
    """
    found = {_snake(name): value for name, value in _object(data).items()}
    kinds = {
        "create_request": api.WatchCreateRequest, "cancel_request": api.WatchCancelRequest, "progress_request": api.WatchProgressRequest,
    }  # fmt: skip
    for name, kind in kinds.items():
        if name in found:
            return _read(kind, _object(found[name]))
    raise BadRequestError("met a watch request without create_request, cancel_request or progress_request, expected one of them")


def write(response: Any) -> dict[str, Any]:
    """A response as the gateway writes it."""
    found: dict[str, Any] = to_json(response, text=lambda raw: b64encode(raw).decode(), number=str)
    if isinstance(response, api.HashKVResponse):
        found["hash"] = response.hash  # of 32 bits, which no JavaScript would round
    return found


def write_error(error: EtcdError) -> tuple[int, dict[str, Any]]:
    """A refusal: the HTTP status and the body.

    >>> from k8sedu.etcd.errors import CompactedError
    >>> write_error(CompactedError())[0]
    400
    """
    return HTTP_STATUS.get(error.code, 500), {"error": error.message, "code": error.code, "message": error.message}


def write_stream_error(error: EtcdError) -> tuple[int, dict[str, Any]]:
    """A refusal on a stream, which the gateway writes in another form.

    >>> from k8sedu.etcd.errors import NoLeaderError
    >>> write_stream_error(NoLeaderError())[1]["error"]["http_status"]
    'Service Unavailable'
    """
    status = HTTP_STATUS.get(error.code, 500)
    told = {"grpc_code": error.code, "http_code": status, "message": error.message, "http_status": PHRASES[status]}
    return status, {"error": told}


def read_documents(raw: bytes) -> Iterator[Any]:
    """The JSON values of a body, one behind the other; what comes after the first that is none is not read.

    >>> list(read_documents(b'{"ID": "7"} {"ID": "8"}'))
    [{'ID': '7'}, {'ID': '8'}]

    Raises:
        BadRequestError: the body ends in something that is no JSON.
    """
    try:
        text = raw.decode()
        offset = 0
        while offset < len(text):
            if text[offset] in " \t\r\n":
                offset += 1
                continue
            value, offset = _DECODER.raw_decode(text, offset)
            yield value
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"met {raw[:40]!r}, expected JSON") from error


def _object(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise BadRequestError(f"json: met {type(data).__name__}, expected an object")
    return data


def _snake(name: str) -> str:
    """`rangeEnd` as `range_end`; ID and TTL stay as they are."""
    return name if name.isupper() else re.sub(r"(?<=[a-z])([A-Z])", lambda match: "_" + match[1].lower(), name)


def _read(kind: Any, data: Mapping[str, Any]) -> Any:
    """Read known fields; others are skipped."""
    zeros: dict[str, Any] = kind._field_defaults
    values = {}
    for written, item in data.items():
        name = written if written in zeros else _snake(written)
        if name in zeros and item is not None:
            values[name] = _value(name, item, zeros[name])
    if kind is api.Compare:
        values = _only_operand(values)
    return kind(**values)


def _only_operand(values: dict[str, Any]) -> dict[str, Any]:
    field = FIELDS[values.get("target", "VERSION")]
    return {name: value for name, value in values.items() if name not in FIELDS.values() or name == field}


def _value(name: str, item: Any, zero: Any) -> Any:
    if name in ENUMS:
        return _word(ENUMS[name], item)
    if name == "filters":
        return tuple(_word(FILTERS, each) for each in _list(item))
    if name == "compare":
        return tuple(_read(api.Compare, _object(each)) for each in _list(item))
    if name in ("success", "failure"):
        return tuple(_operation(each) for each in _list(item))
    return _READERS[type(zero)](item)


def _operation(item: Any) -> Any:
    for written, data in _object(item).items():
        kind = REQUEST_OPS.get(_snake(written))
        if kind is not None:
            return _read(kind, _object(data))
    raise BadRequestError("met an operation without request_put, request_range, request_delete_range or request_txn, expected one")


def _list(item: Any) -> list[Any]:
    if not isinstance(item, list):
        raise BadRequestError(f"json: met {type(item).__name__}, expected an array")
    return item


def _word(words: tuple[str, ...], item: Any) -> str:
    if isinstance(item, str) and item in words:
        return item
    if not str(item).isdecimal() or int(str(item)[:9]) >= len(words):
        raise BadRequestError(f"met {str(item)[:40]!r}, expected one of {', '.join(words)}")
    return words[int(item)]


def _integer(item: Any) -> int:
    if isinstance(item, bool) or not isinstance(item, int | str) or not re.fullmatch(r"-?\d{1,20}", str(item)):
        raise BadRequestError(f"json: met {str(item)[:40]!r}, expected an integer")
    number = int(item)
    if not -(2**63) <= number < 2**63:
        raise BadRequestError(f"json: met {number}, expected an integer of 64 bits")
    return number


def _boolean(item: Any) -> bool:
    if not isinstance(item, bool):
        raise BadRequestError(f"json: met {str(item)[:40]!r}, expected true or false")
    return item


def _bytes(item: Any) -> bytes:
    if not isinstance(item, str):
        raise BadRequestError(f"json: met {str(item)[:40]!r}, expected a text in base64")
    try:
        return b64decode(item, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError(f"illegal base64 data in {item[:40]!r}, expected a text in base64") from error


_READERS: dict[type, Callable[[Any], Any]] = {int: _integer, bool: _boolean, bytes: _bytes}
