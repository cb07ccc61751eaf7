"""kube-proxy's IPVS mode: the kernel's load balancer.

Read in this order:

1. `servers`: virtual servers and the real ones behind them
2. `schedulers`, `hashing`, `hashed`, `locality`: who gets the next connection
3. `ipsets`, `rules`: what iptables still has to do, and why it stays a handful of rules
4. `plans`, `graceful`, `proxier`: what a Service port needs, how an endpoint leaves, and a sync
5. `director`, `walk`: connections, clients that stay, and a packet's way
6. `listing`: what the usual commands print
"""
