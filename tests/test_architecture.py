"""The laws of the house, held to the package; and each law held to a planted violation, so that none is empty.

The laws themselves are in tests/house/; CONTRIBUTING.md says why each of them is there.
"""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from house import floors, purity, shape
from house.source import SYSTEMS, Module, planted, read_package

from k8sedu import K8sEduError

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGE = read_package(ROOT / "k8sedu")
TESTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.py"))}
SOURCES = {name: module.text for name, module in PACKAGE.items()}
NUMPY_SYSTEMS = {"k8sedu.borg", "k8sedu.kube"}
STORIES = {
    "tests/raft/test_figures.py": "the figures of the Raft paper, each of which needs the whole node",
    "tests/raft/test_scenarios.py": "what a group must do in known hard situations",
    "tests/raft/test_scenarios_membership.py": "the same while members come and go",
    "tests/raft/test_scenarios_restart.py": "the same across crashes and restarts",
    "tests/raft/sim/test_simulate.py": "the function in the package's own file",
    "tests/raft/sim/test_fork.py": "the function in the package's own file",
    "tests/raft/sim/test_faults.py": "each fault that a run can have",
    "tests/raft/sim/test_wrong_input.py": "every wrong input of a run, one sentence each",
    "tests/etcd/sim/test_simulate.py": "the function in the package's own file",
}
"""Tests of a system that are about no single file, each with what it is about."""

Law = Callable[[dict[str, Module]], list[str]]


def import_names(requirements: list[str]) -> set[str]:
    """The import names behind requirement lines."""
    lines = [line.replace("python-pptx", "pptx").replace("pyyaml", "yaml") for line in requirements]
    return {re.split(r"[<>=!~ ;\[]", line)[0].lower().replace("-", "_") for line in lines}


CORE_PACKAGES = import_names(PROJECT["dependencies"])
DECLARED = CORE_PACKAGES.union(*(import_names(lines) for lines in PROJECT["optional-dependencies"].values()))


def foreign_imports(modules: dict[str, Module]) -> list[str]:
    """The law of third-party packages with what this project declares."""
    return floors.foreign_imports(modules, declared=DECLARED)


