"""Laws of `k8sedu schedule`: what it writes has the promised form, and bad input is a sentence with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main
from k8sedu.workload import specimens
from k8sedu.workload.packing import POLICIES

NODES, PODS = (str(path) for path in specimens.paths(specimens.OPENB))


def call(*arguments: str) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main, ["schedule", *arguments])


def openb(*arguments: str) -> Result:
    """Pack the specimen."""
    return call("openb", "--nodes", NODES, "--pods", PODS, *arguments)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_json_has_the_promised_form(policy: str, tmp_path: Path) -> None:
    """GPU allocation by arrived load, both in per cent, a name for every ten of them."""
    result = openb("--policy", policy, "--load", "130", "--seed", "42", "--json", str(tmp_path / "out.json"))
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out.json").read_text())
    assert list(told["allocation"]) == [str(percent) for percent in range(10, 131, 10)]
    assert all(0 <= given <= 100 for given in told["allocation"].values())
    assert (told["policy"], told["load"], told["seeds"], told["bad_rows"]) == (policy, 130, [42], 0)


def test_several_seeds_and_policies() -> None:
    """Means over seeds; several policies stand by name, and `all` is all of them."""
    told = json.loads(openb("--seeds", "42-44", "--json", "-", "--workers", "1").stdout)
    runs = [run["allocation"]["130"] for run in told["runs"]]
    assert told["allocation"]["130"] == pytest.approx(sum(runs) / 3, abs=0.001)
    told = json.loads(openb("--policy", "all", "--seeds", "1,2", "--json", "-", "--workers", "1").stdout)
    assert list(told["policies"]) == list(POLICIES)


def test_the_table_and_the_chart_stand_beside_the_published_means(tmp_path: Path) -> None:
    """A gap per point, and rings in the chart."""
    run = {"runs": 10, "gpu_allocation_ratio_pct": {"100": {"mean": 50.0, "sd": 0.1}}}
    (tmp_path / "published.json").write_text(json.dumps({"data": {"openb_pod_list_default": {"05-BestFit": run}}}))
    result = openb("--published", str(tmp_path / "published.json"), "--chart", str(tmp_path / "curve.svg"), "--language", "zh")
    assert result.exit_code == 0, result.output
    assert "100 % gap" in result.stdout
    assert (tmp_path / "curve.svg").read_text().startswith("<?xml")


def test_bad_rows_are_told_and_counted(tmp_path: Path) -> None:
    """File, line and column on the error stream; the run goes on without them and ends with 1."""
    (tmp_path / "pods.csv").write_text(Path(PODS).read_text().replace("pod-03,8000", "pod-03,eight"))
    result = call("openb", "--nodes", NODES, "--pods", str(tmp_path / "pods.csv"), "--json", str(tmp_path / "out.json"))
    assert result.exit_code == 1
    assert "pods.csv, line 5, column cpu_milli: met 'eight', expected a whole number from 0 on" in result.stderr
    assert "1 of 26 rows was left out." in result.stderr
    told = json.loads((tmp_path / "out.json").read_text())
    assert (told["bad_rows"], told["rows"]) == (1, 26)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--seed", "x"], 2, "expected seeds such as 42, 42-51 or 1,2,7"),
        (["--seeds", "51-42"], 2, "expected seeds such as"),
        (["--load", "0"], 2, "0 is not in the range"),
        (["--policy", "worst"], 2, "'worst' is not one of"),
        (["--json", "/nowhere/out.json"], 2, "there is no folder '/nowhere'"),
        (["--published", PODS], 1, "openb_pods.csv: met"),
    ],
)
def test_a_wrong_call_is_a_sentence(arguments: list[str], code: int, told: str) -> None:
    """2 where the call is at fault, 1 where a file is; never a traceback."""
    result = openb(*arguments)
    assert (result.exit_code, told in result.stderr) == (code, True), result.stderr


def test_swapped_files_are_a_sentence() -> None:
    """Machines where pods are expected: the missing column is named."""
    result = call("openb", "--nodes", PODS, "--pods", NODES)
    assert result.exit_code == 1
    assert "openb_pods.csv, line 1: met the columns" in result.stderr


def test_ctrl_c_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is written, the older file stays, and the code is the shell's."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("k8sedu.workload.packing.curve.Experiment.run", interrupt)
    (tmp_path / "out.json").write_text("older")
    result = openb("--json", str(tmp_path / "out.json"))
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, "Interrupted: nothing was written.")
    assert (tmp_path / "out.json").read_text() == "older"
