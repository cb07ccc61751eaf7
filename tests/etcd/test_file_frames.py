from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from k8sedu.etcd.bolt import MAGIC, VERSION, Bolt, fnv1a
from k8sedu.etcd.datadir import load
from k8sedu.etcd.file_frames import database_frame, pages_frame
from k8sedu.etcd.frames import store_frame
from k8sedu.trace import Frozen

CONFORMANCE = Path(__file__).parents[1] / "conformance/etcd"


def shape(value: object) -> object:
    """The names in a frame, and the types of what is in it."""
    if isinstance(value, Frozen):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


@pytest.mark.conformance("etcd/**/db")
def test_the_pages_of_a_real_file(conformance_path: Path) -> None:
    """The frame has the file's own pages: each is in use in its map, leaves follow each other in order and hold every record once."""
    member = load(conformance_path.parents[2])
    frame = pages_frame(member.bolt)
    uses = {str(use.number): use for use in member.bolt.page_map()}
    for name, page in frame.pages.items() if member.bolt.root_of("key") else ():
        assert (uses[name].use, uses[name].elements, uses[name].owner) == (page.kind, len(page["keys"]), "key")
    revisions, name = [], frame.first
    while name is not None:
        page = frame.pages[name]
        revisions += [row[0] for row in page.records]
        name = page.next
    assert revisions == [str(revision) for revision, _ in member.flushed().store.backend.items()]
    for page in frame.pages.values():
        assert page["keys"] == (page["keys"] if page.kind == "leaf" else tuple(frame.pages[child]["keys"][0] for child in page.children))


def test_the_frame_has_the_form_of_the_models() -> None:
    """A real file's frame has the names and types of the model's."""
    member = load(CONFORMANCE / "datadir")
    real, model = database_frame(member), store_frame(member.flushed().store)
    assert shape({**real, "pages": 0}) == shape({**model, "pages": 0})
    one, other = (next(iter(frame["pages"].pages.values())) for frame in (real, model))
    assert shape(one) == shape(other)
    assert one.records == other.records
    assert (real.revision, real.compact_revision) == (43, 34)
    assert real["pages"].root == "2"
    json.dumps(real)


def test_a_branch_and_its_leaves() -> None:
    """A file of more records than fit in a page has a branch, whose keys are the first revisions of its children."""
    frame = pages_frame(load(CONFORMANCE / "cluster/m1").bolt)
    assert {name: page.kind for name, page in frame.pages.items()} == {"5": "branch", "2": "leaf", "3": "leaf"}
    assert frame.pages["5"]["keys"] == tuple(frame.pages[name]["keys"][0] for name in frame.pages["5"].children)


def test_a_bucket_that_lies_inline() -> None:
    """The few records of a young member lie inline in the root's page; they are shown as one leaf with its number."""
    whole = load(CONFORMANCE / "datadir").bolt
    meta, data = whole.meta, bytearray(whole.data)
    place = meta.page * meta.page_bytes + 16
    form = struct.pack("<IIIIQQQQQ", MAGIC, VERSION, meta.page_bytes, 0, 7, 0, meta.freelist, meta.high_water, meta.transaction)
    data[place : place + len(form) + 8] = form + fnv1a(form).to_bytes(8, "little")
    young = Bolt(bytes(data))
    assert (young.root_of("key"), set(young.buckets())) == (None, set(whole.buckets()))
    frame = pages_frame(young)
    assert (frame.root, frame.first, list(frame.pages)) == ("7", "7", ["7"])
    assert frame.pages["7"].records == ()
