"""Slides that travel: a notebook as one HTML file, as PDF, and as PowerPoint.

The file holds everything: reveal.js with its speaker view, the films that play and can be scrubbed inside a slide, formulas, colours.
It asks no network for anything, so it works on the machine of a lecture room.

Read in this order:

1. `structure`: which cells stand together on a slide
2. `deck`: the slides as one HTML file; `reveal` finds reveal.js among the installed packages
3. `fit`: a browser measures every slide; one that overflows ends the build
4. `paper`: the same deck as PDF; `powerpoint`: as PPTX, with stills
5. `catalogue`: the finished decks
6. `build`: all of it in one call
"""
