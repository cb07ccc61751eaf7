"""What goes wrong here, and how it is told.

Every error that this package raises on purpose is a `K8sEduError`. Its text is one clear sentence: what was met, what was expected, and
where. So a notebook shows a sentence to a learner, and the command line prints that sentence without a traceback and ends with 1.

A module defines its own errors, and each also inherits the built-in class that a Python reader expects (`ValueError`, `LookupError`, …):
code that knows nothing of k8sedu catches them all the same.
"""

from __future__ import annotations


class K8sEduError(Exception):
    """The root of every error that k8sedu raises on purpose.

    >>> class TickError(K8sEduError, ValueError):
    ...     '''A tick count that makes no sense.'''
    >>> str(TickError("ticks is -1, expected 0 or more"))
    'ticks is -1, expected 0 or more'
    """
