from __future__ import annotations

import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.quantity import MOST, NANO, Quantity, QuantityError

READ: list[tuple[str, int, int, str]] = [
    *[(f"0{unit}", 0, 0, "DecimalSI") for unit in ("", "n", "u", "m", "k", "M", "G", "T")],
    *[(f"0{unit}", 0, 0, "BinarySI") for unit in ("Ki", "Mi", "Gi", "Ti")],
    ("1", 1, 0, "DecimalSI"), ("1Ki", 1024, 0, "BinarySI"), ("7Mi", 7 * 2**20, 0, "BinarySI"), ("3Ei", 3 * 2**60, 0, "BinarySI"),
    ("5n", 5, -9, "DecimalSI"), ("4u", 4, -6, "DecimalSI"), ("3m", 3, -3, "DecimalSI"), ("8k", 8, 3, "DecimalSI"),
    ("300T", 3, 14, "DecimalSI"), ("2P", 2, 15, "DecimalSI"), ("1E", 1, 18, "DecimalSI"), ("12E", 12, 18, "DecimalSI"),
    ("1E-3", 1, -3, "DecimalExponent"), ("1e3", 1, 3, "DecimalExponent"), ("1E18", 1, 18, "DecimalExponent"),
    ("100.035k", 100035, 0, "DecimalSI"), ("0.0005k", 5, -1, "DecimalSI"), ("0.00050k", 5, -1, "DecimalSI"),
    ("0.05000", 5, -2, "DecimalSI"), ("0.5e-2", 5, -3, "DecimalExponent"), ("1.3E+6", 13, 5, "DecimalExponent"),
    ("6.987654321G", 6987654321, 0, "DecimalSI"), ("1.01E", 101, 16, "DecimalSI"),
    ("3.001n", 4, -9, "DecimalSI"), ("1.1E-9", 2, -9, "DecimalExponent"), ("0.0000000001", 1, -9, "DecimalSI"),
    ("0.9n", 1, -9, "DecimalSI"), ("0.00000012354", 124, -9, "DecimalSI"),
    ("9Ei", MOST, 0, "BinarySI"), ("9223372036854775807Ki", MOST, 0, "BinarySI"),
    ("100.035Ki", 10243584, -2, "BinarySI"), ("0.5Mi", 2**19, 0, "BinarySI"), ("0.025Ti", 274877906944, -1, "BinarySI"),
    ("0.000000000001Ki", 2, -9, "DecimalSI"), (".0001k", 100, -3, "DecimalSI"), ("1.", 1, 0, "DecimalSI"), ("1.G", 1, 9, "DecimalSI"),
]  # fmt: skip
"""Text, and the amount as mantissa and power of ten with its family: quantity_test.go, TestQuantityParse."""

WRITTEN = {
    "1024Mi": "1Gi", "307200Ki": "300Mi", "6Ki": "6Ki", "1025024Mi": "1001Gi", "5000m": "5", "0.5": "500m", "1000M": "1G", "0.001T": "1G",
    "1000u": "1m", "1.08": "1080m", "1080000000n": "1080m", "1000E": "1e21", "5000E": "5e21", "1000000E": "1e24", ".001e12": "1e9",
    "0.001e0": "1e-3", "1000e-12": "1e-9", "80e-3": "80e-3", "00": "0", "1025": "1025", "1080n": "1080n", "1234567M": "1234567M",
    ".001Ki": "1024m", ".000001Ki": "1024u", ".000000001Ki": "1024n", ".000000000001Ki": "2n", "1.5Ki": "1536", "1.5Gi": "1536Mi",
    "0.1Ki": "102400m", "1e3": "1e3", "1000m": "1", "250m": "250m", "1Gi": "1Gi", "0Ki": "0", "64Ei": "9223372036854775807",
}  # fmt: skip
"""Text → what a cluster answers: TestQuantityString, TestQuantityParseEmit."""
WRONG = ["", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "1i", "-3.01i", "-3.01e-", "1e4294967297", " 1", "1 ", "1Gb", "1e", "0x10"]


@pytest.mark.parametrize("sign", ["", "+", "-"])
@pytest.mark.parametrize(("text", "mantissa", "power", "form"), READ)
def test_reads_what_the_api_reads(text: str, mantissa: int, power: int, form: str, sign: str) -> None:
    """Each text of the upstream table means the same amount in the same family, also with a sign."""
    found = Quantity(sign + text)
    amount = Fraction(mantissa) * Fraction(10) ** power
    assert (Fraction(found.nano, NANO), found.format) == (-amount if sign == "-" else amount, form)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(("text", "expected"), WRITTEN.items())
def test_writes_what_a_cluster_writes(text: str, expected: str, sign: str) -> None:
    """The canonical form is the upstream one, and reading it again changes nothing."""
    written = str(Quantity(sign + text))
    assert written == (sign + expected if expected != "0" else "0")
    assert str(Quantity(written)) == written


@pytest.mark.parametrize("text", WRONG)
def test_refuses_what_is_no_quantity(text: str) -> None:
    """A wrong text is named in one sentence."""
    with pytest.raises(QuantityError, match="expected"):
        Quantity(text)


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [("9.01", -3, "9.01"), ("9.01", -1, "9.1"), ("9.01", 0, "10"), ("9.01", 2, "100"), ("-9.01", -1, "-9.1"), ("-9.01", 1, "-10")],
)
def test_rounds_away_from_zero(text: str, scale: int, expected: str) -> None:
    """Who asks for a part of a step gets the whole step: TestQuantityRoundUp."""
    assert Quantity(text).round_up(scale) == Quantity(expected)


def test_values() -> None:
    """Whole units and thousandths are rounded up, so that a request is never made smaller."""
    assert (Quantity("1.1").value, Quantity("1n").milli_value, Quantity("-1.1").value, Quantity("100m").milli_value) == (2, 1, -2, 100)


def test_zero_takes_the_other_family() -> None:
    """Nothing plus 1Gi is written 1Gi, in either order, and minus as well."""
    for text in ("100m", "1Gi"):
        assert str(Quantity("0") + Quantity(text)) == str(Quantity(text) + Quantity("0")) == text
        assert str(Quantity("0") - Quantity(text)) == f"-{text}"


numbers = st.tuples(
    st.sampled_from(["", "-", "+"]), st.from_regex(r"[0-9]{1,16}(\.[0-9]{0,12})?", fullmatch=True),
    st.sampled_from(["", "n", "u", "m", "k", "M", "G", "E", "Ki", "Mi", "Ti", "Ei", "e3", "E-7", "e+12"]),
).map("".join)  # fmt: skip


@given(numbers, numbers)
def test_arithmetic_is_exact(one: str, other: str) -> None:
    """Sums and orders are those of the fractions, and text and pickle keep an amount."""
    a, b = Quantity(one), Quantity(other)
    assert (a + b) - b == a
    assert (a < b) == (a.nano < b.nano)
    assert Quantity(str(a)) == a == pickle.loads(pickle.dumps(a))
    assert str(Quantity(str(a))) == str(a)
    assert hash(a) == hash(Quantity(str(a)))


def test_never_changes() -> None:
    """A quantity is a value."""
    with pytest.raises(TypeError, match="never changes"):
        Quantity("1").nano = 2
