"""kube-proxy's first mode, up to 1.25: a program through which every byte goes.

Read in this order:

1. `balancer`: whose turn it is, and who stays with whom
2. `proxier`: listening ports, and the rules that lead to them
3. `walk`: a packet's way into the program, and out of it again

This mode, and no other, is what "traffic is redirected to kube-proxy's port" means. In all others kube-proxy has no port and sees no
packet.
"""
