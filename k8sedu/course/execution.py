"""Running a notebook for a deck or a page: from top to bottom, in a fresh kernel, in its own folder.

A deck shows what its code does now, never what it did when somebody last saved the file. So outputs in the file are ignored and nothing
is kept between two builds. A cell that fails ends the build with one sentence, unless it has the tag `raises-exception`.

Left out: kernels of other languages. The lessons are Python.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from k8sedu.course.notebook import Notebook, NotebookError, of_json, read

SECONDS = 300
"""How long one cell may take."""

BEFORE = (
    "from k8sedu.course import kernel as _kernel; import matplotlib.pyplot as _plt; "
    "_plt.switch_backend('module://matplotlib_inline.backend_inline'); _kernel.speak({language!r}); del _plt",
    "_kernel.describe_charts(get_ipython()); del _kernel",
)
"""Two cells in front of the notebook. Two, because the notebook's own way to draw figures is set up when the first one has ended."""


def unheard(done: int, of: int) -> None:
    """Tell nobody how far a run is."""


def execute(path: Path, *, language: str | None = None, told: Callable[[int, int], None] = unheard) -> Notebook:
    """Run a notebook and give it back with what its cells showed.

    Args:
        path: the notebook; it runs in its folder, as in Jupyter.
        language: of captions and charts, where the notebook does not choose itself.
        told: called after each cell with how many are done, and of how many.

    Raises:
        NotebookError: a cell failed or took too long, or the packages of the extra `lab` are not installed.
    """
    bare = read(path)
    if not any(cell.kind == "code" and cell.source.strip() for cell in bare.cells):
        return bare  # prose alone needs no kernel
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError as error:
        raise NotebookError(f"{error.name} is not installed, which runs notebooks: pip install 'k8sedu[lab]'") from error
    form: Any = nbformat  # it ships no types
    notebook = form.reads(json.dumps(_plain(path)), as_version=4)
    before = [form.v4.new_code_cell(source.format(language=language)) for source in BEFORE]
    count = len(notebook.cells)
    notebook.cells = [*before, *notebook.cells]
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        extra_arguments=["--log-level=CRITICAL"],  # the kernel's advice about transports is not for a lecturer
        resources={"metadata": {"path": str(path.absolute().parent)}},
        on_cell_complete=lambda cell_index, **_: told(max(0, cell_index - len(BEFORE) + 1), count),
    )
    _carry_out(client, path)
    notebook.cells = notebook.cells[len(BEFORE) :]
    return of_json(notebook, path)


def _carry_out(client: Any, path: Path) -> None:
    """Run all cells; tell what goes wrong in one sentence."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    try:
        client.execute()
    except Exception as error:
        if hasattr(client, "_async_cleanup_kernel_future"):  # nbclient's mark that it stopped the kernel because of Ctrl-C
            raise KeyboardInterrupt from error
        if isinstance(error, CellExecutionError):
            raise NotebookError(f"{path}: {_failed(client.nb)}: {error.ename}: {error.evalue}") from error
        if isinstance(error, CellTimeoutError):
            raise NotebookError(f"{path}: a cell took more than {SECONDS} s") from error
        if isinstance(error, DeadKernelError):
            raise NotebookError(f"{path}: the kernel died; is there memory left?") from error
        raise


def _plain(path: Path) -> Any:
    """The notebook without anything that an earlier run left in it."""
    read(path)  # says in one sentence what is wrong with a file that is no notebook
    found = json.loads(path.read_text(encoding="utf-8"))
    for cell in found["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    found.get("metadata", {}).pop("widgets", None)
    return found


def _failed(notebook: Any) -> str:
    """Which cell stopped the run: the last one with an error among its outputs."""
    names = [cell.get("id", "?") for cell in notebook.cells if any(out.get("output_type") == "error" for out in cell.get("outputs", ()))]
    return f"cell {names[-1]!r} failed" if names else "a cell failed"
