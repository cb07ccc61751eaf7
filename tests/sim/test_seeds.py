from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.sim.seeds import derive, stream

names = st.lists(st.text(max_size=4) | st.integers(0, 20), max_size=3)


@given(st.integers(), names, names)
def test_streams_differ_when_names_differ(seed: int, one: list[str | int], other: list[str | int]) -> None:
    """Two actors share a stream only if they have the same name: ("a", "b") is not ("ab",), and "1" is not 1."""
    same = [(type(name), name) for name in one] == [(type(name), name) for name in other]
    assert (stream(seed, *one).random() == stream(seed, *other).random()) == same


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_streams_are_the_same_in_every_process(hash_seed: str) -> None:
    """A stream does not depend on how this Python process mixes its hashes."""
    code = "from k8sedu.sim.seeds import stream; print(stream(7, 'network').random(), stream(7, 'node', 'n1').random())"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(stream(7, "network").random()), str(stream(7, "node", "n1").random())]


def test_derived_seeds_never_change() -> None:
    """The seeds of published runs stay valid: these numbers are part of the package's promise."""
    assert derive(0) == 15041073954064335159
    assert derive(7, "node", "n1") == 10423554390490881371
