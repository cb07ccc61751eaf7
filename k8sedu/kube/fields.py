"""How an object of the API knows its fields: their names on the wire, their types, and where a wrong one stands.

An object is a small frozen value. Its class lists the fields with the types that the API gives them, and from that list everything else
follows: reading a document with an error that names the path, writing it back, comparing, showing. Fields are called as in the API but in
Python's spelling (`spec.node_name` for `spec.nodeName`), because a lesson is read in Python; on the wire and in error messages they have
the API's spelling, because that is what stands in the manifest.

Two things surprise. A field that was not given is not the same as an empty one (a selector `{}` selects everything, no selector nothing),
so an object remembers which were given, and writes back exactly those. And a field that the class does not know is kept in `extra` and
written back: a manifest of tomorrow's release passes through unharmed.

Source: kubernetes, staging/src/k8s.io/api (the types and their JSON names); API conventions, "Unknown fields".
Left out: `null` is read as absent, as Go does it, and is not written back.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from functools import cache
from inspect import get_annotations
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NoReturn,
    Self,
    TypeAlias,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from k8sedu.errors import K8sEduError
from k8sedu.kube.quantity import Quantity, QuantityError
from k8sedu.kube.times import TIME
from k8sedu.trace.frozen import Frozen, freeze

EMPTY: Mapping[str, Any] = Frozen()
"""No labels, no resources, nothing extra."""

Time: TypeAlias = Annotated[str, "a point in time"]
"""A text such as 2026-01-31T12:00:00Z."""

Reader = Callable[[Any, str], Any]
"""From a plain value and its path to what the object holds."""


class FieldError(K8sEduError, ValueError):
    """A field whose value the API cannot take.

    `path` is the way to it (`spec.containers[0].image`), `met` what stood there, `expected` what may stand there.
    """

    def __init__(self, path: str, met: object, expected: str) -> None:
        self.path, self.met, self.expected = path, met, expected
        super().__init__(f"{path or 'the object'} is {_shown(met)}, expected {expected}")

    def __reduce__(self) -> tuple[Any, ...]:
        return FieldError, (self.path, self.met, self.expected)


class ChoiceError(FieldError):
    """A text that is none of those that the API knows there."""

    def __init__(self, path: str, met: object, expected: str, allowed: tuple[str, ...]) -> None:
        super().__init__(path, met, expected)
        self.allowed = allowed

    def __reduce__(self) -> tuple[Any, ...]:
        return ChoiceError, (self.path, self.met, self.expected, self.allowed)


class UnknownFieldError(FieldError):
    """A field that the API does not have there: mostly a misspelt one."""

    def __init__(self, path: str, owner: str, hint: str) -> None:
        self.path, self.met, self.expected = path, owner, hint
        K8sEduError.__init__(self, f"{path} is no field of a {owner}; {hint}")

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownFieldError, (self.path, self.met, self.expected)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value:
    """A part of an object: frozen, comparable, readable from and writable to a document.

    >>> class Port(Value):
    ...     container_port: int = 0
    ...     protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    >>> port = Port.of({"containerPort": 80, "tomorrow": True})
    >>> port, port.document()
    (Port(container_port=80, extra=Frozen(tomorrow=True)), {'containerPort': 80, 'tomorrow': True})
    >>> Port.of({"containerPort": "http"})
    Traceback (most recent call last):
        ...
    k8sedu.kube.fields.FieldError: containerPort is "http", expected a whole number
    """

    extra: Mapping[str, Any] = EMPTY
    """Fields that this class does not know, by their names on the wire."""

    ALSO: ClassVar[tuple[str, ...]] = ()
    """Fields that the API has and no model here reads: they are kept in `extra`, and are no mistake."""

    def __init__(self, **given: Any) -> None:
        strange = given.keys() - fields_of(type(self)).keys()
        if strange:
            name = min(strange)
            raise TypeError(f"{type(self).__name__} has no field {name!r}; {nearest(name, fields_of(type(self)))}")
        self.__dict__.update({name: freeze(value) for name, value in given.items()})

    @classmethod
    def of(cls, document: Mapping[str, Any], path: str = "") -> Self:
        """Read a document: a mapping with the API's field names.

        Raises:
            FieldError: a field's value is not what the API expects there.
        """
        kind: Any = cls
        made: Self = reader(kind)(document, path)
        return made

    def document(self) -> dict[str, Any]:
        """The document that this was read from: plain dictionaries and lists with the API's field names."""
        given = self.__dict__
        written = {wire: plain(given[name]) for name, wire in fields_of(type(self)).items() if name in given and wire}
        if "extra" in given:
            written.update({name: plain(value) for name, value in given["extra"].items()})
        return written

    def evolve(self, **changes: Any) -> Self:
        """A new value with these fields changed; the rest is shared."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__init__(**changes)  # type: ignore[misc]  # it sets what is given and leaves the rest
        return made

    def without(self, *names: str) -> Self:
        """A new value in which these fields are as if never given."""
        made = object.__new__(type(self))
        made.__dict__.update({name: value for name, value in self.__dict__.items() if name not in names})
        return made

    def gives(self, name: str) -> bool:
        """Was this field given? `labels: {}` is, no `labels` at all is not."""
        return name in self.__dict__

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        mine, theirs = self.__dict__, other.__dict__
        return mine == theirs or all(getattr(self, name) == getattr(other, name) for name in mine.keys() | theirs.keys())

    def __hash__(self) -> int:
        return hash(tuple(value for name in fields_of(type(self)) for value in [getattr(self, name)] if value))

    def __repr__(self) -> str:
        given = (f"{name}={self.__dict__[name]!r}" for name in fields_of(type(self)) if name in self.__dict__)
        return f"{type(self).__name__}({', '.join(given)})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} never changes; .evolve({name}=...) makes a changed one")

    def __delattr__(self, name: str) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} never changes; .without({name!r}) makes one that lacks it")


ValueT = TypeVar("ValueT", bound=Value)

SPELLED = {word.capitalize(): word for word in ("IP", "IPs", "CIDR", "CIDRs", "ID", "PID", "IPC", "UUID", "FQDN")}
"""Words that the API writes in capitals where they do not begin a name."""


def wire_name(name: str) -> str:
    """The API's spelling of a field.

    >>> [wire_name(name) for name in ("node_name", "cluster_ip", "host_ips", "ip", "from_")]
    ['nodeName', 'clusterIP', 'hostIPs', 'ip', 'from']
    """
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(SPELLED.get(word.capitalize(), word.capitalize()) for word in rest)


_FIELDS: dict[type[Value], Mapping[str, str]] = {}


def fields_of(cls: type[Value]) -> Mapping[str, str]:
    """Python name → name on the wire, in the order of the class; `extra` comes last."""
    known = _FIELDS.get(cls)
    if known is None:
        known = _FIELDS[cls] = _list_fields(cls)
    return known


def _list_fields(cls: type[Value]) -> Mapping[str, str]:
    owners = [owner for owner in reversed(cls.__mro__) if owner is not object]
    names = [name for owner in owners for name in get_annotations(owner) if name.islower() and name != "extra"]
    return {name: wire_name(name) for name in dict.fromkeys(names)} | {"extra": ""}


def nearest(name: str, known: Mapping[str, Any] | list[str]) -> str:
    """A sentence's end: which known name was probably meant, or which there are."""
    close = [each for each in known if _alike(name, each)]
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(each for each in known if each != 'extra')}"


