"""The key-value machine and its sessions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.machine import Command, CommandError, Machine

keys = st.sampled_from("xyz")
commands = st.one_of(
    st.builds("{}={}".format, keys, st.integers(-9, 9)),
    st.builds("{}+={}".format, keys, st.integers(-9, 9)),
    st.builds("{}?".format, keys),
)


@given(st.lists(commands))
def test_machine_twin(texts):
    """The machine is a dictionary of numbers: set, add, read."""
    machine, twin = Machine(), {}
    for text in texts:
        key, verb, value = re.fullmatch(r"(\w)(\+=|=|\?)(.*)", text).groups()
        if verb == "=":
            twin[key] = int(value)
        elif verb == "+=":
            twin[key] = twin.get(key, 0) + int(value)
        assert machine.apply(text) == (str(twin[key]) if key in twin else "")
    assert machine.values == {key: str(value) for key, value in twin.items()}


@given(st.lists(commands, min_size=1), st.data())
def test_retries_are_harmless(texts, data):
    """However often the latest request of a client is repeated, the values and its answer are those of one execution."""
    once, often = Machine(), Machine()
    for serial, text in enumerate(texts, 1):
        answer = once.apply(f"c1:{serial} {text}")
        for _ in range(data.draw(st.integers(1, 3))):
            assert often.apply(f"c1:{serial} {text}") == answer
    assert once.dump() == often.dump()


def test_without_sessions_a_retry_counts_twice():
    """The broken rule: a repeated addition is executed again."""
    machine = Machine(remembers_sessions=False)
    assert [machine.apply("c1:1 x+=1") for _ in range(2)] == ["1", "2"]


def test_clients_do_not_share_serials():
    """Serial numbers belong to their client; requests without a session are executed every time."""
    machine = Machine()
    for text in ("c1:1 x+=1", "c2:1 x+=1", "x+=1", "x+=1"):
        machine.apply(text)
    assert machine.read("x") == "4"


@given(st.lists(commands))
def test_dump_and_load(texts):
    """A snapshot's text brings back values and sessions: a retry that crosses a snapshot is still harmless."""
    machine, other = Machine(), Machine()
    for serial, text in enumerate(texts, 1):
        machine.apply(f"c1:{serial} {text}")
    other.load(machine.dump())
    assert other.dump() == machine.dump()
    if texts:
        assert other.apply(f"c1:{len(texts)} {texts[-1]}") == machine.apply(f"c1:{len(texts)} {texts[-1]}")


def test_load_of_nothing_is_empty():
    """Empty text, the snapshot of a group that has none, is the empty machine."""
    machine = Machine()
    machine.apply("x=1")
    machine.load("")
    assert (machine.values, machine.sessions) == ({}, {})


@pytest.mark.parametrize("text", ["", "x", "=4", "x!4", "c1 x=4", "c1:a x=4"])
def test_unknown_commands(text):
    """A text that is no command is quoted, with what was expected."""
    with pytest.raises(CommandError, match=re.escape(f"met the command {text!r}, expected 'key=value', 'key+=number' or 'key?'.")):
        Machine().apply(text)


def test_additions_need_a_number():
    """Only whole numbers can be added; adding to a text counts from 0."""
    with pytest.raises(CommandError, match=r"expected a whole number after '\+='"):
        Command.parse("x+=four")
    machine = Machine()
    machine.apply("x=abc")
    assert machine.apply("x+=2") == "2"


def test_reads_are_known():
    """A read can be told from a write, for it need not go through the log."""
    assert Command.parse("c1:3 x?").is_read
    assert not Command.parse("x=?").is_read
