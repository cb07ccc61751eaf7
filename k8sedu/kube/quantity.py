"""Quantities: `250m`, `1Gi`, `1e3`, read exactly and written as a cluster writes them.

Why not a float? Because 100m + 200m must be 300m, and a scheduler that compares sums must not lose a pod to the seventeenth digit. So an
amount is a whole number of nano-units (10^-9), the finest step that Kubernetes knows, and finer amounts are rounded up: who asks for a
little gets a little, not nothing.

The surprise is that an amount remembers how it was written. `1024Mi` comes back as `1Gi`, `1000m` as `1` and `1000M` as `1G`: the same
family of units, in the canonical form with no fraction and the largest unit. Only amounts that the family cannot write leave it (`1.5Ki`
is `1536`, `0.1Ki` is `102400m`).

Source: kubernetes, staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go (ParseQuantity, CanonicalizeBytes), suffix.go.
Left out: exponents beyond ±300, which the real parser takes and nobody has meant.
"""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering
from typing import Literal, NamedTuple, TypeAlias

from k8sedu.errors import K8sEduError

Format: TypeAlias = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

NANO = 10**9
"""Nano-units in one unit."""
MOST = 2**63 - 1
"""An amount with a binary unit is cut here, as the real one is."""
EXPONENTS = 300
"""Larger exponents are refused."""

DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
"""Suffix → power of ten."""
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
"""Suffix → power of two."""
DECIMAL_SUFFIX = {power: suffix for suffix, power in DECIMAL.items()}
BINARY_SUFFIX = {power: suffix for suffix, power in BINARY.items()}

_FORM = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)")
_EXPONENT = re.compile(r"[eE][+-]?[0-9]+")


class QuantityError(K8sEduError, ValueError):
    """A text that is no quantity."""


