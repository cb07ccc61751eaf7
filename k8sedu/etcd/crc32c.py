"""CRC-32C: the checksum in etcd's log, its snapshots and its HashKV.

It is the remainder of a division of polynomials whose coefficients are bits: not proof against malice, but sure to notice a torn write or
a flipped bit. It can be continued: the checksum of everything so far, and the next bytes, give the checksum of all. In the log that
chains the records together.

Source: Castagnoli, Bräuer and Herrmann, 1993; polynomial 0x1EDC6F41, reflected 0x82F63B78 (RFC 3720, appendix B.4).
"""

from __future__ import annotations

POLYNOMIAL = 0x82F63B78
ALL_ONES = 0xFFFFFFFF


def _table() -> tuple[int, ...]:
    """The remainder of every byte."""
    entries = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
        entries.append(crc)
    return tuple(entries)


TABLE = _table()


def crc32c(data: bytes, before: int = 0) -> int:
    """The checksum of `data`, continuing from the checksum of what came before; O(bytes).

    >>> hex(crc32c(b"123456789")), crc32c(b"6789", crc32c(b"12345")) == crc32c(b"123456789")
    ('0xe3069283', True)
    """
    table = TABLE
    crc = before ^ ALL_ONES
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ ALL_ONES
