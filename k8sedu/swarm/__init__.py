"""Swarm: Docker's own way to many hosts, in its classic form and as swarm mode.

Read in this order:

1. `classic`: filters, the three strategies, and their exact weights

    from k8sedu.swarm import classic
    classic.rank(classic.Wanted(cpus=1), engines, "binpack")
"""
