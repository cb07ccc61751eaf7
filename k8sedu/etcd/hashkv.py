"""HashKV: one number by which members find out whether they hold the same data.

It is a CRC-32C over the name of the backend's bucket and then over every record up to a revision, key and value as they lie on disk. So
two members agree only if every byte agrees, and the model agrees with a real etcd only if it stores the very same bytes. Records that
compaction will remove are skipped even where they are still on disk, or the number would depend on when a member gets around to removing
them.

Source: etcd 3.5, server/storage/mvcc/hash.go (kvHasher), kvstore.go (HashByRev); api/mvccpb/kv.proto.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from k8sedu.etcd.api import KeyValue
from k8sedu.etcd.crc32c import crc32c
from k8sedu.etcd.protobuf import encode_key_value
from k8sedu.etcd.revision import Revision

BUCKET = b"key"


def hash_records(
    records: Iterable[tuple[Revision, KeyValue]], *, compact_revision: int, available: AbstractSet[Revision]
) -> int:
    """The hash of these records, in the order of their revisions.

    `available` are the revisions up to which compaction would keep; where it is empty nothing is skipped.
    """
    crc = crc32c(BUCKET)
    for revision, kv in records:
        if revision.main <= compact_revision and available and revision not in available:
            continue
        if not kv.version and revision.main == compact_revision:
            continue
        crc = crc32c(revision.to_bytes(tombstone=not kv.version), crc)
        crc = crc32c(record_bytes(kv), crc)
    return crc


def record_bytes(kv: KeyValue) -> bytes:
    """A record as it lies in the backend; of a tombstone only the key."""
    return encode_key_value(kv if kv.version else KeyValue(kv.key))
