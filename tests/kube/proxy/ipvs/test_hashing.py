from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.proxy.ipvs.hashing import folded, hash_32, hsiphash, old_hash


def test_siphash_of_python() -> None:
    """SipHash-1-3 is what Python hashes bytes with; with a key of zeros both agree."""
    values = [1, 2, 12_345_678, 0xFFFF_FFFF]
    program = f"print([hash(v.to_bytes(4, 'little')) & 0xffffffff for v in {values}])"
    if sys.hash_info.algorithm != "siphash13":
        pytest.skip("this Python hashes otherwise")
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    found = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert [hsiphash(value, 0) for value in values] == json.loads(found.stdout)


@given(st.integers(0, 2**32 - 1))
def test_old_hash_knows_the_last_byte_only(value: int) -> None:
    """Kernels before 4.18 put all addresses with the same last number into the same place; later ones do not."""
    assert old_hash(value) == old_hash(value & 255)
    assert 0 <= hash_32(value, 8) < 256


def test_folding() -> None:
    """An IPv6 address is its four words combined by exclusive or."""
    assert folded("fd00:10:244:1::7") == 0xFD00_0010 ^ 0x0244_0001 ^ 0 ^ 7
