"""Homework that grades itself: written once as a notebook, released per student, marked in a sandbox.

Read the files in this order:

1. `notebook`, `seeds` - a homework notebook as data; each student's own parameters
2. `judging`, `checking`, `judges` - what an answer must be, and the two words in which tests are written
3. `split`, `assignment`, `sources`, `roster`, `release` - tests taken apart into call and judge; the instructor's notebook; the class
4. `submission`, `evidence`, `marking`, `results`, `late` - one submission put in order, run in the sandbox, judged, and kept
5. `grade`, `visible`, `manual` - a whole class; a student at home; answers that a person reads
6. `feedback`, `export`, `gradebook`, `similarity` - what comes of it

>>> from k8sedu.course import homework
>>> homework.check("a majority of five", lambda: 5 // 2 + 1, 3)
>>> homework.earned("q0", 2)
2.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.course.homework import judges
    from k8sedu.course.homework.checking import check, earned
    from k8sedu.course.homework.judging import any_order, close_to, one_of

__all__ = ["any_order", "check", "close_to", "earned", "judges", "one_of"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "any_order": "judging",
        "check": "checking",
        "close_to": "judging",
        "earned": "checking",
        "judges": "judges",
        "one_of": "judging",
    },
)
