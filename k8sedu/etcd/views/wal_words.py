"""What a record of the log says, in words: one line for its row, and rows for the panel."""

from __future__ import annotations

from k8sedu.etcd.views.wal_hex import WORDS
from k8sedu.etcd.walparts import Piece
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.shapes import Detail

KINDS = {
    "crc": Words("crc", "校验和"), "metadata": Words("metadata", "元数据"), "entry": Words("entry", "条目"),
    "state": Words("state", "状态"), "snapshot": Words("snapshot", "快照"), "": Words("torn", "残缺"),
}  # fmt: skip
"""Each kind of record, for people."""


def kind_words(piece: Piece) -> Words:
    """A record's kind; a torn one is called torn, whatever it was to become."""
    return KINDS["" if piece.status == "torn" else piece.kind]


def says(piece: Piece) -> Words:
    """What a record says, in one line."""
    if piece.status == "torn":
        kind = KINDS[piece.kind] if piece.kind else Words("record", "记录")
        there, all_ = len(piece.raw), piece.promised_bytes
        return Words(f"{kind.en}, half-written: {there} of {all_} bytes", f"{kind.zh}只写了一半：{there}/{all_} 字节")
    if piece.kind == "crc":
        if not piece.crc:
            return Words("a new log: checksum of nothing", "新日志：校验和从零开始")
        return Words(f"goes on from {piece.crc:08x}", f"从 {piece.crc:08x} 继续")
    field = piece.field
    if piece.kind == "entry":
        return Words(*(f"term {field('Term')} · index {field('Index')} · {field('Data')}",) * 2)
    if piece.kind == "state":
        return Words(*(f"term {field('term')} · vote {field('vote')} · commit {field('commit')}",) * 2)
    if piece.kind == "metadata" and field("NodeID"):
        return Words(f"member {field('NodeID')}, cluster {field('ClusterID')}", f"成员 {field('NodeID')}，集群 {field('ClusterID')}")
    if piece.kind == "snapshot":
        if field("index") == "0":
            return Words("none yet: entry 0", "还没有快照：条目 0")
        return Words(f"up to entry {field('index')} of term {field('term')}", f"到条目 {field('index')}（term {field('term')}）为止")
    return Words(*(field("data"),) * 2)


def part_rows(piece: Piece) -> tuple[Detail, ...]:
    """The record for the panel: its parts with their bytes, then what its data say."""
    kind = kind_words(piece)
    rows: list[Detail] = [(Words("record", "记录"), Words(f"{piece.number}, {kind.en}", f"{piece.number}，{kind.zh}"))]
    for part in piece.parts:
        raw = piece.raw[part.start : part.end]
        text: str | Words = raw.hex(" ") if len(raw) <= 8 else Words(f"{len(raw)} bytes", f"{len(raw)} 字节")
        rows.append((WORDS[part.name], text))
    rows += [(name, fit(text, 180, 13)) for name, text in piece.fields]
    if piece.overwritten_by >= 0:
        rows.append((Words("overwritten by", "被覆盖"), Words(f"record {piece.overwritten_by}", f"由记录 {piece.overwritten_by}")))
    if piece.status == "torn":
        missing = piece.promised_bytes - len(piece.raw)
        rows.append((Words("never arrived", "未到达"), Words(f"{missing} bytes", f"{missing} 字节")))
    return tuple(rows)
