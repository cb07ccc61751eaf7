"""`python -m k8sedu`: the command line where the `k8sedu` script is not on the path."""

from __future__ import annotations

from k8sedu.cli import main

if __name__ == "__main__":
    main(prog_name="k8sedu")
