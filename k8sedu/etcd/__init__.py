"""etcd: the store that remembers everything Kubernetes knows.

Read the files in this order:

1. `api`, `errors`, `revision`, `releases` - the words: requests and answers, refusals, the store's one clock, where releases differ
2. `btree`, `keyindex`, `bptree` - the two trees, and the history of a key
3. `ranges`, `checks`, `txn`, `mvcc`, `hashkv` - the store: reading, refusing, transactions, the whole, and its checksum
4. `watch`, `watchers`, `lease` - being told of changes, and keys that live only while somebody renews them
5. `protobuf`, `schema`, `crc32c`, `wal`, `walparts`, `waldir`, `snapshot`, `logform`, `memberdir` - what lies on disk
6. `server`, `commands`, `entry`, `json_form`, `transcript` - a member's state machine; requests as words, JSON and recordings
7. `bolt`, `identity`, `member`, `members`, `file_frames`, `datadir` - a real etcd's directory, opened
8. `frames`, `accounts`, `invariants`, `agreement`, `sim`, `views`, `lab` - how a run is remembered and judged, runs, pictures, laboratories
9. `cluster`, `replica`, `group`, `live`, `gateway_json`, `gateway`, `remote` - a group that serves clients in real time; following one

The names below are loaded when they are first used, so that `import k8sedu.etcd` costs next to nothing.

>>> from k8sedu import etcd
>>> store = etcd.Store()
>>> store.put("a", "1").header.revision
2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.etcd import api, datadir, errors, invariants, lab, members, sim, specimens, views
    from k8sedu.etcd.accounts import txn_account
    from k8sedu.etcd.bptree import BPlusTree
    from k8sedu.etcd.btree import BTree
    from k8sedu.etcd.frames import store_frame
    from k8sedu.etcd.gateway import serve
    from k8sedu.etcd.keyindex import KeyIndex
    from k8sedu.etcd.lab import follow, lease_lab
    from k8sedu.etcd.lease import Lessor
    from k8sedu.etcd.mvcc import Store
    from k8sedu.etcd.revision import Revision
    from k8sedu.etcd.server import Server
    from k8sedu.etcd.sim import Clients, fork, rerun, run_scenario, scenario_of, simulate, tell, write_log
    from k8sedu.etcd.watch import WatchHub

__all__ = [
    "BPlusTree",
    "BTree",
    "Clients",
    "KeyIndex",
    "Lessor",
    "Revision",
    "Server",
    "Store",
    "WatchHub",
    "api",
    "datadir",
    "errors",
    "follow",
    "fork",
    "invariants",
    "lab",
    "lease_lab",
    "members",
    "rerun",
    "run_scenario",
    "scenario_of",
    "serve",
    "sim",
    "specimens",
    "simulate",
    "store_frame",
    "tell",
    "txn_account",
    "views",
    "write_log",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "BPlusTree": "bptree",
        "BTree": "btree",
        "Clients": "sim",
        "KeyIndex": "keyindex",
        "Lessor": "lease",
        "Revision": "revision",
        "Server": "server",
        "Store": "mvcc",
        "WatchHub": "watch",
        "api": "api",
        "follow": "lab",
        "datadir": "datadir",
        "errors": "errors",
        "fork": "sim",
        "invariants": "invariants",
        "lab": "lab.lab",
        "lease_lab": "lab",
        "members": "members",
        "rerun": "sim",
        "run_scenario": "sim",
        "scenario_of": "sim",
        "serve": "gateway",
        "sim": "sim",
        "specimens": "specimens",
        "simulate": "sim",
        "store_frame": "frames",
        "tell": "sim",
        "txn_account": "accounts",
        "views": "views",
        "write_log": "sim",
    },
)
