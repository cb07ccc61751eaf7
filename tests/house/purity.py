"""Machines without a world: a core has no clock, no chance of its own, no thread and no input or output.

What cannot be seen from the syntax tree (a clock handed in as an argument) is left to the reader.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from house.floors import floor
from house.source import Module

EDGES = {
    "k8sedu.etcd.datadir": "reads the directory of a real etcd",
    "k8sedu.etcd.gateway": "serves the model over HTTP",
    "k8sedu.etcd.live": "runs a group in real time, with threads, a clock and folders",
    "k8sedu.etcd.memberdir": "writes and reads the folder of a member: log, snapshots, a lock against a second process",
    "k8sedu.etcd.remote": "watches an etcd that runs elsewhere, over HTTP",
    "k8sedu.etcd.specimens": "finds the real directories that come with the package",
    "k8sedu.etcd.waldir": "writes and reads the log of a member, with fsync",
    "k8sedu.files": "writes files whole, for everybody who saves something",
    "k8sedu.interrupts": "hears Ctrl-C",
    "k8sedu.processes": "starts the processes that share a long job",
    "k8sedu.versions": "asks which packages are installed",
    "k8sedu.lazy": "imports modules on first use",
    "k8sedu.raft.search": "spreads the search over processes and shows how far it is",
    "k8sedu.trace.lines": "reads and writes traces as lines",
    "k8sedu.trace.run": "saves and loads traces",
    "k8sedu.workload.readers.azure_database": "reads a trace out of an SQLite database",
    "k8sedu.workload.readers.files": "opens the files of cluster traces, packed ones too",
    "k8sedu.workload.specimens": "finds the small traces that come with the package",
}
"""Files that talk to the outside, each with what for. Everything that they decide is in a core beside them."""

CLOCKS = {"time", "datetime", "sched", "timeit"}
WORLD = CLOCKS | {
    *("asyncio", "concurrent", "ctypes", "glob", "http", "io", "logging", "mmap", "multiprocessing", "os", "pathlib", "platform"),
    *("secrets", "select", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading", "urllib", "uuid"),
}
"""Modules that a core may not import: through each of them the world comes in."""

SIMULATED = CLOCKS | {"asyncio", "http", "secrets", "select", "signal", "socket", "subprocess", "threading", "uuid"}
"""Modules that a simulation may not import. It may read a scenario file and spread experiments over processes."""

CALLS = {"open": "reads the world", "input": "reads the world", "print": "writes to the world", "id": "differs from run to run"}
CALLS |= {"hash": "differs with PYTHONHASHSEED"}

STRING_SETS = ("set[str", "frozenset[str", "AbstractSet[str")
ORDER_FREE = {"sorted", "set", "frozenset", "any", "all", "sum", "min", "max", "len", "Counter"}
"""Calls whose answer does not depend on the order in which they are given things."""


def worldly_imports(modules: Mapping[str, Module]) -> list[str]:
    """Imports through which a clock, a thread, the network or a disk reaches a core, a simulation or what they share."""
    return [
        f"{module.name}, line {found.line}: a {floor(module)} file imports {found.target}, through which the world comes in"
        for module in modules.values()
        if module.name not in EDGES
        for found in module.imports
        if not found.typing_only and found.target.split(".")[0] in _barred(module)
    ]


def _barred(module: Module) -> set[str]:
    return {"pure": WORLD, "core": WORLD, "sim": SIMULATED}.get(floor(module), set())


def worldly_calls(modules: Mapping[str, Module]) -> list[str]:
    """Calls in cores and simulations whose answer is not a function of what they are given."""
    return [
        f"{module.at(node)}: {node.func.id}(…) {CALLS[node.func.id]}"
        for module in modules.values()
        if module.name not in EDGES and floor(module) in {"pure", "core", "sim"}
        for node in _calls_outside_hash(module.tree)
        if isinstance(node.func, ast.Name) and node.func.id in CALLS
    ]


def _calls_outside_hash(node: ast.AST) -> Iterator[ast.Call]:
    """All calls but those inside a `__hash__`, whose very business it is."""
    if isinstance(node, ast.FunctionDef) and node.name == "__hash__":
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _calls_outside_hash(child)


def own_chance(modules: Mapping[str, Module]) -> list[str]:
    """Chance that is not handed in: functions of the `random` module, a generator without a seed, NumPy's global generator."""
    return [
        f"{module.at(node)}: {ast.unparse(node)} is not a passed stream; expected a random.Random made from a seed"
        for module in modules.values()
        for node in ast.walk(module.tree)
        if _is_own_chance(node, imported={found.target for found in module.imports})
    ]