LAWS: dict[str, Law] = {
    "imports go down": floors.crossing_imports,
    "third-party packages stay on their floor": foreign_imports,
    "no import cycle": floors.import_cycles,
    "cores and simulations import no world": purity.worldly_imports,
    "cores and simulations call no world": purity.worldly_calls,
    "chance is handed in": purity.own_chance,
    "no answer depends on the environment": purity.environment_reads,
    "the order of a set decides nothing": purity.set_order,
    "functions are short": shape.long_functions,
    "names say what is inside": shape.empty_names,
    "modules and public names are documented": shape.undocumented,
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_package_keeps_the_law(law: Law) -> None:
    """No file of the package breaks this law."""
    broken = law(PACKAGE)
    assert not broken, "\n" + "\n".join(broken)


LONG = "def f():\n" + "    x = 1\n" * 50
VIOLATIONS: list[tuple[Law, dict[str, str]]] = [
    (floors.crossing_imports, {"raft__views": "from k8sedu.raft import sim", "raft__sim": ""}),
    (floors.crossing_imports, {"raft__views__scene": "def f():\n    from k8sedu.raft.sim.world import run", "raft__sim__world": ""}),
    (floors.crossing_imports, {"raft__sim": "import k8sedu.stage.scene", "stage__scene": ""}),
    (floors.crossing_imports, {"raft__node": "from k8sedu.sim.seeds import stream", "sim__seeds": ""}),
    (floors.crossing_imports, {"raft__node": "from k8sedu.etcd.mvcc import Store", "etcd__mvcc": ""}),
    (floors.crossing_imports, {"stage__scene": "from k8sedu.raft.node import Node", "raft__node": ""}),
    (floors.crossing_imports, {"raft__node": "from k8sedu.raft.gone import Node"}),
    (floors.crossing_imports, {"raft__node": "import k8sedu", "": ""}),
    (floors.crossing_imports, {"etcd__lab": "from k8sedu.raft.sim import simulate", "raft__sim": ""}),
    (floors.crossing_imports, {"etcd__lab__store": "from k8sedu.raft.lab import lab", "raft__lab": ""}),
    (floors.crossing_imports, {"etcd__sim": "from k8sedu.etcd.lab import store", "etcd__lab__store": "", "etcd__lab": ""}),
    (floors.crossing_imports, {"raft__sim": "from k8sedu.course.syllabus import LESSONS", "course__syllabus": ""}),
    (foreign_imports, {"raft__node": "import simpy"}),
    (foreign_imports, {"raft__node": "import numpy"}),
    (foreign_imports, {"raft__sim": "def f():\n    import matplotlib.pyplot"}),
    (foreign_imports, {"raft__views": "import simpy"}),
    (foreign_imports, {"raft__lab": "import pandas"}),
    (foreign_imports, {"trace": "import numpy"}),
    (foreign_imports, {"kube__objects": "def f():\n    import yaml"}),
    (foreign_imports, {"course__slides": "import otter"}),
    (floors.import_cycles, {"raft__a": "import k8sedu.raft.b", "raft__b": "def f():\n    from k8sedu.raft.a import g"}),
    (purity.worldly_imports, {"raft__node": "import time"}),
    (purity.worldly_imports, {"raft__sim": "from datetime import datetime"}),
    (purity.worldly_imports, {"raft__log": "def f():\n    from pathlib import Path"}),
    (purity.worldly_imports, {"language": "import time"}),
    (purity.worldly_calls, {"raft__node": "def f(p):\n    return open(p)"}),
    (purity.worldly_calls, {"raft__sim": "def f(p):\n    return hash(p)"}),
    (purity.own_chance, {"raft__node": "import random\nx = random.randint(1, 2)"}),
    (purity.own_chance, {"stage__scene": "from random import choice"}),
    (purity.own_chance, {"raft__sim": "from random import Random\nrng = Random()"}),
    (purity.own_chance, {"borg__scoring": "import numpy as np\nx = np.random.rand(3)"}),
    (purity.environment_reads, {"raft__sim": "import os\nx = os.environ"}),
    (purity.set_order, {"raft__node": "for name in {'n1', 'n2'}:\n    pass"}),
    (purity.set_order, {"raft__node": "def f(names: set[str]):\n    return [name for name in names]"}),
    (purity.set_order, {"raft__node": "def f(names):\n    return tuple(set(names))"}),
    (purity.set_order, {"raft__node": "def f(a, b):\n    return ','.join(set(a) | {b})"}),
    (purity.set_order, {"raft__node": "def f(names: frozenset[str]):\n    return [*names]"}),
    (shape.long_functions, {"raft__node": LONG}),
    (shape.empty_names, {"raft__utils": "", "raft__": ""}),
    (shape.undocumented, {"raft__node": "x = 1"}),
    (shape.undocumented, {"raft__node": "'''A node.'''\nclass Node:\n    '''One.'''\n    def step(self):\n        pass"}),
]


@pytest.mark.parametrize(("law", "sources"), VIOLATIONS, ids=lambda value: value.__name__ if callable(value) else "-".join(value))
def test_the_law_catches_a_violation(law: Law, sources: dict[str, str]) -> None:
    """Planted source that breaks the law is named; without it, this law could be empty."""
    broken = law(planted(**sources))
    assert len(broken) >= 1
    first = "k8sedu." + next(iter(sources)).replace("__", ".")
    assert any(first in sentence for sentence in broken)


HARMLESS = {
    "raft__": "'''Raft.'''\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from k8sedu.raft.sim import simulate",
    "raft__sim": "'''Sim.'''\nimport simpy\nfrom random import Random\nfrom k8sedu.raft.node import Node\nrng = Random(7)",
    "raft__node": "'''A node.'''\ndef f(names: set[str]):\n    '''Sorted.'''\n    return sorted(name for name in names), {*names}, {1, 2}",
    "kube__yaml_form": "'''YAML.'''\ndef f():\n    '''Read.'''\n    import yaml\n    return yaml",
    "borg__scoring": "'''Columns.'''\nimport numpy as np\nfrom k8sedu.raft.node import f",
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_law_lets_good_code_pass(law: Law) -> None:
    """A law that complains about everything would be switched off soon."""
    assert law(planted(**HARMLESS)) == []


def test_every_law_has_a_violation() -> None:
    """A new law comes with source that breaks it."""
    assert {law for law, _ in VIOLATIONS} == set(LAWS.values())


def test_files_are_short(tmp_path: Path) -> None:
    """No file of package or tests has 400 lines, scripts and styles included."""
    (tmp_path / "long.js").write_text("x;\n" * shape.FILE_LINES)
    assert len(shape.long_files([tmp_path])) == 1
    assert shape.long_files([ROOT / "k8sedu", ROOT / "tests"]) == []


def test_nine_of_ten_functions_are_short() -> None:
    """The usual function fits into 25 lines."""
    assert shape.usual_length(planted(raft__node=LONG)) > shape.USUAL_FUNCTION_LINES
    assert shape.usual_length(PACKAGE) <= shape.USUAL_FUNCTION_LINES


def test_every_test_states_a_law() -> None:
    """Each test's docstring says in a sentence what must hold."""
    assert len(shape.undocumented_tests({"a": "def test_it():\n    assert True"})) == 1
    assert shape.undocumented_tests(TESTS) == []


def test_every_ignore_says_why() -> None:
    """A check that is switched off in a line gives its reason there."""
    assert shape.unreasoned_ignores(SOURCES) == []


@pytest.mark.parametrize("line", ["x = 1  # no" + "qa", "x = 1  # no" + "qa: T201", "x = 1  # type: ig" + "nore[misc]"])
def test_an_ignore_without_a_reason_is_caught(line: str) -> None:
    """Neither a bare ignore nor a rule's name alone is a reason; words after the rule are."""
    assert len(shape.unreasoned_ignores({"a": line})) == 1
    reasoned = line.replace("qa: T201", "qa: T201 (asked for)").replace("[misc]", "[misc]  # it ships no types")
    assert len(shape.unreasoned_ignores({"a": reasoned})) == (1 if reasoned == line else 0)


def test_every_ignored_rule_says_why() -> None:
    """Each rule that pyproject.toml switches off has its reason beside it."""
    text = (ROOT / "pyproject.toml").read_text()
    lists = re.findall(r"^(?:ignore|\"[^\"]+\") = \[\n(.*?)^\]", text[text.index("[tool.ruff.lint]") :], re.DOTALL | re.MULTILINE)
    lines = [line for found in lists for line in found.splitlines()]
    assert len(lines) > 10
    assert [line for line in lines if not re.search(r"#\s+\S+", line)] == []


def test_every_error_is_told_as_a_sentence() -> None:
    """Every error class of the package inherits K8sEduError, so that the command line shows its sentence and no traceback."""
    kinds = [
        kind
        for name in PACKAGE
        if name != "k8sedu.__main__"
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__.startswith("k8sedu") and not issubclass(kind, Warning)
    ]
    assert shape.stray_errors([KeyError], root=K8sEduError)
    assert shape.stray_errors(kinds, root=K8sEduError) == []


def test_every_required_package_is_used() -> None:
    """Nobody installs a package that no file imports."""
    one = planted(raft__node="import simpy")
    assert floors.unused_packages(one, declared={"simpy", "dask"}) == ["pyproject.toml asks for dask, which no file imports"]
    assert floors.unused_packages(PACKAGE, declared=CORE_PACKAGES) == []


def test_every_imported_package_is_declared() -> None:
    """No file leans on a package that only another package brings."""
    assert len(floors.undeclared_packages(planted(raft__views="import pandas, networkx"), declared={"pandas"})) == 1
    assert floors.undeclared_packages(PACKAGE, declared=DECLARED) == []


def test_every_edge_exists() -> None:
    """A file that left the list's reach is taken off the list."""
    assert sorted(set(purity.EDGES) - set(PACKAGE)) == []


@pytest.mark.parametrize("name", ["k8sedu", *(f"k8sedu.{system}" for system in SYSTEMS if f"k8sedu.{system}" in PACKAGE)])
def test_importing_loads_no_third_party_package(name: str) -> None:
    """The package and each system load from the standard library alone, NumPy excepted where cores work on columns."""
    script = f"import sys; before = set(sys.modules); import {name}; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout.split()
    foreign = {module.split(".")[0] for module in loaded} - set(sys.stdlib_module_names) - {"k8sedu"}
    assert foreign <= ({"numpy"} if name in NUMPY_SYSTEMS else set())


def test_every_test_file_mirrors_a_module() -> None:
    """Whoever reads k8sedu/raft/log.py finds its laws in tests/raft/test_log.py."""
    homeless = [
        name
        for name in TESTS
        for path in [Path(name)]
        if path.name.startswith("test_") and path.parts[1] not in {"bench", "browser"} and len(path.parts) > 2 and name not in STORIES
        for stem in [".".join(["k8sedu", *path.parts[1:-1], path.stem.removeprefix("test_")])]
        if not any(stem == module or stem.startswith(f"{module}_") for module in PACKAGE if module.count(".") == stem.count("."))
    ]
    assert homeless == []
