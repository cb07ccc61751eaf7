"""What every simulation needs besides its system: a network, faults, seeds, a recorder.

Read in this order:

1. `seeds`: one stream of random numbers per actor, so that one more draw here changes nothing there
2. `faults`: what goes wrong and when, as values; `grammar` writes them as lines
3. `network`: what happens to a message on its way
4. `recorder`: how a run becomes a `Trace`
5. `scenario`: an experiment as a text file that tests, notebooks and slides share

Nothing here knows a system: the word "leader" means nothing to a network. And nothing here needs SimPy; the drivers of the systems,
which are `<system>/sim.py`, bring it.
"""
