"""kube-proxy's nftables mode: Services as elements of maps.

Read in this order:

1. `names`, `pieces`: what chains are called, and what one Service port puts into the table
2. `table`, `frame`: the table, and what stands in it before any Service
3. `proxier`: a sync sends what has changed
4. `rules`, `walk`: what a rule means, and a packet's way through the table
"""
