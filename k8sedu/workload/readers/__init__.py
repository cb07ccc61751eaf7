"""Real workloads: traces of clusters, read into the words of this course.

Read in this order:

1. `rows`: what a reading gives, and how a bad row is told
2. `openb_tables`: Alibaba's GPU cluster of 2023, two CSV files
3. `google_events`: Google's cells of May 2019, events as JSON lines
4. `azure_database`: Azure's packing trace of 2020, an SQLite database
5. `plain`: a small text format of our own, with failures
6. `files`: from paths to a reading, whatever the format

A row that cannot be used is left out, counted, and told with file, line and column: `reading.bad`. A tiny sample of each format, made for
this purpose, comes with the package: `k8sedu.workload.specimens`.

    reading = workload.readers.read("nodes.csv", "pods.csv")
    reading.workload.jobs[0], len(reading.bad)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.workload.readers import plain
    from k8sedu.workload.readers.azure_database import azure
    from k8sedu.workload.readers.files import google, openb, read
    from k8sedu.workload.readers.rows import BadRow, Reading

__all__ = ["BadRow", "Reading", "azure", "google", "openb", "plain", "read"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "BadRow": "rows",
        "Reading": "rows",
        "azure": "azure_database",
        "google": "files",
        "openb": "files",
        "plain": "plain",
        "read": "files",
    },
)
