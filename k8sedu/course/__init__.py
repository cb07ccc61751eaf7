"""What turns systems into a course: the syllabus, the figures, slides and homework.

This floor stands on all others: it may run a simulation and hand the trace to a view, which nothing below it may do.

Read in this order:

1. `syllabus`: which lessons there are, and in which order
2. `figures`: the pictures of the course, drawn again by one command
3. `notebook`, `execution`, `kernel`: a notebook as values, and its run
4. `prose`, `outputs`, `redress`, `palette`: what a notebook says and shows, as HTML
5. `slides`: decks; `page`, `site`: a lesson to read, and the whole course; `browser`: what measures and prints them
"""
