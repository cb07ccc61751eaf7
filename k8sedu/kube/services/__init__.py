"""Services before any packet: their addresses, their ports on every node, and their names.

Read in this order:

1. `bands`: which numbers are handed out, and which are kept for people who choose
2. `addresses`: what the API server gives a Service that is made, keeps while it changes, and takes back
3. `dns`: what a pod gets told when it asks for a name
"""
