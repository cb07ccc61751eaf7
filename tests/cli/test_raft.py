from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil
import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main


def run(*arguments: str) -> Result:
    """A call of the command line."""
    return CliRunner().invoke(main, ["raft", "experiment", *arguments])


def test_fig16_writes_the_promised_json(tmp_path: Path) -> None:
    """Curve by name with quantiles, mean, max and trials, in a file that is there at once or not at all."""
    target = tmp_path / "out.json"
    result = run("fig16", "--curves", "12-24,150-200", "--trials", "40", "--seed", "0", "--json", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    curves = json.loads(target.read_text())["curves"]
    assert list(curves) == ["12-24", "150-200"]
    assert curves["12-24"]["trials"] == 40
    assert curves["12-24"]["quantiles"]["0.1"] < curves["12-24"]["mean"] < curves["12-24"]["max"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_wan_writes_to_the_standard_output() -> None:
    """`--json -` is a stream that another program can read."""
    curves = json.loads(run("wan", "--failed", "0,2", "--logs", "diff", "--trials", "20", "--json", "-").stdout)["curves"]
    assert list(curves) == ["0_failed_diff", "2_failed_diff"]


def test_split_tells_formula_and_count() -> None:
    """5.23 % of the elections of four of five servers split at a tenth of the range, in the table and in the JSON."""
    arguments = ("split", "--n", "5", "--s", "4", "--l", "0.1", "--trials", "200")
    assert "5.23%" in run(*arguments).stdout
    told = json.loads(run(*arguments, "--json", "-").stdout)
    assert told["split_probability"] == pytest.approx(0.0523)
    assert told["curves"]["5-4-0.1"]["trials"] == 200


def test_without_json_there_is_a_table() -> None:
    """People see our numbers beside the paper's."""
    lines = run("fig16", "--curves", "12-24", "--trials", "20").stdout.splitlines()
    assert lines[0].split()[:3] == ["curve", "p10", "median"]
    assert lines[1].split()[-1] == "34.7"


def test_the_same_seed_writes_the_same_file() -> None:
    """Byte for byte, and another seed another one."""
    first, again, other = (run("fig16", "--curves", "12-24", "--trials", "30", "--seed", seed, "--json", "-").stdout for seed in "112")
    assert first == again != other


@pytest.mark.parametrize(("arguments", "sentence", "code"), [
    ("fig16 --curves 24-12", "the curve is '24-12', expected LOW-HIGH", 1),
    ("fig16 --curves abc", "the curve is 'abc', expected LOW-HIGH", 1),
    ("fig16 --trials 0", "0 is not in the range x>=1", 2),
    ("fig16 --seed x", "'x' is not a valid integer", 2),
    ("fig16 --curves 12-24 --json no/such/folder/x.json", "there is no folder 'no/such/folder'", 2),
    ("wan --failed 3", "3 of 5 servers are to fail, expected 0 to 2", 1),
    ("wan --failed two", "'two' is not a number", 2),
    ("wan --logs odd", "the logs are 'odd', expected 'same' or 'diff'", 1),
    ("split --l 0", "the latency is 0 of the timeout range", 1),
    ("split --s 2", "2 of 5 servers are up, expected 3 to 5", 1),
])  # fmt: skip
def test_wrong_input_is_one_sentence(arguments: str, sentence: str, code: int) -> None:
    """1 when the content makes no sense, 2 when the call does not; never a traceback."""
    result = run(*arguments.split())
    assert result.exit_code == code
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def at_work(process: subprocess.Popen[str], workers: int) -> bool:
    """Has the command so many processes, each of which has computed for a while?"""
    try:
        started = psutil.Process(process.pid)
        busy = started.children() if workers > 1 else [started]
        return len(busy) == workers and all(one.cpu_times().user > 0.5 for one in busy)
    except psutil.Error:
        return False


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize(("workers", "moment"), [(1, "late"), (2, "late"), (1, "early"), (2, "early")])
def test_an_interrupted_experiment_leaves_the_old_file_alone(tmp_path: Path, workers: int, moment: str) -> None:
    """Ctrl-C ends with 130 and a sentence, also when several processes are at work, or are just being started."""
    target = tmp_path / "out.json"
    target.write_text("the old result")
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a job in the background is started deaf
    ready = f"{heeding}; from k8sedu.__main__ import run; print('ready', file=sys.stderr, flush=True); run()"
    call = [sys.executable, "-c", f"import sys; {ready}"]
    call += ["raft", "experiment", "wan", "--trials", "200000", "--workers", str(workers), "--json", str(target)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        if moment == "early":
            time.sleep(Random().uniform(0, 1))
        while moment == "late" and not at_work(process, workers) and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the call
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err in {"Interrupted: nothing was written.\n"} | ({"Interrupted.\n"} if moment == "early" else set())
    assert target.read_text() == "the old result"
