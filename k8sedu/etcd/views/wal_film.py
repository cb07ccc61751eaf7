"""The write-ahead log as a film: a story of writing and tearing, or a whole log read record by record, as a start reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.etcd.views.wal_bytes import log_scene
from k8sedu.etcd.views.wal_words import kind_words, says
from k8sedu.etcd.walparts import Piece, take_apart
from k8sedu.language import Words
from k8sedu.stage.document import Band, Document, Frame, Jump, Legend, Mark
from k8sedu.trace import Step, Trace

STEP_US = 1_000_000
SYSTEM = "etcd-wal"

Source: TypeAlias = Trace | Sequence[tuple[str, bytes]]
"""A story that `etcd.write_log` tells, or the segments of any log: name and bytes of each, oldest first."""


class LogFilmError(K8sEduError, ValueError):
    """Something that is no log."""


def wal_film(
    source: Source, *, title: str | Words | None = None, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
    first: int = 0, last: int | None = None, last_index: int = 0,
) -> Document:  # fmt: skip
    """A log as a document for the stage.

    Args:
        source: a story, each of whose steps is shown; or segments, which are read record by record.
        title: above the picture.
        language: "en" or "zh", to begin with.
        theme: to begin with.
        first: the number of the record that is read first.
        last: the number of the last one; all behind `first` without.
        last_index: the last entry before the first of the segments.

    Raises:
        LogFilmError: a trace of something else, or no such records.
        WalError: the log is damaged in a way that no interrupted write explains.
    """
    if isinstance(source, Trace):
        if source.system != SYSTEM or source[0].frame is None:
            raise LogFilmError(f"met a trace of {source.system!r}, expected one that etcd.write_log has made.")
        frames = tuple(map(_told, source))
        name = title or Words("A write-ahead log: written, torn, repaired", "预写日志：写入、撕裂、修复")
        lines = "\n".join(source.parameters["lines"])
    else:
        pieces = take_apart(source, last_index=last_index)
        frames = tuple(_read(source, pieces, first, len(pieces) if last is None else last + 1))
        name, lines = title or Words("A write-ahead log, read record by record", "逐条读取预写日志"), ""
    if not frames:
        raise LogFilmError(f"met no record from {first} to {last}, expected at least one.")
    end_us = frames[-1].time_us + STEP_US
    return Document(
        title=name, frames=frames, bands=_bands(frames, end_us), marks=_marks(frames), jumps=_jumps(frames), legend=LEGEND, source=lines,
        pace="step", end_us=end_us, language=language, theme=theme,
    )  # fmt: skip


# -- a story -----------------------------------------------------------------------------------------------------------------------------


def _told(step: Step) -> Frame:
    assert step.frame is not None, "a story has frames"
    segments = [(name, bytes.fromhex(digits)) for name, digits in step.frame["segments"]]
    pieces = take_apart(segments)
    scene = log_scene(segments, pieces, pieces[step.frame["selected"]], caption=TOLD[step.kind](step.detail))
    return Frame(step.time_us, step.kind, step.actor, scene)


def _appended(d: Any) -> Words:
    size, index = d["bytes"], d["index"]
    if d["replaced"]:
        en = f"A new leader's entry {index} (term {d['term']}) comes behind the old one. Nothing is erased: "
        zh = f"新 leader 的条目 {index}（term {d['term']}）写在旧条目之后。什么也不擦除："
        return Words(
            f"**Overwritten by appending.** {en}whoever reads on drops entry {index} and all behind it.",
            f"**以追加来覆盖。** {zh}读到这里的人丢弃旧的条目 {index} 及其后的一切。",
        )
    return Words(
        f"**Entry {index} is appended:** {size} bytes, flushed by fsync. Only now may anybody be told of it.",
        f"**追加条目 {index}：** {size} 字节，由 fsync 落盘。此后才可以告诉别人。",
    )


def _stated(d: Any) -> Words:
    if d["sync"]:
        return Words(
            f"**The hard state: term {d['term']}, vote {d['vote']}.** Flushed before the vote is sent, so that nobody votes twice.",
            f"**硬状态：term {d['term']}，投票给 {d['vote']}。** 落盘之后才发出投票，因此不会投两次。",
        )
    return Words(
        f"**Commit index {d['commit']} is noted, without a flush:** if it is lost, the leader tells it again.",
        f"**记下 commit {d['commit']}，不刷盘：** 丢了也没关系，leader 会再次告知。",
    )


TOLD: dict[str, Callable[[Any], Words]] = {
    "start": lambda _: Words(
        "**A new log begins** with a checksum of nothing, who writes, and an empty snapshot.",
        "**新日志的开头：** 从零开始的校验和、写入者、一个空快照。",
    ),
    "append": _appended,
    "state": _stated,
    "mark": lambda d: Words(
        f"**A snapshot up to entry {d['index']} is safe on disk.** From here on a start needs nothing before that entry.",
        f"**到条目 {d['index']} 为止的快照已落盘。** 从此启动时不再需要它之前的条目。",
    ),
    "cut": lambda d: Words(
        f"**A further segment begins, for entries from {d['first_index']} on.** It repeats checksum, metadata and state.",
        f"**开始新的段，存放自 {d['first_index']} 起的条目。** 它重复校验和、元数据与状态，旧段因而可以删除。",
    ),
    "tear": lambda d: Words(
        f"**The power fails in the middle of a write:** {d['bytes']} of {d['of']} bytes are there. fsync did not return, nobody was told.",
        f"**写到一半断电：** {d['of']} 字节中只有 {d['bytes']} 字节在磁盘上。fsync 没有返回，所以没有人被告知。",
    ),
    "repair": lambda d: Words(
        f"**The next start cuts {d['bytes']} bytes off** and goes on behind the last whole record, with {d['entries']} entries.",
        f"**下次启动切掉 {d['bytes']} 字节，** 从最后一条完整记录之后继续，共有 {d['entries']} 个条目。",
    ),
}
"""What each step of a story means."""


# -- reading -----------------------------------------------------------------------------------------------------------------------------


def _read(segments: Sequence[tuple[str, bytes]], pieces: tuple[Piece, ...], first: int, end: int) -> Iterator[Frame]:
    for number, piece in enumerate(pieces[max(first, 0) : max(end, 0)]):
        scene = log_scene(segments, pieces, piece, caption=_reads(piece))
        yield Frame(number * STEP_US, "torn" if piece.status == "torn" else piece.kind, "log", scene)


def _reads(piece: Piece) -> Words:
    """What a start makes of a record."""
    if piece.status == "torn":
        return Words(
            f"**Torn:** {len(piece.raw)} of {piece.promised_bytes} bytes. It was never acknowledged, so a start cuts it off.",
            f"**残缺：** {piece.promised_bytes} 字节中只有 {len(piece.raw)} 字节。它从未被确认，启动时切掉。",
        )
    kind, text = kind_words(piece), says(piece)
    if piece.kind == "crc":
        return Words(f"**The checksum goes on:** {text.en}. A segment cannot be exchanged.", f"**校验和延续：** {text.zh}。段不能被调换。")
    if piece.status == "overwritten":
        by = piece.overwritten_by
        return Words(
            f"**Read, and dropped again:** {text.en}. Record {by} replaces it.", f"**读入之后又丢弃：** {text.zh}。被记录 {by} 取代。"
        )
    return Words(
        f"**{kind.en.capitalize()}:** {text.en}. Its checksum covers all before it.", f"**{kind.zh}：** {text.zh}。校验和覆盖之前的一切。"
    )


# -- around the picture ------------------------------------------------------------------------------------------------------------------


def _segment_of(frame: Frame) -> str:
    """The segment of the chosen record: the bold one."""
    return next(
        shape.id.split("/")[1] for shape in frame.scene.shapes
        if shape.id.startswith("segment/") and shape.id.endswith("/name") and getattr(shape, "weight", 0) == 600
    )  # fmt: skip


def _bands(frames: tuple[Frame, ...], end_us: int) -> tuple[Band, ...]:
    starts: list[tuple[int, str]] = []
    for frame in frames:
        name = _segment_of(frame)
        if not starts or starts[-1][1] != name:
            starts.append((frame.time_us, name))
    ends = [time_us for time_us, _ in starts[1:]] + [end_us]
    return tuple(
        Band(time_us, stop_us, Words(f"segment {number}", f"段 {number}"), ("blue", "sky")[number % 2], faint=number % 2 == 1)
        for number, ((time_us, _), stop_us) in enumerate(zip(starts, ends, strict=True))
    )


def _marks(frames: tuple[Frame, ...]) -> tuple[Mark, ...]:
    told = {"tear": ("bolt", Words("the power fails", "断电")), "torn": ("cross", Words("torn", "残缺")),
            "repair": ("heal", Words("repaired", "修复")), "mark": ("snapshot", Words("snapshot", "快照")),
            "snapshot": ("snapshot", Words("snapshot", "快照"))}  # fmt: skip
    return tuple(Mark(frame.time_us, *told[frame.kind]) for frame in frames if frame.kind in told)


def _jumps(frames: tuple[Frame, ...]) -> tuple[Jump, ...]:
    wanted = (
        (Words("next entry", "下一个条目"), Words("entry", "条目"), ("append", "entry")),
        (Words("next damage or repair", "下一次损坏或修复"), Words("damage", "损坏"), ("tear", "torn", "repair")),
    )
    found = ((label, short, tuple(n for n, frame in enumerate(frames) if frame.kind in kinds)) for label, short, kinds in wanted)
    return tuple(Jump(label, steps, short) for label, short, steps in found if steps)


LEGEND = (
    Legend(Words("an entry, in the colour of its term", "条目，颜色表示其 term"), role="blue"),
    Legend(Words("checksum, metadata, state, snapshot", "校验和、元数据、状态、快照"), role="grey", hollow=True),
    Legend(Words("struck out: overwritten by a later entry", "划掉：被后来的条目覆盖"), icon="minus", role="ink"),
    Legend(Words("torn (hatched, dashed): a repair cuts it off", "残缺（斜线、虚线）：修复时切掉"), icon="cross", role="bad", hollow=True),
    Legend(Words("the chain of the running checksum", "逐条累计的校验和之链"), icon="dot", role="ink"),
)
"""The key to the picture."""
