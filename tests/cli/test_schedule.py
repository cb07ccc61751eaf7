"""Laws of `k8sedu schedule`: what it writes has the promised form, and bad input is a sentence with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main
from k8sedu.kube.scheduler.packing import PACKERS
from k8sedu.workload import specimens
from k8sedu.workload.packing import POLICIES

NODES, PODS = (str(path) for path in specimens.paths(specimens.OPENB))


def call(*arguments: str) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main, ["schedule", *arguments])


def openb(*arguments: str) -> Result:
    """Pack the specimen."""
    return call("openb", "--nodes", NODES, "--pods", PODS, *arguments)


@pytest.mark.parametrize("policy", [*POLICIES, *PACKERS])
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


OFFICE = str(specimens.path("office_hours.workload"))


def test_compare_runs_one_workload_under_the_usual_four(tmp_path: Path) -> None:
    """A column each in the table, an object each in the JSON, a page of charts; the file's own failures happen."""
    target, page = tmp_path / "out.json", tmp_path / "page.svg"
    result = call("compare", OFFICE, "--json", str(target), "--chart", str(page), "--fault", "at 24000 crash master")
    assert result.exit_code == 0, result.output
    told = json.loads(target.read_text())
    assert list(told["managers"]) == ["swarm-spread", "swarm-binpack", "mesos", "borg"]
    assert told["faults"] == ["at 18000 crash big-2", "at 30000 restart big-2", "at 24000 crash master"]
    assert {"utilisation", "stranded", "wait_ms", "preemptions", "fairness", "lost", "recovered"} <= set(told["managers"]["borg"])
    assert (told["managers"]["borg"]["preemptions"] > 0, told["managers"]["mesos"]["preemptions"]) == (True, 0)
    assert "Swarm, binpack" in result.stdout
    assert page.read_text().startswith("<?xml")


@pytest.mark.parametrize("names", [specimens.OPENB, specimens.GOOGLE, specimens.AZURE], ids=["openb", "google", "azure"])
def test_compare_takes_every_format_and_squeezes_its_time(names: tuple[str, ...]) -> None:
    """Days become seconds, and that is said."""
    files = [str(path) for path in specimens.paths(names)]
    result = call("compare", *files, "--managers", "mesos,swarm-spread", "--machines", "4", "--json", "-")
    assert result.exit_code == 0, result.output
    assert "so that the last job arrives at 30000 ms" in result.stderr
    assert json.loads(result.stdout)["machines"] == 4


def test_compare_makes_a_workload_where_none_is_given() -> None:
    """The seed decides it; `--workload` is another way to name a file; cutting is possible."""
    one, two = (json.loads(call("compare", "--managers", "mesos", "--seed", "5", "--json", "-").stdout) for _ in range(2))
    assert one == two
    result = call("compare", "--workload", OFFICE, "--managers", "mesos", "--jobs", "2", "--json", "-")
    assert json.loads(result.stdout)["tasks"] == 9


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--managers", "nomad"], 1, "met the manager 'nomad', expected one of swarm-spread"),
        (["--managers", "mesos", "--fault", "at 3 crash nobody"], 1, "at 3 crash nobody"),
        (["--managers", "mesos", "--fault", "soon"], 1, "soon"),
        (["/nowhere.workload"], 2, "does not exist"),
        ([PODS], 1, "met 0 CSV files of machines and 1 of pods"),
    ],
)
def test_a_wrong_comparison_is_a_sentence(arguments: list[str], code: int, told: str) -> None:
    """2 where the call is at fault, 1 where its content is."""
    result = call("compare", *arguments)
    assert (result.exit_code, told in result.stderr) == (code, True), result.stderr


def test_bad_lines_of_a_workload_are_told_and_counted(tmp_path: Path) -> None:
    """The comparison goes on without them, and ends with 1."""
    (tmp_path / "a.workload").write_text("machine m1 cpu=4\njob web cpu=lots\njob ok cpu=1 for=1000\n")
    result = call("compare", str(tmp_path / "a.workload"), "--managers", "mesos", "--duration-ms", "3000", "--json", "-")
    assert (result.exit_code, json.loads(result.stdout)["bad_rows"]) == (1, 1)
    assert "a.workload, line 2, column cpu: met 'lots'" in result.stderr
