"""How fast etcd's two files are written and read, measured against their bytes alone.

Pure Python has no CRC-32C, so most of a log's time is its checksum; beside it stands what a machine needs at least, zlib's CRC in C.
"""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from k8sedu.etcd.api import KeyValue, PutRequest
from k8sedu.etcd.bolt import (
    BRANCH,
    BRANCH_ELEMENT,
    BUCKET,
    HEADER,
    LEAF,
    LEAF_ELEMENT,
    MAGIC,
    META,
    META_FORM,
    NO_FREELIST,
    VERSION,
    Bolt,
    fnv1a,
)
from k8sedu.etcd.crc32c import crc32c
from k8sedu.etcd.member import read_backend
from k8sedu.etcd.protobuf import encode_key_value
from k8sedu.etcd.revision import Revision
from k8sedu.etcd.schema import LogEntry, encode_request
from k8sedu.etcd.waldir import WalFolder, read_folder

pytestmark = pytest.mark.bench

ENTRIES, BATCH, TURNS = 2_000, 100, 5
RECORDS, PER_LEAF, PAGE_BYTES = 20_000, 25, 4096


def best(action: Callable[[], Any], turns: int = TURNS) -> float:
    """The time of the best turn, in seconds of this process."""
    times = []
    for _ in range(turns):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def put_requests() -> list[PutRequest]:
    """Puts of a quarter of a kilobyte."""
    generator = random.Random(5)
    return [PutRequest(f"/registry/pods/{number:06}".encode(), generator.randbytes(256)) for number in range(ENTRIES)]


def test_writing_a_log(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """A request is encoded, framed, checked and appended in at most three times the time of its checksum alone."""
    requests, folders = put_requests(), (tmp_path / str(number) for number in range(99))

    def write() -> Path:
        log, folder = None, next(folders)
        log = WalFolder.create(folder)
        entries = [LogEntry("EntryNormal", 1, number, encode_request(request)) for number, request in enumerate(requests, start=1)]
        for place in range(0, ENTRIES, BATCH):
            log.save(entries[place : place + BATCH])
        log.close()
        return folder

    contents = read_folder(write())
    assert len(contents.entries) == ENTRIES
    data = [record.data for record in contents.records]
    checksums, raw = best(lambda: [crc32c(each) for each in data]), best(lambda: (b"".join(data), [zlib.crc32(each) for each in data]))
    written = best(write)
    ratio = written / checksums
    benchmark.extra_info.update(times_the_checksum=round(ratio, 2), times_the_raw_bytes=round(written / raw))
    benchmark.pedantic(write, rounds=3)
    print(
        f"\nan entry of {len(data[-1])} bytes: {written / ENTRIES * 1e6:.0f} µs, its checksum alone {checksums / ENTRIES * 1e6:.0f} µs"
        f" ({ratio:.2f} times), bytes and zlib's CRC {raw / ENTRIES * 1e6:.1f} µs ({written / raw:.0f} times)"
    )
    assert ratio <= 3


def page(number: int, kind: int, elements: list[tuple[bytes, bytes, int]]) -> bytes:
    """A leaf or branch page; an element is key, value, and flags (of a leaf) or child (of a branch)."""
    form = LEAF_ELEMENT if kind == LEAF else BRANCH_ELEMENT
    heads, bodies, offset = b"", b"", len(elements) * form.size
    for place, (key, value, extra) in enumerate(elements):
        position = offset - place * form.size + len(bodies)
        heads += form.pack(extra, position, len(key), len(value)) if kind == LEAF else form.pack(position, len(key), extra)
        bodies += key + value
    size = HEADER.size + len(heads) + len(bodies)
    overflow = -(-size // PAGE_BYTES) - 1
    return (HEADER.pack(number, kind, len(elements), overflow) + heads + bodies).ljust((overflow + 1) * PAGE_BYTES, b"\0")


def pages_of(records: list[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """The file of a bucket `key` with these records: two meta pages, the root, the leaves, and one long branch page above them."""
    leaves = [records[place : place + PER_LEAF] for place in range(0, len(records), PER_LEAF)]
    top = 3 + len(leaves)
    branch = page(top, BRANCH, [(leaf[0][0], b"", number) for number, leaf in enumerate(leaves, start=3)])
    for number in (0, 1):
        high_water = top + len(branch) // PAGE_BYTES
        form = META_FORM.pack(MAGIC, VERSION, PAGE_BYTES, 0, 2, 0, NO_FREELIST, high_water, number, 0)[:-8]
        yield (HEADER.pack(number, META, 0, 0) + form + fnv1a(form).to_bytes(8, "little")).ljust(PAGE_BYTES, b"\0")
    yield page(2, LEAF, [(b"key", BUCKET.pack(top, 0), 1)])
    for number, leaf in enumerate(leaves, start=3):
        yield page(number, LEAF, [(key, value, 0) for key, value in leaf])
    yield branch


def test_loading_a_database(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Loading 20,000 records costs at most six times what their puts cost; against a plain read of the file it is told, not judged."""
    kvs = [KeyValue(f"/registry/pods/{main % 5_000:06}".encode(), 2, main, 1, b"x" * 64) for main in range(2, RECORDS + 2)]
    path = tmp_path / "db"
    path.write_bytes(b"".join(pages_of([(Revision(kv.mod_revision).to_bytes(), encode_key_value(kv)) for kv in kvs])))
    store = read_backend(Bolt(path.read_bytes())).store
    assert (store.revision, len(store.backend), len(store.index)) == (RECORDS + 1, RECORDS, 5_000)
    store.check()

    def put_all() -> None:
        for kv in kvs:
            store.put(kv.key, kv.value)

    read = best(lambda: sum(path.read_bytes()[::PAGE_BYTES]))
    loaded, put = best(lambda: read_backend(Bolt(path.read_bytes()))), best(put_all)
    benchmark.extra_info.update(times_the_puts=round(loaded / put, 2), times_the_read=round(loaded / read))
    benchmark.pedantic(lambda: read_backend(Bolt(path.read_bytes())), rounds=3)
    print(
        f"\n{path.stat().st_size / 1e6:.1f} MB, {RECORDS} records: loaded in {loaded:.2f} s, {loaded / RECORDS * 1e6:.0f} µs each"
        f" ({loaded / put:.1f} times their puts); the plain read takes {read * 1e3:.1f} ms ({loaded / read:.0f} times)"
    )
    assert loaded <= 6 * put
