"""Controllers: programs that read what is wanted, look at what is, and write what is missing.

Read in this order:

1. `loop`: what all of them do
2. `pod_endpoints`, `selected_pods`, `slice_packing`, `topology_hints`: from pods to endpoints, and into slices
3. `endpointslice`, `endpoints`, `endpointslice_mirroring`: who answers for a Service, told in two ways
"""
