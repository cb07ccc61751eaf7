"""Kernels for tests that start at once: copies of one process in which the packages of others are loaded already, and nothing of k8sedu.

A notebook's kernel spends two or three seconds with loading matplotlib, pandas and IPython, which are the same each time. Here one
process has loaded them and makes a copy of itself for each kernel. `installed` puts a kernel spec before the others, so that whoever starts
a kernel called python3 (nbclient, JupyterLab) starts such a copy: a process of its own, with the folder, environment and arguments of the
call.

The file is three programs: the process that is copied (`serve`), the command that a kernel spec names (`start`), and the module.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

TYPE_CHECKING = False  # of typing, which takes its time to load
if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

sys.dont_write_bytecode = True

LOADED = (
    *("IPython.core.completer", "anywidget", "ipykernel.kernelapp", "ipykernel.zmqshell", "ipywidgets", "matplotlib.backends.backend_svg"),
    *("matplotlib.pyplot", "matplotlib_inline.backend_inline", "networkx", "pandas", "simpy", "yaml"),
)


# -- the process that is copied ---------------------------------------------------------------------------------------------------------


def serve(place: str) -> None:
    """Load, then make copies for whoever asks, until the starter closes our input."""
    import gc
    import importlib
    import importlib.util
    import select

    for name in LOADED:
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a copy that has ended leaves nothing behind
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen(16)
        while sys.stdin not in (asked := select.select([door, sys.stdin], [], [])[0]):
            caller, _ = door.accept()
            if asked and os.fork() == 0:
                door.close()
                become_kernel(caller)
            caller.close()
    os._exit(0)


def become_kernel(caller: socket.socket) -> None:
    """In the copy: take over folder, environment, arguments and streams of the caller, and live as long as it does."""
    import json
    import threading

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    data, streams, _, _ = socket.recv_fds(caller, 1 << 20, 3)
    order = json.loads(data)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115  # the kernel closes them
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["ipykernel_launcher", *order["arguments"]]
    caller.sendall(str(os.getpid()).encode())

    def live_as_long() -> None:
        caller.recv(1)
        os._exit(0)

    threading.Thread(target=live_as_long, daemon=True).start()
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
    os._exit(0)


# -- the command of the kernel spec -----------------------------------------------------------------------------------------------------


def start(place: str, arguments: list[str]) -> None:
    """Ask for a copy, stand for it while it lives, and pass signals on to it."""
    import json

    environment = {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"}  # the copy has another parent
    order = {"folder": os.getcwd(), "environment": environment, "arguments": arguments}  # noqa: PTH109  # without pathlib this starts faster
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(place)
        socket.send_fds(caller, [json.dumps(order).encode()], [0, 1, 2])
        kernel = int(caller.recv(32))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: os.kill(kernel, number))
        while caller.recv(1):
            pass


# -- the module -------------------------------------------------------------------------------------------------------------------------


def installed(folder: Path) -> subprocess.Popen[bytes]:
    """Write the kernel spec into a folder for JUPYTER_PATH, and start the process that is copied. It ends with its input."""
    import json
    import subprocess
    import time

    place = folder / "door"
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-S", "-E", __file__, "start", str(place), "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3 (ipykernel)", "language": "python"}))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, __file__, "serve", str(place)], stdin=subprocess.PIPE, stdout=log, stderr=log)
    while not place.exists():
        assert process.poll() is None, (folder / "log").read_text()
        time.sleep(0.02)
    return process


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        start(sys.argv[2], sys.argv[3:])
