"""kube-proxy's iptables mode: the choice of an endpoint, written as rules that the kernel asks one after the other.

Read in this order:

1. `names`, `probability`: what chains are called, and how chances come out equal
2. `blocks`, `jumps`: the lines of one Service port, and where the kernel's chains lead to them
3. `proxier`: all of it, at once or only what has changed
4. `ruleset`, `saved`: tables as `iptables-restore` reads and `iptables-save` prints them
5. `rules`, `walk`: what a rule means, and a packet's way through a table - ours, or a real node's
"""
