from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8sedu.cli import main
from k8sedu.etcd.gateway import Gateway
from k8sedu.etcd.live import LiveGroup


def post(url: str, path: str, data: Any) -> Any:
    """Ask a gateway; the answer, also if it is a refusal."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(f"{url}/v3/{path}", raw, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return {"status": error.code, **json.load(error)}


def b64(text: str) -> str:
    """A key or value as the gateway writes it."""
    return b64encode(text.encode()).decode()


def serve(folder: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    """The command in a process of its own, and where it listens."""
    arguments = [sys.executable, "-m", "k8sedu", "etcd", "serve", "--listen", "127.0.0.1:0", "--data", str(folder), *options]
    process = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, line.partition("listening on ")[2].partition(",")[0]


def close(process: subprocess.Popen[str]) -> None:
    """Let go of a process that has ended."""
    process.wait(timeout=20)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def test_typed_lines_stop_and_start_members(tmp_path: Path) -> None:
    """What is typed on the terminal stops and starts members, and the terminal tells who leads; nonsense is told what can be typed."""
    process, url = serve(tmp_path, "--members", "3")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "type: members, stop n1, start n1, quit\n"
    print("stop n1", "stop n1", "dance", "members", sep="\n", file=process.stdin, flush=True)
    heard = [process.stdout.readline() for _ in range(6)]
    assert heard[0] == "n1 is stopped\n"
    assert "n1 is stopped already" in heard[1]
    assert heard[2].startswith("type: ")
    assert heard[3] == "n1  stopped\n"
    assert post(url, "kv/put", {"key": b64("a")})["header"]["revision"] == "2"
    assert re.fullmatch(r"n[23] leads in term 2\n", process.stdout.readline())
    print("start n1", "quit", sep="\n", file=process.stdin, flush=True)
    assert process.stdout.read() == "n1 runs\nstopped\n"
    assert process.wait(timeout=20) == 0
    close(process)


@pytest.mark.parametrize("members", ["1", "3"])
def test_kill_9_loses_nothing(tmp_path: Path, members: str) -> None:
    """A server that is killed while clients write has, at its next start, everything that it had acknowledged, across its snapshots."""
    generator, acknowledged, revision = random.Random(7), 0, 1
    options = ("--members", members, "--snapshot-count", "20")
    for _ in range(3):
        process, url = serve(tmp_path, *options)
        found = post(url, "kv/range", {"key": b64("n")})
        assert int(found["header"]["revision"]) >= revision
        killer, enough = threading.Timer(generator.uniform(0, 0.05), process.kill), acknowledged + generator.randint(12, 40)
        try:
            while True:
                if acknowledged == enough:
                    killer.start()
                answer = post(url, "kv/put", {"key": b64("n"), "value": b64(str(acknowledged + 1))})
                acknowledged, revision = acknowledged + 1, int(answer["header"]["revision"])
        except (OSError, http.client.HTTPException, ValueError):
            killer.join()
        finally:
            process.kill()
            close(process)
    process, url = serve(tmp_path, *options)
    (kv,) = post(url, "kv/range", {"key": b64("n")})["kvs"]
    assert int(kv["version"]) >= acknowledged > 25
    assert list(tmp_path.rglob("*.snap"))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    close(process)


@pytest.mark.parametrize("address", ["2379", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":1"])
def test_a_wrong_address_is_a_wrong_call(address: str) -> None:
    """An address that is none is told before anything is started."""
    result = CliRunner().invoke(main, ["etcd", "serve", "--listen", address])
    assert result.exit_code == 2
    assert "expected HOST:PORT" in result.stderr


def test_a_taken_port_ends_with_1() -> None:
    """A port on which somebody listens is told in one sentence, with exit code 1."""
    with Gateway() as gateway:
        result = CliRunner().invoke(main, ["etcd", "serve", "--listen", gateway.url.removeprefix("http://")])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: cannot listen on 127.0.0.1:")


def test_a_number_of_members_that_is_none(tmp_path: Path) -> None:
    """An even number of members is a wrong call; a folder that holds another number is at fault itself."""
    assert CliRunner().invoke(main, ["etcd", "serve", "--members", "2"]).exit_code == 2
    LiveGroup(3, folder=tmp_path).stop()
    result = CliRunner().invoke(main, ["etcd", "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {tmp_path}: met the data of several members, expected those of one")
