"""What turns systems into a course: the syllabus, the figures, and later slides and homework.

This floor stands on all others: it may run a simulation and hand the trace to a view, which nothing below it may do.

Read in this order:

1. `syllabus`: which lessons there are, and in which order
2. `figures`: the pictures of the course, drawn again by one command
"""