# -- reading ------------------------------------------------------------------------------------------------------------------------------


@cache
def reader(annotation: Any) -> Reader:
    """What reads a value of this type; made once for each type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _union([each for each in arguments if each is not type(None)])
    if origin is Annotated:
        return _read_time
    if origin is Literal:
        return _choice(arguments)
    if origin is tuple:
        return _list(reader(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(reader(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, Value):
        return _object(annotation)
    return SCALARS[annotation]


def _object(cls: type[Value]) -> Reader:
    parts: dict[str, tuple[str, Reader]] | None = None  # made on first use, since a class may hold itself

    def read(found: Any, path: str) -> Value:
        nonlocal parts
        if type(found) is not dict and not isinstance(found, Mapping):
            raise FieldError(path, found, f"a mapping with the fields of a {cls.__name__}")
        if parts is None:
            hints = get_type_hints(cls, include_extras=True)
            parts = {wire: (name, reader(hints[name])) for name, wire in fields_of(cls).items() if wire}
        given: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for wire, value in found.items():
            if value is None:
                continue
            known = parts.get(wire)
            if known is None:
                extra[wire] = freeze(value)
            else:
                given[known[0]] = known[1](value, f"{path}.{wire}" if path else wire)
        if extra:
            given["extra"] = Frozen(extra)
        made = object.__new__(cls)
        made.__dict__.update(given)
        return made

    return read


def _list(read_item: Reader) -> Reader:
    def read(found: Any, path: str) -> Any:
        if type(found) is not list and not isinstance(found, tuple | list):
            raise FieldError(path, found, "a list")
        return tuple([read_item(value, f"{path}[{place}]") for place, value in enumerate(found)])

    return read


def _mapping(read_item: Reader) -> Reader:
    def read(found: Any, path: str) -> Any:
        if type(found) is not dict and not isinstance(found, Mapping):
            raise FieldError(path, found, "a mapping")
        return Frozen({str(key): read_item(value, f"{path}.{key}") for key, value in found.items() if value is not None})

    return read


def _union(arguments: list[Any]) -> Reader:
    if len(arguments) == 1:
        return reader(arguments[0])
    kinds = tuple(arguments)

    def read(found: Any, path: str) -> Any:
        if type(found) not in kinds:
            raise FieldError(path, found, " or ".join(EXPECTED[kind] for kind in kinds))
        return found

    return read


def _choice(allowed: tuple[Any, ...]) -> Reader:
    def read(found: Any, path: str) -> Any:
        if found not in allowed or isinstance(found, bool):
            close = [each for each in allowed if str(each).lower() == str(found).lower()]
            expected = f"{close[0]}, in this spelling" if close else f"one of {', '.join(each for each in allowed if each)}"
            raise ChoiceError(path, found, expected, allowed)
        return found

    return read


EXPECTED = {str: "a text (put it in quotes)", int: "a whole number", bool: "true or false", float: "a number"}


def _scalar(kind: type) -> Reader:
    def read(found: Any, path: str) -> Any:
        if type(found) is not kind:
            raise FieldError(path, found, EXPECTED[kind])
        return found

    return read


def _read_float(found: Any, path: str) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise FieldError(path, found, EXPECTED[float])
    return found


def _read_quantity(found: Any, path: str) -> Quantity:
    if isinstance(found, Quantity):
        return found
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise FieldError(path, found, QUANTITY)
    try:
        return Quantity(str(found))
    except QuantityError:
        raise FieldError(path, found, QUANTITY) from None


QUANTITY = 'a quantity such as "250m", "2" or "1Gi"'


def _read_any(found: Any, path: str) -> Any:  # noqa: ARG001 (all readers are called alike)
    return freeze(found)


def _read_time(found: Any, path: str) -> str:
    if not isinstance(found, str) or TIME.fullmatch(found) is None:
        raise FieldError(path, found, 'a time such as "2026-01-31T12:00:00Z"')
    return found


SCALARS: dict[Any, Reader] = {
    str: _scalar(str), int: _scalar(int), bool: _scalar(bool), float: _read_float,
    Quantity: _read_quantity, Any: _read_any,
}  # fmt: skip


# -- writing ------------------------------------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as plain data of one's own: objects as documents, tuples as lists, quantities as text."""
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    if kind is tuple or kind is list:
        return [plain(each) for each in value]
    if kind is Frozen or kind is dict:
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Value):
        return value.document()
    return str(value) if kind is Quantity else value


def _shown(met: object) -> str:
    if isinstance(met, str):
        return f'"{met if len(met) <= 60 else met[:59] + "…"}"'
    if isinstance(met, bool) or met is None:
        return {True: "true", False: "false", None: "null"}[met]
    if isinstance(met, Mapping):
        return "a mapping"
    return "a list" if isinstance(met, list | tuple) else str(met)


def _alike(name: str, other: str) -> bool:
    """Would a person who typed one have meant the other? Same letters in another order or spelling, or one letter more, less or wrong."""
    one, two = (re.sub("_", "", each).lower() for each in (name, other))
    if sorted(one) == sorted(two):
        return True
    if abs(len(one) - len(two)) > 1 or min(len(one), len(two)) < 4:
        return False
    return any(one[:place] + one[place + 1 :] in {two, two[:place] + two[place + 1 :]} for place in range(len(one))) or any(
        two[:place] + two[place + 1 :] == one for place in range(len(two))
    )
