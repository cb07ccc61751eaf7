"""A run of a simulation as a value: a `Trace` is a sequence of `Step`s that never changes.

Everything passes between a simulation and a picture through this package, so it knows neither. Read in this order:

1. `frozen`: mappings that cannot change, which is what steps are made of
2. `run`: `Step` and `Trace`: look up a time, search, compare, save
3. `difference`: what changed from one frame to the next, as data
4. `lines`: how a trace is written to a file, and every way in which such a file can be wrong

    trace = Trace.load("election.trace")
    trace.where("become_leader")[0].frame.nodes.n3.term
"""

from __future__ import annotations

from k8sedu.trace.difference import DifferenceError, difference, patch
from k8sedu.trace.frozen import Frozen, freeze
from k8sedu.trace.lines import TraceFormatError, TraceValueError
from k8sedu.trace.run import Step, Trace

__all__ = ["DifferenceError", "Frozen", "Step", "Trace", "TraceFormatError", "TraceValueError", "difference", "freeze", "patch"]