def _is_own_chance(node: ast.AST, *, imported: set[str]) -> bool:
    if isinstance(node, ast.ImportFrom) and node.module == "random":
        return any(alias.name != "Random" for alias in node.names)
    if isinstance(node, ast.Call):
        return not node.args and ast.unparse(node.func).split(".")[-1] in {"Random", "default_rng"}
    if not isinstance(node, ast.Attribute):
        return False
    holder = ast.unparse(node.value)
    if holder == "random":
        return "random" in imported and node.attr != "Random"
    return holder in {"np.random", "numpy.random"} and node.attr not in {"Generator", "default_rng", "SeedSequence", "PCG64"}


def environment_reads(modules: Mapping[str, Module]) -> list[str]:
    """Reads of environment variables below the top floor: the same call must answer the same on every machine."""
    return [
        f"{module.at(node)}: {ast.unparse(node)} makes the answer depend on the machine"
        for module in modules.values()
        if floor(module) != "top"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}
    ]


def set_order(modules: Mapping[str, Module]) -> list[str]:
    """Places where the order of a set of strings decides: it changes with PYTHONHASHSEED."""
    return [
        f"{module.at(node)}: the order of {ast.unparse(node)} differs from run to run; expected sorted(…)"
        for module in modules.values()
        for node in _ordered_sets(module)
    ]


def _ordered_sets(module: Module) -> Iterator[ast.expr]:
    known = _names_of_sets(module.tree)
    free = {id(argument) for node in ast.walk(module.tree) for argument in _order_free(node)}
    for node in ast.walk(module.tree):
        yield from (source for source in _in_order(node, free) if _is_set(source, known))


def _order_free(node: ast.AST) -> list[ast.expr]:
    """What stands where no order matters: the arguments of `sorted` and its like, the items of a set."""
    if isinstance(node, ast.Set):
        return node.elts
    return node.args if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ORDER_FREE else []


def _in_order(node: ast.AST, free: set[int]) -> Iterator[ast.expr]:
    """The expressions whose order this node turns into an order of its own."""
    if isinstance(node, ast.For):
        yield node.iter
    if isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp) and id(node) not in free:
        yield from (generator.iter for generator in node.generators)
    if isinstance(node, ast.Starred) and id(node) not in free:
        yield node.value
    if isinstance(node, ast.Call) and node.args and id(node) not in free:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in {"list", "tuple", "enumerate", "iter", "join", "dict", "fromkeys", "zip", "reversed"}:
            yield from node.args


def _is_set(node: ast.expr, known: set[str]) -> bool:
    """Whether an expression is a set, as far as its text tells; sets of number literals keep their order."""
    if isinstance(node, ast.Set):
        return not all(isinstance(item, ast.Constant) and isinstance(item.value, int) for item in node.elts)
    if isinstance(node, ast.SetComp):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return _is_set(node.left, known) or _is_set(node.right, known)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in {"set", "frozenset"}
    return ast.unparse(node) in known


def _names_of_sets(tree: ast.AST) -> set[str]:
    """Names and attributes that the file annotates as sets of strings, or fills with one."""
    names: set[str] = set()
    for node in ast.walk(tree):
        annotation = getattr(node, "annotation", None)
        if isinstance(annotation, ast.expr) and ast.unparse(annotation).strip("'\"").startswith(STRING_SETS):
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(getattr(node, "target", ast.Name("")))
            names |= {name, f"self.{name}"}
    return names
