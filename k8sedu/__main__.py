"""`python -m k8sedu`, and what the script `k8sedu` calls: the command line."""

from __future__ import annotations

from k8sedu.interrupts import leaving


def run() -> None:
    """Read the command line, and do what it says. Ctrl-C is answered from the first moment, while parts are still being loaded."""
    with leaving("Interrupted."):
        from k8sedu.cli import main
    main(prog_name="k8sedu")


if __name__ == "__main__":
    run()
