"""The live laboratory of the store: put, get, delete and compact, and watch both trees change.

Everything that the reader does is one more line of the story, and the story is told again with it. So stepping back and trying something
else is always possible: what stood behind the present step is dropped, and the new line takes its place. The lines can be copied out and
told anywhere else.

Left out: typing. Keys and values are picked, so that a lecturer needs no keyboard; `Laboratory.run` takes any command.
"""

from __future__ import annotations

from collections.abc import Iterable

from k8sedu.etcd.sim.story import tell
from k8sedu.etcd.views.story_film import story_film
from k8sedu.language import Words
from k8sedu.stage.document import Button, Choice, Control, Document, Slider
from k8sedu.stage.explore import Event, Explorer
from k8sedu.trace import Trace

KEYS = ("/config", "/hosts", "/jobs", "/nodes/a", "/nodes/b", "/pods/web", "/svc/web")
VALUES = ("up", "down", "v1", "v2")

SCENES: dict[str, tuple[Words, tuple[str, ...]]] = {
    "own": (Words("your own story", "自己的操作"), ()),
    "past": (
        Words("reading the past", "读取历史"),
        ("put /nodes/a up", "put /nodes/a down", "put /svc/web v1", "get /nodes/a", "get /nodes/a at 2"),
    ),
    "split": (
        Words("nodes and pages split", "节点与页的分裂"),
        tuple(f"put {key} v1" for key in KEYS),
    ),
    "compact": (
        Words("compaction leaves holes", "压缩留下空洞"),
        (
            "put /config v1", "put /nodes/a up", "put /nodes/a down", "put /svc/web v1", "delete /config", "put /nodes/a up",
            "get /nodes/a at 3", "compact 6", "get /nodes/a at 3", "get /nodes/a at 6",
        ),
    ),
    "txn": (
        Words("one transaction, one revision", "一个事务，一个 revision"),
        (
            "put /nodes/a up", "txn if mod /nodes/a = 2 then put /nodes/a down and put /jobs v1 else get /nodes/a",
            "txn if mod /nodes/a = 2 then put /nodes/a up else get /nodes/a",
        ),
    ),
}  # fmt: skip
"""Ready stories by name."""


class Laboratory(Explorer):
    """A store under the reader's hands.

    >>> laboratory = Laboratory(["put /nodes/a up"])
    >>> laboratory.run("get /nodes/a at 2")
    >>> laboratory.lines
    ('put /nodes/a up', 'get /nodes/a at 2')
    """

    def __init__(self, lines: Iterable[str] = (), *, order: int = 4, page_records: int = 4) -> None:
        """Begin with a story."""
        self.lines = tuple(lines)
        self.sizes = {"order": order, "page_records": page_records}
        self.picks: dict[str, str] = {"verb": "put", "key": KEYS[0], "value": VALUES[0], "scene": "own"}
        self.revision = 0
        super().__init__(self._film(), self._react)

    @property
    def trace(self) -> Trace:
        """The story so far."""
        return tell(self.lines, order=self.sizes["order"], page_records=self.sizes["page_records"])

    def run(self, command: str) -> None:
        """Add a command to the story and show it.

        Raises:
            CommandError: it is no command.
        """
        tell([command])
        self.lines = (*self.lines, command)
        self.show(self._film())
        self.step = len(self.film.frames) - 1

    def _react(self, event: Event) -> Document:
        """What the reader did: a pick, a size, a ready story, or "do it"."""
        if event.control == "do":
            self.lines = (*self._lines_until(event.step), self._command())
            self.picks["scene"] = "own"
        elif event.control == "clear":
            self.lines = ()
        elif event.control in self.sizes:
            self.sizes[str(event.control)] = int(float(str(event.value)))
        elif event.control == "revision":
            self.revision = int(float(str(event.value)))
        elif event.control in self.picks:
            self.picks[str(event.control)] = str(event.value)
            if event.control == "scene":
                self.lines = SCENES[str(event.value)][1]
        return self._film()

    def _lines_until(self, step: int) -> tuple[str, ...]:
        """The commands that have been asked up to a step of the film."""
        asked = sum(one.kind == "ask" for one in self.trace.steps[: step + 1])
        return self.lines[:asked]

    def _command(self) -> str:
        verb, key, value = self.picks["verb"], self.picks["key"], self.picks["value"]
        if verb == "put":
            return f"put {key} {value}"
        if verb == "compact":
            return f"compact {self.revision}"
        return f"{verb} {key}" + (f" at {self.revision}" if verb == "get" and self.revision else "")

    def _film(self) -> Document:
        return story_film(self.trace, controls=self._controls())

    def _controls(self) -> tuple[Control, ...]:
        verbs = (("put", "put"), ("get", "get"), ("delete", "delete"), ("compact", Words("compact", "compact 压缩")))
        return (
            Choice("verb", Words("do", "操作"), verbs, self.picks["verb"]),
            Choice("key", Words("key", "键"), tuple((key, key) for key in KEYS), self.picks["key"]),
            Choice("value", Words("value", "值"), tuple((value, value) for value in VALUES), self.picks["value"]),
            Slider("revision", Words("revision (get, compact)", "revision（get、compact）"), 0, 40, 1, self.revision),
            Button("do", Words("do it", "执行")),
            Choice("scene", Words("story", "场景"), tuple((name, words) for name, (words, _) in SCENES.items()), self.picks["scene"]),
            Slider("order", Words("children per node", "每个节点的子节点数"), 3, 8, 1, self.sizes["order"]),
            Slider("page_records", Words("records per page", "每页记录数"), 2, 8, 1, self.sizes["page_records"]),
            Button("clear", Words("empty store", "清空")),
        )


def lab(lines: str | Iterable[str] = (), *, scene: str | None = None, order: int = 4, page_records: int = 4) -> Laboratory:
    """Open the live laboratory of the store, empty, with commands of your own, or with a ready story.

    Args:
        lines: commands, see `etcd.commands`.
        scene: the name of a ready story, one of `SCENES`.
        order: how many children a node of the index may have.
        page_records: how many records fit into a page.
    """
    commands = lines.splitlines() if isinstance(lines, str) else lines
    return Laboratory(SCENES[scene][1] if scene else commands, order=order, page_records=page_records)
