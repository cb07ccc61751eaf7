"""The three hashes with which the kernel spreads clients over servers.

They are not secret and not random: the same client reaches the same server after a reboot, and a lesson can compute by hand which.

Source: linux, include/linux/hash.h (hash_32), lib/siphash.c (hsiphash on 64-bit machines: SipHash-1-3, the lower half of its answer),
net/netfilter/ipvs/ip_vs_sh.c and ip_vs_mh.c (folding of IPv6 addresses).
"""

from __future__ import annotations

from ipaddress import ip_address

GOLDEN = 0x61C88647
KNUTH = 2654435761
_32, _64 = 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF


def folded(address: str) -> int:
    """An address as 32 bits; the four words of an IPv6 address are combined by exclusive or.

    >>> folded("10.0.0.2") == 10 * 2**24 + 2, folded("fd00::2") == 0xFD000000 ^ 2
    (True, True)
    """
    found = ip_address(address)
    value = int(found)
    if found.version == 4:
        return value
    return (value >> 96) ^ (value >> 64 & _32) ^ (value >> 32 & _32) ^ (value & _32)


def hash_32(value: int, bits: int) -> int:
    """The upper bits of a product with the golden ratio: near values land far from each other.

    >>> [hash_32(folded(f"10.0.0.{host}"), 8) for host in (1, 2)]
    [39, 137]
    """
    return (value * GOLDEN & _32) >> (32 - bits)


def old_hash(value: int) -> int:
    """The bucket of kernels before 4.18: the lowest byte of a product, which only the last byte of the address decides.

    >>> old_hash(folded("10.0.0.1")) == old_hash(folded("10.9.8.1")) == 177
    True
    """
    return value * KNUTH & 255


def hsiphash(value: int, key: int) -> int:
    """SipHash-1-3 of one 32-bit number, with the same 64 bits as both halves of the key; its lower 32 bits.

    >>> hsiphash(1, 2654435761) != hsiphash(1, 2654446892)
    True
    """
    v0, v1 = 0x736F6D6570736575 ^ key, 0x646F72616E646F6D ^ key
    v2, v3 = 0x6C7967656E657261 ^ key, 0x7465646279746573 ^ key
    last = 4 << 56 | value & _32
    v0, v1, v2, v3 = _round(v0, v1, v2, v3 ^ last)
    v0, v2 = v0 ^ last, v2 ^ 0xFF
    for _ in range(3):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return (v0 ^ v1 ^ v2 ^ v3) & _32


def _round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0 = v0 + v1 & _64
    v1 = _rotated(v1, 13) ^ v0
    v0 = _rotated(v0, 32)
    v2 = v2 + v3 & _64
    v3 = _rotated(v3, 16) ^ v2
    v0 = v0 + v3 & _64
    v3 = _rotated(v3, 21) ^ v0
    v2 = v2 + v1 & _64
    v1 = _rotated(v1, 17) ^ v2
    return v0, v1, _rotated(v2, 32), v3


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _64
