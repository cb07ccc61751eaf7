"""How a run of any manager is written down, so that one view draws them all and one table compares them.

Read `scribe`: the words of a schedule, and the frame that stands after each of them.
"""

from __future__ import annotations

from k8sedu.workload.sim.scribe import KINDS, Scribe, parameters_of, reasons_of

__all__ = ["KINDS", "Scribe", "parameters_of", "reasons_of"]