@total_ordering
class Quantity:
    """An exact amount, and the family of units in which it is written.

    >>> Quantity("250m") + Quantity("1.75"), Quantity("1536Mi"), Quantity("1024Mi"), Quantity("1e3")
    (Quantity('2'), Quantity('1536Mi'), Quantity('1Gi'), Quantity('1e3'))
    >>> Quantity("1Gi").value, Quantity("0.1").milli_value, Quantity("1e3") == Quantity("1k")
    (1073741824, 100, True)
    >>> Quantity("1Gb")
    Traceback (most recent call last):
        ...
    k8sedu.kube.quantity.QuantityError: '1Gb' is no quantity, expected a number with one of the units n, u, m, k, M, G, T, P, E, Ki, …, Ei

    Amounts that are equal compare equal, whatever their units; text is canonical.
    """

    __slots__ = ("_text", "format", "nano")
    nano: int
    """The amount in nano-units."""
    format: Format
    _text: str

    def __new__(cls, text: str | int) -> Quantity:
        """Read a quantity; a whole number means itself."""
        return parse(text if isinstance(text, str) else str(int(text)))

    @classmethod
    def of_nano(cls, nano: int, format: Format = "DecimalSI") -> Quantity:  # noqa: A002 (the name that Kubernetes gave it)
        """The quantity of so many nano-units."""
        made = object.__new__(cls)
        for name, value in (("nano", nano), ("format", format), ("_text", "")):
            object.__setattr__(made, name, value)
        return made

    @property
    def value(self) -> int:
        """In whole units, rounded away from zero: bytes of memory, pods, devices."""
        return _away_from_zero(self.nano, NANO)

    @property
    def milli_value(self) -> int:
        """In thousandths, rounded away from zero: millicores."""
        return _away_from_zero(self.nano, NANO // 1000)

    def round_up(self, scale: int) -> Quantity:
        """Rounded away from zero to a power of ten: `scale=-3` leaves thousandths."""
        step = 10 ** (scale + 9)
        return Quantity.of_nano(_away_from_zero(self.nano, step) * step, self.format)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity.of_nano(self.nano + other.nano, self.format if self.nano else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity.of_nano(self.nano - other.nano, self.format if self.nano else other.format)

    def __mul__(self, factor: int) -> Quantity:
        return Quantity.of_nano(self.nano * factor, self.format)

    def __neg__(self) -> Quantity:
        return Quantity.of_nano(-self.nano, self.format)

    def __bool__(self) -> bool:
        return self.nano != 0

    def __eq__(self, other: object) -> bool:
        return self.nano == other.nano if isinstance(other, Quantity) else NotImplemented

    def __lt__(self, other: Quantity) -> bool:
        return self.nano < other.nano

    def __hash__(self) -> int:
        return hash(self.nano)

    def __setattr__(self, name: str, value: object) -> None:
        raise TypeError("a Quantity never changes; arithmetic makes a new one")

    def __reduce__(self) -> tuple[object, tuple[int, Format]]:
        return Quantity.of_nano, (self.nano, self.format)

    def __str__(self) -> str:
        if not self._text:
            object.__setattr__(self, "_text", canonical(self.nano, self.format))
        return self._text

    def __repr__(self) -> str:
        return f"Quantity({str(self)!r})"


class _Parts(NamedTuple):
    sign: int
    digits: str
    fraction: str
    base: int
    power: int
    format: Format


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """Read a quantity as the API does.

    Raises:
        QuantityError: no number, an unknown unit, or an exponent that nobody meant.
    """
    sign, digits, fraction, base, power, form = _take_apart(text)
    whole = int(digits + fraction or "0") * NANO
    numerator, denominator = whole * base ** max(power, 0), 10 ** len(fraction) * base ** max(-power, 0)
    nano = -(-numerator // denominator)
    if form == "BinarySI":
        nano = min(nano, MOST * NANO)
        form = "DecimalSI" if 0 < nano < NANO else form
    return Quantity.of_nano(sign * nano, form)


def _take_apart(text: str) -> _Parts:
    found = _FORM.fullmatch(text)
    if found is None or not text:
        raise _refusal(text)
    sign, digits, fraction, suffix = found.groups(default="")
    parts = _Parts(-1 if sign == "-" else 1, digits, fraction, 10, 0, "DecimalSI")
    if suffix in DECIMAL:
        return parts._replace(power=DECIMAL[suffix])
    if suffix in BINARY:
        return parts._replace(base=2, power=BINARY[suffix], format="BinarySI")
    if _EXPONENT.fullmatch(suffix) is None:
        raise _refusal(text)
    power = int(suffix[1:])
    if abs(power) > EXPONENTS:
        raise QuantityError(f"{text!r} has the exponent {power}, expected one from -{EXPONENTS} to {EXPONENTS}")
    return parts._replace(power=power, format="DecimalExponent")


def _refusal(text: str) -> QuantityError:
    return QuantityError(f"{text!r} is no quantity, expected a number with one of the units n, u, m, k, M, G, T, P, E, Ki, …, Ei")


def canonical(nano: int, form: Format) -> str:
    """The one text of an amount in its family: no fraction, and the largest unit.

    >>> canonical(1_500_000_000, "DecimalSI"), canonical(2**30 * NANO, "BinarySI"), canonical(3_000 * NANO, "DecimalExponent")
    ('1500m', '1Gi', '3e3')
    """
    if not nano:
        return "0"
    if form == "BinarySI":
        units, rest = divmod(nano, NANO)
        power = 0
        while not rest and abs(units) >= 1024 and units % 1024 == 0:
            units, power = units // 1024, power + 10
        if not rest and abs(nano) >= 1024 * NANO and (not power or power in BINARY_SUFFIX):
            return f"{units}{BINARY_SUFFIX.get(power, '')}"
    return _decimal(nano, exponent_form=form == "DecimalExponent")


def _decimal(nano: int, *, exponent_form: bool) -> str:
    power = -9
    while nano % 10 == 0:
        nano, power = nano // 10, power + 1
    nano, power = nano * 10 ** (power % 3), power - power % 3
    if power in DECIMAL_SUFFIX and not exponent_form:
        return f"{nano}{DECIMAL_SUFFIX[power]}"
    return f"{nano}e{power}" if power else str(nano)


def _away_from_zero(nano: int, step: int) -> int:
    return -(-nano // step) if nano > 0 else nano // step
