"""Tiny workloads in every format that can be read, made for this purpose: no line of them comes from a real trace.

- `openb_nodes.csv`, `openb_pods.csv`: six machines, 20 pods; three of them on a GPU that they share
- `google_collections.jsonl`, `google_instances.jsonl`, `google_machines.jsonl`: four machines, five jobs and an alloc set
- `azure.sqlite`: three types of VM on two kinds of machine, 16 VMs
- `office_hours.workload`: our own format: services, a wave of batch work, and a machine that fails and returns

    readers.read(specimens.path("openb_nodes.csv"), specimens.path("openb_pods.csv"))
"""

from __future__ import annotations

from pathlib import Path

OPENB = ("openb_nodes.csv", "openb_pods.csv")
GOOGLE = ("google_collections.jsonl", "google_instances.jsonl", "google_machines.jsonl")
AZURE = ("azure.sqlite",)
PLAIN = ("office_hours.workload",)


def path(name: str) -> Path:
    """The path of a specimen.

    >>> path("openb_nodes.csv").name
    'openb_nodes.csv'
    """
    return Path(__file__).parent / name


def paths(names: tuple[str, ...]) -> tuple[Path, ...]:
    """The paths of the files that make one workload: `OPENB`, `GOOGLE`, `AZURE` or `PLAIN`."""
    return tuple(map(path, names))
