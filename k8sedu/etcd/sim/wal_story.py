"""A story of one log: what is written, what a crash leaves of it, and what the next start makes of that.

There is no disk: a segment is a name and its bytes, so a crash can be chosen to the byte. Commands, one a line:

    append TERM INDEX [REQUEST]   an entry, with a request such as `put a 1`, or none
    state TERM VOTE COMMIT        Raft's hard state
    mark TERM INDEX               a snapshot is safe on disk
    cut                           a further segment begins
    tear BYTES                    the power fails: only so many bytes of the last record have reached the disk
    repair                        the next start: what is torn is cut off, and the log goes on

Each step's frame is the log as it lies on disk: `segments`, rows of name and bytes (as hexadecimal digits), and `selected`, the number of
the record that the step is about.

Source: etcd 3.5, server/storage/wal/wal.go (Save, cut, Open), repair.go.
Left out: damage that no crash explains; `wal.read` refuses it, and then there is nothing to go on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from k8sedu.errors import K8sEduError
from k8sedu.etcd.commands import CommandError, parse
from k8sedu.etcd.identity import LOG_OWNER, LogOwner
from k8sedu.etcd.protobuf import encode
from k8sedu.etcd.schema import LogEntry, LogState, MarkedSnapshot, encode_request
from k8sedu.etcd.wal import Encoder, WalError, must_sync, read
from k8sedu.etcd.walparts import take_apart
from k8sedu.sim.recorder import Recorder
from k8sedu.trace import Frozen, Trace

STEP_US = 1_000_000
SYSTEM = "etcd-wal"
FORMS = {
    "append": "append TERM INDEX [REQUEST]", "state": "state TERM VOTE COMMIT", "mark": "mark TERM INDEX", "cut": "cut",
    "tear": "tear BYTES", "repair": "repair",
}  # fmt: skip
"""Every command and its form."""


class LogStoryError(K8sEduError, ValueError):
    """A line that tells nothing that can happen to a log."""


def write_log(lines: str | Iterable[str], *, member_id: int = 1, cluster_id: int = 1) -> Trace:
    """Write a log line by line and remember its bytes after each.

    >>> trace = write_log(["append 1 1 put a 1", "append 1 2 put a 2", "tear 21", "repair"])
    >>> [(step.kind, step.detail.get("bytes", 0)) for step in trace]
    [('start', 64), ('append', 40), ('append', 40), ('tear', 21), ('repair', 21)]

    Raises:
        LogStoryError: a line that is no command, or cannot happen here: an entry behind a gap, a repair of a log that is whole.
    """
    commands = tuple(_clean(lines))
    recorder = Recorder(SYSTEM, seed=0, parameters={"lines": commands, "member_id": member_id, "cluster_id": cluster_id})
    writer = _Writer(recorder, LogOwner(member_id, cluster_id))
    for command in commands:
        writer.do(command)
    return recorder.trace()


def _clean(lines: str | Iterable[str]) -> Iterator[str]:
    for line in lines.splitlines() if isinstance(lines, str) else lines:
        command = line.partition("#")[0].strip()
        if command:
            yield command


class _Writer:
    """Carries the lines out on segments in memory."""

    def __init__(self, recorder: Recorder, owner: LogOwner) -> None:
        self.recorder, self.now_us = recorder, 0
        self.encoder = Encoder()
        self.last_index, self.is_torn = 0, False
        self.segments: list[tuple[str, bytes]] = []
        self._acts: dict[str, Callable[[list[str]], dict[str, object]]] = {
            "append": self._append, "state": self._state, "mark": self._mark, "cut": self._cut, "tear": self._tear,
            "repair": self._repair,
        }  # fmt: skip
        self._begin(0, self.encoder.start(encode(LOG_OWNER, owner)))
        self._step("start", {"bytes": len(self.segments[-1][1])})

    def do(self, command: str) -> None:
        """One line."""
        word, *rest = command.split()
        if word not in self._acts:
            raise LogStoryError(f"{command!r}: met {word!r}, expected one of {', '.join(FORMS)}.")
        if self.is_torn and word != "repair":
            raise LogStoryError(f"{command!r}: met a log that is torn, expected `repair` before anything else is written.")
        try:
            detail = self._acts[word](rest)
            take_apart(self.segments)
        except (ValueError, IndexError) as error:
            said = str(error) if isinstance(error, LogStoryError | WalError | CommandError) else f"expected {FORMS[word]}."
            raise LogStoryError(f"{command!r}: {said}") from None
        self._step(word, {"command": command, **detail})

    def _step(self, kind: str, detail: dict[str, object]) -> None:
        selected = len(take_apart(self.segments)) - 1
        rows = tuple((name, data.hex()) for name, data in self.segments)
        self.recorder.record(self.now_us, kind, "log", detail, Frozen(segments=rows, selected=selected))
        self.now_us += STEP_US

    def _begin(self, first_index: int, data: bytes) -> None:
        self.segments.append((f"{len(self.segments):016x}-{first_index:016x}.wal", data))

    def _write(self, data: bytes) -> int:
        name, before = self.segments[-1]
        self.segments[-1] = name, before + data
        return len(data)

    def _append(self, words: list[str]) -> dict[str, object]:
        term, index = int(words[0]), int(words[1])
        if not 0 < index <= self.last_index + 1:
            raise LogStoryError(f"met entry {index}, expected 1 to {self.last_index + 1}.")
        data = encode_request(parse(" ".join(words[2:])), request_id=index) if words[2:] else b""
        replaced = self.last_index if index <= self.last_index else 0
        written = self._write(self.encoder.save((LogEntry(Term=term, Index=index, Data=data),), None))
        self.last_index = index
        return {"term": term, "index": index, "bytes": written, "sync": True, "replaced": replaced}

    def _state(self, words: list[str]) -> dict[str, object]:
        term, vote, commit = map(int, words)
        before, after = self.encoder.state, LogState(term, vote, commit)
        written = self._write(self.encoder.save((), after))
        return {"term": term, "vote": vote, "commit": commit, "bytes": written, "sync": must_sync(before, after, entries=0)}

    def _mark(self, words: list[str]) -> dict[str, object]:
        term, index = map(int, words)
        self.last_index = max(self.last_index, index)
        written = self._write(self.encoder.snapshot(MarkedSnapshot(index, term)))
        return {"term": term, "index": index, "bytes": written, "sync": True}

    def _cut(self, words: list[str]) -> dict[str, object]:
        if words:
            raise LogStoryError(f"expected {FORMS['cut']}.")
        self._begin(self.last_index + 1, self.encoder.cut())
        return {"bytes": len(self.segments[-1][1]), "first_index": self.last_index + 1}

    def _tear(self, words: list[str]) -> dict[str, object]:
        """Of the last record only its first bytes are there."""
        kept = int(words[0])
        last = take_apart(self.segments)[-1]
        if not 0 < kept < len(last.raw):
            raise LogStoryError(f"met {kept} bytes, expected 1 to {len(last.raw) - 1} of the last record's {len(last.raw)}.")
        name, data = self.segments[-1]
        self.segments[-1] = name, data[: last.offset + kept]
        self.is_torn = read(self.segments).torn is not None
        if not self.is_torn:
            raise LogStoryError(f"met a record that is whole after {kept} bytes, expected fewer.")
        return {"bytes": kept, "of": len(last.raw)}

    def _repair(self, words: list[str]) -> dict[str, object]:
        """Read as a start does, cut off what is torn, and write on from there."""
        contents = read(self.segments)
        if contents.torn is None or words:
            raise LogStoryError(f"met a log that is whole, expected a torn one, and {FORMS['repair']}.")
        name, data = self.segments[-1]
        self.segments[-1] = name, data[: contents.torn.offset]
        self.encoder = Encoder(contents.crc)
        self.encoder.metadata, self.encoder.state = contents.metadata, contents.hard_state
        self.last_index = contents.entries[-1].Index if contents.entries else 0
        self.is_torn = False
        return {"bytes": len(data) - contents.torn.offset, "entries": len(contents.entries)}
