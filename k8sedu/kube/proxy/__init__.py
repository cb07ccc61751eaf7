"""kube-proxy: how a node brings a packet for a Service to one pod.

Read in this order:

1. `settings`, `ports`, `backends`, `changes`: what kube-proxy is told, and what it makes of it
2. `packet`, `conntrack`, `node`: a packet, the kernel's memory, and the question `route(packet, node, mode)`

Pure Python with the standard library alone, so that it also runs in a browser.
"""
