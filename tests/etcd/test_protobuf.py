from __future__ import annotations

import contextlib
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.api import KeyValue
from k8sedu.etcd.protobuf import UINT64, Field, Message, ProtobufError, decode, encode, encode_key_value, fields, read_varint, varint
from k8sedu.etcd.schema import KEY_VALUE

INT64 = st.integers(-(2**63), 2**63 - 1)
RECORDS = st.builds(KeyValue, st.binary(min_size=1, max_size=20), INT64, INT64, INT64, st.binary(max_size=300), INT64)


class Inner(NamedTuple):
    """A message inside another."""

    number: int = 0


class Outer(NamedTuple):
    """One field of each kind."""

    word: str = "A"
    numbers: tuple[int, ...] = ()
    text: str = ""
    flag: bool = False
    inner: Inner | None = None
    member: int = 0


OUTER = Message(
    Outer,
    {
        1: Field("word", ("A", "B", "C")), 2: Field("numbers", "int", repeated=True), 3: Field("text", "text"), 4: Field("flag", "bool"),
        5: Field("inner", Message(Inner, {1: Field("number", "int")})), 600: Field("member", "uint"),
    },
)  # fmt: skip
OUTERS = st.builds(
    Outer, st.sampled_from("ABC"), st.lists(INT64, max_size=4).map(tuple), st.text(max_size=9), st.booleans(),
    st.none() | st.builds(Inner, INT64), st.integers(0, UINT64 - 1),
)  # fmt: skip


@given(st.integers(0, UINT64 - 1), st.binary(max_size=5))
def test_a_varint_is_read_as_it_was_written(number: int, behind: bytes) -> None:
    """Every number of 64 bits comes back, and the offset behind it, whatever follows."""
    raw = varint(number)
    assert read_varint(raw + behind, 0) == (number, len(raw))
    assert len(raw) == max(-(-number.bit_length() // 7), 1), "seven bits per byte, and no byte more"


@pytest.mark.parametrize(("number", "raw"), [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (-1, "ff" * 9 + "01")])
def test_varints_of_the_specification(number: int, raw: str) -> None:
    """The bytes are those of the protobuf specification; a negative number is its two's complement."""
    assert varint(number).hex() == raw


@given(OUTERS)
def test_a_message_is_read_as_it_was_written(value: Outer) -> None:
    """Every kind of field comes back: words, lists, texts, inner messages, numbers with and without a sign."""
    assert decode(OUTER, encode(OUTER, value)) == value


@given(RECORDS)
def test_the_fast_way_writes_the_same(kv: KeyValue) -> None:
    """The writer that is made for records alone agrees with the table of their fields."""
    assert encode_key_value(kv) == encode(KEY_VALUE, kv)
    assert decode(KEY_VALUE, encode_key_value(kv)) == kv


@given(OUTERS, st.data())
def test_a_cut_message_is_refused_or_a_beginning(value: Outer, data: st.DataObject) -> None:
    """Bytes that end too early are refused with a typed error, unless they end between two fields."""
    raw = encode(OUTER, value)
    size = data.draw(st.integers(0, len(raw)))
    ends = {0, *(offset for *_, offset in fields(raw))}
    if size in ends:
        decode(OUTER, raw[:size])
    else:
        with pytest.raises(ProtobufError, match="expected"):
            decode(OUTER, raw[:size])


@given(OUTERS, st.integers(700, 2_000), st.sampled_from([0, 1, 2, 5]))
def test_unknown_fields_are_skipped(value: Outer, number: int, wire: int) -> None:
    """A field of a later release changes nothing, whatever its wire type: so releases read each other's files."""
    payload = {0: varint(9), 1: b"8 bytes!", 2: varint(3) + b"new", 5: b"four"}[wire]
    assert decode(OUTER, varint(number << 3 | wire) + payload + encode(OUTER, value)) == value


@given(st.binary(max_size=120))
def test_random_bytes_are_a_message_or_refused(data: bytes) -> None:
    """Whatever the bytes, there is a value or a ProtobufError, nothing else."""
    with contextlib.suppress(ProtobufError):
        decode(OUTER, data)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"\x00", "field number 0"), (b"\x0b", "wire type 3"), (b"\x0a\x05ab", "expected 7: the field 1 is cut"),
        (b"\x08", "the end of the bytes"),
        (b"\x08" + b"\xff" * 10, "more than 10 bytes"), (b"\x0a\x00", "which it cannot have"), (b"\x08\x09", "expected 0 to 2"),
        (b"\x29" + b"8 bytes!", "which it cannot have"),
    ],
)  # fmt: skip
def test_every_refusal_says_what_was_met(raw: bytes, sentence: str) -> None:
    """A refusal tells what was met, and where."""
    with pytest.raises(ProtobufError, match=sentence):
        decode(OUTER, raw)


def test_the_last_one_counts() -> None:
    """A field that comes twice has its last value, as the specification says."""
    assert decode(OUTER, encode(OUTER, Outer(word="B")) + encode(OUTER, Outer(word="C"))).word == "C"
