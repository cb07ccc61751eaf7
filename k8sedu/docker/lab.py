"""The laboratory of one host: start and stop containers, publish ports, and send packets from anywhere to anywhere.

Whatever the reader does is one more line of the run's plan, at the instant at which they stand. The run is lived again with it: the past
stays as it was, and what had been the future is forgotten. So stepping back and trying something else is always possible.

The same can be done from a cell: `laboratory.do("docker run -d -p 8080:80 --name web nginx")`, `laboratory.do("outside curl …")`.

Left out: typing in the picture. What is picked is put together to a command, and the command is what one learns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from k8sedu.docker.commands import HOST, OUTSIDE, PEERS, USUAL, read
from k8sedu.docker.sim import scenario_of, simulate
from k8sedu.docker.views.film import film
from k8sedu.language import Words
from k8sedu.sim.faults import Fault, crash, request, restart
from k8sedu.sim.scenario import Scenario
from k8sedu.stage.document import Action, Button, Choice, Control, Document
from k8sedu.stage.explore import Event, Explorer
from k8sedu.trace import Frozen, Trace

STEP_MS = 1_000
"""What is done next happens so much later, so that time is easy to read."""
NONE, ANY = "none", "any"
MENUS = {
    "container": (
        Action("stop", Words("docker stop", "docker stop")), Action("crash", Words("let it crash", "让它崩溃")),
        Action("rm", Words("docker rm -f", "docker rm -f")), Action("from", Words("curl from here", "从这里 curl")),
    ),
    "stopped": (Action("start", Words("docker start", "docker start")), Action("rm", Words("docker rm", "docker rm"))),
}  # fmt: skip


class Laboratory(Explorer):
    """One host under the reader's hands. `trace` is the run as it is now, for charts and tables.

    >>> laboratory = lab()
    >>> laboratory.do("docker run -d -p 8080:80 --name web nginx")
    >>> laboratory.do("outside curl 192.168.0.10:8080")
    >>> laboratory.trace.where("delivered")[0].detail.container
    'web'
    """

    def __init__(self, plan: tuple[Fault, ...] = (), *, language: str | None = None) -> None:
        """Open the laboratory on a plan that has been lived already."""
        self.plan = plan
        self.language = language
        self.picks: dict[str, Any] = {"image": "nginx", "publish": "8080", "restart": "no", "from": OUTSIDE, "to": ""}
        self._past: list[tuple[Fault, ...]] = []
        self.trace = self._live()
        super().__init__(self._film(len(self.trace) - 1), self._react)
        self.step = len(self.film.frames) - 1

    @property
    def now_ms(self) -> int:
        """The instant at which the reader stands."""
        return self.film.frames[self.step].time_us // 1000

    @property
    def scenario(self) -> Scenario:
        """The run so far as a scenario, which can be written to a file."""
        return scenario_of(self.trace)

    def do(self, command: str) -> None:
        """Type a command now.

        Raises:
            CommandError, PortError: it cannot be read.
        """
        read(command)
        self._add(request(command, at_ms=self._next_ms()))

    def crash(self, name: str = HOST) -> None:
        """Let a container crash, or the whole host."""
        self._add(crash(name, at_ms=self._next_ms()))

    def restart(self) -> None:
        """The host comes back."""
        self._add(restart(HOST, at_ms=self._next_ms()))

    def undo(self) -> None:
        """Take the last line back."""
        if self._past:
            self.plan = self._past.pop()
            self._show()

    # -- how it happens --------------------------------------------------------------------------------------------------------------------

    def _next_ms(self) -> int:
        """After the last line that the reader has seen, at the next whole second."""
        return (self.now_ms // STEP_MS + 1) * STEP_MS

    def _add(self, fault: Fault) -> None:
        self._past.append(self.plan)
        self.plan = (*(each for each in self.plan if each.at_us < fault.at_us), fault)
        self._show()

    def _live(self) -> Trace:
        return simulate((), faults=self.plan)

    def _show(self) -> None:
        """Show the new run, at the first step of its last line."""
        self.trace = self._live()
        last_us = self.plan[-1].at_us if self.plan else 0
        here = next(step.index for step in self.trace if step.time_us >= last_us)
        self.show(self._film(here))
        self.step = here

    def _film(self, step: int) -> Document:
        whole = film(self.trace, title=Words("One host: the laboratory", "一台宿主机：实验室"), language=self.language)
        without_end = whole.frames[: len(self.trace) - 1] or whole.frames
        frame = self.trace[min(step, len(self.trace) - 1)].frame or Frozen()
        return replace(whole, frames=without_end, menus=MENUS, controls=self._controls(frame), source=self.scenario.format())

    def _controls(self, frame: Frozen) -> tuple[Control, ...]:
        senders = (OUTSIDE, HOST, *(name for name, state in frame.containers.items() if state.address))
        goals = (*_goals(frame), "203.0.113.9:443")
        for field, known in (("from", senders), ("to", goals)):
            if self.picks[field] not in known:
                self.picks[field] = known[0]
        ports = (NONE, ANY, *(str(port) for port in _ports(self.picks["image"])))
        if self.picks["publish"] not in ports:
            self.picks["publish"] = ports[2]
        return (
            Choice("image", Words("image", "镜像"), _options(tuple(USUAL)), self.picks["image"]),
            Choice("publish", Words("publish at host port", "发布到宿主机端口"), _published_options(ports), self.picks["publish"]),
            Choice("restart", "--restart", _options(("no", "always")), self.picks["restart"]),
            Button("run", Words("docker run", "docker run")),
            Choice("from", Words("from", "从"), _options(senders), self.picks["from"]),
            Choice("to", Words("to", "到"), _options(goals), self.picks["to"]),
            Button("curl", Words("send a packet", "发送数据包")),
            Button("host", Words("host fails", "宿主机失效") if frame.up else Words("host comes back", "宿主机恢复")),
            Button("undo", Words("undo", "撤销")),
        )

    def _react(self, event: Event) -> Document | None:
        self.step = min(event.step, len(self.film.frames) - 1)
        if event.control in self.picks:
            self.picks[event.control] = str(event.value)
            return self._film(self.step)
        if event.control is not None:
            self._press(event.control)
        elif event.action is not None and event.shape is not None:
            self._choose(event.action, event.shape.partition("/")[2])
        return None

    def _press(self, button: str) -> None:
        if button == "run":
            self.do(run_line(self.picks, taken=self._names()))
        elif button == "curl":
            self.do(curl_line(self.picks["from"], self.picks["to"]))
        elif button == "undo":
            self.undo()
        elif button == "host":
            here = self.trace[self.step].frame
            self.crash() if here is not None and here.up else self.restart()

    def _choose(self, action: str, name: str) -> None:
        if action == "crash":
            self.crash(name)
        elif action == "from":
            self.do(curl_line(name, self.picks["to"]))
        else:
            self.do(f"docker {'rm -f' if action == 'rm' else action} {name}")

    def _names(self) -> tuple[str, ...]:
        frame = self.trace[self.step].frame
        return tuple(frame.containers) if frame is not None else ()


def run_line(picks: dict[str, Any], *, taken: tuple[str, ...]) -> str:
    """What is picked, as the command that one would type.

    >>> run_line({"image": "nginx", "publish": "8080", "restart": "no"}, taken=("nginx-1",))
    'docker run -d -p 8080:80 --name nginx-2 nginx'
    """
    image, port = picks["image"], USUAL[picks["image"]][0]
    stem = image.rpartition("-")[2]
    name = next(f"{stem}-{number}" for number in range(1, len(taken) + 2) if f"{stem}-{number}" not in taken)
    publish = {NONE: "", ANY: f" -p {port}"}.get(picks["publish"], f" -p {picks['publish']}:{port}")
    restarts = "" if picks["restart"] == "no" else f" --restart {picks['restart']}"
    return f"docker run -d{publish}{restarts} --name {name} {image}"


def curl_line(sender: str, goal: str) -> str:
    """A packet as the command that sends it.

    >>> curl_line("web", "172.17.0.3:6379")
    'docker exec web curl 172.17.0.3:6379'
    """
    return f"{sender} curl {goal}" if sender in {OUTSIDE, HOST} else f"docker exec {sender} curl {goal}"


def _goals(frame: Frozen) -> tuple[str, ...]:
    """Addresses that one may ask: the host's published ports, and every container's own."""
    outer = (f"{frame.host.address}:{row.host_port}" for row in frame.rows)
    inner = (f"{each.address}:{port.partition('/')[0]}" for each in frame.containers.values() if each.address for port in each.listens)
    return tuple(dict.fromkeys((*outer, *inner))) or (f"{frame.host.address}:8080",)


def _ports(image: str) -> tuple[int, ...]:
    first = USUAL[image][0]
    return tuple(dict.fromkeys((8080, first, first + 1000, first + 2000)))


def _options(values: tuple[str, ...]) -> tuple[tuple[str, str | Words], ...]:
    return tuple((value, value) for value in values)


def _published_options(ports: tuple[str, ...]) -> tuple[tuple[str, str | Words], ...]:
    words = {NONE: Words("not published", "不发布"), ANY: Words("Docker chooses", "由 Docker 选择")}
    return tuple((port, words.get(port, port)) for port in ports)


def lab(*, peers: bool = False, language: str | None = None) -> Laboratory:
    """Open the live laboratory on an empty host, or on the two peers of the course notes."""
    plan = tuple(request(line, at_ms=STEP_MS * number) for number, line in enumerate(PEERS, start=1)) if peers else ()
    return Laboratory(plan, language=language)
