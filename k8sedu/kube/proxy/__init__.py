"""kube-proxy: how a node brings a packet for a Service to one pod.

Read in this order:

1. `settings`, `ports`, `backends`, `changes`: what kube-proxy is told, and what it makes of it
2. `packet`, `reasons`, `conntrack`: a packet and the record of its way; why it ended so; the kernel's memory
3. `iptables`: the mode that is the default
4. `journey`, `ipvs`, `nftables`, `userspace`: the other modes, over the same input
5. `node`: the question `route(packet, node, mode)`
6. `cluster`, `addressing`: nodes, pods and Services from manifests, and who asks whom

Pure Python with the standard library alone, so that it also runs in a browser.
"""
