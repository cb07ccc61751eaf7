"""Runs as scenario files, which tests, notebooks and laboratories share: a line of a plan stands there as a request.

    system kube.proxy
    mode ipvs
    at 1000 request "kill web-1"

What stands before the lines are the settings of `simulate`.
"""

from __future__ import annotations

from pathlib import Path

from k8sedu.kube.proxy.sim.plan import read_plan
from k8sedu.kube.proxy.sim.settings import ProxyRunError, RunSettings
from k8sedu.sim.faults import Fault, request
from k8sedu.sim.scenario import Scenario, read
from k8sedu.trace import Frozen, Trace

SYSTEM = "kube.proxy"


def told(scenario: Scenario | str | Path) -> tuple[tuple[str, ...], dict[str, object]]:
    """The plan and the settings of a scenario.

    Raises:
        ScenarioError: the file is none.
        ProxyRunError: another system's scenario, a setting that no run has, or a fault that is no request.
    """
    given = scenario if isinstance(scenario, Scenario) else read(scenario)
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in dict(given.parameters).items()}
    unknown = next((name for name in settings if name not in {*RunSettings._fields, "seed"}), None)
    if given.system != SYSTEM or unknown is not None:
        what = f"the setting {unknown!r}" if given.system == SYSTEM else f"the system {given.system!r}"
        raise ProxyRunError(f"scenario {given.name!r} has {what}, expected {SYSTEM} with {', '.join(RunSettings._fields)}, seed")
    return tuple(_line(fault) for fault in given.faults), settings


def _line(fault: Fault) -> str:
    if fault.kind != "request":
        raise ProxyRunError(f"met {fault.format()!r}, expected a request such as 'at 1000 request \"kill web-1\"'")
    return f"at {fault.at_us // 1_000} {fault.arguments.data}"


def scenario_of(trace: Trace, *, name: str = "scenario") -> Scenario:
    """The scenario that a trace is the run of.

    >>> from k8sedu.kube.proxy.sim import simulate
    >>> print(scenario_of(simulate(["at 500 kill web-2"], duration_ms=600)).format().splitlines()[-1])
    at 500 request "kill web-2"
    """
    faults = tuple(
        request(" ".join(str(found).split()[2:]), at_ms=found.at_us // 1_000) for found in read_plan(trace.parameters.plan)
    )  # fmt: skip
    settings = {field: trace.parameters[field] for field in RunSettings._fields}
    return Scenario(SYSTEM, Frozen({**settings, "seed": trace.seed}), faults, name)
