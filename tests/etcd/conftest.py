"""A real etcd of one member on loopback, for the tests that compare with it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

RealEtcd = Callable[[Path], AbstractContextManager[tuple[str, "subprocess.Popen[bytes]"]]]


def free_port() -> int:
    """A port of the loopback device that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def run_etcd(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start an etcd on an empty folder; yields its address and process, and kills it in the end."""
    client, peer = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [
            str(shutil.which("etcd")), "--data-dir", str(folder), "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
            "--unsafe-no-fsync", "--log-level", "error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_until_ready(client)
        yield client, process
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(client: str) -> None:
    """An etcd needs a moment to elect itself."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{client}/v3/kv/range", b'{"key": "YQ=="}'), timeout=5) as response:
                if b"header" in response.read():
                    return
        except OSError:
            pass
        time.sleep(0.05)
    pytest.fail("the real etcd did not start within 30 s")


@pytest.fixture(scope="session")
def real_etcd() -> RealEtcd:
    """A function that starts a real etcd."""
    return run_etcd
